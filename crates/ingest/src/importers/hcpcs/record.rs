//! One record of the quarterly file, however it was written, and what it becomes on the shelf.

use super::meanings;
use crate::draft::{ShelfDraft, labelled};
use crate::importers::cells::{code_of, day, plausible_day, shown};
use crate::starter::facts::{ADDED, DESCRIPTION, TERMINATED};
use codecite_codebook::{Code, CodeSystem, EffectiveRange, FactKind, FactRow, NaiveDate};
use std::collections::HashMap;

/// The values of a record as they stand in the file; several of one kind are one text.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub line: u64,
    pub code: String,
    /// Record id: `3` a code, `7` a modifier.
    pub record: String,
    pub long: String,
    pub short: String,
    pub pricing: String,
    pub multiple_pricing: String,
    /// References to the Coverage Issues Manual and the Medicare Carriers Manual.
    pub cim: String,
    pub mcm: String,
    pub statute: String,
    pub laboratory: String,
    pub cross_references: String,
    pub coverage: String,
    pub asc_group: String,
    pub asc_day: String,
    pub note: String,
    pub betos: String,
    pub service: String,
    pub anesthesia: String,
    pub added: String,
    pub acted: String,
    pub terminated: String,
    pub action: String,
}

/// Puts records on the shelf, each code once.
#[derive(Default)]
pub(super) struct Shelving {
    /// On which line each code stands.
    known: HashMap<Code, u64>,
}

impl Shelving {
    /// Puts one record on the shelf, or says why it is none.
    pub fn put(&mut self, raw: Raw, draft: &mut ShelfDraft<'_>) -> Result<(), String> {
        let record = Record::read(raw, draft.edition().effective.from())?;
        self.once(record)?.shelve(draft);
        Ok(())
    }

    fn once(&mut self, record: Record) -> Result<Record, String> {
        match self.known.insert(record.code.clone(), record.raw.line) {
            None => Ok(record),
            Some(first) => {
                self.known.insert(record.code.clone(), first);
                Err(format!("{} stands on line {first} already", record.code))
            }
        }
    }
}

/// A record that is in order.
struct Record {
    code: Code,
    raw: Raw,
    added: Option<NaiveDate>,
    acted: Option<NaiveDate>,
    terminated: Option<NaiveDate>,
}

impl Record {
    fn read(mut raw: Raw, edition_from: NaiveDate) -> Result<Self, String> {
        // The workbook has runs of blanks that the text in fixed columns cannot have where it cuts a line.
        raw.long = in_single_blanks(&raw.long);
        raw.short = in_single_blanks(&raw.short);
        let systems: &[CodeSystem] = match raw.record.as_str() {
            "3" | "4" => &[CodeSystem::Hcpcs, CodeSystem::Cpt],
            "7" | "8" => &[CodeSystem::Modifier],
            other => return Err(format!("{other:?} is no record id of a code or modifier")),
        };
        let code = code_of(systems, &raw.code).ok_or_else(|| {
            format!(
                "{:?} does not have the shape of a HCPCS code or modifier",
                raw.code
            )
        })?;
        if raw.long.is_empty() && !is_kept_without_title(&code) {
            return Err(format!("{code}: it has no description"));
        }
        let within = |what: &str, text: &str| {
            plausible_day(text, edition_from).map_err(|why| format!("{code}: {what}: {why}"))
        };
        let (added, acted) = (within("added", &raw.added)?, within("action", &raw.acted)?);
        let terminated = within("terminated", &raw.terminated)?;
        if let (Some(added), Some(terminated)) = (added, terminated)
            && terminated < added
        {
            return Err(format!(
                "{code}: it ends on {terminated}, before it was added on {added}"
            ));
        }
        Ok(Self {
            code,
            raw,
            added,
            acted,
            terminated,
        })
    }

    fn shelve(self, draft: &mut ShelfDraft<'_>) {
        let line = self.raw.line;
        let begins = draft.edition().effective.from();
        let title = self.title().map(str::to_owned);
        if self.code.system() == CodeSystem::Hcpcs
            && let Ok(life) = EffectiveRange::new(self.added.unwrap_or(begins), self.terminated)
        {
            draft.status(line, None, self.code.clone(), title.as_deref(), true, life);
        }
        // An entry is found from when the edition is in force, and not at all if the code has ended before.
        let first = self.added.unwrap_or(begins).max(begins);
        if let (Some(title), Ok(found)) = (&title, EffectiveRange::new(first, self.terminated)) {
            draft.entry(line, None, self.code.clone(), title, true, found);
        }
        let rows = self.rows(title.as_deref().unwrap_or_default());
        draft.fact(line, FactKind::Hcpcs, self.code, Vec::new(), rows);
    }

    /// The long description, where its licence lets us keep it.
    fn title(&self) -> Option<&str> {
        (!is_kept_without_title(&self.code)).then_some(self.raw.long.as_str())
    }

    fn rows(&self, title: &str) -> Vec<FactRow> {
        let raw = &self.raw;
        let short = if title.is_empty() { "" } else { raw.short.as_str() };
        // Only anesthesia codes have base units, and Level II has none of these: `0` says nothing.
        let anesthesia = raw.anesthesia.trim_start_matches('0');
        let (added, acted, terminated) = (shown(self.added), shown(self.acted), shown(self.terminated));
        let asc_day = day(&raw.asc_day)
            .map(shown)
            .unwrap_or_else(|_| raw.asc_day.clone());
        labelled([
            (DESCRIPTION, title),
            ("short description", short),
            ("coverage code", &raw.coverage),
            ("what the coverage code means", meanings::coverage(&raw.coverage)),
            ("pricing indicator", &raw.pricing),
            (
                "what the pricing indicator means",
                &meanings::pricing(&raw.pricing),
            ),
            ("multiple pricing indicator", &raw.multiple_pricing),
            (
                "what the multiple pricing indicator means",
                meanings::multiple_pricing(&raw.multiple_pricing),
            ),
            ("type of service", &raw.service),
            (
                "what the type of service means",
                &meanings::services(&raw.service),
            ),
            ("BETOS", &raw.betos),
            ("anesthesia base units", anesthesia),
            ("cross references", &raw.cross_references),
            ("statute", &raw.statute),
            ("Coverage Issues Manual reference", &raw.cim),
            ("Medicare Carriers Manual reference", &raw.mcm),
            ("laboratory certification", &raw.laboratory),
            ("ASC payment group", &raw.asc_group),
            ("ASC payment group since", &asc_day),
            ("processing note", &raw.note),
            ("action", &raw.action),
            ("what the action means", meanings::action(&raw.action)),
            ("action effective date", &acted),
            (ADDED, &added),
            (TERMINATED, &terminated),
        ])
    }
}

fn in_single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Descriptors of dental codes are the ADA's, those of CPT codes the AMA's: neither is kept.
pub(super) fn is_kept_without_title(code: &Code) -> bool {
    code.system() == CodeSystem::Cpt || (code.system() == CodeSystem::Hcpcs && code.text().starts_with('D'))
}
