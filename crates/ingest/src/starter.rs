//! The starter knowledge base: one TOML file a topic, in our own words, with facts checked against official
//! tables. `data/starter/README.md` describes the format for authors.

mod check;
mod facts;
mod fill;
mod format;

use crate::error::{Finding, IngestError};
use crate::reading::{Reading, Shelf, SourceFile, TopicSet};
use codecite_codebook::{
    Aspect, Code, CodeStatus, CodeSystem, Edition, EffectiveRange, Fact, FactKind, Licence, Locator,
    NaiveDate, Passage,
};
use format::Topic;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The files that this binary was built with.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/starter_files.rs"));

/// The files that this binary carries.
pub(crate) fn embedded() -> Vec<SourceFile> {
    FILES
        .iter()
        .map(|(name, bytes)| SourceFile {
            name: (*name).to_owned(),
            bytes: bytes.to_vec(),
        })
        .collect()
}

/// Whether a file is meant as a topic of a starter knowledge base: TOML by its name, with passages or facts
/// by its content.
pub(crate) fn is_topic(file: &SourceFile) -> bool {
    let holds = |heading: &[u8]| file.bytes.windows(heading.len()).any(|window| window == heading);
    file.name.to_ascii_lowercase().ends_with(".toml") && (holds(b"[[passage]]") || holds(b"[[fact]]"))
}

/// Reads the topics of `set` together as one edition. A passage or fact with something wrong is refused, the
/// others are kept. A file that is no topic at all is an error: without it, what it brought before would go.
pub(crate) fn read(set: TopicSet, files: &[SourceFile]) -> Result<Reading, IngestError> {
    let mut refused = Vec::new();
    let topics: Vec<Topic> = files
        .iter()
        .map(|file| Topic::parse(file).map_err(IngestError::Unparsable))
        .collect::<Result<_, _>>()?;
    let edition_id = set.edition;
    let mut passages = Vec::new();
    let mut facts = Vec::new();
    let mut read = 0;
    let ids: HashSet<&str> = topics.iter().flat_map(Topic::ids).collect();
    let mut taken = HashSet::new();
    for topic in &topics {
        read += (topic.passages.len() + topic.facts.len()) as u64;
        let known = facts::read(topic, &edition_id, &mut facts, &mut refused);
        for entry in &topic.passages {
            let mut wrong = Vec::new();
            if !taken.insert(entry.id.get_ref().as_str()) {
                wrong.push("its id is taken".to_owned());
            }
            match check::passage(entry, &edition_id, &known, &ids, &mut wrong) {
                Some(passage) if wrong.is_empty() => passages.push(passage),
                _ => refused.extend(wrong.into_iter().map(|why| Finding {
                    file: topic.file.clone(),
                    line: Some(topic.line_of(entry.id.span().start)),
                    text: format!("passage {:?}: {why}; passage refused", entry.id.get_ref()),
                })),
            }
        }
    }
    refused.sort();
    let Some(begins) = passages.iter().map(|passage| passage.effective.from()).min() else {
        return Err(nothing_usable(files, &refused));
    };
    let edition = Edition {
        source: edition_id.to_string(),
        id: edition_id,
        title: set.title,
        authority: set.authority,
        effective: EffectiveRange::since(begins),
        replaced_on: None,
        licence: Licence::Project,
        files: files.iter().map(SourceFile::digest).collect(),
        rows: passages.len() as u64,
    };
    Ok(Reading {
        shelf: Shelf {
            statuses: statuses(&edition, &passages, &facts),
            edition,
            passages,
            facts,
        },
        read,
        refused,
    })
}

fn nothing_usable(files: &[SourceFile], refused: &[Finding]) -> IngestError {
    let file = files.first().map(|file| file.name.clone()).unwrap_or_default();
    IngestError::NothingUsable {
        refused: refused.len(),
        first: refused.first().cloned().unwrap_or_else(|| Finding {
            file: file.clone(),
            line: None,
            text: "no passages".into(),
        }),
        file,
    }
}

/// A code that a passage is about exists from the day on which the first of its passages is true. Diagnosis
/// codes are left to the official order file, which knows all of them.
fn statuses(edition: &Edition, passages: &[Passage], facts: &[Fact]) -> Vec<CodeStatus> {
    let mut found: BTreeMap<&Code, (NaiveDate, &Passage)> = BTreeMap::new();
    for passage in passages {
        for code in &passage.about {
            if matches!(code.system(), CodeSystem::Icd10Cm | CodeSystem::Icd10Pcs) {
                continue;
            }
            let (from, best) = found.entry(code).or_insert((passage.effective.from(), passage));
            *from = passage.effective.from().min(*from);
            if best.aspect != Aspect::Definition && passage.aspect == Aspect::Definition {
                *best = passage;
            }
        }
    }
    let names = names_of_places(facts);
    found
        .into_iter()
        .map(|(code, (from, passage))| CodeStatus {
            code: code.clone(),
            title: names.get(code).map(|name| (*name).to_owned()),
            billable: true,
            edition: edition.id.clone(),
            effective: EffectiveRange::since(from),
            locator: passage.locator.clone(),
        })
        .collect()
}

/// Official names that may be shown: those of places of service, which CMS publishes.
fn names_of_places(facts: &[Fact]) -> HashMap<&Code, &str> {
    facts
        .iter()
        .filter(|fact| fact.kind == FactKind::PlaceOfService)
        .filter_map(|fact| {
            let name = fact.rows.iter().find(|row| row.label == facts::POS_NAME)?;
            Some((&fact.code, name.value.as_str()))
        })
        .collect()
}

/// The locator of what a starter file takes from a document.
fn locator(document: &str, section: Option<&str>, url: Option<&str>) -> Locator {
    Locator {
        document: document.to_owned(),
        section: section.map(str::to_owned),
        place: None,
        url: url.map(str::to_owned),
    }
}
