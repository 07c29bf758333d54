//! What a row says, in one sentence rendered from its values: the answer that a coder reads first.

use super::ROWS_REFUSED;
use crate::look_up::ncci_setting_of;
use codecite_codebook::{Fact, FactKind, Setting};

/// The sentence of a row; `None` for rows that are read as they stand.
pub fn says(fact: &Fact) -> Option<String> {
    match fact.kind {
        FactKind::Ptp => pair(fact),
        FactKind::Mue => units(fact),
        FactKind::PhysicianFeeSchedule => fee(fact),
        FactKind::Hcc => category(fact),
        FactKind::Crosswalk => crosswalk(fact),
        FactKind::AddOn => add_on(fact),
        FactKind::CodeEdit => code_edit(fact),
        _ => None,
    }
}

fn pair(fact: &Fact) -> Option<String> {
    if let (Some(codes), Some(edit)) = (fact.value("codes"), fact.value("edit")) {
        let codes = codes.split(',').next().unwrap_or(codes);
        let day = edit.strip_prefix("none in force on ")?;
        return Some(format!(
            "No NCCI edit of {codes} is in force on {day}{}.",
            doubt(fact)
        ));
    }
    let (column1, column2) = (fact.value("column 1")?, fact.value("column 2")?);
    let denied = format!("{column2} is denied beside {column1}");
    Some(match fact.value("modifier indicator")? {
        "0" => format!("{denied}, and no modifier bypasses the edit."),
        "1" => {
            format!("{denied}, unless an NCCI-associated modifier bypasses the edit and the record bears it.")
        }
        _ => return None,
    })
}

/// What a proof of absence has to add where its table was not read whole.
fn doubt(fact: &Fact) -> &'static str {
    match fact.value(ROWS_REFUSED) {
        Some(_) => ", in a table of which rows were refused",
        None => "",
    }
}

fn units(fact: &Fact) -> Option<String> {
    let value: u64 = fact.value("MUE value (units of service)")?.parse().ok()?;
    let per = match fact.value("MUE adjudication indicator (MAI)")?.chars().next()? {
        '1' => "on one claim line",
        _ => "on one day",
    };
    let claims = match ncci_setting_of(&fact.locator) {
        Some(Setting::Practitioner) => "practitioner claims",
        Some(Setting::OutpatientHospital) => "outpatient hospital claims",
        Some(Setting::Dme) => "DME supplier claims",
        _ => "claims",
    };
    let units = if value == 1 { "unit" } else { "units" };
    Some(format!(
        "At most {value} {units} of {} {per}, on {claims}.",
        fact.code
    ))
}

/// Of an amount that was worked out; a row of the schedule is read as it stands.
fn fee(fact: &Fact) -> Option<String> {
    let (place, office, facility) = (
        fact.value("where")?,
        fact.value("non-facility fee")?,
        fact.value("facility fee")?,
    );
    let place = place.split(';').next().unwrap_or(place);
    let modifier = fact.value("modifier").map(|modifier| format!("-{modifier}"));
    Some(format!(
        "{}{} pays {office} in a non-facility setting and {facility} in a facility ({place}).",
        fact.code,
        modifier.unwrap_or_default()
    ))
}

fn category(fact: &Fact) -> Option<String> {
    let (model, number) = (fact.value("model")?, fact.value("HCC")?);
    if number.starts_with("none") {
        return Some(format!("{} has no HCC in {model}{}.", fact.code, doubt(fact)));
    }
    let year = fact
        .value("payment year")
        .map(|year| format!(", payment year {year}"));
    Some(format!(
        "{} is in HCC {number} of {model}{}.",
        fact.code,
        year.unwrap_or_default()
    ))
}

fn crosswalk(fact: &Fact) -> Option<String> {
    if fact.value("no map") == Some("yes") {
        return Some(format!("{} has no equivalent.", fact.value("from")?));
    }
    let (from, to) = (fact.value("from")?, fact.value("to")?);
    let how = match fact.value("approximate")? {
        "yes" => "approximately",
        _ => "exactly",
    };
    let part = match fact.value("combination") {
        Some("yes") => ", as one of several codes together",
        _ => "",
    };
    Some(format!("{from} is {how} {to}{part}."))
}

fn add_on(fact: &Fact) -> Option<String> {
    fact.value("primary codes")?;
    Some(format!(
        "{} is an add-on code: it is paid only beside one of its primary codes.",
        fact.code
    ))
}

fn code_edit(fact: &Fact) -> Option<String> {
    let meaning = fact.value("what the edit means")?;
    Some(format!("{}: {meaning}.", fact.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use codecite_codebook::{EditionId, EffectiveRange, FactRow, Locator, NaiveDate};

    fn fact(kind: FactKind, document: &str, rows: &[(&str, &str)]) -> Fact {
        Fact {
            kind,
            code: "CPT 97110".parse().expect("a code"),
            also: Vec::new(),
            rows: rows
                .iter()
                .map(|(label, value)| FactRow {
                    label: (*label).into(),
                    value: (*value).into(),
                })
                .collect(),
            edition: EditionId::new("an edition"),
            locator: Locator {
                document: document.into(),
                section: None,
                place: None,
                url: None,
            },
            effective: EffectiveRange::since(NaiveDate::default()),
        }
    }

    #[test]
    fn a_row_says_what_it_means_and_for_whom() {
        use FactKind::{Hcc, Mue, PhysicianFeeSchedule, Ptp};
        let value = "MUE value (units of service)";
        let mai = "MUE adjudication indicator (MAI)";
        let pair = [("column 1", "38900"), ("column 2", "38790")];
        for (kind, document, rows, said) in [
            (
                Mue,
                "MUE practitioner 2024 Q3",
                &[(value, "6"), (mai, "3 Date of Service Edit: Clinical")][..],
                Some("At most 6 units of 97110 on one day, on practitioner claims."),
            ),
            (
                Mue,
                "MUE outpatient hospital 2024 Q3",
                &[(value, "1"), (mai, "1 Line Edit")],
                Some("At most 1 unit of 97110 on one claim line, on outpatient hospital claims."),
            ),
            (
                Ptp,
                "NCCI",
                &[pair[0], pair[1], ("modifier indicator", "0")],
                Some("38790 is denied beside 38900, and no modifier bypasses the edit."),
            ),
            (
                Ptp,
                "NCCI",
                &[
                    ("codes", "99213 and 99443, in either order"),
                    ("edit", "none in force on 2024-08-01"),
                ],
                Some("No NCCI edit of 99213 and 99443 is in force on 2024-08-01."),
            ),
            (
                Ptp,
                "NCCI",
                &[pair[0], pair[1], ("modifier indicator", "9")],
                None,
            ),
            (
                Hcc,
                "mappings",
                &[("model", "V28"), ("HCC", "none: the table has no row")],
                Some("97110 has no HCC in V28."),
            ),
            (
                Hcc,
                "mappings",
                &[
                    ("model", "V28"),
                    ("HCC", "none: the table has no row"),
                    (ROWS_REFUSED, "3"),
                ],
                Some("97110 has no HCC in V28, in a table of which rows were refused."),
            ),
            (PhysicianFeeSchedule, "MPFS", &[("status indicator", "A")], None),
        ] {
            assert_eq!(says(&fact(kind, document, rows)).as_deref(), said, "{rows:?}");
        }
    }
}
