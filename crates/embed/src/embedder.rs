//! What the other rooms hold.

use crate::cache::{self, Key, Lease, VectorCache};
use crate::catalogue::ModelProfile;
use crate::config::{EmbedConfig, Places, cores};
use crate::engine::{Engine, Engines, FastembedEngine};
use crate::error::OpenError;
use crate::load::{Load, Waiting};
use crate::tokens::TokenCounter;
use crate::workers::{OpenEngine, Workers};
use async_trait::async_trait;
use codecite_retrieval::{EmbedError, Embedder};
use moka::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Threads of one session for queries. A lone query is answered in two thirds of the time by two threads, and
/// with as many queries as sessions nothing is lost by them (docs/embedding.md).
const QUERY_THREADS: usize = 2;

/// Sessions for documents are closed when no batch came for so long; they hold about 85 MB each.
const DOCUMENTS_IDLE: Duration = Duration::from_secs(30);

/// Queries longer than this are counted off the async threads.
const LONG_QUERY_BYTES: usize = 8 << 10;

/// A vector is as long as 1 to this much.
const UNIT_TOLERANCE: f32 = 1e-3;

/// One embedding model with its sessions and caches. Clones share everything.
#[derive(Clone)]
pub struct FastEmbedder {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) profile: ModelProfile,
    digest: String,
    engines: Engines,
    counter: TokenCounter,
    queries: Workers,
    documents: Workers,
    query_vectors: Cache<String, Arc<[f32]>>,
    pub(crate) vector_cache: Option<VectorCache>,
    pub(crate) counts: Counts,
}

#[derive(Default)]
pub(crate) struct Counts {
    documents_embedded: AtomicU64,
    pub(crate) documents_cached: AtomicU64,
    queries_embedded: AtomicU64,
    queries_cached: AtomicU64,
}

/// How much work was done and how much was saved, since the embedder was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbedderStatistics {
    /// Documents that the model has read.
    pub documents_embedded: u64,
    /// Documents whose vector came from the cache, or from an equal text of the same call.
    pub documents_cached: u64,
    /// Queries that the model has read.
    pub queries_embedded: u64,
    /// Queries whose vector came from memory.
    pub queries_cached: u64,
}

impl FastEmbedder {
    /// Opens the model that `config` names from the folder that `places` names, after every file was hashed.
    /// Touches no network. Blocks: 0.2 to 0.5 s with the default model (docs/embedding.md).
    ///
    /// # Errors
    /// [`OpenError`] says which file is missing or damaged and what to do.
    pub fn open(config: &EmbedConfig, places: &Places) -> Result<Self, OpenError> {
        let profile = ModelProfile::named(&config.model)?;
        let engines = Engines::new(profile.clone(), places)?;
        let query_sessions = or_default(config.query_sessions, cores().min(4));
        let document_sessions = or_default(config.document_sessions, cores().min(2));
        let document_threads = or_default(config.document_threads, (cores() / document_sessions).max(1));
        // The sessions for queries are opened here, so that what is wrong is said at start and no question
        // waits for one.
        let query_threads = QUERY_THREADS.min(cores());
        let ready = open_sessions(&engines, query_sessions, query_threads)?;
        let counter = match ready.first() {
            Some(session) => session.token_counter().map_err(|error| engines.refused(error))?,
            None => return Err(engines.refused("no session was opened")),
        };
        let failed_to_start = |error: std::io::Error| engines.refused(error);
        let queries = Workers::start(
            "embed-query",
            query_sessions,
            opens(&engines, query_threads, ready),
            None,
        )
        .map_err(failed_to_start)?;
        let loading = opens(&engines, document_threads, Vec::new());
        let documents = Workers::start("embed-load", document_sessions, loading, Some(DOCUMENTS_IDLE))
            .map_err(failed_to_start)?;
        let inner = Inner {
            digest: engines.digest(),
            profile,
            engines,
            counter,
            queries,
            documents,
            query_vectors: Cache::new(config.query_cache_entries),
            vector_cache: places.vector_cache.as_ref().map(VectorCache::new),
            counts: Counts::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Opens one session and embeds a text with it, to see whether the files that setup put in place work
    /// together. Blocks for about half a second with the default model.
    ///
    /// # Errors
    /// As [`FastEmbedder::open`], and [`OpenError::Model`] when the model gives no vector of its length.
    pub fn try_out(config: &EmbedConfig, places: &Places) -> Result<(), OpenError> {
        let profile = ModelProfile::named(&config.model)?;
        let engines = Engines::new(profile.clone(), places)?;
        let text = format!("{}blood pressure", profile.query_prefix());
        match run(&mut engines.open(1)?, &[text], profile.dimensions()) {
            Ok(_) => Ok(()),
            Err(error) => Err(engines.refused(error)),
        }
    }

    /// The model.
    pub fn profile(&self) -> &ModelProfile {
        &self.inner.profile
    }

    /// Counts tokens as the model does.
    pub fn token_counter(&self) -> &TokenCounter {
        &self.inner.counter
    }

    /// Reads all files of the model again and compares them with the digests that setup recorded. Blocks.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] names the file and both digests.
    pub fn verify(&self) -> Result<(), OpenError> {
        self.inner.engines.verify()
    }

    /// How much was embedded and how much came from a cache.
    pub fn statistics(&self) -> EmbedderStatistics {
        let counts = &self.inner.counts;
        EmbedderStatistics {
            documents_embedded: counts.documents_embedded.load(Ordering::Relaxed),
            documents_cached: counts.documents_cached.load(Ordering::Relaxed),
            queries_embedded: counts.queries_embedded.load(Ordering::Relaxed),
            queries_cached: counts.queries_cached.load(Ordering::Relaxed),
        }
    }
}

#[async_trait]
impl Embedder for FastEmbedder {
    fn model_digest(&self) -> &str {
        &self.inner.digest
    }

    fn dimensions(&self) -> usize {
        self.inner.profile.dimensions()
    }

    fn max_tokens(&self) -> usize {
        self.inner.profile.max_tokens()
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        self.inner.count(self.inner.profile.document_prefix(), text)
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let inner = Arc::clone(&self.inner);
        let mut load = off_the_async_threads(move || Load::plan(&inner, texts)).await??;
        // All batches are queued at once; when this future is dropped, those not begun are taken back.
        let waiting: Vec<_> = std::mem::take(&mut load.batches)
            .into_iter()
            .map(|batch| {
                let inner = Arc::clone(&self.inner);
                let lease = load.lease.clone();
                let slots: Vec<usize> = batch.iter().map(|text| text.slot).collect();
                let vectors = self
                    .inner
                    .documents
                    .run(move |engine| inner.embed_batch(engine, batch, lease));
                (slots, vectors)
            })
            .collect();
        for (slots, vectors) in waiting {
            for (slot, vector) in slots.into_iter().zip(vectors.await?) {
                load.vectors[slot] = Some(vector);
            }
        }
        // Closing the cache waits for the disk.
        off_the_async_threads(move || load.finish()).await?
    }

    async fn embed_query(&self, text: &str) -> Result<Arc<[f32]>, EmbedError> {
        let inner = &self.inner;
        if let Some(vector) = inner.query_vectors.get(text) {
            inner.counts.queries_cached.fetch_add(1, Ordering::Relaxed);
            return Ok(vector);
        }
        let tokens = if text.len() > LONG_QUERY_BYTES {
            let (inner, text) = (Arc::clone(inner), text.to_owned());
            off_the_async_threads(move || inner.count(inner.profile.query_prefix(), &text)).await??
        } else {
            inner.count(inner.profile.query_prefix(), text)?
        };
        inner.refuse_too_long(0, tokens)?;
        let prefixed = format!("{}{text}", inner.profile.query_prefix());
        let dimensions = inner.profile.dimensions();
        let vector = inner
            .queries
            .run(move |engine| Ok(run(engine, &[prefixed], dimensions)?.remove(0)))
            .await?;
        inner.counts.queries_embedded.fetch_add(1, Ordering::Relaxed);
        let vector: Arc<[f32]> = vector.into();
        inner.query_vectors.insert(text.to_owned(), Arc::clone(&vector));
        Ok(vector)
    }
}

impl Inner {
    pub(crate) fn count(&self, prefix: &str, text: &str) -> Result<usize, EmbedError> {
        if prefix.is_empty() {
            return self.counter.count(text);
        }
        self.counter.count(&format!("{prefix}{text}"))
    }

    pub(crate) fn refuse_too_long(&self, position: usize, tokens: usize) -> Result<(), EmbedError> {
        let limit = self.profile.max_tokens();
        if tokens > limit {
            Err(EmbedError::TooLong {
                position,
                tokens,
                limit,
            })
        } else {
            Ok(())
        }
    }

    pub(crate) fn document_key(&self, text: &str) -> Key {
        cache::key(&self.digest, "document", text)
    }

    /// Embeds one batch on a worker and keeps its vectors. Looks into the cache again first: another call
    /// may have embedded the same texts while this batch was waiting.
    fn embed_batch(
        &self,
        engine: &mut dyn Engine,
        batch: Vec<Waiting>,
        lease: Option<Arc<Lease>>,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let keys: Vec<Key> = batch.iter().map(|text| text.key).collect();
        let dimensions = self.profile.dimensions();
        let mut vectors = match &lease {
            Some(lease) => lease.get(&keys, dimensions),
            None => vec![None; keys.len()],
        };
        let missing: Vec<usize> = (0..keys.len()).filter(|&at| vectors[at].is_none()).collect();
        let texts: Vec<String> = batch
            .into_iter()
            .enumerate()
            .filter(|(at, _)| vectors[*at].is_none())
            .map(|(_, waiting)| format!("{}{}", self.profile.document_prefix(), waiting.text))
            .collect();
        let counts = &self.counts;
        counts
            .documents_cached
            .fetch_add((keys.len() - missing.len()) as u64, Ordering::Relaxed);
        if !texts.is_empty() {
            let made = run(engine, &texts, dimensions)?;
            counts
                .documents_embedded
                .fetch_add(texts.len() as u64, Ordering::Relaxed);
            if let Some(lease) = &lease {
                let rows: Vec<(Key, &[f32])> = missing
                    .iter()
                    .zip(&made)
                    .map(|(&at, vector)| (keys[at], vector.as_slice()))
                    .collect();
                lease.put(&rows);
            }
            for (at, vector) in missing.into_iter().zip(made) {
                vectors[at] = Some(vector);
            }
        }
        Ok(vectors.into_iter().flatten().collect())
    }
}

/// Runs the model and checks what it gives: as many rows, of the right length, on the unit sphere.
fn run(engine: &mut dyn Engine, texts: &[String], dimensions: usize) -> Result<Vec<Vec<f32>>, EmbedError> {
    let rows = engine.embed(texts).map_err(EmbedError::Model)?;
    let wrong = |what: String| Err(EmbedError::Model(what));
    if rows.len() != texts.len() {
        return wrong(format!("{} texts gave {} vectors", texts.len(), rows.len()));
    }
    for row in &rows {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        if row.len() != dimensions {
            return wrong(format!("a vector has {} dimensions, not {dimensions}", row.len()));
        }
        // NaN is not in the range either.
        if !(1.0 - UNIT_TOLERANCE..=1.0 + UNIT_TOLERANCE).contains(&length) {
            return wrong(format!("a vector has length {length}, not 1"));
        }
    }
    Ok(rows)
}

/// Opens `count` sessions of `threads` threads at the same time.
fn open_sessions(engines: &Engines, count: usize, threads: usize) -> Result<Vec<FastembedEngine>, OpenError> {
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..count)
            .map(|_| scope.spawn(|| engines.open(threads)))
            .collect();
        opening
            .into_iter()
            .map(|session| {
                session
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// How workers open their sessions, of `threads` threads; those in `ready` are open already.
fn opens(engines: &Engines, threads: usize, ready: Vec<FastembedEngine>) -> OpenEngine {
    let engines = engines.clone();
    let ready = Mutex::new(ready);
    Arc::new(move || {
        let taken = ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let engine = match taken {
            Some(engine) => engine,
            None => engines
                .open_later(threads)
                .map_err(|error| EmbedError::Model(error.to_string()))?,
        };
        Ok(Box::new(engine))
    })
}

async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EmbedError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| EmbedError::Model(format!("embedding was interrupted: {error}")))
}

fn or_default(value: usize, default: usize) -> usize {
    if value == 0 { default } else { value }
}
