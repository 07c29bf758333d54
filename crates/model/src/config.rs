//! Where the model is and how it is asked.

use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::PathBuf;

/// Where the model is and how it is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Address up to and with `/v1`, such as `http://127.0.0.1:11434/v1`. Empty: no model, the composer
    /// writes every answer.
    pub base_url: String,
    /// The model's name at that server.
    pub name: String,
    /// Name of the environment variable that holds the API key. It need not be set for a server that asks
    /// for none. The key itself never stands in a file.
    pub key_variable: String,
    /// The model's `tokenizer.json`, for exact counts of tokens; empty for an estimate.
    #[serde(deserialize_with = "empty_is_none")]
    pub tokenizer_file: Option<PathBuf>,
    /// Address of an HTTP proxy on the way to the server. Empty: none is used, whatever the environment
    /// says, so that nothing leaves by a way that nobody configured.
    #[serde(deserialize_with = "empty_is_none")]
    pub proxy: Option<ProxyAddress>,
    /// Sampling temperature, 0 to 2. Low is right here: the answer is a report, not a story.
    pub temperature: f32,
    /// The most tokens of an answer, 16 to 32,768.
    pub max_tokens: u32,
    /// The model's context window in tokens, prompt and answer together, 1,024 to 2,000,000.
    pub context_tokens: u32,
    /// Time for the connection and the first byte of the answer, in milliseconds, 100 to 600,000.
    pub first_byte_timeout_ms: u64,
    /// Time between two bytes of the answer, in milliseconds, 100 to 600,000.
    pub idle_timeout_ms: u64,
    /// Time for the whole answer, waits and repetitions included, in milliseconds, 1,000 to 3,600,000. A
    /// server that keeps its connection alive and says nothing, or little at a time, is stopped by it. It is
    /// shorter than the time that a door gives, so that the composer still answers.
    pub answer_timeout_ms: u64,
    /// How often a busy or broken server is asked again before its first byte, 0 to 10.
    pub retries: u32,
    /// The longest wait before asking again, in milliseconds, 0 to 120,000. A `Retry-After` beyond it ends
    /// the attempts at once.
    pub longest_wait_ms: u64,
    /// Whether to ask for token counts (`stream_options`); a few old servers refuse that.
    pub ask_for_usage: bool,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            name: String::new(),
            key_variable: "CODECITE_MODEL_KEY".into(),
            tokenizer_file: None,
            proxy: None,
            temperature: 0.1,
            max_tokens: 800,
            context_tokens: 8_192,
            first_byte_timeout_ms: 30_000,
            idle_timeout_ms: 15_000,
            answer_timeout_ms: 120_000,
            retries: 2,
            longest_wait_ms: 8_000,
            ask_for_usage: true,
        }
    }
}

/// TOML has no null, so the file of all keys says `""` for a key that is not set.
fn empty_is_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| T::from(text)))
}

/// Address of a proxy. It may hold a user's name and password, and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress(String);

impl ProxyAddress {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for ProxyAddress {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyAddress(…)")
    }
}

/// A key that is never printed.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes charge of a key; the line break at the end of many key files is not part of it.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// A header can carry it.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|c| c.is_ascii_graphic())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Why a configuration cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ModelConfigError {
    /// A value outside its range, named by its key.
    #[error("model.{key} is {value}, and must be {range}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// The key cannot be sent.
    #[error(
        "the API key in {variable} is empty or holds blanks or other characters that no header carries; set it again"
    )]
    Key {
        /// The environment variable that holds it.
        variable: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

impl ModelConfig {
    /// Refuses impossible values, by name.
    pub fn validate(&self) -> Result<(), ModelConfigError> {
        let refuse = |key, value: String, range| Err(ModelConfigError::OutOfRange { key, value, range });
        if !(self.base_url.starts_with("http://") || self.base_url.starts_with("https://")) {
            return refuse(
                "base_url",
                format!("{:?}", self.base_url),
                "an http:// or https:// address",
            );
        }
        if self.name.is_empty() {
            return refuse("name", "empty".into(), "the model's name at that server");
        }
        if self.key_variable.is_empty() {
            return refuse(
                "key_variable",
                "empty".into(),
                "the name of an environment variable",
            );
        }
        if !(0.0..=2.0).contains(&self.temperature) {
            return refuse("temperature", self.temperature.to_string(), "from 0 to 2");
        }
        if !(16..=32_768).contains(&self.max_tokens) {
            return refuse("max_tokens", self.max_tokens.to_string(), "from 16 to 32768");
        }
        if !(1_024..=2_000_000).contains(&self.context_tokens) {
            return refuse(
                "context_tokens",
                self.context_tokens.to_string(),
                "from 1024 to 2000000",
            );
        }
        if self.max_tokens >= self.context_tokens {
            return refuse(
                "max_tokens",
                self.max_tokens.to_string(),
                "less than model.context_tokens",
            );
        }
        if !(100..=600_000).contains(&self.first_byte_timeout_ms) {
            let value = self.first_byte_timeout_ms.to_string();
            return refuse("first_byte_timeout_ms", value, "from 100 to 600000");
        }
        if !(100..=600_000).contains(&self.idle_timeout_ms) {
            return refuse(
                "idle_timeout_ms",
                self.idle_timeout_ms.to_string(),
                "from 100 to 600000",
            );
        }
        if !(1_000..=3_600_000).contains(&self.answer_timeout_ms) {
            let value = self.answer_timeout_ms.to_string();
            return refuse("answer_timeout_ms", value, "from 1000 to 3600000");
        }
        if self.retries > 10 {
            return refuse("retries", self.retries.to_string(), "from 0 to 10");
        }
        if self.longest_wait_ms > 120_000 {
            return refuse(
                "longest_wait_ms",
                self.longest_wait_ms.to_string(),
                "from 0 to 120000",
            );
        }
        Ok(())
    }
}
