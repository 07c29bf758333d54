//! Which diagnosis counts as which category: one row a diagnosis and model (`diagnosis_code`, `cc`, `model_name`), or
//! the workbook of CMS with one row a diagnosis and one column a model (`CMS-HCC Model Category V28`).

use super::model::Model;
use super::{diagnosis, payment_year, release};
use crate::draft::{Job, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::{Sheet, SheetRow};
use crate::workbook;
use codecite_codebook::{Code, FactKind};

const ROWS: [&[&str]; 1] = [&["diagnosis_code", "cc", "model_name"]];
const MATRIX: [&[&str]; 2] = [
    &["diagnosis code", "description"],
    &["diagnosis_code", "description"],
];
/// What the columns of a model are called, before its version.
const MODEL_COLUMN: &str = "model category";

pub(in crate::importers) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &ROWS) || matrix(head).is_some()
}

fn matrix(bytes: &[u8]) -> Option<(Sheet, Vec<(String, Model)>)> {
    let sheet = workbook::find(bytes, &MATRIX).ok()??;
    let models: Vec<(String, Model)> = sheet
        .names()
        // A column for each model says besides, whether the category counts in the payment year.
        .filter(|name| name.contains(MODEL_COLUMN) && !name.contains("payment year"))
        .filter_map(|name| Some((name.to_owned(), Model::named(name)?)))
        .collect();
    (!models.is_empty()).then_some((sheet, models))
}

pub(in crate::importers) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let year = payment_year(
        job,
        "ra_dx_to_cc_2026.csv or 2026 Midyear Final ICD-10-CM Mappings.xlsx",
    )?;
    let release = release("hcc-mappings", "ICD-10-CM to HCC mappings", year);
    let shown_year = year.format("%Y").to_string();
    if let Some((sheet, models)) = matrix(job.bytes()) {
        return read_matrix(&sheet, &models, ShelfDraft::new(job, release), &shown_year);
    }
    let sheet = workbook::find(job.bytes(), &ROWS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| job.misshapen("a header with diagnosis_code, cc and model_name was expected"))?;
    let mut draft = ShelfDraft::new(job, release);
    draft.each_row(&sheet, |row, draft| {
        Mapping::read(row)?.shelve(&shown_year, draft);
        Ok(())
    });
    draft.finish()
}

fn read_matrix(
    sheet: &Sheet,
    models: &[(String, Model)],
    mut draft: ShelfDraft<'_>,
    year: &str,
) -> Result<Reading, IngestError> {
    for row in sheet.rows() {
        let row = match row {
            Ok(row) => row,
            Err((line, why)) => {
                draft.met_row();
                draft.refuse(line, why);
                continue;
            }
        };
        let filled: Vec<_> = models
            .iter()
            .filter(|(column, _)| !row.get(column).is_empty())
            .collect();
        let written = [row.get("diagnosis code"), row.get("diagnosis_code")].concat();
        // Behind the rows stand notes of the publisher.
        if filled.is_empty() && diagnosis(&written).is_err() {
            continue;
        }
        draft.met_row();
        let mappings: Result<Vec<Mapping>, String> = filled
            .into_iter()
            .map(|(column, model)| Mapping::of(row.line, &written, model, row.get(column)))
            .collect();
        match mappings {
            Ok(mappings) => mappings
                .into_iter()
                .for_each(|mapping| mapping.shelve(year, &mut draft)),
            Err(why) => draft.refuse(row.line, why),
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}

struct Mapping {
    line: u64,
    diagnosis: Code,
    /// As published.
    model: String,
    number: String,
    category: Code,
}

impl Mapping {
    fn read(row: &SheetRow<'_>) -> Result<Self, String> {
        let name = row.get("model_name");
        let model =
            Model::named(name).ok_or_else(|| format!("{name:?} names no model of risk adjustment"))?;
        Ok(Self {
            model: name.to_owned(),
            ..Self::of(row.line, row.get("diagnosis_code"), &model, row.get("cc"))?
        })
    }

    fn of(line: u64, written: &str, model: &Model, number: &str) -> Result<Self, String> {
        let diagnosis = diagnosis(written)?;
        let category = model
            .category(number)
            .map_err(|why| format!("{diagnosis}: {why}"))?;
        Ok(Self {
            line,
            diagnosis,
            model: model.key().to_owned(),
            number: number.to_owned(),
            category,
        })
    }

    fn shelve(self, year: &str, draft: &mut ShelfDraft<'_>) {
        let rows = labelled([
            ("model", self.model.as_str()),
            ("HCC", &self.number),
            ("category", self.category.text()),
            ("payment year", year),
        ]);
        draft.fact(
            self.line,
            FactKind::Hcc,
            self.diagnosis,
            vec![self.category],
            rows,
        );
    }
}
