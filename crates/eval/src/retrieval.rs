//! Recall of a search: is what answers the question first, is it among the first ten?

use crate::ladder::{Rung, Way};
use crate::question_set::{QuestionSet, RetrievalQuestion, Right};
use codecite_answering::{AnswerError, AnswerEvent, Answerer, Question};
use codecite_codebook::{Aspect, ClinicalText, CodeSystem, NaiveDate, Passage};
use codecite_retrieval::{Filter, Mode, RetrieveError, Retriever};
use futures::StreamExt;
use std::collections::BTreeMap;

/// How many hits are looked at.
const DEPTH: usize = 10;
/// As many as a reader looks at.
const FEW: usize = 5;

/// Why a set was not measured to its end.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A search failed.
    #[error("question {id}: {error}")]
    Retrieve {
        /// The question.
        id: String,
        /// What failed.
        error: RetrieveError,
    },
    /// The corridor failed.
    #[error("question {id}: {error}")]
    Answer {
        /// The question.
        id: String,
        /// What failed.
        error: AnswerError,
    },
}

/// How well a set was answered. Shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Questions asked.
    pub questions: usize,
    /// Share with a right answer first.
    pub recall_at_1: f64,
    /// Share with a right answer among the first five.
    pub recall_at_5: f64,
    /// Share with a right answer among the first ten.
    pub recall_at_10: f64,
    /// Mean of 1/rank of the first right answer, 0 beyond the tenth.
    pub mean_reciprocal_rank: f64,
    /// The questions without a right answer among the first five.
    pub missed: Vec<Missed>,
}

/// A question without a right answer among the first five.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// The question.
    pub id: String,
    /// Where a right answer stands among the first ten, counted from 1.
    pub rank: Option<usize>,
    /// The titles of what stands first instead.
    pub instead: Vec<String>,
}

/// The scores of a set, whole and by kind of wording.
#[derive(Clone, Debug)]
pub struct StyleScores {
    /// The whole set.
    pub all: Scores,
    /// By style.
    pub by_style: BTreeMap<String, Scores>,
}

/// Asks every question of the set in the way of `rung`, restricted to what is in force on `date_of_service`.
///
/// # Errors
/// [`EvalError`] names the first question that failed.
pub async fn run_retrieval(
    set: &QuestionSet,
    rung: &Rung,
    date_of_service: NaiveDate,
) -> Result<StyleScores, EvalError> {
    let mut all = Tally::default();
    let mut by_style: BTreeMap<String, Tally> = BTreeMap::new();
    for question in &set.questions {
        let found = match &rung.way {
            Way::Search(retriever, mode) => searched(question, retriever, *mode, date_of_service).await?,
            Way::Answer(answerer) => answered(question, answerer, date_of_service).await?,
        };
        let rank = rank_of(&question.right, &found);
        let style = by_style.entry(question.style.clone()).or_default();
        for tally in [&mut all, style] {
            tally.count(question, rank, &found);
        }
    }
    Ok(StyleScores {
        all: all.scores(),
        by_style: by_style
            .into_iter()
            .map(|(style, tally)| (style, tally.scores()))
            .collect(),
    })
}

async fn searched(
    question: &RetrievalQuestion,
    retriever: &Retriever,
    mode: Mode,
    date_of_service: NaiveDate,
) -> Result<Vec<Passage>, EvalError> {
    let among = match question.right {
        Right::Codes(_) => Filter {
            systems: vec![CodeSystem::Icd10Cm],
            aspects: vec![Aspect::Entry],
            ..Filter::default()
        },
        Right::Passages(_) => Filter {
            without_aspects: vec![Aspect::Entry],
            ..Filter::default()
        },
    };
    let filter = Filter {
        in_force_on: Some(date_of_service),
        ..among
    };
    let hits = retriever.search(&question.query, filter, DEPTH, mode).await;
    let hits = hits.map_err(|error| EvalError::Retrieve {
        id: question.id.clone(),
        error,
    })?;
    Ok(hits.into_iter().map(|hit| hit.passage).collect())
}

/// The evidence of an answer, which no language model has a part in.
async fn answered(
    question: &RetrievalQuestion,
    answerer: &Answerer,
    date_of_service: NaiveDate,
) -> Result<Vec<Passage>, EvalError> {
    let words = match question.right {
        // The wordings of these sets describe, and only a question for a code gets candidates.
        Right::Codes(_) => format!("Which ICD-10-CM code for {}?", question.query),
        Right::Passages(_) => question.query.clone(),
    };
    let mut events = answerer.ask(Question {
        words: ClinicalText::new(words),
        date_of_service: Some(date_of_service),
        setting: None,
        today: date_of_service,
        offline: true,
    });
    let mut found = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            AnswerEvent::Evidence(evidence) => {
                found.extend(evidence.iter().map(|numbered| numbered.passage.clone()));
            }
            AnswerEvent::Failed(error) => {
                return Err(EvalError::Answer {
                    id: question.id.clone(),
                    error,
                });
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The place of the first right passage among those of its kind, counted from 1.
fn rank_of(right: &Right, found: &[Passage]) -> Option<usize> {
    let competing = found.iter().filter(|passage| right.is_sought_in(passage));
    let place = competing.take(DEPTH).position(|passage| right.is(passage))?;
    Some(place + 1)
}

#[derive(Default)]
struct Tally {
    questions: usize,
    first: usize,
    among_five: usize,
    among_ten: usize,
    reciprocal_ranks: f64,
    missed: Vec<Missed>,
}

impl Tally {
    fn count(&mut self, question: &RetrievalQuestion, rank: Option<usize>, found: &[Passage]) {
        self.questions += 1;
        if let Some(rank) = rank {
            self.first += usize::from(rank == 1);
            self.among_five += usize::from(rank <= FEW);
            self.among_ten += 1;
            self.reciprocal_ranks += 1.0 / rank as f64;
        }
        if rank.is_none_or(|rank| rank > FEW) {
            let competing = found
                .iter()
                .filter(|passage| question.right.is_sought_in(passage));
            self.missed.push(Missed {
                id: question.id.clone(),
                rank,
                instead: competing.take(FEW).map(|passage| passage.title.clone()).collect(),
            });
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
            recall_at_5: share(self.among_five as f64),
            recall_at_10: share(self.among_ten as f64),
            mean_reciprocal_rank: share(self.reciprocal_ranks),
            missed: self.missed,
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
            right: Right::Codes(vec![]),
            style: String::new(),
        };
        let mut tally = Tally::default();
        for (id, rank) in [("a", Some(1)), ("b", Some(4)), ("c", None), ("d", Some(1))] {
            tally.count(&question(id), rank, &[]);
        }
        let scores = tally.scores();
        assert_eq!((scores.recall_at_1, scores.recall_at_10), (0.5, 0.75));
        assert_eq!(scores.mean_reciprocal_rank, 2.25 / 4.0);
        assert_eq!(scores.missed.len(), 1);
        assert_eq!(scores.missed[0].id, "c");
    }
}
