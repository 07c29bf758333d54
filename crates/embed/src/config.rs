//! What the operator may choose, and where the files are.

use crate::catalogue::{DEFAULT_MODEL, ModelProfile};
use crate::error::OpenError;
use serde::Deserialize;
use std::path::PathBuf;

/// Which model answers, and with how much of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedConfig {
    /// Name of the model: `all-minilm-l6-v2`, or one of fastembed's catalogue such as `BGESmallENV15`.
    pub model: String,
    /// Sessions that answer queries, two threads each, 0 to 64; 0 is one a core, at most 4. Each takes about
    /// 65 MB with the default model.
    pub query_sessions: usize,
    /// Sessions that embed documents, 0 to 16; 0 is one a core, at most 2. They are opened by the first load
    /// and closed when nothing was loaded for a while; each takes about 85 MB with the default model.
    pub document_sessions: usize,
    /// Threads of each session for documents, 0 to 64; 0 shares the cores among the sessions.
    pub document_threads: usize,
    /// How many vectors of past queries are kept in memory, 0 to 1,000,000.
    pub query_cache_entries: u64,
}

impl Default for EmbedConfig {
    fn default() -> Self {
        Self {
            model: DEFAULT_MODEL.to_owned(),
            query_sessions: 0,
            document_sessions: 0,
            document_threads: 0,
            query_cache_entries: 4096,
        }
    }
}

/// Why a configuration cannot work.
#[derive(Debug, thiserror::Error)]
pub enum EmbedConfigError {
    /// A value outside its range, named by its key.
    #[error("embed.{key} is {value}, and must be from 0 to {most}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What was given.
        value: u64,
        /// The largest that is allowed.
        most: u64,
    },
    /// No such model.
    #[error("embed.model: {0}")]
    Model(#[from] OpenError),
}

impl EmbedConfig {
    /// Refuses impossible values, by name.
    pub fn validate(&self) -> Result<(), EmbedConfigError> {
        for (key, value, most) in [
            ("query_sessions", self.query_sessions as u64, 64),
            ("document_sessions", self.document_sessions as u64, 16),
            ("document_threads", self.document_threads as u64, 64),
            ("query_cache_entries", self.query_cache_entries, 1_000_000),
        ] {
            if value > most {
                return Err(EmbedConfigError::OutOfRange { key, value, most });
            }
        }
        ModelProfile::named(&self.model)?;
        Ok(())
    }
}

/// Where the files are. `app` reads the environment and the arguments, and hands these down.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder that `codecite setup` filled.
    pub data_dir: PathBuf,
    /// An ONNX Runtime library to use instead of the folder's (`ORT_DYLIB_PATH`).
    pub runtime_library: Option<PathBuf>,
    /// The file of the persistent cache of document vectors; `None` to do without.
    pub vector_cache: Option<PathBuf>,
}

impl Places {
    /// The folder's own runtime, and the cache at its usual place in the folder.
    pub fn in_data_dir(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let vector_cache = Some(data_dir.join("vectors.redb"));
        Self {
            data_dir,
            runtime_library: None,
            vector_cache,
        }
    }
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `change` breaks the defaults, and the message names `key`.
    #[track_caller]
    fn check(change: impl FnOnce(&mut EmbedConfig), key: &str) {
        let mut config = EmbedConfig::default();
        config.validate().unwrap();
        change(&mut config);
        let error = config.validate().unwrap_err().to_string();
        assert!(error.starts_with(key), "{error}");
    }

    #[test]
    fn impossible_values_are_refused_by_name() {
        check(|config| config.query_sessions = 65, "embed.query_sessions is 65");
        check(
            |config| config.document_sessions = 17,
            "embed.document_sessions is 17",
        );
        check(
            |config| config.document_threads = 65,
            "embed.document_threads is 65",
        );
        check(
            |config| config.query_cache_entries = 1_000_001,
            "embed.query_cache_entries is 1000001",
        );
        check(
            |config| config.model = "bge".to_owned(),
            "embed.model: no embedding model is called `bge`",
        );
    }
}
