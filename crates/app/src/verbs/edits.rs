//! `codecite edits`: procedure-to-procedure edits, of one code with every partner or between the codes named.

use crate::cli::EditsArgs;
use crate::environment;
use crate::verbs::say::{code_of_procedure, print_facts, print_notices, setting};
use crate::wiring::DataDir;
use anyhow::{Result, bail};
use codecite_answering::edits_of_pair;
use codecite_codebook::{Code, Fact, NaiveDate, Setting};
use codecite_tables::Tables;
use std::process::ExitCode;

/// Prints the edits.
pub fn run(args: &EditsArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let setting = setting(args.setting.as_deref())?.unwrap_or(Setting::Practitioner);
    let codes: Vec<Code> = args
        .codes
        .iter()
        .map(|code| code_of_procedure(code))
        .collect::<Result<_>>()?;
    if !tables.has_edits(Some(setting), date_of_service) {
        bail!(
            "no table of NCCI edits for the setting {} is loaded for {date_of_service}; ingest the release of that quarter",
            setting.as_str()
        );
    }
    let facts = match codes.as_slice() {
        [code] => all_of(code, setting, date_of_service, &tables)?,
        codes => among(codes, setting, date_of_service, &tables)?,
    };
    print_facts(&facts, args.json)?;
    print_notices(&codes, &facts, date_of_service, &tables)?;
    Ok(ExitCode::SUCCESS)
}

fn all_of(code: &Code, setting: Setting, date_of_service: NaiveDate, tables: &Tables) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for (table, rows, total) in tables.edits_of(code, Some(setting), date_of_service, usize::MAX)? {
        eprintln!(
            "{total} edits of {code} in force on {date_of_service} in {} ({} rows)",
            table.edition.title, table.rows
        );
        facts.extend(rows.iter().map(|row| row.fact(code)));
    }
    Ok(facts)
}

fn among(codes: &[Code], setting: Setting, date_of_service: NaiveDate, tables: &Tables) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for (place, one) in codes.iter().enumerate() {
        for other in &codes[place + 1..] {
            facts.extend(edits_of_pair(one, other, Some(setting), date_of_service, tables)?);
        }
    }
    Ok(facts)
}
