//! The definitions of ICD-10-PCS, published by CMS as XML (`icd10pcs_definitions_2021.xml`).
//!
//! `section > axis > terms`: one value or several of a character, with its `definition`, `explanation` and what it
//! `includes`. `deviceAggregation` says which general value stands for a specific device.

use super::pcs_tables::{pcs_draft, pcs_root};
use super::words::Words;
use crate::draft::Job;
use crate::error::IngestError;
use crate::reading::Reading;
use crate::xml::{self, Element};
use codecite_codebook::Aspect;

const ROOT: &str = "ICD10PCS.definitions";

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    xml::root(head).is_some_and(|root| root.name == ROOT)
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let root = pcs_root(job, ROOT)?;
    let mut draft = pcs_draft(job, &root, "icd-10-pcs-definitions", "definitions")?;
    for section in root.all("section") {
        for axis in section.all("axis") {
            for terms in axis.all("terms") {
                draft.met_row();
                match definition(section, axis, terms) {
                    Ok(words) => words.shelve(Aspect::Definition, &mut draft),
                    Err(why) => draft.refuse(terms.line, why),
                }
            }
        }
    }
    for aggregate in root.all("deviceAggregation").flat_map(|all| all.all("aggregate")) {
        draft.met_row();
        match aggregation(aggregate) {
            Ok(words) => words.shelve(Aspect::Rule, &mut draft),
            Err(why) => draft.refuse(aggregate.line, why),
        }
    }
    draft.finish()
}

fn definition(section: &Element, axis: &Element, terms: &Element) -> Result<Words, String> {
    let texts = |name: &str| {
        terms
            .all(name)
            .map(Element::text)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
    };
    let titles = texts("title").join("; ");
    if titles.is_empty() {
        return Err("a definition without the value that it defines".into());
    }
    let what = format!("{}, section {}", axis.text_of("title"), section.text_of("title"));
    let mut text = format!("{titles} ({what} of ICD-10-PCS)");
    let mut separator = ": ";
    for (name, heading) in [
        ("definition", ""),
        ("explanation", "Explanation: "),
        ("includes", "Includes: "),
    ] {
        let said = texts(name);
        if !said.is_empty() {
            text.push_str(&format!("{separator}{heading}{}", said.join("; ")));
            separator = ". ";
        }
    }
    match separator {
        ": " => Err(format!(
            "{titles} has neither a definition nor an explanation nor anything that it includes"
        )),
        _ => Ok(Words {
            line: terms.line,
            section: Some(what.clone()),
            title: format!("ICD-10-PCS definition: {titles}"),
            text: format!("{text}."),
            ..Words::default()
        }),
    }
}

fn aggregation(aggregate: &Element) -> Result<Words, String> {
    let device = aggregate.text_of("device");
    let parent = aggregate.first("parent");
    let value = parent
        .and_then(|parent| parent.attribute("value"))
        .unwrap_or_default();
    if device.is_empty() || value.is_empty() {
        return Err("an aggregation without its device or the value that stands for it".into());
    }
    let operation = aggregate.text_of("operation");
    let systems: Vec<String> = aggregate.all("bodySys").map(Element::text).collect();
    let general = parent.map(Element::text).unwrap_or_default();
    Ok(Words {
        line: aggregate.line,
        section: Some("Device Aggregation".into()),
        title: format!("ICD-10-PCS device aggregation: {device}"),
        text: format!(
            "Device {device} of operation {operation} in {} is aggregated into the device value {value} {general}.",
            systems.join(", ")
        ),
        ..Words::default()
    })
}
