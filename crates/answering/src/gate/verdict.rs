//! What the gate says of a sentence.

/// What a reader may see. Only the gate makes it, so no door can show unchecked text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedText {
    pub(super) block: Block,
    pub(super) text: String,
    pub(super) citations: Vec<u8>,
}

impl CheckedText {
    /// Where it stands in the layout.
    pub fn block(&self) -> Block {
        self.block
    }

    /// One sentence of plain text, without citation marks and markup.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The evidence it rests on, by number; never empty, each number once.
    pub fn citations(&self) -> &[u8] {
        &self.citations
    }
}

/// The layout of an answer, as plain as a letter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// Begins a paragraph.
    Paragraph,
    /// Begins a list item.
    Item,
    /// Goes on in the paragraph or item that was begun.
    Continue,
}

impl Block {
    /// A stable word for wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paragraph => "paragraph",
            Self::Item => "item",
            Self::Continue => "continue",
        }
    }
}

/// A sentence that did not pass. Holds the reason and never the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Why.
    pub reason: WithheldReason,
    /// The same for a reader, in one clause.
    pub detail: String,
}

impl Withheld {
    pub(super) fn because(reason: WithheldReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// Why a sentence did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WithheldReason {
    /// It does not end with a citation.
    Uncited,
    /// A citation resolves to nothing.
    UnknownCitation,
    /// It names a code that neither its source nor the asker named.
    CodeNotInSources,
    /// It names a code that does not exist on the date of service.
    CodeNotInForce,
    /// It states a number, unit, amount or percentage that its source does not.
    NumberNotInSources,
    /// It names a modifier that neither its source nor the asker named.
    ModifierNotInSources,
    /// It names a date that its source does not.
    DateNotInSources,
    /// It speaks of something else than its source.
    OffSources,
    /// It says the opposite of its source.
    ContradictsSource,
    /// It holds markup, hidden characters or lookalike digits.
    UnsafeText,
    /// It does not end.
    TooLong,
}

impl WithheldReason {
    /// A stable word for wires and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uncited => "uncited",
            Self::UnknownCitation => "unknown_citation",
            Self::CodeNotInSources => "code_not_in_sources",
            Self::CodeNotInForce => "code_not_in_force",
            Self::NumberNotInSources => "number_not_in_sources",
            Self::ModifierNotInSources => "modifier_not_in_sources",
            Self::DateNotInSources => "date_not_in_sources",
            Self::OffSources => "off_sources",
            Self::ContradictsSource => "contradicts_source",
            Self::UnsafeText => "unsafe_text",
            Self::TooLong => "too_long",
        }
    }
}

/// What the gate lets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A checked sentence.
    Released(CheckedText),
    /// A sentence that did not pass.
    Withheld(Withheld),
    /// The writer said that it cannot answer, in the one form that the prompt allows.
    Abstained(crate::Abstention),
}
