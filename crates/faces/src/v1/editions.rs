//! `GET /api/v1/editions`: what is loaded.

use super::wire::WireEdition;
use crate::problem::Faults;
use crate::state::Doors;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What is loaded.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditionsBody {
    /// By source, oldest first.
    editions: Vec<WireEdition>,
}

/// Lists the loaded editions with their effective ranges, row counts and file digests.
#[utoipa::path(
    get, path = "/api/v1/editions", tag = "editions",
    responses((status = OK, body = EditionsBody), Faults)
)]
pub(crate) async fn editions(State(doors): State<Doors>) -> Json<EditionsBody> {
    let editions = doors.tables.editions();
    Json(EditionsBody {
        editions: editions.iter().map(WireEdition::from).collect(),
    })
}
