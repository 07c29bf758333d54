//! Measures reading an official file, writing its tables and looking codes up in them.
//!
//! `cargo run --release -p codecite-ingest --example table_speed -- PATH`

use codecite_codebook::{Code, CodeStatus, CodeSystem, NaiveDate};
use codecite_ingest::{ReadOptions, SourceFile, read_sources};
use codecite_tables::{EditionWriter, Tables, TablesError};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let path: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("give the path of an order file")?
        .into();
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let bytes = std::fs::read(&path)?;
    let start = Instant::now();
    let mut sources = read_sources(vec![SourceFile { name, bytes }], &ReadOptions::default());
    if let Some(error) = sources.unreadable.pop() {
        return Err(error.into());
    }
    let shelf = sources.readings.pop().ok_or("no edition in it")?.shelf;
    println!("read {} rows in {:?}", shelf.statuses.len(), start.elapsed());

    let folder = tempfile::tempdir()?;
    for turn in ["written", "written again"] {
        let start = Instant::now();
        let mut writer = EditionWriter::create(folder.path(), &shelf.edition)?;
        for status in &shelf.statuses {
            writer.status(status)?;
        }
        println!("{turn}: {:?} in {:?}", writer.finish()?, start.elapsed());
    }
    look_up(folder.path(), &shelf.statuses, shelf.edition.effective.from())
}

fn look_up(folder: &Path, statuses: &[CodeStatus], day: NaiveDate) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let tables = Tables::open(folder)?;
    println!("opened in {:?}", start.elapsed());
    // A stride that visits every part of the file in no order of its own.
    let codes: Vec<&Code> = (0..20_000)
        .map(|turn| &statuses[turn * 7_919 % statuses.len()].code)
        .collect();
    measure("status_on", &codes, |code| tables.status_on(code, day).map(drop))?;
    measure("history", &codes, |code| tables.history(code).map(drop))?;
    measure("facts", &codes, |code| tables.facts(code, day).map(drop))?;
    measure("children, 20 at most", &codes, |code| {
        tables.children(code, day, 20).map(drop)
    })?;
    let largest = Code::parse(CodeSystem::Icd10Cm, "S52")?;
    measure("children of S52, 20 at most", &vec![&largest; 500], |code| {
        tables.children(code, day, 20).map(drop)
    })?;
    measure("near", &codes[..500], |code| tables.near(code, day, 5).map(drop))?;
    Ok(())
}

fn measure(
    what: &str,
    codes: &[&Code],
    ask: impl Fn(&Code) -> Result<(), TablesError>,
) -> Result<(), TablesError> {
    let mut times = Vec::with_capacity(codes.len());
    for code in codes {
        let start = Instant::now();
        ask(code)?;
        times.push(start.elapsed());
    }
    times.sort();
    let at = |share: f64| -> Duration { times[((times.len() - 1) as f64 * share) as usize] };
    println!("{what}: p50 {:?}, p99 {:?}, max {:?}", at(0.5), at(0.99), at(1.0));
    Ok(())
}
