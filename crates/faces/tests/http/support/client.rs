//! HTTP/1.1 by hand: a client that shows what really came, and that can leave in the middle.

use super::within;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// One request, each on a connection of its own.
#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub fn get(path: &str) -> Request {
    Request::new("GET", path)
}

/// A post of JSON.
pub fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", path)
        .header("content-type", "application/json")
        .body(body.to_string())
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Asks for events.
    pub fn streaming(self) -> Self {
        self.header("accept", "text/event-stream")
    }

    /// Sends it and reads the whole reply.
    pub async fn send(&self, address: SocketAddr) -> Reply {
        let mut streaming = self.open(address).await;
        let mut body = Vec::new();
        while let Some(piece) = within("the rest of a reply", streaming.piece()).await {
            body.extend(piece);
        }
        Reply {
            body,
            ..streaming.head
        }
    }

    /// The same for a task of its own.
    pub async fn send_owned(self, address: SocketAddr) -> Reply {
        self.send(address).await
    }

    /// Sends it and reads the head only.
    pub async fn open(&self, address: SocketAddr) -> Streaming {
        let mut connection = TcpStream::connect(address).await.expect("the house listens");
        connection
            .write_all(&self.bytes())
            .await
            .expect("the request is taken");
        within(
            "the head of a reply",
            Streaming::begin(BufReader::new(connection)),
        )
        .await
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: codecite.test\r\nconnection: close\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let says_length = self.headers.iter().any(|(name, _)| name == "content-length");
        if !says_length && (!self.body.is_empty() || self.method == "POST") {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// A reply, whole or only its head.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The events of a stream that was read whole.
    pub fn events(&self) -> Vec<Event> {
        self.text().split("\n\n").filter_map(Event::read).collect()
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

impl Event {
    /// `None` for a comment.
    fn read(block: &str) -> Option<Self> {
        let name = block.lines().find_map(|line| line.strip_prefix("event: "))?;
        let data: String = block
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect();
        Some(Self {
            name: name.into(),
            data: serde_json::from_str(&data).expect("an event's data is JSON"),
        })
    }
}

/// A reply that is being read. Dropping it closes the connection.
pub struct Streaming {
    pub head: Reply,
    connection: BufReader<TcpStream>,
    /// Bytes still to come where the length is known.
    left: Option<usize>,
    text: String,
}

impl Streaming {
    async fn begin(mut connection: BufReader<TcpStream>) -> Self {
        let status_line = line(&mut connection).await;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut headers = Vec::new();
        loop {
            let header = line(&mut connection).await;
            match header.split_once(": ") {
                Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
                None => break,
            }
        }
        let head = Reply {
            status: status.unwrap_or_else(|| panic!("no status in {status_line:?}")),
            headers,
            body: Vec::new(),
        };
        let left = match head.header("content-length") {
            Some(length) => Some(length.parse().expect("a length")),
            None if head.status == 304 || head.status == 204 => Some(0),
            None => None,
        };
        Self {
            head,
            connection,
            left,
            text: String::new(),
        }
    }

    /// The next piece of the body; `None` at its proper end.
    async fn piece(&mut self) -> Option<Vec<u8>> {
        if let Some(left) = self.left.replace(0) {
            let mut piece = vec![0; left];
            self.connection
                .read_exact(&mut piece)
                .await
                .expect("the promised bytes");
            return (left > 0).then_some(piece);
        }
        self.left = None;
        let size = line(&mut self.connection).await;
        let size = usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("the body was cut: {size:?}"));
        let mut piece = vec![0; size + 2];
        self.connection
            .read_exact(&mut piece)
            .await
            .expect("a whole chunk");
        piece.truncate(size);
        (size > 0).then_some(piece)
    }

    /// The next event; `None` at the proper end of the stream.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = Event::read(block);
                self.text = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let piece = within("the next event", self.piece()).await?;
            self.text += std::str::from_utf8(&piece).expect("events are UTF-8");
        }
    }

    /// Reads on to the first event of this name.
    pub async fn event_named(&mut self, name: &str) -> Event {
        loop {
            match self.event().await {
                Some(event) if event.name == name => return event,
                Some(_) => {}
                None => panic!("the stream ended before {name:?}"),
            }
        }
    }
}

async fn line(connection: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    connection.read_line(&mut line).await.expect("a line");
    line.trim_end_matches(['\r', '\n']).to_owned()
}
