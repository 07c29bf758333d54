//! Which edition ends when, after a load.

use crate::error::ShelveError;
use crate::reading::Shelf;
use codecite_codebook::{Edition, EditionId, NaiveDate};
use codecite_retrieval::{Filter, IndexError, Load, PassageIndex};
use codecite_tables::{Tables, supersede};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The ends of all editions as they are to be after the load.
pub(crate) struct Ends {
    pub tables_folder: PathBuf,
    /// Every edition, loaded before or now, with its end.
    after: HashMap<EditionId, Edition>,
    /// The editions whose passages in the index have another end.
    pub moved: Vec<Moved>,
}

/// An edition whose passages in the index have to be ended.
pub(crate) struct Moved {
    edition: Edition,
    /// Whether they were ended by another edition before, and have to be opened first.
    was_ended: bool,
}

impl Ends {
    /// Compares the editions in the tables and the index with those that will be there.
    pub async fn plan(
        tables_folder: &Path,
        shelves: &[Shelf],
        index: &dyn PassageIndex,
    ) -> Result<Self, ShelveError> {
        let before = Tables::open(tables_folder)?.editions();
        let mut editions: Vec<Edition> = shelves.iter().map(|shelf| shelf.edition.clone()).collect();
        let staying = before
            .iter()
            .filter(|edition| shelves.iter().all(|shelf| shelf.edition.id != edition.id));
        editions.extend(staying.cloned());
        let after = supersede(editions);
        let mut moved = Vec::new();
        for edition in &after {
            let end_before = before
                .iter()
                .find(|known| known.id == edition.id)
                .map(|known| known.effective.to());
            let has_moved = end_before.is_some_and(|end| end != edition.effective.to());
            // The index is asked as well: a load may have been ended between tables and index.
            if has_moved || outlives_its_end(edition, index).await? {
                moved.push(Moved {
                    edition: edition.clone(),
                    was_ended: end_before.flatten().is_some(),
                });
            }
        }
        Ok(Self {
            tables_folder: tables_folder.to_owned(),
            after: after
                .into_iter()
                .map(|edition| (edition.id.clone(), edition))
                .collect(),
            moved,
        })
    }

    /// The last day of an edition after the load.
    pub fn last_day_of(&self, edition: &EditionId) -> Option<NaiveDate> {
        self.after.get(edition)?.effective.to()
    }

    /// `edition` with its end after the load.
    pub fn ended(&self, edition: Edition) -> Edition {
        self.after.get(&edition.id).cloned().unwrap_or(edition)
    }

    /// The editions whose end moves and that are not on one of `shelves`.
    pub fn moved_beside(&self, shelves: &[Shelf]) -> Vec<Edition> {
        self.moved
            .iter()
            .map(|moved| &moved.edition)
            .filter(|edition| shelves.iter().all(|shelf| shelf.edition.id != edition.id))
            .cloned()
            .collect()
    }

    /// Moves the ends in `load`.
    pub async fn apply(&self, load: &mut dyn Load) -> Result<(), IndexError> {
        for Moved { edition, was_ended } in &self.moved {
            let last_day = edition.effective.to();
            if *was_ended || last_day.is_none() {
                load.end_edition(&edition.id, None).await?;
            }
            if last_day.is_some() {
                load.end_edition(&edition.id, last_day).await?;
            }
        }
        Ok(())
    }
}

/// Whether the index holds passages of `edition` that are in force on the day after its end.
async fn outlives_its_end(edition: &Edition, index: &dyn PassageIndex) -> Result<bool, IndexError> {
    let Some(day_after) = edition.effective.to().and_then(|day| day.succ_opt()) else {
        return Ok(false);
    };
    let filter = Filter {
        editions: vec![edition.id.clone()],
        in_force_on: Some(day_after),
        ..Filter::default()
    };
    Ok(index.count(&filter).await? > 0)
}
