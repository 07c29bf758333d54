//! `codecite forget`: an edition out of the tables and the index.

use crate::cli::ForgetArgs;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result};
use codecite_codebook::EditionId;
use codecite_ingest::forget;
use codecite_tables::Tables;
use std::process::ExitCode;

/// Forgets one edition; the one before it of the same source is in force again.
pub async fn run(args: ForgetArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let edition = tables.edition(&EditionId::new(&args.edition)).with_context(|| {
        format!(
            "no edition {} is loaded; `codecite editions` lists them",
            args.edition
        )
    })?;
    drop(tables);
    let shelves = Shelves::open(settings, data_dir).await?;
    let forgotten = forget(
        &edition.id,
        shelves.embedder.as_ref(),
        shelves.index.as_ref(),
        &data_dir.tables(),
    )
    .await?;
    println!(
        "{} is forgotten: {} passages and its tables are gone",
        edition.id, forgotten.passages
    );
    for reopened in forgotten.moved {
        println!("{} is now in force {}", reopened.id, reopened.effective);
    }
    Ok(ExitCode::SUCCESS)
}
