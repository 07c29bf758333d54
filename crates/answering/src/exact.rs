//! Exact rows for a question: which tables it asks for, and what they say of the codes that it names.

mod asked;
mod coverage;
pub(crate) mod diagnoses;
pub(crate) mod fees;
pub(crate) mod indicators;
mod listing;
pub(crate) mod pairs;
mod risk;
mod says;
mod statuses;

use asked::Asked;
use codecite_codebook::{
    Code, CodeSystem, Edition, Fact, FactKind, FactRow, Licence, Locator, NaiveDate, Setting,
};
use codecite_retrieval::Understanding;
use codecite_tables::{Standing, Tables, TablesError};
pub use fees::{Fees, PaidAt, fees};
pub use listing::{Elsewhere, Unlisted, unlisted};
pub use pairs::{of_code as edits_of, of_pair as edits_of_pair};
pub use says::says;
pub use statuses::history as status_history;
pub(crate) use statuses::row as status_row;

/// So many rows of one kind about one code are shown in an answer.
const MOST_OF_A_KIND: usize = 12;
/// So many codes are listed in one row.
const MOST_LISTED: usize = 60;
/// The values of the fee schedule that an answer shows unless more is asked for.
const USUAL_VALUES: [&str; 14] = [
    "modifier",
    "status indicator",
    "what the status indicator means",
    "global days",
    "what the global days mean",
    "work RVU",
    "PC/TC indicator",
    "multiple procedure indicator",
    "bilateral surgery indicator",
    "assistant at surgery indicator",
    "co-surgeon indicator",
    "team surgery indicator",
    "total non-facility RVU",
    "total facility RVU",
];

/// What one question asks of the tables.
pub(crate) struct Inquiry<'a> {
    pub understanding: &'a Understanding,
    /// The codes, modifiers and places of service that it is about.
    pub subjects: &'a [Code],
    /// As the door or the words say.
    pub setting: Option<Setting>,
    pub date_of_service: NaiveDate,
}

/// What the tables answer.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Rows, in the order in which they are shown.
    pub facts: Vec<Fact>,
    /// Why a fee that was asked for is not among them.
    pub no_fee: Vec<String>,
    /// Which tables that were asked for are not loaded for the date.
    pub not_loaded: Vec<String>,
}

/// The rows that answer a question.
pub(crate) fn find(inquiry: &Inquiry<'_>, tables: &Tables) -> Result<Found, TablesError> {
    let Inquiry {
        understanding,
        subjects,
        setting,
        date_of_service,
    } = *inquiry;
    let mut asked = Asked::of(&understanding.words);
    // Whoever names a code that was replaced wants to know by what, in whatever words.
    asked.crosswalk |= subjects
        .iter()
        .any(|code| matches!(code.system(), CodeSystem::Icd9Cm | CodeSystem::Icd9Pcs));
    let Found {
        mut facts, no_fee, ..
    } = match asked.fee {
        true => paid(inquiry, tables)?,
        false => Found::default(),
    };
    if asked.risk {
        for category in asked::categories(&understanding.words, &asked.models_or_newest()) {
            facts.extend(tables.facts_of(&category, FactKind::HccHierarchy, date_of_service)?);
        }
    }
    facts.extend(edits(inquiry, asked, tables)?);
    facts.extend(statuses::on_dates(inquiry, asked, tables)?);
    facts.extend(diagnoses::conflicts(subjects, date_of_service, tables)?);
    let asks_for_company = diagnoses::named_in(subjects).count() > 1;
    let mut not_loaded = Vec::new();
    for code in subjects {
        let about = About {
            code,
            setting,
            date_of_service,
            tables,
        };
        let usual = about.usual(asked)?.into_iter();
        // A topic file may state many pairs of one code, and most of them are not asked about.
        let usual = usual
            .filter(|fact| fact.kind != FactKind::Ptp || asked.edits || names_both(fact, subjects))
            .filter(|fact| !asks_for_company || diagnoses::rules_on_company(fact));
        let before = facts.len();
        facts.extend(usual);
        if facts.len() == before && pairs::is_procedure(code) {
            facts.extend(about.status()?);
        }
        if asked.coverage {
            facts.extend(coverage::absence(code, date_of_service, tables)?);
        }
        if asked.risk {
            let models = asked.models_or_newest();
            facts.extend(risk::absences(code, &models, date_of_service, tables)?);
            not_loaded.extend(risk::not_loaded(code, date_of_service, tables));
        }
    }
    let mut facts = without_repetition(facts);
    // Stable: what was not asked for by name stays in its order.
    facts.sort_by_key(|fact| !is_asked_by_name(fact.kind, asked));
    Ok(Found {
        facts,
        no_fee,
        not_loaded,
    })
}

/// What Medicare pays for the procedures. That it cannot be worked out is told where a fee schedule is loaded, or a
/// place is named: "is it paid?" does not ask for an amount.
fn paid(inquiry: &Inquiry<'_>, tables: &Tables) -> Result<Found, TablesError> {
    let paid_at = paid_at(inquiry.understanding);
    let has_schedule = || tables.editions().iter().any(fees::is_release);
    let mut found = Found::default();
    for code in inquiry.subjects.iter().filter(|code| pairs::is_procedure(code)) {
        let Fees { rows, why_none } = fees(code, &paid_at, inquiry.date_of_service, tables)?;
        found.facts.extend(rows);
        if paid_at != PaidAt::National || has_schedule() {
            found.no_fee.extend(why_none);
        }
    }
    Ok(found)
}

/// Everything that the tables say of one code on a date, with what it inherits; edits between pairs apart.
pub fn everything_about(
    code: &Code,
    setting: Option<Setting>,
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<Vec<Fact>, TablesError> {
    let about = About {
        code,
        setting,
        date_of_service,
        tables,
    };
    let mut facts = about.facts()?;
    // What has the shape of a diagnosis may be a code of another system, and inherits nothing.
    let is_known = || -> Result<bool, TablesError> {
        let standing = tables.standing_on(code, date_of_service)?;
        Ok(standing != Standing::Unknown || tables.edition_on(code.system(), date_of_service).is_none())
    };
    if is_known()? {
        facts.extend(about.inherited()?);
    }
    Ok(together(code, without_repetition(facts), usize::MAX))
}

fn paid_at(understanding: &Understanding) -> PaidAt {
    let named = |system| {
        understanding
            .places_of_payment
            .iter()
            .find(|code| code.system() == system)
            .cloned()
    };
    named(CodeSystem::Zip)
        .map(PaidAt::Zip)
        .or_else(|| named(CodeSystem::Locality).map(PaidAt::Locality))
        .unwrap_or(PaidAt::National)
}

/// Edits between the procedures named, or of the one that is.
fn edits(inquiry: &Inquiry<'_>, asked: Asked, tables: &Tables) -> Result<Vec<Fact>, TablesError> {
    let procedures: Vec<Code> = inquiry
        .subjects
        .iter()
        .filter(|code| pairs::is_procedure(code))
        .cloned()
        .collect();
    match procedures.as_slice() {
        [code] if asked.edits => pairs::of_code(code, inquiry.setting, inquiry.date_of_service, tables),
        _ => pairs::among(&procedures, inquiry.setting, inquiry.date_of_service, tables),
    }
}

/// What the tables say of one code.
struct About<'a> {
    code: &'a Code,
    setting: Option<Setting>,
    date_of_service: NaiveDate,
    tables: &'a Tables,
}

impl About<'_> {
    /// The rows that an answer shows: the usual ones, and those of the tables asked for.
    fn usual(&self, asked: Asked) -> Result<Vec<Fact>, TablesError> {
        let mut facts = self.facts()?;
        if asked.notes || asked.seventh_characters || self.needs_a_character()? {
            facts.extend(self.inherited()?);
        }
        let mut facts = together(self.code, without_repetition(facts), MOST_LISTED);
        facts.retain(|fact| is_wanted(fact.kind, asked) && is_of_model_asked(fact, asked));
        let mut kept: Vec<Fact> = Vec::with_capacity(facts.len());
        for fact in facts {
            if kept.iter().filter(|known| known.kind == fact.kind).count() < MOST_OF_A_KIND {
                kept.push(if asked.rvus {
                    indicators::explained(fact)
                } else {
                    abridged(fact)
                });
            }
        }
        Ok(kept)
    }

    /// Direct rows; what the starter says of a kind stands back behind an official table of that kind, and the
    /// tables of other settings behind the one asked for.
    fn facts(&self) -> Result<Vec<Fact>, TablesError> {
        let mut facts = self.tables.facts(self.code, self.date_of_service)?;
        facts.extend(self.crosswalk_to_come(&facts)?);
        let is_listed = self.is_listed()?;
        let official: Vec<FactKind> = facts
            .iter()
            .filter(|fact| !self.is_ours(fact))
            .map(|fact| fact.kind)
            .collect();
        let has_edits = self.tables.has_edits(
            Some(self.setting.unwrap_or(Setting::Practitioner)),
            self.date_of_service,
        );
        let stands_back = |fact: &Fact| {
            self.is_ours(fact)
                && (official.contains(&fact.kind)
                    || fact.kind == FactKind::Ptp && has_edits
                    || fact.kind == FactKind::CodeStatus && is_listed)
        };
        let settings: Vec<Setting> = facts.iter().filter_map(|fact| self.setting_of(fact)).collect();
        let wanted = self.setting.unwrap_or(Setting::Practitioner);
        let is_of_other_setting = |fact: &Fact| {
            settings.contains(&wanted) && self.setting_of(fact).is_some_and(|setting| setting != wanted)
        };
        Ok(facts
            .into_iter()
            .filter(|fact| !stands_back(fact) && !is_of_other_setting(fact))
            .filter(|fact| !matches!(fact.kind, FactKind::Note | FactKind::SeventhCharacters))
            .collect())
    }

    /// The mappings of a code of ICD-9 on a day on which it was in force: they were published for the change to come.
    fn crosswalk_to_come(&self, known: &[Fact]) -> Result<Vec<Fact>, TablesError> {
        let is_known = known.iter().any(|fact| fact.kind == FactKind::Crosswalk);
        if is_known || !matches!(self.code.system(), CodeSystem::Icd9Cm | CodeSystem::Icd9Pcs) {
            return Ok(Vec::new());
        }
        for edition in self.tables.editions() {
            let begins = edition.effective.from();
            if edition.source.starts_with("gem-") && begins > self.date_of_service {
                let rows = self.tables.facts_of(self.code, FactKind::Crosswalk, begins)?;
                if !rows.is_empty() {
                    return Ok(rows);
                }
            }
        }
        Ok(Vec::new())
    }

    fn inherited(&self) -> Result<Vec<Fact>, TablesError> {
        if self.code.system() != CodeSystem::Icd10Cm {
            return Ok(Vec::new());
        }
        let mut facts = diagnoses::inherited(self.code, FactKind::Note, self.date_of_service, self.tables)?;
        facts.extend(diagnoses::seventh_characters(
            self.code,
            self.date_of_service,
            self.tables,
        )?);
        Ok(facts)
    }

    /// Its row in an official code set.
    fn status(&self) -> Result<Option<Fact>, TablesError> {
        let status = self.tables.status_on(self.code, self.date_of_service)?;
        let status = status.as_ref().map(status_row);
        Ok(status.filter(|row| !self.is_ours(row)))
    }

    fn is_listed(&self) -> Result<bool, TablesError> {
        Ok(self.tables.status_on(self.code, self.date_of_service)?.is_some())
    }

    /// Whether the code is a diagnosis that cannot be billed as it stands.
    fn needs_a_character(&self) -> Result<bool, TablesError> {
        let status = self.tables.status_on(self.code, self.date_of_service)?;
        Ok(self.code.system() == CodeSystem::Icd10Cm
            && self.code.undotted().len() == 6
            && status.is_none_or(|status| !status.billable))
    }

    fn is_ours(&self, fact: &Fact) -> bool {
        self.tables
            .edition(&fact.edition)
            .is_none_or(|edition| edition.licence == Licence::Project)
    }

    fn setting_of(&self, fact: &Fact) -> Option<Setting> {
        self.tables.edition(&fact.edition)?.ncci_setting()
    }
}

fn is_wanted(kind: FactKind, asked: Asked) -> bool {
    match kind {
        FactKind::CodeStatus
        | FactKind::Hcpcs
        | FactKind::PhysicianFeeSchedule
        | FactKind::AddOn
        | FactKind::Mue
        | FactKind::Ptp
        | FactKind::PlaceOfService
        | FactKind::SeventhCharacters => true,
        FactKind::Change => asked.changes,
        FactKind::Note => asked.notes,
        FactKind::CodeEdit => asked.code_edits,
        FactKind::Crosswalk => asked.crosswalk,
        FactKind::Hcc | FactKind::HccHierarchy | FactKind::RiskEligible => asked.risk,
        FactKind::Coverage => asked.coverage,
        FactKind::Rbcs => asked.classification,
        FactKind::Gpci | FactKind::Locality | FactKind::Anesthesia => asked.fee,
        // One row a locality: the fee shows the one that applies.
        FactKind::OppsCap => false,
    }
}

/// Whether the words of a question name the table that a row, shown in any case, is from.
fn is_asked_by_name(kind: FactKind, asked: Asked) -> bool {
    match kind {
        FactKind::Mue => asked.units,
        FactKind::CodeEdit => asked.code_edits,
        FactKind::AddOn => asked.add_on,
        _ => false,
    }
}

/// Whether a row is of the risk adjustment model asked for; any, if none was named.
fn is_of_model_asked(fact: &Fact, asked: Asked) -> bool {
    let models = asked.models();
    let is_of_one = |category: &str| models.iter().any(|model| risk::is_of_model(category, model));
    models.is_empty() || fact.kind != FactKind::Hcc || fact.value("category").is_some_and(is_of_one)
}

/// A row of the fee schedule with its usual values only.
fn abridged(fact: Fact) -> Fact {
    if fact.kind != FactKind::PhysicianFeeSchedule {
        return fact;
    }
    let is_usual = |row: &FactRow| USUAL_VALUES.contains(&row.label.as_str());
    let is_official = fact.rows.len() > USUAL_VALUES.len();
    Fact {
        rows: fact
            .rows
            .into_iter()
            .filter(|row| !is_official || is_usual(row))
            .collect(),
        ..fact
    }
}

fn names_both(pair: &Fact, codes: &[Code]) -> bool {
    let columns = pair.rows.iter().filter(|row| row.label.starts_with("column"));
    columns
        .filter(|row| codes.iter().any(|code| code.text() == row.value))
        .count()
        >= 2
}

/// The proof that a whole table has no row of `code`: what is `stated`, and by which table with which files.
fn searched_in_vain(
    kind: FactKind,
    code: &Code,
    stated: Vec<FactRow>,
    table: &Edition,
    tables: &Tables,
) -> Fact {
    let mut rows = stated;
    rows.push(table_searched(table, table.rows));
    rows.extend(rows_refused(table, tables));
    rows.extend(files_searched(table));
    Fact {
        kind,
        code: code.clone(),
        also: Vec::new(),
        rows,
        edition: table.id.clone(),
        locator: whole(table),
        effective: table.effective,
    }
}

/// A table as a whole, where no row is to be cited.
fn whole(table: &Edition) -> Locator {
    Locator {
        document: table.title.clone(),
        section: None,
        place: None,
        url: None,
    }
}

/// Under which a proof of absence says that the table was not read whole.
pub(crate) const ROWS_REFUSED: &str = "rows refused when it was read";

/// That rows of the table were refused, among which may be the one that was looked for.
fn rows_refused(table: &Edition, tables: &Tables) -> Option<FactRow> {
    let refused = tables.refused_rows(&table.id);
    (refused > 0).then(|| FactRow {
        label: ROWS_REFUSED.into(),
        value: format!(
            "{refused}; `codecite editions --findings {}` names them, and what was looked for may be among them",
            table.id
        ),
    })
}

/// Where a row was looked for in vain.
fn table_searched(edition: &Edition, rows: u64) -> FactRow {
    FactRow {
        label: "table searched".into(),
        value: format!("{}, {rows} rows", edition.title),
    }
}

/// The files that such a table was read from, by which anybody can repeat the search.
fn files_searched(edition: &Edition) -> impl Iterator<Item = FactRow> {
    edition.files.iter().map(|file| FactRow {
        label: "SHA-256 of the file".into(),
        value: format!("{} ({})", file.sha256, file.name),
    })
}

fn without_repetition(facts: Vec<Fact>) -> Vec<Fact> {
    let mut kept: Vec<Fact> = Vec::with_capacity(facts.len());
    for fact in facts {
        let is_known = |known: &Fact| {
            let is_same_pair = known.kind == FactKind::Ptp || known.code == fact.code;
            known.kind == fact.kind && is_same_pair && known.rows == fact.rows
        };
        if !kept.iter().any(is_known) {
            kept.push(fact);
        }
    }
    kept
}

/// Add-on rows are one a pair in the official table: they become one for the primaries of a code and one for its
/// add-on codes, because a code can have hundreds.
fn together(code: &Code, facts: Vec<Fact>, most_listed: usize) -> Vec<Fact> {
    let is_pair = |fact: &Fact| fact.kind == FactKind::AddOn && fact.value("add-on code").is_some();
    let (pairs, mut others): (Vec<Fact>, Vec<Fact>) = facts.into_iter().partition(is_pair);
    let (as_add_on, as_primary): (Vec<Fact>, Vec<Fact>) =
        pairs.into_iter().partition(|fact| fact.code == *code);
    let as_primary = group(
        as_primary,
        code,
        "add-on code",
        "add-on codes that it is a primary of",
        most_listed,
    );
    let grouped = [
        group(as_add_on, code, "primary code", "primary codes", most_listed),
        as_primary.map(without_type),
    ];
    others.extend(grouped.into_iter().flatten());
    others.sort_by_key(|fact| FactKind::ALL.iter().position(|kind| *kind == fact.kind));
    others
}

/// A row about a primary code. The type is that of its add-on codes, and beside the primary it would make an add-on of it.
fn without_type(mut fact: Fact) -> Fact {
    fact.rows
        .retain(|row| !matches!(row.label.as_str(), "add-on code type" | "what the type means"));
    fact
}

fn group(pairs: Vec<Fact>, code: &Code, column: &str, label: &str, most_listed: usize) -> Option<Fact> {
    let first = pairs.first()?.clone();
    let partners: Vec<&str> = pairs.iter().filter_map(|pair| pair.value(column)).collect();
    let mut rows: Vec<FactRow> = first
        .rows
        .iter()
        .filter(|row| !matches!(row.label.as_str(), "add-on code" | "primary code"))
        .cloned()
        .collect();
    let shown = partners
        .iter()
        .take(most_listed)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let more = partners.len().saturating_sub(most_listed);
    rows.push(FactRow {
        label: label.to_owned(),
        value: if more == 0 {
            shown
        } else {
            format!("{shown} and {more} more, which a look-up of {code} lists")
        },
    });
    Some(Fact {
        code: code.clone(),
        also: pairs
            .iter()
            .flat_map(|pair| pair.also.clone())
            .filter(|other| other != code)
            .collect(),
        rows,
        ..first
    })
}
