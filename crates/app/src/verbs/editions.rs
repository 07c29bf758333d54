//! `codecite editions`: what is loaded.

use crate::cli::JsonArgs;
use crate::wiring::DataDir;
use anyhow::Result;
use codecite_faces::wire::WireEdition;
use codecite_tables::Tables;
use std::process::ExitCode;

/// Lists the loaded editions.
pub fn run(args: &JsonArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let editions = Tables::open(data_dir.tables())?.editions();
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
