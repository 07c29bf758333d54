//! What categories are called, and which take the place of which.
//!
//! A table of labels has one row a category (`cc`, `label`), one of hierarchies one row a pair (`cc_parent`,
//! `cc_child`); both say the model by `model_domain` and `model_version`. All that one category takes the place of
//! is one row on the shelf, cited by the first row of the file.

use super::model::Model;
use super::{payment_year, release};
use crate::draft::{Job, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::SheetRow;
use crate::workbook;
use codecite_codebook::{Code, FactKind};
use std::collections::HashMap;

const LABELS: [&[&str]; 1] = [&["cc", "label", "model_domain", "model_version"]];
const HIERARCHIES: [&[&str]; 1] = [&["cc_parent", "cc_child", "model_domain", "model_version"]];

pub(in crate::importers) fn is_labels(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LABELS)
}

pub(in crate::importers) fn is_hierarchies(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &HIERARCHIES)
}

pub(in crate::importers) fn read_labels(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LABELS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with cc, label, model_domain and model_version was expected")
        })?;
    let year = payment_year(job, "ra_labels_2026.csv")?;
    let mut draft = ShelfDraft::new(job, release("hcc-labels", "HCC labels", year));
    draft.each_row(&sheet, label);
    draft.finish()
}

fn label(row: &SheetRow<'_>, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
    // `HCC17`, in models for prescription drugs `RXHCC17`.
    let number = row
        .get("cc")
        .trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let category = model(row)?.category(number)?;
    let name = row.get("label");
    if name.is_empty() {
        return Err(format!("{category} has no name"));
    }
    let shown = shown_model(row);
    let rows = labelled([("model", shown.as_str()), ("HCC", number), ("name", name)]);
    draft.fact(row.line, FactKind::HccHierarchy, category, Vec::new(), rows);
    Ok(())
}

pub(in crate::importers) fn read_hierarchies(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &HIERARCHIES)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with cc_parent, cc_child, model_domain and model_version was expected")
        })?;
    let year = payment_year(job, "ra_hierarchies_2026.csv")?;
    let mut draft = ShelfDraft::new(job, release("hcc-hierarchies", "HCC hierarchies", year));
    let mut hierarchies = Hierarchies::default();
    draft.each_row(&sheet, |row, draft| hierarchies.add(row, draft));
    hierarchies.shelve(&mut draft);
    draft.finish()
}

/// The categories that take the place of others, in the order of the file.
#[derive(Default)]
struct Hierarchies {
    parents: Vec<Parent>,
    places: HashMap<Code, usize>,
    /// On which line each pair stands.
    known: HashMap<(Code, Code), u64>,
}

struct Parent {
    line: u64,
    category: Code,
    model: String,
    number: String,
    drops: Vec<Code>,
    numbers: Vec<String>,
}

impl Hierarchies {
    fn add(&mut self, row: &SheetRow<'_>, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
        let (parent, child) = (row.get("cc_parent"), row.get("cc_child"));
        let model = model(row)?;
        let (category, dropped) = (model.category(parent)?, model.category(child)?);
        if category == dropped {
            return Err(format!("{category} cannot take the place of itself"));
        }
        if let Some(first) = self.known.insert((category.clone(), dropped.clone()), row.line) {
            draft.remark(
                row.line,
                format!("{category} above {dropped} stands on line {first} already; kept once"),
            );
            return Ok(());
        }
        let place = *self.places.entry(category.clone()).or_insert(self.parents.len());
        if place == self.parents.len() {
            self.parents.push(Parent {
                line: row.line,
                category,
                model: shown_model(row),
                number: parent.to_owned(),
                drops: Vec::new(),
                numbers: Vec::new(),
            });
        }
        if let Some(parent) = self.parents.get_mut(place) {
            parent.drops.push(dropped);
            parent.numbers.push(child.to_owned());
        }
        Ok(())
    }

    fn shelve(self, draft: &mut ShelfDraft<'_>) {
        for parent in self.parents {
            let meaning = format!(
                "where a patient has HCC {} and one of these in the same year, only HCC {} counts",
                parent.number, parent.number
            );
            let rows = labelled([
                ("model", parent.model.as_str()),
                ("HCC", &parent.number),
                ("drops", &parent.numbers.join(", ")),
                ("what dropping means", &meaning),
            ]);
            draft.fact(
                parent.line,
                FactKind::HccHierarchy,
                parent.category,
                parent.drops,
                rows,
            );
        }
    }
}

fn model(row: &SheetRow<'_>) -> Result<Model, String> {
    Model::of(row.get("model_domain"), row.get("model_version"))
}

fn shown_model(row: &SheetRow<'_>) -> String {
    format!("{} {}", row.get("model_domain"), row.get("model_version"))
}
