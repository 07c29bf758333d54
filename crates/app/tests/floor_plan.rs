//! Holds the one-way doors by reading every manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The floor plan, written once: the left may import the right.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("codebook", &[]),
    ("retrieval", &["codebook"]),
    ("tables", &["codebook"]),
    ("store", &["codebook"]),
    ("ingest", &["codebook", "retrieval", "tables"]),
    ("answering", &["codebook", "retrieval", "tables"]),
    ("index", &["codebook", "retrieval"]),
    ("embed", &["codebook", "retrieval"]),
    ("model", &["answering"]),
    (
        "faces",
        &["answering", "codebook", "retrieval", "store", "tables"],
    ),
    ("eval", &["answering", "codebook", "retrieval"]),
    ("testkit", &["answering", "codebook", "retrieval"]),
    (
        "app",
        &[
            "answering",
            "codebook",
            "embed",
            "eval",
            "faces",
            "index",
            "ingest",
            "model",
            "retrieval",
            "store",
            "tables",
        ],
    ),
];

/// What is confined to one room, or to the few named.
const CONFINED: &[(&str, &[&str])] = &[
    ("axum", &["faces"]),
    ("utoipa", &["faces"]),
    ("tower-http", &["faces"]),
    ("qdrant-client", &["index"]),
    ("qdrant-edge", &["index"]),
    ("fastembed", &["embed"]),
    ("ort", &["embed"]),
    ("tokenizers", &["embed"]),
    ("rusqlite", &["tables", "store"]),
    // `model` asks a language model; `app` fetches: with hf-hub what `setup` needs, with reqwest the releases of `sync`.
    ("reqwest", &["model", "app"]),
];

struct Manifest {
    dependencies: BTreeSet<String>,
    dev_dependencies: BTreeSet<String>,
}

fn crates_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifests() -> BTreeMap<String, Manifest> {
    let entries = std::fs::read_dir(crates_folder()).expect("the folder of the rooms");
    entries
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(path.join("Cargo.toml")).ok()?;
            let table: toml::Table = text.parse().expect("a manifest is TOML");
            let room = path.file_name()?.to_str()?.to_owned();
            let manifest = Manifest {
                dependencies: named_in(&table, &["dependencies", "build-dependencies"]),
                dev_dependencies: named_in(&table, &["dev-dependencies"]),
            };
            Some((room, manifest))
        })
        .collect()
}

/// The names in these sections of a manifest, those for one platform included.
fn named_in(manifest: &toml::Table, sections: &[&str]) -> BTreeSet<String> {
    let tables_in = |table: &toml::Table| -> Vec<toml::Table> {
        table
            .values()
            .filter_map(|value| value.as_table().cloned())
            .collect()
    };
    let mut tables = vec![manifest.clone()];
    if let Some(platforms) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(tables_in(platforms));
    }
    tables
        .iter()
        .flat_map(|table| {
            sections
                .iter()
                .filter_map(|section| table.get(*section)?.as_table())
        })
        .flat_map(|section| section.keys().cloned())
        .collect()
}

fn rooms_in(dependencies: &BTreeSet<String>) -> BTreeSet<&str> {
    dependencies
        .iter()
        .filter_map(|name| name.strip_prefix("codecite-"))
        .collect()
}

#[test]
fn every_door_opens_one_way() {
    let manifests = manifests();
    let drawn: BTreeSet<&str> = MAY_IMPORT.iter().map(|(room, _)| *room).collect();
    let built: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    assert_eq!(drawn, built, "the floor plan and the folders differ");
    for (room, allowed) in MAY_IMPORT {
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let imported = rooms_in(&manifests[*room].dependencies);
        let forbidden: Vec<_> = imported.difference(&allowed).collect();
        assert!(
            forbidden.is_empty(),
            "{room} imports {forbidden:?}: see crates/README.md"
        );
    }
}

#[test]
fn the_testkit_is_for_tests_only() {
    for (room, manifest) in manifests() {
        assert!(
            !manifest.dependencies.contains("codecite-testkit"),
            "{room} ships the testkit"
        );
    }
}

#[test]
fn heavy_libraries_stay_in_their_rooms() {
    for (room, manifest) in manifests() {
        for (library, rooms) in CONFINED {
            let used = manifest.dependencies.contains(*library);
            assert!(
                !used || rooms.contains(&room.as_str()),
                "{room} imports {library}, which belongs to {rooms:?}"
            );
        }
    }
}

#[test]
fn a_test_may_look_into_a_room_only_from_the_outside() {
    // Dev-dependencies may reach further, but never closes a circle through the vocabulary.
    let codebook = &manifests()["codebook"];
    assert!(rooms_in(&codebook.dev_dependencies).is_empty());
}

#[test]
fn only_app_reads_the_environment() {
    let room_sources = manifests()
        .into_keys()
        .filter(|room| room != "app" && room != "testkit");
    for room in room_sources {
        for file in rust_files(&crates_folder().join(&room).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(
                !product.contains("std::env::var") && !product.contains("env::vars"),
                "{} reads the environment; let app hand it down",
                file.display()
            );
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                rust_files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
