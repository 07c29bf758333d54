//! Procedures against each other, their units, their primaries and their status in the fee schedule.

use super::{Checked, ClaimFinding, ClaimReport, Decided, Rule, Severity};
use crate::exact::ROWS_REFUSED;
use crate::exact::pairs::is_ncci_associated;
use crate::exact::{edits_of_pair, everything_about};
use codecite_codebook::{Code, CodeSystem, Fact, FactKind, Setting};
use codecite_tables::TablesError;
use std::collections::BTreeMap;

const PROCEDURES: &[CodeSystem] = &[CodeSystem::Cpt, CodeSystem::Hcpcs];

impl Checked<'_> {
    pub(super) fn procedures(&self, report: &mut ClaimReport) -> Result<(), TablesError> {
        let mut rows = BTreeMap::new();
        for line in self.of_systems(PROCEDURES) {
            if !rows.contains_key(&line.code) {
                let facts = everything_about(
                    &line.code,
                    self.claim.setting,
                    self.claim.date_of_service,
                    self.tables,
                )?;
                rows.insert(line.code.clone(), facts);
            }
        }
        self.pairs(report)?;
        self.units(&rows, report);
        self.add_ons(&rows, report);
        self.fee_schedule(&rows, report);
        Ok(())
    }

    fn pairs(&self, report: &mut ClaimReport) -> Result<(), TablesError> {
        let setting = self.setting();
        if !self.tables.has_edits(Some(setting), self.claim.date_of_service) {
            let setting = setting.as_str().replace('_', " ");
            report.unchecked.push(format!(
                "NCCI procedure-to-procedure edits: no table for the setting {setting} is loaded for {}",
                self.claim.date_of_service
            ));
            return Ok(());
        }
        let lines: Vec<&Decided<'_>> = self.of_systems(PROCEDURES).collect();
        for (place, one) in lines.iter().enumerate() {
            for other in lines[place + 1..].iter().filter(|other| other.code != one.code) {
                let facts = edits_of_pair(
                    &one.code,
                    &other.code,
                    Some(setting),
                    self.claim.date_of_service,
                    self.tables,
                )?;
                report
                    .findings
                    .extend(facts.into_iter().map(|fact| pair_finding(one, other, fact)));
            }
        }
        Ok(())
    }

    fn units(&self, rows: &BTreeMap<Code, Vec<Fact>>, report: &mut ClaimReport) {
        for (code, facts) in rows {
            let lines: Vec<u32> = self
                .lines
                .iter()
                .filter(|line| line.code == *code)
                .map(|line| line.line.units)
                .collect();
            let mues: Vec<&Fact> = facts.iter().filter(|fact| fact.kind == FactKind::Mue).collect();
            let (own, others): (Vec<&Fact>, Vec<&Fact>) =
                mues.into_iter().partition(|fact| self.is_of_setting(fact));
            for fact in &own {
                report.findings.extend(mue_finding(code, &lines, fact));
            }
            if own.is_empty() && !others.is_empty() {
                report.unchecked.push(format!(
                    "units of {code}: the tables of {} that are loaded have no MUE of it, and those of other settings do not \
                     count",
                    self.setting().as_str().replace('_', " ")
                ));
            }
        }
    }

    fn add_ons(&self, rows: &BTreeMap<Code, Vec<Fact>>, report: &mut ClaimReport) {
        for (code, facts) in rows {
            let is_own = |fact: &&Fact| fact.kind == FactKind::AddOn && fact.value("primary codes").is_some();
            let own: Vec<&Fact> = facts.iter().filter(is_own).collect();
            let Some(fact) = own.first() else { continue };
            let present = own
                .iter()
                .flat_map(|fact| &fact.also)
                .find(|primary| rows.contains_key(*primary));
            let kind = fact.value("add-on code type").unwrap_or_default();
            let (severity, text) = match (present, kind) {
                (Some(primary), _) => (
                    Severity::Passed,
                    format!("{code} is an add-on code, and its primary {primary} is on the claim."),
                ),
                (None, "1") => (
                    Severity::Error,
                    format!(
                        "{code} is an add-on code of type 1, and none of its primary codes is on the claim."
                    ),
                ),
                (None, _) => (
                    Severity::Warning,
                    format!(
                        "{code} is an add-on code, and no primary that the table names is on the claim; the contractor decides which primaries it accepts."
                    ),
                ),
            };
            report.findings.push(ClaimFinding {
                severity,
                rule: Rule::AddOn,
                codes: vec![code.clone()],
                text,
                fact: Some((*fact).clone()),
            });
        }
    }

    fn setting(&self) -> Setting {
        self.claim.setting.unwrap_or(Setting::Practitioner)
    }

    /// Whether a row is of the claim's setting, or of none in particular.
    fn is_of_setting(&self, fact: &Fact) -> bool {
        let edition = self.tables.edition(&fact.edition);
        let setting = edition.and_then(|edition| edition.ncci_setting());
        setting.is_none_or(|setting| setting == self.setting())
    }

    fn fee_schedule(&self, rows: &BTreeMap<Code, Vec<Fact>>, report: &mut ClaimReport) {
        // What a supplier is paid, its own schedule says.
        if self.setting() == Setting::Dme {
            return;
        }
        for (code, facts) in rows {
            let whole = facts
                .iter()
                .find(|fact| fact.kind == FactKind::PhysicianFeeSchedule && fact.value("modifier").is_none());
            let Some(fact) = whole else { continue };
            let told = match fact.value("status indicator").unwrap_or_default() {
                "B" => Some((
                    Severity::Error,
                    "is bundled into other services and never paid by itself",
                )),
                "I" => Some((
                    Severity::Error,
                    "is not valid for Medicare, which uses another code",
                )),
                "N" => Some((Severity::Error, "is not covered by Medicare")),
                "X" => Some((
                    Severity::Note,
                    "is not in the scope of the physician fee schedule",
                )),
                "E" => Some((
                    Severity::Note,
                    "is excluded from the physician fee schedule by regulation",
                )),
                "P" => Some((
                    Severity::Warning,
                    "is bundled or excluded: nothing is paid for it beside a physician's service",
                )),
                "T" => Some((
                    Severity::Warning,
                    "is paid only if no other service of that day is paid",
                )),
                "R" => Some((Severity::Warning, "is covered under restrictions")),
                "M" => Some((Severity::Note, "is a measurement code for reporting only")),
                _ => None,
            };
            report.findings.extend(told.map(|(severity, what)| ClaimFinding {
                severity,
                rule: Rule::FeeScheduleStatus,
                codes: vec![code.clone()],
                text: format!("{code} {what}."),
                fact: Some(fact.clone()),
            }));
        }
    }
}

fn pair_finding(one: &Decided<'_>, other: &Decided<'_>, fact: Fact) -> ClaimFinding {
    let codes = vec![one.code.clone(), other.code.clone()];
    let column = |label| fact.value(label).unwrap_or_default().to_owned();
    let (column1, column2) = (column("column 1"), column("column 2"));
    let bypass = [one, other]
        .iter()
        .flat_map(|line| &line.line.modifiers)
        .find(|modifier| is_ncci_associated(modifier));
    let (severity, text) = match (fact.value("modifier indicator"), bypass) {
        (None, _) if fact.value(ROWS_REFUSED).is_some() => (
            Severity::Note,
            format!(
                "No NCCI edit between {} and {} was found, and rows of the table were refused when it was read: the edit may \
                 be among them.",
                one.code, other.code
            ),
        ),
        (None, _) => (
            Severity::Passed,
            format!(
                "No NCCI edit between {} and {} is in force.",
                one.code, other.code
            ),
        ),
        (Some("1"), Some(modifier)) => (
            Severity::Warning,
            format!(
                "{column2} is column 2 under {column1}. Modifier {modifier} bypasses the edit, and the record must bear it."
            ),
        ),
        (Some("1"), None) => (
            Severity::Error,
            format!(
                "{column2} is column 2 under {column1} and is denied. An NCCI-associated modifier bypasses the edit where the record bears it."
            ),
        ),
        _ => (
            Severity::Error,
            format!("{column2} is column 2 under {column1} and is denied; no modifier bypasses the edit."),
        ),
    };
    ClaimFinding {
        severity,
        rule: Rule::Ptp,
        codes,
        text,
        fact: Some(fact),
    }
}

/// Units against the edit: line by line for indicator 1, all lines of the day together for 2 and 3.
fn mue_finding(code: &Code, lines: &[u32], fact: &Fact) -> Option<ClaimFinding> {
    let limit: u64 = fact.value("MUE value (units of service)")?.parse().ok()?;
    let indicator = fact.value("MUE adjudication indicator (MAI)")?.chars().next()?;
    let of_day: u64 = lines.iter().map(|units| u64::from(*units)).sum();
    let of_line = lines.iter().copied().max().map_or(0, u64::from);
    let units = if indicator == '1' { of_line } else { of_day };
    let (severity, text) = if units <= limit {
        (
            Severity::Passed,
            format!("{code}: {units} of at most {limit} units (MUE)."),
        )
    } else {
        let what = match indicator {
            '1' => "on one line; further units may stand on another line with a modifier",
            '2' => "on one day; the limit is absolute",
            _ => "on one day; more may be paid on appeal where medically necessary",
        };
        let severity = if indicator == '2' {
            Severity::Error
        } else {
            Severity::Warning
        };
        (
            severity,
            format!("{code}: {units} units, and the MUE allows {limit} {what}."),
        )
    };
    Some(ClaimFinding {
        severity,
        rule: Rule::Mue,
        codes: vec![code.clone()],
        text,
        fact: Some(fact.clone()),
    })
}
