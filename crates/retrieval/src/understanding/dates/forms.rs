//! The forms in which dates are written, and what each one says.

use super::super::normal::pattern;
use super::calendar;
use chrono::Weekday;
use codecite_codebook::{NaiveDate, ORDINALS_OF_DAYS};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A place that has the form of a date.
pub(super) struct Found<'a> {
    pub captures: &'a Captures<'a>,
    pub today: NaiveDate,
    /// "On", "DOS" and the like stand before it.
    pub has_cue: bool,
    /// What stands before it calls it the date of a service.
    pub names_service: bool,
}

/// What such a place says.
pub(super) enum Reading {
    Date(NaiveDate),
    /// A date is meant, and which one the words do not tell.
    Unclear,
    /// Something else has the same form.
    NoDate,
}

pub(super) struct Form {
    pub pattern: Regex,
    pub read: fn(&Found<'_>) -> Reading,
}

const MONTH: &str = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

/// Small numbers, each at the place of its value less one.
const NUMBERS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

/// All forms; one that is part of another comes after it.
pub(super) static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let form = |text: &str, read| {
        // The longest first, or "twenty-first" would be read as "first".
        let ordinal: Vec<String> = ORDINALS_OF_DAYS
            .iter()
            .rev()
            .map(|word| word.replace('-', "[ -]?"))
            .collect();
        let text = text
            .replace("{MONTH}", MONTH)
            .replace("{ORDINAL}", &format!("(?P<ordinal>{})", ordinal.join("|")))
            .replace("{NUMBER}", &NUMBERS.join("|"));
        Form {
            pattern: pattern(&format!("(?i){text}")),
            read,
        }
    };
    vec![
        form(
            r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:T[\d:.]+Z?)?\b",
            figures,
        ),
        form(
            r"\b(?P<m>\d{1,2})(?:/|-|\.)(?P<d>\d{1,2})(?:/|-|\.)(?P<y>\d{4}|\d{2})\b",
            figures,
        ),
        form(r"\b(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})\b", cued_figures),
        form(
            r"\b{MONTH}\.?\s*(?:the\s+)?(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?|{ORDINAL})(?:\s*,\s*|\s+)(?:of\s+)?(?P<y>\d{4})\b",
            in_words,
        ),
        form(
            r"\b{ORDINAL}\s+of\s+{MONTH}\b\.?(?:[\s,]+(?:of\s+)?(?P<y>\d{4})\b)?",
            in_words,
        ),
        form(r"\b(?P<d>\d{1,2}){MONTH}(?P<y>\d{4}|\d{2})\b", in_words),
        form(r"\b(?P<d>\d{1,2})-{MONTH}-(?P<y>\d{2})\b", in_words),
        form(
            r"\b(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{MONTH}\b\.?(?:[\s,-]+(?P<y>\d{4})\b)?",
            in_words,
        ),
        form(
            r"\b{MONTH}\.?\s+(?:the\s+)?(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?|{ORDINAL})\b",
            in_words,
        ),
        form(r"\b{MONTH}\.?,?\s+(?:of\s+)?(?P<y>\d{4})\b", in_words),
        form(r"\b(?P<m>0?[1-9]|1[0-2])/(?P<y>20\d{2})\b", month_of_year),
        form(r"\b(?P<m>\d{1,2})/(?P<d>\d{1,2})\b", cued_day),
        form(
            r"\b(?P<which>last|this past|past|this|next|in|since|during|as of)\s+{MONTH}\b",
            bare_month,
        ),
        form(
            r"\b(?:last|this past|on)\s+(?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)day\b",
            weekday,
        ),
        form(r"\bQ(?P<quarter>[1-4])[\s-]*(?:of\s+)?(?P<y>20\d{2})\b", quarter),
        form(r"\b(?P<kind>FY|CY)\s?'?(?P<y>20\d{2}|\d{2})\b", release),
        form(
            r"\b(?:in|during|for|as of|since|effective|dos|the year)\s+(?P<y>20[1-4]\d)\b",
            release,
        ),
        // "Between 2021 and 2024", "from 2025 to 2026".
        form(
            r"\b(?:between|from|and|to|versus|vs\.?)\s+(?P<y>20[1-4]\d)\b",
            release,
        ),
        form(
            r"\b(?P<ago>\d{1,3}|an?(?:\s+couple(?:\s+of)?)?|{NUMBER})\s+(?P<unit>day|week|month|year)s?\s+ago\b",
            ago,
        ),
        form(
            r"\b(?P<word>today|yesterday|tomorrow|last week|last month|last year)(?:'s)?\b",
            relative,
        ),
        // "Fall" is left out: "her last fall" is how she broke the hip.
        form(
            r"\b(?:a few|several|some|many) (?:days|weeks|months|years) ago\b|\b(?:last|this|next|in the|this past) (?:spring|summer|autumn|winter|quarter)\b",
            |_| Reading::Unclear,
        ),
    ]
});

impl Found<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        Some(self.captures.name(name)?.as_str())
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// The day of the month, in figures or as a word.
    fn day(&self) -> Option<u32> {
        self.number("d")
            .or_else(|| place_in(&ORDINALS_OF_DAYS, self.text("ordinal")?))
    }

    fn month(&self) -> Option<u32> {
        const MONTHS: [&str; 12] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ];
        place_in(&MONTHS, self.text("month")?.get(..3)?)
    }

    /// "May 2 units be billed" has a verb, and "mar" is one as well.
    fn may_be_a_verb(&self) -> bool {
        !self.has_cue && matches!(self.text("month"), Some("may" | "mar"))
    }
}

/// The number of `word` in a list that begins with that of 1; blanks and dashes are alike.
fn place_in(list: &[&str], word: &str) -> Option<u32> {
    let letters = |text: &str| text.to_ascii_lowercase().replace([' ', '-'], "");
    let place = list.iter().position(|listed| letters(listed) == letters(word))?;
    u32::try_from(place + 1).ok()
}

fn date_or_unclear(date: Option<NaiveDate>) -> Reading {
    date.map_or(Reading::Unclear, Reading::Date)
}

fn date_or_nothing(date: Option<NaiveDate>) -> Reading {
    date.map_or(Reading::NoDate, Reading::Date)
}

fn figures(found: &Found<'_>) -> Reading {
    let (Some(y), Some(m), Some(d)) = (found.number("y"), found.number("m"), found.number("d")) else {
        return Reading::NoDate;
    };
    // American order; 14/2/2026 can only be meant the other way round.
    let date = calendar::day(y, m, d).or_else(|| calendar::day(y, d, m));
    // Three numbers of two digits may be anything, such as the parts of a version.
    match found.has_cue || (1900..2200).contains(&y) {
        true => date_or_unclear(date),
        false => date_or_nothing(date),
    }
}

fn cued_figures(found: &Found<'_>) -> Reading {
    match found.has_cue {
        true => figures(found),
        false => Reading::NoDate,
    }
}

fn in_words(found: &Found<'_>) -> Reading {
    let Some(month) = found.month() else {
        return Reading::NoDate;
    };
    match (found.day(), found.number("y")) {
        (Some(day), Some(year)) => date_or_unclear(calendar::day(year, month, day)),
        (Some(_), None) if found.may_be_a_verb() => Reading::NoDate,
        (Some(day), None) => date_or_nothing(calendar::nearest(month, day, found.today)),
        (None, Some(year)) => date_or_nothing(calendar::day(year, month, 1)),
        (None, None) => Reading::NoDate,
    }
}

fn month_of_year(found: &Found<'_>) -> Reading {
    match (found.number("y"), found.number("m")) {
        (Some(year), Some(month)) => date_or_nothing(calendar::day(year, month, 1)),
        _ => Reading::NoDate,
    }
}

fn cued_day(found: &Found<'_>) -> Reading {
    // "Seen 2/2 pneumonia": secondary to.
    let is_secondary_to =
        found.text("m") == Some("2") && found.text("d") == Some("2") && !found.names_service;
    match (found.number("m"), found.number("d")) {
        (Some(month), Some(day)) if found.has_cue && !is_secondary_to => {
            date_or_nothing(calendar::nearest(month, day, found.today))
        }
        _ => Reading::NoDate,
    }
}

fn bare_month(found: &Found<'_>) -> Reading {
    let Some(month) = found.month() else {
        return Reading::NoDate;
    };
    let which = found.text("which").unwrap_or_default().to_ascii_lowercase();
    // "Can this may be billed".
    if matches!(found.text("month"), Some("may" | "mar")) && which != "in" {
        return Reading::NoDate;
    }
    date_or_nothing(match which.as_str() {
        "last" | "past" | "this past" => calendar::last(month, found.today),
        "this" => calendar::this(month, found.today),
        "next" => calendar::next(month, found.today),
        _ => calendar::nearest(month, 1, found.today),
    })
}

fn weekday(found: &Found<'_>) -> Reading {
    let name = found.text("weekday").unwrap_or_default();
    let weekday = format!("{name}day").parse::<Weekday>().ok();
    date_or_unclear(weekday.and_then(|weekday| calendar::last_weekday(weekday, found.today)))
}

fn quarter(found: &Found<'_>) -> Reading {
    match (found.number("y"), found.number("quarter")) {
        (Some(year), Some(quarter)) => date_or_nothing(calendar::day(year, 3 * quarter - 2, 1)),
        _ => Reading::NoDate,
    }
}

fn release(found: &Found<'_>) -> Reading {
    let is_fiscal = found
        .text("kind")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("FY"));
    let year = found.number("y");
    date_or_nothing(year.and_then(|year| calendar::release(year, is_fiscal, found.today)))
}

fn ago(found: &Found<'_>) -> Reading {
    let written = found.text("ago").unwrap_or_default().to_ascii_lowercase();
    let count = found.number("ago").or_else(|| place_in(&NUMBERS, &written));
    let count = count.unwrap_or(if written.contains("couple") { 2 } else { 1 });
    let unit = found.text("unit").unwrap_or_default().to_ascii_lowercase();
    date_or_unclear(calendar::ago(count, &unit, found.today))
}

fn relative(found: &Found<'_>) -> Reading {
    let today = found.today;
    let word = found.text("word").unwrap_or_default().to_ascii_lowercase();
    date_or_unclear(match word.as_str() {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        "tomorrow" => today.succ_opt(),
        "last week" => calendar::ago(1, "week", today),
        "last month" => calendar::ago(1, "month", today),
        _ => calendar::ago(1, "year", today),
    })
}
