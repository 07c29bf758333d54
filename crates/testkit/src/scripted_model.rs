//! A language model that says what a test tells it, cut where the test cuts, and notices when nobody listens.

use async_stream::stream;
use async_trait::async_trait;
use codecite_answering::{LanguageModel, ModelError, ModelEvent, ModelRequest, ModelStream};
use futures::StreamExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One thing that the model does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Says these words in one delta.
    Says(String),
    /// Lets the reader wait.
    Waits(Duration),
    /// Says these words again and again, without end.
    Floods(String),
    /// Says nothing more and does not end.
    FallsSilent,
    /// Breaks.
    Breaks(ModelError),
    /// Ends as one does at the maximum length.
    IsCutShort,
}

/// A model with a script. Clones share what was heard.
#[derive(Clone, Debug, Default)]
pub struct ScriptedModel {
    script: Vec<Step>,
    refuses: Option<ModelError>,
    prompt_tokens: Option<usize>,
    heard: Arc<Mutex<Vec<ModelRequest>>>,
    open: Arc<AtomicUsize>,
}

impl ScriptedModel {
    /// Says `words` in one delta and ends.
    pub fn says(words: impl Into<String>) -> Self {
        Self::plays([Step::Says(words.into())])
    }

    /// Says `words` in deltas of `size` characters and ends.
    pub fn says_in_pieces(words: &str, size: usize) -> Self {
        let characters: Vec<char> = words.chars().collect();
        Self::plays(
            characters
                .chunks(size.max(1))
                .map(|piece| Step::Says(piece.iter().collect())),
        )
    }

    /// Plays the steps in their order, and then ends unless the last one says otherwise.
    pub fn plays(script: impl IntoIterator<Item = Step>) -> Self {
        Self {
            script: script.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Gives no answer at all.
    pub fn refuses(error: ModelError) -> Self {
        Self {
            refuses: Some(error),
            ..Self::default()
        }
    }

    /// The same model with a window of so many tokens for the prompt; a token is a word here.
    pub fn with_prompt_tokens(self, prompt_tokens: usize) -> Self {
        Self {
            prompt_tokens: Some(prompt_tokens),
            ..self
        }
    }

    /// Everything that it was asked.
    pub fn heard(&self) -> Vec<ModelRequest> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many of its streams have been begun and neither read to their end nor dropped.
    pub fn open_streams(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

/// Counts a stream as open for as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    fn name(&self) -> &str {
        "scripted"
    }

    fn prompt_tokens(&self) -> usize {
        self.prompt_tokens.unwrap_or(100_000)
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        let script = self.script.clone();
        let open = Open::new(&self.open);
        Ok(stream! {
            let _open = open;
            for step in script {
                match step {
                    Step::Says(words) => yield Ok(ModelEvent::Delta(words)),
                    Step::Waits(time) => tokio::time::sleep(time).await,
                    Step::Floods(words) => loop {
                        yield Ok(ModelEvent::Delta(words.clone()));
                    },
                    Step::FallsSilent => futures::future::pending().await,
                    Step::Breaks(error) => {
                        yield Err(error);
                        return;
                    }
                    Step::IsCutShort => {
                        yield Ok(ModelEvent::Finished { usage: None, cut_short: true });
                        return;
                    }
                }
            }
            yield Ok(ModelEvent::Finished { usage: None, cut_short: false });
        }
        .boxed())
    }
}
