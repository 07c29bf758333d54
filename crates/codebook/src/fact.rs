//! Facts: exact rows of official tables, shown by template and never reworded.

use crate::{Code, EditionId, EffectiveRange, Locator};

/// What kind of row a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactKind {
    /// Whether a code exists and may be billed.
    CodeStatus,
    /// A change between two releases: a code added, deleted, retitled or turned into a header.
    Change,
    /// A HCPCS Level II code or modifier as CMS describes it, with the dates of its life.
    Hcpcs,
    /// The characters that complete a code as its seventh, and what they mean.
    SeventhCharacters,
    /// A note of the Tabular List: includes, excludes, code first, use additional code, code also.
    Note,
    /// Medicare Physician Fee Schedule indicators and relative value units of a code.
    PhysicianFeeSchedule,
    /// Add-on code type and its primary codes.
    AddOn,
    /// Medically unlikely edit: units of service and adjudication indicator.
    Mue,
    /// Procedure-to-procedure edit between two codes.
    Ptp,
    /// Medicare code editor: age, sex and other edits of a diagnosis.
    CodeEdit,
    /// From a code of one system to codes of another, with the flags of the general equivalence mapping.
    Crosswalk,
    /// The hierarchical condition category of a diagnosis.
    Hcc,
    /// What one hierarchical condition category is called, and which others it takes the place of.
    HccHierarchy,
    /// Whether a procedure makes its diagnoses count for risk adjustment.
    RiskEligible,
    /// National or local coverage: the determination that names the code.
    Coverage,
    /// Where a code stands in the Restructured BETOS Classification System.
    Rbcs,
    /// Place of service: facility or not.
    PlaceOfService,
    /// Geographic practice cost indices of a payment locality.
    Gpci,
    /// The counties of a payment locality, or the locality of a ZIP code.
    Locality,
    /// The anesthesia conversion factor of a payment locality.
    Anesthesia,
    /// The cap on the technical part of imaging, from the outpatient prospective payment system.
    OppsCap,
}

impl FactKind {
    /// Every kind, in the order in which facts of one code are shown.
    pub const ALL: [Self; 21] = [
        Self::CodeStatus,
        Self::Change,
        Self::Hcpcs,
        Self::SeventhCharacters,
        Self::Note,
        Self::PhysicianFeeSchedule,
        Self::AddOn,
        Self::Mue,
        Self::Ptp,
        Self::CodeEdit,
        Self::Crosswalk,
        Self::Hcc,
        Self::HccHierarchy,
        Self::RiskEligible,
        Self::Coverage,
        Self::Rbcs,
        Self::PlaceOfService,
        Self::Gpci,
        Self::Locality,
        Self::Anesthesia,
        Self::OppsCap,
    ];

    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeStatus => "code_status",
            Self::Change => "change",
            Self::Hcpcs => "hcpcs",
            Self::SeventhCharacters => "seventh_characters",
            Self::Note => "note",
            Self::PhysicianFeeSchedule => "physician_fee_schedule",
            Self::AddOn => "add_on",
            Self::Mue => "mue",
            Self::Ptp => "ptp",
            Self::CodeEdit => "code_edit",
            Self::Crosswalk => "crosswalk",
            Self::Hcc => "hcc",
            Self::HccHierarchy => "hcc_hierarchy",
            Self::RiskEligible => "risk_eligible",
            Self::Coverage => "coverage",
            Self::Rbcs => "rbcs",
            Self::PlaceOfService => "place_of_service",
            Self::Gpci => "gpci",
            Self::Locality => "locality",
            Self::Anesthesia => "anesthesia",
            Self::OppsCap => "opps_cap",
        }
    }

    /// What a reader is told that such a row is.
    pub fn caption(self) -> &'static str {
        match self {
            Self::CodeStatus => "code status",
            Self::Change => "change between releases",
            Self::Hcpcs => "HCPCS Level II",
            Self::SeventhCharacters => "seventh characters",
            Self::Note => "Tabular List note",
            Self::PhysicianFeeSchedule => "Medicare physician fee schedule",
            Self::AddOn => "add-on code edit",
            Self::Mue => "medically unlikely edit (MUE)",
            Self::Ptp => "NCCI procedure-to-procedure edit",
            Self::CodeEdit => "Medicare code editor",
            Self::Crosswalk => "general equivalence mapping",
            Self::Hcc => "hierarchical condition category (HCC)",
            Self::HccHierarchy => "HCC hierarchy",
            Self::RiskEligible => "risk adjustment eligibility",
            Self::Coverage => "Medicare coverage",
            Self::Rbcs => "Restructured BETOS classification",
            Self::PlaceOfService => "place of service",
            Self::Gpci => "geographic practice cost indices (GPCI)",
            Self::Locality => "payment locality",
            Self::Anesthesia => "anesthesia conversion factor",
            Self::OppsCap => "OPPS cap on imaging",
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
    /// Other codes under which the row is found: the target of a crosswalk, the primary of an add-on code.
    pub also: Vec<Code>,
    /// Its labelled values, in the order of the table.
    pub rows: Vec<FactRow>,
    /// The edition that the row was loaded with.
    pub edition: EditionId,
    /// Where the row stands.
    pub locator: Locator,
    /// When the row is in force.
    pub effective: EffectiveRange,
}

impl Fact {
    /// The value under `label`, if the row has one.
    pub fn value(&self, label: &str) -> Option<&str> {
        self.rows
            .iter()
            .find(|row| row.label == label)
            .map(|row| row.value.as_str())
    }
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
