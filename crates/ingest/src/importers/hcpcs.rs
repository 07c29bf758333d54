//! HCPCS Level II, published by CMS each quarter as a workbook and as a text in fixed columns.
//!
//! Both list every code in force, those that ended in the last years, and the modifiers of Level II. The workbook
//! has 48 columns (`HCPC`, `SEQNUM`, `RECID`, `LONG DESCRIPTION` … `ACTION CD`); the layout of the text is told in
//! [`fixed`]. What the same release ships beside it is read by [`beside`].
//!
//! Modifiers become rows and entries, not statuses: a complete list of statuses would deny those of CPT.

pub(super) mod beside;
pub(super) mod fixed;
mod meanings;
mod record;

use super::cells::{any, listed};
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, month, next_quarter};
use crate::sheet::{Sheet, SheetRow};
use crate::workbook;
use codecite_codebook::NaiveDate;
use record::{Raw, Shelving};

const URL: &str =
    "https://www.cms.gov/medicare/coding-billing/healthcare-common-procedure-system/quarterly-update";
/// What only the quarterly file has: in the workbook of CMS, and in the same with one column for each kind of value.
const MARKS: [&[&str]; 4] = [
    &["hcpc", "seqnum"],
    &["hcpc", "recid"],
    &["hcpcs", "seqnum"],
    &["hcpcs", "recid"],
];
/// The columns without which the file would say something else, as each of the two has them.
const NEEDED: [&[&str]; 2] = [
    &[
        "recid",
        "long description",
        "short description",
        "cov",
        "add dt",
        "act eff dt",
        "term dt",
        "action cd",
    ],
    &[
        "recid",
        "desc_long",
        "desc_short",
        "coverage",
        "date_added",
        "action_date",
        "date_term",
        "action",
    ],
];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &MARKS)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &MARKS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with HCPC, RECID, LONG DESCRIPTION, ADD DT and TERM DT was expected")
        })?;
    if let Some(missing) = missing(&sheet) {
        return Err(job.misshapen(format!(
            "its header has no column {}, without which the quarterly file of HCPCS Level II would say something else; if it \
             is there under another name, give it this one",
            missing.to_uppercase()
        )));
    }
    let mut draft = ShelfDraft::new(job, release(job)?);
    let mut shelving = Shelving::default();
    draft.each_row(&sheet, |row, draft| shelving.put(raw(row), draft));
    draft.finish()
}

/// The first column that should be there and is not.
fn missing(sheet: &Sheet) -> Option<&'static str> {
    let [of_cms, of_others] = NEEDED;
    let needed = if sheet.has("hcpc") { of_cms } else { of_others };
    needed.iter().copied().find(|column| !sheet.has(column))
}

fn release(job: &Job<'_>) -> Result<Release, IngestError> {
    let from = effective_from(job)?;
    Ok(Release {
        source: "hcpcs",
        title: format!("HCPCS Level II {}", month(from)),
        authority: "CMS",
        effective_from: from,
        replaced_on: next_quarter(from),
        is_complete: true,
        url: URL,
    })
}

fn effective_from(job: &Job<'_>) -> Result<NaiveDate, IngestError> {
    job.first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as HCPC2025_OCT_ANWEB.xlsx"))
}

fn raw(row: &SheetRow<'_>) -> Raw {
    let several = |columns: &[&str]| listed(columns.iter().map(|column| row.get(column)));
    let text = |columns: &[&str]| any(row, columns).to_owned();
    Raw {
        line: row.line,
        code: text(&["hcpc", "hcpcs"]),
        record: text(&["recid"]),
        long: text(&["long description", "desc_long"]),
        short: text(&["short description", "desc_short"]),
        pricing: several(&["price1", "price2", "price3", "price4", "price"]),
        multiple_pricing: text(&["mult_pi", "mprice"]),
        cim: several(&["cim1", "cim2", "cim3", "cim"]),
        mcm: several(&["mcm1", "mcm2", "mcm3", "mcm"]),
        statute: text(&["statute"]),
        laboratory: several(&[
            "labcert1", "labcert2", "labcert3", "labcert4", "labcert5", "labcert6", "labcert7", "labcert8",
            "labcert",
        ]),
        cross_references: several(&["xref1", "xref2", "xref3", "xref4", "xref5", "xref"]),
        coverage: text(&["cov", "coverage"]),
        asc_group: text(&["asc_grp", "asc_group"]),
        asc_day: text(&["asc_dt", "asc_date"]),
        note: text(&["procnote"]),
        betos: text(&["betos"]),
        service: several(&["tos1", "tos2", "tos3", "tos4", "tos5", "tos"]),
        anesthesia: text(&["anest_bu", "anesths"]),
        added: text(&["add dt", "date_added"]),
        acted: text(&["act eff dt", "action_date"]),
        terminated: text(&["term dt", "date_term"]),
        action: text(&["action cd", "action"]),
    }
}
