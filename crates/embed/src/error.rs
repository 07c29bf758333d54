//! Why a model could not be opened, and what to do about it.

use std::path::PathBuf;

/// Why the model or the runtime in the data folder could not be used. Each message ends with the command
/// that mends it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file that setup puts there is not there.
    #[error("{} is missing{}; run `{command}`", file.display(), expected_digest(expected))]
    Missing {
        /// The file.
        file: PathBuf,
        /// Its SHA-256 where it is known.
        expected: Option<String>,
        /// What to run.
        command: String,
    },
    /// A file is there, but not as setup left it.
    #[error("{} is damaged: expected {expected}, found {found}; run `{command}`", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Size or SHA-256 that was recorded.
        expected: String,
        /// Size or SHA-256 that was found.
        found: String,
        /// What to run.
        command: String,
    },
    /// A file could not be read.
    #[error("{} could not be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No model has this name.
    #[error("no embedding model is called `{name}`; near it are: {}", near.join(", "))]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// The ONNX Runtime library could not be loaded.
    #[error("ONNX Runtime {} could not be loaded: {reason}; run `{command}`", library.display())]
    Runtime {
        /// The library.
        library: PathBuf,
        /// What the loader said.
        reason: String,
        /// What to run.
        command: String,
    },
    /// The runtime loaded, the model did not.
    #[error("the embedding model {model} could not be loaded: {reason}; run `{command}`")]
    Model {
        /// The model's name.
        model: String,
        /// What the runtime said.
        reason: String,
        /// What to run.
        command: String,
    },
}

fn expected_digest(expected: &Option<String>) -> String {
    expected
        .as_ref()
        .map(|digest| format!(" (expected SHA-256 {digest})"))
        .unwrap_or_default()
}
