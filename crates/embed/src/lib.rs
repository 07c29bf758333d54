//! The embedding model, behind [`codecite_retrieval::Embedder`].
//!
//! The only room that knows ONNX and tokenizers. It reads a data folder that `codecite setup` filled
//! ([`DataFolder`]), and never the network: a model that is not there is an [`OpenError`] with the command
//! to run.
//!
//! Reading order: [`FastEmbedder`] is what others hold; `workers` keeps the threads that own the sessions;
//! `engine` is one session; `cache` remembers the vectors of documents between runs; `catalogue` knows what
//! each model expects of its texts; `folder` knows the files.

mod cache;
mod catalogue;
mod config;
mod embedder;
mod engine;
mod error;
mod folder;
mod load;
mod runtime;
mod tokens;
mod workers;

pub use cache::VectorCache;
pub use catalogue::{DEFAULT_MODEL, ModelProfile, model_names};
pub use config::{EmbedConfig, EmbedConfigError, Places};
pub use embedder::{EmbedderStatistics, FastEmbedder};
pub use error::OpenError;
pub use folder::{DataFolder, FileRecord, MANIFEST, Manifest, sha256_of_file};
pub use tokens::TokenCounter;
