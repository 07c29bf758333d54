//! From what is sought to evidence, or to none.

mod by_words;
mod config;
mod named;
#[cfg(test)]
mod tests;

pub use config::{ImpossibleSetting, RetrievalConfig};

use crate::embedder::{EmbedError, Embedder};
use crate::evidence::Evidence;
use crate::index::{Fault, Filter, Fusion, Hit, IndexError, PassageIndex, SearchRequest};
use crate::lexicon::{Expanded, Lexicon};
use crate::rerank::rerank;
use crate::understanding::Intent;
use codecite_codebook::{Aspect, Code, CodeSystem, NaiveDate};
use std::sync::Arc;

/// Finds evidence. Holds no state of its own between questions.
pub struct Retriever {
    embedder: Arc<dyn Embedder>,
    index: Arc<dyn PassageIndex>,
    lexicon: Lexicon,
    config: RetrievalConfig,
}

/// What is sought for one question, after the tables have decided which of its codes exist.
#[derive(Clone)]
pub struct Sought {
    /// Codes in force on the date, modifiers and places of service included, in the order of the question.
    pub codes: Vec<Code>,
    /// The words to search by meaning; may be empty.
    pub words: String,
    /// Systems asked for by name; empty for any.
    pub systems: Vec<CodeSystem>,
    /// What kind of answer is wanted.
    pub intent: Intent,
    /// Only what is in force on this date is found.
    pub date_of_service: NaiveDate,
}

/// How words are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// BM25 alone.
    Words,
    /// The embedding model alone.
    Dense,
    /// Both, fused by rank.
    Fused,
    /// Both, fused by rank, and the first titles reranked by their words: what answers rest on.
    Hybrid,
}

/// Why nothing could be searched. Finding nothing is not an error.
#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    /// The question's words were not embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The index did not search.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl RetrieveError {
    /// Whose move is next.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Embed(EmbedError::TooLong { .. }) => Fault::Caller,
            Self::Embed(EmbedError::Model(_) | EmbedError::Cache(_)) => Fault::Operator,
            Self::Index(error) => error.fault(),
        }
    }
}

impl Retriever {
    /// A retriever over these parts. `config` must have been validated.
    pub fn new(
        embedder: Arc<dyn Embedder>,
        index: Arc<dyn PassageIndex>,
        lexicon: Lexicon,
        config: RetrievalConfig,
    ) -> Self {
        Self {
            embedder,
            index,
            lexicon,
            config,
        }
    }

    /// Finds the evidence for one question, best first; `None` when nothing in the sources fits.
    ///
    /// Named codes are found exactly. Words are searched by meaning, and what is too far from them is left
    /// out: a search always has a nearest passage, and the nearest one to nonsense is no evidence.
    ///
    /// # Errors
    /// [`RetrieveError`] when the model or the index fails, never because nothing was found.
    #[tracing::instrument(name = "retrieval.retrieve", skip_all, fields(intent = sought.intent.as_str(), codes = sought.codes.len(), found))]
    pub async fn retrieve(&self, sought: &Sought) -> Result<Option<Evidence>, RetrieveError> {
        let mut passages = self.named(sought).await?;
        passages.truncate(self.config.evidence);
        let has_words = !sought.words.trim().is_empty();
        if passages.is_empty() && has_words {
            passages = self.by_words(sought).await?;
        } else if has_words && passages.len() < self.config.evidence {
            passages.extend(self.related_prose(sought).await?);
        }
        passages.truncate(self.config.evidence);
        tracing::Span::current().record("found", passages.len());
        Ok(Evidence::new(passages))
    }

    /// Searches words alone, best first. Blank words find nothing.
    ///
    /// # Errors
    /// [`RetrieveError`] when the model or the index fails.
    pub async fn search(
        &self,
        words: &str,
        filter: Filter,
        limit: usize,
        mode: Mode,
    ) -> Result<Vec<Hit>, RetrieveError> {
        if words.trim().is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .query(self.lexicon.expand(words), mode != Mode::Words)
            .await?;
        self.search_query(&query, filter, limit, mode).await
    }

    /// Words made ready to search; with their vector where it is needed.
    async fn query(&self, expanded: Expanded, with_vector: bool) -> Result<Query, RetrieveError> {
        let vector = match with_vector {
            true => Some(self.embed(&expanded.dense).await?),
            false => None,
        };
        Ok(Query { expanded, vector })
    }

    async fn search_query(
        &self,
        query: &Query,
        filter: Filter,
        limit: usize,
        mode: Mode,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let only_titles = filter.aspects == [Aspect::Entry];
        let words = if only_titles {
            &query.expanded.bm25
        } else {
            &query.expanded.prose
        };
        let reranks = mode == Mode::Hybrid;
        let request = SearchRequest {
            vector: query.vector.clone().filter(|_| mode != Mode::Words),
            words: (mode != Mode::Dense).then(|| words.clone()),
            filter,
            fusion: self.fusion(),
            limit: if reranks {
                limit.max(self.config.rerank)
            } else {
                limit
            },
        };
        let mut hits = self.index.search(&request).await?;
        if reranks {
            rerank(&query.expanded.dense, &mut hits, self.config.rerank);
        }
        hits.truncate(limit);
        Ok(hits)
    }

    fn fusion(&self) -> Fusion {
        Fusion {
            dense_weight: self.config.dense_weight,
            words_weight: self.config.words_weight,
            k: self.config.rrf_k,
            depth: self.config.depth,
        }
    }

    /// Embeds a question. One that is longer than the model reads is searched by its beginning: unlike a
    /// passage, it is not quoted, and a search by most of it beats none.
    async fn embed(&self, words: &str) -> Result<Arc<[f32]>, RetrieveError> {
        let mut words = words;
        loop {
            match self.embedder.embed_query(words).await {
                Err(EmbedError::TooLong { .. }) if words.len() > SHORTEST => {
                    words = &words[..words.floor_char_boundary(words.len() * 3 / 4)];
                }
                embedded => return Ok(embedded?),
            }
        }
    }
}

/// Under this many bytes a question that is too long for the model is an error of the model.
const SHORTEST: usize = 32;

/// Words made ready to search.
struct Query {
    expanded: Expanded,
    vector: Option<Arc<[f32]>>,
}
