//! The load lock of a server, as good as a server allows.
//!
//! Qdrant knows no locks. It makes a collection once, though, also across a cluster, so a collection
//! `<prefix>-lock` stands for the lock, and its metadata say who holds it and count a heartbeat. A lock
//! whose heart does not beat belongs to a process that was killed, and is taken over.
//!
//! What it cannot do: a holder that is stopped for longer than [`PATIENCE`] and then goes on finds its lock
//! lost only when it activates; until then two loads write, each into a collection of its own.

use super::collections::Server;
use codecite_retrieval::IndexError;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, Distance, UpdateCollectionBuilder, Value, VectorParamsBuilder,
};
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use uuid::Uuid;

const BEAT: Duration = Duration::from_secs(2);
/// How long a heart may stand still before its lock is taken over.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lock, held. Call [`LoadLock::release`]; a lock that is only dropped stops beating, and is taken
/// over after [`PATIENCE`].
pub(super) struct LoadLock {
    collection: String,
    owner: String,
    heart: AbortHandle,
}

impl LoadLock {
    /// Takes the lock, or learns that another load lives. That takes as long as its heart takes to beat.
    pub async fn take(server: &Server) -> Result<Self, IndexError> {
        let collection = format!("{}-lock", server.config.prefix);
        let owner = Uuid::new_v4().to_string();
        let mut seen: Option<(HashMap<String, Value>, Instant)> = None;
        loop {
            if create(server, &collection, &owner).await? {
                let heart = tokio::spawn(beat(server.clone(), collection.clone(), owner.clone()));
                return Ok(Self {
                    collection,
                    owner,
                    heart: heart.abort_handle(),
                });
            }
            let Some(now) = server.metadata(&collection).await? else {
                continue;
            };
            match &seen {
                Some((before, _)) if *before != now => return Err(IndexError::LoadUnderWay(holder(&now))),
                Some((_, since)) if since.elapsed() > PATIENCE => {
                    tracing::warn!(
                        lock = collection,
                        "taking over the lock of a load that was killed"
                    );
                    server.remove(&collection).await?;
                    seen = None;
                }
                Some(_) => {}
                None => seen = Some((now, Instant::now())),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Whether it is still ours; ask before anything that cannot be undone.
    pub async fn still_holds(&self, server: &Server) -> Result<(), IndexError> {
        let metadata = server.metadata(&self.collection).await?.unwrap_or_default();
        let holder = holder(&metadata);
        if holder == self.owner {
            return Ok(());
        }
        Err(IndexError::LoadUnderWay(format!(
            "{holder} has taken over the lock"
        )))
    }

    /// Gives it back.
    pub async fn release(&self, server: &Server) -> Result<(), IndexError> {
        self.heart.abort();
        server.remove(&self.collection).await
    }
}

impl Drop for LoadLock {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

async fn create(server: &Server, collection: &str, owner: &str) -> Result<bool, IndexError> {
    let request = CreateCollectionBuilder::new(collection)
        .vectors_config(VectorParamsBuilder::new(1, Distance::Dot))
        .metadata(sign(owner, 0))
        .build();
    // One try: after a lost answer the lock is there, and its heart does not beat until it is taken over.
    match server.client.create_collection(request).await {
        Ok(_) => Ok(true),
        Err(error) => match server.metadata(collection).await? {
            Some(_) => Ok(false),
            None => Err(server.patience.tell(error.into())),
        },
    }
}

async fn beat(server: Server, collection: String, owner: String) {
    for count in 1_u64.. {
        tokio::time::sleep(BEAT).await;
        let request = UpdateCollectionBuilder::new(&collection)
            .metadata(sign(&owner, count))
            .build();
        if let Err(error) = server.client.update_collection(request).await {
            tracing::debug!(%error, "the load lock did not beat");
        }
    }
}

fn sign(owner: &str, beat: u64) -> HashMap<String, serde_json::Value> {
    HashMap::from([
        ("owner".to_owned(), json!(owner)),
        ("beat".to_owned(), json!(beat)),
    ])
}

fn holder(metadata: &HashMap<String, Value>) -> String {
    let owner = metadata.get("owner").cloned().map(serde_json::Value::from);
    owner
        .and_then(|owner| owner.as_str().map(str::to_owned))
        .unwrap_or_else(|| "somebody".into())
}
