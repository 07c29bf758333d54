//! The Alphabetic Index of ICD-10-CM and its index of external causes, published by CDC/NCHS as XML.
//!
//! They lead from the words of a diagnosis to its code. Each main term becomes a passage with one line a term, small
//! ones together with their neighbours.

use super::fiscal::FiscalRelease;
use super::terms::{Terms, heading, shelve_index};
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::Sheet;

/// The columns of the flat tables; both indexes have the same.
const COLUMNS: [&str; 6] = ["level", "term", "see", "seealso", "nonessmodif", "code"];
const EXTERNAL: &str = "external";

pub(super) fn recognises(name: &str, head: &[u8]) -> bool {
    is_index(head) && !is_external(name, head)
}

pub(super) fn recognises_external(name: &str, head: &[u8]) -> bool {
    is_index(head) && is_external(name, head)
}

fn is_index(head: &[u8]) -> bool {
    match heading(head) {
        // The tables of neoplasms and drugs have columns instead of a title.
        Some(heading) => {
            !has_columns(&heading) && title(&heading).is_some_and(|title| title.contains("index"))
        }
        None => Sheet::is_in(head, b',', &COLUMNS),
    }
}

fn has_columns(heading: &str) -> bool {
    heading.contains("<indexheading")
}

/// The title, such as `icd-10-cm index to diseases and injuries`.
fn title(heading: &str) -> Option<&str> {
    let (_, behind) = heading.split_once("<title>")?;
    behind.split("</title>").next()
}

/// The official file says in its title which one it is; of a flat table only the name does.
fn is_external(name: &str, head: &[u8]) -> bool {
    match heading(head) {
        Some(heading) => heading.contains(EXTERNAL),
        None => name.to_ascii_lowercase().contains(EXTERNAL),
    }
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    read_as(job, "icd-10-cm-index", "Alphabetic Index")
}

pub(super) fn read_external(job: &Job<'_>) -> Result<Reading, IngestError> {
    read_as(job, "icd-10-cm-external-cause-index", "External Cause Index")
}

fn read_as(job: &Job<'_>, source: &'static str, name: &str) -> Result<Reading, IngestError> {
    let terms = match heading(job.bytes()) {
        Some(heading) if has_columns(&heading) => {
            return Err(job.misshapen(
                "this is a table of codes with columns, and no index; leave --as out, or name icd-10-cm-neoplasm-table or \
                 icd-10-cm-drug-table with it",
            ));
        }
        Some(_) => Terms::of_xml(job)?,
        None => Sheet::find(job.bytes(), b',', &COLUMNS)
            .map(|sheet| Terms::of_sheet(&sheet, &[]))
            .ok_or_else(|| {
                job.misshapen(
                    "<ICD10CM.index>, or a header with Level, Term, See, SeeAlso and Code, was expected",
                )
            })?,
    };
    let mut draft = draft(job, &terms.version, source, name)?;
    shelve_index(terms, name, &[], &mut draft);
    draft.finish()
}

/// The shelf of an index or a table of codes.
pub(super) fn draft<'a>(
    job: &'a Job<'a>,
    version: &str,
    source: &'static str,
    name: &str,
) -> Result<ShelfDraft<'a>, IngestError> {
    let release = FiscalRelease::of(job, version).ok_or_else(|| {
        job.undated("a version such as <version>2025</version>, or a name such as ICD10CM_2025_Index.csv")
    })?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("ICD-10-CM {name}, {}", release.named),
            authority: "CDC",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: false,
            url: "https://www.cdc.gov/nchs/icd/icd-10-cm/files.html",
        },
    );
    FiscalRelease::compare(job, version, &mut draft);
    Ok(draft)
}
