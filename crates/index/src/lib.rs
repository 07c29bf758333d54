//! Qdrant behind [`codecite_retrieval::PassageIndex`]: embedded ([`EdgeIndex`]) or as a server
//! ([`ServerIndex`]).
//!
//! Both hold one collection of the same make: a named dense vector `dense` (cosine), a named sparse vector
//! `words` (BM25 with Qdrant's IDF modifier) and a payload that is the stored form of a passage and carries
//! the fields that filters ask for. The sparse vectors are computed here for both, by the code that Qdrant
//! itself uses, so a question finds the same words wherever the shelves stand.
//!
//! Nothing outside this room knows Qdrant.

mod config;
mod edge;
mod filter;
mod generation;
mod payload;
mod plan;
mod server;
mod words;

pub use config::{
    ApiKey, Bm25Config, ConfigError, EdgeConfig, GraphConfig, Quantisation, ServerConfig, VectorPrecision,
};
pub use edge::EdgeIndex;
pub use server::ServerIndex;

/// Name of the dense vector.
const DENSE: &str = "dense";
/// Name of the BM25 vector.
const WORDS: &str = "words";

/// Qdrant counts ranks from 0 and gives `1 / ((rank + 1) / weight + k - 1)` to each, so that its `k` is
/// one more than the `k` of the literature, which counts from 1 and which [`codecite_retrieval::Fusion`]
/// follows: `1 / (rank / weight + k)`.
fn qdrant_k(fusion: &codecite_retrieval::Fusion) -> u32 {
    fusion.k.saturating_add(1)
}
