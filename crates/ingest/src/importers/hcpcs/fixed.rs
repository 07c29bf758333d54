//! The quarterly file in fixed columns.
//!
//! Counted from 1: 1–5 code (a modifier in 4–5), 6–10 sequence number, 11 record id (`3` code, `4` its continuation,
//! `7` modifier, `8` its continuation), 12–91 long description, and on the first record of a code only: 92–119 short
//! description, 120–127 pricing indicators, 128 multiple pricing indicator, 129–146 and 147–170 references to two
//! manuals, 171–180 statute, 181–204 laboratory certification, 205–229 cross references, 230 coverage, 231–232 ASC
//! group, 233–240 its day, 253–256 processing note, 257–259 BETOS, 261–265 types of service, 266–268 anesthesia base
//! units, 269–276 added, 277–284 action effective, 285–292 terminated, 293 action. A long description goes on in
//! continuations, cut between words.

use super::record::{Raw, Shelving};
use crate::draft::{Job, ShelfDraft};
use crate::error::IngestError;
use crate::importers::cells::listed;
use crate::reading::Reading;
use crate::sheet::decode;

/// Where the first record of a code ends.
const LENGTH: usize = 293;

pub(in crate::importers) fn recognises(_: &str, head: &[u8]) -> bool {
    let text = decode(head);
    // The last line of a head may be cut.
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(20)
        .collect();
    let fitting = lines.iter().filter(|line| has_layout(line)).count();
    fitting > 0 && fitting * 2 >= lines.len()
}

fn has_layout(line: &str) -> bool {
    let is_numbered =
        columns(line, 6, 10).len() == 5 && columns(line, 6, 10).bytes().all(|c| c.is_ascii_digit());
    let fits_its_id = match columns(line, 11, 11) {
        "3" | "4" => columns(line, 1, 5).trim().len() == 5,
        "7" | "8" => columns(line, 1, 3).trim().is_empty() && columns(line, 4, 5).trim().len() == 2,
        _ => false,
    };
    is_numbered && fits_its_id
}

pub(in crate::importers) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    if !recognises("", job.bytes()) {
        return Err(
            job.misshapen("records with a code in columns 1-5 and a record id in column 11 were expected")
        );
    }
    let text = decode(job.bytes());
    let mut draft = ShelfDraft::new(job, super::release(job)?);
    let mut records = Records::default();
    for (line, number) in text.lines().zip(1..) {
        if !line.trim().is_empty() {
            records.take(number, line, &mut draft);
        }
        if draft.is_hopeless() {
            break;
        }
    }
    records.put(&mut draft);
    draft.finish()
}

/// Records as they come: a code is whole when the next one begins.
#[derive(Default)]
struct Records {
    shelving: Shelving,
    /// The code or modifier, and its record if it was in order.
    open: Option<(String, Option<Raw>)>,
}

impl Records {
    fn take(&mut self, number: u64, line: &str, draft: &mut ShelfDraft<'_>) {
        let code = columns(line, 1, 5).trim();
        if !matches!(columns(line, 11, 11), "4" | "8") {
            self.put(draft);
            draft.met_row();
            let record = raw(number, line).map_err(|why| draft.refuse(number, why)).ok();
            self.open = Some((code.to_owned(), record));
            return;
        }
        match &mut self.open {
            Some((open, record)) if open == code => {
                // What goes on from a refused record is refused with it.
                if let Some(record) = record {
                    record.long.push(' ');
                    record.long.push_str(columns(line, 12, 91).trim());
                }
            }
            _ => {
                draft.met_row();
                draft.refuse(
                    number,
                    format!("it goes on from {code}, which is not the record before"),
                );
            }
        }
    }

    /// Puts the code that has come to its end on the shelf.
    fn put(&mut self, draft: &mut ShelfDraft<'_>) {
        if let Some((_, Some(record))) = self.open.take() {
            let line = record.line;
            if let Err(why) = self.shelving.put(record, draft) {
                draft.refuse(line, why);
            }
        }
    }
}

/// The first record of a code.
fn raw(number: u64, line: &str) -> Result<Raw, String> {
    if !has_layout(line) {
        return Err("the columns of code, sequence number and record id do not hold them".into());
    }
    let length = line.trim_end().chars().count();
    if length != LENGTH {
        return Err(format!(
            "the record has {length} characters, {LENGTH} are expected"
        ));
    }
    let text = |from: usize, to: usize| columns(line, from, to).trim().to_owned();
    let several = |from: usize, each: usize, times: usize| {
        let starts = (0..times).map(|place| from + place * each);
        listed(starts.map(|start| columns(line, start, start + each - 1)))
    };
    Ok(Raw {
        line: number,
        code: text(1, 5),
        record: text(11, 11),
        long: text(12, 91),
        short: text(92, 119),
        pricing: several(120, 2, 4),
        multiple_pricing: text(128, 128),
        cim: several(129, 6, 3),
        mcm: several(147, 8, 3),
        statute: text(171, 180),
        laboratory: several(181, 3, 8),
        cross_references: several(205, 5, 5),
        coverage: text(230, 230),
        asc_group: text(231, 232),
        asc_day: text(233, 240),
        note: text(253, 256),
        betos: text(257, 259),
        service: several(261, 1, 5),
        anesthesia: text(266, 268),
        added: text(269, 276),
        acted: text(277, 284),
        terminated: text(285, 292),
        action: text(293, 293),
    })
}

/// Columns `from` through `to`, counted from 1 in characters; what is behind the end of the line is empty.
fn columns(line: &str, from: usize, to: usize) -> &str {
    let place = |column: usize| match line.is_ascii() {
        true => column.min(line.len()),
        false => line
            .char_indices()
            .nth(column)
            .map_or(line.len(), |(place, _)| place),
    };
    line.get(place(from - 1)..place(to)).unwrap_or_default()
}
