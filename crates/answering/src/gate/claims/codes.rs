//! Codes, their ranges, and the columns of edits.

use super::{Claims, blank, regex};
use codecite_codebook::Code;
use regex::Regex;
use std::sync::LazyLock;

// With a dot only where a code has it, so that "E11.Then" is not one word.
static WORD: LazyLock<Regex> = regex!(r"\b[A-Za-z0-9]{3}\.[0-9A-Za-z]{1,4}\b|\b[A-Za-z0-9]{3,12}\b");
static RANGE: LazyLock<Regex> = regex!(
    r"(?i)\b([A-Z0-9]{3}\.[0-9A-Z]{1,4}|[A-Z0-9]{3,7})\s*(?:[-‐‑–—…~]|\.{2,3}|\bup\s+(?:to|through)\b|\bto\b|\bthrough\b|\bthru\b|\buntil\b|\btill\b)\s*([A-Z0-9]{3}\.[0-9A-Z]{1,4}|[A-Z0-9]{3,7})\b"
);
static COLUMN: LazyLock<Regex> = regex!(r"(?i)\bcolumn[\s-]*(1|2|one|two)\b");

/// How far a code may stand from the column that it is said to be in, in bytes.
const NEAR: usize = 32;

impl Claims {
    pub(super) fn take_codes(&mut self, text: &str) -> String {
        for found in RANGE.captures_iter(text) {
            if let (Some(first), Some(last)) = (designator(&found[1]), designator(&found[2])) {
                self.code_ranges.insert((first, last));
            }
        }
        let codes = &mut self.codes;
        blank(&WORD, text, |found| {
            let designator = designator(&found[0]);
            codes.extend(designator.clone());
            designator.is_some()
        })
    }

    /// Puts each "column 1" to the nearest code, as in `20610 (column 1) with 99213 (column 2)`.
    pub(super) fn take_columns(&mut self, text: &str) {
        let codes: Vec<(usize, usize, String)> = WORD
            .find_iter(text)
            .filter_map(|found| Some((found.start(), found.end(), designator(found.as_str())?)))
            .collect();
        for column in COLUMN.captures_iter(text) {
            let Some(whole) = column.get(0) else { continue };
            let distance = |(start, end, _): &&(usize, usize, String)| {
                start.saturating_sub(whole.end()) + whole.start().saturating_sub(*end)
            };
            let nearest = codes
                .iter()
                .min_by_key(distance)
                .filter(|code| distance(code) <= NEAR);
            if let Some((_, _, code)) = nearest {
                let number = if matches!(&column[1], "1" | "one" | "One" | "ONE") {
                    1
                } else {
                    2
                };
                self.columns.insert((code.clone(), number));
            }
        }
    }
}

/// The word in upper case without its dot, if it designates something exactly: a code, or letters mixed with
/// digits such as `A1C`. A number with its unit (`10MG`, `7TH`, `2X`) is a number.
pub(super) fn designator(word: &str) -> Option<String> {
    static MEASURE: LazyLock<Regex> =
        regex!(r"^\d+(?:\.\d+)?(?:MG|ML|MCG|CM|MM|KG|G|L|MIN|MINS|HR|HRS|H|D|X|ST|ND|RD|TH|YO|S|K|M)$");
    let word = word.to_ascii_uppercase();
    let has_digit = word.bytes().any(|c| c.is_ascii_digit());
    let has_letter = word.bytes().any(|c| c.is_ascii_alphabetic());
    let five_digits = word.len() == 5 && word.bytes().all(|c| c.is_ascii_digit());
    (five_digits || (has_digit && has_letter && !MEASURE.is_match(&word))).then(|| word.replace('.', ""))
}

/// Whether a designator has the shape of a code that the tables can be asked for. Short ones without a dot,
/// such as `A1C` or `B12`, are words as often as they are codes.
pub(crate) fn shape_of_code(designator: &str) -> bool {
    designator.len() >= 4 && !Code::candidates(designator).is_empty()
}
