//! `POST /api/v1/answers` as one JSON object.

use crate::support::{GatedModel, House, Mood, Plan, QUESTION, Request, ask, evening, post};
use codecite_faces::Clock;
use codecite_testkit::ScriptedModel;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const ANSWERS: &str = "/api/v1/answers";

fn sentences(answer: &Value) -> Vec<&str> {
    let text = answer["text"].as_array().expect("text");
    text.iter()
        .map(|sentence| sentence["text"].as_str().expect("a sentence"))
        .collect()
}

#[tokio::test]
async fn a_question_comes_back_answered_cited_and_summed_up() {
    let house = House::open().await;
    let reply = house.send(post(ANSWERS, &ask(QUESTION))).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let answer = reply.json();
    assert_eq!(
        answer["understood"]["codes"],
        json!([{ "system": "CPT", "code": "38900" }])
    );
    assert_eq!(answer["understood"]["date_of_service"], "2026-11-23");
    assert_eq!(answer["understood"]["date_given"], false);
    assert!(
        sentences(&answer)
            .iter()
            .any(|text| text.contains("is an add-on code")),
        "{answer:#}"
    );
    let numbers: Vec<u64> = answer["evidence"]
        .as_array()
        .expect("evidence")
        .iter()
        .map(|passage| passage["number"].as_u64().expect("a number"))
        .collect();
    for sentence in answer["text"].as_array().expect("text") {
        let citations = sentence["citations"].as_array().expect("citations");
        assert!(!citations.is_empty(), "uncited: {sentence}");
        assert!(
            citations
                .iter()
                .all(|cited| numbers.contains(&cited.as_u64().expect("a number")))
        );
    }
    assert_eq!(
        answer["facts"][0]["rows"],
        json!([{ "label": "global days", "value": "ZZZ" }])
    );
    let summary = &answer["summary"];
    assert_eq!(summary["outcome"], "answered");
    assert_eq!(summary["writer"], "composer");
    assert_eq!(summary["shown"].as_u64(), Some(sentences(&answer).len() as u64));
    assert_eq!(summary["editions"], json!(["reference"]));
}

#[tokio::test]
async fn a_model_writes_where_there_is_one_and_is_left_out_offline() {
    let model = ScriptedModel::says("Code 38900 is an add-on code [1].");
    let house = Plan::with_model(model.clone()).open().await;
    let answer = house.send(post(ANSWERS, &ask(QUESTION))).await.json();
    assert_eq!(sentences(&answer), ["Code 38900 is an add-on code."]);
    assert_eq!(answer["summary"]["writer"], "model");
    assert_eq!(answer["summary"]["model"], "scripted");
    assert_eq!(answer["summary"]["prompt"]["id"], "answer");

    let offline = json!({ "question": QUESTION, "offline": true });
    let answer = house.send(post(ANSWERS, &offline)).await.json();
    assert_eq!(answer["summary"]["writer"], "composer");
    assert_eq!(
        answer["summary"]["fallback"],
        Value::Null,
        "leaving the model out is no fallback"
    );
    assert_eq!(model.heard().len(), 1);
}

#[tokio::test]
async fn what_a_model_makes_up_is_withheld_without_its_words() {
    let house = Plan::with_model(ScriptedModel::says(
        "Code 38900 is an add-on code [1]. It is never reported alone [1]. Code 99999 pays $512 [1].",
    ))
    .open()
    .await;
    let reply = house.send(post(ANSWERS, &ask(QUESTION))).await;
    assert!(!reply.text().contains("512"), "{}", reply.text());
    assert!(!reply.text().contains("99999"));
    let answer = reply.json();
    assert_eq!(answer["withheld"].as_array().map(Vec::len), Some(1), "{answer:#}");
    assert_eq!(answer["summary"]["withheld"], 1);
}

#[tokio::test]
async fn the_date_of_service_rules_the_answer() {
    let house = House::open().await;
    let then = json!({ "question": "What is E11.9?", "date_of_service": "2031-01-15" });
    let answer = house.send(post(ANSWERS, &then)).await.json();
    assert_eq!(answer["understood"]["date_of_service"], "2031-01-15");
    assert_eq!(answer["understood"]["date_given"], true);
    assert_eq!(
        answer["summary"]["abstention"]["type"], "date_out_of_range",
        "{answer:#}"
    );
}

#[tokio::test]
async fn nonsense_is_declined_with_its_type() {
    let house = House::open().await;
    let answer = house
        .send(post(ANSWERS, &ask("Who sings at the opera tonight?")))
        .await
        .json();
    assert_eq!(answer["summary"]["outcome"], "abstained", "{answer:#}");
    let kind = answer["summary"]["abstention"]["type"].as_str().expect("a type");
    assert!(["out_of_scope", "not_in_sources"].contains(&kind), "{kind}");
    assert_eq!(answer["text"], json!([]));
}

#[tokio::test]
async fn markup_in_a_question_never_comes_back() {
    let house = House::open().await;
    let question = "What is CPT 38900? <script>alert(1)</script><img src=x onerror=alert(2)>";
    for request in [
        post(ANSWERS, &ask(question)),
        post(ANSWERS, &ask(question)).streaming(),
    ] {
        let reply = house.send(request).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        for echoed in ["<script", "alert", "onerror", "<img"] {
            assert!(
                !reply.text().contains(echoed),
                "{echoed:?} came back: {}",
                reply.text()
            );
        }
    }
}

#[tokio::test]
async fn an_answer_is_filed_without_its_question() {
    let house = House::open().await;
    let question = "What is CPT 38900 for my zebrafish Quasimodo?";
    let json = house.send(post(ANSWERS, &ask(question))).await.json();
    let events = house
        .send(post(ANSWERS, &ask(question)).streaming())
        .await
        .events();
    let filed = house.store.recent(10).expect("the ledger");
    assert_eq!(filed.len(), 2);
    for (record, door, summary) in [
        (&filed[1], "rest", &json["summary"]),
        (&filed[0], "sse", &events.last().expect("an end").data),
    ] {
        assert_eq!(record.door, door);
        assert_eq!(summary["id"], record.id.to_string());
        assert_eq!(record.outcome, "answered");
        assert_eq!(record.date_of_service.to_string(), "2026-11-23");
        assert_eq!(summary["shown"].as_u64(), Some(record.shown));
    }
    for entry in std::fs::read_dir(house.folder()).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file").to_ascii_lowercase();
            let text = String::from_utf8_lossy(&bytes);
            assert!(
                !text.contains("zebrafish") && !text.contains("quasimodo"),
                "{} keeps it",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_fails_on_its_way_is_filed_and_a_refused_question_is_not() {
    let house = House::open().await;
    house.send(post(ANSWERS, &ask(""))).await;
    assert_eq!(house.store.recent(10).expect("the ledger"), []);
    house.set_mood(Mood::Damaged);
    let asked = json!({ "question": QUESTION, "date_of_service": "2026-02-14" });
    house.send(post(ANSWERS, &asked)).await;
    let filed = house.store.recent(10).expect("the ledger");
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0].outcome, "failed");
    assert_eq!(filed[0].writer, "unknown");
    assert_eq!(filed[0].date_of_service.to_string(), "2026-02-14");
}

#[tokio::test]
async fn a_question_is_filed_under_the_time_when_it_came_in() {
    let model = GatedModel::new(
        "Code 38900 is an add-on code [1]. It is ",
        "never reported alone [1].",
    );
    let now = Arc::new(Mutex::new(evening()));
    let told = Arc::clone(&now);
    let house = Plan {
        clock: Clock::new(move || *told.lock().expect("no poison")),
        ..Plan::with_model(model.clone())
    }
    .open()
    .await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("text").await;
    *now.lock().expect("no poison") += std::time::Duration::from_secs(60);
    model.open();
    stream.event_named("done").await;
    let filed = house.store.recent(1).expect("the ledger");
    assert_eq!(filed[0].asked_at, evening());
}

#[tokio::test]
async fn a_setting_is_one_of_those_there_are() {
    let house = House::open().await;
    let asked = json!({ "question": QUESTION, "setting": "practitioner" });
    assert_eq!(house.send(post(ANSWERS, &asked)).await.status, 200);
    let asked = json!({ "question": QUESTION, "setting": "spaceship" });
    let problem = house.send(post(ANSWERS, &asked)).await;
    assert_eq!(problem.status, 400);
    assert!(
        problem.json()["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("outpatient_hospital"))
    );
}

#[tokio::test]
async fn a_question_may_be_as_long_as_is_allowed_in_any_script() {
    let house = House::open().await;
    let long = format!("What is CPT 38900? {}", "é".repeat(2_000 - 19));
    assert_eq!(long.chars().count(), 2_000);
    assert_eq!(house.send(post(ANSWERS, &ask(&long))).await.status, 200);
    let reply = Request::new("POST", ANSWERS)
        .header("content-type", "application/json; charset=utf-8")
        .body(ask("¿Qué es CPT 38900? 🩺 \u{202e}").to_string())
        .send(house.address)
        .await;
    assert_eq!(reply.status, 200);
}
