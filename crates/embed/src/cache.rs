//! Vectors of documents, kept between runs, so that nothing is embedded twice.
//!
//! A file of redb, which one process may hold at a time. It is therefore open only while a call embeds: a
//! server that embeds nothing does not keep a load in another process from it. Losing the cache costs time
//! and nothing else, so no trouble with it ever fails a call: a damaged file is moved aside, and a file
//! that another process holds is done without, both with a warning.

use redb::{Builder, Database, DatabaseError, Durability, ReadableDatabase, StorageError, TableDefinition};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Identifies one text as one model reads it on one side.
pub(crate) type Key = [u8; 32];

const VECTORS: TableDefinition<Key, &[u8]> = TableDefinition::new("vectors");

/// Bytes of the checksum behind each vector. redb checks its pages only after a crash.
const CHECKSUM_BYTES: usize = 8;

/// Memory for pages. redb's own default is 1 GiB.
const PAGE_CACHE_BYTES: usize = 16 << 20;

/// Every so many batches are made durable. A kill loses at most these; a commit that waits for the disk after
/// each batch would cost a tenth of the throughput.
const BATCHES_PER_SYNC: u32 = 64;

/// The key under which the vector of `text` is kept.
pub(crate) fn key(model_digest: &str, side: &str, text: &str) -> Key {
    let mut digest = Sha256::new();
    for part in [model_digest, side] {
        digest.update(part);
        digest.update([0]);
    }
    digest.update(text);
    digest.finalize().into()
}

/// The cache at one path. Cheap to make: the file is opened by the first call that embeds.
#[derive(Clone)]
pub struct VectorCache {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    state: Mutex<State>,
    told_of_other_process: AtomicBool,
}

#[derive(Default)]
struct State {
    database: Option<Arc<Database>>,
    leases: usize,
    damaged: bool,
}

/// The open file. The last lease to go makes everything durable and closes it.
pub(crate) struct Lease {
    database: Option<Arc<Database>>,
    shared: Arc<Shared>,
    batches: AtomicU32,
}

impl VectorCache {
    /// The cache in the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let shared = Shared {
            path: path.into(),
            state: Mutex::new(State::default()),
            told_of_other_process: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Opens the file, or shares it with calls under way in this process. `None` when it cannot be had, which
    /// has been logged. Blocks on the disk.
    pub(crate) fn lease(&self) -> Option<Lease> {
        let mut state = self.shared.lock();
        let database = match &state.database {
            Some(database) => Arc::clone(database),
            None => Arc::new(self.shared.open()?),
        };
        state.database = Some(Arc::clone(&database));
        state.leases += 1;
        Some(Lease {
            database: Some(database),
            shared: Arc::clone(&self.shared),
            batches: AtomicU32::new(0),
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Option<Database> {
        match create(&self.path) {
            Ok(database) => Some(database),
            Err(Refusal::Busy) => {
                if !self.told_of_other_process.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        file = %self.path.display(),
                        "another process holds the vector cache; embedding without it"
                    );
                }
                None
            }
            Err(Refusal::Damaged(reason)) => {
                set_aside(&self.path, &reason);
                create(&self.path).map_err(|refusal| refusal.log(&self.path)).ok()
            }
            Err(refusal @ Refusal::Unusable(_)) => {
                refusal.log(&self.path);
                None
            }
        }
    }
}

impl Lease {
    /// The vectors kept under `keys`, each of `dimensions`; `None` where there is none.
    pub(crate) fn get(&self, keys: &[Key], dimensions: usize) -> Vec<Option<Vec<f32>>> {
        self.guarded(|database| read(database, keys, dimensions))
            .unwrap_or_else(|| vec![None; keys.len()])
    }

    /// Keeps `vectors`, in one transaction.
    pub(crate) fn put(&self, vectors: &[(Key, &[f32])]) {
        let sync = self.batches.fetch_add(1, Ordering::Relaxed) % BATCHES_PER_SYNC == BATCHES_PER_SYNC - 1;
        let durability = if sync {
            Durability::Immediate
        } else {
            Durability::None
        };
        self.guarded(|database| write(database, vectors, durability));
    }

    /// Runs `work` unless the file has proved damaged. redb trusts a file that was closed cleanly and may
    /// panic on one that was changed since, so a panic means the same as its error.
    fn guarded<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Option<T> {
        let database = self.database.as_deref().filter(|_| !self.shared.lock().damaged)?;
        let reason = match catch_unwind(AssertUnwindSafe(|| work(database))) {
            Ok(Ok(done)) => return Some(done),
            Ok(Err(redb::Error::Io(error))) if !means_damage(error.kind()) => {
                Refusal::Unusable(error.to_string()).log(&self.shared.path);
                return None;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "reading it panicked".to_owned(),
        };
        if !std::mem::replace(&mut self.shared.lock().damaged, true) {
            tracing::warn!(file = %self.shared.path.display(), reason, "the vector cache is damaged");
        }
        None
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Under the lock to its end: a lease taken meanwhile must not find the file half closed.
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        self.database = None;
        state.leases -= 1;
        if state.leases > 0 {
            return;
        }
        if let Some(database) = state.database.take() {
            let damaged = state.damaged;
            let closed = catch_unwind(AssertUnwindSafe(move || {
                if !damaged {
                    let _ = write(&database, &[], Durability::Immediate);
                }
                drop(database);
            }));
            if state.damaged || closed.is_err() {
                set_aside(&shared.path, "it could not be read or closed");
                state.damaged = false;
            }
        }
    }
}

/// Why the file was not opened.
enum Refusal {
    Busy,
    Damaged(String),
    Unusable(String),
}

impl Refusal {
    fn log(&self, path: &Path) {
        let reason = match self {
            Self::Busy => "another process holds it",
            Self::Damaged(reason) | Self::Unusable(reason) => reason,
        };
        tracing::warn!(file = %path.display(), reason, "the vector cache cannot be used; embedding without it");
    }
}

fn create(path: &Path) -> Result<Database, Refusal> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Refusal::Unusable(error.to_string()))?;
    }
    let opened = catch_unwind(AssertUnwindSafe(|| -> Result<Database, redb::Error> {
        let database = Builder::new()
            .set_cache_size(PAGE_CACHE_BYTES)
            .create(path)
            .map_err(|error| match error {
                DatabaseError::Storage(StorageError::Corrupted(reason)) => redb::Error::Corrupted(reason),
                other => other.into(),
            })?;
        // Makes the table, so that reading an empty cache is no error.
        write(&database, &[], Durability::None)?;
        Ok(database)
    }));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(redb::Error::DatabaseAlreadyOpen)) => Err(Refusal::Busy),
        Ok(Err(redb::Error::Io(error))) if !means_damage(error.kind()) => {
            Err(Refusal::Unusable(error.to_string()))
        }
        Ok(Err(error)) => Err(Refusal::Damaged(error.to_string())),
        Err(_) => Err(Refusal::Damaged("opening it panicked".to_owned())),
    }
}

fn means_damage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

/// Moves the file out of the way. One damaged file is kept for whoever wants to look at it.
fn set_aside(path: &Path, reason: &str) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    let moved = std::fs::rename(path, &aside);
    tracing::warn!(
        file = %path.display(),
        moved_to = %Path::new(&aside).display(),
        reason,
        error = moved.err().map(|error| error.to_string()),
        "the vector cache is damaged and begins anew; texts are embedded again as they come"
    );
}

fn read(database: &Database, keys: &[Key], dimensions: usize) -> Result<Vec<Option<Vec<f32>>>, redb::Error> {
    let table = database.begin_read()?.open_table(VECTORS)?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let bytes = table.get(key)?;
        found.push(bytes.and_then(|bytes| decode(bytes.value(), dimensions)));
    }
    Ok(found)
}

fn write(database: &Database, vectors: &[(Key, &[f32])], durability: Durability) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(durability)?;
    {
        let mut table = transaction.open_table(VECTORS)?;
        for (key, vector) in vectors {
            table.insert(key, encode(vector).as_slice())?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Little-endian `f32`s and a checksum.
fn encode(vector: &[f32]) -> Vec<u8> {
    let mut bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    let checksum = checksum(&bytes);
    bytes.extend(checksum);
    bytes
}

/// `None` for a row that was changed or has another length: the text is embedded again.
fn decode(bytes: &[u8], dimensions: usize) -> Option<Vec<f32>> {
    let (values, sum) = bytes.split_at_checked(dimensions * size_of::<f32>())?;
    if sum != checksum(values) {
        return None;
    }
    Some(
        values
            .as_chunks()
            .0
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect(),
    )
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::digest(bytes);
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, VectorCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = VectorCache::new(dir.path().join("vectors.redb"));
        (dir, cache)
    }

    fn fill(cache: &VectorCache, count: u32) {
        let lease = cache.lease().unwrap();
        let rows: Vec<(Key, [f32; 2])> = (0..count)
            .map(|number| (key("m", "document", &number.to_string()), [number as f32, 1.0]))
            .collect();
        for batch in rows.chunks(20) {
            let batch: Vec<(Key, &[f32])> = batch.iter().map(|(key, row)| (*key, row.as_slice())).collect();
            lease.put(&batch);
        }
    }

    fn kept(cache: &VectorCache, number: u32) -> Option<Vec<f32>> {
        let lease = cache.lease().unwrap();
        lease
            .get(&[key("m", "document", &number.to_string())], 2)
            .remove(0)
    }

    #[test]
    fn what_was_kept_is_there_when_opened_again() {
        let (dir, cache) = cache();
        fill(&cache, 40);
        drop(cache);
        let again = VectorCache::new(dir.path().join("vectors.redb"));
        for number in 0..40 {
            assert_eq!(kept(&again, number), Some(vec![number as f32, 1.0]));
        }
        assert_eq!(kept(&again, 40), None);
    }

    #[test]
    fn model_side_and_text_each_make_another_key() {
        let keys = [
            key("m", "document", "t"),
            key("n", "document", "t"),
            key("m", "query", "t"),
            key("m", "document", "u"),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_ne!(key("ab", "c", "d"), key("a", "bc", "d"));
    }

    #[test]
    fn a_file_that_is_no_cache_is_moved_aside_and_replaced() {
        let (dir, cache) = cache();
        std::fs::write(dir.path().join("vectors.redb"), b"this is not a database at all").unwrap();
        fill(&cache, 1);
        assert_eq!(kept(&cache, 0), Some(vec![0.0, 1.0]));
        assert!(dir.path().join("vectors.redb.damaged").exists());
    }

    #[test]
    fn a_cut_or_garbled_file_never_fails_a_call_and_never_gives_a_wrong_vector() {
        for damage in 0..12 {
            let (dir, cache) = cache();
            fill(&cache, 300);
            let path = dir.path().join("vectors.redb");
            let mut bytes = std::fs::read(&path).unwrap();
            let length = bytes.len();
            if damage < 4 {
                bytes.truncate(length * (damage + 1) / 6);
            } else {
                let begin = length * (damage - 4) / 8;
                for (step, byte) in bytes[begin..(begin + 4096).min(length)].iter_mut().enumerate() {
                    *byte ^= step as u8 | 1;
                }
            }
            std::fs::write(&path, bytes).unwrap();
            let keys: Vec<Key> = (0..300)
                .map(|number| key("m", "document", &format!("{number}")))
                .collect();
            let lease = cache.lease().unwrap();
            for (number, vector) in lease.get(&keys, 2).into_iter().enumerate() {
                assert!(
                    vector.is_none_or(|vector| vector == [number as f32, 1.0]),
                    "damage {damage}"
                );
            }
            drop(lease);
            fill(&cache, 300);
            fill(&cache, 300);
            assert_eq!(kept(&cache, 299), Some(vec![299.0, 1.0]), "damage {damage}");
        }
    }

    #[test]
    fn a_second_holder_does_without_and_has_it_when_the_first_is_done() {
        let (dir, first) = cache();
        // Another cache of the same path stands for another process: redb's lock is on the open file.
        let second = VectorCache::new(dir.path().join("vectors.redb"));
        let lease = first.lease().unwrap();
        assert!(second.lease().is_none());
        drop(lease);
        assert!(second.lease().is_some());
    }

    #[test]
    fn a_vector_of_another_length_or_with_a_changed_bit_is_not_used() {
        let mut bytes = encode(&[0.6, 0.8]);
        assert_eq!(decode(&bytes, 2), Some(vec![0.6, 0.8]));
        assert_eq!(decode(&bytes, 3), None);
        bytes[0] ^= 1;
        assert_eq!(decode(&bytes, 2), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_the_cache_only() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), b"").unwrap();
        assert!(
            VectorCache::new(dir.path().join("file/vectors.redb"))
                .lease()
                .is_none()
        );
    }
}
