//! Exact facts by edition: code status and rows of official tables, with no vectors in sight.
//!
//! Every edition is one SQLite file in one folder. A file is written once, beside the others, moved into
//! place in one step and never changed again, so that reading needs no locks and a reader sees an edition
//! whole or not at all. When an edition stopped being in force is not stored but computed while reading,
//! from the beginning of the next edition of the same source: loading a newer release never rewrites an
//! older file.
//!
//! Only this room and the ledger know SQL.

mod diff;
mod error;
mod exact;
mod file;
mod insert;
mod lock;
mod near;
mod ptp;
mod rows;
mod standing;
mod tables;
mod writer;

pub use diff::EditionDiff;
pub use error::TablesError;
pub use exact::{PairAnswer, Searched};
pub use lock::LoadLock;
pub use ptp::{PackedCode, PackedEdit, PtpRow, PtpTable};
pub use standing::{Neighbour, Neighbours, Standing};
pub use tables::{Tables, supersede};
pub use writer::{EditionWriter, Provenance, SealedEdition, Written, remove};
