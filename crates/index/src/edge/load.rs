//! A generation being built, beside the one that is read.

use super::layout::{Layout, failed};
use super::shard::{Meta, OpenShard, Purpose, make_indexes, seal, unhappy};
use super::{Inner, blocking, periods, query, tree};
use crate::filter::Conditions;
use crate::words::Words;
use crate::{DENSE, WORDS, payload};
use async_trait::async_trait;
use codecite_codebook::{EditionId, NaiveDate, PassageId};
use codecite_retrieval::{Filter, Generation, IndexError, IndexedPassage, Load};
use qdrant_edge::{
    Payload, PayloadOps, PointInsertOperations, PointOperations, PointStruct, SetPayloadOp, UpdateOperation,
    Vector, Vectors,
};
use serde_json::Value;
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// One load. Everything it does to the shard happens on threads that may block, one thing at a time.
pub(super) struct EdgeLoad {
    inner: Arc<Inner>,
    words: Arc<Words>,
    dimensions: usize,
    work: Arc<Mutex<Work>>,
}

/// Dropped in this order: the shard closes, its directory goes, the lock opens.
struct Work {
    shard: Option<OpenShard>,
    meta: Meta,
    building: Building,
    _lock: File,
}

/// The directory of a generation that has no name yet.
struct Building(PathBuf);

impl Drop for Building {
    fn drop(&mut self) {
        tree::remove(&self.0);
    }
}

/// Points in one operation: large enough to write quickly, small enough to keep memory flat.
const POINTS: usize = 512;

impl EdgeLoad {
    pub fn begin(inner: Arc<Inner>, model_digest: &str, dimensions: usize) -> Result<Self, IndexError> {
        let lock = inner.layout.lock_load()?;
        // Whoever loads compares what it brings with what this handle reads; until now that may have been a
        // generation that another process has replaced.
        inner.catch_up()?;
        inner.layout.remove_old_generations()?;
        let work = Work::begin(&inner, lock, model_digest, dimensions)?;
        Ok(Self {
            words: Arc::new(Words::new(&work.meta.bm25())?),
            inner,
            dimensions,
            work: Arc::new(Mutex::new(work)),
        })
    }

    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Work) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let work = Arc::clone(&self.work);
        blocking(move || act(&mut work.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

impl Work {
    fn begin(inner: &Inner, lock: File, model_digest: &str, dimensions: usize) -> Result<Self, IndexError> {
        let config = &inner.config;
        let directory = inner
            .layout
            .generations()
            .join(format!(".building-{}", std::process::id()));
        tree::remove(&directory);
        let building = Building(directory.clone());
        let (shard, meta) = match copyable(&inner.layout, model_digest, dimensions)? {
            Some((live, meta)) => {
                tree::copy(&live, &directory)?;
                let shard = OpenShard::open(&directory, config, &meta, Purpose::Write)?;
                (shard, meta)
            }
            None => {
                fs::create_dir(&directory).map_err(failed("create", &directory))?;
                let meta = Meta::new(model_digest, dimensions, config);
                (OpenShard::create(&directory, config, &meta)?, meta)
            }
        };
        let mut work = Self {
            shard: Some(shard),
            meta,
            building,
            _lock: lock,
        };
        for operation in make_indexes()? {
            work.apply(operation)?;
        }
        Ok(work)
    }

    fn shard(&self) -> Result<&OpenShard, IndexError> {
        self.shard
            .as_ref()
            .ok_or_else(|| IndexError::Failed("this load has ended; begin another".into()))
    }

    fn apply(&mut self, operation: UpdateOperation) -> Result<(), IndexError> {
        self.shard()?.update(operation).map_err(unhappy)?;
        self.meta.operations += 1;
        Ok(())
    }

    fn upsert(&mut self, points: Vec<PointStruct>) -> Result<(), IndexError> {
        let points = points.into_iter().map(Into::into).collect();
        self.apply(UpdateOperation::PointOperation(PointOperations::UpsertPoints(
            PointInsertOperations::PointsList(points),
        )))
    }

    fn end(&mut self, edition: &EditionId, last_day: Option<NaiveDate>) -> Result<(), IndexError> {
        let stored = query::days_of(self.shard()?, edition)?;
        for ((from, to), ids) in payload::moved_ends(edition, stored, last_day)? {
            let range = Payload(periods::range(from, to));
            for ids in ids.chunks(POINTS) {
                self.apply(UpdateOperation::PayloadOperation(PayloadOps::SetPayload(
                    SetPayloadOp {
                        payload: range.clone(),
                        points: Some(ids.iter().map(|id| query::point_id(*id)).collect()),
                        filter: None,
                        key: None,
                    },
                )))?;
            }
        }
        Ok(())
    }

    /// Finishes the generation, names it and makes it the live one.
    fn finish(&mut self, inner: &Inner) -> Result<Generation, IndexError> {
        let shard = self.shard.take();
        let shard = shard.ok_or_else(|| IndexError::Failed("this load has ended; begin another".into()))?;
        shard.optimize().map_err(unhappy)?;
        let built = query::count(&shard, &Conditions::default())?;
        drop(shard);
        let directory = &self.building.0;
        let stored = seal(directory, &inner.config, &self.meta)?;
        if stored != built {
            return Err(IndexError::Failed(format!(
                "{built} passages were built and {stored} were stored; is the disk full? The generation before stays live"
            )));
        }
        self.meta.write(directory)?;
        tree::make_durable(directory)?;
        let id = inner.layout.next_id()?;
        let named = inner.layout.generation(&id);
        fs::rename(directory, &named).map_err(failed("rename", directory))?;
        tree::sync(&inner.layout.generations())?;
        inner.layout.switch_to(&id)?;
        Ok(Generation {
            id: Some(id),
            passages: stored,
            model_digest: Some(self.meta.model_digest.clone()),
        })
    }
}

/// Where the live generation lies, if a load with this model can go on from it.
fn copyable(
    layout: &Layout,
    model_digest: &str,
    dimensions: usize,
) -> Result<Option<(PathBuf, Meta)>, IndexError> {
    let Some(id) = layout.current()? else {
        return Ok(None);
    };
    let live = layout.generation(&id);
    let meta = Meta::read(&live)?;
    let fits = meta.model_digest == model_digest && meta.dimensions == dimensions;
    Ok(fits.then_some((live, meta)))
}

#[async_trait]
impl Load for EdgeLoad {
    async fn holds(&self, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError> {
        let ids = ids.to_vec();
        self.with(move |work| query::holds(work.shard()?, &ids)).await
    }

    async fn ids_of(&self, edition: &EditionId) -> Result<HashSet<PassageId>, IndexError> {
        let conditions = Conditions::from(&Filter {
            editions: vec![edition.clone()],
            ..Filter::default()
        });
        self.with(move |work| query::ids(work.shard()?, &conditions).map(HashSet::from_iter))
            .await
    }

    async fn upsert(&mut self, passages: Vec<IndexedPassage>) -> Result<(), IndexError> {
        let expected = self.dimensions;
        if let Some(wrong) = passages.iter().find(|passage| passage.vector.len() != expected) {
            return Err(IndexError::Dimensions {
                expected,
                given: wrong.vector.len(),
            });
        }
        let words = Arc::clone(&self.words);
        self.with(move |work| {
            let mut passages = passages.into_iter().peekable();
            while passages.peek().is_some() {
                let chunk = passages.by_ref().take(POINTS);
                let points = chunk
                    .map(|passage| point(passage, &words))
                    .collect::<Result<_, _>>()?;
                work.upsert(points)?;
            }
            Ok(())
        })
        .await
    }

    async fn delete(&mut self, ids: &[PassageId]) -> Result<(), IndexError> {
        let ids = ids.to_vec();
        self.with(move |work| {
            for ids in ids.chunks(POINTS) {
                let ids = ids.iter().map(|id| query::point_id(*id)).collect();
                work.apply(UpdateOperation::PointOperation(PointOperations::DeletePoints {
                    ids,
                }))?;
            }
            Ok(())
        })
        .await
    }

    async fn end_edition(
        &mut self,
        edition: &EditionId,
        last_day: Option<NaiveDate>,
    ) -> Result<(), IndexError> {
        let edition = edition.clone();
        self.with(move |work| work.end(&edition, last_day)).await
    }

    async fn activate(self: Box<Self>) -> Result<Generation, IndexError> {
        let inner = Arc::clone(&self.inner);
        self.with(move |work| {
            let generation = work.finish(&inner)?;
            // From here on the load has succeeded, whatever becomes of what is left to do.
            if let Err(error) = inner
                .switch_now()
                .and_then(|()| inner.layout.remove_old_generations())
            {
                tracing::warn!(%error, "a load is activated, and not everything after it went well");
            }
            Ok(generation)
        })
        .await
    }
}

fn point(passage: IndexedPassage, words: &Words) -> Result<PointStruct, IndexError> {
    let sparse = words.document(&passage.words);
    let mut vectors = vec![(DENSE, Vector::new_dense(passage.vector))];
    if !sparse.indices.is_empty() {
        let sparse = Vector::new_sparse(sparse.indices, sparse.values).map_err(unhappy)?;
        vectors.push((WORDS, sparse));
    }
    let range = passage.passage.effective;
    let to = range.to().map_or(payload::OPEN, payload::day_number);
    let mut fields = payload::write(&passage.passage);
    fields.extend(periods::range(payload::day_number(range.from()), to));
    Ok(PointStruct::new(
        query::point_id(passage.passage.id()),
        Vectors::new_named(vectors),
        Value::Object(fields),
    ))
}
