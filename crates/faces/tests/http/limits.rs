//! Places at the desk, and time.

use crate::support::{House, Mood, Plan, QUESTION, Request, ask, get, post, until, within};
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
    let mut connection = TcpStream::connect(house.address)
        .await
        .expect("the house listens");
    let body = ask(QUESTION).to_string();
    let head = format!(
        "POST {ANSWERS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection
        .write_all(head.as_bytes())
        .await
        .expect("the request is taken");
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
    let mut slow = TcpStream::connect(house.address)
        .await
        .expect("the house listens");
    let head = format!(
        "POST {ANSWERS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{\"que"
    );
    slow.write_all(head.as_bytes()).await.expect("the head is taken");
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
