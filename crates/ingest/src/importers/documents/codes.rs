//! Codes that a text names, found with care: five figures are a ZIP code, a price or a transmittal more often than a
//! procedure, so the words around them decide.

use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::sync::LazyLock;

/// The most codes that one passage is filed under: a list of hundreds is a table, and says nothing of each.
const MOST: usize = 64;
/// A passage that names more codes than this is about those of its heading, and mentions the rest.
const FEW: usize = 5;

/// The codes that a passage rules on, and the others that it names.
pub(in crate::importers) fn about_and_mentions(heading: &str, text: &str) -> (Vec<Code>, Vec<Code>) {
    let mut about = named_in(heading);
    let mut mentions = named_in(&format!("{heading}\n{text}"));
    mentions.retain(|code| !about.contains(code));
    if about.len() + mentions.len() <= FEW {
        about.append(&mut mentions);
    }
    mentions.truncate(MOST);
    (about, mentions)
}

/// The codes that `text` names, each once, in the order of the text.
pub(in crate::importers) fn named_in(text: &str) -> Vec<Code> {
    static SPEAKS_OF_CODES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(cpt|hcpcs|codes?|add-on)\b|\bmodifiers?\s+\w{2}\s+(?:with|on|to|for)\s+\d{5}\b")
            .ok()
    });
    let speaks_of_codes = SPEAKS_OF_CODES.as_ref().is_some_and(|form| form.is_match(text));
    let mut found = Vec::new();
    let tokens = tokens(text);
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| tokens.get(place));
        let code = dotted_diagnosis(token)
            .or_else(|| category(token, before))
            .or_else(|| hcpcs(token))
            .or_else(|| procedure(token, before).filter(|_| speaks_of_codes));
        found.extend(code);
    }
    found.extend(modifiers(&tokens));
    let mut seen = std::collections::HashSet::new();
    found.retain(|code| seen.insert(code.clone()));
    found
}

/// A run of letters, figures and dots, with the characters around it.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    /// What stands right ahead of it.
    ahead: Option<char>,
    /// What stands between the token before and this one.
    between: &'a str,
    /// Whether a dash and figures follow, as in a ZIP code or a telephone number.
    goes_on: bool,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '.';
    let mut tokens = Vec::new();
    let mut end = 0;
    let mut rest = text;
    let mut offset = 0;
    while let Some(begin) = rest.find(is_part) {
        let from = offset + begin;
        let run = &text[from..];
        let length = run.find(|c| !is_part(c)).unwrap_or(run.len());
        let (word, after) = run.split_at(length);
        let word_trimmed = word.trim_matches('.');
        tokens.push(Token {
            text: word_trimmed,
            ahead: text[..from].chars().next_back(),
            between: &text[end..from],
            goes_on: after
                .strip_prefix('-')
                .is_some_and(|more| more.len() >= 4 && digits_ahead(more) == 4),
        });
        end = from + length;
        offset = end;
        rest = after;
    }
    tokens
}

fn digits_ahead(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn dotted_diagnosis(token: &Token<'_>) -> Option<Code> {
    let (category, rest) = token.text.split_once('.')?;
    let is_upper = !token.text.chars().any(char::is_lowercase);
    let fits = is_upper && category.len() == 3 && (1..=4).contains(&rest.len()) && !rest.contains('.');
    fits.then(|| Code::parse(CodeSystem::Icd10Cm, token.text).ok())
        .flatten()
}

/// `I10` is a diagnosis where the word before says so.
fn category(token: &Token<'_>, before: Option<&Token<'_>>) -> Option<Code> {
    let bytes = token.text.as_bytes();
    let [letter, digit, _] = bytes else {
        return None;
    };
    let said = ["code", "codes", "category", "categories", "diagnosis", "cm"];
    let is_said = before.is_some_and(|before| said.contains(&before.text.to_lowercase().as_str()));
    let fits =
        letter.is_ascii_uppercase() && digit.is_ascii_digit() && is_said && token.between.trim().is_empty();
    fits.then(|| Code::parse(CodeSystem::Icd10Cm, token.text).ok())
        .flatten()
}

fn hcpcs(token: &Token<'_>) -> Option<Code> {
    let first = token.text.chars().next()?;
    let is_used = first.is_ascii_uppercase() && !matches!(first, 'F' | 'I' | 'N' | 'O');
    is_used
        .then(|| Code::parse(CodeSystem::Hcpcs, token.text).ok())
        .flatten()
}

fn procedure(token: &Token<'_>, before: Option<&Token<'_>>) -> Option<Code> {
    const NO_CODE_AFTER: [&str; 21] = [
        "transmittal",
        "cr",
        "rev",
        "request",
        "tn",
        "fr",
        "page",
        "pages",
        "no",
        "number",
        "suite",
        "box",
        "u.s.c",
        "usc",
        "cfr",
        "section",
        "phone",
        "fax",
        "order",
        "form",
        "zip",
    ];
    let is_amount =
        matches!(token.ahead, Some('$' | '€' | '#' | ',' | '/' | '§')) && token.between.trim() != ",";
    let is_listed = before.is_some_and(|before| NO_CODE_AFTER.contains(&before.text.to_lowercase().as_str()));
    // "Baltimore, MD 21244"
    let is_address = before.is_some_and(|before| {
        before.text.len() == 2
            && before.text.bytes().all(|c| c.is_ascii_uppercase())
            && before.between.contains(',')
    });
    let is_written_large = !token.text.chars().any(char::is_lowercase);
    if is_amount || is_listed || is_address || token.goes_on || !is_written_large {
        return None;
    }
    let code = Code::parse(CodeSystem::Cpt, token.text).ok()?;
    // No five-figure code of CPT lies outside these.
    let has_letter = token.text.ends_with(|c: char| c.is_ascii_uppercase());
    (has_letter || ("00100"..="99999").contains(&code.text())).then_some(code)
}

/// `modifier 25`, `modifiers 59, XE and -91`.
fn modifiers(tokens: &[Token<'_>]) -> Vec<Code> {
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let word = token.text;
        if !word.eq_ignore_ascii_case("modifier") && !word.eq_ignore_ascii_case("modifiers") {
            continue;
        }
        // In a line of capitals "MODIFIER IS" would be one.
        let is_shouted = word.chars().all(char::is_uppercase);
        for next in tokens.iter().skip(place + 1) {
            if is_modifier(next.text, is_shouted) {
                found.extend(Code::parse(CodeSystem::Modifier, next.text));
            } else if !matches!(next.text.to_lowercase().as_str(), "and" | "or") {
                break;
            }
            if next.between.contains(['.', ';', ':', '\n']) {
                break;
            }
        }
    }
    found
}

fn is_modifier(text: &str, is_shouted: bool) -> bool {
    let has_digit = text.bytes().any(|c| c.is_ascii_digit());
    text.len() == 2
        && text.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        && (has_digit || !is_shouted)
        && !matches!(
            text,
            "IS" | "OF" | "TO" | "IN" | "ON" | "OR" | "BY" | "IT" | "AN" | "NO"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        named_in(text).iter().map(Code::label).collect()
    }

    #[test]
    fn codes_are_found_where_the_words_around_them_say_so() {
        for (text, expected) in [
            (
                "CPT codes 99221-99223 and 0075T",
                &["CPT 99221", "CPT 99223", "CPT 0075T"][..],
            ),
            ("Report G0102 or J1745.", &["HCPCS G0102", "HCPCS J1745"]),
            (
                "See E11.65, U07.1 and K6A.1; E11.- too.",
                &["ICD-10-CM E11.65", "ICD-10-CM U07.1", "ICD-10-CM K6A.1"],
            ),
            ("Assign code I10 for it", &["ICD-10-CM I10"]),
            (
                "with modifier -25 or 59, not 12345",
                &["Modifier 25", "Modifier 59"],
            ),
            (
                "modifiers XE, XS, and LT",
                &["Modifier XE", "Modifier XS", "Modifier LT"],
            ),
            ("codes 11042, 11043", &["CPT 11042", "CPT 11043"]),
            ("MODIFIER IS REQUIRED", &[]),
            (
                "7500 Security Blvd, Baltimore, MD 21244-1850, code of conduct",
                &[],
            ),
            ("Baltimore, MD 21244 has codes", &[]),
            ("(Rev. 11892; Issued: 03-09-23) codes", &[]),
            ("It costs $12345 a code", &[]),
            ("38900 people live there", &[]),
            ("Pub. 100-03 in 2025, R74NCD.pdf", &[]),
        ] {
            assert_eq!(labels(text), expected, "{text}");
        }
    }

    #[test]
    fn a_passage_is_about_few_codes_and_mentions_many() {
        let (about, mentions) = about_and_mentions("Codes", "CPT 11042 and 11043");
        assert_eq!((about.len(), mentions.len()), (2, 0));
        let (about, mentions) = about_and_mentions("Codes", "CPT 11042 11043 11044 11045 11046 11047");
        assert_eq!((about.len(), mentions.len()), (0, 6));
        let (about, mentions) =
            about_and_mentions("Modifier 25", "Modifier 25 with 99213 is denied beside 20610");
        assert_eq!((about.len(), mentions.len()), (3, 0));
        let (about, mentions) = about_and_mentions("Modifier 25", "CPT 11042 11043 11044 11045 11046");
        assert_eq!((about.len(), mentions.len()), (1, 5));
    }
}
