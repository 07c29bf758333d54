//! The desk: the only way to the answerer. Holding one means having a place.

use crate::places::Place;
use crate::problem::Problem;
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use codecite_answering::{AnswerStream, Question};
use codecite_codebook::NaiveDate;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// A place at the desk. It is given back when the answer that it was used for has ended, or was left.
pub(crate) struct Desk {
    doors: Doors,
    place: Place,
    came_in: DateTime<Utc>,
}

impl Desk {
    /// Asks, and keeps the place until the answer has ended.
    pub fn ask(self, question: Question) -> (AnswerStream, Place) {
        (self.doors.answerer.ask(question), self.place)
    }

    /// The day of asking.
    pub fn today(&self) -> NaiveDate {
        self.doors.clock.today()
    }

    /// When the question had come in, before its wait for a place.
    pub fn came_in(&self) -> DateTime<Utc> {
        self.came_in
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
        let came_in = doors.clock.now();
        let desk = Desk {
            place: take_place(doors).await?,
            doors: doors.clone(),
            came_in,
        };
        Ok(Self(desk, body))
    }
}

async fn take_place(doors: &Doors) -> Result<Place, Problem> {
    let refuse_when_closing = || match doors.is_closing() {
        true => Err(Problem::closing()),
        false => Ok(()),
    };
    refuse_when_closing()?;
    let place = doors.answers.take().await?;
    // The doors may have begun to close while this one waited.
    refuse_when_closing()?;
    Ok(place)
}
