//! One binary, a few verbs. Data goes to stdout, everything else to stderr.

mod cli;
mod environment;
mod settings;
mod setup;
mod sync;
mod telemetry;
mod verbs;
mod wiring;

use anyhow::Result;
use clap::Parser;
use cli::{Cli, Verb};
use settings::Settings;
use std::process::ExitCode;
use wiring::DataDir;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("codecite: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let settings = Settings::read(cli.config.as_deref(), environment::variables())?;
    let data_dir = DataDir::new(cli.data_dir)?;
    // Fails only when another provider was installed before, and then that one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let telemetry = telemetry::start(&settings.telemetry, matches!(cli.verb, Verb::Serve(_)))?;
        let done = match cli.verb {
            Verb::Setup(args) => verbs::setup::run(args, &settings, &data_dir).await,
            Verb::Ask(args) => verbs::ask::run(args, &settings, &data_dir).await,
            Verb::Lookup(args) => verbs::lookup::run(&args, &data_dir),
            Verb::Search(args) => verbs::search::run(args, &settings, &data_dir).await,
            Verb::Ingest(args) => verbs::ingest::run(args, &settings, &data_dir).await,
            Verb::Sync(args) => verbs::sync::run(args, &settings, &data_dir).await,
            Verb::Starter(args) => verbs::starter::run(&args.verb, &data_dir),
            Verb::Editions(args) => verbs::editions::run(&args, &data_dir),
            Verb::Diff(args) => verbs::diff::run(&args, &data_dir),
            Verb::Forget(args) => verbs::forget::run(args, &settings, &data_dir).await,
            Verb::Edits(args) => verbs::edits::run(&args, &data_dir),
            Verb::Fee(args) => verbs::fee::run(&args, &data_dir),
            Verb::Check(args) => verbs::check::run(&args, &data_dir),
            Verb::Serve(args) => verbs::serve::run(args, settings, &data_dir).await,
            Verb::Doctor => verbs::doctor::run(&settings, &data_dir).await,
            Verb::Eval(args) => verbs::eval::run(args, &settings, &data_dir).await,
            Verb::Bench(args) => verbs::bench::run(args, &settings, &data_dir).await,
            Verb::Openapi => verbs::openapi::run(),
        };
        telemetry.finish();
        done
    })
}
