//! From when a release is in force, as publishers write it in names and titles.

use chrono::{Datelike, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

/// First day of the quarter that `name` speaks of: `2024q3`, `2024 Q3`, `v30.2`, `v302r0` (version 30 of the NCCI is
/// 2024, the next digit counts quarters from 0), `Eff_07-01-2026`, `OCT2025`, `2025_Oct`, `July 2024`, `RVU25D`
/// (the letter counts quarters), or of the month in `2024-06`.
pub(crate) fn first_day_named(name: &str) -> Option<NaiveDate> {
    static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r"(?P<month>\d\d)[-_](?P<day>\d\d)[-_](?P<year>20\d\d)",
            r"(?P<year>20\d\d)[-_](?P<month>\d\d)[-_](?P<day>\d\d)",
            r"(?P<year>20\d\d)[ _-]?q(?P<quarter>[1-4])",
            r"(?:^|[^a-z0-9])v(?P<version>\d\d)\.(?P<after>[0-3])",
            r"v(?P<version>\d\d)(?P<after>[0-3])r\d",
            r"rvu(?P<short_year>\d\d)(?P<letter>[a-d])",
            r"rvu(?P<short_year>\d\d)[ _-]*(?P<name>jan|apr|jul|oct)",
            r"(?P<year>20\d\d)[ _-]*(?P<name>jan|apr|jul|oct)",
            r"(?P<name>jan|apr|jul|oct)[a-z]*[ _-]*(?P<year>20\d\d)",
            r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])(?:\D|$)",
        ]
        .iter()
        .filter_map(|form| Regex::new(form).ok())
        .collect()
    });
    let name = name.to_lowercase();
    FORMS.iter().find_map(|form| {
        let found = form.captures(&name)?;
        let text = |group| found.name(group).map(|text| text.as_str());
        let number = |group| text(group).and_then(|text| text.parse::<u32>().ok());
        let year = number("year")
            .or_else(|| number("version").map(|version| 1994 + version))
            .or_else(|| number("short_year").map(|year| 2000 + year))?;
        let month = number("month")
            .or_else(|| number("quarter").map(|quarter| quarter * 3 - 2))
            .or_else(|| number("after").map(|after| after * 3 + 1))
            .or_else(|| text("letter").map(|letter| u32::from(letter.as_bytes()[0] - b'a') * 3 + 1))
            .or_else(|| text("name").and_then(month_named))?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, number("day").unwrap_or(1))
    })
}

/// First day of the calendar year that `name` speaks of, as in `GPCI2025.csv`.
pub(crate) fn year_named(name: &str) -> Option<NaiveDate> {
    static YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|\D)(20\d\d)(?:\D|$)").ok());
    let year = YEAR.as_ref()?.captures(name)?.get(1)?.as_str().parse().ok()?;
    NaiveDate::from_ymd_opt(year, 1, 1)
}

/// The fiscal year of a day, which begins on 1 October of the year before.
pub(crate) fn fiscal_year(day: NaiveDate) -> i32 {
    day.year() + i32::from(day.month() >= 10)
}

/// The remark on a file that tells another year than the operator, who has the last word.
pub(crate) fn overruled(told: NaiveDate, given: NaiveDate) -> String {
    format!(
        "by its content or its name it is in force from {told}, and --effective-from says {given}; read as in force from \
         {given}. If that is a slip, forget this edition and load the file again without it"
    )
}

fn month_named(name: &str) -> Option<u32> {
    match name {
        "jan" => Some(1),
        "apr" => Some(4),
        "jul" => Some(7),
        "oct" => Some(10),
        _ => None,
    }
}

/// The first day of the quarter behind the one of `day`, on which a quarterly release is replaced by custom.
pub(crate) fn next_quarter(day: NaiveDate) -> Option<NaiveDate> {
    let (year, month) = match day.month0() / 3 {
        3 => (day.year() + 1, 1),
        quarter => (day.year(), quarter * 3 + 4),
    };
    NaiveDate::from_ymd_opt(year, month, 1)
}

/// The first day of the next calendar year.
pub(crate) fn next_year(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)
}

/// A quarter as `2024 Q3`.
pub(crate) fn quarter(day: NaiveDate) -> String {
    format!("{} Q{}", day.year(), day.month0() / 3 + 1)
}

/// A month as `October 2025`.
pub(crate) fn month(day: NaiveDate) -> String {
    day.format("%B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_from_when_a_release_is_in_force() {
        for (name, day) in [
            ("mue_practitioner_2024q3.csv", "2024-07-01"),
            ("MCR_MUE_PractitionerServices_Eff_07-01-2026.csv", "2026-07-01"),
            ("ptp_practitioner_v30.2_2024q3.csv", "2024-07-01"),
            ("ptp_practitioner_v30.2.csv", "2024-07-01"),
            ("ccipra-v322r0-f1.txt", "2026-07-01"),
            ("PPRRVU2025_Oct.csv", "2025-10-01"),
            ("RVU25D.zip", "2025-10-01"),
            ("PPRRVU24_JUL.csv", "2024-07-01"),
            ("ZIP5_OCT2025.txt", "2025-10-01"),
            ("HCPC2025_OCT_ANWEB.xlsx", "2025-10-01"),
            ("place_of_service_2024-06-15.csv", "2024-06-15"),
            ("place_of_service_codes_2024-06.csv", "2024-06-01"),
        ] {
            assert_eq!(
                first_day_named(name).map(|day| day.to_string()).as_deref(),
                Some(day),
                "{name}"
            );
        }
        for name in ["order.txt", "icd10cm_order_2024.txt", "x-2024-13-01.csv", ""] {
            assert_eq!(first_day_named(name), None, "{name}");
        }
    }

    #[test]
    fn a_quarter_is_replaced_by_the_next() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(next_quarter(day("2024-07-01")), Some(day("2024-10-01")));
        assert_eq!(next_quarter(day("2025-10-01")), Some(day("2026-01-01")));
        assert_eq!(quarter(day("2024-07-01")), "2024 Q3");
    }
}
