//! A check of claim lines over every rule that is loaded: each finding with the row that it rests on.

mod diagnoses;
mod modifiers;
mod procedures;
mod reading;

pub use reading::{ClaimLineError, read_line};

use crate::exact::unlisted;
use crate::look_up::{stale_rows, unsettled};
use codecite_codebook::{Code, CodeStatus, CodeSystem, Fact, Licence, NaiveDate, Setting};
use codecite_tables::{Neighbours, Standing, Tables, TablesError};

/// What is to be checked together: the lines of one claim for one patient on one day.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Procedures with modifiers and units, and diagnoses, the first-listed one first.
    pub lines: Vec<ClaimLine>,
    /// Decides which releases and rows are in force.
    pub date_of_service: NaiveDate,
    /// Whose claim it is; practitioners' if unsaid.
    pub setting: Option<Setting>,
    /// The patient's age in whole years, where edits by age are to be checked.
    pub age_years: Option<u16>,
    /// The patient's sex, where edits by sex are to be checked.
    pub sex: Option<Sex>,
}

/// One code of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimLine {
    /// As it was written.
    pub written: String,
    /// What it can be by its shape; the tables decide.
    pub candidates: Vec<Code>,
    /// Modifiers, in their order.
    pub modifiers: Vec<Code>,
    /// Units of service.
    pub units: u32,
}

/// Sex, as edits of diagnoses know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The line or the claim will be denied as it stands.
    Error,
    /// It may be denied, or needs documentation.
    Warning,
    /// Something to know.
    Note,
    /// A rule was checked and is kept.
    Passed,
}

impl Severity {
    /// A stable word for wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Passed => "passed",
        }
    }
}

/// Which rule a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Whether the code exists and may be billed on the date.
    CodeStatus,
    /// The status indicator of the fee schedule.
    FeeScheduleStatus,
    /// Procedure-to-procedure edits.
    Ptp,
    /// Medically unlikely edits.
    Mue,
    /// Add-on codes and their primaries.
    AddOn,
    /// Modifiers against the indicators of the fee schedule.
    Modifier,
    /// Excludes notes and the order of diagnoses.
    TabularNote,
    /// The Medicare code editor: age, sex, manifestations.
    CodeEdit,
}

impl Rule {
    /// A stable word for wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeStatus => "code_status",
            Self::FeeScheduleStatus => "fee_schedule_status",
            Self::Ptp => "ptp",
            Self::Mue => "mue",
            Self::AddOn => "add_on",
            Self::Modifier => "modifier",
            Self::TabularNote => "tabular_note",
            Self::CodeEdit => "code_edit",
        }
    }
}

/// What one rule says of the claim.
#[derive(Clone, Debug)]
pub struct ClaimFinding {
    /// How much it matters.
    pub severity: Severity,
    /// The rule.
    pub rule: Rule,
    /// The codes that it is about.
    pub codes: Vec<Code>,
    /// What it says, in a sentence.
    pub text: String,
    /// The row that it rests on; `None` only where no loaded table has one.
    pub fact: Option<Fact>,
}

/// What the check came to.
#[derive(Clone, Debug, Default)]
pub struct ClaimReport {
    /// The gravest first, each rule's in the order of the lines.
    pub findings: Vec<ClaimFinding>,
    /// Rules that could not be checked because nothing is loaded for the date, and old releases that were checked instead
    /// of those of the date, in words.
    pub unchecked: Vec<String>,
}

impl ClaimReport {
    /// Whether anything will be denied.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}

/// A line whose code has been decided.
struct Decided<'a> {
    line: &'a ClaimLine,
    code: Code,
}

/// Checks `claim` against every rule that is loaded for its date of service.
pub fn check(claim: &Claim, tables: &Tables) -> Result<ClaimReport, TablesError> {
    let mut report = ClaimReport::default();
    let mut decided = Vec::with_capacity(claim.lines.len());
    for line in &claim.lines {
        let (code, finding) = decide(line, claim.date_of_service, tables)?;
        report.findings.extend(finding);
        decided.extend(code.map(|code| Decided { line, code }));
    }
    let checked = Checked {
        claim,
        lines: &decided,
        tables,
    };
    checked.procedures(&mut report)?;
    checked.modifiers(&mut report)?;
    checked.diagnoses(&mut report)?;
    report.findings.sort_by_key(|finding| finding.severity);
    let rows = report.findings.iter().filter_map(|finding| finding.fact.as_ref());
    let stale = stale_rows(rows, claim.date_of_service, tables);
    report.unchecked.extend(stale.map(|notice| notice.text));
    Ok(report)
}

/// The claim with its codes decided.
struct Checked<'a> {
    claim: &'a Claim,
    lines: &'a [Decided<'a>],
    tables: &'a Tables,
}

impl Checked<'_> {
    fn of_systems(&self, systems: &'static [CodeSystem]) -> impl Iterator<Item = &Decided<'_>> {
        self.lines
            .iter()
            .filter(move |line| systems.contains(&line.code.system()))
    }
}

/// Which of its candidates a line means on the date, and what its status is worth telling.
fn decide(
    line: &ClaimLine,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<(Option<Code>, Option<ClaimFinding>), TablesError> {
    let mut standings = Vec::with_capacity(line.candidates.len());
    for code in &line.candidates {
        standings.push((code, tables.standing_on(code, date_of_service)?));
    }
    for (code, standing) in &standings {
        if let Standing::InForce(status) = standing {
            let finding = status_finding(status, date_of_service);
            return Ok((Some((*code).clone()), Some(finding)));
        }
    }
    for (code, standing) in &standings {
        if let Standing::Unsettled(neighbours) = standing {
            let finding = unsettled_finding(code, neighbours, date_of_service);
            return Ok((Some((*code).clone()), Some(finding)));
        }
    }
    for (code, standing) in &standings {
        if let Standing::NotInForce { history } = standing
            && let Some(last) = history.last()
        {
            let text = match last.effective.to() {
                Some(day) if day < date_of_service => format!("{} ended on {day}.", code.label()),
                _ => format!(
                    "{} is not in force on {date_of_service}; it is {}.",
                    code.label(),
                    last.effective
                ),
            };
            return Ok((None, Some(status_error(code, text, Some(fact_of(last))))));
        }
    }
    let Some(first) = line.candidates.first() else {
        return Ok((None, None));
    };
    if tables.lists_all_like(first, date_of_service) {
        let edition = tables.edition_on(first.system(), date_of_service);
        let edition = edition.map(|edition| format!(" ({}, {} rows)", edition.title, edition.rows));
        let text = format!(
            "{} does not exist on {date_of_service}{}.",
            first.label(),
            edition.unwrap_or_default()
        );
        return Ok((None, Some(status_error(first, text, None))));
    }
    // Nobody lists every code of the system: the other tables may still know it.
    let finding = match unlisted(first, date_of_service, tables)? {
        Some(unlisted) => ClaimFinding {
            severity: Severity::Warning,
            rule: Rule::CodeStatus,
            codes: vec![first.clone()],
            text: unlisted.told(date_of_service),
            fact: unlisted.row().cloned(),
        },
        None => unknown_status(first, date_of_service),
    };
    Ok((Some(first.clone()), Some(finding)))
}

/// A row of ours that begins later says nothing of the code; that two releases differ is worth a look.
fn unsettled_finding(code: &Code, neighbours: &Neighbours, date_of_service: NaiveDate) -> ClaimFinding {
    let after = &neighbours.after;
    let severity = match after.edition.licence {
        Licence::Project => Severity::Note,
        _ => Severity::Warning,
    };
    ClaimFinding {
        severity,
        rule: Rule::CodeStatus,
        codes: vec![code.clone()],
        text: unsettled(code, neighbours, date_of_service),
        fact: after.status.as_ref().map(fact_of),
    }
}

fn unknown_status(code: &Code, date_of_service: NaiveDate) -> ClaimFinding {
    ClaimFinding {
        severity: Severity::Note,
        rule: Rule::CodeStatus,
        codes: vec![code.clone()],
        text: format!(
            "No loaded release says whether {} exists on {date_of_service}; the rules below are those of the tables that name \
             it.",
            code.label()
        ),
        fact: None,
    }
}

fn status_finding(status: &CodeStatus, date_of_service: NaiveDate) -> ClaimFinding {
    let label = status.code.label();
    let (severity, text) = match status.billable {
        true => (
            Severity::Passed,
            format!("{label} is in force and billable on {date_of_service}."),
        ),
        false => (
            Severity::Error,
            format!("{label} is a header on {date_of_service} and cannot be billed; a finer code is needed."),
        ),
    };
    ClaimFinding {
        severity,
        rule: Rule::CodeStatus,
        codes: vec![status.code.clone()],
        text,
        fact: Some(fact_of(status)),
    }
}

fn status_error(code: &Code, text: String, fact: Option<Fact>) -> ClaimFinding {
    ClaimFinding {
        severity: Severity::Error,
        rule: Rule::CodeStatus,
        codes: vec![code.clone()],
        text,
        fact,
    }
}

/// A status as a row.
fn fact_of(status: &CodeStatus) -> Fact {
    crate::exact::status_row(status)
}
