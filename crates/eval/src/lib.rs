//! Evaluation: question sets, metrics, and a runner over the same corridor that answers questions.

mod ladder;
mod question_set;
mod retrieval;

pub use ladder::{Rung, ladder};
pub use question_set::{QuestionSet, QuestionSetError, RetrievalQuestion, Right};
pub use retrieval::{EvalError, Missed, Scores, StyleScores, run_retrieval};
