//! What `codecite doctor` and `codecite setup --check` say about the data folder.

use super::installation::{Installation, State};
use super::pins;
use codecite_embed::{DEFAULT_MODEL, DataFolder, ModelProfile, OpenError};
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

/// Looks at the runtime and the embedding model called `model`, runs them, and hashes every other model in
/// `data_dir`. Reads about 120 MB.
///
/// # Errors
/// Lists names that are like `model` when there is none of that name.
pub fn findings(data_dir: &Path, model: &str) -> Result<Vec<Finding>, OpenError> {
    let installation = Installation::of(data_dir, model)?;
    let mut found = needed(&installation);
    found.extend(others(&installation));
    Ok(found)
}

/// What `installation` needs: its runtime, its model, and that they run.
pub(super) fn needed(installation: &Installation) -> Vec<Finding> {
    let model = &installation.model;
    let command = installation.folder.setup_command(Some(model));
    let mut found = vec![
        runtime(installation),
        part(
            model.name(),
            &installation.folder.model_dir(model),
            installation.model_state(model),
            format!("run `{command}`"),
        ),
    ];
    if found.iter().all(|finding| finding.ok) {
        found.push(proof(installation));
    }
    found
}

/// The models that are there besides. Nothing needs them, so removing one that is damaged will do.
fn others(installation: &Installation) -> Vec<Finding> {
    let folder = &installation.folder;
    let finding = |model: ModelProfile| {
        let dir = folder.model_dir(&model);
        let command = format!("{} --model {}", folder.setup_command(None), model.name());
        let advice = format!("remove {}, or run `{command}`", dir.display());
        part(model.name(), &dir, installation.model_state(&model), advice)
    };
    let others = installed(folder).into_iter();
    others
        .filter(|model| model.name() != installation.model.name())
        .map(finding)
        .collect()
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

fn runtime(installation: &Installation) -> Finding {
    let command = installation.folder.setup_command(None);
    match &installation.named_runtime {
        None => part(
            pins::RUNTIME,
            &installation.folder.runtime_dir(),
            installation.runtime_state(),
            format!("run `{command}`"),
        ),
        Some(library) if library.is_file() => good(format!(
            "{}: {}, as ORT_DYLIB_PATH says",
            pins::RUNTIME,
            library.display()
        )),
        Some(library) => Finding {
            ok: false,
            text: format!(
                "{}: {}, which ORT_DYLIB_PATH names, is not there",
                pins::RUNTIME,
                library.display()
            ),
            advice: Some(format!("correct ORT_DYLIB_PATH, or unset it and run `{command}`")),
        },
    }
}

fn part(name: &str, dir: &Path, state: State, advice: String) -> Finding {
    let why = match state {
        State::Whole(manifest) => return good(format!("{name}: {}, undamaged", manifest.source)),
        State::Missing => format!("nothing is set up in {}", dir.display()),
        State::Unusable(why) => why,
    };
    Finding {
        ok: false,
        text: format!("{name}: {why}"),
        advice: Some(advice),
    }
}

fn proof(installation: &Installation) -> Finding {
    let name = installation.model.name();
    match installation.prove() {
        Ok(()) => good(format!("{name}: embeds a text")),
        // The error says what to do.
        Err(error) => Finding {
            ok: false,
            text: error.to_string(),
            advice: None,
        },
    }
}

fn good(text: String) -> Finding {
    Finding {
        ok: true,
        text,
        advice: None,
    }
}
