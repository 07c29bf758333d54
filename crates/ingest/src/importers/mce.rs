//! The Medicare code editor (MCE): which diagnoses conflict with the patient's age or sex, and which must not be the
//! principal diagnosis. Published by CMS with each version of the grouper; read are its lists as one table, one row
//! a diagnosis and list.

use super::fiscal::next_october;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::SheetRow;
use crate::workbook;
use chrono::Datelike;
use codecite_codebook::{Code, CodeSystem, FactKind, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

const LAYOUT: [&[&str]; 1] = [&["icd_code", "icd_conflict_group", "icd_conflict_rule"]];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUT)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUT)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with icd_code, icd_conflict_group and icd_conflict_rule was expected")
        })?;
    let from = job
        .first_day(first_day_of_version)
        .ok_or_else(|| job.undated("a name such as mce_v41.1_icd10cm_code_edits.csv"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "mce",
            title: format!("Medicare code editor {}", version(from)),
            authority: "CMS",
            effective_from: from,
            replaced_on: next_release(from),
            is_complete: false,
            url: "https://www.cms.gov/medicare/payment/prospective-payment-systems/acute-inpatient-pps/ms-drg-classifications-and-software",
        },
    );
    draft.each_row(&sheet, shelve);
    draft.finish()
}

fn shelve(row: &SheetRow<'_>, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
    let code = Code::parse(CodeSystem::Icd10Cm, row.get("icd_code")).map_err(|error| error.to_string())?;
    let (group, rule) = (row.get("icd_conflict_group"), row.get("icd_conflict_rule"));
    let edit = Edit::of(rule)
        .ok_or_else(|| format!("{code}: {rule:?} is no rule of the code editor that is known"))?;
    let rows = labelled([
        ("edit", rule),
        ("conflict", group),
        ("sex", edit.sex),
        ("age", &edit.age),
        ("what the edit means", &edit.meaning),
    ]);
    draft.fact(row.line, FactKind::CodeEdit, code, Vec::new(), rows);
    Ok(())
}

/// The highest age that the editor knows.
const OLDEST: u8 = 124;

/// What a rule asks of the patient or of the claim.
struct Edit {
    sex: &'static str,
    /// Such as `9-64`.
    age: String,
    meaning: String,
}

impl Edit {
    /// The rule, from its name: `Maternity (Ages 9-64)`, `Female Only`, `Manifestation (…)`.
    fn of(rule: &str) -> Option<Self> {
        let lower = rule.to_lowercase();
        let of_sex = |sex: &'static str| Self {
            sex,
            age: String::new(),
            meaning: format!("only for {sex} patients; for others it conflicts with the patient's sex"),
        };
        if lower.starts_with("female") {
            return Some(of_sex("female"));
        }
        if lower.starts_with("male") {
            return Some(of_sex("male"));
        }
        if lower.starts_with("manifestation") {
            return Some(Self {
                sex: "",
                age: String::new(),
                meaning: "a manifestation: not the principal diagnosis, the disease behind it is coded first"
                    .into(),
            });
        }
        let age = ages(&lower)?;
        Some(Self {
            sex: "",
            meaning: format!("only for patients aged {age}; for others it conflicts with the patient's age"),
            age,
        })
    }
}

fn ages(rule: &str) -> Option<String> {
    static AGES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"ages? (\d+)(?:\s*-\s*(\d+))?").ok());
    let found = AGES.as_ref()?.captures(rule)?;
    let age = |text: &str| text.parse::<u8>().ok().filter(|age| *age <= OLDEST);
    let least = age(found.get(1)?.as_str())?;
    match found.get(2) {
        Some(most) => {
            let most = age(most.as_str()).filter(|most| *most >= least)?;
            Some(format!("{least}-{most}"))
        }
        None => Some(least.to_string()),
    }
}

/// Versions count fiscal years, 41 is that of 2024; `.1` is the update of April.
fn first_day_of_version(name: &str) -> Option<NaiveDate> {
    static VERSION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(?:^|[^a-z])v(\d\d)(?:[._](\d))?(?:\D|$)").ok());
    let found = VERSION.as_ref()?.captures(name)?;
    let year = 1983 + found.get(1)?.as_str().parse::<i32>().ok()?;
    match found.get(2).map(|update| update.as_str()) {
        None | Some("0") => NaiveDate::from_ymd_opt(year - 1, 10, 1),
        Some(_) => NaiveDate::from_ymd_opt(year, 4, 1),
    }
}

/// The version that is in force from that day, as it is published.
fn version(from: NaiveDate) -> String {
    match (from.month(), from.day()) {
        (10, 1) => format!("v{}", from.year() - 1982),
        (4, 1) => format!("v{}.1", from.year() - 1983),
        _ => format!("in force from {from}"),
    }
}

/// A version of October is replaced in April, one of April in October.
fn next_release(from: NaiveDate) -> Option<NaiveDate> {
    match from.month() {
        10 => NaiveDate::from_ymd_opt(from.year() + 1, 4, 1),
        _ => next_october(from),
    }
}
