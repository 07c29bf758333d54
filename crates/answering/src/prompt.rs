//! Prompts are files: read, reviewed and measured like code, their digest recorded with each answer.

use crate::event::PromptUsed;
use crate::language_model::ModelRequest;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a prompt may ask for. A template that asks for anything else does not load.
#[derive(Clone, Debug)]
pub struct PromptInputs<'a> {
    /// The question's words.
    pub question: &'a str,
    /// The numbered passages, rendered.
    pub evidence: &'a str,
    /// The exact rows, rendered; empty when there are none.
    pub facts: &'a str,
    /// The date of service, `YYYY-MM-DD`.
    pub date_of_service: &'a str,
}

impl PromptInputs<'_> {
    const NAMES: [&'static str; 4] = ["question", "evidence", "facts", "date_of_service"];

    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            "question" => self.question,
            "evidence" => self.evidence,
            "facts" => self.facts,
            "date_of_service" => self.date_of_service,
            _ => return None,
        })
    }
}

/// A prompt file that was read and agrees with its declared inputs.
///
/// The file begins with front matter (`id`, `inputs`) between two lines of `---`; a line `=== user ===`
/// parts the instructions from the user's side; `{{name}}` is replaced by the input of that name.
#[derive(Clone, Debug)]
pub struct PromptTemplate {
    used: PromptUsed,
    system: String,
    user: String,
}

/// Why a prompt file does not load.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The file lacks one of its parts.
    #[error("the prompt lacks {0}")]
    Lacks(&'static str),
    /// An input that nobody provides.
    #[error("the prompt declares the input {0:?}; known are question, evidence, facts and date_of_service")]
    UnknownInput(String),
    /// Front matter and text disagree.
    #[error("the prompt's front matter and text disagree on the input {0:?}")]
    Disagree(String),
}

const USER_MARK: &str = "=== user ===";

impl PromptTemplate {
    /// Reads a prompt file.
    pub fn parse(file: &str) -> Result<Self, PromptError> {
        let text = file.replace("\r\n", "\n");
        let (front, body) = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .ok_or(PromptError::Lacks("its front matter between two lines of ---"))?;
        let (system, user) = body
            .split_once(USER_MARK)
            .ok_or(PromptError::Lacks("the line === user ==="))?;
        let id = front_value(front, "id").ok_or(PromptError::Lacks("an id"))?;
        let declared: BTreeSet<String> = front_value(front, "inputs")
            .ok_or(PromptError::Lacks("its inputs"))?
            .trim_matches(['[', ']'])
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        check_inputs(&declared, &placeholders(body))?;
        Ok(Self {
            used: PromptUsed {
                id: id.to_owned(),
                digest: hex::encode(Sha256::digest(file.as_bytes())),
            },
            system: system.trim().to_owned(),
            user: user.trim().to_owned(),
        })
    }

    /// The prompt that ships with the product.
    pub fn built_in() -> Result<Self, PromptError> {
        Self::parse(include_str!("../../../prompts/answer.md"))
    }

    /// Its id and digest.
    pub fn used(&self) -> &PromptUsed {
        &self.used
    }

    /// Fills the inputs in. What is filled in is never read as a template again.
    pub fn fill(&self, inputs: &PromptInputs<'_>) -> ModelRequest {
        ModelRequest {
            system: fill(&self.system, inputs),
            user: fill(&self.user, inputs),
        }
    }
}

fn front_value<'a>(front: &'a str, key: &str) -> Option<&'a str> {
    front
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn check_inputs(declared: &BTreeSet<String>, used: &BTreeSet<String>) -> Result<(), PromptError> {
    if let Some(unknown) = declared
        .iter()
        .find(|name| !PromptInputs::NAMES.contains(&name.as_str()))
    {
        return Err(PromptError::UnknownInput(unknown.clone()));
    }
    match declared.symmetric_difference(used).next() {
        Some(name) => Err(PromptError::Disagree(name.clone())),
        None => Ok(()),
    }
}

fn placeholders(template: &str) -> BTreeSet<String> {
    template
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}

fn fill(template: &str, inputs: &PromptInputs<'_>) -> String {
    let mut pieces = template.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once("}}") {
            Some((name, rest)) => {
                filled.push_str(inputs.get(name.trim()).unwrap_or_default());
                filled.push_str(rest);
            }
            None => filled.push_str(piece),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: PromptInputs<'static> = PromptInputs {
        question: "What is {{evidence}}?",
        evidence: "[1] words",
        facts: "",
        date_of_service: "2026-11-23",
    };

    #[test]
    fn the_built_in_prompt_loads_and_asks_for_its_evidence() {
        let prompt = PromptTemplate::built_in().expect("prompts/answer.md loads");
        assert_eq!(prompt.used().id, "answer");
        assert!(prompt.fill(&INPUTS).user.contains("[1] words"));
    }

    #[test]
    fn a_question_that_looks_like_a_template_is_not_one() {
        let file =
            "---\nid: t\ninputs: [question, evidence]\n---\nS\n=== user ===\n{{question}} {{evidence}}";
        let filled = PromptTemplate::parse(file).expect("it loads").fill(&INPUTS);
        assert_eq!(filled.user, "What is {{evidence}}? [1] words");
    }

    #[test]
    fn a_template_that_disagrees_with_its_front_matter_does_not_load() {
        for (file, expected) in [
            (
                "no front matter",
                PromptError::Lacks("its front matter between two lines of ---"),
            ),
            (
                "---\nid: t\ninputs: [question]\n---\nS",
                PromptError::Lacks("the line === user ==="),
            ),
            (
                "---\nid: t\ninputs: [question]\n---\nS\n=== user ===\n{{evidence}}",
                PromptError::Disagree("evidence".into()),
            ),
            (
                "---\nid: t\ninputs: [mood]\n---\nS\n=== user ===\n{{mood}}",
                PromptError::UnknownInput("mood".into()),
            ),
        ] {
            assert_eq!(
                PromptTemplate::parse(file).expect_err("it must not load"),
                expected,
                "{file:?}"
            );
        }
    }
}
