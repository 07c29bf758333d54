//! The shelf of all editions, and what it is asked.

use crate::error::TablesError;
use crate::file::{EditionFile, FileStamp};
use crate::near;
use codecite_codebook::{
    Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, Licence, NaiveDate,
};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

/// Every edition in one folder. Cheap to clone and to share between threads; editions that another
/// process adds, replaces or removes are noticed by the next look-up.
#[derive(Clone)]
pub struct Tables {
    folder: Arc<Path>,
    shelf: Arc<RwLock<Arc<Shelf>>>,
}

/// One state of the folder.
#[derive(Default)]
pub(crate) struct Shelf {
    /// When the folder was last changed, as seen before its files were listed.
    changed: Option<SystemTime>,
    /// In the order in which they are asked: official sources before our own, newer before older.
    pub editions: Vec<Shelved>,
    /// Why the last attempt to read the folder again failed, while this older state goes on serving.
    trouble: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Shelved {
    pub file: Arc<EditionFile>,
    /// The file's edition, ended where the next one of its source begins.
    pub edition: Edition,
}

impl Tables {
    /// Opens the editions in `folder`. A folder that is not there yet holds none.
    ///
    /// # Errors
    /// One damaged file keeps the tables from opening: without it, an older edition would pass for the one
    /// in force. The error names the file and what to do. A file damaged later, while the tables are open,
    /// only fails the look-ups that need it.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, TablesError> {
        let folder = folder.into();
        let shelf = Shelf::read(&folder, &Shelf::default())?;
        Ok(Self {
            folder: folder.into(),
            shelf: Arc::new(RwLock::new(Arc::new(shelf))),
        })
    }

    /// Reads the folder again, whether it seems changed or not.
    ///
    /// # Errors
    /// As [`Tables::open`]; the editions known before are served on.
    pub fn refresh(&self) -> Result<(), TablesError> {
        let known = self.current();
        let fresh = Shelf::read(&self.folder, &known)?;
        self.replace(fresh);
        Ok(())
    }

    /// Why a change of the folder could not be taken over, if it could not: what was read before is served
    /// on. For readiness checks and logs.
    pub fn trouble(&self) -> Option<String> {
        self.shelf().trouble.clone()
    }

    /// Every edition, oldest first within its source, each ended on the day before the next one of the same
    /// source begins.
    pub fn editions(&self) -> Vec<Edition> {
        let mut editions: Vec<Edition> = self
            .shelf()
            .editions
            .iter()
            .map(|shelved| shelved.edition.clone())
            .collect();
        editions.sort_by(|a, b| {
            (&a.source, a.effective.from(), &a.id).cmp(&(&b.source, b.effective.from(), &b.id))
        });
        editions
    }

    /// The edition of that id.
    pub fn edition(&self, id: &EditionId) -> Option<Edition> {
        self.find(|shelved| shelved.edition.id == *id)
    }

    /// The edition that says which codes of `system` exist on the date of service: a complete one if there is
    /// one, an official one before our own.
    pub fn edition_on(&self, system: CodeSystem, date_of_service: NaiveDate) -> Option<Edition> {
        let shelf = self.shelf();
        let in_force = || {
            shelf
                .in_force(system, date_of_service)
                .map(|shelved| &shelved.edition)
        };
        in_force()
            .find(|edition| edition.is_complete)
            .or_else(|| in_force().next())
            .cloned()
    }

    /// The newest edition that holds codes of `system`, in force or not; an official one if there is one.
    pub fn newest_edition_of(&self, system: CodeSystem) -> Option<Edition> {
        self.find(|shelved| shelved.file.statuses_of(system) > 0)
    }

    /// Whether any edition says which codes of `system` exist.
    pub fn holds(&self, system: CodeSystem) -> bool {
        self.newest_edition_of(system).is_some()
    }

    /// How many codes of `system` the edition lists, headers included; 0 for an edition that is not there.
    pub fn count_of(&self, edition: &EditionId, system: CodeSystem) -> u64 {
        self.shelf()
            .editions
            .iter()
            .find(|shelved| shelved.edition.id == *edition)
            .map_or(0, |shelved| shelved.file.statuses_of(system))
    }

    /// The row of `code` that stands for the date, as [`Tables::standing_on`] finds it: `None` if the code is not in
    /// force on that date in any source.
    ///
    /// The first edition that has a row of the code decides, the newest first: where its row has ended, the
    /// code was deleted, whatever an older release that has no successor yet says of it.
    pub fn status_on(
        &self,
        code: &Code,
        date_of_service: NaiveDate,
    ) -> Result<Option<CodeStatus>, TablesError> {
        self.shelf().status_on(code, date_of_service)
    }

    /// Whether an edition in force lists every code of `system`, so that its silence about one tells
    /// something. The starter knows a few CPT and HCPCS codes, and a release that its publisher has replaced
    /// by the date of service does not know the newer ones. One of which rows were refused may have lost the code.
    pub fn lists_all(&self, system: CodeSystem, date_of_service: NaiveDate) -> bool {
        self.edition_on(system, date_of_service).is_some_and(|edition| {
            edition.is_complete
                && !edition.is_stale_on(date_of_service)
                && self.refused_rows(&edition.id) == 0
        })
    }

    /// Whether an edition in force lists every code such as this one, so that its silence tells something.
    /// The releases of HCPCS Level II leave the dental codes out, which are the ADA's.
    pub fn lists_all_like(&self, code: &Code, date_of_service: NaiveDate) -> bool {
        let is_dental = code.system() == CodeSystem::Hcpcs && code.text().starts_with('D');
        !is_dental && self.lists_all(code.system(), date_of_service)
    }

    /// Whether an edition in force lists every code of the system of `code`, and not this one.
    pub fn denies(&self, code: &Code, date_of_service: NaiveDate) -> Result<bool, TablesError> {
        Ok(self.lists_all_like(code, date_of_service) && self.status_on(code, date_of_service)?.is_none())
    }

    /// What the editions say of `code`, oldest first. On days on which a newer edition speaks of it, whatever the
    /// source, an older one has nothing more to say, as in [`Tables::status_on`]. What several say alike, one after
    /// the other, is one row: that of the newest.
    pub fn history(&self, code: &Code) -> Result<Vec<CodeStatus>, TablesError> {
        let shelf = self.shelf();
        let mut history = Vec::new();
        let mut spoken_of: Vec<EffectiveRange> = Vec::new();
        for shelved in &shelf.editions {
            if shelved.file.statuses_of(code.system()) == 0 {
                continue;
            }
            let statuses = shelved.statuses([code])?;
            let dates_its_codes = shelved.edition.dates_its_codes();
            let speaks_of = statuses.iter().map(|status| match dates_its_codes {
                true => EffectiveRange::since(status.effective.from()),
                false => shelved.edition.effective,
            });
            let speaks_of: Vec<EffectiveRange> = speaks_of.collect();
            for status in statuses {
                let left = spoken_of.iter().fold(vec![status.effective], |left, spoken| {
                    left.iter().flat_map(|range| range.without(spoken)).collect()
                });
                history.extend(left.into_iter().map(|effective| CodeStatus {
                    effective,
                    ..status.clone()
                }));
            }
            spoken_of.extend(speaks_of);
        }
        history.sort_by_key(|status| status.effective.from());
        Ok(without_seams(history))
    }

    /// The rows about `code` that are in force, in the order in which facts are shown
    /// ([`codecite_codebook::FactKind::ALL`]) and then that of their files.
    pub fn facts(&self, code: &Code, date_of_service: NaiveDate) -> Result<Vec<Fact>, TablesError> {
        let mut facts = self.facts_in_force(code, None, date_of_service)?;
        facts.sort_by_key(|fact| FactKind::ALL.iter().position(|kind| *kind == fact.kind));
        Ok(facts)
    }

    /// The rows of one kind about `code` that are in force.
    pub fn facts_of(
        &self,
        code: &Code,
        kind: FactKind,
        date_of_service: NaiveDate,
    ) -> Result<Vec<Fact>, TablesError> {
        self.facts_in_force(code, Some(kind), date_of_service)
    }

    fn facts_in_force(
        &self,
        code: &Code,
        kind: Option<FactKind>,
        date_of_service: NaiveDate,
    ) -> Result<Vec<Fact>, TablesError> {
        let mut facts: Vec<Fact> = Vec::new();
        // Two editions of a source are in force together where the younger is a part: its rows count, where it has any.
        let mut told: Vec<(String, FactKind, NaiveDate)> = Vec::new();
        for shelved in &self.shelf().editions {
            let Edition {
                source, effective, ..
            } = &shelved.edition;
            if !effective.contains(date_of_service) {
                continue;
            }
            let mut found = shelved.facts(code, kind)?;
            found.retain(|fact| fact.effective.contains(date_of_service));
            let is_told = |fact: &Fact| {
                told.iter()
                    .any(|(by, of, from)| by == source && *of == fact.kind && *from > effective.from())
            };
            found.retain(|fact| !is_told(fact));
            told.extend(
                found
                    .iter()
                    .map(|fact| (source.clone(), fact.kind, effective.from())),
            );
            facts.extend(found);
        }
        Ok(facts)
    }

    /// At most `limit` codes below a header: those that begin with it and are longer, in force on the date of
    /// service. Billable ones come first, each group in the order of the official file.
    pub fn children(
        &self,
        header: &Code,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        let (shelf, mut children) = (self.shelf(), Vec::new());
        for shelved in shelf.in_force(header.system(), date_of_service) {
            let found = shelved.file.children(header, date_of_service, limit)?;
            children.extend(shelved.clip(found));
        }
        shelf.confirmed(best_of(children, limit), date_of_service)
    }

    /// At most `limit` codes in force that are one slip away from `code` (a character changed, missing, too
    /// many, or two neighbours swapped), likeliest slips first. `code` itself is not among them.
    pub fn near(
        &self,
        code: &Code,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        self.near_text(code.system(), code.text(), date_of_service, limit)
    }

    /// As [`Tables::near`], for what was written as a code of `system` and has not its shape, such as `3890`.
    pub fn near_text(
        &self,
        system: CodeSystem,
        written: &str,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        let slips = near::one_slip_from(system, written);
        let (shelf, mut found) = (self.shelf(), Vec::new());
        for shelved in shelf.in_force(system, date_of_service) {
            found.extend(shelved.statuses(slips.keys())?);
        }
        found.retain(|status| status.effective.contains(date_of_service));
        // The sort is stable, so of two editions that know a code the preferred one is kept.
        found.sort_by(|a, b| {
            (slips[&a.code], !a.billable, &a.code).cmp(&(slips[&b.code], !b.billable, &b.code))
        });
        shelf.confirmed(best_of(found, limit), date_of_service)
    }

    /// Reads every file to its end, which takes seconds, and returns what is wrong: nothing, if all is well.
    pub fn verify(&self) -> Vec<TablesError> {
        self.shelf()
            .editions
            .iter()
            .filter_map(|shelved| shelved.file.verify().err())
            .collect()
    }

    fn find(&self, wanted: impl Fn(&Shelved) -> bool) -> Option<Edition> {
        self.shelf()
            .editions
            .iter()
            .find(|shelved| wanted(shelved))
            .map(|shelved| shelved.edition.clone())
    }

    /// The shelf as the folder is now. Asking the folder when it last changed costs a microsecond, so it is
    /// done each time, and no clock is needed.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        let known = self.current();
        if changed(&self.folder).is_ok_and(|changed| changed == known.changed) {
            return known;
        }
        let fresh = Shelf::read(&self.folder, &known).unwrap_or_else(|error| Shelf {
            // Not the time of the change, so that the next look-up tries again: the trouble may pass.
            changed: None,
            editions: known.editions.clone(),
            trouble: Some(error.to_string()),
        });
        self.replace(fresh)
    }

    fn current(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, fresh: Shelf) -> Arc<Shelf> {
        let fresh = Arc::new(fresh);
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        fresh
    }
}

impl Shelf {
    /// Reads `folder`, keeping the files of `known` open that have not changed.
    fn read(folder: &Path, known: &Self) -> Result<Self, TablesError> {
        // Taken before the listing: what changes in between is then seen next time.
        let changed = changed(folder).map_err(TablesError::io(folder))?;
        let files = table_files(folder)?
            .into_iter()
            .map(|path| known.open(&path))
            .filter_map(Result::transpose)
            .collect::<Result<Vec<_>, _>>()?;
        let ended = supersede(files.iter().map(|file| file.edition().clone()).collect());
        let mut editions: Vec<Shelved> = files
            .into_iter()
            .zip(ended)
            .map(|(file, edition)| Shelved { file, edition })
            .collect();
        editions.sort_by(|a, b| {
            let preference = |shelved: &Shelved| {
                let own = shelved.edition.licence == Licence::Project;
                (own, std::cmp::Reverse(shelved.edition.effective.from()))
            };
            preference(a)
                .cmp(&preference(b))
                .then_with(|| b.edition.id.cmp(&a.edition.id))
        });
        Ok(Self {
            changed,
            editions,
            trouble: None,
        })
    }

    /// The file at `path`, or `None` if it went away since the folder was listed.
    fn open(&self, path: &Path) -> Result<Option<Arc<EditionFile>>, TablesError> {
        let stamp = match fs::metadata(path) {
            Ok(metadata) => FileStamp::of(&metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(TablesError::io(path)(error)),
        };
        let open_already = self
            .editions
            .iter()
            .find(|shelved| shelved.file.path() == path && *shelved.file.stamp() == stamp);
        match open_already {
            Some(shelved) => Ok(Some(Arc::clone(&shelved.file))),
            None => EditionFile::open(path, stamp).map(|file| Some(Arc::new(file))),
        }
    }

    /// What the first edition in force that has a row of the code says of it, the newest first.
    pub fn in_force_on(
        &self,
        code: &Code,
        date_of_service: NaiveDate,
    ) -> Result<Option<CodeStatus>, TablesError> {
        for shelved in self.in_force(code.system(), date_of_service) {
            let statuses = shelved.statuses([code])?;
            if !statuses.is_empty() {
                let in_force = |status: &CodeStatus| status.effective.contains(date_of_service);
                return Ok(statuses.into_iter().find(in_force));
            }
        }
        Ok(None)
    }

    /// What the newest edition in force says of the codes of `statuses`; those that it deleted are left out.
    pub fn confirmed(
        &self,
        statuses: Vec<CodeStatus>,
        date_of_service: NaiveDate,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        let mut confirmed = Vec::with_capacity(statuses.len());
        for status in statuses {
            confirmed.extend(self.status_on(&status.code, date_of_service)?);
        }
        Ok(confirmed)
    }

    pub fn in_force(&self, system: CodeSystem, date_of_service: NaiveDate) -> impl Iterator<Item = &Shelved> {
        self.editions.iter().filter(move |shelved| {
            shelved.file.statuses_of(system) > 0 && shelved.edition.effective.contains(date_of_service)
        })
    }
}

impl Shelved {
    pub fn statuses<'a>(
        &self,
        codes: impl IntoIterator<Item = &'a Code>,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        Ok(self.clip(self.file.statuses(codes)?))
    }

    fn facts(&self, code: &Code, kind: Option<FactKind>) -> Result<Vec<Fact>, TablesError> {
        let facts = self.file.facts(code, kind)?.into_iter();
        Ok(facts
            .filter_map(|fact| {
                Some(Fact {
                    effective: self.end(fact.effective)?,
                    ..fact
                })
            })
            .collect())
    }

    pub fn clip(&self, statuses: Vec<CodeStatus>) -> Vec<CodeStatus> {
        statuses
            .into_iter()
            .filter_map(|status| {
                Some(CodeStatus {
                    effective: self.end(status.effective)?,
                    ..status
                })
            })
            .collect()
    }

    /// The range of a row within that of its edition's end; `None` for a row that was to begin only after
    /// the edition had been superseded.
    pub fn end(&self, row: EffectiveRange) -> Option<EffectiveRange> {
        EffectiveRange::new(row.from(), earlier(row.to(), self.edition.effective.to())).ok()
    }
}

/// Ends each edition on the day before the next one of the same source begins, in whatever order they are
/// given; the order is kept. Of two that begin on one day neither ends the other, and a part of a release, such as a
/// sample of its rows, does not end the whole one before it.
pub fn supersede(editions: Vec<Edition>) -> Vec<Edition> {
    struct Beginning {
        source: String,
        from: NaiveDate,
        rows: u64,
    }
    let beginnings: Vec<Beginning> = editions
        .iter()
        .map(|edition| Beginning {
            source: edition.source.clone(),
            from: edition.effective.from(),
            rows: edition.rows,
        })
        .collect();
    editions
        .into_iter()
        .map(|edition| {
            let next = beginnings
                .iter()
                .filter(|next| next.source == edition.source && next.from > edition.effective.from())
                .filter(|next| !is_part(next.rows, &edition))
                .map(|next| next.from)
                .min();
            let last_day = earlier(edition.effective.to(), next.and_then(|day| day.pred_opt()));
            Edition {
                effective: EffectiveRange::new(edition.effective.from(), last_day)
                    .unwrap_or(edition.effective),
                ..edition
            }
        })
        .collect()
}

/// Whether a release of so many rows is no successor of an official one: releases of a table grow and shrink by a few
/// in a hundred.
fn is_part(rows: u64, before: &Edition) -> bool {
    const LARGE: u64 = 1_000;
    before.licence == Licence::PublicDomain && before.rows >= LARGE && rows < before.rows / 10
}

/// Joins rows that follow each other and say the same.
fn without_seams(history: Vec<CodeStatus>) -> Vec<CodeStatus> {
    let mut joined: Vec<CodeStatus> = Vec::with_capacity(history.len());
    for status in history {
        let goes_on = |last: &&mut CodeStatus| {
            let day_after = last.effective.to().and_then(|day| day.succ_opt());
            (last.billable, &last.title) == (status.billable, &status.title)
                && day_after == Some(status.effective.from())
        };
        // A list of deletions knows the last day only, and an older row knows more.
        let is_within = |last: &CodeStatus| {
            let end = status.effective.to();
            last.billable == status.billable && end.is_some_and(|end| last.effective.contains(end))
        };
        if joined.last().is_some_and(is_within) {
            continue;
        }
        match joined.last_mut().filter(goes_on) {
            Some(last) => {
                let whole = EffectiveRange::new(last.effective.from(), status.effective.to());
                *last = CodeStatus {
                    effective: whole.unwrap_or(status.effective),
                    ..status
                };
            }
            None => joined.push(status),
        }
    }
    joined
}

fn earlier(one: Option<NaiveDate>, other: Option<NaiveDate>) -> Option<NaiveDate> {
    one.into_iter().chain(other).min()
}

/// Keeps the first status of each code, and at most `limit` of them.
pub(crate) fn best_of(statuses: Vec<CodeStatus>, limit: usize) -> Vec<CodeStatus> {
    let mut seen = HashSet::new();
    statuses
        .into_iter()
        .filter(|status| seen.insert(status.code.clone()))
        .take(limit)
        .collect()
}

/// When entries were last added to `folder` or taken from it; `None` if it does not exist.
fn changed(folder: &Path) -> io::Result<Option<SystemTime>> {
    match fs::metadata(folder) {
        Ok(metadata) => metadata.modified().map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The finished table files in `folder`, by name. What is being written begins with a dot.
fn table_files(folder: &Path) -> Result<Vec<PathBuf>, TablesError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TablesError::io(folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(TablesError::io(folder))?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".sqlite") && !name.starts_with('.') {
            files.push(folder.join(&*name));
        }
    }
    files.sort();
    Ok(files)
}
