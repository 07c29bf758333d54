use super::*;
use crate::fixture::{BagOfWords, InMemory, code, day, draft, entry, rule};
use crate::understanding::understand;
use codecite_codebook::{Aspect, EffectiveRange, Passage, PassageDraft};

fn shelves() -> Vec<Passage> {
    let passage =
        |title: &str, text: &str, aspect, about: &[&str]| Passage::new(draft(title, text, aspect, about));
    vec![
        passage(
            "What CPT 38900 is",
            "Sentinel node mapping.",
            Aspect::Definition,
            &["CPT 38900"],
        ),
        passage(
            "When 38900 is reported",
            "With lymph node surgery.",
            Aspect::Reporting,
            &["CPT 38900"],
        ),
        passage(
            "38900 is an add-on",
            "Never alone.",
            Aspect::AddOn,
            &["CPT 38900"],
        ),
        passage("Units of 38900", "One unit a day.", Aspect::Units, &["CPT 38900"]),
        passage(
            "Global days of 38900",
            "Global days ZZZ.",
            Aspect::GlobalPeriod,
            &["CPT 38900"],
        ),
        passage(
            "What 20610 is",
            "A joint injection.",
            Aspect::Definition,
            &["CPT 20610"],
        ),
        passage(
            "20610 on both sides",
            "Bilateral.",
            Aspect::Modifiers,
            &["CPT 20610"],
        ),
        passage(
            "What 99213 is",
            "An office visit.",
            Aspect::Definition,
            &["CPT 99213"],
        ),
        passage(
            "What modifier 25 says",
            "A separate visit.",
            Aspect::Definition,
            &["Modifier 25"],
        ),
        passage(
            "Modifier 25 with 99213 and 20610",
            "Only when separately identifiable.",
            Aspect::Pairing,
            &["Modifier 25", "CPT 99213", "CPT 20610"],
        ),
        Passage::new(PassageDraft {
            mentions: vec![code("CPT 38900")],
            ..draft("What 38500 is", "A biopsy.", Aspect::Definition, &["CPT 38500"])
        }),
        rule(
            "Excludes1 notes",
            "Two conditions that cannot occur together.",
            &[],
        ),
        rule(
            "Diabetes codes are combination codes",
            "One code says type and complication.",
            &["ICD-10-CM E11"],
        ),
        Passage::new(PassageDraft {
            keywords: vec!["ear wax removal".into(), "cerumen".into()],
            ..draft(
                "What CPT 69210 is",
                "Removal of impacted cerumen.",
                Aspect::Definition,
                &["CPT 69210"],
            )
        }),
        entry("E11", "Type 2 diabetes mellitus", false),
        entry("E11.9", "Type 2 diabetes mellitus without complications", true),
        entry(
            "E11.22",
            "Type 2 diabetes mellitus with diabetic chronic kidney disease",
            true,
        ),
        entry("M10.9", "Gout, unspecified", true),
        entry("H61.21", "Impacted cerumen, right ear", true),
        Passage::new(PassageDraft {
            effective: EffectiveRange::new(day("2020-01-01"), Some(day("2020-12-31"))).expect("a range"),
            ..entry("M10.0", "Gout of old", true).into_draft()
        }),
    ]
}

fn retriever() -> Retriever {
    // The second entry is wrong for prose, which has to be found in the words asked all the same.
    let lexicon = Lexicon::parse(
        r#"
        [[entry]]
        says = ["t2dm"]
        means = "type 2 diabetes mellitus"
        [[entry]]
        says = ["cannot occur together"]
        means = "fracture of humerus"
        "#,
    )
    .expect("a lexicon");
    Retriever::new(
        Arc::new(BagOfWords),
        Arc::new(InMemory(shelves())),
        lexicon,
        RetrievalConfig::default(),
    )
}

/// Knows the words of the shelves, and some that are on none of them.
fn spelling() -> Vocabulary {
    let words = shelves().into_iter().flat_map(|passage| {
        let text = format!(
            "{} {} {}",
            passage.title,
            passage.text,
            passage.keywords.join(" ")
        );
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        words.collect::<Vec<_>>()
    });
    Vocabulary::from_counts(words.map(|word| (word, 1))).and_known(["capital", "moonlight", "trance"])
}

/// What the corridor seeks for `question`: every code that the shelves know is taken as in force.
fn sought(question: &str) -> Sought {
    let understanding = understand(question, day("2026-11-23"));
    let known: Vec<Code> = shelves()
        .iter()
        .flat_map(|passage| passage.about.clone())
        .collect();
    let candidates = understanding
        .mentions
        .iter()
        .flat_map(|mention| mention.candidates.clone());
    Sought {
        codes: candidates
            .chain(understanding.modifiers)
            .filter(|code| known.contains(code))
            .collect(),
        words: understanding.words,
        systems: understanding.systems,
        intent: understanding.intent,
        date_of_service: understanding.date_of_service.unwrap_or(day("2026-11-23")),
    }
}

/// Titles of the evidence for `question`.
async fn titles(question: &str) -> Vec<String> {
    titles_by(&retriever(), question).await
}

async fn titles_by(retriever: &Retriever, question: &str) -> Vec<String> {
    let evidence = retriever.retrieve(&sought(question)).await.expect("a search");
    evidence
        .iter()
        .flat_map(Evidence::iter)
        .map(|numbered| numbered.passage.title.clone())
        .collect()
}

#[tokio::test]
async fn a_named_code_is_told_in_the_order_of_a_definition() {
    assert_eq!(
        titles("What is CPT 38900?").await,
        [
            "What CPT 38900 is",
            "When 38900 is reported",
            "38900 is an add-on",
            "Global days of 38900",
            "Units of 38900",
            "What 38500 is",
        ]
    );
}

#[tokio::test]
async fn the_words_beside_a_code_lift_what_they_ask_for() {
    assert_eq!(
        titles("What are the global days of 38900?").await[0],
        "Global days of 38900"
    );
}

#[tokio::test]
async fn what_speaks_of_all_named_codes_comes_first_and_each_keeps_its_own() {
    let found = titles("Can I use modifier 25 with 99213 on the same day as 20610?").await;
    assert_eq!(found[0], "Modifier 25 with 99213 and 20610");
    for own in ["What 99213 is", "What modifier 25 says", "What 20610 is"] {
        assert!(found[..5].iter().any(|title| title == own), "{own} in {found:?}");
    }
}

#[tokio::test]
async fn what_is_said_of_a_category_belongs_to_its_codes() {
    assert_eq!(
        titles("What is E11.9?").await,
        ["E11.9", "Diabetes codes are combination codes"]
    );
}

#[tokio::test]
async fn a_code_is_sought_among_the_entries_in_the_wording_of_the_sources() {
    let found = titles("Which ICD-10-CM code for T2DM with chronic kidney disease?").await;
    assert_eq!(found[0], "E11.22");
    assert!(found.iter().any(|title| title == "E11.9"));
    assert_eq!(
        titles("icd 10 code for impacted cerumen in the right ear").await[0],
        "H61.21"
    );
    assert_eq!(
        titles("CPT code for ear wax removal").await,
        ["What CPT 69210 is"]
    );
}

#[tokio::test]
async fn a_code_is_sought_beside_a_named_one() {
    let found =
        titles("E11.9 was denied, what ICD-10 code should I use for T2DM with chronic kidney disease?").await;
    assert_eq!(found[0], "E11.9");
    assert!(found.iter().any(|title| title == "E11.22"), "{found:?}");
    let found = titles("What ICD-10 code supports 20610 for gout?").await;
    assert_eq!(found[0], "What 20610 is");
    assert!(found.iter().any(|title| title == "M10.9"), "{found:?}");
}

#[tokio::test]
async fn a_rule_is_sought_in_prose_first() {
    assert_eq!(titles("What does Excludes1 mean?").await[0], "Excludes1 notes");
    assert_eq!(
        titles("Can two conditions that cannot occur together be billed?").await[0],
        "Excludes1 notes"
    );
}

#[tokio::test]
async fn only_what_is_in_force_is_found() {
    assert_eq!(titles("icd 10 code for gout").await, ["M10.9"]);
    let then = titles("icd 10 code for gout on 6/1/2020").await;
    assert!(then.iter().any(|title| title == "M10.0"), "{then:?}");
    assert!(titles("icd 10 code for gout on 6/1/2019").await.is_empty());
}

#[tokio::test]
async fn a_misspelled_question_finds_what_it_means() {
    let spelling = retriever().with_vocabulary(spelling());
    let question = "icd 10 code for impakted cerumin";
    assert!(!titles(question).await.iter().any(|title| title == "H61.21"));
    assert_eq!(titles_by(&spelling, question).await[0], "H61.21");
    // The lexicon reads what was meant, and knows words of its own.
    let question = "icd 10 code for t2dm with kronic kidny diseese";
    assert_eq!(titles_by(&spelling, question).await[0], "E11.22");
}

#[tokio::test]
async fn nonsense_finds_nothing() {
    let spelling = retriever().with_vocabulary(spelling());
    for question in [
        "purple elephants dancing on the moon",
        "What is the capital of France?",
        "wat is the capitel of Frence?",
        "Which ICD-10-CM code for a flying carpet with moonlight?",
        "99999",
        "???",
        "",
    ] {
        assert_eq!(titles(question).await, [""; 0], "{question:?}");
        assert_eq!(titles_by(&spelling, question).await, [""; 0], "{question:?}");
    }
}

#[tokio::test]
async fn a_question_longer_than_the_model_reads_is_searched_by_its_beginning() {
    let question = format!("icd 10 code for gout, unspecified {}", "and again ".repeat(200));
    assert!(!titles(&question).await.is_empty());
    assert!(!retriever().reads_whole(&sought(&question)).expect("a count"));
    assert!(
        retriever()
            .reads_whole(&sought("icd 10 code for gout"))
            .expect("a count")
    );
}

#[tokio::test]
async fn each_mode_searches_what_it_says() {
    let retriever = retriever();
    for mode in [Mode::Words, Mode::Dense, Mode::Fused, Mode::Hybrid] {
        let hits = retriever
            .search("t2dm chronic kidney disease", Filter::default(), 2, mode)
            .await
            .expect("a search");
        assert_eq!(hits.len(), 2, "{mode:?}");
        assert_eq!(hits[0].passage.title, "E11.22", "{mode:?}");
        assert!(hits[0].score >= hits[1].score, "{mode:?}");
    }
    assert!(
        retriever
            .search("  ", Filter::default(), 5, Mode::Hybrid)
            .await
            .expect("a search")
            .is_empty()
    );
}
