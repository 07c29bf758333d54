//! The one stream that every door projects.

use crate::gate::{CheckedText, Withheld};
use crate::language_model::Usage;
use codecite_codebook::{EditionId, Fact, NaiveDate};
use codecite_retrieval::{Evidence, Understanding};
use std::time::Duration;
use uuid::Uuid;

/// What a reader may see, in order. Exactly one [`AnswerEvent::Done`] or [`AnswerEvent::Failed`] comes, and
/// it comes last.
#[derive(Clone, Debug)]
pub enum AnswerEvent {
    /// The corridor entered a stage.
    Stage(Stage),
    /// How the question was understood.
    Understood {
        /// Codes, modifiers, intent and what else the words tell.
        understanding: Box<Understanding>,
        /// The date that everything below is about.
        date_of_service: NaiveDate,
        /// Whether the asker gave that date; otherwise it is the day of asking.
        date_given: bool,
    },
    /// Something that the reader should know before relying on the answer.
    Notice(Notice),
    /// The numbered sources of this answer.
    Evidence(Evidence),
    /// Exact rows, shown as tables.
    Facts(Vec<Fact>),
    /// One checked sentence.
    Text(CheckedText),
    /// A sentence that did not pass, and why; never its words.
    Withheld(Withheld),
    /// The answer is whole.
    Done(Summary),
    /// No answer could be given.
    Failed(AnswerError),
}

/// The stages of the corridor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading the question.
    Understanding,
    /// Asking the tables.
    LookingUp,
    /// Searching the index.
    Retrieving,
    /// Writing and checking the answer.
    Writing,
}

impl Stage {
    /// A stable word for wires and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Understanding => "understanding",
            Self::LookingUp => "looking_up",
            Self::Retrieving => "retrieving",
            Self::Writing => "writing",
        }
    }
}

/// Something that the reader should know, rendered by template from a row or a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// One or two sentences.
    pub text: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The publisher has replaced the newest edition that is loaded.
    StaleEdition,
    /// The code is not known, but one that differs in a keystroke is.
    NearMiss,
    /// The code has finer ones below it and cannot be billed itself.
    HeaderNotBillable,
    /// The code exists in a loaded edition, but not on the date of service.
    NotInForce,
    /// What is loaded does not settle whether the code was in force on the date of service.
    Unsettled,
    /// No loaded edition has the code.
    UnknownCode,
    /// The physician fee schedule of the date does not list the procedure.
    Unlisted,
    /// The code exists in two systems.
    TwoSystems,
    /// The sources say something about the parts of a question and nothing about the whole.
    PartOnly,
    /// A payer, a contractor or a practice is quoted beside others; its word holds for its own claims.
    SeveralAuthorities,
    /// The rows shown come from the tables of another setting than the one that was asked about.
    OtherSetting,
    /// A fee was asked for, and could not be worked out from what is loaded.
    NoFee,
    /// A table was asked for that is not loaded for the date of service.
    NotLoaded,
    /// The question seems to name a date, and it was not understood.
    UnreadDate,
    /// The question is longer than the embedding model reads.
    LongQuestion,
}

impl NoticeKind {
    /// A stable word for wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaleEdition => "stale_edition",
            Self::NearMiss => "near_miss",
            Self::HeaderNotBillable => "header_not_billable",
            Self::NotInForce => "not_in_force",
            Self::Unsettled => "unsettled",
            Self::UnknownCode => "unknown_code",
            Self::Unlisted => "unlisted",
            Self::TwoSystems => "two_systems",
            Self::PartOnly => "part_only",
            Self::SeveralAuthorities => "several_authorities",
            Self::OtherSetting => "other_setting",
            Self::NoFee => "no_fee",
            Self::NotLoaded => "not_loaded",
            Self::UnreadDate => "unread_date",
            Self::LongQuestion => "long_question",
        }
    }
}

/// How the answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Names this answer in the ledger.
    pub id: Uuid,
    /// Answered, or why not.
    pub outcome: Outcome,
    /// Who wrote what was shown.
    pub writer: Writer,
    /// Why the composer stepped in for the model, if it did.
    pub fallback: Option<Fallback>,
    /// Sentences shown.
    pub shown: usize,
    /// Sentences withheld.
    pub withheld: usize,
    /// The prompt that the model was given.
    pub prompt: Option<PromptUsed>,
    /// The model that was asked.
    pub model: Option<String>,
    /// Tokens that the model read and wrote, where its server counts them.
    pub usage: Option<Usage>,
    /// The editions that the evidence and facts come from.
    pub editions: Vec<EditionId>,
    /// From question to end.
    pub duration: Duration,
}

/// Answered, or a typed abstention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one checked sentence or one exact row was shown.
    Answered,
    /// Nothing was answered, and this is why.
    Abstained {
        /// The type of the abstention.
        kind: Abstention,
        /// What to do next, in a sentence or two.
        text: String,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abstention {
    /// The loaded sources do not say.
    NotInSources,
    /// The question leaves open what the documentation has to say.
    NeedsDocumentation,
    /// The date of service lies outside every loaded edition.
    DateOutOfRange,
    /// The licence of the source does not let us show it.
    LicenceGated,
    /// Sources of authority disagree.
    ConflictingAuthority,
    /// Not a coding question.
    OutOfScope,
}

impl Abstention {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::NotInSources,
        Self::NeedsDocumentation,
        Self::DateOutOfRange,
        Self::LicenceGated,
        Self::ConflictingAuthority,
        Self::OutOfScope,
    ];

    /// A stable word for wires and prompts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInSources => "not_in_sources",
            Self::NeedsDocumentation => "needs_documentation",
            Self::DateOutOfRange => "date_out_of_range",
            Self::LicenceGated => "licence_gated",
            Self::ConflictingAuthority => "conflicting_authority",
            Self::OutOfScope => "out_of_scope",
        }
    }

    /// Reads [`Abstention::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether the prompt offers it to a model. What hangs on tables and licences, a model cannot know.
    pub fn is_a_models(self) -> bool {
        matches!(
            self,
            Self::NotInSources | Self::NeedsDocumentation | Self::OutOfScope
        )
    }
}

/// Who wrote the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writer {
    /// The built-in composer, from facts and quotations.
    Composer,
    /// The language model.
    Model,
}

impl Writer {
    /// A stable word for wires and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Composer => "composer",
            Self::Model => "model",
        }
    }
}

/// Why the composer answered instead of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The model failed before or while it answered.
    ModelFailed(String),
    /// Too little of what the model wrote passed the gate.
    TooLittleLeft,
    /// The model wrote without end.
    Flood,
    /// The answer was cut off, at its greatest length or by a filter. A rule may have lost its exception.
    CutShort,
    /// The model gave no answer although the sources speak of what was asked.
    Abstained,
    /// The licence of every source forbids to send it to the model, which is somebody else's.
    NotToBeSent,
}

impl Fallback {
    /// A stable word for wires.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::ModelFailed(_) => "model_failed",
            Self::TooLittleLeft => "too_little_left",
            Self::Flood => "flood",
            Self::CutShort => "cut_short",
            Self::Abstained => "abstained",
            Self::NotToBeSent => "not_to_be_sent",
        }
    }

    /// One sentence for the reader, true before the answer and behind it; an error's details stay in the log.
    pub fn text(&self) -> &'static str {
        match self {
            Self::ModelFailed(_) => {
                "The language model did not finish its answer, so the answer was completed from the sources alone."
            }
            Self::TooLittleLeft => {
                "Most of what the language model wrote could not be found in its sources and was withheld, so the answer was completed from the sources alone."
            }
            Self::Flood => {
                "The language model wrote without end and was stopped, so the answer was completed from the sources alone."
            }
            Self::CutShort => {
                "The language model's answer was cut off before its end, so the answer was completed from the sources alone."
            }
            Self::NotToBeSent => {
                "The licence of the sources does not let them be sent to the language model, so the answer was written from the sources alone."
            }
            Self::Abstained => {
                "The language model gave no answer, so the answer was taken from the sources alone."
            }
        }
    }
}

/// The prompt behind an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptUsed {
    /// The id in its front matter.
    pub id: String,
    /// SHA-256 of its file, hexadecimal.
    pub digest: String,
}

/// Why no answer could be given.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AnswerError {
    /// The index could not be searched; trying again may help.
    #[error("the index cannot be searched now: {0}")]
    IndexUnavailable(String),
    /// The tables, the index or the embedding model need the operator.
    #[error("{0}")]
    Internal(String),
    /// The question itself cannot be worked on.
    #[error("{0}")]
    Question(String),
}
