//! `GET /api/v1/codes/{code}`: what the loaded editions say of a code on a date.

use super::exact::{notices, setting_named};
use super::wire::{WireFact, WireNotice, WirePassage, WireStatus};
use crate::problem::{Faults, Problem, ProblemBody};
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use codecite_answering::everything_about;
use codecite_codebook::{Code, CodeShapeError, CodeSystem, NaiveDate};
use codecite_retrieval::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Codes near a typo, below a header, and so on: at most this many of each.
const SHOWN: usize = 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeQuery {
    /// Date of service, `YYYY-MM-DD`; today if absent.
    dos: Option<NaiveDate>,
    /// The code system, such as `ICD-10-CM`, where the code has the shape of several.
    system: Option<String>,
    /// Whose claims, where tables are published by it: `practitioner` (if absent), `outpatient_hospital` or `dme`.
    setting: Option<String>,
}

/// What is known of one code.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeBody {
    /// The date that this is about.
    date_of_service: NaiveDate,
    /// One row a system in which the code is in force.
    statuses: Vec<WireStatus>,
    /// Rows of other dates.
    other_dates: Vec<WireStatus>,
    /// Billable codes below a header, at most 20 of each.
    children: Vec<WireStatus>,
    /// Whether a header has more of them than are listed.
    more_children: bool,
    /// Exact rows.
    facts: Vec<WireFact>,
    /// What to know before relying on the rows.
    notices: Vec<WireNotice>,
    /// What the sources say of it.
    passages: Vec<WirePassage>,
}

/// Looks a code up, exactly.
#[utoipa::path(
    get, path = "/api/v1/codes/{code}", tag = "codes",
    params(("code" = String, Path, description = "as people write it: `E119`, `e11.9`, `38900`"), CodeQuery),
    responses(
        (status = OK, body = CodeBody),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn code(
    State(doors): State<Doors>,
    written: Result<Path<String>, PathRejection>,
    query: Result<Query<CodeQuery>, QueryRejection>,
) -> Result<Json<CodeBody>, Problem> {
    let Path(written) = written?;
    let Query(query) = query?;
    let date_of_service = query.dos.unwrap_or_else(|| doors.clock.today());
    let candidates = candidates(&written, query.system.as_deref())?;
    let setting = setting_named(query.setting.as_deref())?;
    let mut body = CodeBody {
        date_of_service,
        statuses: vec![],
        other_dates: vec![],
        children: vec![],
        more_children: false,
        facts: vec![],
        notices: vec![],
        passages: vec![],
    };
    let (mut known, mut facts) = (Vec::new(), Vec::new());
    for code in &candidates {
        let history = doors.tables.history(code)?;
        let rows = everything_about(code, setting, date_of_service, &doors.tables)?;
        if !history.is_empty() || !rows.is_empty() {
            known.push(code.clone());
        }
        facts.extend(rows);
        for status in history {
            let rows = match status.effective.contains(date_of_service) {
                true => &mut body.statuses,
                false => &mut body.other_dates,
            };
            rows.push(WireStatus::from(&status));
            if status.effective.contains(date_of_service) && !status.billable {
                let children = doors.tables.children(code, date_of_service, SHOWN + 1)?;
                body.more_children |= children.len() > SHOWN;
                body.children
                    .extend(children.iter().take(SHOWN).map(WireStatus::from));
            }
        }
    }
    if known.is_empty() {
        return Err(not_found(&doors, &candidates, date_of_service)?);
    }
    body.facts = facts.iter().map(WireFact::from).collect();
    body.notices = notices(&known, &facts, date_of_service, &doors.tables)?;
    let filter = Filter {
        in_force_on: Some(date_of_service),
        about: candidates,
        ..Filter::default()
    };
    let page = doors.index.list(&filter, None, SHOWN).await?;
    body.passages = page
        .passages
        .iter()
        .map(|passage| WirePassage::new(None, passage))
        .collect();
    Ok(Json(body))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TitleQuery {
    /// Words of the official title, 1 to 300 characters.
    words: String,
    /// Date of service, `YYYY-MM-DD`; today if absent.
    dos: Option<NaiveDate>,
    /// Only codes of this system, such as `ICD-10-CM`.
    system: Option<String>,
    /// At most this many codes, 1 to 100; 20 if absent.
    limit: Option<usize>,
}

/// Codes by the words of their titles.
#[derive(Serialize, ToSchema)]
pub(crate) struct TitledBody {
    /// The date that this is about.
    date_of_service: NaiveDate,
    /// Best first.
    codes: Vec<WireStatus>,
}

/// Finds codes by the words of their official titles. Needs no vectors, so it answers as soon as a release is read.
#[utoipa::path(
    get, path = "/api/v1/codes", tag = "codes", params(TitleQuery),
    responses(
        (status = OK, body = TitledBody),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn titled(
    State(doors): State<Doors>,
    query: Result<Query<TitleQuery>, QueryRejection>,
) -> Result<Json<TitledBody>, Problem> {
    let Query(query) = query?;
    let length = query.words.trim().chars().count();
    if !(1..=300).contains(&length) {
        return Err(Problem::bad_request(
            "words",
            format!("words has {length} characters"),
            "give 1 to 300 characters",
        ));
    }
    let date_of_service = query.dos.unwrap_or_else(|| doors.clock.today());
    let system = query.system.as_deref().map(system_named).transpose()?;
    let limit = query.limit.unwrap_or(20).clamp(1, 100);
    let codes = doors
        .tables
        .titled(&query.words, system, date_of_service, limit)?;
    Ok(Json(TitledBody {
        date_of_service,
        codes: codes.iter().map(WireStatus::from).collect(),
    }))
}

fn system_named(system: &str) -> Result<CodeSystem, Problem> {
    system.parse().map_err(|error: CodeShapeError| {
        Problem::bad_request("system", error.to_string(), "leave it out, or correct it")
    })
}

fn candidates(written: &str, system: Option<&str>) -> Result<Vec<Code>, Problem> {
    let refused = |detail: String| {
        Problem::bad_request(
            "code",
            detail,
            "write a code such as 38900, J1885, E11.9 or 0DTJ4ZZ",
        )
    };
    let candidates = match system {
        Some(system) => {
            let system = system_named(system)?;
            vec![Code::parse(system, written).map_err(|error| refused(error.to_string()))?]
        }
        None => Code::candidates(written),
    };
    if candidates.is_empty() {
        let written: String = written.chars().take(20).collect();
        return Err(refused(format!("{written:?} does not have the shape of a code")));
    }
    Ok(candidates)
}

fn not_found(doors: &Doors, candidates: &[Code], date_of_service: NaiveDate) -> Result<Problem, Problem> {
    let mut near = Vec::new();
    for code in candidates {
        near.extend(doors.tables.near(code, date_of_service, 5)?);
    }
    let labels: Vec<String> = candidates.iter().map(Code::label).collect();
    let advice = if near.is_empty() {
        "check the spelling, or load the edition that has it".to_owned()
    } else {
        let near: Vec<String> = near.iter().map(|status| status.code.label()).collect();
        format!("one keystroke away: {}", near.join(", "))
    };
    Ok(Problem::new(
        StatusCode::NOT_FOUND,
        "unknown_code",
        format!("no loaded edition has {}", labels.join(" or ")),
        advice,
    ))
}
