//! From files to shelves: what each file is, by its content, and what it brings.

use crate::container::{self, Member};
use crate::error::{Finding, IngestError};
use crate::icd10cm;
use crate::starter::{self as topics};
use codecite_codebook::{CodeStatus, Edition, Fact, FileDigest, NaiveDate, Passage};
use sha2::{Digest, Sha256};

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

/// Reads `files`, each by its content: ICD-10-CM order files (plain, gzip or in a zip), and the TOML files of
/// a starter knowledge base, which are one edition together.
pub fn read_sources(files: Vec<SourceFile>, options: &ReadOptions) -> Sources {
    let mut sources = Sources::default();
    let (topics, others): (Vec<_>, Vec<_>) = files.into_iter().partition(topics::is_topic);
    if !topics.is_empty() {
        sources.add(topics::read(&topics));
    }
    for file in others {
        let reading = container::open(&file.name, &file.bytes, icd10cm::promise)
            .and_then(|member| read_member(&file, &member, options));
        sources.add(reading);
    }
    sources
}

/// The starter knowledge base that this binary carries.
///
/// # Errors
/// Only if it was built with files that cannot be read, which the tests rule out.
pub fn starter() -> Result<Reading, IngestError> {
    topics::read(&topics::embedded())
}

impl Sources {
    fn add(&mut self, reading: Result<Reading, IngestError>) {
        match reading {
            Ok(reading) => self.readings.push(reading),
            Err(error) => self.unreadable.push(error),
        }
    }
}

fn read_member(file: &SourceFile, member: &Member, options: &ReadOptions) -> Result<Reading, IngestError> {
    if !icd10cm::is_order_file(&member.bytes) {
        return Err(container::unknown(&file.name, member));
    }
    icd10cm::read(file, member, options)
}
