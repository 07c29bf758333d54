//! The tables of ICD-10-PCS, published by CMS as XML (`icd10pcs_tables_2021.xml`).
//!
//! `pcsTable` has an `axis` for each of the first three characters and a `pcsRow` for each combination of the others: an
//! `axis` with the values that its character may have. `codes` says how many codes a row makes, which tells when one
//! of its values is missing.

use super::fiscal::FiscalRelease;
use super::words::{LONGEST, Words};
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::xml::{self, Element};
use codecite_codebook::Aspect;

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    xml::root(head).is_some_and(|root| root.name == "ICD10PCS.tabular")
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let root = pcs_root(job, "ICD10PCS.tabular")?;
    let mut draft = pcs_draft(job, &root, "icd-10-pcs-tables", "tables")?;
    for table in root.all("pcsTable") {
        match Table::of(table) {
            Ok(read) => shelve(table, &read, &mut draft),
            Err(why) => {
                for row in table.all("pcsRow") {
                    draft.met_row();
                    draft.refuse(row.line, &why);
                }
            }
        }
    }
    draft.finish()
}

/// The tree of an official file of ICD-10-PCS.
pub(super) fn pcs_root(job: &Job<'_>, name: &str) -> Result<Element, IngestError> {
    let root = xml::parse(job.bytes()).map_err(|why| job.misshapen(why))?;
    match root.name == name {
        true => Ok(root),
        false => Err(job.misshapen(format!("<{name}> was expected, it begins with <{}>", root.name))),
    }
}

/// The shelf of an official file of ICD-10-PCS.
pub(super) fn pcs_draft<'a>(
    job: &'a Job<'a>,
    root: &Element,
    source: &'static str,
    name: &str,
) -> Result<ShelfDraft<'a>, IngestError> {
    let release = FiscalRelease::of(job, &root.text_of("version"))
        .ok_or_else(|| job.undated("a version such as <version>2025</version>"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("ICD-10-PCS {name}, {}", release.named),
            authority: "CMS",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: false,
            url: "https://www.cms.gov/medicare/coding-billing/icd-10-codes",
        },
    );
    FiscalRelease::compare(job, &root.text_of("version"), &mut draft);
    Ok(draft)
}

/// What a table says of its first three characters.
struct Table {
    /// Such as `0DT`.
    prefix: String,
    /// Such as `Medical and Surgical, Gastrointestinal System, Resection`.
    title: String,
    /// What its operation is, where the table says so.
    definition: Option<String>,
}

impl Table {
    fn of(table: &Element) -> Result<Self, String> {
        let mut prefix = String::new();
        let mut titles = Vec::new();
        let mut definition = None;
        for axis in table.all("axis") {
            let label = axis.first("label").ok_or("an axis of the table has no value")?;
            prefix.push_str(label.attribute("code").unwrap_or_default());
            titles.push(label.text());
            let defined = axis.text_of("definition");
            if !defined.is_empty() {
                definition = Some(format!("{}: {defined}.", label.text()));
            }
        }
        match prefix.chars().count() == 3 {
            true => Ok(Self {
                prefix,
                title: titles.join(", "),
                definition,
            }),
            false => Err(format!("{prefix:?} are not the three characters of a table")),
        }
    }
}

/// Puts the rows of a table on the shelf, several in one passage where they are short.
fn shelve(element: &Element, table: &Table, draft: &mut ShelfDraft<'_>) {
    let heading = format!("Table {} of ICD-10-PCS ({}).", table.prefix, table.title);
    let start = |line: u64| Words {
        line,
        section: Some(format!("{} {}", table.prefix, table.title)),
        title: format!("ICD-10-PCS table {}: {}", table.prefix, table.title),
        text: match &table.definition {
            Some(definition) => format!("{heading} {definition}"),
            None => heading.clone(),
        },
        ..Words::default()
    };
    let mut words: Option<Words> = None;
    for (number, row) in (1..).zip(element.all("pcsRow")) {
        draft.met_row();
        let text = match row_text(&table.prefix, number, row) {
            Ok(text) => text,
            Err(why) => {
                draft.refuse(row.line, format!("table {}: {why}", table.prefix));
                continue;
            }
        };
        if let Some(full) = words.take_if(|words| words.text.len() + text.len() > LONGEST) {
            full.shelve(Aspect::Rule, draft);
        }
        let words = words.get_or_insert_with(|| start(row.line));
        words.text.push('\n');
        words.text.push_str(&text);
    }
    if let Some(words) = words {
        words.shelve(Aspect::Rule, draft);
    }
}

/// One row, readable by itself: `Table 0DT, row 1: body part 1 Esophagus, Upper or 2 …; approach 0 Open; ….`
fn row_text(prefix: &str, number: usize, row: &Element) -> Result<String, String> {
    let mut codes: u64 = 1;
    let mut parts = Vec::new();
    for axis in row.all("axis") {
        let values: Vec<String> = axis
            .all("label")
            .map(|label| match label.attribute("code") {
                Some(code) if code.len() == 1 => Ok(format!("{code} {}", label.text())),
                code => Err(format!(
                    "{:?} is no character of a code",
                    code.unwrap_or_default()
                )),
            })
            .collect::<Result<_, _>>()?;
        codes = codes.saturating_mul(values.len() as u64);
        parts.push(format!(
            "{} {}",
            axis.text_of("title").to_lowercase(),
            values.join(" or ")
        ));
    }
    if parts.len() != 4 {
        return Err(format!(
            "row {number} has values for {} characters, four were expected",
            parts.len()
        ));
    }
    let stated = row.attribute("codes").and_then(|codes| codes.parse::<u64>().ok());
    if stated.is_some_and(|stated| stated != codes) || codes == 0 {
        return Err(format!(
            "row {number} makes {codes} codes and says {}",
            stated.unwrap_or_default()
        ));
    }
    Ok(format!("Table {prefix}, row {number}: {}.", parts.join("; ")))
}
