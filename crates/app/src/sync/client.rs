//! The client that asks publishers.

use super::address::is_http;
use super::config::SyncConfig;
use anyhow::{Context, Result};
use reqwest::Client;
use reqwest::redirect::{Action, Attempt, Policy};
use std::time::Duration;

/// How often a publisher may send us on.
const MOST_REDIRECTS: usize = 5;

/// A client that goes through the proxies which the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
///
/// # Errors
/// If the proxy's address is none, or the certificates of this machine cannot be read.
pub fn client(config: &SyncConfig) -> Result<Client> {
    Client::builder()
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        // No time for the whole: a large file on a thin line takes as long as it takes.
        .read_timeout(Duration::from_millis(config.idle_timeout_ms))
        .redirect(Policy::custom(follow))
        .referer(false)
        .user_agent(concat!("codecite/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("the HTTP client cannot be set up; check HTTPS_PROXY and HTTP_PROXY")
}

fn follow(attempt: Attempt<'_>) -> Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error(format!("it sends us on more than {MOST_REDIRECTS} times"));
    }
    if !is_http(attempt.url()) {
        return attempt.error("it sends us to an address that is not of HTTP");
    }
    // Whoever stands in between could put another file in place of the publisher's.
    let was_safe = attempt
        .previous()
        .last()
        .is_some_and(|url| url.scheme() == "https");
    if was_safe && attempt.url().scheme() == "http" {
        return attempt.error("it sends us from https to http");
    }
    attempt.follow()
}
