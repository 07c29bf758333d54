//! Why the tables could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// Why the tables could not be read or written. A code that no edition knows is not an error.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The folder or a file in it could not be reached.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is not a whole edition. Leaving it out would let an older edition speak in its place, so the
    /// tables do not open until it is gone.
    #[error("the table file {path} is damaged ({why}); delete it and ingest its source again", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        why: String,
    },
    /// A file was written by a newer version of Codecite.
    #[error(
        "the table file {path} has format {found}, this version reads up to {known}; upgrade codecite, or delete \
         the file and ingest its source again",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version reads.
        known: i64,
    },
    /// A file was written by an older version of Codecite, in a form that is not read any more.
    #[error(
        "the table file {path} has format {found}, this version reads {known}; delete the file and ingest its source \
         again",
        path = path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format that this version reads.
        known: i64,
    },
    /// Another process loads into the same folder.
    #[error("another load is under way into {path}; wait for it to end, or end it", path = .0.display())]
    LoadUnderWay(PathBuf),
    /// Two editions that have nothing to compare.
    #[error("{from} and {to} are editions of different sources ({}, {}); give two of one source", .sources[0], .sources[1])]
    DifferentSources {
        /// One edition.
        from: String,
        /// The other.
        to: String,
        /// Their sources.
        sources: [String; 2],
    },
    /// An edition without a usable name.
    #[error("an edition needs an id with at least one letter or digit")]
    NamelessEdition,
    /// A row of one edition was given to the writer of another.
    #[error("a row of edition {given} cannot be written into edition {writing}")]
    OtherEdition {
        /// The edition being written.
        writing: String,
        /// The edition of the row.
        given: String,
    },
}

impl TablesError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// What SQLite says of a file: it cannot be reached, or it is not what it should be.
    pub(crate) fn sqlite(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |error| match error.sqlite_error_code() {
            Some(
                rusqlite::ErrorCode::CannotOpen
                | rusqlite::ErrorCode::PermissionDenied
                | rusqlite::ErrorCode::DiskFull
                | rusqlite::ErrorCode::ReadOnly
                | rusqlite::ErrorCode::OutOfMemory
                | rusqlite::ErrorCode::SystemIoFailure,
            ) => Self::Io {
                path,
                source: io::Error::other(error),
            },
            _ => Self::Damaged {
                path,
                why: error.to_string(),
            },
        }
    }
}
