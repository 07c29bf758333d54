//! `codecite ingest`: files onto the shelves, with progress, rate and a closing report.

use crate::cli::IngestArgs;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result, bail};
use codecite_ingest::{
    ReadOptions, Reading, ShelvingProgress, ShelvingReport, SourceFile, Sources, read_sources, shelve,
    starter,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many refused lines are shown; all of them are counted.
const REFUSED_SHOWN: usize = 20;
/// How often a load that is not watched at a terminal says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Loads the files named, or the starter, or both.
pub async fn run(args: IngestArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let options = ReadOptions {
        effective_from: args.effective_from,
    };
    let mut files = Vec::new();
    for path in &args.paths {
        read_path(path, &mut files)?;
    }
    let mut sources = tokio::task::spawn_blocking(move || read_sources(files, &options))
        .await
        .context("reading the files broke")?;
    if args.starter {
        sources.readings.push(starter()?);
    }
    load(sources, settings, data_dir).await
}

/// Loads the starter knowledge base that the binary carries.
pub async fn load_starter(settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let sources = Sources {
        readings: vec![starter()?],
        ..Sources::default()
    };
    load(sources, settings, data_dir).await
}

async fn load(sources: Sources, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    for error in &sources.unreadable {
        eprintln!("not read: {error}");
    }
    for reading in &sources.readings {
        say_refused(reading);
    }
    if sources.readings.is_empty() {
        bail!("nothing was loaded, and what was loaded before is as it was");
    }
    let started = Instant::now();
    let shelves = Shelves::open(settings, data_dir).await?;
    let display = Display::new();
    let read: Vec<(u64, usize)> = sources
        .readings
        .iter()
        .map(|reading| (reading.read, reading.refused.len()))
        .collect();
    let report = shelve(
        sources
            .readings
            .into_iter()
            .map(|reading| reading.shelf)
            .collect(),
        shelves.embedder.as_ref(),
        shelves.index.as_ref(),
        &data_dir.tables(),
        &|progress| display.show(progress),
    )
    .await;
    display.finish();
    let report = report?;
    say_report(&report, &read, started.elapsed());
    Ok(if sources.unreadable.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A file, or every file of a folder, one level deep.
fn read_path(path: &Path, files: &mut Vec<SourceFile>) -> Result<()> {
    let cannot = || format!("{} cannot be read", path.display());
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(cannot)?;
        let mut inside: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()
            .with_context(cannot)?;
        inside.sort();
        return inside
            .iter()
            .filter(|inside| inside.is_file())
            .try_for_each(|inside| read_path(inside, files));
    }
    let name = path
        .file_name()
        .with_context(cannot)?
        .to_string_lossy()
        .into_owned();
    let bytes = std::fs::read(path).with_context(cannot)?;
    files.push(SourceFile { name, bytes });
    Ok(())
}

fn say_refused(reading: &Reading) {
    for finding in reading.refused.iter().take(REFUSED_SHOWN) {
        eprintln!("refused: {finding}");
    }
    if let Some(more @ 1..) = reading.refused.len().checked_sub(REFUSED_SHOWN) {
        eprintln!("refused: {more} more of {}", reading.shelf.edition.title);
    }
}

fn say_report(report: &ShelvingReport, read: &[(u64, usize)], elapsed: Duration) {
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

/// Progress for a person at a terminal, or a line now and then for a log.
struct Display {
    bar: ProgressBar,
    is_watched: bool,
    state: Mutex<DisplayState>,
}

struct DisplayState {
    said: Instant,
    embedding_since: Option<Instant>,
}

impl Display {
    fn new() -> Self {
        let is_watched = std::io::stderr().is_terminal();
        let bar = if is_watched {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {pos}/{len} {per_sec} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let state = DisplayState {
            said: Instant::now(),
            embedding_since: None,
        };
        Self {
            bar,
            is_watched,
            state: Mutex::new(state),
        }
    }

    fn show(&self, progress: ShelvingProgress) {
        match progress {
            ShelvingProgress::Comparing => self.stage("comparing with what is loaded"),
            ShelvingProgress::WritingTables => self.stage("writing the tables"),
            ShelvingProgress::Activating => self.stage("building the graph"),
            ShelvingProgress::Embedding { done, total } => self.embedding(done, total),
        }
    }

    fn stage(&self, name: &'static str) {
        self.bar.set_message(name);
        if !self.is_watched {
            eprintln!("{name}");
        }
    }

    fn embedding(&self, done: usize, total: usize) {
        self.bar.set_message("embedding");
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        // A poisoned lock means that a thread broke while it printed; printing goes on.
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let since = *state.embedding_since.get_or_insert_with(Instant::now);
        if !self.is_watched && (done == total || state.said.elapsed() >= SAY_EVERY) {
            state.said = Instant::now();
            let rate = done as f64 / since.elapsed().as_secs_f64().max(0.001);
            eprintln!("embedded {done} of {total} ({rate:.0}/s)");
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
