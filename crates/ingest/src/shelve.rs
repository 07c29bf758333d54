//! Shelves into the tables and the index: what is new is embedded once, what is gone is removed, and readers
//! change over in one step.

mod compare;
mod ends;

use crate::error::ShelveError;
use crate::reading::Shelf;
use crate::searchable::{bm25_text, dense_text};
use crate::split;
use codecite_codebook::{Edition, EffectiveRange, NaiveDate, Passage, PassageDraft};
use codecite_retrieval::{Embedder, Generation, IndexedPassage, Load, PassageIndex};
use codecite_tables::{EditionWriter, TablesError, Written};
use compare::Counts;
use ends::Ends;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShelvingProgress {
    /// Finding out what the index holds already.
    Comparing,
    /// Embedding what is new: so many texts of so many.
    Embedding {
        /// Texts embedded and added to the index.
        done: usize,
        /// Texts to embed in this load.
        total: usize,
    },
    /// Writing the tables.
    WritingTables,
    /// Finishing the generation, graph building included, and switching readers to it.
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
/// holds is embedded again. If nothing has to change, nothing is activated.
///
/// Blocks its thread for about a second while it writes the tables of a large edition.
///
/// # Errors
/// Until the last step readers see what they saw before. A load that failed may be repeated.
pub async fn shelve(
    shelves: Vec<Shelf>,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
    tables_folder: &Path,
    progress: &(dyn Fn(ShelvingProgress) + Send + Sync),
) -> Result<ShelvingReport, ShelveError> {
    progress(ShelvingProgress::Comparing);
    let ends = Ends::plan(tables_folder, &shelves, index).await?;
    let shelves = prepare(shelves, &ends, embedder)?;
    let mut report = ShelvingReport {
        editions: Vec::with_capacity(shelves.len()),
        ended: ends.moved_beside(&shelves),
        carried_over: 0,
        activated: None,
    };
    let mut is_current = ends.moved.is_empty();
    for shelf in &shelves {
        is_current = is_current && compare::is_current(shelf, embedder, index).await?;
    }
    if is_current {
        write_tables(shelves, &ends, progress, &mut report, |shelf| {
            Counts::unchanged(shelf)
        })?;
        return Ok(report);
    }
    let mut load = index
        .begin(embedder.model_digest(), embedder.dimensions())
        .await?;
    let mut new = compare::carried_over(&shelves, embedder, index).await?;
    report.carried_over = new.len();
    let mut counts = HashMap::new();
    for shelf in &shelves {
        let difference = compare::difference(shelf, load.as_ref(), index).await?;
        load.delete(&difference.gone).await?;
        counts.insert(shelf.edition.id.clone(), difference.counts(shelf));
        new.extend(difference.new);
    }
    embed(new, embedder, load.as_mut(), progress).await?;
    ends.apply(load.as_mut()).await?;
    // Only now, so that a load that fails while embedding leaves the tables as they were.
    write_tables(shelves, &ends, progress, &mut report, |shelf| {
        counts.get(&shelf.edition.id).copied().unwrap_or_default()
    })?;
    progress(ShelvingProgress::Activating);
    report.activated = Some(load.activate().await?);
    Ok(report)
}

/// Splits what is too long for the model, ends what a newer edition ends, and keeps what comes twice once.
fn prepare(shelves: Vec<Shelf>, ends: &Ends, embedder: &dyn Embedder) -> Result<Vec<Shelf>, ShelveError> {
    let mut prepared = Vec::with_capacity(shelves.len());
    for mut shelf in shelves {
        let last_day = ends.last_day_of(&shelf.edition.id);
        let mut known = HashSet::with_capacity(shelf.passages.len());
        let mut passages = Vec::with_capacity(shelf.passages.len());
        for passage in shelf.passages {
            for part in split::to_fit(passage, embedder)? {
                if known.insert(part.id()) {
                    passages.push(ended(part, last_day));
                }
            }
        }
        shelf.passages = passages;
        prepared.push(shelf);
    }
    Ok(prepared)
}

/// `passage`, ended on `last_day` if it was open; its id does not depend on its end.
fn ended(passage: Passage, last_day: Option<NaiveDate>) -> Passage {
    let range = passage.effective;
    match EffectiveRange::new(range.from(), range.to().or(last_day)) {
        Ok(effective) if effective != range => Passage::new(PassageDraft {
            effective,
            ..passage.into_draft()
        }),
        _ => passage,
    }
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

fn write_tables(
    shelves: Vec<Shelf>,
    ends: &Ends,
    progress: &(dyn Fn(ShelvingProgress) + Send + Sync),
    report: &mut ShelvingReport,
    counts: impl Fn(&Shelf) -> Counts,
) -> Result<(), TablesError> {
    progress(ShelvingProgress::WritingTables);
    for shelf in shelves {
        let mut writer = EditionWriter::create(&ends.tables_folder, &shelf.edition)?;
        for status in &shelf.statuses {
            writer.status(status)?;
        }
        for fact in &shelf.facts {
            writer.fact(fact)?;
        }
        let Counts {
            new,
            unchanged,
            removed,
        } = counts(&shelf);
        report.editions.push(ShelvedEdition {
            tables: writer.finish()?,
            passages: shelf.passages.len(),
            new,
            unchanged,
            removed,
            edition: ends.ended(shelf.edition),
        });
    }
    Ok(())
}
