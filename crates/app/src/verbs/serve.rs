//! `codecite serve`: opens the doors, and closes them gently.

use crate::cli::ServeArgs;
use crate::environment;
use crate::settings::{LogFormat, Settings};
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result};
use codecite_faces::{Clock, Doors, listen};
use codecite_store::Store;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Bounds of latency histograms, in seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// Serves until the process is told to stop.
pub async fn run(args: ServeArgs, settings: Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let metrics = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .install_recorder()
        .context("metrics were started twice")?;
    let shelves = Shelves::open(&settings, data_dir).await?;
    warm(&shelves).await;
    let answerer = shelves.answerer(&settings)?;
    let store = Arc::new(Store::open(data_dir.ledger())?);
    let mut config = settings.server.clone();
    if let Some(address) = args.address {
        config.address = address;
    }
    let listener = listen(config.address).with_context(|| {
        format!(
            "cannot listen on {}; is another codecite running there?",
            config.address
        )
    })?;
    let address = listener.local_addr()?;
    let doors = Doors::new(
        answerer,
        shelves.retriever,
        shelves.index,
        shelves.tables,
        store,
        metrics,
        Clock::new(environment::now),
        config,
    );
    let generation = doors.index.generation().await?;
    tracing::info!(%address, passages = generation.passages, "ready");
    // For a person at a terminal; a program reads the line above.
    if settings.telemetry.format == LogFormat::Text {
        eprintln!(
            "codecite answers at http://{address}/ ({} passages loaded)",
            generation.passages
        );
    }
    if let Some(file) = &args.address_file {
        write_address(file, &address.to_string())?;
    }
    codecite_faces::serve(listener, doors, stop_signal()).await;
    Ok(ExitCode::SUCCESS)
}

/// Whoever waits for the file must not read half of it.
fn write_address(file: &Path, address: &str) -> Result<()> {
    let beside = file.with_extension("writing");
    std::fs::write(&beside, address)
        .and_then(|()| std::fs::rename(&beside, file))
        .with_context(|| format!("cannot write the address to {}", file.display()))
}

/// The first questions after a start would pay for page faults; these pay for them.
async fn warm(shelves: &Shelves) {
    use codecite_retrieval::{Filter, Mode};
    codecite_retrieval::warm_up();
    for words in [
        "modifier 25 with an office visit",
        "type 2 diabetes mellitus",
        "fracture of the right hand",
    ] {
        let found = shelves
            .retriever
            .search(words, Filter::default(), 10, Mode::Hybrid)
            .await;
        if let Err(error) = found {
            tracing::warn!(%error, "warming the index failed");
        }
    }
}

async fn stop_signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for ctrl-c");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "cannot listen for the signal to terminate");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
