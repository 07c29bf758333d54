//! What the operator may choose, and where the files are.

use crate::catalogue::DEFAULT_MODEL;
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
