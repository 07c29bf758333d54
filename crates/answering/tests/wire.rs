//! The whole corridor with a real endpoint whose server sends anything at all.

mod support;

use codecite_answering::{AnswerEvent, LanguageModel, Usage};
use codecite_model::{Endpoint, ModelConfig};
use futures::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::Arc;
use support::*;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server that sends these bytes as its stream.
async fn server(body: Vec<u8>, kind: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, kind))
        .mount(&server)
        .await;
    server
}

fn endpoint(server: &MockServer) -> Arc<dyn LanguageModel> {
    let config = ModelConfig {
        base_url: format!("{}/v1", server.uri()),
        name: "noise".into(),
        retries: 0,
        ..ModelConfig::default()
    };
    Arc::new(Endpoint::new(config, None, Arc::new(|text: &str| text.len() / 4)).expect("an endpoint"))
}

fn chunk(words: &str) -> Vec<u8> {
    format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":{}}}}}]}}\n\n",
        serde_json::json!(words)
    )
    .into_bytes()
}

#[tokio::test]
async fn the_tokens_that_a_server_counts_stand_in_the_summary() {
    let body = [
        chunk("CPT 38900 is an add-on code [3]."),
        b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_vec(),
        b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":12}}\n\n".to_vec(),
        b"data: [DONE]\n\n".to_vec(),
    ];
    let server = server(body.concat(), "text/event-stream").await;
    let house = House::furnished().await;
    let events: Vec<AnswerEvent> = house
        .answerer(Some(endpoint(&server)))
        .ask(question("What is CPT 38900?"))
        .collect()
        .await;
    let usage = Usage {
        input_tokens: 900,
        output_tokens: 12,
    };
    assert_eq!(summary(&events).usage, Some(usage), "{}", transcript(&events));
}

/// Chunks of true and false words among bytes that are no stream at all.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "CPT 38900 is an add-on code [1]. ",
        "CPT 38900 was deleted [1]. ",
        "Report CPT 38901 [1]. ",
        "<b>38900</b> [1]. ",
        "It pays 5 units [1]. ",
        "\n- ",
        "[1]",
    ]);
    let ends = prop::sample::select(vec![
        "data: [DONE]\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
        "data: {\"error\":{}}\n\n",
        "data: {\n\n",
        ": ping\n\n",
    ]);
    let part = prop_oneof![
        6 => words.prop_map(chunk),
        2 => ends.prop_map(|end| end.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Any bytes of a server end in one terminal event, and only checked text is shown before it.
#[test]
fn any_bytes_of_a_server_end_in_one_checked_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let house = runtime.block_on(House::furnished());
    let kinds = prop::sample::select(vec!["text/event-stream", "application/json", "text/html"]);
    let config = ProptestConfig {
        cases: 48,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&(noise(), kinds), |(body, kind)| {
            let events: Vec<AnswerEvent> = runtime.block_on(async {
                let server = server(body, kind).await;
                let answerer = house.answerer(Some(endpoint(&server)));
                answerer.ask(question("What is CPT 38900?")).collect().await
            });
            assert_ends_once(&events);
            for shown in sentences_shown(&events) {
                let lies = ["38901", "deleted", "<b>", "5 units"];
                prop_assert!(
                    !lies.iter().any(|lie| shown.contains(lie)),
                    "{}",
                    transcript(&events)
                );
            }
            prop_assert!(summary(&events).shown > 0, "{}", transcript(&events));
            Ok(())
        })
        .expect("every stream ends well");
}
