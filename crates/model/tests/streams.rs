//! Answers as servers send them, well and badly.

mod support;

use support::*;

async fn check(body: String, then: Then, expected: &str) {
    for step in [usize::MAX, 7, 1] {
        let (address, server) = says(format!("{STREAM}{body}"), step.min(1 << 20), then).await;
        let quick = codecite_model::ModelConfig {
            idle_timeout_ms: 400,
            ..config(&address)
        };
        assert_eq!(
            heard(&endpoint(quick)).await,
            expected,
            "in pieces of {step}: {body:?}"
        );
        server.abort();
    }
}

#[tokio::test]
async fn a_stream_is_heard_whole_however_it_is_cut() {
    let body = [
        words("CPT 38900 is "),
        words("an add-on code [1]. §"),
        end("stop"),
        USAGE.into(),
        DONE.into(),
    ]
    .concat();
    check(
        body,
        Then::Close,
        r#""CPT 38900 is an add-on code [1]. §" finished 12+3 tokens"#,
    )
    .await;
}

#[tokio::test]
async fn servers_may_leave_out_usage_and_the_end_mark_or_forget_to_close() {
    let said = || words("Yes [1].");
    check(
        [said(), end("stop"), DONE.into()].concat(),
        Then::Close,
        r#""Yes [1]." finished"#,
    )
    .await;
    check(
        [said(), end("stop")].concat(),
        Then::Close,
        r#""Yes [1]." finished"#,
    )
    .await;
    check(
        [said(), end("stop"), DONE.into()].concat(),
        Then::KeepOpen,
        r#""Yes [1]." finished"#,
    )
    .await;
    check(
        [said(), end("stop")].concat(),
        Then::KeepOpen,
        r#""Yes [1]." finished"#,
    )
    .await;
    check(
        [said(), end("stop"), USAGE.into()].concat(),
        Then::KeepOpen,
        r#""Yes [1]." finished 12+3 tokens"#,
    )
    .await;
    check(
        [said(), DONE.into()].concat(),
        Then::Close,
        r#""Yes [1]." finished"#,
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_stops_without_saying_so_is_cut_short() {
    check(words("Only if"), Then::Close, r#""Only if" finished cut short"#).await;
    for reason in ["length", "content_filter", "tool_calls"] {
        check(
            [words("Only if"), end(reason), DONE.into()].concat(),
            Then::Close,
            r#""Only if" finished cut short"#,
        )
        .await;
    }
}

#[tokio::test]
async fn comments_names_and_odd_fields_are_passed_over() {
    let body = [
        ": ping\n\n".into(),
        "event: message\nid: 1\ndata: {\"choices\":null,\"usage\":null,\"error\":null}\n\n".into(),
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n".into(),
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\r\n\r\n".into(),
        words("Yes."),
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":null}}\n\n".into(),
        DONE.into(),
    ];
    check(body.concat(), Then::Close, r#""Yes." finished 0+0 tokens"#).await;
}

#[tokio::test]
async fn what_is_no_chat_completion_is_an_error_after_the_words_before_it() {
    let prefix = "the language model sent something that is not a chat completion: ";
    for (body, error) in [
        (
            format!("{}data: {{\"choices\":[{{\n\n", words("Half")),
            "an event that is no chunk, at column 13",
        ),
        (
            format!(
                "{}data: {{\"error\":{{\"message\":\"sk-secret is out of memory\"}}}}\n\n",
                words("Half")
            ),
            "an error in the middle of its answer",
        ),
    ] {
        check(body, Then::Close, &format!("\"Half\" error: {prefix}{error}")).await;
    }
    check(
        String::new(),
        Then::Close,
        &format!("\"\" error: {prefix}an answer without words"),
    )
    .await;
    check(
        DONE.into(),
        Then::Close,
        &format!("\"\" error: {prefix}an answer without words"),
    )
    .await;
    check(
        "<html><body>Login</body></html>".into(),
        Then::Close,
        &format!("\"\" error: {prefix}an answer without words"),
    )
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_text_and_lines_without_end_are_errors() {
    let prefix = "\"\" error: the language model sent something that is not a chat completion: ";
    let (address, _server) = says(
        [STREAM.as_bytes(), b"data: \xff\xfe\n\n"].concat(),
        5,
        Then::Close,
    )
    .await;
    assert_eq!(
        heard(&endpoint(config(&address))).await,
        format!("{prefix}bytes that are not UTF-8")
    );
    let endless = [STREAM.as_bytes(), b"data: ", &vec![b'x'; 3 << 20]].concat();
    let (address, _server) = says(endless, 1 << 16, Then::Close).await;
    assert_eq!(
        heard(&endpoint(config(&address))).await,
        format!("{prefix}a line of more than 1 MiB")
    );
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let json = r#"{"choices":[{"message":{"role":"assistant","content":"Yes [1]."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    for (body, expected) in [
        (json.as_bytes().to_vec(), r#""Yes [1]." finished 5+2 tokens"#),
        (
            b"\xff\xfe".to_vec(),
            r#""" error: the language model sent something that is not a chat completion: bytes that are not UTF-8"#,
        ),
        (
            b"[1]".to_vec(),
            r#""" error: the language model sent something that is not a chat completion: an event that is no chunk, at column 2"#,
        ),
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let (address, server) = says([head.as_bytes(), &body].concat(), 9, Then::KeepOpen).await;
        assert_eq!(heard(&endpoint(config(&address))).await, expected);
        server.abort();
    }
}

#[tokio::test]
async fn a_connection_cut_in_a_chunk_is_told_from_an_end() {
    let event = words("Half a sentence");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let body = format!("{head}{:x}\r\n{event}\r\nff\r\ndata: {{\"choi", event.len());
    let (address, _server) = says(body, 64, Then::Close).await;
    assert_eq!(
        heard(&endpoint(config(&address))).await,
        "\"Half a sentence\" error: the language model cannot be reached: the connection broke in the middle of the answer"
    );
}
