//! Workbooks of office programs (xlsx), and tables that publishers ship now as one and now as text.
//!
//! A workbook is turned into the text of a table, one line a row, so that everything behind it reads one form and
//! row 12 of the sheet is line 12. Sizes are capped on the way: what unpacks to more than any official file, or
//! spreads a few cells over millions of places, is refused before it costs memory.

use crate::container::MAX_FILE_BYTES;
use crate::sheet::Sheet;
use calamine::{DataRef, Reader, Xlsx};
use chrono::{Days, NaiveDate};
use regex::bytes::Regex;
use std::io::{Cursor, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::LazyLock;
use zip::ZipArchive;

/// Where the header has to be found.
const HEAD_ROWS: u32 = 30;
/// The most sheets that are looked at: tables of publishers have one to three.
const MAX_SHEETS: usize = 8;
/// The most rows and columns; the first is what an office program can hold.
const MAX_ROWS: u32 = 1 << 20;
const MAX_COLUMNS: u32 = 256;
/// The most filled cells, and the most places between the first and the last one.
const MAX_CELLS: usize = 5_000_000;
const MAX_PLACES: u64 = 64 << 20;

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Whether a table with the header of one of `layouts` is in a text or workbook, by its first rows.
pub(crate) fn has(bytes: &[u8], layouts: &[&[&str]]) -> bool {
    matches!(find_within(bytes, layouts, HEAD_ROWS), Ok(Some(_)))
}

/// The table with the header of one of `layouts`, in a text with commas or a workbook.
///
/// # Errors
/// If a workbook cannot be read: why.
pub(crate) fn find(bytes: &[u8], layouts: &[&[&str]]) -> Result<Option<Sheet>, String> {
    find_within(bytes, layouts, MAX_ROWS)
}

fn find_within(bytes: &[u8], layouts: &[&[&str]], rows: u32) -> Result<Option<Sheet>, String> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(in_text(bytes, layouts));
    }
    check_parts(bytes)?;
    // The library counts rows and columns without looking for overflow, so a damaged workbook can make it panic.
    let found = panic::catch_unwind(AssertUnwindSafe(|| find_in_workbook(bytes, layouts, rows)));
    found.unwrap_or_else(|_| Err("the workbook is damaged, download it again".to_owned()))
}

fn find_in_workbook(bytes: &[u8], layouts: &[&[&str]], rows: u32) -> Result<Option<Sheet>, String> {
    let mut workbook: Workbook<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    for name in workbook.sheet_names().into_iter().take(MAX_SHEETS) {
        let text = as_text(&mut workbook, &name, rows)?;
        if let Some(sheet) = in_text(&text, layouts) {
            return Ok(Some(sheet));
        }
    }
    Ok(None)
}

fn in_text(bytes: &[u8], layouts: &[&[&str]]) -> Option<Sheet> {
    layouts.iter().find_map(|wanted| Sheet::find(bytes, b',', wanted))
}

/// Unpacks every part once, because what a part says of its own size need not be true, and looks for a count of
/// texts for which the library would set memory aside before it has seen one.
fn check_parts(bytes: &[u8]) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut room = MAX_FILE_BYTES;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|error| error.to_string())?;
        let mut content = Vec::new();
        part.take(room + 1)
            .read_to_end(&mut content)
            .map_err(|error| error.to_string())?;
        room = room
            .checked_sub(content.len() as u64)
            .ok_or_else(|| format!("it unpacks to more than {} MB", MAX_FILE_BYTES / (1024 * 1024)))?;
        // Office programs write UTF-8; in UTF-16 the count would hide.
        let is_utf16 = matches!(
            content.get(..2),
            Some([0xff, 0xfe] | [0xfe, 0xff] | [0, b'<'] | [b'<', 0])
        );
        if is_utf16 || counts_too_many(&content) {
            return Err("its parts are not as an office program writes them".to_owned());
        }
    }
    Ok(())
}

/// Whether a part says that it holds more texts than any official table has.
fn counts_too_many(part: &[u8]) -> bool {
    static COUNT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?-u)uniqueCount[^0-9]*([0-9]+)").ok());
    let is_too_many = |digits: &[u8]| {
        let count = digits.iter().fold(0_usize, |count, digit| {
            count.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
        });
        count > MAX_CELLS
    };
    let counts = COUNT.iter().flat_map(|form| form.captures_iter(part));
    counts
        .filter_map(|found| found.get(1))
        .any(|digits| is_too_many(digits.as_bytes()))
}

/// One sheet's first `rows` rows as text with commas, one line a row.
fn as_text(workbook: &mut Workbook<'_>, sheet: &str, rows: u32) -> Result<Vec<u8>, String> {
    let cells = filled_cells(workbook, sheet, rows)?;
    let width = cells.iter().map(|cell| cell.column + 1).max().unwrap_or_default();
    let height = cells.last().map(|cell| cell.row + 1).unwrap_or_default();
    if u64::from(width) * u64::from(height) > MAX_PLACES {
        return Err(format!(
            "sheet {sheet:?} has few values in {height} rows and {width} columns"
        ));
    }
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let mut cells = cells.into_iter().peekable();
    for row in 0..height {
        let record = (0..width).map(|column| {
            let here = cells.next_if(|cell| (cell.row, cell.column) == (row, column));
            here.map(|cell| cell.text).unwrap_or_default()
        });
        writer.write_record(record).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

struct FilledCell {
    row: u32,
    column: u32,
    text: String,
}

fn filled_cells(workbook: &mut Workbook<'_>, sheet: &str, rows: u32) -> Result<Vec<FilledCell>, String> {
    let mut reader = workbook
        .worksheet_cells_reader(sheet)
        .map_err(|error| error.to_string())?;
    let mut cells: Vec<FilledCell> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        if row >= rows {
            break;
        }
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if column >= MAX_COLUMNS || cells.len() >= MAX_CELLS {
            return Err(format!("sheet {sheet:?} is larger than any official table"));
        }
        if cells
            .last()
            .is_some_and(|last| (last.row, last.column) >= (row, column))
        {
            return Err(format!(
                "sheet {sheet:?} is damaged: row {} comes twice or too late",
                row + 1
            ));
        }
        cells.push(FilledCell { row, column, text });
    }
    Ok(cells)
}

/// A cell as the publisher sees it, on one line.
fn text_of(value: &DataRef<'_>) -> String {
    let text = match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.as_str(),
        DataRef::SharedString(text) => text,
        DataRef::Int(number) => return number.to_string(),
        DataRef::Float(number) => return number.to_string(),
        DataRef::Bool(is_so) => return is_so.to_string(),
        DataRef::DateTime(moment) => return day_numbered(moment.as_f64()),
        DataRef::Error(_) | DataRef::Empty => return String::new(),
    };
    text.replace(['\r', '\n'], " ")
}

/// A day as workbooks count them, from the end of 1899.
fn day_numbered(number: f64) -> String {
    // The cast cuts the time of day off, and ends at the largest number.
    let days = Days::new(number.max(0.0) as u64);
    let first = NaiveDate::from_ymd_opt(1899, 12, 30);
    let day = first.and_then(|first| first.checked_add_days(days));
    day.map(|day| day.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_would_cost_memory_is_seen() {
        assert!(!counts_too_many(
            b"<sst count=\"99999999999\" uniqueCount=\"17000\">"
        ));
        assert!(counts_too_many(b"<sst uniqueCount = '99999999999999999999999'>"));
    }

    #[test]
    fn a_day_is_counted_as_workbooks_do() {
        assert_eq!(day_numbered(45_931.5), "2025-10-01");
        assert_eq!(day_numbered(-3.0), "1899-12-30");
        assert_eq!(day_numbered(f64::MAX), "");
    }
}
