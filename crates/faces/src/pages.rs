//! The chat page and the widget, embedded in the binary.

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages. They need no state: everything is in the binary.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(style))
        .route("/widget.js", get(widget))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
}

async fn index(headers: HeaderMap) -> Response {
    let mut response = asset(
        &headers,
        "text/html; charset=utf-8",
        include_str!("../assets/index.html"),
    );
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    response
}

async fn style(headers: HeaderMap) -> Response {
    asset(
        &headers,
        "text/css; charset=utf-8",
        include_str!("../assets/page.css"),
    )
}

async fn widget(headers: HeaderMap) -> Response {
    let mut response = asset(
        &headers,
        "text/javascript; charset=utf-8",
        include_str!("../assets/widget.js"),
    );
    // Pages of other origins load it, also those that isolate themselves from other origins.
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    response
        .headers_mut()
        .insert(resource_policy, HeaderValue::from_static("cross-origin"));
    response
}

/// An asset of this build. Its tag is the version and a digest, so a new build is fetched at once and an
/// unchanged one is not sent again.
fn asset(asked: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{}-{}\"", env!("CARGO_PKG_VERSION"), digest(text));
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| names(known, &tag))
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, text).into_response()
}

/// Whether `If-None-Match` names this tag: among others, made weak by a proxy that packs, or as any.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// Tells two builds' assets apart; not a secret and not a proof.
fn digest(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
