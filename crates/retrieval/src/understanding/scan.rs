//! A question while it is being read: what was understood is taken out, so that nothing is read twice.

use regex::Regex;
use std::ops::Range;

/// Stands where something was taken out: no letter, no digit, no blank, so that no pattern reads across.
const TAKEN: &str = "\u{1}";

/// The normalised question and two copies of the same length: what may still hold a code, and what remains
/// to search by meaning.
pub(super) struct Scan {
    pub text: String,
    pub open: String,
    pub words: String,
}

impl Scan {
    pub fn new(text: String) -> Self {
        Self {
            open: text.clone(),
            words: text.clone(),
            text,
        }
    }

    /// Takes `range` out of both copies: it is understood.
    pub fn take(&mut self, range: Range<usize>) {
        blank(&mut self.words, range.clone());
        blank(&mut self.open, range);
    }

    /// Takes `range` out of the codes' copy only: it is no code, and its words still mean something.
    pub fn guard(&mut self, range: Range<usize>) {
        blank(&mut self.open, range);
    }

    /// Takes `range` out of the words only: it is boilerplate, and a code beside it is still to be read.
    pub fn hush(&mut self, range: Range<usize>) {
        blank(&mut self.words, range);
    }

    /// The spans of `pattern` in what is still open: of its group `span` where it has one.
    pub fn spans(&self, pattern: &Regex) -> Vec<Range<usize>> {
        pattern
            .captures_iter(&self.open)
            .filter_map(|found| found.name("span").or_else(|| found.get(0)))
            .map(|found| found.range())
            .collect()
    }
}

fn blank(text: &mut String, range: Range<usize>) {
    let filler = TAKEN.repeat(range.len());
    text.replace_range(range, &filler);
}
