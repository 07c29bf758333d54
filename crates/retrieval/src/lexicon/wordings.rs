//! What is said, found in a text and replaced by what is meant.

use std::collections::HashMap;

/// Wordings by the first character of what is said, in lower case; longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Wordings(HashMap<char, Vec<Entry>>);

/// A text with what is meant in place of what is said.
pub(super) struct Replaced {
    pub text: String,
    /// What was put in.
    pub meanings: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The words of what is said, in lower case unless `exact_case`.
    pub said: Vec<String>,
    pub exact_case: bool,
    pub means: Vec<String>,
    /// What is said stays, because the sources say it too.
    pub official: bool,
}

/// A side between two words of a phrase is no part of it: "broken right hip" is a broken hip, right.
const SIDES: [(&str, &str); 9] = [
    ("right", "right"),
    ("left", "left"),
    ("rt", "right"),
    ("lt", "left"),
    ("r", "right"),
    ("l", "left"),
    ("both", "both"),
    ("bilat", "bilateral"),
    ("bilateral", "bilateral"),
];

impl Wordings {
    /// Adds a wording; false where it says nothing.
    pub fn add(&mut self, entry: Entry) -> bool {
        let Some(first) = entry.said.first().and_then(|word| word.chars().next()) else {
            return false;
        };
        let key = first.to_lowercase().next().unwrap_or(first);
        let entries = self.0.entry(key).or_default();
        let place = entries.partition_point(|known| known.length() >= entry.length());
        entries.insert(place, entry);
        true
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.values().flatten()
    }

    /// Puts what is meant in place of what is said: whole words, longest first. What was replaced is not
    /// read again, so two entries cannot chase each other.
    pub fn replace(&self, said: &str) -> Replaced {
        let mut text = String::with_capacity(said.len() * 2);
        let mut meanings = Vec::new();
        let mut before: Option<char> = None;
        let mut rest = said;
        while let Some(c) = rest.chars().next() {
            let starts_word = !(c.is_alphanumeric() && before.is_some_and(char::is_alphanumeric));
            if starts_word && let Some(found) = self.longest_at(rest, c) {
                let (replaced, after) = rest.split_at(found.length);
                let wording = found.wording(replaced);
                text.push(' ');
                text.push_str(&wording);
                text.push(' ');
                meanings.push(wording);
                before = replaced.chars().next_back();
                rest = after;
                continue;
            }
            text.push(c);
            before = Some(c);
            rest = &rest[c.len_utf8()..];
        }
        Replaced { text, meanings }
    }

    fn longest_at(&self, text: &str, first: char) -> Option<Found<'_>> {
        let key = first.to_lowercase().next()?;
        self.0.get(&key)?.iter().find_map(|entry| entry.at(text))
    }
}

struct Found<'a> {
    length: usize,
    sides: Vec<&'static str>,
    entry: &'a Entry,
}

impl Found<'_> {
    /// What stands for `said`.
    fn wording(&self, said: &str) -> String {
        let means = self.entry.means.join(" ");
        // An entry without meaning drops what was said, the side with it: nothing is left for it to describe.
        if means.is_empty() {
            return means;
        }
        if self.entry.official {
            return format!("{said} {means}");
        }
        let sides = self.sides.iter().copied();
        sides.chain([means.as_str()]).collect::<Vec<_>>().join(" ")
    }
}

impl Entry {
    fn length(&self) -> usize {
        self.said.iter().map(String::len).sum::<usize>() + self.said.len()
    }

    /// Whether `text` begins with what this entry says, ending at a word's end.
    fn at(&self, text: &str) -> Option<Found<'_>> {
        let mut rest = text;
        let mut sides = Vec::new();
        for (position, word) in self.said.iter().enumerate() {
            if position > 0 {
                rest = after_blank(rest)?;
            }
            rest = match self.after_word(rest, word) {
                Some(after) => after,
                None if position > 0 => {
                    let (side, after) = after_side(rest)?;
                    sides.push(side);
                    self.after_word(after_blank(after)?, word)?
                }
                None => return None,
            };
        }
        let ends_in_word = self.said.last()?.ends_with(char::is_alphanumeric);
        let is_whole = !(ends_in_word && rest.starts_with(char::is_alphanumeric));
        is_whole.then(|| Found {
            length: text.len() - rest.len(),
            sides,
            entry: self,
        })
    }

    fn after_word<'a>(&self, text: &'a str, word: &str) -> Option<&'a str> {
        if self.exact_case {
            return text.strip_prefix(word);
        }
        let mut rest = text.chars();
        for wanted in word.chars() {
            let given = rest.next()?;
            let is_same = given == wanted || given.to_lowercase().eq(std::iter::once(wanted));
            if !is_same {
                return None;
            }
        }
        Some(rest.as_str())
    }
}

fn after_blank(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len()).then_some(rest)
}

fn after_side(text: &str) -> Option<(&'static str, &str)> {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let word = &text[..end];
    SIDES
        .iter()
        .find(|(said, _)| said.eq_ignore_ascii_case(word))
        .map(|(_, side)| (*side, &text[end..]))
}
