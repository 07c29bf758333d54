//! What a title or a question affirms and what it denies.

use crate::stems::{is_stop_word, stem};
use regex::Regex;
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Right,
    Left,
    Both,
}

/// Stems by what is said of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    affirmed: BTreeSet<String>,
    denied: BTreeSet<String>,
    /// In brackets: may be missing without harm.
    optional: BTreeSet<String>,
    right: bool,
    left: bool,
    both: bool,
}

/// Whether a stem tells nothing of the condition: side words, "unspecified" and the like.
pub(super) fn is_neutral(stemmed: &str) -> bool {
    static NEUTRAL: LazyLock<HashSet<String>> = LazyLock::new(|| {
        "unspecified specified other right left bilateral side eye ear not elsewhere classified essential \
         primary uncomplicated encounter nos"
            .split_whitespace()
            .map(stem)
            .collect()
    });
    NEUTRAL.contains(stemmed)
}

impl Reading {
    /// Reads `text`, its encounter already cut off.
    pub fn of(text: &str) -> Self {
        static TOKENS: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"[^\W_]+|[,;()\[\]]").expect("a constant pattern"));
        let tokens: Vec<&str> = TOKENS.find_iter(text).map(|token| token.as_str()).collect();
        let mut reading = Self::default();
        let mut reader = Reader::default();
        for (place, token) in tokens.iter().enumerate() {
            let lower = token.to_lowercase();
            if reader.is_grammar(&lower, &tokens[place + 1..]) {
                continue;
            }
            reading.note_side(&lower);
            // "Vitamin D" and "hepatitis A" are no articles.
            let is_letter = token.len() == 1 && token.chars().all(char::is_uppercase) && *token != "I";
            if !is_stop_word(&lower) || is_letter {
                reading.note(&lower, &mut reader);
            }
        }
        reading
    }

    /// Every stem, affirmed or denied; one that is both comes once.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.affirmed.union(&self.denied)
    }

    pub fn side(&self) -> Option<Side> {
        match (self.both || (self.right && self.left), self.right, self.left) {
            (true, _, _) => Some(Side::Both),
            (false, true, _) => Some(Side::Right),
            (false, _, true) => Some(Side::Left),
            (false, false, false) => None,
        }
    }

    /// How many stems it affirms that were not asked for and may not be missing.
    pub fn unasked(&self, was_asked: impl Fn(&String) -> bool) -> usize {
        self.affirmed
            .iter()
            .filter(|word| !was_asked(word) && !self.optional.contains(*word) && !is_neutral(word))
            .count()
    }

    /// How many stems one affirms and the other denies.
    pub fn contradictions(&self, title: &Self) -> usize {
        let denied_there = self
            .affirmed
            .iter()
            .filter(|word| title.denied.contains(*word) && !title.affirmed.contains(*word));
        let affirmed_there = self
            .denied
            .iter()
            .filter(|word| title.affirmed.contains(*word) && !title.denied.contains(*word));
        denied_there.count() + affirmed_there.count()
    }

    fn note_side(&mut self, lower: &str) {
        match lower {
            "right" => self.right = true,
            "left" => self.left = true,
            "bilateral" | "both" => self.both = true,
            _ => {}
        }
    }

    fn note(&mut self, lower: &str, reader: &mut Reader) {
        if lower == "uncomplicated" {
            self.denied.insert(COMPLICATION.clone());
            return;
        }
        let stemmed = if lower == "complications" {
            COMPLICATION.clone()
        } else {
            stem(lower)
        };
        reader.fresh = false;
        if reader.depth > 0 {
            self.optional.insert(stemmed.clone());
        }
        let (said, opposite) = match reader.denying {
            true => (&mut self.denied, &mut self.affirmed),
            false => (&mut self.affirmed, &mut self.denied),
        };
        said.insert(stemmed);
        // "Nonrheumatic" says "not rheumatic".
        if let Some(bare) = lower.strip_prefix("non").filter(|_| lower.chars().count() > 6) {
            opposite.insert(stem(bare));
        }
    }
}

static COMPLICATION: LazyLock<String> = LazyLock::new(|| stem("complication"));

/// Where in a text a reader is.
#[derive(Default)]
struct Reader {
    denying: bool,
    /// Nothing was denied yet since "without".
    fresh: bool,
    /// Of brackets.
    depth: usize,
}

impl Reader {
    /// Whether `lower` only changes the state: a mark, a negation, or a word that ends one.
    fn is_grammar(&mut self, lower: &str, rest: &[&str]) -> bool {
        match lower {
            "(" | "[" => self.depth += 1,
            ")" | "]" => self.depth = self.depth.saturating_sub(1),
            ";" => self.denying = false,
            "," => self.denying = self.denying && goes_on_denying(rest),
            "without" | "no" | "not" | "denies" => {
                self.denying = true;
                self.fresh = true;
            }
            "with" | "due" | "following" | "but" => self.denying = false,
            // "Without foreign body of left hand" has a hand; "not in remission" has no remission.
            "of" | "in" | "on" | "at" | "to" => self.denying = self.denying && self.fresh,
            _ => return false,
        }
        true
    }
}

/// A comma inside "without perforation, abscess or bleeding" goes on denying.
fn goes_on_denying(rest: &[&str]) -> bool {
    rest.iter()
        .map(|token| token.to_lowercase())
        .take_while(|token| !matches!(token.as_str(), "with" | "without" | "due" | ";"))
        .any(|token| token == "or")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, affirmed: &str, denied: &str) {
        let reading = Reading::of(text);
        let told = |stems: &BTreeSet<String>| stems.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(
            (told(&reading.affirmed).as_str(), told(&reading.denied).as_str()),
            (affirmed, denied),
            "{text:?}"
        );
    }

    #[test]
    fn what_is_affirmed_and_what_is_denied() {
        check(
            "Ulcer without perforation, bleeding or abscess",
            "ulcer",
            "abscess bleed perfor",
        );
        check(
            "Wound without foreign body of left hand",
            "hand left wound",
            "bodi foreign",
        );
        check("Leukemia not in remission", "leukemia", "remiss");
        check(
            "Epilepsy, not intractable, with status",
            "epilepsi status",
            "intract",
        );
        check("Nonrheumatic valve", "nonrheumat valv", "rheumat");
        check("Uncomplicated asthma", "asthma", "complic");
        check("vitamin D deficiency, a trial", "d defici trial vitamin", "");
    }

    #[test]
    fn brackets_are_optional_and_two_sides_are_both() {
        let reading = Reading::of("Gout (chronic), right and left");
        assert!(reading.optional.contains("chronic"));
        assert_eq!(reading.side(), Some(Side::Both));
        assert_eq!(Reading::of("left").side(), Some(Side::Left));
        assert_eq!(Reading::of("gout").side(), None);
    }
}
