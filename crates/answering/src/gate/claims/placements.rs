//! What things are put on or reported with, and what not: "put it on 99213, never on 20610".

use super::codes::designator;
use super::{Claims, regex};
use regex::Regex;
use std::sync::LazyLock;

/// One object of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placement {
    pub how: How,
    /// A code, `modifier 25`, `visit` or `procedure`.
    pub what: String,
    pub denied: bool,
}

/// How the object comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// Something goes on it.
    On,
    /// Something is reported with it.
    With,
    /// It is the one to choose of two.
    Chosen,
}

impl Placement {
    /// The same with the denial turned round.
    pub fn turned(&self) -> Self {
        Self {
            denied: !self.denied,
            ..self.clone()
        }
    }
}

static WORD: LazyLock<Regex> = regex!(r"[\p{L}0-9]+(?:[./'][\p{L}0-9]+)*");
/// Where a denial ends, and with it a mistake that a clause tells of.
static CLAUSE_END: LazyLock<Regex> = regex!(r"[,;:]|[.!?](?:\s|$)|\bbut\b");

impl Claims {
    /// Reads the objects behind "on", "to" and "with", and those behind "not" that stand against them.
    pub(super) fn take_placements(&mut self, text: &str) {
        // "on 99213, not 20610": what stands behind the comma comes in the same way.
        let mut last: Option<(How, String)> = None;
        for clause in CLAUSE_END.split(text) {
            let words: Vec<&str> = WORD.find_iter(clause).map(|word| word.as_str()).collect();
            let is_mistake = words.iter().any(|word| tells_of_a_mistake(word));
            let mut denied = is_mistake;
            for (at, word) in words.iter().enumerate() {
                let word = word.to_lowercase();
                let behind = &words[at + 1..];
                if denies(&word) {
                    denied = true;
                    if let (Some(what), Some((how, chosen))) = (object(behind), last.clone()) {
                        if how == How::Chosen {
                            self.place(how, chosen, false);
                        }
                        self.place(how, what, true);
                    }
                    continue;
                }
                let Some(how) = how(&word) else { continue };
                let Some(what) = object(behind) else { continue };
                last = Some((how, what.clone()));
                if how != How::Chosen {
                    self.place(how, what, denied);
                }
            }
        }
    }

    fn place(&mut self, how: How, what: String, denied: bool) {
        self.placements.insert(Placement { how, what, denied });
    }
}

fn how(word: &str) -> Option<How> {
    Some(match word {
        "on" | "onto" | "to" => How::On,
        "with" => How::With,
        "choose" | "use" | "report" | "code" | "bill" | "assign" => How::Chosen,
        _ => return None,
    })
}

fn denies(word: &str) -> bool {
    matches!(word, "not" | "never" | "cannot" | "nor" | "neither" | "without") || word.ends_with("n't")
}

fn tells_of_a_mistake(word: &str) -> bool {
    let word = word.to_lowercase();
    ["mistake", "error", "wrong", "incorrect", "improper"]
        .iter()
        .any(|told| word.starts_with(told))
}

/// The object that `words` begin with, words that describe it passed over.
fn object(words: &[&str]) -> Option<String> {
    for (at, word) in words.iter().take(6).enumerate() {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "e/m" | "visit" | "visits" => return Some("visit".to_owned()),
            "procedure" | "procedures" | "surgery" | "operation" | "injection" => {
                return Some("procedure".to_owned());
            }
            "modifier" => {
                let modifier = words.get(at + 1).filter(|next| next.len() == 2);
                return modifier.map(|modifier| format!("modifier {}", modifier.to_uppercase()));
            }
            _ => {}
        }
        if let Some(code) = designator(word) {
            return Some(code);
        }
        if !describes(&lower) {
            return None;
        }
    }
    None
}

fn describes(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "this"
            | "that"
            | "its"
            | "each"
            | "every"
            | "any"
            | "cpt"
            | "hcpcs"
            | "icd"
            | "code"
            | "codes"
            | "minor"
            | "major"
            | "primary"
            | "surgical"
            | "office"
            | "evaluation"
            | "and"
            | "management"
    )
}
