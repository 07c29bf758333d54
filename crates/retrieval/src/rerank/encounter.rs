//! The encounter that an injury's title ends in, and how a fracture heals.

use regex::Regex;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encounter {
    Initial,
    Subsequent,
    Sequela,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Healing {
    Nonunion,
    Malunion,
    Delayed,
    Routine,
}

/// A text without its encounter.
pub(super) struct Cut {
    /// What is left.
    pub rest: String,
    /// What was named.
    pub encounter: Option<Encounter>,
    /// From the encounter's name to the end, in lower case: open or closed, and how it heals.
    pub tail: String,
}

/// Takes ", initial encounter for closed fracture" and the like off a text.
pub(super) fn cut(text: &str) -> Cut {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i),?\s*\b(?P<which>initial|subsequent) encounter\b(?: for(?P<fracture> (?:closed|open)?\s*fracture[^,]*))?",
        )
    });
    static SEQUELA: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i),?\s*\bsequela\b"));
    if let Some(found) = NAMED.captures(text)
        && let (Some(whole), Some(which)) = (found.get(0), found.name("which"))
    {
        let behind = if found.name("fracture").is_some() {
            ""
        } else {
            &text[whole.end()..]
        };
        let is_initial = which.as_str().eq_ignore_ascii_case("initial");
        return Cut {
            rest: format!("{} {behind}", &text[..whole.start()]),
            encounter: Some(if is_initial {
                Encounter::Initial
            } else {
                Encounter::Subsequent
            }),
            tail: text[whole.start()..].to_lowercase(),
        };
    }
    let is_sequela = SEQUELA.is_match(text);
    Cut {
        rest: SEQUELA.replace_all(text, "").into_owned(),
        encounter: is_sequela.then_some(Encounter::Sequela),
        tail: String::new(),
    }
}

/// How `lower` says that a fracture heals.
pub(super) fn healing(lower: &str) -> Option<Healing> {
    [
        ("nonunion", Healing::Nonunion),
        ("malunion", Healing::Malunion),
        ("delayed healing", Healing::Delayed),
        ("routine healing", Healing::Routine),
    ]
    .into_iter()
    .find(|(words, _)| lower.contains(words))
    .map(|(_, healing)| healing)
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}
