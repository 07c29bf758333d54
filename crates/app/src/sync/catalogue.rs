//! The catalogue: which releases there are, and where their publishers keep them.

use super::address;
use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use reqwest::Url;
use serde::Deserialize;
use std::collections::HashSet;
use toml::value::Datetime;

/// The catalogue that ships with the program.
pub const BUILT_IN: &str = include_str!("../../../../config/catalogue.toml");

/// The releases that can be fetched, in the order in which they are.
#[derive(Clone, Debug)]
pub struct Catalogue {
    releases: Vec<Release>,
}

/// One file that a publisher offers.
#[derive(Clone, Debug)]
pub struct Release {
    /// Names it on the command line and in the folder of downloads.
    pub id: String,
    /// Names it for people.
    pub title: String,
    /// Whose it is.
    pub publisher: String,
    /// Where the publisher keeps it.
    pub url: Url,
    /// The digest that it must have.
    pub sha256: Option<String>,
    /// From when it is in force, where its content and name do not tell.
    pub effective_from: Option<NaiveDate>,
    /// What kind of file it is, where its content does not tell.
    pub kind: Option<String>,
    /// The page with the licence that its publisher asks to be accepted before the download.
    pub accept: Option<String>,
    /// The day on which its publisher replaces it by custom.
    pub replaced: Option<NaiveDate>,
    /// Whether somebody has opened the address and found the release.
    pub checked: bool,
    /// Whether it is fetched only if it is named: an older release, for older dates of service.
    pub by_name: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    release: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    publisher: String,
    url: String,
    sha256: Option<String>,
    effective_from: Option<Datetime>,
    #[serde(rename = "as")]
    kind: Option<String>,
    accept: Option<String>,
    replaced: Option<Datetime>,
    #[serde(default)]
    checked: bool,
    #[serde(default)]
    by_name: bool,
}

impl Catalogue {
    /// Reads the text of a catalogue.
    ///
    /// # Errors
    /// Names the release with which something is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let written: Written = toml::from_str(text)?;
        let mut ids = HashSet::new();
        let mut releases = Vec::new();
        for entry in written.release {
            let id = entry.id.clone();
            let release = entry.check().with_context(|| format!("release {id:?}"))?;
            ensure!(ids.insert(id.clone()), "two releases are called {id:?}");
            releases.push(release);
        }
        ensure!(!releases.is_empty(), "it has no [[release]]");
        Ok(Self { releases })
    }

    /// All of them.
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// Those called `ids`, or without one those that are fetched without being named.
    ///
    /// # Errors
    /// Lists the ids that are like one that there is not.
    pub fn chosen(&self, ids: &[String]) -> Result<Vec<&Release>> {
        if ids.is_empty() {
            return Ok(self.releases.iter().filter(|release| !release.by_name).collect());
        }
        if let Some(unknown) = ids
            .iter()
            .find(|id| !self.releases.iter().any(|release| release.id == **id))
        {
            bail!("the catalogue has no release {unknown:?}{}", self.like(unknown));
        }
        // In the order of the catalogue, and once however often it is named.
        Ok(self
            .releases
            .iter()
            .filter(|release| ids.contains(&release.id))
            .collect())
    }

    fn like(&self, unknown: &str) -> String {
        let unknown = unknown.to_ascii_lowercase();
        let is_like = |id: &&str| id.contains(&unknown) || unknown.contains(*id);
        let like: Vec<&str> = self
            .releases
            .iter()
            .map(|release| release.id.as_str())
            .filter(is_like)
            .collect();
        match like.is_empty() {
            true => "; `codecite sync --list` shows all".to_owned(),
            false => format!("; did you mean {}?", like.join(", ")),
        }
    }
}

impl Release {
    /// The name under which it is kept: the publisher's, which may say from when it is in force.
    pub fn file_name(&self) -> String {
        let last = self.url.path().rsplit('/').next().unwrap_or_default();
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        };
        let name: String = last.replace("%20", " ").chars().map(plain).collect();
        // A name that begins with a dot would be passed over by `ingest`, and an empty one is none.
        match name.starts_with('.') || name.is_empty() {
            true => format!("{}{name}", self.id),
            false => name,
        }
    }

    /// Whether by custom there is a newer one on this day.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.replaced.is_some_and(|day| day <= today)
    }
}

impl Entry {
    fn check(self) -> Result<Release> {
        ensure!(
            is_plain(&self.id),
            "its id is also the name of a folder: lower-case letters, digits, dots and hyphens, and no dot in front"
        );
        if let Some(kind) = &self.kind {
            let kinds: Vec<&str> = codecite_ingest::kinds().map(|(word, _)| word).collect();
            ensure!(
                kinds.contains(&kind.as_str()),
                "as = {kind:?} is none of {}",
                kinds.join(", ")
            );
        }
        let sha256 = self.sha256.map(|digest| digest.to_ascii_lowercase());
        ensure!(
            sha256.as_deref().is_none_or(is_digest),
            "its sha256 is no SHA-256, which has 64 hexadecimal digits"
        );
        let url = address::parse(&self.url).with_context(|| format!("url = {:?}", self.url))?;
        Ok(Release {
            url,
            sha256,
            effective_from: day(self.effective_from, "effective_from")?,
            replaced: day(self.replaced, "replaced")?,
            id: self.id,
            title: self.title,
            publisher: self.publisher,
            kind: self.kind,
            accept: self.accept,
            checked: self.checked,
            by_name: self.by_name,
        })
    }
}

fn day(written: Option<Datetime>, key: &str) -> Result<Option<NaiveDate>> {
    let parse = |day: Datetime| {
        day.to_string()
            .parse()
            .with_context(|| format!("{key} = {day} is no day"))
    };
    written.map(parse).transpose()
}

fn is_plain(id: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-".contains(&c);
    !id.is_empty() && !id.starts_with('.') && id.bytes().all(plain)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(keys: &str) -> Result<Catalogue> {
        Catalogue::parse(&format!(
            "[[release]]\ntitle = \"T\"\npublisher = \"CMS\"\n{keys}"
        ))
    }

    fn refused(keys: &str) -> String {
        format!("{:#}", with(keys).expect_err("it must be refused"))
    }

    #[test]
    fn the_built_in_catalogue_is_in_order() {
        let catalogue = Catalogue::parse(BUILT_IN).expect("the built-in catalogue");
        for release in catalogue.releases() {
            let host = release.url.host_str().unwrap_or_default();
            assert!(
                host.ends_with(".cms.gov") || host.ends_with(".cdc.gov"),
                "{}",
                release.url
            );
            assert_eq!(release.url.scheme(), "https", "{}", release.url);
            assert!(release.file_name().ends_with(".zip"), "{}", release.url);
            // What answers the publisher's question for the operator must not be asked without the operator.
            let agrees = release.url.query().is_some_and(|query| query.contains("agree"));
            assert!(!agrees || release.accept.is_some(), "{}", release.id);
        }
    }

    #[test]
    fn what_is_wrong_is_refused_by_name() {
        for (keys, names) in [
            ("id = \"../x\"\nurl = \"https://a.example/b.zip\"", "\"../x\""),
            ("id = \"a\"\nurl = \"ftp://a.example/b.zip\"", "ftp://a.example"),
            (
                "id = \"a\"\nurl = \"https://a.example/b.zip\"\nsha256 = \"12\"",
                "64 hexadecimal",
            ),
            (
                "id = \"a\"\nurl = \"https://a.example/b.zip\"\nas = \"tea-leaves\"",
                "tea-leaves",
            ),
            (
                "id = \"a\"\nurl = \"https://a.example/b.zip\"\neffective_from = 10:00:00",
                "effective_from",
            ),
            (
                "id = \"a\"\nurl = \"https://a.example/b.zip\"\ncolour = 1",
                "colour",
            ),
        ] {
            let error = refused(keys);
            assert!(error.contains(names), "{error}");
        }
        assert!(format!("{:#}", Catalogue::parse("").unwrap_err()).contains("no [[release]]"));
    }

    #[test]
    fn a_file_keeps_its_publishers_name() {
        for (url, name) in [
            (
                "https://a.example/files/mue-Eff_07-01-2024.zip",
                "mue-Eff_07-01-2024.zip",
            ),
            (
                "https://a.example/Code%20Descriptions-2026.zip?x=1",
                "Code_Descriptions-2026.zip",
            ),
            ("https://a.example/%2e%2e%2fx.zip", "_2e_2e_2fx.zip"),
            ("https://a.example/.hidden", "a.hidden"),
            ("https://a.example/", "a"),
        ] {
            let catalogue = with(&format!("id = \"a\"\nurl = \"{url}\"")).expect("a catalogue");
            assert_eq!(catalogue.releases()[0].file_name(), name);
        }
    }

    #[test]
    fn releases_are_chosen_by_name() {
        let entry = |id: &str, more: &str| {
            format!(
                "[[release]]\nid = \"{id}\"\ntitle = \"T\"\npublisher = \"CMS\"\nurl = \"https://a.example/b.zip\"\n{more}\n"
            )
        };
        let text = [entry("new", ""), entry("old", "by_name = true")].concat();
        let catalogue = Catalogue::parse(&text).expect("a catalogue");
        let ids = |asked: &[&str]| -> Vec<String> {
            let asked: Vec<String> = asked.iter().map(|id| (*id).to_owned()).collect();
            let chosen = catalogue.chosen(&asked).expect("there are such");
            chosen.iter().map(|release| release.id.clone()).collect()
        };
        assert_eq!(ids(&[]), ["new"]);
        assert_eq!(ids(&["old", "new", "old"]), ["new", "old"]);
        let error = catalogue.chosen(&["newer".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("did you mean new?"), "{error}");
    }
}
