//! The service as another process, and a plain HTTP/1.1 client that adds little time of its own.

use super::machine;
use crate::wiring::DataDir;
use anyhow::{Context, Result, bail, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long a service may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A service that runs, and is stopped when this is dropped.
pub struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts this very program as a service on a free port; with a language model where one is given.
    pub async fn start(data_dir: &DataDir, model: Option<&SocketAddr>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address_file = folder.path().join("address");
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--data-dir")
            .arg(data_dir.path())
            .args(["serve", "--address", "127.0.0.1:0", "--address-file"])
            .arg(&address_file)
            .env("CODECITE_TELEMETRY__LOG", "error")
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true);
        if let Some(model) = model {
            command
                .env("CODECITE_MODEL__BASE_URL", format!("http://{model}/v1"))
                .env("CODECITE_MODEL__NAME", "drip");
        }
        let process = command.spawn()?;
        let started = Instant::now();
        loop {
            if let Ok(address) = std::fs::read_to_string(&address_file) {
                return Ok(Self {
                    process,
                    address: address.parse()?,
                });
            }
            ensure!(
                started.elapsed() < READY_WITHIN,
                "the service was not ready within {READY_WITHIN:?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn resident_mib(&self) -> Option<u64> {
        machine::resident_mib(self.process.id()?)
    }

    pub async fn stop(mut self) -> Result<()> {
        self.process.kill().await.context("stopping the service")
    }
}

/// One kept-alive connection.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Gets one address, and reads the whole answer.
    pub async fn get(&mut self, path: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let length = self.head().await?.context("an answer without a length")?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(())
    }

    /// Reads status line and headers; gives the length that they name.
    async fn head(&mut self) -> Result<Option<usize>> {
        let mut length = None;
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(
                self.0.read_line(&mut line).await? > 0,
                "the service closed the connection"
            );
            if line.starts_with("HTTP/1.1 5") {
                bail!("the service answered {}", line.trim());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = Some(value.trim().parse()?);
            }
            if line == "\r\n" {
                return Ok(length);
            }
        }
    }
}

/// How long one streamed answer took.
pub struct Asked {
    pub first_event: Duration,
    pub whole: Duration,
}

/// Asks on a connection of its own, and reads the stream to its terminal event.
pub async fn ask(address: SocketAddr, question: &str) -> Result<Asked> {
    let started = Instant::now();
    let mut connection = Connection::open(address).await?;
    let body = serde_json::json!({ "question": question }).to_string();
    let request = format!(
        "POST /api/v1/answers HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.0.get_mut().write_all(request.as_bytes()).await?;
    connection.head().await?;
    let mut first_event = None;
    let mut line = String::new();
    loop {
        line.clear();
        ensure!(
            connection.0.read_line(&mut line).await? > 0,
            "a stream ended without its terminal event"
        );
        if line.starts_with("event:") {
            first_event.get_or_insert_with(|| started.elapsed());
        }
        if line.starts_with("event: failed") {
            bail!("an answer failed");
        }
        if line.starts_with("event: done") {
            let whole = started.elapsed();
            return Ok(Asked {
                first_event: first_event.unwrap_or(whole),
                whole,
            });
        }
    }
}
