//! What a model is given to read.

use crate::language_model::{LanguageModel, ModelRequest};
use crate::prompt::{PromptInputs, PromptTemplate};
use codecite_codebook::{Fact, NaiveDate};
use codecite_retrieval::{Evidence, Numbered};

/// Fills the prompt with as much evidence as the model's window takes, the best first. A passage is given
/// whole or not at all, so that no rule is read without its exception; `None` when not even the best fits.
pub(super) fn request(
    prompt: &PromptTemplate,
    model: &dyn LanguageModel,
    question: &str,
    evidence: &Evidence,
    facts: &[Fact],
    date_of_service: NaiveDate,
) -> Option<ModelRequest> {
    let date_of_service = date_of_service.to_string();
    let facts = render_facts(facts);
    let fill = |evidence: &str| {
        prompt.fill(&PromptInputs {
            question,
            evidence,
            facts: &facts,
            date_of_service: &date_of_service,
        })
    };
    let frame = fill("");
    let mut room = model
        .prompt_tokens()
        .saturating_sub(model.count_tokens(&frame.system) + model.count_tokens(&frame.user));
    let mut rendered = String::new();
    for numbered in evidence.iter() {
        let passage = render_passage(numbered);
        let tokens = model.count_tokens(&passage);
        if tokens > room {
            break;
        }
        room -= tokens;
        rendered.push_str(&passage);
    }
    (!rendered.is_empty()).then(|| fill(&rendered))
}

fn render_passage(numbered: Numbered<'_>) -> String {
    let Numbered { number, passage } = numbered;
    let section = passage
        .locator
        .section
        .as_deref()
        .map(|section| format!(", {section}"))
        .unwrap_or_default();
    let billable = match passage.billable {
        Some(true) => " (billable)",
        Some(false) => " (header, not billable)",
        None => "",
    };
    format!(
        "[{number}] {}{billable} ({}, {}{section}; in force {})\n{}\n\n",
        passage.title,
        passage.authority,
        passage.locator.document,
        passage.effective,
        passage.text.trim()
    )
}

fn render_facts(facts: &[Fact]) -> String {
    let lines: Vec<String> = facts
        .iter()
        .map(|fact| {
            let rows: Vec<String> = fact
                .rows
                .iter()
                .map(|row| format!("{} {}", row.label, row.value))
                .collect();
            format!(
                "{} ({}): {}",
                fact.code.label(),
                fact.kind.as_str(),
                rows.join("; ")
            )
        })
        .collect();
    if lines.is_empty() {
        "none".to_owned()
    } else {
        lines.join("\n")
    }
}
