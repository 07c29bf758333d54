//! What could do harm on a page, or pass a check by looking like something else.

use super::claims::regex;
use super::verdict::{Withheld, WithheldReason};
use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;

/// Refuses markup, hidden characters and lookalikes in a sentence in normal form NFKC. `vouched` says
/// whether a source or the question has the same word.
pub(super) fn refuse_unsafe(sentence: &str, vouched: impl Fn(&str) -> bool) -> Result<(), Withheld> {
    static MARKUP: LazyLock<Regex> =
        regex!(r"(?i)<\s*[a-z/!?]|&#?\w+;|!=|<>|=/=|javascript:|data:\w+/|\]\(|!\[");
    static SPACED_OUT: LazyLock<Regex> = regex!(r"\b(?:\p{L}[ .\-_'·]){2,}\p{L}\b");
    if MARKUP.is_match(sentence) {
        return refused("a sentence held markup or a link");
    }
    if sentence.chars().any(is_hidden) {
        return refused("a sentence held invisible characters");
    }
    if sentence.chars().any(|c| c.is_numeric() && !c.is_ascii()) {
        return refused("a sentence held digits of another script");
    }
    if words(sentence).any(mixes_scripts) {
        return refused("a sentence mixed letters of different scripts in one word");
    }
    // `nøt` reads as "not", and no folding of letters knows them all.
    if words(sentence).any(|word| !word.is_ascii() && !vouched(word)) {
        return refused("a sentence held letters that its source does not have");
    }
    if sentence
        .chars()
        .any(|c| is_symbol(c) && !vouched(c.encode_utf8(&mut [0; 4])))
    {
        return refused("a sentence held a symbol that its source does not have");
    }
    // "n o t" is read by people and not by the checks.
    if SPACED_OUT
        .find_iter(sentence)
        .any(|letters| !vouched(letters.as_str()))
    {
        return refused("a sentence held a word with its letters spaced out");
    }
    Ok(())
}

fn refused(why: &str) -> Result<(), Withheld> {
    Err(Withheld::because(WithheldReason::UnsafeText, why))
}

fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn mixes_scripts(word: &str) -> bool {
    word.chars().any(is_foreign) && word.chars().any(|c| c.is_alphanumeric() && !is_foreign(c))
}

/// A letter that is neither ASCII nor a Latin letter with a diacritic.
fn is_foreign(c: char) -> bool {
    let is_latin = c.is_ascii() || matches!(c, '\u{c0}'..='\u{17f}' | '\u{1e00}'..='\u{1eff}');
    c.is_alphabetic() && (!is_latin || matches!(c, 'ı' | 'ĸ' | 'ſ'))
}

/// A mark that is neither punctuation nor a sign that coding texts use: `≠` denies, `|` draws tables.
fn is_symbol(c: char) -> bool {
    const KNOWN: &str = "–—‐‑‒−‘’“”′…•·§±×≥≤°µ€£™®⁄";
    match c.is_ascii() {
        true => matches!(c, '|' | '^' | '~' | '\\' | '{' | '}'),
        false => !c.is_alphanumeric() && !c.is_whitespace() && !KNOWN.contains(c),
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        // What did not compose with its letter strikes through or piles up.
        || is_combining_mark(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}
