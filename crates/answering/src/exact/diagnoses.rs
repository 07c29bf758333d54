//! What the Tabular List says of a diagnosis and of everything above it: notes, conflicts, seventh characters.

use codecite_codebook::{Code, CodeSystem, Fact, FactKind, NaiveDate};
use codecite_tables::{Tables, TablesError};

/// The rows of one kind that stand at `code` or at a header above it, the nearest first.
pub fn inherited(
    code: &Code,
    kind: FactKind,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let mut inherited = Vec::new();
    for node in nodes_above(code) {
        let facts = tables.facts_of(&node, kind, date_of_service)?;
        // A row that only names the node stands at another one. Where a whole list and a newer list of one chapter
        // are loaded, the newer one speaks for its nodes.
        let mut at_node = facts.into_iter().filter(|fact| fact.code == node).peekable();
        let edition = at_node.peek().map(|fact| fact.edition.clone());
        inherited.extend(at_node.filter(|fact| Some(&fact.edition) == edition.as_ref()));
    }
    Ok(inherited)
}

/// The code and the headers above it, down to its category of three characters. Placeholders of an unfinished code
/// stand for no node.
fn nodes_above(code: &Code) -> Vec<Code> {
    if code.system() != CodeSystem::Icd10Cm {
        return vec![code.clone()];
    }
    let bare = code.undotted();
    (3..=bare.len())
        .rev()
        .filter_map(|length| Code::parse(CodeSystem::Icd10Cm, &bare[..length]).ok())
        .collect()
}

/// The characters that complete the code as its seventh: those of the nearest node that has some.
pub fn seventh_characters(
    code: &Code,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Option<Fact>, TablesError> {
    let found = inherited(code, FactKind::SeventhCharacters, date_of_service, tables)?;
    Ok(found.into_iter().next())
}

/// The diagnoses among `codes`.
pub fn named_in(codes: &[Code]) -> impl Iterator<Item = &Code> {
    codes.iter().filter(|code| code.system() == CodeSystem::Icd10Cm)
}

/// Whether a row matters to somebody who asks about several diagnoses together. Of the notes these are the ones that
/// order them or ask for another one; excludes notes that name one of them are shown before, as conflicts.
pub fn rules_on_company(fact: &Fact) -> bool {
    fact.kind != FactKind::Note
        || fact
            .value("kind")
            .is_some_and(|kind| matches!(kind, "code first" | "use additional code" | "code also"))
}

/// The excludes notes of each code that name another one of `codes`: Excludes1 says that they are not reported
/// together, Excludes2 that the one is no part of the other.
pub fn conflicts(
    codes: &[Code],
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let diagnoses: Vec<&Code> = named_in(codes).collect();
    let mut conflicts: Vec<Fact> = Vec::new();
    for code in &diagnoses {
        for note in inherited(code, FactKind::Note, date_of_service, tables)? {
            let is_excludes = note
                .value("kind")
                .is_some_and(|kind| kind.starts_with("excludes"));
            let names_another = diagnoses.iter().any(|other| other != code && names(&note, other));
            if is_excludes && names_another && !conflicts.contains(&note) {
                conflicts.push(note);
            }
        }
    }
    Ok(conflicts)
}

/// Whether a note stands at `code` or at a header above it.
pub fn stands_at(note: &Fact, code: &Code) -> bool {
    note.code.system() == code.system() && code.undotted().starts_with(&note.code.undotted())
}

/// Whether a note names `code`: itself, a header above it, or a range around it.
pub fn names(note: &Fact, code: &Code) -> bool {
    let bare = code.undotted();
    let codes = note.value("codes").unwrap_or_default();
    codes
        .split(',')
        .map(|named| named.trim().trim_end_matches('-').replace('.', ""))
        .filter(|named| named.len() >= 3)
        .any(|named| match named.split_once('-') {
            Some((first, last)) => is_between(&bare, first, last),
            None => bare.starts_with(&named),
        })
}

/// Compares as many characters as each end has: E11.9 lies within E08-E13.
fn is_between(code: &str, first: &str, last: &str) -> bool {
    let head = |length: usize| code.get(..length.min(code.len())).unwrap_or(code);
    head(first.len()) >= first && head(last.len()) <= last
}

#[cfg(test)]
mod tests {
    use super::*;
    use codecite_codebook::{EditionId, EffectiveRange, FactRow, Locator};

    fn note(codes: &str) -> Fact {
        Fact {
            kind: FactKind::Note,
            code: "ICD-10-CM E11".parse().expect("a code"),
            also: Vec::new(),
            rows: vec![FactRow {
                label: "codes".into(),
                value: codes.into(),
            }],
            edition: EditionId::new("tabular"),
            locator: Locator {
                document: "Tabular List".into(),
                section: None,
                place: None,
                url: None,
            },
            effective: EffectiveRange::since(NaiveDate::default()),
        }
    }

    #[test]
    fn a_note_names_codes_headers_and_ranges() {
        for (codes, code, named) in [
            ("E10.-", "E10.9", true),
            ("E10.-", "E11.9", false),
            ("E08-E13, O24.4-", "E11.9", true),
            ("E08-E13, O24.4-", "O24.410", true),
            ("E08-E13, O24.4-", "O24.9", false),
            ("R73.03", "R73.03", true),
            ("R73.03", "R73.0", false),
            ("S40-S49.9", "S49.91XA", true),
            ("", "E11.9", false),
        ] {
            let code = Code::parse(CodeSystem::Icd10Cm, code).expect("a code");
            assert_eq!(names(&note(codes), &code), named, "{codes} and {code}");
        }
    }
}
