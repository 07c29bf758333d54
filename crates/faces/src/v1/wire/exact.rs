//! Claim checks and differences between editions.

use super::editions::WireEdition;
use super::sources::{WireCode, WireFact};
use codecite_answering::{Claim, ClaimFinding, ClaimReport};
use codecite_codebook::{Edition, NaiveDate};
use codecite_tables::EditionDiff;
use serde::Serialize;
use utoipa::ToSchema;

/// What a check of claim lines came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireClaimReport {
    /// The date that this is about.
    pub date_of_service: NaiveDate,
    /// Whether anything will be denied as it stands.
    pub has_errors: bool,
    /// The gravest first.
    pub findings: Vec<WireClaimFinding>,
    /// Rules that could not be checked because nothing is loaded for the date.
    pub unchecked: Vec<String>,
}

/// What one rule says of the claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireClaimFinding {
    /// `error`, `warning`, `note` or `passed`.
    pub severity: &'static str,
    /// `code_status`, `fee_schedule_status`, `ptp`, `mue`, `add_on`, `modifier`, `tabular_note` or `code_edit`.
    pub rule: &'static str,
    /// The codes that it is about.
    pub codes: Vec<WireCode>,
    /// What it says.
    pub text: String,
    /// The row that it rests on.
    pub row: Option<WireFact>,
}

impl WireClaimReport {
    /// The wire form of a report.
    pub fn new(claim: &Claim, report: &ClaimReport) -> Self {
        Self {
            date_of_service: claim.date_of_service,
            has_errors: report.has_errors(),
            findings: report.findings.iter().map(WireClaimFinding::from).collect(),
            unchecked: report.unchecked.clone(),
        }
    }
}

impl From<&ClaimFinding> for WireClaimFinding {
    fn from(finding: &ClaimFinding) -> Self {
        Self {
            severity: finding.severity.as_str(),
            rule: finding.rule.as_str(),
            codes: finding.codes.iter().map(WireCode::from).collect(),
            text: finding.text.clone(),
            row: finding.fact.as_ref().map(WireFact::from),
        }
    }
}

/// What changed between two editions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireEditionDiff {
    /// The one.
    pub from: WireEdition,
    /// The other.
    pub to: WireEdition,
    /// What changed, by kind; kinds without a change are left out.
    pub changes: Vec<WireChanges>,
}

/// Changes of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireChanges {
    /// The kind, such as `codes added`.
    pub kind: &'static str,
    /// How many there are.
    pub count: usize,
    /// The first of them, a line each.
    pub lines: Vec<String>,
}

impl WireEditionDiff {
    /// The wire form of a difference, with at most `limit` lines of a kind.
    pub fn new(from: &Edition, to: &Edition, diff: &EditionDiff, limit: usize) -> Self {
        let changes = diff.told().into_iter().map(|(kind, mut lines)| {
            let count = lines.len();
            lines.truncate(limit);
            WireChanges { kind, count, lines }
        });
        Self {
            from: WireEdition::from(from),
            to: WireEdition::from(to),
            changes: changes.collect(),
        }
    }
}
