//! One line of an order file.

use codecite_codebook::{Code, CodeSystem};
use std::borrow::Cow;

/// One line that has the layout of an order file, with a code and a title.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Line number, counted from 1.
    pub number: u64,
    /// The publisher's order number.
    pub order: u32,
    pub code: Code,
    pub billable: bool,
    /// As published; up to some 230 characters.
    pub long_title: Cow<'a, str>,
}

/// Where the long title begins, counted from 0.
const LONG_TITLE: usize = 77;

impl<'a> Line<'a> {
    /// Reads one line, or says why it cannot be read.
    pub fn parse(number: u64, line: &'a [u8]) -> Result<Self, String> {
        if let Some(place) = line.iter().position(|byte| !(b' '..=b'~').contains(byte)) {
            return Err(format!(
                "byte {:#04x} in column {} is no printable ASCII",
                line[place],
                place + 1
            ));
        }
        let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
        if text.len() <= LONG_TITLE {
            return Err(format!(
                "only {} columns, the long title begins in column {}",
                text.len(),
                LONG_TITLE + 1
            ));
        }
        if !has_blanks(line) {
            return Err("columns 6, 14, 16 and 77 are not all blank".into());
        }
        if line[6] == b' ' {
            return Err("no code in column 7".into());
        }
        let order = text[..5]
            .parse()
            .map_err(|_| format!("{:?} in columns 1 to 5 is no order number", &text[..5]))?;
        let code = Code::parse(CodeSystem::Icd10Cm, &text[6..13]).map_err(|error| error.to_string())?;
        let billable = match line[14] {
            b'0' => false,
            b'1' => true,
            _ => {
                return Err(format!(
                    "flag {:?} in column 15 is neither 0 nor 1",
                    &text[14..15]
                ));
            }
        };
        let long_title = text[LONG_TITLE..].trim();
        if long_title.is_empty() {
            return Err("no long title from column 78 on".into());
        }
        Ok(Self {
            number,
            order,
            code,
            billable,
            long_title: long_title.into(),
        })
    }
}

/// Whether the columns before the titles look like an order file's, however damaged the rest is.
pub(crate) fn has_layout(line: &[u8]) -> bool {
    line.len() > 16
        && line[..5].iter().all(u8::is_ascii_digit)
        && [5, 13, 15].iter().all(|&column| line[column] == b' ')
        && line[6].is_ascii_uppercase()
        && matches!(line[14], b'0' | b'1')
}

fn has_blanks(line: &[u8]) -> bool {
    [5, 13, 15, 76]
        .iter()
        .all(|&column| line.get(column) == Some(&b' '))
}
