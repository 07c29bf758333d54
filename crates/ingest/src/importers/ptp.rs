//! Procedure-to-procedure edits of the NCCI, published by CMS each quarter for practitioners and outpatient hospitals.
//!
//! The official text has tabs and a header of several lines (`Column 1`, `Column 2`, `*=in existence prior to 1996`,
//! `Effective Date`, `Deletion Date *=no data`, `Modifier`, `PTP Edit Rationale`), dates as `20240701`, and comes in
//! four files (`ccipra-v322r0-f1.txt` to `f4`, `ccioph-…`). Tables made of it have commas and one line of header, and
//! some leave the effective date out. With 2.5 million rows, nothing is allocated for a row in order.

mod header;
mod rows;

use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_quarter};
use chrono::Datelike;
use codecite_codebook::NaiveDate;
use header::Header;
use rows::Rows;

/// In how many files CMS publishes a table.
const PARTS: u8 = 4;
/// How many overlaps are remarked on one by one.
const MAX_REMARKS: usize = 20;
/// About how many bytes a row has.
const ROW_BYTES: usize = 64;

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    Header::find(&header::plain(head)).is_some()
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let bytes = header::plain(job.bytes());
    let header = Header::find(&bytes).ok_or_else(|| {
        job.misshapen("a header with Column 1, Column 2, Deletion Date and Modifier was expected")
    })?;
    let (source, for_whom) = setting(job)?;
    let effective_from = job
        .first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as ccipra-v322r0-f1.txt"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("NCCI PTP {for_whom} {}", version(effective_from)),
            authority: "CMS",
            effective_from,
            replaced_on: next_quarter(effective_from),
            is_complete: false,
            url: "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-procedure-procedure-ptp-edits",
        },
    );
    if let Some(number) = job.names().into_iter().find_map(part) {
        draft.part(number, PARTS);
    }
    if header.columns.effective.is_none() {
        draft.remark_on_file(
            "there is no column for the effective date, so each edit counts on every day until the one on which it was deleted",
        );
    }
    draft.edits().reserve(bytes.len() / ROW_BYTES);
    let mut rows = Rows::of(&header);
    for (line, text) in header.lines_below(&bytes) {
        draft.met_row();
        match rows.read(line, text) {
            Ok(edit) if draft.edits().push_packed(&edit) => {}
            Ok(_) => draft.refuse(
                line,
                "there are more rows or rationales than a table of edits can hold",
            ),
            Err(why) => draft.refuse(line, why),
        }
        if draft.is_hopeless() {
            break;
        }
    }
    remark_on_overlaps(&mut draft);
    draft.finish()
}

/// For whose claims the edits are. The files do not say it, their names do.
fn setting(job: &Job<'_>) -> Result<(&'static str, &'static str), IngestError> {
    let names = job.names().map(str::to_lowercase);
    let is_named = |words: &[&str]| {
        names
            .iter()
            .any(|name| words.iter().any(|word| name.contains(word)))
    };
    if is_named(&["medicaid", "mcd"]) {
        return Err(job.misshapen("these are the edits of Medicaid; those of Medicare are read"));
    }
    match (is_named(&["ccipra", "pract"]), is_named(&["ccioph", "outpatient", "hospital", "facility"])) {
        (true, false) => Ok(("ncci-ptp-practitioner", "practitioner")),
        (false, true) => Ok(("ncci-ptp-outpatient-hospital", "outpatient hospital")),
        _ => Err(job.misshapen(
            "nothing in its name says for whom the edits are; a name such as ccipra-v322r0-f1.txt (practitioners) or \
             ccioph-v322r0-f1.txt (outpatient hospitals) was expected",
        )),
    }
}

/// Which of the files it is, by a name such as `ccipra-v322r0-f1.txt`.
fn part(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    let (_, behind) = name.rsplit_once("-f").or_else(|| name.rsplit_once("_f"))?;
    let number = behind.split(|c: char| !c.is_ascii_digit()).next()?;
    number.parse().ok().filter(|number| *number > 0)
}

/// The version as CMS counts them: v30.0 began on 1 January 2024, and each quarter is the next.
fn version(effective_from: NaiveDate) -> String {
    format!(
        "v{}.{}",
        effective_from.year() - 1994,
        effective_from.month0() / 3
    )
}

fn remark_on_overlaps(draft: &mut ShelfDraft<'_>) {
    let overlaps = draft.edits().overlaps();
    for [before, row] in overlaps.iter().take(MAX_REMARKS) {
        draft.remark(
            *row,
            format!("edits the pair of line {before} in an overlapping period; both rows kept"),
        );
    }
    if let Some([before, row]) = overlaps.get(MAX_REMARKS) {
        let more = overlaps.len() - MAX_REMARKS;
        draft.remark(
            *row,
            format!("so do {more} more rows, this one with line {before} the first of them; all kept"),
        );
    }
}
