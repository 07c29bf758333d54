//! That no local coverage determination names a procedure, as a row: its silence is an answer too.

use super::pairs::is_procedure;
use codecite_codebook::{Code, Fact, FactKind, FactRow, NaiveDate};
use codecite_tables::{Tables, TablesError};

/// What the table of LCDs and their codes is called among the sources.
const LCD_TABLE: &str = "lcd-hcpcs";

/// The proof that the table of LCDs in force has no row of `code`; `None` if it has one, or if none is loaded. National
/// determinations name few codes, so of them nothing follows.
pub(super) fn absence(
    code: &Code,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Option<Fact>, TablesError> {
    let editions = tables.editions();
    let table = editions
        .iter()
        .rfind(|edition| edition.source == LCD_TABLE && edition.effective.contains(date_of_service));
    let Some(table) = table.filter(|_| is_procedure(code)) else {
        return Ok(None);
    };
    let rows = tables.facts_of(code, FactKind::Coverage, date_of_service)?;
    if rows.iter().any(|row| row.edition == table.id) {
        return Ok(None);
    }
    let stated = FactRow {
        label: "local coverage determination".into(),
        value: "none in this table names the code, which says neither that it is covered nor that it is not"
            .into(),
    };
    Ok(Some(super::searched_in_vain(
        FactKind::Coverage,
        code,
        vec![stated],
        table,
        tables,
    )))
}
