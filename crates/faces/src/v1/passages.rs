//! `GET /api/v1/passages/{id}`: a cited passage, by its lasting id.

use super::wire::WirePassage;
use crate::problem::{Faults, Problem, ProblemBody};
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use codecite_codebook::PassageId;
use codecite_retrieval::Filter;

/// Opens a passage again by the id that an answer gave.
#[utoipa::path(
    get, path = "/api/v1/passages/{id}", tag = "codes",
    params(("id" = String, Path, description = "as an answer gave it")),
    responses(
        (status = OK, body = WirePassage),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn passage(
    State(doors): State<Doors>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<WirePassage>, Problem> {
    let Path(id) = id?;
    let id: PassageId = id.parse().map_err(|_| {
        Problem::bad_request(
            "passage_id",
            "the id is not a passage id",
            "use the id that an answer gave",
        )
    })?;
    let filter = Filter {
        ids: vec![id],
        ..Filter::default()
    };
    let page = doors.index.list(&filter, None, 1).await?;
    match page.passages.first() {
        Some(passage) => Ok(Json(WirePassage::new(None, passage))),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown_passage",
            "no loaded edition has this passage",
            "its edition may have been replaced; ask again",
        )),
    }
}
