//! The load lock of a server, as good as a server allows.
//!
//! Qdrant knows no locks, and no "change this only if it is still mine". So whoever wants to load makes a
//! collection of its own, `<prefix>-lock-<owner>`, whose metadata say whether it waits or holds the lock and
//! count a heartbeat. A name is used by one owner, once: what a process does to its lock after it was stopped
//! for a while and passed over cannot touch anybody else's.
//!
//! - Each makes its lock before it looks for others, so of two at least one sees the other.
//! - Who sees nobody else holds the lock. Who sees the holder is told that a load is under way.
//! - Of those that wait, the one with the smallest name stays and the others go.
//! - A lock whose heart does not beat belongs to a process that was killed, and is removed.
//!
//! What it cannot do: a holder that is stopped for longer than [`Rhythm::patience`] and then goes on learns
//! only when it activates that its lock is gone; until then two loads write, each into a collection of its own.

use super::call::{CallError, Kind};
use super::collections::Server;
use codecite_retrieval::IndexError;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, Distance, UpdateCollectionBuilder, Value, VectorParamsBuilder,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use uuid::Uuid;

/// How the hearts of locks beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// Time between two beats, and the most that one may take.
    pub beat: Duration,
    /// How long a heart may stand still before its lock is removed.
    pub patience: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(2),
            patience: Duration::from_secs(10),
        }
    }
}

/// The lock, held. Dropping it gives it back in the background, if the process lives on.
pub(super) struct LoadLock {
    own: Own,
    heart: AbortHandle,
    is_released: bool,
}

/// A lock of this process, waiting or held.
#[derive(Clone)]
struct Own {
    server: Server,
    collection: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    holds: AtomicBool,
    beats: AtomicU64,
}

/// What another's lock said when it was looked at.
#[derive(Clone, Debug, PartialEq)]
struct Sign {
    holds: bool,
    beats: u64,
}

impl LoadLock {
    /// Takes the lock, or learns that another load lives. That takes as long as its heart takes to beat, and
    /// where a process was killed, as long as patience lasts.
    pub async fn take(server: &Server) -> Result<Self, IndexError> {
        let own = Own::create(server).await?;
        let heart = tokio::spawn(own.clone().beat());
        // From here on dropping gives it back.
        let lock = Self {
            heart: heart.abort_handle(),
            own,
            is_released: false,
        };
        if let Err(error) = lock.own.wait().await {
            // Not left to `drop`: a process that is told to wait ends at once.
            let _ = lock.release().await;
            return Err(error);
        }
        Ok(lock)
    }

    /// Whether it is still ours; ask before anything that cannot be undone.
    pub async fn still_holds(&self) -> Result<(), IndexError> {
        match self.own.server.metadata(&self.own.collection).await? {
            Some(_) => Ok(()),
            None => Err(passed_over()),
        }
    }

    /// Gives it back.
    pub async fn release(mut self) -> Result<(), IndexError> {
        self.heart.abort();
        self.is_released = true;
        self.own.server.remove(&self.own.collection).await
    }
}

impl Drop for LoadLock {
    fn drop(&mut self) {
        self.heart.abort();
        if self.is_released {
            return;
        }
        let own = self.own.clone();
        // Where nobody can say any more that it is free, the next one finds out when patience ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { own.server.remove(&own.collection).await });
        }
    }
}

impl Own {
    async fn create(server: &Server) -> Result<Self, IndexError> {
        let own = Self {
            collection: format!("{}{}", stem(server), Uuid::new_v4().simple()),
            server: server.clone(),
            state: Arc::default(),
        };
        let request = CreateCollectionBuilder::new(&own.collection)
            .vectors_config(VectorParamsBuilder::new(1, Distance::Dot))
            .metadata(own.sign())
            .build();
        server.create_own(request).await?;
        Ok(own)
    }

    /// Waits until nobody else is there.
    async fn wait(&self) -> Result<(), IndexError> {
        let mut seen: HashMap<String, (Sign, Instant)> = HashMap::new();
        loop {
            let others = self.others().await?;
            seen.retain(|name, _| others.contains_key(name));
            if others.is_empty() {
                return self.hold().await;
            }
            for (name, now) in others {
                match seen.get(&name) {
                    None => drop(seen.insert(name, (now, Instant::now()))),
                    Some((before, since)) if *before == now => {
                        if since.elapsed() > self.server.rhythm.patience {
                            tracing::warn!(lock = name, "removing the lock of a load that was killed");
                            self.server.remove(&name).await?;
                        }
                    }
                    // It lives.
                    Some(_) if now.holds || name < self.collection => {
                        return Err(IndexError::LoadUnderWay(name));
                    }
                    // It waits as well, and goes when it sees this one.
                    Some(_) => drop(seen.insert(name, (now, Instant::now()))),
                }
            }
            tokio::time::sleep(self.server.rhythm.beat / 20).await;
        }
    }

    /// The locks of others.
    async fn others(&self) -> Result<HashMap<String, Sign>, IndexError> {
        let mut others = HashMap::new();
        for name in self.server.locks().await? {
            if name == self.collection {
                continue;
            }
            // One that was given back since it was listed has no metadata any more.
            if let Some(metadata) = self.server.metadata(&name).await? {
                others.insert(name, Sign::read(metadata));
            }
        }
        Ok(others)
    }

    /// Says that this one is held now.
    async fn hold(&self) -> Result<(), IndexError> {
        self.state.holds.store(true, Ordering::Relaxed);
        match self.tell().await {
            Err(fault) if fault.kind == Kind::NotFound => Err(passed_over()),
            told => told.map_err(|fault| self.server.patience.tell(fault)),
        }
    }

    /// Tells others that this one lives, until it is gone.
    async fn beat(self) {
        let beat = self.server.rhythm.beat;
        loop {
            tokio::time::sleep(beat).await;
            self.state.beats.fetch_add(1, Ordering::Relaxed);
            // A beat that takes longer is worth nothing: the next one says the same.
            match tokio::time::timeout(beat, self.tell()).await {
                Ok(Err(fault)) if fault.kind == Kind::NotFound => return,
                Ok(Err(error)) => tracing::debug!(%error, "the load lock did not beat"),
                Ok(Ok(())) => {}
                Err(_) => tracing::debug!("the load lock did not beat in time"),
            }
        }
    }

    async fn tell(&self) -> Result<(), CallError> {
        let request = UpdateCollectionBuilder::new(&self.collection)
            .metadata(self.sign())
            .build();
        let update = || self.server.client.update_collection(request.clone());
        self.server.patience.call(update).await.map(|_| ())
    }

    fn sign(&self) -> HashMap<String, serde_json::Value> {
        HashMap::from([
            (HOLDS.to_owned(), json!(self.state.holds.load(Ordering::Relaxed))),
            (BEATS.to_owned(), json!(self.state.beats.load(Ordering::Relaxed))),
        ])
    }
}

impl Sign {
    fn read(mut metadata: HashMap<String, Value>) -> Self {
        let mut field = |name: &str| metadata.remove(name).map(serde_json::Value::from);
        Self {
            holds: field(HOLDS).and_then(|value| value.as_bool()).unwrap_or_default(),
            beats: field(BEATS).and_then(|value| value.as_u64()).unwrap_or_default(),
        }
    }
}

const HOLDS: &str = "holds";
const BEATS: &str = "beats";

/// What the names of all locks of this prefix begin with.
pub(super) fn stem(server: &Server) -> String {
    format!("{}-lock-", server.config.prefix)
}

fn passed_over() -> IndexError {
    IndexError::LoadUnderWay("this one was stopped for so long that its lock was taken from it".into())
}

#[cfg(test)]
impl LoadLock {
    /// Stops its heart and leaves everything else as it is, as a kill does.
    pub fn kill(mut self) -> Self {
        self.heart.abort();
        self.is_released = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::stub::Stub;
    use super::*;

    #[tokio::test]
    async fn of_many_that_come_at_once_one_gets_it() {
        for _ in 0..5 {
            let (stub, server) = Stub::connected().await;
            let takes = (0..6).map(|_| {
                let server = server.clone();
                tokio::spawn(async move { LoadLock::take(&server).await })
            });
            let mut taken = Vec::new();
            for take in Vec::from_iter(takes) {
                match take.await.expect("it ends well") {
                    Ok(lock) => taken.push(lock),
                    Err(error) => assert!(matches!(error, IndexError::LoadUnderWay(_)), "{error}"),
                }
            }
            assert_eq!(taken.len(), 1);
            assert_eq!(stub.only(), taken[0].own.collection, "the others left nothing");
        }
    }

    #[tokio::test]
    async fn what_is_given_back_is_free_at_once() {
        let (_stub, server) = Stub::connected().await;
        for _ in 0..3 {
            let lock = LoadLock::take(&server).await.expect("free");
            let began = Instant::now();
            assert!(LoadLock::take(&server).await.is_err(), "it is held");
            lock.release().await.expect("given back");
            assert!(
                began.elapsed() < server.rhythm.patience * 5,
                "{:?}",
                began.elapsed()
            );
        }
        drop(LoadLock::take(&server).await.expect("free"));
        LoadLock::take(&server).await.expect("free after it was dropped");
    }

    #[tokio::test]
    async fn who_was_passed_over_and_goes_on_touches_nobody_elses_lock() {
        let (stub, server) = Stub::connected().await;
        let stopped = LoadLock::take(&server).await.expect("free").kill();
        let next = LoadLock::take(&server).await.expect("taken over");
        assert_eq!(stub.only(), next.own.collection);

        // It goes on: its heart beats, it asks, and it gives back.
        let beating = tokio::spawn(stopped.own.clone().beat());
        tokio::time::timeout(server.rhythm.patience, beating)
            .await
            .expect("a heart without a lock stops")
            .expect("well");
        let error = stopped.still_holds().await.expect_err("it was passed over");
        assert!(matches!(error, IndexError::LoadUnderWay(_)), "{error}");
        stopped.release().await.expect("nothing to give back");
        assert_eq!(stub.only(), next.own.collection);
        next.still_holds().await.expect("it is held");
    }

    #[tokio::test]
    async fn a_beat_that_hangs_does_not_stop_the_heart() {
        let (stub, server) = Stub::connected().await;
        let held = LoadLock::take(&server).await.expect("free");
        stub.hang(true);
        tokio::time::sleep(server.rhythm.patience / 2).await;
        stub.hang(false);
        let refused = LoadLock::take(&server).await;
        assert!(
            matches!(refused, Err(IndexError::LoadUnderWay(_))),
            "it was taken over"
        );
        held.still_holds().await.expect("it is held");
    }

    #[tokio::test]
    async fn two_that_find_a_dead_lock_do_not_remove_a_fresh_one() {
        let (stub, server) = Stub::connected().await;
        LoadLock::take(&server).await.expect("free").kill();
        let takes = [(); 2].map(|()| {
            let server = server.clone();
            tokio::spawn(async move { LoadLock::take(&server).await })
        });
        let mut taken = Vec::new();
        for take in takes {
            taken.extend(take.await.expect("it ends well"));
        }
        assert_eq!(taken.len(), 1);
        assert_eq!(stub.only(), taken[0].own.collection);
    }
}
