//! An answer: as events, and collected.

use super::question::WireUnderstood;
use super::sources::{WireFact, WirePassage, wire_evidence};
use super::summary::WireSummary;
use codecite_answering::{AnswerError, AnswerEvent, CheckedText, Notice, Withheld};
use serde::Serialize;
use utoipa::ToSchema;

/// Something to know before relying on the answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireNotice {
    /// What it is about.
    pub kind: String,
    /// One or two sentences.
    pub text: String,
}

impl From<&Notice> for WireNotice {
    fn from(notice: &Notice) -> Self {
        Self {
            kind: notice.kind.as_str().to_owned(),
            text: notice.text.clone(),
        }
    }
}

/// One checked sentence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireText {
    /// `paragraph` or `item` begin one, `continue` goes on in it.
    pub block: String,
    /// Plain text.
    pub text: String,
    /// The sources it rests on, by number.
    pub citations: Vec<u8>,
}

impl From<&CheckedText> for WireText {
    fn from(text: &CheckedText) -> Self {
        Self {
            block: text.block().as_str().to_owned(),
            text: text.text().to_owned(),
            citations: text.citations().to_vec(),
        }
    }
}

/// A sentence that did not pass, without its words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireWithheld {
    /// A stable word.
    pub reason: String,
    /// The same for a reader.
    pub detail: String,
}

impl From<&Withheld> for WireWithheld {
    fn from(withheld: &Withheld) -> Self {
        Self {
            reason: withheld.reason.as_str().to_owned(),
            detail: withheld.detail.clone(),
        }
    }
}

/// One whole answer.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AnswerBody {
    /// How the question was understood.
    pub understood: Option<WireUnderstood>,
    /// Its sources.
    pub evidence: Vec<WirePassage>,
    /// Exact rows.
    pub facts: Vec<WireFact>,
    /// What to know before relying on it.
    pub notices: Vec<WireNotice>,
    /// The checked sentences, in order.
    pub text: Vec<WireText>,
    /// What was withheld, and why.
    pub withheld: Vec<WireWithheld>,
    /// How it ended.
    pub summary: Option<WireSummary>,
}

impl AnswerBody {
    /// Takes one event in; the error ends the answer.
    pub fn take(&mut self, event: AnswerEvent) -> Result<(), AnswerError> {
        match event {
            AnswerEvent::Stage(_) => {}
            AnswerEvent::Understood {
                understanding,
                date_of_service,
                date_given,
            } => {
                self.understood = Some(WireUnderstood::new(&understanding, date_of_service, date_given));
            }
            AnswerEvent::Notice(notice) => self.notices.push(WireNotice::from(&notice)),
            AnswerEvent::Evidence(evidence) => self.evidence = wire_evidence(&evidence),
            AnswerEvent::Facts(facts) => self.facts = facts.iter().map(WireFact::from).collect(),
            AnswerEvent::Text(text) => self.text.push(WireText::from(&text)),
            AnswerEvent::Withheld(withheld) => self.withheld.push(WireWithheld::from(&withheld)),
            AnswerEvent::Done(summary) => self.summary = Some(WireSummary::from(&summary)),
            AnswerEvent::Failed(error) => return Err(error),
        }
        Ok(())
    }
}

/// An event of a stream: its name and its data.
pub(crate) fn named_event(event: &AnswerEvent) -> (&'static str, serde_json::Value) {
    use serde_json::json;
    match event {
        AnswerEvent::Stage(stage) => ("status", json!({ "stage": stage.as_str() })),
        AnswerEvent::Understood {
            understanding,
            date_of_service,
            date_given,
        } => (
            "understood",
            json!(WireUnderstood::new(understanding, *date_of_service, *date_given)),
        ),
        AnswerEvent::Notice(notice) => ("notice", json!(WireNotice::from(notice))),
        AnswerEvent::Evidence(evidence) => ("evidence", json!({ "passages": wire_evidence(evidence) })),
        AnswerEvent::Facts(facts) => {
            let facts: Vec<WireFact> = facts.iter().map(WireFact::from).collect();
            ("facts", json!({ "facts": facts }))
        }
        AnswerEvent::Text(text) => ("text", json!(WireText::from(text))),
        AnswerEvent::Withheld(withheld) => ("withheld", json!(WireWithheld::from(withheld))),
        AnswerEvent::Done(summary) => ("done", json!(WireSummary::from(summary))),
        // The stream puts the problem in: it knows the request id.
        AnswerEvent::Failed(_) => ("failed", json!({})),
    }
}
