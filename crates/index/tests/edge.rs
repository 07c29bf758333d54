//! The embedded index: the conformance suite, and what is its own.

use codecite_index::{EdgeConfig, EdgeIndex, VectorPrecision};
use codecite_retrieval::{Filter, IndexError, PassageIndex};
use codecite_testkit::index_conformance;
use codecite_testkit::index_conformance::Shelves;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod sample;

index_conformance!(shelves);

async fn shelves(_case: &str) -> Option<Shelves> {
    let directory = tempfile::tempdir().expect("a directory");
    let index = Arc::new(open(directory.path()).await);
    let reader = Arc::new(open(directory.path()).await);
    Some(Shelves {
        index,
        reader,
        clean_up: Box::pin(async move { drop(directory) }),
    })
}

/// Looks often for new generations, and builds graphs over small ones too.
fn config() -> EdgeConfig {
    let mut config = EdgeConfig {
        refresh_ms: 20,
        ..EdgeConfig::default()
    };
    config.graph.threshold_kb = 50;
    config
}

async fn open(directory: &Path) -> EdgeIndex {
    EdgeIndex::open(directory, config())
        .await
        .expect("the index opens")
}

/// Every file under `directory` with its bytes.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).expect("a file"));
        }
    }
    found
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

/// Readers open links to the live files. If a later Qdrant Edge wrote into them in place, readers would
/// change a generation under each other: this test is the guard of that assumption.
#[tokio::test]
async fn a_reader_changes_nothing_in_a_generation() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = open(directory.path()).await;
    // A graph, points deleted from it, and a small part that was added after it was built.
    sample::load(&writer, 1, 2_000).await;
    let mut load = writer
        .begin(sample::MODEL, sample::DIMENSIONS)
        .await
        .expect("a load");
    load.delete(&sample::ids(1, 0..10)).await.expect("deleted");
    load.upsert(sample::passages(2, 50)).await.expect("taken");
    load.activate().await.expect("activated");
    let generations = directory.path().join("generations");
    let before = contents(&generations);
    assert!(
        before.len() > 20
            && before
                .keys()
                .any(|name| name.contains("hnsw") || name.contains("graph")),
        "{:?}",
        before.keys()
    );
    for _ in 0..3 {
        let reader = open(directory.path()).await;
        reader.warm().await.expect("warm");
        let page = reader
            .list(&Filter::default(), None, 5_000)
            .await
            .expect("a page");
        assert_eq!(page.passages.len(), 2_040);
    }
    drop(writer);
    let after = contents(&generations);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &before {
        assert!(after.get(name) == Some(bytes), "{name} was written by a reader");
    }
}

#[tokio::test]
async fn closing_and_loading_leave_one_generation_and_no_view() {
    let directory = tempfile::tempdir().expect("a directory");
    let index = open(directory.path()).await;
    for tag in 1..4 {
        sample::load(&index, tag, 20).await;
    }
    let generations = names(&directory.path().join("generations"));
    assert!(
        generations.len() == 1 && generations[0].starts_with("000003-"),
        "{generations:?}"
    );
    assert_eq!(
        names(&directory.path().join("views")).len(),
        2,
        "a view and its lock"
    );
    drop(index);
    assert!(names(&directory.path().join("views")).is_empty());
    let again = open(directory.path()).await;
    assert_eq!(sample::whole(&again).await, Some((3, 20)));
}

/// Generations of before half precision, whose `generation.json` says nothing of it, are read and added to.
#[tokio::test]
async fn a_generation_keeps_the_precision_of_its_first_load() {
    let directory = tempfile::tempdir().expect("a directory");
    let single = EdgeConfig {
        vector_precision: VectorPrecision::Single,
        ..config()
    };
    let index = EdgeIndex::open(directory.path(), single).await.expect("opened");
    sample::load(&index, 1, 500).await;
    drop(index);
    let path = live(directory.path()).join("generation.json");
    let text = fs::read_to_string(&path).expect("read");
    let mut meta: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let precision = meta
        .as_object_mut()
        .expect("an object")
        .remove("vector_precision");
    assert_eq!(precision, Some("single".into()));
    fs::write(&path, meta.to_string()).expect("written");

    let index = open(directory.path()).await;
    assert_eq!(sample::whole(&index).await, Some((1, 500)));
    sample::load(&index, 2, 600).await;
    assert_eq!(sample::whole(&index).await, Some((2, 600)));
    let text = fs::read_to_string(live(directory.path()).join("generation.json")).expect("read");
    assert!(text.contains("\"single\""), "{text}");
}

#[tokio::test]
async fn the_log_of_a_load_does_not_stay() {
    let directory = tempfile::tempdir().expect("a directory");
    let index = open(directory.path()).await;
    sample::load(&index, 1, 500).await;
    let wal = live(directory.path()).join("wal");
    let bytes: usize = contents(&wal).values().map(Vec::len).sum();
    assert!(bytes < 64 << 10, "{bytes} bytes of log are kept");
}

/// Where the one generation lies.
fn live(root: &Path) -> PathBuf {
    let generations = root.join("generations");
    generations.join(&names(&generations)[0])
}

/// What an operator can find broken, and is told about.
#[tokio::test]
async fn damage_is_said_with_advice() {
    type Damage = fn(&Path);
    let break_it: [(&str, Damage); 5] = [
        ("CURRENT", |root| {
            fs::write(root.join("CURRENT"), "rubbish").expect("written")
        }),
        ("000001", |root| fs::remove_dir_all(live(root)).expect("removed")),
        ("generation.json", |root| {
            fs::write(live(root).join("generation.json"), "{").expect("written");
        }),
        ("format", |root| {
            let path = live(root).join("generation.json");
            let text = fs::read_to_string(&path)
                .expect("read")
                .replace("\"format\": 1", "\"format\": 999");
            fs::write(path, text).expect("written");
        }),
        ("segment", |root| {
            for entry in fs::read_dir(live(root).join("segments")).expect("segments") {
                let state = entry.expect("an entry").path().join("segment.json");
                fs::write(state, "rubbish").expect("written");
            }
        }),
    ];
    for (what, damage) in break_it {
        let directory = tempfile::tempdir().expect("a directory");
        sample::load(&open(directory.path()).await, 1, 20).await;
        damage(directory.path());
        let error = EdgeIndex::open(directory.path(), config()).await.expect_err(what);
        assert!(matches!(error, IndexError::Damaged(_)), "{what}: {error}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains("--from-nothing"), "{text}");
        // The way out: what was loaded is discarded, and loading begins from nothing.
        EdgeIndex::discard(directory.path()).await.expect("discarded");
        let index = open(directory.path()).await;
        assert_eq!(index.generation().await.expect("a generation").id, None);
        sample::load(&index, 2, 20).await;
        assert_eq!(sample::whole(&index).await, Some((2, 20)));
    }
}

/// Numbers begin again after an index is discarded, or removed as a directory; names do not.
#[tokio::test]
async fn a_service_that_runs_on_serves_what_is_loaded_after_the_index_was_discarded() {
    type Discard = fn(&Path);
    let ways: [(&str, Discard); 2] = [
        ("discarded", |root| {
            let root = root.to_owned();
            let discard = move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .expect("a runtime");
                runtime.block_on(EdgeIndex::discard(&root)).expect("discarded");
            };
            std::thread::spawn(discard).join().expect("well");
        }),
        ("removed", |root| {
            for entry in fs::read_dir(root).expect("a directory") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => fs::remove_dir_all(path).expect("removed"),
                    false => fs::remove_file(path).expect("removed"),
                }
            }
        }),
    ];
    for (way, discard) in ways {
        let directory = tempfile::tempdir().expect("a directory");
        sample::load(&open(directory.path()).await, 1, 20).await;
        let serving = open(directory.path()).await;
        assert_eq!(sample::whole(&serving).await, Some((1, 20)), "{way}");
        discard(directory.path());
        assert_eq!(
            sample::whole(&serving).await,
            Some((1, 20)),
            "{way}: it goes on reading"
        );
        sample::load(&open(directory.path()).await, 2, 20).await;
        let began = std::time::Instant::now();
        while sample::whole(&serving).await != Some((2, 20)) {
            assert!(
                began.elapsed().as_secs() < 20,
                "{way}: the old one is still served"
            );
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// What a load compares with is what it goes on from.
#[tokio::test]
async fn a_handle_that_begins_a_load_reads_what_another_has_activated() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = EdgeConfig {
        refresh_ms: 600_000,
        ..config()
    };
    let late = EdgeIndex::open(directory.path(), config).await.expect("opens");
    sample::load(&open(directory.path()).await, 1, 20).await;
    assert_eq!(sample::whole(&late).await, None, "it has not looked yet");
    let load = late
        .begin(sample::MODEL, sample::DIMENSIONS)
        .await
        .expect("a load begins");
    assert_eq!(sample::whole(&late).await, Some((1, 20)));
    drop(load);
}

#[tokio::test]
async fn a_served_index_survives_damage_to_what_comes_next() {
    let directory = tempfile::tempdir().expect("a directory");
    let index = open(directory.path()).await;
    sample::load(&index, 1, 20).await;
    fs::write(directory.path().join("CURRENT"), "000777-00000000\n").expect("written");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    for _ in 0..5 {
        assert_eq!(sample::whole(&index).await, Some((1, 20)));
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
}

#[tokio::test]
async fn impossible_settings_are_refused_by_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = EdgeConfig {
        refresh_ms: 0,
        ..EdgeConfig::default()
    };
    let error = EdgeIndex::open(directory.path(), config)
        .await
        .expect_err("refused");
    assert!(error.to_string().contains("refresh_ms"), "{error}");
}
