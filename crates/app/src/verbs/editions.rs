//! `codecite editions`: what is loaded.

use crate::cli::EditionsArgs;
use crate::wiring::DataDir;
use anyhow::{Result, bail};
use codecite_codebook::EditionId;
use codecite_faces::wire::WireEdition;
use codecite_tables::Tables;
use std::process::ExitCode;

/// Lists the loaded editions.
pub fn run(args: &EditionsArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    if let Some(id) = &args.findings {
        return findings(id, &tables);
    }
    let editions = tables.editions();
    if args.json {
        let editions: Vec<WireEdition> = editions.iter().map(WireEdition::from).collect();
        println!("{}", serde_json::to_string_pretty(&editions)?);
        return Ok(ExitCode::SUCCESS);
    }
    if editions.is_empty() {
        eprintln!("nothing is loaded; run `codecite ingest --starter`, or `codecite ingest FILE…`");
        return Ok(ExitCode::FAILURE);
    }
    for edition in editions {
        println!("{}", edition.id);
        println!(
            "  {} ({}, {})",
            edition.title,
            edition.authority,
            edition.licence.as_str()
        );
        println!("  in force {}; {} rows", edition.effective, edition.rows);
        for file in &edition.files {
            println!("  {}  {}", file.sha256, file.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what was refused while an edition was read.
fn findings(id: &str, tables: &Tables) -> Result<ExitCode> {
    let Some(edition) = tables.edition(&EditionId::new(id)) else {
        bail!("no edition {id} is loaded; `codecite editions` lists them");
    };
    let findings = tables.findings(&edition.id)?;
    if findings.is_empty() {
        eprintln!("nothing was refused while {} was read", edition.id);
    }
    for (file, line, text) in findings {
        match line {
            Some(line) => println!("{file}:{line}: {text}"),
            None => println!("{file}: {text}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}
