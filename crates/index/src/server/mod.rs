//! The index on a Qdrant server or cluster.

mod call;
mod collections;
mod convert;
mod load;
mod lock;
#[cfg(test)]
mod stub;

use crate::filter::Conditions;
use crate::plan::{Plan, sorted};
use crate::words::Words;
use crate::{ConfigError, ServerConfig};
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use codecite_codebook::PassageId;
use codecite_retrieval::{Filter, Generation, Hit, IndexError, Load, Page, PassageIndex, SearchRequest};
use collections::{Live, Server};
use convert::{filter, passage, passage_id, point_id, query};
use load::ServerLoad;
use lock::LoadLock;
use qdrant_client::qdrant::{CountPointsBuilder, ScrollPointsBuilder};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The index on a Qdrant server, 1.16 or newer, over gRPC.
///
/// Readers ask an alias. A load fills a collection beside the live one and then moves the alias to it in
/// one step, so a question is answered from one generation or from the other.
pub struct ServerIndex {
    /// For questions: short time limits.
    asks: Server,
    /// For loads: long ones.
    writes: Server,
    words: Words,
    /// What the alias pointed to when it was last looked at, and when that was.
    seen: Arc<ArcSwapOption<(Instant, Option<Live>)>>,
}

/// How old what is known of the live collection may be. It only tells the length of its vectors; the
/// questions themselves always go to the alias.
const FRESH: Duration = Duration::from_secs(1);

impl ServerIndex {
    /// Prepares to reach the server; the first question connects.
    ///
    /// # Errors
    /// [`IndexError::Failed`] for a configuration that cannot be.
    pub fn new(config: &ServerConfig) -> Result<Self, IndexError> {
        config
            .check()
            .map_err(|error: ConfigError| IndexError::Failed(error.to_string()))?;
        Ok(Self {
            asks: Server::new(config, config.timeout_ms)?,
            writes: Server::new(config, config.load_timeout_ms)?,
            words: Words::new(&config.bm25)?,
            seen: Arc::default(),
        })
    }

    /// Connects and asks once, so that the first search finds the connection open.
    ///
    /// # Errors
    /// Those of any question: use it to say at start what is wrong with the address or the key.
    pub async fn warm(&self) -> Result<(), IndexError> {
        self.live().await.map(|_| ())
    }

    /// Removes every generation and with them the alias: the way out when the index is damaged.
    ///
    /// # Errors
    /// [`IndexError::LoadUnderWay`] while somebody loads.
    pub async fn discard(&self) -> Result<(), IndexError> {
        let lock = LoadLock::take(&self.writes).await?;
        self.writes.remove_all_but(None).await?;
        self.seen.store(None);
        lock.release().await
    }

    async fn live(&self) -> Result<Option<Live>, IndexError> {
        if let Some(seen) = self.seen.load().as_ref()
            && seen.0.elapsed() < FRESH
        {
            return Ok(seen.1.clone());
        }
        let live = self.asks.live().await?;
        self.seen.store(Some(Arc::new((Instant::now(), live.clone()))));
        Ok(live)
    }

    fn alias(&self) -> &str {
        &self.asks.config.prefix
    }
}

impl fmt::Debug for ServerIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIndex")
            .field("config", &self.asks.config)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl PassageIndex for ServerIndex {
    async fn search(&self, request: &SearchRequest) -> Result<Vec<Hit>, IndexError> {
        let dimensions = self.live().await?.map(|live| live.dimensions);
        let plan = Plan::new(request, &self.words, dimensions)?;
        let conditions = Conditions::from(&request.filter);
        let query = query(
            self.alias(),
            plan,
            &conditions,
            &request.fusion,
            &self.asks.config,
        );
        let Some(query) = query else {
            return Ok(Vec::new());
        };
        let answer = self.asks.find(|| self.asks.client.query(query.clone())).await?;
        let points = answer.map(|answer| answer.result).unwrap_or_default();
        let hits = points
            .into_iter()
            .map(|point| {
                Ok(Hit {
                    passage: passage(point.id, point.payload)?,
                    score: point.score,
                })
            })
            .collect::<Result<_, IndexError>>()?;
        Ok(sorted(hits, request.limit))
    }

    async fn list(
        &self,
        filter_by: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let mut page = Page {
            passages: Vec::new(),
            next: None,
        };
        if limit == 0 {
            return Ok(page);
        }
        let mut request = ScrollPointsBuilder::new(self.alias())
            .filter(filter(&Conditions::from(filter_by)))
            .limit(u32::try_from(limit).unwrap_or(u32::MAX))
            .with_payload(true)
            .with_vectors(false)
            .build();
        request.offset = after.map(point_id);
        let answer = self
            .asks
            .find(|| self.asks.client.scroll(request.clone()))
            .await?;
        if let Some(answer) = answer {
            for point in answer.result {
                page.passages.push(passage(point.id, point.payload)?);
            }
            page.next = answer
                .next_page_offset
                .map(|id| passage_id(Some(id)))
                .transpose()?;
        }
        Ok(page)
    }

    async fn count(&self, filter_by: &Filter) -> Result<u64, IndexError> {
        let request = CountPointsBuilder::new(self.alias())
            .filter(filter(&Conditions::from(filter_by)))
            .exact(true)
            .build();
        let answer = self.asks.find(|| self.asks.client.count(request.clone())).await?;
        Ok(answer
            .and_then(|answer| answer.result)
            .map_or(0, |result| result.count))
    }

    async fn generation(&self) -> Result<Generation, IndexError> {
        let live = self.asks.live().await?;
        let passages = match &live {
            Some(_) => self.count(&Filter::default()).await?,
            None => 0,
        };
        Ok(Generation {
            id: live.as_ref().map(|live| live.id.clone()),
            passages,
            model_digest: live.map(|live| live.model_digest),
        })
    }

    async fn begin(&self, model_digest: &str, dimensions: usize) -> Result<Box<dyn Load>, IndexError> {
        let seen = Arc::clone(&self.seen);
        let activated = Arc::new(move || seen.store(None));
        let load = ServerLoad::begin(self.writes.clone(), model_digest, dimensions, activated).await?;
        Ok(Box::new(load))
    }
}

/// The cases that ask for no ranking, over the stub; the whole suite runs over a real server.
#[cfg(test)]
mod tests {
    use super::*;
    use codecite_testkit::index_conformance::{self as cases, Shelves};
    use stub::Stub;

    async fn shelves() -> Shelves {
        let (_stub, config) = Stub::start().await;
        let open = || {
            let mut index = ServerIndex::new(&config).expect("a possible configuration");
            index.writes.rhythm = stub::quick();
            Arc::new(index)
        };
        Shelves {
            index: open(),
            reader: open(),
            clean_up: Box::pin(async {}),
        }
    }

    macro_rules! over_the_stub {
        ($($case:ident),+) => {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    cases::$case(&shelves().await).await;
                }
            )+
        };
    }

    over_the_stub!(
        a_known_id_is_replaced_also_in_later_generations,
        an_edition_ends_and_reopens,
        an_edition_does_not_end_before_it_begins,
        a_load_knows_what_it_holds,
        an_abandoned_load_leaves_nothing,
        there_is_one_load_at_a_time,
        another_model_begins_from_nothing,
        each_filter_narrows,
        pages_hold_everything_once_in_the_order_of_ids,
        another_handle_notices_what_was_activated
    );
}
