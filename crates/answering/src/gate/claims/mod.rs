//! What a text claims exactly: the codes, numbers, modifiers, dates and references in it.
//!
//! The same extraction reads evidence and sentence, so a claim is supported when it stands in both. Each
//! step blanks out what it has read, so that the 25 of "modifier 25" is not a number as well.

mod codes;
mod dates;
mod modifiers;
mod numbers;
mod placements;
mod references;
mod situations;

pub(super) use codes::shape_of_code;
pub(super) use dates::PartialDate;
pub(super) use numbers::{Bound, Number, Unit};
pub(super) use placements::Placement;

use codecite_codebook::Code;
use regex::{Captures, Regex};
use std::collections::BTreeSet;

macro_rules! regex {
    ($source:expr $(,)?) => {
        std::sync::LazyLock::new(|| {
            regex::Regex::new($source).expect("the pattern is a constant, and tested")
        })
    };
}
pub(super) use regex;

/// What a text claims exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// Code-like words in upper case without their dot: `38900`, `E119`, `A1C`.
    pub codes: BTreeSet<String>,
    /// First and last code of ranges such as `99202–99205`.
    pub code_ranges: BTreeSet<(String, String)>,
    /// Which code stands in which column of an edit.
    pub columns: BTreeSet<(String, u8)>,
    /// Numbers in digits or words, with the unit that follows where there is one.
    pub numbers: BTreeSet<Number>,
    /// First and last number of ranges such as `20 to 29`.
    pub number_ranges: BTreeSet<(String, String)>,
    /// Numbers that a word before them names: `modifier indicator` 1, `type` 2.
    pub labelled: BTreeSet<(String, String)>,
    /// Numbers that are a bound: `at least` 20, `up to` 90.
    pub bounds: BTreeSet<(String, Bound)>,
    /// What each number counts, by the stems of the words behind it; empty where nothing follows.
    pub counted: BTreeSet<(String, Vec<String>)>,
    /// Times of a case that somebody tells of, as in "a 25-minute visit": no claim about a rule.
    pub situations: BTreeSet<Number>,
    /// Which objects things are put on, or reported with, and which not.
    pub placements: BTreeSet<Placement>,
    /// Modifiers in upper case.
    pub modifiers: BTreeSet<String>,
    /// Dates, whole or in part.
    pub dates: BTreeSet<PartialDate>,
    /// Whether something is said to begin, end or change on these dates.
    pub dates_bound: bool,
    /// Places in documents, versions and periods: `chapter 12`, `version 30.2`, `quarter 3`, `fy2025`.
    pub references: BTreeSet<String>,
}

impl Claims {
    /// Reads `text`, which is in normal form NFKC.
    pub fn of(text: &str) -> Self {
        let mut claims = Self::default();
        claims.take_columns(text);
        claims.take_placements(text);
        let text = claims.take_dates(text);
        let text = claims.take_references(&text);
        let text = claims.take_modifiers(&text);
        let text = claims.take_codes(&text);
        let text = claims.take_situations(&text);
        claims.take_numbers(&text);
        claims
    }

    /// Adds everything that `other` claims.
    pub fn extend(&mut self, other: &Self) {
        self.codes.extend(other.codes.iter().cloned());
        self.code_ranges.extend(other.code_ranges.iter().cloned());
        self.columns.extend(other.columns.iter().cloned());
        self.numbers.extend(other.numbers.iter().cloned());
        self.number_ranges.extend(other.number_ranges.iter().cloned());
        self.labelled.extend(other.labelled.iter().cloned());
        self.bounds.extend(other.bounds.iter().cloned());
        self.counted.extend(other.counted.iter().cloned());
        self.situations.extend(other.situations.iter().cloned());
        self.placements.extend(other.placements.iter().cloned());
        self.modifiers.extend(other.modifiers.iter().cloned());
        self.dates.extend(other.dates.iter().copied());
        self.dates_bound |= other.dates_bound;
        self.references.extend(other.references.iter().cloned());
    }

    /// Adds a code under all of its spellings here.
    pub fn add_code(&mut self, code: &Code) {
        self.codes.insert(code.undotted());
    }

    /// Codes and modifiers: what a statement is about.
    pub fn designators(&self) -> impl Iterator<Item = &String> {
        self.codes.iter().chain(&self.modifiers)
    }

    /// Whether this names the code or modifier.
    pub fn names(&self, designator: &String) -> bool {
        self.codes.contains(designator) || self.modifiers.contains(designator)
    }
}

/// Replaces every match that `take` accepts by a blank.
fn blank(pattern: &Regex, text: &str, mut take: impl FnMut(&Captures<'_>) -> bool) -> String {
    pattern
        .replace_all(text, |found: &Captures<'_>| {
            if take(found) {
                " ".to_owned()
            } else {
                found[0].to_owned()
            }
        })
        .into_owned()
}

#[cfg(test)]
mod tests;
