//! A publisher on loopback: files by path, with digests, days and ranges, and whatever can go wrong.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The day on which every file changed last.
const CHANGED: &str = "Mon, 01 Jul 2024 08:00:00 GMT";

/// How the next answers for one path go.
#[derive(Clone, Debug)]
pub enum Answer {
    /// So many bytes of the body, and then the connection ends.
    Cut(usize),
    /// This status line and no body.
    Status(&'static str),
    /// On to this address.
    Redirect(String),
    /// A web page, by this name of its kind.
    Page(&'static str),
    /// A body that claims this length and does not come.
    Claims(u64),
}

/// The server; dropping it stops it.
pub struct Mirror {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    files: Mutex<HashMap<String, Vec<u8>>>,
    /// What comes before the file, by path, in this order; the last stays if `for_good` names the path.
    answers: Mutex<HashMap<String, Vec<Answer>>>,
    for_good: Mutex<HashMap<String, Answer>>,
    requests: Mutex<Vec<Request>>,
    stopping: AtomicBool,
}

/// What was asked, and what the answer was.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What stands in the request line: a path, or an address where the mirror is used as a proxy.
    pub target: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
    pub if_none_match: Option<String>,
    pub status: String,
    pub sent: usize,
}

impl Mirror {
    /// Serves `files`, by path.
    pub fn serve<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.stopping.load(Ordering::SeqCst) {
                    return;
                }
                // A client that leaves early is its own business.
                let _ = serving.answer(stream);
            }
        });
        let mirror = Self {
            address,
            shared,
            thread: Some(thread),
        };
        for (path, bytes) in files {
            mirror.put(path, bytes);
        }
        mirror
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a file at a path, in place of the one that was there.
    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        self.shared.files.lock().unwrap().insert(path.to_owned(), bytes);
    }

    /// The next answers for a path, one each.
    pub fn once(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers: Vec<Answer> = answers.into_iter().collect();
        self.shared
            .answers
            .lock()
            .unwrap()
            .insert(path.to_owned(), answers);
    }

    /// Every answer for a path.
    pub fn always(&self, path: &str, answer: Answer) {
        self.shared
            .for_good
            .lock()
            .unwrap()
            .insert(path.to_owned(), answer);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// What was asked since this was asked last.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.requests.lock().unwrap())
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends");
        }
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = request(&stream)?;
        let path = path_of(&request.target).to_owned();
        let special = self.special(&path);
        let done = match special {
            Some(answer) => self.special_answer(&mut stream, &mut request, &path, answer),
            None => self.file(&mut stream, &mut request, &path, None),
        };
        self.requests.lock().unwrap().push(request);
        done
    }

    fn special(&self, path: &str) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap();
        match answers.get_mut(path) {
            Some(left) if !left.is_empty() => Some(left.remove(0)),
            _ => self.for_good.lock().unwrap().get(path).cloned(),
        }
    }

    fn special_answer(
        &self,
        stream: &mut TcpStream,
        request: &mut Request,
        path: &str,
        answer: Answer,
    ) -> std::io::Result<()> {
        match answer {
            Answer::Cut(bytes) => self.file(stream, request, path, Some(bytes)),
            Answer::Status(status) => head(stream, request, status, "Content-Length: 0\r\n"),
            Answer::Redirect(to) => {
                let headers = format!("Location: {to}\r\nContent-Length: 0\r\n");
                head(stream, request, "302 Found", &headers)
            }
            Answer::Page(kind) => {
                let page = "<!DOCTYPE html><html><title>Page not found</title></html>";
                let headers = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", page.len());
                head(stream, request, "200 OK", &headers)?;
                stream.write_all(page.as_bytes())
            }
            Answer::Claims(bytes) => head(stream, request, "200 OK", &format!("Content-Length: {bytes}\r\n")),
        }
    }

    fn file(
        &self,
        stream: &mut TcpStream,
        request: &mut Request,
        path: &str,
        most: Option<usize>,
    ) -> std::io::Result<()> {
        let Some(bytes) = self.files.lock().unwrap().get(path).cloned() else {
            return head(stream, request, "404 Not Found", "Content-Length: 0\r\n");
        };
        let etag = format!("\"{}\"", &hex::encode(Sha256::digest(&bytes))[..16]);
        let known = format!("ETag: {etag}\r\nLast-Modified: {CHANGED}\r\n");
        if request.if_none_match.as_deref() == Some(&etag) {
            return head(stream, request, "304 Not Modified", &known);
        }
        let is_same = request.if_range.as_deref().is_none_or(|state| state == etag);
        let begin = request
            .range
            .as_deref()
            .filter(|_| is_same)
            .and_then(begin_of)
            .unwrap_or(0);
        if begin > 0 && begin >= bytes.len() {
            return head(
                stream,
                request,
                "416 Range Not Satisfiable",
                "Content-Length: 0\r\n",
            );
        }
        let (status, range) = match begin {
            0 => ("200 OK", String::new()),
            _ => {
                let range = format!(
                    "Content-Range: bytes {begin}-{}/{}\r\n",
                    bytes.len() - 1,
                    bytes.len()
                );
                ("206 Partial Content", range)
            }
        };
        let headers = format!(
            "{known}{range}Content-Type: application/zip\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n",
            bytes.len() - begin
        );
        head(stream, request, status, &headers)?;
        let end = most.map_or(bytes.len(), |most| (begin + most).min(bytes.len()));
        stream.write_all(&bytes[begin..end])?;
        request.sent = end - begin;
        stream.flush()?;
        match most {
            Some(_) => stream.shutdown(Shutdown::Both),
            None => Ok(()),
        }
    }
}

fn head(stream: &mut TcpStream, request: &mut Request, status: &str, headers: &str) -> std::io::Result<()> {
    request.status = status.to_owned();
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n")
}

/// A proxy is asked for an address, a server for a path.
fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    path.split('?').next().unwrap_or_default()
}

fn begin_of(range: &str) -> Option<usize> {
    range.strip_prefix("bytes=")?.split_once('-')?.0.parse().ok()
}

fn request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut request = Request {
        target: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        ..Request::default()
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let value = Some(value.trim().to_owned());
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = value,
            "if-range" => request.if_range = value,
            "if-none-match" => request.if_none_match = value,
            _ => {}
        }
    }
    Ok(request)
}
