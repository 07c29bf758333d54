//! Where everything lies under the index directory.
//!
//! ```text
//! CURRENT                        names the live generation; replaced in one step
//! generations/000042-1f3a9c2e/   a shard and generation.json; never written again once CURRENT names it
//! generations/.…                 being built, or being removed: rubbish when no load is under way
//! views/…                        what a reader has opened: links to a generation's files, gone when it closes
//! load.lock                      held by the load under way
//! views.lock                     held for an instant while a view is made or swept away
//! ```
//!
//! Locks are those of the operating system (`flock`), so a process that is killed releases them.

use super::tree;
use crate::generation::{name_after, number_of};
use codecite_retrieval::{GenerationId, IndexError};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The index directory.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes the directories that are missing.
    pub fn create(root: &Path) -> Result<Self, IndexError> {
        let layout = Self {
            root: root.to_owned(),
        };
        for directory in [layout.generations(), layout.views()] {
            fs::create_dir_all(&directory).map_err(failed("create", &directory))?;
        }
        Ok(layout)
    }

    /// The live generation's name; `None` before anything was activated.
    pub fn current(&self) -> Result<Option<GenerationId>, IndexError> {
        let path = self.current_file();
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            read => read.map_err(failed("read", &path))?,
        };
        let name = text.trim();
        match number_of(name) {
            Some(_) => Ok(Some(GenerationId(name.to_owned()))),
            None => Err(IndexError::Damaged(format!(
                "{} does not name a generation",
                path.display()
            ))),
        }
    }

    /// Makes `id` the live generation, in one step that survives a loss of power.
    pub fn switch_to(&self, id: &GenerationId) -> Result<(), IndexError> {
        let (path, next) = (self.current_file(), self.root.join("CURRENT.next"));
        let write = || {
            let mut file = File::create(&next)?;
            writeln!(file, "{id}")?;
            file.sync_all()?;
            fs::rename(&next, &path)
        };
        write().map_err(failed("replace", &path))?;
        tree::sync(&self.root)
    }

    /// Makes no generation the live one.
    pub fn switch_to_nothing(&self) -> Result<(), IndexError> {
        let path = self.current_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
            _ => tree::sync(&self.root),
        }
    }

    /// Where a generation lies.
    pub fn generation(&self, id: &GenerationId) -> PathBuf {
        self.generations().join(&id.0)
    }

    /// All generations.
    pub fn generations(&self) -> PathBuf {
        self.root.join("generations")
    }

    /// All views.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }

    /// A name later than all that are in use.
    pub fn next_id(&self) -> Result<GenerationId, IndexError> {
        let names = self.generation_names()?;
        let current = self.current()?;
        let last = names
            .iter()
            .map(String::as_str)
            .chain(current.as_ref().map(|id| id.0.as_str()))
            .filter_map(number_of)
            .max();
        Ok(GenerationId(name_after(last.unwrap_or(0))))
    }

    /// Removes all generations but the live one. Call it with the load lock held.
    pub fn remove_old_generations(&self) -> Result<(), IndexError> {
        let live = self.current()?;
        for name in self.generation_names()? {
            if live.as_ref().is_some_and(|id| id.0 == name) {
                continue;
            }
            let path = self.generations().join(&name);
            // Hidden first, in one step: a reader that is linking it notices that it has gone, and does
            // not take the half that is left for the whole.
            let hidden = self.generations().join(format!(".removed-{name}"));
            match name.starts_with('.') {
                true => tree::remove(&path),
                false => {
                    fs::rename(&path, &hidden).map_err(failed("remove", &path))?;
                    tree::remove(&hidden);
                }
            }
        }
        Ok(())
    }

    /// Takes the load lock, or says who holds it.
    pub fn lock_load(&self) -> Result<File, IndexError> {
        let path = self.root.join("load.lock");
        let mut file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)
                    .and_then(|()| writeln!(file, "process {}", std::process::id()))
                    .map_err(failed("write", &path))?;
                Ok(file)
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is told for convenience only.
                let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
                Err(IndexError::LoadUnderWay(holder.trim().to_owned()))
            }
            Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    /// Waits for its turn to make or sweep views; dropping the file ends it.
    pub fn lock_views(&self) -> Result<File, IndexError> {
        let path = self.root.join("views.lock");
        let file = open_lock(&path)?;
        file.lock().map_err(failed("lock", &path))?;
        Ok(file)
    }

    fn current_file(&self) -> PathBuf {
        self.root.join("CURRENT")
    }

    fn generation_names(&self) -> Result<Vec<String>, IndexError> {
        let directory = self.generations();
        fs::read_dir(&directory)
            .map_err(failed("read", &directory))?
            .map(|entry| {
                let entry = entry.map_err(failed("read", &directory))?;
                Ok(entry.file_name().to_string_lossy().into_owned())
            })
            .collect()
    }
}

/// Opens a lock file without emptying it: another process may hold it.
pub(super) fn open_lock(path: &Path) -> Result<File, IndexError> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed("open", path))
}

/// Wraps an error of the file system: what was tried on what, and what to look at.
pub(super) fn failed(verb: &'static str, path: &Path) -> impl Fn(io::Error) -> IndexError {
    move |error| {
        IndexError::Failed(format!(
            "cannot {verb} {}: {error}; look at its owner and permissions, and at the space left on the disk",
            path.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> (tempfile::TempDir, Layout) {
        let directory = tempfile::tempdir().expect("a directory");
        let layout = Layout::create(directory.path()).expect("a layout");
        (directory, layout)
    }

    #[test]
    fn what_is_switched_to_is_current_and_the_next_name_is_later() {
        let (_directory, layout) = layout();
        assert_eq!(layout.current().expect("readable"), None);
        let first = layout.next_id().expect("a name");
        assert_eq!(number_of(&first.0), Some(1));
        layout.switch_to(&first).expect("switched");
        assert_eq!(layout.current().expect("readable"), Some(first.clone()));
        // The directory of a generation may be gone; its name is not given twice.
        assert!(layout.next_id().expect("a name") > first);
    }

    #[test]
    fn a_damaged_current_is_said_with_advice() {
        let (directory, layout) = layout();
        for damage in [&b""[..], b"000001/../x", b"12", b"\xff\xfe\x00", b"../../etc"] {
            fs::write(directory.path().join("CURRENT"), damage).expect("written");
            let error = layout.current().expect_err("damaged").to_string();
            assert!(
                error.contains("CURRENT") && error.contains("--from-nothing"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_the_live_generation_is_kept() {
        let (_directory, layout) = layout();
        for name in ["000001", "000002", ".building-9"] {
            fs::create_dir(layout.generations().join(name)).expect("created");
        }
        layout
            .switch_to(&GenerationId("000002".into()))
            .expect("switched");
        layout.remove_old_generations().expect("removed");
        assert_eq!(layout.generation_names().expect("names"), ["000002"]);
    }

    #[test]
    fn a_second_load_is_told_who_holds_the_lock() {
        let (_directory, layout) = layout();
        let held = layout.lock_load().expect("locked");
        let error = layout.lock_load().expect_err("locked").to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(held);
        layout.lock_load().expect("free again");
    }
}
