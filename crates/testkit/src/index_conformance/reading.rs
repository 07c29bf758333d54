//! Reading much, and reading while somebody loads.

use super::fixtures::*;
use super::{NOTICE, Shelves};
use codecite_codebook::{EditionId, PassageId};
use codecite_retrieval::{Filter, IndexedPassage, PassageIndex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Pages of any size hold the same passages, each once, in the order of their ids.
pub async fn pages_hold_everything_once_in_the_order_of_ids(shelves: &Shelves) {
    let mut passages: Vec<IndexedPassage> = (0..250)
        .map(|n| indexed(draft(&format!("passage {n}"))))
        .collect();
    for odd in passages.iter_mut().skip(1).step_by(2) {
        let mut draft = odd.passage.clone().into_draft();
        draft.edition = EditionId::new("odd");
        *odd = indexed(draft);
    }
    let ids = |keep: &dyn Fn(usize) -> bool| {
        let mut ids: Vec<PassageId> = passages
            .iter()
            .enumerate()
            .filter(|(nth, _)| keep(*nth))
            .map(|(_, indexed)| indexed.passage.id())
            .collect();
        ids.sort();
        ids
    };
    let (all, odd) = (ids(&|_| true), ids(&|nth| nth % 2 == 1));
    load(shelves, passages.clone()).await;
    let odd_only = Filter {
        editions: vec![EditionId::new("odd")],
        ..Filter::default()
    };
    for (filter, expected) in [(Filter::default(), all), (odd_only, odd)] {
        for limit in [1, 7, 125, 249, 250, 251] {
            assert_eq!(
                paged(&*shelves.index, &filter, limit).await,
                expected,
                "pages of {limit}"
            );
        }
    }
    let page = shelves
        .index
        .list(&Filter::default(), None, 0)
        .await
        .expect("a page");
    assert!(page.passages.is_empty());
}

async fn paged(index: &dyn PassageIndex, filter: &Filter, limit: usize) -> Vec<PassageId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = index.list(filter, after, limit).await.expect("a page");
        assert!(page.passages.len() <= limit);
        found.extend(page.passages.iter().map(|passage| passage.id()));
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

/// Enough for an adapter to build a graph: everything is counted, listed, and found by code, words and vector.
pub async fn ten_thousand_passages_are_found_again(shelves: &Shelves) {
    const MANY: usize = 10_000;
    let title = |n: usize| format!("condition{n} of the leg");
    let passages: Vec<IndexedPassage> = (0..MANY)
        .map(|n| {
            let mut draft = draft(&title(n));
            draft.about = vec![code(&format!("CPT {:05}", n + 10_000))];
            draft.edition = EditionId::new(if n % 4 == 0 { "fourth" } else { "rest" });
            indexed(draft)
        })
        .collect();
    let mut load = begin(&*shelves.index).await;
    for batch in passages.chunks(2_500) {
        load.upsert(batch.to_vec()).await.expect("a batch is taken");
    }
    assert_eq!(load.activate().await.expect("activated").passages, MANY as u64);
    let index = &*shelves.index;
    assert_eq!(count(index, &Filter::default()).await, MANY as u64);
    let fourth = Filter {
        editions: vec![EditionId::new("fourth")],
        ..Filter::default()
    };
    assert_eq!(count(index, &fourth).await, MANY as u64 / 4);
    assert_eq!(paged(index, &Filter::default(), 3_000).await.len(), MANY);
    let mut first_by_vector = 0;
    for n in (0..MANY).step_by(101) {
        let by_code = Filter {
            about: vec![code(&format!("CPT {:05}", n + 10_000))],
            in_force_on: Some(day("2026-11-23")),
            ..Filter::default()
        };
        assert_eq!(titles(index, &by_code).await, [title(n)]);
        let hits = search(index, &request(None, Some(&format!("CONDITION{n}, leg")))).await;
        assert_eq!(ranked(&hits)[0], title(n));
        let hits = search(index, &request(Some(vector_of(&title(n))), None)).await;
        first_by_vector += usize::from(ranked(&hits)[0] == title(n));
        let hits = search(
            index,
            &request(Some(vector_of(&title(n))), Some(&format!("condition{n}"))),
        )
        .await;
        assert_eq!(ranked(&hits)[0], title(n));
    }
    // A graph may miss; missing its own vectors more than once in fifty would be a fault of its making.
    assert!(
        first_by_vector >= 98,
        "{first_by_vector} of 100 vectors find their own passage first"
    );
}

/// Each generation replaces all passages by as many others; whoever reads sees one of them, whole.
pub async fn readers_never_see_half_a_load(shelves: &Shelves) {
    const SIZE: usize = 300;
    let generation = |n: usize| -> Vec<IndexedPassage> {
        let with_tag = |nth: usize| {
            let mut draft = draft(&format!("word passage {nth}"));
            draft.edition = EditionId::new(&format!("tag-{n}"));
            indexed(draft)
        };
        (0..SIZE).map(with_tag).collect()
    };
    load(shelves, generation(0)).await;
    wait_for(&*shelves.reader, &EditionId::new("tag-0")).await;
    let ended = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = [&shelves.index, &shelves.index, &shelves.reader]
        .into_iter()
        .map(|index| {
            let (index, ended) = (Arc::clone(index), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut tags = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    let tag = one_tag(&*index, SIZE).await;
                    if tags.last() != Some(&tag) {
                        tags.push(tag);
                    }
                }
                tags
            })
        })
        .collect();
    for n in 1..=4 {
        let mut load = begin(&*shelves.index).await;
        let old = load
            .ids_of(&EditionId::new(&format!("tag-{}", n - 1)))
            .await
            .expect("ids");
        assert_eq!(old.len(), SIZE);
        load.delete(&Vec::from_iter(old)).await.expect("deleted");
        for batch in generation(n).chunks(100) {
            load.upsert(batch.to_vec()).await.expect("taken");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        load.activate().await.expect("activated");
        assert_eq!(one_tag(&*shelves.index, SIZE).await.as_str(), format!("tag-{n}"));
    }
    wait_for(&*shelves.reader, &EditionId::new("tag-4")).await;
    ended.store(true, Ordering::Relaxed);
    for reader in readers {
        let tags = reader.await.expect("a reader ends well");
        assert!(
            tags.is_sorted() && !tags.is_empty(),
            "never back to an older one: {tags:?}"
        );
    }
}

/// The one tag that all passages carry, and there are all of them; a search sees one tag too.
async fn one_tag(index: &dyn PassageIndex, size: usize) -> EditionId {
    let page = index
        .list(&Filter::default(), None, size * 2)
        .await
        .expect("a page");
    assert_eq!(page.passages.len(), size, "half a load is read");
    let tag = page.passages[0].edition.clone();
    assert!(
        page.passages.iter().all(|passage| passage.edition == tag),
        "two loads are read as one"
    );
    let hits = search(index, &request(None, Some("passage"))).await;
    assert_eq!(hits.len(), 10);
    assert!(
        hits.iter()
            .all(|hit| hit.passage.edition == hits[0].passage.edition),
        "two loads are searched as one"
    );
    tag
}

/// A handle that did not load serves the new generation by itself, within [`NOTICE`].
pub async fn another_handle_notices_what_was_activated(shelves: &Shelves) {
    for name in ["first", "second"] {
        let mut draft = draft(name);
        draft.edition = EditionId::new(name);
        let generation = load(shelves, vec![indexed(draft)]).await;
        wait_for(&*shelves.reader, &EditionId::new(name)).await;
        assert_eq!(
            shelves.reader.generation().await.expect("a generation"),
            generation
        );
    }
}

/// Waits until `index` serves passages of `edition`.
async fn wait_for(index: &dyn PassageIndex, edition: &EditionId) {
    let began = Instant::now();
    let filter = Filter {
        editions: vec![edition.clone()],
        ..Filter::default()
    };
    while count(index, &filter).await == 0 {
        assert!(
            began.elapsed() < NOTICE,
            "{edition} is not served after {NOTICE:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
