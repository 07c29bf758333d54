//! Passages found by meaning, and the floor under them.
//!
//! A fused score says how a passage ranks, not whether it fits: the best of a thousand wrong ones ranks
//! first. So each search is joined by a probe by meaning alone, whose scores are cosines, and a passage is
//! evidence if it is near by itself, or a little farther and has the words.

use super::{Mode, Query, RetrieveError, Retriever, Shelf, Sought};
use crate::index::{Filter, Hit};
use crate::lexicon::Expanded;
use crate::stems::stems;
use crate::understanding::Intent;
use codecite_codebook::{Aspect, Code, CodeSystem, Passage, PassageId};
use std::collections::{BTreeMap, HashMap};

/// How many passages of the other kind stand beside the kind that was asked for.
const BESIDE: usize = 3;
/// A share of words that leaves none out, however sums of weights are rounded.
const ALL: f32 = 0.999;

impl Retriever {
    /// What fits the words, best first; entries of code sets or prose first, as the intent wants.
    pub(super) async fn by_words(&self, sought: &Sought) -> Result<Vec<Passage>, RetrieveError> {
        let wording = self.wording(sought);
        let (entries, prose) = futures::try_join!(
            self.fitting(&wording, entries(sought)),
            self.fitting(&wording, prose(sought))
        )?;
        let entries_first = match sought.intent {
            Intent::FindCode => true,
            Intent::Unclear | Intent::Define => entries.best > prose.best,
            Intent::Compare | Intent::Together | Intent::Modifier | Intent::Rule | Intent::Status => false,
        };
        let (first, second) = if entries_first {
            (entries, prose)
        } else {
            (prose, entries)
        };
        let room = match first.passages.is_empty() {
            true => self.config.evidence,
            false => BESIDE.min(self.config.evidence.saturating_sub(1)),
        };
        let beside: Vec<Passage> = second.passages.into_iter().take(room).collect();
        let mut passages = first.passages;
        passages.truncate(self.config.evidence.saturating_sub(beside.len()));
        passages.extend(beside);
        Ok(passages)
    }

    /// Adds the entries that fit the words behind passages that were found by name, up to half of the room:
    /// "E11.9 was denied, which code for diabetes with neuropathy?" names one code and seeks another.
    pub(super) async fn add_entries_sought(
        &self,
        sought: &Sought,
        passages: &mut Vec<Passage>,
    ) -> Result<(), RetrieveError> {
        let found = self.fitting(&self.wording(sought), entries(sought)).await?;
        let room = self.config.evidence.div_ceil(2);
        let entries: Vec<Passage> = found.passages.into_iter().take(room).collect();
        passages.truncate(self.config.evidence - entries.len());
        passages.extend(entries);
        Ok(())
    }

    /// Prose that fits the words beside passages that were found by name.
    pub(super) async fn related_prose(&self, sought: &Sought) -> Result<Vec<Passage>, RetrieveError> {
        let filter = Filter {
            systems: Vec::new(),
            ..prose(sought)
        };
        let mut found = self.fitting(&self.wording(sought), filter).await?.passages;
        found.truncate(BESIDE);
        Ok(found)
    }

    /// The wording of titles is for diagnoses: where only procedures are asked about, or their rules, "PT" and
    /// "ASC" mean what they mean there.
    pub(super) fn wording(&self, sought: &Sought) -> Expanded {
        let named = sought.codes.iter().map(Code::system);
        let systems: Vec<CodeSystem> = sought.systems.iter().copied().chain(named).collect();
        let is_diagnosis = |system: &CodeSystem| matches!(system, CodeSystem::Icd10Cm | CodeSystem::Icd10Pcs);
        match systems.is_empty() || systems.iter().any(is_diagnosis) {
            true => self.lexicon.expand(&sought.words),
            false => self.lexicon.expand_prose(&sought.words),
        }
    }

    /// The hits of one hybrid search that are near enough.
    async fn fitting(&self, wording: &Expanded, filter: Filter) -> Result<Fitting, RetrieveError> {
        let limit = self.config.rerank.max(self.config.evidence);
        let query = self.query(wording, Shelf::of(&filter), true).await?;
        let (hits, probe) = futures::try_join!(
            self.search_query(&query, filter.clone(), limit, Mode::Hybrid),
            self.search_query(&query, filter, self.config.depth, Mode::Dense),
        )?;
        let floor = self.floor(&query, &probe);
        let mut best = f32::NEG_INFINITY;
        let mut passages = Vec::new();
        for hit in hits {
            if passages.len() == self.config.evidence {
                break;
            }
            if let Some(fit) = floor.fit(&hit) {
                best = best.max(fit);
                passages.push(hit.passage);
            }
        }
        Ok(Fitting { passages, best })
    }

    fn floor(&self, query: &Query, probe: &[Hit]) -> Floor {
        let config = &self.config;
        let is_titles = query.shelf == Shelf::Entries;
        let (near, near_with_words, share) = match is_titles {
            true => (config.entry_near, config.entry_near_with_words, config.word_share),
            false => (
                config.prose_near,
                config.prose_near_with_words,
                config.prose_word_share,
            ),
        };
        let Expanded {
            said, meant, written, ..
        } = &query.expanded;
        let wordings = match is_titles {
            true => vec![weighed(meant, |_| 1.0)],
            // Prose says much beside the point: what is rarely said tells what is meant.
            false => [said, written, meant]
                .map(|words| weighed(words, |stem| self.vocabulary.rarity(stem)))
                .into(),
        };
        Floor {
            cosines: probe.iter().map(|hit| (hit.passage.id(), hit.score)).collect(),
            beyond: match probe.len() < config.depth {
                // The probe saw everything there is.
                true => 0.0,
                false => probe.last().map_or(0.0, |hit| hit.score),
            },
            wordings,
            near,
            near_with_words,
            share,
            is_titles,
        }
    }
}

/// What fits of one search.
struct Fitting {
    passages: Vec<Passage>,
    /// How well the best one fits, far below 0 if none does; compares between searches for the same words.
    best: f32,
}

struct Floor {
    cosines: HashMap<PassageId, f32>,
    /// What the probe did not reach is at most this near.
    beyond: f32,
    /// The words of each wording that the shelf may have.
    wordings: Vec<Weighed>,
    near: f32,
    near_with_words: f32,
    share: f32,
    is_titles: bool,
}

impl Floor {
    /// How well a hit fits; `None` below the floor.
    fn fit(&self, hit: &Hit) -> Option<f32> {
        let probed = self.cosines.get(&hit.passage.id()).copied();
        // The last cosine of the probe is a bound for what it did not reach, and not a sign of nearness.
        let is_near = probed.is_some_and(|cosine| cosine >= self.near);
        let cosine = probed.unwrap_or(self.beyond);
        let share = self.share_of(&hit.passage);
        // Keys hit at random come near to some prose as well, and share no word with it.
        let fits = is_near && (self.is_titles || share > 0.0)
            || (cosine >= self.near_with_words && share >= self.share)
            || self.is_foreseen_by(&hit.passage);
        fits.then_some(cosine - self.near + share)
    }

    /// The share of the words that a passage has, in the wording that it has more of.
    fn share_of(&self, passage: &Passage) -> f32 {
        let shares = self.wordings.iter().map(|words| word_share(words, passage));
        shares.fold(0.0, f32::max)
    }

    /// Whoever wrote prose foresaw these very words, as its keywords do, if it has several and all of them.
    fn is_foreseen_by(&self, passage: &Passage) -> bool {
        let has_all = |words: &Weighed| words.len() >= 2 && word_share(words, passage) > ALL;
        !self.is_titles && self.wordings.iter().any(has_all)
    }
}

/// Stems of words, and how much each of them tells.
pub(super) type Weighed = BTreeMap<String, f32>;

/// The words of `text`, weighed.
pub(super) fn weighed(text: &str, weight: impl Fn(&str) -> f32) -> Weighed {
    let with_weight = |stem: String| {
        let weight = weight(&stem);
        (stem, weight)
    };
    stems(text).into_iter().map(with_weight).collect()
}

/// The share of `words` that a passage has in its title, text or keywords, 0 to 1.
pub(super) fn word_share(words: &Weighed, passage: &Passage) -> f32 {
    let mut known = stems(&passage.title);
    known.extend(stems(&passage.text));
    passage
        .keywords
        .iter()
        .for_each(|keyword| known.extend(stems(keyword)));
    let shared = words.iter().filter(|(stem, _)| known.contains(*stem));
    let shared: f32 = shared.map(|(_, weight)| weight).sum();
    let all: f32 = words.values().sum();
    if all > 0.0 { shared / all } else { 0.0 }
}

fn entries(sought: &Sought) -> Filter {
    Filter {
        in_force_on: Some(sought.date_of_service),
        systems: code_sets(sought),
        aspects: vec![Aspect::Entry],
        ..Filter::default()
    }
}

/// Prose is restricted to the systems asked for only when a code is sought: "what is the CPT rule for …" may
/// be answered by a passage about no code at all.
fn prose(sought: &Sought) -> Filter {
    Filter {
        in_force_on: Some(sought.date_of_service),
        systems: if sought.intent == Intent::FindCode {
            code_sets(sought)
        } else {
            Vec::new()
        },
        without_aspects: vec![Aspect::Entry],
        ..Filter::default()
    }
}

fn code_sets(sought: &Sought) -> Vec<CodeSystem> {
    sought
        .systems
        .iter()
        .copied()
        .filter(|system| !matches!(system, CodeSystem::Modifier | CodeSystem::PlaceOfService))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::entry;

    fn fits(asked: &str, probed: Option<f32>) -> bool {
        let passage = entry("M10.9", "Gout, unspecified", true);
        let floor = Floor {
            cosines: probed.map(|cosine| (passage.id(), cosine)).into_iter().collect(),
            beyond: 0.9,
            wordings: vec![weighed(asked, |_| 1.0)],
            near: 0.55,
            near_with_words: 0.4,
            share: 0.5,
            is_titles: true,
        };
        floor.fit(&Hit { passage, score: 1.0 }).is_some()
    }

    #[test]
    fn what_the_probe_did_not_reach_needs_the_words() {
        assert!(fits("gout", None));
        assert!(!fits("broken leg", None));
        assert!(fits("broken leg", Some(0.6)));
        assert!(!fits("broken leg", Some(0.5)));
        assert!(!fits("gout", Some(0.3)));
    }
}
