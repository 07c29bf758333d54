//! The embedded index: Qdrant Edge, one shard a generation.

mod layout;
mod load;
mod periods;
mod query;
mod shard;
mod tree;
mod view;

use crate::filter::Conditions;
use crate::plan::Plan;
use crate::words::Words;
use crate::{ConfigError, EdgeConfig};
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use codecite_codebook::PassageId;
use codecite_retrieval::{Filter, Generation, Hit, IndexError, Load, Page, PassageIndex, SearchRequest};
use layout::Layout;
use load::EdgeLoad;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Instant;
use view::View;

/// The index inside the process. Several processes may read one directory at a time, and one may load.
///
/// A reader notices within [`EdgeConfig::refresh_ms`] of its next question that another process has
/// activated a generation, opens it beside the old one and switches over. The old one goes when its last
/// question is answered.
#[derive(Clone, Debug)]
pub struct EdgeIndex(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    layout: Layout,
    config: EdgeConfig,
    words: Words,
    live: ArcSwapOption<View>,
    opened: Instant,
    /// When CURRENT was last looked at, in milliseconds after `opened`.
    looked_ms: AtomicU64,
    /// Held by whoever opens a view to switch to it.
    switching: Mutex<()>,
}

impl EdgeIndex {
    /// Opens the index in `directory`, which is made if it is missing.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] if what is there cannot be read, [`IndexError::Failed`] for a configuration
    /// that cannot be and for faults of the file system.
    pub async fn open(directory: &Path, config: EdgeConfig) -> Result<Self, IndexError> {
        config
            .check()
            .map_err(|error: ConfigError| IndexError::Failed(error.to_string()))?;
        let directory = directory.to_owned();
        blocking(move || {
            let layout = Layout::create(&directory)?;
            let live = View::open(&layout, &config)?;
            Ok(Self(Arc::new(Inner {
                words: Words::new(&config.bm25)?,
                layout,
                config,
                live: ArcSwapOption::new(live),
                opened: Instant::now(),
                looked_ms: AtomicU64::new(0),
                switching: Mutex::new(()),
            })))
        })
        .await
    }

    /// Reads what the first searches would otherwise wait for; call it before a service says that it is
    /// ready. A generation that is switched to later is warmed before.
    pub async fn warm(&self) -> Result<(), IndexError> {
        self.reading(|_, view| match view {
            Some(view) => view.warm(),
            None => Ok(()),
        })
        .await
    }

    /// Removes everything that was ever loaded into `directory`, so that a load begins from nothing: the way
    /// out when [`EdgeIndex::open`] says that the index is damaged. Who reads it goes on reading.
    ///
    /// # Errors
    /// [`IndexError::LoadUnderWay`] while somebody loads.
    pub async fn discard(directory: &Path) -> Result<(), IndexError> {
        let directory = directory.to_owned();
        blocking(move || {
            let layout = Layout::create(&directory)?;
            let _lock = layout.lock_load()?;
            layout.switch_to_nothing()?;
            layout.remove_old_generations()
        })
        .await
    }

    /// Asks the live view, off the async threads.
    async fn reading<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Inner, Option<&View>) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        self.0.look();
        let inner = Arc::clone(&self.0);
        // The view is taken inside, so that the last question on an old one also closes it there.
        blocking(move || ask(&inner, inner.live.load_full().as_deref())).await
    }
}

impl Inner {
    /// Looks once in a while whether another generation is live, and if so opens it in the background.
    fn look(self: &Arc<Self>) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last = self.looked_ms.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= self.config.refresh_ms;
        let mine = || {
            self.looked_ms
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        if due && mine() {
            let inner = Arc::clone(self);
            tokio::task::spawn_blocking(move || inner.refresh());
        }
    }

    fn refresh(&self) {
        let _turn = match self.switching.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            // Somebody is switching already.
            Err(TryLockError::WouldBlock) => return,
        };
        let switched = self.layout.current().and_then(|id| match id {
            Some(id) if self.live.load().as_ref().is_none_or(|view| view.id != id) => self.switch(),
            _ => Ok(()),
        });
        if let Err(error) = switched {
            tracing::warn!(%error, "cannot switch to the new generation; the old one is still served");
        }
    }

    /// Opens what is live on disk and makes it live here.
    fn switch(&self) -> Result<(), IndexError> {
        let view = View::open(&self.layout, &self.config)?;
        if let Some(view) = &view {
            view.warm()?;
            tracing::info!(generation = %view.id, passages = view.passages, "serving another generation");
        }
        self.live.store(view);
        Ok(())
    }

    fn switch_now(&self) -> Result<(), IndexError> {
        let _turn = self.switching.lock().unwrap_or_else(PoisonError::into_inner);
        self.switch()
    }

    /// Makes live here what is live on disk, if it is another generation.
    fn catch_up(&self) -> Result<(), IndexError> {
        let current = self.layout.current()?;
        match current == self.live.load().as_ref().map(|view| view.id.clone()) {
            true => Ok(()),
            false => self.switch_now(),
        }
    }
}

#[async_trait]
impl PassageIndex for EdgeIndex {
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        let request = request.clone();
        self.reading(move |inner, view| {
            let dimensions = view.map(|view| view.meta.dimensions);
            let plan = Plan::new(&request, &inner.words, dimensions)?;
            let Some(view) = view else {
                return Ok(Vec::new());
            };
            let conditions = Conditions::from(&request.filter);
            let candidates = inner.config.graph.search_candidates;
            query::search(
                &view.shard,
                plan,
                &conditions,
                &request.fusion,
                candidates,
                request.limit,
            )
        })
        .await
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let conditions = Conditions::from(filter);
        self.reading(move |_, view| match view {
            Some(view) => query::list(&view.shard, &conditions, after, limit),
            None => Ok(Page {
                passages: Vec::new(),
                next: None,
            }),
        })
        .await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, IndexError> {
        let conditions = Conditions::from(filter);
        self.reading(move |_, view| match view {
            Some(view) => query::count(&view.shard, &conditions),
            None => Ok(0),
        })
        .await
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        self.reading(|_, view| Ok(generation(view))).await
    }

    async fn begin(&self, model_digest: &str, dimensions: usize) -> Result<Box<dyn Load>, IndexError> {
        let (inner, model_digest) = (Arc::clone(&self.0), model_digest.to_owned());
        let load = blocking(move || EdgeLoad::begin(inner, &model_digest, dimensions)).await?;
        Ok(Box::new(load))
    }
}

fn generation(view: Option<&View>) -> Generation {
    Generation {
        id: view.map(|view| view.id.clone()),
        passages: view.map_or(0, |view| view.passages),
        model_digest: view.map(|view| view.meta.model_digest.clone()),
    }
}

/// Runs what blocks on a thread that may.
///
/// Also the short look-ups: handing over costs 7 to 25 µs where a look-up by code takes 70 to 100 with its
/// passage read and checked (`examples/measure.rs`, 95,458 titles, two busy cores), and an async thread that
/// waits for a page of the disk would hold up every stream it carries.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(IndexError::Failed(format!("the embedded index stopped: {error}"))))
}
