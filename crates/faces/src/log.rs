//! Request ids, a span and one log line a request, and counters. What was asked never reaches a log.

use crate::problem::Problem;
use crate::state::Doors;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tracing::{Instrument, Span, field};
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

/// Promised by a handler whose answer has a line of its own when it ends: its request then writes none.
#[derive(Clone, Default)]
pub(crate) struct OwnLine(Arc<AtomicBool>);

impl OwnLine {
    pub fn promise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_promised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Gives every request its id and its span, and writes its line.
pub(crate) async fn log_requests(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    let mut line = RequestLine::begin(&request, doors);
    let span = line.span();
    request.extensions_mut().insert(line.id.clone());
    request.extensions_mut().insert(line.own.clone());
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = with_request_id(response, &line.id).await;
    if let Ok(value) = HeaderValue::from_str(line.id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    span.record("status", status);
    line.end(status);
    response
}

/// What is logged when the client left before the end, as nginx has it.
pub(crate) const LEFT: u16 = 499;

/// The one line of a request, written when it has its response, or when its client leaves.
struct RequestLine {
    id: RequestId,
    method: Method,
    /// The pattern and not the path: a path may hold what was looked up.
    route: String,
    started: Instant,
    own: OwnLine,
    doors: Doors,
    ended: bool,
    _in_flight: InFlight,
}

impl RequestLine {
    fn begin(request: &Request, doors: Doors) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            id: RequestId::of(request),
            method: request.method().clone(),
            route: route.map_or("unmatched", MatchedPath::as_str).to_owned(),
            started: Instant::now(),
            own: OwnLine::default(),
            doors,
            ended: false,
            _in_flight: InFlight::enter("codecite_http_requests_in_flight"),
        }
    }

    /// What the rooms do for this request belongs under it.
    fn span(&self) -> Span {
        tracing::info_span!(
            "faces.request",
            request_id = self.id.as_str(),
            method = %self.method,
            route = self.route,
            status = field::Empty,
        )
    }

    fn end(&mut self, status: u16) {
        self.ended = true;
        let elapsed = self.started.elapsed();
        let route = self.route.clone();
        metrics::counter!("codecite_http_requests_total", "route" => route.clone(), "status" => status.to_string())
            .increment(1);
        metrics::histogram!("codecite_http_request_seconds", "route" => route).record(elapsed.as_secs_f64());
        if self.own.is_promised() {
            return;
        }
        tracing::info!(
            request_id = self.id.as_str(),
            method = %self.method,
            route = self.route,
            status,
            duration_ms = elapsed.as_secs_f64() * 1e3,
            closing = self.doors.is_closing(),
            "request"
        );
    }
}

impl Drop for RequestLine {
    fn drop(&mut self) {
        if !self.ended {
            self.end(LEFT);
        }
    }
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

/// Counts something under way, for as long as it lives.
pub(crate) struct InFlight(&'static str);

impl InFlight {
    pub fn enter(gauge: &'static str) -> Self {
        metrics::gauge!(gauge).increment(1.0);
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1.0);
    }
}
