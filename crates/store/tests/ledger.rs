//! Answers filed and found again: by one process, by many threads, by two processes at once.

use chrono::{DateTime, Utc};
use codecite_codebook::{EditionId, NaiveDate};
use codecite_store::{AnswerRecord, Store, StoreError, Totals};
use std::path::Path;
use std::process::Command;
use uuid::Uuid;

const LEDGER_OF_THE_CHILD: &str = "CODECITE_TEST_LEDGER_OF_THE_CHILD";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant in the test")
}

fn answer(number: u128, asked_at: &str) -> AnswerRecord {
    AnswerRecord {
        id: Uuid::from_u128(number),
        asked_at: instant(asked_at),
        door: "rest".into(),
        date_of_service: NaiveDate::from_ymd_opt(2026, 2, 14).expect("a day"),
        outcome: "answered".into(),
        abstention: None,
        writer: "model".into(),
        model: Some("llama3.1:8b".into()),
        prompt_id: Some("answer".into()),
        prompt_digest: Some("sha256:00".into()),
        editions: vec![EditionId::new("starter"), EditionId::new("icd-10-cm-2021-01-01")],
        shown: 5,
        withheld: 1,
        duration_ms: 1234,
    }
}

#[test]
fn what_was_filed_is_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a folder yet to be made/ledger.sqlite");
    let full = answer(1, "2026-11-23T10:00:00.123Z");
    let bare = AnswerRecord {
        outcome: "abstained".into(),
        abstention: Some("not_in_sources".into()),
        writer: "composer".into(),
        model: None,
        prompt_id: None,
        prompt_digest: None,
        editions: vec![],
        shown: 0,
        withheld: 0,
        ..answer(2, "2026-11-23T10:00:01Z")
    };
    {
        let store = Store::open(&path).expect("a ledger");
        store.record(&full).expect("filed");
        store.record(&bare).expect("filed");
    }
    let store = Store::open(&path).expect("the same ledger");
    assert_eq!(store.get(full.id).expect("read"), Some(full.clone()));
    assert_eq!(store.get(bare.id).expect("read"), Some(bare.clone()));
    assert_eq!(store.get(Uuid::from_u128(3)).expect("read"), None);
    assert_eq!(store.recent(9).expect("read"), [bare.clone(), full.clone()]);
    assert_eq!(store.recent(1).expect("read"), [bare]);
    store.record(&full).expect("filed again");
    assert_eq!(
        store.recent(9).expect("read").len(),
        2,
        "filing twice is harmless"
    );
}

#[test]
fn totals_count_from_an_instant_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    assert_eq!(
        store.totals(DateTime::UNIX_EPOCH).expect("read"),
        Totals::default()
    );
    store
        .record(&answer(1, "2026-11-22T23:59:59.999Z"))
        .expect("filed");
    store.record(&answer(2, "2026-11-23T00:00:00Z")).expect("filed");
    for (number, outcome) in [(3, "abstained"), (4, "failed"), (5, "timed_out"), (6, "left")] {
        let other = AnswerRecord {
            outcome: outcome.into(),
            shown: 0,
            withheld: 2,
            ..answer(number, "2026-11-23T12:00:00Z")
        };
        store.record(&other).expect("filed");
    }
    let expected = Totals {
        answers: 5,
        answered: 1,
        abstained: 1,
        failed: 2,
        left: 1,
        shown: 5,
        withheld: 9,
    };
    assert_eq!(
        store.totals(instant("2026-11-23T00:00:00Z")).expect("read"),
        expected
    );
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone_with_advice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    drop(Store::open(&path).expect("a ledger"));
    sql(&path, "PRAGMA user_version = 99");
    let error = Store::open(&path).err().expect("refused");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    assert!(
        error
            .to_string()
            .ends_with("upgrade codecite, or move the ledger away to start a new one"),
        "{error}"
    );
    sql(&path, "PRAGMA user_version = 1");
    Store::open(&path).expect("untouched");
}

#[test]
fn what_is_no_ledger_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let foreign = folder.path().join("foreign.sqlite");
    sql(&foreign, "CREATE TABLE bookmarks (url TEXT)");
    let error = Store::open(&foreign).err().expect("refused");
    assert!(matches!(error, StoreError::Foreign(_)));
    assert!(error.to_string().contains("move it away"), "{error}");
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database at all, but long enough to be read as one".repeat(99),
    )
    .expect("written");
    let error = Store::open(&text).err().expect("refused").to_string();
    assert!(error.contains("notes.txt"), "{error}");
}

#[test]
fn many_threads_and_handles_file_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = &path;
            // Each thread opens for itself, as processes do, so the first opening races with the others.
            scope.spawn(move || {
                let store = Store::open(path).expect("a ledger");
                file_fifty(&store, thread);
            });
        }
    });
    let store = Store::open(&path).expect("a ledger");
    assert_eq!(store.totals(DateTime::UNIX_EPOCH).expect("read").answered, 200);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the second process is told by the first what to do"
)]
fn two_processes_file_at_once() {
    // The test program starts itself as the second process, which runs this very test and files.
    if let Some(path) = std::env::var_os(LEDGER_OF_THE_CHILD) {
        file_fifty(&Store::open(Path::new(&path)).expect("a ledger"), 1);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "two_processes_file_at_once"])
        .env(LEDGER_OF_THE_CHILD, &path)
        .spawn()
        .expect("a second process");
    let store = Store::open(&path).expect("a ledger");
    file_fifty(&store, 0);
    assert!(child.wait().expect("it ended").success());
    assert_eq!(store.totals(DateTime::UNIX_EPOCH).expect("read").answered, 100);
}

fn file_fifty(store: &Store, who: u128) {
    for number in 0..50 {
        let answer = answer(who * 1000 + number, "2026-11-23T10:00:00Z");
        store.record(&answer).expect("filed");
        assert_eq!(store.get(answer.id).expect("read"), Some(answer));
    }
}

fn sql(path: &Path, statement: &str) {
    rusqlite::Connection::open(path)
        .and_then(|connection| connection.execute_batch(statement))
        .expect("a statement in the test");
}
