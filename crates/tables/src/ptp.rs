//! Tables of procedure-to-procedure edits: millions of rows of two codes each, so they are kept packed.

use crate::insert::{EDITS, number};
use crate::rows;
use chrono::Datelike;
use codecite_codebook::{
    Code, CodeSystem, EditionId, EffectiveRange, Fact, FactKind, FactRow, Locator, ModifierIndicator,
    NaiveDate, Place, PtpEdit,
};
use rusqlite::{Connection, Error, Result, Row, params};
use std::collections::{HashMap, HashSet};

/// The edits of one edition, packed, on their way from a file to the tables.
#[derive(Clone, Debug, Default)]
pub struct PtpTable {
    edits: Vec<Packed>,
    rationales: Vec<String>,
    rationale_ids: HashMap<String, u16>,
    documents: Vec<Locator>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed {
    column1: u32,
    column2: u32,
    document: u8,
    row: u32,
    from: Option<i32>,
    to: Option<i32>,
    indicator: u8,
    rationale: Option<u16>,
}

/// A code as the table keeps it: a number in base 36. A file names each of its codes hundreds of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PackedCode(u32);

impl PackedCode {
    /// Packs a code; `None` for what is neither a CPT nor a HCPCS code.
    pub fn of(code: &Code) -> Option<Self> {
        pack_code(code).map(Self)
    }
}

/// An edit that is read from a file of millions, and owns nothing.
#[derive(Clone, Copy, Debug)]
pub struct PackedEdit<'a> {
    /// The code that is paid when both are billed.
    pub column1: PackedCode,
    /// The code that is denied.
    pub column2: PackedCode,
    /// Whether a modifier may bypass the edit.
    pub indicator: ModifierIndicator,
    /// Why the pair is edited, as published.
    pub rationale: Option<&'a str>,
    /// First day in force, where the file says so.
    pub from: Option<NaiveDate>,
    /// Last day in force, if the edit was deleted.
    pub to: Option<NaiveDate>,
    /// Its row in the file, counted from 1.
    pub row: u64,
}

/// One edit with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtpRow {
    /// The edit, ended with its edition where that was superseded.
    pub edit: PtpEdit,
    /// The edition that it was loaded with.
    pub edition: EditionId,
    /// Where the row stands.
    pub locator: Locator,
}

impl PtpTable {
    /// How many edits there are.
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Begins a document: the edits pushed from now on stand in it.
    pub fn begin_document(&mut self, document: Locator) {
        self.documents.push(document);
    }

    /// Makes room for that many further edits.
    pub fn reserve(&mut self, edits: usize) {
        self.edits.reserve(edits);
    }

    /// Adds an edit. `false` if it cannot be kept: no document has begun, or the table is beyond all bounds.
    pub fn push(&mut self, edit: &PtpEdit) -> bool {
        let (Some(column1), Some(column2)) = (PackedCode::of(&edit.column1), PackedCode::of(&edit.column2))
        else {
            return false;
        };
        self.push_packed(&PackedEdit {
            column1,
            column2,
            indicator: edit.indicator,
            rationale: edit.rationale.as_deref(),
            from: edit.begins_as_published.then(|| edit.effective.from()),
            to: edit.effective.to(),
            row: edit.row,
        })
    }

    /// As [`PtpTable::push`], for a file of millions of edits.
    pub fn push_packed(&mut self, edit: &PackedEdit<'_>) -> bool {
        self.pack(edit).map(|packed| self.edits.push(packed)).is_some()
    }

    /// The rows, two by two, that edit one pair of codes in overlapping periods. A row of which the file does not say
    /// when it begins is known to overlap with another such row only while both are in force; one with the
    /// indicator 9 never was in force.
    pub fn overlaps(&mut self) -> Vec<[u64; 2]> {
        self.edits.sort_unstable();
        let pairs = self
            .edits
            .chunk_by(|a, b| (a.column1, a.column2) == (b.column1, b.column2));
        let mut found = Vec::new();
        for rows in pairs.filter(|rows| rows.len() > 1) {
            let in_force = rows
                .iter()
                .filter(|row| row.indicator != ModifierIndicator::NotApplicable.figure());
            add_overlaps(in_force, &mut found);
        }
        found
    }

    /// Adds the edits of `other`, a further file of the same table.
    pub fn append(&mut self, other: Self) {
        let first_document = u8::try_from(self.documents.len()).unwrap_or(u8::MAX);
        self.documents.extend(other.documents);
        for packed in other.edits {
            let rationale = packed.rationale.map(|id| &other.rationales[usize::from(id)]);
            let rationale = rationale.and_then(|rationale| self.rationale(rationale));
            self.edits.push(Packed {
                document: packed.document.saturating_add(first_document),
                rationale,
                ..packed
            });
        }
    }

    fn pack(&mut self, edit: &PackedEdit<'_>) -> Option<Packed> {
        Some(Packed {
            column1: edit.column1.0,
            column2: edit.column2.0,
            document: u8::try_from(self.documents.len().checked_sub(1)?).ok()?,
            row: u32::try_from(edit.row).ok()?,
            from: edit.from.map(|day| day.num_days_from_ce()),
            to: edit.to.map(|day| day.num_days_from_ce()),
            indicator: edit.indicator.figure(),
            rationale: match edit.rationale {
                Some(rationale) => Some(self.rationale(rationale)?),
                None => None,
            },
        })
    }

    fn rationale(&mut self, rationale: &str) -> Option<u16> {
        if let Some(id) = self.rationale_ids.get(rationale) {
            return Some(*id);
        }
        let id = u16::try_from(self.rationales.len()).ok()?;
        self.rationales.push(rationale.to_owned());
        self.rationale_ids.insert(rationale.to_owned(), id);
        Some(id)
    }

    /// Writes the table. `locations` are the ids of [`PtpTable::documents`], in their order.
    pub(crate) fn insert(mut self, connection: &Connection, locations: &[i64]) -> Result<()> {
        let mut rationale = connection.prepare("INSERT INTO ptp_rationale VALUES (?1, ?2)")?;
        for (id, text) in self.rationales.iter().enumerate() {
            rationale.execute(params![id as i64, text])?;
        }
        // In the order of the key, so that the tree is filled page by page.
        self.edits.sort_unstable();
        let mut edit = connection.prepare("INSERT INTO ptp VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
        for packed in &self.edits {
            edit.execute(params![
                packed.column1,
                packed.column2,
                packed.row,
                packed.from,
                packed.to,
                packed.indicator,
                packed.rationale,
                locations.get(usize::from(packed.document)),
            ])?;
        }
        connection.execute(
            "INSERT INTO holding VALUES (?1, ?2)",
            params![EDITS, number(self.edits.len() as u64)],
        )?;
        connection.execute_batch("CREATE INDEX ptp_by_column2 ON ptp (column2, column1)")
    }

    pub(crate) fn documents(&self) -> &[Locator] {
        &self.documents
    }
}

/// Adds the overlaps among the rows of one pair, each row with the one before it that ends last.
fn add_overlaps<'a>(rows: impl Iterator<Item = &'a Packed>, found: &mut Vec<[u64; 2]>) {
    let (mut dated, undated): (Vec<&Packed>, Vec<&Packed>) = rows.partition(|row| row.from.is_some());
    let mut open = undated.into_iter().filter(|row| row.to.is_none());
    if let (Some(one), Some(other)) = (open.next(), open.next()) {
        found.push([u64::from(one.row), u64::from(other.row)]);
    }
    dated.sort_by_key(|row| (row.from, row.row));
    let last_day = |row: &Packed| row.to.unwrap_or(i32::MAX);
    let mut longest: Option<&Packed> = None;
    for row in dated {
        if let Some(before) = longest.filter(|before| row.from <= Some(last_day(before))) {
            found.push([u64::from(before.row), u64::from(row.row)]);
        }
        if longest.is_none_or(|before| last_day(before) < last_day(row)) {
            longest = Some(row);
        }
    }
}

const COLUMNS: &str = "p.column1, p.column2, p.effective_from, p.effective_to, l.document, l.section, l.url, \
     p.row, NULL, p.indicator, r.rationale";
const TABLES: &str =
    "ptp p JOIN location l ON l.id = p.location LEFT JOIN ptp_rationale r ON r.id = p.rationale";

/// Every row of the pair, whichever of the two stands in column 1.
pub(crate) fn between(
    connection: &Connection,
    one: &Code,
    other: &Code,
    edition: &EditionId,
) -> Result<Vec<PtpRow>> {
    let (Some(one), Some(other)) = (pack_code(one), pack_code(other)) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE (p.column1 = ?1 AND p.column2 = ?2) OR (p.column1 = ?2 AND p.column2 = ?1) ORDER BY p.row"
    ))?;
    let found = statement.query_map(params![one, other], |row| read(row, edition))?;
    found.collect()
}

/// At most `limit` rows with `code` in either column that are in force on the day, and how many there are.
pub(crate) fn of_code(
    connection: &Connection,
    code: &Code,
    day: NaiveDate,
    limit: usize,
    edition: &EditionId,
) -> Result<(Vec<PtpRow>, u64)> {
    let Some(code) = pack_code(code) else {
        return Ok((Vec::new(), 0));
    };
    let in_force = "(p.effective_from IS NULL OR p.effective_from <= ?2) AND (p.effective_to IS NULL OR p.effective_to >= ?2)";
    let day = day.num_days_from_ce();
    let count = |column: &str| -> Result<i64> {
        connection
            .prepare_cached(&format!(
                "SELECT count(*) FROM ptp p WHERE p.{column} = ?1 AND {in_force}"
            ))?
            .query_row(params![code, day], |row| row.get(0))
    };
    let total = count("column1")? + count("column2")?;
    let mut rows = Vec::new();
    for (column, other) in [("column1", "column2"), ("column2", "column1")] {
        let left = limit.saturating_sub(rows.len());
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE p.{column} = ?1 AND {in_force} ORDER BY p.{other} LIMIT ?3"
        ))?;
        let found = statement.query_map(
            params![code, day, i64::try_from(left).unwrap_or(i64::MAX)],
            |row| read(row, edition),
        )?;
        for row in found {
            rows.push(row?);
        }
    }
    Ok((rows, rows::count(0, total)?))
}

/// An edit of a pair as it is stored: the two codes as numbers, and the indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedPair {
    pub columns: (i64, i64),
    pub indicator: u8,
}

const ON_DAY: &str = "(p.effective_from IS NULL OR p.effective_from <= ?1) AND (p.effective_to IS NULL OR p.effective_to >= ?1)
         ORDER BY p.column1, p.column2";

/// The pairs in force on the day, in the order of their numbers: 24 bytes each, for tables of millions.
pub(crate) fn pairs_on(connection: &Connection, day: NaiveDate) -> Result<Vec<PackedPair>> {
    let mut statement = connection.prepare(&format!(
        "SELECT p.column1, p.column2, p.indicator FROM ptp p WHERE {ON_DAY}"
    ))?;
    let found = statement.query_map([day.num_days_from_ce()], |row| {
        Ok(PackedPair {
            columns: (row.get(0)?, row.get(1)?),
            indicator: row.get(2)?,
        })
    })?;
    found.collect()
}

/// The edits in force on the day of the pairs that are `wanted`, in the order of their numbers.
pub(crate) fn on_day(
    connection: &Connection,
    day: NaiveDate,
    wanted: &HashSet<(i64, i64)>,
    edition: &EditionId,
) -> Result<Vec<PtpRow>> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE {ON_DAY}"))?;
    let mut found = statement.query([day.num_days_from_ce()])?;
    let mut edits = Vec::with_capacity(wanted.len());
    while let Some(row) = found.next()? {
        if wanted.contains(&(row.get(0)?, row.get(1)?)) {
            edits.push(read(row, edition)?);
        }
    }
    Ok(edits)
}

fn read(row: &Row<'_>, edition: &EditionId) -> Result<PtpRow> {
    let from = day(row, 2)?;
    let to = day(row, 3)?;
    let begins = from
        .or_else(|| NaiveDate::from_ymd_opt(1996, 1, 1))
        .unwrap_or_default();
    let indicator: u8 = row.get(9)?;
    Ok(PtpRow {
        edit: PtpEdit {
            column1: unpack_code(row, 0)?,
            column2: unpack_code(row, 1)?,
            indicator: ModifierIndicator::from_published(&indicator.to_string())
                .ok_or(Error::IntegralValueOutOfRange(9, indicator.into()))?,
            rationale: row.get(10)?,
            // A row whose end lies before its beginning was never in force.
            effective: EffectiveRange::new(begins, to).unwrap_or(EffectiveRange::since(begins)),
            begins_as_published: from.is_some(),
            row: rows::count(7, row.get(7)?)?,
        },
        edition: edition.clone(),
        locator: rows::locator(row)?,
    })
}

fn day(row: &Row<'_>, column: usize) -> Result<Option<NaiveDate>> {
    let days: Option<i32> = row.get(column)?;
    days.map(|days| {
        NaiveDate::from_num_days_from_ce_opt(days).ok_or(Error::IntegralValueOutOfRange(column, days.into()))
    })
    .transpose()
}

/// A CPT or HCPCS code as a number in base 36: five characters are less than 2^26.
fn pack_code(code: &Code) -> Option<u32> {
    if !matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs) {
        return None;
    }
    u32::from_str_radix(code.text(), 36).ok()
}

fn unpack_code(row: &Row<'_>, column: usize) -> Result<Code> {
    let packed: u32 = row.get(column)?;
    let mut text = [b'0'; 5];
    let mut rest = packed;
    for place in text.iter_mut().rev() {
        let digit = char::from_digit(rest % 36, 36).unwrap_or('0');
        *place = u8::try_from(digit.to_ascii_uppercase()).unwrap_or(b'0');
        rest /= 36;
    }
    let text = String::from_utf8_lossy(&text);
    [CodeSystem::Cpt, CodeSystem::Hcpcs]
        .into_iter()
        .find_map(|system| Code::parse(system, &text).ok())
        .ok_or(Error::IntegralValueOutOfRange(column, packed.into()))
}

impl PtpRow {
    /// The row as a fact about `code`, one of its two codes.
    pub fn fact(&self, code: &Code) -> Fact {
        let edit = &self.edit;
        let other = match *code == edit.column1 {
            true => &edit.column2,
            false => &edit.column1,
        };
        let mut rows = vec![
            row("column 1", edit.column1.text()),
            row("column 2", edit.column2.text()),
            row("modifier indicator", &edit.indicator.to_string()),
            row("what the indicator means", edit.indicator.meaning()),
        ];
        match edit.begins_as_published {
            true => rows.push(row("edited since", &edit.effective.from().to_string())),
            false => rows.push(row("edited since", "not stated in the file that was loaded")),
        }
        if let Some(last_day) = edit.effective.to() {
            rows.push(row("deletion date", &last_day.to_string()));
        }
        if let Some(rationale) = &edit.rationale {
            rows.push(row("rationale", rationale));
        }
        Fact {
            kind: FactKind::Ptp,
            code: code.clone(),
            also: vec![other.clone()],
            rows,
            edition: self.edition.clone(),
            locator: Locator {
                place: Some(Place::Row(edit.row)),
                ..self.locator.clone()
            },
            effective: edit.effective,
        }
    }
}

fn row(label: &str, value: &str) -> FactRow {
    FactRow {
        label: label.to_owned(),
        value: value.to_owned(),
    }
}
