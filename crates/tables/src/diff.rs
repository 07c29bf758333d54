//! What changed between two editions.

use crate::error::TablesError;
use crate::ptp::{PackedPair, PtpRow};
use crate::tables::Tables;
use codecite_codebook::{Code, CodeStatus, EditionId, Fact, FactKind};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What changed from one edition to another.
#[derive(Clone, Debug, Default)]
pub struct EditionDiff {
    /// Codes that only the other has.
    pub added: Vec<CodeStatus>,
    /// Codes that only the one has.
    pub deleted: Vec<CodeStatus>,
    /// Codes whose title, billability or days are others, before and after.
    pub changed: Vec<(CodeStatus, CodeStatus)>,
    /// Rows that only the other has.
    pub facts_added: Vec<Fact>,
    /// Rows that only the one has.
    pub facts_removed: Vec<Fact>,
    /// Rows about the same with other values, before and after.
    pub facts_changed: Vec<(Fact, Fact)>,
    /// Procedure-to-procedure edits in force on the other's first day and not on the one's.
    pub edits_added: Vec<PtpRow>,
    /// Edits in force on the one's first day and not on the other's.
    pub edits_removed: Vec<PtpRow>,
    /// Edits whose modifier indicator is another, before and after.
    pub edits_changed: Vec<(PtpRow, PtpRow)>,
}

impl Tables {
    /// What changed from the edition `from` to the edition `to`: codes, rows, and edits between procedures.
    /// Empty for editions that are not there.
    ///
    /// # Errors
    /// If the two are editions of different sources.
    pub fn diff(&self, from: &EditionId, to: &EditionId) -> Result<EditionDiff, TablesError> {
        let shelf = self.shelf();
        let find = |id: &EditionId| shelf.editions.iter().find(|shelved| shelved.edition.id == *id);
        let (Some(from), Some(to)) = (find(from), find(to)) else {
            return Ok(EditionDiff::default());
        };
        if from.edition.source != to.edition.source {
            return Err(TablesError::DifferentSources {
                from: from.edition.id.to_string(),
                to: to.edition.id.to_string(),
                sources: [from, to].map(|shelved| shelved.edition.source.clone()),
            });
        }
        let mut diff = EditionDiff::default();
        diff.compare_statuses(from.file.all_statuses()?, to.file.all_statuses()?);
        diff.compare_facts(from.file.all_facts()?, to.file.all_facts()?);
        let first_days = [from, to].map(|shelved| shelved.edition.effective.from());
        let pairs = PairsOfBoth::new(
            from.file.pairs_on(first_days[0])?,
            to.file.pairs_on(first_days[1])?,
        );
        let differing = pairs.differing();
        diff.compare_edits(
            from.file.edits_on(first_days[0], &differing)?,
            to.file.edits_on(first_days[1], &differing)?,
        );
        Ok(diff)
    }
}

/// The pairs of two tables of edits, in their order. Tables have millions of them, and few that differ: only of these
/// the rows are read.
struct PairsOfBoth {
    from: Vec<PackedPair>,
    to: Vec<PackedPair>,
}

impl PairsOfBoth {
    fn new(mut from: Vec<PackedPair>, mut to: Vec<PackedPair>) -> Self {
        // By indicator too, which the tables do not sort by.
        from.sort_unstable();
        to.sort_unstable();
        Self { from, to }
    }

    /// The columns of pairs that only one has, or with another indicator.
    fn differing(&self) -> HashSet<(i64, i64)> {
        let lacking = |these: &[PackedPair], others: &[PackedPair]| -> Vec<(i64, i64)> {
            let is_lacking = |pair: &&PackedPair| others.binary_search(pair).is_err();
            these.iter().filter(is_lacking).map(|pair| pair.columns).collect()
        };
        let mut differing = HashSet::from_iter(lacking(&self.from, &self.to));
        differing.extend(lacking(&self.to, &self.from));
        differing
    }
}

impl EditionDiff {
    fn compare_statuses(&mut self, from: Vec<CodeStatus>, to: Vec<CodeStatus>) {
        let mut before: HashMap<Code, CodeStatus> = from
            .into_iter()
            .map(|status| (status.code.clone(), status))
            .collect();
        for after in to {
            match before.remove(&after.code) {
                None => self.added.push(after),
                Some(before) => {
                    let ends = |status: &CodeStatus| status.effective.to();
                    let is_same = before.title == after.title
                        && before.billable == after.billable
                        && ends(&before) == ends(&after);
                    if !is_same {
                        self.changed.push((before, after));
                    }
                }
            }
        }
        self.deleted = before.into_values().collect();
        self.deleted.sort_by(|a, b| a.code.cmp(&b.code));
    }

    fn compare_facts(&mut self, from: Vec<Fact>, to: Vec<Fact>) {
        type Key = (&'static str, Code, Vec<Code>, Option<String>);
        let key = |fact: &Fact| -> Key {
            (
                fact.kind.as_str(),
                fact.code.clone(),
                fact.also.clone(),
                fact.value("modifier").map(str::to_owned),
            )
        };
        let mut before: BTreeMap<Key, Vec<Fact>> = BTreeMap::new();
        for fact in from {
            before.entry(key(&fact)).or_default().push(fact);
        }
        let mut added = Vec::new();
        for after in to {
            let same_key = before.entry(key(&after)).or_default();
            match same_key.iter().position(|fact| says_the_same(fact, &after)) {
                Some(place) => {
                    same_key.remove(place);
                }
                None => added.push(after),
            }
        }
        for after in added {
            match before.get_mut(&key(&after)).and_then(Vec::pop) {
                Some(before) => self.facts_changed.push((before, after)),
                None => self.facts_added.push(after),
            }
        }
        self.facts_removed = before.into_values().flatten().collect();
    }

    fn compare_edits(&mut self, from: Vec<PtpRow>, to: Vec<PtpRow>) {
        let pair = |row: &PtpRow| (row.edit.column1.clone(), row.edit.column2.clone());
        let mut before: HashMap<(Code, Code), PtpRow> =
            from.into_iter().map(|row| (pair(&row), row)).collect();
        for after in to {
            match before.remove(&pair(&after)) {
                None => self.edits_added.push(after),
                Some(before) if before.edit.indicator != after.edit.indicator => {
                    self.edits_changed.push((before, after));
                }
                Some(_) => {}
            }
        }
        self.edits_removed = before.into_values().collect();
        self.edits_removed.sort_by_key(|row| row.edit.row);
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.told().is_empty()
    }

    /// What changed, a line each under its heading; headings without a line are left out.
    pub fn told(&self) -> Vec<(&'static str, Vec<String>)> {
        let sections = vec![
            ("codes added", self.added.iter().map(status_line).collect()),
            ("codes deleted", self.deleted.iter().map(status_line).collect()),
            (
                "codes changed",
                self.changed
                    .iter()
                    .map(|(before, after)| status_change(before, after))
                    .collect(),
            ),
            ("rows added", self.facts_added.iter().map(fact_line).collect()),
            ("rows removed", self.facts_removed.iter().map(fact_line).collect()),
            (
                "rows changed",
                self.facts_changed
                    .iter()
                    .map(|(before, after)| fact_change(before, after))
                    .collect(),
            ),
            (
                "NCCI edits added",
                self.edits_added.iter().map(edit_line).collect(),
            ),
            (
                "NCCI edits removed",
                self.edits_removed.iter().map(edit_line).collect(),
            ),
            (
                "NCCI edits with another indicator",
                self.edits_changed
                    .iter()
                    .map(|(before, after)| edit_change(before, after))
                    .collect(),
            ),
        ];
        sections
            .into_iter()
            .filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty())
            .collect()
    }
}

/// Whether two rows have the same values. `0` and `0.00` are one number, and a table of another payment year says so in
/// every row.
fn says_the_same(one: &Fact, other: &Fact) -> bool {
    let values = |fact: &'_ Fact| -> Vec<(String, String)> {
        let rows = fact.rows.iter().filter(|row| row.label != "payment year");
        rows.map(|row| (row.label.clone(), plain_number(&row.value)))
            .collect()
    };
    values(one) == values(other)
}

/// A decimal number without the zeros that say nothing; anything else as it is.
fn plain_number(value: &str) -> String {
    let is_number = value.contains('.') && value.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    match is_number {
        true => value.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => value.to_owned(),
    }
}

fn status_line(status: &CodeStatus) -> String {
    let title = status.title.as_deref().unwrap_or_default();
    let header = if status.billable { "" } else { " (header)" };
    format!("{} {title}{header}", status.code)
}

fn status_change(before: &CodeStatus, after: &CodeStatus) -> String {
    let mut changes = Vec::new();
    if before.billable != after.billable {
        let told = |status: &CodeStatus| if status.billable { "billable" } else { "header" };
        changes.push(format!("{} -> {}", told(before), told(after)));
    }
    if before.title != after.title {
        let told = |status: &CodeStatus| status.title.clone().unwrap_or_default();
        changes.push(format!("{:?} -> {:?}", told(before), told(after)));
    }
    if before.effective.to() != after.effective.to() {
        changes.push(format!("in force {} -> {}", before.effective, after.effective));
    }
    format!("{}: {}", after.code, changes.join("; "))
}

fn fact_line(fact: &Fact) -> String {
    let values: Vec<String> = fact
        .rows
        .iter()
        .take(4)
        .map(|row| format!("{} {}", row.label, row.value))
        .collect();
    format!("{} {}: {}", fact.code, fact.kind.as_str(), values.join("; "))
}

fn fact_change(before: &Fact, after: &Fact) -> String {
    let changes: Vec<String> = after
        .rows
        .iter()
        .filter(|row| before.value(&row.label).map(plain_number) != Some(plain_number(&row.value)))
        .map(|row| {
            format!(
                "{} {} -> {}",
                row.label,
                before.value(&row.label).unwrap_or("nothing"),
                row.value
            )
        })
        .chain(
            before
                .rows
                .iter()
                .filter(|row| after.value(&row.label).is_none())
                .map(|row| format!("{} {} -> nothing", row.label, row.value)),
        )
        .collect();
    let modifier = match (after.kind, after.value("modifier")) {
        (FactKind::PhysicianFeeSchedule | FactKind::OppsCap, Some(modifier)) => format!("-{modifier}"),
        _ => String::new(),
    };
    format!(
        "{}{modifier} {}: {}",
        after.code,
        after.kind.as_str(),
        changes.join("; ")
    )
}

fn edit_line(row: &PtpRow) -> String {
    let edit = &row.edit;
    format!(
        "{} / {}, indicator {}, row {}",
        edit.column1, edit.column2, edit.indicator, edit.row
    )
}

fn edit_change(before: &PtpRow, after: &PtpRow) -> String {
    format!(
        "{} / {}: indicator {} -> {}",
        after.edit.column1, after.edit.column2, before.edit.indicator, after.edit.indicator
    )
}
