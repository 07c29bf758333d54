//! The Restructured BETOS Classification System (RBCS) of CMS: what kind of service each CPT and HCPCS code is.
//!
//! One row a code and classification. A code that was classified anew has several, each from a year on: a row is in
//! force until the next one of the same code is.

use super::cells::{any, plausible_day, procedure, shown};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{next_year, year_named};
use crate::sheet::SheetRow;
use crate::workbook;
use codecite_codebook::{Code, EffectiveRange, FactKind, FactRow, NaiveDate};
use std::collections::HashMap;

/// The table of CMS, and a table of others.
const LAYOUTS: [&[&str]; 2] = [
    &[
        "hcpcs_cd",
        "rbcs_cat_desc",
        "rbcs_subcat_desc",
        "rbcs_family_desc",
    ],
    &["hcpcs_code", "rbcs_category", "rbcs_subcategory", "rbcs_family"],
];

/// From when a code is classified so.
const BEGINS: [&str; 2] = ["rbcs_date_effective", "rbcs_analysis_start_dt"];
/// What stands for no end.
const OPEN_ENDS: [&str; 3] = ["9999-12-31", "12/31/9999", "99991231"];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUTS)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUTS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with HCPCS_Cd, RBCS_Cat_Desc and RBCS_Family_Desc was expected")
        })?;
    let from = job
        .first_day(year_named)
        .ok_or_else(|| job.undated("a name such as rbcs_taxonomy_2024.csv"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "rbcs",
            title: format!("RBCS {}", from.format("%Y")),
            authority: "CMS",
            effective_from: from,
            replaced_on: next_year(from),
            is_complete: false,
            url: "https://data.cms.gov/provider-summary-by-type-of-service/provider-service-classifications/restructured-betos-classification-system",
        },
    );
    if !BEGINS.iter().any(|column| sheet.has(column)) {
        draft.remark_on_file(format!(
            "there is no column for the day from which a code is classified so, so each row holds from {from} on"
        ));
    }
    let mut classes = Vec::new();
    draft.each_row(&sheet, |row, _| {
        classes.push(Class::read(row, from)?);
        Ok(())
    });
    let next = next_days(&classes);
    for class in classes {
        let last = next
            .get(&(class.code.clone(), class.from))
            .and_then(NaiveDate::pred_opt);
        if let Ok(range) = EffectiveRange::new(class.from, last) {
            draft.fact_in_force(
                class.line,
                FactKind::Rbcs,
                class.code,
                Vec::new(),
                class.rows,
                range,
            );
        }
    }
    draft.finish()
}

struct Class {
    line: u64,
    code: Code,
    from: NaiveDate,
    rows: Vec<FactRow>,
}

impl Class {
    fn read(row: &SheetRow<'_>, edition_from: NaiveDate) -> Result<Self, String> {
        let code = procedure(any(row, &["hcpcs_code", "hcpcs_cd"]))?;
        let within = |columns: &[&str]| match any(row, columns) {
            written if OPEN_ENDS.contains(&written) => Ok(None),
            written => plausible_day(written, edition_from).map_err(|why| format!("{code}: {why}")),
        };
        let added = within(&["hcpcs_date_added", "hcpcs_cd_add_dt"])?;
        let ended = within(&["hcpcs_date_ended", "hcpcs_cd_end_dt"])?;
        let from = within(&BEGINS)?;
        if let (Some(added), Some(ended)) = (added, ended)
            && ended < added
        {
            return Err(format!(
                "{code}: it ended on {ended}, before it was added on {added}"
            ));
        }
        let category = any(row, &["rbcs_category", "rbcs_cat_desc"]);
        if category.is_empty() {
            return Err(format!("{code}: it has no category"));
        }
        let rows = labelled([
            ("category", category),
            ("subcategory", any(row, &["rbcs_subcategory", "rbcs_subcat_desc"])),
            ("family", any(row, &["rbcs_family", "rbcs_family_desc"])),
            (
                "procedure",
                procedure_kind(any(row, &["rbcs_procedure", "rbcs_major_ind"])),
            ),
            ("classified so since", &shown(from)),
            ("code added", &shown(added)),
            ("code ended", &shown(ended)),
        ]);
        Ok(Self {
            line: row.line,
            from: from.unwrap_or(edition_from),
            code,
            rows,
        })
    }
}

/// Whether it is a major procedure; the table of CMS has a letter for it.
fn procedure_kind(written: &str) -> &str {
    match written {
        "M" => "Major",
        "O" => "Other",
        "N" => "Non-Procedure",
        other => other,
    }
}

/// From when each classification is followed by another of the same code.
fn next_days(classes: &[Class]) -> HashMap<(Code, NaiveDate), NaiveDate> {
    let mut days: HashMap<&Code, Vec<NaiveDate>> = HashMap::new();
    for class in classes {
        days.entry(&class.code).or_default().push(class.from);
    }
    let mut next = HashMap::new();
    for (code, mut days) in days {
        days.sort_unstable();
        days.dedup();
        for (day, following) in days.iter().zip(days.iter().skip(1)) {
            next.insert((code.clone(), *day), *following);
        }
    }
    next
}
