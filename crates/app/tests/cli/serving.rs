//! `serve`: the doors of the real program.

use crate::support::{Run, library, own_library, program};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running service; killed if a test ends before it was stopped.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        let file = tempfile::tempdir().expect("a folder");
        let address_file = file.path().join("address");
        let child = program(data)
            .args(["serve", "--address", "127.0.0.1:0", "--address-file"])
            .arg(&address_file)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut service = Self {
            child,
            address: String::new(),
        };
        let patience = Instant::now() + Duration::from_secs(120);
        while service.address.is_empty() {
            assert!(
                service.child.try_wait().expect("a child").is_none(),
                "serve ended: {}",
                service.log()
            );
            assert!(Instant::now() < patience, "serve did not open its doors");
            std::thread::sleep(Duration::from_millis(20));
            service.address = std::fs::read_to_string(&address_file).unwrap_or_default();
        }
        service
    }

    /// Sends one request and reads the whole reply, as it is on the wire.
    fn send(&self, request: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).expect("the service listens");
        connection
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a time limit");
        connection
            .write_all(request.as_bytes())
            .expect("the request is taken");
        let mut reply = String::new();
        connection.read_to_string(&mut reply).expect("a reply in UTF-8");
        reply
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        ))
    }

    fn ask(&self, question: &str, accept: &str) -> String {
        let body = serde_json::json!({ "question": question }).to_string();
        self.send(&format!(
            "POST /api/v1/answers HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: {accept}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// SIGTERM, as a container is stopped. Gives the exit code and everything logged.
    fn stop(mut self) -> (Option<i32>, String) {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(told.success());
        let status = self.child.wait().expect("a child");
        (status.code(), self.log())
    }

    fn log(&mut self) -> String {
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).expect("UTF-8");
        }
        log
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail for a child that has ended, and then nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn json(reply: &str) -> serde_json::Value {
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {head}\n{body}"))
}

#[test]
fn the_service_answers_and_ends_well_when_told_to() {
    let folder = own_library();
    let service = Service::start(folder.path(), &[]);
    assert_eq!(json(&service.get("/readyz"))["status"], "ready");
    let answer = json(&service.ask("What is CPT 38900?", "application/json"));
    assert_eq!(answer["summary"]["outcome"], "answered", "{answer:#}");
    let events = service.ask("What is CPT 38900?", "text/event-stream");
    assert!(
        events.contains("event: evidence") && events.contains("event: text"),
        "{events}"
    );
    assert_eq!(events.matches("event: done").count(), 1);
    let page = service.get("/");
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("widget.js"),
        "{page}"
    );
    assert!(service.get("/metrics").contains("codecite_answers_total"));

    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("door=").count(), 2, "one line an answer: {log}");
    assert!(!log.contains("What is"), "a question was logged: {log}");
    assert!(folder.path().join("ledger.sqlite").is_file());
}

#[test]
fn serving_asking_and_loading_share_one_data_folder() {
    let folder = own_library();
    let data = folder.path();
    let service = Service::start(data, &[]);
    let asked = Run::of(data, &["ask", "What is CPT 38900?"]).good();
    assert!(asked.out.contains("Sources"));
    Run::of(data, &["ingest", "--starter"]).good();
    Run::of(data, &["doctor"]).good();
    let answer = json(&service.ask("What is CPT 38900?", "application/json"));
    assert_eq!(answer["summary"]["outcome"], "answered", "{answer:#}");
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn an_address_that_is_taken_is_said() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listener.local_addr().expect("an address").to_string();
    let run = Run::of(library(), &["serve", "--address", &taken]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.err.contains(&taken) && run.err.contains("cannot listen"),
        "{run:?}"
    );
}

#[test]
fn the_service_says_that_nothing_is_loaded() {
    let folder = crate::support::empty_folder();
    let service = Service::start(folder.path(), &[("CODECITE_TELEMETRY__FORMAT", "json")]);
    let reply = service.get("/readyz");
    assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");
    assert_eq!(json(&reply)["code"], "nothing_loaded");
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<&str> = log.lines().collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("nothing_loaded") || line.contains("\"status\":503")),
        "{log}"
    );
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).expect("a log line is JSON");
    }
}
