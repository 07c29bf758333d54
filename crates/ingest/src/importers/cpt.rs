//! Descriptors of CPT, which only a licensee of the American Medical Association has and may load.
//!
//! The data files have a notice, then a row a code. `LONGULT.txt` separates code and descriptor with a tab;
//! `ConsumerDescriptor.txt` and `ClinicianDescriptor.txt` have the number of the concept ahead of the code, the latter
//! a number of its own behind it; `MEDU.txt` and `SHORTU.txt` separate with a blank; `LONGULF.txt` has a counter behind
//! the code (columns 6 and 7) and wraps what is longer than 72 characters (columns 9 to 80). The consolidated list has a
//! header: `Concept Id`, `CPT Code`, `Long`, `Medium`, `Short`, `Consumer` and more, separated with tabs. Names of files
//! and layouts are public, in AMA's file layout notes and in NLM's description of the source; no descriptor stands here.

mod row;

use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_year};
use crate::sheet::decode;
use codecite_codebook::{Aspect, Code, FactKind, Licence, NaiveDate, PassageDraft};
use row::{Columns, Row, cpt};
use std::collections::HashMap;

/// Names the kind for `--as`.
pub(super) const WORD: &str = "cpt";

/// What kind of descriptors a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Consolidated,
    Long,
    Medium,
    Short,
    Consumer,
    Clinician,
}

impl Kind {
    fn source(self) -> &'static str {
        match self {
            Self::Consolidated => "cpt",
            Self::Long => "cpt-long",
            Self::Medium => "cpt-medium",
            Self::Short => "cpt-short",
            Self::Consumer => "cpt-consumer",
            Self::Clinician => "cpt-clinician",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Consolidated => "CPT descriptors",
            Self::Long => "CPT long descriptors",
            Self::Medium => "CPT medium descriptors",
            Self::Short => "CPT short descriptors",
            Self::Consumer => "CPT consumer descriptors",
            Self::Clinician => "CPT clinician descriptors",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let kinds = [
            ("consumer", Self::Consumer),
            ("clinician", Self::Clinician),
            ("long", Self::Long),
            ("med", Self::Medium),
            ("short", Self::Short),
        ];
        kinds
            .into_iter()
            .find(|(word, _)| name.contains(word))
            .map(|(_, kind)| kind)
    }

    /// By what the rows look like: short and medium descriptors are written in capitals, the former in 28 characters.
    fn of_rows(rows: &[Row<'_>]) -> Self {
        let longest = rows
            .iter()
            .map(|row| row.text.chars().count())
            .max()
            .unwrap_or_default();
        let is_large = rows.iter().all(|row| !row.text.chars().any(char::is_lowercase));
        match (rows.iter().any(|row| row.has_concept), is_large) {
            (true, _) => Self::Consumer,
            (false, true) if longest <= 28 => Self::Short,
            (false, true) if longest <= 48 => Self::Medium,
            _ => Self::Long,
        }
    }
}

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    let text = decode(head);
    if Columns::find(&text).is_some() {
        return true;
    }
    let lower = text.to_lowercase();
    if !lower.contains("american medical association") || !lower.contains("cpt") {
        return false;
    }
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .skip_while(|line| Row::parse(line).is_none())
        .filter(|line| !line.is_empty())
        .collect();
    let rows = lines.iter().filter(|line| Row::parse(line).is_some()).count();
    rows > 0 && rows * 5 >= lines.len() * 3
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let licence = match job.options.document.licence {
        Some(licence @ Licence::Cpt { .. }) => licence,
        _ => {
            return Err(IngestError::LicenceUnconfirmed {
                file: job.file.name.clone(),
            });
        }
    };
    let text = decode(job.bytes());
    let file = File::read(&text);
    if file.rows.is_empty() && file.columns.is_none() {
        return Err(job.misshapen(
            "rows with a CPT code, a tab or a blank, and a descriptor were expected, as in LONGULT.txt, MEDU.txt, \
             SHORTU.txt or ConsumerDescriptor.txt",
        ));
    }
    let kind = match file.columns {
        Some(_) => Kind::Consolidated,
        None => Kind::named(&job.member.name).unwrap_or_else(|| Kind::of_rows(&file.rows)),
    };
    let effective_from = job
        .first_day(first_day_of)
        .ok_or_else(|| job.undated("the year in the name of the file or its zip, such as CPT 2026.zip"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: kind.source(),
            title: format!("{}, {}", kind.title(), effective_from.format("%Y")),
            authority: "AMA",
            effective_from,
            replaced_on: next_year(effective_from),
            is_complete: matches!(kind, Kind::Long | Kind::Consolidated),
            url: "https://www.ama-assn.org/practice-management/cpt",
        },
    );
    draft.licensed(licence);
    file.shelve(kind, &mut draft);
    draft.finish()
}

/// Codes of a year are in force from its first day.
fn first_day_of(name: &str) -> Option<NaiveDate> {
    first_day_named(name).or_else(|| {
        let figures = name.split(|c: char| !c.is_ascii_digit());
        let year = figures
            .filter(|run| run.len() == 4)
            .find_map(|run| run.parse::<i32>().ok().filter(|year| (2000..2100).contains(year)))?;
        NaiveDate::from_ymd_opt(year, 1, 1)
    })
}

/// A file taken apart.
struct File<'a> {
    columns: Option<Columns>,
    lines: Vec<(u64, &'a str)>,
    /// The rows of a file without header, to tell its kind.
    rows: Vec<Row<'a>>,
}

impl<'a> File<'a> {
    fn read(text: &'a str) -> Self {
        let columns = Columns::find(text);
        let numbered = text
            .lines()
            .map(str::trim_end)
            .zip(1..)
            .map(|(line, number)| (number, line));
        let lines: Vec<(u64, &str)> = match &columns {
            Some(columns) => numbered.skip(columns.header).collect(),
            None => numbered
                .skip_while(|(_, line)| Row::parse(line).is_none())
                .collect(),
        };
        let lines: Vec<(u64, &str)> = lines.into_iter().filter(|(_, line)| !line.is_empty()).collect();
        let rows = match columns {
            Some(_) => Vec::new(),
            None => lines.iter().filter_map(|(_, line)| Row::parse(line)).collect(),
        };
        Self { columns, lines, rows }
    }

    fn shelve(&self, kind: Kind, draft: &mut ShelfDraft<'_>) {
        match &self.columns {
            Some(columns) => self.shelve_table(columns, draft),
            None => self.shelve_rows(kind, draft),
        }
    }

    fn shelve_table(&self, columns: &Columns, draft: &mut ShelfDraft<'_>) {
        let mut known = HashMap::new();
        for (number, line) in &self.lines {
            if draft.is_hopeless() {
                break;
            }
            draft.met_row();
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            let field = |place: Option<usize>| {
                place
                    .and_then(|place| fields.get(place))
                    .copied()
                    .unwrap_or_default()
            };
            let Some(code) = cpt(field(Some(columns.code))) else {
                draft.refuse(*number, format!("{:?} is no CPT code", field(Some(columns.code))));
                continue;
            };
            if let Some(first) = known.insert(code.clone(), *number) {
                draft.refuse(*number, format!("{code} stands on line {first} already"));
                continue;
            }
            let (medium, short) = (field(columns.medium), field(columns.short));
            let long = [field(columns.long), medium, short]
                .into_iter()
                .find(|text| !text.is_empty());
            let Some(long) = long else {
                draft.refuse(*number, format!("{code} has no descriptor"));
                continue;
            };
            exists(*number, &code, long, draft);
            if !field(columns.consumer).is_empty() {
                explains(*number, &code, Kind::Consumer, field(columns.consumer), draft);
            }
            abbreviates(*number, &code, [(MEDIUM, medium), (SHORT, short)], draft);
        }
    }

    fn shelve_rows(&self, kind: Kind, draft: &mut ShelfDraft<'_>) {
        let mut known: HashMap<Code, u64> = HashMap::new();
        let mut lines = self.lines.iter().peekable();
        while let Some((number, line)) = lines.next() {
            if draft.is_hopeless() {
                break;
            }
            draft.met_row();
            let Some(row) = Row::parse(line) else {
                let shown: String = line.chars().take(12).collect();
                draft.refuse(
                    *number,
                    format!("{shown:?} does not begin a row with a CPT code and a descriptor"),
                );
                continue;
            };
            let mut text = row.text.to_owned();
            // Lines that go on from it are no rows of their own.
            let mut counter = row.counter;
            while let Some(more) = lines.peek().and_then(|(_, line)| Row::parse(line)) {
                let goes_on = more.code == row.code
                    && counter.is_some()
                    && more.counter == counter.map(|counter| counter + 1);
                if !goes_on {
                    break;
                }
                text = format!("{text} {}", more.text);
                counter = more.counter;
                lines.next();
            }
            let may_come_again = kind == Kind::Clinician;
            match known.insert(row.code.clone(), *number) {
                Some(first) if !may_come_again => {
                    draft.refuse(*number, format!("{} stands on line {first} already", row.code));
                    continue;
                }
                _ => {}
            }
            match kind {
                Kind::Long | Kind::Consolidated => exists(*number, &row.code, &text, draft),
                Kind::Medium => abbreviates(*number, &row.code, [(MEDIUM, &text), (SHORT, "")], draft),
                Kind::Short => abbreviates(*number, &row.code, [(MEDIUM, ""), (SHORT, &text)], draft),
                Kind::Consumer | Kind::Clinician => explains(*number, &row.code, kind, &text, draft),
            }
        }
    }
}

const MEDIUM: &str = "medium descriptor";
const SHORT: &str = "short descriptor";

/// The code exists in that year, under its official name.
fn exists(line: u64, code: &Code, title: &str, draft: &mut ShelfDraft<'_>) {
    let effective = draft.edition().effective;
    draft.status(line, None, code.clone(), Some(title), true, effective);
    draft.entry(line, None, code.clone(), title, true, effective);
}

/// Its names in capitals, as forms print them.
fn abbreviates(line: u64, code: &Code, names: [(&str, &str); 2], draft: &mut ShelfDraft<'_>) {
    let rows = labelled(names);
    if !rows.is_empty() {
        draft.fact(line, FactKind::CodeStatus, code.clone(), Vec::new(), rows);
    }
}

/// What it is in words for patients or clinicians.
fn explains(line: u64, code: &Code, kind: Kind, text: &str, draft: &mut ShelfDraft<'_>) {
    let for_whom = match kind {
        Kind::Clinician => "for clinicians",
        _ => "for patients",
    };
    let edition = draft.edition();
    let passage = PassageDraft {
        edition: edition.id.clone(),
        title: format!("{} {for_whom}", code.label()),
        text: text.to_owned(),
        aspect: Aspect::Definition,
        about: vec![code.clone()],
        mentions: Vec::new(),
        keywords: Vec::new(),
        billable: None,
        authority: edition.authority.clone(),
        locator: draft.locator(line, None),
        effective: edition.effective,
    };
    draft.passage(passage);
}
