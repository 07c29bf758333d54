//! For tests only.

pub mod index_conformance;
mod scripted_model;

pub use scripted_model::{ScriptedModel, Step};
