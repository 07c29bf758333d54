//! Changes as CMS ships them: lines of the order file, each behind what happens to it.

use super::{Change, What, draft, finish};
use crate::draft::Job;
use crate::error::IngestError;
use crate::icd10cm::line::{Line, has_layout};
use crate::icd10cm::lines;
use crate::reading::Reading;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Delete,
    ReviseFrom,
    ReviseTo,
    None,
}

const ACTIONS: [(&[u8], Action); 5] = [
    (b"add:", Action::Add),
    (b"delete:", Action::Delete),
    (b"revise from:", Action::ReviseFrom),
    (b"revise to:", Action::ReviseTo),
    (b"no change:", Action::None),
];

/// The action that a line begins with, and the line of the order file behind it.
fn split(line: &[u8]) -> Option<(Action, &[u8])> {
    let line = line.trim_ascii_start();
    ACTIONS.iter().find_map(|(word, action)| {
        let (begin, rest) = line.split_at_checked(word.len())?;
        begin
            .eq_ignore_ascii_case(word)
            .then(|| (*action, rest.trim_ascii_start()))
    })
}

/// Whether at least half of the first lines are changes, with a code of ICD-10-CM in its place: that of ICD-10-PCS
/// has the same layout.
pub(in super::super) fn recognises(name: &str, head: &[u8]) -> bool {
    if name.to_ascii_lowercase().contains("pcs") {
        return false;
    }
    let first: Vec<&[u8]> = lines(head).map(|(_, line)| line).take(20).collect();
    let is_change = |line: &&&[u8]| split(line).is_some_and(|(_, rest)| rest.len() > 77 && has_layout(rest));
    let fitting = first.iter().filter(is_change).count();
    fitting > 0 && fitting * 2 >= first.len()
}

pub(in super::super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    if !recognises("", job.bytes()) {
        return Err(job.misshapen(
            "lines such as \"Add: 00123 A000 …\" were expected, with a line of the order file each",
        ));
    }
    let draft = draft(
        job,
        "icd-10-cm-changes",
        "changes (order addenda)",
        "a name such as icd10cm_order_addenda_2024.txt",
    )?;
    finish(draft, changes(job.bytes()), false)
}

/// One item for each `Add`, `Delete` and pair of `Revise`.
fn changes(bytes: &[u8]) -> Vec<Result<Vec<Change>, (u64, String)>> {
    let mut changes = Vec::new();
    let mut before: Option<Line<'_>> = None;
    for (number, line) in lines(bytes) {
        let Some((action, rest)) = split(line) else {
            changes.push(Err((
                number,
                "no Add:, Delete:, Revise from: or Revise to: in front".into(),
            )));
            continue;
        };
        if action == Action::None {
            continue;
        }
        if let Some(lost) = before.take_if(|_| action != Action::ReviseTo) {
            changes.push(Err((
                lost.number,
                format!("{} has no Revise to: behind its Revise from:", lost.code),
            )));
        }
        match (action, Line::parse(number, rest), before.take()) {
            (_, Err(why), _) => changes.push(Err((number, why))),
            (Action::ReviseFrom, Ok(line), _) => before = Some(line),
            (Action::ReviseTo, Ok(after), Some(before)) if before.code == after.code => {
                changes.push(Ok(revisions(&before, after)));
            }
            (Action::ReviseTo, Ok(after), _) => {
                changes.push(Err((
                    number,
                    format!("{} has no Revise from: before its Revise to:", after.code),
                )));
            }
            (Action::Delete, Ok(line), _) => changes.push(Ok(vec![change(line, What::Deleted)])),
            (_, Ok(line), _) => changes.push(Ok(vec![change(line, What::Added)])),
        }
    }
    if let Some(lost) = before {
        changes.push(Err((
            lost.number,
            format!("{} has no Revise to: behind its Revise from:", lost.code),
        )));
    }
    changes
}

/// What differs between a line before and after: its title, its flag, or only the short title.
fn revisions(before: &Line<'_>, after: Line<'_>) -> Vec<Change> {
    let mut what = Vec::new();
    if before.billable != after.billable {
        what.push(if after.billable {
            What::BecameBillable
        } else {
            What::BecameHeader
        });
    }
    if before.long_title != after.long_title {
        what.push(What::Retitled {
            before: before.long_title.to_string(),
        });
    }
    if what.is_empty() {
        what.push(What::ShortTitleRevised);
    }
    what.into_iter().map(|what| change_to(&after, what)).collect()
}

fn change(line: Line<'_>, what: What) -> Change {
    change_to(&line, what)
}

fn change_to(line: &Line<'_>, what: What) -> Change {
    Change {
        line: line.number,
        code: line.code.clone(),
        what,
        title: line.long_title.to_string(),
        billable: line.billable,
    }
}
