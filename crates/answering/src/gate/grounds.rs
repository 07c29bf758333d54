//! What a sentence may rest on: the evidence of this turn, read once for all sentences.

use super::claims::{Claims, PartialDate};
use super::sense::Statement;
use super::words::{Subject, with_plain_negations};
use codecite_codebook::{Code, CodeSystem, NaiveDate, Passage, sentences};
use codecite_retrieval::Evidence;
use std::collections::{BTreeSet, HashSet};
use unicode_normalization::UnicodeNormalization;

/// What sentences are checked against. Cheap to share; built once a turn.
#[derive(Clone, Debug)]
pub struct Grounds {
    pub(super) sources: Vec<Source>,
    pub(super) question: Claims,
    pub(super) question_subject: Subject,
    pub(super) question_text: String,
    pub(super) in_force: HashSet<String>,
    pub(super) date_of_service: NaiveDate,
}

/// One numbered passage, read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub claims: Claims,
    /// The codes and modifiers that the passage is about.
    pub about: Claims,
    pub subject: Subject,
    pub sentences: Vec<Statement>,
    /// The parts of sentences between commas and semicolons.
    pub clauses: Vec<Statement>,
    /// The parts of clauses, cut where another statement may begin.
    pub fragments: Vec<Statement>,
    pub text: String,
    /// What an entry of a code set calls its code.
    entry: Option<Entry>,
}

/// A billable code with its official title.
#[derive(Clone, Debug)]
struct Entry {
    designator: String,
    title: String,
}

impl Grounds {
    /// Reads the evidence and the question.
    ///
    /// `in_force` holds every code that exists on the date of service among those that
    /// [`Grounds::codes_to_look_up`] names.
    pub fn new(
        evidence: &Evidence,
        question: &str,
        date_of_service: NaiveDate,
        in_force: impl IntoIterator<Item = Code>,
    ) -> Self {
        let question: String = question.nfkc().collect();
        Self {
            sources: evidence
                .iter()
                .map(|numbered| Source::of(numbered.passage))
                .collect(),
            question: Claims::of(&question),
            question_subject: Subject::of(&question),
            question_text: question,
            in_force: in_force.into_iter().map(|code| code.undotted()).collect(),
            date_of_service,
        }
    }

    /// Every code that evidence names, and so every one that a sentence may name: the tables are asked for
    /// these before anything is written, because the gate itself asks nobody.
    pub fn codes_to_look_up(evidence: &Evidence) -> BTreeSet<Code> {
        evidence
            .iter()
            .flat_map(|numbered| {
                let passage = numbered.passage;
                let written = Claims::of(&readable(passage)).codes;
                let named = passage.about.iter().chain(&passage.mentions).cloned();
                named
                    .chain(written.into_iter().flat_map(|word| Code::candidates(&word)))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    pub(super) fn source(&self, number: usize) -> Option<&Source> {
        self.sources.get(number.checked_sub(1)?)
    }
}

impl Source {
    fn of(passage: &Passage) -> Self {
        let text = readable(passage);
        let plain = with_plain_negations(&text);
        let about = designators(&passage.about);
        let mut claims = Claims::of(&plain);
        claims.extend(&about);
        claims.extend(&designators(&passage.mentions));
        for place in passage.about.iter().chain(&passage.mentions) {
            if place.system() == CodeSystem::PlaceOfService {
                claims.extend(&Claims::of(place.text()));
            }
        }
        claims.dates.insert(PartialDate::from(passage.effective.from()));
        claims.dates.extend(passage.effective.to().map(PartialDate::from));
        // A statement that names no code speaks of what its passage is about.
        let statement = |text: &str| Statement::of(text).about(&about);
        let mut sentences: Vec<Statement> = sentences(&plain).into_iter().map(statement).collect();
        if passage.billable == Some(false) {
            // "<title> is not billable" repeats the title and negates something else.
            sentences.push(statement(&format!(
                "{} {} is not billable.",
                passage.title, passage.text
            )));
        }
        let clauses = clauses(&plain);
        Self {
            claims,
            subject: Subject::of(&plain),
            fragments: clauses
                .iter()
                .flat_map(|clause| fragments(clause))
                .map(statement)
                .collect(),
            clauses: clauses.iter().map(|clause| statement(clause)).collect(),
            sentences,
            about,
            text,
            entry: Entry::of(passage),
        }
    }

    /// What `text` says beside the title of this source's code, where it speaks of that code alone and quotes the title
    /// word for word; `None` where it does not. A title names other conditions too, with and without them, and it is no statement of a writer.
    pub fn beside_title(&self, text: &str) -> Option<String> {
        let Entry { designator, title } = self.entry.as_ref()?;
        let quoted = format!("\"{title}\"");
        let beside = text
            .contains(&quoted)
            .then(|| text.replace(&quoted, "so named"))?;
        let speaks_of_it_alone = Claims::of(&beside).designators().all(|named| named == designator);
        speaks_of_it_alone.then_some(beside)
    }
}

impl Entry {
    fn of(passage: &Passage) -> Option<Self> {
        let ([code], Some(true)) = (passage.about.as_slice(), passage.billable) else {
            return None;
        };
        Some(Self {
            designator: code.undotted(),
            title: passage.text.nfkc().collect(),
        })
    }
}

/// The codes and modifiers among `codes`, as claims.
fn designators(codes: &[Code]) -> Claims {
    let mut claims = Claims::default();
    for code in codes {
        match code.system() {
            CodeSystem::Modifier => {
                claims.modifiers.insert(code.text().to_owned());
            }
            CodeSystem::PlaceOfService | CodeSystem::Locality | CodeSystem::Zip | CodeSystem::Hcc => {}
            _ => claims.add_code(code),
        }
    }
    claims
}

/// The parts of sentences between commas, semicolons and colons that can be compared by themselves: "without
/// modifier 57," goes with what follows.
pub(super) fn clauses(text: &str) -> Vec<String> {
    let mut whole = Vec::new();
    for sentence in sentences(text) {
        let mut begun = String::new();
        for part in sentence.split(", ").flat_map(|part| part.split([';', ':'])) {
            begun.push_str(part);
            if Subject::of(&begun).is_empty() {
                begun.push_str(", ");
            } else {
                whole.push(std::mem::take(&mut begun));
            }
        }
        if !begun.is_empty() {
            whole.push(begun);
        }
    }
    whole
}

/// The parts of a clause, cut where another statement may begin.
pub(super) fn fragments(clause: &str) -> Vec<&str> {
    let mut parts = vec![clause];
    for joint in [" and ", " but ", " because ", " while ", " which ", " so "] {
        parts = parts.into_iter().flat_map(|part| part.split(joint)).collect();
    }
    parts
}

/// Everything about a passage that a reader sees beside its citation, and so everything that a sentence may
/// repeat.
fn readable(passage: &Passage) -> String {
    let billable = match passage.billable {
        Some(true) => "It is billable: valid for reporting.",
        Some(false) => "It is a header, not billable: not valid for reporting; a finer code is needed.",
        None => "",
    };
    let section = passage.locator.section.as_deref().unwrap_or_default();
    let text = format!(
        "{}.\n{}\n{section}.\n{billable}\n{}. {}.",
        passage.title, passage.text, passage.authority, passage.locator.document
    );
    text.nfkc().collect()
}
