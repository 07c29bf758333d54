//! Whether a sentence says what its source says, and of the same thing: not the opposite, not about another
//! code, not with the numbers of another case.

use super::claims::{Claims, Number, Placement};
use super::grounds::{Source, fragments};
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
    begins_with_pronoun: bool,
    /// Its codes stand in its own words, and are not those of its passage.
    names_its_codes: bool,
}

impl Statement {
    pub fn of(text: &str) -> Self {
        let first = text
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        let claims = Claims::of(text);
        let names_its_codes = claims.designators().next().is_some();
        Self {
            subject: Subject::of(text),
            names_its_codes,
            claims,
            begins_with_pronoun: matches!(first, "It" | "Its" | "This" | "That" | "They" | "These" | "Their"),
        }
    }

    /// The same, speaking of `about` where it names nothing itself, and of both where it begins with "it".
    pub fn about(mut self, about: &Claims) -> Self {
        self.names_its_codes |= self.begins_with_pronoun;
        if self.begins_with_pronoun || !self.is_about_codes() {
            self.claims.codes.extend(about.codes.iter().cloned());
            self.claims.modifiers.extend(about.modifiers.iter().cloned());
        }
        self
    }

    /// Whether it says of a code what follows from the time of a case.
    pub fn draws_a_conclusion(&self) -> bool {
        !self.claims.situations.is_empty() && !self.claims.codes.is_empty()
    }

    fn is_about_codes(&self) -> bool {
        self.claims.designators().next().is_some()
    }

    fn shares_a_code_with(&self, other: &Self) -> bool {
        self.claims
            .designators()
            .any(|designator| other.claims.names(designator))
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
            .all(|designator| known.claims.names(designator));
        if self.is_about_codes() && known.names_its_codes && all_known {
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

/// Compares a sentence with every statement of its source.
pub(super) fn check_sense(said: &Statement, source: &Source) -> Result<(), Withheld> {
    let alike: Vec<&Statement> = source
        .sentences
        .iter()
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
    let mut parts = source
        .fragments
        .iter()
        .filter(|known| said.may_concern(known) && said.share_in(known) >= SAME_PART);
    if !same.is_empty()
        && same.iter().all(|known| said.is_turned_against(known))
        && parts.all(|known| said.is_turned_against(known))
    {
        return contradicts("a sentence said the opposite of what its cited source says");
    }
    check_new_negation(said, source)?;
    check_particulars(said, source)?;
    check_exchanged(said, source)?;
    check_company(said, source)
}

/// A negative sentence needs a negative or narrowing statement behind it, if any statement is near it at all.
fn check_new_negation(said: &Statement, source: &Source) -> Result<(), Withheld> {
    if !said.subject.is_negated() {
        return Ok(());
    }
    let mut near = source
        .sentences
        .iter()
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
fn check_particulars(said: &Statement, source: &Source) -> Result<(), Withheld> {
    if said.claims.numbers.is_empty() {
        return Ok(());
    }
    let statements = || source.sentences.iter().chain(&source.clauses);
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

/// "No edit between 38900 and 38500" in the words of "no edit between 38900 and 38525" has exchanged a code.
fn check_exchanged(said: &Statement, source: &Source) -> Result<(), Withheld> {
    let names = |known: &Statement, designator: &String| {
        known.claims.names(designator) || source.about.names(designator)
    };
    let has_all = |known: &Statement| said.claims.designators().all(|code| names(known, code));
    let is_exchanged = |known: &Statement| {
        !has_all(known) && known.claims.designators().any(|code| !said.claims.names(code))
    };
    let mut containing = source
        .sentences
        .iter()
        .chain(&source.clauses)
        .filter(|known| said.subject.has_words(2) && said.subject.share_in(&known.subject) >= ALL_WORDS)
        .peekable();
    if containing.peek().is_some() && containing.all(is_exchanged) {
        return contradicts("a sentence put another code into a statement of its cited source");
    }
    Ok(())
}

/// A sentence that joins several codes needs a statement that joins them: one that names some of them in a
/// passage about the others. Where all of those deny what it says, or none denies what it denies, it lies.
fn check_company(said: &Statement, source: &Source) -> Result<(), Withheld> {
    let denies = said.is_about_codes() && said.subject.denies_reporting();
    if denies && !source.sentences.iter().any(|known| known.subject.excludes()) {
        return contradicts("a sentence denied the reporting of a code, and its cited source does not");
    }
    if said.claims.designators().count() < 2 {
        return Ok(());
    }
    let joins = |known: &&Statement| {
        known.names_its_codes
            && said.shares_a_code_with(known)
            && said
                .claims
                .designators()
                .all(|designator| known.claims.names(designator) || source.about.names(designator))
    };
    let sentences: Vec<&Statement> = source.sentences.iter().filter(joins).collect();
    // "38900 can be billed with 38500" has nothing but its codes to be found by.
    if sentences.is_empty() && !said.subject.has_core() {
        return contradicts("a sentence joined codes that its cited source does not join");
    }
    if said.subject.denies_reporting() && !sentences.iter().any(|known| known.subject.excludes()) {
        return contradicts("a sentence denied a pair of codes that its cited source does not deny");
    }
    let clauses = source
        .clauses
        .iter()
        .filter(|_| said.subject.has_core())
        .filter(joins);
    let mut all = sentences.into_iter().chain(clauses).peekable();
    if all.peek().is_some() && all.all(|known| known.subject.is_negated() != said.subject.is_negated()) {
        return contradicts("a sentence said of a pair of codes the opposite of what its cited source says");
    }
    Ok(())
}

/// Compares one clause with the clauses of its source and their parts, where a denial belongs to what it
/// denies: "not on the E/M code" is no part of "goes on the E/M code, not on the procedure code".
pub(super) fn check_clause(clause: &str, source: &Source) -> Result<(), Withheld> {
    let said = Statement::of(clause);
    // "It is the header … and is not billable" denies in one of its parts what the other does not say.
    let mut parts = fragments(clause).into_iter().map(Statement::of);
    if Repeated::of(&said, source) == Repeated::Turned
        && !parts.any(|part| Repeated::of(&part, source) == Repeated::AsItStands)
    {
        return contradicts("a clause said the opposite of what its cited source says");
    }
    let mut containing = parts_concerning(&said, source)
        .filter(|part| said.subject.has_words(2) && said.subject.share_in(&part.subject) >= ALL_WORDS)
        .filter(|part| said.shares_a_code_with(part))
        .peekable();
    if !said.claims.numbers.is_empty()
        && containing.peek().is_some()
        && containing.all(|part| !said.claims.has_numbers_of(&part.claims))
    {
        return Err(other_case());
    }
    check_cases(&said, source)
}

/// Whether a part of a source says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    Nowhere,
    AsItStands,
    Turned,
}

impl Repeated {
    fn of(said: &Statement, source: &Source) -> Self {
        let share = |part: &&Statement| said.subject.share_in(&part.subject);
        let is_repeated = !said.subject.is_empty()
            && parts_concerning(said, source).any(|part| share(&part) >= SAME_STATEMENT);
        if !is_repeated {
            return Self::Nowhere;
        }
        let is_turned = parts_concerning(said, source)
            .filter(|part| share(part) >= MOST_WORDS)
            .all(|part| said.is_turned_against(part));
        if is_turned { Self::Turned } else { Self::AsItStands }
    }
}

fn parts_concerning<'a>(said: &'a Statement, source: &'a Source) -> impl Iterator<Item = &'a Statement> {
    source
        .clauses
        .iter()
        .chain(&source.fragments)
        .filter(|part| said.may_concern(part))
}

/// A number that a source gives for one code is not another code's, and neither is a type or a stage.
pub(super) fn check_codes_own_numbers(said: &Statement, source: &Source) -> Result<(), Withheld> {
    let parts = || source.fragments.iter().filter(|part| part.is_about_codes());
    let own = |part: &&Statement| said.shares_a_code_with(part);
    let is_lent = |stands: &dyn Fn(&Statement) -> bool| {
        parts().filter(own).all(|part| !stands(part)) && parts().filter(|part| !own(part)).any(stands)
    };
    let is_lent_number = |number: &Number| is_lent(&|part| part.claims.has_number(number));
    let is_lent_label = |label: &(String, String)| is_lent(&|part| part.claims.labelled.contains(label));
    let has_own = |stands: fn(&Statement) -> bool| parts().filter(own).any(stands);
    let lends_numbers =
        has_own(|part| !part.claims.numbers.is_empty()) && said.claims.numbers.iter().any(is_lent_number);
    let lends_labels =
        has_own(|part| !part.claims.labelled.is_empty()) && said.claims.labelled.iter().any(is_lent_label);
    if said.is_about_codes() && (lends_numbers || lends_labels) {
        return Err(other_case());
    }
    Ok(())
}

/// Words that a source has for one code are not another code's: "38900 for the excision and 38525 for the
/// mapping" exchanges what the source tells apart.
pub(super) fn check_codes_own_words(said: &Statement, source: &Source) -> Result<(), Withheld> {
    if !said.names_its_codes || !said.subject.has_core() {
        return Ok(());
    }
    let best_share = |is_own: bool| {
        source
            .fragments
            .iter()
            .filter(|part| part.names_its_codes && said.shares_a_code_with(part) == is_own)
            .map(|part| said.subject.share_in(&part.subject))
            .fold(0.0, f32::max)
    };
    match best_share(false) >= ALL_WORDS && best_share(true) <= SAME_PART {
        true => contradicts("a sentence said of one code what its cited source says of another"),
        false => Ok(()),
    }
}

/// Where a source puts a thing on one code or with it and not on another, a sentence may not do it the other
/// way round.
pub(super) fn check_placements(said: &Claims, source: &Source) -> Result<(), Withheld> {
    let known = &source.claims.placements;
    let is_turned = |placement: &Placement| !known.contains(placement) && known.contains(&placement.turned());
    match said.placements.iter().any(is_turned) {
        true => contradicts("a sentence put something where its cited source says that it does not go"),
        false => Ok(()),
    }
}

fn other_case() -> Withheld {
    Withheld::because(
        WithheldReason::NumberNotInSources,
        "a sentence stated a number that its cited source gives for something else",
    )
}

/// "Major ones 90 days" gives the days of major ones, and "minor procedures" cannot have them: where the
/// clauses about one of two opposites give numbers of a unit, the number of a clause has to be one of these.
fn check_cases(said: &Statement, source: &Source) -> Result<(), Withheld> {
    let about_the_case: Vec<&Statement> = source
        .clauses
        .iter()
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
