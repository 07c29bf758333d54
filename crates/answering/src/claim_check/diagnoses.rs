//! Diagnoses against each other and against the patient: notes of the Tabular List, the Medicare code editor.

use super::{Checked, ClaimFinding, ClaimReport, Rule, Severity, Sex};
use crate::exact::diagnoses::{conflicts, inherited, names, stands_at};
use codecite_codebook::{Code, CodeSystem, Fact, FactKind};
use codecite_tables::TablesError;
use std::collections::BTreeSet;

const DIAGNOSES: &[CodeSystem] = &[CodeSystem::Icd10Cm];

impl Checked<'_> {
    pub(super) fn diagnoses(&self, report: &mut ClaimReport) -> Result<(), TablesError> {
        let codes: Vec<Code> = self.of_systems(DIAGNOSES).map(|line| line.code.clone()).collect();
        for note in conflicts(&codes, self.claim.date_of_service, self.tables)? {
            let finding = self.excludes(&codes, note);
            // Most notes stand at both codes.
            let is_told = |known: &ClaimFinding| {
                known.rule == finding.rule
                    && known.codes == finding.codes
                    && known.severity == finding.severity
            };
            if !report.findings.iter().any(is_told) {
                report.findings.push(finding);
            }
        }
        for (place, code) in codes.iter().enumerate() {
            if place == 0 {
                self.sequence(code, report)?;
            }
            let edits = self
                .tables
                .facts_of(code, FactKind::CodeEdit, self.claim.date_of_service)?;
            // Those of a risk adjustment model move a diagnosis to another HCC, and deny no claim.
            let edits = edits.iter().filter(|edit| edit.value("model").is_none());
            report
                .findings
                .extend(edits.filter_map(|edit| self.code_edit(code, place, edit)));
        }
        Ok(())
    }

    /// What an excludes note between codes of the claim says. One of a list that has been replaced by the date may have
    /// been revised since, and denies nothing.
    fn excludes(&self, codes: &[Code], note: Fact) -> ClaimFinding {
        let kind = note.value("kind").unwrap_or_default().to_owned();
        let edition = self.tables.edition(&note.edition);
        let is_replaced = edition.is_some_and(|edition| edition.is_stale_on(self.claim.date_of_service));
        let (severity, what) = match (kind.ends_with('1'), is_replaced) {
            (true, false) => (
                Severity::Error,
                "they are not reported together, unless the two conditions are unrelated",
            ),
            (true, true) => (
                Severity::Warning,
                "by this list, which has been replaced since, they are not reported together, unless the two conditions are \
                 unrelated",
            ),
            (false, _) => (
                Severity::Note,
                "the one is no part of the other, and both may be reported where both are present",
            ),
        };
        let concerned = |code: &&Code| stands_at(&note, code) || names(&note, code);
        ClaimFinding {
            severity,
            rule: Rule::TabularNote,
            codes: codes.iter().filter(concerned).cloned().collect(),
            text: format!(
                "A note at {} ({kind}) names another code of the claim: {what}.",
                note.code
            ),
            fact: Some(note),
        }
    }

    /// The first-listed diagnosis must not be one that its own notes put behind another.
    fn sequence(&self, code: &Code, report: &mut ClaimReport) -> Result<(), TablesError> {
        let mut told = BTreeSet::new();
        for note in inherited(code, FactKind::Note, self.claim.date_of_service, self.tables)? {
            // A note of many lines is one rule.
            if note.value("kind") == Some("code first") && told.insert(note.code.clone()) {
                report.findings.push(ClaimFinding {
                    severity: Severity::Warning,
                    rule: Rule::TabularNote,
                    codes: vec![code.clone()],
                    text: format!("{code} is listed first, and a note at {} says to code another condition first where it is present.", note.code),
                    fact: Some(note),
                });
            }
        }
        Ok(())
    }

    /// What a row of the Medicare code editor says of this patient; `None` where it does not apply.
    fn code_edit(&self, code: &Code, place: usize, edit: &Fact) -> Option<ClaimFinding> {
        let told = |severity, text: String| {
            Some(ClaimFinding {
                severity,
                rule: Rule::CodeEdit,
                codes: vec![code.clone()],
                text,
                fact: Some(edit.clone()),
            })
        };
        let kind = edit.value("edit").unwrap_or_default().to_lowercase();
        if kind.contains("manifestation") && place == 0 {
            return told(
                Severity::Error,
                format!("{code} is a manifestation and cannot be listed first."),
            );
        }
        if kind.contains("unacceptable") && place == 0 {
            return told(
                Severity::Error,
                format!("{code} is not accepted as the first-listed (principal) diagnosis of a stay."),
            );
        }
        let sex = edit.value("sex").unwrap_or_default().to_lowercase();
        let is_other_sex = match self.claim.sex {
            Some(Sex::Female) => sex == "male" || sex == "m",
            Some(Sex::Male) => sex == "female" || sex == "f",
            None => false,
        };
        if is_other_sex {
            return told(
                Severity::Error,
                format!("{code} does not go with the patient's sex."),
            );
        }
        let years = self.claim.age_years?;
        let (youngest, oldest) = ages(edit.value("age").unwrap_or_default())?;
        (!(youngest..=oldest).contains(&years)).then(|| {
            told(
                Severity::Error,
                format!("{code} is for ages {youngest} to {oldest}, and the patient is {years}."),
            )
        })?
    }
}

/// The ages of an edit in years, first and last: `0-17`, `9 to 64`, `124`.
fn ages(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .filter_map(|digits| digits.parse().ok());
    let first = numbers.next()?;
    Some((first, numbers.next().unwrap_or(first)))
}
