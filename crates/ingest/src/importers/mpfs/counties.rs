//! The counties of each payment locality, made for a calendar year (`25LOCCO.csv`).
//!
//! A title, a header (`Medicare Adminstrative Contractor`, `Locality Number`, `State`, `Fee Schedule Area`, `Counties`), and a
//! row for each locality, of which only the first of a state names the state. Numbers have lost their leading zeros.

use super::gpci::{foot_note, split_stars};
use super::{RELATIVE_VALUE_FILES, first_day_of_year, locality, told_year};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::next_year;
use crate::sheet::{Sheet, SheetRow, decode};
use chrono::Datelike;
use codecite_codebook::{Code, FactKind};
use std::collections::HashSet;

const CONTRACTOR: &str = "medicare admin";
const NUMBER: &str = "locality number";
const STATE: &str = "state";
const AREA: &str = "fee schedule area";
const COUNTIES: &str = "counties";
/// How much of a file may hold its title.
const TITLE_BYTES: usize = 500;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some()
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    Sheet::find(bytes, b',', &[NUMBER, STATE, AREA, COUNTIES])
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = find(job.bytes()).ok_or_else(|| {
        job.misshapen("a header with Locality Number, State, Fee Schedule Area and Counties was expected")
    })?;
    let contractor = sheet
        .column_with(CONTRACTOR)
        .ok_or_else(|| job.misshapen("no column Medicare Administrative Contractor"))?;
    let title = decode(job.bytes().get(..TITLE_BYTES).unwrap_or(job.bytes()));
    let effective_from = first_day_of_year(job, &title)
        .ok_or_else(|| job.undated("a title such as COUNTIES INCLUDED IN 2025 LOCALITIES"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "mpfs-localities",
            title: format!("Counties of payment localities CY{}", effective_from.year()),
            authority: "CMS",
            effective_from,
            replaced_on: next_year(effective_from),
            is_complete: false,
            url: RELATIVE_VALUE_FILES,
        },
    );
    draft.compare_year(told_year(job, &title), |day| day.year());
    let notes = notes(&sheet);
    let mut state = String::new();
    // A locality that two contractors served before has stayed there twice, word for word.
    let mut known = HashSet::new();
    for row in sheet.rows() {
        let area = match row {
            Ok(row) if row.only_value().is_some() => continue,
            Ok(row) => {
                draft.met_row();
                if !row.get(STATE).is_empty() {
                    row.get(STATE).clone_into(&mut state);
                }
                Area::read(&row, contractor, &state).map_err(|why| (row.line, why))
            }
            Err(damaged) => {
                draft.met_row();
                Err(damaged)
            }
        };
        match area {
            Ok(area) if known.insert((area.locality.clone(), area.counties.clone())) => {
                area.shelve(&notes, &mut draft)
            }
            Ok(area) => draft.remark(
                area.line,
                format!("{} stands there twice; shown once", area.locality),
            ),
            Err((line, why)) => {
                // It may have been the first of its state, or its columns are shifted: what follows must not get its state.
                state.clear();
                draft.refuse(line, why);
            }
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}

fn notes(sheet: &Sheet) -> Vec<String> {
    let rows = sheet.rows().filter_map(Result::ok);
    rows.filter_map(|row| row.only_value().map(str::to_owned))
        .collect()
}

struct Area {
    line: u64,
    locality: Code,
    state: String,
    name: String,
    counties: String,
}

impl Area {
    fn read(row: &SheetRow<'_>, contractor: &str, state: &str) -> Result<Self, String> {
        let locality = locality(row.get(contractor), row.get(NUMBER))?;
        if row.get(COUNTIES).is_empty() {
            return Err(format!("{locality}: no counties"));
        }
        Ok(Self {
            line: row.line,
            state: state.to_owned(),
            name: row.get(AREA).to_owned(),
            counties: row.get(COUNTIES).to_owned(),
            locality,
        })
    }

    fn shelve(self, notes: &[String], draft: &mut ShelfDraft<'_>) {
        let (name, stars) = split_stars(&self.name);
        let rows = labelled([
            ("state", self.state.as_str()),
            ("locality name", name),
            ("counties", &self.counties),
            ("note", foot_note(stars, notes)),
        ]);
        draft.fact(self.line, FactKind::Locality, self.locality, Vec::new(), rows);
    }
}
