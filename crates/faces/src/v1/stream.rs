//! One answer on its way out: the time limit, the ledger, the log line, and the place given back at the end.

use crate::log::RequestId;
use crate::problem::{Problem, ProblemBody};
use crate::state::Doors;
use async_stream::stream;
use axum::http::StatusCode;
use codecite_answering::{AnswerEvent, AnswerStream, Outcome, Question, Summary};
use codecite_codebook::NaiveDate;
use codecite_store::AnswerRecord;
use futures::{FutureExt, Stream, StreamExt};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout_at;

/// What a reader gets: an event, or the problem that ends the answer.
pub(crate) enum Sent {
    Event(AnswerEvent),
    Problem(ProblemBody, Problem),
}

/// Wraps the corridor's stream. Exactly one terminal item comes, and it comes last.
pub(crate) fn guarded(
    desk: crate::desk::Desk,
    question: Question,
    door: &'static str,
    request_id: RequestId,
) -> impl Stream<Item = Sent> + Send {
    let doors = desk.doors().clone();
    let (answer, place) = desk.ask(question);
    guarded_answer(answer, place, doors, door, request_id)
}

fn guarded_answer(
    mut answer: AnswerStream,
    place: OwnedSemaphorePermit,
    doors: Doors,
    door: &'static str,
    request_id: RequestId,
) -> impl Stream<Item = Sent> + Send {
    stream! {
        let _place = place;
        let limit = Duration::from_millis(doors.config.answer_timeout_ms);
        let deadline = tokio::time::Instant::now() + limit;
        let mut line = LogLine::new(door, request_id.clone());
        let mut date_of_service = doors.clock.today();
        loop {
            // A panic must not tear the stream: whoever reads it waits for its last event.
            let next = AssertUnwindSafe(answer.next()).catch_unwind();
            let event = match timeout_at(deadline, next).await {
                Ok(Ok(Some(event))) => event,
                Ok(Ok(None)) => {
                    let problem = Problem::internal(&"an answer ended without saying how");
                    line.fail("failed", &problem);
                    yield Sent::Problem(problem.body(Some(&request_id)), problem);
                    return;
                }
                Ok(Err(_)) => {
                    let problem = Problem::internal(&"the corridor panicked");
                    line.fail("failed", &problem);
                    yield Sent::Problem(problem.body(Some(&request_id)), problem);
                    return;
                }
                Err(_) => {
                    let problem = timed_out(limit);
                    line.fail("timed_out", &problem);
                    yield Sent::Problem(problem.body(Some(&request_id)), problem);
                    return;
                }
            };
            line.saw(&event);
            match event {
                AnswerEvent::Failed(error) => {
                    let problem = Problem::from(error);
                    line.fail("failed", &problem);
                    yield Sent::Problem(problem.body(Some(&request_id)), problem);
                    return;
                }
                AnswerEvent::Done(summary) => {
                    record(&doors, door, date_of_service, &summary).await;
                    line.end(outcome_word(&summary), 200, Some(&summary));
                    yield Sent::Event(AnswerEvent::Done(summary));
                    return;
                }
                event => {
                    if let AnswerEvent::Understood { date_of_service: date, .. } = &event {
                        date_of_service = *date;
                    }
                    yield Sent::Event(event);
                }
            }
        }
    }
}

fn timed_out(limit: Duration) -> Problem {
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "timed_out",
        format!("the answer took longer than {limit:?}"),
        "ask again, or ask a narrower question",
    )
}

fn outcome_word(summary: &Summary) -> &'static str {
    match &summary.outcome {
        Outcome::Answered => "answered",
        Outcome::Abstained { kind, .. } => kind.as_str(),
    }
}

/// Files the answer, without its question. An answer is worth more than its record: a ledger that fails is
/// logged, and the reader still gets the answer.
async fn record(doors: &Doors, door: &'static str, date_of_service: NaiveDate, summary: &Summary) {
    let (outcome, abstention) = match &summary.outcome {
        Outcome::Answered => ("answered", None),
        Outcome::Abstained { kind, .. } => ("abstained", Some(kind.as_str().to_owned())),
    };
    let record = AnswerRecord {
        id: summary.id,
        asked_at: doors.clock.now(),
        door: door.to_owned(),
        date_of_service,
        outcome: outcome.to_owned(),
        abstention,
        writer: summary.writer.as_str().to_owned(),
        model: summary.model.clone(),
        prompt_id: summary.prompt.as_ref().map(|prompt| prompt.id.clone()),
        prompt_digest: summary.prompt.as_ref().map(|prompt| prompt.digest.clone()),
        editions: summary.editions.clone(),
        shown: summary.shown as u64,
        withheld: summary.withheld as u64,
        duration_ms: u64::try_from(summary.duration.as_millis()).unwrap_or(u64::MAX),
    };
    let store = std::sync::Arc::clone(&doors.store);
    let filed = tokio::task::spawn_blocking(move || store.record(&record)).await;
    match filed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "an answer was not filed in the ledger"),
        Err(error) => tracing::error!(%error, "the ledger broke while an answer was filed"),
    }
}

/// What is logged when the reader left before the end, as nginx has it.
const LEFT: u16 = 499;

/// The one line of an answer, written when its stream ends, or when the reader leaves.
struct LogLine {
    door: &'static str,
    request_id: RequestId,
    started: Instant,
    first_event: Option<Duration>,
    written: bool,
}

impl LogLine {
    fn new(door: &'static str, request_id: RequestId) -> Self {
        metrics::gauge!("codecite_answers_in_flight").increment(1.0);
        Self {
            door,
            request_id,
            started: Instant::now(),
            first_event: None,
            written: false,
        }
    }

    fn saw(&mut self, event: &AnswerEvent) {
        if self.first_event.is_none() {
            let elapsed = self.started.elapsed();
            self.first_event = Some(elapsed);
            metrics::histogram!("codecite_answer_first_event_seconds").record(elapsed.as_secs_f64());
        }
        if let AnswerEvent::Withheld(withheld) = event {
            metrics::counter!("codecite_sentences_withheld_total", "reason" => withheld.reason.as_str())
                .increment(1);
        }
    }

    /// A stream has said 200 long before it fails.
    fn fail(&mut self, outcome: &'static str, problem: &Problem) {
        let status = if self.door == "sse" { 200 } else { problem.status() };
        self.end(outcome, status, None);
    }

    fn end(&mut self, outcome: &'static str, status: u16, summary: Option<&Summary>) {
        self.written = true;
        let elapsed = self.started.elapsed();
        metrics::counter!("codecite_answers_total", "outcome" => outcome, "door" => self.door).increment(1);
        metrics::histogram!("codecite_answer_seconds").record(elapsed.as_secs_f64());
        if let Some(fallback) = summary.and_then(|summary| summary.fallback.as_ref()) {
            metrics::counter!("codecite_answer_fallbacks_total", "reason" => fallback.as_str()).increment(1);
        }
        tracing::info!(
            request_id = self.request_id.as_str(),
            route = "/api/v1/answers",
            door = self.door,
            status,
            outcome,
            answer_id = summary.map(|summary| tracing::field::display(summary.id)),
            writer = summary.map(|summary| summary.writer.as_str()),
            shown = summary.map(|summary| summary.shown),
            withheld = summary.map(|summary| summary.withheld),
            duration_ms = elapsed.as_secs_f64() * 1e3,
            "answer"
        );
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        metrics::gauge!("codecite_answers_in_flight").decrement(1.0);
        if !self.written {
            self.end("left", LEFT, None);
        }
    }
}
