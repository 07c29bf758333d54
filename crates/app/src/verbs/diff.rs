//! `codecite diff`: what changed between two loaded editions of one source.

use crate::cli::DiffArgs;
use crate::wiring::DataDir;
use anyhow::{Context, Result};
use codecite_codebook::{Edition, EditionId};
use codecite_faces::wire::WireEditionDiff;
use codecite_tables::{EditionDiff, Tables};
use std::process::ExitCode;

/// Prints what changed from one edition to the other.
pub fn run(args: &DiffArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let tables = Tables::open(data_dir.tables())?;
    let (from, to) = (edition(&args.from, &tables)?, edition(&args.to, &tables)?);
    let diff = tables.diff(&from.id, &to.id)?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&WireEditionDiff::new(&from, &to, &diff, usize::MAX))?
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} -> {}", from.title, to.title);
    print_diff(&diff, args.limit);
    if diff.is_empty() {
        println!("no codes, rows or edits differ; passages are not compared");
    }
    Ok(ExitCode::SUCCESS)
}

fn edition(id: &str, tables: &Tables) -> Result<Edition> {
    tables
        .edition(&EditionId::new(id))
        .with_context(|| format!("no edition {id} is loaded; `codecite editions` lists them"))
}

fn print_diff(diff: &EditionDiff, limit: usize) {
    for (what, lines) in diff.told() {
        println!("{what}: {}", lines.len());
        for line in lines.iter().take(limit) {
            println!("  {line}");
        }
        if lines.len() > limit {
            println!("  and {} more; --limit shows more", lines.len() - limit);
        }
    }
}
