//! Look up: what the tables say of every code that the question names. Shape proposed, the tables decide.

mod notices;

use crate::event::{Notice, NoticeKind};
use crate::exact::{self, Found, Inquiry, Unlisted, unlisted};
use codecite_codebook::{Code, CodeStatus, CodeSystem, Edition, Fact, FactKind, Locator, NaiveDate, Passage};
use codecite_retrieval::{Evidence, Mention, Setting, Understanding};
use codecite_tables::{Neighbours, Standing, Tables, TablesError};
pub use notices::about_rows;
use notices::{notice_about, stale_editions, stale_tables, unlisted_notice};
pub(crate) use notices::{stale_notice, stale_rows, unsettled};

/// What the tables say of one question.
#[derive(Clone, Debug, Default)]
pub struct LookedUp {
    /// One entry a code that was written, in the order of the question.
    pub named: Vec<Named>,
    /// Exact rows about the codes that are in force.
    pub facts: Vec<Fact>,
    /// Rows of codes that are not: of the nearest time in which they are, and of what changed.
    pub of_other_times: Vec<Fact>,
    /// Why a fee that was asked for is not among the rows.
    pub no_fee: Vec<String>,
    /// Which tables that were asked for are not loaded for the date.
    pub not_loaded: Vec<String>,
    /// Procedures that the physician fee schedule of the date does not list.
    pub unlisted: Vec<Unlisted>,
    /// Editions of the codes and of the rows whose publisher has replaced them by the date of service.
    pub stale: Vec<Edition>,
}

/// What the tables say of one code as it was written.
#[derive(Clone, Debug)]
pub enum Named {
    /// In force and billable; two entries where two systems have it.
    Known {
        /// One row a system.
        statuses: Vec<CodeStatus>,
    },
    /// In force, but it has finer codes below it.
    Header {
        /// The header's row.
        status: CodeStatus,
        /// Some of the billable codes below it, in the order of the code set.
        children: Vec<CodeStatus>,
    },
    /// In some loaded edition, but not on the date of service.
    NotInForce {
        /// Its rows in all editions, oldest first; never empty.
        history: Vec<CodeStatus>,
    },
    /// In some loaded edition, and what is loaded does not settle whether it was in force on the date of service.
    Unsettled {
        /// The code.
        code: Code,
        /// What the releases on both sides of the date say.
        neighbours: Box<Neighbours>,
    },
    /// In no loaded edition.
    Unknown {
        /// As it was written.
        written: String,
        /// The codes that it could be by its shape.
        candidates: Vec<Code>,
        /// Codes in force that differ in one keystroke.
        near: Vec<CodeStatus>,
        /// Whether an edition of any of those systems is loaded that lists every code of that date.
        system_is_loaded: bool,
    },
}

impl Named {
    /// A code of a code set that another one replaced, in force on the date or not: who asks about it asks by what.
    fn replaced(&self) -> Option<&Code> {
        let status = match self {
            Self::NotInForce { history } => history.last()?,
            Self::Known { statuses } => statuses.first()?,
            _ => return None,
        };
        let code = &status.code;
        matches!(code.system(), CodeSystem::Icd9Cm | CodeSystem::Icd9Pcs).then_some(code)
    }

    /// The codes of which no loaded edition can tell whether they exist.
    pub(crate) fn undecided(&self) -> &[Code] {
        match self {
            Self::Unsettled { code, .. } => std::slice::from_ref(code),
            Self::Unknown {
                candidates,
                system_is_loaded: false,
                ..
            } => candidates,
            _ => &[],
        }
    }

    /// The codes of which no official code set has the last word.
    fn in_doubt(&self) -> Vec<&Code> {
        match self {
            Self::Known { statuses } => statuses.iter().map(|status| &status.code).collect(),
            Self::Unknown { candidates, .. } => candidates.iter().collect(),
            Self::Unsettled { code, .. } => vec![code],
            Self::Header { .. } | Self::NotInForce { .. } => Vec::new(),
        }
    }
}

/// How many codes below a header, or near a typo, are shown.
const SHOWN: usize = 8;
/// How many codes of one range, such as 99202–99215, are told of.
const RANGE: usize = 20;

impl LookedUp {
    /// Asks the tables for everything that the question names.
    pub fn look_up(
        understanding: &Understanding,
        tables: &Tables,
        setting: Option<Setting>,
        date_of_service: NaiveDate,
    ) -> Result<Self, TablesError> {
        let mut looked_up = Self::default();
        for mention in &understanding.mentions {
            for (written, candidates) in candidates_of(mention, tables)? {
                let named = look_up_one(&written, &candidates, tables, date_of_service)?;
                for code in named.in_doubt() {
                    looked_up
                        .unlisted
                        .extend(unlisted(code, date_of_service, tables)?);
                }
                looked_up.named.push(named);
            }
        }
        let mut subjects = looked_up.codes_to_seek();
        subjects.extend(looked_up.named.iter().filter_map(Named::replaced).cloned());
        subjects.extend(understanding.modifiers.iter().cloned());
        subjects.extend(understanding.places_of_service.iter().cloned());
        let inquiry = Inquiry {
            understanding,
            subjects: &subjects,
            setting,
            date_of_service,
        };
        let Found {
            facts,
            no_fee,
            not_loaded,
        } = exact::find(&inquiry, tables)?;
        looked_up.not_loaded = not_loaded;
        looked_up.facts = facts;
        looked_up.of_other_times = looked_up.rows_of_other_times(date_of_service, tables)?;
        looked_up.no_fee = no_fee;
        looked_up.stale = stale_editions(understanding, &looked_up, tables, date_of_service);
        let of_rows = stale_tables(&looked_up, tables, date_of_service);
        looked_up.stale.extend(of_rows);
        Ok(looked_up)
    }

    /// For each named code that is not in force: its row of the nearest time in which it is, and what changed.
    fn rows_of_other_times(
        &self,
        date_of_service: NaiveDate,
        tables: &Tables,
    ) -> Result<Vec<Fact>, TablesError> {
        let mut rows = Vec::new();
        for named in &self.named {
            let Named::NotInForce { history } = named else {
                continue;
            };
            let has_ended =
                |status: &&CodeStatus| status.effective.to().is_some_and(|end| end < date_of_service);
            let nearest = history.iter().rfind(has_ended).or(history.first());
            let is_told = |status: &&CodeStatus| {
                let mut facts = self.facts.iter();
                !facts.any(|fact| fact.kind == FactKind::CodeStatus && fact.code == status.code)
            };
            let Some(nearest) = nearest.filter(is_told) else {
                continue;
            };
            rows.push(exact::status_row(nearest));
            rows.extend(tables.facts_of(&nearest.code, FactKind::Change, date_of_service)?);
        }
        Ok(rows)
    }

    /// Every row that an answer shows.
    pub fn shown(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().chain(&self.of_other_times)
    }

    /// Every named code that is in force, headers included.
    pub fn codes_in_force(&self) -> Vec<Code> {
        let mut codes: Vec<Code> = Vec::new();
        for named in &self.named {
            let found: Vec<&CodeStatus> = match named {
                Named::Known { statuses } => statuses.iter().collect(),
                Named::Header { status, .. } => vec![status],
                Named::NotInForce { .. } | Named::Unsettled { .. } | Named::Unknown { .. } => vec![],
            };
            for status in found {
                if !codes.contains(&status.code) {
                    codes.push(status.code.clone());
                }
            }
        }
        codes
    }

    /// Every named code that passages may be about: those in force, and those that no loaded edition could
    /// deny. The starter rules on a few diagnosis codes while no order file is loaded.
    pub fn codes_to_seek(&self) -> Vec<Code> {
        let mut codes = self.codes_in_force();
        codes.extend(self.named.iter().flat_map(Named::undecided).cloned());
        codes
    }

    /// The rows of each named code that had ended by the date of service.
    pub(crate) fn retired(&self) -> Vec<&[CodeStatus]> {
        let ended = self.named.iter().filter_map(|named| match named {
            Named::NotInForce { history } => history.last()?.effective.to().map(|_| history.as_slice()),
            _ => None,
        });
        ended.collect()
    }

    /// The named codes that had ended by the date of service. Passages written since then may say what is reported
    /// instead.
    pub fn codes_ended(&self) -> Vec<Code> {
        let last = self.retired().into_iter().filter_map(<[CodeStatus]>::last);
        last.map(|last| last.code.clone()).collect()
    }

    /// The codes that took the place of a named one, as the crosswalk says.
    pub fn crosswalk_targets(&self) -> Vec<Code> {
        let named: Vec<&Code> = self.named.iter().filter_map(Named::replaced).collect();
        let rows = self
            .facts
            .iter()
            .filter(|fact| fact.kind == FactKind::Crosswalk && named.contains(&&fact.code));
        let mut targets: Vec<Code> = rows.flat_map(|fact| fact.also.iter().cloned()).collect();
        targets.dedup();
        targets.truncate(SHOWN);
        targets
    }

    /// That rows shown are those of another setting than the question is about, which is that of practitioner claims if
    /// unsaid. The NCCI publishes its pairs and units of service apart for practitioners, outpatient hospitals and
    /// suppliers, with other values for many codes.
    pub fn other_setting(&self, setting: Option<Setting>) -> Option<Notice> {
        let wanted = setting.unwrap_or(Setting::Practitioner);
        let by_setting = |fact: &&Fact| matches!(fact.kind, FactKind::Mue | FactKind::Ptp);
        let mut settings = self
            .facts
            .iter()
            .filter(by_setting)
            .filter_map(|fact| ncci_setting_of(&fact.locator));
        let other = settings.find(|setting| *setting != wanted)?;
        let told = |setting: Setting| setting.as_str().replace('_', " ");
        let asked = match setting {
            Some(setting) => format!("You ask about the setting {}", told(setting)),
            None => "A question that names no setting is about practitioner claims".to_owned(),
        };
        Some(Notice {
            kind: NoticeKind::OtherSetting,
            text: format!(
                "The NCCI rows shown are those of {} claims. {asked}, which has tables of its own: check the pair or the \
                 units there.",
                told(other)
            ),
        })
    }

    /// What a reader should know before relying on the answer. A code that the evidence speaks of needs no
    /// notice that nobody knows it.
    pub fn notices(&self, evidence: Option<&Evidence>, date_of_service: NaiveDate) -> Vec<Notice> {
        let is_spoken_of = |code: &Code| {
            let has_row = self
                .facts
                .iter()
                .any(|fact| fact.code == *code || fact.also.contains(code));
            let has_passage = evidence
                .is_some_and(|evidence| evidence.iter().any(|found| found.passage.about.contains(code)));
            has_row || has_passage
        };
        let mut notices: Vec<Notice> = self
            .named
            .iter()
            .filter(|named| {
                matches!(named, Named::Unsettled { .. }) || !named.undecided().iter().any(is_spoken_of)
            })
            .filter(|named| {
                !self
                    .unlisted
                    .iter()
                    .any(|unlisted| named.undecided().contains(&unlisted.code))
            })
            .filter_map(|named| notice_about(named, date_of_service))
            .collect();
        notices.extend(
            self.unlisted
                .iter()
                .filter(|unlisted| unlisted.elsewhere.is_some() || !is_spoken_of(&unlisted.code))
                .map(|unlisted| unlisted_notice(unlisted, date_of_service)),
        );
        let told = |kind| {
            move |why: &String| Notice {
                kind,
                text: why.clone(),
            }
        };
        notices.extend(self.no_fee.iter().map(told(NoticeKind::NoFee)));
        notices.extend(self.not_loaded.iter().map(told(NoticeKind::NotLoaded)));
        notices
    }
}

/// Whose claims a table of the NCCI is for, by its name.
pub(crate) fn ncci_setting_of(locator: &Locator) -> Option<Setting> {
    let document = locator.document.to_lowercase();
    [
        ("practitioner", Setting::Practitioner),
        ("outpatient hospital", Setting::OutpatientHospital),
        ("dme supplier", Setting::Dme),
    ]
    .into_iter()
    .find_map(|(name, setting)| document.contains(name).then_some(setting))
}

/// The candidates of a mention with how each is written, one list a code. A range brings both of its ends, and
/// of the codes between them those that some edition has.
fn candidates_of(mention: &Mention, tables: &Tables) -> Result<Vec<(String, Vec<Code>)>, TablesError> {
    let ranges = mention.ranges();
    if ranges.is_empty() {
        return Ok(vec![(mention.written.clone(), mention.candidates.clone())]);
    }
    let mut found = Vec::new();
    for (first, last) in ranges {
        let mut codes = vec![first.clone()];
        for code in between(&first, &last) {
            if codes.len() < RANGE && !tables.history(&code)?.is_empty() {
                codes.push(code);
            }
        }
        codes.push(last);
        found.extend(codes.into_iter().map(|code| (code.to_string(), vec![code])));
    }
    Ok(found)
}

/// What could be a code between two others that differ in their last digits, ends left out: most numbers
/// between two CPT codes are no codes. Other systems do not count upwards in digits.
fn between(first: &Code, last: &Code) -> impl Iterator<Item = Code> {
    let system = first.system();
    let digits_of = |code: &Code| {
        code.text()
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .to_owned()
    };
    let (low, high) = (digits_of(first), digits_of(last));
    let prefix = first.text().trim_end_matches(&low).to_owned();
    let width = low.len();
    let counts_up = matches!(system, CodeSystem::Cpt | CodeSystem::Hcpcs) && last.text().starts_with(&prefix);
    let numbers = match (low.parse::<u32>(), high.parse::<u32>()) {
        (Ok(low), Ok(high)) if counts_up => low + 1..high,
        _ => 0..0,
    };
    numbers.filter_map(move |number| Code::parse(system, &format!("{prefix}{number:0width$}")).ok())
}

fn look_up_one(
    written: &str,
    candidates: &[Code],
    tables: &Tables,
    date_of_service: NaiveDate,
) -> Result<Named, TablesError> {
    let (mut in_force, mut unsettled, mut not_in_force) = (Vec::new(), None, None);
    for code in candidates {
        match tables.standing_on(code, date_of_service)? {
            Standing::InForce(status) => in_force.push(status),
            Standing::Unsettled(neighbours) => {
                unsettled.get_or_insert(Named::Unsettled {
                    code: code.clone(),
                    neighbours,
                });
            }
            Standing::NotInForce { history } => {
                not_in_force.get_or_insert(Named::NotInForce { history });
            }
            Standing::Unknown => {}
        }
    }
    if let [header] = in_force.as_slice()
        && !header.billable
    {
        let children = tables.children(&header.code, date_of_service, SHOWN)?;
        return Ok(Named::Header {
            status: in_force.remove(0),
            children,
        });
    }
    if !in_force.is_empty() {
        return Ok(Named::Known { statuses: in_force });
    }
    if let Some(named) = unsettled.or(not_in_force) {
        return Ok(named);
    }
    unknown(written, candidates, tables, date_of_service)
}

fn unknown(
    written: &str,
    candidates: &[Code],
    tables: &Tables,
    date_of_service: NaiveDate,
) -> Result<Named, TablesError> {
    let mut near = Vec::new();
    let mut system_is_loaded = false;
    for code in candidates {
        near.extend(tables.near(code, date_of_service, SHOWN)?);
        system_is_loaded |= tables.lists_all_like(code, date_of_service);
    }
    near.truncate(SHOWN);
    Ok(Named::Unknown {
        written: written.to_owned(),
        candidates: candidates.to_vec(),
        near,
        system_is_loaded,
    })
}

/// Whether a code that a source names may be named in an answer: it is in force, or no loaded edition can
/// tell. The starter lists only the codes that it is about, and a release that its publisher has replaced by
/// the date of service does not know the newer codes. A code that is retired may be named where the evidence tells of
/// its end.
pub(crate) fn may_be_named(
    tables: &Tables,
    code: &Code,
    evidence: &Evidence,
    date_of_service: NaiveDate,
) -> Result<bool, TablesError> {
    Ok(match tables.standing_on(code, date_of_service)? {
        Standing::InForce(_) | Standing::Unsettled(_) => true,
        Standing::NotInForce { history } => {
            let mut passages = evidence.iter().map(|numbered| numbered.passage);
            passages.any(|passage| tells_of_an_end(passage, code, &history))
        }
        Standing::Unknown => !tables.lists_all_like(code, date_of_service),
    })
}

/// Whether a passage about a retired code was written after its end: that it ended is then what there is to say of it.
pub(crate) fn tells_of_an_end(passage: &Passage, code: &Code, history: &[CodeStatus]) -> bool {
    let end = history.last().and_then(|last| last.effective.to());
    passage.about.contains(code) && end.is_some_and(|end| end < passage.effective.from())
}
