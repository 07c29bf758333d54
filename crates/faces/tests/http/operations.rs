//! Is it up, is it ready, how is it doing.

use crate::support::{House, Mood, Plan, QUESTION, ask, get, post};

#[tokio::test]
async fn the_process_is_up_whatever_its_rooms_say() {
    let house = House::open().await;
    house.set_mood(Mood::Away);
    let reply = house.send(get("/healthz")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["status"], "ok");
}

#[tokio::test]
async fn it_is_ready_once_something_is_loaded() {
    let house = House::open().await;
    let ready = house.send(get("/readyz")).await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json()["generation"], "000001");
    assert_eq!(ready.json()["passages"], 3);

    let empty = Plan {
        passages: vec![],
        ..Plan::default()
    }
    .open()
    .await;
    let reply = empty.send(get("/readyz")).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["code"], "nothing_loaded");
    assert!(
        reply.json()["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("codecite ingest --starter"))
    );
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn tables_that_could_not_be_read_again_are_reported_while_it_stays_ready() {
    let house = House::open().await;
    assert_eq!(house.send(get("/readyz")).await.json().get("trouble"), None);
    let damaged = house.folder().join("tables/hcpcs-2031.sqlite");
    std::fs::write(&damaged, "no database").expect("written");
    let reply = house.send(get("/readyz")).await;
    assert_eq!(reply.status, 200, "what was read before is served on");
    let trouble = reply.json()["trouble"].as_str().expect("trouble").to_owned();
    assert!(trouble.contains("tables"), "{trouble}");
    assert!(
        !trouble.contains("hcpcs-2031"),
        "the file is the operator's business"
    );
    std::fs::remove_file(&damaged).expect("removed");
    assert_eq!(house.send(get("/readyz")).await.json().get("trouble"), None);
}

/// The value of a sample, 0 before it was ever counted.
fn sample(metrics: &str, name: &str, labels: &[&str]) -> f64 {
    metrics
        .lines()
        .filter(|line| line.split(['{', ' ']).next() == Some(name))
        .filter(|line| labels.iter().all(|label| line.contains(label)))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[tokio::test]
async fn answers_and_requests_are_counted() {
    let house = House::open().await;
    let before = house.send(get("/metrics")).await;
    assert!(
        before
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/plain"))
    );
    house.send(post("/api/v1/answers", &ask(QUESTION))).await;
    house
        .send(post("/api/v1/answers", &ask(QUESTION)).streaming())
        .await;
    house.send(get("/api/v1/codes/38900")).await;
    let after = house.send(get("/metrics")).await;
    // Other tests of this program count in the same registry, so a count may grow by more.
    for (name, labels) in [
        (
            "codecite_answers_total",
            &[r#"outcome="answered""#, r#"door="rest""#][..],
        ),
        (
            "codecite_answers_total",
            &[r#"outcome="answered""#, r#"door="sse""#],
        ),
        (
            "codecite_http_requests_total",
            &[r#"route="/api/v1/codes/{code}""#, r#"status="200""#],
        ),
        ("codecite_answer_seconds_count", &[]),
        ("codecite_answer_first_event_seconds_count", &[]),
    ] {
        let (before, after) = (
            sample(before.text(), name, labels),
            sample(after.text(), name, labels),
        );
        assert!(after > before, "{name} {labels:?} went from {before} to {after}");
    }
}

#[tokio::test]
async fn what_is_looked_up_is_no_label() {
    let house = House::open().await;
    house.send(get("/api/v1/codes/Z9989")).await;
    house.send(get("/zebrafish/quasimodo")).await;
    let metrics = house.send(get("/metrics")).await;
    assert!(!metrics.text().contains("Z9989"));
    assert!(
        !metrics.text().contains("zebrafish"),
        "a stranger could fill the registry with addresses"
    );
    assert!(metrics.text().contains(r#"route="unmatched""#));
}
