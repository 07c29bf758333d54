//! `codecite ingest`: files onto the shelves, with progress, rate and a closing report.

mod display;

use crate::cli::{DocumentArgs, IngestArgs};
use crate::settings::Settings;
use crate::verbs::files;
use crate::wiring::{DataDir, Shelves, discard_index};
use anyhow::{Context, Result, bail};
use codecite_codebook::{Edition, FileDigest};
use codecite_ingest::{
    DocumentOptions, Finding, Loaded, ReadOptions, Reading, ShelvingReport, kinds, read_sources, shelve,
    starter,
};
use codecite_tables::{Tables, Written};
use display::Display;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How many refused lines of an edition are shown; all of them are counted, and stand in the report.
const REFUSED_SHOWN: usize = 20;

/// What was given, read.
#[derive(Default)]
struct Brought {
    readings: Vec<Reading>,
    /// Files that were not read, and why.
    unreadable: Vec<String>,
}

/// Files that are loaded in the same way.
pub struct Batch {
    /// Files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// What is said of each.
    pub options: ReadOptions,
    /// Whether what is loaded already is left out: not if something else was said of it before.
    pub may_skip: bool,
}

/// Loads the files named, or the starter, or both. Ends with an error if anything of it was not loaded.
pub async fn run(args: IngestArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    if args.list {
        for (word, what) in kinds() {
            println!("{word:<32}{what}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let options = ReadOptions {
        effective_from: args.effective_from,
        kind: args.kind,
        document: document_options(args.document),
    };
    let batch = Batch {
        paths: args.paths,
        // What the operator says of a file may be another thing than what was said of it before.
        may_skip: options == ReadOptions::default() && !args.from_nothing,
        options,
    };
    let (mut brought, known) = bring(batch, settings, data_dir).await?;
    if args.starter {
        brought.readings.push(starter()?);
    }
    brought.say_refused();
    let mut refused = brought.all_refused();
    refused.extend(known.refused);
    write_report(args.report.as_deref(), &refused)?;
    if brought.readings.is_empty() && known.is_something && brought.unreadable.is_empty() {
        println!("nothing had to change");
        return Ok(exit_code(&refused));
    }
    if brought.readings.is_empty() {
        bail!("nothing was loaded, and what was loaded before is as it was");
    }
    if args.from_nothing {
        discard_index(settings, data_dir).await?;
    }
    let report = load(brought.readings, settings, data_dir).await?;
    refused.extend(report.refused.iter().map(ToString::to_string));
    write_report(args.report.as_deref(), &refused)?;
    if args.from_nothing {
        say_left_out(&Tables::open(data_dir.tables())?.editions(), &report);
    }
    Ok(exit_code(&refused))
}

/// Loads what is not loaded yet of `batches`, all in one step. Returns what of them was refused, a line each.
pub async fn load_paths(batches: Vec<Batch>, settings: &Settings, data_dir: &DataDir) -> Result<Vec<String>> {
    let (mut readings, mut refused) = (Vec::new(), Vec::new());
    for batch in batches {
        let (brought, known) = bring(batch, settings, data_dir).await?;
        brought.say_refused();
        refused.extend(brought.all_refused());
        refused.extend(known.refused);
        readings.extend(brought.readings);
    }
    if readings.is_empty() {
        println!("nothing of it was new, and nothing had to change");
        return Ok(refused);
    }
    let report = load(readings, settings, data_dir).await?;
    refused.extend(report.refused.iter().map(ToString::to_string));
    Ok(refused)
}

/// Finds the files of a batch and reads those that are not loaded already.
async fn bring(batch: Batch, settings: &Settings, data_dir: &DataDir) -> Result<(Brought, Known)> {
    let mut given = Given::find(&batch.paths);
    let known = match batch.may_skip {
        true => given.leave_out_loaded(settings, data_dir).await?,
        false => Known::default(),
    };
    let tables = Tables::open(data_dir.tables())?;
    let brought = tokio::task::spawn_blocking(move || given.read(&batch.options, &tables))
        .await
        .context("reading the files broke")?;
    Ok((brought, known))
}

fn exit_code(refused: &[String]) -> ExitCode {
    match refused.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Loads the starter knowledge base that the binary carries.
pub async fn load_starter(settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    load(vec![starter()?], settings, data_dir).await?;
    Ok(ExitCode::SUCCESS)
}

fn document_options(args: DocumentArgs) -> DocumentOptions {
    DocumentOptions {
        title: args.title,
        authority: args.authority,
        jurisdiction: args.jurisdiction,
        source: args.source,
        effective_to: args.effective_to,
        url: args.url,
        licence: args.licence,
    }
}

/// The files that were given, found and not read yet.
struct Given {
    paths: Vec<PathBuf>,
    /// What could not even be found.
    unreadable: Vec<String>,
}

/// What was given and is loaded already.
#[derive(Default)]
struct Known {
    is_something: bool,
    /// What had been refused of it when it was read.
    refused: Vec<String>,
}

impl Given {
    fn find(paths: &[PathBuf]) -> Self {
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        for path in paths {
            match files::found_at(path) {
                Ok(inside) => found.extend(inside),
                Err(error) => unreadable.push(format!("{error:#}")),
            }
        }
        Self {
            paths: with_sidecars(found),
            unreadable,
        }
    }

    /// Leaves out the files whose editions are loaded whole. The index, and with it the embedding model, is opened
    /// only where one of them brought passages.
    async fn leave_out_loaded(&mut self, settings: &Settings, data_dir: &DataDir) -> Result<Known> {
        let tables = Tables::open(data_dir.tables())?;
        if tables.editions().is_empty() {
            return Ok(Known::default());
        }
        let paths = std::mem::take(&mut self.paths);
        let digested = tokio::task::spawn_blocking(move || digested(paths))
            .await
            .context("reading the files broke")?;
        let files: Vec<FileDigest> = digested.iter().filter_map(|(_, digest)| digest.clone()).collect();
        let mut loaded = Loaded::from_files(&files, &tables)?;
        if loaded.has_passages() {
            let shelves = Shelves::open(settings, data_dir).await?;
            loaded = loaded
                .in_index(shelves.embedder.as_ref(), shelves.index.as_ref())
                .await?;
        }
        let covers =
            |digest: &Option<FileDigest>| digest.as_ref().is_some_and(|file| loaded.covers(&file.sha256));
        let (known, new): (Vec<_>, Vec<_>) = digested.into_iter().partition(|(_, digest)| covers(digest));
        self.paths = new.into_iter().map(|(path, _)| path).collect();
        let mut refused = Vec::new();
        for (edition, rows_refused) in loaded.editions() {
            println!("{} ({}): loaded already", edition.title, edition.id);
            // Remarks stand before refusals.
            let findings = tables.findings(&edition.id)?.into_iter().rev();
            let of_rows = findings.take(usize::try_from(rows_refused).unwrap_or(usize::MAX));
            refused.extend(of_rows.map(|(file, line, text)| Finding { file, line, text }.to_string()));
        }
        Ok(Known {
            is_something: !known.is_empty(),
            refused,
        })
    }

    /// Reads and parses one file after the other, so that only what they bring stays in memory.
    fn read(mut self, options: &ReadOptions, tables: &Tables) -> Brought {
        let mut note = |error: anyhow::Error| self.unreadable.push(format!("{error:#}"));
        let readable = self
            .paths
            .iter()
            .filter_map(|path| files::read(path).map_err(&mut note).ok());
        let mut sources = read_sources(readable, options);
        sources.refuse_shrunk(tables);
        let unreadable = sources.unreadable.iter().map(ToString::to_string);
        self.unreadable.extend(unreadable);
        Brought {
            readings: sources.readings,
            unreadable: self.unreadable,
        }
    }
}

/// Each path with the digest of its file; none for what cannot be read, which is told when it is, and for what a
/// sidecar speaks of, which may have changed while its file has not.
fn digested(paths: Vec<PathBuf>) -> Vec<(PathBuf, Option<FileDigest>)> {
    let sidecars: HashSet<PathBuf> = paths.iter().map(|path| sidecar_of(path)).collect();
    let has_sidecar = |path: &Path| paths.contains(&sidecar_of(path)) || sidecars.contains(path);
    let digests: Vec<Option<FileDigest>> = paths
        .iter()
        .map(|path| match has_sidecar(path) {
            true => None,
            false => files::read(path).ok().map(|file| file.digest()),
        })
        .collect();
    paths.into_iter().zip(digests).collect()
}

fn sidecar_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".toml");
    PathBuf::from(name)
}

async fn load(readings: Vec<Reading>, settings: &Settings, data_dir: &DataDir) -> Result<ShelvingReport> {
    let started = Instant::now();
    let shelves = Shelves::open(settings, data_dir).await?;
    let display = Display::new();
    let read: Vec<Counts> = readings.iter().map(Counts::of).collect();
    let report = shelve(
        readings.into_iter().map(|reading| reading.shelf).collect(),
        shelves.embedder.as_ref(),
        shelves.index.as_ref(),
        &data_dir.tables(),
        &|progress| display.show(progress),
    )
    .await;
    display.finish();
    let report = report?;
    say_report(&report, &read, started.elapsed());
    Ok(report)
}

impl Brought {
    fn say_refused(&self) {
        for error in &self.unreadable {
            eprintln!("not read: {error}");
        }
        for reading in &self.readings {
            for finding in reading.refused.iter().take(REFUSED_SHOWN) {
                eprintln!("refused: {finding}");
            }
            if let Some(more @ 1..) = reading.refused.len().checked_sub(REFUSED_SHOWN) {
                eprintln!(
                    "refused: {more} more of {}; --report FILE writes all of them",
                    reading.shelf.edition.title
                );
            }
        }
    }

    /// Everything that will not be loaded, a line each.
    fn all_refused(&self) -> Vec<String> {
        let findings = self.readings.iter().flat_map(|reading| &reading.refused);
        let findings = findings.map(ToString::to_string);
        self.unreadable.iter().cloned().chain(findings).collect()
    }
}

/// The files with the sidecars that lie beside them, sidecars first: a file is read with what is known of it by then.
fn with_sidecars(found: Vec<PathBuf>) -> Vec<PathBuf> {
    let beside = found.iter().map(|path| {
        let mut name = path.as_os_str().to_owned();
        name.push(".toml");
        PathBuf::from(name)
    });
    let mut all: Vec<PathBuf> = beside.filter(|sidecar| sidecar.is_file()).collect();
    for path in found {
        if !all.contains(&path) {
            all.push(path);
        }
    }
    all
}

fn write_report(file: Option<&Path>, refused: &[String]) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let lines: String = refused.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(file, lines).with_context(|| format!("{} cannot be written", file.display()))
}

/// What was met while an edition was read.
struct Counts {
    read: u64,
    refused: u64,
    remarks: usize,
}

impl Counts {
    fn of(reading: &Reading) -> Self {
        let told = reading.refused.len();
        Self {
            read: reading.read,
            refused: told as u64 + reading.untold,
            remarks: reading.shelf.findings.len().saturating_sub(told),
        }
    }
}

fn say_report(report: &ShelvingReport, read: &[Counts], elapsed: Duration) {
    for finding in &report.refused {
        eprintln!("refused: {finding}");
    }
    for (shelved, counts) in report.editions.iter().zip(read) {
        let Counts {
            read,
            refused,
            remarks,
        } = counts;
        println!("{} ({})", shelved.edition.title, shelved.edition.id);
        println!(
            "  read {read}, new {}, unchanged {}, removed {}, refused {refused}; in force {}",
            shelved.new, shelved.unchanged, shelved.removed, shelved.edition.effective
        );
        if *remarks > 0 {
            println!(
                "  {remarks} remarks, which `codecite editions --findings {}` shows",
                shelved.edition.id
            );
        }
    }
    for ended in &report.ended {
        println!("{} is now in force {}", ended.id, ended.effective);
    }
    if report.carried_over > 0 {
        println!(
            "{} passages were embedded again with another model",
            report.carried_over
        );
    }
    let seconds = elapsed.as_secs_f64();
    match &report.activated {
        Some(generation) => {
            println!(
                "{} passages can be found now; took {seconds:.1} s",
                generation.passages
            );
        }
        None if report
            .editions
            .iter()
            .any(|shelved| shelved.tables != Written::Unchanged) =>
        {
            println!("rows can be looked up now, and no passage had to change; took {seconds:.1} s");
        }
        None => println!("nothing had to change; took {seconds:.1} s"),
    }
}

/// Names the editions that were discarded with the index and did not come back: their codes are still looked
/// up, and no passage of theirs is found.
fn say_left_out(editions: &[Edition], report: &ShelvingReport) {
    let is_loaded = |edition: &Edition| {
        let mut loaded = report.editions.iter().map(|shelved| &shelved.edition.id);
        loaded.any(|id| *id == edition.id)
    };
    for edition in editions.iter().filter(|edition| !is_loaded(edition)) {
        let again = match edition.files.as_slice() {
            [file] => format!("load {} again", file.name),
            // Of our editions only the starter has many files, and the program carries them.
            _ => "run `codecite ingest --starter`".to_owned(),
        };
        eprintln!(
            "{} is in the tables and no more in the index; {again}",
            edition.id
        );
    }
}
