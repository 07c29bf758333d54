//! What the built-in composer says, read as a coder would.

mod support;

use support::*;

async fn say(words: &str) -> String {
    let house = House::furnished().await;
    let events = house.ask_composer(words).await;
    assert_ends_once(&events);
    assert_eq!(
        summary(&events).withheld,
        0,
        "the composer's own words pass: {}",
        transcript(&events)
    );
    answer(&events)
}

#[tokio::test]
async fn what_is_a_code() {
    insta::assert_snapshot!(say("What is CPT 38900?").await);
}

#[tokio::test]
async fn a_modifier_with_a_visit_and_a_procedure() {
    insta::assert_snapshot!(say("Can I use modifier 25 with 99213 on the same day as 20610?").await);
}

#[tokio::test]
async fn what_a_modifier_means() {
    insta::assert_snapshot!(say("What does modifier 59 mean?").await);
}

#[tokio::test]
async fn the_difference_between_two_codes() {
    insta::assert_snapshot!(say("Difference between 99213 and 99214?").await);
}

#[tokio::test]
async fn a_convention() {
    insta::assert_snapshot!(say("What is an Excludes1 note?").await);
}

#[tokio::test]
async fn two_codes_without_a_rule_about_both() {
    insta::assert_snapshot!(say("38900 and 20610?").await);
}

#[tokio::test]
async fn two_codes_with_a_rule_about_both() {
    insta::assert_snapshot!(say("Can 38900 be billed with 38500?").await);
}

#[tokio::test]
async fn one_aspect_of_a_code() {
    insta::assert_snapshot!(say("How many units of 38900 can be billed?").await);
}

#[tokio::test]
async fn which_code_for_words() {
    insta::assert_snapshot!(
        say("Which ICD-10-CM code for type 2 diabetes with mild nonproliferative retinopathy with macular edema, right eye?")
            .await
    );
}

#[tokio::test]
async fn a_header() {
    insta::assert_snapshot!(say("Is E11.2 billable?").await);
}

#[tokio::test]
async fn nonsense() {
    insta::assert_snapshot!(say("How do I bake a sourdough bread?").await);
}
