//! Whole directories: linked, copied, made durable, removed.

use super::layout::failed;
use codecite_retrieval::IndexError;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Recreates the directory `from` as `to`, with every file linked. Where the file system cannot link, or
/// the files belong to another user, they are copied.
pub(super) fn link(from: &Path, to: &Path) -> Result<(), IndexError> {
    walk(from, to, &|from, to| match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => fs::copy(from, to).map(|_| ()),
        linked => linked,
    })
}

/// Copies the directory `from` as `to`. File systems that share blocks (Btrfs, XFS, APFS) do so.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), IndexError> {
    walk(from, to, &|from, to| fs::copy(from, to).map(|_| ()))
}

fn walk(from: &Path, to: &Path, place: &impl Fn(&Path, &Path) -> io::Result<()>) -> Result<(), IndexError> {
    fs::create_dir(to).map_err(failed("create", to))?;
    for entry in fs::read_dir(from).map_err(failed("read", from))? {
        let entry = entry.map_err(failed("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(failed("read", &source))?.is_dir() {
            walk(&source, &target, place)?;
        } else {
            place(&source, &target).map_err(failed("copy", &source))?;
        }
    }
    Ok(())
}

/// Makes every file and every name under `directory` survive a loss of power.
pub(super) fn make_durable(directory: &Path) -> Result<(), IndexError> {
    for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
        let path = entry.map_err(failed("read", directory))?.path();
        if path.is_dir() {
            make_durable(&path)?;
        } else {
            sync(&path)?;
        }
    }
    sync(directory)
}

/// Makes one file, or the names in one directory, survive a loss of power.
pub(super) fn sync(path: &Path) -> Result<(), IndexError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed("write", path))
}

/// Removes a directory if it is there; what cannot be removed is left to the next load.
pub(super) fn remove(directory: &Path) {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %directory.display(), %error, "cannot remove what is no longer needed");
        }
        _ => {}
    }
}
