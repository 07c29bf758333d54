//! The endpoint: asking, waiting, asking again, and the stream that comes back.

use crate::chat::{ChatBody, ChatReader};
use crate::config::{ApiKey, ModelConfig, ModelConfigError};
use crate::retry::{is_passing, retry_after, wait_before};
use crate::sse::SseReader;
use async_stream::try_stream;
use async_trait::async_trait;
use codecite_answering::{LanguageModel, ModelError, ModelRequest, ModelStream};
use futures::StreamExt;
use reqwest::{Client, Proxy, Response, Url};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Counts the tokens of a text, as the room that knows tokenizers does it.
pub type CountTokens = Arc<dyn Fn(&str) -> usize + Send + Sync>;

/// An OpenAI-compatible endpoint.
pub struct Endpoint {
    client: Client,
    completions: Url,
    key: Option<ApiKey>,
    config: ModelConfig,
    count_tokens: CountTokens,
}

impl Endpoint {
    /// An endpoint as configured. Nothing is sent before the first question.
    pub fn new(
        config: ModelConfig,
        key: Option<ApiKey>,
        count_tokens: CountTokens,
    ) -> Result<Self, ModelConfigError> {
        config.validate()?;
        let address = format!("{}/chat/completions", config.base_url.trim_end_matches('/'));
        let completions = Url::parse(&address).map_err(|_| ModelConfigError::OutOfRange {
            key: "base_url",
            value: format!("{:?}", config.base_url),
            range: "an http:// or https:// address",
        })?;
        if let Some(key) = &key
            && !key.is_sendable()
        {
            return Err(ModelConfigError::Key {
                variable: config.key_variable.clone(),
            });
        }
        let client = client(&config)?;
        Ok(Self {
            client,
            completions,
            key,
            config,
            count_tokens,
        })
    }

    /// Asks until there is an answer or `whole_by` has come, and gives it with the time by which its first byte
    /// has to come.
    async fn ask(
        &self,
        request: &ModelRequest,
        whole_by: Instant,
    ) -> Result<(Response, Instant), ModelError> {
        let longest = Duration::from_millis(self.config.longest_wait_ms);
        let mut attempt = 0;
        loop {
            let first_byte_by = (Instant::now() + self.first_byte()).min(whole_by);
            let (error, asked_wait) = match self.ask_once(request, first_byte_by).await {
                Ok(response) if response.status().is_success() => return Ok((response, first_byte_by)),
                Ok(response) => {
                    let status = response.status().as_u16();
                    if !is_passing(status) {
                        return Err(refused(status));
                    }
                    let asked = retry_after(header(&response, "retry-after"), header(&response, "date"));
                    (ModelError::Busy { status }, asked)
                }
                Err(error @ ModelError::Unreachable(_)) => (error, None),
                Err(error) => return Err(error),
            };
            attempt += 1;
            let in_time =
                |wait: &Duration| attempt <= self.config.retries && Instant::now() + *wait < whole_by;
            let wait = wait_before(attempt, asked_wait, longest).filter(in_time);
            let Some(wait) = wait else {
                return Err(error);
            };
            tracing::info!(attempt, ?wait, %error, "asking the language model again");
            tokio::time::sleep(wait).await;
        }
    }

    fn first_byte(&self) -> Duration {
        Duration::from_millis(self.config.first_byte_timeout_ms)
    }

    async fn ask_once(&self, request: &ModelRequest, by: Instant) -> Result<Response, ModelError> {
        let mut asking = self
            .client
            .post(self.completions.clone())
            .header("accept", "text/event-stream")
            .json(&ChatBody::new(&self.config, request));
        if let Some(key) = &self.key {
            asking = asking.bearer_auth(key.expose());
        }
        timeout_at(by, asking.send())
            .await
            .map_err(|_| ModelError::Silent(self.first_byte()))?
            .map_err(|error| unreachable_server(&error))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.config.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LanguageModel for Endpoint {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn is_remote(&self) -> bool {
        self.config.proxy.is_some() || !is_this_machine(&self.completions)
    }

    fn prompt_tokens(&self) -> usize {
        (self.config.context_tokens - self.config.max_tokens) as usize
    }

    fn count_tokens(&self, text: &str) -> usize {
        (self.count_tokens)(text)
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        let whole_by = Instant::now() + Duration::from_millis(self.config.answer_timeout_ms);
        let (response, first_byte_by) = self.ask(&request, whole_by).await?;
        let first_byte = self.first_byte();
        let idle = Duration::from_millis(self.config.idle_timeout_ms);
        let is_stream =
            header(&response, "content-type").is_none_or(|kind| !kind.starts_with("application/json"));
        Ok(try_stream! {
            let mut bytes = response.bytes_stream();
            let mut events = SseReader::default();
            let mut chat = ChatReader::default();
            let mut whole = Vec::new();
            let mut limit = first_byte;
            let mut next_by = first_byte_by;
            while !chat.is_done() {
                let piece = match timeout_at(next_by.min(whole_by), bytes.next()).await {
                    Ok(Some(piece)) => piece.map_err(|error| unreachable_server(&error))?,
                    Ok(None) => break,
                    // Some servers end their answer and forget to close.
                    Err(_) if chat.is_finished() => break,
                    Err(_) if Instant::now() >= whole_by => Err(ModelError::Malformed(
                        "an answer that did not come to its end in model.answer_timeout_ms".into(),
                    ))?,
                    Err(_) => Err(ModelError::Silent(limit))?,
                };
                if is_stream {
                    for data in events.push(&piece)? {
                        if let Some(event) = chat.take(&data)? {
                            yield event;
                        }
                    }
                } else if whole.len() + piece.len() > WHOLE_ANSWER_BYTES {
                    Err(ModelError::Malformed("an answer of more than 4 MiB".into()))?;
                } else {
                    whole.extend_from_slice(&piece);
                }
                limit = if chat.is_finished() { idle.min(COUNTS_MAY_FOLLOW) } else { idle };
                next_by = Instant::now() + limit;
            }
            if !is_stream {
                let text = std::str::from_utf8(&whole)
                    .map_err(|_| ModelError::Malformed("bytes that are not UTF-8".into()))?;
                if let Some(event) = chat.take(text)? {
                    yield event;
                }
            }
            if !chat.is_finished() {
                for data in events.finish()? {
                    if let Some(event) = chat.take(&data)? {
                        yield event;
                    }
                }
            }
            yield chat.end()?;
        }
        .boxed())
    }
}

/// How long a server that has ended its answer and not its stream may still send the counts of tokens.
const COUNTS_MAY_FOLLOW: Duration = Duration::from_secs(1);

/// The longest answer taken from a server that does not stream.
const WHOLE_ANSWER_BYTES: usize = 4 << 20;

fn client(config: &ModelConfig) -> Result<Client, ModelConfigError> {
    // The build brings no provider of its own. If another part of the process has installed one, that one
    // serves, and the error of installing a second is nothing to act on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let failed = |error: reqwest::Error| ModelConfigError::Client(error.to_string());
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_millis(config.first_byte_timeout_ms))
        // A redirect would carry the question and the key to a place that nobody configured.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("codecite/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = &config.proxy {
        builder = builder.proxy(Proxy::all(proxy.expose()).map_err(failed)?);
    }
    builder.build().map_err(failed)
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Whether an address leads back to the machine that asks.
fn is_this_machine(address: &Url) -> bool {
    let Some(host) = address.host_str() else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn refused(status: u16) -> ModelError {
    let advice = match status {
        300..=399 => "it redirects; give the final address in model.base_url",
        401 | 403 => "check the key in the environment variable that model.key_variable names",
        404 => "check model.base_url (it ends with /v1) and model.name",
        413 => "the prompt is too long; lower model.context_tokens",
        _ => "check model.name, model.max_tokens and the server's log",
    };
    ModelError::Refused {
        status,
        advice: advice.to_owned(),
    }
}

/// Tells what broke without the address, which may hold a key.
fn unreachable_server(error: &reqwest::Error) -> ModelError {
    let what = if error.is_connect() {
        "nothing answers at model.base_url"
    } else if error.is_timeout() {
        "the connection timed out"
    } else if error.is_decode() || error.is_body() {
        "the connection broke in the middle of the answer"
    } else {
        "the connection broke"
    };
    ModelError::Unreachable(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_this_machine_is_not_elsewhere() {
        for (address, expected) in [
            ("http://127.0.0.1:11434/v1", true),
            ("http://localhost:8000/v1", true),
            ("http://[::1]:8000/v1", true),
            ("https://localhost.example.org/v1", false),
            ("http://10.0.0.7/v1", false),
            ("https://example.org/v1", false),
        ] {
            let address = Url::parse(address).expect("an address");
            assert_eq!(is_this_machine(&address), expected, "{address}");
        }
    }
}
