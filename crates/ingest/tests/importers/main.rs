//! Official files through their importers: what a row becomes, and what is refused.

#[path = "../support/mod.rs"]
mod support;

mod aoc;
mod cpt;
mod crosswalks;
mod documents;
mod hcpcs;
mod icd10_damage;
mod icd10cm;
mod icd10cm_index;
mod icd10cm_tabular;
mod icd10pcs;
mod mpfs;
mod mue;
mod ncd;
mod ptp;
mod reference;
mod risk_adjustment;
mod workbooks;

use codecite_codebook::{Code, Fact, FactKind};
use codecite_ingest::{IngestError, ReadOptions, Reading, SourceFile, read_sources};

/// A code by its label, such as `CPT 38900`.
pub fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

/// What one file of the official data holds; `None`, said aloud, where they are not at hand.
pub fn official(test: &str, path: &str) -> Option<Reading> {
    let file = support::shared_data(test)?.join(path);
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let bytes = std::fs::read(&file).expect("the official file");
    Some(read(&name, bytes).expect("readable"))
}

/// What a file of one edition holds.
pub fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Reading, IngestError> {
    support::read_one(name, bytes, &ReadOptions::default())
}

/// What several files hold together.
pub fn read_all(files: Vec<(&str, Vec<u8>)>) -> codecite_ingest::Sources {
    let files = files.into_iter().map(|(name, bytes)| SourceFile {
        name: name.into(),
        bytes,
    });
    read_sources(files, &ReadOptions::default())
}

/// The facts of one kind about a code.
pub fn facts<'a>(reading: &'a Reading, kind: FactKind, label: &str) -> Vec<&'a Fact> {
    let code = code(label);
    let facts = reading.shelf.facts.iter();
    facts
        .filter(|fact| fact.kind == kind && fact.code == code)
        .collect()
}

/// Holds that exactly these remarks were made and refusals are none of them: each on its line and with these words.
pub fn assert_told(reading: &Reading, expected: &[(u64, &str)]) {
    let remarks = reading
        .shelf
        .findings
        .iter()
        .filter(|finding| !reading.refused.contains(finding));
    let told: Vec<_> = remarks.collect();
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (line, words) in expected {
        assert!(
            told.iter()
                .any(|finding| finding.line == Some(*line) && finding.text.contains(words)),
            "line {line}, {words}: {told:?}"
        );
    }
}

/// What is said of the file as a whole.
pub fn told_of_file(reading: &Reading) -> Vec<&str> {
    let findings = reading
        .shelf
        .findings
        .iter()
        .filter(|finding| finding.line.is_none());
    findings.map(|finding| finding.text.as_str()).collect()
}
