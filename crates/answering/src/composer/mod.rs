//! The built-in composer: an answer from facts and quoted evidence alone.
//!
//! It plans which passages to quote, in which order and how much of each, and writes a draft in the same
//! plain grammar that a model is asked for. The draft then passes the same gate: nothing that it writes is
//! trusted for being ours.

mod candidates;
mod plan;

use crate::event::{Notice, NoticeKind};
use crate::exact::diagnoses;
use crate::exact::pairs::is_procedure;
use crate::look_up::LookedUp;
use codecite_codebook::{Aspect, Code, CodeSystem, Fact, FactKind, Passage, sentences};
use codecite_retrieval::{Evidence, Intent, Numbered, Understanding};
use plan::{Place, Quote};

/// An answer before the gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Sentences with their citations, a line a paragraph or list item.
    pub text: String,
    /// What the sources leave open.
    pub notices: Vec<Notice>,
}

/// Writes the answer that the evidence bears, the point first.
pub fn compose(understanding: &Understanding, looked_up: &LookedUp, evidence: &Evidence) -> Draft {
    let subjects = plan::subjects(understanding, looked_up, evidence);
    // The rows are the answer, and what was found by likeness is about something else.
    if subjects.is_empty() && looked_up.named.is_empty() && !looked_up.facts.is_empty() {
        return Draft::default();
    }
    if wants_candidates(understanding, &subjects, evidence)
        && let Some(text) = candidates::compose(&understanding.words, &subjects, evidence)
    {
        return Draft {
            text,
            notices: vec![],
        };
    }
    let quotes = plan::plan(understanding, &subjects, looked_up, evidence);
    let mut notices = Vec::new();
    if subjects.len() > 1
        && plan::is_about_all(understanding)
        && !plan::speaks_of_all(&subjects, evidence, &quotes)
        && !has_row_of_all(&subjects, looked_up)
    {
        notices.push(part_only(&subjects));
    }
    notices.extend(several_authorities(&quotes, evidence));
    Draft {
        text: write(&quotes, evidence),
        notices,
    }
}

/// Whether rows of the tables rule on the codes among the subjects together: an edit of each pair of procedures or the
/// proof that it has none, an excludes note between diagnoses.
fn has_row_of_all(subjects: &[Code], looked_up: &LookedUp) -> bool {
    let is_about = |fact: &Fact, code: &Code| match fact.kind {
        FactKind::Note => diagnoses::stands_at(fact, code) || diagnoses::names(fact, code),
        _ => fact.code == *code || fact.also.contains(code),
    };
    let is_ruled = |one: &Code, other: &Code| {
        let mut facts = looked_up.facts.iter();
        facts.any(|fact| one != other && is_about(fact, one) && is_about(fact, other))
    };
    let of = |is_one: fn(&Code) -> bool| {
        subjects
            .iter()
            .filter(move |code| is_one(code))
            .collect::<Vec<_>>()
    };
    let (procedures, diagnoses) = (of(is_procedure), of(|code| code.system() == CodeSystem::Icd10Cm));
    let pairs = || {
        procedures
            .iter()
            .enumerate()
            .flat_map(|(at, one)| procedures[at + 1..].iter().map(move |other| (*one, *other)))
    };
    let ruled_on_procedures = pairs().all(|(one, other)| is_ruled(one, other));
    let is_with_another = |one: &&&Code| diagnoses.iter().any(|other| is_ruled(one, other));
    let ruled_on_diagnoses = diagnoses.len() < 2 || diagnoses.iter().filter(is_with_another).count() >= 2;
    (procedures.len() > 1 || diagnoses.len() > 1) && ruled_on_procedures && ruled_on_diagnoses
}

/// That passages of a payer, a contractor or a practice are quoted beside public ones: each holds for its own claims.
fn several_authorities(quotes: &[Quote], evidence: &Evidence) -> Option<Notice> {
    let quoted = || {
        quotes
            .iter()
            .filter_map(|quote| Some((quote.number, evidence.get(quote.number)?)))
    };
    let others: Vec<String> = quoted()
        .filter(|(_, passage)| !plan::is_public(passage))
        .map(|(number, passage)| format!("{} [{number}]", passage.authority))
        .collect();
    let is_beside = !others.is_empty() && quoted().count() > others.len();
    (is_beside || others.len() > 1).then(|| Notice {
        kind: NoticeKind::SeveralAuthorities,
        text: format!(
            "Several authorities speak here. What {} says holds for its own claims; where two disagree, the one that pays has the last \
             word.",
            others.join(" or ")
        ),
    })
}

/// Whether the answer is a choice among entries of a code set: a code is sought, or words found entries first.
fn wants_candidates(understanding: &Understanding, subjects: &[Code], evidence: &Evidence) -> bool {
    let found_entries_first = subjects.is_empty() && evidence.first().aspect == Aspect::Entry;
    understanding.intent == Intent::FindCode || found_entries_first
}

/// Claims nothing about a table: that no edit exists can be said only with the table's edition and its rows.
fn part_only(subjects: &[Code]) -> Notice {
    let count = |systems: &[CodeSystem]| {
        let of_them = subjects.iter().filter(|code| systems.contains(&code.system()));
        of_them.count()
    };
    let open = if count(&[CodeSystem::Cpt, CodeSystem::Hcpcs]) > 1 {
        " Whether an NCCI edit pairs them is left open here: look the pair up in the tables for the date of service before \
         you bill."
    } else if count(&[CodeSystem::Icd10Cm]) > 1 {
        " Whether an Excludes note keeps them apart is left open here: look both up in the Tabular List of the date of \
         service."
    } else {
        ""
    };
    Notice {
        kind: NoticeKind::PartOnly,
        text: format!(
            "The passages found speak of these one by one, and none of them rules on them together.{open}"
        ),
    }
}

fn write(quotes: &[Quote], evidence: &Evidence) -> String {
    let mut draft = String::new();
    for quote in quotes {
        let Some(passage) = evidence.get(quote.number) else {
            continue;
        };
        let numbered = Numbered {
            number: quote.number,
            passage,
        };
        let quoted = quote_passage(numbered, quote.sentences);
        match quote.place {
            Place::Paragraph => draft.push_str("\n\n"),
            Place::Item => draft.push_str("\n- "),
        }
        draft.push_str(&quoted);
    }
    draft.trim_start().to_owned()
}

/// The first `count` sentences of a passage, each with its citation.
fn quote_passage(numbered: Numbered<'_>, count: usize) -> String {
    let Numbered { number, passage } = numbered;
    let told = match passage.billable {
        Some(_) => entry_sentences(passage),
        None => sentences(&passage.text).into_iter().map(str::to_owned).collect(),
    };
    let cited: Vec<String> = told
        .iter()
        .take(count)
        .map(|sentence| cite(sentence, number))
        .collect();
    cited.join(" ")
}

/// An entry of a code set has a title and no sentences of its own, so these are written around it.
fn entry_sentences(passage: &Passage) -> Vec<String> {
    let Some(code) = passage.about.first() else {
        return Vec::new();
    };
    let (label, title) = (code.label(), &passage.text);
    let first = match passage.billable {
        Some(false) => format!("{label} is the header \"{title}\" and is not billable."),
        _ => format!("{label} is \"{title}\", a billable code."),
    };
    let section = passage.locator.section.as_deref();
    let category = section.filter(|section| !section.starts_with(code.text()));
    let belongs = category.map(|section| format!("{label} belongs to the category {section}."));
    [first].into_iter().chain(belongs).collect()
}

fn code_of(passage: &Passage) -> String {
    passage.about.first().map(ToString::to_string).unwrap_or_default()
}

/// `It is so.` → `It is so [2].`
fn cite(sentence: &str, number: u8) -> String {
    match sentence.strip_suffix('.') {
        Some(words) => format!("{words} [{number}]."),
        None => format!("{sentence} [{number}]"),
    }
}
