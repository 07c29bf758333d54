//! The OpenAPI document agrees with the doors.

use crate::support::{House, Request, get};
use serde_json::Value;

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
