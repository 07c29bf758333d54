//! A server that says exactly what a test tells it, byte by byte, and notices when its client leaves.
#![allow(dead_code, reason = "each test uses a part of it")]

use codecite_answering::{LanguageModel, ModelError, ModelEvent, ModelRequest, Usage};
use codecite_model::{ApiKey, Endpoint, ModelConfig};
use futures::StreamExt;
use std::future::Future;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with the connection after its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Close,
    KeepOpen,
}

/// Head of an answer that ends when the connection closes.
pub const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

pub fn config(base_url: &str) -> ModelConfig {
    ModelConfig {
        base_url: base_url.into(),
        name: "test-model".into(),
        first_byte_timeout_ms: 5_000,
        idle_timeout_ms: 5_000,
        retries: 0,
        longest_wait_ms: 0,
        ..ModelConfig::default()
    }
}

pub fn endpoint(config: ModelConfig) -> Endpoint {
    Endpoint::new(
        config,
        Some(ApiKey::new("sk-secret")),
        Arc::new(|text: &str| text.len() / 3),
    )
    .expect("an endpoint")
}

pub fn request() -> ModelRequest {
    ModelRequest {
        system: "Answer.".into(),
        user: "What is CPT 38900?".into(),
    }
}

/// Starts a server for one connection; `serve` gets it after the request was read.
pub async fn serve_once<F, S>(serve: S) -> (String, JoinHandle<F::Output>)
where
    S: FnOnce(TcpStream, String) -> F + Send + 'static,
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let request = read_request(&mut connection).await;
        serve(connection, request).await
    });
    (address, server)
}

/// Says `bytes` in pieces of `step`, then closes or stays.
pub async fn says(bytes: impl Into<Vec<u8>>, step: usize, then: Then) -> (String, JoinHandle<()>) {
    let bytes = bytes.into();
    serve_once(move |mut connection, _| async move {
        for piece in bytes.chunks(step) {
            if connection.write_all(piece).await.is_err() {
                return;
            }
            connection.flush().await.expect("flushed");
            tokio::task::yield_now().await;
        }
        if then == Then::KeepOpen {
            until_closed(&mut connection).await;
        }
    })
    .await
}

/// Waits until the client has left.
pub async fn until_closed(connection: &mut TcpStream) {
    let mut rest = [0; 256];
    while !matches!(connection.read(&mut rest).await, Ok(0) | Err(_)) {}
}

async fn read_request(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = connection.read(&mut piece).await.expect("a request");
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .to_lowercase()
                .lines()
                .find_map(|line| {
                    line.strip_prefix("content-length:")
                        .map(|length| length.trim().parse().expect("a length"))
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        assert!(read > 0, "the request ended early");
    }
}

/// A chunk with words.
pub fn words(words: &str) -> String {
    format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":{}}}}}]}}\n\n",
        serde_json::json!(words)
    )
}

/// A chunk that ends the answer.
pub fn end(reason: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\n")
}

pub const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3}}\n\n";
pub const DONE: &str = "data: [DONE]\n\n";

/// One readable line of everything that an answer brought.
pub async fn heard(endpoint: &Endpoint) -> String {
    let mut stream = match endpoint.answer(request()).await {
        Ok(stream) => stream,
        Err(error) => return format!("refused: {error}"),
    };
    let mut text = String::new();
    let mut last = String::from("nothing");
    while let Some(event) = stream.next().await {
        match event {
            Ok(ModelEvent::Delta(delta)) => text.push_str(&delta),
            Ok(ModelEvent::Finished { usage, cut_short }) => {
                let usage = usage.map(
                    |Usage {
                         input_tokens,
                         output_tokens,
                     }| format!(" {input_tokens}+{output_tokens} tokens"),
                );
                let cut = if cut_short { " cut short" } else { "" };
                last = format!("finished{}{cut}", usage.unwrap_or_default());
            }
            Err(error) => last = format!("error: {}", short(&error)),
        }
    }
    format!("{text:?} {last}")
}

fn short(error: &ModelError) -> String {
    error.to_string()
}
