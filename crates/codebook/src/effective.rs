//! Dates of service and the ranges in which something is in force.

use chrono::NaiveDate;
use std::fmt;

/// The days of a month in words, as dates are written out: each at the place of its number less one.
pub const ORDINALS_OF_DAYS: [&str; 31] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
];

/// The days on which a code, rule or row is in force: both ends included, open at the end until it is
/// superseded. Invariant: it never ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EffectiveRange {
    from: NaiveDate,
    to: Option<NaiveDate>,
}

/// A range was asked for that ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an effective range cannot begin on {from} and end on {to}")]
pub struct EndsBeforeItBegins {
    /// First day asked for.
    pub from: NaiveDate,
    /// Last day asked for.
    pub to: NaiveDate,
}

impl EffectiveRange {
    /// From `from` through `to`, both included.
    pub fn new(from: NaiveDate, to: Option<NaiveDate>) -> Result<Self, EndsBeforeItBegins> {
        match to {
            Some(to) if to < from => Err(EndsBeforeItBegins { from, to }),
            _ => Ok(Self { from, to }),
        }
    }

    /// From `from` until something supersedes it.
    pub fn since(from: NaiveDate) -> Self {
        Self { from, to: None }
    }

    /// First day in force.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// Last day in force, if an end is known.
    pub fn to(&self) -> Option<NaiveDate> {
        self.to
    }

    /// The days of it that are not in `other`: none, one range, or one before and one after.
    pub fn without(&self, other: &Self) -> impl Iterator<Item = Self> {
        let is_before = |end: Option<NaiveDate>, day: NaiveDate| end.is_some_and(|end| end < day);
        let is_apart = is_before(self.to, other.from) || is_before(other.to, self.from);
        let whole = is_apart.then_some(*self);
        let before = other.from.pred_opt().filter(|_| !is_apart);
        let before = before.and_then(|end| Self::new(self.from, Some(end)).ok());
        let after = other.to.filter(|_| !is_apart).and_then(|end| end.succ_opt());
        let after = after.and_then(|begin| Self::new(begin, self.to).ok());
        whole.into_iter().chain(before).chain(after)
    }

    /// Whether it is in force on that date of service.
    pub fn contains(&self, date_of_service: NaiveDate) -> bool {
        self.from <= date_of_service && self.to.is_none_or(|to| date_of_service <= to)
    }
}

impl fmt::Display for EffectiveRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "{} through {to}", self.from),
            None => write!(f, "since {}", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_range_leaves() {
        let range = |text: &str| {
            let (from, to) = text.split_once("..").expect("a range");
            EffectiveRange::new(day(from), (!to.is_empty()).then(|| day(to))).expect("a range")
        };
        for (one, other, left) in [
            ("2023-10-01..", "2026-10-01..", &["2023-10-01..2026-09-30"][..]),
            (
                "2023-10-01..",
                "2024-01-01..2024-12-31",
                &["2023-10-01..2023-12-31", "2025-01-01.."],
            ),
            ("2023-10-01..2024-09-30", "2023-10-01..", &[]),
            (
                "2023-10-01..2024-09-30",
                "2024-10-01..",
                &["2023-10-01..2024-09-30"],
            ),
            ("2023-10-01..", "2020-10-01..2023-10-01", &["2023-10-02.."]),
        ] {
            let left: Vec<EffectiveRange> = left.iter().map(|text| range(text)).collect();
            let found: Vec<EffectiveRange> = range(one).without(&range(other)).collect();
            assert_eq!(found, left, "{one} without {other}");
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    #[test]
    fn both_ends_are_in_force_and_an_open_end_stays_open() {
        let year = EffectiveRange::new(day("2025-10-01"), Some(day("2026-09-30"))).expect("a range");
        for (date, inside) in [
            ("2025-09-30", false),
            ("2025-10-01", true),
            ("2026-09-30", true),
            ("2026-10-01", false),
        ] {
            assert_eq!(year.contains(day(date)), inside, "{date}");
        }
        assert!(EffectiveRange::since(day("2025-10-01")).contains(day("2099-01-01")));
        assert!(EffectiveRange::new(day("2026-01-02"), Some(day("2026-01-01"))).is_err());
    }
}
