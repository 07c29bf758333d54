//! What it is to search.
//!
//! This room understands a question ([`Understanding`]), says what a search is ([`SearchRequest`]), owns the
//! traits of the two walls it calls through ([`Embedder`], [`PassageIndex`]) and turns hits into
//! [`Evidence`]. It knows neither Qdrant nor ONNX.

mod embedder;
mod evidence;
#[cfg(test)]
mod fixture;
mod index;
mod lexicon;
mod rerank;
mod retriever;
mod stems;
mod understanding;
mod vocabulary;

pub use embedder::{EmbedError, Embedder};
pub use evidence::{Evidence, Numbered};
pub use index::{
    Fault, Filter, Fusion, Generation, GenerationId, Hit, IndexError, IndexedPassage, Load, Page,
    PassageIndex, SearchRequest,
};
pub use lexicon::{Expanded, Lexicon, LexiconError};
pub use retriever::{ImpossibleSetting, Mode, RetrievalConfig, RetrieveError, Retriever, Sought};
pub use understanding::{Intent, Mention, Setting, Understanding, understand, warm_up};
pub use vocabulary::Vocabulary;
