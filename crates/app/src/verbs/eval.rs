//! `codecite eval`: recall of BM25 alone, dense alone and hybrid, as a table in Markdown.

use crate::cli::EvalArgs;
use crate::environment;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result};
use codecite_eval::{QuestionSet, Scores, run_retrieval};
use codecite_retrieval::Mode;
use std::process::ExitCode;

/// Runs every set in every mode.
pub async fn run(args: EvalArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let shelves = Shelves::open(settings, data_dir).await?;
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    println!("| set | wording | search | questions | recall@1 | recall@10 | MRR |");
    println!("|---|---|---|---:|---:|---:|---:|");
    for path in &args.sets {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let set = QuestionSet::parse(&text).with_context(|| path.display().to_string())?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        for (mode, label) in [
            (Mode::Words, "BM25"),
            (Mode::Dense, "dense"),
            (Mode::Hybrid, "hybrid"),
        ] {
            let scores = run_retrieval(&set, &shelves.retriever, mode, date_of_service).await?;
            print_row(&name, "all", label, &scores.all);
            for (style, scores) in &scores.by_style {
                print_row(&name, style, label, scores);
            }
            if args.missed && mode == Mode::Hybrid {
                eprintln!("{name}: missed {}", scores.all.missed.join(" "));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_row(set: &str, style: &str, search: &str, scores: &Scores) {
    println!(
        "| {set} | {style} | {search} | {} | {:.1} % | {:.1} % | {:.3} |",
        scores.questions,
        scores.recall_at_1 * 100.0,
        scores.recall_at_10 * 100.0,
        scores.mean_reciprocal_rank
    );
}
