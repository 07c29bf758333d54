//! The wall to the vector database: what reading and loading need of it.

use async_trait::async_trait;
use codecite_codebook::{Aspect, Code, CodeSystem, EditionId, NaiveDate, Passage, PassageId};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which passages are asked for. Every field narrows; the default asks for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In force on this date of service.
    pub in_force_on: Option<NaiveDate>,
    /// About at least one of these codes; empty for any.
    pub about: Vec<Code>,
    /// About or mentioning at least one of these codes; empty for any.
    pub naming: Vec<Code>,
    /// About a code of one of these systems; empty for any.
    pub systems: Vec<CodeSystem>,
    /// Of one of these editions; empty for any.
    pub editions: Vec<EditionId>,
    /// Of one of these aspects; empty for any.
    pub aspects: Vec<Aspect>,
    /// Not of these aspects.
    pub without_aspects: Vec<Aspect>,
    /// With these ids; empty for any.
    pub ids: Vec<PassageId>,
}

/// How the two rankings of a hybrid search become one: weighted reciprocal rank fusion as Qdrant has it,
/// `score = Σ 1 / (rank / weight + k)` with ranks counted from 1. A weight of 3 makes rank 3 count like
/// rank 1 unweighted; with weights of 1 it is the usual formula, and a weight of 0 leaves a ranking out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// Weight of the dense ranking.
    pub dense_weight: f32,
    /// Weight of the BM25 ranking.
    pub words_weight: f32,
    /// The constant that flattens the first ranks, at least 1.
    pub k: u32,
    /// How deep each ranking is read before fusing.
    pub depth: usize,
}

/// One search. With a vector and words it is a hybrid search, with one of them a plain one.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The query's vector, of unit length.
    pub vector: Option<Arc<[f32]>>,
    /// The query's words for BM25.
    pub words: Option<String>,
    /// Restricts both rankings before they are fused.
    pub filter: Filter,
    /// How two rankings become one.
    pub fusion: Fusion,
    /// At most this many hits.
    pub limit: usize,
}

/// One passage found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The passage.
    pub passage: Passage,
    /// Higher is better; comparable within one search only.
    pub score: f32,
}

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// Passages in the order of their ids.
    pub passages: Vec<Passage>,
    /// Give this as `after` to read on; `None` on the last page.
    pub next: Option<PassageId>,
}

/// A passage with what the index searches it by.
#[derive(Clone, Debug)]
pub struct IndexedPassage {
    /// What is found.
    pub passage: Passage,
    /// Its vector, of unit length.
    pub vector: Vec<f32>,
    /// The words that BM25 sees.
    pub words: String,
}

/// Names one complete state of the index, such as `000042`; later ones sort after earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationId(pub String);

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a reader is reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its name; `None` before anything was ever activated.
    pub id: Option<GenerationId>,
    /// How many passages it holds.
    pub passages: u64,
    /// The embedding model that its vectors come from, as [`crate::Embedder::model_digest`] names it.
    pub model_digest: Option<String>,
}

/// Whose move is next when something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller asked for something impossible.
    Caller,
    /// A passing fault of the other side: try again.
    Transient,
    /// The operator has to look at it.
    Operator,
}

/// Why a search gave no ranking, or a load no generation. Matching nothing is not an error.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A vector of another length than the index holds.
    #[error("the index holds vectors of {expected} dimensions, the query has {given}")]
    Dimensions {
        /// What the index holds.
        expected: usize,
        /// What was given.
        given: usize,
    },
    /// The request asks for nothing that can be searched for.
    #[error("a search needs a vector, words or both")]
    EmptyRequest,
    /// Another load is under way.
    #[error("another load is under way ({0}); wait for it to end, or end it")]
    LoadUnderWay(String),
    /// The index did not answer in time.
    #[error("the index did not answer within {0:?}")]
    TimedOut(Duration),
    /// The index could not be reached, or refused for a passing reason.
    #[error("the index is unavailable: {0}")]
    Unavailable(String),
    /// What is stored is damaged, or written by another version.
    #[error("the index is damaged: {0}; `codecite ingest --from-nothing` discards it and loads anew")]
    Damaged(String),
    /// Everything else that the index said.
    #[error("the index failed: {0}")]
    Failed(String),
}

impl IndexError {
    /// Whose move is next. No `_` arm: a new variant has to answer before it compiles.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Dimensions { .. } | Self::EmptyRequest => Fault::Caller,
            Self::LoadUnderWay(_) | Self::TimedOut(_) | Self::Unavailable(_) => Fault::Transient,
            Self::Damaged(_) | Self::Failed(_) => Fault::Operator,
        }
    }
}

/// The shelves: all that reading and loading need from a vector database.
///
/// Readers always see one whole generation. A load builds the next one beside it.
#[async_trait]
pub trait PassageIndex: Send + Sync {
    /// Returns at most `request.limit` hits, best first. Scores compare within one call only.
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError>;

    /// Lists passages that pass `filter`, in the order of their ids, at most `limit` of them, beginning
    /// with `after` (included, as [`Page::next`] gave it).
    async fn list(&self, filter: &Filter, after: Option<PassageId>, limit: usize)
    -> Result<Page, IndexError>;

    /// How many passages pass `filter`, counted exactly.
    async fn count(&self, filter: &Filter) -> Result<u64, IndexError>;

    /// What readers see now. An index that was never loaded is an empty generation, not an error.
    async fn generation(&self) -> Result<Generation, IndexError>;

    /// Begins a load: a copy of the live generation, or an empty one if there is none or if its vectors
    /// come from another model than `model_digest` (of `dimensions`). One load at a time, across processes.
    async fn begin(&self, model_digest: &str, dimensions: usize) -> Result<Box<dyn Load>, IndexError>;
}

/// A generation being built. Dropped before [`Load::activate`], it leaves nothing behind but rubbish that
/// the next load removes, and readers never hear of it.
#[async_trait]
pub trait Load: Send {
    /// Which of `ids` this generation holds already.
    async fn holds(&self, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError>;

    /// Ids of everything of `edition` in this generation.
    async fn ids_of(&self, edition: &EditionId) -> Result<HashSet<PassageId>, IndexError>;

    /// Adds passages; one with a known id replaces it.
    async fn upsert(&mut self, passages: Vec<IndexedPassage>) -> Result<(), IndexError>;

    /// Removes passages; ids that are not there are no error.
    async fn delete(&mut self, ids: &[PassageId]) -> Result<(), IndexError>;

    /// Ends every passage of `edition` on `last_day`, unless its source ends it sooner; with `None` each ends
    /// as its source says, or not at all. The last call counts.
    async fn end_edition(
        &mut self,
        edition: &EditionId,
        last_day: Option<NaiveDate>,
    ) -> Result<(), IndexError>;

    /// Finishes the generation (graph building included, which may take minutes), makes it durable and
    /// switches readers to it in one step. Older generations are cleaned up when no reader holds them.
    async fn activate(self: Box<Self>) -> Result<Generation, IndexError>;
}
