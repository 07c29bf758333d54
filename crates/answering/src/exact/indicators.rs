//! What the payment indicators of the fee schedule mean, in our words (CMS, record layout of the relative value file,
//! RVU25D).

use codecite_codebook::{Fact, FactKind, FactRow};

/// The meaning of a published value under its label.
pub(crate) fn meaning(label: &str, indicator: &str) -> Option<&'static str> {
    let meanings: &[(&str, &str)] = match label {
        "multiple procedure indicator" => &[
            ("0", "no reduction beside other procedures of the day"),
            (
                "2",
                "the highest fee of the day is paid in full, the second to fifth at 50 percent",
            ),
            (
                "3",
                "endoscopies of one family: each is paid by what it adds to the base procedure",
            ),
            (
                "4",
                "imaging of one family: of further studies the technical part is paid at 50 percent, the professional one at 95",
            ),
            (
                "5",
                "therapy: of further units and services of the day half of the practice expense is paid",
            ),
            (
                "6",
                "cardiovascular diagnostics: the technical part of further procedures is reduced by 25 percent",
            ),
            (
                "7",
                "ophthalmic diagnostics: the technical part of further procedures is reduced by 20 percent",
            ),
            ("9", "the concept does not apply"),
        ],
        "bilateral surgery indicator" => &[
            (
                "0",
                "no bilateral payment applies, because of anatomy or because the code says otherwise",
            ),
            ("1", "the bilateral payment of 150 percent applies"),
            ("2", "the code already stands for both sides"),
            ("3", "each side is paid in full"),
            ("9", "the concept does not apply"),
        ],
        "assistant at surgery indicator" => &[
            (
                "0",
                "an assistant is paid only with documentation of medical necessity",
            ),
            ("1", "an assistant is not paid"),
            ("2", "an assistant may be paid"),
            ("9", "the concept does not apply"),
        ],
        "co-surgeon indicator" | "team surgery indicator" => &[
            ("0", "not permitted for this procedure"),
            ("1", "paid only with documentation of medical necessity"),
            ("2", "permitted"),
            ("9", "the concept does not apply"),
        ],
        "PC/TC indicator" => &[
            ("0", "a physician's service without such parts"),
            ("1", "a diagnostic test with a professional and a technical part"),
            ("2", "the professional part alone"),
            ("3", "the technical part alone"),
            ("4", "the whole test; other codes stand for its parts"),
            ("5", "incident to a physician's service, without such parts"),
            ("6", "a laboratory test whose interpretation may be billed"),
            ("7", "physical therapy"),
            ("8", "the interpretation of a laboratory test by a physician"),
            ("9", "the concept does not apply"),
        ],
        _ => return None,
    };
    let mut known = meanings.iter();
    known
        .find(|(value, _)| *value == indicator)
        .map(|(_, meaning)| *meaning)
}

/// A row of the fee schedule with the meaning of each indicator behind it.
pub(super) fn explained(fact: Fact) -> Fact {
    if fact.kind != FactKind::PhysicianFeeSchedule {
        return fact;
    }
    let rows = fact
        .rows
        .into_iter()
        .map(|row| match meaning(&row.label, &row.value) {
            Some(meaning) => FactRow {
                value: format!("{} ({meaning})", row.value),
                ..row
            },
            None => row,
        });
    Fact {
        rows: rows.collect(),
        ..fact
    }
}
