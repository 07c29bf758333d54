//! What a model is given to read.

use crate::language_model::{LanguageModel, ModelRequest};
use crate::prompt::{PromptInputs, PromptTemplate};
use codecite_codebook::{EditionId, Fact, NaiveDate};
use codecite_retrieval::{Evidence, Numbered};
use std::collections::BTreeSet;

/// Fills the prompt with as much evidence as the model's window takes, the best first. A passage is given
/// whole or not at all, so that no rule is read without its exception; `None` when not even the best fits. What comes from
/// editions that are to `stay_here` is left out.
pub(super) fn request(
    prompt: &PromptTemplate,
    model: &dyn LanguageModel,
    question: &str,
    evidence: &Evidence,
    facts: &[Fact],
    date_of_service: NaiveDate,
    stay_here: &BTreeSet<EditionId>,
) -> Option<ModelRequest> {
    let date_of_service = date_of_service.to_string();
    let facts = render_facts(facts.iter().filter(|fact| !stay_here.contains(&fact.edition)));
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
    let may_leave = |numbered: &Numbered<'_>| !stay_here.contains(&numbered.passage.edition);
    for numbered in evidence.iter().filter(may_leave) {
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

fn render_facts<'a>(facts: impl Iterator<Item = &'a Fact>) -> String {
    let lines: Vec<String> = facts
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_model::{ModelError, ModelStream};
    use async_trait::async_trait;
    use codecite_codebook::{
        Aspect, Authority, Code, EffectiveRange, FactKind, FactRow, Locator, Passage, PassageDraft,
    };

    struct Reader;

    #[async_trait]
    impl LanguageModel for Reader {
        fn name(&self) -> &str {
            "reader"
        }

        fn prompt_tokens(&self) -> usize {
            10_000
        }

        fn count_tokens(&self, text: &str) -> usize {
            text.split_whitespace().count()
        }

        async fn answer(&self, _: ModelRequest) -> Result<ModelStream, ModelError> {
            Err(ModelError::Unreachable("nobody asks it".into()))
        }
    }

    fn locator() -> Locator {
        Locator {
            document: "A document".into(),
            section: None,
            place: None,
            url: None,
        }
    }

    fn effective() -> EffectiveRange {
        EffectiveRange::since("2026-01-01".parse().expect("a day"))
    }

    fn passage(edition: &str, text: &str) -> Passage {
        Passage::new(PassageDraft {
            edition: EditionId::new(edition),
            title: "A title".into(),
            text: text.into(),
            aspect: Aspect::Entry,
            about: Vec::new(),
            mentions: Vec::new(),
            keywords: Vec::new(),
            billable: None,
            authority: Authority::new("AMA"),
            locator: locator(),
            effective: effective(),
        })
    }

    fn fact(edition: &str, value: &str) -> Fact {
        Fact {
            kind: FactKind::CodeStatus,
            code: "CPT 10001".parse::<Code>().expect("a code"),
            also: Vec::new(),
            rows: vec![FactRow {
                label: "short descriptor".into(),
                value: value.into(),
            }],
            edition: EditionId::new(edition),
            locator: locator(),
            effective: effective(),
        }
    }

    fn prompted(stay_here: &[&str]) -> Option<String> {
        let evidence = Evidence::new([passage("cpt", "invented kite"), passage("cms", "public words")])
            .expect("evidence");
        let facts = [fact("cpt", "INVENTED"), fact("cms", "PUBLIC")];
        let stay_here = stay_here.iter().map(|edition| EditionId::new(edition)).collect();
        let prompt = PromptTemplate::built_in().expect("the prompt");
        let day = "2026-02-01".parse().expect("a day");
        request(
            &prompt,
            &Reader,
            "What is it?",
            &evidence,
            &facts,
            day,
            &stay_here,
        )
        .map(|request| request.user)
    }

    #[test]
    fn what_may_not_leave_is_not_put_into_a_prompt_and_the_rest_keeps_its_numbers() {
        let all = prompted(&[]).expect("a prompt");
        for words in [
            "[1]",
            "invented kite",
            "INVENTED",
            "[2]",
            "public words",
            "PUBLIC",
        ] {
            assert!(all.contains(words), "{words}: {all}");
        }
        let some = prompted(&["cpt"]).expect("a prompt");
        assert!(
            some.contains("[2] A title") && some.contains("public words") && some.contains("PUBLIC"),
            "{some}"
        );
        assert!(
            !some.contains("[1] A title") && !some.contains("kite") && !some.contains("INVENTED"),
            "{some}"
        );
        assert_eq!(prompted(&["cpt", "cms"]), None);
    }
}
