//! `codecite fee`: what Medicare's physician fee schedule pays in a ZIP code or locality, worked out from its rows.

use crate::cli::FeeArgs;
use crate::environment;
use crate::verbs::say::{code_of_procedure, print_facts, print_notices};
use crate::wiring::DataDir;
use anyhow::{Context, Result, bail};
use codecite_answering::{Fees, PaidAt, fees};
use codecite_codebook::{Code, CodeSystem};
use codecite_tables::Tables;
use std::process::ExitCode;

/// Prints the fees of a code.
pub fn run(args: &FeeArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let code = code_of_procedure(&args.code)?;
    let paid_at = paid_at(args)?;
    let Fees { rows, why_none } = fees(&code, &paid_at, date_of_service, &tables)?;
    if let Some(why) = why_none {
        bail!(why);
    }
    print_facts(&rows, args.json)?;
    print_notices(&[code], &rows, date_of_service, &tables)?;
    Ok(ExitCode::SUCCESS)
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
