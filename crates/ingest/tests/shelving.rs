//! Shelves into tables and index: loaded twice, changed, superseded, interrupted.

mod support;

use codecite_codebook::{Code, EditionId, NaiveDate};
use codecite_ingest::{Shelf, ShelveError, ShelvingProgress, forget, shelve, starter};
use codecite_retrieval::{Embedder, IndexError, PassageIndex};
use codecite_tables::{LoadLock, TablesError, Written};
use std::fs;
use std::sync::Mutex;
use support::{CountingEmbedder, Library, order_line, passage, shelf, topic};

/// A small order file of these codes, named as published.
fn order_file(name: &str, entries: &[(&str, &str)]) -> Shelf {
    let lines = entries.iter().zip(1..).map(|((code, title), order)| {
        let flag = if code.len() > 3 { '1' } else { '0' };
        order_line(order, code, flag, title)
    });
    shelf(name, lines.collect())
}

/// The topic file `topic.toml` with these passages.
fn rules(passages: &[String]) -> Shelf {
    shelf("topic.toml", topic("Test", passages))
}

#[tokio::test]
async fn loading_unchanged_data_again_embeds_and_activates_nothing() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
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
    let tables = library.tables_folder();
    let report = shelve(shelves(), &embedder, &library.index, &tables, &|stage| {
        stages.lock().expect("the list").push(stage);
    })
    .await
    .expect("loaded");
    let count = library.passages().await.len();
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

    // Another load is under way in the index: this one does not even begin.
    let under_way = library.index.begin("model", 2).await.expect("a load");
    let report = library.load(shelves(), &embedder).await.expect("loaded again");
    drop(under_way);
    assert_eq!(report.activated, None);
    for edition in &report.editions {
        assert_eq!((edition.new, edition.removed), (0, 0), "{edition:?}");
        assert_eq!(edition.tables, Written::Unchanged, "{edition:?}");
    }
    assert_eq!(embedder.take_count(), 0);
}

#[tokio::test]
async fn what_changed_is_embedded_and_what_is_gone_is_removed() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let first = rules(&[passage("one", "One stays.", ""), passage("two", "Two goes.", "")]);
    library.load(vec![first], &embedder).await.expect("loaded");
    embedder.take_count();
    let second = || {
        rules(&[
            passage("one", "One stays.", "effective_to = 2025-12-31"),
            passage("three", "Three comes.", ""),
        ])
    };
    let report = library.load(vec![second()], &embedder).await.expect("loaded");
    assert_eq!(
        library.titles_and_ranges().await,
        ["one 2020-01-01 through 2025-12-31", "three since 2020-01-01"]
    );
    let edition = &report.editions[0];
    assert_eq!((edition.new, edition.unchanged, edition.removed), (2, 0, 1));
    assert_eq!(library.tables().editions()[0].id, EditionId::new("topic-topic"));
    let again = library.load(vec![second()], &embedder).await.expect("again");
    assert_eq!(again.activated, None);
}

/// Three releases that end each other; the last two codes come and go.
fn release(name: &str) -> Shelf {
    let entries: &[(&str, &str)] = match name {
        "2021" => &[("E11", "Diabetes"), ("E118", "Gone in 2022")],
        "Jan-2021" => &[
            ("E11", "Diabetes"),
            ("E118", "Gone in 2022"),
            ("U071", "New in January"),
        ],
        _ => &[("E11", "Diabetes"), ("U071", "New in January")],
    };
    order_file(&format!("icd10cm-order-{name}.txt"), entries)
}

const RELEASES: [&str; 3] = ["2021", "Jan-2021", "2022"];

/// What readers see of the releases, in whatever order they were loaded.
const IN_FORCE: [&str; 7] = [
    "ICD-10-CM E11 2020-10-01 through 2020-12-31",
    "ICD-10-CM E11 2021-01-01 through 2021-09-30",
    "ICD-10-CM E11 since 2021-10-01",
    "ICD-10-CM E11.8 2020-10-01 through 2020-12-31",
    "ICD-10-CM E11.8 2021-01-01 through 2021-09-30",
    "ICD-10-CM U07.1 2021-01-01 through 2021-09-30",
    "ICD-10-CM U07.1 since 2021-10-01",
];

/// Every order of the three, one a load.
fn load_orders() -> Vec<Vec<Vec<&'static str>>> {
    let mut orders = Vec::new();
    for first in RELEASES {
        for second in RELEASES.into_iter().filter(|name| *name != first) {
            let third = RELEASES
                .into_iter()
                .find(|name| *name != first && *name != second);
            orders.push(vec![vec![first], vec![second], vec![third.expect("one is left")]]);
        }
    }
    orders
}

/// Several in one load, and one again after it was ended.
fn mixed_orders() -> Vec<Vec<Vec<&'static str>>> {
    let mut orders = vec![vec![RELEASES.to_vec()]];
    for first in RELEASES {
        let others: Vec<&str> = RELEASES.into_iter().filter(|name| *name != first).collect();
        orders.push(vec![vec![first], others.clone()]);
        orders.push(vec![others, vec![first], vec![first]]);
    }
    orders
}

/// Checks that index and tables agree on the releases, and that nothing is left to do.
async fn check_releases(library: &Library, embedder: &CountingEmbedder, order: &[Vec<&str>]) {
    assert_eq!(library.titles_and_ranges().await, IN_FORCE, "{order:?}");
    let ends: Vec<Option<NaiveDate>> = library
        .tables()
        .editions()
        .iter()
        .map(|edition| edition.effective.to())
        .collect();
    assert_eq!(
        ends,
        ["2020-12-31", "2021-09-30", "open"].map(|day| day.parse().ok()),
        "{order:?}"
    );
    embedder.take_count();
    let all = RELEASES.map(release).to_vec();
    let again = library.load(all, embedder).await.expect("again");
    assert_eq!(again.activated, None, "{order:?}: an end is moved for ever");
    assert_eq!(embedder.take_count(), 0, "{order:?}");
}

#[tokio::test]
async fn a_newer_edition_ends_the_older_one_in_whatever_order_they_are_loaded() {
    for order in [load_orders(), mixed_orders()].concat() {
        let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
        for names in &order {
            let shelves = names.iter().map(|name| release(name)).collect();
            library.load(shelves, &embedder).await.expect("loaded");
        }
        check_releases(&library, &embedder, &order).await;
    }
}

/// Each load embeds everything again and carries the other editions over, ended as they are at that time.
#[tokio::test]
async fn ends_move_although_the_model_changes_with_every_load() {
    for order in load_orders() {
        let library = Library::empty().await;
        let mut embedder = CountingEmbedder::new("none");
        for (names, model) in order.iter().zip(["first", "second", "third"]) {
            embedder = CountingEmbedder::new(model);
            let shelves = names.iter().map(|name| release(name)).collect();
            library.load(shelves, &embedder).await.expect("loaded");
        }
        check_releases(&library, &embedder, &order).await;
    }
}

/// What the index keeps as the source's own end is not the one that a successor gave.
#[tokio::test]
async fn an_edition_that_was_carried_over_can_be_opened_again() {
    let (library, first) = (Library::empty().await, CountingEmbedder::new("first"));
    let both = vec![release("2021"), release("2022")];
    library.load(both, &first).await.expect("loaded");
    let second = CountingEmbedder::new("second");
    let report = library
        .load(vec![release("2022")], &second)
        .await
        .expect("loaded");
    assert_eq!(report.carried_over, 2);
    let ended = "ICD-10-CM E11.8 2020-10-01 through 2021-09-30".to_owned();
    assert!(library.titles_and_ranges().await.contains(&ended));

    let mut load = library.index.begin("second", 2).await.expect("a load");
    let older = EditionId::new("icd-10-cm-2020-10-01");
    load.end_edition(&older, None).await.expect("opened");
    load.activate().await.expect("activated");
    let opened = "ICD-10-CM E11.8 since 2020-10-01".to_owned();
    assert!(library.titles_and_ranges().await.contains(&opened));
}

#[tokio::test]
async fn the_report_names_what_ends_beside_the_load() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let mut ended = Vec::new();
    for name in ["2022", "2021", "Jan-2021"] {
        let report = library
            .load(vec![release(name)], &embedder)
            .await
            .expect("loaded");
        ended.push(
            report
                .ended
                .iter()
                .map(|edition| edition.effective.to_string())
                .collect::<Vec<_>>(),
        );
    }
    // FY 2021 comes ended by FY 2022, and is ended sooner by the update.
    assert_eq!(
        ended,
        [vec![], vec![], vec!["2020-10-01 through 2020-12-31".to_owned()]]
    );
}

#[tokio::test]
async fn a_load_that_fails_leaves_tables_and_index_and_heals_when_repeated() {
    let library = Library::empty().await;
    let mut embedder = CountingEmbedder::new("model");
    embedder.stumbles_over = Some("Diabetes".into());
    let shelf = || vec![order_file("icd10cm_order_2024.txt", &[("E11", "Diabetes")])];
    assert!(library.load(shelf(), &embedder).await.is_err());
    assert!(library.passages().await.is_empty());
    assert!(library.tables().editions().is_empty());
    embedder.stumbles_over = None;
    library.load(shelf(), &embedder).await.expect("loaded");
    assert_eq!(library.passages().await.len(), 1);
}

/// A new edition is looked up while its vectors are made. If the load fails, nothing of it stays.
#[tokio::test]
async fn a_new_edition_is_in_the_tables_before_its_vectors_and_gone_if_they_fail() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let shelf = || vec![order_file("icd10cm_order_2024.txt", &[("E11", "Diabetes")])];
    let seen = Mutex::new(None);
    // Where the name of the new generation would be written, nothing can be: activating fails at the last.
    let obstacle = library.index_folder().join("CURRENT.next");
    fs::create_dir(&obstacle).expect("an obstacle");
    let failed = shelve(
        shelf(),
        &embedder,
        &library.index,
        &library.tables_folder(),
        &|stage| {
            if stage == ShelvingProgress::Activating {
                *seen.lock().expect("what was seen") = Some(library.tables().editions().len());
            }
        },
    )
    .await;
    assert!(
        matches!(failed, Err(ShelveError::Index(IndexError::Failed(_)))),
        "{failed:?}"
    );
    assert_eq!(
        seen.into_inner().expect("what was seen"),
        Some(1),
        "while activating"
    );
    assert!(library.tables().editions().is_empty(), "after it failed");
    assert!(library.passages().await.is_empty());
    fs::remove_dir(&obstacle).expect("it goes");
    let report = library.load(shelf(), &embedder).await.expect("loaded");
    assert_eq!(report.editions[0].tables, Written::New);
    assert_eq!(library.tables().editions().len(), library.passages().await.len());
}

#[tokio::test]
async fn a_load_that_stopped_between_index_and_tables_is_made_up_for_without_another_generation() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    library
        .load(vec![release("2021")], &embedder)
        .await
        .expect("loaded");
    let before = library.tables_folder().with_extension("before");
    fs::create_dir(&before).expect("a folder");
    let copy_tables = |from: &std::path::Path, to: &std::path::Path| {
        for entry in fs::read_dir(from).expect("tables") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    };
    copy_tables(&library.tables_folder(), &before);
    library
        .load(vec![release("2022")], &embedder)
        .await
        .expect("loaded");
    let whole = library.titles_and_ranges().await;
    // The tables are as they were before: as if the process had ended before it published them.
    fs::remove_dir_all(library.tables_folder()).expect("removed");
    fs::rename(&before, library.tables_folder()).expect("back");

    let report = library
        .load(vec![release("2022")], &embedder)
        .await
        .expect("repeated");
    assert_eq!(report.activated, None);
    assert_eq!(report.editions[0].tables, Written::New);
    assert_eq!(library.titles_and_ranges().await, whole);
    assert_eq!(library.tables().editions().len(), 2);
}

/// Tables that are ahead of the index, as when an index is restored from an older backup.
#[tokio::test]
async fn an_end_that_only_the_tables_know_is_made_up_for() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    library
        .load(vec![release("2021")], &embedder)
        .await
        .expect("loaded");
    let other = Library::empty().await;
    let tables = library.tables_folder();
    shelve(vec![release("2022")], &embedder, &other.index, &tables, &|_| {})
        .await
        .expect("loaded into another index");
    let repeated = library
        .load(vec![release("2022")], &embedder)
        .await
        .expect("loaded");
    assert!(repeated.activated.is_some());
    assert_eq!(
        library.titles_and_ranges().await,
        [
            "ICD-10-CM E11 2020-10-01 through 2021-09-30",
            "ICD-10-CM E11 since 2021-10-01",
            "ICD-10-CM E11.8 2020-10-01 through 2021-09-30",
            "ICD-10-CM U07.1 since 2021-10-01",
        ]
    );
}

#[tokio::test]
async fn a_second_load_into_the_same_tables_is_refused() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let held = LoadLock::take(&library.tables_folder()).expect("the lock");
    let refused = library.load(vec![release("2021")], &embedder).await;
    assert!(
        matches!(refused, Err(ShelveError::Tables(TablesError::LoadUnderWay(_)))),
        "{refused:?}"
    );
    drop(held);
    library
        .load(vec![release("2021")], &embedder)
        .await
        .expect("loaded");
}

/// Two handles on one library: the second compares with what the first has activated, not with what it read.
#[tokio::test]
async fn what_another_process_has_loaded_is_what_a_load_compares_with() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let config = codecite_index::EdgeConfig {
        refresh_ms: 600_000,
        ..codecite_index::EdgeConfig::default()
    };
    let place = library.index_folder();
    let late = codecite_index::EdgeIndex::open(&place, config).await;
    let late = late.expect("an index");
    library
        .load(vec![release("2021"), release("2022")], &embedder)
        .await
        .expect("loaded");
    // Another model: everything has to be carried over, of which this handle has seen nothing yet.
    let second = CountingEmbedder::new("second");
    let rule = rules(&[passage("one", "One stays.", "")]);
    let report = shelve(vec![rule], &second, &late, &library.tables_folder(), &|_| {})
        .await
        .expect("loaded");
    assert_eq!(report.carried_over, 4);
    assert_eq!(report.activated.map(|generation| generation.passages), Some(5));
}

#[tokio::test]
async fn another_model_embeds_everything_again_and_loses_nothing() {
    let library = Library::empty().await;
    let order = || {
        order_file(
            "icd10cm_order_2024.txt",
            &[("E11", "Diabetes"), ("E119", "Diabetes without")],
        )
    };
    let rule = || rules(&[passage("one", "One stays.", "effective_to = 2025-12-31")]);
    let first = CountingEmbedder::new("first");
    library.load(vec![order(), rule()], &first).await.expect("loaded");
    let before = library.titles_and_ranges().await;
    let second = CountingEmbedder::new("second");
    let report = library.load(vec![order()], &second).await.expect("loaded");
    assert_eq!(report.carried_over, 1);
    assert_eq!(second.take_count(), 3);
    assert_eq!(library.titles_and_ranges().await, before);
    let generation = library.index.generation().await.expect("a generation");
    assert_eq!(generation.model_digest.as_deref(), Some(second.model_digest()));
}

#[tokio::test]
async fn a_passage_longer_than_the_model_reads_is_split_and_nothing_is_cut() {
    let library = Library::empty().await;
    let mut embedder = CountingEmbedder::new("model");
    embedder.max_tokens = 14;
    let text = "The first sentence has six words. The second one has six words. \
                A third sentence is so long that it does not fit into what this model reads at all.";
    let long = rules(&[passage("long", text, "")]);
    library.load(vec![long], &embedder).await.expect("loaded");
    let parts = library.passages().await;
    assert!(parts.len() > 3, "{}", parts.len());
    let joined: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(
        joined.join(" "),
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    assert_eq!(parts[0].title, format!("long (part 1 of {})", parts.len()));
}

#[tokio::test]
async fn a_title_that_cannot_be_split_costs_its_passage_and_not_the_load() {
    let library = Library::empty().await;
    let mut embedder = CountingEmbedder::new("model");
    // So many characters are one token, as where a model knows no longer words.
    embedder.characters_a_token = 8;
    let giant = "x".repeat(8 * embedder.max_tokens + 1);
    let damaged = order_file(
        "icd10cm_order_2024.txt",
        &[
            ("E11", "Diabetes"),
            ("E118", &format!("Diabetes {giant}")),
            ("E119", "Diabetes without"),
        ],
    );
    let report = library
        .load(vec![damaged], &embedder)
        .await
        .expect("the rest is loaded");
    assert_eq!(library.passages().await.len(), 2);
    let refused: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].contains(":2: ICD-10-CM E11.8") && refused[0].contains("without a blank"),
        "{refused:?}"
    );
    let code: Code = "ICD-10-CM E11.8".parse().expect("a code");
    let status = library
        .tables()
        .status_on(&code, "2024-01-01".parse().expect("a day"));
    assert!(
        status.expect("an answer").is_some(),
        "the code exists all the same"
    );
}

#[tokio::test]
async fn the_tables_answer_for_what_was_loaded() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let starter = starter().expect("the starter").shelf;
    library.load(vec![starter], &embedder).await.expect("loaded");
    let tables = library.tables();
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

#[tokio::test]
async fn a_forgotten_edition_is_gone_and_the_one_before_it_is_in_force_again() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    for name in ["2021", "2022"] {
        library
            .load(vec![release(name)], &embedder)
            .await
            .expect("loaded");
    }
    let newer = EditionId::new("icd-10-cm-2021-10-01");
    let forgotten = forget(&newer, &embedder, &library.index, &library.tables_folder())
        .await
        .expect("forgotten");
    assert_eq!(forgotten.passages, 2);
    let reopened: Vec<_> = forgotten
        .moved
        .iter()
        .map(|edition| edition.effective.to())
        .collect();
    assert_eq!(reopened, [None]);
    assert_eq!(
        library.titles_and_ranges().await,
        [
            "ICD-10-CM E11 since 2020-10-01",
            "ICD-10-CM E11.8 since 2020-10-01",
        ]
    );
    assert_eq!(library.tables().editions().len(), 1);
    let again = forget(&newer, &embedder, &library.index, &library.tables_folder())
        .await
        .expect("nothing to forget");
    assert_eq!((again.passages, again.moved.len()), (0, 0));
}
