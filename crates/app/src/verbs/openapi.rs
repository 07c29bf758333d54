//! `codecite openapi`: the document that `/api/v1/openapi.json` serves.

use anyhow::Result;
use std::process::ExitCode;

/// Prints it.
pub fn run() -> Result<ExitCode> {
    println!("{}", codecite_faces::openapi().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}
