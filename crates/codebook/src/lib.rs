//! The vocabulary of the house: codes and their systems, editions, passages, facts, dates of service.
//!
//! Nothing here reads a file, asks a network or knows the time of day, so every other room may import it.
//! A type carries the rule that its name promises: a [`Code`] has the shape of its system, an
//! [`EffectiveRange`] never ends before it begins, a [`PassageId`] is a digest of what it identifies.

mod code;
mod edition;
mod effective;
mod fact;
mod passage;
mod ptp;
mod sentence;
mod setting;
mod text;

pub use chrono::NaiveDate;
pub use code::{Code, CodeShapeError, CodeSystem};
pub use edition::{Authority, Edition, EditionId, FileDigest, Licence};
pub use effective::{EffectiveRange, EndsBeforeItBegins, ORDINALS_OF_DAYS};
pub use fact::{CodeStatus, Fact, FactKind, FactRow};
pub use passage::{Aspect, Locator, Passage, PassageDraft, PassageId, Place};
pub use ptp::{ModifierIndicator, PtpEdit};
pub use sentence::{ends_sentence, sentences};
pub use setting::Setting;
pub use text::ClinicalText;
