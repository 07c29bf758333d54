//! Recall of a search: is the right code first, is it among the first ten?

use crate::question_set::{QuestionSet, RetrievalQuestion};
use codecite_codebook::{Aspect, CodeSystem, NaiveDate};
use codecite_retrieval::{Filter, Hit, Mode, RetrieveError, Retriever};
use std::collections::BTreeMap;

/// How many hits are asked for.
const DEPTH: usize = 10;

/// How well a set was answered. Shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Questions asked.
    pub questions: usize,
    /// Share with a right code first.
    pub recall_at_1: f64,
    /// Share with a right code among the first ten.
    pub recall_at_10: f64,
    /// Mean of 1/rank of the first right code, 0 beyond the tenth.
    pub mean_reciprocal_rank: f64,
    /// Ids of the questions without a right code among the first ten.
    pub missed: Vec<String>,
}

/// The scores of a set, whole and by kind of wording.
#[derive(Clone, Debug)]
pub struct StyleScores {
    /// The whole set.
    pub all: Scores,
    /// By style.
    pub by_style: BTreeMap<String, Scores>,
}

/// Asks every question of the set through the retriever that answers use, restricted to the ICD-10-CM
/// entries in force on `date_of_service`.
pub async fn run_retrieval(
    set: &QuestionSet,
    retriever: &Retriever,
    mode: Mode,
    date_of_service: NaiveDate,
) -> Result<StyleScores, RetrieveError> {
    let filter = Filter {
        in_force_on: Some(date_of_service),
        systems: vec![CodeSystem::Icd10Cm],
        aspects: vec![Aspect::Entry],
        ..Filter::default()
    };
    let mut all = Tally::default();
    let mut by_style: BTreeMap<String, Tally> = BTreeMap::new();
    for question in &set.questions {
        let hits = retriever
            .search(&question.query, filter.clone(), DEPTH, mode)
            .await?;
        let rank = rank_of(question, &hits);
        all.count(question, rank);
        by_style
            .entry(question.style.clone())
            .or_default()
            .count(question, rank);
    }
    Ok(StyleScores {
        all: all.scores(),
        by_style: by_style
            .into_iter()
            .map(|(style, tally)| (style, tally.scores()))
            .collect(),
    })
}

/// The place of the first right code, counted from 1.
fn rank_of(question: &RetrievalQuestion, hits: &[Hit]) -> Option<usize> {
    let is_right = |hit: &Hit| hit.passage.about.iter().any(|code| question.codes.contains(code));
    hits.iter().position(is_right).map(|position| position + 1)
}

#[derive(Default)]
struct Tally {
    questions: usize,
    first: usize,
    among_ten: usize,
    reciprocal_ranks: f64,
    missed: Vec<String>,
}

impl Tally {
    fn count(&mut self, question: &RetrievalQuestion, rank: Option<usize>) {
        self.questions += 1;
        match rank {
            Some(rank) => {
                self.first += usize::from(rank == 1);
                self.among_ten += 1;
                self.reciprocal_ranks += 1.0 / rank as f64;
            }
            None => self.missed.push(question.id.clone()),
        }
    }

    fn scores(self) -> Scores {
        let share = |count: f64| {
            if self.questions == 0 {
                0.0
            } else {
                count / self.questions as f64
            }
        };
        Scores {
            questions: self.questions,
            recall_at_1: share(self.first as f64),
            recall_at_10: share(self.among_ten as f64),
            mean_reciprocal_rank: share(self.reciprocal_ranks),
            missed: self.missed.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_become_shares() {
        let question = |id: &str| RetrievalQuestion {
            id: id.into(),
            query: String::new(),
            codes: vec![],
            style: String::new(),
        };
        let mut tally = Tally::default();
        for (id, rank) in [("a", Some(1)), ("b", Some(4)), ("c", None), ("d", Some(1))] {
            tally.count(&question(id), rank);
        }
        let scores = tally.scores();
        assert_eq!((scores.recall_at_1, scores.recall_at_10), (0.5, 0.75));
        assert_eq!(scores.mean_reciprocal_rank, 2.25 / 4.0);
        assert_eq!(scores.missed, ["c"]);
    }
}
