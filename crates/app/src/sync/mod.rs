//! `codecite sync`: fetches the releases of the catalogue from their publishers.
//!
//! One release after the other, because publishers turn away whoever asks for many at once. What comes in is kept
//! in a folder of its own with a record of where it came from (`downloads`), so that a cut transfer is continued, an
//! unchanged release is not sent again, and what is loaded can be traced to its bytes (`fetch`). Loading is
//! `ingest`'s business.

mod address;
mod catalogue;
mod client;
mod config;
mod downloads;
mod fault;
mod fetch;
mod half;
mod meter;

pub use address::{shown, through_mirror};
pub use catalogue::{BUILT_IN, Catalogue, Release};
pub use client::client;
pub use config::SyncConfig;
pub use downloads::{Downloads, Record, ToldOf};
pub use fetch::{Fetcher, Outcome, Wanted};
