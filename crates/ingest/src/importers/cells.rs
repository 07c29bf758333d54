//! What many tables hold in their cells: procedure codes, days, lists.

use crate::sheet::SheetRow;
use chrono::{Datelike, Months};
use codecite_codebook::{Code, CodeSystem, NaiveDate};
use std::ops::RangeInclusive;

/// The value of the first of these columns that is there and filled.
pub(super) fn any<'a>(row: &'a SheetRow<'_>, columns: &[&str]) -> &'a str {
    let values = columns.iter().map(|column| row.get(column));
    values
        .into_iter()
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}

/// A CPT or HCPCS Level II code.
pub(super) fn procedure(text: &str) -> Result<Code, String> {
    code_of(&[CodeSystem::Cpt, CodeSystem::Hcpcs], text)
        .ok_or_else(|| format!("{text:?} is neither a CPT nor a HCPCS code"))
}

/// The code of the first of `systems` that `text` has the shape of.
pub(super) fn code_of(systems: &[CodeSystem], text: &str) -> Option<Code> {
    systems.iter().find_map(|system| Code::parse(*system, text).ok())
}

/// The years of which days are believed: the oldest determination of coverage is of 1966.
const YEARS: RangeInclusive<i32> = 1950..=2100;
/// How far ahead of its edition a day may lie.
const MONTHS_AHEAD: Months = Months::new(36);

/// A day as publishers write it: `20251001`, `2025-10-01` or `10/1/2025`; `None` where there is none. What lies before
/// 1950 or after 2100 is a slip.
pub(super) fn day(text: &str) -> Result<Option<NaiveDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let form = match text.contains(['-', '/']) {
        false => "%Y%m%d",
        true if text.contains('-') => "%Y-%m-%d",
        true => "%m/%d/%Y",
    };
    // Chrono would read a year of any length.
    let is_day = text.len() <= 10
        && text
            .bytes()
            .all(|c| c.is_ascii_digit() || matches!(c, b'-' | b'/'));
    match NaiveDate::parse_from_str(text, form) {
        Ok(day) if is_day && !YEARS.contains(&day.year()) => {
            Err(format!("{text:?} is no plausible day, the year is wrong"))
        }
        Ok(day) if is_day => Ok(Some(day)),
        _ => Err(format!("{text:?} is no day")),
    }
}

/// As [`day`], for what is said in an edition that begins on `edition_from`: no publisher knows what comes more than
/// three years later, and an entry of such a day would keep every later edition waiting.
pub(super) fn plausible_day(text: &str, edition_from: NaiveDate) -> Result<Option<NaiveDate>, String> {
    let day = day(text)?;
    let latest = edition_from.checked_add_months(MONTHS_AHEAD);
    match day.zip(latest) {
        Some((day, latest)) if day > latest => Err(format!(
            "{text:?} is no plausible day, more than three years after the release begins on {edition_from}"
        )),
        _ => Ok(day),
    }
}

/// The newest of the days on which rows were changed, which tells the day of an export. One that lies more than three
/// years behind all others is a slip of a row, and not the day of the file.
pub(super) fn newest(days: impl IntoIterator<Item = NaiveDate>) -> Option<NaiveDate> {
    let mut days: Vec<NaiveDate> = days.into_iter().collect();
    days.sort_unstable();
    let mut newest = days.pop()?;
    while let Some(before) = days.pop() {
        if before
            .checked_add_months(MONTHS_AHEAD)
            .is_some_and(|latest| newest <= latest)
        {
            break;
        }
        newest = before;
    }
    Some(newest)
}

/// A day as a fact shows it; empty where there is none.
pub(super) fn shown(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Several values in one text, however they are separated.
pub(super) fn listed<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = values
        .into_iter()
        .flat_map(|value| value.split([',', ':', ';']))
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_forms_of_publishers() {
        let known = NaiveDate::from_ymd_opt(2025, 10, 1);
        for text in ["20251001", "2025-10-01", "10/1/2025"] {
            assert_eq!(day(text), Ok(known), "{text}");
        }
        assert_eq!(day(""), Ok(None));
        for text in [
            "2025",
            "20251301",
            "99999999999",
            "+20251001",
            "soon",
            "2025-10",
            "1/1/99999",
            "19491231",
            "2999-12-31",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_far_ahead_of_its_edition_is_not_believed() {
        let on = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(
            plausible_day("20280101", on("2025-01-01")),
            Ok(Some(on("2028-01-01")))
        );
        assert!(
            plausible_day("20280102", on("2025-01-01")).is_err_and(|why| why.contains("no plausible day"))
        );
        assert_eq!(plausible_day("", on("2025-01-01")), Ok(None));
    }

    #[test]
    fn one_slip_does_not_make_an_export_newer() {
        let newest_of = |days: &[&str]| newest(days.iter().filter_map(|day| day.parse().ok()));
        let on = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(newest_of(&[]), None);
        assert_eq!(newest_of(&["2099-01-01"]), on("2099-01-01"));
        assert_eq!(
            newest_of(&["2024-02-01", "2099-01-01", "2021-05-01"]),
            on("2024-02-01")
        );
        assert_eq!(newest_of(&["2024-02-01", "2024-02-27"]), on("2024-02-27"));
    }
}
