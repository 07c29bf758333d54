//! Rows into the tables of one edition.

use crate::writer::Provenance;
use codecite_codebook::{Code, CodeStatus, CodeSystem, EffectiveRange, Fact, Locator, Place};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Parts the labels of a set, and the values of a row, which never hold it themselves.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// Under which the number of procedure-to-procedure edits stands among the holdings.
pub(crate) const EDITS: &str = "edits";

/// The sets of labels inserted so far.
pub(crate) type Labels = HashMap<String, i64>;

/// What statuses and facts store alike.
struct CommonColumns<'a> {
    system: &'static str,
    code: &'a str,
    from: String,
    to: Option<String>,
    row: Option<i64>,
    page: Option<u32>,
}

impl<'a> CommonColumns<'a> {
    fn of(code: &'a Code, effective: &EffectiveRange, locator: &Locator) -> Self {
        let (row, page) = match locator.place {
            Some(Place::Row(row)) => (Some(number(row)), None),
            Some(Place::Page(page)) => (None, Some(page)),
            None => (None, None),
        };
        Self {
            system: code.system().label(),
            code: code.text(),
            from: effective.from().to_string(),
            to: effective.to().map(|day| day.to_string()),
            row,
            page,
        }
    }
}

/// SQLite keeps numbers with a sign; no file has as many rows as that leaves out.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn provenance(connection: &Connection, provenance: &Provenance) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO provenance VALUES (?1, ?2, ?3, ?4)",
        params![
            provenance.reader,
            number(provenance.passages),
            number(provenance.siblings),
            number(provenance.refused)
        ],
    )?;
    for sha256 in &provenance.set_aside {
        connection.execute("INSERT INTO set_aside VALUES (?1)", [sha256])?;
    }
    Ok(())
}

pub(crate) fn statuses(
    connection: &Connection,
    statuses: &[(CodeStatus, i64)],
    written: &mut i64,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "INSERT INTO status (position, system, code, title, billable, effective_from, effective_to, location, row, page)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut words = connection.prepare("INSERT INTO title_words (rowid, title) VALUES (?1, ?2)")?;
    for (status, location) in statuses {
        *written += 1;
        let CommonColumns {
            system,
            code,
            from,
            to,
            row,
            page,
        } = CommonColumns::of(&status.code, &status.effective, &status.locator);
        statement.execute(params![
            *written,
            system,
            code,
            status.title,
            status.billable,
            from,
            to,
            location,
            row,
            page
        ])?;
        if let Some(title) = &status.title {
            words.execute(params![*written, title])?;
        }
    }
    Ok(())
}

pub(crate) fn facts(
    connection: &Connection,
    facts: &[(Fact, i64)],
    labels: &mut Labels,
    written: &mut i64,
) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO fact VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?;
    let mut also = connection.prepare("INSERT OR IGNORE INTO fact_also VALUES (?1, ?2, ?3)")?;
    for (fact, location) in facts {
        *written += 1;
        let CommonColumns {
            system,
            code,
            from,
            to,
            row,
            page,
        } = CommonColumns::of(&fact.code, &fact.effective, &fact.locator);
        let label_set = label_set(
            connection,
            &joined(fact.rows.iter().map(|row| row.label.as_str())),
            labels,
        )?;
        insert.execute(params![
            *written,
            fact.kind.as_str(),
            system,
            code,
            from,
            to,
            location,
            row,
            page,
            label_set,
            joined(fact.rows.iter().map(|row| row.value.as_str())),
        ])?;
        for other in fact.also.iter().filter(|other| **other != fact.code) {
            also.execute(params![other.system().label(), other.text(), *written])?;
        }
    }
    Ok(())
}

fn label_set(connection: &Connection, labels: &str, known: &mut Labels) -> rusqlite::Result<i64> {
    if let Some(id) = known.get(labels) {
        return Ok(*id);
    }
    connection.execute("INSERT INTO label_set (labels) VALUES (?1)", [labels])?;
    let id = connection.last_insert_rowid();
    known.insert(labels.to_owned(), id);
    Ok(id)
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for (place, text) in texts.enumerate() {
        if place > 0 {
            joined.push(SEPARATOR);
        }
        joined.extend(text.chars().map(|c| if c == SEPARATOR { ' ' } else { c }));
    }
    joined
}

pub(crate) fn words(connection: &Connection, words: &BTreeMap<String, u64>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO word VALUES (?1, ?2)")?;
    for (word, occurrences) in words {
        insert.execute(params![word, number(*occurrences)])?;
    }
    Ok(())
}

pub(crate) fn complete(
    connection: Connection,
    holdings: &BTreeMap<CodeSystem, u64>,
    fact_holdings: &BTreeSet<(&str, &str)>,
) -> rusqlite::Result<()> {
    for (kind, system) in fact_holdings {
        connection.execute("INSERT INTO fact_holding VALUES (?1, ?2)", [kind, system])?;
    }
    for (system, statuses) in holdings {
        connection.execute(
            "INSERT INTO holding VALUES (?1, ?2)",
            params![system.label(), number(*statuses)],
        )?;
    }
    connection.execute_batch(
        "INSERT INTO title_words (title_words) VALUES ('optimize');
         CREATE INDEX status_by_code ON status (system, code, billable);
         CREATE INDEX fact_by_code ON fact (system, code);
         CREATE INDEX fact_also_by_fact ON fact_also (fact);
         COMMIT;",
    )?;
    connection.close().map_err(|(_, error)| error)
}
