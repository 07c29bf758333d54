//! Collections: one a generation, under an alias that readers ask.

use super::call::{CallError, Kind, Patience};
use super::lock::{self, Rhythm};
use crate::generation::{name_after, number_of};
use crate::{Bm25Config, DENSE, Quantisation, ServerConfig, WORDS, payload};
use codecite_retrieval::{GenerationId, IndexError};
use qdrant_client::qdrant::{
    BinaryQuantizationBuilder, CollectionStatus, CreateAliasBuilder, CreateCollection,
    CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, Distance, FieldType, HnswConfigDiffBuilder,
    IntegerIndexParamsBuilder, Modifier, OptimizersConfigDiffBuilder, ScalarQuantizationBuilder,
    SparseVectorParamsBuilder, SparseVectorsConfigBuilder, UpdateCollectionBuilder, Value,
    VectorParamsBuilder, VectorsConfigBuilder,
};
use qdrant_client::{Qdrant, QdrantError};
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A client with the patience of its calls.
#[derive(Clone)]
pub(super) struct Server {
    pub client: Qdrant,
    pub patience: Patience,
    pub rhythm: Rhythm,
    pub config: ServerConfig,
}

/// What the alias points to, and what the collection says about itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Live {
    pub collection: String,
    pub id: GenerationId,
    pub model_digest: String,
    pub dimensions: usize,
    pub bm25: Bm25Config,
}

impl Server {
    /// Connects lazily: the first call does.
    pub fn new(config: &ServerConfig, timeout_ms: u64) -> Result<Self, IndexError> {
        let timeout = Duration::from_millis(timeout_ms);
        let mut client = Qdrant::from_url(&config.url)
            // It would print to standard output, which belongs to answers.
            .skip_compatibility_check()
            .timeout(timeout)
            .connect_timeout(Duration::from_millis(config.timeout_ms));
        client.set_pool_size(config.connections);
        if let Some(key) = &config.api_key {
            client.set_api_key(key.expose());
        }
        Ok(Self {
            client: client
                .build()
                .map_err(|error| IndexError::Failed(format!("{}: {error}; set `url`", config.url)))?,
            patience: Patience {
                attempts: config.attempts,
                backoff: Duration::from_millis(config.backoff_ms),
                timeout,
            },
            rhythm: Rhythm::default(),
            config: config.clone(),
        })
    }

    /// Calls with patience and tells faults as callers know them.
    pub async fn call<T, F>(&self, call: impl Fn() -> F) -> Result<T, IndexError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.patience
            .call(call)
            .await
            .map_err(|fault| self.patience.tell(fault))
    }

    /// Like [`Server::call`]; `None` if what is asked for is not there.
    pub async fn find<T, F>(&self, call: impl Fn() -> F) -> Result<Option<T>, IndexError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        match self.patience.call(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(CallError {
                kind: Kind::NotFound, ..
            }) => Ok(None),
            Err(fault) => Err(self.patience.tell(fault)),
        }
    }

    /// What readers are served now; `None` before anything was activated.
    pub async fn live(&self) -> Result<Option<Live>, IndexError> {
        let aliases = self.call(|| self.client.list_aliases()).await?.aliases;
        let alias = aliases
            .into_iter()
            .find(|alias| alias.alias_name == self.config.prefix);
        let Some(alias) = alias else { return Ok(None) };
        let Some(metadata) = self.metadata(&alias.collection_name).await? else {
            return Ok(None);
        };
        self.read_live(alias.collection_name, &metadata).map(Some)
    }

    /// The metadata of a collection; `None` without such a collection.
    pub async fn metadata(&self, collection: &str) -> Result<Option<HashMap<String, Value>>, IndexError> {
        let info = self.find(|| self.client.collection_info(collection)).await?;
        let config = info.and_then(|info| info.result).and_then(|info| info.config);
        Ok(config.map(|config| config.metadata))
    }

    /// Names of all our generations, live or not, oldest first.
    pub async fn generations(&self) -> Result<Vec<String>, IndexError> {
        let mut names = self.collections().await?;
        names.retain(|name| self.number_of(name).is_some());
        names.sort_by_key(|name| self.number_of(name));
        Ok(names)
    }

    /// Names of all our locks.
    pub async fn locks(&self) -> Result<Vec<String>, IndexError> {
        let stem = lock::stem(self);
        let mut names = self.collections().await?;
        names.retain(|name| name.strip_prefix(&stem).is_some_and(|owner| owner.len() == 32));
        Ok(names)
    }

    async fn collections(&self) -> Result<Vec<String>, IndexError> {
        let listed = self.call(|| self.client.list_collections()).await?.collections;
        Ok(listed.into_iter().map(|collection| collection.name).collect())
    }

    /// A name later than all that are in use, and unlike any other.
    pub async fn next_collection(&self) -> Result<String, IndexError> {
        let last = self
            .generations()
            .await?
            .last()
            .and_then(|name| self.number_of(name));
        Ok(format!(
            "{}-{}",
            self.config.prefix,
            name_after(last.unwrap_or(0))
        ))
    }

    /// Makes a collection under a name that nobody else uses.
    pub async fn create_own(&self, request: CreateCollection) -> Result<(), IndexError> {
        let create = || self.client.create_collection(request.clone());
        match self.patience.call(create).await {
            // A first try that was not heard of in time has made it; the name is ours alone.
            Err(fault) if fault.kind == Kind::AlreadyThere => Ok(()),
            made => made.map(|_| ()).map_err(|fault| self.patience.tell(fault)),
        }
    }

    /// Makes an empty collection with its payload indexes.
    pub async fn create(
        &self,
        collection: &str,
        model_digest: &str,
        dimensions: usize,
        bm25: &Bm25Config,
    ) -> Result<(), IndexError> {
        self.create_own(self.creation(collection, model_digest, dimensions, bm25))
            .await?;
        for field in payload::KEYWORDS {
            self.index_field(collection, field, FieldType::Keyword).await?;
        }
        for field in payload::NUMBERS {
            self.index_field(collection, field, FieldType::Integer).await?;
        }
        Ok(())
    }

    /// Points the alias to `collection`: one call, one step for every reader. An alias that is there moves.
    pub async fn point_alias_to(&self, collection: &str) -> Result<(), IndexError> {
        let alias = CreateAliasBuilder::new(collection, &self.config.prefix).build();
        self.call(|| self.client.create_alias(alias.clone()))
            .await
            .map(|_| ())
    }

    /// Removes a collection; that it is not there is no error.
    pub async fn remove(&self, collection: &str) -> Result<(), IndexError> {
        self.find(|| self.client.delete_collection(collection))
            .await
            .map(|_| ())
    }

    /// Removes every generation but `keep`.
    pub async fn remove_all_but(&self, keep: Option<&str>) -> Result<(), IndexError> {
        for name in self.generations().await? {
            if Some(name.as_str()) != keep {
                self.remove(&name).await?;
            }
        }
        Ok(())
    }

    /// Removes what loads have left that never came to their end; call it where no generation is live.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] if a generation is whole: then the alias has been lost, and with it would go
    /// everything that was ever loaded.
    pub async fn remove_unfinished(&self) -> Result<(), IndexError> {
        for name in self.generations().await? {
            let metadata = self.metadata(&name).await?.unwrap_or_default();
            if metadata.contains_key(WHOLE) {
                return Err(IndexError::Damaged(format!(
                    "the alias {} is gone from the Qdrant server, and collection {name} holds a whole generation; \
                     point the alias to it",
                    self.config.prefix
                )));
            }
            self.remove(&name).await?;
        }
        Ok(())
    }

    /// Says of a generation that everything is in it.
    pub async fn mark_whole(&self, collection: &str) -> Result<(), IndexError> {
        let request = UpdateCollectionBuilder::new(collection)
            .metadata(HashMap::from([(WHOLE.to_owned(), json!(true))]))
            .build();
        self.call(|| self.client.update_collection(request.clone()))
            .await
            .map(|_| ())
    }

    /// Waits until the server has built what it builds in the background.
    pub async fn wait_until_built(&self, collection: &str) -> Result<(), IndexError> {
        let limit = Duration::from_millis(self.config.build_timeout_ms);
        let (began, mut pause) = (Instant::now(), Duration::from_millis(20));
        loop {
            let info = self.call(|| self.client.collection_info(collection)).await?;
            let status = info.result.map(|info| info.status()).unwrap_or_default();
            match status {
                CollectionStatus::Green => return Ok(()),
                CollectionStatus::Red => {
                    return Err(IndexError::Failed(format!(
                        "the server cannot build collection {collection}; look at its log"
                    )));
                }
                _ if began.elapsed() > limit => return Err(IndexError::TimedOut(limit)),
                _ => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    fn number_of(&self, collection: &str) -> Option<u64> {
        self.generation_of(collection).and_then(number_of)
    }

    /// What a collection is called as a generation.
    pub fn generation_of<'a>(&self, collection: &'a str) -> Option<&'a str> {
        collection.strip_prefix(&self.config.prefix)?.strip_prefix('-')
    }

    fn read_live(&self, collection: String, metadata: &HashMap<String, Value>) -> Result<Live, IndexError> {
        let damaged = |what: &str| {
            IndexError::Damaged(format!(
                "collection {collection} has no readable `{what}` in its metadata (Qdrant 1.16 or newer is needed)"
            ))
        };
        let field = |name: &str| metadata.get(name).cloned().map(serde_json::Value::from);
        let whole = |name: &str| {
            field(name)
                .and_then(|value| value.as_u64())
                .ok_or_else(|| damaged(name))
        };
        let number = |name: &str| {
            field(name)
                .and_then(|value| value.as_f64())
                .ok_or_else(|| damaged(name))
        };
        if whole(FORMAT)? != payload::FORMAT {
            return Err(IndexError::Damaged(format!(
                "collection {collection} was written by another version of codecite"
            )));
        }
        let id = self
            .generation_of(&collection)
            .filter(|name| number_of(name).is_some())
            .ok_or_else(|| damaged("number"))?;
        Ok(Live {
            id: GenerationId(id.to_owned()),
            model_digest: field(MODEL)
                .and_then(|value| value.as_str().map(str::to_owned))
                .ok_or_else(|| damaged(MODEL))?,
            dimensions: whole(DIMENSIONS)? as usize,
            bm25: Bm25Config {
                average_words: number("average_words")?,
                k1: number("k1")?,
                b: number("b")?,
            },
            collection,
        })
    }

    fn creation(
        &self,
        collection: &str,
        model_digest: &str,
        dimensions: usize,
        bm25: &Bm25Config,
    ) -> CreateCollection {
        let config = &self.config;
        let mut vectors = VectorsConfigBuilder::default();
        let dense =
            VectorParamsBuilder::new(dimensions as u64, Distance::Cosine).on_disk(config.vectors_on_disk);
        vectors.add_named_vector_params(DENSE, dense);
        let mut sparse = SparseVectorsConfigBuilder::default();
        sparse.add_named_vector_params(
            WORDS,
            SparseVectorParamsBuilder::default().modifier(Modifier::Idf),
        );
        let metadata = HashMap::from([
            (FORMAT.to_owned(), json!(payload::FORMAT)),
            (MODEL.to_owned(), json!(model_digest)),
            (DIMENSIONS.to_owned(), json!(dimensions)),
            ("average_words".to_owned(), json!(bm25.average_words)),
            ("k1".to_owned(), json!(bm25.k1)),
            ("b".to_owned(), json!(bm25.b)),
        ]);
        let creation = CreateCollectionBuilder::new(collection)
            .vectors_config(vectors)
            .sparse_vectors_config(sparse)
            .shard_number(config.shards)
            .replication_factor(config.replicas)
            .write_consistency_factor(config.write_consistency)
            .on_disk_payload(config.payload_on_disk)
            .hnsw_config(
                HnswConfigDiffBuilder::default()
                    .m(config.graph.links as u64)
                    .ef_construct(config.graph.build_candidates as u64)
                    .max_indexing_threads(config.graph.build_threads as u64),
            )
            .optimizers_config(
                OptimizersConfigDiffBuilder::default().indexing_threshold(config.graph.threshold_kb as u64),
            )
            .metadata(metadata);
        match config.quantisation {
            Quantisation::None => creation.build(),
            Quantisation::Scalar => creation
                .quantization_config(ScalarQuantizationBuilder::default().always_ram(true))
                .build(),
            Quantisation::Binary => creation
                .quantization_config(BinaryQuantizationBuilder::new(true))
                .build(),
        }
    }

    async fn index_field(&self, collection: &str, field: &str, kind: FieldType) -> Result<(), IndexError> {
        let mut request = CreateFieldIndexCollectionBuilder::new(collection, field, kind).wait(true);
        if kind == FieldType::Integer {
            request = request.field_index_params(IntegerIndexParamsBuilder::new(false, true));
        }
        let request = request.build();
        self.call(|| self.client.create_field_index(request.clone()))
            .await
            .map(|_| ())
    }
}

/// Stands in the metadata of a generation once everything is in it.
const WHOLE: &str = "whole";
const FORMAT: &str = "codecite_format";
const MODEL: &str = "model_digest";
const DIMENSIONS: &str = "dimensions";
