//! Questions to an open shard. All of these block.

use super::periods::{PERIOD, Periods};
use super::shard::{OpenShard, unhappy};
use crate::filter::{Condition, Conditions, NOTHING};
use crate::payload::Days;
use crate::plan::{Leg, Plan, sorted};
use crate::{DENSE, WORDS, payload, qdrant_k};
use codecite_codebook::{EditionId, Passage, PassageId};
use codecite_retrieval::{Fusion, Hit, IndexError, Page};
use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::{
    Condition as Asked, CountRequest, FieldCondition, Filter, Fusion as QdrantFusion, HasIdCondition,
    JsonPath, Match, NamedQuery, Payload, PointId, Prefetch, QueryEnum, QueryRequest, Range, Record,
    ScoringQuery, ScrollRequest, SearchParams, SparseVector, VectorInternal, VectorStructInternal,
    WithPayloadInterface, WithVector,
};
use std::collections::HashSet;

/// Runs a plan: both rankings and their fusion in one query.
pub(super) fn search(
    shard: &OpenShard,
    plan: Plan,
    conditions: &Conditions,
    fusion: &Fusion,
    candidates: usize,
    limit: usize,
) -> Result<Vec<Hit>, IndexError> {
    let filter = filter(&shard.periods, conditions)?;
    let Plan {
        mut legs,
        weights,
        depth,
        limit: asked,
    } = plan;
    let params = SearchParams {
        hnsw_ef: Some(candidates.max(depth)),
        ..SearchParams::default()
    };
    let request = |query, prefetches, filter, params| QueryRequest {
        prefetches,
        query: Some(query),
        filter,
        score_threshold: None,
        limit: asked,
        offset: 0,
        params,
        with_vector: WithVector::Bool(false),
        with_payload: WithPayloadInterface::Bool(true),
    };
    let request = match legs.len() {
        0 => return Ok(Vec::new()),
        1 => request(scoring(legs.remove(0)), Vec::new(), filter, Some(params)),
        _ => {
            let prefetch = |leg| Prefetch {
                prefetches: Vec::new(),
                query: Some(scoring(leg)),
                limit: depth,
                params: Some(params),
                filter: filter.clone(),
                score_threshold: None,
            };
            let fused = QdrantFusion::Rrf {
                k: qdrant_k(fusion) as usize,
                weights: Some(weights.into_iter().map(OrderedFloat).collect()),
            };
            let prefetches = legs.into_iter().map(prefetch).collect();
            request(ScoringQuery::Fusion(fused), prefetches, None, None)
        }
    };
    let hits = shard
        .query(request)
        .map_err(unhappy)?
        .into_iter()
        .map(|point| {
            Ok(Hit {
                passage: passage(point.id, point.payload)?,
                score: point.score,
            })
        })
        .collect::<Result<_, IndexError>>()?;
    Ok(sorted(hits, limit))
}

/// Lists passages in the order of their ids.
pub(super) fn list(
    shard: &OpenShard,
    conditions: &Conditions,
    after: Option<PassageId>,
    limit: usize,
) -> Result<Page, IndexError> {
    let (records, next) = scroll(shard, conditions, after, limit, true)?;
    let passages = records
        .into_iter()
        .map(|record| passage(record.id, record.payload))
        .collect::<Result<_, _>>()?;
    Ok(Page { passages, next })
}

/// Ids of everything that passes.
pub(super) fn ids(shard: &OpenShard, conditions: &Conditions) -> Result<Vec<PassageId>, IndexError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (records, next) = scroll(shard, conditions, after, 10_000, false)?;
        for record in records {
            found.push(id_of(record.id)?);
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Everything of `edition` with its days.
pub(super) fn days_of(shard: &OpenShard, edition: &EditionId) -> Result<Vec<(PassageId, Days)>, IndexError> {
    let conditions = Conditions::from(&codecite_retrieval::Filter {
        editions: vec![edition.clone()],
        ..codecite_retrieval::Filter::default()
    });
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (records, next) = scroll(shard, &conditions, after, 10_000, true)?;
        for record in records {
            let id = id_of(record.id)?;
            let fields = record.payload.map(|Payload(fields)| fields).unwrap_or_default();
            found.push((id, Days::read(id, &fields)?));
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Counts exactly.
pub(super) fn count(shard: &OpenShard, conditions: &Conditions) -> Result<u64, IndexError> {
    let request = CountRequest {
        filter: filter(&shard.periods, conditions)?,
        exact: true,
    };
    shard.count(request).map(|count| count as u64).map_err(unhappy)
}

/// Which of `ids` are there.
pub(super) fn holds(shard: &OpenShard, ids: &[PassageId]) -> Result<HashSet<PassageId>, IndexError> {
    let points: Vec<PointId> = ids.iter().map(|id| point_id(*id)).collect();
    shard
        .retrieve(
            &points,
            Some(WithPayloadInterface::Bool(false)),
            Some(WithVector::Bool(false)),
        )
        .map_err(unhappy)?
        .into_iter()
        .map(|record| id_of(record.id))
        .collect()
}

/// Reads every vector once and walks the graph and the word lists from a few passages, so that their pages
/// are in memory before anybody waits for them.
pub(super) fn warm(shard: &OpenShard) -> Result<(), IndexError> {
    let sample = ScrollRequest {
        limit: Some(WARM_QUERIES),
        with_vector: WithVector::Bool(true),
        ..ScrollRequest::default()
    };
    let (records, _) = shard.scroll(sample).map_err(unhappy)?;
    for (nth, record) in records.into_iter().enumerate() {
        let Some(VectorStructInternal::Named(vectors)) = record.vector else {
            continue;
        };
        for (name, vector) in vectors {
            let request = QueryRequest {
                prefetches: Vec::new(),
                query: Some(nearest(vector, &name)),
                filter: None,
                score_threshold: None,
                limit: 20,
                offset: 0,
                params: Some(SearchParams {
                    exact: nth == 0,
                    ..SearchParams::default()
                }),
                with_vector: WithVector::Bool(false),
                with_payload: WithPayloadInterface::Bool(true),
            };
            shard.query(request).map_err(unhappy)?;
        }
    }
    Ok(())
}

const WARM_QUERIES: usize = 16;

/// The name of a payload field as Qdrant wants it.
pub(super) fn field(name: &str) -> Result<JsonPath, IndexError> {
    name.parse()
        .map_err(|()| IndexError::Failed(format!("`{name}` is no field name")))
}

/// The id of a passage as Qdrant wants it.
pub(super) fn point_id(id: PassageId) -> PointId {
    PointId::Uuid(id.uuid())
}

/// Translates what is asked of the payload.
fn filter(periods: &Periods, conditions: &Conditions) -> Result<Option<Filter>, IndexError> {
    let mut must = conditions.must.clone();
    if let Some(date) = conditions.in_force_on {
        let values = periods.holding(date);
        must.push(match values.is_empty() {
            true => NOTHING,
            false => Condition::AnyOf {
                field: PERIOD,
                values,
            },
        });
    }
    if must.is_empty() && conditions.must_not.is_empty() {
        return Ok(None);
    }
    Ok(Some(Filter {
        should: None,
        min_should: None,
        must: all(&must)?,
        must_not: all(&conditions.must_not)?,
    }))
}

fn all(conditions: &[Condition]) -> Result<Option<Vec<Asked>>, IndexError> {
    if conditions.is_empty() {
        return Ok(None);
    }
    conditions.iter().map(asked).collect::<Result<_, _>>().map(Some)
}

fn asked(condition: &Condition) -> Result<Asked, IndexError> {
    let range = |name, gte: Option<i64>, lte: Option<i64>| {
        // Day numbers are far below 2^53, so a float holds them exactly.
        let bound = |number: Option<i64>| number.map(|number| OrderedFloat(number as f64));
        let range = Range {
            lt: None,
            gt: None,
            gte: bound(gte),
            lte: bound(lte),
        };
        Ok(Asked::Field(FieldCondition::new_range(field(name)?, range)))
    };
    match condition {
        Condition::AnyOf { field: name, values } => {
            let any = match values.as_slice() {
                [value] => Match::from(value.clone()),
                values => Match::from(values.to_vec()),
            };
            Ok(Asked::Field(FieldCondition::new_match(field(name)?, any)))
        }
        Condition::AtMost { field: name, number } => range(name, None, Some(*number)),
        Condition::AtLeast { field: name, number } => range(name, Some(*number), None),
        Condition::Either(conditions) => Ok(Asked::Filter(Filter {
            should: all(conditions)?,
            min_should: None,
            must: None,
            must_not: None,
        })),
        Condition::Ids(ids) => Ok(Asked::HasId(
            ids.iter().map(|id| point_id(*id)).collect::<HasIdCondition>(),
        )),
    }
}

fn scroll(
    shard: &OpenShard,
    conditions: &Conditions,
    after: Option<PassageId>,
    limit: usize,
    with_payload: bool,
) -> Result<(Vec<Record>, Option<PassageId>), IndexError> {
    if limit == 0 {
        return Ok((Vec::new(), None));
    }
    let request = ScrollRequest {
        offset: after.map(point_id),
        limit: Some(limit),
        filter: filter(&shard.periods, conditions)?,
        with_payload: Some(WithPayloadInterface::Bool(with_payload)),
        ..ScrollRequest::default()
    };
    let (records, next) = shard.scroll(request).map_err(unhappy)?;
    Ok((records, next.map(id_of).transpose()?))
}

fn scoring(leg: Leg) -> ScoringQuery {
    match leg {
        Leg::Dense(vector) => nearest(VectorInternal::Dense(vector.to_vec()), DENSE),
        Leg::Words(sparse) => nearest(
            VectorInternal::Sparse(SparseVector {
                indices: sparse.indices,
                values: sparse.values,
            }),
            WORDS,
        ),
    }
}

fn nearest(vector: VectorInternal, name: &str) -> ScoringQuery {
    ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(vector, name)))
}

fn passage(id: PointId, payload: Option<Payload>) -> Result<Passage, IndexError> {
    let id = id_of(id)?;
    let Some(Payload(fields)) = payload else {
        return Err(IndexError::Damaged(format!("passage {id} has lost its text")));
    };
    payload::read(id, fields)
}

fn id_of(id: PointId) -> Result<PassageId, IndexError> {
    match id {
        PointId::Uuid(uuid) => Ok(uuid.into()),
        PointId::NumId(number) => Err(IndexError::Damaged(format!("point {number} is no passage"))),
    }
}
