//! Listening, and closing gently.

use crate::router::router;
use crate::state::Doors;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves until `stop` resolves. Then new questions hear 503, `/readyz` says so to whoever sends them here,
/// and running answers end; the last one gone, or the configured grace over, it returns.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    listener: TcpListener,
    doors: Doors,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let grace = Duration::from_millis(doors.config.grace_ms);
    let closing = doors.closing.clone();
    let places = Arc::clone(&doors.places);
    let all_places = u32::try_from(doors.config.concurrent_answers).unwrap_or(u32::MAX);
    let (stopped, mut told) = tokio::sync::watch::channel(false);
    let serving = axum::serve(listener, router(doors)).with_graceful_shutdown(async move {
        stop.await;
        closing.store(true, Ordering::Relaxed);
        tracing::info!(grace_ms = grace.as_millis() as u64, "closing: streams may end");
        let _ = stopped.send(true);
        // The listener stays open until the last answer has given its place back, so that a balancer reads
        // 503 meanwhile, and not a refused connection. An error means that nobody will ask any more.
        let _ = places.acquire_many(all_places).await;
    });
    let out_of_grace = async move {
        // An error means that the sender is gone, and so is the server.
        let _ = told.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = serving => served,
        () = out_of_grace => {
            tracing::warn!("some streams did not end in time, and were cut");
            Ok(())
        }
    }
}
