//! What a reader has open: one generation, seen through a directory of its own.
//!
//! Only one shard may be open on a directory, and several processes read at a time: `serve` runs while
//! somebody asks at the command line and while a load builds. So a reader makes a directory of links to
//! the generation's files and opens that. Linking costs a few milliseconds, the pages stay shared in the
//! page cache, and a generation can be removed while it is still read. Nothing that an open shard does
//! short of an update writes into a linked file (what it saves, it replaces by renaming); the test
//! `a_reader_changes_nothing_in_a_generation` holds that against the next version of Qdrant Edge.

use super::layout::{Layout, failed, open_lock};
use super::query;
use super::shard::{Meta, OpenShard, Purpose};
use super::tree;
use crate::EdgeConfig;
use crate::filter::Conditions;
use codecite_retrieval::{GenerationId, IndexError};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// A generation, open for reading.
#[derive(Debug)]
pub(super) struct View {
    pub id: GenerationId,
    pub meta: Meta,
    pub passages: u64,
    // Dropped in this order: the shard is closed before its directory goes.
    pub shard: OpenShard,
    _place: Place,
}

impl View {
    /// Opens the live generation; `None` before anything was activated.
    pub fn open(layout: &Layout, config: &EdgeConfig) -> Result<Option<Arc<Self>>, IndexError> {
        let mut id = layout.current()?;
        while let Some(live) = id {
            match Self::of(layout, config, &live) {
                Ok(view) => return Ok(Some(Arc::new(view))),
                Err(error) => {
                    // A load may have activated another one and removed this one under our hands.
                    let now = layout.current()?;
                    if now.as_ref() == Some(&live) {
                        return Err(error);
                    }
                    id = now;
                }
            }
        }
        Ok(None)
    }

    /// Touches what the first searches would otherwise wait for.
    pub fn warm(&self) -> Result<(), IndexError> {
        query::warm(&self.shard)
    }

    fn of(layout: &Layout, config: &EdgeConfig, id: &GenerationId) -> Result<Self, IndexError> {
        let generation = layout.generation(id);
        let missing = || {
            IndexError::Damaged(format!(
                "CURRENT names generation {id}, and {} is missing",
                generation.display()
            ))
        };
        if !generation.exists() {
            return Err(missing());
        }
        let meta = Meta::read(&generation)?;
        let place = Place::make(layout)?;
        tree::link(&generation.join(SEGMENTS), &place.directory.join(SEGMENTS))?;
        if !generation.exists() {
            return Err(missing());
        }
        let shard = OpenShard::open(&place.directory, config, &meta, Purpose::Read)?;
        let passages = query::count(&shard, &Conditions::default())?;
        Ok(Self {
            id: id.clone(),
            meta,
            passages,
            shard,
            _place: place,
        })
    }
}

const SEGMENTS: &str = "segments";

/// A directory among the views, with a lock that says that its owner lives.
#[derive(Debug)]
struct Place {
    directory: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Place {
    /// Makes one, and removes those whose owners were killed.
    fn make(layout: &Layout) -> Result<Self, IndexError> {
        // Without this turn, a lock that is made but not yet taken would look like a dead owner's.
        let _turn = layout.lock_views()?;
        let views = layout.views();
        sweep(&views)?;
        let name = Uuid::new_v4().to_string();
        let lock_path = views.join(format!("{name}.lock"));
        let lock = open_lock(&lock_path)?;
        lock.try_lock()
            .map_err(|error| failed("lock", &lock_path)(error.into()))?;
        let directory = views.join(name);
        fs::create_dir(&directory).map_err(failed("create", &directory))?;
        Ok(Self {
            directory,
            lock_path,
            _lock: lock,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        tree::remove(&self.directory);
        // The lock goes last: until then nobody else takes the directory for abandoned.
        let _ = fs::remove_file(&self.lock_path);
    }
}

fn sweep(views: &Path) -> Result<(), IndexError> {
    for entry in fs::read_dir(views).map_err(failed("read", views))? {
        let path = entry.map_err(failed("read", views))?.path();
        let (directory, lock_path) = match path.extension() {
            Some(_) => (path.with_extension(""), path),
            None => (path.clone(), path.with_extension("lock")),
        };
        if !lock_path.exists() {
            tree::remove(&directory);
        } else if open_lock(&lock_path)?.try_lock().is_ok() {
            tree::remove(&directory);
            let _ = fs::remove_file(&lock_path);
        }
    }
    Ok(())
}
