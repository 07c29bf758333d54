//! The wall to the embedding model.

use async_trait::async_trait;
use std::sync::Arc;

/// Why texts were not embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A text has more tokens than the model reads. Nothing is cut silently: split it, and ask again.
    #[error("text {position} has {tokens} tokens, the model reads at most {limit}")]
    TooLong {
        /// Which of the texts given, counted from 0.
        position: usize,
        /// Its length in tokens.
        tokens: usize,
        /// The most that the model reads.
        limit: usize,
    },
    /// The model could not be loaded or run.
    #[error("the embedding model failed: {0}")]
    Model(String),
    /// The cache of vectors could not be read or written.
    #[error("the vector cache failed: {0}")]
    Cache(String),
}

/// Turns texts into vectors in which nearness is likeness of meaning.
///
/// Documents and queries have sides of their own, because some models want another prefix on each.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its weights: vectors of different digests must never be compared.
    fn model_digest(&self) -> &str;

    /// Length of every vector.
    fn dimensions(&self) -> usize;

    /// The most tokens that one text may have, prefix included.
    fn max_tokens(&self) -> usize;

    /// How many tokens the document side would read in `text`, prefix included.
    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError>;

    /// Embeds `texts` as documents, keeping their order.
    ///
    /// Returns one row a text, each of [`Embedder::dimensions`] `f32`s with length 1, so a dot product is a
    /// cosine. May take minutes for many texts; the work is done off the async threads. A text embedded
    /// before with the same model comes from the cache.
    ///
    /// # Errors
    /// [`EmbedError::TooLong`] names the first text over [`Embedder::max_tokens`]; nothing is cut silently.
    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// Embeds one query, of unit length. A query that is too long is an error as well.
    async fn embed_query(&self, text: &str) -> Result<Arc<[f32]>, EmbedError>;
}
