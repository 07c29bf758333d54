//! The desk: the only way to the answerer. Holding one means having a place.

use crate::problem::Problem;
use crate::state::Doors;
use axum::extract::{FromRequestParts};
use axum::http::request::Parts;
use codecite_answering::{AnswerStream, Question};
use codecite_codebook::NaiveDate;
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

impl FromRequestParts<Doors> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        if doors.is_closing() {
            return Err(Problem::unavailable("closing", "the service is shutting down", "try again in a moment", 5));
        }
        let wait = Duration::from_millis(doors.config.wait_for_place_ms);
        let place = timeout(wait, Arc::clone(&doors.places).acquire_owned()).await;
        match place {
            Ok(Ok(place)) => Ok(Self { doors: doors.clone(), place }),
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
}
