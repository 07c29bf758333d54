//! Exact rows: edits between procedures, fees, claim checks, differences between editions.

use super::wire::{WireClaimReport, WireEditionDiff, WireFact, WireNotice, setting_from};
use crate::problem::{Faults, Problem, ProblemBody};
use crate::state::Doors;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use codecite_answering::{
    Claim, ClaimLine, Fees, PaidAt, Sex, about_rows, check, edits_of_pair, fees, read_line,
};
use codecite_codebook::{Code, CodeSystem, Edition, EditionId, Fact, NaiveDate, Setting};
use codecite_tables::{Tables, TablesError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most codes of one request for edits.
const MOST_CODES: usize = 25;
/// The most lines of one claim; the paper form has 6, the electronic one 50 and 12 diagnoses.
const MOST_LINES: usize = 62;
const MOST_EDITS: usize = 1_000;
const DIFF_LINES: usize = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditsQuery {
    /// One code, or several with commas between them: `38900,38500`.
    codes: String,
    /// Date of service, `YYYY-MM-DD`; today if absent.
    dos: Option<NaiveDate>,
    /// `practitioner` (if absent), `outpatient_hospital` or `dme`.
    setting: Option<String>,
    /// Of one code, at most this many edits, 1 to 1,000; 100 if absent.
    limit: Option<usize>,
}

/// Edits, or the proof that there are none.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditsBody {
    /// The date that this is about.
    date_of_service: NaiveDate,
    /// Whose claims the table is for.
    setting: String,
    /// Of one code: how many edits are in force, listed here or not.
    total: Option<u64>,
    /// The rows.
    edits: Vec<WireFact>,
    /// What to know before relying on them.
    notices: Vec<WireNotice>,
}

/// Procedure-to-procedure edits: all of one code, or those between several.
#[utoipa::path(
    get, path = "/api/v1/edits", tag = "codes", params(EditsQuery),
    responses(
        (status = OK, body = EditsBody),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn edits(
    State(doors): State<Doors>,
    query: Result<Query<EditsQuery>, QueryRejection>,
) -> Result<Json<EditsBody>, Problem> {
    let Query(query) = query?;
    let date_of_service = query.dos.unwrap_or_else(|| doors.clock.today());
    let setting = setting_named(query.setting.as_deref())?.unwrap_or(Setting::Practitioner);
    let codes: Vec<Code> = query.codes.split(',').map(procedure).collect::<Result<_, _>>()?;
    if codes.len() > MOST_CODES {
        return Err(Problem::bad_request(
            "codes",
            format!("{} codes", codes.len()),
            format!("give at most {MOST_CODES}"),
        ));
    }
    if !doors.tables.has_edits(Some(setting), date_of_service) {
        return Err(not_loaded(format!(
            "no table of NCCI edits for the setting {} is loaded for {date_of_service}",
            setting.as_str()
        )));
    }
    let (mut facts, mut total) = (Vec::new(), None);
    if let [code] = codes.as_slice() {
        let limit = query.limit.unwrap_or(100).clamp(1, MOST_EDITS);
        for (_, rows, of_table) in doors
            .tables
            .edits_of(code, Some(setting), date_of_service, limit)?
        {
            *total.get_or_insert_default() += of_table;
            facts.extend(rows.iter().map(|row| row.fact(code)));
        }
    }
    for (place, one) in codes.iter().enumerate() {
        for other in &codes[place + 1..] {
            facts.extend(edits_of_pair(
                one,
                other,
                Some(setting),
                date_of_service,
                &doors.tables,
            )?);
        }
    }
    Ok(Json(EditsBody {
        date_of_service,
        setting: setting.as_str().to_owned(),
        total,
        edits: facts.iter().map(WireFact::from).collect(),
        notices: notices(&codes, &facts, date_of_service, &doors.tables)?,
    }))
}

/// What to know before relying on `facts` about `codes`.
pub(super) fn notices(
    codes: &[Code],
    facts: &[Fact],
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<WireNotice>, Problem> {
    let notices = about_rows(codes, facts, date_of_service, tables)?;
    Ok(notices.iter().map(WireNotice::from).collect())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeeQuery {
    /// Five-digit ZIP code of where the service is performed.
    zip: Option<String>,
    /// Or the payment locality, contractor and locality: `13202-01`.
    locality: Option<String>,
    /// Date of service, `YYYY-MM-DD`; today if absent.
    dos: Option<NaiveDate>,
}

/// Fees with what they were worked out from.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeeBody {
    /// The date that this is about.
    date_of_service: NaiveDate,
    /// One for the whole service and for each of its parts.
    fees: Vec<WireFact>,
    /// What to know before relying on them.
    notices: Vec<WireNotice>,
}

/// What Medicare's physician fee schedule pays for a code in a place; nationally if none is given.
#[utoipa::path(
    get, path = "/api/v1/fees/{code}", tag = "codes",
    params(("code" = String, Path, description = "a CPT or HCPCS code"), FeeQuery),
    responses(
        (status = OK, body = FeeBody),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn fee(
    State(doors): State<Doors>,
    written: Result<Path<String>, PathRejection>,
    query: Result<Query<FeeQuery>, QueryRejection>,
) -> Result<Json<FeeBody>, Problem> {
    let Path(written) = written?;
    let Query(query) = query?;
    let date_of_service = query.dos.unwrap_or_else(|| doors.clock.today());
    let code = procedure(&written)?;
    let place = |system, text: &str, advice: &str| {
        Code::parse(system, text).map_err(|error| Problem::bad_request("place", error.to_string(), advice))
    };
    let paid_at = match (&query.zip, &query.locality) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request(
                "place",
                "both a ZIP code and a locality were given",
                "give one of them",
            ));
        }
        (Some(zip), None) => PaidAt::Zip(place(CodeSystem::Zip, zip, "write five digits, such as 10001")?),
        (None, Some(locality)) => PaidAt::Locality(place(
            CodeSystem::Locality,
            locality,
            "write contractor and locality, such as 13202-01",
        )?),
        (None, None) => PaidAt::National,
    };
    let Fees { rows, why_none } = fees(&code, &paid_at, date_of_service, &doors.tables)?;
    if let Some(why) = why_none {
        return Err(not_loaded(why));
    }
    Ok(Json(FeeBody {
        date_of_service,
        fees: rows.iter().map(WireFact::from).collect(),
        notices: notices(&[code], &rows, date_of_service, &doors.tables)?,
    }))
}

/// Claim lines to check together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBody {
    /// Procedures with modifiers and units, and diagnoses, the first-listed one first: `99213-25`, `20610-RT-59x2`, `E11.9`.
    lines: Vec<String>,
    /// Date of service, `YYYY-MM-DD`; today if absent.
    date_of_service: Option<NaiveDate>,
    /// `practitioner` (if absent), `outpatient_hospital`, `inpatient_hospital` or `dme`.
    setting: Option<String>,
    /// The patient's age in whole years.
    age_years: Option<u16>,
    /// `female` or `male`.
    sex: Option<String>,
}

/// Checks claim lines against every rule that is loaded, each finding with its row.
#[utoipa::path(
    post, path = "/api/v1/check", tag = "codes", request_body = CheckBody,
    responses(
        (status = OK, body = WireClaimReport),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = PAYLOAD_TOO_LARGE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn claim_check(
    State(doors): State<Doors>,
    body: Result<Json<CheckBody>, JsonRejection>,
) -> Result<Json<WireClaimReport>, Problem> {
    let Json(body) = body?;
    if !(1..=MOST_LINES).contains(&body.lines.len()) {
        return Err(Problem::bad_request(
            "lines",
            format!("{} lines", body.lines.len()),
            format!("give 1 to {MOST_LINES}"),
        ));
    }
    let lines: Vec<ClaimLine> = body
        .lines
        .iter()
        .map(|line| read_line(line))
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::bad_request("lines", error.to_string(), "correct the line"))?;
    let sex = match body.sex.as_deref() {
        None => None,
        Some("female") => Some(Sex::Female),
        Some("male") => Some(Sex::Male),
        Some(_) => {
            return Err(Problem::bad_request(
                "sex",
                "it is neither female nor male",
                "write one, or leave it out",
            ));
        }
    };
    let claim = Claim {
        lines,
        date_of_service: body.date_of_service.unwrap_or_else(|| doors.clock.today()),
        setting: setting_named(body.setting.as_deref())?,
        age_years: body.age_years,
        sex,
    };
    let tables = doors.tables.clone();
    // Some hundred look-ups: too long for an async thread.
    let checked = tokio::task::spawn_blocking(move || {
        let report = check(&claim, &tables)?;
        Ok::<_, Problem>(WireClaimReport::new(&claim, &report))
    });
    checked
        .await
        .map_err(|error| Problem::internal(&error))?
        .map(Json)
}

/// What changed from one edition to another.
#[utoipa::path(
    get, path = "/api/v1/editions/{from}/diff/{to}", tag = "editions",
    params(
        ("from" = String, Path, description = "id of an edition"),
        ("to" = String, Path, description = "id of another edition of its source"),
    ),
    responses(
        (status = OK, body = WireEditionDiff),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn edition_diff(
    State(doors): State<Doors>,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<WireEditionDiff>, Problem> {
    let Path((from, to)) = ids?;
    let tables = doors.tables.clone();
    let compared = tokio::task::spawn_blocking(move || {
        let find = |id: &str| -> Result<Edition, Problem> {
            tables
                .edition(&EditionId::new(id))
                .ok_or_else(|| not_loaded(format!("no edition {id} is loaded")))
        };
        let (from, to) = (find(&from)?, find(&to)?);
        let diff = tables.diff(&from.id, &to.id).map_err(|error| match error {
            TablesError::DifferentSources { .. } => Problem::bad_request(
                "editions",
                error.to_string(),
                "GET /api/v1/editions lists the editions of each source",
            ),
            error => error.into(),
        })?;
        Ok::<_, Problem>(WireEditionDiff::new(&from, &to, &diff, DIFF_LINES))
    });
    compared
        .await
        .map_err(|error| Problem::internal(&error))?
        .map(Json)
}

/// What was refused while an edition was read.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindingsBody {
    /// By file and line.
    findings: Vec<WireFinding>,
}

/// One thing that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct WireFinding {
    /// Name of the file.
    file: String,
    /// Line in the unpacked file, counted from 1.
    line: Option<u64>,
    /// What is wrong.
    text: String,
}

/// What was refused while the edition was read.
#[utoipa::path(
    get, path = "/api/v1/editions/{id}/findings", tag = "editions",
    params(("id" = String, Path, description = "id of an edition")),
    responses(
        (status = OK, body = FindingsBody),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        Faults,
    )
)]
pub(crate) async fn findings(
    State(doors): State<Doors>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<FindingsBody>, Problem> {
    let Path(id) = id?;
    let edition = doors
        .tables
        .edition(&EditionId::new(&id))
        .ok_or_else(|| not_loaded(format!("no edition {id} is loaded")))?;
    let findings = doors.tables.findings(&edition.id)?;
    Ok(Json(FindingsBody {
        findings: findings
            .into_iter()
            .map(|(file, line, text)| WireFinding { file, line, text })
            .collect(),
    }))
}

/// The setting that a request names.
pub(super) fn setting_named(word: Option<&str>) -> Result<Option<Setting>, Problem> {
    let setting = word.map(setting_from).transpose();
    setting.map_err(|known| Problem::bad_request("setting", known, "leave it out, or correct it"))
}

fn procedure(written: &str) -> Result<Code, Problem> {
    [CodeSystem::Cpt, CodeSystem::Hcpcs]
        .into_iter()
        .find_map(|system| Code::parse(system, written).ok())
        .ok_or_else(|| {
            let written: String = written.chars().take(20).collect();
            Problem::bad_request(
                "code",
                format!("{written:?} does not have the shape of a CPT or HCPCS code"),
                "write a code such as 38900 or J1885",
            )
        })
}

fn not_loaded(detail: String) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_loaded",
        detail,
        "load the release of that date; GET /api/v1/editions lists what is loaded",
    )
}
