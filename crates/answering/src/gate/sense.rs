//! Whether a sentence says what its source says, and of the same thing: not the opposite, not about another
//! code, not with the numbers of another case.

use super::claims::{Claims, Number};
use super::grounds::Source;
use super::verdict::{Withheld, WithheldReason};
use super::words::Subject;

/// From this share of its words on, a sentence is taken to repeat a statement of its source.
const SAME_STATEMENT: f32 = 0.75;
/// From this share on, a statement of the source is taken to speak of the same thing.
const SAME_THING: f32 = 0.5;
/// From this share on, a part of a sentence may bear what the whole seems to deny.
const SAME_PART: f32 = 0.5;
/// From this share on, a part of a source may vouch for a clause.
const MOST_WORDS: f32 = 0.6;
/// From this share on, a clause says nothing that a clause of its source does not.
const ALL_WORDS: f32 = 0.9;
/// From this likeness in both directions on, the particulars have to be the same too.
const SAME_WORDS: f32 = 0.8;

/// One statement: a sentence, or a clause of one.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub subject: Subject,
    pub claims: Claims,
    pub begins_with_pronoun: bool,
}

impl Statement {
    pub fn of(text: &str) -> Self {
        let first = text
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        Self {
            subject: Subject::of(text),
            claims: Claims::of(text),
            begins_with_pronoun: matches!(first, "It" | "Its" | "This" | "That" | "They" | "These" | "Their"),
        }
    }

    fn is_about_codes(&self) -> bool {
        self.claims.designators().next().is_some()
    }

    fn shares_a_code_with(&self, other: &Self) -> bool {
        self.claims
            .designators()
            .any(|code| other.claims.codes.contains(code) || other.claims.modifiers.contains(code))
    }

    /// Whether `known` may be about the same thing: neither names codes of its own.
    fn may_concern(&self, known: &Self) -> bool {
        !self.is_about_codes() || !known.is_about_codes() || self.shares_a_code_with(known)
    }

    /// The share of this statement's words that `known` has, opposites left out. A statement without words
    /// of its own, such as "38900 cannot be billed with 38500", is compared by its codes.
    fn share_in(&self, known: &Self) -> f32 {
        if self.subject.has_core() {
            return self.subject.core_share_in(&known.subject);
        }
        let all_known = self
            .claims
            .designators()
            .all(|code| known.claims.codes.contains(code) || known.claims.modifiers.contains(code));
        if self.is_about_codes() && all_known {
            1.0
        } else {
            0.0
        }
    }

    fn is_turned_against(&self, known: &Self) -> bool {
        self.subject.is_negated() != known.subject.is_negated()
            || self.subject.is_negated_evenly() != known.subject.is_negated_evenly()
            || self.subject.poles().contradicts(known.subject.poles())
    }
}

/// Compares a sentence with every statement of its sources.
pub(super) fn check_sense(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    let sentences = || sources.iter().flat_map(|source| &source.sentences);
    let alike: Vec<&Statement> = sentences()
        .filter(|known| said.share_in(known) >= SAME_STATEMENT)
        .collect();
    let same: Vec<&Statement> = alike
        .iter()
        .copied()
        .filter(|known| said.may_concern(known))
        .collect();
    if !alike.is_empty() && same.is_empty() {
        return contradicts("a sentence said of one code what its cited source says of another");
    }
    // "The injection is part of it and gets no code" denies one thing and not the other.
    let mut parts = sources
        .iter()
        .flat_map(|source| &source.fragments)
        .filter(|known| said.may_concern(known) && said.share_in(known) >= SAME_PART);
    if !same.is_empty()
        && same.iter().all(|known| said.is_turned_against(known))
        && parts.all(|known| said.is_turned_against(known))
    {
        return contradicts("a sentence said the opposite of what its cited source says");
    }
    check_new_negation(said, sources)?;
    check_particulars(said, sources)
}

/// A negative sentence needs a negative or narrowing statement behind it, if any statement is near it at all.
fn check_new_negation(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    if !said.subject.is_negated() {
        return Ok(());
    }
    let mut near = sources
        .iter()
        .flat_map(|source| &source.sentences)
        .filter(|known| said.may_concern(known) && said.share_in(known) >= SAME_THING)
        .peekable();
    if near.peek().is_some()
        && near.all(|known| !known.subject.is_negated() && !known.subject.is_restricted())
    {
        return contradicts("a sentence denied something, and its cited source denies nothing");
    }
    Ok(())
}

/// A sentence in the words of one statement has to have its numbers, and not those of the statement beside it.
fn check_particulars(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    if said.claims.numbers.is_empty() {
        return Ok(());
    }
    let statements = || {
        sources
            .iter()
            .flat_map(|source| source.sentences.iter().chain(&source.clauses))
    };
    let likeness = |known: &&Statement| said.subject.likeness(&known.subject);
    let best = statements().map(|known| likeness(&known)).fold(0.0, f32::max);
    if best < SAME_WORDS {
        return Ok(());
    }
    let mut closest = statements()
        .filter(|known| likeness(known) >= best && said.may_concern(known))
        .peekable();
    let has_numbers =
        |known: &Statement| known.claims.numbers.is_empty() || said.claims.has_numbers_of(&known.claims);
    if closest.peek().is_some() && !closest.any(has_numbers) {
        return Err(other_case());
    }
    Ok(())
}

/// Compares one clause with the clauses of its sources and their parts, where a denial belongs to what it
/// denies: "not on the E/M code" is no part of "goes on the E/M code, not on the procedure code".
pub(super) fn check_clause(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    let parts = || {
        sources
            .iter()
            .flat_map(|source| source.clauses.iter().chain(&source.fragments))
            .filter(|part| said.may_concern(part))
    };
    let share = |part: &&Statement| said.subject.share_in(&part.subject);
    let is_repeated = !said.subject.is_empty() && parts().any(|part| share(&part) >= SAME_STATEMENT);
    if is_repeated
        && parts()
            .filter(|part| share(part) >= MOST_WORDS)
            .all(|part| said.is_turned_against(part))
    {
        return contradicts("a sentence said the opposite of what its cited source says");
    }
    let mut containing = parts()
        .filter(|part| said.subject.has_words(2) && said.subject.share_in(&part.subject) >= ALL_WORDS)
        .filter(|part| said.shares_a_code_with(part))
        .peekable();
    if !said.claims.numbers.is_empty()
        && containing.peek().is_some()
        && containing.all(|part| !said.claims.has_numbers_of(&part.claims))
    {
        return Err(other_case());
    }
    check_cases(said, sources)
}

/// A number that a source gives for one code is not another code's.
pub(super) fn check_codes_own_numbers(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    let parts = || {
        sources
            .iter()
            .flat_map(|source| &source.fragments)
            .filter(|part| part.is_about_codes())
    };
    let own = |part: &&Statement| said.shares_a_code_with(part);
    let is_lent = |number: &Number| {
        parts().filter(own).all(|part| !part.claims.has_number(number))
            && parts()
                .filter(|part| !own(part))
                .any(|part| part.claims.has_number(number))
    };
    let has_own = || parts().filter(own).any(|part| !part.claims.numbers.is_empty());
    if said.is_about_codes() && has_own() && said.claims.numbers.iter().any(is_lent) {
        return Err(other_case());
    }
    Ok(())
}

fn other_case() -> Withheld {
    Withheld::because(
        WithheldReason::NumberNotInSources,
        "a sentence stated a number that its cited source gives for something else",
    )
}

/// "Major ones 90 days" gives the days of major ones, and "minor procedures" cannot have them: where the
/// clauses about one of two opposites give numbers of a unit, the number of a clause has to be one of these.
fn check_cases(said: &Statement, sources: &[&Source]) -> Result<(), Withheld> {
    let about_the_case: Vec<&Statement> = sources
        .iter()
        .flat_map(|source| &source.clauses)
        .filter(|clause| said.subject.poles().names_the_same_thing(clause.subject.poles()))
        .collect();
    for number in said.claims.numbers.iter().filter(|number| number.unit.is_some()) {
        let mut given = about_the_case
            .iter()
            .filter(|clause| {
                clause
                    .claims
                    .numbers
                    .iter()
                    .any(|known| known.unit == number.unit)
            })
            .peekable();
        if given.peek().is_some() && !given.any(|clause| clause.claims.has_number(number)) {
            return Err(other_case());
        }
    }
    Ok(())
}

fn contradicts(why: &str) -> Result<(), Withheld> {
    Err(Withheld::because(WithheldReason::ContradictsSource, why))
}
