//! The date of service in a question's words.
//!
//! No crate for this was found that reads dates *inside* a sentence in American order and says where they
//! stand; a general one would also read "May 2 units be billed" as a date, and "24/7" as another.

use super::normal::pattern;
use super::scan::Scan;
use chrono::{Datelike, Days, Months};
use codecite_codebook::NaiveDate;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// A day and month without a year mean the latest such date that is not further ahead than this: services
/// are mostly in the past, and the next visits are planned within two months.
const AHEAD: Days = Days::new(60);

struct Dated {
    date: NaiveDate,
    span: Range<usize>,
    /// "DOS", "date of service" or "on" stands before it.
    is_service: bool,
}

/// Reads and takes out every date; gives the one called a date of service, else the first. Dates of birth
/// are taken out and mean nothing.
///
/// A month with its year is its first day. A year alone is the release named after it: 1 January, the day on
/// which the CPT and ICD-10-CM releases of that number are both in force, and today for the year that runs.
pub(super) fn find(scan: &mut Scan, today: NaiveDate) -> Option<NaiveDate> {
    let mut dated: Vec<Dated> = Vec::new();
    for form in FORMS.iter() {
        let open = scan.open.clone();
        for found in form.pattern.captures_iter(&open) {
            let (Some(whole), Some(date)) = (found.get(0), (form.read)(&found, today)) else {
                continue;
            };
            let before = &open[..whole.start()];
            if touches_a_number(before, &open[whole.end()..]) || (form.needs_cue && !has_cue(before)) {
                continue;
            }
            let start = whole.start() - cue_before(before);
            scan.take(start..whole.end());
            if !is_birth(before) {
                dated.push(Dated {
                    date,
                    span: whole.range(),
                    is_service: names_service(before),
                });
            }
        }
    }
    dated.sort_by_key(|dated| (!dated.is_service, dated.span.start));
    dated.first().map(|dated| dated.date)
}

struct Form {
    pattern: Regex,
    read: fn(&Captures<'_>, NaiveDate) -> Option<NaiveDate>,
    /// The form is a date only after "on", "DOS" and the like.
    needs_cue: bool,
}

const MONTH: &str = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let form = |text: String, read, needs_cue| Form {
        pattern: pattern(&text),
        read,
        needs_cue,
    };
    vec![
        form(
            r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:T[\d:.]+Z?)?\b".into(),
            figures,
            false,
        ),
        form(
            r"\b(?P<m>\d{1,2})(?:/|-|\.)(?P<d>\d{1,2})(?:/|-|\.)(?P<y>\d{4}|\d{2})\b".into(),
            figures,
            false,
        ),
        form(
            r"\b(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})\b".into(),
            figures,
            true,
        ),
        form(
            format!(
                r"(?i)\b{MONTH}\.?\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+)(?:of\s+)?(?P<y>\d{{4}})\b"
            ),
            in_words,
            false,
        ),
        form(
            format!(
                r"(?i)\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{MONTH}\b\.?(?:[\s,-]+(?P<y>\d{{4}})\b)?"
            ),
            in_words,
            false,
        ),
        form(
            format!(r"(?i)\b{MONTH}\.?\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b"),
            in_words,
            false,
        ),
        form(
            format!(r"(?i)\b{MONTH}\.?,?\s+(?:of\s+)?(?P<y>\d{{4}})\b"),
            in_words,
            false,
        ),
        form(r"\b(?P<m>\d{1,2})/(?P<d>\d{1,2})\b".into(), without_year, true),
        form(r"(?i)\b(?P<kind>FY|CY)\s?'?(?P<y>20\d{2})\b".into(), year, false),
        form(
            r"(?i)\b(?:in|during|for|as of|since|effective|dos|the year)\s+(?P<y>20[1-4]\d)\b".into(),
            year,
            false,
        ),
        form(
            r"(?i)\b(?P<ago>\d{1,3})\s+(?P<unit>day|week|month|year)s?\s+ago\b".into(),
            ago,
            false,
        ),
        form(
            r"(?i)\b(?P<word>today|yesterday|tomorrow|last week|last month|last year)(?:'s)?\b".into(),
            relative,
            false,
        ),
    ]
});

fn number(found: &Captures<'_>, name: &str) -> Option<u32> {
    found.name(name)?.as_str().parse().ok()
}

fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    // Two digits are this century: nobody bills for a service of 1926.
    let year = if year < 100 { 2000 + year } else { year };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1990..=2100).contains(&date.year()).then_some(date)
}

fn figures(found: &Captures<'_>, _: NaiveDate) -> Option<NaiveDate> {
    let (y, m, d) = (number(found, "y")?, number(found, "m")?, number(found, "d")?);
    // American order; 14/2/2026 can only be meant the other way round.
    day(y, m, d).or_else(|| day(y, d, m))
}

fn in_words(found: &Captures<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let name = found.name("month")?.as_str();
    let month = month_of(name)?;
    let year = number(found, "y");
    match (number(found, "d").filter(|_| found.name("d").is_some()), year) {
        (Some(d), Some(y)) => day(y, month, d),
        // "can I bill may 2 units" is a verb.
        (Some(_), None) if name == "may" || name == "mar" => None,
        (Some(d), None) => nearest(month, d, today),
        (None, Some(y)) => day(y, month, 1),
        (None, None) => None,
    }
}

fn without_year(found: &Captures<'_>, today: NaiveDate) -> Option<NaiveDate> {
    nearest(number(found, "m")?, number(found, "d")?, today)
}

/// The latest date of that month and day that is at most [`AHEAD`] of today.
fn nearest(month: u32, d: u32, today: NaiveDate) -> Option<NaiveDate> {
    let last = today.checked_add_days(AHEAD)?;
    // 29 February may lie up to eight years back.
    (last.year() - 8..=last.year())
        .rev()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, d))
        .find(|date| *date <= last)
}

fn year(found: &Captures<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let named = number(found, "y")?;
    let is_fiscal = found
        .name("kind")
        .is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("FY"));
    let shift = i32::from(is_fiscal && today.month() >= 10);
    if i64::from(named) == i64::from(today.year() + shift) {
        return Some(today);
    }
    day(named, 1, 1)
}

fn ago(found: &Captures<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let count = number(found, "ago")?;
    match found.name("unit")?.as_str().to_ascii_lowercase().as_str() {
        "day" => today.checked_sub_days(Days::new(count.into())),
        "week" => today.checked_sub_days(Days::new(u64::from(count) * 7)),
        "month" => today.checked_sub_months(Months::new(count)),
        _ => today.checked_sub_months(Months::new(count * 12)),
    }
    .filter(|date| date.year() >= 1990)
}

fn relative(found: &Captures<'_>, today: NaiveDate) -> Option<NaiveDate> {
    match found.name("word")?.as_str().to_ascii_lowercase().as_str() {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        "tomorrow" => today.succ_opt(),
        "last week" => today.checked_sub_days(Days::new(7)),
        "last month" => today.checked_sub_months(Months::new(1)),
        _ => today.checked_sub_months(Months::new(12)),
    }
}

fn month_of(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let start = name.get(..3)?.to_ascii_lowercase();
    let place = NAMES.iter().position(|month| *month == start)?;
    u32::try_from(place + 1).ok()
}

/// Whether the figures run on: "1-2-2026-77" is no date, and neither is the "11/22/33" of "$11/22/33".
fn touches_a_number(before: &str, after: &str) -> bool {
    let runs_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '€' | '#');
    let joined =
        |text: &str| text.starts_with(['-', '/']) && text[1..].starts_with(|c: char| c.is_ascii_digit());
    before.ends_with(runs_on)
        || (before.ends_with(['-', '/', '.'])
            && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit()))
        || joined(after)
}

static CUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:with\s+)?(?:a\s+)?(?:dos|d\.o\.s\.?|dates?[ -]of[ -]services?|service dates?)(?:\s*(?:of|is|was|=|:|on))?|\b(?:on|dated|as of|since|from|effective|for (?:a )?services? (?:on|in|of)|performed (?:on|in))(?:\s+the)?|\bin)\s*[:(]?\s*$",
    )
});

/// The length of the cue that ends `before`, blanks included; 0 without one.
fn cue_before(before: &str) -> usize {
    CUE.find(before).map_or(0, |cue| cue.len())
}

fn has_cue(before: &str) -> bool {
    CUE.find(before)
        .is_some_and(|cue| !cue.as_str().trim().eq_ignore_ascii_case("in"))
}

fn names_service(before: &str) -> bool {
    static SERVICE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)\bdos\b|d\.o\.s|of[ -]service|service date|performed|\bon\b"));
    CUE.find(before).is_some_and(|cue| SERVICE.is_match(cue.as_str()))
}

fn is_birth(before: &str) -> bool {
    static BIRTH: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:dob|d\.o\.b\.?|born(?: on| in)?|birth ?date|date of birth|birthday)\s*(?:is|was|of|:|=)?\s*$",
        )
    });
    BIRTH.is_match(before)
}

#[cfg(test)]
mod tests {
    use super::super::normal::normalise;
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    fn check(question: &str, expected: &str) {
        let mut scan = Scan::new(normalise(question));
        let found = find(&mut scan, date("2026-11-23"));
        assert_eq!(
            found,
            (!expected.is_empty()).then(|| date(expected)),
            "{question:?}"
        );
    }

    #[test]
    fn dates_are_read_as_americans_write_them() {
        for (question, expected) in [
            ("38900 on 2026-02-14", "2026-02-14"),
            ("38900 on 2/14/2026?", "2026-02-14"),
            ("38900, 02/14/26", "2026-02-14"),
            ("38900 on 14/2/2026", "2026-02-14"),
            ("38900 02-14-2026", "2026-02-14"),
            ("Feb 14, 2026 visit", "2026-02-14"),
            ("Feb. 14th 2026 visit", "2026-02-14"),
            ("14 Feb 2026", "2026-02-14"),
            ("14th of February, 2026", "2026-02-14"),
            ("14-Feb-2026", "2026-02-14"),
            ("on October 1, 2026", "2026-10-01"),
            ("DOS 10/01/2025", "2025-10-01"),
            ("DOS: 20251001", "2025-10-01"),
            ("date of service was 10/1/25", "2025-10-01"),
            ("in October 2025", "2025-10-01"),
            ("2026-02-14T09:30", "2026-02-14"),
            ("١٤ Feb 2026", "2026-02-14"),
            // Without a year: the latest one not more than sixty days ahead.
            ("on 14 February", "2026-02-14"),
            ("on December 24", "2026-12-24"),
            ("on 30 January", "2026-01-30"),
            ("on 2/14", "2026-02-14"),
            ("on 29 February", "2024-02-29"),
            ("today", "2026-11-23"),
            ("billed yesterday", "2026-11-22"),
            ("3 weeks ago", "2026-11-02"),
            ("last month", "2026-10-23"),
            ("Is Q4 valid in 2024", "2024-01-01"),
            ("in 2026", "2026-11-23"),
            ("FY2027", "2026-11-23"),
            ("FY 2026", "2026-01-01"),
            ("CY2025", "2025-01-01"),
            // The date of service wins over another date, and a birthday is none.
            ("DOB 01/02/1950, DOS 3/4/2026", "2026-03-04"),
            ("submitted 5/6/2026 for date of service 3/4/2026", "2026-03-04"),
            ("born on 1/2/1995", ""),
        ] {
            check(question, expected);
        }
    }

    #[test]
    fn other_figures_are_no_dates() {
        for question in [
            "",
            "open 24/7",
            "may 2 units be billed",
            "2/2 pneumonia",
            "BP 120/80",
            "99213/99214",
            "2026",
            "13/13/2026",
            "2026-02-30",
            "E11.9",
            "$12/25/26",
            "45-50-51-52",
            "1-800-555-1234",
            "stage 3 CKD",
            "March of dimes",
        ] {
            check(question, "");
        }
    }
}
