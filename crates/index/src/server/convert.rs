//! Between our types and those of Qdrant's gRPC interface.

use crate::filter::{Condition, Conditions, in_force_on};
use crate::plan::{Leg, Plan};
use crate::words::Words;
use crate::{DENSE, Quantisation, ServerConfig, WORDS, payload, qdrant_k};
use codecite_codebook::{Passage, PassageId};
use codecite_retrieval::{Fusion, IndexError, IndexedPassage};
use qdrant_client::Payload;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::{
    Condition as Asked, DenseVector, Filter, PointId, PointStruct, PrefetchQueryBuilder,
    QuantizationSearchParamsBuilder, Query, QueryPoints, QueryPointsBuilder, Range, RrfBuilder, SearchParams,
    SearchParamsBuilder, SparseVector, Value, Vector, VectorInput, vector_input,
};
use std::collections::HashMap;

/// The id of a passage as Qdrant wants it.
pub(super) fn point_id(id: PassageId) -> PointId {
    PointId::from(id.to_string())
}

/// Reads [`point_id`] back.
pub(super) fn passage_id(id: Option<PointId>) -> Result<PassageId, IndexError> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Uuid(text)) => text
            .parse()
            .map_err(|_| IndexError::Damaged(format!("point {text:?} is no passage"))),
        other => Err(IndexError::Damaged(format!("point {other:?} is no passage"))),
    }
}

/// Reads a point's payload.
pub(super) fn passage(id: Option<PointId>, fields: HashMap<String, Value>) -> Result<Passage, IndexError> {
    payload::read(passage_id(id)?, Payload::from(fields).into())
}

/// A passage as a point.
pub(super) fn point(passage: IndexedPassage, words: &Words) -> PointStruct {
    let sparse = words.document(&passage.words);
    let mut vectors = HashMap::from([(
        DENSE.to_owned(),
        Vector::from(DenseVector { data: passage.vector }),
    )]);
    if !sparse.indices.is_empty() {
        let sparse = SparseVector {
            values: sparse.values,
            indices: sparse.indices,
        };
        vectors.insert(WORDS.to_owned(), Vector::from(sparse));
    }
    let fields = Payload::from(payload::write(&passage.passage));
    PointStruct::new(point_id(passage.passage.id()), vectors, fields)
}

/// The field that holds the last day of a passage.
pub(super) fn last_day(number: i64) -> HashMap<String, Value> {
    HashMap::from([(payload::TO.to_owned(), Value::from(number))])
}

/// Translates what is asked of the payload.
pub(super) fn filter(conditions: &Conditions) -> Filter {
    let dates: Vec<Condition> = conditions
        .in_force_on
        .map(in_force_on)
        .into_iter()
        .flatten()
        .collect();
    Filter {
        must: dates.iter().chain(&conditions.must).map(asked).collect(),
        must_not: conditions.must_not.iter().map(asked).collect(),
        ..Filter::default()
    }
}

fn asked(condition: &Condition) -> Asked {
    // Day numbers are far below 2^53, so a float holds them exactly.
    match condition {
        Condition::AnyOf { field, values } => Asked::matches(*field, values.clone()),
        Condition::AtMost { field, number } => Asked::range(
            *field,
            Range {
                lte: Some(*number as f64),
                ..Range::default()
            },
        ),
        Condition::AtLeast { field, number } => Asked::range(
            *field,
            Range {
                gte: Some(*number as f64),
                ..Range::default()
            },
        ),
        Condition::Either(conditions) => Filter::should(conditions.iter().map(asked)).into(),
        Condition::Ids(ids) => Asked::has_id(ids.iter().map(|id| point_id(*id))),
    }
}

/// The one query of a search; `None` if nothing can match.
pub(super) fn query(
    collection: &str,
    plan: Plan,
    conditions: &Conditions,
    fusion: &Fusion,
    config: &ServerConfig,
) -> Option<QueryPoints> {
    let Plan {
        mut legs,
        weights,
        depth,
        limit,
    } = plan;
    let (filter, params) = (filter(conditions), params(depth, config));
    let query = QueryPointsBuilder::new(collection)
        .limit(limit as u64)
        .with_payload(true);
    match legs.len() {
        0 => None,
        1 => {
            let (name, nearest) = nearest(legs.remove(0));
            Some(
                query
                    .query(nearest)
                    .using(name)
                    .filter(filter)
                    .params(params)
                    .build(),
            )
        }
        _ => {
            let prefetches: Vec<_> = legs
                .into_iter()
                .map(|leg| {
                    let (name, nearest) = nearest(leg);
                    PrefetchQueryBuilder::default()
                        .query(nearest)
                        .using(name)
                        .filter(filter.clone())
                        .params(params.clone())
                        .limit(depth as u64)
                        .build()
                })
                .collect();
            let fused = RrfBuilder::with_k(qdrant_k(fusion)).weights(weights).build();
            Some(query.prefetch(prefetches).query(Query::new_rrf(fused)).build())
        }
    }
}

fn nearest(leg: Leg) -> (&'static str, Query) {
    let (name, variant) = match leg {
        Leg::Dense(vector) => {
            let data = vector.to_vec();
            (DENSE, vector_input::Variant::Dense(DenseVector { data }))
        }
        Leg::Words(sparse) => {
            let vector = SparseVector {
                values: sparse.values,
                indices: sparse.indices,
            };
            (WORDS, vector_input::Variant::Sparse(vector))
        }
    };
    let input = VectorInput {
        variant: Some(variant),
    };
    (name, Query::new_nearest(input))
}

fn params(depth: usize, config: &ServerConfig) -> SearchParams {
    let params = SearchParamsBuilder::default().hnsw_ef(config.graph.search_candidates.max(depth) as u64);
    match config.quantisation {
        Quantisation::None => params.build(),
        Quantisation::Scalar | Quantisation::Binary => params
            .quantization(
                QuantizationSearchParamsBuilder::default()
                    .rescore(true)
                    .oversampling(config.oversampling)
                    .build(),
            )
            .build(),
    }
}
