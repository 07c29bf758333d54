//! `codecite lookup`: a code, exactly, from the tables alone. Needs neither model nor index.

use crate::cli::LookupArgs;
use crate::environment;
use crate::verbs::say::{print_facts, print_notices, setting};
use crate::wiring::DataDir;
use anyhow::{Result, bail};
use codecite_answering::everything_about;
use codecite_codebook::{Code, CodeStatus, CodeSystem, NaiveDate};
use codecite_faces::wire::WireStatus;
use codecite_tables::Tables;
use std::process::ExitCode;

const SHOWN: usize = 20;

/// Prints what the loaded editions say of a code.
pub fn run(args: &LookupArgs, data_dir: &DataDir) -> Result<ExitCode> {
    if let Some(words) = &args.words {
        return titled(words, args, data_dir);
    }
    let written = args.code.as_deref().unwrap_or_default();
    let candidates = candidates(written);
    if candidates.is_empty() {
        bail!(
            "{:?} does not have the shape of a code; write 38900, J1885, E11.9, 0DTJ4ZZ, 25 or RT, or its system before it, such \
             as \"POS 11\" or \"HCC V28-37\"",
            written
        );
    }
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let setting = setting(args.setting.as_deref())?;
    let mut found = false;
    for code in &candidates {
        let history = tables.history(code)?;
        let facts = everything_about(code, setting, date_of_service, &tables)?;
        if history.is_empty() && facts.is_empty() {
            continue;
        }
        found = true;
        for status in history {
            if args.json {
                println!("{}", serde_json::to_string(&WireStatus::from(&status))?);
            } else {
                print_status(&status, date_of_service, &tables)?;
            }
        }
        print_facts(&facts, args.json)?;
        print_notices(std::slice::from_ref(code), &facts, date_of_service, &tables)?;
    }
    if !found {
        not_found(&candidates, &tables, date_of_service)?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What a code can be as it is written: named with its system, of a code set by its shape, or of two characters a
/// modifier or a place of service.
fn candidates(written: &str) -> Vec<Code> {
    if let Ok(code) = written.trim().parse() {
        return vec![code];
    }
    let of_code_sets = Code::candidates(written);
    if !of_code_sets.is_empty() {
        return of_code_sets;
    }
    [CodeSystem::Modifier, CodeSystem::PlaceOfService]
        .into_iter()
        .filter_map(|system| Code::parse(system, written).ok())
        .collect()
}

/// Prints the codes whose official titles hold the words.
fn titled(words: &str, args: &LookupArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let found = tables.titled(words, None, date_of_service, SHOWN)?;
    for status in &found {
        if args.json {
            println!("{}", serde_json::to_string(&WireStatus::from(status))?);
        } else {
            let header = if status.billable { "" } else { " (header)" };
            let title = status.title.as_deref().unwrap_or_default();
            println!("{}  {title}{header}", status.code.label());
        }
    }
    if found.is_empty() {
        eprintln!("no title in force on {date_of_service} has these words");
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
