//! What is loaded already, by the digests of its files: such files need not be read again.

use crate::shelve::reader;
use codecite_codebook::{Edition, FileDigest};
use codecite_retrieval::{Embedder, Filter, IndexError, PassageIndex};
use codecite_tables::{Tables, TablesError};
use std::collections::HashSet;

/// Editions that were read, by this version of the importers, from files that are all among those given.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    editions: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    edition: Edition,
    passages: u64,
    siblings: u64,
    refused: u64,
    set_aside: Vec<String>,
}

impl Loaded {
    /// Asks the tables for the editions of `files`.
    pub fn from_files(files: &[FileDigest], tables: &Tables) -> Result<Self, TablesError> {
        let given: HashSet<&str> = files.iter().map(|file| file.sha256.as_str()).collect();
        let mut editions = Vec::new();
        for edition in tables.editions() {
            let is_given = !edition.files.is_empty()
                && edition
                    .files
                    .iter()
                    .all(|file| given.contains(file.sha256.as_str()));
            let provenance = if is_given {
                tables.provenance(&edition.id)?
            } else {
                None
            };
            if let Some(provenance) = provenance.filter(|provenance| provenance.reader == reader()) {
                editions.push(Known {
                    edition,
                    passages: provenance.passages,
                    siblings: provenance.siblings,
                    refused: provenance.refused,
                    set_aside: provenance.set_aside,
                });
            }
        }
        Ok(Self { editions })
    }

    /// Whether the index has to be asked: some of the editions brought passages.
    pub fn has_passages(&self) -> bool {
        self.editions.iter().any(|known| known.passages > 0)
    }

    /// Without the editions whose passages are not all in the index, as vectors of this model.
    pub async fn in_index(
        mut self,
        embedder: &dyn Embedder,
        index: &dyn PassageIndex,
    ) -> Result<Self, IndexError> {
        let generation = index.generation().await?;
        let is_of_model = generation.model_digest.as_deref() == Some(embedder.model_digest());
        let mut whole = Vec::with_capacity(self.editions.len());
        for known in std::mem::take(&mut self.editions) {
            let of_edition = Filter {
                editions: vec![known.edition.id.clone()],
                ..Filter::default()
            };
            if known.passages == 0 || is_of_model && index.count(&of_edition).await? == known.passages {
                whole.push(known);
            }
        }
        Ok(Self { editions: whole })
    }

    /// Whether everything that the file brought is loaded, or was set aside for another file of the same edition.
    pub fn covers(&self, sha256: &str) -> bool {
        let is_set_aside = |known: &Known| known.set_aside.iter().any(|file| file == sha256);
        if self.editions.iter().any(is_set_aside) {
            return true;
        }
        let is_of_file = |known: &&Known| known.edition.files.iter().any(|file| file.sha256 == sha256);
        let known: Vec<&Known> = self.editions.iter().filter(is_of_file).collect();
        known
            .first()
            .is_some_and(|first| known.len() as u64 >= first.siblings)
    }

    /// The editions, each with how many of its rows were refused.
    pub fn editions(&self) -> impl Iterator<Item = (&Edition, u64)> {
        self.editions.iter().map(|known| (&known.edition, known.refused))
    }
}
