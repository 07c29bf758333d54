//! A language model behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp or a hosted one.
//!
//! Chat completions are asked for as a stream. Servers differ: some send usage, some do not, some close
//! without `[DONE]`, some ignore that a stream was asked for. All of these give an answer here; whatever is
//! no chat completion gives a [`ModelError`](codecite_answering::ModelError), never a panic.

mod chat;
mod config;
mod endpoint;
mod retry;
mod sse;

pub use config::{ApiKey, ModelConfig, ModelConfigError, ProxyAddress};
pub use endpoint::{CountTokens, Endpoint};
