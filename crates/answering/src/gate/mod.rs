//! The gate: holds text back until a sentence is whole, and lets out only what its sources bear.
//!
//! A pure state machine without IO. Text comes in pieces of any size, cut anywhere; verdicts come out in
//! the order of the sentences, the same for every way of cutting.

mod boundary;
mod check;
mod claims;
mod consequences;
mod cut;
mod exact;
mod grounds;
mod list;
mod opposites;
mod sense;
mod unsafe_text;
mod verdict;
mod words;

pub use grounds::Grounds;
pub use verdict::{Block, CheckedText, Verdict, Withheld, WithheldReason};

use crate::Abstention;
use boundary::{Boundary, next_sentence};
use check::Named;
use list::Introduced;
use std::collections::HashSet;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// How much text the gate takes.
#[derive(Clone, Copy, Debug)]
pub struct GateLimits {
    /// The longest sentence, in bytes; a longer one is withheld as soon as it is too long.
    pub sentence_bytes: usize,
    /// The longest answer, in bytes of input; what follows is not read.
    pub answer_bytes: usize,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            sentence_bytes: 1_500,
            answer_bytes: 48_000,
        }
    }
}

/// How far behind a sentence its boundary may be found, in bytes.
const LOOK_AHEAD: usize = 64;

/// Checks one answer. See the module for what it promises.
#[derive(Debug)]
pub struct CitationGate {
    grounds: Arc<Grounds>,
    limits: GateLimits,
    held: String,
    taken_bytes: usize,
    at_line_start: bool,
    block: Block,
    /// A sentence was found too long, and the rest of its line is thrown away.
    skipping: bool,
    flooded: bool,
    /// What was let out, by its words.
    said: HashSet<String>,
    /// The codes and modifiers of the sentence before, of which the next one may say "it".
    named: Named,
    /// The list that is being read, and what introduced it.
    list: Introduced,
}

impl CitationGate {
    /// A gate for one answer on these grounds.
    pub fn new(grounds: Arc<Grounds>, limits: GateLimits) -> Self {
        Self {
            grounds,
            limits,
            held: String::new(),
            taken_bytes: 0,
            at_line_start: true,
            block: Block::Paragraph,
            skipping: false,
            flooded: false,
            said: HashSet::new(),
            named: Named::new(),
            list: Introduced::default(),
        }
    }

    /// The same gate in an answer that has `said` these sentences already; they are passed over.
    pub fn after(self, said: HashSet<String>) -> Self {
        Self { said, ..self }
    }

    /// Everything that the answer has said by now.
    pub fn into_said(self) -> HashSet<String> {
        self.said
    }

    /// Takes more text, and gives the verdicts on every sentence that it completes.
    pub fn push(&mut self, delta: &str) -> Vec<Verdict> {
        let room = self.limits.answer_bytes.saturating_sub(self.taken_bytes);
        let taken = &delta[..delta.floor_char_boundary(room.min(delta.len()))];
        self.flooded |= taken.len() < delta.len();
        self.taken_bytes += taken.len();
        self.held.push_str(taken);
        self.release(false)
    }

    /// Whether more text came than an answer may have. Nothing beyond the limit was read.
    pub fn is_flooded(&self) -> bool {
        self.flooded
    }

    /// The answer is whole: gives the verdicts on what is still held. Afterwards the gate is as new, but for
    /// its limits.
    pub fn finish(&mut self) -> Vec<Verdict> {
        let verdicts = self.release(true);
        self.held.clear();
        self.at_line_start = true;
        self.skipping = false;
        self.named.clear();
        self.list = Introduced::default();
        verdicts
    }

    fn release(&mut self, finished: bool) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        loop {
            match next_sentence(&self.held, self.at_line_start, finished) {
                Boundary::NotYet => break,
                Boundary::LineBreak { end } => {
                    self.held.drain(..end);
                    self.begin_line();
                }
                Boundary::Marker { end } => {
                    self.held.drain(..end);
                    self.at_line_start = false;
                    self.block = Block::Item;
                }
                Boundary::Sentence { end } => {
                    let sentence: String = self.held.drain(..end).collect();
                    self.at_line_start = false;
                    verdicts.extend(self.judge(&sentence));
                }
            }
        }
        // A whole sentence may still wait for the character that tells whether its citations go on.
        if self.held.len() > self.limits.sentence_bytes + LOOK_AHEAD {
            self.held.clear();
            if !self.skipping {
                verdicts.push(self.skip_line());
            }
        }
        verdicts
    }

    /// Nothing says where the sentence after an endless one begins, so its whole line is thrown away.
    fn skip_line(&mut self) -> Verdict {
        self.skipping = true;
        self.list = Introduced::by_an_endless_one();
        Verdict::Withheld(Withheld::because(
            WithheldReason::TooLong,
            "a sentence did not come to an end",
        ))
    }

    fn begin_line(&mut self) {
        self.at_line_start = true;
        self.block = Block::Paragraph;
        self.skipping = false;
    }

    fn judge(&mut self, sentence: &str) -> Option<Verdict> {
        if self.skipping || !cut::says_something(sentence) {
            return None;
        }
        if sentence.len() > self.limits.sentence_bytes {
            return Some(self.skip_line());
        }
        if let Some(kind) = abstention(sentence) {
            return Some(Verdict::Abstained(kind));
        }
        let normal: String = sentence.nfkc().map(|c| if c == '\t' { ' ' } else { c }).collect();
        let normal = normal.trim();
        let before = std::mem::replace(&mut self.named, check::named_in(&cut::without_citations(normal)));
        self.list.reach(self.block);
        match self.list.admit(normal, &before, &self.grounds) {
            // What is passed over leaves the beginning of its paragraph to the next sentence.
            Ok(passed) if !self.said.insert(passed.text.clone()) => None,
            Ok(passed) => {
                let block = std::mem::replace(&mut self.block, Block::Continue);
                Some(Verdict::Released(CheckedText {
                    block,
                    text: passed.text,
                    citations: passed.citations,
                }))
            }
            Err(withheld) => withheld.map(Verdict::Withheld),
        }
    }
}

/// `ABSTAIN not_in_sources`, alone in its sentence.
fn abstention(sentence: &str) -> Option<Abstention> {
    let word = sentence
        .trim()
        .trim_matches(['`', '*', '.'])
        .strip_prefix("ABSTAIN")?;
    Abstention::from_word(word.trim_matches([' ', ':', '`', '*', '.'])).filter(|kind| kind.is_a_models())
}

#[cfg(test)]
mod tests;
