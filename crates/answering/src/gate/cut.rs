//! A sentence cut at its citations into the statements that they are for.

use super::claims::{Claims, regex};
use super::verdict::{Withheld, WithheldReason};
use regex::Regex;
use std::sync::LazyLock;

/// Words as they will be shown, and the citations that they end with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub citations: Vec<usize>,
}

macro_rules! group {
    () => {
        r"\[+\s*\d+(?:\s*[,;–‐‑-]\s*\d+)*\s*\]+"
    };
}

// `[1]`, `[1, 2]`, `[1-3]`, `[1][2]`, `[1] and [2]`.
static CITATIONS: LazyLock<Regex> = regex!(concat!(
    r"\s*",
    group!(),
    r"(?:\s*(?:,|&|,?\s*and\b|,?\s*or\b)?\s*",
    group!(),
    ")*"
));
static NUMBER_OR_RANGE: LazyLock<Regex> = regex!(r"(\d+)(?:\s*[–‐‑-]\s*(\d+))?");
/// The most citations that a range such as `[1-4]` stands for; more would cite what nobody has read.
const LONGEST_RANGE: usize = 8;

/// Whether a text has more than marks and citations.
pub(super) fn says_something(text: &str) -> bool {
    without_citations(text).chars().any(char::is_alphanumeric)
}

/// The text with its citations left out.
pub(super) fn without_citations(text: &str) -> String {
    CITATIONS.replace_all(text, "").into_owned()
}

/// Every number that the text cites, in order.
pub(super) fn citations_of(text: &str) -> Vec<usize> {
    CITATIONS
        .find_iter(text)
        .flat_map(|group| numbers(group.as_str()))
        .collect()
}

/// Cuts a sentence after each group of citations. The last piece has to end with one.
pub(super) fn pieces(sentence: &str) -> Result<Vec<Piece>, Withheld> {
    let sentence = with_source_last(sentence);
    let mut pieces = Vec::new();
    let mut start = 0;
    for group in CITATIONS.find_iter(&sentence) {
        pieces.push(Piece {
            text: without_pointer(&plain(&sentence[start..group.start()])),
            citations: numbers(group.as_str()),
        });
        start = group.end();
    }
    let rest = &sentence[start..];
    if rest.chars().any(char::is_alphanumeric) || pieces.is_empty() {
        return Err(Withheld::because(
            WithheldReason::Uncited,
            "a sentence did not end with a citation",
        ));
    }
    // The closing mark belongs to the last piece.
    if let Some(last) = pieces.last_mut() {
        last.text.push_str(&plain(rest));
    }
    Ok(pieces)
}

/// Puts the pieces together that make one statement. A citation in the middle of a statement is one more
/// source of it, and parts nothing: "CPT 99213 [6] takes 30 minutes [5]".
pub(super) fn statements(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut statements: Vec<Piece> = Vec::new();
    for piece in pieces {
        match statements.last_mut() {
            Some(last) if !(stands_alone(&last.text) && begins_anew(&piece.text)) => {
                last.text = shown([last.text.as_str(), &piece.text]);
                last.citations.extend(piece.citations);
            }
            _ => statements.push(piece),
        }
    }
    statements
}

/// Texts in one line. Words of two pieces never become one word.
pub(super) fn shown<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown = String::new();
    for text in texts {
        let opens = text.starts_with(['.', ',', ';', ':', '!', '?', ')']);
        if !shown.is_empty() && !text.is_empty() && !opens {
            shown.push(' ');
        }
        shown.push_str(text);
    }
    shown
}

/// Whether a text speaks of what was named before it: "it has 90 global days", "and takes modifier 57".
pub(super) fn leans_back(text: &str) -> bool {
    const POINTING: [&str; 10] = [
        "it", "its", "this", "that", "they", "these", "their", "those", "which", "both",
    ];
    let begins = words(text)
        .into_iter()
        .find(|word| !JOINTS.contains(&word.as_str()));
    begins.is_some_and(|word| POINTING.contains(&word.as_str()) || STATING.contains(&word.as_str()))
        || text.to_lowercase().trim_start().starts_with("the code ")
}

fn numbers(group: &str) -> Vec<usize> {
    // A number too long for usize resolves to nothing, as it should.
    let read = |digits: &str| digits.parse().unwrap_or(usize::MAX);
    NUMBER_OR_RANGE
        .captures_iter(group)
        .flat_map(|found| {
            let first = read(&found[1]);
            match found.get(2).map(|last| read(last.as_str())) {
                Some(last) if first < last && last - first < LONGEST_RANGE => (first..=last).collect(),
                Some(_) => vec![usize::MAX],
                None => vec![first],
            }
        })
        .collect()
}

/// "Per [2], it is billable." → "It is billable [2]."
fn with_source_last(sentence: &str) -> String {
    static PREFACE: LazyLock<Regex> = regex!(concat!(
        r"^\W*(?i:per|as per|according to|based on|as stated in)\s+(?i:(?:the\s+)?(?:source|passage)s?\s+)?(",
        group!(),
        r"(?:\s*(?:,|and)?\s*",
        group!(),
        r")*)\s*[,:]\s*(\S.*?)([.!?]?)$"
    ));
    let Some(found) = PREFACE.captures(sentence) else {
        return sentence.to_owned();
    };
    let mut letters = found[2].chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{} {}{}", letters.as_str(), &found[1], &found[3])
}

/// "It is billable, see" points at the citation behind it, which is shown another way.
fn without_pointer(text: &str) -> String {
    static POINTER: LazyLock<Regex> =
        regex!(r"(?i)[\s,(]*\b(?:per|see|according to|as stated in|sources?:?)\s*$");
    POINTER.replace(text, "").into_owned()
}

/// A piece as it is shown: markdown's emphasis gone, spaces single.
fn plain(text: &str) -> String {
    let bare = text.replace(['*', '`'], "").replace("__", "");
    let spaced = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = spaced.trim_matches('_');
    shown.replace(" .", ".").replace(" ,", ",")
}

/// Words that join a statement to the one before it.
const JOINTS: [&str; 12] = [
    "and", "but", "while", "whereas", "or", "so", "because", "although", "though", "yet", "since", "then",
];

/// Verbs by which a piece is known to be a whole statement. A piece without any of them is taken to go on,
/// which is the safe side: it then needs one source for both of its halves.
const STATING: &[&str] = &[
    "is", "are", "was", "were", "has", "have", "had", "can", "cannot", "may", "must", "should", "will",
    "does", "needs", "takes", "requires", "covers", "includes", "means", "goes", "belongs", "carries",
    "pays", "allows", "applies", "stands", "begins", "ends", "marks", "names", "holds", "lists", "gives",
    "gets", "pairs",
];

/// The same for instructions, and for subjects in the plural.
const TELLING: &[&str] = &[
    "do", "need", "take", "require", "cover", "include", "mean", "go", "belong", "apply", "report", "append",
    "put", "use", "bill", "choose",
];

/// Whether a text is a statement by itself, as far as its verb tells.
pub(super) fn stands_alone(text: &str) -> bool {
    // "Together" joins what two pieces name.
    let joins = |word: &str| matches!(word, "together" | "both" | "combined" | "combination" | "pair");
    let words = words(text);
    let is_joined = words.iter().any(|word| joins(word)) && Claims::of(text).designators().count() < 2;
    !is_joined
        && words
            .iter()
            .any(|word| STATING.contains(&word.as_str()) || TELLING.contains(&word.as_str()))
}

fn begins_anew(text: &str) -> bool {
    let first = text.chars().next();
    let is_joint = words(text)
        .first()
        .is_some_and(|word| JOINTS.contains(&word.as_str()));
    let begins = is_joint || first.is_some_and(|c| matches!(c, ',' | ';' | ':') || c.is_uppercase());
    begins && stands_alone(text)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, expected: &[(&str, &[usize])]) {
        let found: Vec<(String, Vec<usize>)> = statements(pieces(sentence).expect("it is cited"))
            .into_iter()
            .map(|piece| (piece.text, piece.citations))
            .collect();
        let expected: Vec<(String, Vec<usize>)> = expected
            .iter()
            .map(|(text, citations)| ((*text).to_owned(), citations.to_vec()))
            .collect();
        assert_eq!(found, expected, "{sentence:?}");
    }

    #[test]
    fn citations_are_read_however_they_are_written() {
        check("It is so [1] and [2].", &[("It is so.", &[1, 2])]);
        check("It is so [1-3].", &[("It is so.", &[1, 2, 3])]);
        check("It is so [3-1].", &[("It is so.", &[usize::MAX])]);
        check("It is so [1, 2][4].", &[("It is so.", &[1, 2, 4])]);
        check("Per [2], it is so.", &[("It is so.", &[2])]);
        check(
            "According to source [2] and [3], it is so.",
            &[("It is so.", &[2, 3])],
        );
        check("It is so, see [2].", &[("It is so.", &[2])]);
    }

    #[test]
    fn only_whole_statements_are_parted() {
        check(
            "It is so [1], and that is otherwise [2].",
            &[("It is so", &[1]), (", and that is otherwise.", &[2])],
        );
        check(
            "The visit [1] takes so long [2].",
            &[("The visit takes so long.", &[1, 2])],
        );
        check(
            "38900 is one [1], and 20610 can be billed together [2].",
            &[("38900 is one, and 20610 can be billed together.", &[1, 2])],
        );
    }
}
