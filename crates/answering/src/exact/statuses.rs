//! The status of a code as a row: on the date of service where an official release says it, and on every date
//! that a question names.

use super::{Asked, Inquiry};
use codecite_codebook::{Code, CodeStatus, CodeSystem, Fact, FactKind, FactRow, Licence, NaiveDate};
use codecite_tables::{Neighbour, Neighbours, Standing, Tables, TablesError};

/// The statuses that a question asks for: on its day, of several dates, or before and after a change, in one row a code.
pub(super) fn on_dates(
    inquiry: &Inquiry<'_>,
    asked: Asked,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let day = inquiry.date_of_service;
    let mut dates = inquiry.understanding.dates.clone();
    if dates.len() < 2 {
        dates = match asked {
            Asked { changes: true, .. } => day.pred_opt().into_iter().chain([day]).collect(),
            Asked { status: true, .. } => vec![day],
            _ => return Ok(Vec::new()),
        };
    }
    dates.sort_unstable();
    dates.dedup();
    let mut facts = Vec::new();
    for code in named(inquiry) {
        facts.extend(history(&code, &dates, tables)?);
    }
    Ok(facts)
}

/// The codes that the question names, in force or not on its date.
fn named(inquiry: &Inquiry<'_>) -> Vec<Code> {
    let mentions = inquiry.understanding.mentions.iter();
    let mut codes: Vec<Code> = mentions
        .flat_map(|mention| mention.candidates.iter().cloned())
        .collect();
    codes.retain(|code| {
        matches!(
            code.system(),
            CodeSystem::Icd10Cm | CodeSystem::Icd10Pcs | CodeSystem::Hcpcs | CodeSystem::Cpt
        )
    });
    codes
}

/// What the releases in force on each of `dates` say of `code`; `None` if no official release knows it.
pub fn history(code: &Code, dates: &[NaiveDate], tables: &Tables) -> Result<Option<Fact>, TablesError> {
    let mut rows = Vec::with_capacity(dates.len());
    let mut last: Option<CodeStatus> = None;
    for date in dates {
        let (value, status) = match tables.standing_on(code, *date)? {
            Standing::InForce(status) if is_official(&status, tables) => (told(&status), Some(status)),
            Standing::Unsettled(neighbours) => (
                unsettled(&neighbours),
                neighbours.before.and_then(|before| before.status),
            ),
            _ => ("not in force in any loaded release".to_owned(), None),
        };
        rows.push(FactRow {
            label: format!("on {date}"),
            value,
        });
        last = status.filter(|status| is_official(status, tables)).or(last);
    }
    Ok(last.map(|status| Fact {
        kind: FactKind::CodeStatus,
        code: code.clone(),
        also: Vec::new(),
        rows,
        edition: status.edition,
        locator: status.locator,
        effective: status.effective,
    }))
}

/// `not settled: billable in …; a header in …`.
fn unsettled(Neighbours { before, after }: &Neighbours) -> String {
    let says = |neighbour: &Neighbour| match &neighbour.status {
        Some(status) => told(status),
        None => format!("not in {}", neighbour.edition.title),
    };
    let before = before
        .as_ref()
        .map_or("no release loaded that had begun".to_owned(), says);
    format!("not settled by what is loaded: {before}; later {}", says(after))
}

fn is_official(status: &CodeStatus, tables: &Tables) -> bool {
    let edition = tables.edition(&status.edition);
    edition.is_some_and(|edition| edition.licence != Licence::Project)
}

/// `billable, "Dilated cardiomyopathy" (ICD-10-CM order file, FY 2024, row 4711)`.
fn told(status: &CodeStatus) -> String {
    let billable = if status.billable {
        "billable"
    } else {
        "a header, not billable"
    };
    let title = status
        .title
        .as_ref()
        .map(|title| format!(", \"{title}\""))
        .unwrap_or_default();
    let place = status
        .locator
        .place
        .as_ref()
        .map(|place| format!(", {place}"))
        .unwrap_or_default();
    format!("{billable}{title} ({}{place})", status.locator.document)
}

/// A status as a fact.
pub(crate) fn row(status: &CodeStatus) -> Fact {
    let title = status.title.iter().map(|title| ("title", title.clone()));
    let billable = if status.billable { "yes" } else { "no, a header" };
    let rows = title.chain([
        ("billable", billable.to_owned()),
        ("in force", status.effective.to_string()),
    ]);
    Fact {
        kind: FactKind::CodeStatus,
        code: status.code.clone(),
        also: Vec::new(),
        rows: rows
            .map(|(label, value)| FactRow {
                label: label.to_owned(),
                value,
            })
            .collect(),
        edition: status.edition.clone(),
        locator: status.locator.clone(),
        effective: status.effective,
    }
}
