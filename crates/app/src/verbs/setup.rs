//! `codecite setup`: the model and its runtime, then the starter knowledge base.

use crate::settings::Settings;
use crate::setup::{self, SetupArgs};
use crate::verbs::ingest;
use crate::wiring::DataDir;
use anyhow::{Context, Result};
use std::process::ExitCode;

/// Fetches what is missing, and loads the starter with it. A second run finds nothing to do, and says so.
pub async fn run(mut args: SetupArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    args.data_dir = Some(data_dir.path().to_owned());
    let only_looks = args.check;
    // A model that was named beside the configured one is fetched for later; the starter is loaded with the
    // configured one.
    let is_another_model = args
        .model
        .as_ref()
        .is_some_and(|name| *name != settings.embed.model);
    tokio::task::spawn_blocking(move || setup::run(&args))
        .await
        .context("setup broke")??;
    if only_looks || is_another_model {
        return Ok(ExitCode::SUCCESS);
    }
    ingest::load_starter(settings, data_dir).await
}
