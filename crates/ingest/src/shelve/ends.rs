//! Which edition ends when, after a load.
//!
//! Passages are shelved as their source published them. The end that an edition gets from its successor is
//! laid over them afresh by every load, so it does not matter which of them came first, or what was laid over
//! them before.

use crate::reading::Shelf;
use codecite_codebook::{Edition, EditionId, EffectiveRange, NaiveDate, Passage, PassageDraft};
use codecite_retrieval::{Filter, IndexError, Load, PassageIndex};
use codecite_tables::{Tables, TablesError, supersede};
use std::path::Path;

/// The ends of all editions, as they are in the tables and as they are to be after the load.
pub(crate) struct Ends {
    before: Vec<Edition>,
    after: Vec<Edition>,
}

impl Ends {
    /// Works out the ends of the editions in the tables together with those of `shelves`.
    pub fn plan(tables_folder: &Path, shelves: &[Shelf]) -> Result<Self, TablesError> {
        let before = Tables::open(tables_folder)?.editions();
        let staying = before.iter().filter(|edition| is_beside(edition, shelves));
        let brought = shelves.iter().map(|shelf| &shelf.edition);
        let after = supersede(brought.chain(staying).cloned().collect());
        Ok(Self { before, after })
    }

    /// `edition` with its end after the load.
    pub fn ended(&self, edition: Edition) -> Edition {
        find(&self.after, &edition.id).cloned().unwrap_or(edition)
    }

    /// The last day of a passage after the load: its source's, or sooner its edition's.
    pub fn last_day_of(&self, passage: &Passage) -> Option<NaiveDate> {
        let edition = find(&self.after, &passage.edition);
        let ends = [
            passage.effective.to(),
            edition.and_then(|edition| edition.effective.to()),
        ];
        ends.into_iter().flatten().min()
    }

    /// `passage` as its source published it, where readers see it ended with its edition. One that its source
    /// ended on that very day cannot be told apart, and need not be: its edition ends no later.
    pub fn as_published(&self, passage: Passage) -> Passage {
        let range = passage.effective;
        let ends_with_edition = [&self.before, &self.after]
            .into_iter()
            .filter_map(|editions| find(editions, &passage.edition))
            .any(|edition| range.to().is_some() && edition.effective.to() == range.to());
        match ends_with_edition {
            true => Passage::new(PassageDraft {
                effective: EffectiveRange::since(range.from()),
                ..passage.into_draft()
            }),
            false => passage,
        }
    }

    /// The editions beside `shelves` whose end moves.
    pub fn moved_beside(&self, shelves: &[Shelf]) -> Vec<Edition> {
        let moves = |edition: &&Edition| {
            let before = find(&self.before, &edition.id);
            is_beside(edition, shelves)
                && before.is_some_and(|before| before.effective.to() != edition.effective.to())
        };
        self.after.iter().filter(moves).cloned().collect()
    }

    /// Whether readers see no edition in force after its end.
    pub async fn are_kept_by(&self, index: &dyn PassageIndex) -> Result<bool, IndexError> {
        for edition in &self.after {
            if outlives_its_end(edition, index).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lays the ends over what is in `load`.
    pub async fn apply(&self, load: &mut dyn Load) -> Result<(), IndexError> {
        for edition in &self.after {
            if let last_day @ Some(_) = edition.effective.to() {
                load.end_edition(&edition.id, last_day).await?;
            }
        }
        Ok(())
    }
}

fn find<'a>(editions: &'a [Edition], id: &EditionId) -> Option<&'a Edition> {
    editions.iter().find(|edition| edition.id == *id)
}

fn is_beside(edition: &Edition, shelves: &[Shelf]) -> bool {
    shelves.iter().all(|shelf| shelf.edition.id != edition.id)
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
