//! Shelves into tables and index: loaded twice, changed, superseded, interrupted.

mod support;

use codecite_codebook::{Code, EditionId};
use codecite_ingest::{
    ReadOptions, Reading, Shelf, ShelveError, ShelvingProgress, ShelvingReport, SourceFile, read_sources,
    shelve, starter,
};
use codecite_retrieval::{IndexError, PassageIndex};
use codecite_tables::{Tables, Written};
use std::path::Path;
use std::sync::Mutex;
use support::{CountingEmbedder, MemoryIndex, order_line};

/// A small order file of these codes, named as published.
fn order_file(name: &str, entries: &[(&str, &str)]) -> Shelf {
    let mut text = String::new();
    for ((code, title), order) in entries.iter().zip(1..) {
        text += &order_line(order, code, if code.len() > 3 { '1' } else { '0' }, title);
    }
    one(vec![SourceFile {
        name: name.into(),
        bytes: text.into_bytes(),
    }])
}

/// A topic file with these passages.
fn topic(passages: &str) -> Shelf {
    one(vec![SourceFile {
        name: "topic.toml".into(),
        bytes: format!("topic = \"Test\"\n{passages}").into_bytes(),
    }])
}

fn passage(id: &str, text: &str, extra: &str) -> String {
    format!(
        "[[passage]]\nid = {id:?}\naspect = \"rule\"\ntitle = \"{id}\"\nabout = []\ntext = {text:?}\n\
         authority = \"CMS\"\ndocument = \"Manual\"\nurl = \"https://www.cms.gov/\"\n\
         effective_from = 2020-01-01\nchecked = 2026-11-23\n{extra}\n"
    )
}

fn one(files: Vec<SourceFile>) -> Shelf {
    let mut sources = read_sources(files, &ReadOptions::default());
    assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
    let Reading { shelf, refused, .. } = sources.readings.pop().expect("a reading");
    assert!(refused.is_empty(), "{refused:?}");
    shelf
}

async fn load(
    shelves: Vec<Shelf>,
    embedder: &CountingEmbedder,
    index: &MemoryIndex,
    tables: &Path,
) -> Result<ShelvingReport, ShelveError> {
    shelve(shelves, embedder, index, tables, &|_| {}).await
}

fn titles_and_ranges(index: &MemoryIndex) -> Vec<String> {
    index
        .passages()
        .iter()
        .map(|passage| format!("{} {}", passage.title, passage.effective))
        .collect()
}

#[tokio::test]
async fn loading_unchanged_data_again_embeds_and_activates_nothing() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let embedder = CountingEmbedder::new("model");
    let shelves = || {
        vec![
            starter().expect("the starter").shelf,
            order_file(
                "icd10cm_order_2024.txt",
                &[("E11", "Diabetes"), ("E119", "Diabetes without")],
            ),
        ]
    };
    let stages = Mutex::new(Vec::new());
    let report = shelve(shelves(), &embedder, &index, folder.path(), &|stage| {
        stages.lock().expect("the list").push(stage);
    })
    .await
    .expect("loaded");
    let count = index.passages().len();
    assert_eq!(
        report.editions.iter().map(|edition| edition.new).sum::<usize>(),
        count
    );
    assert_eq!(embedder.take_count(), count);
    assert!(report.activated.is_some());
    let stages = stages.into_inner().expect("the list");
    assert_eq!(stages.last(), Some(&ShelvingProgress::Activating));
    assert!(stages.contains(&ShelvingProgress::Embedding {
        done: count,
        total: count
    }));

    let report = load(shelves(), &embedder, &index, folder.path())
        .await
        .expect("loaded again");
    assert_eq!(report.activated, None);
    assert!(
        report
            .editions
            .iter()
            .all(|edition| edition.new == 0 && edition.removed == 0)
    );
    assert!(
        report
            .editions
            .iter()
            .all(|edition| edition.tables == Written::Unchanged)
    );
    assert_eq!(embedder.take_count(), 0);
    assert_eq!(
        *index.begun.lock().expect("the count"),
        1,
        "the second load did not even begin"
    );
}

#[tokio::test]
async fn what_changed_is_embedded_and_what_is_gone_is_removed() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let embedder = CountingEmbedder::new("model");
    let first = topic(&[passage("one", "One stays.", ""), passage("two", "Two goes.", "")].concat());
    load(vec![first], &embedder, &index, folder.path())
        .await
        .expect("loaded");
    embedder.take_count();
    let second = topic(
        &[
            passage("one", "One stays.", "effective_to = 2025-12-31"),
            passage("three", "Three comes.", ""),
        ]
        .concat(),
    );
    let report = load(vec![second], &embedder, &index, folder.path())
        .await
        .expect("loaded");
    assert_eq!(
        titles_and_ranges(&index),
        ["one 2020-01-01 through 2025-12-31", "three since 2020-01-01"]
    );
    let edition = &report.editions[0];
    assert_eq!((edition.new, edition.unchanged, edition.removed), (2, 0, 1));
    let tables = Tables::open(folder.path()).expect("tables");
    assert_eq!(tables.editions()[0].id, EditionId::new("starter"));
}

#[tokio::test]
async fn a_newer_edition_ends_the_older_one_in_the_index_whichever_comes_first() {
    let older = || {
        order_file(
            "icd10cm_order_2024.txt",
            &[("E11", "Diabetes"), ("E118", "Gone in 2025")],
        )
    };
    let newer = || order_file("icd10cm_order_2025.txt", &[("E11", "Diabetes")]);
    let expected = [
        "ICD-10-CM E11 2023-10-01 through 2024-09-30",
        "ICD-10-CM E11 since 2024-10-01",
        "ICD-10-CM E11.8 2023-10-01 through 2024-09-30",
    ];
    let orders: [Vec<Vec<Shelf>>; 4] = [
        vec![vec![older()], vec![newer()]],
        vec![vec![newer()], vec![older()]],
        vec![vec![newer(), older()]],
        vec![vec![older()], vec![newer(), older()]],
    ];
    for loads in orders {
        let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
        let embedder = CountingEmbedder::new("model");
        let mut ended = Vec::new();
        for shelves in loads {
            let report = load(shelves, &embedder, &index, folder.path())
                .await
                .expect("loaded");
            ended.extend(report.ended);
        }
        assert_eq!(titles_and_ranges(&index), expected);
        assert!(
            ended
                .iter()
                .all(|edition| edition.id == EditionId::new("icd-10-cm-2023-10-01"))
        );
        let again = load(vec![older(), newer()], &embedder, &index, folder.path())
            .await
            .expect("again");
        assert_eq!(again.activated, None);
    }
}

#[tokio::test]
async fn an_update_between_two_loaded_editions_moves_an_end_that_was_set() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let embedder = CountingEmbedder::new("model");
    for name in [
        "icd10cm_order_2021.txt",
        "icd10cm_order_2022.txt",
        "icd10cm-order-Jan-2021.txt",
    ] {
        let shelf = order_file(name, &[("E11", "Diabetes")]);
        load(vec![shelf], &embedder, &index, folder.path())
            .await
            .expect("loaded");
    }
    assert_eq!(
        titles_and_ranges(&index),
        [
            "ICD-10-CM E11 2020-10-01 through 2020-12-31",
            "ICD-10-CM E11 2021-01-01 through 2021-09-30",
            "ICD-10-CM E11 since 2021-10-01",
        ]
    );
}

#[tokio::test]
async fn a_load_that_fails_leaves_tables_and_index_and_heals_when_repeated() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let mut embedder = CountingEmbedder::new("model");
    embedder.stumbles_over = Some("Diabetes".into());
    let shelf = || vec![order_file("icd10cm_order_2024.txt", &[("E11", "Diabetes")])];
    assert!(load(shelf(), &embedder, &index, folder.path()).await.is_err());
    assert!(index.passages().is_empty());
    assert!(Tables::open(folder.path()).expect("tables").editions().is_empty());
    embedder.stumbles_over = None;
    load(shelf(), &embedder, &index, folder.path())
        .await
        .expect("loaded");
    assert_eq!(index.passages().len(), 1);
}

#[tokio::test]
async fn an_end_is_made_up_for_after_a_load_that_stopped_between_tables_and_index() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let embedder = CountingEmbedder::new("model");
    let older = || order_file("icd10cm_order_2024.txt", &[("E11", "Diabetes")]);
    let newer = || order_file("icd10cm_order_2025.txt", &[("E11", "Diabetes")]);
    load(vec![older()], &embedder, &index, folder.path())
        .await
        .expect("loaded");
    // The newer edition reaches the tables, and another index: as if the process had ended there.
    load(vec![newer()], &embedder, &MemoryIndex::default(), folder.path())
        .await
        .expect("loaded");
    load(vec![newer()], &embedder, &index, folder.path())
        .await
        .expect("loaded");
    assert_eq!(
        titles_and_ranges(&index),
        [
            "ICD-10-CM E11 2023-10-01 through 2024-09-30",
            "ICD-10-CM E11 since 2024-10-01"
        ]
    );
}

#[tokio::test]
async fn another_model_embeds_everything_again_and_loses_nothing() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let order = || {
        order_file(
            "icd10cm_order_2024.txt",
            &[("E11", "Diabetes"), ("E119", "Diabetes without")],
        )
    };
    let rule = || topic(&passage("one", "One stays.", ""));
    let first = CountingEmbedder::new("first");
    load(vec![order(), rule()], &first, &index, folder.path())
        .await
        .expect("loaded");
    let before = titles_and_ranges(&index);
    let second = CountingEmbedder::new("second");
    let report = load(vec![rule()], &second, &index, folder.path())
        .await
        .expect("loaded");
    assert_eq!(report.carried_over, 2);
    assert_eq!(second.take_count(), 3);
    assert_eq!(titles_and_ranges(&index), before);
    let generation = index.generation().await.expect("a generation");
    assert_eq!(generation.model_digest.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_passage_longer_than_the_model_reads_is_split_and_nothing_is_cut() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let mut embedder = CountingEmbedder::new("model");
    embedder.max_tokens = 14;
    let text = "The first sentence has six words. The second one has six words. \
                A third sentence is so long that it does not fit into what this model reads at all.";
    load(
        vec![topic(&passage("long", text, ""))],
        &embedder,
        &index,
        folder.path(),
    )
    .await
    .expect("loaded");
    let parts = index.passages();
    assert!(parts.len() > 3, "{}", parts.len());
    let joined: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(
        joined.join(" "),
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    assert_eq!(parts[0].title, format!("long (part 1 of {})", parts.len()));
}

#[tokio::test]
async fn the_tables_answer_for_what_was_loaded() {
    let (folder, index) = (tempfile::tempdir().expect("a folder"), MemoryIndex::default());
    let embedder = CountingEmbedder::new("model");
    let starter = starter().expect("the starter").shelf;
    load(vec![starter], &embedder, &index, folder.path())
        .await
        .expect("loaded");
    let tables = Tables::open(folder.path()).expect("tables");
    let date = "2026-02-14".parse().expect("a day");
    let code: Code = "CPT 38900".parse().expect("a code");
    let status = tables
        .status_on(&code, date)
        .expect("an answer")
        .expect("a status");
    assert_eq!((status.title, status.billable), (None, true), "no CPT descriptor");
    let facts = tables.facts(&code, date).expect("facts");
    let value = |label: &str| {
        facts
            .iter()
            .flat_map(|fact| &fact.rows)
            .find(|row| row.label == label)
            .map(|row| row.value.as_str())
    };
    assert_eq!(value("global days"), Some("ZZZ"));
    assert_eq!(value("work RVU"), Some("2.50"));
    // A pair is found from either of its codes.
    let other: Code = "CPT 38792".parse().expect("a code");
    let pair = |facts: &[codecite_codebook::Fact]| {
        facts
            .iter()
            .filter(|fact| fact.kind == codecite_codebook::FactKind::Ptp)
            .any(|fact| fact.rows[0].value == "38900" && fact.rows[1].value == "38792")
    };
    assert!(pair(&facts) && pair(&tables.facts(&other, date).expect("facts")));
}

#[test]
fn an_index_error_passes_through() {
    let error = ShelveError::from(IndexError::LoadUnderWay("4711".into()));
    assert!(error.to_string().contains("another load is under way"));
}
