//! The desk: the only way to the answerer. Holding one means having a place.

use crate::problem::Problem;
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use codecite_answering::{AnswerStream, Question};
use codecite_codebook::NaiveDate;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// A place at the desk. It is given back when the answer that it was used for has ended, or was left.
pub(crate) struct Desk {
    doors: Doors,
    place: OwnedSemaphorePermit,
}

impl Desk {
    /// Asks, and keeps the place until the stream ends.
    pub fn ask(self, question: Question) -> (AnswerStream, OwnedSemaphorePermit) {
        (self.doors.answerer.ask(question), self.place)
    }

    /// The day of asking.
    pub fn today(&self) -> NaiveDate {
        self.doors.clock.today()
    }

    pub fn doors(&self) -> &Doors {
        &self.doors
    }
}

/// What was sent, read in time, and then a place at the desk.
///
/// In this order, because a client may send its body as slowly as it likes: whoever has not yet said what it
/// wants keeps nobody else from the desk.
pub(crate) struct AtDesk<T>(pub Desk, pub T);

impl<T: DeserializeOwned + Send> FromRequest<Doors> for AtDesk<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Problem> {
        let limit = Duration::from_millis(doors.config.request_timeout_ms);
        let read: Result<Json<T>, JsonRejection> = timeout(limit, Json::from_request(request, doors))
            .await
            .map_err(|_| {
            Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "slow_body",
                format!("the request body took longer than {limit:?} to arrive"),
                "send it again",
            )
        })?;
        let Json(body) = read?;
        Ok(Self(take_place(doors).await?, body))
    }
}

async fn take_place(doors: &Doors) -> Result<Desk, Problem> {
    let wait = Duration::from_millis(doors.config.wait_for_place_ms);
    let place = match doors.is_closing() {
        true => return Err(closing()),
        false => timeout(wait, Arc::clone(&doors.places).acquire_owned()).await,
    };
    match place {
        // The doors may have begun to close while this one waited.
        Ok(Ok(_)) if doors.is_closing() => Err(closing()),
        Ok(Ok(place)) => Ok(Desk {
            doors: doors.clone(),
            place,
        }),
        Ok(Err(_)) | Err(_) => {
            metrics::counter!("codecite_answers_turned_away_total").increment(1);
            Err(Problem::unavailable(
                "busy",
                "all places are taken",
                "try again in a moment",
                2,
            ))
        }
    }
}

fn closing() -> Problem {
    Problem::unavailable(
        "closing",
        "the service is shutting down",
        "try again in a moment",
        5,
    )
}
