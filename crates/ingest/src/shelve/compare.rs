//! What a shelf brings that the index does not hold, and what the index holds that the shelf does not.

use super::ends::Ends;
use crate::reading::Shelf;
use codecite_codebook::{Licence, NaiveDate, Passage, PassageId};
use codecite_retrieval::{Embedder, Filter, IndexError, Load, PassageIndex};
use std::collections::{HashMap, HashSet};

/// Ids or passages asked for at once.
const PAGE: usize = 1_000;

/// What has to change in the index for one shelf.
pub(crate) struct Difference {
    pub new: Vec<Passage>,
    pub gone: Vec<PassageId>,
}

/// A difference in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub new: usize,
    pub unchanged: usize,
    pub removed: usize,
}

impl Difference {
    pub fn counts(&self, shelf: &Shelf) -> Counts {
        Counts {
            new: self.new.len(),
            unchanged: shelf.passages.len() - self.new.len(),
            removed: self.gone.len(),
        }
    }
}

/// Whether readers see exactly these shelves already, and no edition after its end. Asks the live generation,
/// so that a load which changes nothing does not have to begin by copying it.
pub(crate) async fn are_current(
    shelves: &[Shelf],
    ends: &Ends,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
) -> Result<bool, IndexError> {
    for shelf in shelves {
        if !is_current(shelf, ends, embedder, index).await? {
            return Ok(false);
        }
    }
    ends.are_kept_by(index).await
}

async fn is_current(
    shelf: &Shelf,
    ends: &Ends,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
) -> Result<bool, IndexError> {
    let generation = index.generation().await?;
    if generation.model_digest.as_deref() != Some(embedder.model_digest()) {
        return Ok(false);
    }
    let of_edition = Filter {
        editions: vec![shelf.edition.id.clone()],
        ..Filter::default()
    };
    if index.count(&of_edition).await? != shelf.passages.len() as u64 {
        return Ok(false);
    }
    for page in shelf.passages.chunks(PAGE) {
        let filter = Filter {
            ids: page.iter().map(Passage::id).collect(),
            ..of_edition.clone()
        };
        if index.count(&filter).await? != page.len() as u64 {
            return Ok(false);
        }
    }
    Ok(moved_ends(shelf, ends, index).await?.is_empty())
}

/// What `load` lacks of `shelf`, and what it holds of the same edition that `shelf` lacks.
pub(crate) async fn difference(
    shelf: &Shelf,
    ends: &Ends,
    load: &dyn Load,
    index: &dyn PassageIndex,
) -> Result<Difference, IndexError> {
    let ids: Vec<PassageId> = shelf.passages.iter().map(Passage::id).collect();
    let mut held = HashSet::with_capacity(ids.len());
    for page in ids.chunks(PAGE) {
        held.extend(load.holds(page).await?);
    }
    for id in moved_ends(shelf, ends, index).await? {
        held.remove(&id);
    }
    let wanted: HashSet<PassageId> = ids.into_iter().collect();
    let gone = load
        .ids_of(&shelf.edition.id)
        .await?
        .into_iter()
        .filter(|id| !wanted.contains(id))
        .collect();
    let new = shelf
        .passages
        .iter()
        .filter(|passage| !held.contains(&passage.id()))
        .cloned()
        .collect();
    Ok(Difference { new, gone })
}

/// Passages of a shelf of our own whose end is another than in the index. An id does not tell, because it
/// does not depend on the end. Official editions are ended as a whole, and have too many passages to list.
async fn moved_ends(
    shelf: &Shelf,
    ends: &Ends,
    index: &dyn PassageIndex,
) -> Result<Vec<PassageId>, IndexError> {
    if shelf.edition.licence != Licence::Project {
        return Ok(Vec::new());
    }
    let wanted: HashMap<PassageId, Option<NaiveDate>> = shelf
        .passages
        .iter()
        .map(|passage| (passage.id(), ends.last_day_of(passage)))
        .collect();
    let filter = Filter {
        editions: vec![shelf.edition.id.clone()],
        ..Filter::default()
    };
    let in_index = list_all(&filter, index).await?;
    Ok(in_index
        .iter()
        .filter(|passage| {
            wanted
                .get(&passage.id())
                .is_some_and(|end| *end != passage.effective.to())
        })
        .map(Passage::id)
        .collect())
}

/// What readers see of other editions than those of `shelves`, as published, if it has vectors of another
/// model: a load for the new model begins empty, and would lose it.
pub(crate) async fn carried_over(
    shelves: &[Shelf],
    ends: &Ends,
    embedder: &dyn Embedder,
    index: &dyn PassageIndex,
) -> Result<Vec<Passage>, IndexError> {
    let model = index.generation().await?.model_digest;
    if model.is_none_or(|model| model == embedder.model_digest()) {
        return Ok(Vec::new());
    }
    let mut passages = list_all(&Filter::default(), index).await?;
    passages.retain(|passage| shelves.iter().all(|shelf| shelf.edition.id != passage.edition));
    Ok(passages
        .into_iter()
        .map(|passage| ends.as_published(passage))
        .collect())
}

async fn list_all(filter: &Filter, index: &dyn PassageIndex) -> Result<Vec<Passage>, IndexError> {
    let mut passages = Vec::new();
    let mut after = None;
    loop {
        let page = index.list(filter, after, PAGE).await?;
        passages.extend(page.passages);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(passages),
        }
    }
}
