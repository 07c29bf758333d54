//! One sentence against its sources.

use super::claims::{Claims, Number, PartialDate, Unit, regex, shape_of_code};
use super::grounds::{Grounds, Source, clauses, fragments};
use super::sense::{Statement, check_clause, check_codes_own_numbers, check_sense};
use super::unsafe_text::refuse_unsafe;
use super::verdict::{Withheld, WithheldReason};
use super::words::Subject;
use regex::Regex;
use std::sync::LazyLock;

/// The least share of a sentence's subject words that its cited sources must have. Below it the sentence
/// speaks of something else. Quotations reach 1; see `tests/honest.rs` for paraphrases.
const LEAST_SHARE: f32 = 0.4;

/// A sentence that passed: its words without citation marks, and what it cites.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub text: String,
    pub citations: Vec<u8>,
}

/// Checks one sentence, in normal form NFKC and with its citation marks.
///
/// The sentence is cut after each group of citations, and every piece is checked against its own group
/// alone: two claims run together do not lend each other their sources. Then the whole is checked, because
/// a claim may stand astride a citation. What is checked is what will be shown, character by character.
pub(super) fn check(sentence: &str, grounds: &Grounds) -> Result<Passed, Withheld> {
    let pieces = pieces(sentence)?;
    let mut all = Vec::new();
    let mut citations: Vec<u8> = Vec::new();
    for piece in &pieces {
        let sources = resolve(&piece.citations, grounds)?;
        for number in &piece.citations {
            // `resolve` found a source under each of them, and evidence has at most 64.
            if let Ok(number) = u8::try_from(*number)
                && !citations.contains(&number)
            {
                citations.push(number);
            }
        }
        all.extend(sources);
    }
    let text = shown(&pieces);
    refuse_unsafe(&text, |word| {
        grounds.question_text.contains(word) || all.iter().any(|source| source.text.contains(word))
    })?;
    check_links(&text, &all)?;
    for piece in &pieces {
        let sources = resolve(&piece.citations, grounds)?;
        check_claims(&Claims::of(&piece.text), &sources, grounds)?;
        check_subject(&piece.text, &sources, grounds)?;
        check_sense(&Statement::of(&piece.text), &sources)?;
        for clause in clauses(&piece.text) {
            check_clause(&Statement::of(&clause), &sources)?;
            fragments(&clause)
                .into_iter()
                .try_for_each(|part| check_codes_own_numbers(&Statement::of(part), &sources))?;
        }
    }
    if pieces.len() > 1 {
        check_claims(&Claims::of(&text), &all, grounds)?;
    }
    Ok(Passed { text, citations })
}

/// Whether a text has more than marks and citations.
pub(super) fn says_something(text: &str) -> bool {
    CITATIONS.replace_all(text, "").chars().any(char::is_alphanumeric)
}

/// Words as they will be shown, and the citations that they end with.
struct Piece {
    text: String,
    citations: Vec<usize>,
}

static CITATIONS: LazyLock<Regex> =
    regex!(r"\s*\[+\s*\d+(?:\s*[,;]\s*\d+)*\s*\]+(?:\s*\[+\s*\d+(?:\s*[,;]\s*\d+)*\s*\]+)*");
static DIGITS: LazyLock<Regex> = regex!(r"[0-9]+");

fn pieces(sentence: &str) -> Result<Vec<Piece>, Withheld> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for group in CITATIONS.find_iter(sentence) {
        let citations = DIGITS
            .find_iter(group.as_str())
            // A number too long for usize resolves to nothing, as it should.
            .map(|digits| digits.as_str().parse().unwrap_or(usize::MAX))
            .collect();
        pieces.push(Piece {
            text: plain(&sentence[start..group.start()]),
            citations,
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

/// A piece as it is shown: markdown's emphasis gone, spaces single.
fn plain(text: &str) -> String {
    let bare = text.replace(['*', '`'], "").replace("__", "");
    let spaced = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = spaced.trim_matches('_');
    shown.replace(" .", ".").replace(" ,", ",")
}

/// The pieces in one line. Words of two pieces never become one word.
fn shown(pieces: &[Piece]) -> String {
    let mut shown = String::new();
    for piece in pieces {
        let opens = piece.text.starts_with(['.', ',', ';', ':', '!', '?', ')']);
        if !shown.is_empty() && !piece.text.is_empty() && !opens {
            shown.push(' ');
        }
        shown.push_str(&piece.text);
    }
    shown
}

fn resolve<'a>(numbers: &[usize], grounds: &'a Grounds) -> Result<Vec<&'a Source>, Withheld> {
    numbers
        .iter()
        .map(|number| {
            grounds.source(*number).ok_or_else(|| {
                let known = grounds.sources.len();
                Withheld::because(
                    WithheldReason::UnknownCitation,
                    format!("no source has the number {number}; there are {known}"),
                )
            })
        })
        .collect()
}

fn check_claims(claims: &Claims, sources: &[&Source], grounds: &Grounds) -> Result<(), Withheld> {
    check_codes(claims, sources, grounds)?;
    check_modifiers(claims, sources, grounds)?;
    check_dates(claims, sources, grounds)?;
    check_numbers(claims, sources)?;
    check_bindings(claims, sources)
}

fn check_codes(claims: &Claims, sources: &[&Source], grounds: &Grounds) -> Result<(), Withheld> {
    for code in &claims.codes {
        if grounds.question.codes.contains(code) {
            continue;
        }
        if !sources.iter().any(|source| source.claims.codes.contains(code)) {
            return Err(Withheld::because(
                WithheldReason::CodeNotInSources,
                "a sentence named a code that its cited source does not contain",
            ));
        }
        if shape_of_code(code) && !grounds.in_force.contains(code) {
            return Err(Withheld::because(
                WithheldReason::CodeNotInForce,
                format!(
                    "a sentence named a code that is not in force on {}",
                    grounds.date_of_service
                ),
            ));
        }
    }
    let known_range = |range: &(String, String)| {
        grounds.question.code_ranges.contains(range)
            || sources
                .iter()
                .any(|source| source.claims.code_ranges.contains(range) || source.claims.names_all_of(range))
    };
    match claims.code_ranges.iter().all(known_range) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::CodeNotInSources,
            "a sentence named a range of codes that its cited source does not contain",
        )),
    }
}

fn check_modifiers(claims: &Claims, sources: &[&Source], grounds: &Grounds) -> Result<(), Withheld> {
    let known = |modifier: &String| {
        grounds.question.modifiers.contains(modifier)
            || sources
                .iter()
                .any(|source| source.claims.modifiers.contains(modifier))
    };
    match claims.modifiers.iter().all(known) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::ModifierNotInSources,
            "a sentence named a modifier that its cited source does not contain",
        )),
    }
}

fn check_dates(claims: &Claims, sources: &[&Source], grounds: &Grounds) -> Result<(), Withheld> {
    let of_service = PartialDate::from(grounds.date_of_service);
    let known = |date: &PartialDate| {
        date.is_part_of(&of_service)
            || grounds.question.dates.iter().any(|asked| date.is_part_of(asked))
            || sources
                .iter()
                .any(|source| source.claims.dates.iter().any(|known| date.is_part_of(known)))
    };
    match claims.dates.iter().all(known) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::DateNotInSources,
            "a sentence named a date that its cited source does not contain",
        )),
    }
}

fn check_numbers(claims: &Claims, sources: &[&Source]) -> Result<(), Withheld> {
    let number = |number: &Number| sources.iter().any(|source| source.claims.has_number(number));
    let range = |range: &(String, String)| {
        sources
            .iter()
            .any(|source| source.claims.number_ranges.contains(range))
    };
    let reference = |place: &String| {
        sources
            .iter()
            .any(|source| source.claims.references.contains(place))
    };
    let known = claims.numbers.iter().all(number)
        && claims.number_ranges.iter().all(range)
        && claims.references.iter().all(reference);
    match known {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::NumberNotInSources,
            "a sentence stated a number that its cited source does not contain",
        )),
    }
}

/// Where a source names a number by its label, or puts a code into a column, a sentence may not do it
/// differently with a number or code from elsewhere in that source.
fn check_bindings(claims: &Claims, sources: &[&Source]) -> Result<(), Withheld> {
    for (label, value) in &claims.labelled {
        let given = || sources.iter().flat_map(|source| source.claims.values_of(label));
        let bare = Number {
            value: value.clone(),
            unit: None,
        };
        let is_bare = || sources.iter().any(|source| source.claims.numbers.contains(&bare));
        if given().all(|known| known != value) && (given().next().is_some() || !is_bare()) {
            return Err(Withheld::because(
                WithheldReason::NumberNotInSources,
                "a sentence gave a value another number than its cited source",
            ));
        }
    }
    for (code, column) in &claims.columns {
        let stands_in = |column: u8| {
            sources
                .iter()
                .any(|source| source.claims.columns.contains(&(code.clone(), column)))
        };
        if !stands_in(*column) && stands_in(3 - *column) {
            return Err(Withheld::because(
                WithheldReason::ContradictsSource,
                "a sentence put a code into the other column of an edit than its cited source",
            ));
        }
    }
    Ok(())
}

impl Claims {
    /// Whether the number stands here: with its unit, as a year, or as global days such as 090.
    pub(super) fn has_number(&self, number: &Number) -> bool {
        let year = |date: &PartialDate| date.year.map(|year| year.to_string());
        let is_year = || {
            number.unit.is_none()
                && self
                    .dates
                    .iter()
                    .any(|date| year(date).as_ref() == Some(&number.value))
        };
        let as_published = || {
            let value = format!("{:0>3}", number.value);
            let counts_days = matches!(number.unit, None | Some(Unit::Day))
                && matches!(value.as_str(), "000" | "010" | "090");
            counts_days && self.numbers.contains(&Number { value, unit: None })
        };
        self.numbers.contains(number) || is_year() || as_published()
    }

    /// Whether `known` has every number of this.
    pub(super) fn has_numbers_of(&self, known: &Self) -> bool {
        self.numbers.iter().all(|number| known.has_number(number))
    }

    /// The numbers that a label has here; "indicator" is short for "modifier indicator".
    fn values_of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a String> {
        self.labelled
            .iter()
            .filter(move |(known, _)| known.ends_with(label) || label.ends_with(known.as_str()))
            .map(|(_, value)| value)
    }

    /// Whether every code of a range of CPT codes stands here by itself.
    fn names_all_of(&self, (first, last): &(String, String)) -> bool {
        match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) if first < last && last - first <= 30 => {
                (first..=last).all(|code| self.codes.contains(&format!("{code:05}")))
            }
            _ => false,
        }
    }
}

fn check_links(text: &str, sources: &[&Source]) -> Result<(), Withheld> {
    static LINK: LazyLock<Regex> = regex!(
        r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|gov|io|info|example|co|us|edu|biz|ru|cn|app|dev|xyz)\b\S*"
    );
    let known = |link: &str| {
        sources
            .iter()
            .any(|source| source.text.contains(link.trim_end_matches(['.', ',', ')'])))
    };
    match LINK.find_iter(text).all(|link| known(link.as_str())) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::UnsafeText,
            "a sentence held a link that its cited source does not contain",
        )),
    }
}

fn check_subject(text: &str, sources: &[&Source], grounds: &Grounds) -> Result<(), Withheld> {
    let subject = Subject::of(text);
    let claims = Claims::of(text);
    if subject.is_empty() && claims.designators().next().is_none() {
        return off_sources("a sentence was too bare to be checked");
    }
    let mut known = Subject::default();
    sources.iter().for_each(|source| known.extend(&source.subject));
    known.extend(&grounds.question_subject);
    if subject.share_in(&known) < LEAST_SHARE {
        return off_sources("a sentence spoke of something that its cited source does not speak of");
    }
    if subject.poles().names_opposite_thing(known.poles()) || subject.has_prefixed_opposite_in(&known) {
        return Err(Withheld::because(
            WithheldReason::ContradictsSource,
            "a sentence said the opposite of what its cited source says",
        ));
    }
    Ok(())
}

fn off_sources(why: &str) -> Result<(), Withheld> {
    Err(Withheld::because(WithheldReason::OffSources, why))
}
