//! What is loaded.

use codecite_codebook::{Edition, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

/// A loaded edition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireEdition {
    /// Its id.
    pub id: String,
    /// What it is an edition of.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Who published it.
    pub authority: String,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// Last day in force, once a newer edition is loaded.
    pub effective_to: Option<NaiveDate>,
    /// The day on which its publisher replaces it by custom.
    pub replaced_on: Option<NaiveDate>,
    /// Its licence.
    pub licence: String,
    /// Rows or passages.
    pub rows: u64,
    /// The files that it was read from.
    pub files: Vec<WireFile>,
}

/// A file by name and digest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl From<&Edition> for WireEdition {
    fn from(edition: &Edition) -> Self {
        Self {
            id: edition.id.to_string(),
            source: edition.source.clone(),
            title: edition.title.clone(),
            authority: edition.authority.to_string(),
            effective_from: edition.effective.from(),
            effective_to: edition.effective.to(),
            replaced_on: edition.replaced_on,
            licence: edition.licence.as_str().to_owned(),
            rows: edition.rows,
            files: edition
                .files
                .iter()
                .map(|file| WireFile {
                    name: file.name.clone(),
                    sha256: file.sha256.clone(),
                })
                .collect(),
        }
    }
}
