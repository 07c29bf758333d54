//! Passages, an index and a model for the tests of this room: small, in memory, and the same on every run.

use crate::{
    EmbedError, Embedder, Filter, Generation, Hit, IndexError, Load, Page, PassageIndex, SearchRequest,
};
use async_trait::async_trait;
use codecite_codebook::{
    Aspect, Authority, Code, CodeSystem, EditionId, EffectiveRange, Locator, NaiveDate, Passage,
    PassageDraft, PassageId,
};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

pub(crate) fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

pub(crate) fn draft(title: &str, text: &str, aspect: Aspect, about: &[&str]) -> PassageDraft {
    PassageDraft {
        edition: EditionId::new("test"),
        title: title.into(),
        text: text.into(),
        aspect,
        about: about.iter().map(|label| code(label)).collect(),
        mentions: vec![],
        keywords: vec![],
        billable: None,
        authority: Authority::new("CMS"),
        locator: Locator {
            document: "Test".into(),
            section: None,
            place: None,
            url: None,
        },
        effective: EffectiveRange::since(day("2020-01-01")),
    }
}

pub(crate) fn rule(title: &str, text: &str, about: &[&str]) -> Passage {
    Passage::new(draft(title, text, Aspect::Rule, about))
}

pub(crate) fn entry(code: &str, title: &str, billable: bool) -> Passage {
    let code = Code::parse(CodeSystem::Icd10Cm, code).expect("a code in the test");
    Passage::new(PassageDraft {
        billable: Some(billable),
        ..draft(code.text(), title, Aspect::Entry, &[&code.label()])
    })
}

/// Embeds a text as its stems, hashed into 512 places: like words are near, and meaning is not known.
pub(crate) struct BagOfWords;

const DIMENSIONS: usize = 512;
/// A question longer than this is refused, as a model refuses what it cannot read.
const MAX_WORDS: usize = 40;

impl BagOfWords {
    fn vector(text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; DIMENSIONS];
        for stem in crate::stems::stems(text) {
            let place = stem.bytes().fold(17_usize, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(byte.into())
            });
            vector[place % DIMENSIONS] += 1.0;
        }
        let length = vector
            .iter()
            .map(|value| value * value)
            .sum::<f32>()
            .sqrt()
            .max(f32::MIN_POSITIVE);
        vector.iter().map(|value| value / length).collect()
    }
}

#[async_trait]
impl Embedder for BagOfWords {
    fn model_digest(&self) -> &str {
        "bag-of-words"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        MAX_WORDS
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        Ok(text.split_whitespace().count())
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| Self::vector(text)).collect())
    }

    async fn embed_query(&self, text: &str) -> Result<Arc<[f32]>, EmbedError> {
        let tokens = self.count_tokens(text)?;
        if tokens > MAX_WORDS {
            return Err(EmbedError::TooLong {
                position: 0,
                tokens,
                limit: MAX_WORDS,
            });
        }
        Ok(Self::vector(text).into())
    }
}

/// Searches by comparing everything; fuses as the trait documents.
pub(crate) struct InMemory(pub Vec<Passage>);

impl InMemory {
    fn passing(&self, filter: &Filter) -> impl Iterator<Item = &Passage> {
        self.0.iter().filter(move |passage| passes(filter, passage))
    }

    fn ranked(&self, filter: &Filter, depth: usize, score: impl Fn(&Passage) -> f32) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self
            .passing(filter)
            .map(|passage| Hit {
                passage: passage.clone(),
                score: score(passage),
            })
            .filter(|hit| hit.score > 0.0)
            .collect();
        hits.sort_by(|one, other| other.score.total_cmp(&one.score));
        hits.truncate(depth);
        hits
    }
}

#[async_trait]
impl PassageIndex for InMemory {
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        let SearchRequest {
            vector,
            words,
            filter,
            fusion,
            limit,
        } = request;
        let hybrid = vector.is_some() && words.is_some();
        let depth = if hybrid { fusion.depth } else { *limit };
        let dense = vector.as_ref().map(|query| {
            self.ranked(filter, depth, |passage| {
                BagOfWords::vector(&searched(passage))
                    .iter()
                    .zip(query.iter())
                    .map(|(a, b)| a * b)
                    .sum()
            })
        });
        let sparse = words.as_ref().map(|words| {
            let asked = crate::stems::stems(words);
            self.ranked(filter, depth, |passage| {
                let shared = crate::stems::stems(&searched(passage))
                    .intersection(&asked)
                    .count();
                f32::from(u16::try_from(shared).expect("few words"))
            })
        });
        let (dense, sparse) = match (dense, sparse) {
            (None, None) => return Err(IndexError::EmptyRequest),
            (Some(hits), None) | (None, Some(hits)) => return Ok(hits),
            (Some(dense), Some(sparse)) => (dense, sparse),
        };
        let mut fused: Vec<Hit> = Vec::new();
        for (ranking, weight) in [(dense, fusion.dense_weight), (sparse, fusion.words_weight)] {
            for (hit, rank) in ranking.into_iter().zip(1_u16..) {
                let k = f32::from(u16::try_from(fusion.k).expect("a small k"));
                let score = 1.0 / (f32::from(rank) / weight + k);
                match fused
                    .iter_mut()
                    .find(|known| known.passage.id() == hit.passage.id())
                {
                    Some(known) => known.score += score,
                    None => fused.push(Hit { score, ..hit }),
                }
            }
        }
        fused.sort_by(|one, other| other.score.total_cmp(&one.score));
        fused.truncate(*limit);
        Ok(fused)
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let mut passages: Vec<Passage> = self
            .passing(filter)
            .filter(|passage| after.is_none_or(|after| passage.id() >= after))
            .cloned()
            .collect();
        passages.sort_by_key(|passage| passage.id());
        let next = passages.get(limit).map(|passage| passage.id());
        passages.truncate(limit);
        Ok(Page { passages, next })
    }

    async fn count(&self, filter: &Filter) -> Result<u64, IndexError> {
        Ok(self.passing(filter).count() as u64)
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        Ok(Generation {
            id: None,
            passages: self.0.len() as u64,
            model_digest: None,
        })
    }

    async fn begin(&self, _: &str, _: usize) -> Result<Box<dyn Load>, IndexError> {
        Err(IndexError::Failed("this index is given whole".into()))
    }
}

fn searched(passage: &Passage) -> String {
    match passage.aspect {
        Aspect::Entry => passage.text.clone(),
        _ => format!(
            "{} {} {}",
            passage.title,
            passage.text,
            passage.keywords.join(" ")
        ),
    }
}

fn passes(filter: &Filter, passage: &Passage) -> bool {
    let systems: BTreeSet<CodeSystem> = passage.about.iter().map(Code::system).collect();
    filter
        .in_force_on
        .is_none_or(|date| passage.effective.contains(date))
        && any(&filter.about, |code| passage.about.contains(code))
        && any(&filter.naming, |code| {
            passage.about.contains(code) || passage.mentions.contains(code)
        })
        && any(&filter.systems, |system| systems.contains(system))
        && any(&filter.editions, |edition| passage.edition == *edition)
        && any(&filter.aspects, |aspect| passage.aspect == *aspect)
        && !filter.without_aspects.contains(&passage.aspect)
        && any(&filter.ids, |id| passage.id() == *id)
}

/// Whether one of `wanted` passes, or none is wanted.
fn any<T>(wanted: &[T], passes: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(passes)
}
