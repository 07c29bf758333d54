//! From when an ICD-10-CM release is in force, as its file's name says.

use crate::reading::ReadOptions;
use crate::release::{fiscal_year, overruled};
use chrono::{Datelike, NaiveDate};
use codecite_codebook::EditionId;
use regex::Regex;
use std::sync::LazyLock;

/// One release of ICD-10-CM.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// First day in force.
    pub effective_from: NaiveDate,
    named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// The release of a whole fiscal year, from 1 October of the year before.
    FiscalYear(i32),
    /// An update within a fiscal year.
    Update,
    /// The operator said so.
    ByOperator,
}

/// `icd10cm-order-Jan-2021.txt`, `icd10cm_order_2024.txt`, `icd10cm-order-April-2025.txt`.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)icd-?10-?cm[-_ ]*order[-_ ]*(?:(jan|apr)[a-z]*[-_ ]*)?(20\d\d)(?:\D|$)").ok()
});

impl Release {
    /// What the operator says, or else what the first of `names` says that says anything.
    pub fn of(names: &[&str], options: &ReadOptions) -> Option<Self> {
        if let Some(effective_from) = options.effective_from {
            return Some(Self {
                effective_from,
                named: Named::ByOperator,
            });
        }
        names.iter().find_map(|name| Self::named(name))
    }

    /// The remark for a file whose name tells another fiscal year than the operator.
    pub fn overruled(names: &[&str], options: &ReadOptions) -> Option<String> {
        let told = names.iter().find_map(|name| Self::named(name))?.effective_from;
        let given = options.effective_from?;
        (fiscal_year(told) != fiscal_year(given)).then(|| overruled(told, given))
    }

    fn named(name: &str) -> Option<Self> {
        let found = NAME.as_ref()?.captures(name)?;
        let year: i32 = found.get(2)?.as_str().parse().ok()?;
        let month = found.get(1).map(|month| month.as_str().to_ascii_lowercase());
        let (effective_from, named) = match month.as_deref() {
            Some("jan") => (NaiveDate::from_ymd_opt(year, 1, 1)?, Named::Update),
            Some(_) => (NaiveDate::from_ymd_opt(year, 4, 1)?, Named::Update),
            None => (NaiveDate::from_ymd_opt(year - 1, 10, 1)?, Named::FiscalYear(year)),
        };
        Some(Self {
            effective_from,
            named,
        })
    }

    pub fn id(&self) -> EditionId {
        EditionId::new(&format!("icd-10-cm-{}", self.effective_from))
    }

    pub fn title(&self) -> String {
        let day = self.effective_from;
        match self.named {
            Named::FiscalYear(year) => format!("ICD-10-CM order file, FY {year}"),
            Named::Update => format!("ICD-10-CM order file, {}", day.format("%B %Y")),
            Named::ByOperator => format!("ICD-10-CM order file, in force from {day}"),
        }
    }

    /// The next 1 October, on which the next fiscal year's release begins by custom. An update may come
    /// before.
    pub fn replaced_on(&self) -> Option<NaiveDate> {
        let day = self.effective_from;
        NaiveDate::from_ymd_opt(day.year(), 10, 1)
            .filter(|october| *october > day)
            .or_else(|| NaiveDate::from_ymd_opt(day.year() + 1, 10, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_published_say_when_the_release_begins() {
        for (name, id, title, replaced) in [
            (
                "icd10cm-order-Jan-2021.txt",
                "icd-10-cm-2021-01-01",
                "January 2021",
                "2021-10-01",
            ),
            (
                "icd10cm_order_2024.txt",
                "icd-10-cm-2023-10-01",
                "FY 2024",
                "2024-10-01",
            ),
            (
                "icd10cm-order-2025.txt",
                "icd-10-cm-2024-10-01",
                "FY 2025",
                "2025-10-01",
            ),
            (
                "icd10cm-order-April-2025.txt",
                "icd-10-cm-2025-04-01",
                "April 2025",
                "2025-10-01",
            ),
            (
                "ICD10CM_ORDER_2027.TXT",
                "icd-10-cm-2026-10-01",
                "FY 2027",
                "2027-10-01",
            ),
        ] {
            let release = Release::of(&[name], &ReadOptions::default()).expect(name);
            assert_eq!(release.id().as_str(), id);
            assert_eq!(release.title(), format!("ICD-10-CM order file, {title}"));
            assert_eq!(release.replaced_on().expect("a day").to_string(), replaced);
        }
        for name in [
            "order.txt",
            "icd10cm_codes_2024.txt",
            "icd10cm_order_20245.txt",
            "2024.txt",
        ] {
            assert_eq!(Release::of(&[name], &ReadOptions::default()), None, "{name}");
        }
    }

    #[test]
    fn the_operator_has_the_last_word() {
        let options = ReadOptions {
            effective_from: NaiveDate::from_ymd_opt(2020, 4, 1),
            ..ReadOptions::default()
        };
        let release = Release::of(&["icd10cm_order_2024.txt"], &options).expect("a release");
        assert_eq!(release.id().as_str(), "icd-10-cm-2020-04-01");
        let remark = Release::overruled(&["icd10cm_order_2024.txt"], &options).expect("two years");
        assert!(
            remark.contains("2023-10-01") && remark.contains("2020-04-01"),
            "{remark}"
        );
        for of_that_year in ["order.txt", "icd10cm_order_2020.txt"] {
            assert_eq!(
                Release::overruled(&[of_that_year], &options),
                None,
                "{of_that_year}"
            );
        }
    }
}
