//! Questions about anything but coding find nothing to cite, over the starter alone.

use crate::service::{Service, json};
use crate::support::library;

/// One question a line.
const QUESTIONS: &str = include_str!("../../../../eval/retrieval/off-topic.txt");

/// The date of service of every question.
const DAY: &str = "2026-11-25";

/// Those that stand near some rule all the same, such as "what vaccines does my dog need". `docs/retrieval.md`
/// says how many there are.
const MOST: usize = 10;

#[test]
fn what_is_off_topic_is_not_answered() {
    let service = Service::start(library(), &[]);
    let questions: Vec<&str> = QUESTIONS.lines().collect();
    assert_eq!(questions.len(), 60);
    let has_evidence = |question: &&&str| {
        let answer = json(&service.ask_on(question, DAY));
        answer["evidence"]
            .as_array()
            .is_some_and(|evidence| !evidence.is_empty())
    };
    let answered: Vec<&&str> = questions.iter().filter(has_evidence).collect();
    assert!(answered.len() <= MOST, "{}: {answered:#?}", answered.len());
}
