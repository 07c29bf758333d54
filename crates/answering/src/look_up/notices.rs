//! What a reader should know before relying on what was looked up, rendered from rows and ranges.

use super::{LookedUp, Named};
use crate::event::{Notice, NoticeKind};
use crate::exact::{Unlisted, unlisted};
use codecite_codebook::{Code, CodeStatus, Edition, Fact, NaiveDate};
use codecite_retrieval::Understanding;
use codecite_tables::{Neighbour, Neighbours, Tables, TablesError};

pub(super) fn stale_editions(
    understanding: &Understanding,
    looked_up: &LookedUp,
    tables: &Tables,
    date_of_service: NaiveDate,
) -> Vec<Edition> {
    let named = looked_up.codes_in_force();
    let systems = named
        .iter()
        .map(Code::system)
        .chain(understanding.systems.iter().copied());
    let mut stale: Vec<Edition> = Vec::new();
    for system in systems {
        if let Some(edition) = tables.edition_on(system, date_of_service)
            && edition.is_stale_on(date_of_service)
            && !stale.contains(&edition)
        {
            stale.push(edition);
        }
    }
    stale
}

/// What a reader of exact rows about `codes` should know before relying on them: which of the codes the fee schedule of
/// the date does not list, and which of the releases have been replaced by then.
pub fn about_rows<'a>(
    codes: &[Code],
    rows: impl IntoIterator<Item = &'a Fact>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Notice>, TablesError> {
    let mut notices = Vec::new();
    for code in codes {
        let unlisted = unlisted(code, date_of_service, tables)?;
        notices.extend(unlisted.map(|unlisted| unlisted_notice(&unlisted, date_of_service)));
    }
    notices.extend(stale_rows(rows, date_of_service, tables));
    Ok(notices)
}

/// The notice that `rows` carry when their publisher has replaced them by the date of service.
pub(crate) fn stale_rows<'a>(
    rows: impl IntoIterator<Item = &'a Fact>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Option<Notice> {
    stale_notice(&stale_editions_of(rows, date_of_service, tables), date_of_service)
}

pub(super) fn unlisted_notice(unlisted: &Unlisted, date_of_service: NaiveDate) -> Notice {
    Notice {
        kind: NoticeKind::Unlisted,
        text: unlisted.told(date_of_service),
    }
}

/// The editions of `rows` whose publisher has replaced them by the date of service, each once.
fn stale_editions_of<'a>(
    rows: impl IntoIterator<Item = &'a Fact>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Vec<Edition> {
    let mut stale: Vec<Edition> = Vec::new();
    for fact in rows {
        let edition = tables.edition(&fact.edition);
        let is_new = |edition: &Edition| edition.is_stale_on(date_of_service) && !stale.contains(edition);
        let found = edition.filter(is_new);
        stale.extend(found);
    }
    stale
}

/// The editions of rows that the publisher has replaced by the date of service and that were not told of.
pub(super) fn stale_tables(
    looked_up: &LookedUp,
    tables: &Tables,
    date_of_service: NaiveDate,
) -> Vec<Edition> {
    let mut stale = stale_editions_of(looked_up.shown(), date_of_service, tables);
    stale.retain(|edition| !looked_up.stale.contains(edition));
    stale
}

/// The notice that an answer resting on `stale` editions carries: one for all, because each says the same.
pub(crate) fn stale_notice(stale: &[Edition], date_of_service: NaiveDate) -> Option<Notice> {
    let replaced = |edition: &Edition, words: [&str; 2]| {
        let [before, after] = words;
        edition
            .replaced_on
            .map(|day| format!("{before}{day}{after}"))
            .unwrap_or_default()
    };
    let text = match stale {
        [] => return None,
        [edition] => format!(
            "The newest release loaded for the date of service {date_of_service} is {}, in force since {}.{} Load the release \
             of that date before you bill, or check there.",
            edition.title,
            edition.effective.from(),
            replaced(edition, [" Its publisher replaced it on ", "."]),
        ),
        editions => {
            let told: Vec<String> = editions
                .iter()
                .map(|edition| format!("{}{}", edition.title, replaced(edition, [" (replaced on ", ")"])))
                .collect();
            format!(
                "For the date of service {date_of_service} these releases are old: {}. Load the releases of that date before \
                 you bill, or check there.",
                told.join("; ")
            )
        }
    };
    Some(Notice {
        kind: NoticeKind::StaleEdition,
        text,
    })
}

pub(super) fn notice_about(named: &Named, date_of_service: NaiveDate) -> Option<Notice> {
    match named {
        Named::Known { statuses } if statuses.len() > 1 => Some(two_systems(statuses)),
        Named::Known { .. } => None,
        Named::Header { status, children } => Some(header(status, children)),
        Named::NotInForce { history } => not_in_force(history, date_of_service),
        Named::Unsettled { code, neighbours } => Some(Notice {
            kind: NoticeKind::Unsettled,
            text: unsettled(code, neighbours, date_of_service),
        }),
        Named::Unknown {
            written,
            candidates,
            near,
            system_is_loaded,
        } => Some(unknown_notice(written, candidates, near, *system_is_loaded)),
    }
}

fn two_systems(statuses: &[CodeStatus]) -> Notice {
    let labels: Vec<String> = statuses.iter().map(|status| status.code.label()).collect();
    Notice {
        kind: NoticeKind::TwoSystems,
        text: format!(
            "What you wrote is a code in two systems, and both are shown: {}.",
            labels.join(" and ")
        ),
    }
}

fn header(status: &CodeStatus, children: &[CodeStatus]) -> Notice {
    let code = status.code.label();
    let finer = match children {
        [] => String::new(),
        children => format!(" Codes below it: {}.", list(children)),
    };
    Notice {
        kind: NoticeKind::HeaderNotBillable,
        text: format!("{code} is a header and cannot be billed itself; a finer code is needed.{finer}"),
    }
}

fn not_in_force(history: &[CodeStatus], date_of_service: NaiveDate) -> Option<Notice> {
    let first = history.first()?;
    let last = history.last()?;
    let code = last.code.label();
    let text = if date_of_service < first.effective.from() {
        format!(
            "{code} is not in force on {date_of_service}: the oldest loaded release that has it begins on {}.",
            first.effective.from()
        )
    } else {
        match last.effective.to() {
            Some(end) => format!("{code} is not in force on {date_of_service}: its last day was {end}."),
            None => format!("{code} is not in force on {date_of_service}."),
        }
    };
    Some(Notice {
        kind: NoticeKind::NotInForce,
        text,
    })
}

/// Why it cannot be told whether a code was in force on a date, and what each side says.
pub(crate) fn unsettled(code: &Code, neighbours: &Neighbours, date_of_service: NaiveDate) -> String {
    let Neighbours { before, after } = neighbours;
    let says = |neighbour: &Neighbour| match &neighbour.status {
        None => "does not have it",
        Some(status) if status.billable => "has it as billable",
        Some(_) => "has it as a header",
    };
    let label = code.label();
    let Edition { title, .. } = &after.edition;
    match before {
        Some(before) => format!(
            "Whether {label} could be billed on {date_of_service} is not settled by what is loaded: {} {}, and {title}, the \
             next one loaded, {}. Load the release of that date.",
            before.edition.title,
            says(before),
            says(after)
        ),
        None => {
            let begins = after
                .status
                .as_ref()
                .map_or(after.edition.effective.from(), |status| status.effective.from());
            format!(
                "No release loaded says whether {label} could be billed on {date_of_service}. The oldest source loaded that \
                 speaks of it, {title}, does so from {begins} on. Load the release of that date."
            )
        }
    }
}

fn unknown_notice(written: &str, candidates: &[Code], near: &[CodeStatus], system_is_loaded: bool) -> Notice {
    let written: String = written.chars().take(20).collect();
    let systems: Vec<&str> = candidates.iter().map(|code| code.system().label()).collect();
    let systems = systems.join(" or ");
    if near.is_empty() {
        let advice = if system_is_loaded {
            format!("No loaded {systems} release has a code {written}.")
        } else {
            format!("{written} looks like {systems}, and the loaded sources say nothing about it.")
        };
        return Notice {
            kind: NoticeKind::UnknownCode,
            text: advice,
        };
    }
    let doubt = if system_is_loaded {
        "is not a code"
    } else {
        "is not in the loaded sources"
    };
    Notice {
        kind: NoticeKind::NearMiss,
        text: format!("{written} {doubt}. One keystroke away: {}.", list(near)),
    }
}

fn list(statuses: &[CodeStatus]) -> String {
    let named: Vec<String> = statuses
        .iter()
        .map(|status| match &status.title {
            Some(title) => format!("{} ({title})", status.code),
            None => status.code.to_string(),
        })
        .collect();
    named.join("; ")
}
