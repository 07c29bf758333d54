//! Days, months and years that a question leaves half unsaid.

use chrono::{Datelike, Days, Months, Weekday};
use codecite_codebook::NaiveDate;

/// A day and month without a year mean the latest such date that is not further ahead than this: services
/// are mostly in the past, and the next visits are planned within two months.
const AHEAD: Days = Days::new(60);

/// The day, if there is one and a service may have been given on it.
pub(super) fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    // Two digits are this century: nobody bills for a service of 1926.
    let year = if year < 100 { 2000 + year } else { year };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1990..=2100).contains(&date.year()).then_some(date)
}

/// The latest date of that month and day that is at most [`AHEAD`] of today.
pub(super) fn nearest(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    latest_until(month, day, today.checked_add_days(AHEAD)?)
}

/// The first day of the latest such month before the one that runs.
pub(super) fn last(month: u32, today: NaiveDate) -> Option<NaiveDate> {
    latest_until(month, 1, today.with_day(1)?.pred_opt()?)
}

/// The first day of the next such month.
pub(super) fn next(month: u32, today: NaiveDate) -> Option<NaiveDate> {
    [today.year(), today.year() + 1]
        .into_iter()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, 1))
        .find(|date| *date > today)
}

/// The first day of that month in the year that runs.
pub(super) fn this(month: u32, today: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(today.year(), month, 1)
}

/// The latest such day of the week before today.
pub(super) fn last_weekday(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    let days = (7 + today.weekday().num_days_from_monday() - weekday.num_days_from_monday()) % 7;
    today.checked_sub_days(Days::new(if days == 0 { 7 } else { days.into() }))
}

/// The release that is named after `year`: today for the one that runs.
pub(super) fn release(year: u32, is_fiscal: bool, today: NaiveDate) -> Option<NaiveDate> {
    let first = day(year, 1, 1)?;
    let running = today.year() + i32::from(is_fiscal && today.month() >= 10);
    Some(if first.year() == running { today } else { first })
}

/// So many days, weeks, months or years before today; not before 1990.
pub(super) fn ago(count: u32, unit: &str, today: NaiveDate) -> Option<NaiveDate> {
    match unit {
        "day" => today.checked_sub_days(Days::new(count.into())),
        "week" => today.checked_sub_days(Days::new(u64::from(count) * 7)),
        "month" => today.checked_sub_months(Months::new(count)),
        _ => today.checked_sub_months(Months::new(count * 12)),
    }
    .filter(|date| date.year() >= 1990)
}

fn latest_until(month: u32, day: u32, last: NaiveDate) -> Option<NaiveDate> {
    // 29 February may lie up to eight years back.
    (last.year() - 8..=last.year())
        .rev()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date <= last)
}
