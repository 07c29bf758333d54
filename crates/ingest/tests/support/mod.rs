//! What several tests need: official files, topics, a library to load them into, an embedder that counts.
#![allow(dead_code, reason = "each test uses a part of it")]

use async_trait::async_trait;
use codecite_codebook::Passage;
use codecite_index::{EdgeConfig, EdgeIndex};
use codecite_ingest::{
    IngestError, ReadOptions, Reading, Shelf, ShelveError, ShelvingReport, SourceFile, read_sources, shelve,
};
use codecite_retrieval::{EmbedError, Embedder, Filter, PassageIndex};
use codecite_tables::Tables;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The folder of official files beside the checkout, or where `CODECITE_SHARED_DATA` says; `None`, with a
/// clear word, if it is not there.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its runner where the official files are"
)]
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CODECITE_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    // Not `eprintln!`, which the test harness hides: a skip must be seen.
    let told = writeln!(
        std::io::stderr(),
        "SKIPPED {test}: no official files in {}; set CODECITE_SHARED_DATA to the folder that holds them",
        folder.display()
    );
    told.expect("standard error is open");
    None
}

/// The real order file, still packed.
pub fn order_file(test: &str) -> Option<SourceFile> {
    let name = "icd10cm-order-Jan-2021.txt.gz";
    let path = shared_data(test)?.join("icd10cm/fy2021").join(name);
    Some(SourceFile {
        name: name.into(),
        bytes: std::fs::read(path).expect("the order file"),
    })
}

/// Sixty lines of the real order file that are always at hand.
pub fn excerpt() -> SourceFile {
    let name = "icd10cm-order-Jan-2021-excerpt.txt";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    SourceFile {
        name: name.into(),
        bytes: std::fs::read(path).expect("the excerpt"),
    }
}

/// Reads one file.
pub fn read_one(
    name: &str,
    bytes: impl Into<Vec<u8>>,
    options: &ReadOptions,
) -> Result<Reading, IngestError> {
    let file = SourceFile {
        name: name.into(),
        bytes: bytes.into(),
    };
    let mut sources = read_sources([file], options);
    match sources.unreadable.pop() {
        Some(error) => Err(error),
        None => Ok(sources.readings.pop().expect("a reading or an error")),
    }
}

/// The shelf of one file that is in order.
pub fn shelf(name: &str, text: String) -> Shelf {
    let reading = read_one(name, text, &ReadOptions::default()).expect("readable");
    assert!(reading.refused.is_empty(), "{:?}", reading.refused);
    reading.shelf
}

/// A topic file with these passages.
pub fn topic(name: &str, passages: &[String]) -> String {
    format!("topic = {name:?}\n{}", passages.concat())
}

/// A passage of a topic file.
pub fn passage(id: &str, text: &str, extra: &str) -> String {
    format!(
        "[[passage]]\nid = {id:?}\naspect = \"rule\"\ntitle = \"{id}\"\nabout = []\ntext = {text:?}\n\
         authority = \"CMS\"\ndocument = \"Manual\"\nurl = \"https://www.cms.gov/\"\n\
         effective_from = 2020-01-01\nchecked = 2026-11-23\n{extra}\n"
    )
}

/// One line of an order file.
pub fn order_line(order: u32, code: &str, flag: char, title: &str) -> String {
    format!(
        "{order:05} {code:<7} {flag} {short:<60} {title}\n",
        short = &title[..title.len().min(60)]
    )
}

/// Gives each text a vector of its own and remembers every text it was asked for.
pub struct CountingEmbedder {
    pub digest: String,
    pub max_tokens: usize,
    pub embedded: Mutex<Vec<String>>,
    /// Fails when it meets this text.
    pub stumbles_over: Option<String>,
    /// How long a word may be that is one token.
    pub characters_a_token: usize,
}

impl CountingEmbedder {
    pub fn new(digest: &str) -> Self {
        Self {
            digest: digest.into(),
            max_tokens: 64,
            embedded: Mutex::default(),
            stumbles_over: None,
            characters_a_token: usize::MAX,
        }
    }

    /// How many texts it was given since the last time it was asked.
    pub fn take_count(&self) -> usize {
        std::mem::take(&mut *self.embedded.lock().expect("the list")).len()
    }
}

#[async_trait]
impl Embedder for CountingEmbedder {
    fn model_digest(&self) -> &str {
        &self.digest
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, EmbedError> {
        let tokens = text
            .split_whitespace()
            .map(|word| word.len().div_ceil(self.characters_a_token));
        Ok(tokens.sum::<usize>() + 2)
    }

    async fn embed_documents(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        for (position, text) in texts.iter().enumerate() {
            if self.stumbles_over.as_ref() == Some(text) {
                return Err(EmbedError::Model("stumbled".into()));
            }
            let tokens = self.count_tokens(text)?;
            if tokens > self.max_tokens {
                return Err(EmbedError::TooLong {
                    position,
                    tokens,
                    limit: self.max_tokens,
                });
            }
        }
        let vectors = texts.iter().map(|_| vec![1.0, 0.0]).collect();
        self.embedded.lock().expect("the list").extend(texts);
        Ok(vectors)
    }

    async fn embed_query(&self, _: &str) -> Result<Arc<[f32]>, EmbedError> {
        Ok(Arc::new([1.0, 0.0]))
    }
}

/// Tables and an embedded index in a folder of their own.
pub struct Library {
    // Closed before its folder goes.
    pub index: EdgeIndex,
    folder: TempDir,
}

impl Library {
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("index");
        let index = EdgeIndex::open(&place, EdgeConfig::default()).await;
        Self {
            index: index.expect("an index"),
            folder,
        }
    }

    pub fn tables_folder(&self) -> PathBuf {
        self.folder.path().join("tables")
    }

    pub fn index_folder(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    pub fn tables(&self) -> Tables {
        Tables::open(self.tables_folder()).expect("tables")
    }

    pub async fn load(
        &self,
        shelves: Vec<Shelf>,
        embedder: &CountingEmbedder,
    ) -> Result<ShelvingReport, ShelveError> {
        shelve(shelves, embedder, &self.index, &self.tables_folder(), &|_| {}).await
    }

    /// Every passage that readers see, by title and first day.
    pub async fn passages(&self) -> Vec<Passage> {
        let page = self.index.list(&Filter::default(), None, 100_000).await;
        let mut passages = page.expect("a page").passages;
        passages.sort_by(|a, b| (&a.title, a.effective.from()).cmp(&(&b.title, b.effective.from())));
        passages
    }

    pub async fn titles_and_ranges(&self) -> Vec<String> {
        let passages = self.passages().await.into_iter();
        passages
            .map(|passage| format!("{} {}", passage.title, passage.effective))
            .collect()
    }
}
