//! Writing one edition: beside the others, then moved into place in one step.

use crate::error::TablesError;
use crate::file::{APPLICATION_ID, FORMAT, file_name};
use crate::insert::{self, Labels, number};
use crate::ptp::PtpTable;
use codecite_codebook::{CodeStatus, CodeSystem, Edition, EditionId, Fact, Locator};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// What finishing an edition did to the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The edition was not there before.
    New,
    /// It was there with other content, which is gone.
    Replaced,
    /// It was there with the same content: nothing was touched.
    Unchanged,
}

/// Writes one edition. Until it is finished, or sealed and published, no reader hears of it; dropped before,
/// it leaves nothing behind.
pub struct EditionWriter {
    folder: PathBuf,
    edition: Edition,
    /// Locked for as long as it is being written, so that rubbish of a killed process can be told from the
    /// work of a living one.
    temporary: NamedTempFile,
    connection: Connection,
    locations: HashMap<(String, Option<String>, Option<String>), i64>,
    holdings: BTreeMap<CodeSystem, u64>,
    /// Rows yet to be inserted, each with the id of its location: a statement is planned once for many.
    statuses: Vec<(CodeStatus, i64)>,
    facts: Vec<(Fact, i64)>,
    /// How many rows of each have been inserted.
    statuses_written: i64,
    facts_written: i64,
    labels: Labels,
    fact_holdings: BTreeSet<(&'static str, &'static str)>,
}

/// How an edition came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Which version of the importers read it.
    pub reader: String,
    /// How many passages it brought to the index.
    pub passages: u64,
    /// How many editions its files brought, itself included.
    pub siblings: u64,
    /// How many of its rows were refused.
    pub refused: u64,
    /// SHA-256 of files that hold the same edition in another form, and were set aside for the one that was read.
    pub set_aside: Vec<String>,
}

/// Rows inserted with one planned statement.
const BATCH: usize = 2_000;

impl EditionWriter {
    /// Begins an edition in `folder`, which is made if need be. An edition of the same id is replaced when
    /// this one is finished.
    pub fn create(folder: impl Into<PathBuf>, edition: &Edition) -> Result<Self, TablesError> {
        let folder = folder.into();
        if edition.id.as_str().is_empty() {
            return Err(TablesError::NamelessEdition);
        }
        fs::create_dir_all(&folder).map_err(TablesError::io(&folder))?;
        remove_rubbish(&folder)?;
        let temporary = tempfile::Builder::new()
            .prefix(&format!(".{}-", edition.id))
            .suffix(UNFINISHED)
            .tempfile_in(&folder)
            .map_err(TablesError::io(&folder))?;
        let _ = temporary.as_file().try_lock();
        let connection = begin(temporary.path(), edition).map_err(TablesError::sqlite(temporary.path()))?;
        Ok(Self {
            folder,
            edition: edition.clone(),
            temporary,
            connection,
            locations: HashMap::new(),
            holdings: BTreeMap::new(),
            statuses: Vec::new(),
            facts: Vec::new(),
            statuses_written: 0,
            facts_written: 0,
            labels: Labels::default(),
            fact_holdings: BTreeSet::new(),
        })
    }

    /// Adds what the edition says of one code. The order of calls is the order of the file.
    pub fn status(&mut self, status: &CodeStatus) -> Result<(), TablesError> {
        self.check(&status.edition)?;
        let location = self.location(&status.locator)?;
        *self.holdings.entry(status.code.system()).or_default() += 1;
        self.statuses.push((status.clone(), location));
        self.insert_when_many()
    }

    /// Adds one row about one code. The order of calls is the order of the file.
    pub fn fact(&mut self, fact: &Fact) -> Result<(), TablesError> {
        self.check(&fact.edition)?;
        let location = self.location(&fact.locator)?;
        for code in fact.also.iter().chain([&fact.code]) {
            self.fact_holdings
                .insert((fact.kind.as_str(), code.system().label()));
        }
        self.facts.push((fact.clone(), location));
        self.insert_when_many()
    }

    /// Adds the procedure-to-procedure edits. To be called once at most.
    pub fn edits(&mut self, table: PtpTable) -> Result<(), TablesError> {
        let documents = table.documents().to_vec();
        let locations = documents
            .iter()
            .map(|document| self.location(document))
            .collect::<Result<Vec<_>, _>>()?;
        table
            .insert(&self.connection, &locations)
            .map_err(TablesError::sqlite(self.temporary.path()))
    }

    /// Keeps the words of the edition's passages, each with how often it occurs.
    pub fn words(&mut self, words: &BTreeMap<String, u64>) -> Result<(), TablesError> {
        insert::words(&self.connection, words).map_err(TablesError::sqlite(self.temporary.path()))
    }

    /// Keeps what was refused while the edition was read: file, line and why.
    pub fn finding(&mut self, file: &str, line: Option<u64>, text: &str) -> Result<(), TablesError> {
        self.connection
            .execute(
                "INSERT INTO finding VALUES (?1, ?2, ?3)",
                params![file, line.map(number), text],
            )
            .map(|_| ())
            .map_err(TablesError::sqlite(self.temporary.path()))
    }

    /// Keeps how the edition came to be. To be called once at most.
    pub fn provenance(&mut self, provenance: &Provenance) -> Result<(), TablesError> {
        insert::provenance(&self.connection, provenance).map_err(TablesError::sqlite(self.temporary.path()))
    }

    /// Seals the edition and publishes it.
    pub fn finish(self) -> Result<Written, TablesError> {
        self.seal()?.publish()
    }

    /// Completes the edition and makes it durable, beside the others and still unknown to readers. What takes
    /// time or can fail for want of space happens here.
    pub fn seal(mut self) -> Result<SealedEdition, TablesError> {
        self.insert_pending()?;
        let Self {
            folder,
            edition,
            temporary,
            connection,
            holdings,
            fact_holdings,
            ..
        } = self;
        let path = temporary.path();
        insert::complete(connection, &holdings, &fact_holdings).map_err(TablesError::sqlite(path))?;
        let target = folder.join(file_name(&edition));
        let outcome = compare(path, &target).map_err(TablesError::io(&target))?;
        if outcome != Written::Unchanged {
            temporary.as_file().sync_all().map_err(TablesError::io(path))?;
        }
        Ok(SealedEdition {
            folder,
            target,
            temporary,
            outcome,
        })
    }

    fn check(&self, given: &EditionId) -> Result<(), TablesError> {
        if *given == self.edition.id {
            return Ok(());
        }
        Err(TablesError::OtherEdition {
            writing: self.edition.id.to_string(),
            given: given.to_string(),
        })
    }

    fn insert_when_many(&mut self) -> Result<(), TablesError> {
        if self.statuses.len() + self.facts.len() < BATCH {
            return Ok(());
        }
        self.insert_pending()
    }

    fn insert_pending(&mut self) -> Result<(), TablesError> {
        let (statuses, facts) = (
            std::mem::take(&mut self.statuses),
            std::mem::take(&mut self.facts),
        );
        insert::statuses(&self.connection, &statuses, &mut self.statuses_written)
            .and_then(|()| {
                insert::facts(
                    &self.connection,
                    &facts,
                    &mut self.labels,
                    &mut self.facts_written,
                )
            })
            .map_err(TablesError::sqlite(self.temporary.path()))
    }

    fn location(&mut self, locator: &Locator) -> Result<i64, TablesError> {
        let key = (
            locator.document.clone(),
            locator.section.clone(),
            locator.url.clone(),
        );
        if let Some(&id) = self.locations.get(&key) {
            return Ok(id);
        }
        self.connection
            .execute(
                "INSERT INTO location (document, section, url) VALUES (?1, ?2, ?3)",
                params![key.0, key.1, key.2],
            )
            .map_err(TablesError::sqlite(self.temporary.path()))?;
        let id = self.connection.last_insert_rowid();
        self.locations.insert(key, id);
        Ok(id)
    }
}

/// A whole edition that waits beside the others. Dropped unpublished, it leaves nothing behind.
pub struct SealedEdition {
    folder: PathBuf,
    target: PathBuf,
    /// Locked as it was while it was written.
    temporary: NamedTempFile,
    outcome: Written,
}

impl SealedEdition {
    /// What publishing it will do.
    pub fn outcome(&self) -> Written {
        self.outcome
    }

    /// Moves the edition into place in one step. Readers see the old state before, the new one after, and
    /// nothing in between, even if the machine stops meanwhile.
    pub fn publish(self) -> Result<Written, TablesError> {
        let Self {
            folder,
            target,
            temporary,
            outcome,
        } = self;
        if outcome == Written::Unchanged {
            return Ok(outcome);
        }
        let temporary = temporary.into_temp_path();
        change_visibly(&folder, || {
            temporary.persist(&target).map_err(|error| error.error)
        })
        .map_err(TablesError::io(&target))?;
        Ok(outcome)
    }
}

const UNFINISHED: &str = ".building";

fn begin(path: &Path, edition: &Edition) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Nobody reads the file before it is complete and synced as a whole, so SQLite need not protect it.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    connection.execute_batch("BEGIN")?;
    connection.execute_batch(include_str!("schema.sql"))?;
    connection.execute(
        "INSERT INTO edition VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            edition.id.as_str(),
            edition.source,
            edition.title,
            edition.authority.as_str(),
            edition.effective.from().to_string(),
            edition.effective.to().map(|day| day.to_string()),
            edition.replaced_on.map(|day| day.to_string()),
            edition.licence.as_str(),
            number(edition.rows),
            edition.is_complete,
        ],
    )?;
    for file in &edition.files {
        connection.execute(
            "INSERT INTO file VALUES (?1, ?2)",
            params![file.name, file.sha256],
        )?;
    }
    Ok(connection)
}

/// What moving the file `new` to `target` will do. The same rows written in the same order give the same bytes.
fn compare(new: &Path, target: &Path) -> io::Result<Written> {
    if !fs::exists(target)? {
        return Ok(Written::New);
    }
    let same = fs::metadata(new)?.len() == fs::metadata(target)?.len() && fs::read(new)? == fs::read(target)?;
    Ok(if same {
        Written::Unchanged
    } else {
        Written::Replaced
    })
}

/// Adds or replaces an entry of `folder` so that readers who remember when it last changed notice.
///
/// A file system counts time in ticks of a few milliseconds. A reader may have listed the folder in the very
/// tick of this change, just before it; only a later time of change tells it to look again.
fn change_visibly(folder: &Path, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let modified = || fs::metadata(folder)?.modified();
    let before = modified()?;
    change()?;
    for _ in 0..50 {
        if modified()? != before {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
        drop(tempfile::Builder::new().prefix(".touch-").tempfile_in(folder)?);
    }
    // Makes the change of the folder itself durable. Not every system can open a folder for this.
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(_) => Ok(()),
    }
}

/// Removes an edition from the tables in `folder`. `false` if it is not there.
pub fn remove(folder: &Path, edition: &EditionId) -> Result<bool, TablesError> {
    let path = folder.join(format!("{edition}.sqlite"));
    if !fs::exists(&path).map_err(TablesError::io(&path))? {
        return Ok(false);
    }
    change_visibly(folder, || fs::remove_file(&path)).map_err(TablesError::io(&path))?;
    Ok(true)
}

/// Deletes what writers left that were killed: unfinished files that nobody holds locked.
fn remove_rubbish(folder: &Path) -> Result<(), TablesError> {
    for entry in fs::read_dir(folder).map_err(TablesError::io(folder))? {
        let path = entry.map_err(TablesError::io(folder))?.path();
        let unfinished = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().ends_with(UNFINISHED));
        if unfinished && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}
