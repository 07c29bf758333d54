//! The starter knowledge base: one TOML file a topic, in our own words, with facts checked against official
//! tables. `data/starter/README.md` describes the format for authors.

mod check;
pub(crate) mod facts;
mod fill;
mod format;

use crate::error::{Finding, IngestError};
use crate::reading::{Reading, Shelf, SourceFile, TopicSet};
use codecite_codebook::{
    Aspect, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, Licence,
    Locator, NaiveDate, Passage,
};
use codecite_tables::PtpTable;
use format::Topic;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    let topics: Vec<Topic> = files
        .iter()
        .map(|file| Topic::parse(file).map_err(IngestError::Unparsable))
        .collect::<Result<_, _>>()?;
    let Collected {
        passages,
        facts,
        read,
        refused,
        ..
    } = collect(&set.edition, &topics);
    let Some(begins) = passages.iter().map(|passage| passage.effective.from()).min() else {
        return Err(nothing_usable(files, &refused));
    };
    let edition = Edition {
        source: set.edition.to_string(),
        id: set.edition,
        title: set.title,
        authority: set.authority,
        effective: EffectiveRange::since(begins),
        replaced_on: None,
        licence: Licence::Project,
        files: files.iter().map(SourceFile::digest).collect(),
        rows: passages.len() as u64,
        is_complete: false,
    };
    Ok(Reading {
        shelf: Shelf {
            statuses: statuses(&edition, &passages, &facts),
            edition,
            passages,
            facts,
            edits: PtpTable::default(),
            findings: Vec::new(),
            refused: 0,
            set_aside: Vec::new(),
        },
        read,
        refused,
        untold: 0,
        part: None,
    })
}

/// What a check of topic files found, for their authors.
#[derive(Clone, Debug, Default)]
pub struct StarterCheck {
    /// Passages without a finding.
    pub passages: usize,
    /// Facts without a finding.
    pub facts: usize,
    /// What loading would refuse, by file and line.
    pub findings: Vec<Finding>,
    /// Every code that a passage names. Whether it exists is for the loaded editions to say.
    pub codes: Vec<CodeUse>,
    /// The id of each passage with its title.
    pub titles: BTreeMap<String, String>,
    /// Codes, modifiers and places of service that have a definition, each once.
    pub defined: BTreeSet<Code>,
}

/// A code in a passage.
#[derive(Clone, Debug)]
pub struct CodeUse {
    /// The code.
    pub code: Code,
    /// The days on which the passage is true.
    pub effective: EffectiveRange,
    /// Name of the file.
    pub file: String,
    /// Line of the passage's id, counted from 1.
    pub line: u64,
    /// The id of the passage.
    pub passage: String,
}

/// Reads topic files as loading them together would, and keeps nothing but what their authors need to know.
pub fn check_starter(files: &[SourceFile]) -> StarterCheck {
    let mut findings = Vec::new();
    let topics: Vec<Topic> = files
        .iter()
        .filter_map(|file| Topic::parse(file).map_err(|finding| findings.push(finding)).ok())
        .collect();
    let collected = collect(&TopicSet::starter().edition, &topics);
    findings.extend(collected.refused);
    let placed = || collected.placed.iter().zip(&collected.passages);
    let uses_of = |(place, passage): (&Placed, &Passage)| -> Vec<CodeUse> {
        let codes = passage.about.iter().chain(&passage.mentions);
        codes
            .map(|code| CodeUse {
                code: code.clone(),
                effective: passage.effective,
                file: place.file.clone(),
                line: place.line,
                passage: place.id.clone(),
            })
            .collect()
    };
    StarterCheck {
        passages: collected.passages.len(),
        facts: collected.facts.len(),
        defined: collected
            .passages
            .iter()
            .filter(|passage| passage.aspect == Aspect::Definition)
            .flat_map(|passage| passage.about.iter().cloned())
            .collect(),
        codes: placed().flat_map(uses_of).collect(),
        titles: placed()
            .map(|(place, passage)| (place.id.clone(), passage.title.clone()))
            .collect(),
        findings,
    }
}

/// What a set of topic files holds.
#[derive(Default)]
struct Collected {
    passages: Vec<Passage>,
    /// Where each of the passages stands, in the same order.
    placed: Vec<Placed>,
    facts: Vec<Fact>,
    /// Passages and facts met, refused ones included.
    read: u64,
    refused: Vec<Finding>,
}

/// Where a passage stands.
struct Placed {
    file: String,
    line: u64,
    id: String,
}

fn collect(edition: &EditionId, topics: &[Topic]) -> Collected {
    let mut collected = Collected::default();
    let ids: HashSet<&str> = topics.iter().flat_map(Topic::ids).collect();
    let mut taken = Taken::default();
    for topic in topics {
        collected.read_topic(topic, edition, &ids, &mut taken);
    }
    collected.facts = facts::merged(collected.facts);
    collected.refused.sort();
    collected
}

/// What two passages must not share.
#[derive(Default)]
struct Taken<'a> {
    ids: HashSet<&'a str>,
    /// A reader tells sources apart by their titles.
    titles: HashSet<&'a str>,
}

impl Collected {
    fn read_topic<'a>(
        &mut self,
        topic: &'a Topic,
        edition: &EditionId,
        ids: &HashSet<&str>,
        taken: &mut Taken<'a>,
    ) {
        self.read += (topic.passages.len() + topic.facts.len()) as u64;
        let known = facts::read(topic, edition, &mut self.facts, &mut self.refused);
        for entry in &topic.passages {
            let id = entry.id.get_ref().as_str();
            let line = topic.line_of(entry.id.span().start);
            let mut wrong = Vec::new();
            if !taken.ids.insert(id) {
                wrong.push("its id is taken".to_owned());
            }
            if !taken.titles.insert(&entry.title) {
                wrong.push("its title is taken".to_owned());
            }
            match check::passage(entry, edition, &known, ids, &mut wrong) {
                Some(passage) if wrong.is_empty() => {
                    self.passages.push(passage);
                    self.placed.push(Placed {
                        file: topic.file.clone(),
                        line,
                        id: id.to_owned(),
                    });
                }
                _ => self.refused.extend(wrong.into_iter().map(|why| Finding {
                    file: topic.file.clone(),
                    line: Some(line),
                    text: format!("passage {id:?}: {why}; passage refused"),
                })),
            }
        }
    }
}

fn nothing_usable(files: &[SourceFile], refused: &[Finding]) -> IngestError {
    let file = files.first().map(|file| file.name.clone()).unwrap_or_default();
    IngestError::NothingUsable {
        refused: refused.len() as u64,
        first: refused.first().cloned().unwrap_or_else(|| Finding {
            file: file.clone(),
            line: None,
            text: "no passages".into(),
        }),
        file,
    }
}

/// A code that a passage is about exists: as its official row says where the starter has one, else from the
/// day on which the first of its passages is true. Diagnosis codes are left to the official order file, which
/// knows all of them.
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
    let official: HashMap<&Code, Official> = facts
        .iter()
        .filter_map(|fact| Some((&fact.code, Official::of(fact)?)))
        .collect();
    found
        .into_iter()
        .map(|(code, (from, passage))| {
            let official = official.get(code);
            CodeStatus {
                code: code.clone(),
                title: official.map(|official| official.name.clone()),
                billable: true,
                edition: edition.id.clone(),
                effective: official
                    .and_then(|official| official.life)
                    .unwrap_or_else(|| EffectiveRange::since(from)),
                locator: passage.locator.clone(),
            }
        })
        .collect()
}

/// What an official row says of a code beside its numbers.
struct Official {
    /// A name that may be shown: CMS publishes those of places of service and of HCPCS Level II, and the
    /// dental codes of the ADA are not among the latter here.
    name: String,
    /// From the day on which the code was added through its last.
    life: Option<EffectiveRange>,
}

impl Official {
    fn of(fact: &Fact) -> Option<Self> {
        let value = |label: &str| {
            let row = fact.rows.iter().find(|row| row.label == label);
            row.map(|row| row.value.as_str())
        };
        let day = |label: &str| value(label).and_then(|day| day.parse::<NaiveDate>().ok());
        let name = match fact.kind {
            FactKind::PlaceOfService => value(facts::POS_NAME),
            FactKind::Hcpcs => value(facts::DESCRIPTION),
            _ => None,
        };
        Some(Self {
            name: name?.to_owned(),
            life: day(facts::ADDED).and_then(|added| EffectiveRange::new(added, day(facts::TERMINATED)).ok()),
        })
    }
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
