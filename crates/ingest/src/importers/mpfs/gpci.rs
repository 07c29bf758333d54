//! Geographic practice cost indices by payment locality, made for a calendar year (`GPCI2025.csv` and `.txt`).
//!
//! A title, a header, a row for each locality, then foot notes. The CSV has the columns `Medicare Administrative
//! Contractor (MAC)`, `State`, `Locality Number`, `Locality Name`, one or two `PW GPCI` (with or without the floor of
//! 1.0), `PE GPCI`, `MP GPCI`; the text has the same with blanks between them. Stars behind a name lead to foot notes.

use super::{
    RELATIVE_VALUE_FILES, first_day_of_year, is_decimal, is_positive, locality, locality_in_text, told_year,
};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::next_year;
use crate::sheet::{Sheet, SheetRow, decode};
use chrono::Datelike;
use codecite_codebook::{Code, FactKind};
use std::collections::HashMap;

const STATE: &str = "state";
const NUMBER: &str = "locality number";
const NAME: &str = "locality name";
/// What no index exceeds: those of Alaska and of malpractice in some states come near 3.
const LARGEST_INDEX: f64 = 10.0;
/// How much of a file may hold its title and header.
const TITLE_BYTES: usize = 1_000;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some() || is_text(head)
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    let sheet = Sheet::find(bytes, b',', &[STATE, NUMBER, NAME])?;
    let has_indices = ["pw gpci", "pe gpci", "mp gpci"]
        .iter()
        .all(|index| !sheet.columns_with_all(&[index]).is_empty());
    has_indices.then_some(sheet)
}

/// Whether the text has the title and no commas in its header.
fn is_text(head: &[u8]) -> bool {
    let head = decode(head.get(..TITLE_BYTES).unwrap_or(head)).to_lowercase();
    let mut header = head
        .lines()
        .filter(|line| line.contains("pw gpci") && line.contains("mp gpci"));
    header.any(|line| !line.contains(',')) && head.lines().any(|line| read_line(line).is_ok())
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = find(job.bytes());
    if sheet.is_none() && !is_text(job.bytes()) {
        return Err(job.misshapen(
            "a header with State, Locality Number, Locality Name, PW GPCI, PE GPCI and MP GPCI was expected",
        ));
    }
    let title = decode(job.bytes().get(..TITLE_BYTES).unwrap_or(job.bytes()));
    let effective_from = first_day_of_year(job, &title)
        .ok_or_else(|| job.undated("a title such as FINAL CY 2025 GEOGRAPHIC PRACTICE COST INDICES"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "mpfs-gpci",
            title: format!("GPCI CY{}", effective_from.year()),
            authority: "CMS",
            effective_from,
            replaced_on: next_year(effective_from),
            is_complete: false,
            url: RELATIVE_VALUE_FILES,
        },
    );
    draft.compare_year(told_year(job, &title), |day| day.year());
    let lines = match &sheet {
        Some(sheet) => sheet_lines(sheet),
        None => text_lines(&decode(job.bytes())),
    };
    shelve(lines, &mut draft);
    draft.finish()
}

/// What stands on a line.
enum Line {
    Index(Index),
    Note(String),
    Damaged(String),
}

/// The indices of one locality.
struct Index {
    locality: Code,
    state: String,
    name: String,
    work: String,
    /// The work index without the floor, where both are published.
    work_without_floor: String,
    /// What the column of the work index says of the floor.
    floor: String,
    practice_expense: String,
    malpractice: String,
}

fn shelve(lines: Vec<(u64, Line)>, draft: &mut ShelfDraft<'_>) {
    let notes: Vec<String> = lines
        .iter()
        .filter_map(|(_, line)| match line {
            Line::Note(note) => Some(note.clone()),
            Line::Index(_) | Line::Damaged(_) => None,
        })
        .collect();
    let mut known = HashMap::new();
    for (line, content) in lines {
        match content {
            Line::Note(_) => {}
            Line::Damaged(why) => {
                draft.met_row();
                draft.refuse(line, why);
            }
            Line::Index(index) => {
                draft.met_row();
                match known.insert(index.locality.clone(), line) {
                    Some(first) => {
                        draft.refuse(line, format!("{} stands on line {first} already", index.locality))
                    }
                    None => index.shelve(line, &notes, draft),
                }
            }
        }
    }
}

impl Index {
    fn shelve(self, line: u64, notes: &[String], draft: &mut ShelfDraft<'_>) {
        let (name, stars) = split_stars(&self.name);
        let rows = labelled([
            ("state", self.state.as_str()),
            ("locality name", name),
            ("work GPCI", &self.work),
            ("work GPCI floor", &self.floor),
            ("work GPCI without the floor", &self.work_without_floor),
            ("PE GPCI", &self.practice_expense),
            ("malpractice GPCI", &self.malpractice),
            ("note", foot_note(stars, notes)),
        ]);
        draft.fact(line, FactKind::Gpci, self.locality, Vec::new(), rows);
    }

    fn checked(self) -> Result<Self, String> {
        match self.wrong_index() {
            Some(index) => Err(format!("{}: {index:?} is no index such as 1.017", self.locality)),
            None => Ok(self),
        }
    }

    fn wrong_index(&self) -> Option<&str> {
        let indices = [&self.work, &self.practice_expense, &self.malpractice];
        let without_floor = Some(&self.work_without_floor).filter(|index| !index.is_empty());
        let mut indices = indices.into_iter().chain(without_floor);
        let wrong = indices.find(|index| !is_positive(index, LARGEST_INDEX));
        wrong.map(String::as_str)
    }
}

/// A name and the stars behind it.
pub(super) fn split_stars(name: &str) -> (&str, &str) {
    let bare = name.trim_end().trim_end_matches('*');
    (
        bare.trim_end(),
        name.get(bare.len()..).unwrap_or_default().trim_end(),
    )
}

/// The foot note that begins with exactly these stars.
pub(super) fn foot_note<'a>(stars: &str, notes: &'a [String]) -> &'a str {
    let of_stars = |note: &'a String| {
        let text = note.strip_prefix(stars)?;
        (!stars.is_empty() && !text.starts_with('*')).then(|| text.trim())
    };
    notes.iter().find_map(of_stars).unwrap_or_default()
}

fn sheet_lines(sheet: &Sheet) -> Vec<(u64, Line)> {
    let first = |parts: &[&str]| sheet.columns_with_all(parts).into_iter().next();
    let of_work = sheet.columns_with_all(&["pw gpci"]);
    let work = of_work
        .iter()
        .copied()
        .find(|name| !name.contains("without"))
        .or_else(|| of_work.first().copied());
    let without_floor = of_work
        .iter()
        .copied()
        .find(|name| Some(*name) != work && name.contains("without"));
    let columns = GpciColumns {
        contractor: first(&["contractor"]),
        work,
        without_floor,
        practice_expense: first(&["pe gpci"]),
        malpractice: first(&["mp gpci"]),
    };
    sheet
        .rows()
        .map(|row| match row {
            Ok(row) => (row.line, columns.read(&row)),
            Err((line, why)) => (line, Line::Damaged(why)),
        })
        .collect()
}

struct GpciColumns<'a> {
    contractor: Option<&'a str>,
    work: Option<&'a str>,
    without_floor: Option<&'a str>,
    practice_expense: Option<&'a str>,
    malpractice: Option<&'a str>,
}

impl GpciColumns<'_> {
    fn read(&self, row: &SheetRow<'_>) -> Line {
        if let Some(note) = row.only_value() {
            return Line::Note(note.to_owned());
        }
        let value = |column: Option<&str>| column.map(|name| row.get(name)).unwrap_or_default().to_owned();
        let index = locality(&value(self.contractor), row.get(NUMBER)).and_then(|locality| {
            let index = Index {
                locality,
                state: row.get(STATE).to_owned(),
                name: row.get(NAME).to_owned(),
                work: value(self.work),
                work_without_floor: value(self.without_floor),
                floor: self.work.map(in_brackets).unwrap_or_default().to_owned(),
                practice_expense: value(self.practice_expense),
                malpractice: value(self.malpractice),
            };
            index.checked()
        });
        index.map_or_else(Line::Damaged, Line::Index)
    }
}

/// What a column's name says in brackets, as `with 1.0 floor`.
fn in_brackets(name: &str) -> &str {
    let behind = name.split_once('(').map_or("", |(_, behind)| behind);
    behind.split(')').next().unwrap_or_default()
}

fn text_lines(text: &str) -> Vec<(u64, Line)> {
    let is_header = |line: &str| line.to_lowercase().contains("pw gpci");
    let below = text
        .lines()
        .zip(1..)
        .skip_while(|(line, _)| !is_header(line))
        .skip(1);
    below
        .filter(|(line, _)| !line.trim().is_empty())
        .map(
            // A note begins at the edge of the page; a row that was moved to the right is none.
            |(line, number)| match line.starts_with(|c: char| c.is_ascii_digit() || c.is_whitespace()) {
                true => (number, read_line(line).map_or_else(Line::Damaged, Line::Index)),
                false => (number, Line::Note(line.trim().to_owned())),
            },
        )
        .collect()
}

/// A row such as `10112  AL  00  ALABAMA  1.000  0.869  0.575`. Of two work indices the first is without the floor.
fn read_line(line: &str) -> Result<Index, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [contractor, state, number, rest @ ..] = words.as_slice() else {
        return Err("no contractor, state and locality number".into());
    };
    let locality = locality_in_text(contractor, number)?;
    let indices = rest.iter().rev().take_while(|word| is_decimal(word)).count();
    let (name, indices) = rest.split_at(rest.len() - indices);
    let (work_without_floor, work, practice_expense, malpractice) = match indices {
        [work, practice_expense, malpractice] => ("", work, practice_expense, malpractice),
        [without, work, practice_expense, malpractice] => (*without, work, practice_expense, malpractice),
        _ => {
            return Err(format!(
                "{locality}: {} indices, 3 or 4 were expected",
                indices.len()
            ));
        }
    };
    let index = Index {
        locality,
        state: (*state).to_owned(),
        name: name.join(" "),
        work: (*work).to_owned(),
        work_without_floor: work_without_floor.to_owned(),
        floor: String::new(),
        practice_expense: (*practice_expense).to_owned(),
        malpractice: (*malpractice).to_owned(),
    };
    index.checked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_lead_to_their_own_foot_note() {
        let notes = ["*Work floor.".to_owned(), "** Practice expense floor.".to_owned()];
        assert_eq!(split_stars("MONTANA**"), ("MONTANA", "**"));
        assert_eq!(split_stars("REST OF STATE* "), ("REST OF STATE", "*"));
        assert_eq!(foot_note("*", &notes), "Work floor.");
        assert_eq!(foot_note("**", &notes), "Practice expense floor.");
        assert_eq!((foot_note("", &notes), foot_note("***", &notes)), ("", ""));
    }
}
