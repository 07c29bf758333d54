//! Editions written, read back, superseded, replaced and damaged.

use codecite_codebook::{
    Authority, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    FileDigest, Licence, Locator, NaiveDate, Place,
};
use codecite_tables::{EditionWriter, LoadLock, Tables, TablesError, Written};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

fn edition(source: &str, from: &str) -> Edition {
    Edition {
        id: EditionId::new(&format!("{source}-{from}")),
        source: source.into(),
        title: format!("{source} of {from}"),
        authority: Authority::new("CMS"),
        effective: EffectiveRange::since(day(from)),
        replaced_on: Some(day("2099-10-01")),
        licence: Licence::PublicDomain,
        files: vec![FileDigest {
            name: "order.txt".into(),
            sha256: "00".repeat(32),
        }],
        rows: 1,
        is_complete: source != "starter",
    }
}

fn status(edition: &Edition, label: &str, title: &str) -> CodeStatus {
    CodeStatus {
        code: code(label),
        title: Some(title.into()),
        billable: label.len() > "ICD-10-CM E11".len(),
        edition: edition.id.clone(),
        effective: EffectiveRange::since(edition.effective.from()),
        locator: Locator {
            document: "order file".into(),
            section: Some("E11 Type 2 diabetes mellitus".into()),
            place: Some(Place::Row(7)),
            url: None,
        },
    }
}

fn write(folder: &Path, edition: &Edition, statuses: &[CodeStatus], facts: &[Fact]) -> Written {
    let mut writer = EditionWriter::create(folder, edition).expect("a writer");
    for status in statuses {
        writer.status(status).expect("a status");
    }
    for fact in facts {
        writer.fact(fact).expect("a fact");
    }
    writer.finish().expect("an edition")
}

/// Writes an ICD-10-CM edition with these codes, each titled with the edition's day.
fn write_codes(folder: &Path, from: &str, codes: &[&str]) -> Edition {
    let edition = edition("icd-10-cm", from);
    let statuses: Vec<_> = codes
        .iter()
        .map(|text| status(&edition, &format!("ICD-10-CM {text}"), from))
        .collect();
    write(folder, &edition, &statuses, &[]);
    edition
}

fn texts(statuses: &[CodeStatus]) -> Vec<&str> {
    statuses.iter().map(|status| status.code.text()).collect()
}

/// A list of changes is a source of its own, and the order file before it is still the newest of its source.
#[test]
fn an_older_edition_has_nothing_to_say_once_a_newer_source_speaks_of_the_code() {
    let folder = tempfile::tempdir().expect("a folder");
    write_codes(folder.path(), "2023-10-01", &["I42.0", "I42.1"]);
    let changes = edition("icd-10-cm-changes", "2026-10-01");
    let mut header = status(&changes, "ICD-10-CM I42.0", "header");
    header.billable = false;
    write(folder.path(), &changes, &[header], &[]);
    let tables = Tables::open(folder.path()).expect("tables");
    let told = |text: &str| -> Vec<(bool, String)> {
        let history = tables
            .history(&code(&format!("ICD-10-CM {text}")))
            .expect("a history");
        let told = history
            .iter()
            .map(|status| (status.billable, status.effective.to_string()));
        told.collect()
    };
    assert_eq!(
        told("I42.0"),
        [
            (true, "2023-10-01 through 2026-09-30".to_owned()),
            (false, "since 2026-10-01".to_owned())
        ]
    );
    assert_eq!(told("I42.1"), [(true, "since 2023-10-01".to_owned())]);
}

#[test]
fn a_newer_edition_ends_the_older_one_whichever_was_loaded_first() {
    for order in [["2020-10-01", "2021-10-01"], ["2021-10-01", "2020-10-01"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let tables = Tables::open(folder.path()).expect("tables");
        assert!(!tables.holds(CodeSystem::Icd10Cm));
        for from in order {
            let codes: &[&str] = if from == "2020-10-01" {
                &["E11.9", "E11.8"]
            } else {
                &["E11.9"]
            };
            write_codes(folder.path(), from, codes);
        }
        let title_on = |label, date| {
            tables
                .status_on(&code(label), day(date))
                .expect("an answer")
                .and_then(|status| status.title)
        };
        assert_eq!(title_on("ICD-10-CM E11.9", "2020-09-30"), None);
        assert_eq!(
            title_on("ICD-10-CM E11.9", "2021-09-30").as_deref(),
            Some("2020-10-01")
        );
        assert_eq!(
            title_on("ICD-10-CM E11.9", "2021-10-01").as_deref(),
            Some("2021-10-01")
        );
        assert_eq!(
            title_on("ICD-10-CM E11.8", "2021-09-30").as_deref(),
            Some("2020-10-01")
        );
        assert_eq!(
            title_on("ICD-10-CM E11.8", "2021-10-01"),
            None,
            "deleted by the newer edition"
        );
        let history = tables.history(&code("ICD-10-CM E11.9")).expect("a history");
        let ranges: Vec<String> = history
            .iter()
            .map(|status| status.effective.to_string())
            .collect();
        assert_eq!(ranges, ["2020-10-01 through 2021-09-30", "since 2021-10-01"]);
        let ends: Vec<_> = tables
            .editions()
            .iter()
            .map(|edition| edition.effective.to())
            .collect();
        assert_eq!(ends, [Some(day("2021-09-30")), None]);
        assert_eq!(
            tables
                .edition_on(CodeSystem::Icd10Cm, day("2021-01-01"))
                .map(|edition| edition.id),
            Some(EditionId::new("icd-10-cm-2020-10-01"))
        );
        assert_eq!(
            tables
                .newest_edition_of(CodeSystem::Icd10Cm)
                .map(|edition| edition.id),
            Some(EditionId::new("icd-10-cm-2021-10-01"))
        );
    }
}

/// An operator is told to delete a damaged file.
#[test]
fn deleting_the_newer_edition_reopens_the_older_one() {
    let folder = tempfile::tempdir().expect("a folder");
    write_codes(folder.path(), "2020-10-01", &["E11.9"]);
    let newer = write_codes(folder.path(), "2021-10-01", &["E11.9"]);
    let tables = Tables::open(folder.path()).expect("tables");
    fs::remove_file(folder.path().join(format!("{}.sqlite", newer.id))).expect("deleted");
    tables.refresh().expect("read again");
    let ends: Vec<_> = tables
        .editions()
        .iter()
        .map(|edition| edition.effective.to())
        .collect();
    assert_eq!(ends, [None]);
}

#[test]
fn an_official_source_is_asked_before_our_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Edition {
        licence: Licence::Project,
        ..edition("starter", "2025-01-01")
    };
    write(folder.path(), &own, &[status(&own, "HCPCS G2211", "ours")], &[]);
    let official = edition("hcpcs", "2024-04-01");
    write(
        folder.path(),
        &official,
        &[status(&official, "HCPCS G2211", "official")],
        &[],
    );
    let tables = Tables::open(folder.path()).expect("tables");
    let found = tables
        .status_on(&code("HCPCS G2211"), day("2026-01-01"))
        .expect("an answer")
        .expect("a status");
    assert_eq!(found.title.as_deref(), Some("official"));
    assert_eq!(
        tables
            .near(&code("HCPCS G2212"), day("2026-01-01"), 9)
            .expect("near")
            .len(),
        1
    );
}

#[test]
fn the_same_content_again_touches_nothing_and_other_content_replaces_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let edition = edition("icd-10-cm", "2020-10-01");
    let rows = [status(&edition, "ICD-10-CM E11.9", "one")];
    let other = [status(&edition, "ICD-10-CM E11.9", "two")];
    let tables = Tables::open(folder.path()).expect("tables");
    assert_eq!(write(folder.path(), &edition, &rows, &[]), Written::New);
    assert_eq!(tables.history(&rows[0].code).expect("history"), rows);
    assert_eq!(write(folder.path(), &edition, &rows, &[]), Written::Unchanged);
    assert_eq!(write(folder.path(), &edition, &other, &[]), Written::Replaced);
    assert_eq!(tables.history(&rows[0].code).expect("history"), other);
    let names: Vec<_> = fs::read_dir(folder.path()).expect("a listing").collect();
    assert_eq!(names.len(), 1, "nothing but the edition is left: {names:?}");
}

#[test]
fn an_unfinished_edition_is_never_seen_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let tables = Tables::open(folder.path()).expect("tables");
    let edition = edition("icd-10-cm", "2020-10-01");
    let mut writer = EditionWriter::create(folder.path(), &edition).expect("a writer");
    writer
        .status(&status(&edition, "ICD-10-CM E11.9", "one"))
        .expect("a status");
    assert!(tables.editions().is_empty());
    drop(writer);
    // What a killed process leaves is removed by the next writer; what a living one is writing is not.
    let rubbish = folder.path().join(".icd-10-cm-x.building");
    fs::write(&rubbish, "half").expect("rubbish");
    let living = EditionWriter::create(folder.path(), &edition).expect("a writer");
    assert!(!rubbish.exists());
    write_codes(folder.path(), "2021-10-01", &["E11.9"]);
    assert_eq!(living.finish().expect("still there"), Written::New);
}

#[test]
fn a_sealed_edition_waits_unseen_until_it_is_published() {
    let folder = tempfile::tempdir().expect("a folder");
    let tables = Tables::open(folder.path()).expect("tables");
    let writer = |from| {
        let edition = edition("icd-10-cm", from);
        EditionWriter::create(folder.path(), &edition).expect("a writer")
    };
    let sealed = writer("2020-10-01").seal().expect("sealed");
    let abandoned = writer("2021-10-01").seal().expect("sealed");
    // Another writer tidies up, and leaves what waits.
    write_codes(folder.path(), "2022-10-01", &["E11.9"]);
    assert_eq!(tables.editions().len(), 1);
    drop(abandoned);
    assert_eq!(sealed.publish().expect("published"), Written::New);
    assert_eq!(tables.editions().len(), 2);
    assert_eq!(
        fs::read_dir(folder.path()).expect("a listing").count(),
        2,
        "nothing is left of the abandoned one"
    );
}

#[test]
fn one_load_at_a_time_has_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let tables = folder.path().join("tables");
    let held = LoadLock::take(&tables).expect("taken");
    let error = LoadLock::take(&tables).expect_err("held").to_string();
    assert!(error.contains("another load is under way"), "{error}");
    drop(held);
    LoadLock::take(&tables).expect("free again");
    assert!(Tables::open(&tables).expect("tables").editions().is_empty());
}

#[test]
fn a_row_of_another_edition_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer =
        EditionWriter::create(folder.path(), &edition("icd-10-cm", "2020-10-01")).expect("a writer");
    let foreign = status(&edition("icd-10-cm", "2021-10-01"), "ICD-10-CM E11.9", "one");
    assert!(matches!(
        writer.status(&foreign),
        Err(TablesError::OtherEdition { .. })
    ));
    let nameless = Edition {
        id: EditionId::new("--"),
        ..edition("icd-10-cm", "2020-10-01")
    };
    assert!(matches!(
        EditionWriter::create(folder.path(), &nameless),
        Err(TablesError::NamelessEdition)
    ));
}

#[test]
fn children_are_billable_first_and_then_as_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let edition = edition("icd-10-cm", "2020-10-01");
    let mut statuses: Vec<_> = ["E11", "E11.0", "E11.00", "E11.01", "E11.9", "E13", "E13.9"]
        .iter()
        .map(|text| status(&edition, &format!("ICD-10-CM {text}"), "x"))
        .collect();
    statuses[1].billable = false;
    write(folder.path(), &edition, &statuses, &[]);
    let tables = Tables::open(folder.path()).expect("tables");
    let children = |label, date, limit| {
        let found = tables.children(&code(label), day(date), limit).expect("children");
        texts(&found).join(" ")
    };
    assert_eq!(
        children("ICD-10-CM E11", "2021-01-01", 9),
        "E11.00 E11.01 E11.9 E11.0"
    );
    assert_eq!(children("ICD-10-CM E11", "2021-01-01", 2), "E11.00 E11.01");
    assert_eq!(children("ICD-10-CM E11.0", "2021-01-01", 9), "E11.00 E11.01");
    assert_eq!(children("ICD-10-CM E11.9", "2021-01-01", 9), "");
    assert_eq!(
        children("ICD-10-CM E11", "2020-01-01", 9),
        "",
        "before the edition"
    );
}

#[test]
fn facts_keep_their_values_and_end_with_their_edition() {
    let folder = tempfile::tempdir().expect("a folder");
    let edition = edition("mue", "2024-07-01");
    let fact = |kind, rows: &[(&str, &str)]| Fact {
        kind,
        code: code("CPT 38900"),
        also: Vec::new(),
        rows: rows
            .iter()
            .map(|(label, value)| FactRow {
                label: (*label).into(),
                value: (*value).into(),
            })
            .collect(),
        edition: edition.id.clone(),
        locator: Locator {
            document: "MUE practitioner 2024 Q3".into(),
            section: None,
            place: Some(Place::Page(3)),
            url: Some("https://www.cms.gov/".into()),
        },
        effective: EffectiveRange::since(day("2024-07-01")),
    };
    let facts = [
        fact(
            FactKind::Mue,
            &[("units", "1"), ("MUE adjudication indicator", "3")],
        ),
        fact(FactKind::PhysicianFeeSchedule, &[("global days", "ZZZ")]),
    ];
    write(folder.path(), &edition, &[], &facts);
    let tables = Tables::open(folder.path()).expect("tables");
    let found = tables
        .facts(&code("CPT 38900"), day("2024-08-01"))
        .expect("facts");
    assert_eq!(
        found,
        [facts[1].clone(), facts[0].clone()],
        "in the order of the kinds"
    );
    assert!(
        tables
            .facts(&code("CPT 38900"), day("2024-06-30"))
            .expect("facts")
            .is_empty()
    );
    assert!(
        tables
            .facts(&code("CPT 38901"), day("2024-08-01"))
            .expect("facts")
            .is_empty()
    );
    write(folder.path(), &self::edition("mue", "2024-10-01"), &[], &[]);
    let ended = tables
        .facts(&code("CPT 38900"), day("2024-08-01"))
        .expect("facts");
    assert_eq!(ended[0].effective.to(), Some(day("2024-09-30")));
    assert!(
        tables
            .facts(&code("CPT 38900"), day("2024-10-01"))
            .expect("facts")
            .is_empty()
    );
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    write_codes(folder.path(), "2020-10-01", &["E11.9"]);
    let path = folder.path().join("icd-10-cm-2020-10-01.sqlite");
    let whole = fs::read(&path).expect("the file");
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let mut foreign = whole.clone();
    foreign[68..72].copy_from_slice(&[0; 4]);
    let cases: [(&str, &[u8], &str); 5] = [
        ("empty", b"", "delete it and ingest"),
        (
            "not SQLite",
            b"<!doctype html><title>404</title>",
            "delete it and ingest",
        ),
        ("cut short", &whole[..whole.len() - 4096], "delete it and ingest"),
        ("another program's", &foreign, "delete it and ingest"),
        ("newer", &newer, "upgrade codecite"),
    ];
    for (what, bytes, advice) in cases {
        fs::write(&path, bytes).expect("damage");
        let error = Tables::open(folder.path()).err().expect(what).to_string();
        assert!(
            error.contains("icd-10-cm-2020-10-01.sqlite") && error.contains(advice),
            "{what}: {error}"
        );
    }
    fs::write(&path, &whole).expect("repair");
    assert!(Tables::open(folder.path()).expect("tables").verify().is_empty());
}

#[test]
fn damage_while_open_leaves_the_rest_served_and_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    write_codes(folder.path(), "2020-10-01", &["E11.9"]);
    let tables = Tables::open(folder.path()).expect("tables");
    fs::write(folder.path().join("hcpcs-2025.sqlite"), "rubbish").expect("damage");
    let known = tables
        .status_on(&code("ICD-10-CM E11.9"), day("2021-01-01"))
        .expect("an answer");
    assert!(known.is_some());
    assert!(tables.trouble().expect("trouble").contains("hcpcs-2025.sqlite"));
    assert!(tables.refresh().is_err());
    fs::remove_file(folder.path().join("hcpcs-2025.sqlite")).expect("repaired");
    assert_eq!(tables.trouble(), None, "noticed by itself");
    tables.refresh().expect("all is well");
}

#[test]
fn readers_see_whole_editions_while_one_is_replaced_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let edition = edition("icd-10-cm", "2020-10-01");
    let rows =
        |title: &str| ["E11.8", "E11.9"].map(|text| status(&edition, &format!("ICD-10-CM {text}"), title));
    write(folder.path(), &edition, &rows("0"), &[]);
    let tables = Tables::open(folder.path()).expect("tables");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let children = tables
                        .children(&code("ICD-10-CM E11"), day("2021-01-01"), 9)
                        .expect("children");
                    assert_eq!(children.len(), 2);
                    assert_eq!(children[0].title, children[1].title, "one state of the edition");
                }
            });
        }
        for turn in 1..20 {
            let title = turn.to_string();
            write(folder.path(), &edition, &rows(&title), &[]);
            let seen = tables.status_on(&code("ICD-10-CM E11.9"), day("2021-01-01"));
            assert_eq!(
                seen.expect("an answer").and_then(|status| status.title),
                Some(title)
            );
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(tables.trouble(), None);
}

/// Codes in the shape of ICD-10-CM from a small alphabet, so that neighbours are common.
fn icd10cm_texts() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set("[A-C][0-2][0-2A](\\.[0-2A-C]{1,4})?", 1..30)
}

/// Every text that one slip makes of `bare`.
fn slips(bare: &str) -> Vec<String> {
    let letters: Vec<char> = ('0'..='9').chain('A'..='Z').collect();
    let characters: Vec<char> = bare.chars().collect();
    let mut all = Vec::new();
    for place in 0..=characters.len() {
        let (head, tail) = characters.split_at(place);
        let join = |middle: &[char], tail: &[char]| head.iter().chain(middle).chain(tail).collect::<String>();
        all.extend(letters.iter().map(|letter| join(&[*letter], tail)));
        if let Some((first, rest)) = tail.split_first() {
            all.push(join(&[], rest));
            all.extend(letters.iter().map(|letter| join(&[*letter], rest)));
            if let Some((second, rest)) = rest.split_first() {
                all.push(join(&[*second, *first], rest));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn statuses_come_back_as_they_were_written(
        texts in icd10cm_texts(),
        title in proptest::option::of("\\PC{0,40}"),
        billable: bool,
        row in 0_u64..u64::from(u32::MAX),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let edition = edition("icd-10-cm", "2020-10-01");
        let statuses: Vec<_> = texts
            .iter()
            .map(|text| CodeStatus {
                title: title.clone(),
                billable,
                locator: Locator {
                    document: title.clone().unwrap_or_default(),
                    section: title.clone(),
                    place: Some(Place::Row(row)),
                    url: None,
                },
                ..status(&edition, &format!("ICD-10-CM {text}"), "")
            })
            .collect();
        write(folder.path(), &edition, &statuses, &[]);
        let tables = Tables::open(folder.path()).expect("tables");
        for status in &statuses {
            let found = tables.status_on(&status.code, day("2021-01-01")).expect("an answer");
            prop_assert_eq!(found.as_ref(), Some(status));
        }
        prop_assert_eq!(tables.count_of(&edition.id, CodeSystem::Icd10Cm), statuses.len() as u64);
        prop_assert_eq!(tables.editions(), vec![edition]);
    }

    #[test]
    fn every_single_slip_leads_back_to_the_code(texts in icd10cm_texts()) {
        let folder = tempfile::tempdir().expect("a folder");
        let labels: Vec<&str> = texts.iter().map(String::as_str).collect();
        write_codes(folder.path(), "2020-10-01", &labels);
        let tables = Tables::open(folder.path()).expect("tables");
        let meant = code(&format!("ICD-10-CM {}", labels[0]));
        for typo in slips(&meant.undotted()) {
            let found = tables
                .near_text(CodeSystem::Icd10Cm, &typo, day("2021-01-01"), usize::MAX)
                .expect("neighbours");
            let is_itself = Code::parse(CodeSystem::Icd10Cm, &typo).as_ref() == Ok(&meant);
            prop_assert_eq!(
                found.iter().any(|status| status.code == meant),
                !is_itself,
                "{} for {}", typo, meant
            );
            prop_assert!(found.iter().all(|status| texts.contains(status.code.text())));
        }
    }
}
