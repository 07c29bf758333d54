//! `codecite fee`: what Medicare's physician fee schedule pays in a ZIP code or locality, worked out from its rows.

use crate::cli::FeeArgs;
use crate::environment;
use crate::verbs::say::{code_of_procedure, print_facts};
use crate::wiring::DataDir;
use anyhow::{Context, Result, bail};
use codecite_answering::{PaidAt, fees};
use codecite_codebook::{Code, CodeSystem, FactKind};
use codecite_tables::Tables;
use std::process::ExitCode;

/// Prints the fees of a code.
pub fn run(args: &FeeArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let code = code_of_procedure(&args.code)?;
    let paid_at = paid_at(args)?;
    let found = fees(&code, &paid_at, date_of_service, &tables)?;
    if !found.is_empty() {
        print_facts(&found, args.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = tables.facts_of(&code, FactKind::PhysicianFeeSchedule, date_of_service)?;
    match rows.first() {
        None => bail!("no physician fee schedule that is loaded for {date_of_service} has {code}"),
        Some(row) => bail!(
            "{code} has no fee there: its status indicator is {}, or no ZIP code, locality and GPCI of that place are loaded \
             for {date_of_service}",
            row.value("status indicator").unwrap_or("not stated")
        ),
    }
}

fn paid_at(args: &FeeArgs) -> Result<PaidAt> {
    let parse = |system, text: &str, form| {
        Code::parse(system, text).with_context(|| format!("{text:?} is no {system}; write it like {form}"))
    };
    match (&args.zip, &args.locality) {
        (Some(zip), _) => Ok(PaidAt::Zip(parse(CodeSystem::Zip, zip, "10001")?)),
        (None, Some(locality)) => Ok(PaidAt::Locality(parse(
            CodeSystem::Locality,
            locality,
            "13202-01",
        )?)),
        (None, None) => Ok(PaidAt::National),
    }
}
