//! An index in memory whose mood a test can change, and an embedder that counts words.

use async_trait::async_trait;
use codecite_codebook::{Passage, PassageId};
use codecite_retrieval::{
    EmbedError, Embedder, Filter, Generation, GenerationId, Hit, IndexError, Load, Page, PassageIndex,
    SearchRequest,
};
use std::sync::{Arc, Mutex};

/// How the index answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// It cannot be reached just now.
    Away,
    /// It is damaged, and says so with a secret path.
    Damaged,
    /// It has a defect, and says so with a secret path and with the words that it was asked for.
    Panics,
    /// It never answers.
    Silent,
}

/// What must never reach a reader.
pub const SECRET_PATH: &str = "/srv/secret/segment-7";

pub struct Shelf {
    passages: Vec<Passage>,
    mood: Mutex<Mood>,
}

impl Shelf {
    pub fn new(passages: Vec<Passage>) -> Self {
        Self {
            passages,
            mood: Mutex::new(Mood::Well),
        }
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().expect("no poison") = mood;
    }

    async fn answer(&self, asked: &str) -> Result<(), IndexError> {
        let mood = *self.mood.lock().expect("no poison");
        match mood {
            Mood::Well => Ok(()),
            Mood::Away => Err(IndexError::Unavailable("no route to 10.0.0.7:6334".into())),
            Mood::Damaged => Err(IndexError::Damaged(SECRET_PATH.into())),
            Mood::Panics => panic!("a defect at {SECRET_PATH} while looking for {asked:?}"),
            Mood::Silent => std::future::pending().await,
        }
    }

    fn passing<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a Passage> {
        self.passages.iter().filter(|passage| {
            let about = |wanted: &[_]| wanted.iter().any(|code| passage.about.contains(code));
            let systems = |wanted: &[_]| passage.about.iter().any(|code| wanted.contains(&code.system()));
            filter
                .in_force_on
                .is_none_or(|date| passage.effective.contains(date))
                && (filter.about.is_empty() || about(&filter.about))
                && (filter.naming.is_empty() || about(&filter.naming))
                && (filter.systems.is_empty() || systems(&filter.systems))
                && (filter.editions.is_empty() || filter.editions.contains(&passage.edition))
                && (filter.aspects.is_empty() || filter.aspects.contains(&passage.aspect))
                && !filter.without_aspects.contains(&passage.aspect)
                && (filter.ids.is_empty() || filter.ids.contains(&passage.id()))
        })
    }
}

#[async_trait]
impl PassageIndex for Shelf {
    /// By likeness of words, whatever was asked for.
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        self.answer(request.words.as_deref().unwrap_or_default()).await?;
        let asked = request
            .vector
            .clone()
            .or_else(|| request.words.as_deref().map(|words| vector(words).into()));
        let asked = asked.ok_or(IndexError::EmptyRequest)?;
        let mut hits: Vec<Hit> = self
            .passing(&request.filter)
            .map(|passage| Hit {
                score: vector(&passage.text)
                    .iter()
                    .zip(asked.iter())
                    .map(|(one, other)| one * other)
                    .sum(),
                passage: passage.clone(),
            })
            .filter(|hit| hit.score > 0.0)
            .collect();
        hits.sort_by(|one, other| other.score.total_cmp(&one.score));
        hits.truncate(request.limit);
        Ok(hits)
    }

    async fn list(&self, filter: &Filter, _: Option<PassageId>, limit: usize) -> Result<Page, IndexError> {
        self.answer("").await?;
        let passages = self.passing(filter).take(limit).cloned().collect();
        Ok(Page { passages, next: None })
    }

    async fn count(&self, filter: &Filter) -> Result<u64, IndexError> {
        self.answer("").await?;
        Ok(self.passing(filter).count() as u64)
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        self.answer("").await?;
        Ok(Generation {
            id: (!self.passages.is_empty()).then(|| GenerationId("000001".into())),
            passages: self.passages.len() as u64,
            model_digest: Some(DIGEST.into()),
        })
    }

    async fn begin(&self, _: &str, _: usize) -> Result<Box<dyn Load>, IndexError> {
        Err(IndexError::Failed("the tests give their passages whole".into()))
    }
}

const DIGEST: &str = "words-of-the-tests";
const DIMENSIONS: usize = 256;

/// A text as its words, hashed into places: like words are near.
fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSIONS];
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 3)
    {
        let place = word.to_lowercase().bytes().fold(7_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        vector[place % DIMENSIONS] += 1.0;
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

pub struct CountsWords;

#[async_trait]
impl Embedder for CountsWords {
    fn model_digest(&self) -> &str {
        DIGEST
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        2_000
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        Ok(text.split_whitespace().count())
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }

    async fn embed_query(&self, text: &str) -> Result<Arc<[f32]>, EmbedError> {
        Ok(vector(text).into())
    }
}
