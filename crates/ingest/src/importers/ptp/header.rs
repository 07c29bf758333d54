//! Where the columns of a table of edits stand.

use crate::sheet::decode;
use std::borrow::Cow;

/// How many lines may stand before the header, and how many it may have.
const MAX_LINES: usize = 30;

/// The header of a table, found.
pub(super) struct Header {
    pub separator: u8,
    pub columns: Columns,
    /// How many columns there are.
    pub width: usize,
    /// Length of everything up to the first row.
    length: usize,
    /// Number of the first row's line.
    first_line: u64,
}

/// The places of the columns, counted from 0.
pub(super) struct Columns {
    pub column1: usize,
    pub column2: usize,
    pub effective: Option<usize>,
    pub deletion: usize,
    pub indicator: usize,
    pub rationale: Option<usize>,
}

/// The bytes without a mark of their order, and UTF-16 as UTF-8.
pub(super) fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Cow::Owned(decode(bytes).into_owned().into_bytes()),
        _ => Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    }
}

impl Header {
    /// Finds the header. `None` if there is none: the file is another one.
    pub fn find(bytes: &[u8]) -> Option<Self> {
        [b'\t', b',']
            .into_iter()
            .find_map(|separator| Self::with(separator, bytes))
    }

    fn with(separator: u8, bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .take(MAX_LINES)
            .peekable();
        let (mut length, mut first_line) = (0, 1);
        let mut names = Vec::new();
        for line in lines.by_ref() {
            length += line.len();
            first_line += 1;
            names = cells(line, separator);
            if place(&names, "column 1").is_some() && place(&names, "column 2").is_some() {
                break;
            }
            names.clear();
        }
        let (column1, column2) = (place(&names, "column 1")?, place(&names, "column 2")?);
        // The lines that go on with the header have no codes.
        while let Some(line) = lines.next_if(|line| is_continued(&cells(line, separator), column1, column2)) {
            length += line.len();
            first_line += 1;
            for (name, more) in names.iter_mut().zip(cells(line, separator)) {
                *name = format!("{name} {more}").trim().to_owned();
            }
        }
        let beginning = |word: &str| names.iter().position(|name| name.starts_with(word));
        Some(Self {
            separator,
            columns: Columns {
                column1,
                column2,
                effective: beginning("effective"),
                deletion: beginning("deletion")?,
                indicator: beginning("modifier")?,
                rationale: names.iter().position(|name| name.contains("rationale")),
            },
            width: names.len(),
            length,
            first_line,
        })
    }

    /// The lines below the header with their numbers from 1; those that are empty are passed over.
    pub fn lines_below<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
        let separator = self.separator;
        let is_blank = move |line: &[u8]| {
            line.iter()
                .all(|byte| byte.is_ascii_whitespace() || *byte == separator)
        };
        bytes
            .get(self.length..)
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .zip(self.first_line..)
            .filter(move |(line, _)| !is_blank(line))
            .map(|(line, number)| (number, line))
    }
}

fn place(names: &[String], wanted: &str) -> Option<usize> {
    names.iter().position(|name| name == wanted)
}

fn is_continued(cells: &[String], column1: usize, column2: usize) -> bool {
    let is_empty = |place: usize| cells.get(place).is_some_and(String::is_empty);
    is_empty(column1) && is_empty(column2) && cells.iter().any(|cell| !cell.is_empty())
}

/// The cells of a line of the header, in lower case, with a blank for each underscore and run of blanks.
fn cells(line: &[u8], separator: u8) -> Vec<String> {
    let cell = |cell: &[u8]| {
        let name = String::from_utf8_lossy(cell)
            .replace(['_', '"'], " ")
            .to_lowercase();
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    line.split(|byte| *byte == separator).map(cell).collect()
}
