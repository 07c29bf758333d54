//! Puts the first titles of a fused ranking in a better order, by what their words say.
//!
//! RRF knows ranks only. A title of a code set has a grammar of its own: what it denies ("without coma"), its
//! side, its encounter, what it adds to the words asked. Reading both texts by that grammar lifts the code
//! that says what was asked, and no more. A pure function: no statistics, no tables, no index. The weights
//! were chosen on the development set and reported on others in `docs/retrieval.md`.

mod encounter;
mod reading;

use crate::index::Hit;
use codecite_codebook::{Aspect, Passage};
use encounter::{Encounter, Healing};
use reading::{Reading, is_neutral};

/// How much each feature of a candidate weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weights {
    /// The fused score, as a share of the best one.
    pub fused: f32,
    /// The share of the words asked that the title has.
    pub covered: f32,
    /// Against: the share of the title that was not asked for.
    pub unasked: f32,
    /// Against: each word that one affirms and the other denies, at most two.
    pub contradicts: f32,
    /// Same side, other side, none.
    pub side: f32,
    /// Same encounter or another one; initial and closed unless said.
    pub encounter: f32,
    /// The plain form of a condition ("unspecified", "without complication").
    pub plain: f32,
    /// Against: an "other …" that was not asked for.
    pub other: f32,
    /// Billable.
    pub billable: f32,
}

impl Weights {
    /// What was measured best.
    pub const CHOSEN: Self = Self {
        fused: 0.75,
        covered: 0.75,
        unasked: 1.0,
        contradicts: 0.4,
        side: 0.5,
        encounter: 0.3,
        plain: 0.1,
        other: 0.2,
        billable: 1.0,
    };
}

/// Reorders the entries among the first `depth` hits by how well their titles say what `words` (in the
/// wording of the sources) say. Other passages keep their ranks, and so do ties.
pub(crate) fn rerank(words: &str, hits: &mut [Hit], depth: usize) {
    let slots: Vec<usize> = hits
        .iter()
        .take(depth)
        .enumerate()
        .filter(|(_, hit)| is_title(&hit.passage))
        .map(|(slot, _)| slot)
        .collect();
    if slots.len() < 2 {
        return;
    }
    let question = Question::read(words);
    let best_fused = slots
        .iter()
        .map(|slot| hits[*slot].score)
        .fold(f32::MIN_POSITIVE, f32::max);
    let mut scored: Vec<(f32, Hit)> = slots
        .iter()
        .map(|slot| {
            let hit = hits[*slot].clone();
            let title = Title::read(&hit.passage);
            (
                question.score(&title, hit.score / best_fused, &Weights::CHOSEN),
                hit,
            )
        })
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    // The fused scores stay with the slots, so that they go on falling from first to last.
    let scores: Vec<f32> = slots.iter().map(|slot| hits[*slot].score).collect();
    for ((slot, score), (_, hit)) in slots.into_iter().zip(scores).zip(scored) {
        hits[slot] = Hit { score, ..hit };
    }
}

fn is_title(passage: &Passage) -> bool {
    passage.aspect == Aspect::Entry
}

struct Question {
    reading: Reading,
    encounter: Encounter,
    healing: Healing,
    says_open: bool,
    says_other: bool,
}

struct Title {
    reading: Reading,
    encounter: Option<Encounter>,
    healing: Option<Healing>,
    is_open: bool,
    is_fracture: bool,
    is_plain: bool,
    leaves_side_open: bool,
    is_other: bool,
    billable: bool,
}

impl Question {
    fn read(words: &str) -> Self {
        let cut = encounter::cut(words);
        let lower = words.to_lowercase();
        let healing = encounter::healing(&lower);
        let is_later = healing.is_some() || lower.contains("follow-up") || has_word(&lower, "followup");
        let encounter = match cut.encounter {
            _ if lower.contains("late effect") => Encounter::Sequela,
            Some(encounter) => encounter,
            None if is_later => Encounter::Subsequent,
            // A coder who says nothing means active treatment of a closed fracture.
            None => Encounter::Initial,
        };
        Self {
            reading: Reading::of(&cut.rest),
            encounter,
            healing: healing.unwrap_or(Healing::Routine),
            says_open: has_word(&lower, "open"),
            says_other: has_word(&lower, "other"),
        }
    }

    fn score(&self, title: &Title, fused: f32, weights: &Weights) -> f32 {
        let asked: Vec<&String> = self.reading.all().collect();
        let has = |word: &String| title.reading.all().any(|known| known == word);
        let was_asked = |word: &String| asked.contains(&word);

        let telling = asked.iter().filter(|word| !is_neutral(word)).count();
        let covered = asked.iter().filter(|word| !is_neutral(word) && has(word)).count();
        let length = title.reading.all().filter(|word| !is_neutral(word)).count();
        let unasked = title.reading.unasked(was_asked);
        let contradictions = self.reading.contradictions(&title.reading).min(2);

        weights.fused * fused + weights.covered * share(covered, telling)
            - weights.unasked * share(unasked, length)
            - weights.contradicts * share(contradictions, 1)
            + weights.side * self.side(title)
            + weights.encounter * self.encounter(title)
            + if title.is_plain { weights.plain } else { 0.0 }
            - if title.is_other && !self.says_other {
                weights.other
            } else {
                0.0
            }
            + if title.billable { weights.billable } else { 0.0 }
    }

    fn side(&self, title: &Title) -> f32 {
        match (self.reading.side(), title.reading.side()) {
            (Some(asked), Some(named)) if asked == named => 1.0,
            (Some(_), Some(_)) | (None, Some(_)) => -1.0,
            (Some(_), None) if title.leaves_side_open => -0.5,
            (_, None) => 0.0,
        }
    }

    fn encounter(&self, title: &Title) -> f32 {
        let Some(encounter) = title.encounter else {
            return 0.0;
        };
        let heals_alike = title.healing.is_none_or(|healing| healing == self.healing);
        let is_wanted = encounter == self.encounter && (encounter != Encounter::Subsequent || heals_alike);
        let wrongly_open = title.is_open && !self.says_open;
        let wrongly_closed =
            encounter == Encounter::Initial && title.is_fracture && self.says_open && !title.is_open;
        if is_wanted && !wrongly_open && !wrongly_closed {
            1.0
        } else {
            -1.0
        }
    }
}

impl Title {
    fn read(passage: &Passage) -> Self {
        let cut = encounter::cut(&passage.text);
        let lower = cut.rest.to_lowercase();
        let contains = |part: &str| lower.contains(part);
        Self {
            reading: Reading::of(&cut.rest),
            encounter: cut.encounter,
            healing: encounter::healing(&cut.tail),
            is_open: cut.tail.contains("open fracture"),
            is_fracture: cut.tail.contains("fracture"),
            is_plain: [
                "unspecified",
                "not specified",
                "uncomplicated",
                "without complication",
            ]
            .into_iter()
            .any(contains),
            leaves_side_open: contains("unspecified"),
            is_other: has_word(&lower, "other"),
            billable: passage.billable == Some(true),
        }
    }
}

fn has_word(lower: &str, word: &str) -> bool {
    lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|other| other == word)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of words in a title")]
fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    /// The titles in the order in which they come out when they went in as `titles`, with falling scores.
    fn order(words: &str, titles: &[(&str, bool)]) -> Vec<String> {
        let mut hits: Vec<Hit> = titles
            .iter()
            .zip(1..)
            .map(|((title, billable), rank)| Hit {
                passage: fixture::entry(&format!("E11.{rank}"), title, *billable),
                score: 1.0 / (10.0 + rank as f32),
            })
            .collect();
        rerank(words, &mut hits, 50);
        let scores: Vec<f32> = hits.iter().map(|hit| hit.score).collect();
        assert!(
            scores.is_sorted_by(|one, other| one >= other),
            "scores go on falling"
        );
        hits.into_iter().map(|hit| hit.passage.text.clone()).collect()
    }

    fn check(words: &str, best: &str, others: &[&str]) {
        let titles: Vec<(&str, bool)> = others.iter().chain([&best]).map(|title| (*title, true)).collect();
        let found = order(words, &titles);
        assert_eq!(
            found.first().map(String::as_str),
            Some(best),
            "{words:?} gave {found:#?}"
        );
    }

    #[test]
    fn the_title_that_says_what_was_asked_and_no_more_comes_first() {
        check(
            "fracture of left radius",
            "Unspecified fracture of left radius, initial encounter for closed fracture",
            &[
                "Unspecified fracture of right radius, initial encounter for closed fracture",
                "Unspecified fracture of left radius, initial encounter for open fracture type I or II",
                "Unspecified fracture of left radius, subsequent encounter for closed fracture with nonunion",
                "Unspecified fracture of left radius, sequela",
            ],
        );
        check(
            "nonunion of fracture of left radius",
            "Unspecified fracture of left radius, subsequent encounter for closed fracture with nonunion",
            &[
                "Unspecified fracture of left radius, initial encounter for closed fracture",
                "Unspecified fracture of left radius, subsequent encounter for closed fracture with routine healing",
            ],
        );
        check(
            "open fracture of left radius",
            "Unspecified fracture of left radius, initial encounter for open fracture type I or II",
            &["Unspecified fracture of left radius, initial encounter for closed fracture"],
        );
        check(
            "type 2 diabetes mellitus without complications",
            "Type 2 diabetes mellitus without complications",
            &[
                "Type 2 diabetes mellitus with other skin complications",
                "Type 1 diabetes mellitus without complications",
            ],
        );
        check(
            "appendicitis without perforation",
            "Acute appendicitis without perforation",
            &["Acute appendicitis with perforation"],
        );
        check(
            "gout",
            "Gout, unspecified",
            &["Gout due to renal impairment, left hand", "Other gout"],
        );
    }

    #[test]
    fn a_header_comes_after_what_can_be_billed() {
        let found = order(
            "type 2 diabetes",
            &[
                ("Type 2 diabetes mellitus", false),
                ("Type 2 diabetes mellitus", true),
            ],
        );
        assert_eq!(found.len(), 2);
        let mut hits = vec![
            Hit {
                passage: fixture::entry("E11", "Type 2 diabetes mellitus", false),
                score: 0.5,
            },
            Hit {
                passage: fixture::entry("E11.9", "Type 2 diabetes mellitus without complications", true),
                score: 0.4,
            },
        ];
        rerank("type 2 diabetes", &mut hits, 50);
        assert_eq!(hits[0].passage.billable, Some(true));
    }

    #[test]
    fn prose_and_what_lies_deeper_keep_their_ranks() {
        let prose = fixture::rule("Diabetes with", "The word with presumes a link.", &[]);
        let mut hits = vec![
            Hit {
                passage: fixture::entry("E11.1", "Something else entirely", true),
                score: 0.9,
            },
            Hit {
                passage: prose.clone(),
                score: 0.8,
            },
            Hit {
                passage: fixture::entry("M10.9", "Gout, unspecified", true),
                score: 0.7,
            },
            Hit {
                passage: fixture::entry("M10.0", "Gout", true),
                score: 0.6,
            },
        ];
        rerank("gout", &mut hits, 3);
        let texts: Vec<&str> = hits.iter().map(|hit| hit.passage.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Gout, unspecified",
                prose.text.as_str(),
                "Something else entirely",
                "Gout"
            ]
        );
    }
}
