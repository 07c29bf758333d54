//! `ask`, `lookup`, `search`, `editions`, `doctor`: reading.

use crate::support::{Run, empty_folder, library, program};
use std::net::TcpListener;

#[test]
fn a_question_is_answered_with_its_sources() {
    let run = Run::of(library(), &["ask", "What is CPT 38900?"]).good();
    assert!(run.out.contains("38900"), "{run:?}");
    let (answer, sources) = run.out.split_once("Sources").expect("a list of sources");
    assert!(answer.contains("add-on"), "{answer}");
    assert!(answer.contains("[1]") && sources.contains("[1] "), "{run:?}");
    assert!(!run.err.contains("WARN"), "nothing is wrong: {run:?}");
    assert!(
        run.err.contains("date of service"),
        "what is not the answer goes to stderr: {run:?}"
    );
}

#[test]
fn words_may_come_without_quotes() {
    let run = Run::of(library(), &["ask", "What", "is", "CPT", "38900?"]).good();
    assert!(run.out.contains("Sources"), "{run:?}");
}

#[test]
fn the_questions_of_the_readme_are_answered() {
    let run = Run::of(
        library(),
        &[
            "ask",
            "Can I use modifier 25 with 99213 on the same day as 20610?",
        ],
    )
    .good();
    assert!(run.out.contains("25") && run.out.contains("Sources"), "{run:?}");
}

#[test]
fn nonsense_is_declined_with_its_type_and_an_exit_code_of_its_own() {
    for question in [
        "Who sings at the opera tonight?",
        "colourless green ideas sleep furiously",
    ] {
        let run = Run::of(library(), &["ask", question]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(
            run.out.contains("(out_of_scope)") || run.out.contains("(not_in_sources)"),
            "{run:?}"
        );
        assert!(!run.out.contains("Sources"), "{run:?}");
    }
}

#[test]
fn an_answer_as_json_is_the_answer_of_the_api() {
    let answer = Run::of(library(), &["ask", "--json", "What is CPT 38900?"])
        .good()
        .json();
    assert_eq!(answer["summary"]["outcome"], "answered");
    assert_eq!(answer["understood"]["codes"][0]["code"], "38900");
    assert!(
        answer["text"].as_array().is_some_and(|text| text.len() > 2),
        "{answer:#}"
    );
    let declined = Run::of(library(), &["ask", "--json", "Who sings at the opera tonight?"]);
    assert_eq!(declined.code, Some(3));
    assert_eq!(declined.json()["summary"]["outcome"], "abstained");
}

#[test]
fn a_date_of_service_is_kept_to() {
    let args = ["ask", "--json", "--dos", "2026-02-14", "What is CPT 38900?"];
    let answer = Run::of(library(), &args).good().json();
    assert_eq!(answer["understood"]["date_of_service"], "2026-02-14");
    assert_eq!(answer["understood"]["date_given"], true);
    let impossible = Run::of(library(), &["ask", "--dos", "2026-02-30", "What is CPT 38900?"]);
    assert_eq!(impossible.code, Some(2));
    assert!(impossible.err.contains("2026-02-30"), "{impossible:?}");
}

#[test]
fn an_empty_or_endless_question_is_refused_in_words() {
    let run = Run::of(library(), &["ask", " "]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("the question is empty"), "{run:?}");
    let run = Run::of(library(), &["ask", &"a ".repeat(2_001)]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("shorten it"), "{run:?}");
}

#[test]
fn a_code_is_looked_up_without_a_model() {
    let run = Run::of(library(), &["lookup", "38900"]).good();
    assert!(
        run.out.contains("CPT 38900") && run.out.contains("source:"),
        "{run:?}"
    );
    let unknown = Run::of(library(), &["lookup", "38901"]);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.err.contains("no loaded edition has CPT 38901"),
        "{unknown:?}"
    );
    assert!(
        unknown.err.contains("one keystroke away: CPT 38900"),
        "{unknown:?}"
    );
    let shapeless = Run::of(library(), &["lookup", "not-a-code"]);
    assert_eq!(shapeless.code, Some(1));
    assert!(shapeless.err.contains("shape of a code"), "{shapeless:?}");
}

#[test]
fn passages_are_searched() {
    let run = Run::of(
        library(),
        &[
            "search",
            "--limit",
            "3",
            "separate",
            "evaluation",
            "on",
            "the",
            "same",
            "day",
        ],
    );
    let run = run.good();
    assert!(
        run.out.contains("  1. ") && run.out.contains("  3. ") && !run.out.contains("  4. "),
        "{run:?}"
    );
    let hits = Run::of(library(), &["search", "--json", "modifier 59"])
        .good()
        .json();
    let scores: Vec<f64> = hits
        .as_array()
        .expect("hits")
        .iter()
        .map(|hit| hit["score"].as_f64().expect("a score"))
        .collect();
    assert!(
        scores.is_sorted_by(|one, other| one >= other) && !scores.is_empty(),
        "{scores:?}"
    );
    let refused = Run::of(library(), &["search", "--system", "SNOMED", "pain"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("known are CPT"), "{refused:?}");
}

#[test]
fn editions_are_listed() {
    let run = Run::of(library(), &["editions"]).good();
    assert!(run.out.contains("starter") && run.out.contains("rows"), "{run:?}");
    let editions = Run::of(library(), &["editions", "--json"]).good().json();
    assert!(editions.as_array().is_some_and(|editions| !editions.is_empty()));
    let nothing = Run::of(empty_folder().path(), &["editions"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("codecite ingest --starter"), "{nothing:?}");
}

#[test]
fn doctor_finds_nothing_wrong_where_nothing_is() {
    let run = Run::of(library(), &["doctor"]).good();
    assert!(
        run.out.contains("nothing is missing") && !run.out.contains("WRONG"),
        "{run:?}"
    );
}

#[test]
fn doctor_says_what_to_run_where_something_is_missing() {
    let loaded_nothing = Run::of(empty_folder().path(), &["doctor"]);
    assert_eq!(loaded_nothing.code, Some(1));
    assert!(
        loaded_nothing.out.contains("codecite ingest --starter"),
        "{loaded_nothing:?}"
    );

    let bare = tempfile::tempdir().expect("a folder");
    let run = Run::of(bare.path(), &["doctor"]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("codecite setup"), "{run:?}");
}

#[test]
fn asking_without_a_model_on_the_disk_says_what_to_run() {
    let bare = tempfile::tempdir().expect("a folder");
    let run = Run::of(bare.path(), &["ask", "What is CPT 38900?"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("codecite setup"), "{run:?}");
    assert!(!run.err.contains("panicked"), "{run:?}");
}

#[test]
fn a_setting_that_is_not_known_or_not_possible_is_refused_by_name() {
    for (environment, named) in [
        (("CODECITE_ANSWER__QUESTION_CHAR", "5"), "answer.question_char "),
        (
            ("CODECITE_ANSWER__QUESTION_CHARS", "5"),
            "answer.question_chars is 5",
        ),
        (("CODECITE_SERVER__GRACE_MS", "soon"), "grace_ms"),
    ] {
        let run = Run::with(library(), &["editions"], &[environment]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.err.contains(named), "{named} is not named: {run:?}");
        assert_eq!(run.out, "");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("codecite.toml");
    std::fs::write(&file, "[modle]\nname = \"x\"\n").expect("a file");
    let run = Run::of(
        library(),
        &["--config", file.to_str().expect("UTF-8"), "editions"],
    );
    assert_eq!(run.code, Some(1));
    assert!(
        run.err.contains("modle") && run.err.contains("codecite.toml"),
        "{run:?}"
    );
}

#[test]
fn an_unplugged_model_is_replaced_by_the_composer_which_says_so() {
    // A port on which nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let base_url = format!("http://{closed}/v1");
    let model = [
        ("CODECITE_MODEL__BASE_URL", base_url.as_str()),
        ("CODECITE_MODEL__NAME", "unplugged"),
    ];
    let run = Run::with(library(), &["ask", "What is CPT 38900?"], &model).good();
    assert!(run.out.contains("Sources"), "{run:?}");
    assert!(run.err.contains("did not finish its answer"), "{run:?}");
    let answer = Run::with(library(), &["ask", "--json", "What is CPT 38900?"], &model)
        .good()
        .json();
    assert_eq!(answer["summary"]["writer"], "composer");
    assert_eq!(answer["summary"]["fallback"]["reason"], "model_failed");
    let offline = Run::with(
        library(),
        &["ask", "--json", "--offline", "What is CPT 38900?"],
        &model,
    )
    .good()
    .json();
    assert_eq!(offline["summary"]["fallback"], serde_json::Value::Null);
}

/// `codecite openapi | head -1`: whoever has read enough closes the pipe.
#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let mut child = program(library())
        .arg("openapi")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{output:?}");
}
