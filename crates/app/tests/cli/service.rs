//! The real service as another process.

use crate::support::program;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running service; killed if a test ends before it was stopped.
pub struct Service {
    child: Child,
    address: String,
}

impl Service {
    pub fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
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

    pub fn get(&self, path: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        ))
    }

    pub fn ask(&self, question: &str, accept: &str) -> String {
        self.post(serde_json::json!({ "question": question }), accept)
    }

    /// One whole answer, as of a date of service.
    pub fn ask_on(&self, question: &str, day: &str) -> String {
        let body = serde_json::json!({ "question": question, "date_of_service": day });
        self.post(body, "application/json")
    }

    fn post(&self, body: serde_json::Value, accept: &str) -> String {
        let body = body.to_string();
        self.send(&format!(
            "POST /api/v1/answers HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: {accept}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// SIGTERM, as a container is stopped. Gives the exit code and everything logged.
    pub fn stop(mut self) -> (Option<i32>, String) {
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

/// The body of a reply, which is JSON.
pub fn json(reply: &str) -> serde_json::Value {
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {head}\n{body}"))
}
