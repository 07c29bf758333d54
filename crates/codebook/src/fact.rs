//! Facts: exact rows of official tables, shown by template and never reworded.

use crate::{Code, EditionId, EffectiveRange, Locator};

/// What kind of row a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactKind {
    /// Whether a code exists and may be billed.
    CodeStatus,
    /// Medicare Physician Fee Schedule indicators of a code.
    PhysicianFeeSchedule,
    /// Medically unlikely edit: units of service and adjudication indicator.
    Mue,
    /// Add-on code type and its primary codes.
    AddOn,
    /// Procedure-to-procedure edit between two codes.
    Ptp,
    /// Place of service: facility or not.
    PlaceOfService,
    /// A HCPCS Level II code or modifier as CMS describes it, with the dates of its life.
    Hcpcs,
}

impl FactKind {
    /// Every kind, in the order in which facts of one code are shown.
    pub const ALL: [Self; 7] = [
        Self::CodeStatus,
        Self::Hcpcs,
        Self::PhysicianFeeSchedule,
        Self::AddOn,
        Self::Mue,
        Self::Ptp,
        Self::PlaceOfService,
    ];

    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeStatus => "code_status",
            Self::PhysicianFeeSchedule => "physician_fee_schedule",
            Self::Mue => "mue",
            Self::AddOn => "add_on",
            Self::Ptp => "ptp",
            Self::PlaceOfService => "place_of_service",
            Self::Hcpcs => "hcpcs",
        }
    }

    /// Reads [`FactKind::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One labelled value of a row, spelled as the table spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// Column name in the field's words, such as `global days`.
    pub label: String,
    /// The value as published.
    pub value: String,
}

/// One exact row about one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What kind of row it is.
    pub kind: FactKind,
    /// The code that the row is about.
    pub code: Code,
    /// Its labelled values, in the order of the table.
    pub rows: Vec<FactRow>,
    /// The edition that the row was loaded with.
    pub edition: EditionId,
    /// Where the row stands.
    pub locator: Locator,
    /// When the row is in force.
    pub effective: EffectiveRange,
}

/// What an edition says of one code: the row behind "does it exist, may it be billed".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeStatus {
    /// The code.
    pub code: Code,
    /// Official title where the licence lets us keep one.
    pub title: Option<String>,
    /// Whether the code may be reported by itself; a header or category may not.
    pub billable: bool,
    /// The edition that says so.
    pub edition: EditionId,
    /// When the row is in force.
    pub effective: EffectiveRange,
    /// Where the row stands.
    pub locator: Locator,
}
