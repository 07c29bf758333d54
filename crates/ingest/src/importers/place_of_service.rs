//! The place of service code set of CMS: all two-digit codes, with the assigned ones' names, what they are, and
//! whether Medicare pays there at the facility or at the non-facility rate.

use super::cells::any;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, month};
use crate::sheet::SheetRow;
use crate::starter::facts::POS_NAME;
use crate::workbook;
use codecite_codebook::{Aspect, Code, CodeSystem, FactKind, PassageDraft};

/// The page of CMS as a table, and a table of others.
const LAYOUTS: [&[&str]; 3] = [
    &["pos_code", "pos_name", "pos_description"],
    &[
        "place of service code(s)",
        "place of service name",
        "place of service description",
    ],
    &[
        "place of service code",
        "place of service name",
        "place of service description",
    ],
];
const CODE: [&str; 3] = ["pos_code", "place of service code(s)", "place of service code"];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    workbook::has(head, &LAYOUTS)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = workbook::find(job.bytes(), &LAYOUTS)
        .map_err(|why| job.misshapen(why))?
        .ok_or_else(|| {
            job.misshapen("a header with code, name and description of places of service was expected")
        })?;
    let from = job
        .first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as place_of_service_codes_2024-06.csv"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "place-of-service",
            title: format!("Place of service codes {}", month(from)),
            authority: "CMS",
            effective_from: from,
            // It is changed when need be, not on days that are known before.
            replaced_on: None,
            is_complete: true,
            url: "https://www.cms.gov/medicare/coding-billing/place-of-service-codes/code-sets",
        },
    );
    draft.each_row(&sheet, shelve);
    draft.finish()
}

fn shelve(row: &SheetRow<'_>, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
    let line = row.line;
    let name = any(row, &["pos_name", "place of service name"]);
    if name.is_empty() {
        return Err(format!("{:?} has no name", any(row, &CODE)));
    }
    let description = any(row, &["pos_description", "place of service description"]);
    let setting = any(row, &["pos_type"]);
    for code in codes(any(row, &CODE))? {
        if is_unassigned(name) {
            let rows = labelled([(POS_NAME, name)]);
            draft.fact(line, FactKind::PlaceOfService, code, Vec::new(), rows);
            continue;
        }
        let effective = draft.edition().effective;
        draft.status(line, None, code.clone(), Some(name), true, effective);
        if !description.is_empty() {
            draft.passage(PassageDraft {
                edition: draft.edition().id.clone(),
                title: format!("{} {name}", code.label()),
                text: description.to_owned(),
                aspect: Aspect::Definition,
                about: vec![code.clone()],
                mentions: Vec::new(),
                keywords: Vec::new(),
                billable: None,
                authority: draft.edition().authority.clone(),
                locator: draft.locator(line, None),
                effective,
            });
        }
        let rows = labelled([
            (POS_NAME, name),
            ("setting", setting),
            ("what the setting means", meaning(setting)),
            ("description", description),
        ]);
        draft.fact(line, FactKind::PlaceOfService, code, Vec::new(), rows);
    }
    Ok(())
}

fn is_unassigned(name: &str) -> bool {
    name.to_lowercase().starts_with("unassigned")
}

/// One code, or the codes from the first to the last of a range such as `35-40`.
fn codes(written: &str) -> Result<Vec<Code>, String> {
    let parse = |text: &str| Code::parse(CodeSystem::PlaceOfService, text).map_err(|error| error.to_string());
    let Some((first, last)) = written.split_once(['-', '\u{2013}']) else {
        return Ok(vec![parse(written)?]);
    };
    let number = |code: Code| code.text().parse::<u8>().map_err(|error| error.to_string());
    let (first, last) = (number(parse(first)?)?, number(parse(last)?)?);
    (first..=last)
        .map(|number| parse(&format!("{number:02}")))
        .collect()
}

/// What the setting means for payment, in our words (Medicare Claims Processing Manual, chapter 12, section 20.4.2).
fn meaning(setting: &str) -> &'static str {
    match setting.to_lowercase().replace('-', "").as_str() {
        "facility" => {
            "the physician is paid the lower facility rate, because the facility is paid for its own costs"
        }
        "nonfacility" => {
            "the physician is paid the non-facility rate, which covers the costs of the practice"
        }
        _ => "",
    }
}
