//! Servers that refuse, wait, break or never answer, and readers that leave.

mod support;

use codecite_answering::{LanguageModel, ModelEvent};
use codecite_model::{ApiKey, Endpoint, ModelConfig, ModelConfigError};
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::{Duration, timeout};
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn happy() -> ResponseTemplate {
    let body = [words("Yes [1]."), end("stop"), DONE.into()].concat();
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
}

/// A server that answers its first request with `first` and the others well; and how often it was asked.
async fn first(first: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let asked = AtomicU64::new(0);
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .respond_with(move |_: &Request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => first.clone(),
            _ => happy(),
        })
        .mount(&server)
        .await;
    server
}

async fn times_asked(server: &MockServer) -> usize {
    server
        .received_requests()
        .await
        .expect("requests are recorded")
        .len()
}

fn patient(server: &MockServer) -> ModelConfig {
    ModelConfig {
        retries: 2,
        longest_wait_ms: 1_500,
        ..config(&format!("{}/v1", server.uri()))
    }
}

#[tokio::test]
async fn a_busy_or_broken_server_is_asked_again() {
    for response in [
        ResponseTemplate::new(429).insert_header("retry-after", "1"),
        ResponseTemplate::new(500),
        ResponseTemplate::new(503).insert_header("retry-after", "0"),
        ResponseTemplate::new(429).insert_header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),
    ] {
        let server = first(response).await;
        assert_eq!(heard(&endpoint(patient(&server))).await, r#""Yes [1]." finished"#);
        assert_eq!(times_asked(&server).await, 2);
    }
}

#[tokio::test]
async fn retry_after_is_waited_out() {
    let server = first(ResponseTemplate::new(429).insert_header("retry-after", "1")).await;
    let model = endpoint(patient(&server));
    let hearing = tokio::spawn(async move { heard(&model).await });
    // The second request comes no earlier than asked; when it comes later does not matter.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(times_asked(&server).await, 1);
    assert_eq!(hearing.await.expect("no panic"), r#""Yes [1]." finished"#);
}

#[tokio::test]
async fn a_server_that_wants_more_patience_than_we_have_is_not_waited_for() {
    let server = first(ResponseTemplate::new(429).insert_header("retry-after", "60")).await;
    assert_eq!(
        heard(&endpoint(patient(&server))).await,
        "refused: the language model is busy (HTTP 429)"
    );
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn waits_and_repetitions_count_towards_the_whole_answer() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "1"))
        .mount(&server)
        .await;
    let config = ModelConfig {
        retries: 10,
        answer_timeout_ms: 1_000,
        ..patient(&server)
    };
    let said = timeout(Duration::from_secs(30), heard(&endpoint(config)))
        .await
        .expect("it ended");
    assert_eq!(said, "refused: the language model is busy (HTTP 503)");
    // A second wait of a second would not have ended in time.
    assert!(times_asked(&server).await <= 2);
}

#[tokio::test]
async fn retry_after_as_a_date_is_read_against_the_servers_clock() {
    let asks = |until: &str| {
        ResponseTemplate::new(429)
            .insert_header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
            .insert_header("retry-after", until)
    };
    let soon = first(asks("Wed, 21 Oct 2026 07:28:01 GMT")).await;
    assert_eq!(heard(&endpoint(patient(&soon))).await, r#""Yes [1]." finished"#);
    let late = first(asks("Wed, 21 Oct 2026 07:38:00 GMT")).await;
    assert_eq!(
        heard(&endpoint(patient(&late))).await,
        "refused: the language model is busy (HTTP 429)"
    );
}

#[tokio::test]
async fn retries_end() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let config = ModelConfig {
        longest_wait_ms: 1,
        ..patient(&server)
    };
    assert_eq!(
        heard(&endpoint(config)).await,
        "refused: the language model is busy (HTTP 502)"
    );
    assert_eq!(times_asked(&server).await, 3);
}

#[tokio::test]
async fn a_refusal_is_told_with_what_to_look_at_and_not_repeated() {
    for (status, advice) in [
        (400, "check model.name, model.max_tokens and the server's log"),
        (
            401,
            "check the key in the environment variable that model.key_variable names",
        ),
        (
            403,
            "check the key in the environment variable that model.key_variable names",
        ),
        (404, "check model.base_url (it ends with /v1) and model.name"),
        (413, "the prompt is too long; lower model.context_tokens"),
        (307, "it redirects; give the final address in model.base_url"),
    ] {
        let response = ResponseTemplate::new(status)
            .insert_header("location", "http://127.0.0.1:9/elsewhere")
            .set_body_string("sk-secret is not allowed to ask What is CPT 38900?");
        let server = first(response).await;
        let heard = heard(&endpoint(patient(&server))).await;
        assert_eq!(
            heard,
            format!("refused: the language model refused the request (HTTP {status}): {advice}")
        );
        assert_eq!(times_asked(&server).await, 1, "{status}");
    }
}

#[tokio::test]
async fn the_request_says_what_is_configured() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-secret"))
        .and(header("accept", "text/event-stream"))
        .and(body_partial_json(serde_json::json!({
            "model": "test-model",
            "stream": true,
            "max_tokens": 800,
            "messages": [
                {"role": "system", "content": "Answer."},
                {"role": "user", "content": "What is CPT 38900?"},
            ],
        })))
        .respond_with(happy())
        .mount(&server)
        .await;
    // A slash at the end of the address is forgiven.
    let base_url = format!("{}/v1/", server.uri());
    for ask_for_usage in [true, false] {
        let config = ModelConfig {
            ask_for_usage,
            ..config(&base_url)
        };
        assert_eq!(heard(&endpoint(config)).await, r#""Yes [1]." finished"#);
    }
    let bodies: Vec<serde_json::Value> = server
        .received_requests()
        .await
        .expect("requests are recorded")
        .iter()
        .map(|request| request.body_json().expect("JSON"))
        .collect();
    assert_eq!(
        bodies[0]["stream_options"],
        serde_json::json!({"include_usage": true})
    );
    assert!(bodies[1].get("stream_options").is_none());
}

#[tokio::test]
async fn the_key_stands_in_no_text() {
    let model = endpoint(config("http://127.0.0.1:9/v1"));
    let said = heard(&model).await;
    assert!(
        said.starts_with("refused: the language model cannot be reached"),
        "{said}"
    );
    for text in [
        format!("{model:?}"),
        format!("{:?}", ApiKey::new("sk-secret")),
        said,
    ] {
        assert!(!text.contains("sk-secret"), "{text}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_sent_is_refused_by_its_variable() {
    for key in ["", "  \n", "two words", "sk-\u{e9}", "sk-\nx"] {
        let made = Endpoint::new(
            config("http://127.0.0.1:9/v1"),
            Some(ApiKey::new(key)),
            Arc::new(str::len),
        );
        assert!(
            matches!(&made, Err(ModelConfigError::Key { variable }) if variable == "CODECITE_MODEL_KEY"),
            "{key:?}: {made:?}"
        );
    }
    assert!(
        Endpoint::new(
            config("http://127.0.0.1:9/v1"),
            Some(ApiKey::new("sk-x\n")),
            Arc::new(str::len)
        )
        .is_ok()
    );
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for scheme in ["http", "https"] {
        let said = heard(&endpoint(config(&format!("{scheme}://{address}/v1")))).await;
        assert_eq!(
            said, "refused: the language model cannot be reached: nothing answers at model.base_url",
            "{scheme}"
        );
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_no_panic() {
    let (address, server) = says("HTTP/1.1 400 Bad Request\r\n\r\n", 64, Then::Close).await;
    let said = heard(&endpoint(config(&address.replace("http://", "https://")))).await;
    assert!(
        said.starts_with("refused: the language model cannot be reached"),
        "{said}"
    );
    server.abort();
}

#[tokio::test]
async fn silence_is_an_error_before_the_head_after_it_and_in_the_middle() {
    for (says_first, expected) in [
        (String::new(), "refused: the language model was silent for 300ms"),
        (
            STREAM.into(),
            "\"\" error: the language model was silent for 300ms",
        ),
        (
            format!("{STREAM}{}", words("Half")),
            "\"Half\" error: the language model was silent for 200ms",
        ),
    ] {
        let (address, server) = says(says_first, 1 << 20, Then::KeepOpen).await;
        let config = ModelConfig {
            first_byte_timeout_ms: 300,
            idle_timeout_ms: 200,
            ..config(&address)
        };
        assert_eq!(heard(&endpoint(config)).await, expected);
        server.abort();
    }
}

#[tokio::test]
async fn a_server_that_only_keeps_the_connection_alive_is_stopped() {
    let (address, server) = serve_once(|mut connection, _| async move {
        connection.write_all(STREAM.as_bytes()).await.expect("written");
        while connection.write_all(b": ping\n\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let config = ModelConfig {
        answer_timeout_ms: 1_000,
        ..config(&address)
    };
    assert_eq!(
        heard(&endpoint(config)).await,
        "\"\" error: the language model sent something that is not a chat completion: an answer that did not come to \
         its end in model.answer_timeout_ms"
    );
    timeout(Duration::from_secs(30), server)
        .await
        .expect("the connection was closed")
        .expect("no panic");
}

#[tokio::test]
async fn a_reader_who_leaves_closes_the_connection() {
    let (address, server) = serve_once(|mut connection, _| async move {
        connection
            .write_all(format!("{STREAM}{}", words("One [1].")).as_bytes())
            .await
            .expect("written");
        until_closed(&mut connection).await;
    })
    .await;
    let model = endpoint(config(&address));
    let mut stream = model.answer(request()).await.expect("an answer");
    assert_eq!(
        stream.next().await,
        Some(Ok(ModelEvent::Delta("One [1].".into())))
    );
    drop(stream);
    timeout(Duration::from_secs(30), server)
        .await
        .expect("the server saw it")
        .expect("no panic");
}

#[tokio::test]
async fn a_reader_who_leaves_before_the_answer_closes_the_connection_too() {
    let (address, server) =
        serve_once(|mut connection, _| async move { until_closed(&mut connection).await }).await;
    let model = endpoint(config(&address));
    let asking = timeout(Duration::from_millis(300), model.answer(request())).await;
    assert!(asking.is_err(), "nothing was answered");
    timeout(Duration::from_secs(30), server)
        .await
        .expect("the server saw it")
        .expect("no panic");
}

#[test]
fn a_key_that_is_not_set_is_an_empty_text() {
    let read = |text: &str| serde_json::from_str::<ModelConfig>(text).expect("a configuration");
    let unset = read(r#"{"tokenizer_file": "", "proxy": ""}"#);
    assert_eq!((unset.tokenizer_file, unset.proxy), (None, None));
    let set = read(r#"{"tokenizer_file": "/srv/tokenizer.json", "proxy": "http://10.0.0.1:3128"}"#);
    assert_eq!(set.tokenizer_file, Some("/srv/tokenizer.json".into()));
    assert_eq!(set.proxy, Some("http://10.0.0.1:3128".to_owned().into()));
}

#[test]
fn the_proxys_password_stands_in_no_text() {
    let config = ModelConfig {
        proxy: Some("http://clerk:secret@10.0.0.1:3128".to_owned().into()),
        ..ModelConfig::default()
    };
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn impossible_values_are_refused_by_name() {
    type Spoil = fn(&mut ModelConfig);
    let cases: [(&str, Spoil); 12] = [
        ("base_url", |config| config.base_url = "ftp://x".into()),
        ("name", |config| config.name.clear()),
        ("key_variable", |config| config.key_variable.clear()),
        ("temperature", |config| config.temperature = f32::NAN),
        ("max_tokens", |config| config.max_tokens = 1),
        ("max_tokens", |config| config.max_tokens = config.context_tokens),
        ("context_tokens", |config| config.context_tokens = 10),
        ("first_byte_timeout_ms", |config| config.first_byte_timeout_ms = 0),
        ("idle_timeout_ms", |config| config.idle_timeout_ms = 0),
        ("answer_timeout_ms", |config| config.answer_timeout_ms = 0),
        ("retries", |config| config.retries = 11),
        ("longest_wait_ms", |config| config.longest_wait_ms = 120_001),
    ];
    for (name, spoil) in cases {
        let mut config = config("http://127.0.0.1:9/v1");
        config.validate().expect("the default is possible");
        spoil(&mut config);
        let error = config.validate().expect_err(name).to_string();
        assert!(error.starts_with(&format!("model.{name} is ")), "{error}");
    }
}
