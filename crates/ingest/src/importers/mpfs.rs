//! The Medicare Physician Fee Schedule, published by CMS each quarter: relative values and indicators, and the tables
//! that make a fee of them where a service is given.

pub(crate) mod anesthesia;
pub(crate) mod counties;
pub(crate) mod gpci;
mod meaning;
pub(crate) mod opps_cap;
pub(crate) mod relative_values;
pub(crate) mod zip;

use crate::draft::Job;
use crate::release::{first_day_named, year_named};
use chrono::Datelike;
use codecite_codebook::{Code, CodeSystem, NaiveDate};
use std::ops::RangeInclusive;

const RELATIVE_VALUE_FILES: &str =
    "https://www.cms.gov/medicare/payment/fee-schedules/physician/pfs-relative-value-files";

/// The payment locality of a contractor, from a spreadsheet: these lose the leading zeros of both.
fn locality(contractor: &str, number: &str) -> Result<Code, String> {
    locality_of(contractor, 4..=5, number, 1..=2)
}

/// As [`locality`], from a text, in which no figure is lost unless the line is damaged.
fn locality_in_text(contractor: &str, number: &str) -> Result<Code, String> {
    locality_of(contractor, 5..=5, number, 2..=2)
}

fn locality_of(
    contractor: &str,
    contractor_figures: RangeInclusive<usize>,
    number: &str,
    number_figures: RangeInclusive<usize>,
) -> Result<Code, String> {
    let is_number = |text: &str, figures: RangeInclusive<usize>| {
        figures.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match is_number(contractor, contractor_figures) && is_number(number, number_figures) {
        true => Code::parse(CodeSystem::Locality, &format!("{contractor:0>5}-{number:0>2}"))
            .map_err(|error| error.to_string()),
        false => Err(format!(
            "{contractor:?} and {number:?} are no contractor (5 figures) and locality (2 figures)"
        )),
    }
}

/// Whether a text is a number such as `32.3465` or `.00`.
fn is_decimal(text: &str) -> bool {
    let (whole, parts) = text.split_once('.').unwrap_or((text, "0"));
    let is_figures = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_figures(whole) && is_figures(parts) && !(whole.is_empty() && parts.is_empty()) && !text.is_empty()
}

/// Whether a text is a number from `least` through `most`.
fn is_between(text: &str, least: f64, most: f64) -> bool {
    is_decimal(text)
        && text
            .parse()
            .is_ok_and(|number: f64| (least..=most).contains(&number))
}

/// Whether a text is a number above 0, of at most `most`.
fn is_positive(text: &str, most: f64) -> bool {
    is_between(text, f64::MIN_POSITIVE, most)
}

/// From when a table that is made for a calendar year is in force: as the operator says, or the file.
fn first_day_of_year(job: &Job<'_>, title: &str) -> Option<NaiveDate> {
    job.options.effective_from.or_else(|| told_year(job, title))
}

/// The first day of the year that `title` or a name speaks of.
fn told_year(job: &Job<'_>, title: &str) -> Option<NaiveDate> {
    let of_title = || year_named(title);
    let of_names = || job.names().into_iter().find_map(year_named);
    let of_release = || job.names().into_iter().find_map(first_day_named)?.with_ordinal(1);
    of_title().or_else(of_names).or_else(of_release)
}

/// From 2026 on there are two conversion factors, and two files of what is reckoned with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Participants {
    /// Qualifying participants in an alternative payment model.
    Qualifying,
    /// Everybody else.
    Others,
    /// The file is for all, as it was until 2025.
    All,
}

impl Participants {
    fn of(job: &Job<'_>) -> Self {
        let of_name = |name: &str| {
            let name = name.to_lowercase().replace(['-', '_', ' '], "");
            match (name.contains("nonqpp"), name.contains("qpp")) {
                (true, _) => Some(Self::Others),
                (false, true) => Some(Self::Qualifying),
                (false, false) => None,
            }
        };
        job.names().into_iter().find_map(of_name).unwrap_or(Self::All)
    }

    /// `all`, or `qualifying` where the file is for qualifying participants: a table of its own.
    fn source(self, all: &'static str, qualifying: &'static str) -> &'static str {
        match self {
            Self::Qualifying => qualifying,
            Self::Others | Self::All => all,
        }
    }

    /// What a title says of it.
    fn in_title(self) -> &'static str {
        match self {
            Self::Qualifying => ", qualifying APM participants",
            Self::Others | Self::All => "",
        }
    }

    /// For whom the conversion factor is, if not for all.
    fn conversion_factor_is_for(self) -> &'static str {
        match self {
            Self::Qualifying => "qualifying participants in an alternative payment model (APM)",
            Self::Others => "all but qualifying participants in an alternative payment model (APM)",
            Self::All => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locality_gets_its_zeros_back() {
        assert_eq!(
            locality("1112", "5").map(|code| code.label()),
            Ok("Locality 01112-05".into())
        );
        assert_eq!(
            locality("13202", "01").map(|code| code.label()),
            Ok("Locality 13202-01".into())
        );
        for (contractor, number) in [
            ("", "1"),
            ("132020", "1"),
            ("13202", ""),
            ("13202", "1a"),
            ("é112", "5"),
        ] {
            assert!(locality(contractor, number).is_err(), "{contractor} {number}");
        }
        assert!(locality_in_text("13202", "01").is_ok());
        for (contractor, number) in [("1112", "05"), ("01112", "5")] {
            assert!(
                locality_in_text(contractor, number).is_err(),
                "{contractor} {number}"
            );
        }
    }

    #[test]
    fn a_number_lies_between_its_bounds() {
        assert!(is_between("0", 0.0, 10.0) && is_between("10.0", 0.0, 10.0));
        assert!(!is_between("10.1", 0.0, 10.0) && !is_between("-1", 0.0, 10.0));
        assert!(is_positive(".01", 1.0) && !is_positive("0.00", 1.0));
    }

    #[test]
    fn a_number_has_figures() {
        for number in ["0", ".00", "32.3465", "1.", "0.17"] {
            assert!(is_decimal(number), "{number}");
        }
        for other in ["", ".", "NA", "1,2", "-1", "1.2.3", "1e5"] {
            assert!(!is_decimal(other), "{other}");
        }
    }
}
