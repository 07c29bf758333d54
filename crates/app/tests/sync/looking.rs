//! What only looks: `--list`, `--dry-run`, and what is refused before anybody is asked. No model is needed.

use crate::mirror::Mirror;
use crate::support::{Catalogue, Run};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Catalogue::new()
        .with(
            "new",
            "/files/new.zip?agree=yes",
            "accept = \"https://publisher.invalid/licence\"\nreplaced = 2020-01-01",
        )
        .with("old", "/files/old.zip", "by_name = true\nchecked = true")
        .write(folder.path());
    folder
}

#[test]
fn the_list_says_what_there_is() {
    let folder = folder();
    let run = Run::sync(folder.path(), &["--list"]).ends_with(0).says(&[
        "new  Title of new, CMS",
        "http://publisher.invalid/files/new.zip",
        "not fetched yet",
        "its address was not opened",
        "accept a licence first: https://publisher.invalid/licence",
        "a newer release is due since 2020-01-01",
        "old  Title of old",
        "fetched only if it is named",
    ]);
    assert_eq!(run.out.matches("was not opened").count(), 1, "{}", run.out);
    let run = Run::sync(folder.path(), &["--list", "old"]).ends_with(0);
    assert!(!run.out.contains("new"), "{}", run.out);
    assert!(!folder.path().join("downloads").exists(), "to look makes nothing");
}

#[test]
fn the_built_in_catalogue_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    Run::verb(folder.path(), &["sync", "--list"]).ends_with(0).says(&[
        "https://www.cms.gov/files/zip/",
        "icd-10-cm-",
        "ncci-ptp-practitioner-",
    ]);
}

#[test]
fn a_dry_run_asks_nobody_and_writes_nothing() {
    let folder = folder();
    let mirror = Mirror::serve([]);
    let with = |args: &[&str]| {
        let mirror = format!("{}/cms/", mirror.url());
        Run::sync(
            folder.path(),
            &[args, &["--dry-run", "--mirror", &mirror]].concat(),
        )
        .ends_with(0)
    };
    with(&[]).says(&["new: is left out", "https://publisher.invalid/licence"]);
    let address = format!("{}/cms/files/new.zip", mirror.url());
    with(&["--accept-licences"]).says(&[&format!("would fetch {address} to "), "new.zip"]);
    with(&["old"]).says(&["old: would fetch"]);
    assert!(mirror.requests().is_empty());
    assert!(!folder.path().join("downloads").exists());
}

#[test]
fn what_cannot_be_is_refused_before_anybody_is_asked() {
    let folder = folder();
    let refuses = |args: &[&str], parts: &[&str]| {
        Run::sync(folder.path(), args).ends_with(1).says(parts);
    };
    refuses(&["newest"], &["no release \"newest\"", "did you mean new?"]);
    refuses(&["--mirror", "ftp://mirror.example"], &["sync.mirror", "http://"]);
    std::fs::write(folder.path().join("catalogue.toml"), "[[release]]\nid = \"a\"\n").unwrap();
    refuses(&["--list"], &["the catalogue of releases does not load", "title"]);
    std::fs::remove_file(folder.path().join("catalogue.toml")).unwrap();
    refuses(&["--list"], &["files.catalogue", "cannot be read"]);
}
