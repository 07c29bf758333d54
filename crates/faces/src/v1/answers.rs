//! `POST /api/v1/answers`: a question in, one checked and cited answer out.

use super::stream::{Sent, guarded};
use super::wire::{AnswerBody, AskBody, named_event, setting_from};
use crate::desk::AtDesk;
use crate::log::{LogsItself, RequestId};
use crate::problem::{Problem, ProblemBody};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use codecite_answering::{AnswerEvent, Question};
use codecite_codebook::{ClinicalText, NaiveDate};
use futures::{Stream, StreamExt};
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

/// Answers a question: as one JSON object, or as server-sent events with `Accept: text/event-stream`.
///
/// Events come in this order: `status`, `understood`, `notice`, `evidence`, `facts`, `text`, `withheld`,
/// and exactly one of `done` or `failed`, last.
#[utoipa::path(
    post, path = "/api/v1/answers", tag = "answers", request_body = AskBody,
    responses(
        (status = OK, description = "the answer, or its events", content(
            (AnswerBody = "application/json"), (String = "text/event-stream")
        )),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = REQUEST_TIMEOUT, body = ProblemBody, content_type = "application/problem+json"),
        (status = PAYLOAD_TOO_LARGE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, body = ProblemBody, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
        (status = GATEWAY_TIMEOUT, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn answer(
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    AtDesk(desk, body): AtDesk<AskBody>,
) -> Result<Response, Problem> {
    let question = question(body, desk.today())?;
    if wants_events(&headers) {
        let sent = guarded(desk, question, "sse", request_id);
        let mut response = Sse::new(events(sent))
            .keep_alive(
                KeepAlive::new()
                    .interval(Duration::from_secs(10))
                    .text("keep-alive"),
            )
            .into_response();
        // Proxies such as nginx would hold the sentences back.
        response
            .headers_mut()
            .insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(LogsItself);
        return Ok(response);
    }
    let mut response = match collect(guarded(desk, question, "rest", request_id)).await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => problem.into_response(),
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(LogsItself);
    Ok(response)
}

fn question(body: AskBody, today: NaiveDate) -> Result<Question, Problem> {
    let setting = body
        .setting
        .as_deref()
        .map(setting_from)
        .transpose()
        .map_err(|known| Problem::bad_request("setting", "the setting is not known", known))?;
    Ok(Question {
        words: ClinicalText::new(body.question),
        date_of_service: body.date_of_service,
        setting,
        today,
        offline: body.offline,
    })
}

/// Whether events are asked for before JSON.
fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.to_ascii_lowercase().contains("text/event-stream"))
}

fn events(sent: impl Stream<Item = Sent> + Send) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    sent.map(|sent| {
        let (name, data) = match &sent {
            Sent::Event(event) => named_event(event),
            Sent::Problem(body, _) => ("failed", serde_json::json!(body)),
        };
        Ok(Event::default().event(name).data(data.to_string()))
    })
}

async fn collect(sent: impl Stream<Item = Sent>) -> Result<AnswerBody, Problem> {
    let mut sent = pin!(sent);
    let mut answer = AnswerBody::default();
    while let Some(sent) = sent.next().await {
        match sent {
            Sent::Event(AnswerEvent::Failed(error)) => return Err(error.into()),
            Sent::Event(event) => answer.take(event)?,
            Sent::Problem(_, problem) => return Err(problem),
        }
    }
    Ok(answer)
}
