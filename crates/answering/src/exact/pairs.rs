//! Procedure-to-procedure edits as facts: of a pair, of one code with every partner, and the proof that a pair
//! has none.

use codecite_codebook::{
    Code, CodeSystem, EffectiveRange, Fact, FactKind, FactRow, ModifierIndicator, NaiveDate, PtpEdit, Setting,
};
use codecite_tables::{PairAnswer, PtpRow, Searched, Tables, TablesError};

/// The modifiers that may bypass an edit of indicator 1, by what they say (NCCI Policy Manual, chapter I, section E).
const NCCI_ASSOCIATED: [(&str, &[&str]); 3] = [
    (
        "anatomical",
        &[
            "E1", "E2", "E3", "E4", "FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "TA", "T1",
            "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "LT", "RT", "LC", "LD", "RC", "LM", "RI",
        ],
    ),
    ("global surgery", &["24", "25", "57", "58", "78", "79"]),
    ("other", &["27", "59", "91", "XE", "XS", "XP", "XU"]),
];

/// Whether a modifier may bypass an edit of indicator 1.
pub(crate) fn is_ncci_associated(modifier: &Code) -> bool {
    NCCI_ASSOCIATED
        .iter()
        .any(|(_, modifiers)| modifiers.contains(&modifier.text()))
}

fn ncci_associated() -> String {
    let groups = NCCI_ASSOCIATED.map(|(group, modifiers)| format!("{group} {}", modifiers.join(", ")));
    groups.join("; ")
}

/// Of several codes, the pairs of so many are looked up.
const MOST_CODES: usize = 8;
/// So many partners of one code are listed.
const MOST_PARTNERS: usize = 60;

/// Whether procedure-to-procedure edits can name a code of that system.
pub(crate) fn is_procedure(code: &Code) -> bool {
    matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs)
}

/// What the tables say of every pair among `codes`; nothing where no table is in force.
pub fn among(
    codes: &[Code],
    setting: Option<Setting>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let procedures: Vec<&Code> = codes
        .iter()
        .filter(|code| is_procedure(code))
        .take(MOST_CODES)
        .collect();
    let mut facts = Vec::new();
    for (place, one) in procedures.iter().enumerate() {
        for other in &procedures[place + 1..] {
            facts.extend(of_pair(one, other, setting, date_of_service, tables)?);
        }
    }
    Ok(facts)
}

/// What the tables say of one pair: its edits in force, or that there is none.
pub fn of_pair(
    one: &Code,
    other: &Code,
    setting: Option<Setting>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let setting = table_of(setting, date_of_service, tables);
    let PairAnswer {
        edits,
        others,
        searched,
    } = tables.edits_between(one, other, setting, date_of_service)?;
    let mut facts: Vec<Fact> = edits.iter().map(|row| with_modifiers(row, one)).collect();
    for table in searched {
        if edits.iter().all(|row| row.edition != table.edition.id) {
            let ended = others.iter().filter(|row| row.edition == table.edition.id);
            facts.push(absence(one, other, &table, ended, date_of_service, tables));
        }
    }
    Ok(facts)
}

/// The tables of practitioner claims unless the question says otherwise or there are none.
fn table_of(setting: Option<Setting>, date_of_service: NaiveDate, tables: &Tables) -> Option<Setting> {
    let wanted = setting.unwrap_or(Setting::Practitioner);
    tables.has_edits(Some(wanted), date_of_service).then_some(wanted)
}

fn with_modifiers(row: &PtpRow, one: &Code) -> Fact {
    let mut fact = row.fact(one);
    if row.edit.indicator == ModifierIndicator::Allowed {
        fact.rows
            .push(self::row("modifiers that can bypass it", &ncci_associated()));
    }
    fact
}

/// That no edit of the pair is in force: which table was searched, how many rows it has, and from which files it
/// was read.
fn absence<'a>(
    one: &Code,
    other: &Code,
    table: &Searched,
    ended: impl Iterator<Item = &'a PtpRow>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Fact {
    let edition = &table.edition;
    let mut rows = vec![
        row("codes", &format!("{one} and {other}, in either order")),
        row("edit", &format!("none in force on {date_of_service}")),
        super::table_searched(edition, table.rows),
    ];
    rows.extend(super::rows_refused(edition, tables));
    for ended in ended {
        rows.push(row("earlier edit", &told(&ended.edit)));
    }
    rows.extend(super::files_searched(edition));
    Fact {
        kind: FactKind::Ptp,
        code: one.clone(),
        also: vec![other.clone()],
        rows,
        edition: edition.id.clone(),
        locator: super::whole(edition),
        effective: edition.effective,
    }
}

/// `38500 in column 1, 38900 in column 2, indicator 1, since 2010-01-01 through 2012-12-31, row 7`.
fn told(edit: &PtpEdit) -> String {
    let since = match edit.begins_as_published {
        true => format!(", {}", edit.effective),
        false => edit
            .effective
            .to()
            .map(|day| format!(", through {day}"))
            .unwrap_or_default(),
    };
    format!(
        "{} in column 1, {} in column 2, indicator {}{since}, row {}",
        edit.column1, edit.column2, edit.indicator, edit.row
    )
}

/// Every edit of one code as one fact a table: how many there are, and the partners with indicator and row.
pub fn of_code(
    code: &Code,
    setting: Option<Setting>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let setting = table_of(setting, date_of_service, tables);
    let found = tables.edits_of(code, setting, date_of_service, MOST_PARTNERS)?;
    Ok(found
        .into_iter()
        .map(|(table, edits, total)| partners(code, &table, &edits, total))
        .collect())
}

fn partners(code: &Code, table: &Searched, edits: &[PtpRow], total: u64) -> Fact {
    let mut rows = vec![row(
        "edits in force",
        &format!(
            "{total} with {code} in either column, in {} ({} rows)",
            table.edition.title, table.rows
        ),
    )];
    for PtpRow { edit, .. } in edits {
        let (label, partner) = match edit.column1 == *code {
            true => ("column 2 under it", &edit.column2),
            false => ("column 1 over it", &edit.column1),
        };
        rows.push(row(
            label,
            &format!("{partner}, indicator {}, row {}", edit.indicator, edit.row),
        ));
    }
    let shown = edits.len() as u64;
    if shown < total {
        rows.push(row(
            "not listed here",
            &format!("{} more; `codecite edits {code}` lists all", total - shown),
        ));
    }
    Fact {
        kind: FactKind::Ptp,
        code: code.clone(),
        also: Vec::new(),
        rows,
        edition: table.edition.id.clone(),
        locator: super::whole(&table.edition),
        effective: EffectiveRange::since(table.edition.effective.from()),
    }
}

fn row(label: &str, value: &str) -> FactRow {
    FactRow {
        label: label.to_owned(),
        value: value.to_owned(),
    }
}
