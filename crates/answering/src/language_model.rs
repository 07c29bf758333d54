//! The wall to the language model.

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::time::Duration;

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRequest {
    /// The instructions.
    pub system: String,
    /// The sources and the question.
    pub user: String,
}

/// One thing that a model's stream brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEvent {
    /// More of the answer: unchecked words, of any length, cut anywhere.
    Delta(String),
    /// The answer is whole. Comes at most once, and last.
    Finished {
        /// Tokens read and written, where the server counts them.
        usage: Option<Usage>,
        /// Whether the server cut the answer at the maximum length.
        cut_short: bool,
    },
}

/// Tokens that one answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

/// Why a model gave no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing listens there, or the connection broke.
    #[error("the language model cannot be reached: {0}")]
    Unreachable(String),
    /// The server refused; asking again would not help.
    #[error("the language model refused the request (HTTP {status}): {advice}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the operator should look at.
        advice: String,
    },
    /// The server is busy, also after the retries that the configuration allows.
    #[error("the language model is busy (HTTP {status})")]
    Busy {
        /// HTTP status.
        status: u16,
    },
    /// No byte came in time.
    #[error("the language model was silent for {0:?}")]
    Silent(Duration),
    /// What came was no stream of chat completions.
    #[error("the language model sent something that is not a chat completion: {0}")]
    Malformed(String),
}

/// The words of an answer as they come. Dropping it cancels the request behind it.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// A language model somewhere.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The model's name, as recorded with each answer.
    fn name(&self) -> &str;

    /// Whether it runs on a machine of somebody else, so that what it reads leaves the house. Texts whose licence forbids
    /// that are not put into its prompts. A model that does not say where it runs is elsewhere.
    fn is_remote(&self) -> bool {
        true
    }

    /// How many tokens the prompt may have, so that the answer still fits.
    fn prompt_tokens(&self) -> usize;

    /// How many tokens `text` has; an estimate that is never far too low where the model's own tokenizer
    /// is not known.
    fn count_tokens(&self, text: &str) -> usize;

    /// Asks, and gives the answer as it comes.
    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ModelError>;
}
