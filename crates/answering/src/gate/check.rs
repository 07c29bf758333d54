//! One sentence against its sources.

use super::claims::{Claims, regex};
use super::consequences::check_consequences;
use super::cut::{Piece, leans_back, pieces, shown, statements};
use super::exact::{check_claims, check_situations};
use super::grounds::{Grounds, Source, clauses, fragments};
use super::sense::{
    Statement, check_clause, check_codes_own_numbers, check_codes_own_words, check_placements, check_sense,
};
use super::unsafe_text::refuse_unsafe;
use super::verdict::{Withheld, WithheldReason};
use super::words::{Subject, with_plain_negations};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The least share of a sentence's subject words that its cited source must have. Below it the sentence
/// speaks of something else. Quotations reach 1; see `tests/honest.rs` for paraphrases.
const LEAST_SHARE: f32 = 0.4;

/// A sentence that passed: its words without citation marks, and what it rests on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub text: String,
    pub citations: Vec<u8>,
}

/// What was named before a sentence, of which it may go on to speak: the codes and modifiers behind "it".
pub(super) type Named = BTreeSet<String>;

/// Checks one sentence, in normal form NFKC and with its citation marks.
///
/// The sentence is cut after each group of citations into statements, and every statement needs one source
/// of its own group that bears all of it, or one for each of its clauses: two sources do not lend each other
/// the halves of a claim. What is checked is what will be shown, character by character. Of the citations
/// only those are shown that bear something.
pub(super) fn check(sentence: &str, before: &Named, grounds: &Grounds) -> Result<Passed, Withheld> {
    let pieces = pieces(sentence)?;
    let all = resolve(pieces.iter().flat_map(|piece| &piece.citations), grounds)?;
    let text = shown(pieces.iter().map(|piece| piece.text.as_str()));
    refuse_unsafe(&text, |word| {
        grounds.question_text.contains(word) || all.iter().any(|(_, source)| source.text.contains(word))
    })?;
    check_links(&text, &all)?;

    let statements = statements(pieces);
    let mut citations: Vec<u8> = Vec::new();
    let mut named = before.clone();
    for Piece {
        text,
        citations: cited,
    } in &statements
    {
        let sources = resolve(cited, grounds)?;
        let behind = if leans_back(text) {
            named.clone()
        } else {
            Named::new()
        };
        for number in borne_by(text, &behind, &sources, grounds)? {
            if !citations.contains(&number) {
                citations.push(number);
            }
        }
        named.extend(named_in(text));
    }
    check_whole(&text, &statements, &all)?;
    Ok(Passed { text, citations })
}

/// The codes and modifiers that a text names.
pub(super) fn named_in(text: &str) -> Named {
    Claims::of(text).designators().cloned().collect()
}

fn resolve<'a, 'n>(
    numbers: impl IntoIterator<Item = &'n usize>,
    grounds: &'a Grounds,
) -> Result<Vec<(u8, &'a Source)>, Withheld> {
    numbers
        .into_iter()
        .map(|number| {
            let source = grounds.source(*number);
            // Evidence has at most 64 passages, so every number that resolves fits.
            source
                .zip(u8::try_from(*number).ok())
                .map(|(source, number)| (number, source))
                .ok_or_else(|| {
                    let known = grounds.sources.len();
                    Withheld::because(
                        WithheldReason::UnknownCitation,
                        format!("no source has the number {number}; there are {known}"),
                    )
                })
        })
        .collect()
}

/// The numbers of the sources that bear a statement: each of them all of it, or else each some clause and
/// together all of them.
fn borne_by(
    text: &str,
    before: &Named,
    sources: &[(u8, &Source)],
    grounds: &Grounds,
) -> Result<Vec<u8>, Withheld> {
    let refusal = match bearing(text, before, sources, grounds) {
        Ok(bearing) => return Ok(bearing),
        Err(refusal) => refusal,
    };
    let plain = with_plain_negations(text);
    let clauses = clauses(&plain);
    let joins_codes = Claims::of(&plain).designators().count() > 1;
    if sources.len() < 2 || clauses.len() < 2 || joins_codes {
        return Err(refusal);
    }
    // A clause without a code of its own speaks of the code of its statement.
    let mut named = before.clone();
    named.extend(named_in(&plain));
    let mut all = Vec::new();
    for clause in &clauses {
        all.extend(bearing(clause, &named, sources, grounds)?);
    }
    Ok(all)
}

/// The numbers of the sources each of which bears the whole text; the first one's refusal if none does. A
/// source that knows the codes and says the opposite is not outvoted by another.
fn bearing(
    text: &str,
    before: &Named,
    sources: &[(u8, &Source)],
    grounds: &Grounds,
) -> Result<Vec<u8>, Withheld> {
    let mut refusal = None;
    let mut bearing = Vec::new();
    for (number, source) in sources {
        match bears(text, before, source, grounds) {
            Ok(()) => bearing.push(*number),
            Err(withheld) if withheld.reason == WithheldReason::ContradictsSource && knows(source, text) => {
                return Err(withheld);
            }
            Err(withheld) => refusal = refusal.or(Some(withheld)),
        }
    }
    match refusal {
        Some(refusal) if bearing.is_empty() => Err(refusal),
        _ => Ok(bearing),
    }
}

/// Whether a source names everything that a text names, and there is something.
fn knows(source: &Source, text: &str) -> bool {
    let named = named_in(text);
    !named.is_empty() && named.iter().all(|designator| source.claims.names(designator))
}

/// Every check of one text against one source.
fn bears(text: &str, before: &Named, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    let text = &with_plain_negations(text);
    let said = Statement::of(text);
    check_claims(&said.claims, source, grounds)?;
    check_situations(&said, source, grounds)?;
    check_named_before(before, source)?;
    check_subject(&said, source, grounds)?;
    let beside_title = source.beside_title(text);
    let (text, said) = match &beside_title {
        Some(beside) => (beside, Statement::of(beside)),
        None => (text, said),
    };
    check_placements(&said.claims, source)?;
    check_consequences(text, &source.text)?;
    if said.draws_a_conclusion() {
        // Whether it denies hangs on the asker's time, and was checked with it.
        return Ok(());
    }
    check_sense(&said, source)?;
    for clause in clauses(text) {
        check_clause(&clause, source)?;
        for part in fragments(&clause).into_iter().map(Statement::of) {
            check_codes_own_numbers(&part, source)?;
            check_codes_own_words(&part, source)?;
        }
    }
    Ok(())
}

/// "It may be billed with 20610" needs a source that also knows what "it" is.
fn check_named_before(before: &Named, source: &Source) -> Result<(), Withheld> {
    if before.is_empty() || before.iter().any(|designator| source.claims.names(designator)) {
        return Ok(());
    }
    Err(Withheld::because(
        WithheldReason::CodeNotInSources,
        "a sentence spoke of a code that its cited source does not contain",
    ))
}

/// A claim may stand astride a citation, where no statement has it: "1 [1],000 units [1]".
fn check_whole(text: &str, statements: &[Piece], all: &[(u8, &Source)]) -> Result<(), Withheld> {
    let mut known = Claims::default();
    for statement in statements {
        known.extend(&Claims::of(&statement.text));
    }
    let whole = Claims::of(text);
    if !(whole.numbers.is_subset(&known.numbers)
        && whole.codes.is_subset(&known.codes)
        && whole.modifiers.is_subset(&known.modifiers)
        && whole.dates.is_subset(&known.dates))
    {
        return Err(Withheld::because(
            WithheldReason::NumberNotInSources,
            "a sentence stated something across two citations",
        ));
    }
    let plain = with_plain_negations(text);
    for clause in clauses(&plain).iter().filter(|_| statements.len() > 1) {
        let said = Statement::of(clause);
        let own =
            |(_, source): &&(u8, &Source)| said.claims.designators().any(|code| source.claims.names(code));
        all.iter()
            .filter(own)
            .map(|(_, source)| check_codes_own_numbers(&said, source))
            .find(Result::is_err)
            .unwrap_or(Ok(()))?;
    }
    Ok(())
}

fn check_links(text: &str, sources: &[(u8, &Source)]) -> Result<(), Withheld> {
    static LINK: LazyLock<Regex> = regex!(
        r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|gov|io|info|example|co|us|edu|biz|ru|cn|app|dev|xyz)\b\S*"
    );
    let known = |link: &str| {
        sources
            .iter()
            .any(|(_, source)| source.text.contains(link.trim_end_matches(['.', ',', ')'])))
    };
    match LINK.find_iter(text).all(|link| known(link.as_str())) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::UnsafeText,
            "a sentence held a link that its cited source does not contain",
        )),
    }
}

fn check_subject(said: &Statement, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    let subject = &said.subject;
    if subject.is_empty() && said.claims.designators().next().is_none() {
        return off_sources("a sentence was too bare to be checked");
    }
    let mut known: Subject = source.subject.clone();
    // The asker's words about a code that the source does not know are the asker's alone.
    if said
        .claims
        .designators()
        .all(|designator| source.claims.names(designator))
    {
        known.extend(&grounds.question_subject);
    }
    if subject.share_in(&known) < LEAST_SHARE {
        return off_sources("a sentence spoke of something that its cited source does not speak of");
    }
    // The asker's "right eye" makes no right eye of the source's left one.
    let source = &source.subject;
    if subject.poles().names_opposite_thing(source.poles()) || subject.has_prefixed_opposite_in(source) {
        return Err(Withheld::because(
            WithheldReason::ContradictsSource,
            "a sentence named the opposite of what its cited source speaks of",
        ));
    }
    Ok(())
}

fn off_sources(why: &str) -> Result<(), Withheld> {
    Err(Withheld::because(WithheldReason::OffSources, why))
}
