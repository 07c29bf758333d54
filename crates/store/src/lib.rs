//! The ledger: what was answered, from which editions, with which verdict.
//!
//! Compliance files an answer by its id and finds here which releases it rests on and what was withheld.
//! The words of a question never come here, because they may speak of a patient: there is no column for
//! them.

mod migrations;
mod record;
mod store;

pub use record::{AnswerRecord, Totals};
pub use store::{Store, StoreError};
