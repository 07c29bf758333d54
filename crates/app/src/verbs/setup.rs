//! `codecite setup`: the model and its runtime, then the starter knowledge base.

use crate::settings::Settings;
use crate::setup::{self, SetupArgs};
use crate::verbs::ingest;
use crate::wiring::DataDir;
use anyhow::{Context, Result};
use codecite_embed::ModelProfile;
use std::process::ExitCode;

/// Fetches what is missing, and loads the starter with it. A second run finds nothing to do, and says so.
pub async fn run(args: SetupArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let configured = &settings.embed.model;
    let model = args.model.clone().unwrap_or_else(|| configured.clone());
    // A model that was named beside the configured one is fetched for later; the starter is loaded with the
    // configured one.
    let loads_starter = !args.check && is_same_model(&model, configured)?;
    let folder = data_dir.path().to_owned();
    tokio::task::spawn_blocking(move || setup::run(&args, &folder, &model))
        .await
        .context("setup broke")??;
    match loads_starter {
        true => ingest::load_starter(settings, data_dir).await,
        false => Ok(ExitCode::SUCCESS),
    }
}

/// A model has more than one name: any case will do, and the repository that it comes from.
fn is_same_model(one: &str, other: &str) -> Result<bool> {
    Ok(ModelProfile::named(one)?.name() == ModelProfile::named(other)?.name())
}
