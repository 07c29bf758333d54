//! Where the service takes place, and for whom it is billed, as far as the words tell.

use super::mentions::Mention;
use super::normal::pattern;
use codecite_codebook::{Code, CodeSystem, Setting};
use regex::Regex;
use std::sync::LazyLock;

/// The first setting named by a claim form or by words, else the one of the first place of service.
pub(super) fn find(text: &str, places: &[Code], mentions: &[Mention]) -> Option<Setting> {
    static WORDS: LazyLock<[(Regex, Setting); 4]> = LazyLock::new(|| {
        [
            (
                pattern(r"(?i)\b(?:dme(?:pos)?|durable medical equipment|dme supplier)\b"),
                Setting::Dme,
            ),
            (
                pattern(
                    r"(?i)\b(?:in-?patient (?:hospital|facility|claim|stay)|hospital in-?patient|ipps|ms-?drg|icd-?10-?pcs)\b",
                ),
                Setting::InpatientHospital,
            ),
            (
                pattern(
                    r"(?i)\b(?:out-?patient hospital|hospital out-?patient|hopd|opps|ub-?04|outpatient facility|emergency (?:room|dep(?:artmen)?t|dept)|(?:in|to|at|from) the (?-i:ED|ER)|(?-i:ED|ER) (?:visit|claim))\b|(?:^|[^-\w])facility (?:claim|mue|side|edits?|ptp|ncci|billing|setting)\b",
                ),
                Setting::OutpatientHospital,
            ),
            (
                pattern(
                    r"(?i)\b(?:physician(?:'s)? office|doctor's office|office setting|in (?:the|an?|our|my) office|professional claim|practitioner|pro-?fee|cms-?1500|asc|ambulatory surg\w+ cent\w+)\b",
                ),
                Setting::Practitioner,
            ),
        ]
    });
    WORDS
        .iter()
        .find(|(words, _)| words.is_match(text))
        .map(|(_, setting)| *setting)
        .or_else(|| of_inpatient(text, mentions))
        .or_else(|| places.first().and_then(of_place))
}

/// "Inpatient" alone: a facility bills its stays by ICD-10-PCS and DRG, so CPT beside the word stands on the
/// practitioner's claim.
fn of_inpatient(text: &str, mentions: &[Mention]) -> Option<Setting> {
    static INPATIENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bin-?patients?\b"));
    let is_cpt = |code: &Code| code.system() == CodeSystem::Cpt;
    let names_cpt = mentions
        .iter()
        .any(|mention| mention.candidates.iter().any(is_cpt));
    INPATIENT.is_match(text).then_some(match names_cpt {
        true => Setting::Practitioner,
        false => Setting::InpatientHospital,
    })
}

/// A place of service stands on the practitioner's claim, wherever the service was done; only a patient's
/// home leaves open who bills.
fn of_place(place: &Code) -> Option<Setting> {
    (place.text() != "12").then_some(Setting::Practitioner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_before_places() {
        for (text, expected) in [
            (
                "outpatient hospital MUE of 97110",
                Some(Setting::OutpatientHospital),
            ),
            ("DME supplier", Some(Setting::Dme)),
            ("inpatient hospital stay", Some(Setting::InpatientHospital)),
            ("on a CMS-1500", Some(Setting::Practitioner)),
            ("in the office", Some(Setting::Practitioner)),
            ("seen in the ED", Some(Setting::OutpatientHospital)),
            ("emergency room visit", Some(Setting::OutpatientHospital)),
            ("facility MUE", Some(Setting::OutpatientHospital)),
            ("non-facility RVU", None),
            ("ED, male", None),
            ("an office visit", None),
            ("", None),
        ] {
            assert_eq!(find(text, &[], &[]), expected, "{text:?}");
        }
        let place = Code::parse(CodeSystem::PlaceOfService, "22").expect("a place");
        assert_eq!(find("POS 22", &[place], &[]), Some(Setting::Practitioner));
    }

    #[test]
    fn an_inpatients_visit_is_on_the_practitioners_claim() {
        let mention = Mention {
            written: "99223".into(),
            candidates: vec![Code::parse(CodeSystem::Cpt, "99223").expect("a code")],
            range_end: None,
            modifiers: vec![],
        };
        assert_eq!(
            find("inpatient 99223", &[], &[mention]),
            Some(Setting::Practitioner)
        );
        assert_eq!(
            find("as an inpatient", &[], &[]),
            Some(Setting::InpatientHospital)
        );
    }

    #[test]
    fn words_read_back() {
        for setting in [
            Setting::Practitioner,
            Setting::OutpatientHospital,
            Setting::InpatientHospital,
            Setting::Dme,
        ] {
            assert_eq!(Setting::from_word(setting.as_str()), Some(setting));
        }
    }
}
