//! From files to shelves: what each file is, by its content, and what it brings.

use crate::container;
use crate::error::{Finding, IngestError};
use crate::icd10cm;
use crate::starter::{self as topics};
use codecite_codebook::{Authority, CodeStatus, Edition, EditionId, Fact, FileDigest, NaiveDate, Passage};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// One file as the operator gave it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name without folders. A source may say in its name from when it is in force.
    pub name: String,
    /// Its bytes, packed or not.
    pub bytes: Vec<u8>,
}

impl SourceFile {
    pub(crate) fn digest(&self) -> FileDigest {
        FileDigest {
            name: self.name.clone(),
            sha256: hex::encode(Sha256::digest(&self.bytes)),
        }
    }
}

/// What the operator says about the files beside their content.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// From when an official release is in force, where its name does not say so or says it wrongly.
    pub effective_from: Option<NaiveDate>,
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
}

/// A shelf with what was noticed while it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was read.
    pub shelf: Shelf,
    /// Lines or passages met, refused ones included.
    pub read: u64,
    /// What was refused, and why, in the order of the files.
    pub refused: Vec<Finding>,
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

/// Reads `files` one after the other, each by its content: ICD-10-CM order files (plain, gzip or in a zip), and
/// topic files. Every file is an edition of its own, so that one can be corrected and loaded again alone.
pub fn read_sources(files: impl IntoIterator<Item = SourceFile>, options: &ReadOptions) -> Sources {
    let mut sources = Sources::default();
    for file in files {
        match read(&file, options).and_then(|reading| reading.if_mostly_in_order(&file)) {
            Ok(reading) => sources.readings.push(reading),
            Err(error) => sources.unreadable.push(error),
        }
    }
    sources.refuse_rivals();
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

    /// How many lines or passages were refused: several findings may be about one.
    fn count_refused(&self) -> u64 {
        let places: HashSet<_> = self.refused.iter().map(|finding| finding.line).collect();
        places.len() as u64
    }
}

impl Sources {
    /// Takes out editions that more than one file holds: whichever were loaded last would win by chance.
    fn refuse_rivals(&mut self) {
        let mut files: BTreeMap<EditionId, Vec<String>> = BTreeMap::new();
        for Shelf { edition, .. } in self.readings.iter().map(|reading| &reading.shelf) {
            let names = edition.files.iter().map(|file| file.name.clone());
            files.entry(edition.id.clone()).or_default().extend(names);
        }
        files.retain(|_, names| names.len() > 1);
        self.readings
            .retain(|reading| !files.contains_key(&reading.shelf.edition.id));
        let rivals = files.into_iter();
        self.unreadable
            .extend(rivals.map(|(edition, files)| IngestError::SameEdition { edition, files }));
    }
}

fn read(file: &SourceFile, options: &ReadOptions) -> Result<Reading, IngestError> {
    if topics::is_topic(file) {
        return topics::read(TopicSet::of_file(&file.name), std::slice::from_ref(file));
    }
    let member = container::open(&file.name, &file.bytes, icd10cm::is_wanted)?;
    if !icd10cm::is_order_file(&member.bytes) {
        return Err(container::unknown(&file.name, &member));
    }
    icd10cm::read(file, &member, options)
}
