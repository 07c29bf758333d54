//! What the ledger keeps of one answer.

use chrono::{DateTime, Utc};
use codecite_codebook::{EditionId, NaiveDate};
use uuid::Uuid;

/// One answer as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRecord {
    /// Names the answer; the reader was given the same.
    pub id: Uuid,
    /// When the question came in; kept to the millisecond.
    pub asked_at: DateTime<Utc>,
    /// The door it came in by, such as `rest` or `cli`.
    pub door: String,
    /// The date of service it was answered for.
    pub date_of_service: NaiveDate,
    /// How it ended: `answered` or `abstained`, in the words of the wire; `failed` or `timed_out`; `left` where
    /// its reader did not wait for the end.
    pub outcome: String,
    /// Why nothing was answered, such as `not_in_sources`.
    pub abstention: Option<String>,
    /// Who wrote what was shown: `composer` or `model`; `unknown` for an answer that did not come to its end,
    /// which is when this is told.
    pub writer: String,
    /// The language model that was asked.
    pub model: Option<String>,
    /// The prompt it was given.
    pub prompt_id: Option<String>,
    /// The digest of that prompt's text.
    pub prompt_digest: Option<String>,
    /// The editions that the answer rests on, in the order of its evidence.
    pub editions: Vec<EditionId>,
    /// How many sentences were shown.
    pub shown: u64,
    /// How many sentences were withheld.
    pub withheld: u64,
    /// From the question to the last event, in milliseconds.
    pub duration_ms: u64,
}

/// What was answered since some instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Answers of every outcome.
    pub answers: u64,
    /// Those that ended as `answered`.
    pub answered: u64,
    /// Those that ended as `abstained`.
    pub abstained: u64,
    /// Those that ended as `failed` or `timed_out`.
    pub failed: u64,
    /// Those that their reader left.
    pub left: u64,
    /// Sentences shown.
    pub shown: u64,
    /// Sentences withheld.
    pub withheld: u64,
}
