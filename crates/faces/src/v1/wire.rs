//! The wire forms of version 1, converted by hand: inner types promise nothing to strangers.

mod answer;
mod editions;
mod exact;
mod question;
mod sources;
mod summary;

pub use answer::{AnswerBody, WireNotice, WireText, WireWithheld};
pub use editions::{WireEdition, WireFile};
pub use exact::{WireChanges, WireClaimFinding, WireClaimReport, WireEditionDiff};
pub use question::{AskBody, WireUnderstood};
pub use sources::{Source, WireCode, WireFact, WireHit, WirePassage, WireRow, WireStatus};
pub use summary::{WireAbstention, WireFallback, WirePrompt, WireSummary};

pub(crate) use answer::named_event;
pub(crate) use question::setting_from;
