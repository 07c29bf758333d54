//! What `codecite doctor` and `codecite setup --check` say about the data folder.

use super::pins;
use codecite_embed::{DEFAULT_MODEL, DataFolder, Manifest, ModelProfile};
use std::path::Path;

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, in a sentence.
    pub text: String,
    /// What to do when it is not.
    pub advice: Option<String>,
}

/// Hashes every part in `data_dir`: the runtime, the default model (which may be missing if another model is
/// there) and each further model. Reads about 120 MB.
pub fn findings(data_dir: &Path) -> Vec<Finding> {
    of(data_dir, None)
}

/// As [`findings`], about the runtime and `model` only if one is named.
pub(super) fn of(data_dir: &Path, model: Option<&ModelProfile>) -> Vec<Finding> {
    let folder = DataFolder::new(data_dir);
    let mut found = vec![part(
        &folder.runtime_dir(),
        pins::RUNTIME,
        &folder.setup_command(None),
    )];
    match model {
        Some(model) => found.push(model_part(&folder, model)),
        None => {
            let installed = installed(&folder);
            let default = ModelProfile::default_model();
            if installed.is_empty() {
                found.push(model_part(&folder, &default));
            }
            found.extend(installed.iter().map(|model| model_part(&folder, model)));
        }
    }
    found
}

/// The models that have a folder.
fn installed(folder: &DataFolder) -> Vec<ModelProfile> {
    let Ok(entries) = std::fs::read_dir(folder.models_dir()) else {
        return Vec::new();
    };
    let mut models: Vec<ModelProfile> = entries
        .flatten()
        .filter_map(|entry| ModelProfile::named(entry.file_name().to_str()?).ok())
        .collect();
    models.sort_by_key(|model| (model.name() != DEFAULT_MODEL, model.name().to_owned()));
    models
}

fn model_part(folder: &DataFolder, model: &ModelProfile) -> Finding {
    part(
        &folder.model_dir(model),
        model.name(),
        &folder.setup_command(Some(model)),
    )
}

fn part(dir: &Path, name: &str, command: &str) -> Finding {
    let checked = Manifest::read(dir, command).and_then(|manifest| {
        manifest.verify(dir, command)?;
        Ok(manifest)
    });
    let advice = Some(format!("run `{command}`"));
    match checked {
        Ok(manifest) => match pins::of(name) {
            Some(pinned) if !pinned.is_listed_in(&manifest) => Finding {
                ok: false,
                text: format!(
                    "{name}: {} is another version than this release uses",
                    manifest.source
                ),
                advice,
            },
            _ => Finding {
                ok: true,
                text: format!("{name}: {}, undamaged", manifest.source),
                advice: None,
            },
        },
        Err(error) => Finding {
            ok: false,
            text: format!("{name}: {error}"),
            advice,
        },
    }
}
