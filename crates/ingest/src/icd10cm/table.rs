//! The order file as a table with a header: `order`, `code` (with or without its dot), `valid` and
//! `long_description`, as third parties republish it.

use super::Parsed;
use super::line::Line;
use crate::refusals::while_hopeful;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Code, CodeSystem};

const COLUMNS: [&str; 4] = ["order", "code", "valid", "long_description"];

/// Whether a file begins with the header of such a table. What it lists decides: ICD-10-PCS has none of the letters
/// that begin each code of ICD-10-CM in its first rows.
pub(super) fn is_in(head: &[u8]) -> bool {
    of(head).is_some_and(|sheet| {
        let mut rows = sheet.rows().filter_map(Result::ok).take(20).peekable();
        rows.peek().is_some() && rows.any(|row| Code::parse(CodeSystem::Icd10Cm, row.get("code")).is_ok())
    })
}

/// The table, if it is one.
pub(super) fn of(bytes: &[u8]) -> Option<Sheet> {
    Sheet::find(bytes, b',', &COLUMNS)
}

pub(super) fn lines(sheet: &Sheet) -> Vec<Parsed<'static>> {
    let parse = |row: SheetRow<'_>| line_of(&row).map_err(|why| (row.line, why));
    while_hopeful(sheet.rows().map(|row| row.and_then(parse))).collect()
}

fn line_of(row: &SheetRow<'_>) -> Result<Line<'static>, String> {
    let order = row.get("order");
    let order = order
        .parse()
        .map_err(|_| format!("{order:?} is no order number"))?;
    let code = Code::parse(CodeSystem::Icd10Cm, row.get("code")).map_err(|error| error.to_string())?;
    let billable = match row.get("valid") {
        "0" => false,
        "1" => true,
        other => return Err(format!("{code}: flag {other:?} is neither 0 nor 1")),
    };
    let long_title = row.get("long_description");
    if long_title.is_empty() {
        return Err(format!("{code} has no long description"));
    }
    Ok(Line {
        number: row.line,
        order,
        code,
        billable,
        long_title: long_title.to_owned().into(),
    })
}
