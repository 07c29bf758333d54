//! The verbs, a file each.

pub mod ask;
pub mod bench;
pub mod doctor;
pub mod editions;
pub mod eval;
mod files;
pub mod ingest;
pub mod lookup;
pub mod openapi;
pub mod search;
pub mod serve;
pub mod setup;
pub mod starter;
