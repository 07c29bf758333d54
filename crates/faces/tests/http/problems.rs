//! Everything that goes wrong comes as `application/problem+json`, says what to do, and carries its request id.

use crate::support::{House, Mood, Plan, QUESTION, Reply, Request, ask, get, post};
use serde_json::{Value, json};

const ANSWERS: &str = "/api/v1/answers";
const DOCUMENTED: &str = include_str!("../../../../docs/api.md");

/// Checks what all problems have, and gives the body.
fn problem(reply: &Reply, status: u16, code: &str) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let body = reply.json();
    assert_eq!(body["status"], status);
    assert_eq!(body["code"], code);
    assert!(
        DOCUMENTED.contains(&format!("`{code}`")),
        "docs/api.md does not explain {code}"
    );
    assert_eq!(body["type"], format!("urn:codecite:problem:{code}"));
    for words in ["title", "detail", "advice"] {
        assert!(
            body[words].as_str().is_some_and(|text| text.len() > 3),
            "{words} is missing: {body}"
        );
    }
    let request_id = reply.header("x-request-id");
    assert!(request_id.is_some_and(|id| id.len() >= 8));
    assert_eq!(body["request_id"].as_str(), request_id);
    assert_eq!(
        reply.header("retry-after").is_some(),
        status == 503,
        "Retry-After belongs to 503"
    );
    body
}

#[tokio::test]
async fn a_question_that_cannot_be_worked_on() {
    let house = House::open().await;
    let too_long = "a".repeat(2_001);
    for (question, says) in [("", "empty"), (" \t\n", "empty"), (too_long.as_str(), "2000")] {
        let reply = house.send(post(ANSWERS, &ask(question))).await;
        let body = problem(&reply, 400, "question");
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains(says)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_this_address_takes() {
    let house = House::open().await;
    let json = |body: &str| {
        Request::new("POST", ANSWERS)
            .header("content-type", "application/json")
            .body(body)
    };
    for (request, status, code) in [
        (json("What is a zebrafish?"), 400, "body"),
        (json(""), 400, "body"),
        (json("[]"), 422, "body"),
        (json("{}"), 422, "body"),
        (json(r#"{"question": 38900}"#), 422, "body"),
        (json(r#"{"question": "x", "zebrafish": 1}"#), 422, "body"),
        (
            json(r#"{"question": "x", "date_of_service": "zebrafish"}"#),
            422,
            "body",
        ),
        (
            json(r#"{"question": "x", "date_of_service": "2026-02-30"}"#),
            422,
            "body",
        ),
        (
            Request::new("POST", ANSWERS)
                .header("content-type", "text/plain")
                .body("zebrafish"),
            415,
            "media_type",
        ),
        (
            Request::new("POST", ANSWERS).body(ask(QUESTION).to_string()),
            415,
            "media_type",
        ),
    ] {
        let reply = house.send(request).await;
        problem(&reply, status, code);
        assert!(
            !reply.text().contains("zebrafish"),
            "what was typed came back: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_body_over_the_limit() {
    let house = Plan::default()
        .config(|config| config.body_bytes = 1_024)
        .open()
        .await;
    let reply = house.send(post(ANSWERS, &ask(&"a".repeat(1_024)))).await;
    problem(&reply, 413, "body_too_large");
    let reply = house.send(post(ANSWERS, &ask(&"a".repeat(900)))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn an_address_or_a_method_that_is_not_there() {
    let house = House::open().await;
    for path in [
        "/nowhere",
        "/api/v1",
        "/api/v2/answers",
        "/api/v1/codes/",
        "/index.html",
        "/../etc/passwd",
    ] {
        problem(&house.send(get(path)).await, 404, "unknown_address");
    }
    for (method, path) in [
        ("GET", ANSWERS),
        ("DELETE", ANSWERS),
        ("POST", "/api/v1/editions"),
        ("PUT", "/"),
        ("POST", "/healthz"),
    ] {
        let reply = house.send(Request::new(method, path)).await;
        problem(&reply, 405, "unknown_method");
        assert!(
            reply.header("allow").is_some(),
            "{method} {path} does not say what is allowed"
        );
    }
}

#[tokio::test]
async fn a_look_up_that_asks_for_the_impossible() {
    let house = House::open().await;
    for (path, status, code) in [
        ("/api/v1/codes/E119?dos=yesterday", 400, "query"),
        ("/api/v1/codes/E119?dos=2026-02-30", 400, "query"),
        ("/api/v1/codes/E119?system=SNOMED", 400, "system"),
        ("/api/v1/codes/E119?system=CPT", 400, "code"),
        ("/api/v1/codes/not-a-code", 400, "code"),
        ("/api/v1/codes/%FF%FE", 400, "path"),
        ("/api/v1/codes/%00", 400, "code"),
        ("/api/v1/codes/%3Cscript%3E", 400, "code"),
        ("/api/v1/passages/42", 400, "passage_id"),
        ("/api/v1/passages/%FF", 400, "path"),
        (
            "/api/v1/passages/6b3c8a40-0000-8000-8000-000000000000",
            404,
            "unknown_passage",
        ),
    ] {
        let reply = house.send(get(path)).await;
        problem(&reply, status, code);
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_search_that_asks_for_the_impossible() {
    let house = House::open().await;
    let long = format!("q={}", "a".repeat(1_001));
    for (query, code) in [
        ("", "query"),
        ("q=", "query"),
        ("q=%20%20", "query"),
        (long.as_str(), "query"),
        ("q=pain&dos=2026-13-01", "query"),
        ("q=pain&limit=many", "query"),
        ("q=pain&limit=-1", "query"),
        ("q=pain&limit=0", "limit"),
        ("q=pain&limit=101", "limit"),
        ("q=pain&system=SNOMED", "system"),
    ] {
        problem(
            &house.send(get(&format!("/api/v1/search?{query}"))).await,
            400,
            code,
        );
    }
}

#[tokio::test]
async fn an_unknown_code_names_its_neighbours() {
    let house = House::open().await;
    let body = problem(&house.send(get("/api/v1/codes/38901")).await, 404, "unknown_code");
    assert!(
        body["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("CPT 38901")),
        "{body}"
    );
    assert!(
        body["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("CPT 38900")),
        "{body}"
    );
    let body = problem(
        &house.send(get("/api/v1/codes/Z99.89")).await,
        404,
        "unknown_code",
    );
    assert!(
        body["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("load the edition")),
        "{body}"
    );
}

#[tokio::test]
async fn rooms_that_fail_keep_their_insides_to_themselves() {
    let house = House::open().await;
    for (mood, status, code) in [
        (Mood::Away, 503, "index_unavailable"),
        (Mood::Damaged, 500, "internal"),
        (Mood::Panics, 500, "internal"),
    ] {
        house.set_mood(mood);
        for request in [
            post(ANSWERS, &ask(QUESTION)),
            get("/api/v1/search?q=diabetes"),
            get("/api/v1/codes/38900"),
            get("/api/v1/passages/6b3c8a40-0000-8000-8000-000000000000"),
            get("/readyz"),
        ] {
            let reply = house.send(request).await;
            let body = problem(&reply, status, code);
            for inside in ["secret", "segment", "10.0.0.7", "panic", "shelf.rs"] {
                assert!(!reply.text().contains(inside), "{inside:?} got out: {body}");
            }
        }
    }
    house.set_mood(Mood::Well);
    assert_eq!(
        house.send(post(ANSWERS, &ask(QUESTION))).await.status,
        200,
        "and it goes on"
    );
}

#[tokio::test]
async fn a_request_id_is_kept_where_it_is_plain_and_replaced_where_it_is_not() {
    let house = House::open().await;
    let sent = |id: &str| house.send(get("/api/v1/codes/38901").header("x-request-id", id));
    let reply = sent("proxy-1_A2b3C4").await;
    assert_eq!(reply.header("x-request-id"), Some("proxy-1_A2b3C4"));
    assert_eq!(reply.json()["request_id"], "proxy-1_A2b3C4");
    let endless = "a".repeat(65);
    for id in [
        "",
        "short",
        "<script>alert(1)</script>",
        "spaces are out",
        "new%0aline",
        endless.as_str(),
        "ünïcode-id",
    ] {
        let reply = sent(id).await;
        let given = reply.header("x-request-id").expect("an id");
        assert_ne!(given, id);
        assert_eq!(given.len(), 36, "a new UUID, and not {given:?}");
        assert_eq!(reply.json()["request_id"], json!(given));
    }
}
