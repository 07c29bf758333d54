//! Whether a code is in force, as far as the loaded releases reach.

use codecite_codebook::{
    Authority, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    Licence, Locator, NaiveDate, Place,
};
use codecite_tables::{EditionWriter, Provenance, Standing, Tables, supersede};
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

fn edition(source: &str, from: &str, replaced: Option<&str>) -> Edition {
    Edition {
        id: EditionId::new(&format!("{source}-{from}")),
        source: source.into(),
        title: format!("{source} of {from}"),
        authority: Authority::new("CMS"),
        effective: EffectiveRange::since(day(from)),
        replaced_on: replaced.map(day),
        licence: match source {
            "starter" => Licence::Project,
            _ => Licence::PublicDomain,
        },
        files: Vec::new(),
        rows: 9,
        is_complete: !source.contains("changes") && source != "starter",
    }
}

/// A code with whether it is billable, and its own range where the file tells one.
type Row<'a> = (&'a str, bool, Option<(&'a str, Option<&'a str>)>);

fn write(folder: &Path, edition: &Edition, rows: &[Row<'_>], refused: u64) {
    let mut writer = EditionWriter::create(folder, edition).expect("a writer");
    for (label, billable, range) in rows {
        let effective = range.map_or(edition.effective, |(from, to)| {
            EffectiveRange::new(day(from), to.map(day)).expect("a range in the test")
        });
        let status = CodeStatus {
            code: code(label),
            title: Some("title".into()),
            billable: *billable,
            edition: edition.id.clone(),
            effective,
            locator: locator(),
        };
        writer.status(&status).expect("a status");
    }
    let provenance = Provenance {
        refused,
        ..Provenance::default()
    };
    writer.provenance(&provenance).expect("provenance");
    writer.finish().expect("an edition");
}

fn locator() -> Locator {
    Locator {
        document: "table".into(),
        section: None,
        place: Some(Place::Row(3)),
        url: None,
    }
}

/// What is said of a code on a date, in a word.
fn told(tables: &Tables, label: &str, date: &str) -> &'static str {
    match tables.standing_on(&code(label), day(date)).expect("an answer") {
        Standing::InForce(status) if status.billable => "billable",
        Standing::InForce(_) => "header",
        Standing::NotInForce { .. } => "not in force",
        Standing::Unsettled(_) => "unsettled",
        Standing::Unknown => "unknown",
    }
}

#[test]
fn between_two_releases_a_code_is_settled_where_they_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let older = edition("icd-10-cm", "2020-10-01", Some("2021-10-01"));
    let newer = edition("icd-10-cm", "2023-10-01", Some("2024-10-01"));
    let rows = |m545, split| -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = vec![("ICD-10-CM E11.9", true, None), ("ICD-10-CM M54.5", m545, None)];
        rows.push(split);
        rows
    };
    write(
        folder.path(),
        &older,
        &rows(true, ("ICD-10-CM A00.0", true, None)),
        0,
    );
    write(
        folder.path(),
        &newer,
        &rows(false, ("ICD-10-CM M54.50", true, None)),
        0,
    );
    let tables = Tables::open(folder.path()).expect("tables");
    for (label, date, expected) in [
        ("ICD-10-CM E11.9", "2022-01-15", "billable"),
        ("ICD-10-CM M54.5", "2021-09-30", "billable"),
        ("ICD-10-CM M54.5", "2022-01-15", "unsettled"),
        ("ICD-10-CM M54.5", "2023-10-01", "header"),
        ("ICD-10-CM M54.50", "2021-01-01", "not in force"),
        ("ICD-10-CM M54.50", "2022-01-15", "unsettled"),
        ("ICD-10-CM A00.0", "2022-01-15", "unsettled"),
        ("ICD-10-CM A00.0", "2024-01-15", "not in force"),
        ("ICD-10-CM E11.9", "2018-05-01", "unsettled"),
        ("ICD-10-CM Z99.9", "2018-05-01", "unknown"),
        ("ICD-10-CM Z99.9", "2024-01-15", "unknown"),
    ] {
        assert_eq!(told(&tables, label, date), expected, "{label} on {date}");
    }
    let before = tables.status_on(&code("ICD-10-CM M54.5"), day("2022-01-15"));
    let before = before.expect("an answer").expect("the row before the date");
    assert_eq!(before.edition, older.id);
}

#[test]
fn a_list_of_changes_says_what_was_so_until_the_day_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = edition("icd-10-cm", "2023-10-01", Some("2024-10-01"));
    write(
        folder.path(),
        &order,
        &[
            ("ICD-10-CM I42.0", true, None),
            ("ICD-10-CM S23.420A", true, None),
        ],
        0,
    );
    let changes = edition("icd-10-cm-changes", "2026-10-01", None);
    let last_day = Some(("2026-09-30", Some("2026-09-30")));
    write(
        folder.path(),
        &changes,
        &[
            ("ICD-10-CM I42.0", false, None),
            ("ICD-10-CM I42.01", true, None),
            ("ICD-10-CM S23.420A", true, last_day),
        ],
        0,
    );
    let tables = Tables::open(folder.path()).expect("tables");
    for (label, before, after) in [
        ("ICD-10-CM I42.0", "billable", "header"),
        ("ICD-10-CM I42.01", "not in force", "billable"),
        ("ICD-10-CM S23.420A", "billable", "not in force"),
    ] {
        assert_eq!(told(&tables, label, "2026-09-30"), before, "{label} before");
        assert_eq!(told(&tables, label, "2026-10-01"), after, "{label} after");
    }
    let history = tables.history(&code("ICD-10-CM S23.420A")).expect("a history");
    let ranges: Vec<String> = history
        .iter()
        .map(|status| status.effective.to_string())
        .collect();
    assert_eq!(ranges, ["2023-10-01 through 2026-09-30"]);
}

#[test]
fn the_newest_release_that_dates_its_codes_decides_for_every_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let april = edition("hcpcs", "2024-04-01", Some("2024-07-01"));
    let since = |from| Some((from, None));
    write(
        folder.path(),
        &april,
        &[
            ("HCPCS G2012", true, since("2019-01-01")),
            ("HCPCS J1885", true, since("1993-01-01")),
        ],
        0,
    );
    let october = edition("hcpcs", "2025-10-01", Some("2026-01-01"));
    write(
        folder.path(),
        &october,
        &[
            ("HCPCS G2012", true, Some(("2019-01-01", Some("2024-12-31")))),
            ("HCPCS J1885", true, since("1993-01-01")),
            ("HCPCS Q5136", true, since("2024-10-01")),
        ],
        0,
    );
    let tables = Tables::open(folder.path()).expect("tables");
    for (label, date, expected) in [
        ("HCPCS G2012", "2024-12-31", "billable"),
        ("HCPCS G2012", "2025-03-01", "not in force"),
        ("HCPCS Q5136", "2024-08-01", "not in force"),
        ("HCPCS Q5136", "2025-03-01", "billable"),
        ("HCPCS J1885", "2018-05-01", "billable"),
        ("HCPCS J1885", "2025-03-01", "billable"),
    ] {
        assert_eq!(told(&tables, label, date), expected, "{label} on {date}");
    }
    let history = tables.history(&code("HCPCS G2012")).expect("a history");
    let ranges: Vec<String> = history
        .iter()
        .map(|status| status.effective.to_string())
        .collect();
    assert_eq!(ranges, ["2019-01-01 through 2024-12-31"]);
}

#[test]
fn a_row_of_ours_that_begins_later_denies_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let starter = edition("starter", "1996-01-01", None);
    write(
        folder.path(),
        &starter,
        &[
            ("CPT 99213", true, Some(("2020-01-01", None))),
            ("CPT 99441", true, Some(("2020-01-01", Some("2024-12-31")))),
        ],
        0,
    );
    let tables = Tables::open(folder.path()).expect("tables");
    assert_eq!(told(&tables, "CPT 99213", "2019-08-01"), "unsettled");
    assert_eq!(told(&tables, "CPT 99213", "2020-08-01"), "billable");
    assert_eq!(told(&tables, "CPT 99441", "2025-01-01"), "not in force");
}

#[test]
fn a_release_of_which_rows_were_refused_denies_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = edition("icd-10-cm", "2023-10-01", None);
    write(folder.path(), &order, &[("ICD-10-CM E11.9", true, None)], 1);
    let tables = Tables::open(folder.path()).expect("tables");
    assert_eq!(told(&tables, "ICD-10-CM A15.8", "2023-11-01"), "unknown");
    assert!(!tables.lists_all(CodeSystem::Icd10Cm, day("2023-11-01")));
    assert_eq!(told(&tables, "ICD-10-CM E11.9", "2023-11-01"), "billable");
}

#[test]
fn a_part_of_a_release_does_not_end_the_whole_one_and_its_rows_count() {
    let of_rows = |from, rows| Edition {
        rows,
        ..edition("ncci-mue-practitioner", from, None)
    };
    let (whole, part) = (of_rows("2024-07-01", 10_000), of_rows("2026-07-01", 7));
    let ended = supersede(vec![whole.clone(), part.clone()]);
    assert_eq!(ended[0].effective.to(), None, "a sample is no successor");
    let ended = supersede(vec![whole.clone(), of_rows("2026-07-01", 9_800)]);
    assert_eq!(ended[0].effective.to(), Some(day("2026-06-30")));

    let folder = tempfile::tempdir().expect("a folder");
    for (edition, rows) in [
        (&whole, &[("CPT 97110", "8"), ("CPT 96372", "4")][..]),
        (&part, &[("CPT 97110", "6")]),
    ] {
        let mut writer = EditionWriter::create(folder.path(), edition).expect("a writer");
        for (label, value) in rows {
            let fact = Fact {
                kind: FactKind::Mue,
                code: code(label),
                also: Vec::new(),
                rows: vec![FactRow {
                    label: "MUE".into(),
                    value: (*value).into(),
                }],
                edition: edition.id.clone(),
                locator: locator(),
                effective: edition.effective,
            };
            writer.fact(&fact).expect("a fact");
        }
        writer.finish().expect("an edition");
    }
    let tables = Tables::open(folder.path()).expect("tables");
    for (label, value) in [("CPT 97110", "6"), ("CPT 96372", "4")] {
        let facts = tables.facts(&code(label), day("2026-08-01")).expect("facts");
        let values: Vec<&str> = facts.iter().filter_map(|fact| fact.value("MUE")).collect();
        assert_eq!(values, [value], "{label}");
    }
}
