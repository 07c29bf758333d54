//! The corridor: understand, look up, retrieve, compose, generate, check.
//!
//! A [`Question`] walks it once and comes out as a stream of [`AnswerEvent`]s. Whatever writes the answer, a
//! language model or the built-in composer, its words pass the [`CitationGate`]; a door can only show
//! [`CheckedText`], which nothing else can make.

mod answerer;
mod claim_check;
mod composer;
mod event;
mod exact;
mod gate;
mod language_model;
mod look_up;
mod prompt;
mod question;

pub use answerer::{AnswerConfig, AnswerStream, Answerer};
pub use claim_check::{
    Claim, ClaimFinding, ClaimLine, ClaimLineError, ClaimReport, Rule, Severity, Sex, check, read_line,
};
pub use composer::compose;
pub use event::{
    Abstention, AnswerError, AnswerEvent, Fallback, Notice, NoticeKind, Outcome, PromptUsed, Stage, Summary,
    Writer,
};
pub use exact::{
    Elsewhere, Fees, PaidAt, Unlisted, edits_of, edits_of_pair, everything_about, fees, says, status_history,
    unlisted,
};
pub use gate::{Block, CheckedText, CitationGate, GateLimits, Grounds, Verdict, Withheld, WithheldReason};
pub use language_model::{LanguageModel, ModelError, ModelEvent, ModelRequest, ModelStream, Usage};
pub use look_up::{LookedUp, Named, about_rows};
pub use prompt::{PromptError, PromptInputs, PromptTemplate};
pub use question::Question;
