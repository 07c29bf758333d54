//! Listening, and closing gently.

use crate::connections::Connections;
use crate::operations::keep_metrics_small;
use crate::router::router;
use crate::state::Doors;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The time in which an answer that is cut says so to its reader and to the ledger.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Connections that the system holds until they are taken; it may hold fewer (`net.core.somaxconn` on Linux).
const WAITING: u32 = 1024;

/// Listens on `address`, with room for many that come at once. tokio's own `bind` leaves room for 128, and whoever
/// comes to a full room is heard when they try again, a second later.
///
/// # Errors
/// When the address is taken, or is none of this machine.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Windows this would let a second service take the same address.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Serves until `stop` resolves. Then new questions hear 503, `/readyz` says so to whoever sends them here,
/// and running answers end; the last one gone, or the configured grace over, it returns.
pub async fn serve(listener: TcpListener, doors: Doors, stop: impl Future<Output = ()>) {
    let _upkeep = AbortOnDropHandle::new(tokio::spawn(keep_metrics_small(doors.metrics.clone())));
    let grace = Duration::from_millis(doors.config.grace_ms);
    let connections = Connections::new(router(doors.clone()), &doors.config);
    tokio::select! {
        () = connections.take_from(&listener) => {}
        () = stop => {}
    }
    doors.closing.cancel();
    tracing::info!(grace_ms = grace.as_millis() as u64, "closing: streams may end");
    if timeout(grace, close(listener, &doors, &connections))
        .await
        .is_err()
    {
        tracing::warn!("some streams did not end in time, and were cut");
        doors.cut.cancel();
        // Whoever does not even take those is not waited for.
        let _ = timeout(LAST_WORDS, connections.close()).await;
    }
}

/// Waits for running answers, and then for the connections.
async fn close(listener: TcpListener, doors: &Doors, connections: &Connections) {
    // The listener stays open until the last answer has given its place back, so that a balancer reads 503
    // meanwhile, and not a refused connection.
    tokio::select! {
        () = connections.take_from(&listener) => {}
        () = doors.answers.all_free() => {}
    }
    drop(listener);
    connections.close().await;
}
