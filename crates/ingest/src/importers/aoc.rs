//! Add-on code edits of the NCCI, published by CMS each year and corrected by quarter.
//!
//! Each row pairs an add-on code with a primary code. The workbook has the columns `AOC_Edit_Type` (1, 2 or 3),
//! `Add-On_Code`, `AOC_DelDT`, `Primary_Code` (`CCCCC`: left to the contractors), `Primary_Code_DelDT`,
//! `AOC_Edit_EffDT`, `AOC_Edit_DelDT` and `Special_Instruction_Notes`, with days as `2024092` (year, day of the year).
//! The text of the same zip has the same fields with blanks between them and no header, the type before the add-on
//! code without a blank. Tables made of them have commas or tabs, and some cut the days to their year.

mod day;
mod text;

use super::cells::procedure;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_quarter, quarter};
use crate::sheet::{Sheet, SheetRow};
use crate::workbook;
use codecite_codebook::{Code, EffectiveRange, FactKind, NaiveDate};
use day::{Day, End};
use std::collections::HashMap;

/// What stands in place of a primary code that the contractors choose.
const BY_CONTRACTOR: &str = "CCCCC";
/// The header of the workbook.
const WORKBOOK: [&[&str]; 1] = [&["aoc_edit_type", "add-on_code", "primary_code"]];
/// The columns, as each is named in the workbook and in tables made of it, letters only.
const ADD_ON: &[&str] = &["addoncode"];
const PRIMARY: &[&str] = &["primarycode"];
const TYPE: &[&str] = &["aocedittype", "edittype"];
const NOTES: &[&str] = &["specialinstructionnotes"];
const BEGINS: &[&str] = &[
    "aocediteffdt",
    "aocediteffectivedate",
    "editeffectiveyear",
    "effectivedate",
];
const ENDS: &[&[&str]] = &[
    &[
        "aoceditdeldt",
        "aoceditdeleteddate",
        "aoceditdeletiondate",
        "editdeletedyear",
        "deletiondate",
    ],
    &["aocdeldt", "addondeletedyear", "addoncodedeldt"],
    &["primarycodedeldt", "primarydeletedyear"],
];

pub(super) fn recognises(name: &str, head: &[u8]) -> bool {
    match head.starts_with(b"PK") {
        true => workbook::has(head, &WORKBOOK),
        false => matches!(find(head), Ok(Some(_))) || text::recognises(name, head),
    }
}

/// The table; an error says why a workbook cannot be read.
fn find(bytes: &[u8]) -> Result<Option<Sheet>, String> {
    if bytes.starts_with(b"PK") {
        return workbook::find(bytes, &WORKBOOK);
    }
    let has = |sheet: &Sheet, names: &[&str]| column(sheet, names).is_some();
    let with = |separator| {
        Sheet::find_where(bytes, separator, |columns| {
            columns.keys().any(|name| is_one_of(name, ADD_ON))
        })
    };
    let mut tables = [b'\t', b','].into_iter().filter_map(with);
    Ok(tables.find(|sheet| has(sheet, PRIMARY) && has(sheet, TYPE)))
}

fn is_one_of(column: &str, names: &[&str]) -> bool {
    let letters: String = column.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.strip_suffix("julian").unwrap_or(&letters);
    names.contains(&letters)
}

fn column<'a>(sheet: &'a Sheet, names: &[&str]) -> Option<&'a str> {
    sheet
        .columns_with_all(&[])
        .into_iter()
        .find(|column| is_one_of(column, names))
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let effective_from = job
        .first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as AOC_V2024Q3-MCR.txt"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "ncci-aoc",
            title: format!("NCCI add-on code edits {}", quarter(effective_from)),
            authority: "CMS",
            effective_from,
            replaced_on: next_quarter(effective_from),
            is_complete: false,
            url: "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-add-code-edits",
        },
    );
    let sheet = find(job.bytes()).map_err(|why| job.misshapen(why))?;
    if sheet
        .as_ref()
        .is_some_and(|sheet| column(sheet, BEGINS).is_none())
    {
        draft.remark_on_file(format!(
            "there is no column for the day from which an edit is effective, so each counts from {effective_from}"
        ));
    }
    let mut known = HashMap::new();
    let mut take = |line: u64, row: Result<AddOn, String>| {
        draft.met_row();
        match row.and_then(|row| row.if_new(line, &mut known)) {
            Ok(row) => row.shelve(line, &mut draft),
            Err(why) => draft.refuse(line, why),
        }
    };
    match sheet {
        Some(sheet) => {
            let columns = SheetColumns::of(&sheet);
            for row in sheet.rows() {
                match row {
                    Ok(row) => take(row.line, columns.read(&row)),
                    Err((line, why)) => take(line, Err(why)),
                }
            }
        }
        None if text::recognises("aoc", job.bytes()) => {
            text::rows(job.bytes()).for_each(|(line, row)| take(line, row));
        }
        None => {
            return Err(
                job.misshapen("a header with Add-On_Code, Primary_Code and AOC_Edit_Type was expected")
            );
        }
    }
    draft.finish()
}

/// The columns of a table, by their names in it.
struct SheetColumns<'a> {
    add_on: Option<&'a str>,
    primary: Option<&'a str>,
    edit_type: Option<&'a str>,
    begins: Option<&'a str>,
    ends: Vec<&'a str>,
    notes: Option<&'a str>,
}

impl<'a> SheetColumns<'a> {
    fn of(sheet: &'a Sheet) -> Self {
        Self {
            add_on: column(sheet, ADD_ON),
            primary: column(sheet, PRIMARY),
            edit_type: column(sheet, TYPE),
            begins: column(sheet, BEGINS),
            ends: ENDS.iter().filter_map(|names| column(sheet, names)).collect(),
            notes: column(sheet, NOTES),
        }
    }

    fn read(&self, row: &SheetRow<'_>) -> Result<AddOn, String> {
        let value = |column: Option<&str>| column.map(|column| row.get(column)).unwrap_or_default();
        let ends: Vec<&str> = self.ends.iter().map(|column| row.get(column)).collect();
        AddOn::read(
            value(self.edit_type),
            value(self.add_on),
            value(self.primary),
            value(self.begins),
            &ends,
            value(self.notes),
        )
    }
}

/// One row: an add-on code with one primary code.
#[derive(Debug)]
struct AddOn {
    edit_type: char,
    code: Code,
    /// `None` where the contractors choose.
    primary: Option<Code>,
    begins: Option<Day>,
    ends: Option<End>,
    notes: String,
}

impl AddOn {
    fn read(
        edit_type: &str,
        add_on: &str,
        primary: &str,
        begins: &str,
        ends: &[&str],
        notes: &str,
    ) -> Result<Self, String> {
        let code = procedure(add_on)?;
        let primary = match primary.eq_ignore_ascii_case(BY_CONTRACTOR) {
            true => None,
            false => Some(procedure(primary)?),
        };
        let edit_type = match edit_type {
            "1" | "I" => '1',
            "2" | "II" => '2',
            "3" | "III" => '3',
            _ => {
                return Err(format!(
                    "{code}: {edit_type:?} is no add-on code type (1, 2 or 3)"
                ));
            }
        };
        let begins = Day::read(begins)?;
        let ends = ends
            .iter()
            .map(|day| Day::read(day))
            .collect::<Result<Vec<_>, _>>()?;
        let ends = ends.into_iter().flatten().map(End).min();
        if let (Some(begins), Some(ends)) = (&begins, &ends)
            && ends.last_day() < begins.first_day()
        {
            return Err(format!(
                "{code}: deleted ({}) before it began ({})",
                ends.published(),
                begins.published()
            ));
        }
        Ok(Self {
            edit_type,
            code,
            primary,
            begins,
            ends,
            notes: notes
                .trim_matches(|c: char| c == '"' || c.is_whitespace())
                .to_owned(),
        })
    }

    /// Itself, unless the same pair was read with the same beginning.
    fn if_new(self, line: u64, known: &mut HashMap<PairKey, u64>) -> Result<Self, String> {
        let begins = self.begins.as_ref().map(Day::first_day);
        let key = (self.code.clone(), self.primary.clone(), begins);
        match known.insert(key, line) {
            Some(first) => Err(format!(
                "{} with this primary code stands on line {first} already",
                self.code
            )),
            None => Ok(self),
        }
    }

    fn shelve(self, line: u64, draft: &mut ShelfDraft<'_>) {
        let edition = draft.edition().effective;
        let to = self.ends.as_ref().map(End::last_day);
        // Without a beginning of its own a row begins with the edition, unless it had ended by then.
        let of_edition = to.map_or(edition.from(), |to| edition.from().min(to));
        let from = self.begins.as_ref().map_or(of_edition, Day::first_day);
        let effective = EffectiveRange::new(from, to).unwrap_or(edition);
        let edit_type = self.edit_type.to_string();
        let rows = labelled([
            ("add-on code", self.code.text()),
            (
                "primary code",
                self.primary
                    .as_ref()
                    .map_or("defined by the contractor (CCCCC)", Code::text),
            ),
            ("add-on code type", edit_type.as_str()),
            ("what the type means", meaning(self.edit_type)),
            (
                "edit effective",
                self.begins.as_ref().map(Day::published).unwrap_or_default(),
            ),
            (
                "edit deleted",
                self.ends.as_ref().map(End::published).unwrap_or_default(),
            ),
            ("special instruction", &self.notes),
        ]);
        let also = self.primary.into_iter().collect();
        draft.fact_in_force(line, FactKind::AddOn, self.code, also, rows, effective);
    }
}

type PairKey = (Code, Option<Code>, Option<NaiveDate>);

/// What a type means for payment, in our words (CMS, Medicare NCCI add-on code edits).
fn meaning(edit_type: char) -> &'static str {
    match edit_type {
        '1' => {
            "paid only when one of its listed primary codes is paid to the same practitioner for the same patient and day"
        }
        '2' => "no primary codes are listed; the contractor decides which primary code must be paid with it",
        _ => {
            "some primary codes are listed, and the contractor may accept others; one of them must be paid with it"
        }
    }
}
