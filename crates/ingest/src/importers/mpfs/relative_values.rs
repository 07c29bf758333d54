//! Relative values and payment indicators by code and modifier (`PPRRVU2025_Oct.csv` and `.txt` in `RVU25D.zip`).
//!
//! The CSV has titles and a header spread over up to five rows, 31 columns until 2025 and 32 from 2026. The text has
//! lines that begin with `HDR`, then records of 171 characters. A table made of them has one row of header. CPT and
//! dental descriptors are left where they are: they belong to the AMA and the ADA.

mod field;

use super::super::cells::procedure;
use super::{Participants, RELATIVE_VALUE_FILES};
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, month, next_quarter};
use crate::sheet::{Sheet, decode};
use chrono::Datelike;
use codecite_codebook::{Code, CodeSystem, FactKind, FactRow, NaiveDate};
use field::{DESCRIPTION, FIELDS, Field, MODIFIER};
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How long a record of the text is at least.
const RECORD: usize = 171;
/// How much of a file may hold its title.
const TITLE_BYTES: usize = 2_000;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some() || is_text(head)
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    Sheet::find_stacked(bytes, b',', &["hcpcs", "mod", "factor", "flag"])
        .or_else(|| Sheet::find(bytes, b',', &["hcpcs_code", "mod", "rvu_work", "cf"]))
}

/// Whether most of the first lines are records or begin with `HDR`.
fn is_text(bytes: &[u8]) -> bool {
    let head: Vec<&[u8]> = lines(bytes)
        .map(|(_, line)| line)
        .filter(|line| !is_header(line))
        .take(20)
        .collect();
    let fitting = head.iter().filter(|line| Record(line).has_layout()).count();
    fitting > 0 && fitting * 2 >= head.len()
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = find(job.bytes());
    if sheet.is_none() && !is_text(job.bytes()) {
        return Err(job.misshapen(
            "a header with HCPCS, MOD, CODE, PAYMENT, RVU and so on, or records of 171 characters, were expected",
        ));
    }
    let effective_from = first_day(job)
        .ok_or_else(|| job.undated("a title such as 2025 National Physician Fee Schedule Relative Value File October Release, or a name such as PPRRVU2025_Oct.csv"))?;
    let participants = Participants::of(job);
    let mut draft = ShelfDraft::new(job, release(effective_from, participants));
    let absent = sheet.as_ref().map(absent).unwrap_or_default();
    if !absent.is_empty() {
        draft.remark_on_file(format!(
            "there is no column for {}, so nothing is said of it",
            absent.join(", ")
        ));
    }
    draft.compare_year(told(job), |day| day.year());
    let mut known = HashMap::new();
    let mut take = |line: u64, row: Result<Row, String>| {
        draft.met_row();
        match row.and_then(|row| row.if_new(line, &mut known)) {
            Ok(row) => row.shelve(line, participants, &mut draft),
            Err(why) => draft.refuse(line, why),
        }
    };
    match sheet {
        Some(sheet) => read_sheet(&sheet, &mut take).map_err(|missing| {
            job.misshapen(format!(
                "its header has no column for {missing}; nothing was read"
            ))
        })?,
        None => read_text(job.bytes(), &mut take),
    }
    draft.finish()
}

/// From when the release is in force: as the operator says, or the file.
fn first_day(job: &Job<'_>) -> Option<NaiveDate> {
    job.options.effective_from.or_else(|| told(job))
}

/// From when the release is in force by its title, or by its name.
fn told(job: &Job<'_>) -> Option<NaiveDate> {
    static TITLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let title = r"(20\d\d) national physician fee schedule relative value file (jan|apr|jul|oct)";
        Regex::new(title).ok()
    });
    let head = job.bytes().get(..TITLE_BYTES).unwrap_or(job.bytes());
    let head = decode(head).to_lowercase();
    let of_title = || {
        let found = TITLE.as_ref()?.captures(&head)?;
        first_day_named(&format!("{} {}", found.get(1)?.as_str(), found.get(2)?.as_str()))
    };
    let of_names = || job.names().into_iter().find_map(first_day_named);
    of_title().or_else(of_names)
}

fn release(effective_from: NaiveDate, participants: Participants) -> Release {
    let letter = ["A", "B", "C", "D"]
        .into_iter()
        .nth(effective_from.month0() as usize / 3)
        .unwrap_or_default();
    let month = month(effective_from);
    let name = month.split(' ').next().unwrap_or_default();
    Release {
        source: participants.source("mpfs-rvu", "mpfs-rvu-qpp"),
        title: format!(
            "MPFS CY{} {name} release (RVU{:02}{letter}){}",
            effective_from.year(),
            effective_from.year() % 100,
            participants.in_title()
        ),
        authority: "CMS",
        effective_from,
        replaced_on: next_quarter(effective_from),
        is_complete: false,
        url: RELATIVE_VALUE_FILES,
    }
}

/// What the official table tells and this one has no column for.
fn absent(sheet: &Sheet) -> Vec<&'static str> {
    let is_absent = |field: &&Field| field.is_missed() && !field.columns.iter().any(|name| sheet.has(name));
    FIELDS.iter().filter(is_absent).map(|field| field.label).collect()
}

fn read_sheet(sheet: &Sheet, take: &mut impl FnMut(u64, Result<Row, String>)) -> Result<(), &'static str> {
    let code = ["hcpcs", "hcpcs_code"]
        .into_iter()
        .find(|name| sheet.has(name))
        .ok_or("the code")?;
    let column = |field: &Field| field.columns.iter().copied().find(|name| sheet.has(name));
    let columns: Vec<Option<&str>> = FIELDS.iter().map(column).collect();
    let missing = FIELDS
        .iter()
        .zip(&columns)
        .find(|(field, column)| field.is_needed() && column.is_none());
    if let Some((field, _)) = missing {
        return Err(field.label);
    }
    for row in sheet.rows() {
        match row {
            Ok(row) => {
                let values = columns
                    .iter()
                    .map(|column| Cow::Borrowed(column.map(|name| row.get(name)).unwrap_or_default()));
                take(row.line, Row::read(row.get(code), values));
            }
            Err((line, why)) => take(line, Err(why)),
        }
    }
    Ok(())
}

fn read_text(bytes: &[u8], take: &mut impl FnMut(u64, Result<Row, String>)) {
    for (line, text) in lines(bytes).filter(|(_, text)| !is_header(text)) {
        let record = Record(text);
        if text.len() < RECORD {
            take(
                line,
                Err(format!("{} characters, a record has {RECORD}", text.len())),
            );
            continue;
        }
        let values = FIELDS.iter().map(|field| match field.place {
            Some((first, last)) => record.text(first, last),
            None => Cow::Borrowed(""),
        });
        take(line, Row::read(&record.text(1, 5), values));
    }
}

/// The lines with their numbers from 1, without their ends; empty ones are passed over.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .zip(1..)
        .map(|(line, number)| (number, line))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

fn is_header(line: &[u8]) -> bool {
    line.starts_with(b"HDR")
}

/// One record of the text. One character is one byte.
struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    /// What stands in the places from `first` through `last`, counted from 1, without blanks around it.
    fn text(&self, first: usize, last: usize) -> Cow<'a, str> {
        let bytes = self.0.get(first - 1..last).unwrap_or_default().trim_ascii();
        decode(bytes)
    }

    fn has_layout(&self) -> bool {
        self.0.len() >= RECORD
            && procedure(&self.text(1, 5)).is_ok()
            && FIELDS.iter().all(|field| match field.place {
                Some((first, last)) => field.check(&self.text(first, last)).is_ok(),
                None => true,
            })
    }
}

/// One row: a code, or a code with a modifier.
struct Row {
    code: Code,
    modifier: String,
    values: Vec<FactRow>,
}

impl Row {
    /// Reads a row whose `values` are those of [`FIELDS`].
    fn read<'a>(code: &str, values: impl Iterator<Item = Cow<'a, str>>) -> Result<Self, String> {
        let code = procedure(code)?;
        let mut row = Self {
            modifier: String::new(),
            values: Vec::with_capacity(FIELDS.len()),
            code,
        };
        for (field, value) in FIELDS.iter().zip(values) {
            field
                .check(&value)
                .map_err(|why| format!("{}: {why}", row.code))?;
            if value.is_empty() || (field.label == DESCRIPTION && !has_public_description(&row.code)) {
                continue;
            }
            if field.label == MODIFIER {
                row.modifier = value.clone().into_owned();
            }
            row.add(field.label, &value);
            if let Some(meaning) = field.meaning {
                row.add(meaning.label, (meaning.of)(&value));
            }
        }
        Ok(row)
    }

    fn add(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.values.push(FactRow {
                label: label.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    /// Itself, unless the code was read with the same modifier.
    fn if_new(self, line: u64, known: &mut HashMap<(Code, String), u64>) -> Result<Self, String> {
        match known.insert((self.code.clone(), self.modifier.clone()), line) {
            Some(first) => Err(format!(
                "{} {} stands on line {first} already",
                self.code, self.modifier
            )),
            None => Ok(self),
        }
    }

    fn shelve(mut self, line: u64, participants: Participants, draft: &mut ShelfDraft<'_>) {
        self.add(
            "conversion factor is for",
            participants.conversion_factor_is_for(),
        );
        draft.fact(
            line,
            FactKind::PhysicianFeeSchedule,
            self.code,
            Vec::new(),
            self.values,
        );
    }
}

/// Whether the description is CMS's own: those of CPT belong to the AMA, those of the D codes to the ADA.
fn has_public_description(code: &Code) -> bool {
    code.system() == CodeSystem::Hcpcs && !code.text().starts_with('D')
}
