//! Words made ready to search, each shelf by the wording that is written on it.

use super::{RetrieveError, Retriever};
use crate::embedder::EmbedError;
use crate::index::Filter;
use crate::lexicon::Expanded;
use codecite_codebook::Aspect;
use std::sync::Arc;

/// Under this many bytes a question that is too long for the model is an error of the model.
const SHORTEST: usize = 32;

/// What a search looks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Titles of code sets, which have a wording of their own.
    Entries,
    /// Passages of prose, written as people speak.
    Prose,
    /// Both at once.
    Both,
}

impl Shelf {
    pub(super) fn of(filter: &Filter) -> Self {
        if filter.aspects == [Aspect::Entry] {
            Self::Entries
        } else if filter.without_aspects.contains(&Aspect::Entry) {
            Self::Prose
        } else {
            Self::Both
        }
    }
}

/// Words made ready to search one shelf.
pub(super) struct Query {
    /// For BM25.
    pub words: String,
    /// For the ranking by meaning, where it is wanted.
    pub vector: Option<Arc<[f32]>>,
    /// The question in all wordings.
    pub expanded: Expanded,
    pub shelf: Shelf,
}

impl Retriever {
    pub(super) async fn query(
        &self,
        expanded: &Expanded,
        shelf: Shelf,
        with_vector: bool,
    ) -> Result<Query, RetrieveError> {
        let (words, meaning) = match shelf {
            Shelf::Entries => (&expanded.meant, &expanded.meant),
            // In prose "mod" and "discharge" mean what they mean there.
            Shelf::Prose => (&expanded.both, &expanded.written),
            Shelf::Both => (&expanded.both, &expanded.meant),
        };
        let vector = match with_vector {
            true => Some(self.embed(meaning).await?),
            false => None,
        };
        Ok(Query {
            words: words.clone(),
            vector,
            expanded: expanded.clone(),
            shelf,
        })
    }

    /// Embeds a question. One that is longer than the model reads is embedded by its beginning: unlike a
    /// passage, it is not quoted, and a search by most of it beats none. [`Retriever::reads_whole`] tells.
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
