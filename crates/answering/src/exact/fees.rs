//! What Medicare's physician fee schedule pays for a code in a locality, worked out from its rows.
//!
//! (work RVU × work GPCI + practice expense RVU × PE GPCI + malpractice RVU × malpractice GPCI) × conversion factor,
//! rounded to cents, for services of status A, R and T; capped where the technical part of imaging is.

use codecite_codebook::{Code, CodeSystem, Fact, FactKind, FactRow, NaiveDate};
use codecite_tables::{Tables, TablesError};

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

/// The fee of every row of `code` (the whole service, and its parts by modifier), each as a fact that shows what
/// it was worked out from. Empty where no fee schedule, or no such ZIP code or locality, is loaded.
pub fn fees(
    code: &Code,
    paid_at: &PaidAt,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let Some(place) = Place::find(paid_at, date_of_service, tables)? else {
        return Ok(Vec::new());
    };
    let caps = tables.facts_of(code, FactKind::OppsCap, date_of_service)?;
    let rows = tables.facts_of(code, FactKind::PhysicianFeeSchedule, date_of_service)?;
    Ok(rows.iter().filter_map(|row| place.fee(row, &caps)).collect())
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
        date_of_service: NaiveDate,
        tables: &Tables,
    ) -> Result<Option<Self>, TablesError> {
        let (zip, locality) = match paid_at {
            PaidAt::National => {
                let one = 10_i128.pow(GPCI_PLACES);
                return Ok(Some(Self {
                    told: "national, every GPCI 1".into(),
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
                let rows = tables.facts_of(zip, FactKind::Locality, date_of_service)?;
                let mut localities = rows.iter().flat_map(|row| &row.also);
                let locality = localities
                    .find(|code| code.system() == CodeSystem::Locality)
                    .cloned();
                (Some(zip), locality)
            }
        };
        let Some(locality) = locality else { return Ok(None) };
        let rows = tables.facts_of(&locality, FactKind::Gpci, date_of_service)?;
        let Some((row, indices)) = rows.iter().find_map(|row| Some((row, Indices::of(row)?))) else {
            return Ok(None);
        };
        let name = row.value("locality name").unwrap_or_default();
        let by_zip = zip.map(|zip| format!("ZIP {zip}, ")).unwrap_or_default();
        Ok(Some(Self {
            told: format!("{by_zip}locality {locality} {name}").trim().to_owned(),
            locality: Some(locality),
            indices,
        }))
    }

    /// The fee of one row of the fee schedule; `None` for a service that has none there.
    fn fee(&self, row: &Fact, caps: &[Fact]) -> Option<Fact> {
        let status = row.value("status indicator").unwrap_or_default();
        if !matches!(status, "A" | "R" | "T") {
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
