//! The OpenAPI document agrees with the doors.

use crate::support::{House, Mood, Plan, QUESTION, Reply, Request, ask, get, post};
use codecite_testkit::{ScriptedModel, Step};
use serde_json::Value;
use std::collections::BTreeSet;

const ANSWERS: &str = "/api/v1/answers";

#[tokio::test]
async fn the_document_names_every_door_and_every_form() {
    let house = House::open().await;
    let reply = house.send(get("/api/v1/openapi.json")).await;
    assert_eq!(reply.status, 200);
    let document = reply.json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3."))
    );
    assert_eq!(document["info"]["title"], "Codecite");
    for (path, method) in [
        ("/api/v1/answers", "post"),
        ("/api/v1/codes/{code}", "get"),
        ("/api/v1/search", "get"),
        ("/api/v1/passages/{id}", "get"),
        ("/api/v1/editions", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    ] {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path} is missing"
        );
    }
    for form in [
        "AskBody",
        "AnswerBody",
        "ProblemBody",
        "WirePassage",
        "WireFact",
        "WireSummary",
        "SearchBody",
    ] {
        assert!(
            document["components"]["schemas"][form].is_object(),
            "{form} is missing"
        );
    }
    assert_eq!(
        document,
        serde_json::to_value(codecite_faces::openapi()).expect("JSON")
    );
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_path_to_a_door() {
    let house = House::open().await;
    let document = house.send(get("/api/v1/openapi.json")).await.json();
    let mut references = Vec::new();
    gather(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let found = document.pointer(reference.trim_start_matches('#'));
        assert!(found.is_some(), "{reference} leads nowhere");
    }
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let path = path
                .replace("{from}", "pairs")
                .replace("{to}", "pairs")
                .replace("{code}", "38900")
                .replace("{id}", "6b3c8a40-0000-8000-8000-000000000000");
            let reply = house.send(Request::new(&method.to_uppercase(), &path)).await;
            let code = (reply.status >= 400).then(|| reply.json()["code"].clone());
            let nobody = [Value::from("unknown_address"), Value::from("unknown_method")];
            assert!(
                code.is_none_or(|code| !nobody.contains(&code)),
                "{method} {path} has no door"
            );
        }
    }
}

/// What a door may answer, as the document has it: status and content type.
fn declared(document: &Value, method: &str, path: &str) -> BTreeSet<(u16, String)> {
    let responses = &document["paths"][path][method]["responses"];
    let responses = responses.as_object().expect("responses");
    let kinds = |response: &Value| -> Vec<String> {
        let content = response["content"].as_object().expect("a content");
        content.keys().cloned().collect()
    };
    responses
        .iter()
        .flat_map(|(status, response)| {
            let status: u16 = status.parse().expect("a status");
            kinds(response).into_iter().map(move |kind| (status, kind))
        })
        .collect()
}

/// What a reply is: status and content type, without its parameters.
fn sent(reply: &Reply) -> (u16, String) {
    let kind = reply.header("content-type").expect("a content type");
    let kind = kind.split(';').next().unwrap_or_default();
    (reply.status, kind.to_owned())
}

/// Every kind of reply that a test can bring about, by the address of the document.
async fn every_kind_of_reply() -> Vec<(&'static str, &'static str, Reply)> {
    const CODES: &str = "/api/v1/codes/{code}";
    const PASSAGES: &str = "/api/v1/passages/{id}";
    const SEARCH: &str = "/api/v1/search";
    const TITLES: &str = "/api/v1/codes";
    const EDITS: &str = "/api/v1/edits";
    const FEES: &str = "/api/v1/fees/{code}";
    const CHECK: &str = "/api/v1/check";
    const DIFF: &str = "/api/v1/editions/{from}/diff/{to}";
    const FINDINGS: &str = "/api/v1/editions/{id}/findings";
    const NOWHERE: &str = "/api/v1/passages/6b3c8a40-0000-8000-8000-000000000000";
    let house = Plan::default()
        .config(|config| config.body_bytes = 1_024)
        .open()
        .await;
    let mut replies = Vec::new();
    let answer = house.send(post(ANSWERS, &ask(QUESTION))).await;
    let cited = answer.json()["evidence"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    replies.push(("post", ANSWERS, answer));
    let json = |body: String| {
        Request::new("POST", ANSWERS)
            .header("content-type", "application/json")
            .body(body)
    };
    for request in [
        post(ANSWERS, &ask(QUESTION)).streaming(),
        post(ANSWERS, &ask("")),
        post(ANSWERS, &ask("")).streaming(),
        json("{".to_owned()),
        json("{}".to_owned()),
        json(ask(&"a".repeat(1_024)).to_string()),
        Request::new("POST", ANSWERS).body("{}"),
    ] {
        replies.push(("post", ANSWERS, house.send(request).await));
    }
    let claim = |body: String| {
        Request::new("POST", CHECK)
            .header("content-type", "application/json")
            .body(body)
    };
    for request in [
        claim(r#"{"lines": ["38900", "38525"]}"#.to_owned()),
        claim(r#"{"lines": []}"#.to_owned()),
        claim("{}".to_owned()),
        claim("{".to_owned()),
        claim(format!("{{\"lines\": [\"{}\"]}}", "a".repeat(1_024))),
        Request::new("POST", CHECK).body("{}"),
    ] {
        replies.push(("post", CHECK, house.send(request).await));
    }
    let look_ups = [
        (CODES, "/api/v1/codes/38900".to_owned()),
        (CODES, "/api/v1/codes/38901".to_owned()),
        (CODES, "/api/v1/codes/zebra".to_owned()),
        (SEARCH, "/api/v1/search?q=diabetes".to_owned()),
        (SEARCH, "/api/v1/search?q=".to_owned()),
        (PASSAGES, format!("/api/v1/passages/{cited}")),
        (PASSAGES, NOWHERE.to_owned()),
        (PASSAGES, "/api/v1/passages/42".to_owned()),
        ("/api/v1/editions", "/api/v1/editions".to_owned()),
        (DIFF, "/api/v1/editions/pairs/diff/pairs".to_owned()),
        (DIFF, "/api/v1/editions/pairs/diff/reference".to_owned()),
        (DIFF, "/api/v1/editions/pairs/diff/nowhere".to_owned()),
        (FINDINGS, "/api/v1/editions/pairs/findings".to_owned()),
        (FINDINGS, "/api/v1/editions/nowhere/findings".to_owned()),
        (TITLES, "/api/v1/codes?words=diabetes".to_owned()),
        (TITLES, "/api/v1/codes".to_owned()),
        (EDITS, "/api/v1/edits?codes=38900,38525".to_owned()),
        (EDITS, "/api/v1/edits?codes=38900&setting=dme".to_owned()),
        (EDITS, "/api/v1/edits?codes=zebra".to_owned()),
        (FEES, "/api/v1/fees/99213".to_owned()),
        (FEES, "/api/v1/fees/38900".to_owned()),
        (FEES, "/api/v1/fees/99213?zip=1".to_owned()),
        ("/healthz", "/healthz".to_owned()),
        ("/readyz", "/readyz".to_owned()),
        ("/metrics", "/metrics".to_owned()),
    ];
    for mood in [Mood::Well, Mood::Away, Mood::Damaged, Mood::Panics] {
        house.set_mood(mood);
        for (path, address) in &look_ups {
            replies.push(("get", *path, house.send(get(address)).await));
        }
        replies.push(("post", ANSWERS, house.send(post(ANSWERS, &ask(QUESTION))).await));
    }
    let slow = Plan::with_model(ScriptedModel::plays([Step::FallsSilent]))
        .config(|config| {
            config.answer_timeout_ms = 200;
            config.request_timeout_ms = 200;
        })
        .open()
        .await;
    let body_that_does_not_end = json("{".to_owned()).header("content-length", "50");
    for request in [post(ANSWERS, &ask(QUESTION)), body_that_does_not_end] {
        replies.push(("post", ANSWERS, slow.send(request).await));
    }
    replies
}

#[tokio::test]
async fn every_reply_is_declared_and_every_declared_one_is_sent() {
    let document = serde_json::to_value(codecite_faces::openapi()).expect("JSON");
    let mut unseen = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            for reply in declared(&document, method, path) {
                unseen.insert((method.clone(), path.clone(), reply));
            }
        }
    }
    for (method, path, reply) in every_kind_of_reply().await {
        let sent = sent(&reply);
        assert!(
            declared(&document, method, path).contains(&sent),
            "{method} {path} sends {sent:?}, which the document does not declare"
        );
        unseen.remove(&(method.to_owned(), path.to_owned(), sent));
    }
    // What asks the tables alone no test can make fail; a client has to be ready for it.
    let asks_tables = [
        "/api/v1/codes",
        "/api/v1/edits",
        "/api/v1/fees/{code}",
        "/api/v1/check",
    ];
    unseen.retain(|(_, path, (status, _))| {
        *status < 500 || !(path.starts_with("/api/v1/editions") || asks_tables.contains(&path.as_str()))
    });
    assert_eq!(unseen, BTreeSet::new(), "declared, and never sent");
}

fn gather<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                references.push(reference);
            }
            fields.values().for_each(|inner| gather(inner, references));
        }
        Value::Array(items) => items.iter().for_each(|inner| gather(inner, references)),
        _ => {}
    }
}
