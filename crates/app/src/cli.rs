//! The command line. Parsing only parses; `settings` and `wiring` make something of it.

use crate::setup::SetupArgs;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Answers medical coding questions from official sources, every sentence cited and checked.
#[derive(Debug, Parser)]
#[command(name = "codecite", version, about, long_about = None)]
pub struct Cli {
    /// Where the model, the index and the tables are kept
    #[arg(long, global = true, env = "CODECITE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A configuration file; its keys are explained in config/default.toml
    #[arg(long, global = true, env = "CODECITE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Fetch the embedding model and its runtime, and load the starter knowledge base
    Setup(SetupArgs),
    /// Ask a question; the answer streams to the terminal
    Ask(AskArgs),
    /// Look a code up, exactly
    Lookup(LookupArgs),
    /// Search passages by words and meaning
    Search(SearchArgs),
    /// Load code sets and topic files
    #[command(
        after_help = "Exit status: 0 if everything given is loaded, 1 if a file, a line or a passage of it is not."
    )]
    Ingest(IngestArgs),
    /// Work on the files of a starter knowledge base
    Starter(StarterArgs),
    /// List the loaded editions
    Editions(JsonArgs),
    /// Serve the chat page, the widget and the API
    Serve(ServeArgs),
    /// Say what is missing or damaged, and what to do about it
    Doctor,
    /// Measure retrieval with a question set
    Eval(EvalArgs),
    /// Measure latency and memory over what is loaded, as in docs/performance.md
    Bench(BenchArgs),
    /// Print the OpenAPI document
    Openapi,
}

/// `ask`
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question, in quotes or not
    #[arg(required = true)]
    pub question: Vec<String>,
    /// Date of service, YYYY-MM-DD; else a date in the question, else today
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// Print the answer as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Do not ask the language model even where one is configured
    #[arg(long)]
    pub offline: bool,
}

/// `lookup`
#[derive(Debug, Args)]
pub struct LookupArgs {
    /// The code, as people write it: E119, e11.9, 38900
    pub code: String,
    /// Date of service, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `search`
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Date of service, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// Only passages about codes of this system, such as ICD-10-CM
    #[arg(long)]
    pub system: Option<String>,
    /// At most this many hits
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub limit: u16,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `ingest`
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Files to load, or folders of them: order files (plain, gzip or zip) and topic files (TOML)
    #[arg(required_unless_present = "starter")]
    pub paths: Vec<PathBuf>,
    /// Load the starter knowledge base that ships with the program
    #[arg(long)]
    pub starter: bool,
    /// First day in force, YYYY-MM-DD, where the file's name does not tell
    #[arg(long, value_name = "DATE")]
    pub effective_from: Option<NaiveDate>,
    /// Discard the index first, damaged or not, and build it from what is given here alone
    #[arg(long)]
    pub from_nothing: bool,
    /// Write whatever is refused, a line each, to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// `starter`
#[derive(Debug, Args)]
pub struct StarterArgs {
    /// What to do with them
    #[command(subcommand)]
    pub verb: StarterVerb,
}

/// What can be done with topic files.
#[derive(Debug, Subcommand)]
pub enum StarterVerb {
    /// Say what is wrong with topic files, by file and line
    Check(StarterCheckArgs),
}

/// `starter check`
#[derive(Debug, Args)]
pub struct StarterCheckArgs {
    /// Topic files or folders of them; the starter that ships with the program if none is named
    pub paths: Vec<PathBuf>,
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen, such as 127.0.0.1:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<std::net::SocketAddr>,
    /// Write the address that is listened on to this file, once it is
    #[arg(long, value_name = "FILE")]
    pub address_file: Option<PathBuf>,
}

/// `eval`
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Question sets, one JSON object a line
    #[arg(required = true)]
    pub sets: Vec<PathBuf>,
    /// Date of service of every question, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// Name the questions without a right code among the first ten
    #[arg(long)]
    pub missed: bool,
}

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Searches and questions, all different
    #[arg(long, default_value_t = 400)]
    pub requests: usize,
    /// Look-ups a second
    #[arg(long, default_value_t = 1_000)]
    pub rate: u32,
    /// Seconds of look-ups
    #[arg(long, default_value_t = 10)]
    pub seconds: u32,
    /// Streams held at the same time
    #[arg(long, default_value_t = 200)]
    pub streams: usize,
}

/// A verb that can print JSON.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
