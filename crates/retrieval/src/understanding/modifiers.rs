//! Modifiers and places of service that the question names as such.
//!
//! Two characters are a modifier only where something says so: the word beside them, a dash before them, or
//! a spelling that nothing else has (`XU`). Those that hang on a code (`99213-25`) are read with the code.

use super::normal::pattern;
use super::scan::Scan;
use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A modifier and where it was named, its cue included.
pub(super) struct Named {
    pub code: Code,
    pub span: Range<usize>,
}

/// Words of two letters: after "modifier" or a dash they are English, unless written in upper case.
const ENGLISH: [&str; 36] = [
    "ad", "am", "an", "as", "at", "be", "by", "do", "dx", "ed", "er", "go", "he", "hi", "id", "if", "in",
    "is", "it", "me", "mi", "my", "no", "of", "ok", "on", "or", "rx", "so", "to", "up", "us", "vs", "we",
    "px", "re",
];

/// Modifiers of two digits, as CPT lists them. What is smaller is no modifier: `99202-05` is a range.
const IN_DIGITS: [&str; 43] = [
    "22", "23", "24", "25", "26", "27", "32", "33", "47", "50", "51", "52", "53", "54", "55", "56", "57",
    "58", "59", "62", "63", "66", "73", "74", "76", "77", "78", "79", "80", "81", "82", "90", "91", "92",
    "93", "95", "96", "97", "99", "1P", "2P", "3P", "8P",
];

/// Modifiers of letters that equipment carries besides those that stand after any code.
const ON_EQUIPMENT: [&str; 9] = ["RR", "NU", "UE", "LL", "KH", "KI", "KJ", "MS", "RA"];

/// Modifiers of letters that stand after a code without a dash, as on a claim: `20610 RT`.
const AFTER_A_CODE: [&str; 32] = [
    "RT", "LT", "TC", "XE", "XP", "XS", "XU", "GT", "GQ", "GA", "GX", "GY", "GZ", "GC", "GE", "GP", "GO",
    "GN", "KX", "QW", "QX", "QK", "QZ", "QY", "AA", "AS", "AI", "PT", "SA", "SG", "JW", "JZ",
];

/// Reads and takes out everything of the form "modifier 25 and 59", "25 modifier", "-59", "XU", "RT/LT".
pub(super) fn find(scan: &mut Scan) -> Vec<Named> {
    static AFTER_CUE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:modifiers?|mods?)\b\.?\s*(?:codes?\s+)?(?:like\s+|such as\s+)?[#:(']?\s*-?(?P<list>[0-9a-z]{2}\b(?:\s*(?:,\s*(?:and|or)|,|/|&|\+|and/or|and|or|vs\.?|versus|with|instead of|rather than)\s*(?:modifiers?\s*)?-?[0-9a-z]{2}\b|\s+(?-i:[A-Z][A-Z0-9])\b)*)",
        )
    });
    static BEFORE_CUE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?P<list>-?\b(?:\d\d|[A-Z][A-Z0-9]|x[epsu]|rt|lt|tc)\b(?:\s*(?:,\s*and|,|/|&|\+|and|or|vs\.?)\s*-?\b(?:\d\d|[A-Z][A-Z0-9]|x[epsu]|rt|lt|tc)\b)*)\s*-?\s*(?i:modifiers?|mods?)\b",
        )
    });
    static DASHED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r#"(?:^|[\s(\["',/])(?P<list>-(?:\d\d|[A-Z][A-Z0-9]))(?:[\s)\]"',;:?!/.]|$)"#)
    });
    static SET: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:\b(?:modifiers?|mods?)\s*)?-?\bX\s?(?:\{\s?EPSU\s?\}|\[EPSU\]|\(EPSU\)|EPSU)(?:\s*modifiers?\b)?",
        )
    });
    static GLUED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:modifier|mod)(?P<list>\d\d)\b"));
    static APPENDED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:append(?:ed|ing)?|attach(?:ed|ing)?|add(?:ed|ing)?|put(?:ting)?|us(?:e|ed|ing))\s+(?:an?\s+|the\s+)?(?P<list>-?(?:\d\d|[A-Z]{2}))\s+(?:to|on|onto|with)\s+(?:the\s+)?(?:cpt\s+|code\s+|hcpcs\s+)*[0-9A-Z]\d{3}[0-9A-Z]\b",
        )
    });
    static PLAIN: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?P<list>X[EPSU]|RT\s?/\s?LT|LT\s?/\s?RT)\b"));

    // "58 vs 78" and "difference between 25 and 57", as a whole question.
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^\W*(?:what(?:'s| is) the )?(?:differences? (?:between|of) (?P<list>\d\d (?:and|or|vs\.?) \d\d)|(?P<bare>\d\d (?:vs\.?|versus) \d\d))\W*$",
        )
    });

    let mut named = Vec::new();
    if let Some(pair) = PAIR.captures(&scan.open.clone())
        && let Some(list) = pair.name("list").or_else(|| pair.name("bare"))
    {
        take_list(scan, &mut named, list.as_str(), list.start(), list.range());
    }
    for found in SET.find_iter(&scan.open.clone()) {
        for text in ["XE", "XP", "XS", "XU"] {
            named.extend(modifier(text).map(|code| Named {
                code,
                span: found.range(),
            }));
        }
        scan.take(found.range());
    }
    for (form, cued) in [
        (&AFTER_CUE, true),
        (&BEFORE_CUE, true),
        (&GLUED, true),
        (&APPENDED, false),
        (&DASHED, false),
        (&PLAIN, false),
    ] {
        let open = scan.open.clone();
        for found in form.captures_iter(&open) {
            let (Some(whole), Some(list)) = (found.get(0), found.name("list")) else {
                continue;
            };
            let span = if cued { whole.range() } else { list.range() };
            if !cued && is_amount(&open[list.end()..]) {
                continue;
            }
            take_list(scan, &mut named, list.as_str(), list.start(), span);
        }
    }
    named.sort_by_key(|named| named.span.start);
    named
}

/// Reads "25 and 59" up to the first word that is none; the cue goes with what was read.
fn take_list(scan: &mut Scan, named: &mut Vec<Named>, list: &str, start: usize, span: Range<usize>) {
    static ONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b[0-9a-z]{2}\b"));
    // "mod OA" is moderate osteoarthritis.
    let cue = scan.open[span.clone()].to_ascii_lowercase();
    let moderate = cue.starts_with("mod") && !cue.starts_with("modifier");
    let mut end = None;
    for one in ONE.find_iter(list) {
        if matches!(one.as_str(), "or" | "of" | "vs" | "Or" | "VS") {
            continue;
        }
        if is_english(one.as_str()) || (moderate && !is_common(one.as_str())) {
            break;
        }
        let Some(code) = modifier(one.as_str()) else {
            break;
        };
        end = Some(start + one.end());
        named.push(Named {
            code,
            span: span.clone(),
        });
    }
    let Some(end) = end else { return };
    // Behind the list stands the cue ("25 modifier"), or words that were no modifiers.
    let list_end = start + list.len();
    let read = if end == list_end { span.end } else { end };
    scan.take(span.start..read);
}

/// `TC` and its like after a code, as on a claim; `None` where it may be a word.
pub(super) fn after_a_code(text: &str) -> Option<Code> {
    AFTER_A_CODE.contains(&text).then(|| modifier(text)).flatten()
}

/// The two characters behind a code's dash, if they are a modifier and not a word or the end of a range:
/// `99213-25`, `-gt`.
pub(super) fn behind_a_dash(text: &str) -> Option<Code> {
    let is_number = text.bytes().all(|c| c.is_ascii_digit());
    if is_english(text) || (is_number && text < IN_DIGITS[0]) {
        None
    } else {
        modifier(text)
    }
}

/// Two digits that a code's modifier may be where only a blank or "with" is between: `99213 25`.
pub(super) fn in_digits(text: &str) -> Option<Code> {
    IN_DIGITS.contains(&text).then(|| modifier(text)).flatten()
}

/// Two letters written together with a code, in upper case: `93000TC`, `E0601RR`. Those with X are left out,
/// because an injury's code ends in them (`S0120XS`).
pub(super) fn glued_to_a_code(text: &str) -> Option<Code> {
    let is_listed = AFTER_A_CODE.contains(&text) || ON_EQUIPMENT.contains(&text);
    (is_listed && !text.starts_with('X'))
        .then(|| modifier(text))
        .flatten()
}

/// Places of service that are named as such: "POS 22", "place of service 11 or 22".
pub(super) fn find_places(scan: &mut Scan) -> Vec<Code> {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:pos|place(?:s)?[ -]of[ -]service)(?:\s+codes?)?\s*(?:is|=|:|#|-)?\s*(?P<list>\d\d\b(?:\s*(?:,\s*(?:and|or)|,|/|&|and|or|vs\.?|versus)\s*(?:pos\s*)?\d\d\b)*)",
        )
    });
    static ONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d\d\b"));
    let mut places = Vec::new();
    for found in PLACE.captures_iter(&scan.open.clone()) {
        let (Some(whole), Some(list)) = (found.get(0), found.name("list")) else {
            continue;
        };
        for one in ONE.find_iter(list.as_str()) {
            let place = Code::parse(CodeSystem::PlaceOfService, one.as_str()).ok();
            places.extend(place.filter(|place| !places.contains(place)));
        }
        scan.take(whole.range());
    }
    places
}

fn modifier(text: &str) -> Option<Code> {
    Code::parse(CodeSystem::Modifier, text).ok()
}

fn is_english(text: &str) -> bool {
    // Upper case is meant: AS is assistance by a physician assistant. OR and the like are shouted words.
    ENGLISH.contains(&text)
        || matches!(
            text,
            "OR" | "IF" | "IS" | "IT" | "OF" | "ON" | "TO" | "IN" | "NO" | "MY" | "VS"
        )
}

fn is_common(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit()) || AFTER_A_CODE.contains(&text.to_ascii_uppercase().as_str())
}

/// "-25 °C" and "-10 %" are amounts.
fn is_amount(rest: &str) -> bool {
    let rest = rest.trim_start();
    ["%", "°", "deg", "mm", "cm", "mg", "kg", "lb", "percent"]
        .iter()
        .any(|unit| rest.starts_with(unit))
}
