//! From files to shelves: what each file is, by its content, and what it brings.

use crate::container::{self, Member};
use crate::draft::Job;
use crate::error::{Finding, IngestError};
use crate::importers::{self, Importer};
use crate::sidecar::Sidecars;
use crate::starter::{self as topics};
use chrono::Datelike;
use codecite_codebook::{
    Authority, CodeStatus, Edition, EditionId, Fact, FileDigest, Licence, NaiveDate, Passage,
};
use codecite_tables::{PtpTable, Tables};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// One file as the operator gave it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name without folders. A source may say in its name from when it is in force.
    pub name: String,
    /// Its bytes, packed or not.
    pub bytes: Vec<u8>,
}

impl SourceFile {
    /// Its name and the SHA-256 of its bytes as they are.
    pub fn digest(&self) -> FileDigest {
        FileDigest {
            name: self.name.clone(),
            sha256: hex::encode(Sha256::digest(&self.bytes)),
        }
    }
}

/// What the operator says about the files beside their content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What kind of file each is, where its content does not tell: one of [`kinds`].
    pub kind: Option<String>,
    /// From when an official release is in force, where its name does not say so or says it wrongly; and a document.
    pub effective_from: Option<NaiveDate>,
    /// What else is to be known of documents.
    pub document: DocumentOptions,
}

/// What the operator says of documents, which do not say it of themselves in a form that a program could rely on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentOptions {
    /// What a reader is shown; else what the document calls itself.
    pub title: Option<String>,
    /// Whose word it is: CMS, CDC, MAC, payer, practice, or a name.
    pub authority: Option<String>,
    /// Where or for whom it holds, such as `Novitas, JH` or `Aetna`: a part of the authority that readers see.
    pub jurisdiction: Option<String>,
    /// The id of the series of which it is an edition: the next one of it supersedes this one.
    pub source: Option<String>,
    /// The last day on which it is in force, if it has one.
    pub effective_to: Option<NaiveDate>,
    /// Its public address.
    pub url: Option<String>,
    /// Under which licence it may be used.
    pub licence: Option<Licence>,
}

/// What one edition brings. Everything in it belongs to `edition`.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The edition.
    pub edition: Edition,
    /// What can be found and cited.
    pub passages: Vec<Passage>,
    /// Which codes exist.
    pub statuses: Vec<CodeStatus>,
    /// Rows of tables.
    pub facts: Vec<Fact>,
    /// Procedure-to-procedure edits, of which there are millions.
    pub edits: PtpTable,
    /// What was remarked on or refused while it was read, in that order; kept with the edition, to be read later.
    pub findings: Vec<Finding>,
    /// How many of the findings are refusals.
    pub refused: u64,
    /// SHA-256 of files that hold the same edition in another form, and were set aside for this one.
    pub set_aside: Vec<String>,
}

/// One of several files that make up an edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, counted from 1.
    pub number: u8,
    /// How many there are.
    pub of: u8,
}

/// A shelf with what was noticed while it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was read.
    pub shelf: Shelf,
    /// Lines or passages met, refused ones included.
    pub read: u64,
    /// What was refused, and why, in the order of the files. Of very many the last finding says how many more there are.
    pub refused: Vec<Finding>,
    /// How many refusals have no finding of their own.
    pub untold: u64,
    /// Which of the edition's files this is, if it has several.
    pub part: Option<Part>,
}

/// What a set of files brought.
#[derive(Debug, Default)]
pub struct Sources {
    /// One for each edition.
    pub readings: Vec<Reading>,
    /// Files that were not read at all.
    pub unreadable: Vec<IngestError>,
}

/// Which edition topic files become. Loading an edition again replaces it.
#[derive(Debug)]
pub(crate) struct TopicSet {
    pub edition: EditionId,
    pub title: String,
    pub authority: Authority,
}

/// The kinds of files that are read: the word for `--as`, and what it means.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    importers::every().map(|importer| (importer.word, importer.what))
}

/// Reads `files` one after the other, each by its content: releases as their publishers ship them (plain, gzip or
/// in a zip, which may hold several), topic files and documents. What one file holds is an edition of its own, so that
/// it can be corrected and loaded again alone; only tables that are published in numbered parts are put together. What
/// is to be known of a file may stand in a sidecar, which is among `files` too.
pub fn read_sources(files: impl IntoIterator<Item = SourceFile>, options: &ReadOptions) -> Sources {
    let mut sources = Sources::default();
    let mut sidecars = Sidecars::default();
    let mut waiting = Vec::new();
    for file in files {
        if Sidecars::is_one(&file) {
            sidecars.add(file);
        } else if sidecars.speak_of(&file.name) || !importers::asks_for_words(&file) {
            sources.read(&file, options, &mut sidecars);
        } else {
            // Its sidecar may come behind it. Files that are known by their content are read and let go.
            waiting.push(file);
        }
    }
    for file in waiting {
        sources.read(&file, options, &mut sidecars);
    }
    sources.unreadable.extend(sidecars.left_over());
    sources.join_parts();
    sources.refuse_rivals();
    for reading in &mut sources.readings {
        reading.shelf.findings.extend_from_slice(&reading.refused);
        reading.shelf.refused = reading.refused.len() as u64;
    }
    sources
}

/// The files of the starter knowledge base that this binary carries.
pub fn starter_files() -> Vec<SourceFile> {
    topics::embedded()
}

/// The starter knowledge base that this binary carries.
///
/// # Errors
/// Only if it was built with files that cannot be read, which the tests rule out.
pub fn starter() -> Result<Reading, IngestError> {
    topics::read(TopicSet::starter(), &topics::embedded())
}

impl TopicSet {
    pub(crate) fn starter() -> Self {
        Self {
            edition: EditionId::new("starter"),
            title: "Codecite starter knowledge base".into(),
            authority: Authority::new("Codecite"),
        }
    }

    /// A topic file of whoever runs this: it stands beside the starter and is named after the file.
    fn of_file(name: &str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        Self {
            edition: EditionId::new(&format!("topic-{stem}")),
            title: format!("Topic file {name}"),
            authority: Authority::new("local"),
        }
    }
}

impl Reading {
    /// Keeps what was read unless more of it was refused than was in order. To load the rest would remove what
    /// an earlier load of the same edition had brought.
    fn if_mostly_in_order(self, file: &SourceFile) -> Result<Self, IngestError> {
        let refused = self.count_refused();
        match self.refused.first() {
            Some(first) if refused * 2 > self.read => Err(IngestError::MostlyRefused {
                file: file.name.clone(),
                refused,
                read: self.read,
                first: first.clone(),
            }),
            _ => Ok(self),
        }
    }

    /// Adds a further part of the same edition.
    fn add(&mut self, part: Self) {
        let Shelf {
            edition,
            passages,
            statuses,
            facts,
            edits,
            findings,
            refused: _,
            set_aside,
        } = part.shelf;
        self.shelf.edition.files.extend(edition.files);
        self.shelf.edition.rows += edition.rows;
        self.shelf.passages.extend(passages);
        self.shelf.statuses.extend(statuses);
        self.shelf.facts.extend(facts);
        self.shelf.edits.append(edits);
        self.shelf.findings.extend(findings);
        self.shelf.set_aside.extend(set_aside);
        self.read += part.read;
        self.refused.extend(part.refused);
        self.untold += part.untold;
    }

    /// How many lines or passages were refused: several findings may be about one.
    fn count_refused(&self) -> u64 {
        let places: HashSet<_> = self.refused.iter().map(|finding| finding.line).collect();
        places.len() as u64 + self.untold
    }
}

impl Sources {
    fn read(&mut self, file: &SourceFile, options: &ReadOptions, sidecars: &mut Sidecars) {
        let readings = sidecars
            .options_for(&file.name, options)
            .and_then(|options| read(file, &options));
        match readings {
            Ok(readings) => self.take(readings, file),
            Err(error) => self.unreadable.push(error),
        }
    }

    fn take(&mut self, readings: Vec<Result<Reading, IngestError>>, file: &SourceFile) {
        for reading in readings {
            match reading.and_then(|reading| reading.if_mostly_in_order(file)) {
                Ok(reading) => self.readings.push(reading),
                Err(error) => self.unreadable.push(error),
            }
        }
    }

    /// Of one edition in several forms keeps the one that its publisher keeps it in, and notes what was left out.
    fn drop_other_forms(&mut self) {
        let named = |reading: &Reading| match reading.shelf.edition.files.as_slice() {
            [file] => Some((
                reading.shelf.edition.id.clone(),
                stem_and_form(&file.name),
                file.name.clone(),
            )),
            _ => None,
        };
        let known: Vec<_> = self.readings.iter().filter_map(named).collect();
        let outdone_by = |reading: &Reading| {
            let (edition, form, name) = named(reading)?;
            let better = known
                .iter()
                .filter(|(other, form_of_other, _)| *other == edition && outdoes(form_of_other, &form))
                .min_by_key(|(_, (_, form), _)| *form)?;
            Some((better.2.clone(), name))
        };
        let mut left_out: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
        let mut set_aside: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.readings.retain(|reading| match outdone_by(reading) {
            Some((better, name)) => {
                set_aside
                    .entry(better.clone())
                    .or_default()
                    .extend(digests(&reading.shelf));
                let text = format!(
                    "left out, because {better} holds the same edition and is kept in a form that tells more"
                );
                let finding = Finding {
                    file: name,
                    line: None,
                    text,
                };
                left_out.entry(better).or_default().push(finding);
                false
            }
            None => true,
        });
        for reading in &mut self.readings {
            if let Some((_, _, name)) = named(reading) {
                let findings = left_out.remove(&name).unwrap_or_default();
                reading.shelf.findings.extend(findings);
                reading
                    .shelf
                    .set_aside
                    .extend(set_aside.remove(&name).unwrap_or_default());
            }
        }
    }

    /// Of files that hold one edition and say the same, such as a table as CSV and as text, keeps the first.
    fn drop_copies(&mut self) {
        let mut counts: BTreeMap<EditionId, usize> = BTreeMap::new();
        for reading in &self.readings {
            *counts.entry(reading.shelf.edition.id.clone()).or_default() += 1;
        }
        let is_alone = |id: &EditionId| counts.get(id).is_none_or(|count| *count < 2);
        let mut first: BTreeMap<EditionId, (usize, Vec<u64>)> = BTreeMap::new();
        let mut kept: Vec<Reading> = Vec::with_capacity(self.readings.len());
        for reading in std::mem::take(&mut self.readings) {
            let id = reading.shelf.edition.id.clone();
            if is_alone(&id) || !reading.shelf.edits.is_empty() {
                kept.push(reading);
                continue;
            }
            let content = content(&reading.shelf);
            match first.get(&id) {
                Some((place, known)) if *known == content => {
                    let copy = digests(&reading.shelf);
                    kept[*place].shelf.set_aside.extend(copy);
                }
                Some(_) => kept.push(reading),
                None => {
                    first.insert(id, (kept.len(), content));
                    kept.push(reading);
                }
            }
        }
        self.readings = kept;
    }

    /// Takes out editions of official sources that are loaded already with many more rows: a file that was cut, or half
    /// of which was refused, would take the others away in silence.
    pub fn refuse_shrunk(&mut self, tables: &Tables) {
        let mut shrunk = Vec::new();
        self.readings.retain(|Reading { shelf, .. }| {
            let loaded = tables.edition(&shelf.edition.id);
            let before = loaded.map(|edition| edition.rows).unwrap_or_default();
            let is_much_less = shelf.edition.rows < before - before / 10;
            let is_refused =
                is_much_less && before >= LARGE && shelf.edition.licence == Licence::PublicDomain;
            if is_refused {
                shrunk.push(IngestError::Shrunk {
                    edition: shelf.edition.id.clone(),
                    files: shelf.edition.files.iter().map(|file| file.name.clone()).collect(),
                    before,
                    now: shelf.edition.rows,
                });
            }
            !is_refused
        });
        self.unreadable.extend(shrunk);
    }

    /// Puts the parts of one edition together, and refuses an edition that lacks one of its parts.
    fn join_parts(&mut self) {
        let mut parts: BTreeMap<EditionId, Vec<(Part, Reading)>> = BTreeMap::new();
        for reading in std::mem::take(&mut self.readings) {
            match reading.part {
                Some(part) => parts
                    .entry(reading.shelf.edition.id.clone())
                    .or_default()
                    .push((part, reading)),
                None => self.readings.push(reading),
            }
        }
        for (edition, parts) in parts {
            match joined(edition, parts) {
                Ok(reading) => self.readings.push(reading),
                Err(error) => self.unreadable.push(error),
            }
        }
    }

    /// Takes out editions that more than one file holds: whichever were loaded last would win by chance.
    fn refuse_rivals(&mut self) {
        self.drop_other_forms();
        self.drop_copies();
        let mut files: BTreeMap<EditionId, Vec<Vec<String>>> = BTreeMap::new();
        for Shelf { edition, .. } in self.readings.iter().map(|reading| &reading.shelf) {
            let names = edition.files.iter().map(|file| file.name.clone());
            files.entry(edition.id.clone()).or_default().push(names.collect());
        }
        // One reading may have several files: the parts of one edition.
        files.retain(|_, readings| readings.len() > 1);
        self.readings
            .retain(|reading| !files.contains_key(&reading.shelf.edition.id));
        let rivals = files
            .into_iter()
            .map(|(edition, readings)| IngestError::SameEdition {
                edition,
                files: readings.concat(),
            });
        self.unreadable.extend(rivals);
    }
}

/// An edition of fewer rows may be corrected to whatever it should be.
const LARGE: u64 = 100;

fn digests(shelf: &Shelf) -> Vec<String> {
    shelf
        .edition
        .files
        .iter()
        .map(|file| file.sha256.clone())
        .collect()
}

/// What a shelf says, whatever file it was read from: a hash of each row and passage, in an order of their own.
fn content(shelf: &Shelf) -> Vec<u64> {
    fn hash_of(said: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        hasher.finish()
    }
    let passages = shelf
        .passages
        .iter()
        .map(|passage| hash_of(&(&passage.title, &passage.text)));
    let statuses = shelf
        .statuses
        .iter()
        .map(|status| hash_of(&(&status.code, &status.title, status.billable, status.effective)));
    let facts = shelf.facts.iter().map(|fact| {
        let rows: Vec<(&str, &str)> = fact
            .rows
            .iter()
            .map(|row| (row.label.as_str(), row.value.as_str()))
            .collect();
        hash_of(&(fact.kind, &fact.code, &fact.also, rows, fact.effective))
    });
    let mut content: Vec<u64> = passages.chain(statuses).chain(facts).collect();
    content.sort_unstable();
    content
}

/// One edition from its parts.
fn joined(edition: EditionId, mut parts: Vec<(Part, Reading)>) -> Result<Reading, IngestError> {
    parts.sort_by_key(|(part, _)| part.number);
    let files = || {
        parts
            .iter()
            .flat_map(|(_, reading)| reading.shelf.edition.files.iter().map(|file| file.name.clone()))
            .collect()
    };
    let numbers: Vec<u8> = parts.iter().map(|(part, _)| part.number).collect();
    let of = parts.iter().map(|(part, _)| part.of).max().unwrap_or_default();
    let missing: Vec<String> = (1..=of)
        .filter(|number| !numbers.contains(number))
        .map(|number| number.to_string())
        .collect();
    if !missing.is_empty() {
        return Err(IngestError::PartsMissing {
            edition,
            files: files(),
            of,
            missing: missing.join(", "),
        });
    }
    let digests: HashSet<&String> = parts
        .iter()
        .flat_map(|(_, reading)| reading.shelf.edition.files.iter().map(|file| &file.sha256))
        .collect();
    let has_copies = digests.len() < parts.len();
    if has_copies || numbers.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(IngestError::SameEdition {
            edition,
            files: files(),
        });
    }
    let mut parts = parts.into_iter().map(|(_, reading)| reading);
    let Some(mut whole) = parts.next() else {
        return Err(IngestError::SameEdition {
            edition,
            files: Vec::new(),
        });
    };
    for part in parts {
        whole.add(part);
    }
    whole.part = None;
    Ok(whole)
}

/// What one file holds: one reading, or several for a zip with several releases.
fn read(file: &SourceFile, options: &ReadOptions) -> Result<Vec<Result<Reading, IngestError>>, IngestError> {
    if topics::is_topic(file) {
        let reading = topics::read(TopicSet::of_file(&file.name), std::slice::from_ref(file));
        return Ok(vec![reading]);
    }
    let kind = kind_named(options)?;
    check_first_day(file, options)?;
    let is_wanted = |name: &str, head: &[u8]| match kind {
        Some(kind) => (kind.recognises)(name, head),
        None => importers::of(name, head).is_some(),
    };
    let members = container::members(&file.name, &file.bytes, is_wanted)?;
    let importer_of = |member: &Member<'_>| {
        kind.or_else(|| importers::of_member(member))
            .or_else(|| importers::document(member, options))
    };
    let members: Vec<_> = members
        .iter()
        .map(|member| (member, importer_of(member)))
        .collect();
    let read_member = |&(member, importer): &(&Member<'_>, Option<&Importer>)| {
        let importer = importer.ok_or_else(|| container::unknown(&file.name, member))?;
        (importer.read)(&Job {
            file,
            member,
            options,
        })
    };
    let wanted = members
        .iter()
        .filter(|member| !is_in_better_format(member, &members));
    Ok(wanted.map(read_member).collect())
}

/// Refuses a day that a slip of the keyboard has made: it would be before or behind every other edition.
fn check_first_day(file: &SourceFile, options: &ReadOptions) -> Result<(), IngestError> {
    match options.effective_from {
        Some(day) if !(1980..=2100).contains(&day.year()) => Err(IngestError::Misshapen {
            file: file.name.clone(),
            why: format!(
                "{day} is no plausible first day of a release or document; correct --effective-from, or effective_from in \
                 {}.toml, to a day from 1980 to 2100",
                file.name
            ),
        }),
        _ => Ok(()),
    }
}

/// Whether the container holds the same table in a format that is read instead: CMS puts `GPCI2025` into one zip as
/// CSV, text and workbook.
fn is_in_better_format(
    (member, importer): &(&Member<'_>, Option<&Importer>),
    members: &[(&Member<'_>, Option<&Importer>)],
) -> bool {
    let form = stem_and_form(&member.name);
    importer.is_some()
        && members.iter().any(|(other, of_other)| {
            let form_of_other = stem_and_form(&other.name);
            of_other.is_some() && form_of_other.0 == form.0 && form_of_other.1 < form.1
        })
}

/// How a table is kept, the form that is read most willingly first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Its own structure; CDC and CMS publish what has levels so, and tables of it are made by others.
    Xml,
    /// Columns that have names.
    Csv,
    /// Columns by position.
    Text,
    /// A workbook, or what has no ending.
    Other,
}

/// A name without its ending, and the form that its ending tells, packed or not.
fn stem_and_form(name: &str) -> (String, Form) {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let form = match ending {
        "xml" => Form::Xml,
        "csv" => Form::Csv,
        "txt" => Form::Text,
        _ => Form::Other,
    };
    (stem.to_owned(), form)
}

/// Whether of two files of one edition the first is read instead of the second: XML instead of whatever was made of
/// it, and of files of one name (`GPCI2025.csv`, `GPCI2025.txt`) the better form.
fn outdoes((stem, form): &(String, Form), (other_stem, other_form): &(String, Form)) -> bool {
    form < other_form && (*form == Form::Xml || stem == other_stem)
}

fn kind_named(options: &ReadOptions) -> Result<Option<&'static Importer>, IngestError> {
    let Some(word) = &options.kind else {
        return Ok(None);
    };
    match importers::named(word) {
        Some(importer) => Ok(Some(importer)),
        None => Err(IngestError::NoSuchKind {
            word: word.clone(),
            known: importers::list(),
        }),
    }
}
