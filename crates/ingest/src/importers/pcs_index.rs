//! The index of ICD-10-PCS, published by CMS as XML (`icd10pcs_index_2021.xml`).
//!
//! `letter > mainTerm > term > term …`; a term leads to a code (`code`), to the first characters of codes (`codes`), to
//! a table (`tab`), to another term (`see`) or to the value that its words stand for (`use`).

use super::pcs_tables::{pcs_draft, pcs_root};
use super::words::{IndexLine, IndexPassages, code_in};
use crate::draft::Job;
use crate::error::IngestError;
use crate::reading::Reading;
use crate::xml::{self, Element};
use codecite_codebook::CodeSystem;

const ROOT: &str = "ICD10PCS.index";

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    xml::root(head).is_some_and(|root| root.name == ROOT)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let root = pcs_root(job, ROOT)?;
    let mut draft = pcs_draft(job, &root, "icd-10-pcs-index", "Index")?;
    let mut passages = IndexPassages::new("ICD-10-PCS Index");
    for letter in root.all("letter") {
        let name = letter.text_of("title");
        for main in letter.all("mainTerm") {
            draft.met_row();
            let mut lines = Vec::new();
            match collect(main, "", &mut lines) {
                Ok(()) => passages.main_term(&name, &main.text_of("title"), lines, &mut draft),
                Err((line, why)) => draft.refuse(line, why),
            }
        }
    }
    passages.flush(&mut draft);
    draft.finish()
}

/// One line for each place to which a term or one below it leads. A term without words belongs to the one above.
fn collect(term: &Element, above: &str, lines: &mut Vec<IndexLine>) -> Result<(), (u64, String)> {
    let title = term.text_of("title");
    let path = match (above.is_empty(), title.is_empty()) {
        (true, true) => return Err((term.line, "a main term without words".into())),
        (true, false) => title,
        (false, true) => above.to_owned(),
        (false, false) => format!("{above}, {title}"),
    };
    let mut mentions = Vec::new();
    for code in term.all("code") {
        mentions.extend(code_in(CodeSystem::Icd10Pcs, &code.text()).map_err(|why| (term.line, why))?);
    }
    let leads: Vec<String> = term.children().filter_map(lead).collect();
    if !leads.is_empty() {
        lines.push(IndexLine {
            line: term.line,
            text: format!("{path}: {}.", leads.join("; ")),
            mentions,
        });
    }
    term.all("term")
        .try_for_each(|below| collect(below, &path, lines))
}

/// Where one element of a term leads.
fn lead(element: &Element) -> Option<String> {
    let text = element.own_text();
    let target = match (element.first("codes"), element.first("tab")) {
        (Some(codes), _) => format!("{text}, codes that begin with {}", codes.text()),
        (None, Some(table)) => format!("{text}, table {}", table.text()),
        (None, None) => text,
    };
    let target = target.trim_start_matches([',', ' ']);
    if target.is_empty() {
        return None;
    }
    match element.name.as_str() {
        "see" => Some(format!("see {target}")),
        "use" => Some(format!("use {target}")),
        "code" => Some(target.to_owned()),
        "codes" => Some(format!("codes that begin with {target}")),
        "tab" => Some(format!("table {target}")),
        _ => None,
    }
}
