//! What several tests need: the shared official files, an index in memory, an embedder that counts.
#![allow(dead_code, reason = "each test uses a part of it")]

use async_trait::async_trait;
use codecite_codebook::{EditionId, EffectiveRange, NaiveDate, Passage, PassageDraft, PassageId};
use codecite_ingest::SourceFile;
use codecite_retrieval::{
    EmbedError, Embedder, Filter, Generation, GenerationId, Hit, IndexError, IndexedPassage, Load, Page,
    PassageIndex, SearchRequest,
};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The folder of official files beside the checkout, or where `CODECITE_SHARED_DATA` says; `None`, with a
/// clear word, if it is not there.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its runner where the official files are"
)]
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CODECITE_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED {test}: no official files in {}; set CODECITE_SHARED_DATA to the folder that holds them",
        folder.display()
    );
    None
}

/// The real order file, still packed.
pub fn order_file(test: &str) -> Option<SourceFile> {
    let name = "icd10cm-order-Jan-2021.txt.gz";
    let path = shared_data(test)?.join("icd10cm/fy2021").join(name);
    Some(SourceFile {
        name: name.into(),
        bytes: std::fs::read(path).expect("the order file"),
    })
}

/// One line of an order file.
pub fn order_line(order: u32, code: &str, flag: char, title: &str) -> String {
    format!(
        "{order:05} {code:<7} {flag} {short:<60} {title}\n",
        short = &title[..title.len().min(60)]
    )
}

/// Gives each text a vector of its own and remembers every text it was asked for.
pub struct CountingEmbedder {
    pub digest: String,
    pub max_tokens: usize,
    pub embedded: Mutex<Vec<String>>,
    /// Fails when it meets this text.
    pub stumbles_over: Option<String>,
}

impl CountingEmbedder {
    pub fn new(digest: &str) -> Self {
        Self {
            digest: digest.into(),
            max_tokens: 64,
            embedded: Mutex::default(),
            stumbles_over: None,
        }
    }

    /// How many texts it was given since the last time it was asked.
    pub fn take_count(&self) -> usize {
        std::mem::take(&mut *self.embedded.lock().expect("the list")).len()
    }
}

#[async_trait]
impl Embedder for CountingEmbedder {
    fn model_digest(&self) -> &str {
        &self.digest
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        Ok(text.split_whitespace().count() + 2)
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        for (position, text) in texts.iter().enumerate() {
            if self.stumbles_over.as_ref() == Some(text) {
                return Err(EmbedError::Model("stumbled".into()));
            }
            let tokens = self.count_tokens(text)?;
            if tokens > self.max_tokens {
                return Err(EmbedError::TooLong {
                    position,
                    tokens,
                    limit: self.max_tokens,
                });
            }
        }
        let vectors = texts.iter().map(|_| vec![1.0, 0.0]).collect();
        self.embedded.lock().expect("the list").extend(texts);
        Ok(vectors)
    }

    async fn embed_query(&self, _: &str) -> Result<Arc<[f32]>, EmbedError> {
        Ok(Arc::new([1.0, 0.0]))
    }
}

type Shelved = BTreeMap<PassageId, IndexedPassage>;

#[derive(Clone, Default)]
struct State {
    passages: Shelved,
    model_digest: Option<String>,
    number: u64,
}

/// The contract of an index, without a search.
#[derive(Clone, Default)]
pub struct MemoryIndex {
    live: Arc<Mutex<State>>,
    pub begun: Arc<Mutex<u64>>,
}

struct MemoryLoad {
    index: MemoryIndex,
    next: State,
}

impl MemoryIndex {
    fn state(&self) -> State {
        self.live.lock().expect("the state").clone()
    }

    /// Every passage, by title.
    pub fn passages(&self) -> Vec<Passage> {
        let mut passages: Vec<Passage> = self
            .state()
            .passages
            .into_values()
            .map(|indexed| indexed.passage)
            .collect();
        passages.sort_by(|a, b| (&a.title, a.effective.from()).cmp(&(&b.title, b.effective.from())));
        passages
    }
}

fn passes(passage: &Passage, filter: &Filter) -> bool {
    filter
        .in_force_on
        .is_none_or(|day| passage.effective.contains(day))
        && (filter.editions.is_empty() || filter.editions.contains(&passage.edition))
        && (filter.ids.is_empty() || filter.ids.contains(&passage.id()))
}

#[async_trait]
impl PassageIndex for MemoryIndex {
    async fn search(&self, _: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        Ok(Vec::new())
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let mut found = self
            .state()
            .passages
            .into_iter()
            .filter(|(id, indexed)| {
                after.is_none_or(|after| *id >= after) && passes(&indexed.passage, filter)
            })
            .map(|(_, indexed)| indexed.passage);
        Ok(Page {
            passages: found.by_ref().take(limit).collect(),
            next: found.next().map(|passage| passage.id()),
        })
    }

    async fn count(&self, filter: &Filter) -> Result<u64, IndexError> {
        let state = self.state();
        let passing = state
            .passages
            .values()
            .filter(|indexed| passes(&indexed.passage, filter));
        Ok(passing.count() as u64)
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        let state = self.state();
        Ok(Generation {
            id: (state.number > 0).then(|| GenerationId(format!("{:06}", state.number))),
            passages: state.passages.len() as u64,
            model_digest: state.model_digest,
        })
    }

    async fn begin(&self, model_digest: &str, _: usize) -> Result<Box<dyn Load>, IndexError> {
        *self.begun.lock().expect("the count") += 1;
        let mut next = self.state();
        if next.model_digest.as_deref() != Some(model_digest) {
            next.passages.clear();
        }
        next.model_digest = Some(model_digest.to_owned());
        next.number += 1;
        Ok(Box::new(MemoryLoad {
            index: self.clone(),
            next,
        }))
    }
}

#[async_trait]
impl Load for MemoryLoad {
    async fn holds(&self, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError> {
        let known = |id: &&PassageId| self.next.passages.contains_key(id);
        Ok(ids.iter().filter(known).copied().collect())
    }

    async fn ids_of(&self, edition: &EditionId) -> Result<HashSet<PassageId>, IndexError> {
        let of_edition = self
            .next
            .passages
            .values()
            .filter(|indexed| indexed.passage.edition == *edition);
        Ok(of_edition.map(|indexed| indexed.passage.id()).collect())
    }

    async fn upsert(&mut self, passages: Vec<IndexedPassage>) -> Result<(), IndexError> {
        self.next.passages.extend(
            passages
                .into_iter()
                .map(|indexed| (indexed.passage.id(), indexed)),
        );
        Ok(())
    }

    async fn delete(&mut self, ids: &[PassageId]) -> Result<(), IndexError> {
        self.next.passages.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    async fn end_edition(
        &mut self,
        edition: &EditionId,
        last_day: Option<NaiveDate>,
    ) -> Result<(), IndexError> {
        for indexed in self.next.passages.values_mut() {
            let passage = indexed.passage.clone();
            let is_open = passage.effective.to().is_none();
            if passage.edition == *edition && (is_open || last_day.is_none()) {
                indexed.passage = Passage::new(PassageDraft {
                    effective: EffectiveRange::new(passage.effective.from(), last_day).expect("a range"),
                    ..passage.into_draft()
                });
            }
        }
        Ok(())
    }

    async fn activate(self: Box<Self>) -> Result<Generation, IndexError> {
        *self.index.live.lock().expect("the state") = self.next;
        self.index.generation().await
    }
}
