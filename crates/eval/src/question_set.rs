//! Question sets: one JSON object a line, as `eval/retrieval/README.md` describes.

use codecite_codebook::{Code, CodeShapeError, CodeSystem};
use serde::Deserialize;

/// One question and every code that is a right answer to it.
#[derive(Clone, Debug)]
pub struct RetrievalQuestion {
    /// Names it in reports.
    pub id: String,
    /// The words asked.
    pub query: String,
    /// The codes that are right; one of them is enough.
    pub codes: Vec<Code>,
    /// Kind of wording, such as `abbreviation` or `lay`.
    pub style: String,
}

/// A set of questions.
#[derive(Clone, Debug)]
pub struct QuestionSet {
    /// The questions, in the order of the file.
    pub questions: Vec<RetrievalQuestion>,
}

/// Why a set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum QuestionSetError {
    /// A line is no question.
    #[error("line {line} is no question: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// There is nothing in it.
    #[error("the set holds no questions")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    query: String,
    codes: Vec<String>,
    #[serde(default)]
    style: String,
}

impl QuestionSet {
    /// Reads a set of ICD-10-CM questions.
    pub fn parse(text: &str) -> Result<Self, QuestionSetError> {
        let questions = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| question(line).map_err(|why| QuestionSetError::Line { line: at + 1, why }))
            .collect::<Result<Vec<_>, _>>()?;
        if questions.is_empty() {
            return Err(QuestionSetError::Empty);
        }
        Ok(Self { questions })
    }
}

fn question(line: &str) -> Result<RetrievalQuestion, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let codes = line
        .codes
        .iter()
        .map(|code| Code::parse(CodeSystem::Icd10Cm, code))
        .collect::<Result<Vec<_>, CodeShapeError>>()
        .map_err(|error| error.to_string())?;
    if codes.is_empty() {
        return Err("it names no right code".to_owned());
    }
    Ok(RetrievalQuestion {
        id: line.id,
        query: line.query,
        codes,
        style: line.style,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_and_a_broken_line_is_named() {
        let good = r#"{"id":"a","query":"high blood pressure","codes":["I10"],"style":"lay"}"#;
        let set = QuestionSet::parse(&format!("{good}\n\n{good}\n")).expect("two questions");
        assert_eq!(set.questions.len(), 2);
        let error = QuestionSet::parse(&format!("{good}\n{{}}")).expect_err("a broken line");
        assert!(error.to_string().starts_with("line 2"), "{error}");
        let error = QuestionSet::parse(r#"{"id":"a","query":"q","codes":["hello"]}"#).expect_err("no code");
        assert!(error.to_string().contains("hello"), "{error}");
    }
}
