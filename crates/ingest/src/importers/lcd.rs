//! Which local coverage determination (LCD) names which procedure: `lcd_x_hcpc_code` of the Medicare Coverage
//! Database, one row an LCD, code and group of codes.

use super::cells::{self, day, plausible_day, procedure, shown};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, month};
use crate::sheet::{Sheet, SheetRow};
use crate::workbook;
use codecite_codebook::{FactKind, NaiveDate};

const LAYOUT: [&[&str]; 1] = [&["lcd_id", "lcd_version", "hcpc_code_id", "hcpc_code_group"]];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUT)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUT)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with lcd_id, lcd_version, hcpc_code_id and hcpc_code_group was expected")
        })?;
    let from = job
        .first_day(first_day_named)
        .or_else(|| newest(&sheet))
        .ok_or_else(|| job.undated("a name such as lcd_x_hcpc_code_2024-03.csv, or days in last_updated"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "lcd-hcpcs",
            title: format!("LCD and HCPCS codes {}", month(from)),
            authority: "MAC",
            effective_from: from,
            // The database changes every week.
            replaced_on: None,
            is_complete: false,
            url: "https://www.cms.gov/medicare-coverage-database/downloads/downloads.aspx",
        },
    );
    draft.each_row(&sheet, shelve);
    draft.finish()
}

/// The day of the newest row.
fn newest(sheet: &Sheet) -> Option<NaiveDate> {
    let days = sheet.rows().flatten().filter_map(|row| day(date_of(&row)).ok()?);
    cells::newest(days)
}

/// The day on which a row was changed; the database writes the time behind it.
fn date_of<'a>(row: &'a SheetRow<'_>) -> &'a str {
    row.get("last_updated").split(' ').next().unwrap_or_default()
}

fn shelve(row: &SheetRow<'_>, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
    let code = procedure(row.get("hcpc_code_id"))?;
    let number = row.get("lcd_id").trim_start_matches(['L', 'l']);
    if number.is_empty() || !number.bytes().all(|c| c.is_ascii_digit()) {
        return Err(format!("{code}: {:?} is no number of an LCD", row.get("lcd_id")));
    }
    let begins = draft.edition().effective.from();
    let changed = plausible_day(date_of(row), begins).map_err(|why| format!("{code}: {why}"))?;
    let rows = labelled([
        ("LCD", format!("L{number}").as_str()),
        ("LCD version", row.get("lcd_version")),
        ("code group", row.get("hcpc_code_group")),
        ("last updated", &shown(changed)),
        (
            "what naming means",
            "the LCD speaks of this code; whether it is covered depends on its text and on the group of codes",
        ),
    ]);
    draft.fact(row.line, FactKind::Coverage, code, Vec::new(), rows);
    Ok(())
}
