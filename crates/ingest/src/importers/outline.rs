//! The chapters and sections of ICD-10-CM as flat tables that third parties make of the Tabular List, and their list
//! of its codes.

use super::fiscal::FiscalRelease;
use super::words::Words;
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Aspect, Code, CodeSystem};

/// Makes a passage of a row.
type Reader = fn(&SheetRow<'_>) -> Result<Words, String>;

const CHAPTERS: [&str; 2] = ["chapterid", "chaptername"];
const SECTIONS: [&str; 2] = ["sectionid", "sectionname"];
const CODES: [&str; 4] = ["code", "description", "chapterid", "sectionid"];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    [CHAPTERS, SECTIONS]
        .iter()
        .any(|columns| Sheet::is_in(head, b',', columns))
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let find = |columns: &[&str]| Sheet::find(job.bytes(), b',', columns);
    let (sheet, source, title, words): (_, _, _, Reader) = if let Some(sheet) = find(&CHAPTERS) {
        (sheet, "icd-10-cm-chapters", "ICD-10-CM chapters", chapter)
    } else if let Some(sheet) = find(&SECTIONS) {
        (sheet, "icd-10-cm-sections", "ICD-10-CM sections", section)
    } else {
        return Err(job.misshapen(
            "a header with ChapterID and ChapterName, or SectionID and SectionName, was expected",
        ));
    };
    let release =
        FiscalRelease::of(job, "").ok_or_else(|| job.undated("a name such as ICD10CM_2025_chapters.csv"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("{title}, {}", release.named),
            authority: "CDC",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: false,
            url: "https://www.cdc.gov/nchs/icd/icd-10-cm/files.html",
        },
    );
    FiscalRelease::compare(job, "", &mut draft);
    draft.each_row(&sheet, |row, draft| {
        words(row)?.shelve(Aspect::Rule, draft);
        Ok(())
    });
    draft.finish()
}

fn chapter(row: &SheetRow<'_>) -> Result<Words, String> {
    let (number, name) = (row.get("chapterid"), row.get("chaptername"));
    if number.parse::<u8>().is_err() {
        return Err(format!("{number:?} is no number of a chapter"));
    }
    if name.is_empty() {
        return Err(format!("chapter {number} has no name"));
    }
    Ok(Words {
        line: row.line,
        section: Some(format!("Chapter {number}")),
        title: format!("ICD-10-CM chapter {number}"),
        text: format!("Chapter {number} of ICD-10-CM: {name}."),
        ..Words::default()
    })
}

fn section(row: &SheetRow<'_>) -> Result<Words, String> {
    let (range, name) = (row.get("sectionid"), row.get("sectionname"));
    let is_category = |text: &str| text.len() == 3 && Code::parse(CodeSystem::Icd10Cm, text).is_ok();
    if !range.split('-').all(is_category) {
        return Err(format!("{range:?} is no range of categories"));
    }
    if name.is_empty() {
        return Err(format!("section {range} has no name"));
    }
    Ok(Words {
        line: row.line,
        section: Some(format!("Section {range}")),
        title: format!("ICD-10-CM section {range}"),
        text: format!("Section {range} of ICD-10-CM: {name}."),
        ..Words::default()
    })
}

pub(super) fn recognises_codes(_: &str, head: &[u8]) -> bool {
    Sheet::is_in(head, b',', &CODES)
}

/// Refuses the list of codes: what it leaves out would be answered wrongly.
pub(super) fn refuse_codes(job: &Job<'_>) -> Result<Reading, IngestError> {
    Err(job.misshapen(
        "this list of codes does not say which of them are billable, and lacks those with a seventh character; give the \
         order file (icd10cm_order_2025.txt) for the codes and the Tabular List XML for their notes",
    ))
}
