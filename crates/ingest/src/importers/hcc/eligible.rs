//! The procedures whose claims count for risk adjustment in a payment year: a list of CPT and HCPCS codes.

use super::{payment_year, release};
use crate::draft::{Job, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::importers::cells::procedure;
use crate::reading::Reading;
use crate::workbook;
use codecite_codebook::FactKind;

const LAYOUT: [&[&str]; 1] = [&["cpt_hcpcs_code"]];

pub(in crate::importers) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUT)
}

pub(in crate::importers) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUT)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| job.misshapen("a header with cpt_hcpcs_code was expected"))?;
    let year = payment_year(job, "ra_eligible_cpt_hcpcs_2026.csv")?;
    let shown_year = year.format("%Y").to_string();
    let title = "CPT and HCPCS codes eligible for risk adjustment";
    let mut draft = ShelfDraft::new(job, release("hcc-eligible-procedures", title, year));
    draft.each_row(&sheet, |row, draft| {
        let code = procedure(row.get("cpt_hcpcs_code"))?;
        let rows = labelled([
            ("eligible for risk adjustment", "yes"),
            ("payment year", &shown_year),
            (
                "what eligible means",
                "the diagnoses of a claim with this procedure can count for risk adjustment",
            ),
        ]);
        draft.fact(row.line, FactKind::RiskEligible, code, Vec::new(), rows);
        Ok(())
    });
    draft.finish()
}
