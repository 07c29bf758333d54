//! One edition's file, open for reading.

use crate::error::TablesError;
use crate::insert;
use crate::ptp::{self, PackedPair, PtpRow};
use crate::rows;
use crate::writer::Provenance;
use codecite_codebook::{Code, CodeStatus, CodeSystem, Edition, Fact, FactKind, FileDigest, NaiveDate};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Params, Statement, params};
use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Marks a file as one of ours: "CCIT" as SQLite's application id.
pub(crate) const APPLICATION_ID: i64 = 0x4343_4954;
/// The format that this version writes, and the newest that it reads.
pub(crate) const FORMAT: i64 = 2;

/// Connections kept open for the next look-up. More are opened when more threads ask at once.
const MAX_IDLE: usize = 8;
/// Memory that one connection may keep pages in, in KiB: enough for the inner nodes of the largest index,
/// while the operating system keeps the rest for all connections together.
const CACHE_KIB: i64 = 1024;

/// Tells whether a file is still the one that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    modified: Option<SystemTime>,
    size_bytes: u64,
    inode: u64,
}

impl FileStamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            modified: metadata.modified().ok(),
            size_bytes: metadata.len(),
            inode,
        }
    }
}

/// One edition's file. The edition's end is as published: what supersedes it is the shelf's business.
pub(crate) struct EditionFile {
    path: PathBuf,
    stamp: FileStamp,
    edition: Edition,
    holdings: HashMap<CodeSystem, u64>,
    fact_holdings: HashSet<(FactKind, CodeSystem)>,
    edits: u64,
    refused: u64,
    /// Connections that nobody uses at the moment; one serves one thread at a time.
    idle: Mutex<Vec<Connection>>,
}

impl EditionFile {
    /// Opens a file and checks that it is a whole edition of a format that we know.
    pub(crate) fn open(path: &Path, stamp: FileStamp) -> Result<Self, TablesError> {
        let damaged = |why: String| TablesError::Damaged {
            path: path.to_owned(),
            why,
        };
        let connection = connect(path)?;
        let header = Header::read(&connection).map_err(TablesError::sqlite(path))?;
        if header.application_id != APPLICATION_ID {
            return Err(damaged("it is not a table file of Codecite".into()));
        }
        if header.format > FORMAT {
            return Err(TablesError::Newer {
                path: path.to_owned(),
                found: header.format,
                known: FORMAT,
            });
        }
        if header.format < FORMAT {
            return Err(TablesError::Older {
                path: path.to_owned(),
                found: header.format,
                known: FORMAT,
            });
        }
        if header.size_bytes != stamp.size_bytes {
            return Err(damaged(format!(
                "it should have {} bytes and has {}",
                header.size_bytes, stamp.size_bytes
            )));
        }
        let (edition, holdings, edits) = describe(&connection).map_err(TablesError::sqlite(path))?;
        let fact_holdings = fact_holdings(&connection).map_err(TablesError::sqlite(path))?;
        let refused = rows::provenance(&connection)
            .map_err(TablesError::sqlite(path))?
            .refused;
        if path.file_name() != Some(file_name(&edition).as_ref()) {
            return Err(damaged(format!(
                "it holds edition {} under another name",
                edition.id
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            stamp,
            edition,
            holdings,
            fact_holdings,
            edits,
            refused,
            idle: Mutex::new(vec![connection]),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn stamp(&self) -> &FileStamp {
        &self.stamp
    }

    pub(crate) fn edition(&self) -> &Edition {
        &self.edition
    }

    /// How many statuses of codes of `system` it holds.
    pub(crate) fn statuses_of(&self, system: CodeSystem) -> u64 {
        self.holdings.get(&system).copied().unwrap_or_default()
    }

    /// What it says of each of `codes`, in their order; most often one row a code.
    pub(crate) fn statuses<'a>(
        &self,
        codes: impl IntoIterator<Item = &'a Code>,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM status s JOIN location l ON l.id = s.location
                 WHERE s.system = ?1 AND s.code = ?2 ORDER BY s.position",
                rows::STATUS_COLUMNS
            ))?;
            let mut found = Vec::new();
            for code in codes {
                found
                    .extend(self.read_statuses(&mut statement, params![code.system().label(), code.text()])?);
            }
            Ok(found)
        })
    }

    /// The codes that begin with `header` and are longer, in force on the day: billable ones first, each
    /// in the order of the file.
    pub(crate) fn children(
        &self,
        header: &Code,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        // Every character of a code sorts between '.' and 'Z', so `~` ends the range of the prefix.
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM status s JOIN location l ON l.id = s.location
                 WHERE s.position IN (
                     SELECT position FROM status
                     WHERE system = ?1 AND code > ?2 AND code < ?2 || '~'
                       AND effective_from <= ?3 AND (effective_to IS NULL OR effective_to >= ?3)
                     ORDER BY billable DESC, position LIMIT ?4)
                 ORDER BY s.billable DESC, s.position",
                rows::STATUS_COLUMNS
            ))?;
            self.read_statuses(
                &mut statement,
                params![
                    header.system().label(),
                    header.text(),
                    date_of_service.to_string(),
                    i64::try_from(limit).unwrap_or(i64::MAX)
                ],
            )
        })
    }

    /// Whether it holds facts about codes of that system, of that kind or of any.
    fn has_facts(&self, system: CodeSystem, kind: Option<FactKind>) -> bool {
        self.fact_holdings
            .iter()
            .any(|(held, of)| *of == system && kind.is_none_or(|kind| kind == *held))
    }

    /// The rows about `code`, and those that are found under it, of that kind or of any, in the order of the file.
    pub(crate) fn facts(&self, code: &Code, kind: Option<FactKind>) -> Result<Vec<Fact>, TablesError> {
        if !self.has_facts(code.system(), kind) {
            return Ok(Vec::new());
        }
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM fact s JOIN location l ON l.id = s.location JOIN label_set n ON n.id = s.label_set
                 WHERE s.position IN (
                     SELECT position FROM fact WHERE system = ?1 AND code = ?2
                     UNION SELECT fact FROM fact_also WHERE system = ?1 AND code = ?2)
                   AND (?3 IS NULL OR s.kind = ?3)
                 ORDER BY s.position",
                rows::FACT_COLUMNS
            ))?;
            let mut also =
                connection.prepare_cached("SELECT system, code FROM fact_also WHERE fact = ?1 ORDER BY 1, 2")?;
            let found = statement
                .query_map(
                    params![code.system().label(), code.text(), kind.map(FactKind::as_str)],
                    |row| rows::fact(row, &self.edition.id),
                )?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            found
                .into_iter()
                .map(|(position, fact)| {
                    let also = also.query_map([position], rows::code)?;
                    Ok(Fact {
                        also: also.collect::<rusqlite::Result<_>>()?,
                        ..fact
                    })
                })
                .collect()
        })
    }

    /// At most `limit` statuses in force on the day whose titles hold the words of `query`, best first.
    pub(crate) fn titled(
        &self,
        query: &str,
        system: Option<CodeSystem>,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<Vec<CodeStatus>, TablesError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM title_words t JOIN status s ON s.position = t.rowid JOIN location l ON l.id = s.location
                 WHERE title_words MATCH ?1 AND (?2 IS NULL OR s.system = ?2)
                   AND s.effective_from <= ?3 AND (s.effective_to IS NULL OR s.effective_to >= ?3)
                 ORDER BY t.rank, s.position LIMIT ?4",
                rows::STATUS_COLUMNS
            ))?;
            self.read_statuses(
                &mut statement,
                params![
                    query,
                    system.map(CodeSystem::label),
                    date_of_service.to_string(),
                    i64::try_from(limit).unwrap_or(i64::MAX)
                ],
            )
        })
    }

    /// Every status, in the order of the file.
    pub(crate) fn all_statuses(&self) -> Result<Vec<CodeStatus>, TablesError> {
        self.ask(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT {} FROM status s JOIN location l ON l.id = s.location ORDER BY s.position",
                rows::STATUS_COLUMNS
            ))?;
            self.read_statuses(&mut statement, [])
        })
    }

    /// Every fact, in the order of the file.
    pub(crate) fn all_facts(&self) -> Result<Vec<Fact>, TablesError> {
        self.ask(|connection| {
            let mut also: HashMap<i64, Vec<Code>> = HashMap::new();
            let mut statement = connection.prepare("SELECT system, code, fact FROM fact_also ORDER BY fact, 1, 2")?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                also.entry(row.get(2)?).or_default().push(rows::code(row)?);
            }
            let mut statement = connection.prepare(&format!(
                "SELECT {} FROM fact s JOIN location l ON l.id = s.location JOIN label_set n ON n.id = s.label_set
                 ORDER BY s.position",
                rows::FACT_COLUMNS
            ))?;
            statement
                .query_map([], |row| rows::fact(row, &self.edition.id))?
                .map(|found| {
                    let (position, fact) = found?;
                    Ok(Fact {
                        also: also.remove(&position).unwrap_or_default(),
                        ..fact
                    })
                })
                .collect()
        })
    }

    /// The pairs of its edits in force on the day, in the order of their numbers.
    pub(crate) fn pairs_on(&self, day: NaiveDate) -> Result<Vec<PackedPair>, TablesError> {
        if self.edits == 0 {
            return Ok(Vec::new());
        }
        self.ask(|connection| ptp::pairs_on(connection, day))
    }

    /// The edits in force on the day of the `wanted` pairs, in the order of their numbers.
    pub(crate) fn edits_on(
        &self,
        day: NaiveDate,
        wanted: &HashSet<(i64, i64)>,
    ) -> Result<Vec<PtpRow>, TablesError> {
        if self.edits == 0 || wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|connection| ptp::on_day(connection, day, wanted, &self.edition.id))
    }

    /// How many procedure-to-procedure edits it holds.
    pub(crate) fn edits(&self) -> u64 {
        self.edits
    }

    /// Every row of the pair, in the order of the file.
    pub(crate) fn edits_between(&self, one: &Code, other: &Code) -> Result<Vec<PtpRow>, TablesError> {
        self.ask(|connection| ptp::between(connection, one, other, &self.edition.id))
    }

    /// At most `limit` edits of the code on the day, and how many there are.
    pub(crate) fn edits_of(
        &self,
        code: &Code,
        date_of_service: NaiveDate,
        limit: usize,
    ) -> Result<(Vec<PtpRow>, u64), TablesError> {
        self.ask(|connection| ptp::of_code(connection, code, date_of_service, limit, &self.edition.id))
    }

    /// How it came to be.
    pub(crate) fn provenance(&self) -> Result<Provenance, TablesError> {
        self.ask(rows::provenance)
    }

    /// How many of its rows were refused when it was read: its silence about a code proves nothing then.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// What was refused while it was read: file, line and why.
    pub(crate) fn findings(&self) -> Result<Vec<(String, Option<u64>, String)>, TablesError> {
        self.ask(|connection| {
            connection
                .prepare("SELECT file, line, text FROM finding ORDER BY rowid")?
                .query_map([], |row| {
                    let line: Option<i64> = row.get(1)?;
                    Ok((
                        row.get(0)?,
                        line.and_then(|line| u64::try_from(line).ok()),
                        row.get(2)?,
                    ))
                })?
                .collect()
        })
    }

    /// The words of its passages, each with how often it occurs.
    pub(crate) fn words(&self) -> Result<Vec<(String, u64)>, TablesError> {
        self.ask(|connection| {
            connection
                .prepare("SELECT word, occurrences FROM word")?
                .query_map([], |row| Ok((row.get(0)?, rows::count(1, row.get(1)?)?)))?
                .collect()
        })
    }

    /// Reads every page of the file and says what is wrong with it: seconds for a large one.
    pub(crate) fn verify(&self) -> Result<(), TablesError> {
        let verdict: String =
            self.ask(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if verdict == "ok" {
            return Ok(());
        }
        Err(TablesError::Damaged {
            path: self.path.clone(),
            why: verdict,
        })
    }

    fn read_statuses(
        &self,
        statement: &mut Statement<'_>,
        params: impl Params,
    ) -> rusqlite::Result<Vec<CodeStatus>> {
        statement
            .query_map(params, |row| rows::status(row, &self.edition.id))?
            .collect()
    }

    fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, TablesError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let connection = match waiting {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        // A connection that met an error is dropped, not put back.
        let answer = question(&connection).map_err(TablesError::sqlite(&self.path))?;
        let mut idle = idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// The name of the file in which an edition is kept.
pub(crate) fn file_name(edition: &Edition) -> String {
    format!("{}.sqlite", edition.id)
}

struct Header {
    application_id: i64,
    format: i64,
    size_bytes: u64,
}

impl Header {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let size_bytes = pragma("page_count")? * pragma("page_size")?;
        Ok(Self {
            application_id: pragma("application_id")?,
            format: pragma("user_version")?,
            size_bytes: u64::try_from(size_bytes).unwrap_or_default(),
        })
    }
}

fn describe(connection: &Connection) -> rusqlite::Result<(Edition, HashMap<CodeSystem, u64>, u64)> {
    let mut edition = connection.query_row(
        "SELECT id, source, title, authority, effective_from, effective_to, replaced_on, licence, rows, is_complete FROM edition",
        [],
        rows::edition,
    )?;
    edition.files = connection
        .prepare("SELECT name, sha256 FROM file ORDER BY rowid")?
        .query_map([], |row| {
            Ok(FileDigest {
                name: row.get(0)?,
                sha256: row.get(1)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let (mut holdings, mut edits) = (HashMap::new(), 0);
    let mut statement = connection.prepare("SELECT system, statuses FROM holding")?;
    let mut holding_rows = statement.query([])?;
    while let Some(row) = holding_rows.next()? {
        let (held, number): (String, u64) = (row.get(0)?, rows::count(1, row.get(1)?)?);
        // A system that this version does not know is one that it is never asked about.
        match held.parse() {
            Ok(system) => {
                holdings.insert(system, number);
            }
            Err(_) if held == insert::EDITS => edits = number,
            Err(_) => {}
        }
    }
    Ok((edition, holdings, edits))
}

fn fact_holdings(connection: &Connection) -> rusqlite::Result<HashSet<(FactKind, CodeSystem)>> {
    let mut statement = connection.prepare("SELECT kind, system FROM fact_holding")?;
    let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut holdings = HashSet::new();
    for pair in found {
        let (kind, system) = pair?;
        // What this version does not know it is never asked about.
        if let (Some(kind), Ok(system)) = (FactKind::from_word(&kind), system.parse()) {
            holdings.insert((kind, system));
        }
    }
    Ok(holdings)
}

/// Opens a file that nobody will ever change: SQLite then takes no locks and looks for no journal.
fn connect(path: &Path) -> Result<Connection, TablesError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(immutable_uri(path), flags).map_err(TablesError::sqlite(path))?;
    let prepared = connection
        .pragma_update(None, "cache_size", -CACHE_KIB)
        // Without this every new value of a parameter parses and plans its statement again, for half of the time of
        // a look-up.
        .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true));
    prepared.map_err(TablesError::sqlite(path))?;
    Ok(connection)
}

fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?immutable=1"
}
