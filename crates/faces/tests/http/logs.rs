//! One line a request, and not a word of what was asked.

use crate::support::{House, Mood, Plan, QUESTION, Request, ask, get, post, until};
use codecite_testkit::{ScriptedModel, Step};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tracing_subscriber::fmt::format::FmtSpan;

const ANSWERS: &str = "/api/v1/answers";

/// Everything that this program logs, down to the finest level, with the thread that logged it: a test's house
/// runs on the test's thread.
static LOGGED: Mutex<Vec<(ThreadId, Vec<u8>)>> = Mutex::new(Vec::new());

/// Begins to capture. One subscriber for all tests: with one for each, tracing remembers of a line that nobody
/// wants it, when it first comes from a thread that has none.
fn capture() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(|| Line)
            .init();
    });
}

/// Takes one line.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED
            .lock()
            .expect("no poison")
            .push((thread::current().id(), bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What any thread logged, in lower case.
fn everything() -> String {
    let logged = LOGGED.lock().expect("no poison");
    logged
        .iter()
        .map(|(_, line)| String::from_utf8_lossy(line).to_lowercase())
        .collect()
}

/// The lines of this test with one of these messages.
fn lines(messages: &[&str]) -> Vec<Value> {
    let logged = LOGGED.lock().expect("no poison");
    logged
        .iter()
        .filter(|(thread, _)| *thread == thread::current().id())
        .map(|(_, line)| serde_json::from_slice::<Value>(line).expect("a line is JSON"))
        .filter(|line| messages.iter().any(|message| line["message"] == *message))
        .collect()
}

/// The lines that close the requests of this test.
fn requests() -> Vec<Value> {
    lines(&["answer", "request"])
}

#[tokio::test]
async fn no_word_of_a_question_reaches_a_log() {
    capture();
    let model = ScriptedModel::says("The zebrafish has code 99999 [1]. Code 38900 is an add-on code [1].");
    let house = Plan::with_model(model).open().await;
    let question = "What is CPT 38900 for Quasimodo's zebrafish, born 1964-07-13?";
    let json = |body: &str| {
        Request::new("POST", ANSWERS)
            .header("content-type", "application/json")
            .body(body)
    };
    for mood in [Mood::Well, Mood::Away, Mood::Damaged, Mood::Panics] {
        house.set_mood(mood);
        for request in [
            post(ANSWERS, &ask(question)),
            post(ANSWERS, &ask(question)).streaming(),
            post(ANSWERS, &json!({ "question": question, "offline": true })),
            post(ANSWERS, &json!({ "question": question, "setting": "zebrafish" })),
            post(ANSWERS, &ask(&question.repeat(100))),
            json(r#"{"question": "zebrafish", "Quasimodo": 1}"#),
            json("zebrafish"),
            get("/api/v1/search?q=zebrafish+Quasimodo+diabetes"),
            get("/api/v1/codes/zebrafish"),
            get("/zebrafish"),
        ] {
            house.send(request).await;
        }
    }
    let log = everything();
    assert_eq!(requests().len(), 40, "one line a request");
    for word in ["zebrafish", "quasimodo", "1964-07"] {
        assert!(
            !log.contains(word),
            "{word} was logged: {}",
            log.lines().find(|line| line.contains(word)).unwrap()
        );
    }
}

#[tokio::test]
async fn a_line_says_what_an_operator_asks_for() {
    capture();
    let house = House::open().await;
    let reply = house
        .send(post(ANSWERS, &ask(QUESTION)).header("x-request-id", "proxy-0001"))
        .await;
    house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
    house.send(post(ANSWERS, &ask(""))).await;
    house.send(get("/api/v1/codes/38901")).await;
    let lines = requests();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert_eq!(lines[0]["request_id"], "proxy-0001");
    assert_eq!(lines[0]["answer_id"], reply.json()["summary"]["id"]);
    for (line, door) in [(&lines[0], "rest"), (&lines[1], "sse")] {
        assert_eq!(line["door"], door);
        assert_eq!(line["route"], ANSWERS);
        assert_eq!(line["status"], 200);
        assert_eq!(line["outcome"], "answered");
        assert_eq!(line["writer"], "composer");
        assert!(line["shown"].as_u64().is_some_and(|shown| shown > 0));
        assert!(line["duration_ms"].is_number());
        assert_eq!(line.get("spans"), None, "the line says it all, and says it once");
    }
    assert_eq!(lines[2]["outcome"], "failed");
    assert_eq!(lines[2]["status"], 400);
    assert_eq!(
        lines[3]["route"], "/api/v1/codes/{code}",
        "the pattern, and not what was looked up"
    );
    assert_eq!(lines[3]["status"], 404);
}

#[tokio::test]
async fn a_reader_who_leaves_has_a_line_too() {
    capture();
    let model = ScriptedModel::plays([Step::FallsSilent]);
    let house = Plan::with_model(model.clone()).open().await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("evidence").await;
    until("the model to be asked", || model.open_streams() == 1).await;
    drop(stream);
    until("the line to be written", || !requests().is_empty()).await;
    assert_eq!(requests()[0]["outcome"], "left");
}

#[tokio::test]
async fn a_client_that_leaves_a_look_up_has_a_line_and_is_counted() {
    capture();
    let house = House::open().await;
    house.set_mood(Mood::Silent);
    let mut connection = TcpStream::connect(house.address)
        .await
        .expect("the house listens");
    connection
        .write_all(b"GET /api/v1/search?q=pain HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("the request is taken");
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(connection);
    until("the line to be written", || !requests().is_empty()).await;
    let line = &requests()[0];
    assert_eq!(line["route"], "/api/v1/search");
    assert_eq!(line["status"], 499);
    let metrics = house.send(get("/metrics")).await;
    let counted = |line: &str| line.contains("/api/v1/search") && line.contains(r#"status="499""#);
    assert!(metrics.text().lines().any(counted), "{}", metrics.text());
}

#[tokio::test]
async fn what_the_rooms_do_stands_under_the_request_and_its_answer() {
    capture();
    let house = House::open().await;
    let asked = |id: &str| post(ANSWERS, &ask(QUESTION)).header("x-request-id", id);
    house.send(asked("spans-0001").streaming()).await;
    let retrieval = lines(&["close"])
        .into_iter()
        .find(|line| line["span"]["name"] == "retrieval.retrieve")
        .expect("the span of the retrieval");
    let above = retrieval["spans"].as_array().expect("the spans above it");
    let [request, answer] = [&above[0], &above[1]];
    assert_eq!(request["name"], "faces.request");
    assert_eq!(request["request_id"], "spans-0001");
    assert_eq!(request["route"], ANSWERS);
    assert_eq!(answer["name"], "faces.answer");
    assert_eq!(answer["door"], "sse");

    house.set_mood(Mood::Damaged);
    house.send(asked("spans-0002")).await;
    let failed = lines(&["a request failed inside"]);
    assert_eq!(
        failed[0]["spans"][0]["request_id"], "spans-0002",
        "the log has the reason under the request id"
    );
}
