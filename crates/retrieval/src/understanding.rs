//! What a question asks, as far as its words tell. Pure and synchronous: no index, no tables, no clock.

mod dates;
mod guards;
mod intent;
mod mentions;
mod modifiers;
mod normal;
mod places_of_payment;
mod replaced;
mod scan;
mod setting;
#[cfg(test)]
mod tests;
mod words;

pub use codecite_codebook::Setting;
pub use intent::Intent;
pub use mentions::Mention;

use codecite_codebook::{Code, CodeSystem, NaiveDate};
use mentions::Placed;
use regex::Regex;
use scan::Scan;
use std::sync::LazyLock;

/// What a question asks, as far as its words tell. Shape proposes, the tables decide.
///
/// It carries the asker's words, so it is not to be logged; [`std::fmt::Debug`] leaves them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Understanding {
    /// Codes in the order in which they are first named; each once, with all modifiers written with it.
    pub mentions: Vec<Mention>,
    /// Every modifier that is named, with a code or by itself, in order, each once.
    pub modifiers: Vec<Code>,
    /// Every place of service that is named as such, in order, each once.
    pub places_of_service: Vec<Code>,
    /// The date in the words, if they give one.
    pub date_of_service: Option<NaiveDate>,
    /// Every date in the words, in their order.
    pub dates: Vec<NaiveDate>,
    /// ZIP codes and payment localities that are named as such, in order.
    pub places_of_payment: Vec<Code>,
    /// What was meant as that date and gives none, as it was written: "13/13/2026", "last spring". The asker
    /// should be told that it was not read.
    pub unread_date: Option<String>,
    /// The setting, if the words or a place of service tell.
    pub setting: Option<Setting>,
    /// Systems asked for by name ("which ICD-10-CM code"); not those that a code is called by.
    pub systems: Vec<CodeSystem>,
    /// What kind of answer is wanted.
    pub intent: Intent,
    /// What remains to search by meaning, without codes, dates and courtesy; may be empty.
    pub words: String,
}

impl std::fmt::Debug for Understanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Understanding")
            .field("mentions", &self.mentions.len())
            .field("modifiers", &self.modifiers)
            .field("intent", &self.intent)
            .field("systems", &self.systems)
            .field("words", &format_args!("{} bytes", self.words.len()))
            .finish_non_exhaustive()
    }
}

/// Reads a question. `today` completes dates without a year and relative ones.
///
/// What is certain is read first and taken out, so that a date is no range of codes and `POS 22` no modifier.
pub fn understand(question: &str, today: NaiveDate) -> Understanding {
    let mut scan = Scan::new(normal::normalise(question));
    let dates = dates::find(&mut scan, today);
    let places_of_service = modifiers::find_places(&mut scan);
    let cued = modifiers::find(&mut scan);
    let places_of_payment = places_of_payment::find(&mut scan);
    guards::guard(&mut scan);
    let mut placed = replaced::find(&mut scan);
    placed.extend(mentions::find(&mut scan));
    placed.sort_by_key(|found| found.span.start);
    attach(&mut placed, &cued, &scan.text);
    hush_names_of_systems(&mut scan, &placed);

    let systems = intent::systems(&scan.words);
    let modifiers = in_order(&placed, &cued);
    let mentions = mentions::merge(placed);
    let setting = setting::find(&scan.text, &places_of_service, &mentions);
    let named = intent::Named {
        codes: mentions
            .iter()
            .map(|mention| if mention.range_end.is_some() { 2 } else { 1 })
            .sum(),
        modifiers: modifiers.len(),
        places: places_of_service.len(),
    };
    let mut intent = intent::judge(&scan.text, &scan.words, named);
    let mut words = words::remaining(&scan.words, intent);
    if let Some(described) = sought_beside(&scan, intent, named, &systems) {
        (intent, words) = (Intent::FindCode, described);
    }
    Understanding {
        intent,
        words,
        mentions,
        modifiers,
        places_of_service,
        date_of_service: dates.service,
        dates: dates.all,
        places_of_payment,
        unread_date: dates.unread,
        setting,
        systems,
    }
}

/// Compiles the patterns that reading needs, about a tenth of a second of work. A service calls it before it
/// says that it is ready, so that the first question does not wait for it.
pub fn warm_up() {
    let questions = [
        "Which ICD-10-CM code for gout on 2/14/2026 at POS 11, E11.9 or E11.-?",
        "Can I use modifier 25 with 99213-25 x2 on the same day as 20610 RT? 99202-99205",
    ];
    for question in questions {
        understand(question, NaiveDate::MIN);
    }
}

/// What describes another code than the ones named, if such a one is sought: "E11.9 was denied, what ICD-10 code
/// should I use for type 2 diabetes with neuropathy?" What stands before the request speaks of the named code.
fn sought_beside(
    scan: &Scan,
    intent: Intent,
    named: intent::Named,
    systems: &[CodeSystem],
) -> Option<String> {
    if named.codes == 0 || intent == Intent::Compare || systems.is_empty() {
        return None;
    }
    let request = intent::request_for_a_code(&scan.words)?;
    let described = words::remaining(&scan.words[request..], Intent::FindCode);
    words::describe_something(&described).then_some(described)
}

/// "99213 with modifier 25": a modifier named right behind a code belongs to it.
fn attach(placed: &mut [Placed], cued: &[modifiers::Named], text: &str) {
    static BETWEEN: LazyLock<Regex> =
        LazyLock::new(|| normal::pattern(r"(?i)^[\s(,]*(?:with|w/|and|using)?\s*(?:a |the )?$"));
    for found in placed {
        let mut end = found.span.end;
        for modifier in cued {
            let is_next = modifier.span.start >= end
                && text
                    .get(end..modifier.span.start)
                    .is_some_and(|between| BETWEEN.is_match(between));
            // The modifiers of one list share one span.
            let is_same = modifier.span.end == end && end > found.span.end;
            if (is_next || is_same) && found.mention.range_end.is_none() && is_procedure(&found.mention) {
                end = modifier.span.end;
                if !found.mention.modifiers.contains(&modifier.code) {
                    found.mention.modifiers.push(modifier.code.clone());
                }
            }
        }
    }
}

fn is_procedure(mention: &Mention) -> bool {
    mention
        .candidates
        .iter()
        .any(|code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs))
}

/// "CPT 38900" names a code, it does not ask for CPT; so the name goes with the code, before the systems
/// that are asked for are read.
fn hush_names_of_systems(scan: &mut Scan, placed: &[Placed]) {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        normal::pattern(
            r#"(?i)\b(?:cpt(?:/hcpcs)?|hcpcs(?: level (?:ii|2))?|icd[- ]?10(?:[- ]?(?:cm|pcs))?|icd|dx|diagnos[ei]s|procedure)?(?:\s*\b(?:codes?|category|header))?\s*[-#:("'\[]*\s*$"#,
        )
    });
    for found in placed {
        let before = &scan.words[..found.span.start];
        if let Some(name) = NAME.find(before) {
            scan.hush(name.range());
        }
    }
}

/// All modifiers in the order of the question, each once.
fn in_order(placed: &[Placed], cued: &[modifiers::Named]) -> Vec<Code> {
    let with_codes = placed.iter().flat_map(|found| {
        found
            .mention
            .modifiers
            .iter()
            .map(|code| (found.span.start, code))
    });
    let mut all: Vec<(usize, &Code)> = cued
        .iter()
        .map(|named| (named.span.start, &named.code))
        .chain(with_codes)
        .collect();
    all.sort_by_key(|(start, _)| *start);
    let mut modifiers: Vec<Code> = Vec::new();
    for (_, code) in all {
        if !modifiers.contains(code) {
            modifiers.push(code.clone());
        }
    }
    modifiers
}
