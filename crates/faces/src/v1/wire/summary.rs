//! How an answer ended.

use codecite_answering::{Outcome, Summary};
use serde::Serialize;
use utoipa::ToSchema;

/// How the answer ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireSummary {
    /// Names the answer in the ledger.
    pub id: String,
    /// `answered` or `abstained`.
    pub outcome: String,
    /// Why there is no answer.
    pub abstention: Option<WireAbstention>,
    /// `composer` or `model`.
    pub writer: String,
    /// Why the composer stepped in for the model.
    pub fallback: Option<WireFallback>,
    /// Sentences shown.
    pub shown: usize,
    /// Sentences withheld.
    pub withheld: usize,
    /// The prompt that the model was given.
    pub prompt: Option<WirePrompt>,
    /// The model that was asked.
    pub model: Option<String>,
    /// The editions behind the answer.
    pub editions: Vec<String>,
    /// From question to end.
    pub duration_ms: u64,
}

/// A typed abstention.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireAbstention {
    /// `not_in_sources`, `needs_documentation`, `date_out_of_range`, `licence_gated`,
    /// `conflicting_authority` or `out_of_scope`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What to do next.
    pub text: String,
}

/// Why the composer stepped in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireFallback {
    /// A stable word.
    pub reason: String,
    /// One sentence.
    pub text: String,
}

/// A prompt by id and digest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WirePrompt {
    /// Its id.
    pub id: String,
    /// SHA-256 of its file.
    pub digest: String,
}

impl From<&Summary> for WireSummary {
    fn from(summary: &Summary) -> Self {
        let (outcome, abstention) = match &summary.outcome {
            Outcome::Answered => ("answered", None),
            Outcome::Abstained { kind, text } => (
                "abstained",
                Some(WireAbstention {
                    kind: kind.as_str().to_owned(),
                    text: text.clone(),
                }),
            ),
        };
        Self {
            id: summary.id.to_string(),
            outcome: outcome.to_owned(),
            abstention,
            writer: summary.writer.as_str().to_owned(),
            fallback: summary.fallback.as_ref().map(|fallback| WireFallback {
                reason: fallback.as_str().to_owned(),
                text: fallback.text().to_owned(),
            }),
            shown: summary.shown,
            withheld: summary.withheld,
            prompt: summary.prompt.as_ref().map(|prompt| WirePrompt {
                id: prompt.id.clone(),
                digest: prompt.digest.clone(),
            }),
            model: summary.model.clone(),
            editions: summary.editions.iter().map(ToString::to_string).collect(),
            duration_ms: u64::try_from(summary.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
