//! One spelling for what keyboards, word processors and PDF files write in many.

use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// The first digit of each run of ten decimal digits that NFKC leaves alone (Arabic, Devanagari, …).
const DIGIT_RUNS: [u32; 34] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50,
];

/// Compiles a pattern of this room. Every pattern is a constant, and the tests of its module run it.
///
/// Its `\b`, `\d`, `\s` and `\w` mean ASCII, which a normalised question is as far as codes go; their Unicode
/// meaning makes automata that take longer to compile and to run.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(&ascii(text)).expect("a constant pattern")
}

fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len() * 2);
    let mut in_class = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, in_class) {
            ('\\', _) => match (chars.next(), in_class) {
                (Some('b'), false) => ascii.push_str(r"(?-u:\b)"),
                (Some('d'), false) => ascii.push_str("[0-9]"),
                (Some('d'), true) => ascii.push_str("0-9"),
                (Some('s'), false) => ascii.push_str(r"[ \t\r\n]"),
                (Some('s'), true) => ascii.push_str(r" \t\r\n"),
                (Some('w'), false) => ascii.push_str("[0-9A-Za-z_]"),
                (Some('w'), true) => ascii.push_str("0-9A-Za-z_"),
                (Some('S'), false) => ascii.push_str(r"[^ \t\r\n]"),
                (Some('W'), false) => ascii.push_str("[^0-9A-Za-z_]"),
                (other, _) => {
                    ascii.push('\\');
                    ascii.extend(other);
                }
            },
            (c, _) => {
                in_class = match c {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                ascii.push(c);
            }
        }
    }
    ascii
}

/// Full-width and other digits become ASCII, every dash `-`, every quote `'`, every space one blank; marks
/// such as ® go, and a superscript (a footnote's number) becomes a blank, so that it is no digit of a code.
pub(super) fn normalise(question: &str) -> String {
    static GLUED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(cpt|hcpcs)(\d)"));
    let mut text = String::with_capacity(question.len());
    for c in question.chars() {
        match c {
            '®' | '™' | '℠' | '©' | '\u{AD}' | '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}' => {}
            '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' => text.push(' '),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => text.push('-'),
            '‘' | '’' | 'ʼ' | '`' | '´' => text.push('\''),
            '“' | '”' | '„' => text.push('"'),
            c if c.is_whitespace() => text.push(' '),
            c => text.extend(std::iter::once(c).nfkc().map(plain)),
        }
    }
    match GLUED.is_match(&text) {
        true => GLUED.replace_all(&text, "$1 $2").into_owned(),
        false => text,
    }
}

fn plain(c: char) -> char {
    let number = u32::from(c);
    let digit = DIGIT_RUNS
        .iter()
        .find(|first| (**first..**first + 10).contains(&number))
        .and_then(|first| char::from_digit(number - first, 10));
    match (digit, c) {
        (Some(digit), _) => digit,
        (None, '\u{2010}'..='\u{2015}' | '\u{2212}' | '﹣') => '-',
        (None, c) if c.is_whitespace() => ' ',
        (None, c) => c,
    }
}

#[cfg(test)]
mod tests {
    use super::{ascii, normalise};

    #[test]
    fn a_pattern_keeps_its_meaning_inside_and_outside_of_brackets() {
        assert_eq!(
            ascii(r"\b\d[\d\s-]\.\W"),
            r"(?-u:\b)[0-9][0-9 \t\r\n-]\.[^0-9A-Za-z_]"
        );
    }

    #[test]
    fn many_spellings_become_one() {
        for (written, plain) in [
            ("CPT® 38900", "CPT 38900"),
            ("CPT38900", "CPT 38900"),
            ("３８９００－５９", "38900-59"),
            ("99202–99205", "99202-99205"),
            ("E11.9\u{a0}and\u{202f}I10", "E11.9 and I10"),
            ("٩٩٢١٣", "99213"),
            ("38900¹", "38900 "),
            ("99\u{200b}213", "99213"),
        ] {
            assert_eq!(normalise(written), plain, "{written:?}");
        }
    }
}
