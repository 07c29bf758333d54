//! Procedure-to-procedure edits of the National Correct Coding Initiative.

use crate::{Code, EffectiveRange};
use std::fmt;

/// Whether a modifier may bypass an edit, as the column "Modifier" of the NCCI tables says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModifierIndicator {
    /// `0`: no modifier bypasses the edit.
    NotAllowed,
    /// `1`: an NCCI-associated modifier bypasses it when the circumstances warrant one.
    Allowed,
    /// `9`: the edit was deleted as of the day on which it began, so that no indicator applies.
    NotApplicable,
}

impl ModifierIndicator {
    /// Reads the indicator as published.
    pub fn from_published(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(Self::NotAllowed),
            "1" => Some(Self::Allowed),
            "9" => Some(Self::NotApplicable),
            _ => None,
        }
    }

    /// The figure as published.
    pub fn figure(self) -> u8 {
        match self {
            Self::NotAllowed => 0,
            Self::Allowed => 1,
            Self::NotApplicable => 9,
        }
    }

    /// What the figure means, in our words (NCCI Policy Manual, chapter I, section J).
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotAllowed => "no modifier bypasses the edit",
            Self::Allowed => {
                "an NCCI-associated modifier bypasses the edit where the circumstances warrant one"
            }
            Self::NotApplicable => "not applicable: the edit was deleted as of the day on which it began",
        }
    }
}

impl fmt::Display for ModifierIndicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figure().fmt(f)
    }
}

/// One row of a table of edits. A pair has one row for each period in which it is or was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtpEdit {
    /// The code that is paid when both are billed.
    pub column1: Code,
    /// The code that is denied.
    pub column2: Code,
    /// Whether a modifier may bypass the edit.
    pub indicator: ModifierIndicator,
    /// Why the pair is edited, as published; older layouts leave it out.
    pub rationale: Option<String>,
    /// When the edit is in force.
    pub effective: EffectiveRange,
    /// Whether the file says from when; else the range begins with the NCCI, on 1 January 1996.
    pub begins_as_published: bool,
    /// Its row in the file, counted from 1.
    pub row: u64,
}
