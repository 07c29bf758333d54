//! `codecite eval`: recall of every way to search, from the bare rankings to what answers rest on, as tables
//! in Markdown.

use crate::cli::EvalArgs;
use crate::environment;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result};
use codecite_eval::{QuestionSet, Rung, Scores, StyleScores, ladder, run_retrieval};
use std::path::Path;
use std::process::ExitCode;

/// The misses of the last ways are named: those of the search that answers rest on, and of answers.
const LOOKED_AT: usize = 2;

/// Runs every set in every way.
pub async fn run(args: EvalArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let sets: Vec<(String, QuestionSet)> = args.sets.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let shelves = Shelves::open(settings, data_dir).await?;
    let rungs = ladder(&shelves.retriever, shelves.answerer(settings)?);

    print_head("recall@1 / @5 / @10, percent", &sets);
    let mut last: Vec<StyleScores> = Vec::new();
    for (rung, above) in rungs.iter().zip((0..rungs.len()).rev()) {
        last.clear();
        for (_, set) in &sets {
            last.push(run_retrieval(set, rung, date_of_service).await?);
        }
        print_row(rung, &last);
        if args.missed && above < LOOKED_AT {
            print_missed(rung, &sets, &last);
        }
    }
    for ((name, _), scores) in sets.iter().zip(&last) {
        print_styles(name, scores);
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<(String, QuestionSet)> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let set = QuestionSet::parse(&text).with_context(|| path.display().to_string())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok((name.into_owned(), set))
}

fn print_head(corner: &str, sets: &[(String, QuestionSet)]) {
    let names: Vec<String> = sets
        .iter()
        .map(|(name, set)| format!("{name} ({})", set.questions.len()))
        .collect();
    println!("| {corner} | {} |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(sets.len()));
}

fn print_row(rung: &Rung, scores: &[StyleScores]) {
    let cells: Vec<String> = scores.iter().map(|scores| cell(&scores.all)).collect();
    println!("| {} | {} |", rung.name, cells.join(" | "));
}

fn cell(scores: &Scores) -> String {
    format!(
        "{:.1} / {:.1} / {:.1}",
        scores.recall_at_1 * 100.0,
        scores.recall_at_5 * 100.0,
        scores.recall_at_10 * 100.0
    )
}

fn print_missed(rung: &Rung, sets: &[(String, QuestionSet)], scores: &[StyleScores]) {
    for ((name, _), scores) in sets.iter().zip(scores) {
        eprintln!("\n{name}, missed by {}:", rung.name);
        for missed in &scores.all.missed {
            let rank = missed
                .rank
                .map_or("not found".to_owned(), |rank| format!("rank {rank}"));
            eprintln!("  {}: {rank}; instead {}", missed.id, missed.instead.join(" | "));
        }
    }
}

/// The last way of all, by kind of wording.
fn print_styles(set: &str, scores: &StyleScores) {
    let styles: Vec<String> = scores
        .by_style
        .iter()
        .map(|(style, scores)| format!("{style} ({}) {}", scores.questions, cell(scores)))
        .collect();
    println!(
        "\n{set}, answers by wording: {}; MRR {:.3}",
        styles.join(", "),
        scores.all.mean_reciprocal_rank
    );
}
