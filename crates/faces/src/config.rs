//! How the doors are opened, and how wide.

use serde::Deserialize;
use std::net::SocketAddr;

/// How the doors are opened, and how wide.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Where to listen, such as `127.0.0.1:8080`; port 0 takes a free one.
    pub address: SocketAddr,
    /// Connections held at the same time, 1 to 100,000; further ones wait to be taken.
    pub connections: usize,
    /// How long a client may say nothing while its request is awaited, or leave unread what is sent to it, in
    /// milliseconds, 1,000 to 600,000.
    pub idle_timeout_ms: u64,
    /// The largest request body, in bytes, 1,024 to 10,000,000.
    pub body_bytes: usize,
    /// Answers being written at the same time, 1 to 10,000; a further asker waits, then hears 503.
    pub concurrent_answers: usize,
    /// Searches under way at the same time, 1 to 10,000; a further one waits, then hears 503.
    pub concurrent_searches: usize,
    /// How long a further asker or search waits for a place, in milliseconds, 0 to 60,000.
    pub wait_for_place_ms: u64,
    /// The longest that one answer may take, in milliseconds, 1,000 to 3,600,000.
    pub answer_timeout_ms: u64,
    /// The longest that any other request may take, in milliseconds, 100 to 600,000.
    pub request_timeout_ms: u64,
    /// How long streams may go on after the signal to stop, in milliseconds, 0 to 600,000.
    pub grace_ms: u64,
    /// Origins whose pages may use the widget: `["*"]` for any, or a list such as
    /// `["https://www.example.org"]`. No cookies are ever used.
    pub allowed_origins: Vec<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            connections: 768,
            idle_timeout_ms: 30_000,
            body_bytes: 64 * 1024,
            concurrent_answers: 256,
            concurrent_searches: 64,
            wait_for_place_ms: 2_000,
            answer_timeout_ms: 180_000,
            request_timeout_ms: 15_000,
            grace_ms: 20_000,
            allowed_origins: vec!["*".to_owned()],
        }
    }
}

/// A value outside its range, named by its key.
#[derive(Debug, thiserror::Error)]
#[error("server.{key} is {value}, and must be {range}")]
pub struct ServerConfigError {
    key: &'static str,
    value: String,
    range: String,
}

impl ServerConfig {
    /// Refuses impossible values, by name.
    pub fn validate(&self) -> Result<(), ServerConfigError> {
        let numbers: [(&'static str, u64, u64, u64); 9] = [
            ("connections", self.connections as u64, 1, 100_000),
            ("idle_timeout_ms", self.idle_timeout_ms, 1_000, 600_000),
            ("body_bytes", self.body_bytes as u64, 1_024, 10_000_000),
            ("concurrent_answers", self.concurrent_answers as u64, 1, 10_000),
            ("concurrent_searches", self.concurrent_searches as u64, 1, 10_000),
            ("wait_for_place_ms", self.wait_for_place_ms, 0, 60_000),
            ("answer_timeout_ms", self.answer_timeout_ms, 1_000, 3_600_000),
            ("request_timeout_ms", self.request_timeout_ms, 100, 600_000),
            ("grace_ms", self.grace_ms, 0, 600_000),
        ];
        for (key, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                let range = format!("from {least} to {most}");
                return Err(ServerConfigError {
                    key,
                    value: value.to_string(),
                    range,
                });
            }
        }
        match self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(ServerConfigError {
                key: "allowed_origins",
                value: format!("{origin:?}"),
                range: "\"*\", or origins such as \"https://www.example.org\" without a path".to_owned(),
            }),
            None => Ok(()),
        }
    }
}

fn is_origin(origin: &str) -> bool {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    origin == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*']))
}
