//! What every format of document is read into: headings and paragraphs, in reading order.

use codecite_codebook::Place;

/// A heading or a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::importers) struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its words, with single blanks. Not empty.
    pub text: String,
    /// Where it begins.
    pub place: Place,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::importers) enum BlockKind {
    /// A heading of a format that says how deep it is, from 1.
    Heading(u8),
    /// A heading that is one by its words and its place on a line of its own.
    Line,
    /// Everything else.
    Paragraph,
}

impl Block {
    /// A block, or nothing if it has no words.
    pub fn new(kind: BlockKind, text: &str, place: Place) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.chars()
            .any(char::is_alphanumeric)
            .then_some(Self { kind, text, place })
    }
}
