//! `codecite lookup`: a code, exactly, from the tables alone. Needs neither model nor index.

use crate::cli::LookupArgs;
use crate::environment;
use crate::wiring::DataDir;
use anyhow::{Result, bail};
use codecite_codebook::{Code, CodeStatus, NaiveDate};
use codecite_faces::wire::{WireFact, WireStatus};
use codecite_tables::Tables;
use std::process::ExitCode;

const SHOWN: usize = 20;

/// Prints what the loaded editions say of a code.
pub fn run(args: &LookupArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let candidates = Code::candidates(&args.code);
    if candidates.is_empty() {
        bail!(
            "{:?} does not have the shape of a code; write 38900, J1885, E11.9 or 0DTJ4ZZ",
            args.code
        );
    }
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let mut found = false;
    for code in &candidates {
        for status in tables.history(code)? {
            found = true;
            if args.json {
                println!("{}", serde_json::to_string(&WireStatus::from(&status))?);
            } else {
                print_status(&status, date_of_service, &tables)?;
            }
        }
        for fact in tables.facts(code, date_of_service)? {
            let fact = WireFact::from(&fact);
            if args.json {
                println!("{}", serde_json::to_string(&fact)?);
                continue;
            }
            println!("  {} ({})", fact.title, fact.source.document);
            for row in fact.rows {
                println!("    {}: {}", row.label, row.value);
            }
        }
    }
    if !found {
        not_found(&candidates, &tables, date_of_service)?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_status(status: &CodeStatus, date_of_service: NaiveDate, tables: &Tables) -> Result<()> {
    let title = status.title.as_deref().unwrap_or("(no title that may be shown)");
    println!("{}  {title}", status.code.label());
    let in_force = status.effective.contains(date_of_service);
    let billable = match (in_force, status.billable) {
        (true, true) => "billable",
        (true, false) => "a header, not billable",
        (false, _) => "not in force",
    };
    println!("  {billable} on {date_of_service}; in force {}", status.effective);
    let place = status
        .locator
        .place
        .as_ref()
        .map(|place| format!(", {place}"))
        .unwrap_or_default();
    println!(
        "  source: {}{place}, edition {}",
        status.locator.document, status.edition
    );
    if in_force && !status.billable {
        let children = tables.children(&status.code, date_of_service, SHOWN + 1)?;
        for child in children.iter().take(SHOWN) {
            println!(
                "    {}  {}",
                child.code,
                child.title.as_deref().unwrap_or_default()
            );
        }
        if children.len() > SHOWN {
            println!("    and more; a longer code shows fewer");
        }
    }
    Ok(())
}

fn not_found(candidates: &[Code], tables: &Tables, date_of_service: NaiveDate) -> Result<()> {
    let labels: Vec<String> = candidates.iter().map(Code::label).collect();
    eprintln!("no loaded edition has {}", labels.join(" or "));
    for code in candidates {
        for near in tables.near(code, date_of_service, 5)? {
            eprintln!(
                "  one keystroke away: {}  {}",
                near.code.label(),
                near.title.unwrap_or_default()
            );
        }
    }
    Ok(())
}
