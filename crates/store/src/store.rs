//! The ledger in one SQLite file.

use crate::migrations;
use crate::record::{AnswerRecord, Totals};
use chrono::{DateTime, SecondsFormat, Utc};
use codecite_codebook::EditionId;
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Why the ledger could not be read or written. An answer that it does not know is not an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of the ledger could not be made.
    #[error("the folder of the ledger {path}: {source}", path = path.display())]
    Folder {
        /// The ledger.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The ledger was written by a newer version of Codecite.
    #[error(
        "the ledger {path} has schema {found}, this version knows {known}; upgrade codecite, or move the ledger away \
         to start a new one",
        path = path.display()
    )]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this version knows.
        known: usize,
    },
    /// The file belongs to another program.
    #[error("{path} is a database, but no ledger of Codecite; move it away to start a ledger there", path = .0.display())]
    Foreign(PathBuf),
    /// Another process kept the ledger locked for too long; try again.
    #[error("the ledger {path} was busy for more than {waited:?}; try again", path = path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Everything else that SQLite said.
    #[error("the ledger {path} failed: {source}; restore it from a copy, or move it away to start a new one", path = path.display())]
    Sqlite {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl StoreError {
    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy {
                path,
                waited: BUSY_TIMEOUT,
            },
            _ => Self::Sqlite { path, source },
        }
    }
}

/// How long one process waits for another that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const COLUMNS: &str = "id, asked_at, door, date_of_service, outcome, abstention, writer, model, \
     prompt_id, prompt_digest, shown, withheld, duration_ms";

/// The ledger. Cheap to clone and to share between threads. Every call blocks for as long as the disk
/// takes, well below a millisecond as a rule: call it off the async threads.
#[derive(Clone)]
pub struct Store {
    path: Arc<Path>,
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    /// Opens the ledger at `path`, made if need be, and brings it to the schema of this version.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a ledger of a newer version: it is left as it is.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
                path: path.clone(),
                source,
            })?;
        }
        let failed = |error| StoreError::sqlite(&path, error);
        let mut connection = Connection::open(&path).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        migrations::apply(&mut connection, &path)?;
        // Only now, because choosing a journal writes into the file, which may have been another's.
        set_up(&connection).map_err(failed)?;
        Ok(Self {
            path: path.into(),
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Files one answer. The same id again replaces what was filed under it.
    pub fn record(&self, answer: &AnswerRecord) -> Result<(), StoreError> {
        self.ask(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM answers WHERE id = ?1", [answer.id.to_string()])?;
            transaction
                .prepare(&format!(
                    "INSERT INTO answers ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
                ))?
                .execute(params![
                    answer.id.to_string(),
                    instant(answer.asked_at),
                    answer.door,
                    answer.date_of_service.to_string(),
                    answer.outcome,
                    answer.abstention,
                    answer.writer,
                    answer.model,
                    answer.prompt_id,
                    answer.prompt_digest,
                    number(answer.shown),
                    number(answer.withheld),
                    number(answer.duration_ms),
                ])?;
            for (edition, position) in answer.editions.iter().zip(1_i64..) {
                transaction
                    .prepare("INSERT INTO answer_editions (answer, position, edition) VALUES (?1, ?2, ?3)")?
                    .execute(params![answer.id.to_string(), position, edition.as_str()])?;
            }
            transaction.commit()
        })
    }

    /// The answer of that id, if it was filed.
    pub fn get(&self, id: Uuid) -> Result<Option<AnswerRecord>, StoreError> {
        self.ask(|connection| Ok(select(connection, "WHERE id = ?1", [id.to_string()])?.pop()))
    }

    /// The last `limit` answers, newest first.
    pub fn recent(&self, limit: usize) -> Result<Vec<AnswerRecord>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.ask(|connection| select(connection, "ORDER BY asked_at DESC, rowid DESC LIMIT ?1", [limit]))
    }

    /// What was answered at `since` and later.
    pub fn totals(&self, since: DateTime<Utc>) -> Result<Totals, StoreError> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT count(*), count(*) FILTER (WHERE outcome = 'answered'),
                            count(*) FILTER (WHERE outcome = 'abstained'),
                            count(*) FILTER (WHERE outcome IN ('failed', 'timed_out')),
                            count(*) FILTER (WHERE outcome = 'left'),
                            ifnull(sum(shown), 0), ifnull(sum(withheld), 0)
                     FROM answers WHERE asked_at >= ?1",
                )?
                .query_row([instant(since)], |row| {
                    Ok(Totals {
                        answers: count(row, 0)?,
                        answered: count(row, 1)?,
                        abstained: count(row, 2)?,
                        failed: count(row, 3)?,
                        left: count(row, 4)?,
                        shown: count(row, 5)?,
                        withheld: count(row, 6)?,
                    })
                })
        })
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        question(&mut connection).map_err(|error| StoreError::sqlite(&self.path, error))
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    // Readers and one writer at once; a crash of the machine may lose the last answers, never the file.
    write_ahead(connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Turns on the write-ahead log. While another process does the same, SQLite refuses at once instead of
/// waiting for its turn, so the waiting is done here.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && waited < BUSY_TIMEOUT =>
            {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            outcome => return outcome,
        }
    }
}

fn select(connection: &Connection, which: &str, params: impl Params) -> rusqlite::Result<Vec<AnswerRecord>> {
    let mut answers = connection
        .prepare(&format!("SELECT {COLUMNS} FROM answers {which}"))?
        .query_map(params, answer)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut editions =
        connection.prepare("SELECT edition FROM answer_editions WHERE answer = ?1 ORDER BY position")?;
    for answer in &mut answers {
        answer.editions = editions
            .query_map([answer.id.to_string()], |row| row.get::<_, String>(0))?
            .map(|name| name.map(|name| EditionId::new(&name)))
            .collect::<rusqlite::Result<_>>()?;
    }
    Ok(answers)
}

/// An answer without its editions, which stand in a table of their own.
fn answer(row: &Row<'_>) -> rusqlite::Result<AnswerRecord> {
    Ok(AnswerRecord {
        id: parsed(row, 0)?,
        asked_at: parsed(row, 1)?,
        door: row.get(2)?,
        date_of_service: parsed(row, 3)?,
        outcome: row.get(4)?,
        abstention: row.get(5)?,
        writer: row.get(6)?,
        model: row.get(7)?,
        prompt_id: row.get(8)?,
        prompt_digest: row.get(9)?,
        editions: Vec::new(),
        shown: count(row, 10)?,
        withheld: count(row, 11)?,
        duration_ms: count(row, 12)?,
    })
}

fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| unreadable(column, error))
}

/// A number of things, which SQLite keeps with a sign.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// The other way round; nothing that is counted here comes near the limit.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unreadable(
    column: usize,
    why: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
