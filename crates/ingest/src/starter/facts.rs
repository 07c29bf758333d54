//! The facts of a topic: labelled rows of official tables.

use crate::error::Finding;
use crate::starter::format::{FactEntry, Topic};
use crate::starter::locator;
use codecite_codebook::{Code, CodeSystem, EditionId, EffectiveRange, Fact, FactKind, FactRow, NaiveDate};
use regex::Regex;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// Label of the official name of a place of service.
pub(crate) const POS_NAME: &str = "name";
/// Labels of a HCPCS Level II row.
pub(crate) const DESCRIPTION: &str = "official description";
pub(crate) const ADDED: &str = "added";
pub(crate) const TERMINATED: &str = "terminated";

/// The values that a topic's placeholders may name: by code text and kind, then by name of the value.
pub(crate) type Known<'a> = HashMap<(String, &'a str), &'a BTreeMap<String, String>>;

/// Reads the facts of `topic` into `facts`, refusing what is wrong, and returns what placeholders may name.
pub(crate) fn read<'a>(
    topic: &'a Topic,
    edition: &EditionId,
    facts: &mut Vec<Fact>,
    refused: &mut Vec<Finding>,
) -> Known<'a> {
    let mut known = Known::new();
    for entry in &topic.facts {
        let outcome = fact(entry, edition).and_then(|(code, rows)| {
            let key = (code.text().to_owned(), entry.kind.as_str());
            match known.insert(key, &entry.values) {
                None => Ok(rows),
                Some(_) => Err("a second fact of this code and kind in this file".into()),
            }
        });
        match outcome {
            Ok(rows) => facts.extend(rows),
            Err(why) => refused.push(Finding {
                file: topic.file.clone(),
                line: Some(topic.line_of(entry.of.span().start)),
                text: format!("fact of {:?}: {why}; fact refused", entry.of.get_ref()),
            }),
        }
    }
    known
}

/// One row for each code and kind, whichever files its values stand in: a topic file states what its own text
/// uses. A pair is one row for each of its partners.
pub(crate) fn merged(facts: Vec<Fact>) -> Vec<Fact> {
    let mut merged: Vec<Fact> = Vec::with_capacity(facts.len());
    let mut places: HashMap<(Code, FactKind, String), usize> = HashMap::new();
    for fact in facts {
        let key = (fact.code.clone(), fact.kind, partners(&fact));
        match places.get(&key).and_then(|place| merged.get_mut(*place)) {
            Some(known) => add_values(known, fact),
            None => {
                places.insert(key, merged.len());
                merged.push(fact);
            }
        }
    }
    merged
}

/// What tells rows of one code and kind apart: the edition, and the columns of a pair.
fn partners(fact: &Fact) -> String {
    let columns = fact.rows.iter().filter(|row| row.label.starts_with("column"));
    let columns: Vec<&str> = columns.map(|row| row.value.as_str()).collect();
    format!("{} {}", fact.locator.document, columns.join(" "))
}

fn add_values(known: &mut Fact, fact: Fact) {
    for row in fact.rows {
        if known.rows.iter().all(|there| there.label != row.label) {
            known.rows.push(row);
        }
    }
    let order = |row: &FactRow| {
        labels(known.kind)
            .iter()
            .position(|(_, label)| *label == row.label)
    };
    known.rows.sort_by_key(order);
}

/// The values of a kind in the order of their table, each with its label in the field's words.
fn labels(kind: FactKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        FactKind::CodeStatus => &[("title", "title"), ("billable", "billable")],
        FactKind::PhysicianFeeSchedule => &[
            ("status_indicator", "status indicator"),
            ("global_days", "global days"),
            ("work_rvu", "work RVU"),
            ("pc_tc_indicator", "PC/TC indicator"),
            ("multiple_procedure_indicator", "multiple procedure indicator"),
            ("bilateral_indicator", "bilateral surgery indicator"),
            ("assistant_indicator", "assistant at surgery indicator"),
            ("co_surgeon_indicator", "co-surgeon indicator"),
            ("team_indicator", "team surgery indicator"),
            ("endoscopic_base", "endoscopic base code"),
        ],
        FactKind::Mue => &[
            ("units", "MUE value (units of service)"),
            ("mai", "MUE adjudication indicator (MAI)"),
            ("rationale", "rationale"),
        ],
        FactKind::AddOn => &[("type", "add-on code type"), ("primaries", "primary codes")],
        FactKind::Ptp => &[
            ("column_1", "column 1"),
            ("column_2", "column 2"),
            ("modifier_indicator", "modifier indicator"),
            ("edit", "edit"),
            ("active_pairs", "active pairs in the table"),
        ],
        FactKind::PlaceOfService => &[("name", POS_NAME), ("setting", "setting")],
        FactKind::Hcpcs => &[
            ("description", DESCRIPTION),
            ("coverage", "coverage code"),
            ("added", ADDED),
            ("terminated", TERMINATED),
        ],
        // Tables that no topic states values of.
        _ => &[],
    }
}

/// One entry as facts: one, or for a pair one under each of its two codes, since either may be asked for.
fn fact(entry: &FactEntry, edition: &EditionId) -> Result<(Code, Vec<Fact>), String> {
    let code: Code = entry.of.get_ref().parse().map_err(|error| format!("{error}"))?;
    let kind = FactKind::from_word(&entry.kind).ok_or_else(|| {
        let kinds: Vec<_> = FactKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!(
            "{:?} is no kind of fact; known are {}",
            entry.kind,
            kinds.join(", ")
        )
    })?;
    let begins = begins(&entry.edition).ok_or_else(|| {
        format!(
            "edition {:?} does not say from when it is in force; write for example \"2024 Q3\", \"CY2025 October\", \
             \"June 2024\", \"FY2024\" or \"v30.2\" in it",
            entry.edition
        )
    })?;
    let labels = labels(kind);
    if let Some(unknown) = entry
        .values
        .keys()
        .find(|key| labels.iter().all(|(name, _)| name != *key))
    {
        let names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "{unknown:?} is no value of {kind}; known are {names}",
            kind = entry.kind,
            names = names.join(", ")
        ));
    }
    let rows: Vec<FactRow> = labels
        .iter()
        .filter_map(|(name, label)| {
            Some(FactRow {
                label: (*label).to_owned(),
                value: entry.values.get(*name)?.clone(),
            })
        })
        .collect();
    if rows.is_empty() {
        return Err("no values".into());
    }
    let under = match kind {
        FactKind::Ptp => pair(&code, &entry.values)?,
        _ => vec![code.clone()],
    };
    let facts = under
        .into_iter()
        .map(|code| Fact {
            kind,
            code,
            also: Vec::new(),
            rows: rows.clone(),
            edition: edition.clone(),
            locator: locator(&entry.edition, None, None),
            effective: EffectiveRange::since(begins),
        })
        .collect();
    Ok((code, facts))
}

/// Both codes of a pair, column 1 first; `of` has to be one of them.
fn pair(of: &Code, values: &BTreeMap<String, String>) -> Result<Vec<Code>, String> {
    let column = |name: &str| {
        let text = values.get(name).ok_or_else(|| format!("a pair needs {name}"))?;
        [CodeSystem::Cpt, CodeSystem::Hcpcs]
            .into_iter()
            .find_map(|system| Code::parse(system, text).ok())
            .ok_or_else(|| format!("{text:?} in {name} is neither a CPT nor a HCPCS code"))
    };
    let pair = vec![column("column_1")?, column("column_2")?];
    if pair.contains(of) {
        Ok(pair)
    } else {
        Err("the code is in neither column of the pair".into())
    }
}

/// First day of an official edition, from how publishers write it: `2024 Q3`, `v30.2` (NCCI: version 30 is
/// 2024, the digit after the dot counts quarters from 0), `CY2025 October`, `June 2024`, `CY2025`, `FY2024`.
fn begins(edition: &str) -> Option<NaiveDate> {
    static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r"\b(?P<year>20\d\d) ?Q(?P<quarter>[1-4])\b",
            r"\bv(?P<version>\d\d)\.(?P<after>[0-3])\b",
            r"\bCY ?(?P<year>20\d\d) (?P<month>[A-Z][a-z]+)\b",
            r"\b(?P<month>[A-Z][a-z]+) (?P<year>20\d\d)\b",
            r"\bCY ?(?P<year>20\d\d)\b",
            r"\bFY ?(?P<fiscal_year>20\d\d)\b",
        ]
        .iter()
        .filter_map(|form| Regex::new(form).ok())
        .collect()
    });
    FORMS.iter().find_map(|form| {
        let found = form.captures(edition)?;
        let number = |name| {
            found
                .name(name)
                .and_then(|text| text.as_str().parse::<i32>().ok())
        };
        if let Some(fiscal_year) = number("fiscal_year") {
            return NaiveDate::from_ymd_opt(fiscal_year - 1, 10, 1);
        }
        let year = number("year").or_else(|| number("version").map(|version| 1994 + version))?;
        let month = match (number("quarter"), number("after"), found.name("month")) {
            (Some(quarter), _, _) => quarter * 3 - 2,
            (_, Some(after), _) => after * 3 + 1,
            (_, _, Some(month)) => return first_of_month(year, month.as_str()),
            _ => 1,
        };
        NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, 1)
    })
}

fn first_of_month(year: i32, month: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&format!("1 {month} {year}"), "%d %B %Y").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_official_edition_says_when_it_begins() {
        for (edition, day) in [
            ("MPFS CY2025 October release (RVU25D)", Some("2025-10-01")),
            ("MUE practitioner 2024 Q3", Some("2024-07-01")),
            ("NCCI add-on code edits 2024 Q3", Some("2024-07-01")),
            ("NCCI PTP practitioner v30.2", Some("2024-07-01")),
            ("CMS place of service code set, June 2024", Some("2024-06-01")),
            ("MPFS CY2026", Some("2026-01-01")),
            ("HCPCS Level II October 2025 release", Some("2025-10-01")),
            ("ICD-10-CM FY2024 order file", Some("2023-10-01")),
            ("some table", None),
            ("Smarch 2024", None),
        ] {
            assert_eq!(
                begins(edition).map(|day| day.to_string()).as_deref(),
                day,
                "{edition}"
            );
        }
    }
}
