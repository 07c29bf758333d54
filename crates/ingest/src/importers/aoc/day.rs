//! Days of add-on code edits.

use chrono::{Datelike, NaiveDate};

/// A day as published, or the year that a table made of the official file has left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    first: NaiveDate,
    last: NaiveDate,
    published: String,
}

/// The day on which something ends. The earlier it ends, the less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End(pub Day);

impl Day {
    /// Reads `2024092` (year, day of the year), `20240401`, `2024-04-01` or `2024`; `None` if there is none.
    pub fn read(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if matches!(text, "" | "*") {
            return Ok(None);
        }
        let refused = || format!("{text:?} is no day such as 2024092 (year, day of the year) or 2024-04-01");
        let (first, last) = span(text).ok_or_else(refused)?;
        Ok(Some(Self {
            first,
            last,
            published: text.to_owned(),
        }))
    }

    pub fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// For readers: the day, or the year where no more is known.
    pub fn published(&self) -> &str {
        &self.published
    }
}

impl End {
    /// The last day in force; where only the year is known, its last.
    pub fn last_day(&self) -> NaiveDate {
        self.0.last
    }

    pub fn published(&self) -> &str {
        self.0.published()
    }
}

impl Ord for End {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.last, &self.0.published).cmp(&(other.0.last, &other.0.published))
    }
}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The years of which days are believed.
const YEARS: std::ops::Range<i32> = 1990..2100;

fn span(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let figures = text.bytes().all(|byte| byte.is_ascii_digit());
    let day = match text.len() {
        4 if figures => {
            let year = text.parse().ok().filter(|year| YEARS.contains(year))?;
            return Some((
                NaiveDate::from_ymd_opt(year, 1, 1)?,
                NaiveDate::from_ymd_opt(year, 12, 31)?,
            ));
        }
        7 if figures => NaiveDate::from_yo_opt(text.get(..4)?.parse().ok()?, text.get(4..)?.parse().ok()?)?,
        8 if figures => NaiveDate::parse_from_str(text, "%Y%m%d").ok()?,
        _ => text.parse().ok()?,
    };
    YEARS.contains(&day.year()).then_some((day, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_published() {
        for (text, first, last) in [
            ("2024092", "2024-04-01", "2024-04-01"),
            ("2023365", "2023-12-31", "2023-12-31"),
            ("20240401", "2024-04-01", "2024-04-01"),
            ("2024-04-01", "2024-04-01", "2024-04-01"),
            ("2022", "2022-01-01", "2022-12-31"),
        ] {
            let day = Day::read(text).expect("readable").expect("a day");
            assert_eq!(
                (day.first.to_string(), day.last.to_string()),
                (first.into(), last.into()),
                "{text}"
            );
        }
        assert_eq!(Day::read(" "), Ok(None));
        for wrong in [
            "2024367",
            "24",
            "soon",
            "20241301",
            "9999",
            "0024092",
            "+20240-01-01",
        ] {
            assert!(Day::read(wrong).is_err(), "{wrong}");
        }
    }
}
