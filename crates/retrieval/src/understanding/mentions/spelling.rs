//! Whether what has the shape of a code is spelled like one.

use super::super::guards::{is_abbreviation, is_look_alike};
use codecite_codebook::{Code, CodeSystem};

/// ICD-10-CM without a dot: see the head of this module. `in_context` says that the words speak of codes.
pub(super) fn is_icd10cm_spelling(run: &str, is_named: bool, in_context: bool) -> bool {
    let upper = run.to_ascii_uppercase();
    if is_abbreviation(&upper) || (is_look_alike(&upper) && !is_named) {
        return false;
    }
    let (category, rest) = upper.split_at(3);
    let has_digit = |place: usize| category.as_bytes()[place].is_ascii_digit();
    if !has_digit(1) || !has_digit(2) {
        let is_likely = upper == run && (has_digit(1) || category.starts_with('Q'));
        return (is_named || is_likely) && !is_word(rest);
    }
    match rest {
        "" => in_context || upper == run,
        // Only these letters stand in the fourth place, and q12h is every twelve hours.
        rest if rest.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            rest.starts_with(|c| matches!(c, 'A'..='K' | 'X' | 'Z')) && !is_word(rest)
        }
        _ => true,
    }
}

/// CPT, with the letters as releases use them: T, U and M codes all begin with 0.
pub(super) fn is_cpt_spelling(code: &str) -> bool {
    !code.ends_with(['T', 'U', 'M']) || code.starts_with('0')
}

/// Sections of ICD-10-PCS are 0–9, B, C, D, F, G, H and X. Seven digits are rather a record's number, and
/// lower case rather a word, unless the question says otherwise.
pub(super) fn is_icd10pcs_spelling(run: &str, is_named: bool) -> bool {
    let first = run.as_bytes()[0].to_ascii_uppercase();
    let is_section =
        first.is_ascii_digit() || matches!(first, b'B' | b'C' | b'D' | b'F' | b'G' | b'H' | b'X');
    let has_letters = run.bytes().any(|c| c.is_ascii_alphabetic());
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let is_upper = !run.bytes().any(|c| c.is_ascii_lowercase());
    is_section && (is_named || (has_letters && (is_upper || (digits >= 2 && first == b'0'))))
}

/// Letters of a word or of a file's ending, not of a code: `.pdf`. Placeholders and one seventh character
/// are a code's.
pub(super) fn is_word(tail: &str) -> bool {
    tail.len() >= 2
        && tail.bytes().all(|c| c.is_ascii_alphabetic())
        && !tail[..tail.len() - 1]
            .bytes()
            .all(|c| c.eq_ignore_ascii_case(&b'x'))
}

/// Whether a range can go from `first` to `last`.
pub(super) fn is_range(first: &Code, last: &Code) -> bool {
    last.system() == first.system()
        && last.text() > first.text()
        && (first.system() == CodeSystem::Icd10Cm || is_one_series(first.text(), last.text()))
}

/// Whether two codes can be the ends of one range: as long, with the same letter where letters stand.
fn is_one_series(first: &str, last: &str) -> bool {
    let letters = |code: &str| -> Vec<(usize, u8)> {
        code.bytes()
            .enumerate()
            .filter(|(_, c)| c.is_ascii_alphabetic())
            .collect()
    };
    first.len() == last.len() && letters(first) == letters(last)
}
