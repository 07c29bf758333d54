//! The gate on four small passages.

mod honest;
mod lies;
mod starter;
mod stream;
mod traps;

use super::*;
use codecite_codebook::{
    Aspect, Authority, Code, EditionId, EffectiveRange, Locator, NaiveDate, Passage, PassageDraft,
};
use codecite_retrieval::Evidence;

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

fn passage(title: &str, text: &str, about: &[&str], mentions: &[&str]) -> Passage {
    Passage::new(PassageDraft {
        edition: EditionId::new("starter"),
        title: title.into(),
        text: text.into(),
        aspect: Aspect::Rule,
        about: about.iter().map(|label| code(label)).collect(),
        mentions: mentions.iter().map(|label| code(label)).collect(),
        keywords: vec![],
        billable: None,
        authority: Authority::new("CMS"),
        locator: Locator {
            document: "Medicare Claims Processing Manual".into(),
            section: Some("Chapter 12, 40.1".into()),
            place: None,
            url: None,
        },
        effective: EffectiveRange::since(NaiveDate::from_ymd_opt(2021, 1, 1).expect("a day")),
    })
}

/// [1] an add-on code, [2] modifier 25, [3] an ICD-10-CM entry, [4] a retired code.
fn grounds() -> Arc<Grounds> {
    let evidence = Evidence::new([
        passage(
            "What CPT 38900 is",
            "CPT 38900 is an add-on code for mapping sentinel lymph nodes during an operation. It is reported \
             with CPT 38500. The global days of CPT 38900 are ZZZ, and the MUE is 1 unit.",
            &["CPT 38900"],
            &["CPT 38500"],
        ),
        passage(
            "Modifier 25",
            "Append modifier 25 to the office visit when the evaluation is significant and separately \
             identifiable. Minor procedures have 0 or 10 global days, major ones 90 days. The rule is not \
             meant for the decision for surgery, which takes modifier 57. Medicare pays 80 percent of $120.50 \
             since October 1, 2022.",
            &["Modifier 25"],
            &["Modifier 57"],
        ),
        Passage::new(PassageDraft {
            billable: Some(true),
            ..passage(
                "ICD-10-CM E11.9",
                "Type 2 diabetes mellitus without complications",
                &["ICD-10-CM E11.9"],
                &[],
            )
            .into_draft()
        }),
        passage("A retired code", "CPT 99201 was an office visit.", &["CPT 99201"], &[]),
    ])
    .expect("evidence");
    let in_force = ["CPT 38900", "CPT 38500", "ICD-10-CM E11.9", "ICD-10-CM Z79.4"].map(code);
    let today = NaiveDate::from_ymd_opt(2026, 2, 14).expect("a day");
    Arc::new(Grounds::new(
        &evidence,
        "Can I bill 20610 with it on 14 February 2026?",
        today,
        in_force,
    ))
}

fn judged(text: &str) -> Vec<Verdict> {
    let mut gate = CitationGate::new(grounds(), GateLimits::default());
    let mut verdicts = gate.push(text);
    verdicts.extend(gate.finish());
    verdicts
}

fn transcript(verdicts: &[Verdict]) -> String {
    let lines: Vec<String> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Released(text) => {
                format!("{} {} {:?}", text.block().as_str(), text.text(), text.citations())
            }
            Verdict::Withheld(withheld) => format!("withheld {}", withheld.reason.as_str()),
            Verdict::Abstained(kind) => format!("abstained {}", kind.as_str()),
        })
        .collect();
    lines.join("\n")
}

/// The same with the gate's own words, for a test that fails.
fn details(verdicts: &[Verdict]) -> String {
    let details: Vec<&str> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Withheld(withheld) => Some(withheld.detail.as_str()),
            Verdict::Released(_) | Verdict::Abstained(_) => None,
        })
        .collect();
    details.join("; ")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(transcript(&judged(text)), expected, "{text:?}");
}
