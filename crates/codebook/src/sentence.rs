//! Where sentences end, one rule for everybody: the gate that checks them, the composer that quotes them,
//! the loader that splits long passages at their ends.

/// Words that end in a full stop without ending a sentence.
const ABBREVIATIONS: [&str; 14] = [
    "e.g", "i.e", "vs", "dr", "approx", "fig", "cf", "incl", "excl", "sec", "pub", "st", "mt", "u.s",
];

/// Whether the mark `.`, `!` or `?` at byte `mark` ends a sentence, given the character that follows it
/// (closing quotes and brackets skipped by the caller; `None` at the end of the text).
pub fn ends_sentence(text: &str, mark: usize, next: Option<char>) -> bool {
    let before = &text[..mark];
    match next {
        None => true,
        Some(next) if next.is_whitespace() => {
            !(text[mark..].starts_with('.') && ends_in_abbreviation(before))
        }
        // "billable.Report" lacks its space; "E11.9" and "www.cms.gov" do not.
        Some(next) => next.is_uppercase() && before.ends_with(|c: char| c.is_lowercase()),
    }
}

/// The sentences of `text`, trimmed, in order; a line break ends a sentence too.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        for (mark, _) in line.match_indices(['.', '!', '?']) {
            let rest = &line[mark + 1..];
            let closed = rest.trim_start_matches(['"', '\'', ')', ']', '”', '’']);
            if mark >= start && ends_sentence(line, mark, closed.chars().next()) {
                let end = line.len() - closed.len();
                found.push(line[start..end].trim());
                start = end;
            }
        }
        found.push(line[start..].trim());
    }
    found.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    found
}

fn ends_in_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default();
    // An initial, as in "E. coli".
    let is_initial = word.trim_start_matches(['[', '"']).len() == 1 && word.ends_with(char::is_alphabetic);
    is_initial
        || ABBREVIATIONS
            .iter()
            .any(|abbreviation| word.eq_ignore_ascii_case(abbreviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decimals_and_abbreviations_do_not_end_a_sentence() {
        for (text, expected) in [
            ("Report E11.9. Then stop.", vec!["Report E11.9.", "Then stop."]),
            (
                "It pays 2.50 RVUs, e.g. twice.",
                vec!["It pays 2.50 RVUs, e.g. twice."],
            ),
            (
                "He said \"no.\" Then left.",
                vec!["He said \"no.\"", "Then left."],
            ),
            ("Billable.Report it", vec!["Billable.", "Report it"]),
            ("One\ntwo", vec!["One", "two"]),
            (
                "Due to [E. coli] and St. Louis virus.",
                vec!["Due to [E. coli] and St. Louis virus."],
            ),
            ("See www.cms.gov for it.", vec!["See www.cms.gov for it."]),
            (" . ", vec![]),
        ] {
            assert_eq!(sentences(text), expected, "{text:?}");
        }
    }
}
