//! Answers of the built-in composer that a coder has read, over the starter alone: a change shows here as what a
//! reader would see, and is read again before it is accepted.

use crate::service::{Service, json};
use crate::support::library;
use serde_json::Value;
use std::fmt::Write as _;

/// One question a line. Blank lines and those that begin with # are for whoever reads the file.
const QUESTIONS: &str = include_str!("reviewed.txt");

/// The date of service of every question.
const DAY: &str = "2026-11-25";

#[test]
fn reviewed_answers_read_as_they_were_reviewed() {
    let service = Service::start(library(), &[]);
    let questions: Vec<&str> = QUESTIONS
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(questions.len() >= 60, "{} questions", questions.len());
    for question in questions {
        let answer = json(&service.ask_on(question, DAY));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(slug(question), transcript(question, &answer));
        });
    }
}

/// A file name for a question: its words in lower case, joined by underscores.
fn slug(question: &str) -> String {
    let plain: String = question
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join("_").chars().take(70).collect()
}

/// What a reader sees, without addresses: facts, words with their citations, notices, and the titles cited.
fn transcript(question: &str, answer: &Value) -> String {
    let mut told = format!("{question}\n");
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for notice in list(answer, "notices") {
        let _ = write!(told, "\nnote: {}", text(notice, "text"));
    }
    for fact in list(answer, "facts") {
        let _ = write!(told, "\n{}:", text(fact, "title"));
        for row in list(fact, "rows") {
            let _ = write!(told, " {} {};", text(row, "label"), text(row, "value"));
        }
    }
    told.push('\n');
    let mut cited: Vec<u64> = Vec::new();
    for sentence in list(answer, "text") {
        let start = match sentence["block"].as_str() {
            Some("continue") => " ",
            Some("item") => "\n- ",
            _ => "\n",
        };
        let _ = write!(told, "{start}{}", text(sentence, "text"));
        for number in list(sentence, "citations").iter().filter_map(Value::as_u64) {
            let _ = write!(told, " [{number}]");
            cited.push(number);
        }
    }
    for withheld in list(answer, "withheld") {
        let _ = write!(told, "\nwithheld: {}", text(withheld, "detail"));
    }
    told.push('\n');
    for source in list(answer, "evidence") {
        if source["number"]
            .as_u64()
            .is_some_and(|number| cited.contains(&number))
        {
            let _ = write!(told, "\n[{}] {}", source["number"], text(source, "title"));
        }
    }
    let summary = &answer["summary"];
    let _ = write!(
        told,
        "\n{} {}",
        text(summary, "outcome"),
        text(&summary["abstention"], "kind")
    );
    told.trim_end().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}
