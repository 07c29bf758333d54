//! Modifiers against the indicators of the fee schedule.

use super::{Checked, ClaimFinding, ClaimReport, Decided, Rule, Severity};
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
    let (label, meaning) = match modifier {
        "50" => ("bilateral surgery indicator", bilateral as Meaning),
        "80" | "81" | "82" | "AS" => ("assistant at surgery indicator", assistant as Meaning),
        "62" => ("co-surgeon indicator", two_surgeons as Meaning),
        "66" => ("team surgery indicator", two_surgeons as Meaning),
        "26" | "TC" => ("PC/TC indicator", parts as Meaning),
        _ => return None,
    };
    let indicator = row.value(label)?;
    let (severity, what) = meaning(indicator, modifier)?;
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

type Meaning = fn(&str, &str) -> Option<(Severity, &'static str)>;

fn bilateral(indicator: &str, _: &str) -> Option<(Severity, &'static str)> {
    match indicator {
        "0" => Some((
            Severity::Error,
            "no bilateral payment applies, because of anatomy or because the code says otherwise",
        )),
        "1" => Some((Severity::Passed, "the bilateral payment of 150 percent applies")),
        "2" => Some((Severity::Error, "the code already stands for both sides")),
        "3" => Some((Severity::Passed, "each side is paid in full")),
        "9" => Some((Severity::Error, "the concept does not apply")),
        _ => None,
    }
}

fn assistant(indicator: &str, _: &str) -> Option<(Severity, &'static str)> {
    match indicator {
        "0" => Some((
            Severity::Warning,
            "an assistant is paid only with documentation of medical necessity",
        )),
        "1" => Some((Severity::Error, "an assistant is not paid")),
        "2" => Some((Severity::Passed, "an assistant may be paid")),
        "9" => Some((Severity::Error, "the concept does not apply")),
        _ => None,
    }
}

fn two_surgeons(indicator: &str, _: &str) -> Option<(Severity, &'static str)> {
    match indicator {
        "0" => Some((Severity::Error, "not permitted for this procedure")),
        "1" => Some((
            Severity::Warning,
            "paid only with documentation of medical necessity",
        )),
        "2" => Some((Severity::Passed, "permitted")),
        "9" => Some((Severity::Error, "the concept does not apply")),
        _ => None,
    }
}

fn parts(indicator: &str, modifier: &str) -> Option<(Severity, &'static str)> {
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
