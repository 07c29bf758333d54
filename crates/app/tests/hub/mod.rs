//! An imitation of the Hugging Face hub on loopback, as far as fetching files goes.
//!
//! It answers as the hub does: a large file's address redirects elsewhere and announces the file's SHA-256, a
//! small one is answered at once under its blob's name; ranges are honoured.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The files of the tiny model.
pub fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-hub")
}

/// The server; dropping it stops it.
pub struct Hub {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// Contents by path under the repository.
    files: HashMap<String, Vec<u8>>,
    repository: String,
    /// A file whose answers stop after so many bytes, until mended.
    breaks_off: Option<(String, usize)>,
    mended: AtomicBool,
    /// A file whose announced digest is another one's.
    lies_about: Option<String>,
    requests: Mutex<Vec<String>>,
    stopping: AtomicBool,
}

impl Hub {
    /// Serves the tiny model as `repository`.
    pub fn serve(repository: &str) -> Self {
        Self::start(repository, None, None)
    }

    /// As [`Hub::serve`], but answers for `file` stop after `bytes` bytes until [`Hub::mend`].
    pub fn breaking_off(repository: &str, file: &str, bytes: usize) -> Self {
        Self::start(repository, Some((file.to_owned(), bytes)), None)
    }

    /// As [`Hub::serve`], but another digest is announced for `file`.
    pub fn lying(repository: &str, file: &str) -> Self {
        Self::start(repository, None, Some(file.to_owned()))
    }

    fn start(repository: &str, breaks_off: Option<(String, usize)>, lies_about: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let names = [
            "onnx/model.onnx",
            "tokenizer.json",
            "config.json",
            "special_tokens_map.json",
            "tokenizer_config.json",
        ];
        let shared = Arc::new(Shared {
            files: names
                .map(|name| (name.to_owned(), std::fs::read(files().join(name)).unwrap()))
                .into(),
            repository: repository.to_owned(),
            breaks_off,
            mended: AtomicBool::new(false),
            lies_about,
            requests: Mutex::new(Vec::new()),
            stopping: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.stopping.load(Ordering::SeqCst) {
                    return;
                }
                // A client that leaves early is its own business.
                let _ = serving.answer(stream, address);
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn mend(&self) {
        self.shared.mended.store(true, Ordering::SeqCst);
    }

    /// Each request's path with its range.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream, address: SocketAddr) -> std::io::Result<()> {
        let (path, range) = request(&stream)?;
        self.requests
            .lock()
            .unwrap()
            .push(format!("{path} {}", range.as_deref().unwrap_or("")));
        let resolve = format!("/{}/resolve/main/", self.repository);
        let (file, elsewhere) = match (path.strip_prefix(&resolve), path.strip_prefix("/elsewhere/")) {
            (Some(file), _) => (file, false),
            (_, Some(file)) => (file, true),
            _ => {
                return stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        };
        let Some(contents) = self.files.get(file) else {
            return stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let commit = "X-Repo-Commit: 0123456789abcdef0123456789abcdef01234567\r\n";
        if file.ends_with(".onnx") && !elsewhere {
            let announced = if self.lies_about.as_deref() == Some(file) {
                &b"another"[..]
            } else {
                contents
            };
            let digest = hex::encode(Sha256::digest(announced));
            return write!(
                stream,
                "HTTP/1.1 302 Found\r\n{commit}X-Linked-Etag: \"{digest}\"\r\nETag: \"x\"\r\n\
                 Location: http://{address}/elsewhere/{file}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        let (begin, end) = part(range.as_deref(), contents.len());
        let body = &contents[begin..end];
        // The blob's name of a small file has 40 digits on the hub; any will do.
        let etag = &hex::encode(Sha256::digest(contents))[..40];
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\n{commit}ETag: \"{etag}\"\r\nContent-Range: bytes {begin}-{}/{}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            end.saturating_sub(1),
            contents.len(),
            body.len()
        )?;
        let stops = self
            .breaks_off
            .as_ref()
            .filter(|(name, _)| name == file && !self.mended.load(Ordering::SeqCst));
        match stops {
            Some((_, bytes)) if begin < *bytes && end > *bytes => {
                stream.write_all(&contents[begin..*bytes])?;
                stream.shutdown(Shutdown::Both)
            }
            _ => stream.write_all(body),
        }
    }
}

/// The path and the range of a request.
fn request(stream: &TcpStream) -> std::io::Result<(String, Option<String>)> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = Some(value.trim().to_owned());
        }
    }
    Ok((path, range))
}

fn part(range: Option<&str>, length: usize) -> (usize, usize) {
    let Some((begin, end)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return (0, length);
    };
    let begin = begin.parse().unwrap_or(0).min(length);
    let end = end.parse::<usize>().map_or(length, |end| (end + 1).min(length));
    (begin, end.max(begin))
}
