//! Data folders for tests, and the program run over them.

#![expect(
    clippy::disallowed_methods,
    reason = "a test says where its data is by the environment"
)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The parts that `codecite setup` fetches: linked, so that no test disturbs them.
const FETCHED: [&str; 2] = ["models", "onnxruntime"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that `make setup` filled.
fn fetched() -> PathBuf {
    let named = std::env::var_os("CODECITE_TEST_DATA_DIR").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| workspace().join(".data"));
    for part in FETCHED {
        assert!(
            folder.join(part).is_dir(),
            "{} holds no {part}; run `make setup`, or name another folder in CODECITE_TEST_DATA_DIR",
            folder.display()
        );
    }
    folder.canonicalize().expect("a folder that is there")
}

/// A data folder with the model, its runtime and the vectors that `make setup` knew, and nothing loaded.
pub fn empty_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    link_fetched(folder.path());
    folder
}

fn link_fetched(folder: &Path) {
    // A copy, because a test may add to it. Without it the starter only takes longer to load.
    let _ = std::fs::copy(fetched().join("vectors.redb"), folder.join("vectors.redb"));
    for part in FETCHED {
        std::os::unix::fs::symlink(fetched().join(part), folder.join(part)).expect("a link");
    }
}

/// A data folder with the starter loaded, shared by all tests that only read.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-library");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("the library of an earlier run goes");
        }
        std::fs::create_dir_all(&folder).expect("a folder");
        link_fetched(&folder);
        let loaded = Run::of(&folder, &["ingest", "--starter"]);
        assert_eq!(loaded.code, Some(0), "the starter does not load: {loaded:?}");
        folder
    })
}

/// The starter loaded, for a test that changes things.
pub fn own_library() -> tempfile::TempDir {
    let folder = empty_folder();
    for part in ["tables", "index", "vectors.redb"] {
        copy(&library().join(part), &folder.path().join(part));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder").flatten() {
            // Views are of the processes that read, and come and go.
            if entry.file_name() != "views" {
                copy(&entry.path(), &to.join(entry.file_name()));
            }
        }
    } else {
        std::fs::copy(from, to).expect("a copy");
    }
}

/// What a run of the program said, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program over a data folder, in an environment without settings and without a way out.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codecite"));
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| name.starts_with("CODECITE_"));
        if is_ours {
            command.env_remove(name);
        }
    }
    command
        .arg("--data-dir")
        .arg(folder)
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("PIP_NO_INDEX", "1")
        .env_remove("ORT_DYLIB_PATH")
        .stdin(Stdio::null());
    command
}

impl Run {
    pub fn of(folder: &Path, args: &[&str]) -> Self {
        Self::with(folder, args, &[])
    }

    pub fn with(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let output = program(folder)
            .args(args)
            .envs(environment.iter().copied())
            .output()
            .expect("the program starts");
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Ended well, and said nothing of a panic.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

/// The folder of official files beside the checkout; `None`, said loudly, where it is not there.
pub fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("CODECITE_SHARED_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| workspace().join("../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    let told = writeln!(
        std::io::stderr(),
        "SKIPPED: no official files in {}; this test checked nothing",
        folder.display()
    );
    told.expect("standard error is open");
    None
}

/// The first 2,000 lines of the official order file, and those of type 2 diabetes; `None`, said loudly,
/// where the reference data is not beside the checkout.
pub fn order_file(folder: &Path) -> Option<PathBuf> {
    let packed = workspace().join("../shared/data/icd10cm/fy2021/icd10cm-order-Jan-2021.txt.gz");
    let Ok(packed) = std::fs::File::open(&packed) else {
        // Not `eprintln!`, which the test harness hides: a skip must be seen.
        let told = writeln!(
            std::io::stderr(),
            "SKIPPED: the official order file is not at {}; this test checked nothing",
            packed.display()
        );
        told.expect("standard error is open");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut text)
        .expect("the order file unpacks");
    let lines = text.split_inclusive('\n').enumerate();
    let chosen: String = lines
        .filter(|(number, line)| *number < 2_000 || line.get(6..9) == Some("E11"))
        .map(|(_, line)| line)
        .collect();
    // The name says from when the release is in force.
    let path = folder.join("icd10cm-order-Jan-2021.txt");
    std::fs::write(&path, chosen).expect("a file");
    Some(path)
}
