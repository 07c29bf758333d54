//! What remains of a question to search by meaning, once codes, dates and courtesy are gone.

use super::intent::{Intent, SYSTEM};
use super::normal::pattern;
use crate::stems::is_stop_word;
use regex::Regex;
use std::sync::LazyLock;

/// Beginnings that say that something is asked, and not what. Taken off again and again, so that
/// "Hi, can you tell me which ICD-10 code is used for gout" leaves "gout".
static COURTESY: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    openings([
        r"(?:hi|hello|hey|dear|please|pls|plz|thanks|thank you|okay|quick question|question|good (?:morning|afternoon))\b[\s,.:;!]+|(?:ok|so|also|and|then|now|well),\s+".to_owned(),
        r"(?:can|could|would|will) (?:you|someone|anyone) (?:please )?(?:tell me|help me(?: to)?(?: find| with)?|give me|find(?: me)?|explain|show me|look up|advise(?: on)?|clarify|confirm)\b\s*".to_owned(),
        r"(?:i|we)(?:'m| am| would| do|'re| are)? (?:not sure|wondering|trying to find|looking for|like to know|like to|need(?: help with| to know| to find| to code)?|want(?: to know| to find| to code)?)\b\s*".to_owned(),
        r"(?:tell|give|show|help) (?:me|us)(?: with| about)?\s+|(?:find|look ?up|search(?: for)?|define|explain|describe)\s+".to_owned(),
        r"(?:what|which)(?:'?s|\s+is|\s+are|\s+was|\s+do(?:es)?)?\b\s+".to_owned(),
    ])
});

/// Beginnings of a question for a code.
static FOR_A_CODE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let adjective = r"(?:best|correct|right|appropriate|proper|exact|most specific|specific|accurate|possible|valid|billable|new|current|primary)";
    let asked = format!(r"(?:(?:the|an?|any|all|some|my|me|us)\s+)*(?:{adjective},?\s+)*(?:{SYSTEM}\s*)*");
    let verb = r"(?:(?:do|does|should|would|can|could|must|will|did)\s+(?:i|you|we|one|they)\s+|is\s+|are\s+|to\s+|be\s+|i\s+|you\s+|we\s+|use[ds]?\s+|using\s+|reports?\s+|reported\s+|bill(?:ed)?\s+|assign(?:ed)?\s+|pick\s+|choose\s+|describes?\s+|represents?\s+|supports?\s+|justif(?:y|ies)\s+|identif(?:y|ies)\s+|covers?\s+|captures?\s+|goes\s+|apply\s+|applies\s+|assigned\s+|given\s+|there\s+|correct\s+|appropriate\s+|best\s+)";
    openings([
        format!(
            r"(?:what|which|what's|whats)\s+(?:is\s+|are\s+|'s\s+|was\s+|would be\s+|should be\s+)?{asked}(?:codes?|diagnos[ei]s)\b\s*{verb}*(?:for|when|with|of|to)?\s+"
        ),
        format!(
            r"(?:what|which|what's|whats)\s+(?:is\s+|are\s+|was\s+|would be\s+)?(?:the\s+|an?\s+)?{SYSTEM}\s*(?:for|of)\s+"
        ),
        r"how\s+(?:do|does|would|should|can|to|must|is|are)\s+(?:(?:i|you|we|one)\s+)?(?:properly |correctly )?(?:cod(?:e|ed|ing)|bill(?:ed)?|report(?:ed)?)\s+(?:for\s+)?".to_owned(),
        format!(r"{asked}(?:codes?|codings?)\s+{verb}*(?:for|of|when)\s+"),
        format!(r"{SYSTEM}\s*(?:codes?\s+)?(?:for|of|:|-)\s*"),
        format!(r"(?:the\s+|an?\s+)?{SYSTEM}\s+codes?\s+"),
        r"(?:code|coding)\s+(?:this|for|a|an|the)?\b\s*".to_owned(),
        r"(?:there\s+is|is\s+there|there\s+are|are\s+there)\s+(?:an?\s+|any\s+)?".to_owned(),
    ])
});

fn openings<const N: usize>(texts: [String; N]) -> Vec<Regex> {
    texts
        .into_iter()
        .map(|text| pattern(&format!(r"(?i)^\W*(?:{text})")))
        .collect()
}

static ENDINGS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"[\s,.:;?!]+(?:please|pls|plz|thanks|thank you|thx)\W*$".to_owned(),
        r"[\s,.:;-]+(?:the\s+|an?\s+)?(?:cpt|hcpcs|icd[- ]?10(?:[- ]?(?:cm|pcs))?|icd|pcs)(?:\s+codes?)?\W*$"
            .to_owned(),
        r"[\s,.:;-]+(?:the\s+|an?\s+)?(?:dx|diagnosis|procedure|billing)\s+codes?\W*$".to_owned(),
        r"[\s,]+codes?\W*$".to_owned(),
    ]
    .into_iter()
    .map(|text| pattern(&format!("(?i){text}")))
    .collect()
});

/// Words that carry no meaning at either end of what is left.
const EDGES: [&str; 78] = [
    "a", "about", "also", "an", "and", "any", "are", "as", "be", "been", "being", "bill", "billed", "but",
    "by", "can", "claim", "code", "coded", "codes", "coding", "could", "did", "do", "does", "either",
    "explain", "for", "from", "get", "how", "i", "if", "is", "it", "its", "know", "let", "mean", "means",
    "meaning", "me", "my", "of", "or", "our", "please", "report", "reported", "say", "should", "so",
    "submit", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "us", "versus", "vs", "was", "we", "were", "what", "which", "will", "with", "would",
    "you",
];

/// Words that say nothing when only such are left.
const ALONE: [&str; 26] = [
    "all",
    "at",
    "billing",
    "both",
    "had",
    "has",
    "have",
    "he",
    "her",
    "his",
    "in",
    "into",
    "on",
    "one",
    "per",
    "reporting",
    "she",
    "some",
    "use",
    "used",
    "using",
    "via",
    "who",
    "whose",
    "your",
    "same",
];

/// Words that say how one code stands to another, and describe nothing.
const RELATIONS: [&str; 34] = [
    "allowed",
    "appropriate",
    "billable",
    "cover",
    "covered",
    "covers",
    "denied",
    "goes",
    "instead",
    "justifies",
    "justify",
    "match",
    "matches",
    "medical",
    "necessity",
    "needed",
    "needs",
    "pair",
    "paired",
    "pairs",
    "payable",
    "reject",
    "rejected",
    "replace",
    "replaced",
    "replaces",
    "required",
    "requires",
    "still",
    "support",
    "supported",
    "supports",
    "together",
    "valid",
];

/// Whether words describe something that a code could stand for.
pub(super) fn describe_something(words: &str) -> bool {
    words
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .any(|word| word.len() >= 2 && !is_stop_word(&word) && !RELATIONS.contains(&word.as_str()))
}

/// What remains of the words that are not yet understood; empty when nothing is left but words without a
/// meaning of their own.
pub(super) fn remaining(words: &str, intent: Intent) -> String {
    let mut words: String = words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    words = with_notes_joined(&collapse(&words));
    // Each round takes something off or is the last.
    while let Some(shorter) = without_an_edge(&words, intent) {
        words = shorter;
    }
    if words
        .split(' ')
        .all(|token| is_one_of(token, &EDGES) || is_one_of(token, &ALONE))
    {
        return String::new();
    }
    if intent != Intent::Unclear {
        words = without_empty_edges(&words);
    }
    let marks =
        |c: char| c.is_whitespace() || matches!(c, '?' | '!' | ',' | ';' | ':' | '.' | '"' | '-' | '&');
    words
        .trim_matches(marks)
        .replace(JOINED[0], NOTES[0])
        .replace(JOINED[1], NOTES[1])
}

/// Notes of the Tabular List whose "code" is part of their name and must not be taken for courtesy.
const NOTES: [&str; 2] = ["code first", "code also"];
const JOINED: [&str; 2] = ["code-first", "code-also"];

fn with_notes_joined(words: &str) -> String {
    static NOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bcode (first|also)\b"));
    NOTE.replace_all(words, "code-${1}").into_owned()
}

fn without_an_edge(words: &str, intent: Intent) -> Option<String> {
    let seeks_a_code = intent == Intent::FindCode;
    let openings = FOR_A_CODE.iter().filter(|_| seeks_a_code).chain(COURTESY.iter());
    let shorter = openings.into_iter().find_map(|opening| {
        let end = opening.find(words)?.end();
        (end > 0).then(|| words[end..].trim_start().to_owned())
    });
    shorter.or_else(|| {
        let endings = ENDINGS.iter().take(if seeks_a_code { ENDINGS.len() } else { 1 });
        endings.into_iter().find_map(|ending| {
            let start = ending.find(words)?.start();
            Some(words[..start].trim_end().to_owned())
        })
    })
}

fn without_empty_edges(words: &str) -> String {
    let mut tokens: Vec<&str> = words.split(' ').collect();
    while tokens.first().is_some_and(|token| is_one_of(token, &EDGES)) {
        tokens.remove(0);
    }
    while tokens.last().is_some_and(|token| is_one_of(token, &EDGES)) {
        tokens.pop();
    }
    tokens.join(" ")
}

/// Whether a token is one of `list`, or marks alone. `w/` says something, and `ME` is no pronoun.
fn is_one_of(token: &str, list: &[&str]) -> bool {
    let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
    let is_abbreviation = bare.len() > 1 && bare.bytes().all(|c| c.is_ascii_uppercase());
    bare.is_empty()
        || (!token.contains('/') && !is_abbreviation && list.contains(&bare.to_lowercase().as_str()))
}

/// One blank between words, none before a comma, no empty brackets.
fn collapse(words: &str) -> String {
    static SPACES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s+"));
    static HOLES: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"\(\s*\)|\[\s*\]|"\s*"|(?:^|\s)[-/,;:]+(?:\s|$)"#));
    static COMMAS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s+([,.;:?!)])"));
    let holes = HOLES.replace_all(words, " ");
    let holes = HOLES.replace_all(&holes, " ");
    let commas = COMMAS.replace_all(&holes, "$1");
    SPACES.replace_all(&commas, " ").trim().to_owned()
}
