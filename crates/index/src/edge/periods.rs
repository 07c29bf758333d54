//! The effective ranges that occur in a generation, and which of them hold a date.
//!
//! Qdrant could compare two numbers for this, first day and last day, and on a server it does. Qdrant Edge
//! 0.7.1 estimates two ranges together so badly in small collections that its own assertions fail when
//! they are compiled in. And there are few ranges: a generation has one or two an edition. So each point
//! carries its range as a keyword, a view knows all of them, and a date becomes the keywords that hold it:
//! exact to estimate and quicker to look up.

use super::shard::unhappy;
use crate::payload;
use codecite_codebook::NaiveDate;
use codecite_retrieval::IndexError;
use qdrant_edge::{EdgeShard, FacetRequest, FacetValue};
use serde_json::{Map, Value};

/// The field that holds a point's range.
pub(super) const PERIOD: &str = "period";

/// The ranges of one generation.
#[derive(Debug, Default)]
pub(super) struct Periods(Vec<Period>);

#[derive(Debug)]
struct Period {
    from: i64,
    to: i64,
    keyword: String,
}

impl Periods {
    /// Collects them.
    pub fn of(shard: &EdgeShard) -> Result<Self, IndexError> {
        let request = FacetRequest {
            key: super::query::field(PERIOD)?,
            limit: usize::MAX >> 1,
            filter: None,
            exact: false,
        };
        let facet = shard.facet(request).map_err(unhappy)?;
        let periods = facet.hits.into_iter().filter_map(|hit| match hit.value {
            FacetValue::Keyword(keyword) => Some(keyword),
            _ => None,
        });
        periods.map(Period::read).collect::<Result<_, _>>().map(Self)
    }

    /// Keywords of those that hold `date`.
    pub fn holding(&self, date: NaiveDate) -> Vec<String> {
        let day = payload::day_number(date);
        let holding = self
            .0
            .iter()
            .filter(|period| period.from <= day && day <= period.to);
        holding.map(|period| period.keyword.clone()).collect()
    }
}

impl Period {
    fn read(keyword: String) -> Result<Self, IndexError> {
        let numbers = keyword
            .split_once("..")
            .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let Some((from, to)) = numbers else {
            return Err(IndexError::Damaged(format!("{keyword:?} is no effective range")));
        };
        Ok(Self { from, to, keyword })
    }
}

/// The fields that hold the last day of a stored passage and its range.
pub(super) fn range(from: i64, to: i64) -> Map<String, Value> {
    Map::from_iter([
        (payload::TO.to_owned(), to.into()),
        (PERIOD.to_owned(), format!("{from}..{to}").into()),
    ])
}
