//! That no category of a risk adjustment model holds a diagnosis, as a row: it is what a risk coder asks most.

use codecite_codebook::{Code, CodeSystem, Edition, Fact, FactKind, FactRow, NaiveDate};
use codecite_tables::{Tables, TablesError};

/// What the tables of mappings are called among the sources.
const MAPPINGS: &str = "hcc-mappings";
/// A diagnosis that every model has in one of its categories: where it has none, the table does not hold the model.
const IN_EVERY_MODEL: &str = "ICD-10-CM E11.9";

/// Whether a category is one of a model, such as `V28-37` of `V28`.
pub(super) fn is_of_model(category: &str, model: &str) -> bool {
    category
        .strip_prefix(model)
        .is_some_and(|rest| rest.starts_with('-'))
}

/// For each of `models` that the table in force holds and that has no category for `code`: the proof.
pub(super) fn absences(
    code: &Code,
    models: &[&str],
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let Some(table) = table_on(date_of_service, tables).filter(|_| code.system() == CodeSystem::Icd10Cm)
    else {
        return Ok(Vec::new());
    };
    let mut absences = Vec::new();
    for model in models {
        let has_model = |code: &Code| -> Result<bool, TablesError> {
            let rows = tables.facts_of(code, FactKind::Hcc, date_of_service)?;
            let mut categories = rows.iter().filter_map(|row| row.value("category"));
            Ok(categories.any(|category| is_of_model(category, model)))
        };
        let holds_model = match IN_EVERY_MODEL.parse() {
            Ok(code) => has_model(&code)?,
            Err(_) => false,
        };
        if holds_model && !has_model(code)? {
            absences.push(absence(code, model, &table, tables));
        }
    }
    Ok(absences)
}

/// Why nothing can be said of risk adjustment on the date, if no mapping of its payment year is loaded.
pub(super) fn not_loaded(code: &Code, date_of_service: NaiveDate, tables: &Tables) -> Option<String> {
    let loaded: Vec<String> = tables
        .editions()
        .iter()
        .filter(|edition| edition.source == MAPPINGS)
        .map(|edition| edition.title.clone())
        .collect();
    let is_asked = code.system() == CodeSystem::Icd10Cm && table_on(date_of_service, tables).is_none();
    (is_asked && !loaded.is_empty()).then(|| {
        format!(
            "Whether {} has an HCC on {date_of_service} cannot be told: loaded are {}. Load the mappings of that payment year.",
            code.label(),
            loaded.join("; ")
        )
    })
}

fn table_on(date_of_service: NaiveDate, tables: &Tables) -> Option<Edition> {
    let mut editions = tables.editions().into_iter();
    editions.rfind(|edition| edition.source == MAPPINGS && edition.effective.contains(date_of_service))
}

fn absence(code: &Code, model: &str, table: &Edition, tables: &Tables) -> Fact {
    let row = |label: &str, value: &str| FactRow {
        label: label.to_owned(),
        value: value.to_owned(),
    };
    let stated = vec![
        row("model", model),
        row("HCC", "none: the table has no row of this diagnosis in the model"),
    ];
    super::searched_in_vain(FactKind::Hcc, code, stated, table, tables)
}
