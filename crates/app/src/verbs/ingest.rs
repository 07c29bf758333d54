//! `codecite ingest`: files onto the shelves, with progress, rate and a closing report.

mod display;

use crate::cli::IngestArgs;
use crate::settings::Settings;
use crate::verbs::files;
use crate::wiring::{DataDir, Shelves, discard_index};
use anyhow::{Context, Result, bail};
use codecite_codebook::Edition;
use codecite_ingest::{ReadOptions, Reading, ShelvingReport, read_sources, shelve, starter};
use codecite_tables::Tables;
use display::Display;
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

/// Loads the files named, or the starter, or both. Ends with an error if anything of it was not loaded.
pub async fn run(args: IngestArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let options = ReadOptions {
        effective_from: args.effective_from,
    };
    let mut brought = tokio::task::spawn_blocking(move || Brought::read(&args.paths, &options))
        .await
        .context("reading the files broke")?;
    if args.starter {
        brought.readings.push(starter()?);
    }
    brought.say_refused();
    let mut refused = brought.all_refused();
    write_report(args.report.as_deref(), &refused)?;
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
    Ok(if refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Loads the starter knowledge base that the binary carries.
pub async fn load_starter(settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    load(vec![starter()?], settings, data_dir).await?;
    Ok(ExitCode::SUCCESS)
}

async fn load(readings: Vec<Reading>, settings: &Settings, data_dir: &DataDir) -> Result<ShelvingReport> {
    let started = Instant::now();
    let shelves = Shelves::open(settings, data_dir).await?;
    let display = Display::new();
    let read: Vec<(u64, usize)> = readings
        .iter()
        .map(|reading| (reading.read, reading.refused.len()))
        .collect();
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
    /// Reads and parses one file after the other, so that only what they bring stays in memory.
    fn read(paths: &[PathBuf], options: &ReadOptions) -> Self {
        let mut unreadable = Vec::new();
        let mut note = |error: anyhow::Error| unreadable.push(format!("{error:#}"));
        let mut found = Vec::new();
        for path in paths {
            match files::found_at(path) {
                Ok(inside) => found.extend(inside),
                Err(error) => note(error),
            }
        }
        let readable = found
            .iter()
            .filter_map(|path| files::read(path).map_err(&mut note).ok());
        let sources = read_sources(readable, options);
        unreadable.extend(sources.unreadable.iter().map(ToString::to_string));
        Self {
            readings: sources.readings,
            unreadable,
        }
    }

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

fn write_report(file: Option<&Path>, refused: &[String]) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let lines: String = refused.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(file, lines).with_context(|| format!("{} cannot be written", file.display()))
}

fn say_report(report: &ShelvingReport, read: &[(u64, usize)], elapsed: Duration) {
    for finding in &report.refused {
        eprintln!("refused: {finding}");
    }
    for (shelved, (read, refused)) in report.editions.iter().zip(read) {
        println!("{} ({})", shelved.edition.title, shelved.edition.id);
        println!(
            "  read {read}, new {}, unchanged {}, removed {}, refused {refused}; in force {}",
            shelved.new, shelved.unchanged, shelved.removed, shelved.edition.effective
        );
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
