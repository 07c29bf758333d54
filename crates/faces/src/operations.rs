//! For whoever operates the service: is it up, is it ready, how is it doing.

use crate::problem::{Faults, Problem};
use crate::state::Doors;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::time::Duration;
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
    /// Something that the operator has to look into although answers can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'static str>,
}

/// The service can answer: an index generation is live, and the doors are not closing.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses((status = OK, body = Ready), Faults)
)]
pub(crate) async fn readyz(State(doors): State<Doors>) -> Result<Json<Ready>, Problem> {
    if doors.is_closing() {
        return Err(Problem::closing());
    }
    let generation = doors.index.generation().await?;
    match generation.id {
        Some(id) => Ok(Json(Ready {
            status: "ready",
            generation: id.to_string(),
            passages: generation.passages,
            trouble: trouble(&doors),
        })),
        None => Err(Problem::unavailable(
            "nothing_loaded",
            "nothing is loaded yet",
            "run `codecite ingest --starter`",
            5,
        )),
    }
}

/// Trouble with the tables leaves the service ready: what was read before is served on, and taking every
/// instance out for one damaged file would help nobody. The log names the file; strangers need not know it.
fn trouble(doors: &Doors) -> Option<&'static str> {
    let trouble = doors.tables.trouble()?;
    tracing::warn!(
        trouble,
        "changed tables could not be read; those read before are served on"
    );
    Some("changed tables could not be read, and those read before are served on; see the log")
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

/// Folds what the histograms were given into their buckets, now and then. They keep every value until then, so
/// a service that nobody scrapes would grow without end.
pub(crate) async fn keep_metrics_small(metrics: PrometheusHandle) {
    const PAUSE: Duration = Duration::from_secs(5);
    loop {
        tokio::time::sleep(PAUSE).await;
        metrics.run_upkeep();
    }
}
