//! The exact things of a sentence, each against its one source: codes, modifiers, dates, numbers.

use super::claims::{Bound, Claims, Number, PartialDate, Unit, shape_of_code};
use super::grounds::{Grounds, Source};
use super::sense::Statement;
use super::verdict::{Withheld, WithheldReason};

/// Refuses a sentence that states something exact which its source does not.
pub(super) fn check_claims(claims: &Claims, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    check_codes(claims, source, grounds)?;
    check_modifiers(claims, source, grounds)?;
    check_dates(claims, source, grounds)?;
    check_numbers(claims, source)?;
    check_bounds(claims, source)?;
    check_counted(claims, source)?;
    check_bindings(claims, source)
}

/// The asker vouches for the appearance of a code and for nothing that is said of it: alone in a sentence
/// without a number it may stand, beside another code one passage has to name both.
fn may_be_the_askers(claims: &Claims) -> bool {
    claims.designators().count() == 1 && claims.numbers.is_empty() && claims.labelled.is_empty()
}

fn check_codes(claims: &Claims, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    for code in &claims.codes {
        let is_asked = grounds.question.codes.contains(code);
        let may_stand = source.claims.codes.contains(code) || (is_asked && may_be_the_askers(claims));
        if !may_stand {
            return Err(Withheld::because(
                WithheldReason::CodeNotInSources,
                "a sentence named a code that its cited source does not contain",
            ));
        }
        if !is_asked && shape_of_code(code) && !grounds.in_force.contains(code) {
            return Err(Withheld::because(
                WithheldReason::CodeNotInForce,
                format!(
                    "a sentence named a code that is not in force on {}",
                    grounds.date_of_service
                ),
            ));
        }
    }
    let known_range = |range: &(String, String)| {
        grounds.question.code_ranges.contains(range)
            || source.claims.code_ranges.contains(range)
            || source.claims.names_all_of(range)
    };
    match claims.code_ranges.iter().all(known_range) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::CodeNotInSources,
            "a sentence named a range of codes that its cited source does not contain",
        )),
    }
}

fn check_modifiers(claims: &Claims, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    let is_known = |modifier: &String| {
        source.claims.modifiers.contains(modifier)
            || (grounds.question.modifiers.contains(modifier) && may_be_the_askers(claims))
    };
    match claims.modifiers.iter().all(is_known) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::ModifierNotInSources,
            "a sentence named a modifier that its cited source does not contain",
        )),
    }
}

/// The date of service and the asker's dates may be named, but a rule that begins or ends on a date has it
/// from its source.
fn check_dates(claims: &Claims, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    let of_service = PartialDate::from(grounds.date_of_service);
    let is_asked =
        |date: &PartialDate| date.is_part_of(&of_service) || is_among(date, &grounds.question.dates);
    let is_known =
        |date: &PartialDate| is_among(date, &source.claims.dates) || (!claims.dates_bound && is_asked(date));
    match claims.dates.iter().all(is_known) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::DateNotInSources,
            "a sentence named a date that its cited source does not contain",
        )),
    }
}

fn is_among<'a>(date: &PartialDate, known: impl IntoIterator<Item = &'a PartialDate>) -> bool {
    known.into_iter().any(|known| date.is_part_of(known))
}

fn check_numbers(claims: &Claims, source: &Source) -> Result<(), Withheld> {
    let known = claims
        .numbers
        .iter()
        .all(|number| source.claims.has_number(number))
        && claims.number_ranges.is_subset(&source.claims.number_ranges)
        && claims.references.is_subset(&source.claims.references);
    match known {
        true => Ok(()),
        false => Err(not_in_source()),
    }
}

fn not_in_source() -> Withheld {
    Withheld::because(
        WithheldReason::NumberNotInSources,
        "a sentence stated a number that its cited source does not contain",
    )
}

/// "Under 20 minutes" is not "at least 20 minutes". A number that its source gives without a bound may be
/// called the most, which is what a limit is, and the least where the source speaks of a minimum.
fn check_bounds(claims: &Claims, source: &Source) -> Result<(), Withheld> {
    let speaks_of_a_minimum = || {
        let text = source.text.to_lowercase();
        ["minimum", "at least", "exceed", "or more"]
            .iter()
            .any(|word| text.contains(word))
    };
    let is_known = |(value, bound): &(String, Bound)| {
        let given: Vec<Bound> = source
            .claims
            .bounds
            .iter()
            .filter(|(known, _)| known == value)
            .map(|(_, bound)| *bound)
            .collect();
        match bound {
            _ if !given.is_empty() => given.contains(bound),
            Bound::AtMost => true,
            Bound::AtLeast => speaks_of_a_minimum(),
            Bound::Over | Bound::Under => false,
        }
    };
    match claims.bounds.iter().all(is_known) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::NumberNotInSources,
            "a sentence gave a number another bound than its cited source",
        )),
    }
}

/// "90 minor procedures" does not stand in "90 days": where a source tells what it counts, a sentence has
/// to count the same.
fn check_counted(claims: &Claims, source: &Source) -> Result<(), Withheld> {
    let has_unit = |value: &String| {
        claims
            .numbers
            .iter()
            .any(|number| number.value == *value && number.unit.is_some())
    };
    let is_year = |value: &String| value.len() == 4 && (value.starts_with("19") || value.starts_with("20"));
    for (value, words) in &claims.counted {
        if words.is_empty() || has_unit(value) || is_year(value) {
            continue;
        }
        let mut given = source
            .claims
            .counted
            .iter()
            .filter(|(known, _)| known == value)
            .map(|(_, words)| words)
            .peekable();
        let counts_the_same =
            |known: &Vec<String>| known.is_empty() || known.iter().any(|word| words.contains(word));
        if given.peek().is_some() && !given.any(counts_the_same) {
            return Err(Withheld::because(
                WithheldReason::NumberNotInSources,
                "a sentence counted something else than its cited source",
            ));
        }
    }
    Ok(())
}

/// Where a source names a number by its label, or puts a code into a column, a sentence may not do it
/// differently with a number or code from elsewhere in that source.
fn check_bindings(claims: &Claims, source: &Source) -> Result<(), Withheld> {
    for (label, value) in &claims.labelled {
        let given = || source.claims.values_of(label);
        let bare = Number {
            value: value.clone(),
            unit: None,
        };
        let is_bare = || source.claims.numbers.contains(&bare);
        if given().all(|known| known != value) && (given().next().is_some() || !is_bare()) {
            return Err(Withheld::because(
                WithheldReason::NumberNotInSources,
                "a sentence gave a value another number than its cited source",
            ));
        }
    }
    for (code, column) in &claims.columns {
        let stands_in = |column: u8| source.claims.columns.contains(&(code.clone(), column));
        if !stands_in(*column) && stands_in(3 - *column) {
            return Err(Withheld::because(
                WithheldReason::ContradictsSource,
                "a sentence put a code into the other column of an edit than its cited source",
            ));
        }
    }
    Ok(())
}

/// "A 25-minute visit" is the asker's, or the source's. Said of a code, it has to reach the least that the
/// source asks for it, or to miss it where the sentence denies.
pub(super) fn check_situations(said: &Statement, source: &Source, grounds: &Grounds) -> Result<(), Withheld> {
    for number in &said.claims.situations {
        if !grounds.question.has_number(number)
            && !grounds.question.situations.contains(number)
            && !source.claims.has_number(number)
        {
            return Err(not_in_source());
        }
        if !said.draws_a_conclusion() {
            continue;
        }
        let reaches = least_of(said, source).any(|least| {
            matches!((number.value.parse::<u32>(), least.parse::<u32>()), (Ok(told), Ok(least)) if told >= least)
        });
        let is_told = least_of(said, source).next().is_some();
        if !is_told || reaches == said.subject.is_negated() {
            return Err(Withheld::because(
                WithheldReason::ContradictsSource,
                "a sentence drew a conclusion from a time that its cited source does not draw",
            ));
        }
    }
    Ok(())
}

/// The least that the source asks for what the sentence speaks of.
fn least_of<'a>(said: &'a Statement, source: &'a Source) -> impl Iterator<Item = &'a String> {
    source
        .sentences
        .iter()
        .filter(|known| said.claims.codes.iter().all(|code| known.claims.names(code)))
        .flat_map(|known| &known.claims.bounds)
        .filter(|(_, bound)| *bound == Bound::AtLeast)
        .map(|(value, _)| value)
}

impl Claims {
    /// Whether the number stands here: with its unit, as a year, or as global days such as 090.
    pub(super) fn has_number(&self, number: &Number) -> bool {
        let year = |date: &PartialDate| date.year.map(|year| year.to_string());
        let is_year = || {
            number.unit.is_none()
                && self
                    .dates
                    .iter()
                    .any(|date| year(date).as_ref() == Some(&number.value))
        };
        let as_published = || {
            let value = format!("{:0>3}", number.value);
            let counts_days = matches!(number.unit, None | Some(Unit::Day))
                && matches!(value.as_str(), "000" | "010" | "090");
            counts_days && self.numbers.contains(&Number { value, unit: None })
        };
        self.numbers.contains(number) || is_year() || as_published()
    }

    /// Whether `known` has every number of this.
    pub(super) fn has_numbers_of(&self, known: &Self) -> bool {
        self.numbers.iter().all(|number| known.has_number(number))
    }

    /// The numbers that a label has here; "indicator" is short for "modifier indicator".
    fn values_of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a String> {
        self.labelled
            .iter()
            .filter(move |(known, _)| known.ends_with(label) || label.ends_with(known.as_str()))
            .map(|(_, value)| value)
    }

    /// Whether every code of a range of CPT codes stands here by itself.
    fn names_all_of(&self, (first, last): &(String, String)) -> bool {
        match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) if first < last && last - first <= 30 => {
                (first..=last).all(|code| self.codes.contains(&format!("{code:05}")))
            }
            _ => false,
        }
    }
}
