//! One passage of a topic, checked as a reviewer would: its codes, its words, its source.

use crate::starter::facts::Known;
use crate::starter::fill::fill;
use crate::starter::format::PassageEntry;
use crate::starter::locator;
use codecite_codebook::{
    Aspect, Authority, Code, EditionId, EffectiveRange, NaiveDate, Passage, PassageDraft, sentences,
};
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;
use toml::value::Datetime;

/// The most words of a text: with its title it has to fit the 256 word pieces that the embedding model reads.
const MAX_WORDS: usize = 150;
/// The most words of a sentence, so that one can be quoted alone.
const MAX_SENTENCE_WORDS: usize = 40;

/// Words at the beginning of a sentence that need another sentence before it.
const POINTING_BACK: [&str; 13] = [
    "It", "Its", "This", "These", "Those", "That", "They", "Their", "He", "She", "Such", "Here", "There",
];

/// Alphabetic modifiers that are told from words by their capitals alone.
const LETTER_MODIFIERS: [&str; 18] = [
    "XE", "XP", "XS", "XU", "TC", "RT", "LT", "AS", "PT", "GT", "FX", "SL", "CS", "QW", "AI", "FS", "GA",
    "GY",
];

/// The passage of `entry`, or what is `wrong` with it.
pub(crate) fn passage(
    entry: &PassageEntry,
    edition: &EditionId,
    known: &Known<'_>,
    ids: &HashSet<&str>,
    wrong: &mut Vec<String>,
) -> Option<Passage> {
    let text = fill(&entry.text, known, wrong);
    let about = codes(&entry.about, wrong);
    let mentions = codes(&entry.mentions, wrong);
    check_form(entry, ids, wrong);
    check_words(&text, wrong);
    check_codes_named(&format!("{text} {}", entry.title), &about, &mentions, wrong);
    let aspect = Aspect::from_word(&entry.aspect).filter(|aspect| *aspect != Aspect::Entry);
    if aspect.is_none() {
        wrong.push(format!("{:?} is no aspect of a passage", entry.aspect));
    }
    let effective = effective(entry, wrong);
    Some(Passage::new(PassageDraft {
        edition: edition.clone(),
        title: entry.title.clone(),
        text,
        aspect: aspect?,
        about,
        mentions,
        keywords: entry.keywords.clone(),
        billable: None,
        authority: Authority::new(entry.authority.clone()),
        locator: locator(&entry.document, entry.section.as_deref(), Some(&entry.url)),
        effective: effective?,
    }))
}

fn check_form(entry: &PassageEntry, ids: &HashSet<&str>, wrong: &mut Vec<String>) {
    let id = entry.id.get_ref();
    let kebab =
        |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !id.split('-').all(kebab) {
        wrong.push("its id is not in kebab-case".into());
    }
    if entry.title.trim().is_empty() || entry.title.ends_with('.') {
        wrong.push("its title is empty or ends with a full stop".into());
    }
    if entry.document.trim().is_empty() || entry.authority.trim().is_empty() {
        wrong.push("its document or authority is empty".into());
    }
    if !entry.url.starts_with("https://") {
        wrong.push(format!("{:?} is no https address", entry.url));
    }
    for related in &entry.related {
        if related == id || !ids.contains(related.as_str()) {
            wrong.push(format!("related {related:?} is no other passage"));
        }
    }
}

fn check_words(text: &str, wrong: &mut Vec<String>) {
    let words = text.split_whitespace().count();
    if words == 0 || words > MAX_WORDS {
        wrong.push(format!(
            "its text has {words} words, 1 to {MAX_WORDS} are allowed"
        ));
    }
    if !text.is_ascii() || text.contains(['*', '_', '`', '|', '#', '<', '>']) {
        wrong.push("its text is not plain ASCII without markup".into());
    }
    if !text.ends_with(['.', '?', '!']) {
        wrong.push("its last sentence has no full stop".into());
    }
    for sentence in sentences(text) {
        let words = sentence.split_whitespace().count();
        if words > MAX_SENTENCE_WORDS {
            wrong.push(format!(
                "a sentence has {words} words, at most {MAX_SENTENCE_WORDS} are allowed: {sentence:?}"
            ));
        }
        if sentence
            .split_whitespace()
            .next()
            .is_some_and(|first| POINTING_BACK.contains(&first))
        {
            wrong.push(format!(
                "a sentence points back, so it cannot stand alone: {sentence:?}"
            ));
        }
    }
}

/// Every code that stands in the words has to be declared, or a filter by code would miss the passage and the
/// gate would take the code for an invention.
fn check_codes_named(words: &str, about: &[Code], mentions: &[Code], wrong: &mut Vec<String>) {
    let declared: HashSet<&str> = about.iter().chain(mentions).map(Code::text).collect();
    for code in codes_in(words) {
        if !declared.contains(code.as_str()) {
            wrong.push(format!(
                "{code:?} stands in the text and is in neither about nor mentions"
            ));
        }
    }
    for code in mentions {
        if !words.contains(code.text()) {
            wrong.push(format!(
                "{} is in mentions and does not stand in the text",
                code.label()
            ));
        }
    }
}

/// Whatever in `words` is written like a code, modifier or place of service.
fn codes_in(words: &str) -> Vec<String> {
    let mut found: Vec<String> = TOKEN
        .iter()
        .flat_map(|token| token.find_iter(words))
        .flat_map(|token| parts(token.as_str()))
        .filter(|token| is_written_like_a_code(token))
        .map(str::to_owned)
        .collect();
    for list in AFTER_ITS_NAME.iter().flat_map(|list| list.captures_iter(words)) {
        let items = list.get(1).map_or("", |items| items.as_str());
        found.extend(
            items
                .split([' ', ','])
                .filter(|item| item.len() == 2)
                .filter_map(|item| {
                    let is_code = item.bytes().any(|c| c.is_ascii_digit())
                        || item.bytes().all(|c| c.is_ascii_uppercase());
                    is_code.then(|| item.to_owned())
                }),
        );
    }
    found.sort();
    found.dedup();
    found
}

/// Words and numbers with their inner dots and commas.
static TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[0-9A-Za-z]+(?:[.,][0-9A-Za-z]+)*").ok());

/// `modifiers 25, 57 and XU`, `POS 11 or 22`.
static AFTER_ITS_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let item = "(?:[0-9]{2}|[A-Z][0-9A-Z])";
    Regex::new(&format!(
        r"\b(?:[Mm]odifiers?|POS) ({item}\b(?:(?:, and |, or |, | and | or | to ){item}\b)*)"
    ))
    .ok()
});

/// A token with commas is a number such as `1,669,820`, or several tokens without blanks between them.
fn parts(token: &str) -> Vec<&str> {
    let parts: Vec<&str> = token.split(',').collect();
    let is_number = parts.len() > 1
        && parts[1..].iter().all(|part| part.len() == 3)
        && parts.iter().all(|part| part.bytes().all(|c| c.is_ascii_digit()));
    if is_number { Vec::new() } else { parts }
}

fn is_written_like_a_code(token: &str) -> bool {
    let bytes = token.as_bytes();
    let digits = |range: &[u8]| range.iter().all(u8::is_ascii_digit);
    match bytes {
        [first, second, third, b'.', rest @ ..] => {
            first.is_ascii_uppercase()
                && second.is_ascii_digit()
                && third.is_ascii_alphanumeric()
                && (1..=4).contains(&rest.len())
        }
        [first, middle @ .., last] if bytes.len() == 5 => {
            let number = digits(middle);
            number
                && (first.is_ascii_digit()
                    && (last.is_ascii_digit() || matches!(last, b'F' | b'T' | b'U' | b'M'))
                    || matches!(first, b'A'..=b'V') && last.is_ascii_digit())
        }
        [first, rest @ ..] if bytes.len() == 3 => first.is_ascii_uppercase() && digits(rest),
        _ => LETTER_MODIFIERS.contains(&token),
    }
}

fn codes(labels: &[String], wrong: &mut Vec<String>) -> Vec<Code> {
    let mut codes: Vec<Code> = Vec::with_capacity(labels.len());
    for label in labels {
        match label.parse::<Code>() {
            Ok(code) if codes.contains(&code) => wrong.push(format!("{label} stands twice in a list")),
            Ok(code) => codes.push(code),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    codes
}

fn effective(entry: &PassageEntry, wrong: &mut Vec<String>) -> Option<EffectiveRange> {
    if day(&entry.checked).is_none() {
        wrong.push("checked is no day".into());
    }
    let from = day(&entry.effective_from);
    let to = entry.effective_to.as_ref().map(day);
    let (Some(from), Some(to)) = (from, to.map_or(Some(None), |to| to.map(Some))) else {
        wrong.push("effective_from or effective_to is no day".into());
        return None;
    };
    EffectiveRange::new(from, to)
        .map_err(|error| wrong.push(error.to_string()))
        .ok()
}

/// The day of a TOML date without a time.
fn day(date: &Datetime) -> Option<NaiveDate> {
    match (date.date, date.time) {
        (Some(date), None) => {
            NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_seen_in_running_text_and_numbers_are_not() {
        for (words, codes) in [
            ("CPT 38900 goes with 38500, 38525.", "38500 38525 38900"),
            ("Put modifier 25 on 99213-25.", "25 99213"),
            ("Modifiers 58, 78 and XU apply.", "58 78 XU"),
            (
                "Report E11.9 or category I10 with 0001U and G2211.",
                "0001U E11.9 G2211 I10",
            ),
            (
                "POS 11, 22 or 24 in 2024, with 1,669,820 pairs and 2.50 RVUs.",
                "11 22 24",
            ),
            ("38500,38525", "38500 38525"),
            ("ICD-10-CM in CY2025, RVU25D, v30.2, MUE of 10 units.", ""),
        ] {
            assert_eq!(codes_in(words).join(" "), codes, "{words:?}");
        }
    }
}
