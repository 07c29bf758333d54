//! The wire form of chat completions.

use crate::config::ModelConfig;
use codecite_answering::{ModelError, ModelEvent, ModelRequest, Usage};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct ChatBody<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    stream: bool,
    temperature: f32,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> ChatBody<'a> {
    pub fn new(config: &'a ModelConfig, request: &'a ModelRequest) -> Self {
        Self {
            model: &config.name,
            messages: [
                Message {
                    role: "system",
                    content: &request.system,
                },
                Message {
                    role: "user",
                    content: &request.user,
                },
            ],
            stream: true,
            temperature: config.temperature,
            max_tokens: config.max_tokens,
            stream_options: config
                .ask_for_usage
                .then_some(StreamOptions { include_usage: true }),
        }
    }
}

/// One chunk of a stream, or the whole answer of a server that ignores that a stream was asked for.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

/// Whether an answer that ended for this reason is whole. Everything else cuts it: `length`,
/// `content_filter`, `tool_calls`, and whatever a server invents.
fn is_whole(reason: &str) -> bool {
    ["stop", "eos_token", "stop_sequence", "end_turn"]
        .iter()
        .any(|whole| reason.eq_ignore_ascii_case(whole))
}

/// Reads one answer's chunks, and knows how it ended.
#[derive(Default)]
pub(crate) struct ChatReader {
    usage: Option<Usage>,
    cut_short: bool,
    finished: bool,
    done: bool,
    said_anything: bool,
}

impl ChatReader {
    /// Takes the data of one event. Gives its words, if it has any.
    pub fn take(&mut self, data: &str) -> Result<Option<ModelEvent>, ModelError> {
        if data.trim() == "[DONE]" {
            self.finished = true;
            self.done = true;
            return Ok(None);
        }
        // A server's own words may repeat the prompt, so an error tells its place and not its content.
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            ModelError::Malformed(format!("an event that is no chunk, at column {}", error.column()))
        })?;
        if chunk.error.is_some() {
            return Err(ModelError::Malformed(
                "an error in the middle of its answer".into(),
            ));
        }
        if let Some(usage) = chunk.usage {
            self.usage = Some(Usage {
                input_tokens: usage.prompt_tokens.unwrap_or_default(),
                output_tokens: usage.completion_tokens.unwrap_or_default(),
            });
        }
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(None);
        };
        if let Some(reason) = choice.finish_reason {
            self.finished = true;
            self.cut_short = !is_whole(&reason);
        }
        let words = choice
            .delta
            .and_then(|delta| delta.content)
            .filter(|words| !words.is_empty());
        self.said_anything |= words.is_some();
        Ok(words.map(ModelEvent::Delta))
    }

    /// The server closed. An answer without an end mark has words, and nobody knows whether it has all of
    /// them: it counts as cut short. Silence is an error.
    pub fn end(self) -> Result<ModelEvent, ModelError> {
        if !self.said_anything {
            return Err(ModelError::Malformed("an answer without words".into()));
        }
        Ok(ModelEvent::Finished {
            usage: self.usage,
            cut_short: self.cut_short || !self.finished,
        })
    }

    /// Whether the server said how its answer ended; a count of tokens may still follow.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether nothing follows any more.
    pub fn is_done(&self) -> bool {
        self.done
    }
}
