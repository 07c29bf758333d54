//! Which passages an answer quotes, in which order, and how much of each.

use crate::look_up::LookedUp;
use codecite_codebook::{Aspect, Code, Fact, FactKind, Passage};
use codecite_retrieval::{Evidence, Intent, Numbered, Understanding};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A passage to quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub number: u8,
    /// How many of its sentences, from the first.
    pub sentences: usize,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Paragraph,
    Item,
}

/// No answer quotes more passages than a colleague would read out.
const MOST_QUOTES: usize = 9;
const WHOLE: usize = 6;

/// What the question is about by name: codes, modifiers and places of service. What was written once is one
/// subject, also where no table decides which of its codes was meant.
pub(super) fn subjects(
    understanding: &Understanding,
    looked_up: &LookedUp,
    evidence: &Evidence,
) -> Vec<Code> {
    let is_spoken_of = |code: &&Code| {
        evidence
            .iter()
            .any(|numbered| numbered.passage.about.contains(code))
    };
    let undecided = looked_up.named.iter().filter_map(|named| {
        let candidates = named.undecided();
        candidates.iter().find(is_spoken_of).or(candidates.first())
    });
    let mut subjects = looked_up.codes_in_force();
    subjects.extend(undecided.cloned());
    subjects.extend(
        looked_up
            .codes_ended()
            .into_iter()
            .filter(|code| is_spoken_of(&code)),
    );
    subjects.extend(understanding.modifiers.iter().cloned());
    subjects.extend(understanding.places_of_service.iter().cloned());
    subjects
}

/// Plans the answer. Quotes nothing twice.
pub(super) fn plan(
    understanding: &Understanding,
    subjects: &[Code],
    looked_up: &LookedUp,
    evidence: &Evidence,
) -> Vec<Quote> {
    let mut plan = Plan {
        evidence,
        subjects,
        quotes: Vec::new(),
    };
    let asked = asked_aspects(&understanding.words);
    plan.quote_named_authorities(&understanding.words);
    match (understanding.intent, subjects) {
        (_, []) => plan.best_first(),
        // The rows are what was asked for, and are not to be buried.
        (_, [subject]) if looked_up.facts.iter().any(is_asked_for) => plan.define_briefly(subject, &asked),
        (_, [subject]) => plan.define(subject, &asked),
        (Intent::Compare, subjects) => plan.compare(subjects),
        (_, subjects) if is_about_all(understanding) => plan.together(subjects),
        (_, subjects) => subjects
            .iter()
            .for_each(|subject| plan.define_briefly(subject, &asked)),
    }
    if plan.quotes.is_empty() {
        plan.best_first();
    }
    plan.quote_other_authorities();
    plan.quotes.truncate(MOST_QUOTES);
    plan.quotes
}

/// Whether a row is one that an answer shows only where the question asks for its table: an amount, a risk category,
/// another code set, coverage, or a status by day.
fn is_asked_for(fact: &Fact) -> bool {
    match fact.kind {
        FactKind::Hcc
        | FactKind::HccHierarchy
        | FactKind::RiskEligible
        | FactKind::Crosswalk
        | FactKind::Coverage
        | FactKind::Change => true,
        FactKind::CodeStatus => fact.rows.iter().any(|row| row.label.starts_with("on ")),
        FactKind::PhysicianFeeSchedule => fact.value("where").is_some(),
        _ => false,
    }
}

/// Whether several subjects are asked about as a whole; "38900 and 20610?" says so without a word.
pub(super) fn is_about_all(understanding: &Understanding) -> bool {
    matches!(understanding.intent, Intent::Together | Intent::Unclear)
        || understanding.words.trim().is_empty()
}

/// Whether one of the quoted passages rules on everything that was asked about, so that the answer is
/// about the whole and not only about its parts.
pub(super) fn speaks_of_all(subjects: &[Code], evidence: &Evidence, quotes: &[Quote]) -> bool {
    let speaks = |passage: &Passage| {
        subjects
            .iter()
            .all(|code| passage.about.contains(code) || passage.mentions.contains(code))
    };
    quotes
        .iter()
        .filter_map(|quote| evidence.get(quote.number))
        .any(speaks)
}

struct Plan<'a> {
    evidence: &'a Evidence,
    subjects: &'a [Code],
    quotes: Vec<Quote>,
}

impl Plan<'_> {
    /// One subject in full: what was asked for first, then what it is, then the rest as a list.
    fn define(&mut self, subject: &Code, asked: &[Aspect]) {
        for aspect in asked {
            self.quote(subject, *aspect, WHOLE, Place::Paragraph);
        }
        let has_what_was_asked = !self.quotes.is_empty();
        let told = if has_what_was_asked { 1 } else { WHOLE };
        self.quote(subject, Aspect::Definition, told, Place::Paragraph);
        self.quote(subject, Aspect::Entry, told, Place::Paragraph);
        if has_what_was_asked {
            return;
        }
        for (aspect, sentences) in [
            (Aspect::Reporting, 3),
            (Aspect::AddOn, 1),
            (Aspect::Rule, 2),
            (Aspect::Pairing, 2),
            (Aspect::Modifiers, 2),
            (Aspect::GlobalPeriod, 1),
            (Aspect::Units, 1),
            (Aspect::Exception, 2),
            (Aspect::Confusion, 1),
        ] {
            self.quote(subject, aspect, sentences, Place::Item);
        }
    }

    /// One subject among several.
    fn define_briefly(&mut self, subject: &Code, asked: &[Aspect]) {
        let before = self.quotes.len();
        for aspect in asked {
            self.quote(subject, *aspect, 2, Place::Paragraph);
        }
        if self.quotes.len() == before {
            self.quote(subject, Aspect::Definition, 2, Place::Paragraph);
            self.quote(subject, Aspect::Entry, 1, Place::Paragraph);
            self.quote(subject, Aspect::Reporting, 1, Place::Item);
            self.quote(subject, Aspect::Rule, 1, Place::Item);
        }
    }

    /// What separates the subjects first, then each of them.
    fn compare(&mut self, subjects: &[Code]) {
        self.quote_about_several(subjects, 3);
        for subject in subjects {
            self.quote(subject, Aspect::Definition, 2, Place::Paragraph);
            self.quote(subject, Aspect::Entry, 1, Place::Paragraph);
            self.quote(subject, Aspect::Confusion, 2, Place::Item);
            self.quote(subject, Aspect::Reporting, 1, Place::Item);
        }
    }

    /// Rules about the subjects together first, then what each is. Without such a rule, what each says of
    /// its company and its payment is the next best thing.
    fn together(&mut self, subjects: &[Code]) {
        self.quote_about_several(subjects, WHOLE);
        let is_ruled = speaks_of_all(subjects, self.evidence, &self.quotes);
        for subject in subjects {
            self.quote(subject, Aspect::Definition, 1, Place::Item);
            self.quote(subject, Aspect::AddOn, 1, Place::Item);
            if !is_ruled {
                self.quote(subject, Aspect::Pairing, 2, Place::Item);
                self.quote(subject, Aspect::Modifiers, 1, Place::Item);
                self.quote(subject, Aspect::GlobalPeriod, 1, Place::Item);
            }
        }
    }

    /// The best passages as they were found, the first in full. Where the question names something, these are the ones
    /// that name it too: what was found by likeness alone is about something else.
    fn best_first(&mut self) {
        let is_related = |numbered: &Numbered<'_>| {
            let names = |code: &Code| {
                numbered.passage.about.contains(code) || numbered.passage.mentions.contains(code)
            };
            self.subjects.is_empty() || self.subjects.iter().any(names)
        };
        let mut related = self.evidence.iter().filter(is_related);
        let Some(best) = related.next() else { return };
        let related: Vec<u8> = related
            .filter(|numbered| is_kin(best.passage, numbered.passage))
            .map(|numbered| numbered.number)
            .take(3)
            .collect();
        self.add(best.number, WHOLE, Place::Paragraph);
        for number in related {
            self.add(number, 2, Place::Item);
        }
    }

    /// What the question asks an authority for by its name: its own words come first.
    fn quote_named_authorities(&mut self, words: &str) {
        let words = words.to_lowercase();
        let is_named = |passage: &Passage| {
            let authority = passage.authority.as_str().to_lowercase();
            let name = authority
                .split_once('(')
                .map_or(authority.as_str(), |(_, name)| name);
            let name = name.trim_end_matches(')').trim();
            !is_public(passage) && name.len() > 2 && words.contains(name)
        };
        let named: Vec<u8> = self
            .evidence
            .iter()
            .filter(|numbered| is_named(numbered.passage))
            .map(|numbered| numbered.number)
            .take(3)
            .collect();
        for number in named {
            self.add(number, WHOLE, Place::Paragraph);
        }
    }

    /// Beside what is quoted, the best passages of each payer, contractor or practice that speak of the same: its word
    /// holds for its own claims, and may be another one.
    fn quote_other_authorities(&mut self) {
        /// Of each authority, and how far down the evidence.
        const OF_EACH: usize = 2;
        const AMONG: u8 = 8;
        let mut of_each: HashMap<&str, usize> = HashMap::new();
        let speaks_of_it = |numbered: &Numbered<'_>| match self.subjects {
            [] => numbered.number <= AMONG,
            subjects => {
                let passage = numbered.passage;
                let named = subjects
                    .iter()
                    .filter(|code| passage.about.contains(code) || passage.mentions.contains(code));
                named.count() >= subjects.len().min(2)
            }
        };
        let others: Vec<u8> = self
            .evidence
            .iter()
            .filter(|numbered| !is_public(numbered.passage) && speaks_of_it(numbered))
            .filter(|numbered| {
                let of_it = of_each.entry(numbered.passage.authority.as_str()).or_default();
                *of_it += 1;
                *of_it <= OF_EACH
            })
            .map(|numbered| numbered.number)
            .collect();
        // They are not to fall off the end of a long answer.
        let is_new = |number: &u8| self.quotes.iter().all(|quote| quote.number != *number);
        let new = others.iter().filter(|number| is_new(number)).count();
        self.quotes.truncate(MOST_QUOTES.saturating_sub(new));
        for number in others {
            self.add(number, WHOLE, Place::Paragraph);
        }
    }

    /// Passages that rule on several of the subjects. Where some rule on all of them, only these, and the
    /// ones that rule on little else before the general ones.
    fn quote_about_several(&mut self, subjects: &[Code], sentences: usize) {
        let about = |passage: &Passage| {
            subjects
                .iter()
                .filter(|code| passage.about.contains(code))
                .count()
        };
        let mut several: Vec<Numbered<'_>> = self
            .evidence
            .iter()
            .filter(|numbered| named_in(subjects, numbered.passage) >= 2)
            .collect();
        several.sort_by_key(|numbered| {
            let Numbered { number, passage } = numbered;
            (
                Reverse(about(passage)),
                Reverse(named_in(subjects, passage)),
                passage.about.len(),
                *number,
            )
        });
        let Some(best) = several.first().map(|numbered| numbered.passage) else {
            return;
        };
        let others = about(best).max(2);
        let is_general = |passage: &Passage| passage.about.len() > best.about.len() + 2;
        let chosen = several
            .iter()
            .filter(|numbered| {
                named_in(subjects, numbered.passage) >= others && !is_general(numbered.passage)
            })
            .filter(|numbered| about(best) < subjects.len() || about(numbered.passage) == subjects.len());
        for (position, numbered) in chosen.take(3).enumerate() {
            let sentences = if position == 0 { sentences } else { 2 };
            self.add(numbered.number, sentences, Place::Paragraph);
        }
    }

    /// The best passages about `subject` under `aspect`: one, or two of the same rank for rules; and beside them the
    /// best one of each payer, contractor or practice, because its word holds for its own claims.
    fn quote(&mut self, subject: &Code, aspect: Aspect, sentences: usize, place: Place) {
        let most = if aspect == Aspect::Rule { 2 } else { 1 };
        let fitting = |numbered: &Numbered<'_>| {
            numbered.passage.aspect == aspect
                && numbered.passage.about.contains(subject)
                && !answers_another_question(numbered.passage, self.subjects)
        };
        let (public, others): (Vec<Numbered<'_>>, Vec<Numbered<'_>>) = self
            .evidence
            .iter()
            .filter(fitting)
            .partition(|numbered| is_public(numbered.passage));
        let mut authorities = HashSet::new();
        let of_each = others
            .into_iter()
            .filter(|numbered| authorities.insert(numbered.passage.authority.as_str()));
        for numbered in public.into_iter().take(most).chain(of_each) {
            self.add(numbered.number, sentences, place);
        }
    }

    fn add(&mut self, number: u8, sentences: usize, place: Place) {
        if self.quotes.iter().all(|quote| quote.number != number) {
            self.quotes.push(Quote {
                number,
                sentences,
                place,
            });
        }
    }
}

/// Whether a passage is of an authority whose word holds for everybody who follows Medicare and the code sets. That of
/// a payer, a contractor or a practice names it and for whom it speaks, as in `payer (Example Health)`.
pub(super) fn is_public(passage: &Passage) -> bool {
    let authority = passage.authority.as_str().to_lowercase();
    let speaks_for_some = ["payer", "mac", "practice"]
        .iter()
        .any(|name| authority.split([' ', '(']).next() == Some(name));
    !speaks_for_some && !authority.contains('(')
}

/// Whether a passage answers yes or no about a partner that was not asked about: "Yes, 99213 with modifier 25 can be
/// reported with 20610" reads as the answer to whatever was asked of 99213.
fn answers_another_question(passage: &Passage, subjects: &[Code]) -> bool {
    let says_yes_or_no = ["Yes,", "No,"].iter().any(|word| passage.text.starts_with(word));
    says_yes_or_no && passage.about.iter().any(|code| !subjects.contains(code))
}

fn named_in(subjects: &[Code], passage: &Passage) -> usize {
    let about = subjects
        .iter()
        .filter(|code| passage.about.contains(code))
        .count();
    let mentioned = subjects
        .iter()
        .filter(|code| passage.mentions.contains(code))
        .count();
    // A passage that only mentions its way past several codes rules on none of them.
    if about == 0 { 0 } else { about + mentioned }
}

/// Whether a passage belongs beside the best one: of the same subject, or of the same document.
fn is_kin(best: &Passage, other: &Passage) -> bool {
    let shares_subject = best.about.iter().any(|code| other.about.contains(code));
    shares_subject || (best.about.is_empty() && other.about.is_empty() && best.billable == other.billable)
}

/// The aspects that the question's words ask for by name.
fn asked_aspects(words: &str) -> Vec<Aspect> {
    const ASKED: [(&[&str], Aspect); 7] = [
        (
            &["global", "postoperative", "post-op", "postop"],
            Aspect::GlobalPeriod,
        ),
        (
            &["add-on", "addon", "add on", "primary code", "primary procedure"],
            Aspect::AddOn,
        ),
        (&["units", "mue", "how many", "times"], Aspect::Units),
        (
            &["bundle", "bundled", "unbundle", "ncci", "ptp", "column"],
            Aspect::Pairing,
        ),
        (&["modifier", "modifiers"], Aspect::Modifiers),
        (
            &["when", "requirements", "criteria", "document"],
            Aspect::Reporting,
        ),
        (&["difference", "differ", "confused", "versus"], Aspect::Confusion),
    ];
    let words = format!(" {} ", words.to_lowercase());
    ASKED
        .iter()
        .filter(|(asked, _)| asked.iter().any(|word| words.contains(&format!(" {word}"))))
        .map(|(_, aspect)| *aspect)
        .collect()
}
