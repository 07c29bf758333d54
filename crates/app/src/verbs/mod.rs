//! The verbs, a file each.

pub mod ask;
pub mod bench;
pub mod check;
pub mod diff;
pub mod doctor;
pub mod editions;
pub mod edits;
pub mod eval;
pub mod fee;
mod files;
pub mod forget;
pub mod ingest;
pub mod lookup;
pub mod openapi;
mod say;
pub mod search;
pub mod serve;
pub mod setup;
pub mod starter;
pub mod sync;
