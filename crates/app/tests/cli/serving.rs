//! `serve`: the doors of the real program.

use crate::service::{Service, json};
use crate::support::{Run, library, own_library};

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
