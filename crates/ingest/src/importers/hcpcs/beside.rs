//! What ships beside the quarterly file of HCPCS Level II: the transaction report (what this release changed), the
//! corrections to it, the list of codes for what is "not otherwise classified" (NOC), and the processing notes.
//!
//! Read from workbooks or text with a header; each is a source of its own.

use super::record::is_kept_without_title;
use super::{URL, effective_from, meanings};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::importers::cells::{any, day, plausible_day, procedure, shown};
use crate::reading::Reading;
use crate::release::{month, next_quarter};
use crate::sheet::{Sheet, SheetRow};
use crate::starter::facts::{ADDED, DESCRIPTION, TERMINATED};
use crate::workbook;
use codecite_codebook::{Aspect, Code, CodeSystem, FactKind, NaiveDate, PassageDraft};

const TRANSACTIONS: [&[&str]; 1] = [&["hcpcs", "action", "desc_short", "desc_long"]];
const CORRECTIONS: [&[&str]; 1] = [&["hcpcs", "action", "desc_long", "date_eff"]];
const NOC: [&[&str]; 1] = [&["hcpcs", "desc_long", "date_added", "date_term"]];
const NOTES: [&[&str]; 1] = [&["note", "description", "date_deleted"]];

/// Prices, which the quarterly file has and the report has not.
const PRICED: [&[&str]; 1] = [&["hcpcs", "price"]];

/// The quarterly file has some of its columns too.
pub(in crate::importers) fn is_corrections(name: &str, head: &[u8]) -> bool {
    workbook::has(head, &CORRECTIONS) && !super::recognises(name, head)
}

/// The corrections and the quarterly file have its columns too.
pub(in crate::importers) fn is_transactions(name: &str, head: &[u8]) -> bool {
    let is_more = workbook::has(head, &CORRECTIONS) || workbook::has(head, &PRICED);
    workbook::has(head, &TRANSACTIONS) && !is_more && !super::recognises(name, head)
}

/// The quarterly file has its columns too.
pub(in crate::importers) fn is_noc(name: &str, head: &[u8]) -> bool {
    workbook::has(head, &NOC) && !super::recognises(name, head)
}

pub(in crate::importers) fn is_notes(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &NOTES)
}

/// What the release changed. That a code is unchanged is said of most, and is no row of its own.
pub(in crate::importers) fn read_transactions(job: &Job<'_>) -> Result<Reading, IngestError> {
    each_row(
        job,
        &TRANSACTIONS,
        "hcpcs-transactions",
        "transaction report",
        |row, draft| {
            let code = code_or_modifier(row.get("hcpcs"))?;
            let action = row.get("action");
            if action.is_empty() {
                return Err(format!("{code}: it does not say what was changed"));
            }
            if action.eq_ignore_ascii_case("no change") {
                return Ok(());
            }
            let (long, short) = descriptions(&code, row);
            let rows = labelled([
                ("change", action),
                (DESCRIPTION, long),
                ("short description", short),
            ]);
            draft.fact(row.line, FactKind::Change, code, Vec::new(), rows);
            Ok(())
        },
    )
}

pub(in crate::importers) fn read_corrections(job: &Job<'_>) -> Result<Reading, IngestError> {
    each_row(
        job,
        &CORRECTIONS,
        "hcpcs-corrections",
        "corrections",
        |row, draft| {
            let code = code_or_modifier(row.get("hcpcs"))?;
            let begins = plausible_day(row.get("date_eff"), draft.edition().effective.from())
                .map(shown)
                .map_err(|why| format!("{code}: {why}"))?;
            let (long, short) = descriptions(&code, row);
            let coverage = row.get("coverage");
            let rows = labelled([
                ("change", row.get("action")),
                ("effective date", &begins),
                (DESCRIPTION, long),
                ("short description", short),
                ("coverage code", coverage),
                ("what the coverage code means", meanings::coverage(coverage)),
                ("pricing indicator", row.get("price")),
                ("type of service", row.get("tos")),
                ("BETOS", row.get("betos")),
            ]);
            draft.fact(row.line, FactKind::Change, code, Vec::new(), rows);
            Ok(())
        },
    )
}

/// A long description may go on in a second row of the same code, without days.
pub(in crate::importers) fn read_noc(job: &Job<'_>) -> Result<Reading, IngestError> {
    let mut open: Option<Noc> = None;
    let mut draft = draft_of(job, "hcpcs-noc", "NOC codes")?;
    draft.each_row(&sheet_of(job, &NOC)?, |row, draft| {
        let next = Noc::read(row, draft.edition().effective.from())?;
        match &mut open {
            Some(noc) if noc.code == next.code && next.added.is_empty() => {
                noc.description = format!("{} {}", noc.description, next.description);
            }
            _ => {
                if let Some(noc) = open.replace(next) {
                    noc.shelve(draft);
                }
            }
        }
        Ok(())
    });
    if let Some(noc) = open {
        noc.shelve(&mut draft);
    }
    draft.finish()
}

/// One code for what has no code of its own.
struct Noc {
    line: u64,
    code: Code,
    description: String,
    added: String,
    terminated: String,
}

impl Noc {
    fn read(row: &SheetRow<'_>, edition_from: NaiveDate) -> Result<Self, String> {
        let code = procedure(row.get("hcpcs"))?;
        let within =
            |column| plausible_day(row.get(column), edition_from).map_err(|why| format!("{code}: {why}"));
        let (added, terminated) = (within("date_added")?, within("date_term")?);
        if let (Some(added), Some(terminated)) = (added, terminated)
            && terminated < added
        {
            return Err(format!(
                "{code}: it ends on {terminated}, before it was added on {added}"
            ));
        }
        Ok(Self {
            line: row.line,
            description: descriptions(&code, row).0.to_owned(),
            added: shown(added),
            terminated: shown(terminated),
            code,
        })
    }

    fn shelve(self, draft: &mut ShelfDraft<'_>) {
        let rows = labelled([
            ("not otherwise classified (NOC)", "yes"),
            (
                "what NOC means",
                "for what has no code of its own; the claim has to say in words what was given or done",
            ),
            (DESCRIPTION, self.description.as_str()),
            (ADDED, &self.added),
            (TERMINATED, &self.terminated),
        ]);
        draft.fact(self.line, FactKind::Hcpcs, self.code, Vec::new(), rows);
    }
}

/// The notes to which the quarterly file points by number. They belong to no code: each becomes a passage.
pub(in crate::importers) fn read_notes(job: &Job<'_>) -> Result<Reading, IngestError> {
    each_row(
        job,
        &NOTES,
        "hcpcs-processing-notes",
        "processing notes",
        |row, draft| {
            let (number, text) = (row.get("note"), row.get("description"));
            if number.is_empty() || !number.bytes().all(|c| c.is_ascii_digit()) || text.is_empty() {
                return Err(format!(
                    "{number:?} is no number of a note, or the note has no text"
                ));
            }
            if day(row.get("date_deleted"))?.is_some() {
                return Ok(());
            }
            draft.passage(PassageDraft {
                edition: draft.edition().id.clone(),
                title: format!("HCPCS processing note {number}"),
                text: text.to_owned(),
                aspect: Aspect::Rule,
                about: Vec::new(),
                mentions: named_in(text),
                keywords: Vec::new(),
                billable: None,
                authority: draft.edition().authority.clone(),
                locator: draft.locator(row.line, None),
                effective: draft.edition().effective,
            });
            Ok(())
        },
    )
}

/// Reads each row with `read`, which refuses a row by its error.
fn each_row(
    job: &Job<'_>,
    layouts: &[&[&str]],
    source: &'static str,
    title: &str,
    read: impl FnMut(&SheetRow<'_>, &mut ShelfDraft<'_>) -> Result<(), String>,
) -> Result<Reading, IngestError> {
    let sheet = sheet_of(job, layouts)?;
    let mut draft = draft_of(job, source, title)?;
    draft.each_row(&sheet, read);
    draft.finish()
}

fn sheet_of(job: &Job<'_>, layouts: &[&[&str]]) -> Result<Sheet, IngestError> {
    let expected: Vec<String> = layouts.iter().map(|columns| columns.join(", ")).collect();
    workbook::find(job.bytes(), layouts)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| job.misshapen(format!("a header with {} was expected", expected.join(" or "))))
}

fn draft_of<'a>(job: &'a Job<'a>, source: &'static str, title: &str) -> Result<ShelfDraft<'a>, IngestError> {
    let from = effective_from(job)?;
    Ok(ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("HCPCS Level II {title} {}", month(from)),
            authority: "CMS",
            effective_from: from,
            replaced_on: next_quarter(from),
            is_complete: false,
            url: URL,
        },
    ))
}

fn code_or_modifier(text: &str) -> Result<Code, String> {
    match text.len() {
        2 => Code::parse(CodeSystem::Modifier, text).map_err(|error| error.to_string()),
        _ => procedure(text),
    }
}

/// Long and short description, where their licence lets us keep them.
fn descriptions<'a>(code: &Code, row: &'a SheetRow<'_>) -> (&'a str, &'a str) {
    match is_kept_without_title(code) {
        true => ("", ""),
        false => (any(row, &["desc_long"]), any(row, &["desc_short"])),
    }
}

/// The procedure codes that a note names.
fn named_in(text: &str) -> Vec<Code> {
    let mut codes: Vec<Code> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| procedure(word).ok())
        .collect();
    codes.sort();
    codes.dedup();
    codes
}
