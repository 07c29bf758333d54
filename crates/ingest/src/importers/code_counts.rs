//! How many codes ICD-10-CM has in each fiscal year, counted from its order files by a third party: one row a year.
//!
//! It lists no codes, so each year becomes a passage that can be quoted.

use super::cells::day;
use super::fiscal::next_october;
use super::words::Words;
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::refusals::while_hopeful;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Aspect, NaiveDate};

const COLUMNS: [&str; 5] = [
    "fiscalyear",
    "effectivefrom",
    "totalentries",
    "billablecodes",
    "nonbillableheaders",
];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    Sheet::is_in(head, b',', &COLUMNS)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = Sheet::find(job.bytes(), b',', &COLUMNS)
        .ok_or_else(|| job.misshapen(format!("a header with {} was expected", COLUMNS.join(", "))))?;
    let years = sheet
        .rows()
        .map(|row| row.and_then(|row| Year::read(&row).map_err(|why| (row.line, why))));
    let years: Vec<Result<Year, (u64, String)>> = while_hopeful(years).collect();
    let days = || years.iter().flatten().map(|year| year.begins);
    // What was counted stays true, so it is in force from the first year on.
    let first = job.options.effective_from.or_else(|| days().min());
    let effective_from = first.ok_or_else(|| job.undated("dates in the column effectiveFrom"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "icd-10-cm-code-counts",
            title: "ICD-10-CM codes counted by fiscal year".into(),
            authority: "CDC",
            effective_from,
            replaced_on: days().max().and_then(next_october),
            is_complete: false,
            url: "https://www.cms.gov/medicare/coding-billing/icd-10-codes",
        },
    );
    for year in years {
        draft.met_row();
        match year {
            Ok(year) => year.words().shelve(Aspect::Rule, &mut draft),
            Err((line, why)) => draft.refuse(line, why),
        }
    }
    draft.finish()
}

struct Year {
    line: u64,
    year: String,
    begins: NaiveDate,
    entries: u32,
    billable: u32,
    headers: u32,
    /// Added and deleted against the year before; the first year has none.
    changes: Option<(u32, u32)>,
}

impl Year {
    fn read(row: &SheetRow<'_>) -> Result<Self, String> {
        let number = |column: &str| {
            let text = row.get(column);
            text.parse::<u32>()
                .map_err(|_| format!("{column}: {text:?} is no number"))
        };
        let begins = row.get("effectivefrom");
        let year = Self {
            line: row.line,
            year: number("fiscalyear")?.to_string(),
            begins: day(begins)?.ok_or("it does not say from when the fiscal year counts")?,
            entries: number("totalentries")?,
            billable: number("billablecodes")?,
            headers: number("nonbillableheaders")?,
            changes: number("addedvsprioryear")
                .ok()
                .zip(number("deletedvsprioryear").ok()),
        };
        match year.billable.checked_add(year.headers) == Some(year.entries) {
            true => Ok(year),
            false => Err(format!(
                "{} entries are not {} billable codes and {} headers",
                year.entries, year.billable, year.headers
            )),
        }
    }

    fn words(self) -> Words {
        let Self {
            line,
            year,
            begins,
            entries,
            billable,
            headers,
            changes,
        } = self;
        let mut text = format!(
            "ICD-10-CM for fiscal year {year}, effective {begins}, has {entries} entries: {billable} billable codes and \
             {headers} headers that are not billable."
        );
        if let Some((added, deleted)) = changes {
            text.push_str(&format!(
                " Against the fiscal year before, {added} entries were added and {deleted} were deleted."
            ));
        }
        Words {
            line,
            section: Some(format!("FY {year}")),
            title: format!("ICD-10-CM codes in fiscal year {year}"),
            text,
            ..Words::default()
        }
    }
}
