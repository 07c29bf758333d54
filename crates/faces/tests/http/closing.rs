//! Closing gently.

use crate::support::{GatedModel, House, Plan, QUESTION, ask, get, post, within};
use codecite_testkit::{ScriptedModel, Step};
use std::time::Duration;
use tokio::net::TcpStream;

const ANSWERS: &str = "/api/v1/answers";

#[tokio::test]
async fn a_running_answer_ends_and_new_ones_are_refused_meanwhile() {
    let model = GatedModel::new(
        "Code 38900 is an add-on code [1]. It is ",
        "never reported alone [1].",
    );
    let mut house = Plan::with_model(model.clone()).open().await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("text").await;
    house.tell_to_close();
    within("the house to begin closing", async {
        while house.send(get("/readyz")).await.status != 503 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    for request in [
        get("/readyz"),
        post(ANSWERS, &ask(QUESTION)),
        post(ANSWERS, &ask(QUESTION)).streaming(),
    ] {
        let reply = house.send(request).await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.json()["code"], "closing");
        assert!(reply.header("retry-after").is_some());
    }
    model.open();
    assert_eq!(
        stream.event_named("text").await.data["text"],
        "It is never reported alone."
    );
    stream.event_named("done").await;
    assert_eq!(stream.event().await, None, "the stream ends properly");
    house.closed().await;
    assert!(
        TcpStream::connect(house.address).await.is_err(),
        "nobody listens any more"
    );
    assert_eq!(
        house.store.recent(5).expect("the ledger").len(),
        1,
        "the last answer is filed"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_cut_when_the_grace_is_over() {
    let model = ScriptedModel::plays([
        Step::Says("Code 38900 is an add-on code [1]. ".into()),
        Step::FallsSilent,
    ]);
    let mut house = Plan::with_model(model.clone())
        .config(|config| config.grace_ms = 100)
        .open()
        .await;
    let mut stream = house.stream(post(ANSWERS, &ask(QUESTION))).await;
    stream.event_named("evidence").await;
    house.tell_to_close();
    house.closed().await;
    assert_eq!(stream.event_named("failed").await.data["code"], "closing");
    assert_eq!(stream.event().await, None, "the stream ends properly");
    assert_eq!(model.open_streams(), 0);
    let filed = house.store.recent(5).expect("the ledger");
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0].outcome, "failed");
}

#[tokio::test]
async fn an_idle_house_closes_at_once() {
    let mut house = Plan::default()
        .config(|config| config.grace_ms = 600_000)
        .open()
        .await;
    assert_eq!(house.send(get("/healthz")).await.status, 200);
    // A browser keeps its connection open without saying anything.
    let idle = TcpStream::connect(house.address)
        .await
        .expect("the house listens");
    house.tell_to_close();
    house.closed().await;
    drop(idle);
}

#[tokio::test]
async fn two_houses_stand_beside_each_other() {
    let (mut one, other) = (House::open().await, House::open().await);
    one.tell_to_close();
    one.closed().await;
    assert_eq!(other.send(get("/readyz")).await.status, 200);
}
