//! `codecite starter check`: what is wrong with topic files, for those who write them. Needs neither model nor
//! index; the loaded editions are asked about codes where there are some.

use crate::cli::{StarterCheckArgs, StarterVerb};
use crate::environment;
use crate::verbs::files;
use crate::wiring::DataDir;
use anyhow::Result;
use chrono::NaiveDate;
use codecite_codebook::CodeSystem;
use codecite_ingest::{CodeUse, Finding, SourceFile, check_starter, starter_files};
use codecite_tables::Tables;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs what was asked for.
pub fn run(verb: &StarterVerb, data_dir: &DataDir) -> Result<ExitCode> {
    match verb {
        StarterVerb::Check(args) => check(args, data_dir),
    }
}

fn check(args: &StarterCheckArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let files = match args.paths.as_slice() {
        [] => starter_files(),
        paths => topic_files(paths)?,
    };
    let mut check = check_starter(&files);
    let tables = Tables::open(data_dir.tables())?;
    for used in &check.codes {
        check
            .findings
            .extend(missing(used, &tables, environment::today())?);
    }
    check.findings.sort();
    check.findings.dedup();
    for finding in &check.findings {
        println!("{finding}");
    }
    eprintln!(
        "{} files, {} passages and {} facts without a finding, {} findings",
        files.len(),
        check.passages,
        check.facts,
        check.findings.len()
    );
    for system in CodeSystem::ALL {
        let defined = check
            .defined
            .iter()
            .filter(|code| code.system() == system)
            .count();
        if defined > 0 {
            eprintln!("  {defined} {system} defined");
        }
    }
    Ok(match check.findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The files named and those in folders named, whose names end in `.toml`.
fn topic_files(paths: &[PathBuf]) -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    for path in paths {
        found.extend(files::found_at(path)?);
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    found.iter().map(|path| files::read(path)).collect()
}

/// A finding where a loaded edition lists every code of the system and this one is not among them, on the
/// last day for which the passage speaks.
fn missing(used: &CodeUse, tables: &Tables, today: NaiveDate) -> Result<Option<Finding>> {
    let day = used.effective.to().unwrap_or(today);
    let is_missing = tables.denies(&used.code, day)?;
    Ok(is_missing.then(|| Finding {
        file: used.file.clone(),
        line: Some(used.line),
        text: format!(
            "passage {:?}: {} does not exist on {day} in the loaded edition",
            used.passage,
            used.code.label()
        ),
    }))
}
