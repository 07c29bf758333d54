//! Exact questions to the tables beside the status of a code: pairs, titles, words, what an edition is made of.

use crate::error::TablesError;
use crate::ptp::PtpRow;
use crate::tables::{Shelved, Tables, best_of};
use crate::writer::Provenance;
use codecite_codebook::{
    Code, CodeStatus, CodeSystem, Edition, EditionId, ModifierIndicator, NaiveDate, PtpEdit, Setting,
};
use std::collections::BTreeMap;

/// What the tables of procedure-to-procedure edits say of a pair.
#[derive(Clone, Debug, Default)]
pub struct PairAnswer {
    /// Edits in force on the date of service.
    pub edits: Vec<PtpRow>,
    /// Edits of the pair that are not in force then: ended, not begun, or deleted on their first day.
    pub others: Vec<PtpRow>,
    /// The tables that were searched. Where there are some and no edit is in force, none exists.
    pub searched: Vec<Searched>,
}

/// One table that was searched to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    /// Its edition, with the digests of its files.
    pub edition: Edition,
    /// How many rows it has.
    pub rows: u64,
}

impl Tables {
    /// The edits between two codes in the tables of that setting (of every setting if none is said) that are
    /// in force on the date of service, whichever code stands in column 1.
    pub fn edits_between(
        &self,
        one: &Code,
        other: &Code,
        setting: Option<Setting>,
        date_of_service: NaiveDate,
    ) -> Result<PairAnswer, TablesError> {
        let mut answer = PairAnswer::default();
        let shelf = self.shelf();
        for shelved in tables_of_edits(&shelf.editions, setting, date_of_service) {
            let found = shelved.file.edits_between(one, other)?;
            let found = found.into_iter().filter_map(|row| shelved.ended(row));
            let (in_force, others) = found.partition(|row: &PtpRow| is_in_force(&row.edit, date_of_service));
            answer.edits.extend::<Vec<_>>(in_force);
            answer.others.extend::<Vec<_>>(others);
            answer.searched.push(Searched {
                edition: shelved.edition.clone(),
                rows: shelved.file.edits(),
            });
        }
        Ok(answer)
    }

    /// At most `limit` edits with `code` in either column that are in force on the date of service, and how
    /// many there are, for each table of that setting.
    pub fn edits_of(
        &self,
        code: &Code,
        setting: Option<Setting>,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<(Searched, Vec<PtpRow>, u64)>, TablesError> {
        let shelf = self.shelf();
        tables_of_edits(&shelf.editions, setting, date_of_service)
            .map(|shelved| {
                let (rows, total) = shelved.file.edits_of(code, date_of_service, limit)?;
                let searched = Searched {
                    edition: shelved.edition.clone(),
                    rows: shelved.file.edits(),
                };
                Ok((
                    searched,
                    rows.into_iter().filter_map(|row| shelved.ended(row)).collect(),
                    total,
                ))
            })
            .collect()
    }

    /// Whether any table of procedure-to-procedure edits is in force on the date of service.
    pub fn has_edits(&self, setting: Option<Setting>, date_of_service: NaiveDate) -> bool {
        tables_of_edits(&self.shelf().editions, setting, date_of_service)
            .next()
            .is_some()
    }

    /// At most `limit` codes in force on the date of service whose official titles hold the words: all of
    /// them if such titles exist, else some, best first. Needs no vectors.
    pub fn titled(
        &self,
        words: &str,
        system: Option<CodeSystem>,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        let terms: Vec<String> = words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("\"{word}\""))
            .collect();
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let (shelf, mut found) = (self.shelf(), Vec::new());
        for joint in [" AND ", " OR "] {
            let query = terms.join(joint);
            for shelved in &shelf.editions {
                if found.len() < limit && shelved.edition.effective.contains(date_of_service) {
                    let titled = shelved.file.titled(&query, system, date_of_service, limit)?;
                    found.extend(shelved.clip(titled));
                }
            }
        }
        shelf.confirmed(best_of(found, limit), date_of_service)
    }

    /// The words of all passages with how often each occurs.
    pub fn words(&self) -> Result<BTreeMap<String, u64>, TablesError> {
        let mut words = BTreeMap::new();
        for shelved in &self.shelf().editions {
            for (word, occurrences) in shelved.file.words()? {
                *words.entry(word).or_default() += occurrences;
            }
        }
        Ok(words)
    }

    /// How the edition came to be; `None` if it is not there.
    pub fn provenance(&self, edition: &EditionId) -> Result<Option<Provenance>, TablesError> {
        self.ask_edition(edition, |shelved| shelved.file.provenance())
    }

    /// How many rows of the edition were refused when it was read; 0 if it is not there. Its silence about a code proves
    /// nothing then: the code may be among them.
    pub fn refused_rows(&self, edition: &EditionId) -> u64 {
        let shelf = self.shelf();
        let mut editions = shelf.editions.iter();
        let found = editions.find(|shelved| shelved.edition.id == *edition);
        found.map_or(0, |shelved| shelved.file.refused())
    }

    /// What was refused or remarked on while the edition was read: file, line and why.
    pub fn findings(&self, edition: &EditionId) -> Result<Vec<(String, Option<u64>, String)>, TablesError> {
        let found = self.ask_edition(edition, |shelved| shelved.file.findings())?;
        Ok(found.unwrap_or_default())
    }

    /// Every status of the edition, in the order of its file.
    pub fn statuses_of(&self, edition: &EditionId) -> Result<Vec<CodeStatus>, TablesError> {
        let found = self.ask_edition(edition, |shelved| shelved.file.all_statuses())?;
        Ok(found.unwrap_or_default())
    }

    fn ask_edition<T>(
        &self,
        edition: &EditionId,
        question: impl FnOnce(&Shelved) -> Result<T, TablesError>,
    ) -> Result<Option<T>, TablesError> {
        self.shelf()
            .editions
            .iter()
            .find(|shelved| shelved.edition.id == *edition)
            .map(question)
            .transpose()
    }
}

impl Shelved {
    /// The row, ended with the edition where that was superseded.
    fn ended(&self, row: PtpRow) -> Option<PtpRow> {
        let effective = self.end(row.edit.effective)?;
        Some(PtpRow {
            edit: PtpEdit {
                effective,
                ..row.edit
            },
            ..row
        })
    }
}

fn is_in_force(edit: &PtpEdit, date_of_service: NaiveDate) -> bool {
    edit.effective.contains(date_of_service) && edit.indicator != ModifierIndicator::NotApplicable
}

fn tables_of_edits(
    editions: &[Shelved],
    setting: Option<Setting>,
    date_of_service: NaiveDate,
) -> impl Iterator<Item = &Shelved> {
    editions.iter().filter(move |shelved| {
        shelved.file.edits() > 0
            && shelved.edition.effective.contains(date_of_service)
            && (setting.is_none() || shelved.edition.ncci_setting() == setting)
    })
}
