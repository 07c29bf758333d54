//! What the doors stand on.

use crate::config::ServerConfig;
use crate::places::Places;
use chrono::{DateTime, FixedOffset, Utc};
use codecite_answering::Answerer;
use codecite_codebook::NaiveDate;
use codecite_retrieval::{PassageIndex, Retriever};
use codecite_store::Store;
use codecite_tables::Tables;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Tells the time where the service is; a test gives a fixed one.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> DateTime<FixedOffset> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// This moment.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().to_utc()
    }

    /// This day where the service is: a coder's today is not Greenwich's.
    pub fn today(&self) -> NaiveDate {
        (self.0)().date_naive()
    }
}

/// Everything that the doors lead to. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    /// Walks the corridor.
    pub answerer: Answerer,
    /// Searches.
    pub retriever: Arc<Retriever>,
    /// Holds the passages.
    pub index: Arc<dyn PassageIndex>,
    /// Holds the exact facts.
    pub tables: Arc<Tables>,
    /// Holds what was answered.
    pub store: Arc<Store>,
    /// Renders the counters and histograms.
    pub metrics: PrometheusHandle,
    /// Tells the time.
    pub clock: Clock,
    /// How wide the doors are.
    pub config: Arc<ServerConfig>,
    /// Answers being written.
    pub(crate) answers: Places,
    /// Searches under way: each embeds its words, which takes a processor.
    pub(crate) searches: Places,
    /// Set when the service is told to stop: new questions are refused.
    pub(crate) closing: CancellationToken,
    /// Set when the grace is over: answers still being written end now.
    pub(crate) cut: CancellationToken,
}

impl Doors {
    /// Doors to these rooms.
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument a room, each of its own type"
    )]
    pub fn new(
        answerer: Answerer,
        retriever: Arc<Retriever>,
        index: Arc<dyn PassageIndex>,
        tables: Arc<Tables>,
        store: Arc<Store>,
        metrics: PrometheusHandle,
        clock: Clock,
        config: ServerConfig,
    ) -> Self {
        let places = |count, turned_away| Places::new(count, config.wait_for_place_ms, turned_away);
        Self {
            answerer,
            retriever,
            index,
            tables,
            store,
            metrics,
            clock,
            answers: places(config.concurrent_answers, "codecite_answers_turned_away_total"),
            searches: places(config.concurrent_searches, "codecite_searches_turned_away_total"),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
            config: Arc::new(config),
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }
}
