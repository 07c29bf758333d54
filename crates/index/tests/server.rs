//! The index on a Qdrant server: the conformance suite against a real one, at `CODECITE_TEST_QDRANT_URL`.

#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where to work"
)]

use codecite_index::{ApiKey, ServerConfig, ServerIndex};
use codecite_retrieval::{Fault, Filter, PassageIndex};
use codecite_testkit::index_conformance;
use codecite_testkit::index_conformance::Shelves;
use std::io::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

index_conformance!(shelves);

const URL: &str = "CODECITE_TEST_QDRANT_URL";

/// Each case under its own prefix, so that they run beside each other, and beside other people's.
async fn shelves(case: &str) -> Option<Shelves> {
    let Ok(url) = std::env::var(URL) else {
        // Not `eprintln!`, which the test harness hides: a skip must be seen.
        let told = writeln!(
            std::io::stderr(),
            "SKIPPED {case} on a Qdrant server: set {URL} to the gRPC address of one, such as http://localhost:6334"
        );
        told.expect("standard error is open");
        return None;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let mut config = ServerConfig {
        url,
        api_key: std::env::var("CODECITE_TEST_QDRANT_API_KEY")
            .ok()
            .map(ApiKey::new),
        prefix: format!(
            "test-{}-{}-{}",
            &case[..case.len().min(40)],
            std::process::id(),
            now.subsec_nanos()
        ),
        timeout_ms: 30_000,
        ..ServerConfig::default()
    };
    config.graph.threshold_kb = 100;
    let open = || Arc::new(ServerIndex::new(&config).expect("a possible configuration"));
    let (index, reader) = (open(), open());
    index.discard().await.expect("the server answers");
    let tidy = open();
    Some(Shelves {
        index,
        reader,
        clean_up: Box::pin(async move { tidy.discard().await.expect("removed") }),
    })
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_passing_fault() {
    // Bound and closed again: nobody listens.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    drop(socket);
    let config = ServerConfig {
        url: format!("http://{address}"),
        attempts: 2,
        backoff_ms: 1,
        ..ServerConfig::default()
    };
    let index = ServerIndex::new(&config).expect("a possible configuration");
    let error = index.count(&Filter::default()).await.expect_err("nobody listens");
    assert_eq!(error.fault(), Fault::Transient, "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() {
    // Accepts, and says nothing.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let config = ServerConfig {
        url: format!("http://{}", socket.local_addr().expect("its address")),
        timeout_ms: 100,
        attempts: 1,
        ..ServerConfig::default()
    };
    let index = ServerIndex::new(&config).expect("a possible configuration");
    let error = index.count(&Filter::default()).await.expect_err("nobody answers");
    assert_eq!(error.fault(), Fault::Transient, "{error}");
}
