//! Whether a code is in force on a date, as far as what is loaded can tell.
//!
//! Most releases list the codes of their own time and no dates. What lies between two of them, or before the first,
//! is known only where they agree. Releases of HCPCS Level II say of each code when it was added and when it ended, also
//! for years gone by: there the newest word counts.

use crate::error::TablesError;
use crate::tables::{Shelf, Shelved, Tables};
use codecite_codebook::{Code, CodeStatus, Edition, Licence, NaiveDate};
use std::cmp::Reverse;

/// What the loaded releases say of a code on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in force.
    InForce(CodeStatus),
    /// It is not: its rows in other times, oldest first; never empty.
    NotInForce {
        /// As [`Tables::history`] gives them.
        history: Vec<CodeStatus>,
    },
    /// No release of the date is loaded, and those around it differ or do not reach it.
    Unsettled(Box<Neighbours>),
    /// No loaded release has it, or rows of the one that would were refused.
    Unknown,
}

/// What the releases on both sides of a date say of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// The last release that had begun by the date, if one is loaded.
    pub before: Option<Neighbour>,
    /// The first one that begins after it.
    pub after: Neighbour,
}

/// What a release on one side of a date says of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The release.
    pub edition: Edition,
    /// Its row of the code, if it has one.
    pub status: Option<CodeStatus>,
}

impl Tables {
    /// What the loaded releases say of `code` on the date.
    pub fn standing_on(&self, code: &Code, date_of_service: NaiveDate) -> Result<Standing, TablesError> {
        Ok(match self.shelf().told(code, date_of_service)? {
            Told::InForce(status) => Standing::InForce(status),
            Told::Unsettled(neighbours) => Standing::Unsettled(neighbours),
            Told::Unreadable => Standing::Unknown,
            Told::Not => match self.history(code)? {
                history if history.is_empty() => Standing::Unknown,
                history => Standing::NotInForce { history },
            },
        })
    }
}

/// As [`Standing`], before the rows of other times are read.
enum Told {
    InForce(CodeStatus),
    Not,
    /// Its row may be one of those that were refused.
    Unreadable,
    Unsettled(Box<Neighbours>),
}

impl Shelf {
    /// The row that stands for the date: that of a release in force, or the last one before it.
    pub fn status_on(&self, code: &Code, date: NaiveDate) -> Result<Option<CodeStatus>, TablesError> {
        Ok(match self.told(code, date)? {
            Told::InForce(status) => Some(status),
            Told::Unsettled(neighbours) => neighbours.before.and_then(|before| before.status),
            Told::Not | Told::Unreadable => None,
        })
    }

    fn told(&self, code: &Code, date: NaiveDate) -> Result<Told, TablesError> {
        match self.told_by_dates(code, date)? {
            Some(told) => Ok(told),
            None => self.told_by_releases(code, date),
        }
    }

    /// By the newest release that says when the code was added and ended. `None` where none has a row of it, or where
    /// the code was added again after the date: only an older release knows its life before.
    fn told_by_dates(&self, code: &Code, date: NaiveDate) -> Result<Option<Told>, TablesError> {
        let Some(row) = self.dated(code, date)? else {
            return Ok(None);
        };
        let life = row.effective;
        if life.to().is_some_and(|end| end < date) {
            return Ok(Some(Told::Not));
        }
        if date < life.from() {
            // Of an earlier life only a release of that time can tell.
            let earlier = self.in_force_on(code, date)?;
            let is_official = |status: &CodeStatus| self.is_official(status);
            return Ok(Some(earlier.filter(is_official).map_or(Told::Not, Told::InForce)));
        }
        // The title is that of the date, the end that of the newest word.
        let of_the_date = self
            .in_force_on(code, date)?
            .filter(|status| self.is_official(status));
        let status = of_the_date.unwrap_or(row);
        Ok(Some(Told::InForce(CodeStatus {
            effective: life,
            ..status
        })))
    }

    /// What the newest release that dates its codes says of this one: the row of the date, or else the last.
    fn dated(&self, code: &Code, date: NaiveDate) -> Result<Option<CodeStatus>, TablesError> {
        for shelved in &self.editions {
            if shelved.edition.dates_its_codes() && shelved.file.statuses_of(code.system()) > 0 {
                // As published: the end of its edition says nothing of the code.
                let rows = shelved.file.statuses([code])?;
                let of_the_date = rows.iter().find(|row| row.effective.contains(date));
                if let Some(row) = of_the_date.or(rows.last()) {
                    return Ok(Some(row.clone()));
                }
            }
        }
        Ok(None)
    }

    /// By the release in force on the date; where it has been replaced by then, or none had begun, only as far as the
    /// next one agrees.
    fn told_by_releases(&self, code: &Code, date: NaiveDate) -> Result<Told, TablesError> {
        let now = self.in_force_on(code, date)?;
        let system = code.system();
        let complete = self
            .in_force(system, date)
            .find(|Shelved { edition, .. }| is_official(edition) && edition.is_complete);
        if now.is_none() && complete.is_some_and(|shelved| shelved.file.refused() > 0) {
            return Ok(Told::Unreadable);
        }
        let of_the_date = complete.map(|shelved| &shelved.edition);
        let settled = |now: Option<CodeStatus>| Ok(now.map_or(Told::Not, Told::InForce));
        if of_the_date.is_some_and(|edition| !edition.is_stale_on(date)) {
            return settled(now);
        }
        let Some(after) = self.first_word_after(code, date)? else {
            return settled(now);
        };
        let before = of_the_date.cloned().or_else(|| {
            let status = now.as_ref()?;
            self.edition(status)
        });
        let billable = |status: Option<&CodeStatus>| status.map(|status| status.billable);
        // A list of changes says what was so until the day before.
        let agrees = !after.edition.is_complete && is_official(&after.edition)
            || billable(now.as_ref()) == billable(after.status.as_ref());
        match (agrees, &before) {
            (true, Some(_)) => settled(now),
            (true, None) if after.status.is_none() => Ok(Told::Not),
            _ => Ok(Told::Unsettled(Box::new(Neighbours {
                before: before.map(|edition| Neighbour { edition, status: now }),
                after,
            }))),
        }
    }

    /// The first release after the date that says something of the code: one that lists every code, or one that has
    /// a row of it.
    fn first_word_after(&self, code: &Code, date: NaiveDate) -> Result<Option<Neighbour>, TablesError> {
        let mut later: Vec<&Shelved> = self
            .editions
            .iter()
            .filter(|shelved| {
                shelved.edition.effective.from() > date && shelved.file.statuses_of(code.system()) > 0
            })
            .collect();
        // Of several that begin on one day, an official one and a list of changes say more.
        later.sort_by_key(|Shelved { edition, .. }| {
            (
                edition.effective.from(),
                Reverse(is_official(edition)),
                edition.is_complete,
            )
        });
        for shelved in later {
            let status = shelved.statuses([code])?.into_iter().next();
            if status.is_some() || shelved.edition.is_complete && is_official(&shelved.edition) {
                return Ok(Some(Neighbour {
                    edition: shelved.edition.clone(),
                    status,
                }));
            }
        }
        self.own_word_after(code, date)
    }

    /// A row of ours that begins after the date, in an edition that has begun: we wrote of the code as it was from
    /// then on, which does not say that it was not there before.
    fn own_word_after(&self, code: &Code, date: NaiveDate) -> Result<Option<Neighbour>, TablesError> {
        for shelved in self
            .in_force(code.system(), date)
            .filter(|shelved| !is_official(&shelved.edition))
        {
            let later = |status: &CodeStatus| status.effective.from() > date;
            if let Some(status) = shelved.statuses([code])?.into_iter().find(later) {
                return Ok(Some(Neighbour {
                    edition: shelved.edition.clone(),
                    status: Some(status),
                }));
            }
        }
        Ok(None)
    }

    fn is_official(&self, status: &CodeStatus) -> bool {
        self.edition(status).is_some_and(|edition| is_official(&edition))
    }

    fn edition(&self, status: &CodeStatus) -> Option<Edition> {
        let mut editions = self.editions.iter().map(|shelved| &shelved.edition);
        editions.find(|edition| edition.id == status.edition).cloned()
    }
}

/// Whether somebody else published it: what we say of codes is no list of them.
fn is_official(edition: &Edition) -> bool {
    edition.licence != Licence::Project
}
