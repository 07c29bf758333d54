//! `codecite search`: passages by words and meaning.

use crate::cli::SearchArgs;
use crate::environment;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::Result;
use codecite_codebook::CodeSystem;
use codecite_faces::wire::WireHit;
use codecite_retrieval::{Filter, Mode};
use std::process::ExitCode;

/// Prints the hits, best first.
pub async fn run(args: SearchArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let system: Option<CodeSystem> = args.system.as_deref().map(str::parse).transpose()?;
    let shelves = Shelves::open(settings, data_dir).await?;
    let filter = Filter {
        in_force_on: Some(args.dos.unwrap_or_else(environment::today)),
        systems: system.into_iter().collect(),
        ..Filter::default()
    };
    let words = args.words.join(" ");
    let hits = shelves
        .retriever
        .search(&words, filter, usize::from(args.limit), Mode::Hybrid)
        .await?;
    if args.json {
        let hits: Vec<WireHit> = hits.iter().map(WireHit::from).collect();
        println!("{}", serde_json::to_string_pretty(&hits)?);
        return Ok(ExitCode::SUCCESS);
    }
    if hits.is_empty() {
        eprintln!("nothing was found; `codecite editions` lists what is loaded");
        return Ok(ExitCode::FAILURE);
    }
    for (rank, hit) in (1..).zip(&hits) {
        let passage = &hit.passage;
        let header = if passage.billable == Some(false) {
            " (header, not billable)"
        } else {
            ""
        };
        println!("{rank:>3}. {}{header}", passage.title);
        println!("     {}", passage.text.trim());
        println!("     {}, {}", passage.authority, passage.locator.document);
    }
    Ok(ExitCode::SUCCESS)
}
