//! Request ids, one log line a request, and counters. What was asked never reaches a log.

use crate::problem::Problem;
use crate::state::Doors;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use uuid::Uuid;

/// Where a request id travels.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in log, response and problem.
#[derive(Clone, Debug)]
pub struct RequestId(String);

impl RequestId {
    /// The proxy's id where it is a plain word, else a new one.
    fn of(request: &Request) -> Self {
        let given = request
            .headers()
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        match given {
            Some(id) if is_plain(id) => Self(id.to_owned()),
            _ => Self(Uuid::new_v4().to_string()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Left by a handler whose response streams: it writes its own line when the stream ends.
#[derive(Clone, Copy)]
pub(crate) struct LogsItself;

/// Gives every request its id, and writes its line.
pub(crate) async fn log_requests(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(&request);
    let method = request.method().clone();
    // The pattern and not the path: a path may hold what was looked up.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());
    let _in_flight = InFlight::enter();
    let response = next.run(request).await;
    let mut response = with_request_id(response, &id).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    metrics::counter!("codecite_http_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("codecite_http_request_seconds", "route" => route.clone())
        .record(elapsed.as_secs_f64());
    if response.extensions().get::<LogsItself>().is_none() {
        tracing::info!(
            request_id = id.as_str(),
            %method,
            route,
            status,
            duration_ms = elapsed.as_secs_f64() * 1e3,
            closing = doors.is_closing(),
            "request"
        );
    }
    response
}

/// A problem is written before its request id is known, and written again with it.
async fn with_request_id(response: Response, id: &RequestId) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let body = match serde_json::to_vec(&problem.body(Some(id))) {
        Ok(bytes) => {
            parts.headers.remove(axum::http::header::CONTENT_LENGTH);
            Body::from(bytes)
        }
        Err(_) => Body::from(to_bytes(body, 64 * 1024).await.unwrap_or_default()),
    };
    Response::from_parts(parts, body)
}

fn is_plain(id: &str) -> bool {
    (8..=64).contains(&id.len())
        && id
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

struct InFlight;

impl InFlight {
    fn enter() -> Self {
        metrics::gauge!("codecite_http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("codecite_http_requests_in_flight").decrement(1.0);
    }
}
