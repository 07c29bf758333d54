//! Question sets: one JSON object a line, as `eval/retrieval/README.md` describes.

use codecite_codebook::{Aspect, Code, CodeShapeError, CodeSystem, Passage};
use serde::Deserialize;

/// One question and what answers it.
#[derive(Clone, Debug)]
pub struct RetrievalQuestion {
    /// Names it in reports.
    pub id: String,
    /// The words asked.
    pub query: String,
    /// What is right.
    pub right: Right,
    /// Kind of wording, such as `abbreviation` or `lay`.
    pub style: String,
}

/// What answers a question; one of several is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// The entries of these ICD-10-CM codes.
    Codes(Vec<Code>),
    /// The passages with these titles.
    Passages(Vec<String>),
}

impl Right {
    /// Whether `passage` competes for the ranks: a code is sought among entries, a passage among prose.
    pub fn is_sought_in(&self, passage: &Passage) -> bool {
        let is_entry = passage.aspect == Aspect::Entry;
        match self {
            Self::Codes(_) => is_entry,
            Self::Passages(_) => !is_entry,
        }
    }

    /// Whether `passage` answers the question.
    pub fn is(&self, passage: &Passage) -> bool {
        match self {
            Self::Codes(codes) => passage.about.iter().any(|code| codes.contains(code)),
            Self::Passages(titles) => titles.iter().any(|title| title == whole(&passage.title)),
        }
    }
}

/// The title of a passage without the number of its part: one too long to embed is loaded in parts ("… (part 1
/// of 2)"), and whoever finds one of them has found it.
fn whole(title: &str) -> &str {
    let cut = title.rsplit_once(" (part ");
    let cut = cut.filter(|(_, number)| number.contains(" of ") && number.ends_with(')'));
    cut.map_or(title, |(before, _)| before)
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
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    passages: Vec<String>,
    #[serde(default)]
    style: String,
}

impl QuestionSet {
    /// Reads a set.
    ///
    /// # Errors
    /// [`QuestionSetError::Line`] names the first line that is no question.
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
    Ok(RetrievalQuestion {
        id: line.id,
        query: line.query,
        right: right(&line.codes, line.passages)?,
        style: line.style,
    })
}

fn right(codes: &[String], passages: Vec<String>) -> Result<Right, String> {
    match (codes.is_empty(), passages.is_empty()) {
        (false, true) => codes
            .iter()
            .map(|code| Code::parse(CodeSystem::Icd10Cm, code))
            .collect::<Result<Vec<_>, CodeShapeError>>()
            .map(Right::Codes)
            .map_err(|error| error.to_string()),
        (true, false) => Ok(Right::Passages(passages)),
        (true, true) => Err("it names neither `codes` nor `passages`".to_owned()),
        (false, false) => Err("it names `codes` and `passages`; one kind is sought at a time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_passage_is_the_passage() {
        assert_eq!(whole("Excludes1 notes (part 1 of 2)"), "Excludes1 notes");
        assert_eq!(whole("Excludes1 notes"), "Excludes1 notes");
        assert_eq!(
            whole("Medicare (part B) and (part D)"),
            "Medicare (part B) and (part D)"
        );
    }

    #[test]
    fn a_set_is_read_and_a_broken_line_is_named() {
        let good = r#"{"id":"a","query":"high blood pressure","codes":["I10"],"style":"lay"}"#;
        let prose = r#"{"id":"b","query":"excludes one","passages":["Excludes1 notes"]}"#;
        let set = QuestionSet::parse(&format!("{good}\n\n{prose}\n")).expect("two questions");
        assert_eq!(set.questions.len(), 2);
        assert_eq!(
            set.questions[1].right,
            Right::Passages(vec!["Excludes1 notes".into()])
        );
        for (line, why) in [
            (r#"{"id":"a","query":"q"}"#, "neither"),
            (r#"{"id":"a","query":"q","codes":["hello"]}"#, "hello"),
            (
                r#"{"id":"a","query":"q","codes":["I10"],"passages":["x"]}"#,
                "one kind",
            ),
            ("{}", "id"),
        ] {
            let error = QuestionSet::parse(&format!("{good}\n{line}")).expect_err(line);
            assert!(error.to_string().starts_with("line 2"), "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
