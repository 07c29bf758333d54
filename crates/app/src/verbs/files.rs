//! The files of a load, found first and then read one at a time.

use anyhow::{Context, Result, bail, ensure};
use codecite_ingest::{MAX_FILE_BYTES, SourceFile};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders within folders are searched so deep.
const MOST_LEVELS: usize = 8;

/// What `path` stands for: itself, or of a folder every file in it and in the folders below, by name. What begins
/// with a dot is passed over, and links to folders are not followed: they can lead round in a circle.
pub(super) fn found_at(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    search(path, MOST_LEVELS, &mut found)?;
    Ok(found)
}

fn search(folder: &Path, levels: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut inside: Vec<fs::DirEntry> = fs::read_dir(folder)
        .and_then(Iterator::collect)
        .with_context(|| cannot_be_read(folder))?;
    inside.retain(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    inside.sort_by_key(fs::DirEntry::file_name);
    for entry in inside {
        let path = entry.path();
        let kind = entry.file_type().with_context(|| cannot_be_read(&path))?;
        if kind.is_dir() && levels > 0 {
            search(&path, levels - 1, found)?;
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
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
