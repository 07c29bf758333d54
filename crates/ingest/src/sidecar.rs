//! What the operator says of a file in a small file beside it: `policy.pdf` and `policy.pdf.toml`.
//!
//! ```toml
//! title = "Surgical assistants"
//! authority = "payer"
//! jurisdiction = "Example Health, Ohio"
//! source = "example-surgical-assistants"
//! effective_from = 2026-01-01
//! effective_to = 2026-12-31
//! url = "https://example.org/policies/12"
//! licence = "operator"
//! ```

use crate::error::{Finding, IngestError};
use crate::reading::{DocumentOptions, ReadOptions, SourceFile};
use crate::starter as topics;
use codecite_codebook::{Licence, NaiveDate};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::value::Datetime;

/// The sidecars of a load, by the names of the files that they speak of.
#[derive(Default)]
pub(crate) struct Sidecars {
    files: BTreeMap<String, SourceFile>,
    used: BTreeSet<String>,
}

impl Sidecars {
    /// Whether a file is one: TOML named after another file, and no topic.
    pub fn is_one(file: &SourceFile) -> bool {
        document_of(&file.name).is_some() && !topics::is_topic(file)
    }

    /// Keeps one.
    pub fn add(&mut self, file: SourceFile) {
        if let Some(document) = document_of(&file.name) {
            self.files.insert(document.to_owned(), file);
        }
    }

    /// Whether there is one of the file called `name`.
    pub fn speak_of(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// What holds for the file called `name`: what its sidecar says, and where that is silent what the operator says
    /// of all files. The sidecar goes first: it speaks of this file, and an authority must not be given away by mistake.
    pub fn options_for(&mut self, name: &str, given: &ReadOptions) -> Result<ReadOptions, IngestError> {
        let Some(file) = self.files.get(name) else {
            return Ok(given.clone());
        };
        self.used.insert(name.to_owned());
        let said = Said::parse(file).map_err(|why| unparsable(file, why))?;
        let all = given.document.clone();
        Ok(ReadOptions {
            kind: given.kind.clone(),
            effective_from: said.effective_from.or(given.effective_from),
            document: DocumentOptions {
                title: said.title.or(all.title),
                authority: said.authority.or(all.authority),
                jurisdiction: said.jurisdiction.or(all.jurisdiction),
                source: said.source.or(all.source),
                effective_to: said.effective_to.or(all.effective_to),
                url: said.url.or(all.url),
                licence: said.licence.or(all.licence),
            },
        })
    }

    /// An error for each whose file was not given.
    pub fn left_over(self) -> impl Iterator<Item = IngestError> {
        let Self { files, used } = self;
        files
            .into_iter()
            .filter(move |(document, _)| !used.contains(document))
            .map(|(document, file)| IngestError::Unknown {
                file: file.name,
                looks_like: format!("the sidecar of {document}"),
                advice: format!("{document} was not given with it; give both, or the folder that holds them"),
            })
    }
}

/// The name of the file that a sidecar of that name speaks of.
fn document_of(name: &str) -> Option<&str> {
    let (document, extension) = name.rsplit_once('.')?;
    (extension.eq_ignore_ascii_case("toml") && document.contains('.')).then_some(document)
}

fn unparsable(file: &SourceFile, why: String) -> IngestError {
    IngestError::Unparsable(Finding {
        file: file.name.clone(),
        line: None,
        text: why,
    })
}

/// The keys of a sidecar.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    title: Option<String>,
    authority: Option<String>,
    jurisdiction: Option<String>,
    source: Option<String>,
    effective_from: Option<Day>,
    effective_to: Option<Day>,
    url: Option<String>,
    licence: Option<String>,
}

/// A day, written as TOML writes days or in quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Day {
    Date(Datetime),
    Text(String),
}

impl Day {
    fn parse(&self, key: &str) -> Result<NaiveDate, String> {
        let written = match self {
            Self::Date(date) => date.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        };
        written
            .parse()
            .map_err(|_| format!("{key} = {written} is no day; write it as 2026-01-01"))
    }
}

/// A sidecar, read.
struct Said {
    title: Option<String>,
    authority: Option<String>,
    jurisdiction: Option<String>,
    source: Option<String>,
    effective_from: Option<NaiveDate>,
    effective_to: Option<NaiveDate>,
    url: Option<String>,
    licence: Option<Licence>,
}

impl Said {
    fn parse(file: &SourceFile) -> Result<Self, String> {
        let text = std::str::from_utf8(&file.bytes)
            .map_err(|_| "it is no UTF-8 text; save it again as plain text in UTF-8".to_owned())?;
        let keys: Keys = toml::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| error.to_string().trim().to_owned())?;
        let day = |day: Option<Day>, key| day.map(|day| day.parse(key)).transpose();
        Ok(Self {
            title: filled(keys.title),
            authority: filled(keys.authority),
            jurisdiction: filled(keys.jurisdiction),
            source: filled(keys.source),
            effective_from: day(keys.effective_from, "effective_from")?,
            effective_to: day(keys.effective_to, "effective_to")?,
            url: filled(keys.url),
            licence: filled(keys.licence)
                .map(|word| licence_named(&word))
                .transpose()?,
        })
    }
}

/// An empty value says nothing.
fn filled(value: Option<String>) -> Option<String> {
    value
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn licence_named(word: &str) -> Result<Licence, String> {
    Licence::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Licence::ALL.into_iter().map(Licence::as_str).collect();
        format!("licence = {word:?} is none of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile {
            name: name.into(),
            bytes: text.into(),
        }
    }

    #[test]
    fn a_sidecar_is_named_after_its_document_and_is_no_topic() {
        for (name, text, expected) in [
            ("policy.pdf.toml", "", true),
            ("LONGULT.txt.TOML", "", true),
            ("policy.toml", "", false),
            ("policy.pdf", "", false),
            ("policy.v2.toml", "[[passage]]", false),
        ] {
            assert_eq!(Sidecars::is_one(&file(name, text)), expected, "{name}");
        }
    }

    #[test]
    fn what_a_sidecar_says_goes_before_what_is_said_of_all_files() {
        let mut sidecars = Sidecars::default();
        sidecars.add(file(
            "p.pdf.toml",
            "authority = \"payer\"\neffective_from = 2026-01-01\neffective_to = \"2026-12-31\"",
        ));
        let given = ReadOptions {
            effective_from: "2020-01-01".parse().ok(),
            document: DocumentOptions {
                authority: Some("CMS".into()),
                title: Some("A title".into()),
                ..DocumentOptions::default()
            },
            ..ReadOptions::default()
        };
        let options = sidecars.options_for("p.pdf", &given).expect("a sidecar");
        assert_eq!(options.effective_from, "2026-01-01".parse().ok());
        assert_eq!(options.document.effective_to, "2026-12-31".parse().ok());
        assert_eq!(options.document.authority.as_deref(), Some("payer"));
        assert_eq!(options.document.title.as_deref(), Some("A title"));
        assert_eq!(
            sidecars.options_for("q.pdf", &given).expect("none").document,
            given.document
        );
        assert_eq!(sidecars.left_over().count(), 0);
    }

    #[test]
    fn a_slip_in_a_sidecar_is_named() {
        for (text, why) in [
            ("autority = \"CMS\"", "autority"),
            ("effective_from = \"soon\"", "effective_from = soon is no day"),
            (
                "licence = \"free\"",
                "licence = \"free\" is none of public-domain",
            ),
        ] {
            let mut sidecars = Sidecars::default();
            sidecars.add(file("p.pdf.toml", text));
            let error = sidecars
                .options_for("p.pdf", &ReadOptions::default())
                .expect_err(text)
                .to_string();
            assert!(error.contains("p.pdf.toml") && error.contains(why), "{error}");
        }
    }
}
