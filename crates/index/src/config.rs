//! What an operator may set, with units and ranges; `app` reads it from files and hands it down.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A value that cannot be: refused at start, by name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{key}` is {value}; set it {range}")]
pub struct ConfigError {
    /// The key, without its section.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What is possible.
    pub range: String,
}

/// How words are weighed: BM25, with the document frequencies counted by Qdrant.
///
/// A generation keeps the settings that it was begun with; new ones count when a load begins from nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bm25Config {
    /// Expected length of what is indexed, in words, 1 to 2000. Titles average 8 words and measure the same
    /// with any value; a small one would bury the prose that shares the collection.
    pub average_words: f64,
    /// Saturation of repeated words, 0 to 5.
    pub k1: f64,
    /// How much longer passages are held back, 0 (not at all) to 1.
    pub b: f64,
}

impl Default for Bm25Config {
    fn default() -> Self {
        Self {
            average_words: 256.0,
            k1: 1.2,
            b: 0.75,
        }
    }
}

/// The graph (HNSW) that finds near vectors without comparing all of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraphConfig {
    /// Links of a node, 4 to 128. More are more exact, larger and slower to build.
    pub links: usize,
    /// Candidates while building, 4 to 1000.
    pub build_candidates: usize,
    /// Candidates while searching, 16 to 4096; never fewer than the depth that is asked for.
    pub search_candidates: usize,
    /// Below this size of the vectors, in kilobytes, 1 to 10000000, no graph is built and every vector is
    /// compared: 10000 are about 13,000 passages of 384 dimensions in half precision.
    pub threshold_kb: usize,
    /// Threads that build it, 1 to 64, or 0 for one a core.
    pub build_threads: usize,
}

impl Default for GraphConfig {
    fn default() -> Self {
        Self {
            links: 16,
            build_candidates: 100,
            search_candidates: 256,
            threshold_kb: 10_000,
            build_threads: 0,
        }
    }
}

/// How many bytes a dimension of a vector takes.
///
/// A generation keeps the precision that it was begun with; another one counts when a load begins from
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VectorPrecision {
    /// Two bytes, three significant digits: the same passages are found, in half the memory.
    #[default]
    Half,
    /// Four bytes, as the model gave them.
    Single,
}

/// The embedded index.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeConfig {
    /// How often a reader looks whether another process has activated a generation, in milliseconds,
    /// 10 to 600000.
    pub refresh_ms: u64,
    /// How many bytes a dimension of a vector takes.
    pub vector_precision: VectorPrecision,
    /// Leaves vectors on disk and reads them through the page cache: less memory, slower first searches.
    pub vectors_on_disk: bool,
    /// Leaves texts on disk; they are read for the passages of an answer only.
    pub payload_on_disk: bool,
    /// The graph of vectors.
    pub graph: GraphConfig,
    /// The weighing of words.
    pub bm25: Bm25Config,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            refresh_ms: 1_000,
            vector_precision: VectorPrecision::default(),
            vectors_on_disk: false,
            payload_on_disk: true,
            graph: GraphConfig::default(),
            bm25: Bm25Config::default(),
        }
    }
}

/// A secret of the operator. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes charge of a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// How vectors are kept small on a server. The best candidates are always weighed again with the original
/// vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quantisation {
    /// Original vectors only: 4 bytes a dimension.
    #[default]
    None,
    /// One byte a dimension in memory.
    Scalar,
    /// One bit a dimension in memory; for models of 1,000 dimensions and more.
    Binary,
}

/// A Qdrant server or cluster, reached over gRPC.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address of the gRPC port, such as `http://localhost:6334`; `https://` turns TLS on, with the
    /// certificates that the operating system trusts.
    pub url: String,
    /// The server's API key, if it asks for one.
    pub api_key: Option<ApiKey>,
    /// Name of the alias that readers ask, 1 to 100 letters, digits, `-` and `_`; collections are named
    /// `<prefix>-000001` and so on. Several installations can share a server under different prefixes.
    pub prefix: String,
    /// Time allowed for one try of a search, in milliseconds, 50 to 600000.
    pub timeout_ms: u64,
    /// Time allowed for one write of a load, in milliseconds, 1000 to 3600000.
    pub load_timeout_ms: u64,
    /// Time allowed for the server to finish its graph before a load is activated, in milliseconds,
    /// 1000 to 86400000.
    pub build_timeout_ms: u64,
    /// Tries of one call when the fault is a passing one, 1 to 10.
    pub attempts: u32,
    /// Pause before the second try, in milliseconds, 1 to 60000; doubled before each further one.
    pub backoff_ms: u64,
    /// Connections kept open, 1 to 64.
    pub connections: usize,
    /// Shards of a collection, 1 to 1000.
    pub shards: u32,
    /// Copies of each shard, 1 to 100.
    pub replicas: u32,
    /// Copies that must confirm a write, 1 to `replicas`.
    pub write_consistency: u32,
    /// How vectors are kept small.
    pub quantisation: Quantisation,
    /// How many more candidates are weighed again when vectors are quantised, 1 to 100 times.
    pub oversampling: f64,
    /// Leaves original vectors on the server's disk.
    pub vectors_on_disk: bool,
    /// Leaves texts on the server's disk.
    pub payload_on_disk: bool,
    /// The graph of vectors.
    pub graph: GraphConfig,
    /// The weighing of words.
    pub bm25: Bm25Config,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            url: "http://localhost:6334".into(),
            api_key: None,
            prefix: "codecite".into(),
            timeout_ms: 5_000,
            load_timeout_ms: 60_000,
            build_timeout_ms: 3_600_000,
            attempts: 4,
            backoff_ms: 100,
            connections: 3,
            shards: 1,
            replicas: 1,
            write_consistency: 1,
            quantisation: Quantisation::None,
            oversampling: 2.0,
            vectors_on_disk: false,
            payload_on_disk: true,
            graph: GraphConfig::default(),
            bm25: Bm25Config::default(),
        }
    }
}

impl Bm25Config {
    fn check(&self) -> Result<(), ConfigError> {
        within("bm25.average_words", self.average_words, 1.0, 2_000.0)?;
        within("bm25.k1", self.k1, 0.0, 5.0)?;
        within("bm25.b", self.b, 0.0, 1.0)
    }
}

impl GraphConfig {
    fn check(&self) -> Result<(), ConfigError> {
        within("graph.links", self.links, 4, 128)?;
        within("graph.build_candidates", self.build_candidates, 4, 1_000)?;
        within("graph.search_candidates", self.search_candidates, 16, 4_096)?;
        within("graph.threshold_kb", self.threshold_kb, 1, 10_000_000)?;
        within("graph.build_threads", self.build_threads, 0, 64)
    }
}

impl EdgeConfig {
    /// Refuses what cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("refresh_ms", self.refresh_ms, 10, 600_000)?;
        self.graph.check()?;
        self.bm25.check()
    }
}

impl ServerConfig {
    /// Refuses what cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(self.url.starts_with("http://") || self.url.starts_with("https://")) {
            return Err(ConfigError {
                key: "url",
                value: format!("{:?}", self.url),
                range: "to an address that begins with http:// or https://".into(),
            });
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=100).contains(&self.prefix.len()) || !self.prefix.chars().all(fits) {
            return Err(ConfigError {
                key: "prefix",
                value: format!("{:?}", self.prefix),
                range: "to 1 to 100 letters, digits, `-` and `_`".into(),
            });
        }
        within("timeout_ms", self.timeout_ms, 50, 600_000)?;
        within("load_timeout_ms", self.load_timeout_ms, 1_000, 3_600_000)?;
        within("build_timeout_ms", self.build_timeout_ms, 1_000, 86_400_000)?;
        within("attempts", self.attempts, 1, 10)?;
        within("backoff_ms", self.backoff_ms, 1, 60_000)?;
        within("connections", self.connections, 1, 64)?;
        within("shards", self.shards, 1, 1_000)?;
        within("replicas", self.replicas, 1, 100)?;
        within("write_consistency", self.write_consistency, 1, self.replicas)?;
        within("oversampling", self.oversampling, 1.0, 100.0)?;
        self.graph.check()?;
        self.bm25.check()
    }
}

fn within<T: PartialOrd + fmt::Display>(
    key: &'static str,
    value: T,
    low: T,
    high: T,
) -> Result<(), ConfigError> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(ConfigError {
        key,
        value: value.to_string(),
        range: format!("from {low} to {high}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_possible() {
        assert_eq!(EdgeConfig::default().check(), Ok(()));
        assert_eq!(ServerConfig::default().check(), Ok(()));
    }

    /// What is measured with the program has to hold for whoever takes these defaults by themselves.
    #[test]
    fn the_defaults_are_those_of_the_configuration_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/default.toml");
        let text = std::fs::read_to_string(path).expect("config/default.toml");
        let file: toml::Table = text.parse().expect("TOML");
        let section = |name: &str| file["index"][name].clone();
        assert_eq!(
            section("edge").try_into::<EdgeConfig>().expect("a section"),
            EdgeConfig::default()
        );
        assert_eq!(
            section("server").try_into::<ServerConfig>().expect("a section"),
            ServerConfig::default()
        );
    }

    #[test]
    fn impossible_values_are_refused_by_name() {
        let refused = |change: fn(&mut ServerConfig)| {
            let mut config = ServerConfig::default();
            change(&mut config);
            config.check().map_err(|error| error.key)
        };
        assert_eq!(refused(|c| c.url = "localhost:6334".into()), Err("url"));
        assert_eq!(refused(|c| c.prefix = "a b".into()), Err("prefix"));
        assert_eq!(refused(|c| c.attempts = 0), Err("attempts"));
        assert_eq!(refused(|c| c.write_consistency = 2), Err("write_consistency"));
        assert_eq!(refused(|c| c.bm25.b = f64::NAN), Err("bm25.b"));
        assert_eq!(refused(|c| c.graph.links = 1), Err("graph.links"));
    }

    #[test]
    fn unknown_keys_are_refused_and_secrets_stay_hidden() {
        let refused = serde_json::from_str::<ServerConfig>(r#"{"urll": "http://x"}"#);
        assert!(refused.is_err_and(|error| error.to_string().contains("urll")));
        let config: ServerConfig = serde_json::from_str(r#"{"api_key": "s3cret", "quantisation": "scalar"}"#)
            .expect("a configuration");
        assert_eq!(config.quantisation, Quantisation::Scalar);
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
