//! What the house knows: a few passages and rows, in our own words or from the public domain.

use codecite_codebook::{
    Aspect, Authority, Code, CodeStatus, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    FileDigest, Licence, Locator, ModifierIndicator, NaiveDate, Passage, PassageDraft, Place, PtpEdit,
};
use codecite_tables::{EditionWriter, PtpTable};
use std::path::Path;

/// The day on which every test asks.
pub const TODAY: &str = "2026-11-23";
const SINCE: &str = "2020-01-01";
/// From here on the house no longer knows E11.9.
pub const E119_ENDS: &str = "2030-12-31";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

fn locator(row: u64) -> Locator {
    Locator {
        document: "Reference of the tests".into(),
        section: Some("Section 1".into()),
        place: Some(Place::Row(row)),
        url: Some("https://www.example.org/reference".into()),
    }
}

fn passage(title: &str, text: &str, aspect: Aspect, about: &[&str]) -> Passage {
    Passage::new(PassageDraft {
        edition: EditionId::new("reference"),
        title: title.into(),
        text: text.into(),
        aspect,
        about: about.iter().map(|label| code(label)).collect(),
        mentions: vec![],
        keywords: vec![],
        billable: (aspect == Aspect::Entry).then_some(true),
        authority: Authority::new("Tests"),
        locator: locator(1),
        effective: EffectiveRange::since(day(SINCE)),
    })
}

pub fn passages() -> Vec<Passage> {
    vec![
        passage(
            "CPT 38900: what it is",
            "Code 38900 is an add-on code. It is never reported alone.",
            Aspect::Definition,
            &["CPT 38900"],
        ),
        passage(
            "CPT 38900: when it is reported",
            "Report code 38900 once for each side.",
            Aspect::Reporting,
            &["CPT 38900"],
        ),
        passage(
            "E11.9",
            "Type 2 diabetes mellitus without complications",
            Aspect::Entry,
            &["ICD-10-CM E11.9"],
        ),
    ]
}

/// Writes the tables' editions into `folder`: the reference, and one pair of procedures.
pub fn write_tables(folder: &Path) {
    write_edits(folder);
    let edition = Edition {
        id: EditionId::new("reference"),
        source: "reference".into(),
        title: "Reference of the tests".into(),
        authority: Authority::new("Tests"),
        effective: EffectiveRange::since(day(SINCE)),
        replaced_on: None,
        licence: Licence::Project,
        files: vec![FileDigest {
            name: "reference.txt".into(),
            sha256: "ab".repeat(32),
        }],
        rows: 26,
        is_complete: true,
    };
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    let mut status = |label: &str, title: Option<&str>, billable: bool, to: Option<&str>, row: u64| {
        let status = CodeStatus {
            code: code(label),
            title: title.map(str::to_owned),
            billable,
            edition: edition.id.clone(),
            effective: EffectiveRange::new(day(SINCE), to.map(day)).expect("a range"),
            locator: locator(row),
        };
        writer.status(&status).expect("a status");
    };
    status("CPT 38900", None, true, None, 1);
    status("ICD-10-CM E11", Some("Type 2 diabetes mellitus"), false, None, 2);
    status(
        "ICD-10-CM E11.9",
        Some("Type 2 diabetes mellitus without complications"),
        true,
        Some(E119_ENDS),
        3,
    );
    status("CPT 38525", None, true, None, 27);
    status("ICD-10-CM Z00", Some("A wide header"), false, None, 5);
    for number in 0..21 {
        let (label, title) = (
            format!("ICD-10-CM Z00.{number:02}"),
            format!("Code {number} below it"),
        );
        status(&label, Some(&title), true, None, 6 + number);
    }
    let fact = Fact {
        kind: FactKind::PhysicianFeeSchedule,
        code: code("CPT 38900"),
        also: Vec::new(),
        rows: vec![FactRow {
            label: "global days".into(),
            value: "ZZZ".into(),
        }],
        edition: edition.id.clone(),
        locator: locator(4),
        effective: EffectiveRange::since(day(SINCE)),
    };
    writer.fact(&fact).expect("a fact");
    let values = [
        ("status indicator", "A"),
        ("work RVU", "1.30"),
        ("non-facility PE RVU", "1.33"),
        ("facility PE RVU", "0.55"),
        ("malpractice RVU", "0.10"),
        ("conversion factor", "32.3465"),
    ];
    let visit = Fact {
        code: code("CPT 99213"),
        rows: values
            .map(|(label, value)| FactRow {
                label: label.into(),
                value: value.into(),
            })
            .to_vec(),
        ..fact
    };
    writer.fact(&visit).expect("a fact");
    writer.finish().expect("an edition");
}

/// One edit of practitioner claims.
fn write_edits(folder: &Path) {
    let edition = Edition {
        id: EditionId::new("pairs"),
        source: "ncci-ptp-practitioner".into(),
        title: "Pairs of the tests".into(),
        authority: Authority::new("Tests"),
        effective: EffectiveRange::since(day(SINCE)),
        replaced_on: None,
        licence: Licence::PublicDomain,
        files: vec![FileDigest {
            name: "pairs.txt".into(),
            sha256: "cd".repeat(32),
        }],
        rows: 1,
        is_complete: false,
    };
    let mut table = PtpTable::default();
    table.begin_document(locator(1));
    let is_kept = table.push(&PtpEdit {
        column1: code("CPT 38525"),
        column2: code("CPT 38900"),
        indicator: ModifierIndicator::Allowed,
        rationale: None,
        effective: EffectiveRange::since(day(SINCE)),
        begins_as_published: true,
        row: 7,
    });
    assert!(is_kept);
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    writer.edits(table).expect("edits");
    writer
        .finding("pairs.txt", Some(3), "a short line; row refused")
        .expect("a finding");
    writer.finish().expect("an edition");
}
