//! `POST /api/v1/answers` as server-sent events.

use crate::support::{Event, GatedModel, House, Mood, Plan, QUESTION, ask, post, until};
use codecite_testkit::{ScriptedModel, Step};
use serde_json::{Map, Value, json};

const ANSWERS: &str = "/api/v1/answers";

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

fn assert_ends_once(events: &[Event], end: &str) {
    let ends = events
        .iter()
        .filter(|event| ["done", "failed"].contains(&event.name.as_str()))
        .count();
    assert_eq!(ends, 1, "{:?}", names(events));
    assert_eq!(
        events.last().map(|event| event.name.as_str()),
        Some(end),
        "{events:?}"
    );
}

/// What [`AnswerBody`](codecite_faces::wire::AnswerBody) would hold after these events.
fn collected(events: &[Event]) -> Value {
    let mut body = Map::new();
    for list in ["evidence", "facts", "notices", "text", "withheld"] {
        body.insert(list.into(), json!([]));
    }
    for Event { name, data } in events {
        let list = match name.as_str() {
            "text" | "withheld" => name.as_str(),
            "notice" => "notices",
            "understood" => {
                body.insert("understood".into(), data.clone());
                continue;
            }
            "done" => {
                body.insert("summary".into(), data.clone());
                continue;
            }
            "evidence" => {
                body.insert("evidence".into(), data["passages"].clone());
                continue;
            }
            "facts" => {
                body.insert("facts".into(), data["facts"].clone());
                continue;
            }
            "status" => continue,
            other => panic!("an event {other:?} that docs/api.md does not know"),
        };
        body[list].as_array_mut().expect("a list").push(data.clone());
    }
    Value::Object(body)
}

/// The same answer twice differs in its name and its time only.
fn without_chance(mut answer: Value) -> Value {
    let summary = answer["summary"].as_object_mut().expect("a summary");
    summary.remove("id");
    summary.remove("duration_ms");
    answer
}

#[tokio::test]
async fn events_come_in_their_order_and_end_once() {
    let house = House::open().await;
    let reply = house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-accel-buffering"), Some("no"));
    let events = reply.events();
    assert_ends_once(&events, "done");
    let mut order = names(&events);
    order.dedup();
    assert_eq!(
        order,
        [
            "status",
            "understood",
            "status",
            "evidence",
            "facts",
            "status",
            "text",
            "done"
        ],
        "{events:?}"
    );
    let stages: Vec<&Value> = events
        .iter()
        .filter(|event| event.name == "status")
        .map(|event| &event.data["stage"])
        .collect();
    assert_eq!(stages, ["understanding", "looking_up", "retrieving", "writing"]);
}

#[tokio::test]
async fn the_collected_answer_is_the_streamed_one() {
    let lying = "Code 38900 is an add-on code [1]. It is never reported alone [1]. It pays $512 [1].";
    for plan in [
        Plan::default(),
        Plan::with_model(ScriptedModel::says_in_pieces(lying, 3)),
    ] {
        let house = plan.open().await;
        for question in [
            QUESTION,
            "What is E11?",
            "What is CPT 38901?",
            "Who sings at the opera tonight?",
        ] {
            let streamed = house
                .send(post(ANSWERS, &ask(question)).streaming())
                .await
                .events();
            let whole = house.send(post(ANSWERS, &ask(question))).await.json();
            assert_ends_once(&streamed, "done");
            assert_eq!(
                without_chance(collected(&streamed)),
                without_chance(whole),
                "{question}"
            );
        }
    }
}

#[tokio::test]
async fn a_checked_sentence_arrives_before_the_model_has_ended() {
    let model = GatedModel::new(
        "Code 38900 is an add-on code [1]. It is ",
        "never reported alone [1].",
    );
    let house = Plan::with_model(model.clone()).open().await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    let first = stream.event_named("text").await;
    assert_eq!(first.data["text"], "Code 38900 is an add-on code.");
    assert_eq!(first.data["block"], "paragraph");
    model.open();
    let second = stream.event_named("text").await;
    assert_eq!(second.data["text"], "It is never reported alone.");
    stream.event_named("done").await;
    assert_eq!(stream.event().await, None, "nothing comes after the end");
}

#[tokio::test]
async fn a_model_that_breaks_is_replaced_and_the_reader_is_told() {
    let house = Plan::with_model(ScriptedModel::plays([
        Step::Says("Code 38900 is an add-on code [1]. It is ne".into()),
        Step::Breaks(codecite_answering::ModelError::Unreachable(
            "10.0.0.7 reset the connection".into(),
        )),
    ]))
    .open()
    .await;
    let reply = house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
    let events = reply.events();
    assert_ends_once(&events, "done");
    let summary = &events.last().expect("an end").data;
    assert_eq!(summary["fallback"]["reason"], "model_failed");
    assert_eq!(summary["writer"], "composer");
    assert!(
        !reply.text().contains("10.0.0.7"),
        "the address is the operator's business"
    );
}

#[tokio::test]
async fn what_fails_on_the_way_ends_the_stream_as_a_problem_with_the_request_id() {
    let house = House::open().await;
    for (mood, code) in [
        (Mood::Away, "index_unavailable"),
        (Mood::Damaged, "internal"),
        (Mood::Panics, "internal"),
    ] {
        house.set_mood(mood);
        let reply = house.send(post(ANSWERS, &ask(QUESTION)).streaming()).await;
        assert_eq!(reply.status, 200);
        let events = reply.events();
        assert_ends_once(&events, "failed");
        let problem = &events.last().expect("an end").data;
        assert_eq!(problem["code"], code, "{mood:?}");
        assert_eq!(
            problem["request_id"].as_str(),
            reply.header("x-request-id"),
            "{mood:?}"
        );
        assert!(!reply.text().contains("secret"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_question_that_is_refused_before_the_first_event_is_a_problem_by_its_status() {
    let house = House::open().await;
    let reply = house.send(post(ANSWERS, &ask("")).streaming()).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.json()["code"], "question");
    assert_eq!(reply.json()["request_id"].as_str(), reply.header("x-request-id"));
}

#[tokio::test]
async fn a_reader_who_leaves_takes_the_model_with_it() {
    let model = ScriptedModel::plays([
        Step::Says("Code 38900 is an add-on code [1]. ".into()),
        Step::FallsSilent,
    ]);
    let house = Plan::with_model(model.clone()).open().await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("evidence").await;
    until("the model to be asked", || model.open_streams() == 1).await;
    drop(stream);
    until("the model's stream to be dropped", || model.open_streams() == 0).await;
    let filed = || house.store.recent(1).expect("the ledger").pop();
    until("the answer to be filed", || filed().is_some()).await;
    let filed = filed().expect("filed");
    assert_eq!(filed.outcome, "left");
    assert_eq!(filed.editions, [codecite_codebook::EditionId::new("reference")]);
}
