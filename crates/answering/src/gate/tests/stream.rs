//! Sentences one after the other, endless ones, floods and every way of cutting.

use super::*;
use proptest::prelude::*;

#[test]
fn one_lie_does_not_hide_the_truth_beside_it() {
    check(
        "CPT 38900 is an add-on code [1]. Report 38999 too [1]. E11.9 is billable [3].",
        "paragraph CPT 38900 is an add-on code. [1]\nwithheld code_not_in_sources\ncontinue E11.9 is billable. [3]",
    );
    // Without a blank between them, they are still two.
    check(
        "It is an add-on code [1].Report 38999 too [1].",
        "paragraph It is an add-on code. [1]\nwithheld code_not_in_sources",
    );
}

#[test]
fn an_endless_sentence_is_withheld_once_and_the_next_line_is_read_again() {
    let endless = "word ".repeat(2_000);
    check(
        &format!("{endless}\nE11.9 is billable [3]."),
        "withheld too_long\nparagraph E11.9 is billable. [3]",
    );
}

#[test]
fn a_flood_is_cut_at_the_limit() {
    let limits = GateLimits {
        sentence_bytes: 200,
        answer_bytes: 1_000,
    };
    let mut gate = CitationGate::new(grounds(), limits);
    let mut verdicts = Vec::new();
    for _ in 0..1_000 {
        verdicts.extend(gate.push("E11.9 is billable [3]. "));
    }
    verdicts.extend(gate.finish());
    assert!(gate.is_flooded());
    assert!(verdicts.len() <= 1_000 / 20, "{}", verdicts.len());
}

proptest! {
    /// Any text in any pieces gives the verdicts of the text in one piece.
    #[test]
    fn cutting_changes_nothing(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "CPT 38900 is an add-on code", " [1]", "[2]", ". ", ".", "\n", "- ", "1. ", "E11.9", " [", "]",
                "38", "501", "\u{202e}", "é", "! ", "\"", " e.g. ", "ABSTAIN not_in_sources", "|", "１",
            ]),
            0..30,
        ),
        cuts in prop::collection::vec(0usize..400, 0..12),
    ) {
        let text: String = parts.concat();
        let mut gate = CitationGate::new(grounds(), GateLimits::default());
        let mut verdicts = Vec::new();
        let mut start = 0;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| text.floor_char_boundary(cut.min(text.len()))).collect();
        cuts.sort_unstable();
        for cut in cuts {
            verdicts.extend(gate.push(&text[start..cut]));
            start = cut;
        }
        verdicts.extend(gate.push(&text[start..]));
        verdicts.extend(gate.finish());
        prop_assert_eq!(transcript(&verdicts), transcript(&judged(&text)));
    }

    /// Whatever comes in, what goes out is cited, resolves, is plain, and names no code of its own.
    #[test]
    fn only_cited_plain_text_with_known_codes_gets_out(text in "(\\PC|\\[[0-9]\\]|\\.|\n|[0-9]{5}|E11\\.[0-9]){0,80}") {
        for verdict in judged(&text) {
            let Verdict::Released(text) = verdict else { continue };
            prop_assert!(!text.citations().is_empty());
            prop_assert!(text.citations().iter().all(|number| (1..=4).contains(number)));
            prop_assert!(!text.text().contains('<') || !text.text().contains("</"));
            for code in super::claims::Claims::of(text.text()).codes {
                prop_assert!(["38900", "38500", "E119", "20610"].contains(&code.as_str()), "{}", code);
            }
        }
    }
}
