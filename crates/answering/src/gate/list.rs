//! Lists and what introduces them. "Do not report these:" decides what its items mean, so an item is read
//! behind its introduction.

use super::check::{Named, Passed, check, named_in};
use super::consequences::tells_a_consequence;
use super::cut::{citations_of, stands_alone, without_citations};
use super::grounds::Grounds;
use super::verdict::{Block, Withheld, WithheldReason};
use super::words::{Subject, with_plain_negations};

/// What stands over the sentences that are read now.
#[derive(Clone, Debug, Default)]
pub(super) enum Introduced {
    /// Nothing.
    #[default]
    ByNothing,
    /// An introduction that was let out, or one without a citation that changes nothing and was left out:
    /// what follows has to be true behind its words.
    By {
        words: String,
        citations: Vec<usize>,
        begun: bool,
    },
    /// An introduction that was withheld. What follows may mean the opposite without it.
    ByAWithheldOne { begun: bool },
}

impl Introduced {
    /// For a sentence that never came to its end: its items are lost with it, a paragraph behind it is not.
    pub fn by_an_endless_one() -> Self {
        Self::ByAWithheldOne { begun: true }
    }

    /// A sentence begins in `block`. What is introduced ends at the second paragraph, and at the paragraph
    /// behind its items.
    pub fn reach(&mut self, block: Block) {
        match self {
            Self::By { begun, .. } | Self::ByAWithheldOne { begun } => match block {
                Block::Paragraph if *begun => *self = Self::ByNothing,
                Block::Paragraph | Block::Item => *begun = true,
                Block::Continue => {}
            },
            Self::ByNothing => {}
        }
    }

    /// Checks a sentence where it stands. `Err(None)` is for an introduction that is left out without a word.
    pub fn admit(
        &mut self,
        sentence: &str,
        before: &Named,
        grounds: &Grounds,
    ) -> Result<Passed, Option<Withheld>> {
        let checked = check(sentence, before, grounds);
        if introduces(sentence) {
            let (introduced, verdict) = introduction(sentence, checked);
            *self = introduced;
            return verdict;
        }
        match self {
            Self::ByNothing if is_bare(sentence) => checked.and_then(|_| Err(orphaned())).map_err(Some),
            Self::ByNothing => checked.map_err(Some),
            Self::ByAWithheldOne { .. } => checked.and_then(|_| Err(orphaned())).map_err(Some),
            // An introduction without citations is not shown, and bare codes mean nothing without it.
            Self::By { citations, .. } if citations.is_empty() && is_bare(sentence) => {
                checked.and_then(|_| Err(orphaned())).map_err(Some)
            }
            Self::By { words, citations, .. } => {
                let passed = checked?;
                check_behind(words, citations, sentence, grounds)?;
                Ok(passed)
            }
        }
    }
}

fn introduction(
    sentence: &str,
    checked: Result<Passed, Withheld>,
) -> (Introduced, Result<Passed, Option<Withheld>>) {
    let words = without_citations(sentence);
    let by = Introduced::By {
        citations: citations_of(sentence),
        words: words.clone(),
        begun: false,
    };
    match checked {
        Ok(passed) => (by, Ok(passed)),
        Err(withheld) if withheld.reason == WithheldReason::Uncited && is_harmless(&words) => (by, Err(None)),
        Err(withheld) => (Introduced::ByAWithheldOne { begun: false }, Err(Some(withheld))),
    }
}

fn introduces(sentence: &str) -> bool {
    without_citations(sentence)
        .trim_end_matches(['*', '_', '`', ' '])
        .ends_with(':')
}

/// Whether a sentence is nothing but codes, and so says what its introduction makes of them.
fn is_bare(sentence: &str) -> bool {
    let words = without_citations(sentence);
    Subject::of(&words).is_empty() && !stands_alone(&words)
}

/// Whether a list means the same without these words.
fn is_harmless(introduction: &str) -> bool {
    let subject = Subject::of(&with_plain_negations(introduction));
    !subject.is_negated() && !subject.poles().has_a_turned_side() && !tells_a_consequence(introduction)
}

/// An item that names codes joins them to those of its introduction, and has to be true in its words.
fn check_behind(words: &str, citations: &[usize], item: &str, grounds: &Grounds) -> Result<(), Withheld> {
    let item_words = without_citations(item);
    if named_in(words).is_empty() || named_in(&item_words).is_empty() {
        return Ok(());
    }
    let mut cited = citations_of(item);
    cited.extend(citations);
    let marks: String = cited.iter().map(|number| format!("[{number}]")).collect();
    let whole = format!(
        "{} {} {marks}.",
        words.trim(),
        item_words.trim().trim_end_matches('.')
    );
    check(&whole, &Named::new(), grounds).map(|_| ())
}

fn orphaned() -> Withheld {
    Withheld::because(
        WithheldReason::Uncited,
        "a list lost the sentence that introduces it",
    )
}
