//! Changes as tables with a header, one a kind of change.

use super::{Change, What, draft, finish};
use crate::draft::Job;
use crate::error::IngestError;
use crate::reading::Reading;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Code, CodeSystem};

/// What a row says: the change, the title, and whether the code is billable.
type Said = Result<(What, String, bool), String>;

/// What one kind of table lists.
struct Kind {
    /// Its columns beside the code.
    columns: &'static [&'static str],
    /// One of these stands in the name of a table whose columns do not say what it lists.
    named: &'static [&'static str],
    source: &'static str,
    what: &'static str,
    change: fn(&SheetRow<'_>) -> Said,
}

/// The stricter before the more lenient.
const KINDS: [Kind; 4] = [
    Kind {
        columns: &["previous_long_title", "new_long_title", "billable"],
        named: &[""],
        source: "icd-10-cm-changes-retitled",
        what: "codes with a revised title",
        change: retitled,
    },
    Kind {
        columns: &["was_billable", "long_title"],
        named: &[""],
        source: "icd-10-cm-changes-deleted",
        what: "codes deleted",
        change: deleted,
    },
    Kind {
        columns: &["billable", "long_title"],
        named: &["added", "addition", "new"],
        source: "icd-10-cm-changes-added",
        what: "codes added",
        change: added,
    },
    Kind {
        columns: &["long_title"],
        named: &["header"],
        source: "icd-10-cm-changes-headers",
        what: "codes that became headers",
        change: became_header,
    },
];

const CODE: &str = "code_dotted";

pub(in super::super) fn recognises(name: &str, head: &[u8]) -> bool {
    kind_of(&[name], head).is_some()
}

fn kind_of(names: &[&str], bytes: &[u8]) -> Option<(&'static Kind, Sheet)> {
    let sheet = Sheet::find(bytes, b',', &[CODE])?;
    let names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let is_named = |word: &str| names.iter().any(|name| name.contains(word));
    let fits = |kind: &&Kind| {
        kind.columns.iter().all(|column| sheet.has(column)) && kind.named.iter().any(|word| is_named(word))
    };
    let kind = KINDS.iter().find(fits)?;
    Some((kind, sheet))
}

pub(in super::super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let (kind, sheet) =
        kind_of(&job.names(), job.bytes()).ok_or_else(|| job.misshapen(unknown_kind(job.bytes())))?;
    let draft = draft(
        job,
        kind.source,
        kind.what,
        "a name such as icd10cm_fy2027_added.csv",
    )?;
    let change = |row: SheetRow<'_>| match change(kind, &row) {
        Ok(change) => Ok(vec![change]),
        Err(why) => Err((row.line, why)),
    };
    finish(draft, sheet.rows().map(|row| row.and_then(change)), true)
}

/// Why a table is none of them, and what would make it one.
fn unknown_kind(bytes: &[u8]) -> String {
    let is_titled = Sheet::find(bytes, b',', &[CODE]).is_some_and(|sheet| sheet.has("long_title"));
    if !is_titled {
        return format!(
            "a header with {CODE} and long_title (of revised titles previous_long_title and new_long_title) was expected"
        );
    }
    let unnamed = KINDS.iter().filter(|kind| kind.named != [""]);
    let told: Vec<String> = unnamed
        .map(|kind| format!("{} ({})", kind.named.join(", "), kind.what))
        .collect();
    format!(
        "its columns do not say what its codes are, and its name has none of the words that do: {}; rename it, such as to \
         icd10cm_fy2027_added.csv or icd10cm_fy2027_billable_to_header.csv",
        told.join(" or ")
    )
}

fn change(kind: &Kind, row: &SheetRow<'_>) -> Result<Change, String> {
    let code = Code::parse(CodeSystem::Icd10Cm, row.get(CODE)).map_err(|error| error.to_string())?;
    let (what, title, billable) = (kind.change)(row).map_err(|why| format!("{code}: {why}"))?;
    if title.is_empty() {
        return Err(format!("{code} has no title"));
    }
    Ok(Change {
        line: row.line,
        code,
        what,
        title,
        billable,
    })
}

fn added(row: &SheetRow<'_>) -> Said {
    Ok((
        What::Added,
        row.get("long_title").into(),
        flag(row.get("billable"))?,
    ))
}

fn deleted(row: &SheetRow<'_>) -> Said {
    Ok((
        What::Deleted,
        row.get("long_title").into(),
        flag(row.get("was_billable"))?,
    ))
}

fn retitled(row: &SheetRow<'_>) -> Said {
    let before = row.get("previous_long_title").to_owned();
    Ok((
        What::Retitled { before },
        row.get("new_long_title").into(),
        flag(row.get("billable"))?,
    ))
}

fn became_header(row: &SheetRow<'_>) -> Said {
    Ok((What::BecameHeader, row.get("long_title").into(), false))
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}
