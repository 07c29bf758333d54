//! What the ledger keeps of one answer.

use chrono::{DateTime, Utc};
use codecite_codebook::{EditionId, NaiveDate};
use std::time::Duration;
use uuid::Uuid;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Sentences with citations were shown.
    Answered,
    /// The sources did not allow an answer, and the reader was told why.
    Abstained,
    /// A fault kept the answer from being given.
    Failed,
}

impl Outcome {
    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abstained => "abstained",
            Self::Failed => "failed",
        }
    }

    /// Reads [`Outcome::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Answered, Self::Abstained, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }
}

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
    /// How it ended.
    pub outcome: Outcome,
    /// Why nothing was answered, such as `not_in_sources`.
    pub abstention: Option<String>,
    /// Who wrote what was shown: `composer` or `model`.
    pub writer: Option<String>,
    /// The language model that was asked.
    pub model: Option<String>,
    /// The prompt it was given.
    pub prompt_id: Option<String>,
    /// The digest of that prompt's text.
    pub prompt_digest: Option<String>,
    /// The editions that the answer rests on, in the order of its evidence.
    pub editions: Vec<EditionId>,
    /// How many sentences were shown.
    pub shown: u32,
    /// How many sentences were withheld.
    pub withheld: u32,
    /// From the question to the last event; kept to the millisecond.
    pub duration: Duration,
}

/// What was answered since some instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Answers that ended as [`Outcome::Answered`].
    pub answered: u64,
    /// Answers that ended as [`Outcome::Abstained`].
    pub abstained: u64,
    /// Answers that ended as [`Outcome::Failed`].
    pub failed: u64,
    /// Sentences shown.
    pub shown: u64,
    /// Sentences withheld.
    pub withheld: u64,
}
