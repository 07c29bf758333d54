//! The ICD-10-PCS order file, published by CMS in the layout of that of ICD-10-CM (`icd10pcs_order_2024.txt`): 1–5
//! order number, 7–13 code, 15 flag (`1` billable, `0` header), 17–76 short title, from 78 the long title. A header is
//! a table: the first three characters of its codes. The same as a table with a header is read too.

use super::fiscal::FiscalRelease;
use super::words::Words;
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::icd10cm::lines;
use crate::reading::Reading;
use crate::refusals::while_hopeful;
use crate::sheet::{Sheet, SheetRow, decode};
use codecite_codebook::{Aspect, Code, CodeSystem};
use std::collections::{HashMap, HashSet};

const COLUMNS: [&str; 4] = ["order", "code", "valid", "description_long"];
const TABLE_LENGTH: usize = 3;
/// Where the long title begins, counted from 0.
const LONG_TITLE: usize = 77;

/// Whether most of the first lines are of an order file and list tables or codes of ICD-10-PCS. Those of ICD-10-CM may
/// be as long, but each begins with a letter, as in ICD-10-PCS only those of the later sections do.
pub(super) fn recognises(name: &str, head: &[u8]) -> bool {
    if name.to_ascii_lowercase().contains("addenda") {
        return false;
    }
    let is_named = name.to_ascii_lowercase().contains("pcs");
    if let Some(sheet) = Sheet::find(head, b',', &COLUMNS) {
        let codes: Vec<String> = sheet
            .rows()
            .flatten()
            .take(20)
            .map(|row| row.get("code").to_owned())
            .collect();
        return is_pcs(codes.iter().map(String::as_bytes), is_named);
    }
    let first: Vec<&[u8]> = lines(head).map(|(_, line)| line).take(20).collect();
    let codes: Vec<&[u8]> = first.iter().filter_map(|line| code_column(line)).collect();
    codes.len() * 2 >= first.len() && is_pcs(codes.into_iter(), is_named)
}

fn is_pcs<'a>(codes: impl Iterator<Item = &'a [u8]>, is_named: bool) -> bool {
    let codes: Vec<&[u8]> = codes.collect();
    let fits = |code: &&&[u8]| matches!(code.len(), TABLE_LENGTH | 7);
    let is_certain = is_named
        || codes
            .iter()
            .any(|code| code.first().is_some_and(u8::is_ascii_digit));
    !codes.is_empty() && is_certain && codes.iter().filter(fits).count() * 2 >= codes.len()
}

/// The code of a line that has the layout of an order file.
fn code_column(line: &[u8]) -> Option<&[u8]> {
    let has_layout = line.len() > 16
        && line.iter().take(5).all(u8::is_ascii_digit)
        && [5, 13, 15].iter().all(|&column| line.get(column) == Some(&b' '))
        && matches!(line.get(14), Some(b'0' | b'1'));
    let code = line.get(6..13)?.trim_ascii();
    (has_layout && !code.is_empty()).then_some(code)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let entries: Vec<Result<Entry, (u64, String)>> = match Sheet::find(job.bytes(), b',', &COLUMNS) {
        Some(sheet) => {
            let entry = |row: SheetRow<'_>| Entry::of_row(&row).map_err(|why| (row.line, why));
            while_hopeful(sheet.rows().map(|row| row.and_then(entry))).collect()
        }
        None if recognises("pcs", job.bytes()) => {
            let entry = |(number, line)| Entry::of_line(number, line).map_err(|why| (number, why));
            while_hopeful(lines(job.bytes()).map(entry)).collect()
        }
        None => {
            return Err(job.misshapen(
                "lines such as \"00001 001     0 …\" were expected: order number, code, flag, titles",
            ));
        }
    };
    let release =
        FiscalRelease::of(job, "").ok_or_else(|| job.undated("a name such as icd10pcs_order_2024.txt"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "icd-10-pcs",
            title: format!("ICD-10-PCS order file, {}", release.named),
            authority: "CMS",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: true,
            url: "https://www.cms.gov/medicare/coding-billing/icd-10-codes",
        },
    );
    FiscalRelease::compare(job, "", &mut draft);
    shelve(entries, &mut draft);
    draft.finish()
}

/// One line that is in order.
struct Entry {
    line: u64,
    code: String,
    what: What,
    title: String,
}

enum What {
    /// The first characters of a table, which are no code.
    Table,
    Code {
        code: Code,
        billable: bool,
    },
}

impl Entry {
    fn of_row(row: &SheetRow<'_>) -> Result<Self, String> {
        Self::new(
            row.line,
            row.get("order"),
            row.get("code"),
            row.get("valid"),
            row.get("description_long"),
        )
    }

    fn of_line(number: u64, line: &[u8]) -> Result<Self, String> {
        let text = decode(line);
        let column = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().trim();
        if text.len() <= LONG_TITLE || !text.is_ascii() {
            return Err(format!(
                "{} columns of ASCII were expected, the long title begins in column {}",
                LONG_TITLE + 1,
                LONG_TITLE + 1
            ));
        }
        if [5, 13, 15, 76]
            .iter()
            .any(|&column| line.get(column) != Some(&b' '))
        {
            return Err("columns 6, 14, 16 and 77 are not all blank".into());
        }
        Self::new(
            number,
            column(0..5),
            column(6..13),
            column(14..15),
            column(LONG_TITLE..text.len()),
        )
    }

    fn new(line: u64, order: &str, code: &str, flag: &str, title: &str) -> Result<Self, String> {
        if order.parse::<u32>().is_err() {
            return Err(format!("{order:?} is no order number"));
        }
        if title.is_empty() {
            return Err(format!("{code} has no long title"));
        }
        let billable = match flag {
            "0" => false,
            "1" => true,
            _ => return Err(format!("{code}: flag {flag:?} is neither 0 nor 1")),
        };
        let is_table =
            code.len() == TABLE_LENGTH && code.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        let what = match is_table && !billable {
            true => What::Table,
            false => What::Code {
                code: Code::parse(CodeSystem::Icd10Pcs, code).map_err(|error| error.to_string())?,
                billable,
            },
        };
        Ok(Self {
            line,
            code: code.to_owned(),
            what,
            title: title.to_owned(),
        })
    }
}

fn shelve(entries: Vec<Result<Entry, (u64, String)>>, draft: &mut ShelfDraft<'_>) {
    let tables: HashMap<String, String> = entries
        .iter()
        .flatten()
        .filter(|entry| matches!(entry.what, What::Table))
        .map(|entry| (entry.code.clone(), entry.title.clone()))
        .collect();
    let section_of = |code: &str| {
        let table = code.get(..TABLE_LENGTH)?;
        Some(match tables.get(table) {
            Some(title) => format!("{table} {title}"),
            None => table.to_owned(),
        })
    };
    let in_force = draft.edition().effective;
    let mut known: HashSet<String> = HashSet::with_capacity(entries.len());
    for entry in entries {
        draft.met_row();
        let entry = match entry {
            Ok(entry) => entry,
            Err((line, why)) => {
                draft.refuse(line, why);
                continue;
            }
        };
        let Entry {
            line,
            code: written,
            what,
            title,
        } = entry;
        if !known.insert(written.clone()) {
            draft.refuse(line, format!("{written} stands in the file already"));
            continue;
        }
        let section = section_of(&written);
        match what {
            What::Code { code, billable } => {
                draft.status(
                    line,
                    section.as_deref(),
                    code.clone(),
                    Some(&title),
                    billable,
                    in_force,
                );
                draft.entry(line, section.as_deref(), code, &title, billable, in_force);
            }
            What::Table => Words {
                line,
                section,
                title: format!("ICD-10-PCS table {written}"),
                text: format!("Table {written} of ICD-10-PCS: {title}."),
                ..Words::default()
            }
            .shelve(Aspect::Rule, draft),
        }
    }
}
