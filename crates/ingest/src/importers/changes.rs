//! What changed in ICD-10-CM from one fiscal year to the next: codes added, deleted, retitled, turned into headers.
//!
//! CMS ships the changes with the order file as `icd10cm_order_addenda_2024.txt`: lines of the order file behind
//! `Add:`, `Delete:`, `Revise from:` and `Revise to:`. The same as tables with a header, one a kind of change
//! (`icd10cm_fy2027_added.csv`), is read too; there the name says the fiscal year, and of two tables with the same
//! columns which change they list.
//!
//! Titles are put on the shelf as entries only from tables that stand alone: beside an addenda lies the order file,
//! which has them all.

mod addenda;
mod lists;

use super::fiscal::FiscalRelease;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use codecite_codebook::{Code, EffectiveRange, FactKind, NaiveDate};

pub(super) use addenda::{read as read_addenda, recognises as recognises_addenda};
pub(super) use lists::{read as read_list, recognises as recognises_list};

const URL: &str = "https://www.cms.gov/medicare/coding-billing/icd-10-codes";

/// One change of one code.
#[derive(Debug)]
struct Change {
    line: u64,
    code: Code,
    what: What,
    /// The title from that day on, or of a deleted code the one it had.
    title: String,
    /// Whether it is billable from that day on, or a deleted code was.
    billable: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Added,
    Deleted,
    Retitled {
        before: String,
    },
    BecameHeader,
    BecameBillable,
    /// Only its short title, which is not kept.
    ShortTitleRevised,
}

impl What {
    fn named(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Retitled { .. } => "revised title",
            Self::BecameHeader => "became a header",
            Self::BecameBillable => "became billable",
            Self::ShortTitleRevised => "revised short title",
        }
    }
}

impl Change {
    /// Puts the status of its code from that day on on the shelf, and its entry where the title is new.
    fn shelve_status(&self, draft: &mut ShelfDraft<'_>, with_entry: bool) {
        let in_force = draft.edition().effective;
        let range = match self.what {
            What::Deleted => last_day_before(in_force.from()),
            _ => in_force,
        };
        let Self {
            line,
            code,
            title,
            billable,
            ..
        } = self;
        draft.status(*line, None, code.clone(), Some(title), *billable, range);
        let has_new_title = matches!(self.what, What::Added | What::Retitled { .. });
        if with_entry && has_new_title {
            draft.entry(*line, None, code.clone(), title, *billable, range);
        }
    }

    /// Puts a row on the shelf that says what changed.
    fn shelve_fact(self, draft: &mut ShelfDraft<'_>) {
        let since = draft.edition().effective.from();
        let Self {
            line,
            code,
            what,
            title,
            billable,
        } = self;
        let is_deleted = what == What::Deleted;
        let (previous, new, other) = match &what {
            What::Retitled { before } => (before.as_str(), title.as_str(), ""),
            _ => ("", "", title.as_str()),
        };
        let meaning = meaning(&what, &code, billable, since);
        let rows = labelled([
            ("change", what.named()),
            ("since", &since.to_string()),
            ("title", other),
            ("previous title", previous),
            ("new title", new),
            (
                if is_deleted { "was billable" } else { "billable" },
                if billable { "yes" } else { "no" },
            ),
            ("what the change means", &meaning),
        ]);
        draft.fact(line, FactKind::Change, code, Vec::new(), rows);
    }
}

/// Of a deleted code only its last day is known; the range says that and claims no more.
fn last_day_before(day: NaiveDate) -> EffectiveRange {
    let last = day.pred_opt().unwrap_or(day);
    EffectiveRange::new(last, Some(last)).unwrap_or(EffectiveRange::since(last))
}

/// What a change means for a claim, in our words.
fn meaning(what: &What, code: &Code, billable: bool, since: NaiveDate) -> String {
    let last = since.pred_opt().unwrap_or(since);
    match what {
        What::Added if billable => format!("{code} is reported from {since} on, and not before"),
        What::Added => format!("{code} is a header from {since} on: a longer code below it is reported"),
        What::Deleted => format!("{code} exists for dates of service through {last} only"),
        What::Retitled { .. } | What::ShortTitleRevised => format!("{code} stays as it is but for its title"),
        What::BecameHeader => {
            format!(
                "{code} is reported by itself through {last} only; from {since} on a longer code below it is"
            )
        }
        What::BecameBillable => {
            format!("{code} is reported by itself from {since} on; it was a header before")
        }
    }
}

/// The shelf of one list of changes.
fn draft<'a>(
    job: &'a Job<'a>,
    source: &'static str,
    what: &str,
    expected: &str,
) -> Result<ShelfDraft<'a>, IngestError> {
    let release = FiscalRelease::of(job, "").ok_or_else(|| job.undated(expected))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source,
            title: format!("ICD-10-CM {what}, {}", release.named),
            authority: "CDC",
            effective_from: release.effective_from,
            replaced_on: release.replaced_on(),
            is_complete: false,
            url: URL,
        },
    );
    FiscalRelease::compare(job, "", &mut draft);
    Ok(draft)
}

/// Shelves what is in order and refuses the rest.
fn finish(
    mut draft: ShelfDraft<'_>,
    changes: impl IntoIterator<Item = Result<Vec<Change>, (u64, String)>>,
    with_entries: bool,
) -> Result<Reading, IngestError> {
    for change in changes {
        draft.met_row();
        match change {
            Ok(changes) => {
                // Several changes of one code leave it in one state.
                if let Some(first) = changes.first() {
                    first.shelve_status(&mut draft, with_entries);
                }
                changes
                    .into_iter()
                    .for_each(|change| change.shelve_fact(&mut draft));
            }
            Err((line, why)) => draft.refuse(line, why),
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}
