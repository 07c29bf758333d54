//! Settings: the defaults in the binary, then a file, then the environment. Read once, here.

use crate::sync::SyncConfig;
use anyhow::{Context, Result, bail};
use codecite_answering::AnswerConfig;
use codecite_embed::EmbedConfig;
use codecite_faces::ServerConfig;
use codecite_index::{EdgeConfig, ServerConfig as QdrantConfig};
use codecite_model::ModelConfig;
use codecite_retrieval::RetrievalConfig;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Every key with its default, its unit and its range.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// `CODECITE_MODEL__BASE_URL` sets `model.base_url`.
const ENVIRONMENT_PREFIX: &str = "CODECITE_";

/// Everything that an operator may choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The doors.
    pub server: ServerConfig,
    /// The index.
    pub index: IndexSettings,
    /// The embedding model.
    pub embed: EmbedConfig,
    /// Searching.
    pub retrieval: RetrievalConfig,
    /// Answering.
    pub answer: AnswerConfig,
    /// The language model.
    pub model: ModelConfig,
    /// Fetching releases.
    pub sync: SyncConfig,
    /// Files that replace built-in ones.
    pub files: FileSettings,
    /// Logs and traces.
    pub telemetry: TelemetrySettings,
}

/// Where the index is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexSettings {
    /// A Qdrant server's gRPC address; empty for the embedded index.
    pub url: String,
    /// Name of the environment variable that holds the server's API key.
    pub key_variable: String,
    /// The embedded index.
    pub edge: EdgeConfig,
    /// The server.
    pub server: QdrantConfig,
}

/// Files that replace built-in ones; empty for the built-in one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// The prompt for answers.
    pub answer_prompt: PathBuf,
    /// The lexicon of abbreviations and lay words.
    pub lexicon: PathBuf,
    /// The catalogue of releases that `sync` fetches.
    pub catalogue: PathBuf,
}

/// Logs and traces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Which log lines are written, such as `info` or `info,codecite_index=debug`.
    pub log: String,
    /// `text` or `json`.
    pub format: LogFormat,
    /// An OpenTelemetry collector's OTLP gRPC address; empty for none.
    pub otlp_url: String,
    /// Share of requests whose trace is sent, 0 to 1.
    pub trace_share: f64,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Settings {
    /// Reads the defaults, then `file`, then the environment variables given.
    pub fn read(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table: Table = DEFAULTS.parse().context("config/default.toml does not parse")?;
        if let Some(file) = file {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("the configuration file {} cannot be read", file.display()))?;
            let chosen: Table = text
                .parse()
                .with_context(|| format!("the configuration file {} is not TOML", file.display()))?;
            merge(&mut table, chosen, "").with_context(|| file.display().to_string())?;
        }
        merge(&mut table, from_environment(environment)?, "").context("environment")?;
        let settings: Self = table.try_into().context("a setting has a wrong type")?;
        settings.validate()?;
        Ok(settings)
    }

    /// Refuses impossible values, by name.
    fn validate(&self) -> Result<()> {
        self.server.validate()?;
        self.index
            .edge
            .check()
            .map_err(|error| anyhow::anyhow!("index.edge: {error}"))?;
        self.index
            .server
            .check()
            .map_err(|error| anyhow::anyhow!("index.server: {error}"))?;
        self.embed.validate()?;
        self.sync.validate()?;
        self.answer.validate().map_err(anyhow::Error::msg)?;
        self.retrieval
            .validate()
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        if self.uses_model() {
            self.model.validate()?;
        }
        if !(0.0..=1.0).contains(&self.telemetry.trace_share) {
            bail!(
                "telemetry.trace_share is {}, and must be from 0 to 1",
                self.telemetry.trace_share
            );
        }
        Ok(())
    }

    /// Whether a language model is configured.
    pub fn uses_model(&self) -> bool {
        !self.model.base_url.is_empty()
    }
}

/// Lays `chosen` over `known`. A key that the defaults do not have is refused, with its name.
fn merge(known: &mut Table, chosen: Table, section: &str) -> Result<()> {
    for (key, value) in chosen {
        let name = if section.is_empty() {
            key.clone()
        } else {
            format!("{section}.{key}")
        };
        match (known.get_mut(&key), value) {
            (None, _) => bail!("the key {name} is not known; config/default.toml lists all keys"),
            (Some(Value::Table(known)), Value::Table(chosen)) => merge(known, chosen, &name)?,
            (Some(Value::Table(_)), _) => bail!("{name} is a section, and was given a value"),
            (Some(known), value) => *known = value,
        }
    }
    Ok(())
}

/// `CODECITE_SECTION__KEY=value`: the value is read as TOML where it is TOML, else as text.
fn from_environment(environment: impl Iterator<Item = (String, String)>) -> Result<Table> {
    let mut table = Table::new();
    for (name, text) in environment {
        let Some(path) = name
            .strip_prefix(ENVIRONMENT_PREFIX)
            .filter(|path| path.contains("__"))
        else {
            continue;
        };
        let path = path.to_ascii_lowercase();
        let keys: Vec<&str> = path.split("__").collect();
        if keys.iter().any(|key| key.is_empty()) {
            bail!("the environment variable {name} names no key");
        }
        set(&mut table, &keys, scalar(&text));
    }
    Ok(table)
}

fn scalar(text: &str) -> Value {
    format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn set(table: &mut Table, keys: &[&str], value: Value) {
    match keys {
        [] => {}
        [key] => {
            table.insert((*key).to_owned(), value);
        }
        [section, rest @ ..] => {
            let entry = table
                .entry((*section).to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = entry {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod strict;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)]) -> Result<Settings> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("codecite.toml");
        std::fs::write(&path, file).expect("a file");
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(Some(&path), environment)
    }

    fn refused(file: &str, environment: &[(&str, &str)]) -> String {
        format!("{:#}", read(file, environment).expect_err("it must be refused"))
    }

    #[test]
    fn the_defaults_are_whole_and_say_what_the_code_says() {
        let settings = read("", &[]).expect("the defaults");
        assert_eq!(
            format!("{:?}", settings.server),
            format!("{:?}", ServerConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.embed),
            format!("{:?}", EmbedConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.retrieval),
            format!("{:?}", RetrievalConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.answer),
            format!("{:?}", AnswerConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.model),
            format!("{:?}", ModelConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.index.edge),
            format!("{:?}", EdgeConfig::default())
        );
        assert_eq!(
            format!("{:?}", settings.index.server),
            format!("{:?}", QdrantConfig::default())
        );
    }

    #[test]
    fn every_key_that_the_code_reads_has_a_line_in_the_defaults() {
        let defaults: Table = DEFAULTS.parse().expect("the defaults are TOML");
        assert_eq!(missing_keys(defaults.clone()), [""; 0]);
        let mut without = defaults;
        for (section, key) in [("embed", "document_threads"), ("model", "proxy")] {
            let keys = without[section].as_table_mut().expect("a section");
            keys.remove(key).expect("a key");
        }
        let graph = without["index"]["edge"]["graph"]
            .as_table_mut()
            .expect("a section");
        graph.remove("links").expect("a key");
        assert_eq!(
            missing_keys(without),
            ["embed.document_threads", "index.edge.graph.links", "model.proxy"]
        );
    }

    /// The keys that the code reads and `table` does not have.
    fn missing_keys(table: Table) -> Vec<String> {
        // `wiring` fills these from index.url and from the variable that index.key_variable names: a key of
        // their own would be a second way to the same thing, and a secret in a file.
        let filled_elsewhere = ["index.server.url", "index.server.api_key"];
        let mut missing = strict::missing_keys::<Settings>(table);
        missing.retain(|key| !filled_elsewhere.contains(&key.as_str()));
        missing.sort_unstable();
        missing
    }

    #[test]
    fn every_documented_key_can_be_set() {
        let settings = read(
            "[embed]\ndocument_threads = 1\n[model]\nproxy = \"http://proxy:3128\"\nanswer_timeout_ms = 5000",
            &[("CODECITE_EMBED__DOCUMENT_SESSIONS", "1")],
        )
        .expect("good settings");
        let embed = settings.embed;
        assert_eq!((embed.document_threads, embed.document_sessions), (1, 1));
        assert!(settings.model.proxy.is_some());
        assert_eq!(settings.model.answer_timeout_ms, 5000);
    }

    #[test]
    fn a_file_is_laid_over_the_defaults_and_the_environment_over_both() {
        let settings = read(
            "[answer]\nquestion_chars = 500\n[model]\nname = \"small\"",
            &[
                ("CODECITE_MODEL__NAME", "large"),
                ("CODECITE_SERVER__GRACE_MS", "5"),
                ("PATH", "/bin"),
            ],
        )
        .expect("good settings");
        assert_eq!(settings.answer.question_chars, 500);
        assert_eq!(settings.model.name, "large");
        assert_eq!(settings.server.grace_ms, 5);
    }

    #[test]
    fn what_is_unknown_or_impossible_is_refused_by_name() {
        for (file, environment, names) in [
            ("[answer]\nlenght = 5", &[][..], "answer.lenght"),
            ("[answer]\nquestion_chars = 5", &[], "answer.question_chars"),
            ("[server]\ngrace_ms = \"soon\"", &[], "grace_ms"),
            ("server = 5", &[], "server is a section"),
            ("[answer", &[], "not TOML"),
            ("", &[("CODECITE_MODEL__TEMPRATURE", "1")][..], "model.temprature"),
            ("[telemetry]\ntrace_share = 2.0", &[], "telemetry.trace_share"),
            ("[embed]\nquery_sessions = 65", &[], "embed.query_sessions is 65"),
            ("[embed]\nmodel = \"bge\"", &[], "embed.model"),
            ("[sync]\nretries = 100", &[], "sync.retries"),
            ("[sync]\nmirror = \"ftp://mirror.example\"", &[], "sync.mirror"),
        ] {
            let error = refused(file, environment);
            assert!(error.contains(names), "{error}");
        }
    }
}
