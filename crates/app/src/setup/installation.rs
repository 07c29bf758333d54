//! What stands in the data folder: the one judgement that `setup`, `--check` and `doctor` share.

use super::pins;
use codecite_embed::{DataFolder, EmbedConfig, FastEmbedder, Manifest, ModelProfile, OpenError, Places};
use std::path::{Path, PathBuf};

/// One embedding model in one data folder, and the runtime that runs it.
pub(super) struct Installation {
    pub folder: DataFolder,
    pub model: ModelProfile,
    /// The library that the operator brought: none is needed in the folder.
    pub named_runtime: Option<PathBuf>,
}

/// What stands where a part belongs.
pub(super) enum State {
    /// Every file is there and has its digest.
    Whole(Manifest),
    /// Nothing was set up there.
    Missing,
    /// Something is there, and why it does not serve.
    Unusable(String),
}

impl Installation {
    /// The installation of `model` in `data_dir`, whatever is there.
    ///
    /// # Errors
    /// Lists names that are like `model` when there is none of that name.
    pub fn of(data_dir: &Path, model: &str) -> Result<Self, OpenError> {
        Ok(Self {
            folder: DataFolder::new(data_dir),
            model: ModelProfile::named(model)?,
            named_runtime: crate::environment::path("ORT_DYLIB_PATH"),
        })
    }

    /// Hashes the runtime.
    pub fn runtime_state(&self) -> State {
        judge(pins::RUNTIME, self.folder.verified_runtime())
    }

    /// Hashes `model`, which need not be the installation's own.
    pub fn model_state(&self, model: &ModelProfile) -> State {
        judge(model.name(), self.folder.verified_model(model))
    }

    /// Opens the model once and embeds a text, so that what does not run is known now and not when serving.
    pub fn prove(&self) -> Result<(), OpenError> {
        let config = EmbedConfig {
            model: self.model.name().to_owned(),
            ..EmbedConfig::default()
        };
        let places = Places {
            runtime_library: self.named_runtime.clone(),
            ..Places::in_data_dir(self.folder.root())
        };
        FastEmbedder::try_out(&config, &places)
    }
}

fn judge(name: &str, verified: Result<Manifest, OpenError>) -> State {
    match verified {
        Ok(manifest) => match pins::of(name).filter(|pinned| !pinned.is_listed_in(&manifest)) {
            Some(_) => State::Unusable(format!(
                "{} is another version than this release uses",
                manifest.source
            )),
            None => State::Whole(manifest),
        },
        Err(OpenError::NotSetUp { .. }) => State::Missing,
        Err(error) => State::Unusable(without_command(error)),
    }
}

/// What is wrong, without the command to run: it is running, or given apart.
fn without_command(error: OpenError) -> String {
    match error {
        OpenError::Missing { file, .. } => format!("{} is missing", file.display()),
        OpenError::Damaged {
            file,
            expected,
            found,
            ..
        } => format!(
            "{} is damaged (expected {expected}, found {found})",
            file.display()
        ),
        OpenError::Unreadable { file, source, .. } => {
            format!("{} could not be read: {source}", file.display())
        }
        other => other.to_string(),
    }
}
