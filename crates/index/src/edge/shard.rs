//! One Qdrant Edge shard: how it is made, opened and closed.

use super::layout::failed;
use super::periods::{PERIOD, Periods};
use super::query;
use crate::filter::Conditions;
use crate::{Bm25Config, DENSE, EdgeConfig, VectorPrecision, WORDS, payload};
use codecite_retrieval::IndexError;
use qdrant_edge::{
    CreateIndex, Distance, EdgeOptimizersConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams,
    FieldIndexOperations, HnswIndexConfig, KeywordIndexParams, Modifier, OperationError, PayloadFieldSchema,
    PayloadSchemaParams, UpdateOperation, VectorStorageDatatype, WalOptions,
};
use serde::{Deserialize, Serialize};
use std::fs;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// What a generation says about itself, in `generation.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Meta {
    pub format: u64,
    pub model_digest: String,
    pub dimensions: usize,
    /// How its vectors are kept: as in the first load, for they cannot be mixed in one shard.
    #[serde(default = "precision_before_it_was_recorded")]
    pub vector_precision: VectorPrecision,
    /// How it weighs words: those of the first load, kept by every copy.
    pub average_words: f64,
    pub k1: f64,
    pub b: f64,
    /// How many operations made it. Qdrant ignores an operation that is numbered lower than what a point
    /// has seen already, so the next load has to count on from here.
    pub operations: u64,
}

impl Meta {
    pub fn new(model_digest: &str, dimensions: usize, config: &EdgeConfig) -> Self {
        let bm25 = &config.bm25;
        Self {
            format: payload::FORMAT,
            model_digest: model_digest.to_owned(),
            dimensions,
            vector_precision: config.vector_precision,
            average_words: bm25.average_words,
            k1: bm25.k1,
            b: bm25.b,
            operations: 0,
        }
    }

    pub fn bm25(&self) -> Bm25Config {
        Bm25Config {
            average_words: self.average_words,
            k1: self.k1,
            b: self.b,
        }
    }

    pub fn read(generation: &Path) -> Result<Self, IndexError> {
        let path = generation.join(META);
        let bytes = fs::read(&path)
            .map_err(|error| IndexError::Damaged(format!("{} cannot be read ({error})", path.display())))?;
        let meta: Self = serde_json::from_slice(&bytes)
            .map_err(|error| IndexError::Damaged(format!("{} is not readable: {error}", path.display())))?;
        if meta.format != payload::FORMAT {
            return Err(IndexError::Damaged(format!(
                "{} has format {}, this version reads {}",
                path.display(),
                meta.format,
                payload::FORMAT
            )));
        }
        Ok(meta)
    }

    pub fn write(&self, generation: &Path) -> Result<(), IndexError> {
        let path = generation.join(META);
        let json = serde_json::to_vec_pretty(self).map_err(|error| IndexError::Failed(error.to_string()))?;
        fs::write(&path, json).map_err(failed("write", &path))
    }
}

fn precision_before_it_was_recorded() -> VectorPrecision {
    VectorPrecision::Single
}

const META: &str = "generation.json";
const WAL: &str = "wal";

/// What is to happen to a shard while it is open; it decides how much room its write-ahead log gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A load writes to it.
    Write,
    /// It is only read. The log stays empty.
    Read,
}

/// An open shard.
///
/// Closing flushes, and `EdgeShard` panics when that fails (a full disk). A reader loses nothing then and
/// a load has flushed before, so the panic stops here.
#[derive(Debug)]
pub(super) struct OpenShard {
    shard: Option<EdgeShard>,
    /// The effective ranges in it when it was opened to be read.
    pub periods: Periods,
}

impl OpenShard {
    /// Makes an empty shard in `directory`, which exists.
    pub fn create(directory: &Path, config: &EdgeConfig, meta: &Meta) -> Result<Self, IndexError> {
        EdgeShard::new(directory, qdrant_config(config, meta, Purpose::Write))
            .map(|shard| Self {
                shard: Some(shard),
                periods: Periods::default(),
            })
            .map_err(unhappy)
    }

    /// Opens what is in `directory`.
    pub fn open(
        directory: &Path,
        config: &EdgeConfig,
        meta: &Meta,
        purpose: Purpose,
    ) -> Result<Self, IndexError> {
        EdgeShard::load(directory, Some(qdrant_config(config, meta, purpose)))
            .map_err(|error| IndexError::Damaged(format!("{}: {error}", directory.display())))
            .and_then(|shard| {
                Ok(Self {
                    periods: match purpose {
                        Purpose::Read => Periods::of(&shard)?,
                        Purpose::Write => Periods::default(),
                    },
                    shard: Some(shard),
                })
            })
    }
}

impl Deref for OpenShard {
    type Target = EdgeShard;

    fn deref(&self) -> &EdgeShard {
        match &self.shard {
            Some(shard) => shard,
            None => unreachable!("a shard is taken out by drop only"),
        }
    }
}

impl Drop for OpenShard {
    fn drop(&mut self) {
        let shard = self.shard.take();
        if catch_unwind(AssertUnwindSafe(|| drop(shard))).is_err() {
            tracing::warn!("an embedded index was not flushed when it was closed; is the disk full?");
        }
    }
}

/// Empties a closed shard's write-ahead log, and lets it count on from `operations`.
///
/// Every point is in the segments and nothing ever replays the log, which is as large as all that was
/// loaded. But operations are numbered by it, so an empty log that begins at `meta.operations` takes its
/// place: the empty file `open-1` of a fresh log under the name of a closed one.
pub(super) fn seal(directory: &Path, config: &EdgeConfig, meta: &Meta) -> Result<u64, IndexError> {
    let wal = directory.join(WAL);
    fs::remove_dir_all(&wal).map_err(failed("remove", &wal))?;
    // Opening it once more makes the fresh log and proves that what will be activated can be opened.
    let shard = OpenShard::open(directory, config, meta, Purpose::Read)?;
    let passages = query::count(&shard, &Conditions::default())?;
    drop(shard);
    let mut fresh: Vec<PathBuf> = fs::read_dir(&wal)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(failed("read", &wal))?;
    fresh.retain(|path| file_name(path).starts_with("open-"));
    let first = fresh
        .pop()
        .ok_or_else(|| IndexError::Failed(format!("{} was not made anew", wal.display())))?;
    fs::rename(&first, wal.join(format!("closed-{}", meta.operations))).map_err(failed("rename", &first))?;
    for path in fresh {
        fs::remove_file(&path).map_err(failed("remove", &path))?;
    }
    Ok(passages)
}

/// Translates what Qdrant says.
pub(super) fn unhappy(error: OperationError) -> IndexError {
    match error {
        OperationError::WrongVectorDimension {
            expected_dim,
            received_dim,
        } => IndexError::Dimensions {
            expected: expected_dim,
            given: received_dim,
        },
        OperationError::InconsistentStorage { description } => IndexError::Damaged(description),
        other => IndexError::Failed(other.to_string()),
    }
}

fn qdrant_config(config: &EdgeConfig, meta: &Meta, purpose: Purpose) -> qdrant_edge::EdgeConfig {
    let dense = EdgeVectorParams::builder(meta.dimensions, Distance::Cosine)
        .datatype(match meta.vector_precision {
            VectorPrecision::Half => VectorStorageDatatype::Float16,
            VectorPrecision::Single => VectorStorageDatatype::Float32,
        })
        .on_disk(config.vectors_on_disk)
        .build();
    let words = EdgeSparseVectorParams::builder().modifier(Modifier::Idf).build();
    let segment_capacity = match purpose {
        Purpose::Write => 32 << 20,
        Purpose::Read => 4 << 10,
    };
    qdrant_edge::EdgeConfig::builder()
        .vector(DENSE, dense)
        .sparse_vector(WORDS, words)
        .on_disk_payload(config.payload_on_disk)
        .hnsw_config(HnswIndexConfig {
            m: config.graph.links,
            ef_construct: config.graph.build_candidates,
            max_indexing_threads: config.graph.build_threads,
            ..HnswIndexConfig::default()
        })
        .optimizers(EdgeOptimizersConfig {
            indexing_threshold: Some(config.graph.threshold_kb),
            // One graph over everything: every further segment costs every search another descent.
            default_segment_number: Some(1),
            max_segment_size: Some(1 << 30),
            ..EdgeOptimizersConfig::default()
        })
        .wal_options(WalOptions {
            segment_capacity,
            segment_queue_len: 0,
            retain_closed: NonZeroUsize::MIN,
        })
        .build()
}

/// The operations that make the payload indexes. A segment that has them already ignores them; the empty
/// one that opening an optimised shard adds for new points has none, so every load begins with these.
pub(super) fn make_indexes() -> Result<Vec<UpdateOperation>, IndexError> {
    schema()
        .map(|(name, schema)| {
            let index = CreateIndex {
                field_name: query::field(name)?,
                field_schema: Some(PayloadFieldSchema::FieldParams(schema)),
            };
            Ok(UpdateOperation::FieldIndexOperation(
                FieldIndexOperations::CreateIndex(index),
            ))
        })
        .collect()
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn schema() -> impl Iterator<Item = (&'static str, PayloadSchemaParams)> {
    payload::KEYWORDS.into_iter().chain([PERIOD]).map(|name| {
        let params = KeywordIndexParams {
            // Every search is for a day. Without links among the passages of a range, a graph over five years of one
            // code set leads a search through codes that it must leave out, and it ends before the near ones.
            enable_hnsw: Some(name == PERIOD),
            // Mapped, not copied to memory: of 300,000 passages a question asks for a few keywords.
            on_disk: Some(true),
            ..KeywordIndexParams::default()
        };
        (name, PayloadSchemaParams::Keyword(params))
    })
}
