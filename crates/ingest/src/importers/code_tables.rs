//! The Table of Neoplasms and the Table of Drugs and Chemicals of ICD-10-CM, published by CDC/NCHS as XML: a site or a
//! substance with six codes. `--` says that there is no code, `C79.8-` that more characters follow.

use super::alphabetic::draft;
use super::terms::{COLUMNS, Terms, for_each_main_term, heading};
use super::words::{LONGEST, Words};
use crate::draft::{Job, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::Sheet;
use codecite_codebook::Aspect;

/// One kind of table.
struct Table {
    source: &'static str,
    name: &'static str,
    /// A word in the heading of the official file.
    heading: &'static str,
    /// What its columns of codes are called to readers.
    shown: [&'static str; COLUMNS],
    /// The same in the header of the flat table.
    columns: [&'static str; COLUMNS],
    /// Whether each term is a passage of its own, or each main term with those below it.
    by_term: bool,
}

const NEOPLASMS: Table = Table {
    source: "icd-10-cm-neoplasm-table",
    name: "Table of Neoplasms",
    heading: "malignant primary",
    shown: [
        "malignant primary",
        "malignant secondary",
        "ca in situ",
        "benign",
        "uncertain behavior",
        "unspecified behavior",
    ],
    columns: [
        "malignantprimary",
        "malignantsecondary",
        "cainsitu",
        "benign",
        "uncertainbehavior",
        "unspecifiedbehavior",
    ],
    by_term: true,
};

const DRUGS: Table = Table {
    source: "icd-10-cm-drug-table",
    name: "Table of Drugs and Chemicals",
    heading: "substance",
    shown: [
        "poisoning, accidental (unintentional)",
        "poisoning, intentional self-harm",
        "poisoning, assault",
        "poisoning, undetermined",
        "adverse effect",
        "underdosing",
    ],
    columns: [
        "poisoningaccidental",
        "poisoningintentionalselfharm",
        "poisoningassault",
        "poisoningundetermined",
        "adverseeffect",
        "underdosing",
    ],
    by_term: false,
};

pub(super) fn recognises_neoplasms(_: &str, head: &[u8]) -> bool {
    NEOPLASMS.is_in(head)
}

pub(super) fn recognises_drugs(_: &str, head: &[u8]) -> bool {
    DRUGS.is_in(head)
}

pub(super) fn read_neoplasms(job: &Job<'_>) -> Result<Reading, IngestError> {
    NEOPLASMS.read(job)
}

pub(super) fn read_drugs(job: &Job<'_>) -> Result<Reading, IngestError> {
    DRUGS.read(job)
}

impl Table {
    fn wanted(&self) -> Vec<&'static str> {
        ["level", "term"].into_iter().chain(self.columns).collect()
    }

    fn is_in(&self, head: &[u8]) -> bool {
        match heading(head) {
            Some(heading) => heading.contains("<indexheading") && heading.contains(self.heading),
            None => Sheet::is_in(head, b',', &self.wanted()),
        }
    }

    fn read(&self, job: &Job<'_>) -> Result<Reading, IngestError> {
        let terms = match heading(job.bytes()) {
            Some(heading) if !heading.contains(self.heading) => {
                return Err(job.misshapen(format!("a heading with {:?} was expected", self.heading)));
            }
            Some(_) => Terms::of_xml(job)?,
            None => Sheet::find(job.bytes(), b',', &self.wanted())
                .map(|sheet| Terms::of_sheet(&sheet, &self.columns))
                .ok_or_else(|| {
                    job.misshapen(format!(
                        "<ICD10CM.index>, or a header with {}, was expected",
                        self.wanted().join(", ")
                    ))
                })?,
        };
        let mut draft = draft(job, &terms.version, self.source, self.name)?;
        for_each_main_term(terms.terms, &self.shown, &mut draft, |main, draft| {
            let mut words: Option<Words> = None;
            for (path, line) in main.lines {
                let is_full =
                    |words: &mut Words| self.by_term || words.text.len() + line.text.len() > LONGEST;
                if let Some(full) = words.take_if(is_full) {
                    full.shelve(Aspect::Reporting, draft);
                }
                match &mut words {
                    Some(words) => {
                        words.text.push('\n');
                        words.text.push_str(&line.text);
                        words.mentions.extend(line.mentions);
                    }
                    None => {
                        words = Some(self.words(
                            &main.letter,
                            &main.title,
                            &path,
                            line.line,
                            line.text,
                            line.mentions,
                        ))
                    }
                }
            }
            shelve_rest(words, draft);
        });
        draft.finish()
    }

    fn words(
        &self,
        letter: &str,
        main: &str,
        path: &str,
        line: u64,
        text: String,
        mentions: Vec<codecite_codebook::Code>,
    ) -> Words {
        let title = if self.by_term { path } else { main };
        Words {
            line,
            section: Some(format!("Letter {letter}")).filter(|_| !letter.is_empty()),
            title: format!("{}: {title}", self.name),
            text,
            about: Vec::new(),
            mentions,
        }
    }
}

fn shelve_rest(words: Option<Words>, draft: &mut ShelfDraft<'_>) {
    if let Some(words) = words {
        words.shelve(Aspect::Reporting, draft);
    }
}
