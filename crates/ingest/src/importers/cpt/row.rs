//! One row of a file of descriptors, and the columns of the list that has a header.

use codecite_codebook::{Code, CodeSystem};

/// The longest line of a file without tabs: 80 or 106 columns. Fee schedules have longer ones.
const LONGEST_LINE: usize = 120;

/// One row without a header above it.
pub(super) struct Row<'a> {
    pub code: Code,
    pub text: &'a str,
    /// Counts the lines of a wrapped descriptor from 1.
    pub counter: Option<u32>,
    pub has_concept: bool,
}

impl<'a> Row<'a> {
    pub fn parse(line: &'a str) -> Option<Self> {
        let row = match line.contains('\t') {
            true => Self::separated(line),
            false => Self::fixed(line),
        }?;
        // Tables of pairs have a code where a descriptor would be.
        let says_something = row.text.chars().any(char::is_alphabetic) && cpt(row.text).is_none();
        says_something.then_some(row)
    }

    fn separated(line: &'a str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let (code, text, has_concept) = match fields.as_slice() {
            [code, text] => (code, text, false),
            [code, text, rest @ ..] if cpt(code).is_some() && rest.iter().all(|field| field.is_empty()) => {
                (code, text, false)
            }
            [concept, code, text] | [concept, code, _, text] if is_number(concept) => (code, text, true),
            _ => return None,
        };
        Some(Self {
            code: cpt(code)?,
            text,
            counter: None,
            has_concept,
        })
    }

    fn fixed(line: &'a str) -> Option<Self> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        let code = cpt(line.get(..5)?)?;
        let rest = line.get(5..)?;
        let (counter, text) = match rest.strip_prefix(' ') {
            Some(text) => (None, text),
            None => (
                Some(rest.get(..2)?.parse().ok()?),
                rest.get(2..)?.strip_prefix(' ')?,
            ),
        };
        Some(Self {
            code,
            text: text.trim(),
            counter,
            has_concept: false,
        })
    }
}

pub(super) fn cpt(text: &str) -> Option<Code> {
    Code::parse(CodeSystem::Cpt, text).ok()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// The columns of the consolidated list.
pub(super) struct Columns {
    /// Lines ahead of the first row, the header included.
    pub header: usize,
    pub code: usize,
    pub long: Option<usize>,
    pub medium: Option<usize>,
    pub short: Option<usize>,
    pub consumer: Option<usize>,
}

impl Columns {
    pub fn find(text: &str) -> Option<Self> {
        text.lines().take(80).zip(1..).find_map(|(line, header)| {
            let names: Vec<String> = line.split('\t').map(|name| name.trim().to_lowercase()).collect();
            let place = |wanted: &str| names.iter().position(|name| name == wanted);
            let columns = Self {
                header,
                code: place("cpt code")?,
                long: place("long"),
                medium: place("medium"),
                short: place("short"),
                consumer: place("consumer"),
            };
            let has_texts = [columns.long, columns.medium, columns.short, columns.consumer]
                .iter()
                .any(Option::is_some);
            has_texts.then_some(columns)
        })
    }
}
