//! Edits of a model by age and sex: a diagnosis that does not count for some patients, or counts as another category.
//!
//! They come with the software of the model, and the table names the model and no year: they hold from the first
//! payment year of that model.

use super::model::Model;
use super::{URL, diagnosis};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::year_named;
use crate::sheet::{Sheet, SheetRow};
use crate::workbook;
use codecite_codebook::{Code, FactKind, NaiveDate};

const LAYOUT: [&[&str]; 1] = [&[
    "icd10",
    "edit_type",
    "sex",
    "age_min",
    "age_max",
    "action",
    "cc_override",
    "model_name",
]];
/// The highest age that the editors of Medicare know.
const OLDEST: u8 = 124;
/// The first payment year of the models for Medicare Advantage.
const FIRST_YEARS: [(&str, i32); 2] = [("V28", 2024), ("V24", 2020)];

pub(in crate::importers) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUT)
}

pub(in crate::importers) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUT)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with icd10, edit_type, sex, age_min, age_max and action was expected")
        })?;
    let from = job
        .first_day(year_named)
        .or_else(|| first_day_of_model(&sheet))
        .ok_or_else(|| {
            job.undated("a name such as ra_dx_edits_2026.csv, or the model CMS-HCC V28 in its rows")
        })?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "hcc-dx-edits",
            title: format!("HCC age and sex edits from payment year {}", from.format("%Y")),
            authority: "CMS",
            effective_from: from,
            replaced_on: None,
            is_complete: false,
            url: URL,
        },
    );
    draft.each_row(&sheet, |row, draft| {
        Edit::read(row)?.shelve(draft);
        Ok(())
    });
    draft.finish()
}

/// The first day of the model that the first row in order is about.
fn first_day_of_model(sheet: &Sheet) -> Option<NaiveDate> {
    let model = sheet
        .rows()
        .flatten()
        .find_map(|row| Model::named(row.get("model_name")))?;
    let (_, year) = FIRST_YEARS.into_iter().find(|(key, _)| *key == model.key())?;
    NaiveDate::from_ymd_opt(year, 1, 1)
}

struct Edit {
    line: u64,
    diagnosis: Code,
    kind: String,
    model: String,
    sex: &'static str,
    age: String,
    /// The category that it counts as instead.
    instead: Option<(String, Code)>,
}

impl Edit {
    fn read(row: &SheetRow<'_>) -> Result<Self, String> {
        let diagnosis = diagnosis(row.get("icd10"))?;
        let fail = |why: String| format!("{diagnosis}: {why}");
        let name = row.get("model_name");
        let model =
            Model::named(name).ok_or_else(|| fail(format!("{name:?} names no model of risk adjustment")))?;
        let sex = match row.get("sex") {
            "" => "",
            "1" => "male",
            "2" => "female",
            other => {
                return Err(fail(format!(
                    "{other:?} is no sex of the model software, which writes 1 or 2"
                )));
            }
        };
        let age = ages(row.get("age_min"), row.get("age_max")).map_err(fail)?;
        let number = row.get("cc_override");
        let instead = match row.get("action") {
            "override" => Some((number.to_owned(), model.category(number).map_err(fail)?)),
            "invalid" => None,
            other => {
                return Err(fail(format!(
                    "{other:?} is no action; override or invalid are expected"
                )));
            }
        };
        if sex.is_empty() && age.is_empty() {
            return Err(fail("neither a sex nor an age".into()));
        }
        Ok(Self {
            line: row.line,
            kind: row.get("edit_type").to_owned(),
            model: name.to_owned(),
            diagnosis,
            sex,
            age,
            instead,
        })
    }

    fn shelve(self, draft: &mut ShelfDraft<'_>) {
        let who = match (self.sex, self.age.as_str()) {
            ("", age) => format!("for patients aged {age}"),
            (sex, "") => format!("for {sex} patients"),
            (sex, age) => format!("for {sex} patients aged {age}"),
        };
        let meaning = match &self.instead {
            Some((number, _)) => format!("{who} the diagnosis counts as HCC {number}"),
            None => format!("{who} the diagnosis is not valid and counts as no HCC"),
        };
        let instead = self
            .instead
            .as_ref()
            .map(|(number, _)| number.as_str())
            .unwrap_or_default();
        let rows = labelled([
            ("edit", self.kind.as_str()),
            ("model", &self.model),
            ("sex", self.sex),
            ("age", &self.age),
            ("HCC instead", instead),
            ("what the edit means", &meaning),
        ]);
        let also = self.instead.into_iter().map(|(_, category)| category).collect();
        draft.fact(self.line, FactKind::CodeEdit, self.diagnosis, also, rows);
    }
}

/// An age in years; `None` where there is none.
fn age(written: &str) -> Result<Option<u8>, String> {
    if written.is_empty() {
        return Ok(None);
    }
    match written.parse::<u8>() {
        Ok(age) if age <= OLDEST && !written.starts_with('+') => Ok(Some(age)),
        _ => Err(format!("{written:?} is no age from 0 to {OLDEST}")),
    }
}

/// The ages that an edit is about, in words.
fn ages(least: &str, most: &str) -> Result<String, String> {
    let (from, to) = (age(least)?, age(most)?);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(format!("the ages {from} to {to} are none"));
    }
    Ok(match (least, most) {
        ("", "") => String::new(),
        ("", most) => format!("{most} or younger"),
        (least, "") => format!("{least} or older"),
        (least, most) => format!("{least} to {most}"),
    })
}
