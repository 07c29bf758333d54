//! The command line. Parsing only parses; `settings` and `wiring` make something of it.

use crate::setup::SetupArgs;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use codecite_codebook::Licence;
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
    /// Fetch the current official releases from their publishers and load them
    #[command(
        after_help = "Exit status: 0 if everything asked for is fetched and loaded, 1 if something is not. What came before a cut is \
                      kept: run it again."
    )]
    Sync(SyncArgs),
    /// Work on the files of a starter knowledge base
    Starter(StarterArgs),
    /// List the loaded editions
    Editions(EditionsArgs),
    /// Say what changed between two loaded editions
    Diff(DiffArgs),
    /// Forget a loaded edition
    Forget(ForgetArgs),
    /// Show NCCI edits: of one code with every partner, or between several codes
    Edits(EditsArgs),
    /// Work out what Medicare's physician fee schedule pays in a place
    Fee(FeeArgs),
    /// Check claim lines against every rule that is loaded
    #[command(after_help = "Exit status: 1 if a finding says that something will be denied.")]
    Check(CheckArgs),
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
    /// The code, as people write it: E119, e11.9, 38900, 250.00 of ICD-9-CM, the modifier RT, "POS 11", "HCC V28-37"
    #[arg(required_unless_present = "words")]
    pub code: Option<String>,
    /// Find codes by the words of their official titles instead
    #[arg(long, conflicts_with = "code")]
    pub words: Option<String>,
    /// Whose claims, where tables are published by it: practitioner (if absent), outpatient-hospital or dme
    #[arg(long)]
    pub setting: Option<String>,
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
    /// Files to load, or folders of them: official releases (plain, gzip or zip), topic files (TOML) and documents, with what
    /// is to be known of FILE in FILE.toml beside it
    #[arg(required_unless_present_any = ["starter", "list"])]
    pub paths: Vec<PathBuf>,
    /// Name every kind of file that is read, and load nothing
    #[arg(long)]
    pub list: bool,
    /// Load the starter knowledge base that ships with the program
    #[arg(long)]
    pub starter: bool,
    /// First day in force, YYYY-MM-DD, where the file's name does not tell
    #[arg(long, value_name = "DATE")]
    pub effective_from: Option<NaiveDate>,
    /// What kind of file it is, where its content does not tell
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<String>,
    /// What else is to be known of documents
    #[command(flatten)]
    pub document: DocumentArgs,
    /// Discard the index first, damaged or not, and build it from what is given here alone
    #[arg(long)]
    pub from_nothing: bool,
    /// Write whatever is refused, a line each, to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What `ingest` has to be told of documents and of licensed files. A sidecar, FILE.toml, says it of one file.
#[derive(Debug, Args)]
pub struct DocumentArgs {
    /// Title of the document, where it does not name itself well
    #[arg(long)]
    pub title: Option<String>,
    /// Whose word the document is: CMS, CDC, MAC, payer, practice, or a name
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,
    /// Where or for whom it holds, such as "Novitas, JH" or "Aetna"; shown with the authority
    #[arg(long, value_name = "NAME")]
    pub jurisdiction: Option<String>,
    /// Id of the series that it is an edition of, such as claims-processing-manual-12; the next edition supersedes it
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Last day in force of the document, YYYY-MM-DD, if it has one
    #[arg(long, value_name = "DATE")]
    pub effective_to: Option<NaiveDate>,
    /// Public address of the document
    #[arg(long)]
    pub url: Option<String>,
    /// Licence of the files: public-domain, operator, operator-no-remote, cpt or cpt-remote. With -no-remote, and with cpt,
    /// their texts are not sent to a language model elsewhere
    #[arg(long, value_name = "LICENCE", value_parser = licence)]
    pub licence: Option<Licence>,
}

fn licence(word: &str) -> Result<Licence, String> {
    Licence::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Licence::ALL.into_iter().map(Licence::as_str).collect();
        format!("it is one of {}", known.join(", "))
    })
}

/// `sync`
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Releases of the catalogue; without one, all that are current
    #[arg(value_name = "ID")]
    pub releases: Vec<String>,
    /// Fetch nothing: list the catalogue, and what of it is here
    #[arg(long, conflicts_with = "dry_run")]
    pub list: bool,
    /// Fetch nothing: say what would be fetched, and from where
    #[arg(long)]
    pub dry_run: bool,
    /// Where a mirror answers: it has each file under the path that it has at its publisher
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,
    /// Keep the files in this folder instead of DATA_DIR/downloads
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// You have read and accept the licences that publishers show before a download; `--list` names their pages
    #[arg(long)]
    pub accept_licences: bool,
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
    /// Name the questions that search or answers have no right passage for among the first five, with what is
    /// found instead
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

/// `editions`
#[derive(Debug, Args)]
pub struct EditionsArgs {
    /// Show what was refused while this edition was read
    #[arg(long, value_name = "EDITION")]
    pub findings: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Id of the one edition, as `editions` lists it
    pub from: String,
    /// Id of the other
    pub to: String,
    /// Show at most this many changes of a kind
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// Print JSON, with every change
    #[arg(long)]
    pub json: bool,
}

/// `forget`
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Id of the edition, as `editions` lists it
    pub edition: String,
}

/// `edits`
#[derive(Debug, Args)]
pub struct EditsArgs {
    /// One code for all of its edits, several for those between them
    #[arg(required = true)]
    pub codes: Vec<String>,
    /// Date of service, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// practitioner (if absent), outpatient-hospital or dme
    #[arg(long)]
    pub setting: Option<String>,
    /// Print JSON, an object a line
    #[arg(long)]
    pub json: bool,
}

/// `fee`
#[derive(Debug, Args)]
pub struct FeeArgs {
    /// A CPT or HCPCS code
    pub code: String,
    /// Five-digit ZIP code of where the service is performed
    #[arg(long)]
    pub zip: Option<String>,
    /// Payment locality, contractor and locality: 13202-01
    #[arg(long, conflicts_with = "zip")]
    pub locality: Option<String>,
    /// Date of service, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// Print JSON, an object a line
    #[arg(long)]
    pub json: bool,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Claim lines: 99213-25, 20610-RT-59x2, E11.9; the first-listed diagnosis first
    #[arg(required = true)]
    pub lines: Vec<String>,
    /// Date of service, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub dos: Option<NaiveDate>,
    /// practitioner (if absent), outpatient-hospital, inpatient-hospital or dme
    #[arg(long)]
    pub setting: Option<String>,
    /// Units of a line, CODE=UNITS; a number alone is for the only procedure
    #[arg(long, value_name = "CODE=UNITS")]
    pub units: Vec<String>,
    /// Modifiers of a line, CODE=MM,MM
    #[arg(long, value_name = "CODE=MM")]
    pub modifiers: Vec<String>,
    /// The patient's age in whole years
    #[arg(long, value_name = "YEARS")]
    pub age: Option<u16>,
    /// The patient's sex, female or male
    #[arg(long)]
    pub sex: Option<String>,
    /// Print each finding's whole row
    #[arg(long)]
    pub rows: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
