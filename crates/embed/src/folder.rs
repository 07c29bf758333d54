//! The data folder: where `codecite setup` puts things, and how they are recognised again.
//!
//! ```text
//! DIR/onnxruntime/manifest.json            what setup put beside it
//!                 libonnxruntime.so.1.28.0
//! DIR/models/all-minilm-l6-v2/manifest.json
//!                             model.safetensors, tokenizer.json, …
//! DIR/vectors.redb                         the cache of document vectors
//! ```
//!
//! A part (one folder with a manifest) is put in place by a single rename, so it is there whole or not at
//! all. Whoever opens a part hashes its files first ([`DataFolder::verified_model`],
//! [`DataFolder::verified_runtime`]): vectors are kept for years under the digest of the model that made them,
//! and a weight with one bit changed makes vectors that look like any other.

use crate::catalogue::ModelProfile;
use crate::error::OpenError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// Name of the file that lists a part.
pub const MANIFEST: &str = "manifest.json";

/// The version of the manifest's format that this program writes and reads.
const FORMAT: u32 = 1;

/// The folder that holds the runtime and the models.
#[derive(Clone, Debug)]
pub struct DataFolder {
    root: PathBuf,
}

/// One file of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path inside the part's folder, with `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// What setup put into one part's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Name of the part, such as `onnxruntime` or `all-minilm-l6-v2`.
    pub name: String,
    /// Where it came from, with its version, for people.
    pub source: String,
    /// Path of the file that is opened first: the library, the graph or the weights.
    pub entry: String,
    /// Every file of the part.
    pub files: Vec<FileRecord>,
}

impl DataFolder {
    /// The folder at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the ONNX Runtime library is put.
    pub fn runtime_dir(&self) -> PathBuf {
        self.root.join("onnxruntime")
    }

    /// Where models are put, a folder each.
    pub fn models_dir(&self) -> PathBuf {
        self.root.join("models")
    }

    /// Where one model is put.
    pub fn model_dir(&self, model: &ModelProfile) -> PathBuf {
        self.models_dir().join(model.folder())
    }

    /// What setup recorded of `model`, after every file was hashed and found as recorded. Blocks: reads 91 MB
    /// for the default model (docs/embedding.md says how long that takes).
    ///
    /// # Errors
    /// [`OpenError`] names the first file that is missing or damaged.
    pub fn verified_model(&self, model: &ModelProfile) -> Result<Manifest, OpenError> {
        let (dir, command) = (self.model_dir(model), self.setup_command(Some(model)));
        let manifest = Manifest::read(&dir, &command)?;
        manifest.expect_files_of(model, &dir, &command)?;
        manifest.verify(&dir, &command)?;
        Ok(manifest)
    }

    /// What setup recorded of the ONNX Runtime library, after it was hashed and found as recorded. Blocks:
    /// reads about 25 MB.
    ///
    /// # Errors
    /// As [`DataFolder::verified_model`].
    pub fn verified_runtime(&self) -> Result<Manifest, OpenError> {
        let (dir, command) = (self.runtime_dir(), self.setup_command(None));
        let manifest = Manifest::read(&dir, &command)?;
        manifest.recorded(&manifest.entry, &dir, &command)?;
        manifest.verify(&dir, &command)?;
        Ok(manifest)
    }

    /// The command that fills this folder, with `model` unless it is the default one.
    pub fn setup_command(&self, model: Option<&ModelProfile>) -> String {
        let mut command = format!("codecite setup --data-dir {}", quoted(&self.root));
        if let Some(model) = model.filter(|model| !model.is_default()) {
            command.push_str(&format!(" --model {}", model.name()));
        }
        command
    }
}

impl Manifest {
    /// A manifest of `files`, in the current format.
    pub fn new(name: &str, source: &str, entry: &str, files: Vec<FileRecord>) -> Self {
        Self {
            format: FORMAT,
            name: name.to_owned(),
            source: source.to_owned(),
            entry: entry.to_owned(),
            files,
        }
    }

    /// Reads the manifest of the part in `dir`.
    ///
    /// # Errors
    /// [`OpenError::NotSetUp`] when there is none, [`OpenError::Damaged`] when it is not one of ours;
    /// `command` is what the reader is told to run.
    pub fn read(dir: &Path, command: &str) -> Result<Self, OpenError> {
        let file = dir.join(MANIFEST);
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::NotSetUp {
                    dir: dir.to_owned(),
                    command: command.to_owned(),
                });
            }
            Err(source) => return Err(unreadable(file, source, command)),
        };
        let damaged = |found: String| OpenError::Damaged {
            file: file.clone(),
            expected: format!("a manifest of format {FORMAT}"),
            found,
            command: command.to_owned(),
        };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(damaged(format!("format {}", manifest.format)));
        }
        // Paths come from a file that anybody may have edited, so they may not leave the folder.
        let outside = manifest.files.iter().find(|record| !stays_inside(&record.path));
        match outside {
            Some(record) => Err(damaged(format!("the path {:?}", record.path))),
            None => Ok(manifest),
        }
    }

    /// The record of `path`, if the part has such a file.
    pub fn file(&self, path: &str) -> Option<&FileRecord> {
        self.files.iter().find(|record| record.path == path)
    }

    /// Checks every file's size, then every file's SHA-256. Reads all contents.
    ///
    /// # Errors
    /// [`OpenError::Missing`] or [`OpenError::Damaged`] for the first file that is not as recorded.
    pub fn verify(&self, dir: &Path, command: &str) -> Result<(), OpenError> {
        let mut files = self.files.iter();
        files.try_for_each(|record| record.check_size(dir, command))?;
        let mut files = self.files.iter();
        files.try_for_each(|record| record.check_digest(dir, command))
    }

    /// Checks that setup recorded every file that `model` needs, and the only weights that its graph fits.
    fn expect_files_of(&self, model: &ModelProfile, dir: &Path, command: &str) -> Result<(), OpenError> {
        for path in model.files() {
            let record = self.recorded(path, dir, command)?;
            if let Some(only) = model.only_sha256_of(path).filter(|only| *only != record.sha256) {
                return Err(OpenError::Damaged {
                    file: dir.join(path),
                    expected: format!("SHA-256 {only}"),
                    found: format!("SHA-256 {}", record.sha256),
                    command: command.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn recorded(&self, path: &str, dir: &Path, command: &str) -> Result<&FileRecord, OpenError> {
        self.file(path).ok_or_else(|| OpenError::Missing {
            file: dir.join(path),
            expected: None,
            command: command.to_owned(),
        })
    }
}

impl FileRecord {
    /// Records the file at `path` inside `dir` as it is now.
    pub fn of(dir: &Path, path: &str) -> io::Result<Self> {
        let file = dir.join(path);
        Ok(Self {
            path: path.to_owned(),
            bytes: file.metadata()?.len(),
            sha256: sha256_of_file(&file)?,
        })
    }

    fn check_size(&self, dir: &Path, command: &str) -> Result<(), OpenError> {
        let file = dir.join(&self.path);
        match file.metadata() {
            Ok(found) if found.len() == self.bytes => Ok(()),
            Ok(found) => Err(OpenError::Damaged {
                file,
                expected: format!("{} bytes (SHA-256 {})", self.bytes, self.sha256),
                found: format!("{} bytes", found.len()),
                command: command.to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Missing {
                file,
                expected: Some(self.sha256.clone()),
                command: command.to_owned(),
            }),
            Err(source) => Err(unreadable(file, source, command)),
        }
    }

    fn check_digest(&self, dir: &Path, command: &str) -> Result<(), OpenError> {
        let file = dir.join(&self.path);
        match sha256_of_file(&file) {
            Ok(found) if found == self.sha256 => Ok(()),
            Ok(found) => Err(OpenError::Damaged {
                file,
                expected: format!("SHA-256 {}", self.sha256),
                found: format!("SHA-256 {found}"),
                command: command.to_owned(),
            }),
            Err(source) => Err(unreadable(file, source, command)),
        }
    }
}

/// SHA-256 of a file's contents in lower-case hexadecimal.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(digest.finalize())),
            read => digest.update(&buffer[..read]),
        }
    }
}

fn unreadable(file: PathBuf, source: io::Error, command: &str) -> OpenError {
    OpenError::Unreadable {
        file,
        source,
        command: command.to_owned(),
    }
}

fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// The path as it can be pasted into a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> (tempfile::TempDir, Manifest) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("weights"), b"0123456789").unwrap();
        let files = vec![FileRecord::of(dir.path(), "weights").unwrap()];
        (dir, Manifest::new("part", "a test", "weights", files))
    }

    #[test]
    fn a_changed_byte_is_named_with_both_digests_and_the_command() {
        let (dir, manifest) = part();
        manifest.verify(dir.path(), "codecite setup").unwrap();
        std::fs::write(dir.path().join("weights"), b"0123456780").unwrap();
        let message = manifest
            .verify(dir.path(), "codecite setup")
            .unwrap_err()
            .to_string();
        let expected = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
        assert!(
            message.contains("weights is damaged: expected SHA-256 84d8"),
            "{message}"
        );
        assert!(
            message.contains(expected) && message.ends_with("run `codecite setup`"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_and_a_cut_file_are_told_apart() {
        let (dir, manifest) = part();
        std::fs::write(dir.path().join("weights"), b"0123").unwrap();
        let cut = manifest.verify(dir.path(), "x").unwrap_err();
        assert!(matches!(cut, OpenError::Damaged { .. }), "{cut}");
        std::fs::remove_file(dir.path().join("weights")).unwrap();
        let missing = manifest.verify(dir.path(), "x").unwrap_err();
        assert!(matches!(missing, OpenError::Missing { .. }), "{missing}");
    }

    /// Sets a model up whose files are empty, all but `unrecorded` in its manifest.
    fn set_up(model: &ModelProfile, unrecorded: Option<&str>) -> (tempfile::TempDir, DataFolder) {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(root.path());
        let dir = folder.model_dir(model);
        for path in model.files() {
            let file = dir.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, b"").unwrap();
        }
        let files = model.files().into_iter().filter(|path| Some(*path) != unrecorded);
        let records = files.map(|path| FileRecord::of(&dir, path).unwrap()).collect();
        let manifest = Manifest::new(model.name(), "a test", "", records);
        std::fs::write(dir.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
        (root, folder)
    }

    #[test]
    fn a_file_of_the_model_that_was_not_recorded_is_missing() {
        let model = ModelProfile::named("BGESmallENV15").unwrap();
        let (_root, folder) = set_up(&model, None);
        folder.verified_model(&model).unwrap();
        let (_root, folder) = set_up(&model, Some("config.json"));
        let error = folder.verified_model(&model).unwrap_err().to_string();
        assert!(error.contains("config.json is missing"), "{error}");
        assert!(error.ends_with("--model BGESmallENV15`"), "{error}");
    }

    #[test]
    fn weights_that_the_built_in_graph_does_not_fit_are_refused_however_well_recorded() {
        let model = ModelProfile::default_model();
        let (_root, folder) = set_up(&model, None);
        let error = folder.verified_model(&model).unwrap_err().to_string();
        assert!(
            error.contains("model.safetensors is damaged: expected SHA-256 53aa5117"),
            "{error}"
        );
    }

    #[test]
    fn a_runtime_whose_library_was_not_recorded_is_missing() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(root.path());
        let error = folder.verified_runtime().unwrap_err();
        assert!(matches!(error, OpenError::NotSetUp { .. }), "{error}");
        let manifest = Manifest::new("onnxruntime", "a test", "libonnxruntime.so", Vec::new());
        std::fs::create_dir(folder.runtime_dir()).unwrap();
        let file = folder.runtime_dir().join(MANIFEST);
        std::fs::write(file, serde_json::to_vec(&manifest).unwrap()).unwrap();
        let error = folder.verified_runtime().unwrap_err().to_string();
        assert!(error.contains("libonnxruntime.so is missing"), "{error}");
    }

    #[test]
    fn a_manifest_may_not_point_outside_its_folder() {
        let (dir, mut manifest) = part();
        for path in ["../weights", "/etc/passwd", "", "a/../../b"] {
            manifest.files[0].path = path.to_owned();
            std::fs::write(dir.path().join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
            let error = Manifest::read(dir.path(), "x").unwrap_err();
            assert!(matches!(error, OpenError::Damaged { .. }), "{path:?}: {error}");
        }
    }

    #[test]
    fn rubbish_and_newer_formats_are_refused() {
        let (dir, mut manifest) = part();
        std::fs::write(dir.path().join(MANIFEST), b"{").unwrap();
        assert!(matches!(
            Manifest::read(dir.path(), "x"),
            Err(OpenError::Damaged { .. })
        ));
        manifest.format = 2;
        std::fs::write(dir.path().join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
        let error = Manifest::read(dir.path(), "x").unwrap_err().to_string();
        assert!(error.contains("found format 2"), "{error}");
    }

    #[test]
    fn commands_can_be_pasted() {
        let command = |root: &str| DataFolder::new(root).setup_command(None);
        assert_eq!(command(".data"), "codecite setup --data-dir .data");
        assert_eq!(command("my data"), "codecite setup --data-dir 'my data'");
        assert_eq!(command("it's"), r"codecite setup --data-dir 'it'\''s'");
    }
}
