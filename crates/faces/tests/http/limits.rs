//! Places at the desk, and time.

use crate::support::{GatedModel, House, Mood, Plan, QUESTION, Request, ask, get, post, until, within};
use codecite_codebook::Passage;
use codecite_testkit::{ScriptedModel, Step};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANSWERS: &str = "/api/v1/answers";

fn falls_silent() -> ScriptedModel {
    ScriptedModel::plays([
        Step::Says("Code 38900 is an add-on code [1]. ".into()),
        Step::FallsSilent,
    ])
}

/// One place, and nobody waits for it.
fn one_place(model: &ScriptedModel) -> Plan {
    Plan::with_model(model.clone()).config(|config| {
        config.concurrent_answers = 1;
        config.wait_for_place_ms = 0;
    })
}

fn offline() -> Request {
    post(ANSWERS, &json!({ "question": QUESTION, "offline": true }))
}

/// A reply too large for every buffer on its way: whoever does not read it keeps it waiting.
fn with_a_vast_source(mut plan: Plan) -> Plan {
    let mut draft = plan.passages.remove(0).into_draft();
    draft.locator.url = Some("x".repeat(8_000_000));
    plan.passages.push(Passage::new(draft));
    plan
}

/// Asks for events and does not read a single one.
async fn asks_and_never_reads(house: &House) -> TcpStream {
    let body = ask(QUESTION).to_string();
    let request = format!(
        "POST {ANSWERS} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    says(house, &request).await
}

/// A connection on which so much was said, and nothing more.
async fn says(house: &House, words: &str) -> TcpStream {
    let mut connection = TcpStream::connect(house.address)
        .await
        .expect("the house listens");
    connection
        .write_all(words.as_bytes())
        .await
        .expect("what is said is taken");
    connection
}

async fn only_filed_outcome(house: &House) -> String {
    within("the answer to be filed", async {
        loop {
            match house.store.recent(2).expect("the ledger").as_slice() {
                [only] => return only.outcome.clone(),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    })
    .await
}

/// Waits until somebody can ask again.
async fn answered_again(house: &House) {
    within("the place to be given back", async {
        while house.send(offline()).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_full_house_says_so_and_a_reader_who_leaves_makes_room() {
    let model = falls_silent();
    let house = one_place(&model).open().await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("evidence").await;
    for request in [offline(), offline().streaming()] {
        let reply = house.send(request).await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.json()["code"], "busy");
        assert_eq!(reply.header("retry-after"), Some("2"));
    }
    assert_eq!(
        house.send(get("/api/v1/codes/38900")).await.status,
        200,
        "look-ups need no place"
    );
    drop(stream);
    answered_again(&house).await;
}

#[tokio::test]
async fn a_reader_of_json_who_leaves_makes_room_too() {
    let model = falls_silent();
    let house = one_place(&model).open().await;
    let body = ask(QUESTION).to_string();
    let request = format!(
        "POST {ANSWERS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let connection = says(&house, &request).await;
    until("the model to be asked", || model.open_streams() == 1).await;
    drop(connection);
    until("the model's stream to be dropped", || model.open_streams() == 0).await;
    answered_again(&house).await;
}

#[tokio::test]
async fn a_place_is_given_back_after_every_kind_of_end() {
    let model = ScriptedModel::says("Code 38900 is an add-on code [1].");
    let house = one_place(&model).open().await;
    for mood in [Mood::Well, Mood::Away, Mood::Damaged, Mood::Panics] {
        house.set_mood(mood);
        house.send(post(ANSWERS, &ask(QUESTION))).await;
        house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
        house.send(post(ANSWERS, &ask(""))).await;
        house
            .send(post(
                ANSWERS,
                &json!({ "question": QUESTION, "setting": "spaceship" }),
            ))
            .await;
    }
    house.set_mood(Mood::Well);
    answered_again(&house).await;
}

#[tokio::test]
async fn a_body_that_never_ends_takes_nobodys_place() {
    let house = one_place(&ScriptedModel::default())
        .config(|config| config.request_timeout_ms = 400)
        .open()
        .await;
    let head = format!(
        "POST {ANSWERS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{\"que"
    );
    let mut slow = says(&house, &head).await;
    assert_eq!(
        house.send(offline()).await.status,
        200,
        "another one is served meanwhile"
    );
    let mut reply = vec![0; 12];
    within("the end of its patience", slow.read_exact(&mut reply))
        .await
        .expect("a reply");
    assert_eq!(reply, b"HTTP/1.1 408");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends_as_a_problem() {
    let model = falls_silent();
    let house = Plan::with_model(model.clone())
        .config(|config| config.answer_timeout_ms = 300)
        .open()
        .await;
    let reply = house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
    let events = reply.events();
    let (last, before) = events.split_last().expect("events");
    assert_eq!(last.name, "failed");
    assert_eq!(last.data["code"], "timed_out");
    assert_eq!(last.data["request_id"].as_str(), reply.header("x-request-id"));
    assert!(
        before
            .iter()
            .all(|event| event.name != "done" && event.name != "failed")
    );
    until("the model's stream to be dropped", || model.open_streams() == 0).await;

    let reply = house.send(post(ANSWERS, &ask(QUESTION))).await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.json()["code"], "timed_out");
}

#[tokio::test]
async fn a_look_up_that_takes_too_long_ends_as_a_problem() {
    let house = Plan::default()
        .config(|config| config.request_timeout_ms = 100)
        .open()
        .await;
    house.set_mood(Mood::Silent);
    let reply = house.send(get("/api/v1/search?q=diabetes")).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["code"], "timed_out");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn a_reader_who_does_not_read_keeps_no_place_beyond_the_time_limit() {
    // Each of these is withheld, which is an event as well: more than an answer may be ahead of its reader.
    let sentences: String = (0..100).map(|number| format!("Zebra {number} sings. ")).collect();
    for model in [falls_silent(), ScriptedModel::says(sentences)] {
        let plan = one_place(&model).config(|config| config.answer_timeout_ms = 300);
        let house = with_a_vast_source(plan).open().await;
        let _connection = asks_and_never_reads(&house).await;
        assert_eq!(only_filed_outcome(&house).await, "timed_out");
        assert_eq!(model.open_streams(), 0);
        answered_again(&house).await;
    }
}

#[tokio::test]
async fn a_reader_who_does_not_read_loses_its_connection() {
    let model = falls_silent();
    let plan = one_place(&model).config(|config| config.idle_timeout_ms = 300);
    let house = with_a_vast_source(plan).open().await;
    let _connection = asks_and_never_reads(&house).await;
    assert_eq!(only_filed_outcome(&house).await, "left");
    answered_again(&house).await;
}

#[tokio::test]
async fn a_client_that_does_not_get_to_its_request_is_let_go() {
    let house = Plan::default()
        .config(|config| config.idle_timeout_ms = 200)
        .open()
        .await;
    for words in [
        "",
        "P",
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut connection = says(&house, words).await;
        let mut reply = Vec::new();
        // An error is a connection that was let go harder than by an end.
        let _ = within("the end of its patience", connection.read_to_end(&mut reply)).await;
        let answered = reply.starts_with(b"HTTP/1.1 200");
        assert_eq!(answered, words.ends_with("x\r\n\r\n"), "{words:?}");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_its_answer_is_not_idle() {
    let model = GatedModel::new(
        "Code 38900 is an add-on code [1]. It is ",
        "never reported alone [1].",
    );
    let house = Plan::with_model(model.clone())
        .config(|config| config.idle_timeout_ms = 200)
        .open()
        .await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("text").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    model.open();
    stream.event_named("done").await;
}

#[tokio::test]
async fn one_connection_too_many_waits_its_turn() {
    let house = Plan::default()
        .config(|config| config.connections = 1)
        .open()
        .await;
    let first = says(&house, "").await;
    let mut second = tokio::spawn(get("/healthz").send_owned(house.address));
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    assert!(early.is_err(), "it was served beside the first");
    drop(first);
    let reply = within("its turn", second).await.expect("a reply");
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn searches_have_places_of_their_own() {
    let house = Plan::default()
        .config(|config| {
            config.concurrent_searches = 1;
            config.wait_for_place_ms = 0;
            config.request_timeout_ms = 500;
        })
        .open()
        .await;
    house.set_mood(Mood::Silent);
    let search = || house.send(get("/api/v1/search?q=diabetes"));
    let replies = tokio::join!(search(), search());
    let mut codes = Vec::new();
    for reply in [replies.0, replies.1] {
        assert_eq!(reply.status, 503);
        assert_eq!(reply.header("retry-after"), Some("2"));
        codes.push(reply.json()["code"].as_str().expect("a code").to_owned());
    }
    codes.sort();
    assert_eq!(codes, ["busy", "timed_out"]);
    house.set_mood(Mood::Well);
    assert_eq!(search().await.status, 200, "the place was given back");
}
