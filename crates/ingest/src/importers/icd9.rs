//! The titles of ICD-9-CM, published by CMS as workbooks: `CMS32_DESC_LONG_SHORT_DX.xlsx` for diagnoses and
//! `CMS32_DESC_LONG_SHORT_SG.xlsx` for procedures, with code, long and short description.
//!
//! Version 32 is the last one. ICD-9-CM ended on 30 September 2015; its titles are kept so that crosswalks and old
//! records can be read, and nothing of it can be found by meaning.

use super::cells::any;
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::workbook;
use codecite_codebook::{Code, CodeSystem, EffectiveRange, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

const DIAGNOSES: [&[&str]; 1] = [&["diagnosis code", "long description", "short description"]];
const PROCEDURES: [&[&str]; 1] = [&["procedure code", "long description", "short description"]];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &DIAGNOSES) || workbook::has(head, &PROCEDURES)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let find = |layouts| workbook::find(job.bytes(), layouts).map_err(|why| job.misshapen(why));
    let (sheet, system, source, column) = match find(&DIAGNOSES)? {
        Some(sheet) => (sheet, CodeSystem::Icd9Cm, "icd-9-cm", "diagnosis code"),
        None => match find(&PROCEDURES)? {
            Some(sheet) => (sheet, CodeSystem::Icd9Pcs, "icd-9-pcs", "procedure code"),
            None => {
                return Err(job.misshapen(
                    "a header with DIAGNOSIS CODE or PROCEDURE CODE and both descriptions was expected",
                ));
            }
        },
    };
    let from = job
        .first_day(first_day_of_version)
        .ok_or_else(|| job.undated("a name such as CMS32_DESC_LONG_SHORT_DX.xlsx"))?;
    let life = NaiveDate::from_ymd_opt(2015, 9, 30)
        .and_then(|last| EffectiveRange::new(from, Some(last)).ok())
        .ok_or_else(|| job.misshapen(format!("ICD-9-CM ended on 2015-09-30, before {from}")))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("{system} titles in force from {from}"),
            authority: "CMS",
            effective_from: from,
            replaced_on: None,
            is_complete: true,
            url: "https://www.cms.gov/medicare/coding-billing/icd-10-codes/icd-9-cm-diagnosis-procedure-codes-abbreviated-and-full-code-titles",
        },
    );
    draft.each_row(&sheet, |row, draft| {
        let title = any(row, &["long description", "short description"]);
        let code = Code::parse(system, row.get(column)).map_err(|error| error.to_string())?;
        if title.is_empty() {
            return Err(format!("{code}: it has no title"));
        }
        draft.status(row.line, None, code, Some(title), true, life);
        Ok(())
    });
    draft.finish()
}

/// Versions count fiscal years: 32 is that of 2015, which began on 1 October 2014.
fn first_day_of_version(name: &str) -> Option<NaiveDate> {
    static VERSION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(?:^|[^a-z])(?:cms|v)(\d\d)(?:\D|$)").ok());
    let version: i32 = VERSION.as_ref()?.captures(name)?.get(1)?.as_str().parse().ok()?;
    NaiveDate::from_ymd_opt(1982 + version, 10, 1)
}
