//! The date of service in a question's words.
//!
//! No crate for this was found that reads dates *inside* a sentence in American order and says where they
//! stand; a general one would also read "May 2 units be billed" as a date, and "24/7" as another.

mod calendar;
mod forms;

use super::normal::pattern;
use super::scan::Scan;
use codecite_codebook::NaiveDate;
use forms::{FORMS, Found, Reading};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a question says of dates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dates {
    /// The date called a date of service, else the first.
    pub service: Option<NaiveDate>,
    /// What was meant as that date and gives none: "13/13/2026", "last spring".
    pub unread: Option<String>,
    /// Every date, in the order of the words.
    pub all: Vec<NaiveDate>,
}

struct Dated {
    /// `None` where a date was meant and none is given.
    date: Option<NaiveDate>,
    span: Range<usize>,
    /// "DOS", "date of service" or "on" stands before it.
    is_service: bool,
}

/// Reads and takes out every date. Dates of birth are taken out and mean nothing.
///
/// A month with its year is its first day. A year alone is the release named after it: 1 January, the day on
/// which the CPT and ICD-10-CM releases of that number are both in force, and today for the year that runs.
pub(super) fn find(scan: &mut Scan, today: NaiveDate) -> Dates {
    let mut dated: Vec<Dated> = Vec::new();
    for form in FORMS.iter() {
        let open = scan.open.clone();
        for captures in form.pattern.captures_iter(&open) {
            let Some(whole) = captures.get(0) else { continue };
            let before = &open[..whole.start()];
            if touches_a_number(before, &open[whole.end()..]) {
                continue;
            }
            let found = Found {
                captures: &captures,
                today,
                has_cue: has_cue(before),
                names_service: names_service(before),
            };
            let date = match (form.read)(&found) {
                Reading::NoDate => continue,
                Reading::Unclear => None,
                Reading::Date(date) => Some(date),
            };
            let start = whole.start() - cue_before(before);
            scan.take(start..whole.end());
            if !is_birth(before) {
                dated.push(Dated {
                    date,
                    span: whole.range(),
                    is_service: found.names_service,
                });
            }
        }
    }
    dated.sort_by_key(|dated| dated.span.start);
    let all = dated.iter().filter_map(|dated| dated.date).collect();
    dated.sort_by_key(|dated| (!dated.is_service, dated.span.start));
    // A date of service that cannot be read is not silently replaced by the day of filing.
    let called_service = dated.first().filter(|dated| dated.is_service);
    let readable = dated.iter().find(|dated| dated.date.is_some());
    match called_service.or(readable).or(dated.first()) {
        None => Dates::default(),
        Some(chosen) => Dates {
            all,
            service: chosen.date,
            unread: chosen
                .date
                .is_none()
                .then(|| scan.text[chosen.span.clone()].to_owned()),
        },
    }
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
        r"(?i)(?:\b(?:with\s+)?(?:a\s+)?(?:dos|d\.o\.s\.?|dates?[ -]of[ -]services?|service dates?)(?:\s*(?:of|is|was|=|:|on))?|\b(?:on|dated|as of|since|from|effective|for (?:a )?services? (?:on|in|of)|(?:performed|done|seen|rendered|provided)(?:\s+(?:on|in))?)(?:\s+the)?|\bin)\s*[:(]?\s*$",
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
        let expected = (!expected.is_empty()).then(|| date(expected));
        assert_eq!(found.service, expected, "{question:?}");
    }

    fn unread(question: &str) -> Option<String> {
        find(&mut Scan::new(normalise(question)), date("2026-11-23")).unread
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
            ("what changed between 2021 and 2024", "2021-01-01"),
            ("from 2024 to 2025", "2024-01-01"),
            // In words, and half said.
            ("on the second of October 2026", "2026-10-02"),
            ("fifteenth of March, 2024", "2024-03-15"),
            ("the twenty-first of May", "2026-05-21"),
            ("October second, 2025", "2025-10-02"),
            ("last October", "2026-10-01"),
            ("last November", "2025-11-01"),
            ("next March", "2027-03-01"),
            ("next November", "2027-11-01"),
            ("in March", "2026-03-01"),
            ("on mar 3", "2026-03-03"),
            ("performed 2/14", "2026-02-14"),
            ("seen 3/4", "2026-03-04"),
            ("02/2026", "2026-02-01"),
            ("5-Jan-26", "2026-01-05"),
            ("14FEB2026", "2026-02-14"),
            ("FY21", "2021-01-01"),
            ("FY'27", "2026-11-23"),
            ("two days ago", "2026-11-21"),
            ("a couple of weeks ago", "2026-11-09"),
            ("a year ago", "2025-11-23"),
            ("last Friday", "2026-11-20"),
            ("on Monday", "2026-11-16"),
            ("Q3 2025", "2025-07-01"),
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
            "E11.9",
            "$12/25/26",
            "45-50-51-52",
            "1-800-555-1234",
            "stage 3 CKD",
            "March of dimes",
            "seen 2/2 pneumonia",
            "first may the parent code be billed",
            "after her last fall",
            "this may be billed",
        ] {
            check(question, "");
            assert_eq!(unread(question), None, "{question:?}");
        }
    }

    #[test]
    fn a_date_that_is_seen_and_not_understood_is_told() {
        for (question, expected) in [
            ("38900 on 13/13/2026", Some("13/13/2026")),
            ("38900 on 2026-02-30", Some("2026-02-30")),
            ("38900 on February 30, 2026", Some("February 30, 2026")),
            ("DOS 2/14/1926", Some("2/14/1926")),
            ("billed a few weeks ago", Some("a few weeks ago")),
            ("seen last spring", Some("last spring")),
            ("DOB 13/13/1950", None),
            ("filed 13/13/2026 for DOS 3/4/2026", None),
            ("DOS 13/13/2026, filed 3/4/2026", Some("13/13/2026")),
        ] {
            assert_eq!(unread(question).as_deref(), expected, "{question:?}");
        }
    }
}
