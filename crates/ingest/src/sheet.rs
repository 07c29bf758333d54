//! Tables with separators: found behind whatever preamble the publisher puts before the header.

use crate::refusals::while_hopeful;
use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{UTF_8, WINDOWS_1252};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// How many rows may stand before the header.
const MAX_PREAMBLE: usize = 30;
/// The most bytes of one value. The longest text of a coverage determination has 33,000.
pub(crate) const MAX_VALUE_BYTES: usize = 1 << 20;

/// A table whose header has been found.
pub(crate) struct Sheet {
    text: String,
    separator: u8,
    /// By the header's words, each blank run as one blank, in lower case.
    columns: HashMap<String, usize>,
    /// How many records, the header included, stand before the first row.
    skipped: usize,
    width: usize,
}

/// One row of a sheet.
pub(crate) struct SheetRow<'a> {
    /// Line in the file, counted from 1, on which it begins.
    pub line: u64,
    sheet: &'a Sheet,
    record: csv::StringRecord,
}

impl Sheet {
    /// Finds the header that has all of `wanted` (in lower case, a blank for each run of blanks or line ends)
    /// among the first rows. `None` if there is none: the file is another one.
    pub fn find(bytes: &[u8], separator: u8, wanted: &[&str]) -> Option<Self> {
        Self::find_where(bytes, separator, |columns| {
            wanted.iter().all(|name| columns.contains_key(*name))
        })
    }

    /// As [`Sheet::find`], by what `is_header` says of the names in a row.
    pub fn find_where(
        bytes: &[u8],
        separator: u8,
        is_header: impl Fn(&HashMap<String, usize>) -> bool,
    ) -> Option<Self> {
        let text = decode(bytes).into_owned();
        let mut reader = reader(&text, separator);
        let mut record = ByteRecord::new();
        for skipped in 1..=MAX_PREAMBLE {
            if !reader.read_byte_record(&mut record).ok()? {
                return None;
            }
            let columns: HashMap<String, usize> = record
                .iter()
                .enumerate()
                .map(|(place, name)| (normal(&String::from_utf8_lossy(name)), place))
                .collect();
            if is_header(&columns) {
                let width = record.len();
                return Some(Self {
                    text,
                    separator,
                    columns,
                    skipped,
                    width,
                });
            }
        }
        None
    }

    /// As [`Sheet::find`], for a header that is spread over several rows, the last of which has all of `wanted`: a
    /// column's name is what stands in it in all of them. A row with one value at most is a title, above the header.
    pub fn find_stacked(bytes: &[u8], separator: u8, wanted: &[&str]) -> Option<Self> {
        let text = decode(bytes).into_owned();
        let mut reader = reader(&text, separator);
        let mut record = ByteRecord::new();
        let mut stacked: Vec<String> = Vec::new();
        for skipped in 1..=MAX_PREAMBLE {
            if !reader.read_byte_record(&mut record).ok()? {
                return None;
            }
            let names: Vec<String> = record
                .iter()
                .map(|name| normal(&String::from_utf8_lossy(name)))
                .collect();
            if names.iter().filter(|name| !name.is_empty()).count() <= 1 {
                stacked.clear();
                continue;
            }
            stacked.resize(names.len().max(stacked.len()), String::new());
            for (above, name) in stacked.iter_mut().zip(&names) {
                *above = normal(&format!("{above} {name}"));
            }
            if wanted
                .iter()
                .all(|wanted| names.iter().any(|name| name == wanted))
            {
                let columns = stacked.into_iter().zip(0..).collect();
                let width = record.len();
                return Some(Self {
                    text,
                    separator,
                    columns,
                    skipped,
                    width,
                });
            }
        }
        None
    }

    /// Whether the header is there, by the first bytes of a file.
    pub fn is_in(head: &[u8], separator: u8, wanted: &[&str]) -> bool {
        Self::find(head, separator, wanted).is_some()
    }

    /// Whether the header has a column of that name.
    pub fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// The names of the columns, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<_> = self.columns.iter().collect();
        names.sort_by_key(|(_, place)| **place);
        names.into_iter().map(|(name, _)| name.as_str())
    }

    /// The first column whose name begins with `prefix`.
    pub fn column_with(&self, prefix: &str) -> Option<&str> {
        let mut names: Vec<_> = self
            .columns
            .keys()
            .filter(|name| name.starts_with(prefix))
            .collect();
        names.sort_by_key(|name| self.columns[*name]);
        names.first().map(|name| name.as_str())
    }

    /// The columns whose names have all of `parts` in them, in the order of the file.
    pub fn columns_with_all(&self, parts: &[&str]) -> Vec<&str> {
        let has_all = |name: &&String| parts.iter().all(|part| name.contains(part));
        let mut names: Vec<_> = self.columns.keys().filter(has_all).collect();
        names.sort_by_key(|name| self.columns[*name]);
        names.into_iter().map(String::as_str).collect()
    }

    /// The rows behind the header; `Err` with line and reason for one that is no row of this table.
    pub fn rows(&self) -> impl Iterator<Item = Result<SheetRow<'_>, (u64, String)>> {
        let reader = reader(&self.text, self.separator);
        let rows = reader.into_records().skip(self.skipped).flat_map(move |record| {
            let swallowed = record.as_ref().map_or(0..0, |record| self.swallowed_by(record));
            let row = swallowed.is_empty().then(|| self.row(record)).flatten();
            let refused = swallowed.map(|line| Err((line, STRAY_QUOTE.to_owned())));
            refused.chain(row)
        });
        while_hopeful(rows)
    }

    /// One record as a row; `None` for an empty one.
    fn row(&self, record: csv::Result<csv::StringRecord>) -> Option<Result<SheetRow<'_>, (u64, String)>> {
        match record {
            Ok(record) if record.iter().all(|value| value.trim().is_empty()) => None,
            Ok(record) => {
                let line = record.position().map_or(0, |position| self.line_of(position));
                Some(match self.misfit(&record) {
                    Some(why) => Err((line, why)),
                    None => Ok(SheetRow {
                        line,
                        sheet: self,
                        record,
                    }),
                })
            }
            Err(error) => Some(Err((
                error.position().map_or(0, csv::Position::line),
                error.to_string(),
            ))),
        }
    }

    /// Why a record is no row of this table; values behind the last column tell that all of them may be shifted.
    fn misfit(&self, record: &csv::StringRecord) -> Option<String> {
        let longest = record.iter().map(str::len).max().unwrap_or_default();
        if record.len() < self.width {
            return Some(format!("{} columns, the header has {}", record.len(), self.width));
        }
        if record
            .iter()
            .skip(self.width)
            .any(|value| !value.trim().is_empty())
        {
            return Some(format!(
                "values in more columns than the {} of the header",
                self.width
            ));
        }
        (longest > MAX_VALUE_BYTES).then(|| {
            format!(
                "a value of {longest} bytes, at most {MAX_VALUE_BYTES} are read; perhaps a quote is opened in it and not closed"
            )
        })
    }

    /// The lines that one stray quote has taken into a value, where most of them are rows themselves: it ends at the next
    /// quote or never. Every line counts, so that a file that is mostly lost is not loaded. Texts of coverage have
    /// hundreds of lines in one value, and these are no rows.
    fn swallowed_by(&self, record: &csv::StringRecord) -> Range<u64> {
        let separator = char::from(self.separator);
        let is_row = |line: &&str| line.matches(separator).count() + 1 >= self.width;
        let has_rows = |value: &&str| {
            if !value.contains('\n') {
                return false;
            }
            let rows = value.lines().filter(is_row).count();
            rows > 2 && rows * 2 > value.lines().count()
        };
        let first = record.position().map_or(0, |position| self.line_of(position));
        let lines: usize = record
            .iter()
            .filter(has_rows)
            .map(|value| value.lines().count())
            .sum();
        first..first + lines as u64
    }

    /// The line on which a record begins. The reader gives the place where the one before it ended: ahead of the second
    /// half of a line's end, and of blank lines.
    fn line_of(&self, position: &csv::Position) -> u64 {
        let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
    }
}

const STRAY_QUOTE: &str = "a quote that is opened before and not closed takes this line in; remove it";

impl SheetRow<'_> {
    /// The value of a row that has one only, as a foot note has.
    pub fn only_value(&self) -> Option<&str> {
        let mut values = self
            .record
            .iter()
            .map(str::trim)
            .filter(|value| !value.is_empty());
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    /// The value in the column of that name, without blanks around it; empty if there is no such column.
    pub fn get(&self, name: &str) -> &str {
        let place = self.sheet.columns.get(name);
        place
            .and_then(|place| self.record.get(*place))
            .unwrap_or_default()
            .trim()
    }
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn normal(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// The text of `bytes`: UTF-8 or UTF-16 with its mark, UTF-8 without, else Windows-1252, in which publishers
/// of older files write.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text,
        // The head of a file may be cut within a character.
        None if is_cut_utf8(bytes) => String::from_utf8_lossy(bytes),
        None => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

fn is_cut_utf8(bytes: &[u8]) -> bool {
    // A text whose first odd letter is its last byte is rather one of the older files.
    std::str::from_utf8(bytes).is_err_and(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        error.error_len().is_none() && !valid.is_ascii()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_behind_a_preamble_and_over_two_lines() {
        let text = "\"copyright,\nall of it\"\n\n\"HCPCS/\nCPT Code\",Practitioner Services MUE Values\n0001U,1\n\nshort\n";
        let sheet = Sheet::find(text.as_bytes(), b',', &["hcpcs/ cpt code"]).expect("a header");
        assert_eq!(
            sheet.column_with("practitioner"),
            Some("practitioner services mue values")
        );
        let rows: Vec<_> = sheet
            .rows()
            .map(|row| row.map(|row| (row.line, row.get("hcpcs/ cpt code").to_owned())))
            .collect();
        assert_eq!(rows[0], Ok((6, "0001U".to_owned())));
        assert!(
            matches!(&rows[1], Err((8, why)) if why.contains("1 columns")),
            "{rows:?}"
        );
    }

    #[test]
    fn a_row_has_the_line_on_which_it_stands_whatever_ends_the_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,2", "", "3,\"4", "5\"", "6,7", ""].join(end);
            let sheet = Sheet::find(text.as_bytes(), b',', &["a"]).expect("a header");
            let lines: Vec<u64> = sheet.rows().flatten().map(|row| row.line).collect();
            assert_eq!(lines, [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn a_stray_quote_loses_no_line_in_silence() {
        let text = "a,b\n1,2\n3,\"4\n5,6\n7,8\n9,10\n11,12\n";
        let sheet = Sheet::find(text.as_bytes(), b',', &["a"]).expect("a header");
        let told: Vec<Result<u64, u64>> = sheet
            .rows()
            .map(|row| row.map(|row| row.line).map_err(|(line, _)| line))
            .collect();
        assert_eq!(told, [Ok(2), Err(3), Err(4), Err(5), Err(6), Err(7)]);
        let prose = "a,b\n1,\"so it is,\nand so\nit goes\non\"\n2,3\n";
        let sheet = Sheet::find(prose.as_bytes(), b',', &["a"]).expect("a header");
        assert_eq!(sheet.rows().flatten().count(), 2);
    }

    #[test]
    fn a_row_that_is_wider_than_its_header_is_refused() {
        let text = format!("a,b\n1,2\n3,4,\n5,6,7\n8,{}\n", "x".repeat(MAX_VALUE_BYTES + 1));
        let sheet = Sheet::find(text.as_bytes(), b',', &["a"]).expect("a header");
        let told: Vec<Result<u64, (u64, String)>> = sheet.rows().map(|row| row.map(|row| row.line)).collect();
        assert!(matches!(&told[..2], [Ok(2), Ok(3)]), "{told:?}");
        for (told, line, word) in [(&told[2], 4, "more columns"), (&told[3], 5, "1048576")] {
            assert!(
                matches!(told, Err((at, why)) if *at == line && why.contains(word)),
                "{told:?}"
            );
        }
    }

    #[test]
    fn what_is_no_utf8_is_read_as_publishers_wrote_it() {
        assert_eq!(decode(b"caf\xe9"), "caf\u{e9}");
        assert_eq!(decode(b"\xef\xbb\xbfa"), "a");
        assert_eq!(decode(b"\xff\xfea\0"), "a");
    }
}
