//! Data folders, catalogues and releases for tests.

#![expect(
    clippy::disallowed_methods,
    reason = "a test says where its data is by the environment"
)]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zip::write::SimpleFileOptions;

/// The parts that `codecite setup` fetches: linked, so that no test disturbs them.
const FETCHED: [&str; 2] = ["models", "onnxruntime"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A data folder with the model and its runtime, which loading needs, and nothing loaded.
pub fn data_folder() -> tempfile::TempDir {
    let named = std::env::var_os("CODECITE_TEST_DATA_DIR").map(PathBuf::from);
    let fetched = named.unwrap_or_else(|| workspace().join(".data"));
    let folder = tempfile::tempdir().expect("a folder");
    for part in FETCHED {
        let part_there = fetched.join(part);
        assert!(
            part_there.is_dir(),
            "{} holds no {part}; run `make setup`, or name another folder in CODECITE_TEST_DATA_DIR",
            fetched.display()
        );
        let part_there = part_there.canonicalize().expect("a folder that is there");
        std::os::unix::fs::symlink(part_there, folder.path().join(part)).expect("a link");
    }
    folder
}

/// A file of the reference data; `None`, said loudly, where it is not beside the checkout.
pub fn shared(path: &str) -> Option<Vec<u8>> {
    let place = workspace().join("../shared/data").join(path);
    let bytes = std::fs::read(&place).ok();
    if bytes.is_none() {
        // Not `eprintln!`, which the test harness hides: a skip must be seen.
        let told = writeln!(
            std::io::stderr(),
            "SKIPPED: the reference data is not at {}; this test checked nothing",
            place.display()
        );
        told.expect("standard error is open");
    }
    bytes
}

/// A zip with these members, not compressed, so that a cut leaves something to go on from.
pub fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        archive.start_file(*name, stored).expect("a member");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("a zip").into_inner()
}

/// A release of medically unlikely edits: `units` of 99213 for whom `values` names.
pub fn mue(values: &str, units: u32) -> Vec<u8> {
    let mut text = format!("HCPCS/CPT Code,{values} MUE Values,MUE Adjudication Indicator,MUE Rationale\n");
    let _ = writeln!(
        text,
        "99213,{units},3 Date of Service Edit: Clinical,Clinical: Data"
    );
    for code in 10_040..10_400 {
        let _ = writeln!(text, "{code},1,2 Date of Service Edit: Policy,CMS Policy");
    }
    zip_of(&[(&format!("MCR_MUE_{values}_Eff_07-01-2024.csv"), text.as_bytes())])
}

/// Releases of a publisher that is not there: only the mirror answers.
pub struct Catalogue(String);

impl Catalogue {
    pub fn new() -> Self {
        Self(String::new())
    }

    /// Adds a release at a path, with further keys.
    pub fn with(mut self, id: &str, path: &str, keys: &str) -> Self {
        let _ = write!(
            self.0,
            "[[release]]\nid = \"{id}\"\ntitle = \"Title of {id}\"\npublisher = \"CMS\"\n\
             url = \"http://publisher.invalid{path}\"\n{keys}\n"
        );
        self
    }

    /// Writes it into a data folder.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let place = folder.join("catalogue.toml");
        std::fs::write(&place, &self.0).expect("a file");
        place
    }
}

/// What a run of the program said, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    /// `codecite sync` with the catalogue of the folder, an environment without settings and short waits.
    pub fn sync(folder: &Path, args: &[&str]) -> Self {
        Self::sync_in(folder, args, &[])
    }

    /// The same with further variables.
    pub fn sync_in(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = program(folder);
        command
            .arg("sync")
            .args(args)
            .env("CODECITE_FILES__CATALOGUE", folder.join("catalogue.toml"))
            .env("CODECITE_SYNC__LONGEST_WAIT_MS", "10")
            .env("CODECITE_SYNC__RETRIES", "2")
            .envs(environment.iter().copied());
        Self::of(&mut command)
    }

    /// Another verb.
    pub fn verb(folder: &Path, args: &[&str]) -> Self {
        Self::of(program(folder).args(args))
    }

    fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Says all of this, on either stream.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            let is_said = self.out.contains(part) || self.err.contains(part);
            assert!(is_said, "{part:?} is not said:\n{}\n{}", self.out, self.err);
        }
        self
    }
}

impl Run {
    /// Says nothing of this, on either stream.
    #[track_caller]
    pub fn hides(self, secret: &str) -> Self {
        let is_said = self.out.contains(secret) || self.err.contains(secret);
        assert!(!is_said, "{secret:?} is said:\n{}\n{}", self.out, self.err);
        self
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codecite"));
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        // A proxy of the machine that tests would be asked for the mirror on loopback.
        if name.starts_with("CODECITE_") || name.to_ascii_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command
        .arg("--data-dir")
        .arg(folder)
        .env_remove("ORT_DYLIB_PATH")
        .stdin(Stdio::null());
    command
}

/// The ids of the editions that are loaded.
pub fn editions(folder: &Path) -> String {
    Run::verb(folder, &["editions"]).ends_with(0).out
}

/// What `releases.json` says of a release.
pub fn record(folder: &Path, id: &str) -> serde_json::Value {
    let bytes = std::fs::read(folder.join("downloads/releases.json")).expect("the records are there");
    let records: serde_json::Value = serde_json::from_slice(&bytes).expect("the records are JSON");
    let releases = records["releases"].as_array().expect("a list");
    let found = releases.iter().find(|record| record["id"] == id);
    found
        .unwrap_or_else(|| panic!("{id} is not in {records}"))
        .clone()
}
