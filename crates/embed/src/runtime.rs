//! ONNX Runtime, loaded from a named file, once a process.

use crate::error::OpenError;
use crate::folder::DataFolder;
use ort::environment::Environment;
use ort::logging::LogLevel;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The one environment of this process and the library that it came from. ONNX Runtime allows a single one,
/// and the loader cannot unload, so the first library wins until the process ends.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// The environment of the library that the operator named, or of the one that setup fetched, which is hashed
/// before it is loaded.
///
/// # Errors
/// [`OpenError::NamedRuntime`] or [`OpenError::Runtime`] when the library cannot be loaded or is older than
/// 1.24; for the fetched one also what [`DataFolder::verified_runtime`] says.
pub(crate) fn environment(folder: &DataFolder, named: Option<&Path>) -> Result<Environment, OpenError> {
    let command = folder.setup_command(None);
    match named {
        Some(library) => load_once(library).map_err(|reason| OpenError::NamedRuntime {
            library: library.to_owned(),
            reason,
            command,
        }),
        None => {
            let library = folder.runtime_dir().join(folder.verified_runtime()?.entry);
            load_once(&library).map_err(|reason| OpenError::Runtime {
                library,
                reason,
                command,
            })
        }
    }
}

/// The environment of `library`, which is loaded if this is the first call.
fn load_once(library: &Path) -> Result<Environment, String> {
    // Said even when another library is loaded already: the next start would fail on it.
    std::fs::metadata(library).map_err(|error| error.to_string())?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((first, environment)) = loaded.as_ref() {
        if first != library {
            tracing::warn!(
                asked = %library.display(),
                used = %first.display(),
                "one process uses one ONNX Runtime; the one loaded first stays"
            );
        }
        return Ok(environment.clone());
    }
    let environment = load(library)?;
    *loaded = Some((library.to_owned(), environment.clone()));
    Ok(environment)
}

fn load(library: &Path) -> Result<Environment, String> {
    // A relative path would be looked for beside the executable and in the system's folders.
    let library = std::path::absolute(library).map_err(|error| error.to_string())?;
    let environment = ort::init_from(&library)
        .map_err(|error| error.to_string())?
        .with_name("codecite")
        // Releases from 1.29 on carry a client that reports to their maker unless told not to.
        .with_telemetry(false)
        .with_logger(Arc::new(to_tracing))
        .build()
        .map_err(|error| error.to_string())?;
    environment.set_log_level(LogLevel::Warning);
    Ok(environment)
}

/// ONNX Runtime warns about harmless matters (nodes it could not fuse), so its warnings are our debug lines.
fn to_tracing(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => {
            tracing::warn!(category, location, message, "ONNX Runtime reported an error");
        }
        _ => tracing::debug!(category, location, message, "ONNX Runtime said"),
    }
}
