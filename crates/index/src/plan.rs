//! What a search comes down to, before either index is asked.

use crate::words::{Sparse, Words};
use codecite_retrieval::{Hit, IndexError, SearchRequest};
use std::sync::Arc;

/// One ranking.
#[derive(Clone, Debug)]
pub(crate) enum Leg {
    /// By the nearness of vectors.
    Dense(Arc<[f32]>),
    /// By BM25.
    Words(Sparse),
}

/// The rankings to make. None if nothing can match, fused if there are two.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub legs: Vec<Leg>,
    /// One weight a leg.
    pub weights: Vec<f32>,
    /// How deep each leg is read.
    pub depth: usize,
    /// How many points to ask for.
    pub limit: usize,
}

impl Plan {
    /// # Errors
    /// [`IndexError::EmptyRequest`] without vector and words, [`IndexError::Dimensions`] for a vector
    /// that the index cannot hold.
    pub fn new(
        request: &SearchRequest,
        words: &Words,
        dimensions: Option<usize>,
    ) -> Result<Self, IndexError> {
        let asked = request.words.as_deref().filter(|words| !words.trim().is_empty());
        if request.vector.is_none() && asked.is_none() {
            return Err(IndexError::EmptyRequest);
        }
        let (Some(dimensions), 1..) = (dimensions, request.limit) else {
            return Ok(Self::default());
        };
        if let Some(vector) = &request.vector
            && vector.len() != dimensions
        {
            return Err(IndexError::Dimensions {
                expected: dimensions,
                given: vector.len(),
            });
        }
        let fusion = &request.fusion;
        let dense = request.vector.clone().map(Leg::Dense);
        let sparse = asked.and_then(|text| words.query(text)).map(Leg::Words);
        let mut legs = vec![(dense, fusion.dense_weight), (sparse, fusion.words_weight)];
        legs.retain(|(leg, _)| leg.is_some());
        if legs.len() == 2 {
            // Qdrant would still list, with a score of nothing, what only a ranking without weight holds.
            legs.retain(|(_, weight)| *weight > 0.0);
        }
        let (legs, weights): (Vec<_>, Vec<_>) = legs
            .into_iter()
            .filter_map(|(leg, weight)| Some((leg?, weight)))
            .unzip();
        Ok(Self {
            // One more than wanted: the same rank in either ranking gives the same score, and `sorted`
            // decides such a tie at the edge.
            limit: request.limit + usize::from(legs.len() == 2),
            legs,
            weights,
            depth: fusion.depth.max(request.limit + 1),
        })
    }
}

/// Best first, by id where scores are equal (Qdrant leaves their order to chance), at most `limit`.
pub(crate) fn sorted(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
    hits.sort_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score.then_with(|| one.passage.id().cmp(&other.passage.id()))
    });
    hits.truncate(limit);
    hits
}
