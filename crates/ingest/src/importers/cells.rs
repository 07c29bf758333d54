//! What many tables hold in their cells: procedure codes, days, lists.

use crate::sheet::SheetRow;
use codecite_codebook::{Code, CodeSystem, NaiveDate};

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

/// A day as publishers write it: `20251001`, `2025-10-01` or `10/1/2025`; `None` where there is none.
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
        Ok(day) if is_day => Ok(Some(day)),
        _ => Err(format!("{text:?} is no day")),
    }
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
        ] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
