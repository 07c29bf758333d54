//! "Which code for …?": the closest entries, each with the reason to take it or not, never a bare guess.

use super::code_of;
use codecite_codebook::{Aspect, Code, Passage};
use codecite_retrieval::{Evidence, Numbered};

/// How many entries are shown beside the best.
const OTHERS: usize = 5;

/// Lists the entries of the evidence that fit `words`; `None` when it holds none. Entries of codes that the
/// question names are what the asker has already.
pub(super) fn compose(words: &str, named: &[Code], evidence: &Evidence) -> Option<String> {
    let is_named = |passage: &Passage| named.iter().any(|code| passage.about.contains(code));
    let entries: Vec<Numbered<'_>> = evidence
        .iter()
        .filter(|numbered| numbered.passage.aspect == Aspect::Entry && !is_named(numbered.passage))
        .collect();
    let (best, others) = entries.split_first()?;
    let mut draft = best_entry(*best, words);
    let category = category_of(best.passage);
    let alike = others
        .iter()
        .filter(|other| category_of(other.passage) == category || covers(other.passage, words))
        .take(OTHERS);
    for other in alike {
        draft.push_str("\n- ");
        draft.push_str(&other_entry(*other, best.passage));
    }
    let rules = evidence
        .iter()
        .filter(|numbered| numbered.passage.aspect != Aspect::Entry)
        .take(1);
    for rule in rules {
        draft.push_str("\n\n");
        draft.push_str(&super::quote_passage(rule, 2));
    }
    Some(draft)
}

fn best_entry(best: Numbered<'_>, words: &str) -> String {
    let Numbered { number, passage } = best;
    let title = &passage.text;
    let system = passage
        .about
        .first()
        .map_or_else(String::new, |code| code.system().to_string());
    let billable = match passage.billable {
        Some(false) => "it is a header and not billable",
        _ => "it is billable",
    };
    let mut text = format!(
        "The closest {system} entry to your words is {}, \"{title}\", and {billable} [{number}].",
        code_of(passage)
    );
    let missing = words_missing_in(title, words);
    if !missing.is_empty() {
        // The asker's own words, so the gate knows them from the question.
        text.push_str(&format!(
            " The title of {} does not name {} [{number}].",
            code_of(passage),
            quoted_list(&missing)
        ));
    }
    text
}

fn other_entry(other: Numbered<'_>, best: &Passage) -> String {
    let Numbered { number, passage } = other;
    let header = if passage.billable == Some(false) {
        ", a header that is not billable"
    } else {
        ""
    };
    let named = format!("{}, \"{}\"{header}", code_of(passage), passage.text);
    // One word out of a title that denies something would read as if it denied that word.
    if passage.text.contains(" without ") {
        return format!("{named} [{number}].");
    }
    match words_missing_in(&best.text, &passage.text).as_slice() {
        [] => format!("{named} [{number}]."),
        differing => format!("{named}: it names {} [{number}].", quoted_list(differing)),
    }
}

fn category_of(passage: &Passage) -> String {
    code_of(passage).chars().take(3).collect()
}

/// Whether the title has at least half of the words asked.
fn covers(passage: &Passage, words: &str) -> bool {
    let asked = telling_words(words).len();
    let missing = words_missing_in(&passage.text, words).len();
    asked > 0 && missing * 2 <= asked
}

/// The telling words of `words` that `title` does not have, in their order. An abbreviation that the title
/// does not spell by its initials is left out: whether it is there is not ours to say.
fn words_missing_in(title: &str, words: &str) -> Vec<String> {
    let known = telling_words(title);
    let initials: String = known.iter().filter_map(|word| word.chars().next()).collect();
    telling_words(words)
        .into_iter()
        .filter(|word| !known.iter().any(|known| is_same_word(known, word)))
        .filter(|word| !is_abbreviation(word) && !initials.contains(word.as_str()))
        .collect()
}

/// Whether nobody could read it aloud: `ckd`, `npdr`, `t2dm`.
fn is_abbreviation(word: &str) -> bool {
    let has_vowel = word.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let is_mixed = word.contains(|c: char| c.is_ascii_digit()) && !word.contains(' ');
    word.len() < 3 || !has_vowel || is_mixed
}

/// The words that tell something, each once; a number goes with the word before it, as in "type 2".
fn telling_words(text: &str) -> Vec<String> {
    const SMALL: [&str; 18] = [
        "a", "an", "and", "as", "at", "by", "due", "for", "in", "is", "of", "on", "or", "other", "the", "to",
        "with", "patient",
    ];
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<String> = None;
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let told = match before.take() {
            Some(before) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                words.retain(|known| *known != before);
                format!("{before} {word}")
            }
            _ => word.to_owned(),
        };
        if SMALL.contains(&word) {
            continue;
        }
        before = Some(word.to_owned());
        if !words.contains(&told) {
            words.push(told);
        }
    }
    words
}

/// Alike but for an ending: "fracture" and "fractures".
fn is_same_word(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    one == other || (short.len() >= 4 && long.starts_with(short) && long.len() - short.len() <= 2)
}

fn quoted_list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().take(4).map(|word| format!("\"{word}\"")).collect();
    quoted.join(", ")
}
