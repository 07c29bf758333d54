//! Shelves into the tables and the index: what is new is embedded once, what is gone is removed, and readers
//! change over in one step.

mod compare;
mod ends;

use crate::error::{Finding, ShelveError};
use crate::reading::Shelf;
use crate::searchable::{bm25_text, dense_text};
use crate::split;
use codecite_codebook::{Edition, EditionId, Passage, Place};
use codecite_retrieval::{EmbedError, Embedder, Generation, IndexedPassage, Load, PassageIndex};
use codecite_tables::{EditionWriter, LoadLock, Provenance, SealedEdition, TablesError, Written, remove};
use compare::Counts;
use ends::Ends;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShelvingProgress {
    /// Finding out what the index holds already.
    Comparing,
    /// Writing the tables, which nobody sees yet.
    WritingTables,
    /// Embedding what is new: so many texts of so many.
    Embedding {
        /// Texts embedded and added to the index.
        done: usize,
        /// Texts to embed in this load.
        total: usize,
    },
    /// Finishing the generation, graph building included, and switching readers to it and to the tables.
    Activating,
}

/// What became of one shelf.
#[derive(Clone, Debug)]
pub struct ShelvedEdition {
    /// The edition, ended where a newer one of its source is known.
    pub edition: Edition,
    /// Passages of the shelf after splitting long ones.
    pub passages: usize,
    /// Passages that the index did not hold.
    pub new: usize,
    /// Passages that it held already.
    pub unchanged: usize,
    /// Passages of an earlier load of this edition that are gone.
    pub removed: usize,
    /// What happened to its tables.
    pub tables: Written,
}

/// What became of a load.
#[derive(Clone, Debug)]
pub struct ShelvingReport {
    /// One for each shelf, in the order given.
    pub editions: Vec<ShelvedEdition>,
    /// Other editions whose end was moved by this load.
    pub ended: Vec<Edition>,
    /// Passages that could not be shelved because the embedding model cannot read them.
    pub refused: Vec<Finding>,
    /// Passages of other editions that were embedded again because the embedding model is another one.
    pub carried_over: usize,
    /// The generation that readers see now; `None` if nothing in the index had to change.
    pub activated: Option<Generation>,
}

/// Texts handed to the embedder at once: enough to sort by length and to keep its threads busy, few enough
/// to show progress every few seconds.
const BATCH: usize = 512;

/// Puts `shelves` into the tables in `tables_folder` and into `index`, as one load.
///
/// Nothing is embedded that the index holds already. A passage that an earlier load of the same edition
/// brought and this one does not is removed. The older edition of a source ends on the day before the newer
/// one begins, whichever is loaded first. If the index holds vectors of another model, everything that it
/// holds is embedded again.
///
/// An edition that is not in the tables yet is published there before anything is embedded: its codes and rows
/// are looked up, and its titles searched by their words, minutes before they are found by meaning. An edition
/// that replaces another of the same id waits for the index, so that rows and passages change together.
///
/// # Errors
/// A load that fails takes back what it published; readers see what they saw before, in the tables and in the
/// index. A process that is ended in the middle leaves tables whose passages are not there yet, or, in the
/// milliseconds after the index was activated, passages whose tables are; the same load repeated goes on from
/// there, and embeds nothing twice.
pub async fn shelve(
    shelves: Vec<Shelf>,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
    tables_folder: &Path,
    progress: &(dyn Fn(ShelvingProgress) + Send + Sync),
) -> Result<ShelvingReport, ShelveError> {
    // Held to the end: what is compared with has to be there still when it is published.
    let _lock = LoadLock::take(tables_folder)?;
    progress(ShelvingProgress::Comparing);
    let ends = Ends::plan(tables_folder, &shelves)?;
    let (mut shelves, refused) = prepare(shelves, embedder)?;
    let mut report = ShelvingReport {
        editions: shelves
            .iter()
            .map(|shelf| ShelvedEdition::unchanged(shelf, &ends))
            .collect(),
        ended: ends.moved_beside(&shelves),
        refused,
        carried_over: 0,
        activated: None,
    };
    progress(ShelvingProgress::WritingTables);
    let mut tables = seal_tables(&mut shelves, tables_folder)?;
    let published = publish_new(&mut tables, tables_folder, &mut report)?;
    let is_current = compare::are_current(&shelves, &ends, embedder, index).await;
    let filled = match is_current {
        Ok(true) => Ok(()),
        Ok(false) => fill(&shelves, &ends, embedder, index, &mut report, progress).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = filled {
        published.take_back();
        return Err(error);
    }
    for (table, edition) in tables.into_iter().zip(&mut report.editions) {
        if let Some(table) = table {
            edition.tables = table.publish()?;
        }
    }
    Ok(report)
}

/// Editions that were published before their passages.
struct PublishedEarly<'a> {
    editions: Vec<EditionId>,
    folder: &'a Path,
}

impl PublishedEarly<'_> {
    fn take_back(self) {
        for edition in self.editions {
            // The load's own error is told. What stays is an edition without passages, which the same load heals.
            let _ = remove(self.folder, &edition);
        }
    }
}

/// Publishes the editions that the tables do not have yet.
fn publish_new<'a>(
    tables: &mut [Option<SealedEdition>],
    folder: &'a Path,
    report: &mut ShelvingReport,
) -> Result<PublishedEarly<'a>, TablesError> {
    let mut published = PublishedEarly {
        editions: Vec::new(),
        folder,
    };
    for (table, shelved) in tables.iter_mut().zip(&mut report.editions) {
        let Some(table) = table.take_if(|table| table.outcome() == Written::New) else {
            continue;
        };
        match table.publish() {
            Ok(written) => shelved.tables = written,
            Err(error) => {
                published.take_back();
                return Err(error);
            }
        }
        published.editions.push(shelved.edition.id.clone());
    }
    Ok(published)
}

/// Builds the next generation of the index and switches readers to it.
async fn fill(
    shelves: &[Shelf],
    ends: &Ends,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
    report: &mut ShelvingReport,
    progress: &(dyn Fn(ShelvingProgress) + Send + Sync),
) -> Result<(), ShelveError> {
    // What the index is asked from here on is what the load goes on from, whoever loaded before.
    let mut load = index
        .begin(embedder.model_digest(), embedder.dimensions())
        .await?;
    let mut new = Vec::new();
    for passage in compare::carried_over(shelves, ends, embedder, index).await? {
        new.extend(fitting(&passage, embedder, &mut report.refused)?);
    }
    report.carried_over = new.len();
    for (shelf, shelved) in shelves.iter().zip(&mut report.editions) {
        let difference = compare::difference(shelf, ends, load.as_ref(), index).await?;
        load.delete(&difference.gone).await?;
        shelved.count(difference.counts(shelf));
        new.extend(difference.new);
    }
    embed(new, embedder, load.as_mut(), progress).await?;
    ends.apply(load.as_mut()).await?;
    progress(ShelvingProgress::Activating);
    report.activated = Some(load.activate().await?);
    Ok(())
}

impl ShelvedEdition {
    fn unchanged(shelf: &Shelf, ends: &Ends) -> Self {
        Self {
            edition: ends.ended(shelf.edition.clone()),
            passages: shelf.passages.len(),
            new: 0,
            unchanged: shelf.passages.len(),
            removed: 0,
            tables: Written::Unchanged,
        }
    }

    fn count(&mut self, counts: Counts) {
        let Counts {
            new,
            unchanged,
            removed,
        } = counts;
        (self.new, self.unchanged, self.removed) = (new, unchanged, removed);
    }
}

/// Splits what is too long for the model, leaves out what it cannot read, and keeps what comes twice once.
fn prepare(shelves: Vec<Shelf>, embedder: &dyn Embedder) -> Result<(Vec<Shelf>, Vec<Finding>), EmbedError> {
    let mut refused = Vec::new();
    let mut prepared = Vec::with_capacity(shelves.len());
    for mut shelf in shelves {
        let mut known = HashSet::with_capacity(shelf.passages.len());
        let mut passages = Vec::with_capacity(shelf.passages.len());
        for passage in shelf.passages {
            let parts = fitting(&passage, embedder, &mut refused)?;
            passages.extend(parts.into_iter().filter(|part| known.insert(part.id())));
        }
        shelf.passages = passages;
        prepared.push(shelf);
    }
    Ok((prepared, refused))
}

/// `passage` in parts that the model reads; none, and a finding, if there is no way to part it.
fn fitting(
    passage: &Passage,
    embedder: &dyn Embedder,
    refused: &mut Vec<Finding>,
) -> Result<Vec<Passage>, EmbedError> {
    let parts = split::to_fit(passage, embedder)?;
    if parts.is_none() {
        refused.push(Finding {
            file: passage.locator.document.clone(),
            line: match passage.locator.place {
                Some(Place::Row(row)) => Some(row),
                _ => None,
            },
            text: format!(
                "{}: its title, or a run of characters without a blank, is longer than the embedding model \
                 reads; passage refused",
                passage.title
            ),
        });
    }
    Ok(parts.unwrap_or_default())
}

/// Embeds `passages` and adds them to `load`, shortest first: texts of like length waste no padding.
async fn embed(
    mut passages: Vec<Passage>,
    embedder: &dyn Embedder,
    load: &mut dyn Load,
    progress: &(dyn Fn(ShelvingProgress) + Send + Sync),
) -> Result<(), ShelveError> {
    let total = passages.len();
    passages.sort_by_key(|passage| dense_text(passage).len());
    let mut done = 0;
    while !passages.is_empty() {
        progress(ShelvingProgress::Embedding { done, total });
        let rest = passages.split_off(BATCH.min(passages.len()));
        let batch = std::mem::replace(&mut passages, rest);
        let vectors = embedder
            .embed_documents(batch.iter().map(dense_text).collect())
            .await?;
        if vectors.len() != batch.len() {
            return Err(ShelveError::VectorCount {
                expected: batch.len(),
                given: vectors.len(),
            });
        }
        done += batch.len();
        let indexed = batch
            .into_iter()
            .zip(vectors)
            .map(|(passage, vector)| IndexedPassage {
                words: bm25_text(&passage),
                passage,
                vector,
            });
        load.upsert(indexed.collect()).await?;
    }
    progress(ShelvingProgress::Embedding { done, total });
    Ok(())
}

/// Writes the tables of `shelves` to where nobody sees them yet. The rows are taken off the shelves: embedding
/// takes minutes, and nothing needs them any more.
fn seal_tables(shelves: &mut [Shelf], folder: &Path) -> Result<Vec<Option<SealedEdition>>, TablesError> {
    let siblings: Vec<u64> = shelves.iter().map(|shelf| siblings(shelf, shelves)).collect();
    shelves
        .iter_mut()
        .zip(siblings)
        .map(|(shelf, siblings)| {
            let mut writer = EditionWriter::create(folder, &shelf.edition)?;
            for status in std::mem::take(&mut shelf.statuses) {
                writer.status(&status)?;
            }
            for fact in std::mem::take(&mut shelf.facts) {
                writer.fact(&fact)?;
            }
            let edits = std::mem::take(&mut shelf.edits);
            if !edits.is_empty() {
                writer.edits(edits)?;
            }
            writer.words(&words_of(&shelf.passages))?;
            for finding in &shelf.findings {
                writer.finding(&finding.file, finding.line, &finding.text)?;
            }
            writer.provenance(&Provenance {
                reader: reader(),
                passages: shelf.passages.len() as u64,
                siblings,
                refused: shelf.refused,
                set_aside: shelf.set_aside.clone(),
            })?;
            writer.seal().map(Some)
        })
        .collect()
}

/// How many of `shelves` were read from a file of `shelf`, itself included.
fn siblings(shelf: &Shelf, shelves: &[Shelf]) -> u64 {
    let files: HashSet<&str> = shelf
        .edition
        .files
        .iter()
        .map(|file| file.sha256.as_str())
        .collect();
    let shares = |other: &&Shelf| {
        other
            .edition
            .files
            .iter()
            .any(|file| files.contains(file.sha256.as_str()))
    };
    shelves.iter().filter(shares).count() as u64
}

/// Which version of the importers reads files: what another one read is read again.
pub(crate) fn reader() -> String {
    format!("{}+{READER}", env!("CARGO_PKG_VERSION"))
}

/// Raised whenever an importer makes something else of the same file.
const READER: u32 = 3;

/// The words of passages in lower case, each with how often it occurs. Codes and figures are no words.
fn words_of(passages: &[Passage]) -> BTreeMap<String, u64> {
    let mut words = BTreeMap::new();
    for passage in passages {
        let keywords = passage.keywords.iter().map(String::as_str);
        for text in [passage.title.as_str(), &passage.text]
            .into_iter()
            .chain(keywords)
        {
            let of_letters = text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic));
            for word in of_letters {
                *words.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    words
}
