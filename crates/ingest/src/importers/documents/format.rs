//! Which format a file has, by its content.

use super::{docx, html, markdown};
use crate::sheet::decode;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Pdf,
    Docx,
    Html,
    Markdown,
    Plain,
}

impl Format {
    pub fn of(name: &str, bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"%PDF") {
            return Some(Self::Pdf);
        }
        if docx::is_one(name, bytes) {
            return Some(Self::Docx);
        }
        if bytes.starts_with(b"PK") || bytes.is_empty() {
            return None;
        }
        let head = decode(bytes.get(..8_192).unwrap_or(bytes)).into_owned();
        if html::is_page(&head) {
            return Some(Self::Html);
        }
        let is_text = !head.contains(|c: char| c.is_control() && !c.is_whitespace())
            && head.contains(char::is_alphabetic);
        match is_text {
            true if markdown::is_one(name, &head) => Some(Self::Markdown),
            true => Some(Self::Plain),
            false => None,
        }
    }

    pub fn looks_like(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF",
            Self::Docx => "a DOCX document",
            Self::Html => "an HTML page",
            Self::Markdown => "a Markdown text",
            Self::Plain => "a text",
        }
    }
}

/// Whether a text is a table, or written for programs.
pub(super) fn is_table(bytes: &[u8]) -> bool {
    let head = decode(bytes.get(..8_192).unwrap_or(bytes)).into_owned();
    let start = head.trim_start();
    let lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(12)
        .collect();
    let separated = |separator: char| {
        let counts: Vec<usize> = lines.iter().map(|line| line.matches(separator).count()).collect();
        counts.len() >= 2
            && counts
                .iter()
                .all(|count| *count >= 2 && Some(count) == counts.first())
    };
    start.starts_with(['<', '{', '[']) || [',', '\t', ';', '|'].into_iter().any(separated)
}
