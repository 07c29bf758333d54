//! Texts of official files as passages: what is said, where, and which codes it names.

use crate::draft::ShelfDraft;
use codecite_codebook::{Aspect, Code, CodeSystem, PassageDraft};

/// Beyond how many characters a text is cut into several passages: it would be found less well.
pub(super) const LONGEST: usize = 1_200;
/// How many characters of small neighbours are put into one passage.
const JOINED: usize = 800;

/// One passage to be.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Row of the file on which it begins.
    pub line: u64,
    pub section: Option<String>,
    pub title: String,
    pub text: String,
    pub about: Vec<Code>,
    pub mentions: Vec<Code>,
}

impl Words {
    /// Puts it on the shelf.
    pub fn shelve(self, aspect: Aspect, draft: &mut ShelfDraft<'_>) {
        let mut mentions = self.mentions;
        mentions.sort();
        mentions.dedup();
        let passage = PassageDraft {
            edition: draft.edition().id.clone(),
            title: self.title,
            text: self.text,
            aspect,
            about: self.about,
            mentions,
            keywords: Vec::new(),
            billable: None,
            authority: draft.edition().authority.clone(),
            locator: draft.locator(self.line, self.section.as_deref()),
            effective: draft.edition().effective,
        };
        draft.passage(passage);
    }
}

/// One line of an index, readable by itself.
#[derive(Debug)]
pub(super) struct IndexLine {
    pub line: u64,
    /// Such as `Abdomen, abdominal, acute: R10.0.`
    pub text: String,
    pub mentions: Vec<Code>,
}

/// Makes passages of the lines of an index: those of one main term together as far as they fit, small main terms
/// with their neighbours under the same letter.
pub(super) struct IndexPassages<'a> {
    /// What each title begins with, such as `Alphabetic Index`.
    name: &'a str,
    letter: String,
    first: String,
    last: String,
    words: Words,
}

impl<'a> IndexPassages<'a> {
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            letter: String::new(),
            first: String::new(),
            last: String::new(),
            words: Words::default(),
        }
    }

    /// Adds the lines of one main term.
    pub fn main_term(&mut self, letter: &str, term: &str, lines: Vec<IndexLine>, draft: &mut ShelfDraft<'_>) {
        let length: usize = lines.iter().map(|line| line.text.len() + 1).sum();
        if letter != self.letter || self.words.text.len() + length > JOINED {
            self.flush(draft);
        }
        letter.clone_into(&mut self.letter);
        for line in lines {
            if !self.words.text.is_empty() && self.words.text.len() + line.text.len() > LONGEST {
                self.flush(draft);
            }
            self.push(term, line);
        }
    }

    /// Puts what is left on the shelf.
    pub fn flush(&mut self, draft: &mut ShelfDraft<'_>) {
        let mut words = std::mem::take(&mut self.words);
        if words.text.is_empty() {
            return;
        }
        words.title = match self.first == self.last {
            true => format!("{}: {}", self.name, self.first),
            false => format!("{}: {} to {}", self.name, self.first, self.last),
        };
        words.section = Some(format!("Letter {}", self.letter)).filter(|_| !self.letter.is_empty());
        words.shelve(Aspect::Reporting, draft);
    }

    fn push(&mut self, term: &str, line: IndexLine) {
        if self.words.text.is_empty() {
            self.words.line = line.line;
            term.clone_into(&mut self.first);
        } else {
            self.words.text.push('\n');
        }
        term.clone_into(&mut self.last);
        self.words.text.push_str(&line.text);
        self.words.mentions.extend(line.mentions);
    }
}

/// The code that a table names, also where it says with `-` that more characters follow: `C79.8-`. `Err` if it is
/// none; `Ok(None)` for an empty place or one that says with dashes that there is none.
pub(super) fn code_in(system: CodeSystem, written: &str) -> Result<Option<Code>, String> {
    let stem = written.trim().trim_end_matches('-').trim_end_matches('.');
    match stem.is_empty() {
        true => Ok(None),
        false => Code::parse(system, stem)
            .map(Some)
            .map_err(|_| format!("{written:?} is no {system} code")),
    }
}
