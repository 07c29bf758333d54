//! The whole corridor, with a language model that lies, fails, floods, is silent, is cut and sends HTML.

mod support;

use codecite_answering::{
    AnswerConfig, AnswerError, AnswerEvent, LanguageModel, ModelError, Question, Writer,
};
use codecite_retrieval::Setting;
use codecite_testkit::{ScriptedModel, Step};
use futures::StreamExt;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use support::*;

const DEFINITION: &str = "What is CPT 38900?";
const TRUTH: &str =
    "CPT 38900 is an add-on code for finding the sentinel lymph node during an operation [1].";

async fn check(model: ScriptedModel, expected: &str) {
    let house = House::furnished().await;
    let events = house.ask_model(model, DEFINITION).await;
    assert_ends_once(&events);
    let shown: Vec<String> = answer(&events)
        .lines()
        .filter(|line| !line.starts_with("fact "))
        .map(str::to_owned)
        .collect();
    assert_eq!(shown.join("\n"), expected);
}

#[tokio::test]
async fn an_honest_answer_passes_with_everything_around_it() {
    let house = House::furnished().await;
    let model = ScriptedModel::says_in_pieces(
        &format!("{TRUTH}\n\n- The injection of a non-radioactive dye is part of CPT 38900 [1].\n"),
        3,
    );
    let heard = model.clone();
    let events = house.ask_model(model, DEFINITION).await;
    assert_ends_once(&events);
    insta::assert_snapshot!(transcript(&events));
    let request = &heard.heard()[0];
    assert!(request.user.contains("[1] What CPT 38900 is"), "{}", request.user);
    assert!(request.user.contains(DEFINITION) && request.user.contains("2026-02-14"));
    assert_eq!(summary(&events).model.as_deref(), Some("scripted"));
    assert!(
        summary(&events)
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.digest.len() == 64)
    );
}

#[tokio::test]
async fn a_single_lie_is_withheld_and_the_rest_stands() {
    check(
        ScriptedModel::says(format!("{TRUTH} It pays 5.5 RVUs [1]. The dye injection is part of CPT 38900 [1].")),
        "paragraph  CPT 38900 is an add-on code for finding the sentinel lymph node during an operation. [1]\n\
         withheld   number_not_in_sources\n\
         continue   The dye injection is part of CPT 38900. [1]\n\
         done       answered by model; shown 2, withheld 1",
    )
    .await;
}

/// Whatever goes wrong, the composer's answer follows, and nothing of it is said twice.
async fn falls_back(model: ScriptedModel, reason: &str) {
    let house = House::furnished().await;
    let composed = house.ask_composer(DEFINITION).await;
    let events = house.ask_model(model, DEFINITION).await;
    assert_ends_once(&events);
    let end = summary(&events);
    assert_eq!(end.writer, Writer::Composer);
    assert_eq!(
        end.fallback.as_ref().map(|fallback| fallback.as_str()),
        Some(reason),
        "{}",
        transcript(&events)
    );
    let shown = sentences_shown(&events);
    for sentence in sentences_shown(&composed) {
        assert_eq!(
            shown.iter().filter(|said| **said == sentence).count(),
            1,
            "{sentence}\n{}",
            transcript(&events)
        );
    }
    assert_eq!(end.shown, shown.len());
}

#[tokio::test]
async fn the_composer_steps_in_for_a_model_that_lies() {
    let lies = "CPT 38900 is not an add-on code [1]. Report it with 99999 [1]. Bill 4 units [1]. Pay me [2].";
    falls_back(ScriptedModel::says(lies), "too_little_left").await;
    falls_back(
        ScriptedModel::says("I think it is about lymph nodes."),
        "too_little_left",
    )
    .await;
    falls_back(ScriptedModel::says(""), "too_little_left").await;
    falls_back(
        ScriptedModel::says("<script>alert(38900)</script> [1]. <b>CPT 38900</b> [1]."),
        "too_little_left",
    )
    .await;
    falls_back(
        ScriptedModel::says("| a | b |\n|---|---|\n| 38900 | 5 [1] |\n"),
        "too_little_left",
    )
    .await;
}

#[tokio::test]
async fn the_composer_steps_in_for_a_model_that_fails_before_and_in_the_middle() {
    let broken = || ModelError::Unreachable("the connection broke".into());
    falls_back(ScriptedModel::refuses(broken()), "model_failed").await;
    falls_back(ScriptedModel::plays([Step::Breaks(broken())]), "model_failed").await;
    falls_back(
        ScriptedModel::plays([Step::Says(TRUTH.into()), Step::Breaks(broken())]),
        "model_failed",
    )
    .await;
    falls_back(
        ScriptedModel::plays([Step::Breaks(ModelError::Silent(Duration::from_secs(15)))]),
        "model_failed",
    )
    .await;
    falls_back(ScriptedModel::says(TRUTH).with_prompt_tokens(50), "model_failed").await;
}

#[tokio::test]
async fn the_composer_steps_in_for_a_flood() {
    for flood in ["CPT 38900 is an add-on code [1]. ", "word ", "\n", "x"] {
        falls_back(ScriptedModel::plays([Step::Floods(flood.into())]), "flood").await;
    }
}

#[tokio::test]
async fn what_a_model_quotes_before_it_fails_is_not_said_again() {
    let house = House::furnished().await;
    let composed = house.ask_composer(DEFINITION).await;
    let first = sentences_shown(&composed)[0].trim_end_matches('.');
    let model = ScriptedModel::plays([
        Step::Says(format!("{first} [1]. {first} [1]. And half of")),
        Step::Breaks(ModelError::Unreachable("the connection broke".into())),
    ]);
    let events = house.ask_model(model, DEFINITION).await;
    assert_eq!(sentences_shown(&events), sentences_shown(&composed));
}

#[tokio::test]
async fn half_a_sentence_is_never_shown_and_the_composer_completes_the_answer() {
    let script = || {
        ScriptedModel::plays([
            Step::Says(format!("{TRUTH} The dye injection is part of CPT 38900 [1]")),
            Step::IsCutShort,
        ])
    };
    falls_back(script(), "cut_short").await;
    let house = House::furnished().await;
    let events = house.ask_model(script(), DEFINITION).await;
    assert!(!sentences_shown(&events).contains(&"The dye injection is part of CPT 38900"));
}

#[tokio::test]
async fn a_model_may_abstain_where_no_source_is_about_what_was_named() {
    let house = House::furnished().await;
    for (says, expected) in [
        (
            "ABSTAIN needs_documentation",
            "done       abstained needs_documentation by model; shown 0, withheld 0",
        ),
        (
            "ABSTAIN not_in_sources",
            "done       abstained not_in_sources by model; shown 0, withheld 0",
        ),
    ] {
        let events = house
            .ask_model(
                ScriptedModel::says(says),
                "When may a visit be billed in the global period?",
            )
            .await;
        assert_ends_once(&events);
        assert_eq!(answer(&events), expected);
    }
}

#[tokio::test]
async fn an_abstention_is_not_believed_where_the_sources_speak_or_where_no_model_can_know() {
    for says in [
        "ABSTAIN not_in_sources",
        "ABSTAIN needs_documentation",
        "ABSTAIN out_of_scope",
    ] {
        falls_back(ScriptedModel::says(says), "abstained").await;
    }
    for says in [
        "ABSTAIN licence_gated",
        "ABSTAIN date_out_of_range",
        "ABSTAIN because I say so",
    ] {
        falls_back(ScriptedModel::says(says), "too_little_left").await;
    }
}

#[tokio::test]
async fn rows_of_another_setting_are_said_to_be_such() {
    let house = House::furnished().await;
    let notice = async |asked: Question| {
        let events: Vec<AnswerEvent> = house.answerer(None).ask(asked).collect().await;
        answer(&events)
            .lines()
            .filter(|line| line.contains("other_setting"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let in_field = Question {
        setting: Some(Setting::OutpatientHospital),
        ..question(DEFINITION)
    };
    let expected = [
        "notice     other_setting: The NCCI rows shown are those of practitioner claims. You ask about the setting \
         outpatient hospital, which has tables of its own: check the pair or the units there.",
    ];
    assert_eq!(notice(in_field).await, expected);
    assert_eq!(
        notice(question(
            "How many units of 38900 in the hospital outpatient department?"
        ))
        .await,
        expected
    );
    assert!(notice(question(DEFINITION)).await.is_empty());
    let practitioner = Question {
        setting: Some(Setting::Practitioner),
        ..question(DEFINITION)
    };
    assert!(notice(practitioner).await.is_empty());
}

#[tokio::test]
async fn a_code_without_its_dot_is_one_subject_also_before_a_table_decides() {
    let house = House::with_the_starter_only().await;
    let events = house.ask_composer("E1165?").await;
    assert!(!answer(&events).contains("part_only"), "{}", transcript(&events));
    assert!(answer(&events).contains("E11.65"), "{}", transcript(&events));
}

#[tokio::test]
async fn offline_no_model_is_asked_and_the_answer_is_the_composers() {
    let house = House::furnished().await;
    let model = ScriptedModel::says(TRUTH);
    let heard = model.clone();
    let asked = Question {
        offline: true,
        ..question(DEFINITION)
    };
    let offline: Vec<AnswerEvent> = house.answerer(Some(Arc::new(model))).ask(asked).collect().await;
    assert!(heard.heard().is_empty());
    assert_eq!(
        transcript(&offline),
        transcript(&house.ask_composer(DEFINITION).await)
    );
    assert_eq!(summary(&offline).model, None);
}

#[tokio::test]
async fn a_question_that_nothing_answers_asks_no_model() {
    let house = House::furnished().await;
    let model = ScriptedModel::says(TRUTH);
    let events = house
        .ask_model(model.clone(), "How do I bake a sourdough bread?")
        .await;
    assert!(model.heard().is_empty());
    assert_eq!(
        answer(&events),
        "done       abstained out_of_scope by composer; shown 0, withheld 0"
    );
}

#[tokio::test]
async fn dropping_the_answer_drops_the_models_stream() {
    let house = House::furnished().await;
    let model = ScriptedModel::plays([Step::Says(format!("{TRUTH} And")), Step::FallsSilent]);
    let mut events = house
        .answerer(Some(Arc::new(model.clone())))
        .ask(question(DEFINITION));
    while let Some(event) = events.next().await {
        if matches!(event, AnswerEvent::Text(_)) {
            break;
        }
    }
    assert_eq!(model.open_streams(), 1);
    drop(events);
    assert_eq!(model.open_streams(), 0);
}

#[tokio::test]
async fn sentences_come_while_the_model_still_writes() {
    let house = House::furnished().await;
    let model = ScriptedModel::plays([Step::Says(format!("{TRUTH} And")), Step::FallsSilent]);
    let mut events = house.answerer(Some(Arc::new(model))).ask(question(DEFINITION));
    // Hangs, and fails by the runner's limit, if the gate waited for the end.
    while let Some(event) = events.next().await {
        if let AnswerEvent::Text(text) = event {
            assert!(text.text().starts_with("CPT 38900 is an add-on code"));
            return;
        }
    }
    panic!("no sentence came");
}

#[tokio::test]
async fn a_question_out_of_bounds_fails_with_advice() {
    let house = House::furnished().await;
    let config = AnswerConfig {
        question_chars: 20,
        ..AnswerConfig::default()
    };
    let answerer = house.answerer_with(None, config);
    for (words, advice) in [
        (
            "  ",
            "the question is empty; ask about a code, a rule or a modifier",
        ),
        (
            "Is this question too long?",
            "the question has 26 characters, the most is 20; shorten it",
        ),
    ] {
        let events: Vec<AnswerEvent> = answerer.ask(question(words)).collect().await;
        assert!(
            matches!(events.as_slice(), [AnswerEvent::Failed(AnswerError::Question(text))] if text == advice),
            "{}",
            transcript(&events)
        );
    }
}

#[tokio::test]
async fn a_code_that_is_not_in_force_or_not_known_is_said_as_such() {
    let house = House::furnished().await;
    let mut said = Vec::new();
    for (words, date) in [
        ("Is E11.9 billable?", Some("2020-01-01")),
        ("What is E11.8?", None),
        ("What is CPT 99999?", None),
        ("What is E11.9?", Some("2026-12-01")),
    ] {
        let asked = Question {
            date_of_service: date.map(day),
            ..question(words)
        };
        let events: Vec<AnswerEvent> = house.answerer(None).ask(asked).collect().await;
        assert_ends_once(&events);
        said.push(format!(
            "{words} {}\n{}",
            date.unwrap_or_default(),
            answer(&events)
        ));
    }
    insta::assert_snapshot!(said.join("\n\n"));
}

/// Pieces of which a mischievous model makes its answers.
fn babble() -> impl Strategy<Value = Vec<Step>> {
    let words = prop::sample::select(vec![
        "CPT 38900 ",
        "is an add-on code ",
        "[1]",
        ". ",
        ".",
        "\n",
        "- ",
        " [2]",
        "[9]",
        "E11.9",
        "389",
        "01",
        "<b>",
        "|",
        "\u{202e}",
        "modifier 59 ",
        "not ",
        "1 unit ",
        "5 units ",
        "ABSTAIN not_in_sources",
        "é",
        "１",
    ]);
    prop::collection::vec(
        prop_oneof![
            8 => words.prop_map(|words| Step::Says(words.to_owned())),
            2 => "\\PC{0,12}".prop_map(Step::Says),
            1 => Just(Step::Breaks(ModelError::Malformed("babble".into()))),
            1 => Just(Step::IsCutShort),
        ],
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Any stream gives only checked, cited text and one terminal event; and there always is an answer, because
    /// the composer has one.
    #[test]
    fn any_stream_of_a_model_ends_in_one_checked_answer(script in babble()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let house = House::furnished().await;
            let model: Arc<dyn LanguageModel> = Arc::new(ScriptedModel::plays(script));
            let events: Vec<AnswerEvent> = house.answerer(Some(model)).ask(question(DEFINITION)).collect().await;
            assert_ends_once(&events);
            let passages = events
                .iter()
                .find_map(|event| match event {
                    AnswerEvent::Evidence(evidence) => Some(evidence.len()),
                    _ => None,
                })
                .expect("evidence");
            for event in &events {
                if let AnswerEvent::Text(text) = event {
                    assert!(!text.citations().is_empty() && !text.text().contains(['<', '\n', '\u{202e}']));
                    assert!(text.citations().iter().all(|number| (1..=passages).contains(&usize::from(*number))));
                    assert!(!text.text().contains("38901") && !text.text().contains("5 units"));
                }
            }
            let end = summary(&events);
            assert_eq!(end.shown, sentences_shown(&events).len());
            assert!(end.shown > 0 || end.writer == Writer::Model, "{}", transcript(&events));
        });
    }
}
