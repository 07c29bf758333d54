//! What remains of a question to search by meaning, once codes, dates and courtesy are gone.

use super::intent::SYSTEM;
use super::normal::pattern;
use super::scan::Scan;
use regex::Regex;
use std::sync::LazyLock;

/// Beginnings that say that something is asked, and not what. Taken off again and again, so that
/// "Hi, can you tell me which ICD-10 code is used for gout" leaves "gout".
static OPENINGS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let adjective = r"(?:best|correct|right|appropriate|proper|exact|most specific|specific|accurate|possible|valid|billable|new|current|primary)";
    let asked = format!(r"(?:(?:the|an?|any|all|some|my|me|us)\s+)*(?:{adjective},?\s+)*(?:{SYSTEM}\s*)*");
    let verb = r"(?:(?:do|does|should|would|can|could|must|will|did)\s+(?:i|you|we|one|they)\s+|is\s+|are\s+|to\s+|be\s+|i\s+|you\s+|we\s+|use[ds]?\s+|using\s+|reports?\s+|reported\s+|bill(?:ed)?\s+|assign(?:ed)?\s+|pick\s+|choose\s+|describes?\s+|represents?\s+|identif(?:y|ies)\s+|covers?\s+|captures?\s+|goes\s+|apply\s+|applies\s+|assigned\s+|given\s+|there\s+|correct\s+|appropriate\s+|best\s+)";
    [
        r"(?:hi|hello|hey|dear|please|pls|plz|thanks|thank you|ok|okay|so|well|also|and|then|now|quick question|question|good (?:morning|afternoon))\b[\s,.:;!-]*".to_owned(),
        r"(?:can|could|would|will) (?:you|someone|anyone) (?:please )?(?:tell me|help me(?: to)?(?: find| with)?|give me|find(?: me)?|explain|show me|look up|advise(?: on)?|clarify|confirm)\b\s*".to_owned(),
        r"(?:i|we)(?:'m| am|'d| would| do|'re| are)?(?: not sure| wondering| trying to find| looking for| like to know| like to| need(?: help with| to know| to find| to code)?| want(?: to know| to find| to code)?)\b\s*".to_owned(),
        r"(?:tell|give|show|help) (?:me|us)(?: with| about)?\s+|(?:find|look ?up|search(?: for)?|define|explain|describe)\s+".to_owned(),
        format!(r"(?:what|which|what's|whats)\s+(?:is\s+|are\s+|'s\s+|was\s+|would be\s+|should be\s+)?{asked}(?:codes?|diagnos[ei]s)\b\s*{verb}*(?:for|when|with|of|to)?\s+"),
        format!(r"(?:what|which|what's|whats)\s+(?:is\s+|are\s+|was\s+|would be\s+)?(?:the\s+|an?\s+)?{SYSTEM}\s*(?:for|of)\s+"),
        r"(?:what|which)(?:'s|\s+is|\s+are|\s+was|\s+do(?:es)?)?\b\s+".to_owned(),
        format!(r"how\s+(?:do|does|would|should|can|to|must|is|are)\s+(?:(?:i|you|we|one)\s+)?(?:properly |correctly )?(?:cod(?:e|ed|ing)|bill(?:ed)?|report(?:ed)?)\s+(?:for\s+)?"),
        format!(r"{asked}(?:codes?|codings?)\s+{verb}*(?:for|of|when)\s+"),
        format!(r"{SYSTEM}\s*(?:codes?\s+)?(?:for|of|:|-)\s*"),
        format!(r"(?:the\s+|an?\s+)?{SYSTEM}\s+codes?\s+"),
        r"(?:code|coding)\s+(?:this|for|a|an|the)?\b\s*".to_owned(),
        r"(?:there\s+is|is\s+there|there\s+are|are\s+there)\s+(?:an?\s+|any\s+)?".to_owned(),
    ]
    .into_iter()
    .map(|text| Regex::new(&format!(r"(?i)^\W*(?:{text})")).expect("a constant pattern"))
    .collect()
});

static ENDINGS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"[\s,.:;?!]+(?:please|pls|plz|thanks|thank you|thx)\W*$".to_owned(),
        r"[\s,.:;-]+(?:the\s+|an?\s+)?(?:cpt|hcpcs|icd[- ]?10(?:[- ]?(?:cm|pcs))?|icd|pcs)(?:\s+codes?)?\W*$".to_owned(),
        r"[\s,.:;-]+(?:the\s+|an?\s+)?(?:dx|diagnosis|procedure|billing)\s+codes?\W*$".to_owned(),
        r"[\s,]+codes?\W*$".to_owned(),
    ]
    .into_iter()
    .map(|text| Regex::new(&format!("(?i){text}")).expect("a constant pattern"))
    .collect()
});

/// Words that carry no meaning at either end, and none at all when nothing else is left.
const EMPTY: [&str; 102] = [
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "being", "bill", "billed",
    "billing", "both", "but", "by", "can", "claim", "code", "coded", "codes", "coding", "could", "did", "do",
    "does", "either", "explain", "for", "from", "get", "had", "has", "have", "he", "her", "his", "how", "i", "if",
    "in", "into", "is", "it", "its", "know", "let", "me", "mean", "means", "meaning", "my", "of", "on", "one", "or", "our",
    "please", "report", "reported", "reporting", "say", "she", "should", "so", "some", "submit", "tell",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "us", "use", "used",
    "using", "versus", "vs", "was", "we", "were", "what", "which", "who", "whose", "will", "with", "would", "you",
    "your", "via", "per",
];

/// What remains; empty when nothing is left but words without a meaning of their own.
pub(super) fn remaining(scan: &Scan) -> String {
    let mut words: String = scan
        .words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    words = collapse(&words);
    // Each round takes something off or is the last.
    while let Some(shorter) = without_an_edge(&words) {
        words = shorter;
    }
    trim_empty(&words)
}

fn without_an_edge(words: &str) -> Option<String> {
    let opening = OPENINGS.iter().find_map(|opening| {
        let end = opening.find(words)?.end();
        (end > 0).then(|| words[end..].trim_start().to_owned())
    });
    opening.or_else(|| {
        ENDINGS.iter().find_map(|ending| {
            let start = ending.find(words)?.start();
            Some(words[..start].trim_end().to_owned())
        })
    })
}

fn trim_empty(words: &str) -> String {
    let mut tokens: Vec<&str> = words.split(' ').collect();
    while tokens.first().is_some_and(|token| is_empty(token)) {
        tokens.remove(0);
    }
    while tokens.last().is_some_and(|token| is_empty(token)) {
        tokens.pop();
    }
    let kept = tokens.join(" ");
    let kept = kept.trim_matches(|c: char| c.is_whitespace() || matches!(c, '?' | '!' | ',' | ';' | ':' | '.' | '"' | '\'' | '-' | '&'));
    kept.to_owned()
}

/// Whether a token says nothing: a word of [`EMPTY`], or marks alone.
fn is_empty(token: &str) -> bool {
    // "w/" and "2/2" say something, and "-" does not.
    let bare = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    bare.is_empty() || (EMPTY.contains(&bare.as_str()) && !token.contains('/'))
}

/// One blank between words, none before a comma, no empty brackets.
fn collapse(words: &str) -> String {
    static SPACES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s+"));
    static HOLES: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\(\s*\)|\[\s*\]|"\s*"|(?:^|\s)[-/,;:&+]+(?:\s|$)"#));
    static COMMAS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s+([,.;:?!)])"));
    let holes = HOLES.replace_all(words, " ");
    let holes = HOLES.replace_all(&holes, " ");
    let commas = COMMAS.replace_all(&holes, "$1");
    SPACES.replace_all(&commas, " ").trim().to_owned()
}
