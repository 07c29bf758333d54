//! A language model that drips: it holds every stream open for a few seconds, word by word.

use anyhow::Result;
use codecite_faces::listen;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long one answer drips: 40 words.
const WORDS: usize = 40;
const PAUSE: Duration = Duration::from_millis(100);

/// Serves on a free loopback port until the program ends.
pub async fn serve() -> Result<SocketAddr> {
    let listener = listen((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A reader that leaves is no fault.
            tokio::spawn(async move { drip(stream).await.ok() });
        }
    });
    Ok(address)
}

async fn drip(mut stream: TcpStream) -> Result<()> {
    let mut request = [0; 16 * 1024];
    let _ = stream.read(&mut request).await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        .await?;
    for _ in 0..WORDS {
        stream
            .write_all(b"data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n")
            .await?;
        tokio::time::sleep(PAUSE).await;
    }
    stream.write_all(b"data: [DONE]\n\n").await?;
    Ok(())
}
