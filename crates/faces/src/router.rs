//! Which door is where, and what every request passes on its way in.

use crate::config::ServerConfig;
use crate::log::{REQUEST_ID, log_requests};
use crate::problem::Problem;
use crate::state::Doors;
use crate::{operations, pages, v1};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(info(
    title = "Codecite",
    description = "Answers to medical coding questions from official sources, every sentence cited and checked."
))]
struct ApiDocument;

/// Every door, with what each request passes before it.
pub fn router(doors: Doors) -> Router {
    let (api, document) = api().split_for_parts();
    let config = doors.config.clone();
    let document = Json(document);
    api.merge(pages::router())
        .route("/api/v1/openapi.json", get(move || async move { document }))
        .fallback(unknown_address)
        .method_not_allowed_fallback(unknown_method)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(doors.clone(), log_requests))
                .layer(cors(&config))
                .layer(plain_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(plain_header(header::REFERRER_POLICY, "no-referrer"))
                .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                    Problem::internal(&"a handler panicked").into_response()
                }))
                .layer(middleware::from_fn_with_state(doors.clone(), limit_time))
                .layer(DefaultBodyLimit::max(config.body_bytes)),
        )
        .with_state(doors)
}

/// The OpenAPI document, generated from the code of the doors.
pub fn openapi() -> OpenApiDocument {
    api().split_for_parts().1
}

fn api() -> OpenApiRouter<Doors> {
    OpenApiRouter::with_openapi(ApiDocument::openapi())
        .routes(routes!(v1::answers::answer))
        .routes(routes!(v1::codes::code))
        .routes(routes!(v1::codes::titled))
        .routes(routes!(v1::exact::edits))
        .routes(routes!(v1::exact::fee))
        .routes(routes!(v1::exact::claim_check))
        .routes(routes!(v1::search::search))
        .routes(routes!(v1::passages::passage))
        .routes(routes!(v1::editions::editions))
        .routes(routes!(v1::exact::edition_diff))
        .routes(routes!(v1::exact::findings))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
}

/// A time limit for everything but answers, which have one of their own and may stream.
async fn limit_time(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/api/v1/answers" {
        return next.run(request).await;
    }
    let limit = Duration::from_millis(doors.config.request_timeout_ms);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable(
            "timed_out",
            format!("the request took longer than {limit:?}"),
            "try again in a moment",
            2,
        )
        .into_response(),
    }
}

fn plain_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The widget is used from pages of other origins; without cookies, so any of them may be allowed.
fn cors(config: &ServerConfig) -> CorsLayer {
    let any = config.allowed_origins.iter().any(|origin| origin == "*");
    let origins = if any {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            config
                .allowed_origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, REQUEST_ID])
        .expose_headers([header::RETRY_AFTER, REQUEST_ID])
        .max_age(Duration::from_secs(3_600))
}

async fn unknown_address() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown_address",
        "nothing is at this address",
        "see /api/v1/openapi.json for what there is",
    )
}

async fn unknown_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "unknown_method",
        "this address does not take this method",
        "see /api/v1/openapi.json for the methods",
    )
}
