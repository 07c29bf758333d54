//! Shelves into the tables and the index: what is new is embedded once, what is gone is removed, and readers
//! change over in one step.

mod compare;
mod ends;

use crate::error::{Finding, ShelveError};
use crate::reading::Shelf;
use crate::searchable::{bm25_text, dense_text};
use crate::split;
use codecite_codebook::{Edition, Passage, Place};
use codecite_retrieval::{EmbedError, Embedder, Generation, IndexedPassage, Load, PassageIndex};
use codecite_tables::{EditionWriter, LoadLock, SealedEdition, TablesError, Written};
use compare::Counts;
use ends::Ends;
use std::collections::HashSet;
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
/// # Errors
/// Until the last step readers see what they saw before, in the tables and in the index. That step activates
/// the index and then renames the table files. A process that ends in the milliseconds between leaves passages
/// whose tables are not there yet; the same load repeated finds the index current and publishes the tables.
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
    let tables = seal_tables(&mut shelves, tables_folder)?;
    if !compare::are_current(&shelves, &ends, embedder, index).await? {
        fill(&shelves, &ends, embedder, index, &mut report, progress).await?;
    }
    for (table, edition) in tables.into_iter().zip(&mut report.editions) {
        edition.tables = table.publish()?;
    }
    Ok(report)
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
fn seal_tables(shelves: &mut [Shelf], folder: &Path) -> Result<Vec<SealedEdition>, TablesError> {
    shelves
        .iter_mut()
        .map(|shelf| {
            let mut writer = EditionWriter::create(folder, &shelf.edition)?;
            for status in std::mem::take(&mut shelf.statuses) {
                writer.status(&status)?;
            }
            for fact in std::mem::take(&mut shelf.facts) {
                writer.fact(&fact)?;
            }
            writer.seal()
        })
        .collect()
}
