//! The official ICD-10-CM order file, published by CMS for CDC/NCHS.
//!
//! One line a code, in fixed columns (counted from 1): 1–5 order number, 7–13 code without its dot, 15 flag
//! (`1` billable, `0` header), 17–76 short title, from 78 the long title. The same as a table with a header is read too.

mod edition;
pub(crate) mod line;
mod table;

use crate::draft::Job;
use crate::error::{Finding, IngestError};
use crate::reading::{Reading, Shelf};
use crate::refusals::{Refusals, while_hopeful};
use codecite_codebook::{
    Aspect, Authority, Code, CodeStatus, Edition, EffectiveRange, Licence, Locator, Passage, PassageDraft,
    Place,
};
use codecite_tables::PtpTable;
use line::Line;
use std::collections::HashMap;

const URL: &str = "https://www.cms.gov/medicare/coding-billing/icd-10-codes";

/// Whether a file is an order file. The list of changes has the same layout and another name.
pub(crate) fn is_wanted(name: &str, head: &[u8]) -> bool {
    !name.to_ascii_lowercase().contains("addenda") && (is_order_file(head) || table::is_in(head))
}

/// Whether at least half of the first lines have the layout of an order file. Reads no further.
pub(crate) fn is_order_file(bytes: &[u8]) -> bool {
    let head: Vec<&[u8]> = lines(bytes).map(|(_, line)| line).take(20).collect();
    let fitting = head.iter().filter(|line| line::has_layout(line)).count();
    fitting > 0 && fitting * 2 >= head.len()
}

/// Reads an order file. Damaged lines are refused, each with a finding.
pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let (file, member) = (job.file, job.member);
    let release = edition::Release::of(&job.names(), job.options).ok_or_else(|| {
        job.undated("a name such as icd10cm_order_2024.txt or icd10cm-order-April-2025.txt")
    })?;
    let table = table::of(&member.bytes);
    let lines = match &table {
        Some(table) => table::lines(table),
        None => fixed_width(&member.bytes),
    };
    let (accepted, refused, read) = accept(&member.name, lines);
    if accepted.is_empty() {
        let count = refused.count();
        return Err(match refused.into_first() {
            Some(first) => IngestError::NothingUsable {
                file: file.name.clone(),
                refused: count,
                first,
            },
            None => job.misshapen("it has no lines; download it again"),
        });
    }
    let (refused, untold) = refused.into_findings(&member.name, "line");
    let edition = Edition {
        id: release.id(),
        source: "icd-10-cm".into(),
        title: release.title(),
        authority: Authority::new("CDC"),
        effective: EffectiveRange::since(release.effective_from),
        replaced_on: release.replaced_on(),
        licence: Licence::PublicDomain,
        files: vec![file.digest()],
        rows: accepted.len() as u64,
        is_complete: true,
    };
    let mut shelf = shelf(edition, &member.name, accepted);
    let remark = edition::Release::overruled(&job.names(), job.options);
    shelf.findings.extend(remark.map(|text| Finding {
        file: member.name.clone(),
        line: None,
        text,
    }));
    Ok(Reading {
        shelf,
        read,
        refused,
        untold,
        part: None,
    })
}

/// What a line is, or its number and why it is none.
type Parsed<'a> = Result<Line<'a>, (u64, String)>;

fn fixed_width(bytes: &[u8]) -> Vec<Parsed<'_>> {
    let parse = |(number, line)| Line::parse(number, line).map_err(|why| (number, why));
    while_hopeful(lines(bytes).map(parse)).collect()
}

/// The lines that are in order, what was refused, and how many lines there were.
fn accept<'a>(file: &str, lines: Vec<Parsed<'a>>) -> (Vec<Line<'a>>, Refusals, u64) {
    let mut refused = Refusals::default();
    let mut refuse = |line: u64, why: String| refused.add(file, line, "line", why);
    let mut read = 0;
    let mut parsed = Vec::new();
    for line in lines {
        read += 1;
        match line {
            Ok(line) => parsed.push(line),
            Err((number, why)) => refuse(number, why),
        }
    }
    let mut accepted: Vec<Line<'a>> = Vec::with_capacity(parsed.len());
    let mut known: HashMap<Code, u64> = HashMap::with_capacity(parsed.len());
    let mut last = 0;
    let mut rest = parsed.into_iter().peekable();
    while let Some(line) = rest.next() {
        // When one number leaps ahead of the next line's, the leap is to blame, not everything after it.
        let leaps = rest
            .peek()
            .is_some_and(|next| next.order > last && next.order < line.order);
        if let Some(first) = known.get(&line.code) {
            refuse(
                line.number,
                format!("{} stands on line {first} already", line.code),
            );
        } else if line.order <= last || leaps {
            refuse(
                line.number,
                format!("order number {:05} is out of order after {last:05}", line.order),
            );
        } else {
            last = line.order;
            known.insert(line.code.clone(), line.number);
            accepted.push(line);
        }
    }
    (accepted, refused, read)
}

fn shelf(edition: Edition, file: &str, lines: Vec<Line<'_>>) -> Shelf {
    let categories: HashMap<&str, &str> = lines
        .iter()
        .filter(|line| line.code.text().len() == 3)
        .map(|line| (line.code.text(), &*line.long_title))
        .collect();
    let document = format!("{} ({file})", edition.title);
    let mut passages = Vec::with_capacity(lines.len());
    let mut statuses = Vec::with_capacity(lines.len());
    for line in &lines {
        // Every code begins with its category's three characters.
        let category = &line.code.text()[..3];
        let locator = Locator {
            document: document.clone(),
            section: Some(match categories.get(category) {
                Some(title) => format!("{category} {title}"),
                None => category.to_owned(),
            }),
            place: Some(Place::Row(line.number)),
            url: Some(URL.to_owned()),
        };
        statuses.push(CodeStatus {
            code: line.code.clone(),
            title: Some(line.long_title.to_string()),
            billable: line.billable,
            edition: edition.id.clone(),
            effective: edition.effective,
            locator: locator.clone(),
        });
        passages.push(Passage::new(PassageDraft {
            edition: edition.id.clone(),
            title: line.code.label(),
            text: line.long_title.to_string(),
            aspect: Aspect::Entry,
            about: vec![line.code.clone()],
            mentions: Vec::new(),
            keywords: Vec::new(),
            billable: Some(line.billable),
            authority: edition.authority.clone(),
            locator,
            effective: edition.effective,
        }));
    }
    Shelf {
        edition,
        passages,
        statuses,
        facts: Vec::new(),
        edits: PtpTable::default(),
        findings: Vec::new(),
        refused: 0,
        set_aside: Vec::new(),
    }
}

/// The lines with their numbers from 1, without their ends; empty ones are passed over.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .zip(1..)
        .map(|(line, number)| (number, line))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}
