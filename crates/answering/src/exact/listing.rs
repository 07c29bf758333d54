//! What it tells that the physician fee schedule does not list a procedure.
//!
//! No public source says which CPT codes exist. The relative value files of CMS list them all the same, also those that
//! Medicare does not pay, but for laboratory codes ending in U or M: a code that has left them, has not come yet or
//! was never there is worth a word before it is billed.

use super::fees::is_release;
use codecite_codebook::{Code, CodeSystem, Edition, Fact, FactKind, Licence, NaiveDate};
use codecite_tables::{Tables, TablesError};

/// A whole release has some 19,000 rows. A sample or a part of one proves nothing by its silence, nor does one of
/// which rows were refused.
const WHOLE: u64 = 10_000;

/// A procedure that the fee schedule of a date does not list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// The procedure.
    pub code: Code,
    /// The whole release that does not list it: the newest one that had begun on the date.
    pub silent: Edition,
    /// The row of another release, where one has it.
    pub elsewhere: Option<Elsewhere>,
}

/// Where a procedure is listed that the release of the date does not list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// In an older release: the code has been deleted since.
    Before(Edition, Fact),
    /// Only in a younger one: the code had not begun.
    After(Edition, Fact),
}

/// Whether `code` is missing from the fee schedule of the date; `None` where it is listed, where an official code set
/// says that it is in force, or where no whole release is loaded that could tell.
pub fn unlisted(
    code: &Code,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Option<Unlisted>, TablesError> {
    if !would_be_listed(code) || is_in_an_official_code_set(code, date_of_service, tables)? {
        return Ok(None);
    }
    let editions = tables.editions();
    let releases = || editions.iter().filter(|edition| is_release(edition));
    let whole = releases().filter(|edition| edition.rows >= WHOLE && tables.refused_rows(&edition.id) == 0);
    let Some(silent) = whole
        .filter(|edition| edition.effective.from() <= date_of_service)
        .max_by_key(|edition| edition.effective.from())
    else {
        return Ok(None);
    };
    let (mut before, mut after) = (None, None);
    for release in releases() {
        let begins = release.effective.from();
        let Some(row) = row_of(code, release, tables)? else {
            continue;
        };
        if (silent.effective.from()..=date_of_service).contains(&begins) {
            return Ok(None);
        }
        // The nearest on either side: the last that had it, or the first that has it.
        match begins < date_of_service {
            true => before = Some(Elsewhere::Before(release.clone(), row)),
            false => after = after.or(Some(Elsewhere::After(release.clone(), row))),
        }
    }
    Ok(Some(Unlisted {
        code: code.clone(),
        silent: silent.clone(),
        elsewhere: before.or(after),
    }))
}

fn would_be_listed(code: &Code) -> bool {
    code.system() == CodeSystem::Cpt && !code.text().ends_with(['U', 'M'])
}

fn is_in_an_official_code_set(
    code: &Code,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<bool, TablesError> {
    let status = tables.status_on(code, date_of_service)?;
    let edition = status.and_then(|status| tables.edition(&status.edition));
    Ok(edition.is_some_and(|edition| edition.licence != Licence::Project))
}

fn row_of(code: &Code, release: &Edition, tables: &Tables) -> Result<Option<Fact>, TablesError> {
    let rows = tables.facts_of(code, FactKind::PhysicianFeeSchedule, release.effective.from())?;
    Ok(rows.into_iter().find(|row| row.edition == release.id))
}

impl Unlisted {
    /// The row of the release that has it.
    pub fn row(&self) -> Option<&Fact> {
        match self.elsewhere.as_ref()? {
            Elsewhere::Before(_, row) | Elsewhere::After(_, row) => Some(row),
        }
    }

    /// What to know before the code is billed on the date, in two sentences.
    pub fn told(&self, date_of_service: NaiveDate) -> String {
        let Edition {
            title,
            rows,
            effective,
            ..
        } = &self.silent;
        let missing = format!(
            "{} is not in the physician fee schedule loaded for {date_of_service} ({title}, {rows} rows, in force since {}), \
             which lists nearly every CPT code",
            self.code.label(),
            effective.from()
        );
        match &self.elsewhere {
            Some(Elsewhere::Before(release, row)) => format!(
                "{missing}. It was in {} ({}): codes leave the schedule when they are deleted, so look for the code that \
                 replaced it before you bill.",
                release.title,
                place(row)
            ),
            Some(Elsewhere::After(release, row)) => format!(
                "{missing}. The first release loaded that has it is {}, in force since {} ({}): it may not have begun by then.",
                release.title,
                release.effective.from(),
                place(row)
            ),
            None => format!(
                "{missing}, nor in any other release that is loaded: check the number before you bill."
            ),
        }
    }
}

fn place(row: &Fact) -> String {
    let place = row.locator.place.as_ref();
    place.map(ToString::to_string).unwrap_or_default()
}
