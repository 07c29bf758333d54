//! What a [`Filter`] asks of the payload, in terms that both indexes translate.

use crate::payload::{self, day_number};
use codecite_codebook::{Aspect, Code, EditionId, NaiveDate, PassageId};
use codecite_retrieval::Filter;

/// One thing asked of a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// The field holds at least one of the values.
    AnyOf {
        field: &'static str,
        values: Vec<String>,
    },
    /// The field's number is at most this.
    AtMost { field: &'static str, number: i64 },
    /// The field's number is at least this.
    AtLeast { field: &'static str, number: i64 },
    /// At least one of these holds.
    Either(Vec<Condition>),
    /// The point is one of these.
    Ids(Vec<PassageId>),
}

/// All of `must` and none of `must_not`, in force on that date. The indexes ask for a date in different ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conditions {
    pub in_force_on: Option<NaiveDate>,
    pub must: Vec<Condition>,
    pub must_not: Vec<Condition>,
}

impl From<&Filter> for Conditions {
    fn from(filter: &Filter) -> Self {
        let mut must = Vec::new();
        let mut any_of = |field, values: Vec<String>| {
            if !values.is_empty() {
                must.push(Condition::AnyOf { field, values });
            }
        };
        any_of(payload::ABOUT, labels(&filter.about));
        any_of(payload::SYSTEMS, texts(&filter.systems, |system| system.label()));
        any_of(payload::EDITION, texts(&filter.editions, EditionId::as_str));
        if !filter.naming.is_empty() {
            must.push(Condition::Either(naming(&labels(&filter.naming))));
        }
        if !filter.ids.is_empty() {
            must.push(Condition::Ids(filter.ids.clone()));
        }
        let (aspects, unwanted) = aspects(filter);
        must.extend(aspects);
        Self {
            in_force_on: filter.in_force_on,
            must,
            must_not: Vec::from_iter(unwanted),
        }
    }
}

/// What is asked of the aspect, and what is asked against it.
///
/// Never both: Qdrant Edge 0.7.1 forgets a condition that stands in `must` and in `must_not`.
fn aspects(filter: &Filter) -> (Option<Condition>, Option<Condition>) {
    let unwanted = &filter.without_aspects;
    let mut wanted = filter.aspects.clone();
    wanted.retain(|aspect| !unwanted.contains(aspect));
    let any_of = |aspects: &[Aspect]| Condition::AnyOf {
        field: payload::ASPECT,
        values: texts(aspects, |aspect| aspect.as_str()),
    };
    match (filter.aspects.is_empty(), wanted.is_empty(), unwanted.is_empty()) {
        (false, true, _) => (Some(NOTHING), None),
        (false, false, _) => (Some(any_of(&wanted)), None),
        (true, _, false) => (None, Some(any_of(unwanted))),
        (true, _, true) => (None, None),
    }
}

/// What no point fulfils.
pub(crate) const NOTHING: Condition = Condition::Ids(Vec::new());

/// First day not later, last day not earlier.
pub(crate) fn in_force_on(date: NaiveDate) -> [Condition; 2] {
    let number = day_number(date);
    [
        Condition::AtMost {
            field: payload::FROM,
            number,
        },
        Condition::AtLeast {
            field: payload::TO,
            number,
        },
    ]
}

fn naming(labels: &[String]) -> Vec<Condition> {
    [payload::ABOUT, payload::MENTIONS]
        .into_iter()
        .map(|field| Condition::AnyOf {
            field,
            values: labels.to_vec(),
        })
        .collect()
}

fn labels(codes: &[Code]) -> Vec<String> {
    codes.iter().map(Code::label).collect()
}

fn texts<T>(items: &[T], text: impl Fn(&T) -> &str) -> Vec<String> {
    items.iter().map(|item| text(item).to_owned()).collect()
}
