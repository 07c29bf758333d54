//! From when a release of ICD-10-CM or ICD-10-PCS is in force: both are published for fiscal years, which begin on
//! 1 October of the year before, with updates in January or April.

use crate::draft::{Job, ShelfDraft};
use crate::release::fiscal_year;
use chrono::{Datelike, NaiveDate};
use regex::Regex;
use std::sync::LazyLock;

/// One release.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FiscalRelease {
    /// First day in force.
    pub effective_from: NaiveDate,
    /// How a title ends: `FY 2025`, `April 2025` or `in force from 2025-03-01`.
    pub named: String,
}

/// `icd10cm-tabular-April-2025.xml`.
static UPDATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(jan|apr)[a-z]*[-_ ]*(20\d\d)(?:\D|$)").ok());
/// `icd10cm_fy2027_added.csv`, `icd10pcs_order_2024.txt`.
static YEAR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:^|fy|[^\d])(20\d\d)(?:\D|$)").ok());

impl FiscalRelease {
    /// What the operator says, or else what a name or `version`, the year that the file itself names, says.
    pub fn of(job: &Job<'_>, version: &str) -> Option<Self> {
        match job.options.effective_from {
            Some(day) => Some(Self {
                effective_from: day,
                named: format!("in force from {day}"),
            }),
            None => Self::told(job, version),
        }
    }

    /// Remarks where the file tells another fiscal year than the operator.
    pub fn compare(job: &Job<'_>, version: &str, draft: &mut ShelfDraft<'_>) {
        let told = Self::told(job, version).map(|release| release.effective_from);
        draft.compare_year(told, fiscal_year);
    }

    /// What the file or a name tells.
    fn told(job: &Job<'_>, version: &str) -> Option<Self> {
        let version = version
            .trim()
            .parse()
            .ok()
            .filter(|year| (2000..2100).contains(year));
        let names = job.names();
        let update = names.iter().find_map(|name| Self::update_named(name));
        let is_of_version = |update: &Self| version.is_none_or(|year| update.effective_from.year() == year);
        update
            .filter(is_of_version)
            .or_else(|| Self::of_year(version.or_else(|| names.iter().find_map(|name| year_named(name)))?))
    }

    fn update_named(name: &str) -> Option<Self> {
        let found = UPDATE.as_ref()?.captures(name)?;
        let month = match found.get(1)?.as_str().to_ascii_lowercase().as_str() {
            "jan" => 1,
            _ => 4,
        };
        let day = NaiveDate::from_ymd_opt(found.get(2)?.as_str().parse().ok()?, month, 1)?;
        Some(Self {
            effective_from: day,
            named: day.format("%B %Y").to_string(),
        })
    }

    fn of_year(year: i32) -> Option<Self> {
        Some(Self {
            effective_from: NaiveDate::from_ymd_opt(year - 1, 10, 1)?,
            named: format!("FY {year}"),
        })
    }

    /// The next 1 October, on which the next fiscal year's release replaces it by custom.
    pub fn replaced_on(&self) -> Option<NaiveDate> {
        next_october(self.effective_from)
    }
}

/// The first 1 October behind `day`.
pub(super) fn next_october(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year(), 10, 1)
        .filter(|october| *october > day)
        .or_else(|| NaiveDate::from_ymd_opt(day.year() + 1, 10, 1))
}

fn year_named(name: &str) -> Option<i32> {
    YEAR.as_ref()?.captures(name)?.get(1)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_fiscal_year_or_the_update() {
        for (name, year) in [
            ("icd10cm_fy2027_added.csv", Some(2027)),
            ("icd10cm_tabular_2021.xml", Some(2021)),
            ("ICD10CM_2025_Index.csv", Some(2025)),
            ("icd10pcs_order_2024_derived.csv", Some(2024)),
            ("order.txt", None),
            ("icd10cm_20245.txt", None),
        ] {
            assert_eq!(year_named(name), year, "{name}");
        }
        let update = FiscalRelease::update_named("icd10cm-tabular-April-2025.xml").expect("an update");
        assert_eq!(update.named, "April 2025");
        assert_eq!(update.effective_from.to_string(), "2025-04-01");
        assert_eq!(
            update.replaced_on().map(|day| day.to_string()).as_deref(),
            Some("2025-10-01")
        );
        assert_eq!(FiscalRelease::update_named("icd10cm-tabular-2025.xml"), None);
    }
}
