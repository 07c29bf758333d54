//! Connections: how many are held, and how long one may waste the time of the others.

use crate::config::ServerConfig;
use crate::patience::Patient;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Every connection that is held. HTTP/1 and HTTP/2 are told apart by what the client says first.
#[derive(Clone)]
pub(crate) struct Connections {
    router: Router,
    protocol: Builder<TokioExecutor>,
    patience: Duration,
    free: Arc<Semaphore>,
    closing: CancellationToken,
    held: TaskTracker,
}

impl Connections {
    pub fn new(router: Router, config: &ServerConfig) -> Self {
        let patience = Duration::from_millis(config.idle_timeout_ms);
        Self {
            router,
            protocol: protocol(patience),
            patience,
            free: Arc::new(Semaphore::new(config.connections)),
            closing: CancellationToken::new(),
            held: TaskTracker::new(),
        }
    }

    /// Takes connections from the listener as long as it is polled; when all are held, those that come wait.
    pub async fn take_from(&self, listener: &TcpListener) {
        // An error means that nobody can connect any more.
        while let Ok(place) = Arc::clone(&self.free).acquire_owned().await {
            let stream = accept(listener).await;
            let connections = self.clone();
            self.held.spawn(async move {
                connections.hold(stream).await;
                drop(place);
            });
        }
    }

    /// Lets every connection end what it is doing, and waits for the last one.
    pub async fn close(&self) {
        self.closing.cancel();
        self.held.close();
        self.held.wait().await;
    }

    async fn hold(&self, stream: TcpStream) {
        // A sentence is a small packet, which must not wait until the one before it is confirmed. An error is a
        // client that has left, which shows below.
        let _ = stream.set_nodelay(true);
        let has_asked = Arc::new(AtomicBool::new(false));
        let asks = Arc::clone(&has_asked);
        let service = self.router.clone().map_request(move |request| {
            asks.store(true, Ordering::Relaxed);
            request
        });
        let stream = TokioIo::new(Patient::new(stream, self.patience));
        let mut connection = pin!(
            self.protocol
                .serve_connection(stream, TowerToHyperService::new(service))
        );
        // An error is a client that left or broke the protocol: nobody is there to be told.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.never_asks(&has_asked) => return,
            () = self.closing.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    /// Resolves for a client that did not get as far as one request. Until it has shown its protocol, no other
    /// limit holds it.
    async fn never_asks(&self, has_asked: &AtomicBool) {
        sleep(self.patience).await;
        if has_asked.load(Ordering::Relaxed) {
            pending().await
        }
    }
}

fn protocol(patience: Duration) -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience)
        .keep_alive_timeout(patience);
    protocol
}

async fn accept(listener: &TcpListener) -> TcpStream {
    // Such as no file handle left: connections that end make room.
    const PAUSE: Duration = Duration::from_millis(500);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                sleep(PAUSE).await;
            }
        }
    }
}
