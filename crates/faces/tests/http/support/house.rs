//! The real router on a free port of the loopback, over real tables, a real ledger and a small index.

use super::client::{Reply, Request, Streaming};
use super::passages::{TODAY, passages, write_tables};
use super::shelf::{CountsWords, Mood, Shelf};
use super::within;
use chrono::{DateTime, FixedOffset};
use codecite_answering::{AnswerConfig, Answerer, LanguageModel, PromptTemplate};
use codecite_codebook::Passage;
use codecite_faces::{Clock, Doors, ServerConfig, serve};
use codecite_retrieval::{Embedder, Lexicon, PassageIndex, RetrievalConfig, Retriever};
use codecite_store::Store;
use codecite_tables::Tables;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How a house is built.
pub struct Plan {
    pub config: ServerConfig,
    pub model: Option<Arc<dyn LanguageModel>>,
    pub passages: Vec<Passage>,
    pub clock: Clock,
}

/// Late in the evening west of Greenwich, where the next day has begun.
pub fn evening() -> DateTime<FixedOffset> {
    format!("{TODAY}T21:30:00-05:00").parse().expect("an instant")
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            config: ServerConfig::default(),
            model: None,
            passages: passages(),
            clock: Clock::new(evening),
        }
    }
}

impl Plan {
    pub fn with_model(model: impl LanguageModel + 'static) -> Self {
        Self {
            model: Some(Arc::new(model)),
            ..Self::default()
        }
    }

    pub fn config(mut self, change: impl FnOnce(&mut ServerConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Opens the doors.
    pub async fn open(self) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        write_tables(&folder.path().join("tables"));
        let tables = Arc::new(Tables::open(folder.path().join("tables")).expect("tables"));
        let store = Arc::new(Store::open(folder.path().join("ledger.sqlite")).expect("a ledger"));
        let shelf = Arc::new(Shelf::new(self.passages));
        let index = Arc::clone(&shelf) as Arc<dyn PassageIndex>;
        let retriever = Arc::new(Retriever::new(
            Arc::new(CountsWords) as Arc<dyn Embedder>,
            Arc::clone(&index),
            Lexicon::default(),
            RetrievalConfig::default(),
        ));
        let answerer = Answerer::new(
            Arc::clone(&retriever),
            Arc::clone(&tables),
            self.model,
            PromptTemplate::built_in().expect("the prompt"),
            AnswerConfig::default(),
        );
        let doors = Doors::new(
            answerer,
            retriever,
            index,
            tables,
            Arc::clone(&store),
            recorder(),
            self.clock,
            self.config,
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, doors, async {
            // A test that ends drops its sender, and that is a signal to stop as well.
            let _ = stopped.await;
        }));
        House {
            address,
            store,
            shelf,
            folder,
            stop: Some(stop),
            serving,
        }
    }
}

/// Counters are the process's, so all houses share them.
fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            PrometheusBuilder::new()
                .install_recorder()
                .expect("the only recorder")
        })
        .clone()
}

/// A house with its doors open, until it is dropped.
pub struct House {
    pub address: SocketAddr,
    pub store: Arc<Store>,
    shelf: Arc<Shelf>,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl House {
    pub async fn open() -> Self {
        Plan::default().open().await
    }

    pub async fn send(&self, request: Request) -> Reply {
        request.send(self.address).await
    }

    pub async fn stream(&self, request: Request) -> Streaming {
        request.streaming().open(self.address).await
    }

    pub fn set_mood(&self, mood: Mood) {
        self.shelf.set_mood(mood);
    }

    /// Where tables and ledger are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Tells the house to close.
    pub fn tell_to_close(&mut self) {
        self.stop
            .take()
            .expect("told once")
            .send(())
            .expect("the house listens");
    }

    /// Waits until it has closed.
    pub async fn closed(&mut self) {
        within("the house to close", &mut self.serving)
            .await
            .expect("no panic");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
