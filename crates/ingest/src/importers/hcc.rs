//! Medicare's risk adjustment: which diagnosis counts as which hierarchical condition category (HCC), what the
//! categories are called, which take the place of which, edits by age and sex, and which procedures make the
//! diagnoses of a claim count.
//!
//! Published by CMS each payment year: mappings as a workbook with one column a model, the rest within the model
//! software. Read are that workbook and tables with one row a fact, as they are made from the software.

pub(super) mod edits;
pub(super) mod eligible;
pub(super) mod hierarchies;
pub(super) mod mappings;
mod model;

use crate::draft::{Job, Release};
use crate::error::IngestError;
use crate::release::{next_year, year_named};
use codecite_codebook::{Code, CodeSystem, NaiveDate};

const URL: &str = "https://www.cms.gov/medicare/payment/medicare-advantage-rates-statistics/risk-adjustment";

/// The release of one payment year, which is a calendar year.
fn release(source: &'static str, title: &str, year: NaiveDate) -> Release {
    Release {
        source,
        title: format!("{title}, payment year {}", year.format("%Y")),
        authority: "CMS",
        effective_from: year,
        replaced_on: next_year(year),
        is_complete: false,
        url: URL,
    }
}

/// The first day of the payment year that a name speaks of.
fn payment_year(job: &Job<'_>, example: &str) -> Result<NaiveDate, IngestError> {
    job.first_day(year_named)
        .ok_or_else(|| job.undated(&format!("a name such as {example}")))
}

/// A diagnosis, written with or without its dot.
fn diagnosis(text: &str) -> Result<Code, String> {
    Code::parse(CodeSystem::Icd10Cm, text).map_err(|error| error.to_string())
}
