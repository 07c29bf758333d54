//! Errors as `application/problem+json` (RFC 9457): a machine code, what happened, and what to do next.

use crate::log::RequestId;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codecite_answering::AnswerError;
use codecite_retrieval::{Fault, IndexError, RetrieveError};
use codecite_tables::TablesError;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// An error as a client reads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs.
    pub code: String,
    /// What happened this time.
    pub detail: String,
    /// What to do next.
    pub advice: String,
    /// Names this request in the log.
    pub request_id: Option<String>,
}

/// What a door may answer that asks other rooms, whatever it was asked. For the OpenAPI document.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum Faults {
    /// Something failed inside; the log has the reason, under the request id.
    #[response(status = INTERNAL_SERVER_ERROR, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// Not now: all places are taken, the service is closing, or the index does not answer.
    #[response(
        status = SERVICE_UNAVAILABLE,
        content_type = "application/problem+json",
        headers(("retry-after" = u32, description = "seconds"))
    )]
    Unavailable(ProblemBody),
}

/// Why a request got no answer.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    advice: String,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            advice: advice.into(),
            retry_after_seconds: None,
        }
    }

    /// The client's own mistake.
    pub fn bad_request(code: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail, advice)
    }

    /// A passing fault: the client may come again after `seconds`.
    pub fn unavailable(
        code: &'static str,
        detail: impl Into<String>,
        advice: impl Into<String>,
        seconds: u32,
    ) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail, advice)
        }
    }

    /// All places are taken.
    pub fn busy() -> Self {
        Self::unavailable("busy", "all places are taken", "try again in a moment", 2)
    }

    /// The service was told to stop.
    pub fn closing() -> Self {
        Self::unavailable(
            "closing",
            "the service is shutting down",
            "ask another instance, or try again in a moment",
            5,
        )
    }

    /// The operator's turn. What happened goes into the log; the client hears only that it did.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed inside");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something failed inside Codecite",
            "try again; if it stays, give the operator the request id",
        )
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body, also sent as the last event of a stream.
    pub fn body(&self, request_id: Option<&RequestId>) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:codecite:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            advice: self.advice.clone(),
            request_id: request_id.map(|id| id.as_str().to_owned()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // The request id is put in by the log layer, which knows it: see `log::log_requests`.
        let mut response = (self.status, Json(self.body(None))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Question(detail) => {
                Self::bad_request("question", detail, "change the question and ask again")
            }
            AnswerError::IndexUnavailable(detail) => {
                tracing::warn!(%detail, "the index is unavailable");
                Self::unavailable(
                    "index_unavailable",
                    "the index does not answer now",
                    "try again in a moment",
                    2,
                )
            }
            AnswerError::Internal(detail) => Self::internal(&detail),
        }
    }
}

impl From<RetrieveError> for Problem {
    fn from(error: RetrieveError) -> Self {
        AnswerError::from(error).into()
    }
}

impl From<IndexError> for Problem {
    fn from(error: IndexError) -> Self {
        match error.fault() {
            Fault::Transient => AnswerError::IndexUnavailable(error.to_string()).into(),
            // The caller of the index is this program: whatever a client sends was checked before.
            Fault::Caller | Fault::Operator => Self::internal(&error),
        }
    }
}

impl From<TablesError> for Problem {
    fn from(error: TablesError) -> Self {
        Self::internal(&error)
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        let (code, advice) = match status {
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "send less at once"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("media_type", "send Content-Type: application/json"),
            _ => (
                "body",
                "send the fields that /api/v1/openapi.json names, such as {\"question\": \"What is CPT 38900?\"} for an answer",
            ),
        };
        // The rejection's own text may repeat what was typed, so it is not passed on.
        let detail = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "the request body is too large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "the request body is not declared as JSON",
            _ => "the request body is not the JSON object that this address takes",
        };
        Self::new(status, code, detail, advice)
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(
            "query",
            rejection.body_text(),
            "see /api/v1/openapi.json for the parameters",
        )
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request(
            "path",
            rejection.body_text(),
            "write the address in UTF-8, percent-encoded",
        )
    }
}
