//! Where the next sentence in a growing text ends, with the citations that belong to it.

use codecite_codebook::ends_sentence;

/// What stands at the beginning of the text that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    /// More text is needed to tell.
    NotYet,
    /// A line break, up to `end`.
    LineBreak { end: usize },
    /// The marker of a list item, up to `end`.
    Marker { end: usize },
    /// A sentence with its citations, up to `end`.
    Sentence { end: usize },
}

/// Reads what stands first in `held`. With `finished`, no more text will come, and only an empty text is
/// [`Boundary::NotYet`].
pub(super) fn next_sentence(held: &str, at_line_start: bool, finished: bool) -> Boundary {
    if held.is_empty() {
        return Boundary::NotYet;
    }
    if held.starts_with(['\n', '\r']) {
        return Boundary::LineBreak { end: 1 };
    }
    if at_line_start {
        match list_marker(held) {
            Marker::Whole(end) => return Boundary::Marker { end },
            Marker::Perhaps if !finished => return Boundary::NotYet,
            Marker::Perhaps | Marker::None => {}
        }
    }
    let line_end = held.find(['\n', '\r']);
    let line = &held[..line_end.unwrap_or(held.len())];
    let line_is_whole = finished || line_end.is_some();
    sentence_end(line, line_is_whole)
}

enum Marker {
    Whole(usize),
    Perhaps,
    None,
}

/// `- `, `* `, `• `, `1. `, `2) `; the blank after it is what makes it one.
fn list_marker(line: &str) -> Marker {
    let text = line.trim_start_matches([' ', '\t']);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mark_len = match (digits, text[digits..].chars().next()) {
        (1..=2, Some('.' | ')')) => digits + 1,
        (0, Some(bullet @ ('-' | '*' | '•' | '–'))) => bullet.len_utf8(),
        (0..=2, None) => return Marker::Perhaps,
        _ => return Marker::None,
    };
    match text[mark_len..].chars().next() {
        Some(' ' | '\t') => Marker::Whole(line.len() - text.len() + mark_len + 1),
        Some(_) => Marker::None,
        None => Marker::Perhaps,
    }
}

fn sentence_end(line: &str, line_is_whole: bool) -> Boundary {
    for (mark, character) in line.char_indices() {
        if !matches!(character, '.' | '!' | '?' | '。') {
            continue;
        }
        let closed = mark + character.len_utf8() + closing_len(&line[mark + character.len_utf8()..]);
        let after = &line[closed..];
        if after.is_empty() && !line_is_whole {
            return Boundary::NotYet;
        }
        match citations_len(after) {
            Citations::Unfinished { .. } if !line_is_whole => return Boundary::NotYet,
            Citations::Whole(len) | Citations::Unfinished { whole: len } if len > 0 => {
                return Boundary::Sentence { end: closed + len };
            }
            Citations::Whole(_) | Citations::Unfinished { .. } | Citations::None => {}
        }
        let next = after.chars().next();
        // "an add-on code [1].Report" lacks its space.
        let runs_on = line[..mark].ends_with(']') && next.is_some_and(char::is_alphabetic);
        if character == '。' || runs_on || ends_sentence(line, mark, next) {
            return Boundary::Sentence { end: closed };
        }
    }
    match line_is_whole {
        true => Boundary::Sentence { end: line.len() },
        false => Boundary::NotYet,
    }
}

/// Quotes, brackets and emphasis that close with the sentence.
fn closing_len(after: &str) -> usize {
    after.len()
        - after
            .trim_start_matches(['"', '\'', '”', '’', ')', '*', '_', '`'])
            .len()
}

enum Citations {
    /// This long, and other text follows.
    Whole(usize),
    /// More text may belong to them; what is whole of them is this long.
    Unfinished {
        whole: usize,
    },
    None,
}

/// Citations behind the closing mark, as in `It is billable. [1] [2]`, blanks before them included.
fn citations_len(after: &str) -> Citations {
    let mut end = 0;
    let mut found = false;
    loop {
        let rest = &after[end..];
        let bracket = rest.trim_start_matches([' ', '\t', '\u{a0}']);
        let blanks = rest.len() - bracket.len();
        let opening = bracket.chars().next();
        if opening.is_none() {
            return Citations::Unfinished { whole: end };
        }
        if !matches!(opening, Some('[' | '［')) {
            return if found {
                Citations::Whole(end)
            } else {
                Citations::None
            };
        }
        match bracket.find([']', '］']) {
            Some(close) if is_number_list(&bracket[..close]) => {
                let closing_bracket = bracket[close..].chars().next().map_or(1, char::len_utf8);
                end += blanks + close + closing_bracket;
                found = true;
            }
            Some(_) => {
                return if found {
                    Citations::Whole(end)
                } else {
                    Citations::None
                };
            }
            None if is_number_list(bracket) && bracket.len() < 40 => {
                return Citations::Unfinished { whole: end };
            }
            None => {
                return if found {
                    Citations::Whole(end)
                } else {
                    Citations::None
                };
            }
        }
    }
}

fn is_number_list(inside: &str) -> bool {
    inside
        .chars()
        .skip(1)
        .all(|c| c.is_numeric() || matches!(c, ' ' | ',' | ';' | '，' | '-' | '–' | '‐' | '‑'))
}
