//! For whoever operates the service: is it up, is it ready, how is it doing.

use crate::problem::Problem;
use crate::state::Doors;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

/// A sign of life.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`: a dead process says nothing.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// The process is up.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = OK, body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What it is ready with.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `ready`; anything else is a problem.
    status: &'static str,
    /// The live generation of the index.
    generation: String,
    /// Passages that can be found.
    passages: u64,
}

/// The service can answer: an index generation is live, and the doors are not closing.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses((status = OK, body = Ready), (status = SERVICE_UNAVAILABLE, body = crate::problem::ProblemBody))
)]
pub(crate) async fn readyz(State(doors): State<Doors>) -> Result<Json<Ready>, Problem> {
    if doors.is_closing() {
        return Err(Problem::unavailable(
            "closing",
            "the service is shutting down",
            "ask another instance",
            5,
        ));
    }
    let generation = doors.index.generation().await?;
    match generation.id {
        Some(id) => Ok(Json(Ready {
            status: "ready",
            generation: id.to_string(),
            passages: generation.passages,
        })),
        None => Err(Problem::unavailable(
            "nothing_loaded",
            "nothing is loaded yet",
            "run `codecite ingest --starter`",
            5,
        )),
    }
}

/// Counters and histograms in the text form of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = OK, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(doors): State<Doors>) -> impl IntoResponse {
    doors.metrics.run_upkeep();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        doors.metrics.render(),
    )
}
