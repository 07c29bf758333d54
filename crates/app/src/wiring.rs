//! Wiring: the one place where the rooms are put together.

use crate::settings::Settings;
use crate::sync::{self, Catalogue};
use anyhow::{Context, Result};
use codecite_answering::{Answerer, LanguageModel, PromptTemplate};
use codecite_embed::{EmbedConfig, FastEmbedder, Places};
use codecite_index::{EdgeIndex, ServerConfig, ServerIndex};
use codecite_model::{ApiKey, CountTokens, Endpoint};
use codecite_retrieval::{Embedder, Lexicon, PassageIndex, Retriever, Vocabulary};
use codecite_tables::Tables;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The lexicon that ships with the program.
const LEXICON: &str = include_str!("../../../config/lexicon.toml");

/// The data folder and what it holds.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The folder that was asked for, or the platform's.
    pub fn new(asked: Option<PathBuf>) -> Result<Self> {
        match asked {
            Some(folder) => Ok(Self(folder)),
            None => crate::setup::default_data_dir().map(Self),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// One SQLite file an edition.
    pub fn tables(&self) -> PathBuf {
        self.0.join("tables")
    }

    /// The embedded index.
    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// The releases that `sync` fetched.
    pub fn downloads(&self) -> PathBuf {
        self.0.join("downloads")
    }

    /// What was answered.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger.sqlite")
    }
}

/// What reading needs.
pub struct Shelves {
    /// Embeds questions and documents.
    pub embedder: Arc<FastEmbedder>,
    /// Holds the passages.
    pub index: Arc<dyn PassageIndex>,
    /// Holds the exact facts.
    pub tables: Arc<Tables>,
    /// Searches.
    pub retriever: Arc<Retriever>,
}

impl Shelves {
    /// Opens everything that reading needs. Blocks for the time that the model takes to load.
    pub async fn open(settings: &Settings, data_dir: &DataDir) -> Result<Self> {
        let tables = Arc::new(Tables::open(data_dir.tables())?);
        let places = places(data_dir);
        let config = settings.embed.clone();
        let opening = tokio::task::spawn_blocking(move || open_embedder(&config, &places));
        let index = open_index(settings, data_dir).await?;
        let embedder = Arc::new(opening.await.context("opening the embedding model broke")??);
        let retriever = Retriever::new(
            Arc::clone(&embedder) as Arc<dyn Embedder>,
            Arc::clone(&index),
            lexicon(settings)?,
            settings.retrieval.clone(),
        )
        .with_vocabulary(vocabulary(tables.words()?, &embedder));
        Ok(Self {
            embedder,
            index,
            tables,
            retriever: Arc::new(retriever),
        })
    }

    /// The corridor over these shelves.
    pub fn answerer(&self, settings: &Settings) -> Result<Answerer> {
        let model = match settings.uses_model() {
            true => Some(self.model(settings)?),
            false => None,
        };
        Ok(Answerer::new(
            Arc::clone(&self.retriever),
            Arc::clone(&self.tables),
            model,
            prompt(settings)?,
            settings.answer.clone(),
        ))
    }

    fn model(&self, settings: &Settings) -> Result<Arc<dyn LanguageModel>> {
        let key = key(&settings.model.key_variable);
        let endpoint = Endpoint::new(settings.model.clone(), key, self.count_tokens(settings)?)?;
        Ok(Arc::new(endpoint))
    }

    /// Counts with the model's own tokenizer where one is given; else with the embedding model's, which
    /// cuts English a little finer than most, so the estimate is not too low.
    fn count_tokens(&self, settings: &Settings) -> Result<CountTokens> {
        let counter = match &settings.model.tokenizer_file {
            Some(file) => codecite_embed::TokenCounter::from_file(file)
                .with_context(|| format!("model.tokenizer_file {}", file.display()))?,
            None => self.embedder.token_counter().clone(),
        };
        Ok(Arc::new(move |text: &str| {
            // A text that cannot be counted is taken for as long as its bytes: it is then left out.
            counter.count(text).unwrap_or(text.len())
        }))
    }
}

/// Opens the index that is configured.
pub async fn open_index(settings: &Settings, data_dir: &DataDir) -> Result<Arc<dyn PassageIndex>> {
    match server_config(settings) {
        Some(config) => Ok(Arc::new(ServerIndex::new(&config)?)),
        None => {
            let index = EdgeIndex::open(&data_dir.index(), settings.index.edge.clone()).await?;
            Ok(Arc::new(index))
        }
    }
}

/// Discards everything in the index that is configured, whatever state it is in.
pub async fn discard_index(settings: &Settings, data_dir: &DataDir) -> Result<()> {
    match server_config(settings) {
        Some(config) => ServerIndex::new(&config)?.discard().await?,
        None => EdgeIndex::discard(&data_dir.index()).await?,
    }
    Ok(())
}

/// How the Qdrant server is reached; `None` where the index is embedded.
fn server_config(settings: &Settings) -> Option<ServerConfig> {
    (!settings.index.url.is_empty()).then(|| ServerConfig {
        url: settings.index.url.clone(),
        api_key: crate::environment::text(&settings.index.key_variable).map(codecite_index::ApiKey::new),
        ..settings.index.server.clone()
    })
}

fn open_embedder(config: &EmbedConfig, places: &Places) -> Result<FastEmbedder> {
    Ok(FastEmbedder::open(config, places)?)
}

fn places(data_dir: &DataDir) -> Places {
    Places {
        runtime_library: crate::environment::path("ORT_DYLIB_PATH"),
        ..Places::in_data_dir(data_dir.path())
    }
}

fn key(variable: &str) -> Option<ApiKey> {
    crate::environment::text(variable).map(ApiKey::new)
}

/// The words of everything that is loaded, and those that the embedding model knows: "couch" stands in no
/// passage and is no misspelled "cough".
fn vocabulary(counts: impl IntoIterator<Item = (String, u64)>, embedder: &FastEmbedder) -> Vocabulary {
    Vocabulary::from_counts(counts).and_known(embedder.token_counter().whole_words())
}

fn lexicon(settings: &Settings) -> Result<Lexicon> {
    let text = own_or(&settings.files.lexicon, LEXICON, "files.lexicon")?;
    Lexicon::parse(&text).context("the lexicon does not load")
}

/// The catalogue of releases.
pub fn catalogue(settings: &Settings) -> Result<Catalogue> {
    let text = own_or(&settings.files.catalogue, sync::BUILT_IN, "files.catalogue")?;
    Catalogue::parse(&text).context("the catalogue of releases does not load")
}

fn prompt(settings: &Settings) -> Result<PromptTemplate> {
    if settings.files.answer_prompt.as_os_str().is_empty() {
        return Ok(PromptTemplate::built_in()?);
    }
    let text = own_or(&settings.files.answer_prompt, "", "files.answer_prompt")?;
    PromptTemplate::parse(&text)
        .with_context(|| format!("files.answer_prompt {}", settings.files.answer_prompt.display()))
}

fn own_or(file: &Path, built_in: &str, key: &str) -> Result<String> {
    if file.as_os_str().is_empty() {
        return Ok(built_in.to_owned());
    }
    std::fs::read_to_string(file).with_context(|| format!("{key} {} cannot be read", file.display()))
}
