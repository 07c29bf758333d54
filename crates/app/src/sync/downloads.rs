//! The folder of downloads: a folder for each release, and `releases.json`, which says where each came from.

use super::catalogue::Release;
use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

const RECORDS: &str = "releases.json";

/// The folder, locked for this run.
pub struct Downloads {
    root: PathBuf,
    records: BTreeMap<String, Record>,
    // Held, not read: the lock goes when the file is closed. None for a run that only looks.
    _lock: Option<File>,
}

/// What is known of a file that was fetched whole.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The release.
    pub id: String,
    /// Its address at its publisher.
    pub url: String,
    /// Where it was fetched from: the same, or a mirror.
    pub from: String,
    /// Its name in the folder of the release.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// The day on which it was fetched.
    pub fetched_on: NaiveDate,
    /// What the server calls this state of the file.
    pub etag: Option<String>,
    /// When the server says that it changed last.
    pub last_modified: Option<String>,
    /// With which words of the catalogue it was loaded; none if it was not.
    pub loaded: Option<ToldOf>,
}

/// What a catalogue says of a release beside its address.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ToldOf {
    /// From when it is in force.
    pub effective_from: Option<NaiveDate>,
    /// What kind of file it is.
    pub kind: Option<String>,
}

impl ToldOf {
    /// What the catalogue says of `release`.
    pub fn of(release: &Release) -> Self {
        Self {
            effective_from: release.effective_from,
            kind: release.kind.clone(),
        }
    }
}

#[derive(Default, Deserialize, Serialize)]
struct Records {
    releases: Vec<Record>,
}

impl Downloads {
    /// The folder as it is, for a run that changes nothing.
    pub fn look(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            records: read(&root.join(RECORDS)),
            _lock: None,
        }
    }

    /// Makes the folder and waits until no other run works in it.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn open(root: &Path) -> Result<Self> {
        let cannot = || {
            format!(
                "{} cannot be written; name another folder with --keep DIR",
                root.display()
            )
        };
        std::fs::create_dir_all(root).with_context(cannot)?;
        let lock = File::create(root.join(".lock")).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("another sync works in {}; waiting for it", root.display());
                lock.lock().with_context(cannot)?;
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        Ok(Self {
            _lock: Some(lock),
            ..Self::look(root)
        })
    }

    /// Where the file of a release is, or comes to be.
    pub fn place_of(&self, release: &Release) -> PathBuf {
        self.root.join(&release.id).join(release.file_name())
    }

    /// What is recorded of a release, if its file is there and of the same size.
    pub fn record_of(&self, release: &Release) -> Option<&Record> {
        let record = self.records.get(&release.id)?;
        let file = self.place_of(release);
        let is_there = file.metadata().is_ok_and(|file| file.len() == record.size);
        (is_there && record.file == release.file_name()).then_some(record)
    }

    /// How much of a file is there that did not come whole.
    pub fn half_of(&self, release: &Release) -> Option<u64> {
        super::half::size_of(&self.place_of(release))
    }

    /// Makes the folder of a release.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_room_for(&self, release: &Release) -> Result<()> {
        let folder = self.root.join(&release.id);
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))
    }

    /// Records a file, in place of what was recorded of the release. A file of the same release under another name
    /// goes: its publisher has replaced it.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub fn record(&mut self, record: Record) -> Result<()> {
        let (id, file) = (record.id.clone(), record.file.clone());
        let before = self.records.insert(id.clone(), record);
        self.write()?;
        if let Some(before) = before.filter(|before| before.file != file && is_name(&before.file)) {
            // What stays costs space only.
            let _ = std::fs::remove_file(self.root.join(id).join(before.file));
        }
        Ok(())
    }

    /// Notes that the files of these releases were loaded.
    ///
    /// # Errors
    /// If the records cannot be written.
    pub fn note_loaded(&mut self, releases: &[&Release]) -> Result<()> {
        for release in releases {
            if let Some(record) = self.records.get_mut(&release.id) {
                record.loaded = Some(ToldOf::of(release));
            }
        }
        self.write()
    }

    /// Writes beside the records and puts the new ones in their place, so that there are always some.
    fn write(&self) -> Result<()> {
        let place = self.root.join(RECORDS);
        let records = Records {
            releases: self.records.values().cloned().collect(),
        };
        let written = tempfile::NamedTempFile::new_in(&self.root).and_then(|mut file| {
            file.write_all(&serde_json::to_vec_pretty(&records)?)?;
            file.as_file().sync_all()?;
            file.persist(&place)?;
            Ok(())
        });
        written.with_context(|| format!("{} cannot be written", place.display()))
    }
}

/// The records, or none: to lose them costs a download.
fn read(place: &Path) -> BTreeMap<String, Record> {
    let records = match std::fs::read(place) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            eprintln!(
                "{} is damaged ({error}); releases are fetched again",
                place.display()
            );
            Records::default()
        }),
        Err(_) => Records::default(),
    };
    let by_id = records
        .releases
        .into_iter()
        .map(|record| (record.id.clone(), record));
    by_id.collect()
}

/// Whether what stands in the records is the name of a file, and no way to another folder.
fn is_name(file: &str) -> bool {
    !file.is_empty() && !file.contains(['/', '\\']) && file != ".."
}
