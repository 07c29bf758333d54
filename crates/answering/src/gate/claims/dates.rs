//! Dates, whole and in part.

use super::{Claims, blank, regex};
use codecite_codebook::{NaiveDate, ORDINALS_OF_DAYS};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A date of which some parts may be left out: "1 October", "October 2025", "since October".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartialDate {
    pub year: Option<i32>,
    pub month: u32,
    pub day: Option<u32>,
}

impl PartialDate {
    /// Whether `known` says everything that `self` says.
    pub fn is_part_of(&self, known: &Self) -> bool {
        self.month == known.month
            && (self.day.is_none() || self.day == known.day)
            && (self.year.is_none() || self.year == known.year)
    }
}

impl From<NaiveDate> for PartialDate {
    fn from(date: NaiveDate) -> Self {
        use chrono::Datelike;
        Self {
            year: Some(date.year()),
            month: date.month(),
            day: Some(date.day()),
        }
    }
}

impl Claims {
    pub(super) fn take_dates(&mut self, text: &str) -> String {
        static BINDS: LazyLock<Regex> = regex!(
            r"(?i)\b(?:since|until|till|from|before|after|through|by|effective|as of|begin\w*|began|start\w*|end|ends|ended|expir\w*|delet\w*|terminat\w*|retir\w*|introduced|new)\b"
        );
        let mut rest = text.to_owned();
        for (pattern, read) in DATES.iter() {
            rest = blank(pattern, &rest, |found| match read(found) {
                Some(date) => {
                    self.dates.insert(date);
                    true
                }
                None => false,
            });
        }
        self.dates_bound = !self.dates.is_empty() && BINDS.is_match(text);
        rest
    }
}

type ReadDate = fn(&Captures<'_>) -> Option<PartialDate>;

static DATES: LazyLock<Vec<(Regex, ReadDate)>> = LazyLock::new(|| {
    const MONTH: &str = r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?";
    const DAY: &str = r"(\d{1,2}(?:st|nd|rd|th)?|(?:(?:twenty|thirty)[\s-])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)";
    let pattern = |pattern: &str| {
        let pattern = pattern.replace("MONTH", MONTH).replace("DAY", DAY);
        Regex::new(&pattern).expect("the pattern is a constant, and tested")
    };
    let read: [(&str, ReadDate); 8] = [
        (r"\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})\b", |found| {
            date(Some(&found[1]), found[2].parse().ok()?, Some(&found[3]))
        }),
        (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", |found| {
            date(Some(&found[3]), found[1].parse().ok()?, Some(&found[2]))
        }),
        (r"\b(\d{1,2})-(\d{1,2})-(\d{4})\b", |found| {
            date(Some(&found[3]), found[1].parse().ok()?, Some(&found[2]))
        }),
        (
            r"(?i)\bMONTH[\s-]+(?:the\s+)?DAY\b(?:,?[\s-]+(\d{4})\b)?",
            |found| {
                date(
                    found.get(3).map(|y| y.as_str()),
                    month(&found[1])?,
                    Some(&found[2]),
                )
            },
        ),
        (
            r"(?i)\bDAY[\s-]+(?:of\s+)?MONTH(?:,?[\s-]+(\d{4})\b|\b)",
            |found| {
                date(
                    found.get(3).map(|y| y.as_str()),
                    month(&found[2])?,
                    Some(&found[1]),
                )
            },
        ),
        (r"(?i)\bMONTH,?(?:\s+of)?\s+(\d{4})\b", |found| {
            date(Some(&found[2]), month(&found[1])?, None)
        }),
        // "may" and "march" are verbs too, so a month alone needs its capital and a word before it.
        (
            r"\b(?i:in|since|until|till|from|by|before|after|through|during|every|each|starting|effective|early|late|mid|this|last|next)[\s-]+MONTH(?:\W|$)",
            |found| date(None, month(&found[1])?, None),
        ),
        (
            r"\b(January|February|April|June|July|August|September|October|November|December)\b",
            |found| date(None, month(&found[1])?, None),
        ),
    ];
    read.into_iter()
        .map(|(text, read)| (pattern(text), read))
        .collect()
});

fn date(year: Option<&str>, month: u32, day: Option<&str>) -> Option<PartialDate> {
    let year = match year {
        Some(two) if two.len() == 2 => Some(2000 + two.parse::<i32>().ok()?),
        Some(four) => Some(four.parse().ok()?),
        None => None,
    };
    let day = match day {
        Some(written) => Some(day_of_month(written)?),
        None => None,
    };
    (1..=12)
        .contains(&month)
        .then_some(PartialDate { year, month, day })
}

fn day_of_month(written: &str) -> Option<u32> {
    let written = written.to_ascii_lowercase().replace(' ', "-");
    let digits: String = written.chars().take_while(char::is_ascii_digit).collect();
    let day = if digits.is_empty() {
        let place = ORDINALS_OF_DAYS.iter().position(|ordinal| *ordinal == written)?;
        u32::try_from(place + 1).ok()?
    } else {
        digits.parse().ok()?
    };
    (1..=31).contains(&day).then_some(day)
}

fn month(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let name = name.to_ascii_lowercase();
    let position = MONTHS.iter().position(|month| name.starts_with(month))?;
    u32::try_from(position + 1).ok()
}
