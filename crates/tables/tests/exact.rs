//! Exact questions: pairs and the proof that there is none, titles, deletions, what changed, what is forgotten.

use codecite_codebook::{
    Authority, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    FileDigest, Licence, Locator, ModifierIndicator, NaiveDate, Place, PtpEdit, Setting,
};
use codecite_tables::{EditionWriter, Provenance, PtpTable, Tables, remove};
use std::collections::BTreeMap;
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

fn edition(source: &str, from: &str, is_complete: bool) -> Edition {
    Edition {
        id: EditionId::new(&format!("{source}-{from}")),
        source: source.into(),
        title: format!("{source} of {from}"),
        authority: Authority::new("CMS"),
        effective: EffectiveRange::since(day(from)),
        replaced_on: None,
        licence: Licence::PublicDomain,
        files: vec![FileDigest {
            name: "table.txt".into(),
            sha256: "ab".repeat(32),
        }],
        rows: 1,
        is_complete,
    }
}

fn locator(row: u64) -> Locator {
    Locator {
        document: "table".into(),
        section: None,
        place: Some(Place::Row(row)),
        url: None,
    }
}

fn status(edition: &Edition, text: &str, title: &str, billable: bool, to: Option<&str>) -> CodeStatus {
    let to = to.map(day);
    let from = to.map_or(edition.effective.from(), |to| to.min(edition.effective.from()));
    CodeStatus {
        code: code(&format!("ICD-10-CM {text}")),
        title: Some(title.into()),
        billable,
        edition: edition.id.clone(),
        effective: EffectiveRange::new(from, to).expect("a range"),
        locator: locator(1),
    }
}

/// An order file without an end, and a list of what changed later.
fn order_file_and_changes(folder: &Path) {
    let order = edition("icd-10-cm", "2023-10-01", true);
    let mut writer = EditionWriter::create(folder, &order).expect("a writer");
    for (text, title, billable) in [
        ("I42", "Cardiomyopathy", false),
        ("I42.0", "Dilated cardiomyopathy", true),
        ("I42.1", "Obstructive hypertrophic cardiomyopathy", true),
        ("S23.420", "Sprain of sternoclavicular joint", true),
    ] {
        writer
            .status(&status(&order, text, title, billable, None))
            .expect("a status");
    }
    writer.finish().expect("an edition");
    let changes = edition("icd-10-cm-changes", "2026-10-01", false);
    let mut writer = EditionWriter::create(folder, &changes).expect("a writer");
    for (text, title, billable, to) in [
        ("I42.0", "Dilated cardiomyopathy", false, None),
        ("I42.01", "Familial dilated cardiomyopathy", true, None),
        (
            "S23.420",
            "Sprain of sternoclavicular joint",
            true,
            Some("2026-09-30"),
        ),
    ] {
        writer
            .status(&status(&changes, text, title, billable, to))
            .expect("a status");
    }
    writer.finish().expect("an edition");
}

#[test]
fn a_list_of_changes_decides_what_it_names_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    order_file_and_changes(folder.path());
    let tables = Tables::open(folder.path()).expect("tables");
    let billable = |text: &str, date: &str| {
        let status = tables
            .status_on(&code(&format!("ICD-10-CM {text}")), day(date))
            .expect("an answer");
        status.map(|status| status.billable)
    };
    for (text, before, after) in [
        ("I42.0", Some(true), Some(false)),
        ("I42.1", Some(true), Some(true)),
        ("I42.01", None, Some(true)),
        ("S23.420", Some(true), None),
    ] {
        assert_eq!(billable(text, "2026-09-30"), before, "{text} before");
        assert_eq!(billable(text, "2026-10-01"), after, "{text} after");
    }
    let system = CodeSystem::Icd10Cm;
    let edition = tables.edition_on(system, day("2026-11-01")).expect("an edition");
    assert_eq!(edition.id.as_str(), "icd-10-cm-2023-10-01", "the complete one");
    let children = tables
        .children(&code("ICD-10-CM I42"), day("2026-11-01"), 9)
        .expect("children");
    let children: Vec<_> = children
        .iter()
        .map(|child| (child.code.text(), child.billable))
        .collect();
    assert!(
        children.contains(&("I42.01", true)) && children.contains(&("I42.0", false)),
        "{children:?}"
    );
}

#[test]
fn titles_are_found_by_their_words_on_the_date() {
    let folder = tempfile::tempdir().expect("a folder");
    order_file_and_changes(folder.path());
    let tables = Tables::open(folder.path()).expect("tables");
    let found = |words: &str, date: &str| -> Vec<String> {
        let found = tables
            .titled(words, Some(CodeSystem::Icd10Cm), day(date), 9)
            .expect("an answer");
        found.iter().map(|status| status.code.text().to_owned()).collect()
    };
    assert_eq!(
        found("dilated cardiomyopathies", "2026-01-01")
            .first()
            .map(String::as_str),
        Some("I42.0")
    );
    assert!(found("familial cardiomyopathy", "2026-11-01").contains(&"I42.01".to_owned()));
    assert!(
        !found("sprain", "2026-11-01").contains(&"S23.420".to_owned()),
        "deleted by then"
    );
    assert_eq!(found("sprain", "2026-01-01"), ["S23.420"]);
    for nonsense in ["", "\"", "AND OR NOT (", "title_words : *", "zzz"] {
        assert_eq!(found(nonsense, "2026-01-01"), [""; 0], "{nonsense:?}");
    }
}

fn edit(column1: &str, column2: &str, indicator: ModifierIndicator, to: Option<&str>, row: u64) -> PtpEdit {
    PtpEdit {
        column1: code(column1),
        column2: code(column2),
        indicator,
        rationale: Some("Misuse of column two code with column one code".into()),
        effective: EffectiveRange::new(day("2010-01-01"), to.map(day)).expect("a range"),
        begins_as_published: true,
        row,
    }
}

fn write_edits(folder: &Path, source: &str, from: &str, edits: &[PtpEdit]) -> Edition {
    let edition = edition(source, from, false);
    let mut table = PtpTable::default();
    table.begin_document(locator(1));
    for edit in edits {
        assert!(table.push(edit), "{edit:?}");
    }
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    writer.edits(table).expect("edits");
    writer.finish().expect("an edition");
    edition
}

#[test]
fn a_pair_is_found_in_both_orders_and_its_absence_is_proven() {
    use ModifierIndicator::{Allowed, NotAllowed, NotApplicable};
    let folder = tempfile::tempdir().expect("a folder");
    let edits = [
        edit("CPT 38525", "CPT 38900", Allowed, None, 11),
        edit("CPT 38525", "HCPCS G0168", NotAllowed, Some("2012-12-31"), 12),
        edit("CPT 10060", "CPT 38900", NotApplicable, Some("2010-01-01"), 13),
    ];
    let source = "ncci-ptp-practitioner";
    let edition = write_edits(folder.path(), source, "2024-07-01", &edits);
    write_edits(
        folder.path(),
        "ncci-ptp-outpatient-hospital",
        "2024-07-01",
        &[edit("CPT 38525", "CPT 38900", NotAllowed, None, 5)],
    );
    let tables = Tables::open(folder.path()).expect("tables");
    let date = day("2024-08-01");
    let between = |one: &str, other: &str, setting| {
        tables
            .edits_between(&code(one), &code(other), setting, date)
            .expect("an answer")
    };
    for (one, other) in [("CPT 38525", "CPT 38900"), ("CPT 38900", "CPT 38525")] {
        let answer = between(one, other, Some(Setting::Practitioner));
        let [found] = answer.edits.as_slice() else {
            panic!("{answer:?}")
        };
        assert_eq!((found.edit.row, found.edit.indicator), (11, Allowed));
        assert_eq!(found.edit, edits[0], "as it was written");
    }
    assert_eq!(
        between("CPT 38525", "CPT 38900", None).edits.len(),
        2,
        "in both settings"
    );
    let ended = between("CPT 38525", "HCPCS G0168", Some(Setting::Practitioner));
    assert_eq!((ended.edits.len(), ended.others.len()), (0, 1));
    let never = between("CPT 10060", "CPT 38900", Some(Setting::Practitioner));
    assert!(never.edits.is_empty(), "deleted on its first day");
    let none = between("CPT 99213", "CPT 38900", Some(Setting::Practitioner));
    assert!(none.edits.is_empty() && none.others.is_empty());
    assert_eq!(
        (none.searched[0].edition.id.clone(), none.searched[0].rows),
        (edition.id, 3)
    );
    let earlier = tables.edits_between(&code("CPT 38525"), &code("CPT 38900"), None, day("2024-06-30"));
    assert!(
        earlier.expect("an answer").searched.is_empty(),
        "no table of that date, so nothing is proven"
    );
    let of_code = tables
        .edits_of(&code("CPT 38900"), Some(Setting::Practitioner), date, 10)
        .expect("an answer");
    assert_eq!((of_code[0].1.len(), of_code[0].2), (1, 1));
    let diagnosis = between("ICD-10-CM E11.9", "CPT 38900", None);
    assert!(diagnosis.edits.is_empty());
}

#[test]
fn what_changed_between_two_editions_is_told() {
    use ModifierIndicator::{Allowed, NotAllowed};
    let folder = tempfile::tempdir().expect("a folder");
    let source = "ncci-ptp-practitioner";
    let from = write_edits(
        folder.path(),
        source,
        "2024-04-01",
        &[
            edit("CPT 38525", "CPT 38900", Allowed, None, 1),
            edit("CPT 38530", "CPT 38900", Allowed, None, 2),
            edit("CPT 10060", "CPT 10061", Allowed, None, 3),
        ],
    );
    let to = write_edits(
        folder.path(),
        source,
        "2024-07-01",
        &[
            edit("CPT 38525", "CPT 38900", NotAllowed, None, 1),
            edit("CPT 38530", "CPT 38900", Allowed, Some("2024-06-30"), 2),
            edit("CPT 10060", "CPT 10061", Allowed, None, 3),
            edit("CPT 10060", "CPT 10080", Allowed, None, 4),
        ],
    );
    let tables = Tables::open(folder.path()).expect("tables");
    let diff = tables.diff(&from.id, &to.id).expect("a difference");
    assert_eq!(
        (
            diff.edits_added.len(),
            diff.edits_removed.len(),
            diff.edits_changed.len()
        ),
        (1, 1, 1)
    );
    assert!(tables.diff(&to.id, &to.id).expect("a difference").is_empty());
}

#[test]
fn facts_are_found_under_every_code_that_they_are_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let gem = edition("gem", "2017-10-01", false);
    let fact = Fact {
        kind: FactKind::Crosswalk,
        code: code("ICD-9-CM 250.00"),
        also: vec![code("ICD-10-CM E11.9")],
        rows: [("to", "E11.9"), ("approximate", "1"), ("note", "")]
            .map(|(label, value)| FactRow {
                label: label.into(),
                value: value.into(),
            })
            .to_vec(),
        edition: gem.id.clone(),
        locator: locator(2),
        effective: gem.effective,
    };
    let mut writer = EditionWriter::create(folder.path(), &gem).expect("a writer");
    writer.fact(&fact).expect("a fact");
    writer
        .words(&BTreeMap::from([("gout".to_owned(), 2)]))
        .expect("words");
    writer
        .finding("gem.txt", Some(7), "short line")
        .expect("a finding");
    let provenance = Provenance {
        reader: "1".into(),
        passages: 3,
        siblings: 1,
        refused: 4,
        set_aside: vec!["ab".repeat(32)],
    };
    writer.provenance(&provenance).expect("provenance");
    writer.finish().expect("an edition");
    let tables = Tables::open(folder.path()).expect("tables");
    for label in ["ICD-9-CM 250.00", "ICD-10-CM E11.9"] {
        let found = tables.facts_of(&code(label), FactKind::Crosswalk, day("2026-01-01"));
        assert_eq!(found.expect("an answer"), std::slice::from_ref(&fact), "{label}");
    }
    assert_eq!(tables.words().expect("words")["gout"], 2);
    let findings = tables.findings(&gem.id).expect("findings");
    assert_eq!(
        findings,
        [("gem.txt".to_owned(), Some(7), "short line".to_owned())]
    );
    assert_eq!(tables.provenance(&gem.id).expect("an answer"), Some(provenance));
    assert_eq!(tables.refused_rows(&gem.id), 4);
    assert!(remove(folder.path(), &gem.id).expect("removed"));
    assert!(!remove(folder.path(), &gem.id).expect("gone already"));
    assert!(tables.editions().is_empty(), "readers notice");
}
