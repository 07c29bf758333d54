//! A generation being built in a collection of its own.

use super::collections::{Live, Server};
use super::convert::{filter, last_day as last_day_field, passage_id, point, point_id};
use super::lock::LoadLock;
use crate::filter::Conditions;
use crate::payload::{self, Days};
use crate::words::Words;
use async_trait::async_trait;
use codecite_codebook::{EditionId, NaiveDate, PassageId};
use codecite_retrieval::{Filter, Generation, GenerationId, IndexError, IndexedPassage, Load};
use qdrant_client::Payload;
use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::vector_output;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{
    CountPointsBuilder, DeletePointsBuilder, GetPointsBuilder, PayloadIncludeSelector, PointId, PointStruct,
    PointsIdsList, RetrievedPoint, ScrollPoints, ScrollPointsBuilder, SetPayloadPointsBuilder,
    UpsertPointsBuilder, Vector,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Points in one call: about one megabyte.
const POINTS: usize = 256;

pub(super) struct ServerLoad {
    server: Server,
    lock: Option<LoadLock>,
    collection: String,
    model_digest: String,
    dimensions: usize,
    words: Words,
    /// Told when the alias has moved.
    activated: Arc<dyn Fn() + Send + Sync>,
}

impl ServerLoad {
    pub async fn begin(
        server: Server,
        model_digest: &str,
        dimensions: usize,
        activated: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, IndexError> {
        let lock = LoadLock::take(&server).await?;
        let live = server.live().await?;
        match &live {
            Some(live) => server.remove_all_but(Some(&live.collection)).await?,
            None => server.remove_unfinished().await?,
        }
        let copied = live.filter(|live| live.model_digest == model_digest && live.dimensions == dimensions);
        let bm25 = copied
            .as_ref()
            .map_or(&server.config.bm25, |live| &live.bm25)
            .clone();
        let load = Self {
            collection: server.next_collection().await?,
            lock: Some(lock),
            model_digest: model_digest.to_owned(),
            dimensions,
            words: Words::new(&bm25)?,
            server,
            activated,
        };
        load.server
            .create(&load.collection, model_digest, dimensions, &bm25)
            .await?;
        if let Some(live) = copied {
            load.copy(&live).await?;
        }
        Ok(load)
    }

    /// Points go through here: Qdrant cannot copy a collection by itself.
    async fn copy(&self, live: &Live) -> Result<(), IndexError> {
        let mut after = None;
        loop {
            let page = ScrollPointsBuilder::new(&live.collection)
                .limit(POINTS as u32)
                .with_payload(true)
                .with_vectors(true)
                .build();
            let (points, next) = self.scroll(page, after).await?;
            self.write(points.into_iter().map(again).collect::<Result<_, _>>()?)
                .await?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn scroll(
        &self,
        mut page: ScrollPoints,
        after: Option<PointId>,
    ) -> Result<(Vec<RetrievedPoint>, Option<PointId>), IndexError> {
        page.offset = after;
        let answer = self
            .server
            .call(|| self.server.client.scroll(page.clone()))
            .await?;
        Ok((answer.result, answer.next_page_offset))
    }

    async fn write(&self, points: Vec<PointStruct>) -> Result<(), IndexError> {
        if points.is_empty() {
            return Ok(());
        }
        let request = UpsertPointsBuilder::new(&self.collection, points)
            .wait(true)
            .build();
        let write = || self.server.client.upsert_points(request.clone());
        self.server.call(write).await.map(|_| ())
    }

    /// Everything of `edition`, each as `read` reads it from the payload's `fields`.
    async fn all_of<T>(
        &self,
        edition: &EditionId,
        fields: &[&str],
        read: impl Fn(PassageId, Payload) -> Result<T, IndexError>,
    ) -> Result<Vec<T>, IndexError> {
        let of_edition = Conditions::from(&Filter {
            editions: vec![edition.clone()],
            ..Filter::default()
        });
        let fields = PayloadIncludeSelector {
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = ScrollPointsBuilder::new(&self.collection)
                .limit(10_000)
                .filter(filter(&of_edition))
                .with_payload(fields.clone())
                .with_vectors(false)
                .build();
            let (points, next) = self.scroll(page, after).await?;
            for point in points {
                found.push(read(passage_id(point.id)?, Payload::from(point.payload))?);
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn count(&self, conditions: &Conditions) -> Result<u64, IndexError> {
        let request = CountPointsBuilder::new(&self.collection)
            .filter(filter(conditions))
            .exact(true)
            .build();
        let answer = self
            .server
            .call(|| self.server.client.count(request.clone()))
            .await?;
        Ok(answer.result.map_or(0, |result| result.count))
    }

    fn id(&self) -> Option<GenerationId> {
        let name = self.server.generation_of(&self.collection)?;
        Some(GenerationId(name.to_owned()))
    }
}

/// A point that was read, to be written into another collection.
fn again(point: RetrievedPoint) -> Result<PointStruct, IndexError> {
    let id = passage_id(point.id)?;
    let Some(VectorsOptions::Vectors(named)) = point.vectors.and_then(|vectors| vectors.vectors_options)
    else {
        return Err(IndexError::Damaged(format!("passage {id} has lost its vectors")));
    };
    let vectors: HashMap<String, Vector> = named
        .vectors
        .into_iter()
        .map(|(name, vector)| (name, written(vector.into_vector())))
        .collect();
    Ok(PointStruct::new(
        point_id(id),
        vectors,
        Payload::from(point.payload),
    ))
}

fn written(vector: vector_output::Vector) -> Vector {
    match vector {
        vector_output::Vector::Dense(dense) => dense.into(),
        vector_output::Vector::Sparse(sparse) => sparse.into(),
        vector_output::Vector::MultiDense(many) => many.into(),
    }
}

fn these(ids: &[PassageId]) -> PointsSelectorOneOf {
    PointsSelectorOneOf::Points(PointsIdsList {
        ids: ids.iter().map(|id| point_id(*id)).collect(),
    })
}

#[async_trait]
impl Load for ServerLoad {
    async fn holds(&self, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError> {
        let mut held = HashSet::new();
        for ids in ids.chunks(10_000) {
            let points: Vec<PointId> = ids.iter().map(|id| point_id(*id)).collect();
            let request = GetPointsBuilder::new(&self.collection, points)
                .with_payload(false)
                .with_vectors(false)
                .build();
            let answer = self
                .server
                .call(|| self.server.client.get_points(request.clone()))
                .await?;
            for point in answer.result {
                held.insert(passage_id(point.id)?);
            }
        }
        Ok(held)
    }

    async fn ids_of(&self, edition: &EditionId) -> Result<HashSet<PassageId>, IndexError> {
        self.all_of(edition, &[], |id, _| Ok(id))
            .await
            .map(HashSet::from_iter)
    }

    async fn upsert(&mut self, passages: Vec<IndexedPassage>) -> Result<(), IndexError> {
        let expected = self.dimensions;
        if let Some(wrong) = passages.iter().find(|passage| passage.vector.len() != expected) {
            return Err(IndexError::Dimensions {
                expected,
                given: wrong.vector.len(),
            });
        }
        let mut passages = passages.into_iter().peekable();
        while passages.peek().is_some() {
            let chunk = passages.by_ref().take(POINTS);
            let points = chunk.map(|passage| point(passage, &self.words)).collect();
            self.write(points).await?;
        }
        Ok(())
    }

    async fn delete(&mut self, ids: &[PassageId]) -> Result<(), IndexError> {
        for ids in ids.chunks(POINTS) {
            let request = DeletePointsBuilder::new(&self.collection)
                .points(these(ids))
                .wait(true)
                .build();
            let delete = || self.server.client.delete_points(request.clone());
            self.server.call(delete).await?;
        }
        Ok(())
    }

    async fn end_edition(
        &mut self,
        edition: &EditionId,
        last_day: Option<NaiveDate>,
    ) -> Result<(), IndexError> {
        let days = |id, fields: Payload| Ok((id, Days::read(id, &fields.into())?));
        let stored = self.all_of(edition, &Days::FIELDS, days).await?;
        for ((_, to), ids) in payload::moved_ends(edition, stored, last_day)? {
            for ids in ids.chunks(POINTS) {
                let request = SetPayloadPointsBuilder::new(&self.collection, last_day_field(to))
                    .points_selector(these(ids))
                    .wait(true)
                    .build();
                let set = || self.server.client.set_payload(request.clone());
                self.server.call(set).await?;
            }
        }
        Ok(())
    }

    async fn activate(mut self: Box<Self>) -> Result<Generation, IndexError> {
        self.server.wait_until_built(&self.collection).await?;
        let generation = Generation {
            id: self.id(),
            passages: self.count(&Conditions::default()).await?,
            model_digest: Some(self.model_digest.clone()),
        };
        self.server.mark_whole(&self.collection).await?;
        if let Some(lock) = &self.lock {
            lock.still_holds().await?;
        }
        self.server.point_alias_to(&self.collection).await?;
        (self.activated)();
        // From here on the load has succeeded; what is left over is seen to by the next one.
        if let Err(error) = self.tidy_up().await {
            tracing::warn!(%error, "a load is activated, and not everything after it went well");
        }
        Ok(generation)
    }
}

impl ServerLoad {
    async fn tidy_up(&mut self) -> Result<(), IndexError> {
        self.server.remove_all_but(Some(&self.collection)).await?;
        match self.lock.take() {
            Some(lock) => lock.release().await,
            None => Ok(()),
        }
    }
}

impl Drop for ServerLoad {
    /// An abandoned load tidies up behind itself if it still can; if not, the next load does.
    fn drop(&mut self) {
        let (Some(lock), Ok(runtime)) = (self.lock.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (server, collection) = (self.server.clone(), self.collection.clone());
        runtime.spawn(async move {
            // The alias may have moved already, when activating failed on what comes after.
            let live = server.live().await;
            if matches!(&live, Ok(live) if live.as_ref().is_none_or(|live| live.collection != collection)) {
                let _ = server.remove(&collection).await;
            }
            let _ = lock.release().await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stub::Stub;
    use super::*;
    use crate::ServerIndex;
    use codecite_retrieval::PassageIndex;

    async fn begin(server: &Server) -> Result<ServerLoad, IndexError> {
        ServerLoad::begin(server.clone(), "model", 2, Arc::new(|| ())).await
    }

    /// Stops a load as a kill does: nothing of it is tidied up, and its heart stands still.
    fn kill(mut load: ServerLoad) -> String {
        if let Some(lock) = load.lock.take() {
            lock.kill();
        }
        load.collection.clone()
    }

    #[tokio::test]
    async fn a_killed_load_is_removed_and_its_name_is_not_used_again() {
        let (stub, server) = Stub::connected().await;
        let killed = kill(begin(&server).await.expect("a load"));
        let next = begin(&server).await.expect("taken over");
        assert_ne!(next.collection, killed);
        assert!(!stub.names().contains(&killed));
        let activated = Box::new(next).activate().await.expect("activated");
        assert_eq!(
            stub.names(),
            [format!("codecite-{}", activated.id.expect("an id"))],
            "nothing but the generation is left"
        );
    }

    #[tokio::test]
    async fn a_load_that_was_passed_over_is_not_activated() {
        let (_stub, server) = Stub::connected().await;
        let take_its_lock = || async {
            let lock = server.locks().await.expect("names").remove(0);
            server.remove(&lock).await.expect("taken from it");
        };
        let stopped = begin(&server).await.expect("a load");
        take_its_lock().await;
        let refused = Box::new(stopped).activate().await;
        assert!(matches!(refused, Err(IndexError::LoadUnderWay(_))), "{refused:?}");
        assert_eq!(server.live().await.expect("an answer"), None);

        let stopped = begin(&server).await.expect("a load");
        take_its_lock().await;
        let next = begin(&server).await.expect("another load");
        assert!(
            Box::new(stopped).activate().await.is_err(),
            "its collection is gone"
        );
        let generation = Box::new(next).activate().await.expect("activated");
        let live = server.live().await.expect("an answer");
        assert_eq!(live.map(|live| live.id), generation.id);
    }

    #[tokio::test]
    async fn a_lost_alias_costs_no_generation_until_the_operator_says_so() {
        let (stub, server) = Stub::connected().await;
        let load = begin(&server).await.expect("a load");
        Box::new(load).activate().await.expect("activated");
        let whole = stub.names();
        stub.lose_aliases();
        let error = begin(&server).await.err().expect("refused").to_string();
        assert!(
            error.contains("alias") && error.contains(&whole[0]) && error.contains("--from-nothing"),
            "{error}"
        );
        assert!(stub.names().contains(&whole[0]));
        let mut index = ServerIndex::new(&server.config).expect("a possible configuration");
        index.writes.rhythm = server.rhythm;
        index.discard().await.expect("discarded");
        assert!(stub.names().is_empty());
        let generation = Box::new(begin(&server).await.expect("from nothing"))
            .activate()
            .await
            .expect("activated");
        assert_eq!(index.generation().await.expect("a generation"), generation);
    }
}
