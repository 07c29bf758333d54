//! Anesthesia conversion factors by payment locality, made for a calendar year (`ANES2025.csv`): `Contractor`, `Locality`,
//! `Locality Name`, and the factor in a column that is named after the national one.

use super::gpci::split_stars;
use super::{
    Participants, RELATIVE_VALUE_FILES, first_day_of_year, is_decimal, is_positive, locality, told_year,
};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::next_year;
use crate::sheet::{Sheet, SheetRow};
use chrono::Datelike;
use codecite_codebook::{Code, FactKind};
use std::collections::HashMap;

const CONTRACTOR: &str = "contractor";
const LOCALITY: &str = "locality";
const NAME: &str = "locality name";
/// In dollars; the factors of 2025 are 17 to 28.
const LARGEST_FACTOR: f64 = 10_000.0;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some_and(|sheet| factor(&sheet).is_some())
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    Sheet::find(bytes, b',', &[CONTRACTOR, LOCALITY, NAME])
}

fn factor(sheet: &Sheet) -> Option<&str> {
    sheet.columns_with_all(&["anes"]).into_iter().next()
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let expected = "a header with Contractor, Locality, Locality Name and National Anes CF was expected";
    let sheet = find(job.bytes()).ok_or_else(|| job.misshapen(expected))?;
    let factor = factor(&sheet).ok_or_else(|| job.misshapen(expected))?;
    let effective_from =
        first_day_of_year(job, "").ok_or_else(|| job.undated("a name such as ANES2025.csv"))?;
    let participants = Participants::of(job);
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: participants.source("mpfs-anesthesia", "mpfs-anesthesia-qpp"),
            title: format!(
                "Anesthesia conversion factors CY{}{}",
                effective_from.year(),
                participants.in_title()
            ),
            authority: "CMS",
            effective_from,
            replaced_on: next_year(effective_from),
            is_complete: false,
            url: RELATIVE_VALUE_FILES,
        },
    );
    draft.compare_year(told_year(job, ""), |day| day.year());
    let national = factor
        .split_whitespace()
        .rev()
        .find(|word| is_decimal(word))
        .unwrap_or_default();
    let mut known = HashMap::new();
    draft.each_row(&sheet, |row, draft| {
        let locality = read_row(row, factor, &mut known)?;
        let rows = labelled([
            ("locality name", split_stars(row.get(NAME)).0),
            ("anesthesia conversion factor", row.get(factor)),
            ("national anesthesia conversion factor", national),
            (
                "conversion factor is for",
                participants.conversion_factor_is_for(),
            ),
        ]);
        draft.fact(row.line, FactKind::Anesthesia, locality, Vec::new(), rows);
        Ok(())
    });
    draft.finish()
}

fn read_row(row: &SheetRow<'_>, factor: &str, known: &mut HashMap<Code, u64>) -> Result<Code, String> {
    let locality = locality(row.get(CONTRACTOR), row.get(LOCALITY))?;
    if !is_positive(row.get(factor), LARGEST_FACTOR) {
        return Err(format!(
            "{locality}: {:?} is no conversion factor",
            row.get(factor)
        ));
    }
    match known.insert(locality.clone(), row.line) {
        Some(first) => Err(format!("{locality} stands on line {first} already")),
        None => Ok(locality),
    }
}
