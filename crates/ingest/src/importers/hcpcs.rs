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
use crate::sheet::SheetRow;
use crate::workbook;
use codecite_codebook::NaiveDate;
use record::{Raw, Shelving};

const URL: &str =
    "https://www.cms.gov/medicare/coding-billing/healthcare-common-procedure-system/quarterly-update";
/// The workbook of CMS, and the same in one column for each kind of value.
const LAYOUTS: [&[&str]; 2] = [
    &[
        "hcpc",
        "recid",
        "long description",
        "short description",
        "add dt",
        "term dt",
    ],
    &[
        "hcpcs",
        "recid",
        "desc_long",
        "desc_short",
        "date_added",
        "date_term",
    ],
];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUTS)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUTS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with HCPC, RECID, LONG DESCRIPTION, ADD DT and TERM DT was expected")
        })?;
    let mut draft = ShelfDraft::new(job, release(job)?);
    let mut shelving = Shelving::default();
    for row in sheet.rows() {
        draft.met_row();
        match row {
            Ok(row) => shelving.put(raw(&row), &mut draft),
            Err((line, why)) => draft.refuse(line, why),
        }
    }
    draft.finish()
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
