//! From the columns of a row to the vocabulary, and back. A value that the vocabulary refuses means that
//! the file is damaged, and is told as SQLite tells a wrong type.

use crate::insert::SEPARATOR;
use crate::writer::Provenance;
use codecite_codebook::{
    Authority, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    Licence, Locator, NaiveDate, Place,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row};

/// Columns of a status, in the order in which [`status`] reads them.
pub(crate) const STATUS_COLUMNS: &str = "s.system, s.code, s.effective_from, s.effective_to, \
     l.document, l.section, l.url, s.row, s.page, s.title, s.billable";

/// Columns of a fact, in the order in which [`fact`] reads them.
pub(crate) const FACT_COLUMNS: &str = "s.system, s.code, s.effective_from, s.effective_to, \
     l.document, l.section, l.url, s.row, s.page, s.kind, s.position, n.labels, s.\"values\"";

/// A status of `edition`, its end as stored.
pub(crate) fn status(row: &Row<'_>, edition: &EditionId) -> Result<CodeStatus> {
    Ok(CodeStatus {
        code: code(row)?,
        title: row.get(9)?,
        billable: row.get(10)?,
        edition: edition.clone(),
        effective: range(row, 2)?,
        locator: locator(row)?,
    })
}

/// A fact of `edition` without the other codes under which it is found, and its position.
pub(crate) fn fact(row: &Row<'_>, edition: &EditionId) -> Result<(i64, Fact)> {
    let word: String = row.get(9)?;
    let (labels, values): (String, String) = (row.get(11)?, row.get(12)?);
    let rows = labels.split(SEPARATOR).zip(values.split(SEPARATOR));
    let fact = Fact {
        kind: FactKind::from_word(&word)
            .ok_or_else(|| unreadable(9, format!("{word:?} is no kind of fact")))?,
        code: code(row)?,
        also: Vec::new(),
        rows: rows
            .filter(|(label, _)| !label.is_empty())
            .map(|(label, value)| FactRow {
                label: label.to_owned(),
                value: value.to_owned(),
            })
            .collect(),
        edition: edition.clone(),
        locator: locator(row)?,
        effective: range(row, 2)?,
    };
    Ok((row.get(10)?, fact))
}

/// The edition of a file, its end as published; the digests of its files are read apart.
pub(crate) fn edition(row: &Row<'_>) -> Result<Edition> {
    let (id, authority, licence): (String, String, String) = (row.get(0)?, row.get(3)?, row.get(7)?);
    let replaced_on: Option<String> = row.get(6)?;
    Ok(Edition {
        id: EditionId::new(&id),
        source: row.get(1)?,
        title: row.get(2)?,
        authority: Authority::new(authority),
        effective: range(row, 4)?,
        replaced_on: replaced_on.map(|text| day(6, &text)).transpose()?,
        licence: Licence::from_word(&licence)
            .ok_or_else(|| unreadable(7, format!("{licence:?} is no licence")))?,
        files: Vec::new(),
        rows: count(8, row.get(8)?)?,
        is_complete: row.get(9)?,
    })
}

/// A number of things, which SQLite keeps with a sign.
pub(crate) fn count(column: usize, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// How an edition came to be. Files of earlier versions say neither how many rows were refused, so every finding
/// counts as one, nor what was set aside.
pub(crate) fn provenance(connection: &Connection) -> Result<Provenance> {
    let says_refused: bool = connection.query_row(
        "SELECT count(*) FROM pragma_table_info('provenance') WHERE name = 'refused'",
        [],
        |row| row.get(0),
    )?;
    let (refused, set_aside) = match says_refused {
        true => {
            let mut files = connection.prepare("SELECT sha256 FROM set_aside")?;
            let files = files.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
            ("refused", files)
        }
        false => ("(SELECT count(*) FROM finding)", Vec::new()),
    };
    let read = connection.query_row(
        &format!("SELECT reader, passages, siblings, {refused} FROM provenance"),
        [],
        |row| {
            Ok(Provenance {
                reader: row.get(0)?,
                passages: count(1, row.get(1)?)?,
                siblings: count(2, row.get(2)?)?,
                refused: count(3, row.get(3)?)?,
                set_aside,
            })
        },
    );
    match read {
        Err(Error::QueryReturnedNoRows) => Ok(Provenance::default()),
        read => read,
    }
}

pub(crate) fn code(row: &Row<'_>) -> Result<Code> {
    let (system, text): (String, String) = (row.get(0)?, row.get(1)?);
    let system: CodeSystem = system.parse().map_err(|error| unreadable(0, error))?;
    Code::parse(system, &text).map_err(|error| unreadable(1, error))
}

pub(crate) fn locator(row: &Row<'_>) -> Result<Locator> {
    let line = row
        .get::<_, Option<i64>>(7)?
        .map(|line| count(7, line))
        .transpose()?;
    let page: Option<u32> = row.get(8)?;
    Ok(Locator {
        document: row.get(4)?,
        section: row.get(5)?,
        place: line.map(Place::Row).or(page.map(Place::Page)),
        url: row.get(6)?,
    })
}

fn range(row: &Row<'_>, column: usize) -> Result<EffectiveRange> {
    let (from, to): (String, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    let to = to.map(|text| day(column + 1, &text)).transpose()?;
    EffectiveRange::new(day(column, &from)?, to).map_err(|error| unreadable(column, error))
}

fn day(column: usize, text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|error| unreadable(column, error))
}

fn unreadable(column: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
