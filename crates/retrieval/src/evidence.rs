//! What was found for one question.

use codecite_codebook::Passage;

/// The passages found for one question: numbered from 1, best first, never empty, all in force on the date
/// of service. `Option<Evidence>` makes "the sources do not say" a branch that the compiler asks for.
#[derive(Clone, Debug)]
pub struct Evidence {
    passages: Vec<Passage>,
}

/// A passage under the number by which an answer cites it.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    /// Counted from 1.
    pub number: u8,
    /// The passage.
    pub passage: &'a Passage,
}

impl Evidence {
    /// The most passages that one answer may cite.
    pub const MAX: usize = 64;

    /// Numbers `passages` in their order; `None` when there are none. A passage that comes twice is kept
    /// once, and what comes after the first [`Evidence::MAX`] is left out.
    pub fn new(passages: impl IntoIterator<Item = Passage>) -> Option<Self> {
        let mut kept: Vec<Passage> = Vec::new();
        for passage in passages {
            if kept.len() < Self::MAX && kept.iter().all(|known| known.id() != passage.id()) {
                kept.push(passage);
            }
        }
        (!kept.is_empty()).then_some(Self { passages: kept })
    }

    /// The passages with their numbers, best first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Numbered<'_>> {
        self.passages
            .iter()
            .zip(1..=u8::MAX)
            .map(|(passage, number)| Numbered { number, passage })
    }

    /// The passage cited as `number`, if there is one.
    pub fn get(&self, number: u8) -> Option<&Passage> {
        self.passages.get(usize::from(number).checked_sub(1)?)
    }

    /// The passages, best first.
    pub fn into_passages(self) -> Vec<Passage> {
        self.passages
    }

    /// How many passages there are: at least 1.
    #[expect(clippy::len_without_is_empty, reason = "evidence is never empty")]
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// The best passage.
    pub fn first(&self) -> &Passage {
        // Not empty by construction.
        &self.passages[0]
    }
}
