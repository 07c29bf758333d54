//! A model that stops in the middle of its answer until the test lets it go on.

use async_trait::async_trait;
use codecite_answering::{LanguageModel, ModelError, ModelEvent, ModelRequest, ModelStream};
use futures::StreamExt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Says its first words, waits for [`GatedModel::open`], and says the others.
#[derive(Clone)]
pub struct GatedModel {
    first: &'static str,
    rest: &'static str,
    gate: Arc<Semaphore>,
}

impl GatedModel {
    pub fn new(first: &'static str, rest: &'static str) -> Self {
        Self {
            first,
            rest,
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    /// Lets one answer go on.
    pub fn open(&self) {
        self.gate.add_permits(1);
    }
}

#[async_trait]
impl LanguageModel for GatedModel {
    fn name(&self) -> &str {
        "gated"
    }

    fn prompt_tokens(&self) -> usize {
        100_000
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    async fn answer(&self, _: ModelRequest) -> Result<ModelStream, ModelError> {
        let Self { first, rest, gate } = self.clone();
        Ok(async_stream::stream! {
            yield Ok(ModelEvent::Delta(first.to_owned()));
            gate.acquire().await.expect("the gate stays").forget();
            yield Ok(ModelEvent::Delta(rest.to_owned()));
            yield Ok(ModelEvent::Finished { usage: None, cut_short: false });
        }
        .boxed())
    }
}
