//! Several questions in one.

use super::normal::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The questions that `question` holds, in order, each a slice of it; at least one unless it is blank.
///
/// A part that leans on the one before ("… When is it billed?") stays with it.
pub fn split(question: &str) -> Vec<&str> {
    static BREAK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?P<mark>[?？]+[)\x22']*)\s*(?:[-*•]\s+|\d{1,2}[.)]\s+)?|\n\s*(?:[-*•]\s|\d{1,2}[.)]\s)?\s*|[,;]?\s+and\s+(?P<next>(?i:what(?:'s| is| are| does)|which|how (?:do|should|would) i code)\b)",
        )
    });
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for found in BREAK.captures_iter(question) {
        let Some(whole) = found.get(0) else { continue };
        let end = found.name("mark").map_or(whole.start(), |mark| mark.end());
        add(&mut parts, question, start..end);
        start = found.name("next").map_or(whole.end(), |next| next.start());
    }
    add(&mut parts, question, start..question.len());
    parts.into_iter().map(|part| question[part].trim()).collect()
}

/// Adds a part, or lengthens the last one by it.
fn add(parts: &mut Vec<Range<usize>>, question: &str, part: Range<usize>) {
    static LEANS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:it|its|it's|they|them|their|that|this|these|those|both|either|one|same|the (?:code|codes|two|former|latter|modifier|procedure))\b",
        )
    });
    let text = &question[part.clone()];
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return;
    }
    match parts.last_mut() {
        Some(last) if LEANS.is_match(text) || !is_question(&question[last.clone()]) => last.end = part.end,
        _ => parts.push(part),
    }
}

/// Whether a part asks something: context ("62 y/o with diabetes.") belongs to the question after it.
fn is_question(part: &str) -> bool {
    static ASKS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)[?？]|^\W*(?:\d{1,2}[.)]\s*)?(?:and |also )?(?:what|which|how|when|why|can|may|should|is|are|does|do|define|explain|compare|find|list|code)\b",
        )
    });
    ASKS.is_match(part)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn each_question_stands_alone_and_what_leans_stays() {
        for (question, parts) in [
            (
                "What is 38900? And what is modifier 25?",
                vec!["What is 38900?", "And what is modifier 25?"],
            ),
            (
                "What is 38900 and what is modifier 25?",
                vec!["What is 38900", "what is modifier 25?"],
            ),
            (
                "What is 38900? When is it billed?",
                vec!["What is 38900? When is it billed?"],
            ),
            ("Is 99213 right?", vec!["Is 99213 right?"]),
            (
                "What is I10?\nWhat is E11.9?\n",
                vec!["What is I10?", "What is E11.9?"],
            ),
            (
                "1. What is I10?\n2. What is E11.9?",
                vec!["1. What is I10?", "What is E11.9?"],
            ),
            (
                "62 y/o woman with gout\nWhich ICD-10 code?",
                vec!["62 y/o woman with gout\nWhich ICD-10 code?"],
            ),
            ("99213 and 20610 together?", vec!["99213 and 20610 together?"]),
            ("", vec![]),
            ("???", vec![]),
        ] {
            assert_eq!(split(question), parts, "{question:?}");
        }
    }
}
