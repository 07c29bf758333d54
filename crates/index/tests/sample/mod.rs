//! Generations that can be told apart: each passage of one carries its tag, in its edition.
#![allow(dead_code, reason = "each test binary uses a part")]

use codecite_codebook::{
    Aspect, Authority, EditionId, EffectiveRange, Locator, NaiveDate, Passage, PassageDraft, PassageId,
};
use codecite_index::EdgeIndex;
use codecite_retrieval::{Filter, IndexedPassage, PassageIndex};
use std::ops::Range;

pub const MODEL: &str = "sample-model";
pub const DIMENSIONS: usize = 24;

pub fn edition(tag: usize) -> EditionId {
    EditionId::new(&format!("tag-{tag}"))
}

pub fn passages(tag: usize, size: usize) -> Vec<IndexedPassage> {
    (0..size).map(|nth| indexed(tag, nth)).collect()
}

pub fn ids(tag: usize, range: Range<usize>) -> Vec<PassageId> {
    range.map(|nth| indexed(tag, nth).passage.id()).collect()
}

/// Replaces everything of the tag before by `size` passages of this one.
pub async fn load(index: &EdgeIndex, tag: usize, size: usize) {
    let mut load = index.begin(MODEL, DIMENSIONS).await.expect("a load begins");
    let old = load.ids_of(&edition(tag - 1)).await.expect("ids");
    load.delete(&Vec::from_iter(old)).await.expect("deleted");
    for batch in passages(tag, size).chunks(100) {
        load.upsert(batch.to_vec()).await.expect("taken");
    }
    load.activate().await.expect("activated");
}

/// The one tag that everything carries and how much there is; `None` if there is nothing.
pub async fn whole(index: &EdgeIndex) -> Option<(usize, usize)> {
    let page = index
        .list(&Filter::default(), None, 100_000)
        .await
        .expect("a page");
    let tags: Vec<usize> = page
        .passages
        .iter()
        .map(|passage| {
            let tag = passage.edition.as_str().strip_prefix("tag-").expect("a tag");
            tag.parse().expect("a number")
        })
        .collect();
    assert!(
        tags.iter().all(|tag| *tag == tags[0]),
        "two generations are read as one: {tags:?}"
    );
    tags.first().map(|tag| (*tag, tags.len()))
}

fn indexed(tag: usize, nth: usize) -> IndexedPassage {
    let mut vector: Vec<f32> = (0..DIMENSIONS)
        .map(|axis| ((nth * 31 + axis * 17 + tag * 7) as f32 * 0.73).sin())
        .collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    IndexedPassage {
        vector,
        words: format!("passage word{nth}"),
        passage: Passage::new(PassageDraft {
            edition: edition(tag),
            title: format!("passage {nth}"),
            text: format!("Passage {nth} of generation {tag}."),
            aspect: Aspect::Entry,
            about: Vec::new(),
            mentions: Vec::new(),
            keywords: Vec::new(),
            billable: None,
            authority: Authority::new("CMS"),
            locator: Locator {
                document: "sample".into(),
                section: None,
                place: None,
                url: None,
            },
            effective: EffectiveRange::since(NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day")),
        }),
    }
}
