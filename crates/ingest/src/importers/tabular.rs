//! The ICD-10-CM Tabular List, published by CDC/NCHS as XML (`icd10cm-tabular-2025.xml`).
//!
//! `chapter > section > diag > diag …`; each of them has a name, a description and its notes: `includes`, `excludes1`,
//! `excludes2`, `codeFirst`, `useAdditionalCode`, `codeAlso`, `inclusionTerm`, `notes`, each with one `note` or more.
//! `sevenChrNote` and `sevenChrDef` say which seventh characters complete the codes below.
//!
//! A note also holds for every code below the one where it stands. It is kept where it stands, and whoever looks a code
//! up walks up its characters. Only the notes of a chapter or a section, which have no code, are kept at each
//! category that they cover.

mod named;
mod notes;
mod passages;

use super::fiscal::FiscalRelease;
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::xml::{self, Element};
use codecite_codebook::{Code, CodeSystem};
use notes::Notes;

const CHAPTERS: usize = 22;
/// A single chapter is a source of its own, by its number: it must not take the place of the whole list.
const SINGLE_CHAPTERS: [&str; CHAPTERS] = [
    "icd-10-cm-tabular-ch1",
    "icd-10-cm-tabular-ch2",
    "icd-10-cm-tabular-ch3",
    "icd-10-cm-tabular-ch4",
    "icd-10-cm-tabular-ch5",
    "icd-10-cm-tabular-ch6",
    "icd-10-cm-tabular-ch7",
    "icd-10-cm-tabular-ch8",
    "icd-10-cm-tabular-ch9",
    "icd-10-cm-tabular-ch10",
    "icd-10-cm-tabular-ch11",
    "icd-10-cm-tabular-ch12",
    "icd-10-cm-tabular-ch13",
    "icd-10-cm-tabular-ch14",
    "icd-10-cm-tabular-ch15",
    "icd-10-cm-tabular-ch16",
    "icd-10-cm-tabular-ch17",
    "icd-10-cm-tabular-ch18",
    "icd-10-cm-tabular-ch19",
    "icd-10-cm-tabular-ch20",
    "icd-10-cm-tabular-ch21",
    "icd-10-cm-tabular-ch22",
];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    xml::root(head).is_some_and(|root| root.name == "ICD10CM.tabular")
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let root = xml::parse(job.bytes()).map_err(|why| job.misshapen(why))?;
    if root.name != "ICD10CM.tabular" {
        return Err(job.misshapen(format!(
            "<ICD10CM.tabular> was expected, it begins with <{}>",
            root.name
        )));
    }
    if root.attribute("isAddenda") == Some("true") {
        return Err(job.misshapen("it lists changes to the Tabular List only; give the whole list"));
    }
    let chapters: Vec<&Element> = root.all("chapter").collect();
    let (source, extent) = source(&chapters).map_err(|why| job.misshapen(why))?;
    let release = FiscalRelease::of(job, &root.text_of("version"))
        .ok_or_else(|| job.undated("a version such as <version>2025</version>"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("ICD-10-CM Tabular List, {}{extent}", release.named),
            authority: "CDC",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: false,
            url: "https://www.cdc.gov/nchs/icd/icd-10-cm/files.html",
        },
    );
    FiscalRelease::compare(job, &root.text_of("version"), &mut draft);
    passages::shelve_introduction(&root, &mut draft);
    for chapter in chapters {
        shelve_chapter(chapter, &mut draft);
    }
    draft.finish()
}

/// What the file is an edition of, and how its title says that it is not the whole list.
fn source(chapters: &[&Element]) -> Result<(&'static str, String), String> {
    match chapters {
        [] => Err("it has no chapters".into()),
        [only] => {
            let number = only.text_of("name");
            let place = number
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            let source = place.and_then(|place| SINGLE_CHAPTERS.get(place));
            let source = source.ok_or_else(|| format!("{number:?} is no number of a chapter"))?;
            Ok((source, format!(", chapter {number} only")))
        }
        all if all.len() >= CHAPTERS => Ok(("icd-10-cm-tabular", String::new())),
        some => Err(format!(
            "it has {} chapters of {CHAPTERS}, and would take the place of the whole list; give the whole list, or one chapter",
            some.len()
        )),
    }
}

/// Where notes stand: a code, or a chapter or section with the categories that it covers.
struct Node {
    /// As readers are told, such as `E11` or `section E08-E13`.
    at: String,
    title: String,
    /// The codes under which its notes are kept.
    keys: Vec<Code>,
    /// Its own code.
    code: Option<Code>,
    line: u64,
}

impl Node {
    /// Heading under which it is cited, such as `E11 Type 2 diabetes mellitus`.
    fn section(&self) -> String {
        format!("{} {}", self.at, self.title)
    }
}

fn shelve_chapter(chapter: &Element, draft: &mut ShelfDraft<'_>) {
    let sections: Vec<&Element> = chapter.all("section").collect();
    let categories: Vec<Code> = sections
        .iter()
        .flat_map(|section| section.all("diag"))
        .filter_map(code_of)
        .collect();
    let node = Node {
        at: format!("chapter {}", chapter.text_of("name")),
        title: chapter.text_of("desc"),
        keys: categories.clone(),
        code: None,
        line: chapter.line,
    };
    shelve_node(chapter, &node, draft);
    for section in sections {
        let node = Node {
            at: format!("section {}", section.attribute("id").unwrap_or_default()),
            title: section.text_of("desc"),
            keys: covered(section, &categories),
            code: None,
            line: section.line,
        };
        shelve_node(section, &node, draft);
        for diag in section.all("diag") {
            shelve_diag(diag, draft);
        }
    }
}

/// The categories of a section: those in it, or by its range where it only holds other sections together.
fn covered(section: &Element, categories: &[Code]) -> Vec<Code> {
    let own: Vec<Code> = section.all("diag").filter_map(code_of).collect();
    let range = section.attribute("id").and_then(|id| id.split_once('-'));
    match range {
        Some((first, last)) if own.is_empty() => {
            let in_range = |code: &&Code| (first..=last).contains(&code.text());
            categories.iter().filter(in_range).cloned().collect()
        }
        _ => own,
    }
}

fn code_of(diag: &Element) -> Option<Code> {
    Code::parse(CodeSystem::Icd10Cm, &diag.text_of("name")).ok()
}

fn shelve_diag(diag: &Element, draft: &mut ShelfDraft<'_>) {
    // A placeholder is no code of its own, only a step on the way to longer ones, but may have notes.
    let is_counted = diag.attribute("placeholder") != Some("true");
    if is_counted {
        draft.met_row();
    }
    let name = diag.text_of("name");
    match code_of(diag) {
        Some(code) => {
            let node = Node {
                at: code.text().to_owned(),
                title: diag.text_of("desc"),
                keys: vec![code.clone()],
                code: Some(code),
                line: diag.line,
            };
            shelve_node(diag, &node, draft);
        }
        None if is_counted => draft.refuse(diag.line, format!("{name:?} is no ICD-10-CM code")),
        None => {}
    }
    for below in diag.all("diag") {
        shelve_diag(below, draft);
    }
}

fn shelve_node(element: &Element, node: &Node, draft: &mut ShelfDraft<'_>) {
    let notes = Notes::of(element);
    if notes.is_empty() {
        return;
    }
    notes::shelve(&notes, node, draft);
    passages::shelve(&notes, node, draft);
}
