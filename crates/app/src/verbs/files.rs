//! The files of a load, found first and then read one at a time.

use anyhow::{Context, Result, bail, ensure};
use codecite_ingest::{MAX_FILE_BYTES, SourceFile};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What `path` stands for: itself, or of a folder every file in it, by name and one level deep.
pub(super) fn found_at(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut inside: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .with_context(|| cannot_be_read(path))?;
    inside.retain(|path| path.is_file());
    inside.sort();
    Ok(inside)
}

/// Reads a file into memory, unless it is larger than any source or no file at all: a device or a pipe would
/// never end.
pub(super) fn read(path: &Path) -> Result<SourceFile> {
    let metadata = fs::metadata(path).with_context(|| cannot_be_read(path))?;
    ensure!(
        metadata.is_file(),
        "{} cannot be read: it is no regular file",
        path.display()
    );
    let mut bytes = Vec::new();
    if metadata.len() <= MAX_FILE_BYTES {
        File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
            .with_context(|| cannot_be_read(path))?;
    }
    // Asked again of what was read: the file may still be growing.
    let size_bytes = metadata.len().max(bytes.len() as u64);
    if size_bytes > MAX_FILE_BYTES {
        bail!(
            "{} has {} MB, and no source has more than {}; give a single release",
            path.display(),
            size_bytes.div_ceil(MB),
            MAX_FILE_BYTES / MB
        );
    }
    let name = path.file_name().with_context(|| cannot_be_read(path))?;
    Ok(SourceFile {
        name: name.to_string_lossy().into_owned(),
        bytes,
    })
}

const MB: u64 = 1024 * 1024;

fn cannot_be_read(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}
