//! What indicators of the fee schedule mean, in our words (documentation of the relative value files, attachment A).

/// What a status indicator says of payment; empty for one that is not known.
pub(super) fn of_status(indicator: &str) -> &'static str {
    match indicator {
        "A" => "active: paid separately under the fee schedule if covered",
        "B" => "bundled: payment is always part of that for other services, never separate",
        "C" => "priced by the contractor, usually case by case from the documentation",
        "D" => "deleted with the beginning of the year",
        "E" => "excluded from the fee schedule by regulation; no payment under it",
        "F" => "deleted or discontinued, without a grace period",
        "G" => "not valid for Medicare, which uses another code for the service; had a grace period",
        "H" => "the modifier (26 or TC) was deleted for this code",
        "I" => "not valid for Medicare, which uses another code for the service",
        "J" => "anesthesia service: no relative values here, paid by base and time units",
        "M" => "measurement code, for reporting only",
        "N" => "not covered by Medicare",
        "P" => "bundled or excluded: no separate payment under the fee schedule",
        "R" => "restricted coverage: special coverage rules apply",
        "T" => {
            "paid only if nothing else payable under the fee schedule is billed by the same provider for that day"
        }
        "X" => "excluded by statute: not a physician service, no payment under the fee schedule",
        _ => "",
    }
}

/// What the global days say of the package; empty for what is not known.
pub(super) fn of_global_days(days: &str) -> &'static str {
    match days {
        "000" => {
            "endoscopy or minor procedure: the global package is the day of the procedure, usually including visits of that day"
        }
        "010" => "minor procedure: the global package is the day of the procedure and the 10 days after it",
        "090" => {
            "major surgery: the global package is the day before, the day of surgery and the 90 days after it"
        }
        "MMM" => "maternity: the usual global package does not apply",
        "XXX" => "the global concept does not apply",
        "YYY" => "the contractor decides whether there is a global package, and how long it is",
        "ZZZ" => "part of another service: always within the global package of that service",
        _ => "",
    }
}

/// What `NA` says of a setting.
pub(super) fn of_na(indicator: &str, meaning: &'static str) -> &'static str {
    match indicator {
        "NA" => meaning,
        _ => "",
    }
}
