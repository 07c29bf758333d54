//! Words that cost a claim when they are invented. A paraphrase chooses its own words, but not these: where
//! a sentence says that something was deleted, denied or required, its source has to say so.

use super::verdict::{Withheld, WithheldReason};
use super::words::spaced_words;

/// Beginnings of words, and what in a source bears any of them beside these themselves.
struct Family {
    words: &'static [&'static str],
    also: &'static [&'static str],
}

const fn family(words: &'static [&'static str], also: &'static [&'static str]) -> Family {
    Family { words, also }
}

/// Each beginning has its blank before it, so that "cover" is not found in "recovery".
const FAMILIES: &[Family] = &[
    family(
        &[
            " delet",
            " retire",
            " discontinu",
            " terminat",
            " expir",
            " obsolete",
            " withdrawn",
            " abolish",
            " eliminat",
            " sunset",
            " no longer",
        ],
        &[],
    ),
    family(
        &[" avoid", " discourag", " refrain"],
        &[" not ", " never ", " no ", " instead "],
    ),
    family(
        &[" deny", " deni", " reject", " refus", " disallow"],
        &[" not pa", " not get paid", " unpaid", " never pa"],
    ),
    family(
        &[" cover", " reimburs", " payable"],
        &[" pay", " paid", " includ"],
    ),
    family(
        &[" bundl", " unbundl"],
        &[" includ", " part of", " package", " column", " pair", " edit"],
    ),
    family(
        &[" requir", " mandat", " obligat", " compulsory"],
        &[
            " must ",
            " need",
            " necessary",
            " only ",
            " ask",
            " takes ",
            " demand",
            " expects ",
        ],
    ),
    family(
        &[
            " prohibit",
            " forbid",
            " banned",
            " illegal",
            " unlawful",
            " fraud",
            " violat",
            " penalt",
        ],
        &[" not ", " never ", " no "],
    ),
    family(
        &[
            " authoriz",
            " authoris",
            " preauthor",
            " precert",
            " certif",
            " approv",
            " pre approv",
        ],
        &[],
    ),
    family(
        &[" replac", " supersed", " substitut", " renam", " renumber"],
        &[" instead "],
    ),
    family(
        &[
            " invalid",
            " voided",
            " revok",
            " cancel",
            " suspended",
            " recoup",
        ],
        &[" not valid", " not billable"],
    ),
    family(&[" exempt", " waiv"], &[" not apply", " do not "]),
    family(&[" experiment", " investigation", " cosmetic", " unproven"], &[]),
    family(&[" appeal"], &[]),
    family(&[" audit"], &[]),
    family(&[" increas"], &[]),
    family(&[" decreas", " reduc", " discount"], &[" cut"]),
    family(&[" bypass", " overrid"], &[" open", " unbundl", " get past"]),
    family(&[" automatic", " guarante", " unlimited", " unrestrict"], &[]),
    family(
        &[" always "],
        &[" must ", " every ", " never ", " only ", " any ", " all "],
    ),
    family(&[" temporar", " provisional", " permanent"], &[]),
    family(
        &[" telehealth", " telemedic", " virtual", " video", " audio"],
        &[],
    ),
    family(
        &[" daily"],
        &[
            " per day",
            " a day",
            " each day",
            " every day",
            " one day",
            " on one date",
        ],
    ),
    family(&[" weekly", " per week"], &[" a week", " each week"]),
    family(&[" monthly", " per month"], &[" a month", " each month"]),
    family(&[" annual", " yearly", " per year"], &[" a year", " each year"]),
    family(&[" lifetime"], &[]),
    family(&[" hourly", " per hour"], &[" each hour"]),
    family(
        &[
            " child",
            " pediatr",
            " paediatr",
            " infant",
            " newborn",
            " neonat",
            " adolesc",
        ],
        &[],
    ),
    family(&[" pregnan", " matern", " obstetr"], &[]),
    family(&[" medicaid"], &[]),
    family(&[" tricare"], &[]),
    family(&[" commercial"], &[]),
    family(&[" aetna"], &[]),
    family(&[" cigna"], &[]),
    family(&[" humana"], &[]),
    family(&[" unitedhealth", " united health"], &[]),
    family(&[" blue cross", " bcbs", " anthem"], &[]),
];

/// Refuses a sentence with a consequential word that its source does not have. The question vouches for
/// none of them: "was it deleted?" does not make it so.
pub(super) fn check_consequences(text: &str, source: &str) -> Result<(), Withheld> {
    let said = spaced_words(text);
    let known = spaced_words(source);
    let has = |words: &[&str], text: &str| words.iter().any(|word| text.contains(word));
    let is_borne =
        |family: &Family| !has(family.words, &said) || has(family.words, &known) || has(family.also, &known);
    match FAMILIES.iter().all(is_borne) {
        true => Ok(()),
        false => Err(Withheld::because(
            WithheldReason::OffSources,
            "a sentence told a consequence that its cited source does not tell",
        )),
    }
}

/// Whether a text without a source tells such a consequence.
pub(super) fn tells_a_consequence(text: &str) -> bool {
    check_consequences(text, "").is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consequence_needs_its_word_or_one_that_means_the_same() {
        for (said, source, is_borne) in [
            ("The code was deleted.", "The code is for mapping.", false),
            ("The code was deleted.", "The code was retired in 2021.", true),
            ("The claim is denied.", "Medicare does not pay it.", true),
            ("The claim is denied.", "Recovery from an operation.", false),
            ("It covers the visit.", "Recovery from an operation.", false),
            ("Prior authorization is needed.", "The note must show it.", false),
            ("A modifier is required.", "The visit needs a modifier.", true),
        ] {
            assert_eq!(
                check_consequences(said, source).is_ok(),
                is_borne,
                "{said:?} from {source:?}"
            );
        }
    }
}
