//! Why a transfer failed: what may pass by itself, and what somebody has to look at.

use anyhow::{Error, anyhow};
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use std::time::Duration;

/// A transfer that failed.
pub(super) enum Fault {
    /// May go well another time, perhaps after the wait that the server asks for.
    Passing { why: Error, wait: Option<Duration> },
    /// Will not.
    Lasting(Error),
}

impl From<Error> for Fault {
    fn from(why: Error) -> Self {
        Self::Lasting(why)
    }
}

impl Fault {
    /// May go well at once.
    pub fn passing(why: Error) -> Self {
        Self::Passing { why, wait: None }
    }

    /// Why.
    pub fn into_error(self) -> Error {
        match self {
            Self::Passing { why, .. } | Self::Lasting(why) => why,
        }
    }

    /// A request that had no answer, or an answer that broke off.
    pub fn of_transfer(error: reqwest::Error) -> Self {
        // The address may hold the password of a mirror.
        let error = error.without_url();
        if error.is_redirect() {
            let why = Error::new(error)
                .context("it is not where the address leads; correct its url in the catalogue");
            return Self::Lasting(why);
        }
        if error.is_builder() {
            return Self::Lasting(error.into());
        }
        let what = if error.is_timeout() {
            "nothing came for too long"
        } else if error.is_connect() {
            "the server was not reached: check the network, set HTTPS_PROXY if there is a proxy or sync.mirror if there is a mirror"
        } else {
            "the connection broke; what came is kept, and the next run goes on from there"
        };
        Self::passing(Error::new(error).context(what))
    }

    /// An answer that is no file.
    pub fn of_status(response: &Response) -> Self {
        let status = response.status();
        let why = anyhow!("the server says {status}; {}", advice_on(status));
        match is_passing(status) {
            true => Self::Passing {
                why,
                wait: wait_asked_by(response),
            },
            false => Self::Lasting(why),
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_EARLY,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&status)
}

fn wait_asked_by(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

fn advice_on(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            "publishers move their files: look the address up on the publisher's page and correct its url in the catalogue \
             (files.catalogue), or download the file and run `codecite ingest FILE`"
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "it does not give this file to a program: download it with a browser and run `codecite ingest FILE`"
        }
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            "check the user name and the password in HTTPS_PROXY and HTTP_PROXY"
        }
        status if is_passing(status) => "try again later",
        _ => "download the file with a browser and run `codecite ingest FILE`",
    }
}
