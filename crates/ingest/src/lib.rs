//! The loading dock: official bytes in, passages, statuses, facts and a report of findings out.
//!
//! Parsers are synchronous and work over bytes: they open no file and ask no network. A damaged line is a
//! [`Finding`] and costs that line; a file that is not what it claims to be is an [`IngestError`] that says
//! what was expected. What one edition brings is a [`Shelf`], and [`shelve`] puts shelves into the tables and
//! the index.

mod container;
mod draft;
mod error;
mod forget;
mod icd10cm;
mod importers;
mod loaded;
mod reading;
mod refusals;
mod release;
mod repeats;
mod searchable;
mod sheet;
mod shelve;
mod sidecar;
mod split;
mod starter;
mod workbook;
mod xml;

pub use container::MAX_FILE_BYTES;
pub use error::{Finding, IngestError, ShelveError};
pub use forget::{Forgotten, forget};
pub use loaded::Loaded;
pub use reading::{
    DocumentOptions, Part, ReadOptions, Reading, Shelf, SourceFile, Sources, kinds, read_sources, starter,
    starter_files,
};
pub use searchable::{bm25_text, dense_text};
pub use shelve::{ShelvedEdition, ShelvingProgress, ShelvingReport, shelve};
pub use starter::{CodeUse, StarterCheck, check_starter};
