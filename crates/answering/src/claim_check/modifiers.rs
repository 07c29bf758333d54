//! Modifiers against the indicators of the fee schedule.

use super::{Checked, ClaimFinding, ClaimReport, Decided, Rule, Severity};
use crate::exact::indicators::meaning;
use codecite_codebook::{Code, CodeSystem, Fact, FactKind};
use codecite_tables::TablesError;

impl Checked<'_> {
    pub(super) fn modifiers(&self, report: &mut ClaimReport) -> Result<(), TablesError> {
        for line in self.of_systems(&[CodeSystem::Cpt, CodeSystem::Hcpcs]) {
            if line.line.modifiers.is_empty() {
                continue;
            }
            for modifier in &line.line.modifiers {
                report.findings.extend(self.unknown(line, modifier)?);
            }
            let rows = self.tables.facts_of(
                &line.code,
                FactKind::PhysicianFeeSchedule,
                self.claim.date_of_service,
            )?;
            let Some(row) = rows.iter().find(|row| row.value("modifier").is_none()) else {
                continue;
            };
            for modifier in &line.line.modifiers {
                report.findings.extend(finding(line, modifier.text(), row));
            }
        }
        Ok(())
    }
}

impl Checked<'_> {
    /// That no loaded source knows a modifier. The quarterly file of HCPCS has those of Level II, and the starter those of
    /// CPT.
    fn unknown(&self, line: &Decided<'_>, modifier: &Code) -> Result<Option<ClaimFinding>, TablesError> {
        let is_known = !self.tables.history(modifier)?.is_empty()
            || !self
                .tables
                .facts(modifier, self.claim.date_of_service)?
                .is_empty();
        let knows_any = self.tables.holds(CodeSystem::Modifier);
        Ok((knows_any && !is_known).then(|| ClaimFinding {
            severity: Severity::Warning,
            rule: Rule::Modifier,
            codes: vec![line.code.clone()],
            text: format!(
                "{} with modifier {}: no loaded source knows this modifier on {}; check how it is written.",
                line.code,
                modifier.text(),
                self.claim.date_of_service
            ),
            fact: None,
        }))
    }
}

/// What the indicators say of a modifier, as the record layout of the fee schedule explains them.
fn finding(line: &Decided<'_>, modifier: &str, row: &Fact) -> Option<ClaimFinding> {
    let (label, verdict) = match modifier {
        "50" => ("bilateral surgery indicator", by_indicator as Verdict),
        "80" | "81" | "82" | "AS" => ("assistant at surgery indicator", by_indicator as Verdict),
        "62" => ("co-surgeon indicator", by_indicator as Verdict),
        "66" => ("team surgery indicator", by_indicator as Verdict),
        "26" | "TC" => ("PC/TC indicator", parts as Verdict),
        _ => return None,
    };
    let indicator = row.value(label)?;
    let (severity, what) = verdict(indicator, modifier, label)?;
    Some(ClaimFinding {
        severity,
        rule: Rule::Modifier,
        codes: vec![line.code.clone()],
        text: format!(
            "{} with modifier {modifier}: {label} {indicator}, {what}.",
            line.code
        ),
        fact: Some(row.clone()),
    })
}

/// What follows from an indicator for a modifier, and what the indicator under its label means.
type Verdict = fn(&str, &str, &str) -> Option<(Severity, &'static str)>;

fn by_indicator(indicator: &str, _: &str, label: &str) -> Option<(Severity, &'static str)> {
    let severity = match (label, indicator) {
        ("bilateral surgery indicator", "1" | "3") => Severity::Passed,
        ("bilateral surgery indicator", _) => Severity::Error,
        ("assistant at surgery indicator", "0") => Severity::Warning,
        ("co-surgeon indicator" | "team surgery indicator", "1") => Severity::Warning,
        (_, "2") => Severity::Passed,
        _ => Severity::Error,
    };
    Some((severity, meaning(label, indicator)?))
}

fn parts(indicator: &str, modifier: &str, _: &str) -> Option<(Severity, &'static str)> {
    match (indicator, modifier) {
        ("1", _) => Some((
            Severity::Passed,
            "the service has a professional and a technical part",
        )),
        ("6", "26") => Some((
            Severity::Passed,
            "a laboratory service whose interpretation may be billed",
        )),
        ("0", _) => Some((Severity::Error, "a physician's service that has no such parts")),
        ("2", _) => Some((Severity::Error, "the code is the professional part alone")),
        ("3", _) => Some((Severity::Error, "the code is the technical part alone")),
        ("4", _) => Some((
            Severity::Error,
            "the code is the whole service, and other codes stand for its parts",
        )),
        ("5", _) => Some((Severity::Error, "an incident-to service that has no such parts")),
        ("6", _) => Some((
            Severity::Error,
            "a laboratory service whose technical part is not billed so",
        )),
        ("7" | "8" | "9", _) => Some((Severity::Error, "the concept does not apply")),
        _ => None,
    }
}
