//! One answer on its way out, in a task of its own.
//!
//! A task, because nobody asks the body of a response for more while its reader does not read: a time limit in
//! there would stand still, and the place at the desk would stay taken.

use super::tally::Tally;
use crate::desk::Desk;
use crate::log::RequestId;
use crate::problem::Problem;
use axum::http::StatusCode;
use codecite_answering::{AnswerEvent, AnswerStream, Outcome, Question, Summary};
use codecite_store::AnswerRecord;
use futures::{FutureExt, Stream, StreamExt, stream};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::{Instrument, field};

/// How far an answer may be ahead of its reader, in events; the writing then waits. Sentences are short, so this
/// is a screenful.
const AHEAD: usize = 32;

/// The door that a question came in by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// For the answer as one JSON object.
    Rest,
    /// For its events.
    Sse,
}

impl Door {
    /// The word for logs and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Sse => "sse",
        }
    }
}

/// How an answer ended.
pub(super) enum Ending {
    Done(Summary),
    Failed(Problem),
    TimedOut(Problem),
    /// The reader did not wait for the end.
    Left,
}

impl Ending {
    /// The word for the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done(summary) => match summary.outcome {
                Outcome::Answered => "answered",
                Outcome::Abstained { .. } => "abstained",
            },
            Self::Failed(_) => "failed",
            Self::TimedOut(_) => "timed_out",
            Self::Left => "left",
        }
    }
}

/// The reader's side of an answer. Dropping it cancels the work behind it.
pub(super) struct Reading {
    events: mpsc::Receiver<AnswerEvent>,
    /// A way of its own for the end: it needs no room among the events, so it comes however slow the reader.
    end: Option<oneshot::Receiver<Ending>>,
}

impl Reading {
    /// The next event. The last one is [`AnswerEvent::Done`] or a problem; after it comes `None`.
    pub async fn next(&mut self) -> Option<Result<AnswerEvent, Problem>> {
        if let Some(event) = self.events.recv().await {
            return Some(Ok(event));
        }
        Some(match self.end.take()?.await {
            Ok(Ending::Done(summary)) => Ok(AnswerEvent::Done(summary)),
            Ok(Ending::Failed(problem) | Ending::TimedOut(problem)) => Err(problem),
            Ok(Ending::Left) | Err(_) => Err(Problem::internal(
                &"the task of an answer ended without saying how",
            )),
        })
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<AnswerEvent, Problem>> + Send {
        stream::unfold(self, async |mut reading| {
            let next = reading.next().await?;
            Some((next, reading))
        })
    }
}

/// Asks, and gives the reader's side.
pub(super) fn begin(desk: Desk, question: Question, door: Door, request_id: RequestId) -> Reading {
    let (to_reader, events) = mpsc::channel(AHEAD);
    let (to_end, end) = oneshot::channel();
    let mut tally = Tally::open(&desk, door, request_id);
    let span = tracing::info_span!("faces.answer", door = door.as_str(), outcome = field::Empty);
    tokio::spawn(async move {
        let (ending, record) = write(desk, question, &mut tally, to_reader)
            .instrument(span)
            .await;
        // Outside of the span, which says some of it already.
        tally.log(&ending, &record);
        // An error means that the reader has left.
        let _ = to_end.send(ending);
    });
    Reading {
        events,
        end: Some(end),
    }
}

/// Writes the whole answer, and gives the place back when it is filed.
async fn write(
    desk: Desk,
    question: Question,
    tally: &mut Tally,
    to_reader: mpsc::Sender<AnswerEvent>,
) -> (Ending, AnswerRecord) {
    let doors = desk.doors().clone();
    let limit = Duration::from_millis(doors.config.answer_timeout_ms);
    let (answer, _place) = desk.ask(question);
    let ending = tokio::select! {
        passed = timeout(limit, pass_on(answer, &to_reader, tally)) => {
            passed.unwrap_or_else(|_| Ending::TimedOut(timed_out(limit)))
        }
        () = to_reader.closed() => Ending::Left,
        () = doors.cut.cancelled() => Ending::Failed(Problem::closing()),
    };
    let record = tally.close(&doors, &ending).await;
    (ending, record)
}

/// Passes every event on to the reader, up to the one that ends the answer.
async fn pass_on(
    mut answer: AnswerStream,
    to_reader: &mpsc::Sender<AnswerEvent>,
    tally: &mut Tally,
) -> Ending {
    loop {
        // A panic must not tear the stream: whoever reads it waits for its end. What it says stays unsaid, for
        // it may repeat the question.
        let event = match AssertUnwindSafe(answer.next()).catch_unwind().await {
            Ok(Some(event)) => event,
            Ok(None) => return Ending::Failed(Problem::internal(&"an answer ended without saying how")),
            Err(_) => return Ending::Failed(Problem::internal(&"the corridor panicked")),
        };
        tally.saw(&event);
        match event {
            AnswerEvent::Done(summary) => return Ending::Done(summary),
            AnswerEvent::Failed(error) => return Ending::Failed(error.into()),
            event => {
                if to_reader.send(event).await.is_err() {
                    return Ending::Left;
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
