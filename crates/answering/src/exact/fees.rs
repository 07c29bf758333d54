//! What Medicare's physician fee schedule pays for a code in a locality, worked out from its rows.
//!
//! (work RVU × work GPCI + practice expense RVU × PE GPCI + malpractice RVU × malpractice GPCI) × conversion factor,
//! rounded to cents, for services of status A, R and T; capped where the technical part of imaging is.

use chrono::Datelike;
use codecite_codebook::{Code, CodeSystem, Edition, Fact, FactKind, FactRow, NaiveDate};
use codecite_tables::{Tables, TablesError};
use std::collections::BTreeSet;
use std::iter;

/// Where a service is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidAt {
    /// A five-digit ZIP code, which leads to a locality.
    Zip(Code),
    /// A locality of the fee schedule.
    Locality(Code),
    /// Nowhere in particular: every GPCI counts as 1.
    National,
}

/// The fees of a code in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// One a row of the fee schedule: the whole service, and its parts by modifier. Each shows what it was worked out
    /// from.
    pub rows: Vec<Fact>,
    /// Why there is none, and what to do.
    pub why_none: Option<String>,
}

impl Fees {
    fn none(why: String) -> Self {
        Self {
            rows: Vec::new(),
            why_none: Some(why),
        }
    }
}

/// The fee of every row of `code`.
///
/// A fee schedule holds for a calendar year, whose releases correct each other. Where none of those that are loaded was
/// in force on the date of service, the next one of the same year is taken, or else that of an earlier year with the
/// indices of its own year, and the row says so.
pub fn fees(
    code: &Code,
    paid_at: &PaidAt,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Fees, TablesError> {
    let schedule = of_the_year(code, FactKind::PhysicianFeeSchedule, date_of_service, tables)?;
    let of_a_release = |row: &Fact| {
        let edition = tables.edition(&row.edition);
        edition.filter(|edition| is_release(edition) || row.value("conversion factor").is_some())
    };
    let priced: Vec<&Fact> = schedule
        .iter()
        .filter(|row| of_a_release(row).is_some())
        .collect();
    let Some(edition) = priced.first().and_then(|row| of_a_release(row)) else {
        return Ok(Fees::none(format!(
            "No fee of {} for {date_of_service} was worked out: no physician fee schedule that is loaded has a row of it. \
             Load the relative value file (PPRRVU) of {}.",
            code.label(),
            date_of_service.year()
        )));
    };
    let priced_on = pricing_date(&edition, date_of_service);
    let place = match Place::find(paid_at, priced_on, tables)? {
        Ok(place) => place,
        Err(why) => return Ok(Fees::none(why)),
    };
    let caps = of_the_year(code, FactKind::OppsCap, priced_on, tables)?;
    let release = (priced_on != date_of_service).then(|| another_release(&edition, date_of_service));
    let rows: Vec<Fact> = schedule
        .iter()
        .filter_map(|row| place.fee(row, &caps, release.as_deref()))
        .collect();
    if rows.is_empty() {
        let value = |label| schedule.first().and_then(|row| row.value(label));
        let status = value("status indicator").unwrap_or("not stated");
        let meaning = value("what the status indicator means").map(|meaning| format!(" ({meaning})"));
        return Ok(Fees::none(format!(
            "{} has no amount in the physician fee schedule: its status indicator in {} is {status}{}. Amounts are worked out for \
             A, R and T, where the schedule gives relative values.",
            code.label(),
            edition.title,
            meaning.unwrap_or_default()
        )));
    }
    Ok(Fees { rows, why_none: None })
}

/// Whether an edition is a release of relative values; those of qualifying participants are apart.
pub(super) fn is_release(edition: &Edition) -> bool {
    edition.source.starts_with("mpfs-rvu")
}

/// The rows of one kind that hold for the year of `date`: those in force on that day, or else the next ones of the year,
/// or else the newest of an earlier year.
fn of_the_year(
    code: &Code,
    kind: FactKind,
    date: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    // The starter states some values of the fee schedule too, and none that an amount could be worked out from.
    let can_be_priced = |fact: &Fact| {
        kind != FactKind::PhysicianFeeSchedule || fact.value("conversion factor").is_some() || {
            let edition = tables.edition(&fact.edition);
            edition.is_some_and(|edition| is_release(&edition))
        }
    };
    let rows_on = |day: NaiveDate| -> Result<Vec<Fact>, TablesError> {
        let mut rows = tables.facts_of(code, kind, day)?;
        rows.retain(can_be_priced);
        Ok(rows)
    };
    let is_of_the_year = |fact: &Fact| {
        let edition = tables.edition(&fact.edition);
        edition.is_some_and(|edition| edition.effective.from().year() == date.year())
    };
    let editions = tables.editions();
    let beginnings: BTreeSet<NaiveDate> = editions.iter().map(|edition| edition.effective.from()).collect();
    let later = beginnings.iter().copied();
    let later = later.filter(|begins| *begins > date && begins.year() == date.year());
    for day in iter::once(date).chain(later) {
        let mut rows = rows_on(day)?;
        rows.retain(is_of_the_year);
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    // A later release may be a part only, and have ended the one that knows the code.
    let earlier = beginnings.iter().copied().rev().filter(|begins| *begins <= date);
    for day in iter::once(date).chain(earlier) {
        let rows = rows_on(day)?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

/// The day whose indices belong to a release: the date of service, or the nearest day of its calendar year.
fn pricing_date(edition: &Edition, date_of_service: NaiveDate) -> NaiveDate {
    let begins = edition.effective.from();
    let last_of_year = NaiveDate::from_ymd_opt(begins.year(), 12, 31).unwrap_or(begins);
    date_of_service.clamp(begins, last_of_year)
}

fn another_release(edition: &Edition, date_of_service: NaiveDate) -> String {
    let begins = edition.effective.from();
    let begun = format!("{}, in force since {begins}", edition.title);
    match begins.year() == date_of_service.year() {
        true => format!("{begun}: no release in force on {date_of_service} that is loaded has the code"),
        false => format!(
            "{begun}: amounts of {}, for no release of {} that is loaded has the code",
            begins.year(),
            date_of_service.year()
        ),
    }
}

/// A locality with its indices.
struct Place {
    told: String,
    locality: Option<Code>,
    indices: Indices,
}

/// Geographic practice cost indices, in ten thousandths.
struct Indices {
    work: i128,
    expense: i128,
    malpractice: i128,
}

const GPCI_PLACES: u32 = 4;
const RVU_PLACES: u32 = 4;
const FACTOR_PLACES: u32 = 4;

impl Place {
    fn find(
        paid_at: &PaidAt,
        priced_on: NaiveDate,
        tables: &Tables,
    ) -> Result<Result<Self, String>, TablesError> {
        let (zip, locality) = match paid_at {
            PaidAt::National => {
                let one = 10_i128.pow(GPCI_PLACES);
                return Ok(Ok(Self {
                    told: "national, every GPCI 1; a ZIP code or a locality such as 13202-01 gives that of a place".into(),
                    locality: None,
                    indices: Indices {
                        work: one,
                        expense: one,
                        malpractice: one,
                    },
                }));
            }
            PaidAt::Locality(locality) => (None, Some(locality.clone())),
            PaidAt::Zip(zip) => {
                let rows = of_the_year(zip, FactKind::Locality, priced_on, tables)?;
                let mut localities = rows.iter().flat_map(|row| &row.also);
                let locality = localities
                    .find(|code| code.system() == CodeSystem::Locality)
                    .cloned();
                (Some(zip), locality)
            }
        };
        let Some(locality) = locality else {
            let zip = zip.map(Code::text).unwrap_or_default();
            return Ok(Err(format!(
                "No fee was worked out: ZIP {zip} is in no table of ZIP codes and payment localities (ZIP5) that is loaded for \
                 {year}. Load that of {year}, or give the locality.",
                year = priced_on.year()
            )));
        };
        let rows = of_the_year(&locality, FactKind::Gpci, priced_on, tables)?;
        let Some((row, indices)) = rows.iter().find_map(|row| Some((row, Indices::of(row)?))) else {
            return Ok(Err(format!(
                "No fee was worked out: no loaded table of GPCIs has locality {locality}. Load that of {}.",
                priced_on.year()
            )));
        };
        let name = row.value("locality name").unwrap_or_default();
        let by_zip = zip.map(|zip| format!("ZIP {zip}, ")).unwrap_or_default();
        Ok(Ok(Self {
            told: format!("{by_zip}locality {locality} {name}").trim().to_owned(),
            locality: Some(locality),
            indices,
        }))
    }

    /// The fee of one row of the fee schedule; `None` for a service that has none there. `release` tells which one it
    /// is of, where it is not that of the date.
    fn fee(&self, row: &Fact, caps: &[Fact], release: Option<&str>) -> Option<Fact> {
        let status = row.value("status indicator").unwrap_or_default();
        if !matches!(status, "A" | "R" | "T") {
            return None;
        }
        let is_nothing = |label: &str| {
            row.value(label)
                .is_none_or(|value| scaled(value, RVU_PLACES) == Some(0))
        };
        if [
            "work RVU",
            "non-facility PE RVU",
            "facility PE RVU",
            "malpractice RVU",
        ]
        .into_iter()
        .all(is_nothing)
        {
            return None;
        }
        let modifier = row.value("modifier").unwrap_or_default();
        let number = |label: &str| scaled(row.value(label)?, RVU_PLACES);
        let factor = scaled(row.value("conversion factor")?, FACTOR_PLACES)?;
        let amount = |expense_label: &str, column: &str| {
            let cents = self.indices.cents(
                number("work RVU")?,
                number(expense_label)?,
                number("malpractice RVU")?,
                factor,
            );
            Some(
                match self.cap(caps, modifier, column).filter(|cap| *cap < cents) {
                    Some(cap) => format!(
                        "${} (capped by the OPPS; ${} without the cap)",
                        dollars(cap),
                        dollars(cents)
                    ),
                    None => format!("${}", dollars(cents)),
                },
            )
        };
        let mut rows = vec![labelled("where", &self.told)];
        rows.extend(release.map(|release| labelled("release", release)));
        if !modifier.is_empty() {
            rows.push(labelled("modifier", modifier));
        }
        for (label, expense, column, not_applicable) in [
            (
                "non-facility fee",
                "non-facility PE RVU",
                "non-facility fee amount",
                "non-facility NA indicator",
            ),
            (
                "facility fee",
                "facility PE RVU",
                "facility fee amount",
                "facility NA indicator",
            ),
        ] {
            let is_rare = row.value(not_applicable) == Some("NA");
            let note = if is_rare {
                " (rarely or never performed there)"
            } else {
                ""
            };
            rows.push(labelled(label, &(amount(expense, column)? + note)));
        }
        for label in [
            "work RVU",
            "non-facility PE RVU",
            "facility PE RVU",
            "malpractice RVU",
            "conversion factor",
        ] {
            rows.extend(row.value(label).map(|value| labelled(label, value)));
        }
        rows.push(labelled(
            "GPCI (work, practice expense, malpractice)",
            &self.indices.told(),
        ));
        let also = self.locality.iter().cloned().collect();
        Some(Fact {
            rows,
            also,
            ..row.clone()
        })
    }

    fn cap(&self, caps: &[Fact], modifier: &str, column: &str) -> Option<i128> {
        let locality = self.locality.as_ref()?;
        let cap = caps.iter().find(|cap| {
            cap.also.contains(locality) && cap.value("modifier").unwrap_or_default() == modifier
        })?;
        scaled(cap.value(column)?, 2).filter(|cents| *cents > 0)
    }
}

impl Indices {
    fn of(row: &Fact) -> Option<Self> {
        let index = |label: &str| scaled(row.value(label)?, GPCI_PLACES);
        Some(Self {
            work: index("work GPCI")?,
            expense: index("PE GPCI")?,
            malpractice: index("malpractice GPCI")?,
        })
    }

    /// Exact until the last step: cents, half a cent upwards.
    fn cents(&self, work: i128, expense: i128, malpractice: i128, factor: i128) -> i128 {
        let adjusted = work * self.work + expense * self.expense + malpractice * self.malpractice;
        let unit = 10_i128.pow(RVU_PLACES + GPCI_PLACES + FACTOR_PLACES - 2);
        (adjusted * factor + unit / 2) / unit
    }

    fn told(&self) -> String {
        let told = |index: i128| format!("{}.{:04}", index / 10_000, index % 10_000);
        [self.work, self.expense, self.malpractice].map(told).join(", ")
    }
}

/// A decimal number times ten to the power of `places`; `None` if it is none, or has more places.
fn scaled(text: &str, places: u32) -> Option<i128> {
    let text = text.trim().trim_start_matches('$').replace(',', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let places = usize::try_from(places).ok()?;
    let is_number = |digits: &str| digits.bytes().all(|c| c.is_ascii_digit());
    if fraction.len() > places
        || whole.len() > 12
        || !is_number(whole)
        || !is_number(fraction)
        || text.is_empty()
    {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

fn dollars(cents: i128) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn labelled(label: &str, value: &str) -> FactRow {
    FactRow {
        label: label.to_owned(),
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, places, number) in [
            ("1.30", 4, Some(13_000)),
            ("0", 4, Some(0)),
            (".5", 4, Some(5_000)),
            ("32.3465", 4, Some(323_465)),
            ("$1,234.50", 2, Some(123_450)),
            ("1.23456", 4, None),
            ("NA", 4, None),
            ("-1", 4, None),
            ("", 4, None),
        ] {
            assert_eq!(scaled(text, places), number, "{text:?}");
        }
    }

    #[test]
    fn a_fee_is_rounded_once_and_half_a_cent_goes_up() {
        let one = Indices {
            work: 10_000,
            expense: 10_000,
            malpractice: 10_000,
        };
        // 1.30 + 1.33 + 0.10 = 2.73 RVU at 32.3465 are 88.305945 dollars.
        assert_eq!(one.cents(13_000, 13_300, 1_000, 323_465), 8_831);
    }
}
