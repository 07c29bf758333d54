//! Headings that are such by their words: `30.6.1 - …`, `Section I.`, `C. …`, `4. …`, `a. …`, `RECORD LAYOUT`.

use regex::Regex;
use std::sync::LazyLock;

/// The longest heading, in characters.
const LONGEST: usize = 160;

/// What kind of heading a line is, which tells how deep it stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `Part`, `Chapter`, `Section` and what stands behind the last of them: the rank.
    Keyword(u8),
    /// `30.6.1`: how many numbers.
    Decimal(usize),
    /// `C.`, `4.`, `a.`, `1)`, `(a)`: each form of marker is a level of its own.
    Outline(Form),
    /// Capital letters only.
    Capitals,
    /// A short line that begins its words with capitals.
    Short,
}

/// The form of an outline's marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `IV.`
    Roman,
    /// `C.`
    Letter,
    /// `4.`
    Number,
    /// `a.`
    SmallLetter,
    /// `1)`
    NumberParenthesis,
    /// `a)`
    SmallLetterParenthesis,
    /// `(1)`
    InParentheses,
    /// `(a)`
    SmallInParentheses,
}

/// A heading taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub style: Style,
    /// What numbers it, such as `Section I`, `C` or `30.6.1`; empty without.
    pub marker: String,
}

/// What numbers a line, if something does.
pub(super) fn marked(line: &str) -> Option<Heading> {
    keyword(line).or_else(|| decimal(line)).or_else(|| outline(line))
}

/// The heading that a line is by its own words, standing alone.
pub(super) fn of_line(line: &str) -> Option<Heading> {
    if line.chars().count() > LONGEST
        || ends_as_text(line)
        || ends_on_its_way(line)
        || is_cut_in_brackets(line)
    {
        return None;
    }
    marked(line).or_else(|| unmarked(line))
}

/// Whether a line that a paragraph goes on from is rather a heading above it: it is numbered, ends as a heading
/// does, and what follows begins anew.
pub(super) fn is_above(line: &str, next: &str) -> bool {
    line.chars().count() <= 100
        && !ends_as_text(line)
        && !ends_on_its_way(line)
        && marked(line).is_some()
        && next.chars().next().is_some_and(|first| !first.is_lowercase())
}

fn keyword(line: &str) -> Option<Heading> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^((?i:part|chapter|section|article|appendix|attachment|exhibit))\s+([IVXLC]+|\d{1,3}[A-Z]?|[A-Z])(?:\s*$|\s*[.:–—-]\s*(?:$|[A-Z“\x22(]))",
        )
        .ok()
    });
    let found = FORM.as_ref()?.captures(line)?;
    let rank = match found[1].to_ascii_lowercase().as_str() {
        "part" => 1,
        "chapter" => 2,
        "section" => 3,
        _ => 4,
    };
    Some(Heading {
        style: Style::Keyword(rank),
        marker: format!("{} {}", &found[1], &found[2]),
    })
}

fn decimal(line: &str) -> Option<Heading> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:§\s*)?(\d{1,3}(?:\.\d{1,3})+|\d{1,3})\.?(\s*[-–—]\s*|\s+)(\S)").ok()
    });
    let found = FORM.as_ref()?.captures(line)?;
    let number = &found[1];
    let has_dash = !found[2].trim().is_empty();
    let begins_a_title = found[3].starts_with(|c: char| c.is_uppercase() || c == '“' || c == '"' || c == '(');
    // "30 - General" is a heading, "30 days" and "4. What" are not of this form.
    let numbers = number.split('.').count();
    let is_one = begins_a_title && (numbers > 1 || has_dash);
    is_one.then(|| Heading {
        style: Style::Decimal(numbers),
        marker: number.to_owned(),
    })
}

fn outline(line: &str) -> Option<Heading> {
    static FORM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(\()?([IVX]{1,5}|[A-Z]|\d{1,2}|[a-z])(\.\s+|\)\s*)(\S)").ok());
    let found = FORM.as_ref()?.captures(line)?;
    let marker = &found[2];
    let (opened, closed) = (found.get(1).is_some(), found[3].starts_with(')'));
    let first = marker.chars().next()?;
    let is_roman = marker.len() > 1 && first.is_ascii_uppercase();
    let form = match (opened, closed) {
        (true, true) if first.is_ascii_digit() => Form::InParentheses,
        (true, true) => Form::SmallInParentheses,
        (true, false) => return None,
        (false, true) if first.is_ascii_digit() => Form::NumberParenthesis,
        (false, true) => Form::SmallLetterParenthesis,
        (false, false) if first.is_ascii_digit() => Form::Number,
        (false, false) if is_roman => Form::Roman,
        (false, false) if first.is_ascii_uppercase() => Form::Letter,
        (false, false) => Form::SmallLetter,
    };
    let begins_a_title =
        found[4].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '“' || c == '"');
    begins_a_title.then(|| Heading {
        style: Style::Outline(form),
        marker: marker.to_owned(),
    })
}

fn unmarked(line: &str) -> Option<Heading> {
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = line.chars().filter(|c| c.is_uppercase()).count();
    let words: Vec<&str> = line
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    let dense = letters * 2 > line.chars().count();
    let has_figures = line.chars().any(|c| c.is_ascii_digit());
    let style = if dense && letters >= 8 && words.len() >= 2 && capitals == letters {
        Style::Capitals
    } else if dense && !has_figures && is_short_title(line, &words) {
        Style::Short
    } else {
        return None;
    };
    Some(Heading {
        style,
        marker: String::new(),
    })
}

/// Whether most of the longer words of a short line begin with capitals, the first among them.
fn is_short_title(line: &str, words: &[&str]) -> bool {
    let begins_large = |word: &&&str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(char::is_uppercase)
    };
    let long: Vec<&&str> = words.iter().filter(|word| word.len() > 3).collect();
    line.chars().count() <= 70
        && line.starts_with(char::is_uppercase)
        && (1..=10).contains(&words.len())
        && !long.is_empty()
        && long.iter().filter(|word| begins_large(word)).count() * 10 >= long.len() * 9
}

/// Whether a line ends as a sentence or a part of one does.
fn ends_as_text(line: &str) -> bool {
    let end = line.trim_end_matches(['"', '”', ')', ' ']);
    end.ends_with(['.', ';', ',', '!', '?']) && !is_only_marker(end)
}

/// `Section I.` ends with a full stop and is a heading.
fn is_only_marker(line: &str) -> bool {
    line.split_whitespace().count() <= 2 && line.ends_with('.') && keyword(line).is_some()
}

/// Whether a bracket that the line opens is closed on another: so ends a line of a paragraph. `1)` closes none.
fn is_cut_in_brackets(line: &str) -> bool {
    line.matches('(').count() > line.matches(')').count()
}

/// Whether a line breaks off where a title cannot end.
fn ends_on_its_way(line: &str) -> bool {
    const ON_THE_WAY: [&str; 16] = [
        "a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with",
    ];
    let last = line.rsplit(' ').next().unwrap_or_default();
    last.ends_with('-') || ON_THE_WAY.contains(&last.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_manuals_guidelines_and_policies_are_told_from_text() {
        for (line, style, marker) in [
            (
                "30.6.1 - Selection of Level of Visit",
                Style::Decimal(3),
                "30.6.1",
            ),
            ("10 - General", Style::Decimal(1), "10"),
            (
                "Section I. Conventions and guidelines",
                Style::Keyword(3),
                "Section I",
            ),
            ("Section I.", Style::Keyword(3), "Section I"),
            ("Chapter 12 - Physicians", Style::Keyword(2), "Chapter 12"),
            (
                "C. Chapter-Specific Coding Guidelines",
                Style::Outline(Form::Letter),
                "C",
            ),
            ("IV. Modifiers", Style::Outline(Form::Roman), "IV"),
            (
                "4. Chapter 4: Endocrine diseases",
                Style::Outline(Form::Number),
                "4",
            ),
            ("a. Diabetes mellitus", Style::Outline(Form::SmallLetter), ""),
            (
                "1) Type of diabetes",
                Style::Outline(Form::NumberParenthesis),
                "1",
            ),
            ("(b) Underdosing", Style::Outline(Form::SmallInParentheses), "b"),
            ("RECORD LAYOUT AND NOTES", Style::Capitals, ""),
            ("Initial Source:", Style::Short, ""),
        ] {
            let heading = of_line(line).unwrap_or_else(|| panic!("{line:?} is a heading"));
            assert_eq!(heading.style, style, "{line}");
            assert!(
                marker.is_empty() || heading.marker == marker,
                "{line}: {}",
                heading.marker
            );
        }
        for line in [
            "Section 121 of the Social Security Act Amendments of 1994 required",
            "30 days after the procedure",
            "The provider shall keep the record,",
            "a. the patient was seen.",
            "U.S. patients",
            "(3)GPCI2025 (in Excel (.xls), ASCII text (.prn) and comma delimited",
            "Description 8-57 X(50)",
            "Payment of assistants at surgery and",
            "99213",
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
