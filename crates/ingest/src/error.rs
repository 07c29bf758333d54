//! What can be wrong with what is brought to the dock.

use crate::refusals::is_hopeless;
use codecite_codebook::EditionId;
use codecite_retrieval::{EmbedError, IndexError};
use codecite_tables::TablesError;
use std::fmt;

/// One thing wrong with the data of an otherwise readable file. What it stands in was refused; the rest of
/// the file was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Name of the file, without folders.
    pub file: String,
    /// Line in the unpacked file, counted from 1, where one line is to blame.
    pub line: Option<u64>,
    /// What is wrong, and what was refused.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

/// Why a file was not read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// Nothing that Codecite reads.
    #[error("{file}: this is {looks_like}, not a source that Codecite reads; {advice}")]
    Unknown {
        /// Name of the file.
        file: String,
        /// What its content looks like.
        looks_like: String,
        /// What to give instead.
        advice: String,
    },
    /// A container that could not be unpacked.
    #[error("{file}: {why}")]
    Container {
        /// Name of the file.
        file: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// Nothing says from when the release is in force.
    #[error(
        "{file}: nothing in it says from when this release is in force (expected {expected}); give --effective-from \
         YYYY-MM-DD"
    )]
    EffectiveDateUnknown {
        /// Name of the file.
        file: String,
        /// Where it is usually said, such as `a name such as icd10cm_order_2024.txt`.
        expected: String,
    },
    /// A document of which is not known whose word it is, or from when.
    #[error(
        "{file}: this is {looks_like}, which is read as guidance once it is known whose word it is and from when it is in \
         force; {missing}"
    )]
    Undeclared {
        /// Name of the file.
        file: String,
        /// What its content looks like.
        looks_like: String,
        /// What is missing, and where it can be said.
        missing: String,
    },
    /// Descriptors of CPT, and nobody says that there is a licence for them.
    #[error(
        "{file}: these are descriptors of CPT, copyright American Medical Association, and nothing says that you have a \
         licence for them; say so with --licence cpt (they are not sent to a language model elsewhere) or --licence \
         cpt-remote (your licence allows that too), or with `licence = \"cpt\"` in {file}.toml; without them every CPT \
         number still has its public facts"
    )]
    LicenceUnconfirmed {
        /// Name of the file.
        file: String,
    },
    /// A file that is not what it claims to be, or that the operator says it is.
    #[error("{file}: {why}")]
    Misshapen {
        /// Name of the file.
        file: String,
        /// What was expected, and what is there instead.
        why: String,
    },
    /// The operator named a kind that there is not.
    #[error("--as {word}: there is no such kind; known are {known}")]
    NoSuchKind {
        /// What was asked for.
        word: String,
        /// The kinds there are.
        known: String,
    },
    /// Some of the files that make up one edition are missing: without them it would seem to lack their rows.
    #[error("{files}: edition {edition} comes in {of} parts, and these are not there: {missing}; give all of them together", files = .files.join(", "))]
    PartsMissing {
        /// The edition.
        edition: EditionId,
        /// The files that are there.
        files: Vec<String>,
        /// How many files there are.
        of: u8,
        /// The numbers of those that are missing.
        missing: String,
    },
    /// A topic file that is no topic.
    #[error("{0}")]
    Unparsable(Finding),
    /// An edition that is loaded already has many more rows.
    #[error(
        "{edition} is loaded with {before} rows, and {} brings {now}: it may have been cut on its way. Fetch it again; if it is \
         right as it is, `codecite forget {edition}` and load it then", .files.join(", ")
    )]
    Shrunk {
        /// The edition.
        edition: EditionId,
        /// The files that bring less.
        files: Vec<String>,
        /// Rows of what is loaded.
        before: u64,
        /// Rows of what was read now.
        now: u64,
    },
    /// Two files for one edition.
    #[error("{files}: each of them holds edition {edition}, and nothing says which one is right; give one of them", files = .files.join(" and "))]
    SameEdition {
        /// The edition.
        edition: EditionId,
        /// Names of the files.
        files: Vec<String>,
    },
    /// More was refused than was in order: the file is damaged, or not what it seems.
    #[error(
        "{file}: {refused} of its {first_ones}{read} lines or passages were refused, so it is not loaded: what is left would \
         pass for the whole; download it again, or correct these lines; the first because: {first}",
        first_ones = first_ones(*read, *refused)
    )]
    MostlyRefused {
        /// Name of the file.
        file: String,
        /// How many were refused.
        refused: u64,
        /// How many there were.
        read: u64,
        /// The first finding.
        first: Finding,
    },
    /// Every line was refused.
    #[error(
        "{file}: every one of its {first_ones}{refused} lines was refused, so it is not loaded; download it again, or \
         correct it; the first because: {first}",
        first_ones = first_ones(*refused, *refused)
    )]
    NothingUsable {
        /// Name of the file.
        file: String,
        /// How many lines there were.
        refused: u64,
        /// The first finding.
        first: Finding,
    },
}

/// Reading ends early where nearly everything is refused.
fn first_ones(read: u64, refused: u64) -> &'static str {
    match is_hopeless(read, refused) {
        true => "first ",
        false => "",
    }
}

/// Why shelves were not put into the tables and the index. Readers go on seeing what they saw before.
#[derive(Debug, thiserror::Error)]
pub enum ShelveError {
    /// The embedding model failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The tables failed.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The embedder did not give one vector a text.
    #[error("the embedder gave {given} vectors for {expected} texts; try another model")]
    VectorCount {
        /// How many texts were given.
        expected: usize,
        /// How many vectors came back.
        given: usize,
    },
}
