//! What a load does to the next generation, and what it leaves of the last.

use super::Shelves;
use super::fixtures::*;
use codecite_codebook::{EditionId, EffectiveRange, PassageDraft};
use codecite_retrieval::{Filter, IndexError, IndexedPassage, Load};
use std::collections::HashSet;

/// Before anything was loaded there is an empty generation, and no error.
pub async fn empty_shelves_answer_with_nothing(shelves: &Shelves) {
    for index in [&shelves.index, &shelves.reader] {
        let generation = index.generation().await.expect("a generation");
        assert_eq!((generation.id, generation.passages), (None, 0));
        assert_eq!(generation.model_digest, None);
        assert_eq!(count(&**index, &Filter::default()).await, 0);
        assert!(titles(&**index, &Filter::default()).await.is_empty());
        let request = request(Some(vector_of("x")), Some("x"));
        assert!(search(&**index, &request).await.is_empty());
    }
    // An empty load is a generation like any other.
    let generation = load(shelves, Vec::new()).await;
    assert!(generation.id.is_some());
    assert!(titles(&*shelves.index, &Filter::default()).await.is_empty());
    let request = request(Some(vector_of("x")), Some("x"));
    assert!(search(&*shelves.index, &request).await.is_empty());
}

/// Unicode, line breaks, quotes, everything optional: what comes out is what went in.
pub async fn what_is_loaded_reads_back_word_for_word(shelves: &Shelves) {
    let texts = [
        "Ménière's disease, 0.5 µg — «naïve» ½ ≥ 3",
        "内耳の病気。\u{1F9E0}\u{200D}\u{1F4A5}",
        "مرض السكري \u{202E}abc\u{202C}",
        "e\u{301} and é differ",
        "tab\tline\nreturn\r quote\" back\\slash {json: [1]} <b>&amp;</b>",
        " leading and trailing ",
        "\u{0}control\u{7f}\u{feff}",
    ];
    let mut passages = Vec::new();
    for (nth, text) in texts.into_iter().enumerate() {
        let bare = PassageDraft {
            text: text.into(),
            ..draft(&format!("{nth} {text}"))
        };
        let mut full = bare.clone();
        full.about = vec![code("ICD-10-CM H81.01"), code("CPT 92540")];
        full.mentions = vec![code("Modifier 25"), code("POS 11")];
        full.keywords = vec![text.into(), String::new()];
        full.billable = Some(nth % 2 == 0);
        full.locator.section = Some(text.into());
        full.locator.place = Some(codecite_codebook::Place::Page(u32::MAX));
        full.locator.url = Some("https://example.org/?q=%20#é".into());
        full.effective = EffectiveRange::new(day("0001-01-01"), Some(day("9999-12-31"))).expect("a range");
        passages.extend([indexed(bare), indexed(full)]);
    }
    let expected: Vec<_> = passages.iter().map(|indexed| indexed.passage.clone()).collect();
    load(shelves, passages).await;
    for passage in &expected {
        let one = Filter {
            ids: vec![passage.id()],
            ..Filter::default()
        };
        let page = shelves.index.list(&one, None, 2).await.expect("a page");
        assert_eq!(page.passages.as_slice(), std::slice::from_ref(passage));
        let request = request(Some(vector_of(&passage.title)), None);
        let hits = search(&*shelves.index, &request).await;
        assert!(hits.iter().any(|hit| &hit.passage == passage), "{passage:?}");
    }
}

/// The same passages in one load, in the next, and in both halves of a batch.
pub async fn loading_twice_changes_nothing(shelves: &Shelves) {
    let passages = || {
        ["one", "two", "three"]
            .map(|title| indexed(draft(title)))
            .to_vec()
    };
    let mut first = begin(&*shelves.index).await;
    first.upsert(passages()).await.expect("taken");
    first
        .upsert([passages(), passages()].concat())
        .await
        .expect("taken again");
    let generation = first.activate().await.expect("activated");
    assert_eq!(generation.passages, 3);
    assert_eq!(generation.model_digest.as_deref(), Some(MODEL));
    let again = load(shelves, passages()).await;
    assert_eq!(again.passages, 3);
    assert!(again.id > generation.id, "{again:?} comes after {generation:?}");
    assert_eq!(shelves.index.generation().await.expect("a generation"), again);
    assert_eq!(
        titles(&*shelves.index, &Filter::default()).await,
        ["one", "three", "two"]
    );
    let hits = search(&*shelves.index, &request(Some(vector_of("one")), Some("one"))).await;
    assert_eq!(ranked(&hits).iter().filter(|title| **title == "one").count(), 1);
}

/// Generations are copied, and what a later one replaces or removes is replaced and removed, however often.
pub async fn a_known_id_is_replaced_also_in_later_generations(shelves: &Shelves) {
    load(
        shelves,
        ["kept", "moved", "lost"]
            .map(|title| indexed(draft(title)))
            .to_vec(),
    )
    .await;
    for year in 2021..2026 {
        let last_day = day(&format!("{year}-12-31"));
        let mut moved = draft("moved");
        moved.effective = EffectiveRange::new(moved.effective.from(), Some(last_day)).expect("a range");
        let added = draft(&format!("added {year}"));
        let mut load = begin(&*shelves.index).await;
        load.upsert(vec![indexed(moved.clone()), indexed(added)])
            .await
            .expect("taken");
        load.delete(&[indexed(draft("lost")).passage.id()])
            .await
            .expect("deleted");
        load.delete(&[indexed(draft(&format!("added {}", year - 1))).passage.id()])
            .await
            .expect("deleted");
        load.activate().await.expect("activated");
        let everything = titles(&*shelves.index, &Filter::default()).await;
        assert_eq!(
            everything,
            [format!("added {year}"), "kept".into(), "moved".into()]
        );
        let on_the_last_day = Filter {
            in_force_on: Some(last_day),
            ids: vec![indexed(moved.clone()).passage.id()],
            ..Filter::default()
        };
        let page = shelves
            .index
            .list(&on_the_last_day, None, 10)
            .await
            .expect("a page");
        assert_eq!(page.passages, [indexed(moved).passage]);
        let after = Filter {
            in_force_on: last_day.succ_opt(),
            ..on_the_last_day
        };
        assert_eq!(count(&*shelves.index, &after).await, 0);
    }
}

/// Deleted is deleted: not listed, not counted, not found by vector or words, whatever the filter.
pub async fn deleted_passages_are_gone_from_every_question(shelves: &Shelves) {
    let passages: Vec<IndexedPassage> = (0..50)
        .map(|n| indexed(draft(&format!("item number{n}"))))
        .collect();
    let (gone, kept) = passages.split_at(20);
    let gone: Vec<_> = gone.iter().map(|indexed| indexed.passage.id()).collect();
    load(shelves, passages.clone()).await;
    let mut load = begin(&*shelves.index).await;
    load.delete(&gone).await.expect("deleted");
    load.delete(&gone)
        .await
        .expect("not there any more, and no error");
    load.activate().await.expect("activated");
    let index = &*shelves.index;
    assert_eq!(count(index, &Filter::default()).await, kept.len() as u64);
    let by_id = Filter {
        ids: gone.clone(),
        ..Filter::default()
    };
    assert_eq!(count(index, &by_id).await, 0);
    for n in 0..20 {
        let title = format!("item number{n}");
        let hits = search(index, &request(Some(vector_of(&title)), Some(&title))).await;
        assert!(
            hits.iter().all(|hit| !gone.contains(&hit.passage.id())),
            "{title}"
        );
    }
}

/// A newer edition ends the older one's passages, except those that their source ends sooner; what it ended
/// can be moved and lifted again, also in passages that are loaded after it.
pub async fn an_edition_ends_and_reopens(shelves: &Shelves) {
    let old = EditionId::new("icd-2020");
    let of_old = |title: &str, to: Option<&str>| {
        let mut draft = draft(title);
        draft.edition = old.clone();
        draft.effective = EffectiveRange::new(day("2019-10-01"), to.map(day)).expect("a range");
        indexed(draft)
    };
    let passages = vec![
        of_old("open", None),
        of_old("short", Some("2020-03-31")),
        of_old("long", Some("2020-11-30")),
        indexed(draft("other")),
    ];
    load(shelves, passages).await;
    let index = &*shelves.index;
    let on = |date| Filter {
        in_force_on: Some(day(date)),
        ..Filter::default()
    };
    for (last_day, in_october, in_december, in_january) in [
        (Some("2020-09-30"), &["other"][..], &["other"][..], &["other"][..]),
        // A second end moves the first, later or sooner.
        (
            Some("2020-12-31"),
            &["late", "long", "open", "other"],
            &["late", "open", "other"],
            &["other"],
        ),
        (Some("2020-09-30"), &["other"], &["other"], &["other"]),
        (
            None,
            &["late", "long", "open", "other"],
            &["late", "open", "other"],
            &["late", "open", "other"],
        ),
    ] {
        let mut load = begin(index).await;
        // Loaded again as its source has it, before it is ended with its edition.
        load.upsert(vec![of_old("late", None)]).await.expect("taken");
        load.end_edition(&old, last_day.map(day)).await.expect("ended");
        load.activate().await.expect("activated");
        assert_eq!(
            titles(index, &on("2020-03-31")).await,
            ["late", "long", "open", "other", "short"]
        );
        assert_eq!(
            titles(index, &on("2020-09-30")).await,
            ["late", "long", "open", "other"]
        );
        assert_eq!(titles(index, &on("2020-10-01")).await, in_october, "{last_day:?}");
        assert_eq!(
            titles(index, &on("2020-12-31")).await,
            in_december,
            "{last_day:?}"
        );
        assert_eq!(titles(index, &on("2021-01-01")).await, in_january, "{last_day:?}");
    }
}

/// An end before the beginning is refused, and nothing of it is done.
pub async fn an_edition_does_not_end_before_it_begins(shelves: &Shelves) {
    load(shelves, vec![indexed(draft("since 2020"))]).await;
    let starter = EditionId::new("starter");
    let mut load = begin(&*shelves.index).await;
    let refused = load.end_edition(&starter, Some(day("2019-12-31"))).await;
    let error = refused.expect_err("it would end before it begins").to_string();
    assert!(
        error.contains("starter") && error.contains("2019-12-31"),
        "{error}"
    );
    // One day in force is possible.
    load.end_edition(&starter, Some(day("2020-01-01")))
        .await
        .expect("ended");
    load.activate().await.expect("activated");
    let filter = |date| Filter {
        in_force_on: Some(day(date)),
        ..Filter::default()
    };
    assert_eq!(count(&*shelves.index, &filter("2020-01-01")).await, 1);
    assert_eq!(count(&*shelves.index, &filter("2020-01-02")).await, 0);
}

/// A load answers for the generation that it builds, not for the one that is read.
pub async fn a_load_knows_what_it_holds(shelves: &Shelves) {
    let of_edition = |title: &str, edition: &str| {
        let mut draft = draft(title);
        draft.edition = EditionId::new(edition);
        indexed(draft)
    };
    let (one, two, three) = (
        of_edition("one", "a"),
        of_edition("two", "a"),
        of_edition("three", "b"),
    );
    let ids = [&one, &two, &three].map(|indexed| indexed.passage.id());
    load(shelves, vec![one, three.clone()]).await;
    let mut load = begin(&*shelves.index).await;
    assert_eq!(
        load.holds(&ids).await.expect("held"),
        HashSet::from([ids[0], ids[2]])
    );
    assert!(load.holds(&[]).await.expect("held").is_empty());
    load.upsert(vec![two]).await.expect("taken");
    load.delete(&[ids[2]]).await.expect("deleted");
    assert_eq!(
        load.holds(&ids).await.expect("held"),
        HashSet::from([ids[0], ids[1]])
    );
    let of = |edition: &str| EditionId::new(edition);
    assert_eq!(
        load.ids_of(&of("a")).await.expect("ids"),
        HashSet::from([ids[0], ids[1]])
    );
    assert!(load.ids_of(&of("b")).await.expect("ids").is_empty());
    // Readers know nothing of it yet.
    assert_eq!(
        titles(&*shelves.index, &Filter::default()).await,
        ["one", "three"]
    );
}

/// A load that is dropped changes nothing, and the next one begins from what is live.
pub async fn an_abandoned_load_leaves_nothing(shelves: &Shelves) {
    let before = load(shelves, vec![indexed(draft("kept"))]).await;
    let mut abandoned = begin(&*shelves.index).await;
    abandoned
        .upsert(vec![indexed(draft("abandoned"))])
        .await
        .expect("taken");
    abandoned
        .delete(&[indexed(draft("kept")).passage.id()])
        .await
        .expect("deleted");
    drop(abandoned);
    assert_eq!(shelves.index.generation().await.expect("a generation"), before);
    assert_eq!(titles(&*shelves.index, &Filter::default()).await, ["kept"]);
    load(shelves, vec![indexed(draft("next"))]).await;
    assert_eq!(
        titles(&*shelves.index, &Filter::default()).await,
        ["kept", "next"]
    );
}

/// The second load is told so, from either handle, and may begin when the first has ended.
pub async fn there_is_one_load_at_a_time(shelves: &Shelves) {
    let first = begin(&*shelves.index).await;
    for index in [&shelves.index, &shelves.reader] {
        let second = index.begin(MODEL, DIMENSIONS).await;
        assert!(
            matches!(second, Err(IndexError::LoadUnderWay(_))),
            "a second load began"
        );
    }
    first.activate().await.expect("activated");
    let next: Box<dyn Load> = begin(&*shelves.reader).await;
    drop(next);
}

/// Vectors of two models do not compare: the next generation is empty until it is loaded anew.
pub async fn another_model_begins_from_nothing(shelves: &Shelves) {
    load(shelves, vec![indexed(draft("old model"))]).await;
    for (model, dimensions) in [("conformance-model-2", DIMENSIONS), (MODEL, DIMENSIONS / 2)] {
        let mut load = shelves
            .index
            .begin(model, dimensions)
            .await
            .expect("a load begins");
        assert!(
            load.ids_of(&EditionId::new("starter"))
                .await
                .expect("ids")
                .is_empty()
        );
        let mut passage = indexed(draft("new model"));
        passage.vector.truncate(dimensions);
        load.upsert(vec![passage]).await.expect("taken");
        let generation = load.activate().await.expect("activated");
        assert_eq!(
            (generation.model_digest.as_deref(), generation.passages),
            (Some(model), 1)
        );
        assert_eq!(titles(&*shelves.index, &Filter::default()).await, ["new model"]);
    }
}

/// A vector of another length is refused by number, in a load and in a search.
pub async fn vectors_of_other_lengths_are_refused(shelves: &Shelves) {
    let mut load = begin(&*shelves.index).await;
    let mut wrong = indexed(draft("wrong"));
    wrong.vector.push(0.0);
    let refused = load.upsert(vec![indexed(draft("right")), wrong]).await;
    let expected = |result: Result<(), IndexError>, length| {
        let named = matches!(
            result,
            Err(IndexError::Dimensions { expected: DIMENSIONS, given }) if given == length
        );
        assert!(named, "{result:?}");
    };
    expected(refused, DIMENSIONS + 1);
    load.upsert(vec![indexed(draft("right"))]).await.expect("taken");
    load.activate().await.expect("activated");
    for length in [0, 3, DIMENSIONS + 1] {
        let request = request(Some(vec![0.1; length]), Some("right"));
        expected(shelves.index.search(&request).await.map(|_| ()), length);
    }
}
