//! The contract of an index and an embedder, in memory: nearness is sharing words.

use async_trait::async_trait;
use codecite_codebook::{EditionId, NaiveDate, Passage, PassageId};
use codecite_retrieval::{
    EmbedError, Embedder, Filter, Generation, GenerationId, Hit, IndexError, IndexedPassage, Load, Page,
    PassageIndex, SearchRequest,
};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

const DIMENSIONS: usize = 512;

/// Counts words into buckets.
pub struct WordEmbedder;

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(|word| word.to_lowercase().trim_end_matches('s').to_owned())
}

fn embed(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSIONS];
    for word in words(text) {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        vector[usize::try_from(hasher.finish() % DIMENSIONS as u64).expect("a bucket")] += 1.0;
    }
    let length = vector
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    vector.iter().map(|x| x / length).collect()
}

#[async_trait]
impl Embedder for WordEmbedder {
    fn model_digest(&self) -> &str {
        "words"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        100_000
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        Ok(text.split_whitespace().count())
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| embed(text)).collect())
    }

    async fn embed_query(&self, text: &str) -> Result<Arc<[f32]>, EmbedError> {
        Ok(embed(text).into())
    }
}

type Shelved = BTreeMap<PassageId, IndexedPassage>;

/// An index of one generation.
#[derive(Clone, Default)]
pub struct MemoryIndex {
    live: Arc<Mutex<Shelved>>,
}

impl MemoryIndex {
    fn passing(&self, filter: &Filter) -> Vec<IndexedPassage> {
        let live = self.live.lock().expect("the shelf");
        live.values()
            .filter(|indexed| passes(&indexed.passage, filter))
            .cloned()
            .collect()
    }
}

fn passes(passage: &Passage, filter: &Filter) -> bool {
    let about = |code| passage.about.contains(code);
    let names = |code| passage.about.contains(code) || passage.mentions.contains(code);
    filter
        .in_force_on
        .is_none_or(|day| passage.effective.contains(day))
        && (filter.about.is_empty() || filter.about.iter().any(about))
        && (filter.naming.is_empty() || filter.naming.iter().any(names))
        && (filter.systems.is_empty()
            || passage
                .about
                .iter()
                .any(|code| filter.systems.contains(&code.system())))
        && (filter.editions.is_empty() || filter.editions.contains(&passage.edition))
        && (filter.aspects.is_empty() || filter.aspects.contains(&passage.aspect))
        && !filter.without_aspects.contains(&passage.aspect)
        && (filter.ids.is_empty() || filter.ids.contains(&passage.id()))
}

#[async_trait]
impl PassageIndex for MemoryIndex {
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        let query = match (&request.vector, &request.words) {
            (Some(vector), _) => vector.to_vec(),
            (None, Some(words)) => embed(words),
            (None, None) => return Err(IndexError::EmptyRequest),
        };
        let near = |vector: &[f32]| {
            vector
                .iter()
                .zip(&query)
                .map(|(one, other)| one * other)
                .sum::<f32>()
        };
        let mut hits: Vec<Hit> = self
            .passing(&request.filter)
            .into_iter()
            .map(|indexed| Hit {
                score: near(&indexed.vector),
                passage: indexed.passage,
            })
            .filter(|hit| hit.score > 0.0)
            .collect();
        hits.sort_by(|one, other| other.score.total_cmp(&one.score));
        hits.truncate(request.limit);
        Ok(hits)
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let passing = self.passing(filter).into_iter().map(|indexed| indexed.passage);
        let mut found = passing.filter(|passage| after.is_none_or(|after| passage.id() >= after));
        Ok(Page {
            passages: found.by_ref().take(limit).collect(),
            next: found.next().map(|passage| passage.id()),
        })
    }

    async fn count(&self, filter: &Filter) -> Result<u64, IndexError> {
        Ok(self.passing(filter).len() as u64)
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        let passages = self.live.lock().expect("the shelf").len() as u64;
        Ok(Generation {
            id: (passages > 0).then(|| GenerationId("1".into())),
            passages,
            model_digest: (passages > 0).then(|| "words".into()),
        })
    }

    async fn begin(&self, _: &str, _: usize) -> Result<Box<dyn Load>, IndexError> {
        let next = self.live.lock().expect("the shelf").clone();
        Ok(Box::new(MemoryLoad {
            index: self.clone(),
            next,
        }))
    }
}

struct MemoryLoad {
    index: MemoryIndex,
    next: Shelved,
}

#[async_trait]
impl Load for MemoryLoad {
    async fn holds(&self, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError> {
        Ok(ids
            .iter()
            .copied()
            .filter(|id| self.next.contains_key(id))
            .collect())
    }

    async fn ids_of(&self, edition: &EditionId) -> Result<HashSet<PassageId>, IndexError> {
        let of_edition = self
            .next
            .iter()
            .filter(|(_, indexed)| indexed.passage.edition == *edition);
        Ok(of_edition.map(|(id, _)| *id).collect())
    }

    async fn upsert(&mut self, passages: Vec<IndexedPassage>) -> Result<(), IndexError> {
        self.next.extend(
            passages
                .into_iter()
                .map(|indexed| (indexed.passage.id(), indexed)),
        );
        Ok(())
    }

    async fn delete(&mut self, ids: &[PassageId]) -> Result<(), IndexError> {
        ids.iter().for_each(|id| drop(self.next.remove(id)));
        Ok(())
    }

    async fn end_edition(&mut self, _: &EditionId, _: Option<NaiveDate>) -> Result<(), IndexError> {
        Ok(())
    }

    async fn activate(self: Box<Self>) -> Result<Generation, IndexError> {
        *self.index.live.lock().expect("the shelf") = self.next;
        self.index.generation().await
    }
}
