//! Why a model could not be opened, and what to do about it.

use std::path::PathBuf;

/// Why the model or its runtime could not be used. Each message ends with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Setup was not run for this part yet.
    #[error("nothing is set up in {}; run `{command}`", dir.display())]
    NotSetUp {
        /// The folder of the model or of the runtime.
        dir: PathBuf,
        /// What to run.
        command: String,
    },
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
    #[error("{} could not be read: {source}; let this account read it, or run `{command}`", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What to run.
        command: String,
    },
    /// No model has this name.
    #[error("no embedding model is called `{name}`; choose one that there is, such as {}", near.join(", "))]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// The ONNX Runtime library that setup fetched could not be loaded.
    #[error("ONNX Runtime {} could not be loaded: {reason}; run `{command}`", library.display())]
    Runtime {
        /// The library.
        library: PathBuf,
        /// What the loader said.
        reason: String,
        /// What to run.
        command: String,
    },
    /// The ONNX Runtime library that the operator named could not be loaded.
    #[error(
        "ONNX Runtime {} could not be loaded: {reason}; correct ORT_DYLIB_PATH, or unset it and run `{command}`",
        library.display()
    )]
    NamedRuntime {
        /// The library.
        library: PathBuf,
        /// What the loader said.
        reason: String,
        /// What to run to have a library without naming one.
        command: String,
    },
    /// The runtime loaded and the files are as setup left them, but the model does not run.
    #[error(
        "the embedding model {model} does not run: {reason}; its files are undamaged, so choose another model in \
         embed.model, or remove {} and run `{command}`",
        dir.display()
    )]
    Model {
        /// The model's name.
        model: String,
        /// What the runtime said.
        reason: String,
        /// The model's folder.
        dir: PathBuf,
        /// What to run.
        command: String,
    },
    /// A tokenizer's file is of no use.
    #[error("{} is no tokenizer: {reason}; name the tokenizer.json of the model", file.display())]
    Tokenizer {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

fn expected_digest(expected: &Option<String>) -> String {
    expected
        .as_ref()
        .map(|digest| format!(" (expected SHA-256 {digest})"))
        .unwrap_or_default()
}
