//! The terms of the indexes and tables of ICD-10-CM, from the official XML (`letter > mainTerm > term > term …`) or from
//! the flat tables that third parties make of it (one row a term, with its level).

use super::words::{IndexLine, IndexPassages, code_in};
use crate::draft::{Job, ShelfDraft};
use crate::error::IngestError;
use crate::refusals::while_hopeful;
use crate::sheet::{Sheet, SheetRow, decode};
use crate::xml::{self, Element};
use codecite_codebook::{Code, CodeSystem};

/// How many columns of codes the tables have.
pub(super) const COLUMNS: usize = 6;

/// One term.
#[derive(Debug, Default)]
pub(super) struct Term {
    pub line: u64,
    /// How many terms it stands under.
    pub level: usize,
    pub letter: String,
    /// Its words, with those that do not change the code in round brackets.
    pub title: String,
    see: String,
    see_also: String,
    see_category: String,
    see_subcategory: String,
    code: String,
    manifestation: String,
    pub cells: [String; COLUMNS],
    /// The number of a column that there is not, where one of its cells has such a number.
    wrong_column: Option<String>,
}

/// The terms of a file, and its version where it names one.
pub(super) struct Terms {
    pub version: String,
    pub terms: Vec<Result<Term, (u64, String)>>,
}

/// The root of an index in XML, by the first bytes of a file, with the words before its first letter.
pub(super) fn heading(head: &[u8]) -> Option<String> {
    let root = xml::root(head)?;
    let text = decode(head);
    let before = text.split("<letter").next()?;
    (root.name == "ICD10CM.index").then(|| before.to_ascii_lowercase())
}

impl Terms {
    /// Reads an index in XML.
    pub fn of_xml(job: &Job<'_>) -> Result<Self, IngestError> {
        let root = xml::parse(job.bytes()).map_err(|why| job.misshapen(why))?;
        if root.attribute("isAddenda") == Some("true") {
            return Err(job.misshapen("it lists changes only; give the whole index or table"));
        }
        let mut terms = Vec::new();
        for letter in root.all("letter") {
            let title = letter.text_of("title");
            for main in letter.all("mainTerm") {
                collect(main, 0, &title, &mut terms);
            }
        }
        Ok(Self {
            version: root.text_of("version"),
            terms,
        })
    }

    /// Reads a flat table whose codes, if it has several, stand in `cells`.
    pub fn of_sheet(sheet: &Sheet, cells: &[&str]) -> Self {
        let term = |row: SheetRow<'_>| Term::of_row(&row, cells).map_err(|why| (row.line, why));
        Self {
            version: String::new(),
            terms: while_hopeful(sheet.rows().map(|row| row.and_then(term))).collect(),
        }
    }
}

fn collect(element: &Element, level: usize, letter: &str, terms: &mut Vec<Result<Term, (u64, String)>>) {
    terms.push(Ok(Term::of_element(element, level, letter)));
    for below in element.all("term") {
        collect(below, level + 1, letter, terms);
    }
}

impl Term {
    fn of_element(element: &Element, level: usize, letter: &str) -> Self {
        let mut cells: [String; COLUMNS] = Default::default();
        let mut wrong_column = None;
        for cell in element.all("cell") {
            let written = cell.attribute("col").unwrap_or_default();
            // The first column is the term itself.
            let place = written
                .parse::<usize>()
                .ok()
                .and_then(|column| column.checked_sub(2));
            match place.and_then(|place| cells.get_mut(place)) {
                Some(place) => *place = cell.text(),
                None => wrong_column = Some(written.to_owned()),
            }
        }
        Self {
            line: element.line,
            level,
            letter: letter.to_owned(),
            title: element.text_of("title"),
            see: element.text_of("see"),
            see_also: element.text_of("seeAlso"),
            see_category: element.text_of("seecat"),
            see_subcategory: element.text_of("subcat"),
            code: element.text_of("code"),
            manifestation: element.text_of("manif"),
            cells,
            wrong_column,
        }
    }

    fn of_row(row: &SheetRow<'_>, names: &[&str]) -> Result<Self, String> {
        let level = row.get("level");
        let mut cells: [String; COLUMNS] = Default::default();
        for (cell, name) in cells.iter_mut().zip(names) {
            row.get(name).clone_into(cell);
        }
        Ok(Self {
            line: row.line,
            level: level
                .parse()
                .map_err(|_| format!("level {level:?} is no number"))?,
            letter: row.get("letter").to_owned(),
            title: format!("{} {}", row.get("term"), row.get("nonessmodif"))
                .trim()
                .to_owned(),
            see: row.get("see").to_owned(),
            see_also: row.get("seealso").to_owned(),
            code: row.get("code").to_owned(),
            cells,
            ..Self::default()
        })
    }

    /// Where the term leads: its code, and what else to see.
    fn leads(&self) -> Result<(Vec<String>, Vec<Code>), String> {
        let mut leads = Vec::new();
        let mut mentions = Vec::new();
        for code in [&self.code, &self.manifestation] {
            // The table of neoplasms puts words where a manifestation would stand.
            mentions.extend(
                code_in(CodeSystem::Icd10Cm, code).or_else(|why| match code.contains(' ') {
                    true => Ok(None),
                    false => Err(why),
                })?,
            );
        }
        // "see categories T17 and" goes on with the code.
        let is_see_and = self.see.ends_with(" and");
        match (self.code.is_empty(), self.manifestation.is_empty()) {
            (true, true) => {}
            (_, true) if is_see_and => {}
            (true, false) => leads.push(self.manifestation.clone()),
            (false, true) => leads.push(self.code.clone()),
            (false, false) => leads.push(format!("{} [{}]", self.code, self.manifestation)),
        }
        for (words, target) in [
            ("see", &self.see),
            ("see also", &self.see_also),
            ("see category", &self.see_category),
            ("see subcategory", &self.see_subcategory),
        ] {
            match words {
                _ if target.is_empty() => {}
                "see" if is_see_and => leads.push(format!("see {target} {}", self.code)),
                words => leads.push(format!("{words} {target}")),
            }
        }
        Ok((leads, mentions))
    }

    /// One line about the term that can be read by itself, with what its columns are called; `None` for a term that
    /// only holds others together.
    pub fn line_of(&self, path: &str, columns: &[&str]) -> Result<Option<IndexLine>, String> {
        if let Some(column) = &self.wrong_column {
            return Err(format!(
                "a cell stands in column {column:?}, the columns of codes have the numbers 2 to {}",
                COLUMNS + 1
            ));
        }
        let (mut leads, mut mentions) = self.leads()?;
        for (name, cell) in columns.iter().zip(&self.cells) {
            if let Some(code) = code_in(CodeSystem::Icd10Cm, cell)? {
                mentions.push(code);
                leads.push(format!("{name} {cell}"));
            }
        }
        Ok((!leads.is_empty()).then(|| IndexLine {
            line: self.line,
            text: format!("{path}: {}.", leads.join("; ")),
            mentions,
        }))
    }
}

/// One main term with the terms below it.
pub(super) struct MainTerm {
    pub letter: String,
    pub title: String,
    /// One line for each term that leads somewhere, with the words of the path to it.
    pub lines: Vec<(String, IndexLine)>,
}

/// Goes through the terms in order, counts each as a row of the file, and gives each main term to `each`.
pub(super) fn for_each_main_term(
    terms: Vec<Result<Term, (u64, String)>>,
    columns: &[&str],
    draft: &mut ShelfDraft<'_>,
    mut each: impl FnMut(MainTerm, &mut ShelfDraft<'_>),
) {
    let mut path: Vec<String> = Vec::new();
    let mut main: Option<MainTerm> = None;
    // A row of which not even the level is known: what comes behind it may hang below it.
    let mut lost: Option<u64> = None;
    for term in terms {
        draft.met_row();
        let shelved = term.map_err(|(line, why)| {
            lost = Some(line);
            (line, why)
        });
        let shelved = shelved.and_then(|term| {
            let at = term.line;
            match lost.filter(|_| term.level > 0) {
                Some(line) => Err(format!(
                    "it may stand below the term on line {line}, which is refused"
                )),
                None => {
                    lost = None;
                    add(term, columns, &mut path, &mut main, &mut |main| each(main, draft))
                }
            }
            .map_err(|why| (at, why))
        });
        if let Err((line, why)) = shelved {
            draft.refuse(line, why);
        }
    }
    if let Some(main) = main {
        each(main, draft);
    }
}

fn add(
    term: Term,
    columns: &[&str],
    path: &mut Vec<String>,
    main: &mut Option<MainTerm>,
    finished: &mut dyn FnMut(MainTerm),
) -> Result<(), String> {
    if term.level > path.len() {
        return Err(format!(
            "level {} behind level {}",
            term.level,
            path.len().saturating_sub(1)
        ));
    }
    path.truncate(term.level);
    if term.title.is_empty() {
        return Err("a term without words".into());
    }
    path.push(term.title.clone());
    if term.level == 0 {
        let next = MainTerm {
            letter: term.letter.clone(),
            title: term.title.clone(),
            lines: Vec::new(),
        };
        if let Some(before) = main.replace(next) {
            finished(before);
        }
    }
    let words = path.join(", ");
    if let (Some(line), Some(main)) = (term.line_of(&words, columns)?, main.as_mut()) {
        main.lines.push((words, line));
    }
    Ok(())
}

/// Makes passages of all terms, each main term with its lines, under titles that begin with `name`.
pub(super) fn shelve_index(terms: Terms, name: &str, columns: &[&str], draft: &mut ShelfDraft<'_>) {
    let mut passages = IndexPassages::new(name);
    for_each_main_term(terms.terms, columns, draft, |main, draft| {
        let lines = main.lines.into_iter().map(|(_, line)| line).collect();
        passages.main_term(&main.letter, &main.title, lines, draft);
    });
    passages.flush(draft);
}
