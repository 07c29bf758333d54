//! `GET /api/v1/search`: passages by words and meaning.

use super::wire::WireHit;
use crate::problem::{Faults, Problem, ProblemBody};
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use codecite_codebook::{CodeSystem, NaiveDate};
use codecite_retrieval::{Filter, Mode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const LONGEST_QUERY: usize = 1_000;
const MOST_HITS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchQuery {
    /// Words, 1 to 1,000 characters.
    q: String,
    /// Date of service, `YYYY-MM-DD`; today if absent.
    dos: Option<NaiveDate>,
    /// Only passages about codes of this system, such as `ICD-10-CM`.
    system: Option<String>,
    /// At most this many hits, 1 to 100; 10 if absent.
    limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct SearchBody {
    /// The date that this is about.
    date_of_service: NaiveDate,
    /// Best first; empty when nothing fits.
    hits: Vec<WireHit>,
}

/// Searches passages by words and by meaning, among those in force on the date of service.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "codes", params(SearchQuery),
    responses(
        (status = OK, body = SearchBody),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn search(
    State(doors): State<Doors>,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Json<SearchBody>, Problem> {
    let Query(query) = query?;
    let words = query.q.trim();
    let length = words.chars().count();
    if !(1..=LONGEST_QUERY).contains(&length) {
        return Err(Problem::bad_request(
            "query",
            format!("q has {length} characters"),
            format!("give 1 to {LONGEST_QUERY} characters"),
        ));
    }
    let limit = query.limit.unwrap_or(10);
    if !(1..=MOST_HITS).contains(&limit) {
        return Err(Problem::bad_request(
            "limit",
            format!("limit is {limit}"),
            format!("give 1 to {MOST_HITS}"),
        ));
    }
    let system = query.system.as_deref().map(str::parse::<CodeSystem>).transpose();
    let system = system
        .map_err(|error| Problem::bad_request("system", error.to_string(), "leave it out, or correct it"))?;
    let date_of_service = query.dos.unwrap_or_else(|| doors.clock.today());
    let filter = Filter {
        in_force_on: Some(date_of_service),
        systems: system.into_iter().collect(),
        ..Filter::default()
    };
    let _place = doors.searches.take().await?;
    let hits = doors.retriever.search(words, filter, limit, Mode::Hybrid).await?;
    Ok(Json(SearchBody {
        date_of_service,
        hits: hits.iter().map(WireHit::from).collect(),
    }))
}
