//! Likeness of words: whether a cited source speaks of what a sentence says.

use super::claims::regex;
use super::opposites::{Poles, poles_of};
use regex::{Captures, Regex};
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words that carry no subject of their own.
const EMPTY_WORDS: &str = "a about above after again all also am an and any are as at be because been before being below \
between both but by can could did do does doing done down during each either else ever every few for from \
further had has have having he her here hers him his how i if in into is it its itself just may me might more most \
must my neither never no nor not of off on once one only or other our out over own per same shall she should so some \
such than that the their them then there these they this those through to too under until up upon us very was way we \
were what when where which while who whom whose why will with without would yet you your yes code codes use used using \
report reported reports reporting bill billed billing billable apply applies applied cpt hcpcs icd modifier modifiers \
go goes going take takes taken give gives given get gets make makes need needs needed \
append appends appended appending put puts putting attach attached choose chosen meet meets \
title name names named entry closest words header belongs category";

/// Words that turn a statement round, beside everything that ends in "n't".
const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "cannot",
    "without",
    "neither",
    "nor",
    "none",
    "nobody",
    "nothing",
    "nowhere",
    "rarely",
    "seldom",
    "hardly",
    "barely",
    "scarcely",
    "wrong",
    "false",
    "incorrect",
    "untrue",
    "unless",
    "except",
    "prohibited",
    "forbidden",
    // Without their apostrophe, as they are typed.
    "cant",
    "dont",
    "doesnt",
    "didnt",
    "isnt",
    "arent",
    "wasnt",
    "werent",
    "wont",
    "wouldnt",
    "shouldnt",
    "couldnt",
    "mustnt",
    "neednt",
    "hasnt",
    "havent",
    "hadnt",
    "aint",
];

/// Phrases that deny, and the "not" that they come to. They are cut off as clauses of their own, so that
/// what they deny is not taken for what stands before them.
const DENYING_PHRASES: &[(&str, &str)] = &[
    ("rather than", ", not"),
    ("instead of", ", not"),
    ("as opposed to", ", not"),
    ("and never", ", never"),
    ("but never", ", never"),
    ("and not", ", not"),
    ("but not", ", not"),
    ("used to be", "is not"),
    ("far from", "not"),
    ("anything but", "not"),
    ("fails to", "does not"),
    ("fail to", "do not"),
    ("failed to", "did not"),
    ("ceased to", "does not"),
    ("formerly", "not"),
];

/// The text with its denying phrases as "not".
pub(super) fn with_plain_negations(text: &str) -> String {
    static PHRASES: LazyLock<Regex> = LazyLock::new(|| {
        let phrases: Vec<&str> = DENYING_PHRASES.iter().map(|(phrase, _)| *phrase).collect();
        let pattern = format!(
            r"(?i)(?P<blank>\s*)\b(?P<phrase>{})\b",
            phrases.join("|").replace(' ', r"\s+")
        );
        Regex::new(&pattern).expect("the pattern is a constant, and tested")
    });
    let negation = |found: &Captures<'_>| {
        let phrase = found["phrase"]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        let (_, negation) = DENYING_PHRASES
            .iter()
            .find(|(known, _)| *known == phrase)
            .unwrap_or(&("", "not"));
        match negation.starts_with(',') {
            true => (*negation).to_owned(),
            false => format!("{}{negation}", &found["blank"]),
        }
    };
    PHRASES.replace_all(text, negation).into_owned()
}

/// The words in lower case with one blank around each, for a search by words and their beginnings.
pub(super) fn spaced_words(text: &str) -> String {
    let plain = without_diacritics(text);
    let words: Vec<&str> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    format!(" {} ", words.join(" "))
}

/// Words that narrow a statement, from which a negative one may follow.
const RESTRICTIONS: [&str; 12] = [
    "only",
    "alone",
    "instead",
    "separate",
    "separately",
    "excludes",
    "excluded",
    "other",
    "unless",
    "except",
    "limited",
    "must",
];

/// Words from which it follows that something is not reported or paid.
const EXCLUSIONS: [&str; 6] = ["only", "alone", "excludes", "excluded", "denied", "bundled"];

/// The words of one text that carry its subject, cut to their stems, and what turns it round.
#[derive(Clone, Debug, Default)]
pub(super) struct Subject {
    stems: HashSet<String>,
    /// Stems without the words that have an opposite: what two statements that contradict each other share.
    core: HashSet<String>,
    poles: Poles,
    negations: usize,
    restricted: bool,
    excludes: bool,
    denies_reporting: bool,
}

impl Subject {
    pub fn of(text: &str) -> Self {
        let mut subject = Self::default();
        let plain = without_diacritics(text);
        for word in plain
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .map(|word| word.trim_matches('\''))
            .filter(|word| !word.is_empty())
        {
            subject.take(word);
        }
        // "No, it is not paid" says that it is not paid.
        // "Neither … nor" denies once.
        if plain.contains("neither ") && plain.contains(" nor ") && subject.negations > 1 {
            subject.negations -= 1;
        }
        if plain.trim_start().starts_with("no,") && subject.negations > 1 {
            subject.negations -= 1;
        }
        subject.poles = poles_of(&plain);
        subject.denies_reporting = denies_reporting(&plain);
        subject
    }

    fn take(&mut self, word: &str) {
        let negates = NEGATIONS.contains(&word) || word.ends_with("n't");
        self.negations += usize::from(negates);
        self.restricted |= RESTRICTIONS.contains(&word);
        self.excludes |= EXCLUSIONS.contains(&word);
        let carries = word.chars().count() > 2 && !is_empty_word(word) && !negates;
        if carries && !word.chars().any(|c| c.is_ascii_digit()) {
            let stem = stem(word);
            if poles_of(word).is_empty() {
                self.core.insert(stem.clone());
            }
            self.stems.insert(stem);
        }
    }

    /// Whether it has no word that a source could be asked for.
    pub fn is_empty(&self) -> bool {
        self.stems.is_empty()
    }

    /// Whether it has at least so many words that a source could be asked for.
    pub fn has_words(&self, least: usize) -> bool {
        self.stems.len() >= least
    }

    pub fn has_core(&self) -> bool {
        !self.core.is_empty()
    }

    pub fn is_negated(&self) -> bool {
        self.negations > 0
    }

    /// "It is not true that it is not" says that it is.
    pub fn is_negated_evenly(&self) -> bool {
        self.negations.is_multiple_of(2)
    }

    /// Whether it is the reporting or paying that it denies, and not something beside it: "cannot be billed
    /// with", but not "no edit stands between".
    pub fn denies_reporting(&self) -> bool {
        self.denies_reporting
    }

    /// Whether a denial of reporting may follow from it.
    pub fn excludes(&self) -> bool {
        self.excludes || self.denies_reporting
    }

    pub fn is_restricted(&self) -> bool {
        self.restricted
    }

    pub fn poles(&self) -> &Poles {
        &self.poles
    }

    pub fn extend(&mut self, other: &Self) {
        self.stems.extend(other.stems.iter().cloned());
        self.core.extend(other.core.iter().cloned());
        self.poles.extend(&other.poles);
        self.negations += other.negations;
        self.restricted |= other.restricted;
        self.excludes |= other.excludes;
        self.denies_reporting |= other.denies_reporting;
    }

    /// The share of this subject's words that `source` has too, 0 to 1; 1 for a subject without words.
    pub fn share_in(&self, source: &Self) -> f32 {
        if self.stems.is_empty() {
            return 1.0;
        }
        ratio(self.stems.intersection(&source.stems).count(), self.stems.len())
    }

    /// The same for the words that have no opposite; 0 for a subject without such words.
    pub fn core_share_in(&self, source: &Self) -> f32 {
        if self.core.is_empty() {
            return 0.0;
        }
        ratio(self.core.intersection(&source.stems).count(), self.core.len())
    }

    /// Whether this says "insignificant" where `known` says "significant" only, or the other way round.
    pub fn has_prefixed_opposite_in(&self, known: &Self) -> bool {
        const PREFIXES: [&str; 5] = ["in", "un", "non", "im", "ir"];
        let bare = |stem: &str| {
            PREFIXES
                .iter()
                .filter_map(|prefix| stem.strip_prefix(prefix))
                .filter(|rest| rest.len() >= 5)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let added = |said: &HashSet<String>, known: &HashSet<String>| {
            said.iter()
                .filter(|stem| !known.contains(*stem))
                .any(|stem| bare(stem).iter().any(|rest| known.contains(rest)))
        };
        let dropped = |said: &HashSet<String>, known: &HashSet<String>| {
            known.iter().filter(|stem| !said.contains(*stem)).any(|stem| {
                bare(stem)
                    .iter()
                    .any(|rest| said.contains(rest) && !known.contains(rest))
            })
        };
        added(&self.stems, &known.stems) || dropped(&self.stems, &known.stems)
    }

    /// How much two statements are alike, 0 to 1: the harmonic mean of what each shares with the other.
    pub fn likeness(&self, other: &Self) -> f32 {
        let shared = self.stems.intersection(&other.stems).count();
        match self.stems.len() + other.stems.len() {
            0 => 0.0,
            both => ratio(2 * shared, both),
        }
    }
}

fn denies_reporting(plain: &str) -> bool {
    static DENIED: LazyLock<Regex> = regex!(
        r"\b(?:not|never|cannot|neither|nor|\w+n'?t)\b(?:\s+\w+){0,3}?\s+(?:report|bill|cod(?:e|ed|ing)\b|pa(?:y|ys|id)\b|us(?:e|ed)\b|put\b|append|attach|add|combin|submit|claim|assign|go(?:es)?\b|appl|belong)"
    );
    DENIED.is_match(plain)
}

fn ratio(part: usize, whole: usize) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sentence has far fewer than 2^23 words"
    )]
    let ratio = part as f32 / whole as f32;
    ratio
}

/// In lower case, `nöt` as `not`: a reader takes one for the other.
fn without_diacritics(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    plain
        .to_lowercase()
        .replace(['’', '‘', 'ʼ', '`', '′', '´'], "'")
        // Two letters are no word, and the visit must not be lost. "No matter" denies nothing.
        .replace("e/m", "evaluationmanagement")
        .replace("no matter", "whatever")
}

pub(super) fn is_empty_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| EMPTY_WORDS.split_whitespace().collect());
    WORDS.contains(word)
}

/// Cuts the endings in which a paraphrase differs most. Crude on purpose: it is compared with itself only.
pub(super) fn stem(word: &str) -> String {
    let cut = [
        "ations", "ation", "ments", "ment", "ings", "ing", "ies", "edly", "ed", "es", "ly", "s", "y", "e",
    ]
    .into_iter()
    .find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 4));
    cut.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paraphrase_shares_its_words_and_another_subject_does_not() {
        let source =
            Subject::of("Report modifier 25 when the evaluation is significant and separately identifiable.");
        let paraphrase = Subject::of("The evaluations must be significant and separately identified.");
        let stranger = Subject::of("Hospice care covers respite for the family.");
        assert!(paraphrase.share_in(&source) > 0.7);
        assert!(stranger.share_in(&source) < 0.2);
        assert!(source.likeness(&source) > 0.99);
    }

    #[test]
    fn negations_are_seen_in_their_disguises() {
        for text in [
            "It isn't billable.",
            "It is nöt billable.",
            "It is rarely billable.",
            "It’s never so.",
            "CAN'T",
            "It isn`t so.",
            "It isn′t so.",
            "It isnt so.",
        ] {
            assert!(Subject::of(text).is_negated(), "{text:?}");
        }
        assert!(!Subject::of("A knot in a note is nothingness.").is_negated());
    }

    #[test]
    fn phrases_that_deny_become_a_not() {
        for (text, expected) in [
            (
                "It goes on the visit rather than on the procedure.",
                "It goes on the visit, not on the procedure.",
            ),
            ("It is far from billable.", "It is not billable."),
            ("It used  to be billable.", "It is not billable."),
        ] {
            assert_eq!(with_plain_negations(text), expected);
        }
    }
}
