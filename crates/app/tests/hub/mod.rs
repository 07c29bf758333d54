//! An imitation of the Hugging Face hub on loopback, as far as fetching files goes.
//!
//! It answers as the hub does: a large file's address redirects elsewhere and announces the file's SHA-256, a
//! small one is answered at once under Git's name for it; ranges are honoured.

use sha1_smol::Sha1;
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
    /// The file with which something is wrong until mended, and what.
    fault: Option<(String, Fault)>,
    mended: AtomicBool,
    requests: Mutex<Vec<String>>,
    stopping: AtomicBool,
}

/// What is wrong with the answers for one file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They stop after so many bytes.
    BreaksOff(usize),
    /// The digest that is announced is another file's.
    Lies,
    /// They have this status and no body.
    Refuses(&'static str),
}

impl Hub {
    /// Serves the tiny model as `repository`.
    pub fn serve(repository: &str) -> Self {
        Self::start(repository, None)
    }

    /// As [`Hub::serve`], but with a `fault` in the answers for `file` until [`Hub::mend`].
    pub fn with_fault(repository: &str, file: &str, fault: Fault) -> Self {
        Self::start(repository, Some((file.to_owned(), fault)))
    }

    fn start(repository: &str, fault: Option<(String, Fault)>) -> Self {
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
            fault,
            mended: AtomicBool::new(false),
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

    /// The address with a user name and a password in it.
    pub fn url_with_password(&self, password: &str) -> String {
        format!("http://me:{password}@{}", self.address)
    }

    pub fn mend(&self) {
        self.shared.mended.store(true, Ordering::SeqCst);
    }

    /// Each request's path with its range.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How often `file` was asked for from its first byte to its last.
    pub fn times_fetched(&self, file: &str) -> usize {
        let asked = format!("/{file} bytes=0-");
        let requests = self.requests();
        // A large file is asked for at two addresses: the first only says where the other is.
        let of_contents = requests.iter().filter(|request| {
            request.ends_with(&asked) && (!is_large(file) || request.starts_with("/elsewhere/"))
        });
        of_contents.count()
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
            _ => return nothing(&mut stream, "404 Not Found"),
        };
        let Some(contents) = self.files.get(file) else {
            return nothing(&mut stream, "404 Not Found");
        };
        let fault = self.fault_of(file);
        if let Some(Fault::Refuses(status)) = fault {
            return nothing(&mut stream, status);
        }
        let announced = match fault {
            Some(Fault::Lies) => digest(file, b"another"),
            _ => digest(file, contents),
        };
        let commit = "X-Repo-Commit: 0123456789abcdef0123456789abcdef01234567\r\n";
        if is_large(file) && !elsewhere {
            return write!(
                stream,
                "HTTP/1.1 302 Found\r\n{commit}X-Linked-Etag: \"{announced}\"\r\nETag: \"x\"\r\n\
                 Location: http://{address}/elsewhere/{file}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        let (begin, end) = part(range.as_deref(), contents.len());
        if begin == end {
            return nothing(&mut stream, "416 Range Not Satisfiable");
        }
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\n{commit}ETag: \"{announced}\"\r\nContent-Range: bytes {begin}-{}/{}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            end - 1,
            contents.len(),
            end - begin
        )?;
        match fault {
            Some(Fault::BreaksOff(bytes)) if begin < bytes && end > bytes => {
                stream.write_all(&contents[begin..bytes])?;
                stream.shutdown(Shutdown::Both)
            }
            _ => stream.write_all(&contents[begin..end]),
        }
    }

    fn fault_of(&self, file: &str) -> Option<Fault> {
        let (name, fault) = self.fault.as_ref()?;
        (name == file && !self.mended.load(Ordering::SeqCst)).then_some(*fault)
    }
}

fn nothing(stream: &mut TcpStream, status: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn is_large(file: &str) -> bool {
    file.ends_with(".onnx")
}

/// What the hub announces of a file: the SHA-256 of a large one, Git's SHA-1 of a small one.
pub fn digest(file: &str, contents: &[u8]) -> String {
    if is_large(file) {
        return hex::encode(Sha256::digest(contents));
    }
    let mut git = Sha1::from(format!("blob {}\0", contents.len()));
    git.update(contents);
    git.digest().to_string()
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
