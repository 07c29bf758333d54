//! One row of a table of edits.

use super::header::{Columns, Header};
use crate::sheet::decode;
use chrono::NaiveDate;
use codecite_codebook::{Code, CodeSystem, ModifierIndicator};
use codecite_tables::{PackedCode, PackedEdit};
use std::borrow::Cow;
use std::collections::HashMap;

/// The years of which days are believed.
const YEARS: std::ops::Range<u32> = 1990..2100;
/// The most columns that are looked at.
const MAX_WIDTH: usize = 16;

/// Reads rows, and remembers the codes: a table has 2.5 million rows and 15,000 codes.
pub(super) struct Rows<'a> {
    columns: &'a Columns,
    width: usize,
    separator: u8,
    codes: HashMap<[u8; 5], Option<PackedCode>>,
    /// The cells of a row that had to be unquoted, or its rationale in UTF-8.
    unquoted: csv::ByteRecord,
    rationale: String,
}

impl<'a> Rows<'a> {
    pub fn of(header: &'a Header) -> Self {
        Self {
            columns: &header.columns,
            width: header.width,
            separator: header.separator,
            codes: HashMap::new(),
            unquoted: csv::ByteRecord::new(),
            rationale: String::new(),
        }
    }

    /// The edit in a line, or why it is none.
    pub fn read<'b>(&'b mut self, line: u64, text: &'b [u8]) -> Result<PackedEdit<'b>, String> {
        if text.contains(&b'"') {
            let record = unquote(text, self.separator)?;
            self.unquoted = record;
            let cells: Vec<&[u8]> = self.unquoted.iter().map(<[u8]>::trim_ascii).collect();
            return read_cells(
                line,
                &cells,
                self.columns,
                self.width,
                &mut self.codes,
                &mut self.rationale,
            );
        }
        let mut cells = [b"".as_slice(); MAX_WIDTH];
        let mut count = 0;
        for (place, cell) in text.split(|byte| *byte == self.separator).enumerate() {
            if let Some(there) = cells.get_mut(place) {
                *there = cell.trim_ascii();
            }
            count = place + 1;
        }
        let cells = cells.get(..count).unwrap_or(&cells);
        read_cells(
            line,
            cells,
            self.columns,
            self.width,
            &mut self.codes,
            &mut self.rationale,
        )
    }
}

fn unquote(text: &[u8], separator: u8) -> Result<csv::ByteRecord, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(text);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(_) => Ok(record),
        Err(error) => Err(error.to_string()),
    }
}

fn read_cells<'b>(
    line: u64,
    cells: &[&'b [u8]],
    columns: &Columns,
    width: usize,
    codes: &mut HashMap<[u8; 5], Option<PackedCode>>,
    rationale: &'b mut String,
) -> Result<PackedEdit<'b>, String> {
    if cells.len() < width {
        return Err(format!("{} columns, the header has {width}", cells.len()));
    }
    if cells.iter().skip(width).any(|cell| !cell.is_empty()) {
        return Err(format!("more columns than the {width} of the header"));
    }
    let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
    let column1 = packed(cell(columns.column1), codes)?;
    let column2 = packed(cell(columns.column2), codes)?;
    let from = columns
        .effective
        .map(|place| day(cell(place), "effective date"))
        .transpose()?
        .flatten();
    let to = day(cell(columns.deletion), "deletion date")?;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(format!("deleted on {to}, before it began on {from}"));
    }
    Ok(PackedEdit {
        column1,
        column2,
        indicator: indicator(cell(columns.indicator))?,
        rationale: text(columns.rationale.map(cell).unwrap_or_default(), rationale),
        from,
        to,
        row: line,
    })
}

fn packed(text: &[u8], codes: &mut HashMap<[u8; 5], Option<PackedCode>>) -> Result<PackedCode, String> {
    let no_code = || format!("{:?} is neither a CPT nor a HCPCS code", shown(text));
    let key = <[u8; 5]>::try_from(text).map_err(|_| no_code())?;
    let pack = || {
        let text = std::str::from_utf8(text).ok()?;
        let code = [CodeSystem::Cpt, CodeSystem::Hcpcs]
            .into_iter()
            .find_map(|system| Code::parse(system, text).ok())?;
        PackedCode::of(&code)
    };
    codes.entry(key).or_insert_with(pack).ok_or_else(no_code)
}

fn indicator(text: &[u8]) -> Result<ModifierIndicator, String> {
    match text {
        b"0" => Ok(ModifierIndicator::NotAllowed),
        b"1" => Ok(ModifierIndicator::Allowed),
        b"9" => Ok(ModifierIndicator::NotApplicable),
        _ => Err(format!("{:?} is no modifier indicator (0, 1 or 9)", shown(text))),
    }
}

/// A day as `20240701`; `None` where there is none, written as `*` or left out.
fn day(text: &[u8], what: &str) -> Result<Option<NaiveDate>, String> {
    if matches!(text, b"" | b"*") {
        return Ok(None);
    }
    let parsed = || {
        let [y1, y2, y3, y4, m1, m2, d1, d2] = *text else {
            return None;
        };
        let year = number(&[y1, y2, y3, y4]).filter(|year| YEARS.contains(year))?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(&[m1, m2])?, number(&[d1, d2])?)
    };
    match parsed() {
        Some(day) => Ok(Some(day)),
        None => Err(format!("{:?} is no {what} such as 20240701", shown(text))),
    }
}

fn number(figures: &[u8]) -> Option<u32> {
    figures.iter().try_fold(0, |number, figure| {
        figure
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(figure - b'0'))
    })
}

/// A rationale as published; `None` if it is left out.
fn text<'b>(cell: &'b [u8], decoded: &'b mut String) -> Option<&'b str> {
    match std::str::from_utf8(cell) {
        Ok("") => None,
        Ok(text) => Some(text),
        Err(_) => {
            *decoded = decode(cell).into_owned();
            Some(decoded)
        }
    }
}

/// The beginning of what stands there, for a finding.
fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text.get(..40).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_or_refused() {
        assert_eq!(day(b"20240701", "day"), Ok(NaiveDate::from_ymd_opt(2024, 7, 1)));
        assert_eq!((day(b"*", "day"), day(b"", "day")), (Ok(None), Ok(None)));
        for wrong in [&b"20240732"[..], b"2024", b"2024070a", b"202407011", b"00240701"] {
            assert!(day(wrong, "day").is_err(), "{}", shown(wrong));
        }
    }
}
