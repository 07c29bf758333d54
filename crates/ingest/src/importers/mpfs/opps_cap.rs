//! What imaging is paid at most by locality, after the outpatient prospective payment system, each quarter
//! (`OPPSCAP_Oct2025.csv`): `HCPCS`, `MOD`, `PROCSTAT`, `CARRIER`, `LOCALITY`, `FACILITY PRICE`, `NON-FACILTY PRICE` (so
//! spelled).

use super::super::cells::procedure;
use super::{Participants, RELATIVE_VALUE_FILES, is_between, locality};
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_quarter, quarter};
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Code, FactKind};
use std::collections::HashMap;

const CODE: &str = "hcpcs";
const MODIFIER: &str = "mod";
const STATUS: &str = "procstat";
const CARRIER: &str = "carrier";
const LOCALITY: &str = "locality";
/// In dollars; the highest cap of 2025 is 4,614.30.
const LARGEST_AMOUNT: f64 = 1_000_000.0;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some()
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    Sheet::find(bytes, b',', &[CODE, MODIFIER, STATUS, CARRIER, LOCALITY])
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let sheet = find(job.bytes()).ok_or_else(|| {
        job.misshapen("a header with HCPCS, MOD, PROCSTAT, CARRIER and LOCALITY was expected")
    })?;
    let amounts = Amounts {
        facility: sheet
            .column_with("facility")
            .ok_or_else(|| job.misshapen("no column FACILITY PRICE"))?,
        non_facility: sheet
            .column_with("non-fac")
            .ok_or_else(|| job.misshapen("no column NON-FACILITY PRICE"))?,
    };
    let effective_from = job
        .first_day(first_day_named)
        .ok_or_else(|| job.undated("a name such as OPPSCAP_Oct2025.csv"))?;
    let participants = Participants::of(job);
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: participants.source("mpfs-opps-cap", "mpfs-opps-cap-qpp"),
            title: format!("OPPS caps {}{}", quarter(effective_from), participants.in_title()),
            authority: "CMS",
            effective_from,
            replaced_on: next_quarter(effective_from),
            is_complete: false,
            url: RELATIVE_VALUE_FILES,
        },
    );
    let mut known = HashMap::new();
    draft.each_row(&sheet, |row, draft| {
        let (code, locality) = amounts.read(row)?;
        let key = (code.clone(), row.get(MODIFIER).to_owned(), locality.clone());
        if let Some(first) = known.insert(key, row.line) {
            return Err(format!("{code} in {locality} stands on line {first} already"));
        }
        amounts.shelve(row, code, locality, draft);
        Ok(())
    });
    draft.finish()
}

/// The columns of the amounts.
struct Amounts<'a> {
    facility: &'a str,
    non_facility: &'a str,
}

impl Amounts<'_> {
    fn read(&self, row: &SheetRow<'_>) -> Result<(Code, Code), String> {
        let code = procedure(row.get(CODE))?;
        let locality =
            locality(row.get(CARRIER), row.get(LOCALITY)).map_err(|why| format!("{code}: {why}"))?;
        match [self.facility, self.non_facility]
            .into_iter()
            .find(|column| !is_between(row.get(column), 0.0, LARGEST_AMOUNT))
        {
            Some(column) => Err(format!("{code}: {:?} is no amount", row.get(column))),
            None => Ok((code, locality)),
        }
    }

    fn shelve(&self, row: &SheetRow<'_>, code: Code, locality: Code, draft: &mut ShelfDraft<'_>) {
        let rows = labelled([
            ("modifier", row.get(MODIFIER)),
            ("status indicator", row.get(STATUS)),
            ("locality", locality.text()),
            ("non-facility fee amount", row.get(self.non_facility)),
            ("facility fee amount", row.get(self.facility)),
        ]);
        draft.fact(row.line, FactKind::OppsCap, code, vec![locality], rows);
    }
}
