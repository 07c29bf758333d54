//! What the fee schedule tells of a procedure by not listing it.

use codecite_answering::{Claim, Elsewhere, Severity, check, read_line, unlisted};
use codecite_codebook::{
    Authority, Code, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow, Licence, Locator,
    NaiveDate, Place,
};
use codecite_tables::{EditionWriter, Provenance, Tables};
use std::path::Path;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

/// A release of relative values with `rows` rows, of which these are written.
fn release(folder: &Path, begins: &str, rows: u64, codes: &[&str]) {
    release_with(folder, begins, rows, codes, 0);
}

fn release_with(folder: &Path, begins: &str, rows: u64, codes: &[&str], refused: u64) {
    let edition = Edition {
        id: EditionId::new(&format!("mpfs-rvu-{begins}")),
        source: "mpfs-rvu".into(),
        title: format!("release of {begins}"),
        authority: Authority::new("CMS"),
        effective: EffectiveRange::since(day(begins)),
        replaced_on: None,
        licence: Licence::PublicDomain,
        files: Vec::new(),
        rows,
        is_complete: false,
    };
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    for (text, row) in codes.iter().zip(7..) {
        let fact = Fact {
            kind: FactKind::PhysicianFeeSchedule,
            code: code(text),
            also: Vec::new(),
            rows: vec![FactRow {
                label: "status indicator".into(),
                value: "A".into(),
            }],
            edition: edition.id.clone(),
            locator: Locator {
                document: "table".into(),
                section: None,
                place: Some(Place::Row(row)),
                url: None,
            },
            effective: edition.effective,
        };
        writer.fact(&fact).expect("a fact");
    }
    let provenance = Provenance {
        refused,
        ..Provenance::default()
    };
    writer.provenance(&provenance).expect("provenance");
    writer.finish().expect("an edition");
}

fn shelves() -> (TempDir, Tables) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    release(at, "2024-07-01", 18_000, &["CPT 99441", "CPT 99213"]);
    release(at, "2025-10-01", 19_000, &["CPT 99213", "CPT 15011"]);
    // A part of a release, which ends the one before it and knows a code of its own.
    release(at, "2026-07-01", 2, &["CPT 99213", "CPT 99090"]);
    let tables = Tables::open(at).expect("tables");
    (folder, tables)
}

#[test]
fn a_code_that_has_left_the_schedule_or_has_not_come_yet_is_told_of() {
    let (_folder, tables) = shelves();
    let asked = |label: &str, date: &str| unlisted(&code(label), day(date), &tables).expect("an answer");

    let gone = asked("CPT 99441", "2026-11-26").expect("it has left");
    assert_eq!(gone.silent.title, "release of 2025-10-01");
    assert!(
        matches!(&gone.elsewhere, Some(Elsewhere::Before(release, row))
            if release.title == "release of 2024-07-01" && row.locator.place == Some(Place::Row(7))),
        "{gone:?}"
    );
    assert!(gone.told(day("2026-11-26")).contains("19000 rows"));

    let not_yet = asked("CPT 15011", "2024-08-01").expect("it has not come");
    assert!(
        matches!(not_yet.elsewhere, Some(Elsewhere::After(..))),
        "{not_yet:?}"
    );
    let never = asked("CPT 12345", "2025-11-01").expect("it is nowhere");
    assert_eq!(never.elsewhere, None);
}

#[test]
fn silence_that_proves_nothing_is_not_told() {
    let (_folder, tables) = shelves();
    for (label, date, why) in [
        ("CPT 99441", "2024-08-01", "it is listed"),
        (
            "CPT 15011",
            "2026-11-26",
            "the whole release before the part lists it",
        ),
        ("CPT 99090", "2026-11-26", "the part lists it"),
        ("CPT 12345", "2024-06-30", "no release had begun"),
        (
            "CPT 0001U",
            "2025-11-01",
            "laboratory codes are not in the schedule",
        ),
        (
            "HCPCS J1885",
            "2025-11-01",
            "HCPCS Level II has a list of its own",
        ),
    ] {
        let told = unlisted(&code(label), day(date), &tables).expect("an answer");
        assert_eq!(told, None, "{label} on {date}: {why}");
    }
}

#[test]
fn a_claim_with_such_a_code_is_warned_of_with_the_row_that_had_it() {
    let (_folder, tables) = shelves();
    let claim = Claim {
        lines: vec![read_line("99441").expect("a line")],
        date_of_service: day("2025-11-01"),
        setting: None,
        age_years: None,
        sex: None,
    };
    let report = check(&claim, &tables).expect("a report");
    let finding = &report.findings[0];
    assert_eq!(finding.severity, Severity::Warning);
    assert!(
        finding
            .fact
            .as_ref()
            .is_some_and(|row| row.edition.as_str() == "mpfs-rvu-2024-07-01"),
        "{finding:?}"
    );
}

#[test]
fn a_release_of_which_rows_were_refused_proves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    release_with(folder.path(), "2025-10-01", 19_000, &["CPT 99213"], 3);
    let tables = Tables::open(folder.path()).expect("tables");
    let told = unlisted(&code("CPT 99441"), day("2025-11-01"), &tables).expect("an answer");
    assert_eq!(told, None);
}
