//! The environment and the clock. Nobody else asks for them.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the house rules send everybody"
)]

use chrono::{DateTime, FixedOffset, NaiveDate};
use std::path::PathBuf;

/// All variables that are text.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// A variable that is set and not empty.
pub fn text(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that names a file.
pub fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// This moment, where the program runs.
pub fn now() -> DateTime<FixedOffset> {
    chrono::Local::now().fixed_offset()
}

/// This day where the program runs: a coder's today is not Greenwich's.
pub fn today() -> NaiveDate {
    now().date_naive()
}
