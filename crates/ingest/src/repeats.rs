//! Rows of one file that say the same again, or two things of one thing.
//!
//! What stands there twice word for word is kept once. Where two rows contradict each other nothing says which is right,
//! so both are kept, and whoever loads the file is told. Tables that refuse a second row of a code themselves, as those
//! of the fee schedule do, need none of it, and NCCI pairs are looked at by their own table.

use codecite_codebook::{Code, CodeStatus, EffectiveRange, Fact, FactKind, Locator, Passage, Place};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// How many are remarked on one by one.
const MAX_REMARKS: usize = 20;
/// With how many rows of the same thing a row is compared.
const MAX_COMPARED: usize = 100;

/// What tells rows about one code apart, by how the source's name begins: labels of their values, beside the other codes
/// that they name. A source that is not here may say several things of one code.
const TOLD_APART_BY: [(&str, &[&str]); 15] = [
    ("ncci-mue-", &[]),
    ("place-of-service", &[]),
    ("hcc-mappings", &["model"]),
    ("hcc-labels", &["model"]),
    (DX_EDITS, &["model", "edit", "sex", "age"]),
    ("hcc-eligible-procedures", &[]),
    ("mce", &["conflict"]),
    ("rbcs", &[]),
    ("lcd-hcpcs", &["LCD", "LCD version", "code group"]),
    ("gem-", &["scenario", "choice list"]),
    ("hcpcs-noc", &[]),
    ("hcpcs-corrections", &["change", "effective date"]),
    ("hcpcs-transactions", &["change"]),
    ("icd-10-cm-changes", &["change"]),
    ("mpfs-localities", &[]),
];
/// Of these edits the other code is what they say: the category that counts instead.
const DX_EDITS: &str = "hcc-dx-edits";
/// Sources that list each code once, with its title.
const CODE_LISTS: [&str; 3] = ["icd-9-", "place-of-service", "icd-10-cm-changes"];

/// A remark on the row of a line.
pub(crate) type Remark = (u64, String);

/// Takes out of what `source` brought what stands there twice, and says what did and what contradicts
/// what.
pub(crate) fn settle(
    source: &str,
    facts: &mut Vec<Fact>,
    statuses: &mut Vec<CodeStatus>,
    passages: &mut Vec<Passage>,
) -> Vec<Remark> {
    let mut found = Found::default();
    if let Some((name, labels)) = TOLD_APART_BY.iter().find(|(name, _)| source.starts_with(name)) {
        let repeated = found.look_through(facts, |fact| key(fact, labels, *name != DX_EDITS));
        take_out(facts, &repeated);
    }
    if CODE_LISTS.iter().any(|name| source.starts_with(name)) {
        let repeated = found.look_through(statuses, |status| &status.code);
        take_out(statuses, &repeated);
    }
    if !found.taken_out.is_empty() {
        // A row for several codes may have something left that is new.
        let kept: HashSet<u64> = facts
            .iter()
            .map(line_of)
            .chain(statuses.iter().map(line_of))
            .collect();
        let is_left = |row: u64| kept.contains(&row) || !found.taken_out.contains(&row);
        passages.retain(|passage| row_of(&passage.locator).is_none_or(is_left));
    }
    found.remarks()
}

/// One thing that a row says, as it is compared.
trait Said {
    fn code(&self) -> &Code;
    fn effective(&self) -> EffectiveRange;
    fn locator(&self) -> &Locator;
    /// The first value that differs: its label, and both values.
    fn difference<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str, &'a str)>;
}

impl Said for Fact {
    fn code(&self) -> &Code {
        &self.code
    }

    fn effective(&self) -> EffectiveRange {
        self.effective
    }

    fn locator(&self) -> &Locator {
        &self.locator
    }

    fn difference<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str, &'a str)> {
        let labels = self.rows.iter().chain(&other.rows).map(|row| row.label.as_str());
        let values = |label| {
            (
                self.value(label).unwrap_or_default(),
                other.value(label).unwrap_or_default(),
            )
        };
        labels
            .map(|label| (label, values(label)))
            .find(|(_, (here, there))| here != there)
            .map(|(label, (here, there))| (label, here, there))
    }
}

impl Said for CodeStatus {
    fn code(&self) -> &Code {
        &self.code
    }

    fn effective(&self) -> EffectiveRange {
        self.effective
    }

    fn locator(&self) -> &Locator {
        &self.locator
    }

    fn difference<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str, &'a str)> {
        let title = |status: &'a Self| status.title.as_deref().unwrap_or_default();
        let billable = |status: &Self| if status.billable { "yes" } else { "no" };
        [
            ("title", title(self), title(other)),
            ("billable", billable(self), billable(other)),
        ]
        .into_iter()
        .find(|(_, here, there)| here != there)
    }
}

/// What a fact is about: rows of the same key should not say different things of one day.
type Key<'a> = (FactKind, &'a Code, Vec<&'a Code>, Vec<&'a str>);

fn key<'a>(fact: &'a Fact, labels: &[&str], by_other_codes: bool) -> Key<'a> {
    let mut others: Vec<&Code> = fact.also.iter().filter(|_| by_other_codes).collect();
    others.sort();
    let values = labels.iter().map(|label| fact.value(label).unwrap_or_default());
    (fact.kind, &fact.code, others, values.collect())
}

/// What was found, each with its line.
#[derive(Default)]
struct Found {
    contradictions: Vec<Remark>,
    repeats: Vec<Remark>,
    /// The lines that were remarked on: a row may bring a fact and a status.
    told: HashSet<u64>,
    /// The lines of what was taken out.
    taken_out: HashSet<u64>,
}

impl Found {
    /// Compares each of `all` with those of the same key before it; returns the places of what is there already.
    fn look_through<'a, T: Said, K: Eq + Hash>(
        &mut self,
        all: &'a [T],
        key: impl Fn(&'a T) -> K,
    ) -> HashSet<usize> {
        let mut known: HashMap<K, Vec<&'a T>> = HashMap::with_capacity(all.len());
        let mut repeated = HashSet::new();
        for (place, said) in all.iter().enumerate() {
            let before = known.entry(key(said)).or_default();
            let mut compared = before
                .iter()
                .copied()
                .take(MAX_COMPARED)
                .filter(|other| overlap(*other, said));
            let is_same =
                |other: &&T| other.effective() == said.effective() && said.difference(other).is_none();
            if let Some(other) = compared.clone().find(is_same) {
                repeated.insert(place);
                self.repeat(said, other);
                continue;
            }
            if let Some((other, difference)) =
                compared.find_map(|other| Some((other, said.difference(other)?)))
            {
                self.contradict(said, other, difference);
            }
            if before.len() < MAX_COMPARED {
                before.push(said);
            }
        }
        repeated
    }

    fn contradict<T: Said>(&mut self, said: &T, rival: &T, (label, here, there): (&str, &str, &str)) {
        let (line, first) = (line_of(said), line_of(rival));
        if self.told.insert(line) {
            let text = format!(
                "{}: {label} is {} here and {} on line {first}; both rows kept, ask the publisher which is right and \
                 correct the file",
                said.code(),
                shown(here),
                shown(there)
            );
            self.contradictions.push((line, text));
        }
    }

    fn repeat<T: Said>(&mut self, said: &T, rival: &T) {
        let line = line_of(said);
        self.taken_out.insert(line);
        if self.told.insert(line) {
            let text = format!(
                "{} stands word for word on line {} already; kept once",
                said.code(),
                line_of(rival)
            );
            self.repeats.push((line, text));
        }
    }

    fn remarks(self) -> Vec<Remark> {
        let mut remarks = told_or_counted(
            self.contradictions,
            "rows contradict one before, this one the first of them; all kept",
        );
        remarks.extend(told_or_counted(
            self.repeats,
            "rows stand there already, this one the first of them; each kept once",
        ));
        remarks
    }
}

/// The first remarks as they are, and one that counts the rest.
fn told_or_counted(mut remarks: Vec<Remark>, of_the_rest: &str) -> Vec<Remark> {
    let rest = remarks.split_off(remarks.len().min(MAX_REMARKS));
    if let Some((line, _)) = rest.first() {
        remarks.push((*line, format!("{} more {of_the_rest}", rest.len())));
    }
    remarks
}

fn overlap<T: Said>(one: &T, other: &T) -> bool {
    let (one, other) = (one.effective(), other.effective());
    one.contains(other.from()) || other.contains(one.from())
}

fn line_of<T: Said>(said: &T) -> u64 {
    row_of(said.locator()).unwrap_or_default()
}

fn row_of(locator: &Locator) -> Option<u64> {
    match locator.place {
        Some(Place::Row(row)) => Some(row),
        Some(Place::Page(_)) | None => None,
    }
}

/// A value as a remark shows it.
fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    match value.chars().count() {
        0 => "not said".to_owned(),
        length if length > LONGEST => format!("{:?}…", value.chars().take(LONGEST).collect::<String>()),
        _ => format!("{value:?}"),
    }
}

fn take_out<T>(all: &mut Vec<T>, places: &HashSet<usize>) {
    let mut place = 0;
    all.retain(|_| {
        place += 1;
        !places.contains(&(place - 1))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_are_told_and_the_rest_is_counted() {
        let remarks = |count| {
            (1..=count)
                .map(|line| (line, "so".to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(told_or_counted(remarks(20), "rows").len(), 20);
        let told = told_or_counted(remarks(1_000), "rows");
        assert_eq!(
            (told.len(), told.last()),
            (21, Some(&(21, "980 more rows".to_owned())))
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(
            (shown(""), shown("1")),
            ("not said".to_owned(), "\"1\"".to_owned())
        );
        assert!(shown(&"long ".repeat(100)).chars().count() < 70);
    }
}
