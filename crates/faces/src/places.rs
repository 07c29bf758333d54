//! Places: how many may do the same costly thing at once.

use crate::problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A place, given back when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

/// So many places; whoever comes when all are taken waits a while, and then hears 503. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    count: u32,
    wait: Duration,
    /// The counter of those who waited in vain.
    turned_away: &'static str,
}

impl Places {
    pub fn new(count: usize, wait_ms: u64, turned_away: &'static str) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count)),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            wait: Duration::from_millis(wait_ms),
            turned_away,
        }
    }

    /// A place, or the problem `busy`.
    pub async fn take(&self) -> Result<Place, Problem> {
        match timeout(self.wait, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!(self.turned_away).increment(1);
                Err(Problem::busy())
            }
        }
    }

    /// Waits until nobody has a place any more.
    pub async fn all_free(&self) {
        // An error means that nobody can ask any more, which is as good.
        let _ = self.free.acquire_many(self.count).await;
    }
}
