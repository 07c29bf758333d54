//! Evaluation: question sets, metrics, and a runner over the same corridor that answers questions.

mod question_set;
mod retrieval;

pub use question_set::{QuestionSet, QuestionSetError, RetrievalQuestion};
pub use retrieval::{Scores, StyleScores, run_retrieval};
