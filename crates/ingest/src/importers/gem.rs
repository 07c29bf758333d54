//! The general equivalence mappings (GEM) between ICD-9-CM and ICD-10, both ways, for diagnoses and procedures.
//!
//! Published by CMS as text, one target a line: source, target (`NoDx` or `NoPCS` where there is none) and five
//! flags, separated by blanks (`2018_I9gem.txt`, `2018_I10gem.txt`, `gem_i9pcs.txt`, `gem_pcsi9.txt`). The NBER
//! ships the same with commas and a header, the flags also one by one. The mapping of 2018 is the last one.

use super::cells::code_of;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::{Sheet, SheetRow, decode};
use codecite_codebook::{Code, CodeSystem, FactKind, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

/// Columns of the NBER's tables: the codes are named after what they are.
const NBER: [&[&str]; 2] = [&["icd9cm", "icd10cm", "flags"], &["icd9", "icd10", "flags"]];

/// From what to what.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Direction {
    from: CodeSystem,
    to: CodeSystem,
    source: &'static str,
}

/// Where shapes do not tell, the first that fits is right: files of procedures hold codes that no diagnosis has.
const DIRECTIONS: [Direction; 4] = [
    Direction {
        from: CodeSystem::Icd9Cm,
        to: CodeSystem::Icd10Cm,
        source: "gem-icd9-icd10cm",
    },
    Direction {
        from: CodeSystem::Icd10Cm,
        to: CodeSystem::Icd9Cm,
        source: "gem-icd10cm-icd9",
    },
    Direction {
        from: CodeSystem::Icd9Pcs,
        to: CodeSystem::Icd10Pcs,
        source: "gem-icd9-icd10pcs",
    },
    Direction {
        from: CodeSystem::Icd10Pcs,
        to: CodeSystem::Icd9Pcs,
        source: "gem-icd10pcs-icd9",
    },
];

/// One line as it stands in the file.
struct Line<'a> {
    number: u64,
    from: &'a str,
    to: &'a str,
    flags: &'a str,
}

/// The flags of a mapping, in the order of the file.
struct Flags<'a>(&'a str);

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some() || {
        let text = decode(head);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(20)
            .collect();
        let fitting = lines
            .iter()
            .filter(|line| split(0, line).is_some_and(|line| line.has_layout()))
            .count();
        fitting > 0 && fitting * 2 >= lines.len()
    }
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    NBER.iter().find_map(|wanted| Sheet::find(bytes, b',', wanted))
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    match find(job.bytes()) {
        Some(sheet) => read_table(job, &sheet),
        None => read_text(job),
    }
}

fn read_text(job: &Job<'_>) -> Result<Reading, IngestError> {
    let text = decode(job.bytes());
    let lines = || text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let direction = direction(lines().filter_map(|(line, number)| split(number, line)))
        .ok_or_else(|| job.misshapen("lines of a source code, a target code and five flags were expected"))?;
    let from = job
        .first_day(fiscal_year_named)
        .ok_or_else(|| job.undated("a name such as 2018_I9gem.txt"))?;
    let mut draft = ShelfDraft::new(job, release(direction, from));
    for (line, number) in lines() {
        draft.met_row();
        let line =
            split(number, line).ok_or("three columns are expected: source, target and flags".to_owned());
        if let Err(why) = line.and_then(|line| shelve(&line, direction, &mut draft)) {
            draft.refuse(number, why);
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}

fn read_table(job: &Job<'_>, sheet: &Sheet) -> Result<Reading, IngestError> {
    let columns = match sheet.has("icd9cm") {
        true => ("icd9cm", "icd10cm"),
        false => ("icd9", "icd10"),
    };
    // The older system stands first, whichever is mapped to which: the name says that.
    let is_backward = job.names().iter().any(|name| is_backward(name));
    let (first, second) = if is_backward {
        (columns.1, columns.0)
    } else {
        columns
    };
    let rows: Vec<_> = sheet.rows().collect();
    let direction = direction(rows.iter().flatten().map(|row| of_row(row, first, second)))
        .ok_or_else(|| job.misshapen("no column holds codes of ICD-9-CM beside codes of ICD-10"))?;
    // The NBER does not say of which year its copies are. All of them were made for the change to ICD-10.
    let change = NaiveDate::from_ymd_opt(2015, 10, 1);
    let from = job
        .first_day(fiscal_year_named)
        .or(change)
        .ok_or_else(|| job.undated("a name such as 2018_I9gem.csv"))?;
    let mut draft = ShelfDraft::new(job, release(direction, from));
    for row in &rows {
        draft.met_row();
        match row {
            Ok(row) => {
                if let Err(why) = shelve(&of_row(row, first, second), direction, &mut draft) {
                    draft.refuse(row.line, why);
                }
            }
            Err((line, why)) => draft.refuse(*line, why),
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}

fn release(direction: Direction, from: NaiveDate) -> Release {
    Release {
        source: direction.source,
        title: format!(
            "General equivalence mapping {} to {}",
            direction.from, direction.to
        ),
        authority: "CMS",
        effective_from: from,
        // No further mapping is published.
        replaced_on: None,
        is_complete: false,
        url: "https://www.cms.gov/medicare/coding-billing/icd-10-codes/icd-10-cm-icd-10-pcs-gem-archive",
    }
}

/// The direction that most lines fit.
fn direction<'a>(lines: impl Iterator<Item = Line<'a>>) -> Option<Direction> {
    let mut fitting = [0_u32; DIRECTIONS.len()];
    for line in lines {
        for (direction, count) in DIRECTIONS.iter().zip(&mut fitting) {
            *count += u32::from(line.fits(*direction));
        }
    }
    let best = fitting.iter().copied().max().filter(|most| *most > 0)?;
    let place = fitting.iter().position(|count| *count == best)?;
    DIRECTIONS.get(place).copied()
}

fn of_row<'a>(row: &'a SheetRow<'_>, first: &str, second: &str) -> Line<'a> {
    Line {
        number: row.line,
        from: row.get(first),
        to: row.get(second),
        flags: row.get("flags"),
    }
}

fn split(number: u64, line: &str) -> Option<Line<'_>> {
    let mut columns = line.split_ascii_whitespace();
    let line = Line {
        number,
        from: columns.next()?,
        to: columns.next()?,
        flags: columns.next()?,
    };
    columns.next().is_none().then_some(line)
}

impl Line<'_> {
    fn has_layout(&self) -> bool {
        Flags(self.flags).are_flags() && DIRECTIONS.iter().any(|direction| self.fits(*direction))
    }

    fn fits(&self, direction: Direction) -> bool {
        Code::parse(direction.from, self.from).is_ok()
            && (self.is_without_target() || Code::parse(direction.to, self.to).is_ok())
    }

    fn is_without_target(&self) -> bool {
        self.to
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("no"))
    }
}

fn shelve(line: &Line<'_>, direction: Direction, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
    let Direction { from, to, .. } = direction;
    let source = Code::parse(from, line.from).map_err(|error| error.to_string())?;
    let target = match line.is_without_target() {
        true => None,
        false => Some(
            code_of(&[to], line.to).ok_or_else(|| format!("{source}: {:?} is no code of {to}", line.to))?,
        ),
    };
    let flags = Flags(line.flags);
    if !flags.are_flags() {
        return Err(format!("{source}: {:?} are not five flags", line.flags));
    }
    if target.is_none() != flags.is_set(1) {
        return Err(format!(
            "{source}: its flags {} and its target {:?} contradict each other",
            line.flags, line.to
        ));
    }
    let shown_target = target.as_ref().map_or_else(|| line.to.to_owned(), Code::label);
    let in_words = |place| if flags.is_set(place) { "yes" } else { "no" };
    let only_in_combination = |place| if flags.is_set(2) { flags.figure(place) } else { "" };
    let rows = labelled([
        ("from", source.label().as_str()),
        ("to", &shown_target),
        ("approximate", in_words(0)),
        ("no map", in_words(1)),
        ("combination", in_words(2)),
        ("scenario", only_in_combination(3)),
        ("choice list", only_in_combination(4)),
        ("what the flags mean", &flags.meaning(from, to)),
    ]);
    draft.fact(
        line.number,
        FactKind::Crosswalk,
        source,
        target.into_iter().collect(),
        rows,
    );
    Ok(())
}

impl Flags<'_> {
    /// Three yes or no, then two counts.
    fn are_flags(&self) -> bool {
        let bytes = self.0.as_bytes();
        bytes.len() == 5
            && bytes.iter().take(3).all(|flag| matches!(flag, b'0' | b'1'))
            && bytes.iter().skip(3).all(u8::is_ascii_digit)
    }

    fn figure(&self, place: usize) -> &str {
        self.0.get(place..=place).unwrap_or_default()
    }

    fn is_set(&self, place: usize) -> bool {
        !matches!(self.figure(place), "0" | "")
    }

    fn meaning(&self, from: CodeSystem, to: CodeSystem) -> String {
        if self.is_set(1) {
            return format!("{to} has no code for what the {from} code says");
        }
        if self.is_set(2) {
            return format!(
                "the {from} code needs several {to} codes together: one from each choice list of scenario {}, this one \
                 from choice list {}",
                self.figure(3),
                self.figure(4)
            );
        }
        match self.is_set(0) {
            true => "the two codes are close, but do not mean exactly the same; check the record".to_owned(),
            false => "the two codes mean the same".to_owned(),
        }
    }
}

/// The first day of the fiscal year that a name speaks of: `2018_I9gem.txt` is in force from 2017-10-01.
fn fiscal_year_named(name: &str) -> Option<NaiveDate> {
    static YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|\D)(20\d\d)(?:\D|$)").ok());
    let year: i32 = YEAR.as_ref()?.captures(name)?.get(1)?.as_str().parse().ok()?;
    NaiveDate::from_ymd_opt(year - 1, 10, 1)
}

/// Whether a name says that the mapping leads from ICD-10, as `icd10cmtoicd9gem.csv` does.
fn is_backward(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!((name.find("icd10"), name.find("icd9")), (Some(newer), Some(older)) if newer < older)
}
