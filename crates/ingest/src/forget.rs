//! An edition out of the tables and the index.

use crate::error::ShelveError;
use codecite_codebook::{Edition, EditionId, PassageId};
use codecite_retrieval::{Embedder, PassageIndex};
use codecite_tables::{LoadLock, Tables, remove, supersede};
use std::path::Path;

/// What forgetting an edition did.
#[derive(Clone, Debug)]
pub struct Forgotten {
    /// Passages that are gone.
    pub passages: usize,
    /// Other editions of its source whose end moved.
    pub moved: Vec<Edition>,
}

/// Takes `edition` out of the index and the tables. An edition that it had ended is in force again until the next
/// one of its source.
///
/// # Errors
/// Until the index has been activated without it, everything stays as it was. A process that ends before the
/// tables are gone too leaves rows without passages; forgetting again finishes it.
pub async fn forget(
    edition: &EditionId,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
    tables_folder: &Path,
) -> Result<Forgotten, ShelveError> {
    let _lock = LoadLock::take(tables_folder)?;
    let before = Tables::open(tables_folder)?.editions();
    let staying = before
        .iter()
        .filter(|known| known.id != *edition)
        .map(as_published);
    let after = supersede(staying.collect());
    let moved: Vec<Edition> = after
        .into_iter()
        .filter(|edition| {
            let old = before.iter().find(|known| known.id == edition.id);
            old.is_some_and(|old| old.effective.to() != edition.effective.to())
        })
        .collect();
    let mut load = index
        .begin(embedder.model_digest(), embedder.dimensions())
        .await?;
    let ids: Vec<PassageId> = load.ids_of(edition).await?.into_iter().collect();
    if !ids.is_empty() || !moved.is_empty() {
        load.delete(&ids).await?;
        for edition in &moved {
            load.end_edition(&edition.id, edition.effective.to()).await?;
        }
        load.activate().await?;
    }
    remove(tables_folder, edition)?;
    Ok(Forgotten {
        passages: ids.len(),
        moved,
    })
}

/// An edition without the end that its successor gave it. No official release says when it ends.
fn as_published(edition: &Edition) -> Edition {
    Edition {
        effective: codecite_codebook::EffectiveRange::since(edition.effective.from()),
        ..edition.clone()
    }
}
