//! What has to pass.

use super::*;

#[test]
fn honest_sentences_pass() {
    for (text, expected) in [
        (
            "CPT 38900 is an add-on code [1].",
            "paragraph CPT 38900 is an add-on code. [1]",
        ),
        (
            "Append modifier 25 to the visit when it is significant. [2]",
            "paragraph Append modifier 25 to the visit when it is significant. [2]",
        ),
        (
            "The MUE of 38900 is 1 unit [1], and minor procedures have 10 global days [2].",
            "paragraph The MUE of 38900 is 1 unit, and minor procedures have 10 global days. [1, 2]",
        ),
        (
            "Major procedures have ninety days [2].",
            "paragraph Major procedures have ninety days. [2]",
        ),
        (
            "- **38900** goes with 38500 [1].\n- E11.9 is billable [3]",
            "item 38900 goes with 38500. [1]\nitem E11.9 is billable [3]",
        ),
        (
            "The rule has been in force since 2021 [2][2].",
            "paragraph The rule has been in force since 2021. [2]",
        ),
        (
            "On February 14, 2026 the asker may bill 20610 as an office procedure [2].",
            "paragraph On February 14, 2026 the asker may bill 20610 as an office procedure. [2]",
        ),
        ("ABSTAIN not_in_sources", "abstained not_in_sources"),
        ("```\n---\n| --- | --- |\n", ""),
    ] {
        check(text, expected);
    }
}
