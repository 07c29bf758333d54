//! Fetching a model of fastembed's catalogue from the Hugging Face hub, or from a mirror of it.
//!
//! hf-hub fetches (it continues half-fetched files and follows the hub's redirects), but the files then move
//! into the data folder under their own names with a manifest, as every other part. fastembed's way of
//! opening models straight from the hub's cache would ask the network again whenever a file were missing, in
//! the middle of serving.

use super::progress::Progress;
use super::staging::{Staging, expect_digest};
use anyhow::Context;
use codecite_embed::ModelProfile;
use hf_hub::Cache;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use std::path::{Path, PathBuf};

/// How often a broken connection is taken up again.
const RETRIES: usize = 3;

/// Fetches every file of `model` and assembles its folder.
pub(super) fn fetch(
    model: &ModelProfile,
    mirror: Option<&str>,
    token: Option<&str>,
    staging: &Staging,
    progress: &Progress,
) -> anyhow::Result<PathBuf> {
    let repository = model
        .repository()
        .context("this model does not come from the hub")?;
    let mirror = mirror
        .map(|url| url.trim_end_matches('/'))
        .filter(|url| !url.is_empty());
    let hub = mirror.unwrap_or("the Hugging Face hub");
    let mut builder = ApiBuilder::from_cache(Cache::new(staging.hub()?))
        .with_token(token.map(str::to_owned))
        .with_retries(RETRIES)
        .with_progress(false);
    if let Some(url) = mirror {
        builder = builder.with_endpoint(url.to_owned());
    }
    let api = builder.build()?;
    let repo = api.model(repository.to_owned());
    let dir = staging.part(&model.name().to_ascii_lowercase())?;
    let files = model.files();
    for path in &files {
        let fetched = fetch_file(&repo, path, progress)
            .map_err(|error| {
                let advice = advice(&error, repository);
                anyhow::Error::new(error).context(advice)
            })
            .with_context(|| format!("{path} of {repository} did not come from {hub}"))?;
        check_digest(&fetched)?;
        let target = dir.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        // The fetched file stays where it is until the run ends: if a later one fails, it is not fetched again.
        std::fs::hard_link(&fetched, &target).or_else(|_| std::fs::copy(&fetched, &target).map(|_| ()))?;
    }
    let entry = model.graph_file().unwrap_or_default();
    let source = format!("{repository} from {hub}");
    staging.seal(&dir, model.name(), &source, entry, &files)?;
    Ok(dir)
}

/// The file's contents in hf-hub's cache, not the link to them.
fn fetch_file(repo: &ApiRepo, path: &str, progress: &Progress) -> Result<PathBuf, ApiError> {
    // Not `get`: that would keep a file of an earlier run without asking whether the hub has a newer one.
    let link = repo.download_with_progress(path, progress.meter(path, 0))?;
    Ok(link.canonicalize()?)
}

/// Large files are stored under their SHA-256, which the hub announced before it sent them.
fn check_digest(file: &Path) -> anyhow::Result<()> {
    let announced = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if announced.len() != 64 || !announced.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(());
    }
    let checked = expect_digest(file, announced);
    if checked.is_err() {
        std::fs::remove_file(file)?;
    }
    checked.context("what came is not what the hub announced; run setup again")
}

fn advice(error: &ApiError, repository: &str) -> String {
    let said = error.to_string();
    if said.contains("401") || said.contains("403") {
        return format!(
            "{repository} is given to known users only: accept its terms on the hub and set HF_TOKEN"
        );
    }
    if said.contains("404") {
        return "the hub has no such file; a mirror may not carry it".to_owned();
    }
    "the hub was not reached: check the network, set HTTPS_PROXY if there is a proxy or HF_ENDPOINT if there is \
     a mirror, or bring the files of the repository with --from DIR"
        .to_owned()
}
