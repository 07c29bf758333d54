//! Filters, rankings and their fusion.

use super::Shelves;
use super::fixtures::*;
use codecite_codebook::{Aspect, CodeSystem, EditionId, EffectiveRange, PassageDraft};
use codecite_retrieval::{Filter, Fusion, IndexError, IndexedPassage, SearchRequest};

/// Five passages that differ in everything a filter can ask.
fn five() -> Vec<PassageDraft> {
    let with = |title: &str, change: &dyn Fn(&mut PassageDraft)| {
        let mut draft = draft(title);
        change(&mut draft);
        draft
    };
    let range = |from, to: Option<&str>| EffectiveRange::new(day(from), to.map(day)).expect("a range");
    vec![
        with("diabetes", &|p| {
            p.about = vec![code("ICD-10-CM E11.9")];
            p.edition = EditionId::new("icd-2021");
            p.effective = range("2020-10-01", Some("2021-09-30"));
        }),
        with("insulin use", &|p| {
            p.about = vec![code("ICD-10-CM Z79.4")];
            p.mentions = vec![code("ICD-10-CM E11.9")];
            p.aspect = Aspect::Rule;
            p.effective = range("2020-10-01", None);
        }),
        with("visit", &|p| {
            p.about = vec![code("CPT 99213"), code("Modifier 25")];
            p.aspect = Aspect::Modifiers;
        }),
        with("supply", &|p| {
            // The same shape as the diagnosis E11.65, and another system.
            p.about = vec![code("HCPCS E1165")];
            p.edition = EditionId::new("hcpcs-2026");
            p.effective = range("2026-01-01", Some("2026-01-01"));
        }),
        with("general rule", &|p| p.aspect = Aspect::Rule),
    ]
}

fn filters() -> Vec<(Filter, &'static [&'static str])> {
    let none = Filter::default;
    let on = |date: &str| Filter {
        in_force_on: Some(day(date)),
        ..none()
    };
    let about = |label: &str| Filter {
        about: vec![code(label)],
        ..none()
    };
    vec![
        (
            none(),
            &["diabetes", "general rule", "insulin use", "supply", "visit"],
        ),
        (on("2019-12-31"), &[]),
        (on("2020-09-30"), &["general rule", "visit"]),
        (
            on("2020-10-01"),
            &["diabetes", "general rule", "insulin use", "visit"],
        ),
        (
            on("2021-09-30"),
            &["diabetes", "general rule", "insulin use", "visit"],
        ),
        (on("2021-10-01"), &["general rule", "insulin use", "visit"]),
        (
            on("2026-01-01"),
            &["general rule", "insulin use", "supply", "visit"],
        ),
        (on("2026-01-02"), &["general rule", "insulin use", "visit"]),
        (on("2999-01-01"), &["general rule", "insulin use", "visit"]),
        (about("ICD-10-CM E11.9"), &["diabetes"]),
        (about("HCPCS E1165"), &["supply"]),
        (about("ICD-10-CM E11.65"), &[]),
        (about("Modifier 25"), &["visit"]),
        (
            Filter {
                about: vec![code("CPT 99213"), code("ICD-10-CM Z79.4"), code("CPT 99214")],
                ..none()
            },
            &["insulin use", "visit"],
        ),
        (
            Filter {
                naming: vec![code("ICD-10-CM E11.9")],
                ..none()
            },
            &["diabetes", "insulin use"],
        ),
        (
            Filter {
                naming: vec![code("ICD-10-CM E11.9"), code("Modifier 25")],
                ..none()
            },
            &["diabetes", "insulin use", "visit"],
        ),
        (
            Filter {
                systems: vec![CodeSystem::Hcpcs],
                ..none()
            },
            &["supply"],
        ),
        (
            Filter {
                systems: vec![CodeSystem::Modifier, CodeSystem::Icd10Cm],
                ..none()
            },
            &["diabetes", "insulin use", "visit"],
        ),
        (
            Filter {
                editions: vec![EditionId::new("icd-2021"), EditionId::new("hcpcs-2026")],
                ..none()
            },
            &["diabetes", "supply"],
        ),
        (
            Filter {
                editions: vec![EditionId::new("never-loaded")],
                ..none()
            },
            &[],
        ),
        (
            Filter {
                aspects: vec![Aspect::Rule, Aspect::Modifiers],
                ..none()
            },
            &["general rule", "insulin use", "visit"],
        ),
        (
            Filter {
                without_aspects: vec![Aspect::Rule, Aspect::Modifiers],
                ..none()
            },
            &["diabetes", "supply"],
        ),
        (
            Filter {
                naming: vec![code("ICD-10-CM E11.9")],
                without_aspects: vec![Aspect::Entry],
                ..on("2022-01-01")
            },
            &["insulin use"],
        ),
        (
            Filter {
                aspects: vec![Aspect::Entry],
                without_aspects: vec![Aspect::Entry],
                ..none()
            },
            &[],
        ),
    ]
}

/// Date, codes, systems, editions, aspects and ids, alone and together.
pub async fn each_filter_narrows(shelves: &Shelves) {
    let loaded: Vec<IndexedPassage> = five().into_iter().map(indexed).collect();
    let id = |nth: usize| loaded[nth].passage.id();
    let by_ids = Filter {
        ids: vec![id(2), id(0)],
        ..Filter::default()
    };
    let both = Filter {
        about: vec![code("CPT 99213")],
        ..by_ids.clone()
    };
    load(shelves, loaded).await;
    for (filter, expected) in filters() {
        assert_eq!(titles(&*shelves.index, &filter).await, expected, "{filter:?}");
    }
    assert_eq!(titles(&*shelves.index, &by_ids).await, ["diabetes", "visit"]);
    assert_eq!(titles(&*shelves.index, &both).await, ["visit"]);
}

/// A hit of a search passes the filter, in whichever ranking it was found.
pub async fn filters_narrow_both_rankings_of_a_search(shelves: &Shelves) {
    load(shelves, five().into_iter().map(indexed).collect()).await;
    let all_words = "diabetes insulin use visit supply general rule";
    for (filter, expected) in filters() {
        for (vector, words) in [
            (Some(vector_of("diabetes")), None),
            (None, Some(all_words)),
            (Some(vector_of("supply")), Some(all_words)),
        ] {
            let request = SearchRequest {
                filter: filter.clone(),
                ..request(vector, words)
            };
            let hits = search(&*shelves.index, &request).await;
            let mut found = ranked(&hits);
            found.sort_unstable();
            assert_eq!(found, expected, "{request:?}");
        }
    }
}

/// The rankings that the fusion cases rest on: by angle to the vector, by BM25.
///
/// Dense, from 0 degrees: near, middle, far. Words, for "kidney stone": far, near; "middle" has none of them.
fn three() -> Vec<IndexedPassage> {
    [
        (
            "near",
            5.0,
            "kidney disease of some length that dilutes its words",
        ),
        ("middle", 20.0, "headache"),
        ("far", 60.0, "kidney stone"),
    ]
    .map(|(title, degrees, words)| IndexedPassage {
        vector: at_angle(degrees),
        words: words.to_owned(),
        ..indexed(draft(title))
    })
    .into()
}

/// With a vector or words alone, the plain ranking; limits hold; a request for nothing is an error.
pub async fn either_ranking_can_be_asked_alone(shelves: &Shelves) {
    load(shelves, three()).await;
    let index = &*shelves.index;
    let dense = request(Some(at_angle(0.0)), None);
    assert_eq!(ranked(&search(index, &dense).await), ["near", "middle", "far"]);
    let words = request(None, Some("Kidney STONES"));
    assert_eq!(ranked(&search(index, &words).await), ["far", "near"]);
    for limit in [0, 1, 2] {
        let limited = SearchRequest {
            limit,
            ..dense.clone()
        };
        assert_eq!(search(index, &limited).await.len(), limit);
    }
    // Stop words and unknown words match nothing, which is not an error.
    for nothing in ["the of and", "zzyzx"] {
        assert!(search(index, &request(None, Some(nothing))).await.is_empty());
    }
    // Beside a vector they leave the vector's ranking.
    let hits = search(index, &request(Some(at_angle(0.0)), Some("the"))).await;
    assert_eq!(ranked(&hits), ["near", "middle", "far"]);
    for empty in [request(None, None), request(None, Some(" \n"))] {
        let refused = index.search(&empty).await;
        assert!(matches!(refused, Err(IndexError::EmptyRequest)), "{refused:?}");
    }
}

/// `score = Σ 1 / (rank / weight + k)`, ranks counted from 1, each ranking read `depth` deep.
pub async fn a_hybrid_search_fuses_by_rank_and_weight(shelves: &Shelves) {
    load(shelves, three()).await;
    let ranks: [(&str, Option<f32>, Option<f32>); 3] = [
        ("near", Some(1.0), Some(2.0)),
        ("middle", Some(2.0), None),
        ("far", Some(3.0), Some(1.0)),
    ];
    for (dense_weight, words_weight, k, first) in [
        (1.0, 1.0, 60, "near"),
        (1.0, 0.1, 1, "near"),
        (0.1, 1.0, 1, "far"),
        (1.0, 0.0, 60, "near"),
        (0.0, 1.0, 60, "far"),
        (3.0, 1.0, 2, "near"),
    ] {
        let fusion = Fusion {
            dense_weight,
            words_weight,
            k,
            ..FUSION
        };
        let request = SearchRequest {
            fusion,
            ..request(Some(at_angle(0.0)), Some("kidney stone"))
        };
        let hits = search(&*shelves.index, &request).await;
        assert_eq!(ranked(&hits)[0], first, "{fusion:?}");
        if dense_weight > 0.0 && words_weight > 0.0 {
            for hit in &hits {
                let (_, dense, words) = ranks
                    .iter()
                    .find(|(title, ..)| *title == hit.passage.title)
                    .expect("a known title");
                let share = |rank: Option<f32>, weight: f32| {
                    rank.map_or(0.0, |rank| 1.0 / (rank / weight + k as f32))
                };
                let expected = share(*dense, dense_weight) + share(*words, words_weight);
                assert!(
                    (hit.score - expected).abs() < 1e-5,
                    "{fusion:?} {hit:?} {expected}"
                );
            }
            assert_eq!(hits.len(), 3, "{fusion:?}");
        }
    }
    // What only the words know is found beside a vector that knows nothing of it.
    let hits = search(&*shelves.index, &request(Some(at_angle(20.0)), Some("stone"))).await;
    assert_eq!(
        ranked(&hits)[..2].iter().filter(|title| **title == "far").count(),
        1
    );
}

/// Ties are decided, so that the same question gives the same answer.
pub async fn equal_scores_come_in_the_order_of_ids(shelves: &Shelves) {
    // First and second of one ranking, second and first of the other: the same score.
    let passages = vec![
        IndexedPassage {
            vector: at_angle(0.0),
            words: "kidney in a text of some length that dilutes it".into(),
            ..indexed(draft("first by vector"))
        },
        IndexedPassage {
            vector: at_angle(30.0),
            words: "kidney".into(),
            ..indexed(draft("first by words"))
        },
    ];
    let mut ids: Vec<_> = passages.iter().map(|passage| passage.passage.id()).collect();
    ids.sort();
    load(shelves, passages).await;
    for limit in [1, 2].repeat(10) {
        let tied = SearchRequest {
            limit,
            ..request(Some(at_angle(0.0)), Some("kidney"))
        };
        let hits = search(&*shelves.index, &tied).await;
        let found: Vec<_> = hits.iter().map(|hit| hit.passage.id()).collect();
        assert_eq!(found, ids[..limit], "{hits:?}");
    }
}
