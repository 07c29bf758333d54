//! What is known of an answer as it goes, and what is kept of it at its end: counts, a record in the ledger and
//! a log line.

use super::stream::{Door, Ending};
use crate::desk::Desk;
use crate::log::{InFlight, LEFT, RequestId};
use crate::state::Doors;
use chrono::{DateTime, Utc};
use codecite_answering::{AnswerEvent, Outcome, Summary};
use codecite_codebook::{EditionId, NaiveDate};
use codecite_store::AnswerRecord;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Span;
use uuid::Uuid;

/// One answer, as far as it has come.
pub(super) struct Tally {
    door: Door,
    request_id: RequestId,
    asked_at: DateTime<Utc>,
    started: Instant,
    begun: bool,
    date_of_service: NaiveDate,
    editions: BTreeSet<EditionId>,
    shown: u64,
    withheld: u64,
    _in_flight: InFlight,
}

impl Tally {
    pub fn open(desk: &Desk, door: Door, request_id: RequestId) -> Self {
        Self {
            door,
            request_id,
            asked_at: desk.came_in(),
            started: Instant::now(),
            begun: false,
            date_of_service: desk.today(),
            editions: BTreeSet::new(),
            shown: 0,
            withheld: 0,
            _in_flight: InFlight::enter("codecite_answers_in_flight"),
        }
    }

    /// Takes note of an event that the reader is about to get.
    pub fn saw(&mut self, event: &AnswerEvent) {
        if !self.begun && !matches!(event, AnswerEvent::Failed(_)) {
            self.begun = true;
            metrics::histogram!("codecite_answer_first_event_seconds")
                .record(self.started.elapsed().as_secs_f64());
        }
        match event {
            AnswerEvent::Understood { date_of_service, .. } => self.date_of_service = *date_of_service,
            AnswerEvent::Evidence(evidence) => self
                .editions
                .extend(evidence.iter().map(|numbered| numbered.passage.edition.clone())),
            AnswerEvent::Facts(facts) => self
                .editions
                .extend(facts.iter().map(|fact| fact.edition.clone())),
            AnswerEvent::Text(_) => self.shown += 1,
            AnswerEvent::Withheld(withheld) => {
                self.withheld += 1;
                metrics::counter!("codecite_sentences_withheld_total", "reason" => withheld.reason.as_str())
                    .increment(1);
            }
            _ => {}
        }
    }

    /// Counts the answer and files it; gives what was filed.
    pub async fn close(&self, doors: &Doors, ending: &Ending) -> AnswerRecord {
        Span::current().record("outcome", outcome_word(ending));
        self.count(ending);
        let record = self.record(ending);
        // A question that was refused before its answer began is a mistake of the client's, and no answer.
        if self.begun {
            file(doors, record.clone()).await;
        }
        record
    }

    /// Writes the one line of the answer.
    pub fn log(&self, ending: &Ending, record: &AnswerRecord) {
        tracing::info!(
            request_id = self.request_id.as_str(),
            route = "/api/v1/answers",
            door = self.door.as_str(),
            status = self.status(ending),
            outcome = outcome_word(ending),
            answer_id = self.begun.then(|| tracing::field::display(record.id)),
            writer = record.writer,
            shown = record.shown,
            withheld = record.withheld,
            duration_ms = self.started.elapsed().as_secs_f64() * 1e3,
            "answer"
        );
    }

    fn record(&self, ending: &Ending) -> AnswerRecord {
        let so_far = AnswerRecord {
            id: Uuid::new_v4(),
            asked_at: self.asked_at,
            door: self.door.as_str().to_owned(),
            date_of_service: self.date_of_service,
            outcome: ending.as_str().to_owned(),
            abstention: None,
            writer: "unknown".to_owned(),
            model: None,
            prompt_id: None,
            prompt_digest: None,
            editions: self.editions.iter().cloned().collect(),
            shown: self.shown,
            withheld: self.withheld,
            duration_ms: milliseconds(self.started.elapsed()),
        };
        match ending {
            Ending::Done(summary) => whole(summary, so_far),
            Ending::Failed(_) | Ending::TimedOut(_) | Ending::Left => so_far,
        }
    }

    fn count(&self, ending: &Ending) {
        metrics::counter!(
            "codecite_answers_total", "outcome" => outcome_word(ending), "door" => self.door.as_str()
        )
        .increment(1);
        metrics::histogram!("codecite_answer_seconds").record(self.started.elapsed().as_secs_f64());
        if let Ending::Done(Summary {
            fallback: Some(fallback),
            ..
        }) = ending
        {
            metrics::counter!("codecite_answer_fallbacks_total", "reason" => fallback.as_str()).increment(1);
        }
    }

    fn status(&self, ending: &Ending) -> u16 {
        match ending {
            Ending::Done(_) => 200,
            // A stream has said 200 long before it fails.
            Ending::Failed(_) | Ending::TimedOut(_) if self.door == Door::Sse && self.begun => 200,
            Ending::Failed(problem) | Ending::TimedOut(problem) => problem.status(),
            Ending::Left => LEFT,
        }
    }
}

/// An answer that came to its end is kept as its reader was told.
fn whole(summary: &Summary, so_far: AnswerRecord) -> AnswerRecord {
    AnswerRecord {
        id: summary.id,
        abstention: abstention_word(summary).map(str::to_owned),
        writer: summary.writer.as_str().to_owned(),
        model: summary.model.clone(),
        prompt_id: summary.prompt.as_ref().map(|prompt| prompt.id.clone()),
        prompt_digest: summary.prompt.as_ref().map(|prompt| prompt.digest.clone()),
        editions: summary.editions.clone(),
        shown: summary.shown as u64,
        withheld: summary.withheld as u64,
        duration_ms: milliseconds(summary.duration),
        ..so_far
    }
}

/// How the answer ended, an abstention by its kind.
fn outcome_word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done(summary) => abstention_word(summary).unwrap_or(ending.as_str()),
        Ending::Failed(_) | Ending::TimedOut(_) | Ending::Left => ending.as_str(),
    }
}

fn abstention_word(summary: &Summary) -> Option<&'static str> {
    match &summary.outcome {
        Outcome::Answered => None,
        Outcome::Abstained { kind, .. } => Some(kind.as_str()),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Files the answer, without its question. An answer is worth more than its record: a ledger that fails is
/// logged, and the reader still gets the answer.
async fn file(doors: &Doors, record: AnswerRecord) {
    let store = Arc::clone(&doors.store);
    match tokio::task::spawn_blocking(move || store.record(&record)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "an answer was not filed in the ledger"),
        Err(error) => tracing::error!(%error, "the ledger broke while an answer was filed"),
    }
}
