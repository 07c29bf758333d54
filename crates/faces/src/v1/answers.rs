//! `POST /api/v1/answers`: a question in, one checked and cited answer out.

use super::stream::{Door, Reading, begin};
use super::wire::{AnswerBody, AskBody, named_event, setting_from};
use crate::desk::AtDesk;
use crate::log::{OwnLine, RequestId};
use crate::problem::{Faults, Problem, ProblemBody};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use codecite_answering::{AnswerEvent, Question};
use codecite_codebook::{ClinicalText, NaiveDate};
use futures::{StreamExt, stream};
use std::convert::Infallible;
use std::time::Duration;

/// Answers a question: as one JSON object, or as server-sent events with `Accept: text/event-stream`.
///
/// A stream begins with `status`, which comes again at each further stage, up to four times. In between
/// come `understood`, `notice`, `evidence` and `facts`, and `text` and `withheld`, a sentence each. Exactly
/// one of `done` or `failed` comes, last. A question that is refused before the first event is a problem by
/// its status, with events as without.
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
        (status = GATEWAY_TIMEOUT, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn answer(
    Extension(request_id): Extension<RequestId>,
    Extension(own_line): Extension<OwnLine>,
    headers: HeaderMap,
    AtDesk(desk, body): AtDesk<AskBody>,
) -> Result<Response, Problem> {
    let question = question(body, desk.today())?;
    own_line.promise();
    let mut response = if wants_events(&headers) {
        events(begin(desk, question, Door::Sse, request_id.clone()), request_id).await?
    } else {
        collected(begin(desk, question, Door::Rest, request_id)).await?
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
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

/// The answer as server-sent events; a problem by its status, if that is what comes first.
async fn events(mut reading: Reading, request_id: RequestId) -> Result<Response, Problem> {
    let first = reading.next().await.transpose()?;
    let events = stream::iter(first.map(Ok))
        .chain(reading.into_stream())
        .map(move |event| Ok::<_, Infallible>(to_sse(event, &request_id)));
    let mut response = Sse::new(events)
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
    Ok(response)
}

fn to_sse(event: Result<AnswerEvent, Problem>, request_id: &RequestId) -> Event {
    let (name, data) = match &event {
        Ok(event) => named_event(event),
        Err(problem) => ("failed", serde_json::json!(problem.body(Some(request_id)))),
    };
    Event::default().event(name).data(data.to_string())
}

async fn collected(mut reading: Reading) -> Result<Response, Problem> {
    let mut answer = AnswerBody::default();
    while let Some(event) = reading.next().await {
        answer.take(event?)?;
    }
    Ok(Json(answer).into_response())
}
