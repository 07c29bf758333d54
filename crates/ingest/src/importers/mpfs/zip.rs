//! The payment locality of each five-digit ZIP code, each quarter (`ZIP5_OCT2025.txt`).
//!
//! Records of 80 characters (counted from 1): 1–2 state, 3–7 ZIP code, 8–12 carrier, 13–14 locality, 15 rural indicator
//! (blank, `R`, `B`), 16–17 laboratory competitive bidding, 18 rural indicator of 2006, 21 plus-four flag, 23 Part B payment
//! indicator, 76–80 year and quarter. The file of nine-digit codes has four more figures from 22 on.

use super::locality_in_text;
use crate::draft::{Job, Release, ShelfDraft, labelled};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::{first_day_named, next_quarter, quarter};
use chrono::Datelike;
use codecite_codebook::{Code, CodeSystem, FactKind, NaiveDate};
use std::collections::HashMap;

/// How long a record is.
const RECORD: usize = 80;

pub(crate) fn recognises(_: &str, head: &[u8]) -> bool {
    let lines: Vec<&[u8]> = lines(head).map(|(_, line)| line).take(20).collect();
    let fitting = lines.iter().filter(|line| ZipCode::read(line).is_ok()).count();
    fitting > 0 && fitting * 2 >= lines.len()
}

pub(crate) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    if !recognises("", job.bytes()) {
        return Err(job
            .misshapen("records of 80 characters with state, ZIP code, carrier and locality were expected"));
    }
    let of_content = || lines(job.bytes()).find_map(|(_, line)| ZipCode::read(line).ok()?.first_day);
    let of_names = || job.names().into_iter().find_map(first_day_named);
    let told = of_content().or_else(of_names);
    let effective_from = job.options.effective_from.or(told).ok_or_else(|| {
        job.undated("year and quarter in the places 76 to 80, or a name such as ZIP5_OCT2025.txt")
    })?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "mpfs-zip5",
            title: format!("ZIP code to carrier locality {}", quarter(effective_from)),
            authority: "CMS",
            effective_from,
            replaced_on: next_quarter(effective_from),
            is_complete: false,
            url: "https://www.cms.gov/medicare/payment/fee-schedules",
        },
    );
    draft.compare_year(told, |day| day.year());
    let mut known = HashMap::new();
    for (number, line) in lines(job.bytes()) {
        draft.met_row();
        match ZipCode::read(line) {
            Ok(zip) => match known.insert(zip.code.clone(), number) {
                Some(first) => draft.refuse(number, format!("{} stands on line {first} already", zip.code)),
                None => zip.shelve(number, &mut draft),
            },
            Err(why) => draft.refuse(number, why),
        }
        if draft.is_hopeless() {
            break;
        }
    }
    draft.finish()
}

/// The lines with their numbers from 1, without their ends; empty ones are passed over.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .zip(1..)
        .map(|(line, number)| (number, line))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

struct ZipCode<'a> {
    code: Code,
    locality: Code,
    state: &'a str,
    carrier: &'a str,
    number: &'a str,
    rural: &'a str,
    laboratory: &'a str,
    rural_of_2006: &'a str,
    plus_four: &'a str,
    part_b: &'a str,
    first_day: Option<NaiveDate>,
}

impl<'a> ZipCode<'a> {
    fn read(line: &'a [u8]) -> Result<Self, String> {
        let line = std::str::from_utf8(line).map_err(|_| "characters that are not ASCII".to_owned())?;
        let field = |first: usize, last: usize| line.get(first - 1..last).unwrap_or_default();
        let state = field(1, 2);
        let has_length = line.len() >= RECORD && line.trim_end().len() <= RECORD;
        if !has_length || !state.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!(
                "{} characters, a record has {RECORD} and begins with a state",
                line.len()
            ));
        }
        let code = Code::parse(CodeSystem::Zip, field(3, 7)).map_err(|error| error.to_string())?;
        let (carrier, number) = (field(8, 12), field(13, 14));
        let locality = locality_in_text(carrier, number).map_err(|why| format!("{code}: {why}"))?;
        let rural = field(15, 15).trim();
        if !matches!(rural, "" | "R" | "B") {
            return Err(format!("{code}: {rural:?} is no rural indicator"));
        }
        let plus_four = field(21, 21);
        if !matches!(plus_four, "0" | "1") || !field(22, 22).trim().is_empty() {
            return Err(format!("{code}: {:?} is no plus-four flag", field(21, 22)));
        }
        Ok(Self {
            locality,
            state,
            carrier,
            number,
            rural,
            laboratory: field(16, 17),
            rural_of_2006: field(18, 18),
            plus_four,
            part_b: field(23, 23),
            first_day: first_day(field(76, 79), field(80, 80)),
            code,
        })
    }

    fn shelve(self, line: u64, draft: &mut ShelfDraft<'_>) {
        let rows = labelled([
            ("state", self.state),
            ("carrier", self.carrier),
            ("locality", self.number),
            ("rural indicator", self.rural),
            ("what the rural indicator means", meaning_of_rural(self.rural)),
            ("rural indicator of 2006", self.rural_of_2006),
            ("laboratory competitive bidding", self.laboratory),
            ("plus-four flag", self.plus_four),
            (
                "what the plus-four flag means",
                meaning_of_plus_four(self.plus_four),
            ),
            ("Part B payment indicator", self.part_b),
        ]);
        draft.fact(line, FactKind::Locality, self.code, vec![self.locality], rows);
    }
}

fn first_day(year: &str, quarter: &str) -> Option<NaiveDate> {
    let quarter: u32 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
    let year = year.parse().ok().filter(|year| (2000..2100).contains(year))?;
    NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1)
}

fn meaning_of_rural(indicator: &str) -> &'static str {
    match indicator {
        "R" => "rural",
        "B" => "super rural",
        _ => "urban (left blank)",
    }
}

fn meaning_of_plus_four(flag: &str) -> &'static str {
    match flag {
        "1" => "parts of this ZIP code lie in another locality: the four further digits decide",
        _ => "the five digits decide",
    }
}
