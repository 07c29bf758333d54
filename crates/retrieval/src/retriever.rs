//! From what is sought to evidence, or to none.

mod by_words;
mod config;
mod named;
mod query;
#[cfg(test)]
mod tests;

pub use config::{ImpossibleSetting, RetrievalConfig};

use crate::embedder::{EmbedError, Embedder};
use crate::evidence::Evidence;
use crate::index::{Fault, Filter, Fusion, Hit, IndexError, PassageIndex, SearchRequest};
use crate::lexicon::Lexicon;
use crate::rerank::rerank;
use crate::understanding::Intent;
use crate::vocabulary::Vocabulary;
use codecite_codebook::{Code, CodeSystem, NaiveDate};
use query::{Query, Shelf};
use std::sync::Arc;

/// Finds evidence. Holds no state of its own between questions.
pub struct Retriever {
    embedder: Arc<dyn Embedder>,
    index: Arc<dyn PassageIndex>,
    lexicon: Lexicon,
    vocabulary: Arc<Vocabulary>,
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
    /// A retriever over these parts, which takes every word as it is spelled. `config` must have been validated.
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
            vocabulary: Arc::default(),
            config,
        }
    }

    /// The same, reading a word that `vocabulary` does not know as the nearest one that it knows. The words that
    /// the lexicon says are known as well.
    #[must_use]
    pub fn with_vocabulary(self, vocabulary: Vocabulary) -> Self {
        Self {
            vocabulary: Arc::new(vocabulary.and_known(self.lexicon.words())),
            ..self
        }
    }

    /// The same parts without the lexicon.
    pub fn without_lexicon(&self) -> Self {
        Self {
            embedder: Arc::clone(&self.embedder),
            index: Arc::clone(&self.index),
            lexicon: Lexicon::default(),
            vocabulary: Arc::clone(&self.vocabulary),
            config: self.config.clone(),
        }
    }

    /// The same parts without lexicon and vocabulary, and with other settings: what an evaluation compares with.
    pub fn bare(&self, change: impl FnOnce(&mut RetrievalConfig)) -> Self {
        let mut config = self.config.clone();
        change(&mut config);
        Self {
            embedder: Arc::clone(&self.embedder),
            index: Arc::clone(&self.index),
            lexicon: Lexicon::default(),
            vocabulary: Arc::default(),
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
        let sought = &self.spelled(sought);
        let mut passages = self.named(sought).await?;
        let has_words = !sought.words.trim().is_empty();
        if passages.is_empty() && has_words {
            passages = self.by_words(sought).await?;
        } else if has_words && sought.intent == Intent::FindCode {
            self.add_entries_sought(sought, &mut passages).await?;
        } else if has_words && passages.len() < self.config.evidence {
            passages.extend(self.related_prose(sought).await?);
        }
        passages.truncate(self.config.evidence);
        tracing::Span::current().record("found", passages.len());
        Ok(Evidence::new(passages))
    }

    /// Whether the model reads all of the words sought. The rest of a longer question is searched by its words
    /// (BM25) and not by its meaning, which the asker should be told.
    ///
    /// # Errors
    /// [`RetrieveError::Embed`] when the model cannot count.
    pub fn reads_whole(&self, sought: &Sought) -> Result<bool, RetrieveError> {
        let expanded = self.wording(&self.spelled(sought));
        for words in [&expanded.written, &expanded.meant] {
            if self.embedder.count_tokens(words)? > self.embedder.max_tokens() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What is sought, in words as the sources spell them.
    fn spelled(&self, sought: &Sought) -> Sought {
        Sought {
            words: self.vocabulary.corrected(&sought.words),
            ..sought.clone()
        }
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
        let shelf = Shelf::of(&filter);
        let expanded = self.lexicon.expand(&self.vocabulary.corrected(words));
        let query = self.query(&expanded, shelf, mode != Mode::Words).await?;
        self.search_query(&query, filter, limit, mode).await
    }

    async fn search_query(
        &self,
        query: &Query,
        filter: Filter,
        limit: usize,
        mode: Mode,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let reranks = mode == Mode::Hybrid;
        let request = SearchRequest {
            vector: query.vector.clone().filter(|_| mode != Mode::Words),
            words: (mode != Mode::Dense).then(|| query.words.clone()),
            filter,
            fusion: self.fusion(query.shelf),
            limit: if reranks {
                limit.max(self.config.rerank)
            } else {
                limit
            },
        };
        let mut hits = self.index.search(&request).await?;
        if reranks {
            rerank(&query.expanded.meant, &mut hits, self.config.rerank);
        }
        hits.truncate(limit);
        Ok(hits)
    }

    fn fusion(&self, shelf: Shelf) -> Fusion {
        let (dense_weight, words_weight) = match shelf {
            Shelf::Prose => (self.config.prose_dense_weight, self.config.prose_words_weight),
            Shelf::Entries | Shelf::Both => (self.config.dense_weight, self.config.words_weight),
        };
        Fusion {
            dense_weight,
            words_weight,
            k: self.config.rrf_k,
            depth: self.config.depth,
        }
    }
}
