//! Doors over HTTP: the API, its server-sent events, the chat page and the widget.
//!
//! The only room that knows HTTP and wire formats. A handler reads as a sentence: extract, ask, answer. The
//! only way to the answerer is the [`desk::Desk`], which has counted the caller in.

mod config;
mod connections;
mod desk;
mod log;
mod operations;
mod pages;
mod patience;
mod places;
mod problem;
mod router;
mod serve;
mod state;
mod v1;

pub use config::{ServerConfig, ServerConfigError};
pub use router::{openapi, router};
pub use serve::{listen, serve};
pub use state::{Clock, Doors};
pub use v1::wire;
