//! Small passages and vectors for the cases. Nothing here is random.

use super::Shelves;
use codecite_codebook::{
    Aspect, Authority, Code, EditionId, EffectiveRange, Locator, NaiveDate, Passage, PassageDraft, Place,
};
use codecite_retrieval::{
    Filter, Fusion, Generation, Hit, IndexedPassage, Load, PassageIndex, SearchRequest,
};
use std::sync::Arc;

/// Dimensions of every vector here.
pub const DIMENSIONS: usize = 32;
/// The model that the vectors are said to come from.
pub const MODEL: &str = "conformance-model-1";

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the suite")
}

pub fn code(label: &str) -> Code {
    label.parse().expect("a code in the suite")
}

/// A passage of edition `starter` about nothing, in force since 2020.
pub fn draft(title: &str) -> PassageDraft {
    PassageDraft {
        edition: EditionId::new("starter"),
        title: title.to_owned(),
        text: format!("{title}."),
        aspect: Aspect::Entry,
        about: Vec::new(),
        mentions: Vec::new(),
        keywords: Vec::new(),
        billable: None,
        authority: Authority::new("CMS"),
        locator: Locator {
            document: "suite".into(),
            section: None,
            place: Some(Place::Row(1)),
            url: None,
        },
        effective: EffectiveRange::since(day("2020-01-01")),
    }
}

/// The passage with a vector made from its title and its title as words.
pub fn indexed(draft: PassageDraft) -> IndexedPassage {
    IndexedPassage {
        vector: vector_of(&draft.title),
        words: draft.title.clone(),
        passage: Passage::new(draft),
    }
}

/// A unit vector that only this text has; any two of them are nearly at right angles.
pub fn vector_of(text: &str) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    unit((0..DIMENSIONS).map(|_| next()).collect())
}

/// A unit vector in the plane of the first two axes.
pub fn at_angle(degrees: f32) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS];
    (vector[0], vector[1]) = (degrees.to_radians().cos(), degrees.to_radians().sin());
    vector
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

pub async fn begin(index: &dyn PassageIndex) -> Box<dyn Load> {
    index.begin(MODEL, DIMENSIONS).await.expect("a load begins")
}

/// Loads and activates.
pub async fn load(shelves: &Shelves, passages: Vec<IndexedPassage>) -> Generation {
    let mut load = begin(&*shelves.index).await;
    load.upsert(passages).await.expect("passages are taken");
    load.activate().await.expect("the load is activated")
}

pub async fn count(index: &dyn PassageIndex, filter: &Filter) -> u64 {
    index.count(filter).await.expect("a count")
}

/// Titles of everything that passes, sorted.
pub async fn titles(index: &dyn PassageIndex, filter: &Filter) -> Vec<String> {
    let page = index.list(filter, None, 10_000).await.expect("a list");
    assert_eq!(page.next, None, "a page of 10,000 holds every small case");
    let mut titles: Vec<String> = page
        .passages
        .into_iter()
        .map(|passage| passage.title.clone())
        .collect();
    titles.sort();
    assert_eq!(
        titles.len() as u64,
        count(index, filter).await,
        "count and list agree on {filter:?}"
    );
    titles
}

pub const FUSION: Fusion = Fusion {
    dense_weight: 1.0,
    words_weight: 1.0,
    k: 60,
    depth: 50,
};

/// A search with the suite's fusion and a limit of 10.
pub fn request(vector: Option<Vec<f32>>, words: Option<&str>) -> SearchRequest {
    SearchRequest {
        vector: vector.map(Arc::from),
        words: words.map(str::to_owned),
        filter: Filter::default(),
        fusion: FUSION,
        limit: 10,
    }
}

pub async fn search(index: &dyn PassageIndex, request: &SearchRequest) -> Vec<Hit> {
    let hits = index.search(request).await.expect("a ranking");
    assert!(
        hits.is_sorted_by(|one, other| one.score >= other.score),
        "best first: {hits:?}"
    );
    hits
}

pub fn ranked(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.passage.title.as_str()).collect()
}
