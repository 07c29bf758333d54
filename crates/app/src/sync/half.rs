//! A file that is on its way: its bytes so far in `FILE.part`, and in `FILE.part.json` of which state of the file they are.

use anyhow::{Context, Result};
use reqwest::Response;
use reqwest::header::{self, HeaderName};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The state of a file at its server.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct State {
    /// Where it is.
    pub from: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Its size, if the server tells.
    pub total: Option<u64>,
}

/// The beginning of a file that can be continued.
#[derive(Debug)]
pub(super) struct Half {
    pub bytes: u64,
    pub state: State,
}

impl State {
    /// What the server says of the file that it sends.
    pub fn of(response: &Response, from: &str, total: Option<u64>) -> Self {
        Self {
            from: from.to_owned(),
            etag: text(response, header::ETAG),
            last_modified: text(response, header::LAST_MODIFIED),
            total,
        }
    }

    /// What tells this state from any other, to the byte. A weak tag does not, and a server must not continue by it.
    pub fn mark(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }
}

impl Half {
    /// The beginning of `file` from the same address, if there is one that can be continued.
    pub fn of(file: &Path, from: &str) -> Option<Self> {
        let bytes = size_of(file)?;
        let state: State = serde_json::from_slice(&std::fs::read(state_of(file)).ok()?).ok()?;
        let is_beginning = state.total.is_none_or(|total| bytes < total);
        let can_go_on = bytes > 0 && is_beginning && state.from == from && state.mark().is_some();
        can_go_on.then_some(Self { bytes, state })
    }

    /// Whether a response goes on where this ends, in the same state of the file.
    pub fn is_continued_by(&self, response: &Response) -> bool {
        let range = text(response, header::CONTENT_RANGE).unwrap_or_default();
        let begins_here = range.strip_prefix("bytes ").is_some_and(|range| {
            range
                .split_once('-')
                .is_some_and(|(begin, _)| begin.trim().parse() == Ok(self.bytes))
        });
        let total = total_in(&range);
        let is_same = |said: Option<String>, known: &Option<String>| {
            said.is_none() || known.is_none() || said == *known
        };
        begins_here
            && (total.is_none() || self.state.total.is_none() || total == self.state.total)
            && is_same(text(response, header::ETAG), &self.state.etag)
    }
}

/// The size of the whole in `bytes 5-9/10`.
fn total_in(range: &str) -> Option<u64> {
    range.rsplit_once('/')?.1.trim().parse().ok()
}

/// A header that is text.
pub(super) fn text(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// Where the bytes of `file` are while it comes.
pub(super) fn part_of(file: &Path) -> PathBuf {
    beside(file, ".part")
}

fn state_of(file: &Path) -> PathBuf {
    beside(file, ".part.json")
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// How many bytes of `file` are there, if it did not come whole.
pub(super) fn size_of(file: &Path) -> Option<u64> {
    let metadata = part_of(file).metadata().ok()?;
    Some(metadata.len())
}

/// Notes of which state the bytes are that follow. It is written first: bytes of an unknown state are of no use.
pub(super) fn note(file: &Path, state: &State) -> Result<()> {
    let place = state_of(file);
    let written = serde_json::to_vec(state)
        .map_err(Into::into)
        .and_then(|bytes| std::fs::write(&place, bytes));
    written.with_context(|| format!("{} cannot be written", place.display()))
}

/// Removes what there is of `file`.
pub(super) fn forget(file: &Path) -> Result<()> {
    for place in [part_of(file), state_of(file)] {
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", place.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts the whole file in its place.
pub(super) fn put_in_place(file: &Path) -> Result<()> {
    let renamed = std::fs::rename(part_of(file), file);
    renamed.with_context(|| format!("{} could not be put in place", file.display()))?;
    forget(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(state: &State) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.zip");
        std::fs::write(part_of(&file), b"01234").unwrap();
        note(&file, state).unwrap();
        (folder, file)
    }

    #[test]
    fn only_what_is_known_to_be_the_same_file_is_continued() {
        let whole = State {
            from: "http://a.example/a.zip".into(),
            etag: Some("\"1\"".into()),
            last_modified: None,
            total: Some(10),
        };
        let (_folder, file) = with(&whole);
        assert_eq!(Half::of(&file, &whole.from).unwrap().bytes, 5);
        assert!(Half::of(&file, "http://b.example/a.zip").is_none());
        for other in [
            State {
                etag: None,
                ..whole.clone()
            },
            State {
                etag: Some("W/\"1\"".into()),
                ..whole.clone()
            },
            State {
                total: Some(5),
                ..whole.clone()
            },
        ] {
            let (_folder, file) = with(&other);
            assert!(Half::of(&file, &other.from).is_none(), "{other:?}");
        }
        forget(&file).unwrap();
        forget(&file).unwrap();
        assert!(size_of(&file).is_none());
    }
}
