//! Medically unlikely edits, published by CMS each quarter for practitioners, outpatient hospitals and suppliers.
//!
//! A CSV with a copyright preamble and the columns `HCPCS/CPT Code`, `… MUE Values`, `MUE Adjudication Indicator`
//! (`1 Line Edit`, `2 Date of Service Edit: Policy`, `3 Date of Service Edit: Clinical`) and `MUE Rationale`.

use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_quarter, quarter};
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Code, CodeSystem, FactKind};

const CODE: &str = "hcpcs/cpt code";
/// As above; the official file has a line end in its header.
const CODE_BROKEN: &str = "hcpcs/ cpt code";
const INDICATOR: &str = "mue adjudication indicator";
const RATIONALE: &str = "mue rationale";
/// More units of one code are no edit but a shifted column. The highest value of CMS is 90,000.
const MOST_UNITS: u32 = 100_000;

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some()
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    [CODE, CODE_BROKEN]
        .into_iter()
        .find_map(|code| Sheet::find(bytes, b',', &[code, INDICATOR]))
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let expected = "a header with HCPCS/CPT Code, MUE Values and MUE Adjudication Indicator";
    let sheet = find(job.bytes()).ok_or_else(|| job.misshapen(format!("{expected} was expected")))?;
    let (values, source, for_whom) = [
        ("practitioner", "ncci-mue-practitioner", "practitioner"),
        (
            "outpatient",
            "ncci-mue-outpatient-hospital",
            "outpatient hospital",
        ),
        ("facility", "ncci-mue-outpatient-hospital", "outpatient hospital"),
        ("dme", "ncci-mue-dme", "DME supplier"),
    ]
    .into_iter()
    .find_map(|(prefix, source, for_whom)| Some((sheet.column_with(prefix)?, source, for_whom)))
    .ok_or_else(|| {
        job.misshapen(
            "no column says for whom the MUE values are; name that of the values as CMS does, such as Practitioner Services \
             MUE Values, Outpatient Hospital Services MUE Values or DME Supplier Services MUE Values",
        )
    })?;
    let effective_from = job
        .first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("MUE {for_whom} {}", quarter(effective_from)),
            authority: "CMS",
            effective_from,
            replaced_on: next_quarter(effective_from),
            is_complete: false,
            url: "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-medically-unlikely-edits",
        },
    );
    draft.each_row(&sheet, |row, draft| {
        Mue::read(row, values)?.shelve(row.line, draft);
        Ok(())
    });
    draft.finish()
}

struct Mue {
    code: Code,
    units: String,
    indicator: String,
    rationale: String,
}

impl Mue {
    fn read(row: &SheetRow<'_>, values: &str) -> Result<Self, String> {
        let written = [CODE, CODE_BROKEN]
            .into_iter()
            .map(|name| row.get(name))
            .find(|code| !code.is_empty())
            .unwrap_or_default();
        let code = [CodeSystem::Cpt, CodeSystem::Hcpcs]
            .into_iter()
            .find_map(|system| Code::parse(system, written).ok())
            .ok_or_else(|| format!("{written:?} is neither a CPT nor a HCPCS code"))?;
        let units = row.get(values);
        let is_number = units.bytes().all(|c| c.is_ascii_digit());
        if !is_number || units.parse::<u32>().map_or(true, |units| units > MOST_UNITS) {
            return Err(format!(
                "{code}: {units:?} is no number of units from 0 to {MOST_UNITS}"
            ));
        }
        let indicator = row.get(INDICATOR);
        let number = indicator.split_whitespace().next().unwrap_or_default();
        if !matches!(number, "1" | "2" | "3") {
            return Err(format!(
                "{code}: {indicator:?} is no adjudication indicator (1, 2 or 3)"
            ));
        }
        Ok(Self {
            code,
            units: units.to_owned(),
            indicator: indicator.to_owned(),
            rationale: row.get(RATIONALE).to_owned(),
        })
    }

    fn shelve(self, line: u64, draft: &mut ShelfDraft<'_>) {
        let rows = labelled([
            ("MUE value (units of service)", self.units.as_str()),
            ("MUE adjudication indicator (MAI)", &self.indicator),
            ("what the MAI means", meaning(&self.indicator)),
            ("rationale", &self.rationale),
        ]);
        draft.fact(line, FactKind::Mue, self.code, Vec::new(), rows);
    }
}

/// What an adjudication indicator means for a claim, in our words (NCCI Policy Manual, chapter I, section V).
fn meaning(indicator: &str) -> &'static str {
    match indicator.chars().next() {
        Some('1') => {
            "compared with each claim line; the same code may stand on further lines with a modifier"
        }
        Some('2') => "compared with all units of one day; absolute, because rule or policy allows no more",
        _ => "compared with all units of one day; more may be paid on appeal when medically necessary",
    }
}
