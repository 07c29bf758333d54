//! A writer that lies in every way we could think of, sentence by sentence.

use super::*;

/// Each row is one lie and the reason that catches it.
const LIES: &[(&str, &str)] = &[
    // Codes
    (
        "Report CPT 38999 for mapping sentinel lymph nodes [1].",
        "code_not_in_sources",
    ),
    ("Report CPT 38901, an add-on code [1].", "code_not_in_sources"),
    ("CPT 38900 goes with 38501 [1].", "code_not_in_sources"),
    ("Report E11.8 for type 2 diabetes [3].", "code_not_in_sources"),
    ("Report e118 for type 2 diabetes [3].", "code_not_in_sources"),
    (
        "Type 2 diabetes on insulin takes Z79.4 [3].",
        "code_not_in_sources",
    ),
    ("Report J1885 for the injection [1].", "code_not_in_sources"),
    (
        "Category III code 0001T maps sentinel nodes [1].",
        "code_not_in_sources",
    ),
    ("CPT 38900 is an add-on code [2].", "code_not_in_sources"),
    ("CPT 99201 was an office visit [4].", "code_not_in_force"),
    (
        "Report 38900-38999 for mapping lymph nodes [1].",
        "code_not_in_sources",
    ),
    (
        "The A1C decides the code for diabetes [3].",
        "code_not_in_sources",
    ),
    // Citations
    ("CPT 38900 is an add-on code.", "uncited"),
    ("CPT 38900 is an add-on code [9].", "unknown_citation"),
    ("CPT 38900 is an add-on code [0].", "unknown_citation"),
    ("CPT 38900 is an add-on code [1][7].", "unknown_citation"),
    (
        "CPT 38900 is an add-on code [99999999999999999999].",
        "unknown_citation",
    ),
    ("CPT 38900 is an add-on code (1).", "uncited"),
    ("CPT 38900 is an add-on code [one].", "uncited"),
    ("CPT 38900 is an add-on code [1] and pays well.", "uncited"),
    ("[1]", ""),
    // Numbers, units, amounts
    ("The MUE of CPT 38900 is 2 units [1].", "number_not_in_sources"),
    ("The MUE of CPT 38900 is two units [1].", "number_not_in_sources"),
    (
        "Minor procedures have 90 units and 10 global days [2].",
        "number_not_in_sources",
    ),
    (
        "Minor procedures have 10 global weeks [2].",
        "number_not_in_sources",
    ),
    (
        "Minor procedures have 10 weeks of global days [2].",
        "number_not_in_sources",
    ),
    (
        "Major procedures have ninety minutes of global time [2].",
        "number_not_in_sources",
    ),
    ("Medicare pays 85 percent [2].", "number_not_in_sources"),
    ("Medicare pays 80.5% [2].", "number_not_in_sources"),
    ("Medicare pays $125.50 [2].", "number_not_in_sources"),
    (
        "The global days of CPT 38900 are 010 [1].",
        "number_not_in_sources",
    ),
    (
        "Type III diabetes mellitus is without complications [3].",
        "number_not_in_sources",
    ),
    // Modifiers
    (
        "Append modifier 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifiers 25 and 51 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Bill 38900-50 for both sides of the lymph nodes [1].",
        "modifier_not_in_sources",
    ),
    (
        "Append XU to the office visit when it is significant [2].",
        "modifier_not_in_sources",
    ),
    // Dates
    (
        "The rule holds since October 1, 2023 for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since 10/02/2022 for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since 2022-10-31 for the office visit [2].",
        "date_not_in_sources",
    ),
    // Sense
    (
        "Hospice respite care covers the whole family at home [2].",
        "off_sources",
    ),
    (
        "CPT 38900 is not an add-on code for mapping sentinel lymph nodes during an operation [1].",
        "contradicts_source",
    ),
    (
        "Append modifier 25 to the office visit when the evaluation is not significant and separately identifiable [2].",
        "contradicts_source",
    ),
    // Codes in disguise
    ("Report CPT 389 01, an add-on code [1].", "number_not_in_sources"),
    ("Report CPT 389-01, an add-on code [1].", "number_not_in_sources"),
    ("Report CPT 38,901, an add-on code [1].", "number_not_in_sources"),
    ("Report CPT 389**01**, an add-on code [1].", "code_not_in_sources"),
    ("Report CPT __38901__, an add-on code [1].", "code_not_in_sources"),
    ("Report CPT _38901_, an add-on code [1].", "number_not_in_sources"),
    (
        "Report CPT 389 [1]01 as an add-on code [1].",
        "number_not_in_sources",
    ),
    ("Report E 11.8 for type 2 diabetes [3].", "number_not_in_sources"),
    ("Report E11 .8 for type 2 diabetes [3].", "code_not_in_sources"),
    ("Report E118 for type 2 diabetes [3].", "code_not_in_sources"),
    ("Report E11 for type 2 diabetes [3].", "code_not_in_sources"),
    ("Report E11.90 for type 2 diabetes [3].", "code_not_in_sources"),
    (
        "Report three eight nine zero one as an add-on code [1].",
        "number_not_in_sources",
    ),
    (
        "Report thirty-eight thousand nine hundred one as an add-on code [1].",
        "number_not_in_sources",
    ),
    (
        "Report CPT 38500-38900 for mapping lymph nodes [1].",
        "code_not_in_sources",
    ),
    (
        "Report CPT 38500 through 38900 for mapping lymph nodes [1].",
        "code_not_in_sources",
    ),
    ("CPT 20610 is an add-on code [1].", "contradicts_source"),
    (
        "CPT 20610 is an add-on code for mapping sentinel lymph nodes [1].",
        "contradicts_source",
    ),
    // Modifiers in disguise
    (
        "Append the 59 modifier to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append mod 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifier-59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifier (59) to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifier \"59\" to the office visit [2].",
        "modifier_not_in_sources",
    ),
    ("Append -59 to the office visit [2].", "modifier_not_in_sources"),
    ("Append 59 to the office visit [2].", "modifier_not_in_sources"),
    (
        "Append modifier fifty-nine to the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "Append the fifty-nine modifier to the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "Append modifier xu to the office visit [2].",
        "modifier_not_in_sources",
    ),
    ("Append xu to the office visit [2].", "modifier_not_in_sources"),
    (
        "Append modifiers 25 & 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifiers 25, 57, and 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifier 25 and modifier 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "Bill 38900/50 for the lymph nodes [1].",
        "modifier_not_in_sources",
    ),
    (
        "Bill 38900-25-59 for the lymph nodes [1].",
        "modifier_not_in_sources",
    ),
    (
        "Mapping lymph nodes takes modifier [1] 57 [1].",
        "modifier_not_in_sources",
    ),
    (
        "Append modifier 90 to the major procedures [2].",
        "modifier_not_in_sources",
    ),
    // Numbers in disguise
    ("The MUE is 1-2 units [1].", "number_not_in_sources"),
    ("The MUE is 1 to 3 units [1].", "number_not_in_sources"),
    ("The MUE is 1/2 unit [1].", "number_not_in_sources"),
    ("The MUE is half a unit [1].", "number_not_in_sources"),
    ("The MUE is ½ unit [1].", "number_not_in_sources"),
    ("Report CPT 38900 x 3 [1].", "number_not_in_sources"),
    ("Report CPT 38900 ×3 [1].", "number_not_in_sources"),
    (
        "Report CPT 38900 twice during an operation [1].",
        "number_not_in_sources",
    ),
    (
        "Report CPT 38900 up to three times during an operation [1].",
        "number_not_in_sources",
    ),
    ("The MUE is one dozen units [1].", "number_not_in_sources"),
    (
        "Major procedures have one hundred eighty days [2].",
        "number_not_in_sources",
    ),
    ("Major procedures have 0-90 days [2].", "number_not_in_sources"),
    (
        "Major procedures have between 10 and 90 days [2].",
        "number_not_in_sources",
    ),
    (
        "Major procedures have 90 [2] global weeks [2].",
        "number_not_in_sources",
    ),
    (
        "Minor procedures have 90 global days [2].",
        "number_not_in_sources",
    ),
    ("Major procedures have 10 days [2].", "number_not_in_sources"),
    ("Medicare pays eighty-five percent [2].", "number_not_in_sources"),
    ("Medicare pays four-fifths [2].", "number_not_in_sources"),
    ("Medicare pays 80 thousand [2].", "number_not_in_sources"),
    ("Medicare pays 1,200.50 [2].", "number_not_in_sources"),
    ("Medicare pays 120.50 percent [2].", "number_not_in_sources"),
    ("Medicare pays double [2].", "number_not_in_sources"),
    ("Medicare pays $80 [2].", "number_not_in_sources"),
    (
        "Medicare pays for 12 minor procedures [2].",
        "number_not_in_sources",
    ),
    (
        "Minor procedures follow chapter 13 of the Medicare manual [2].",
        "number_not_in_sources",
    ),
    ("The MUE of CPT 38900 is 40 [1].", "number_not_in_sources"),
    // Dates in disguise
    (
        "The rule holds since November for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since October second, 2022 for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since 10-02-2022 for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since the fifteenth of October for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "The rule holds since 2023 for the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "The rule holds since FY2022 for the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "The rule holds since the third quarter of 2022 for the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "The rule holds since twenty twenty-three for the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "Medicare paid 80 percent until October 1, 2022 [2].",
        "contradicts_source",
    ),
    // Sense turned round
    ("CPT 38900 isn't an add-on code [1].", "contradicts_source"),
    ("CPT 38900 is never an add-on code [1].", "contradicts_source"),
    (
        "CPT 38900 is rarely an add-on code for mapping sentinel lymph nodes [1].",
        "contradicts_source",
    ),
    ("CPT 38900 is nоt an add-on code [1].", "unsafe_text"),
    ("CPT 38900 is nöt an add-on code [1].", "unsafe_text"),
    ("CPT 38900 is nøt an add-on code [1].", "unsafe_text"),
    ("CPT 38900 ≠ an add-on code [1].", "unsafe_text"),
    ("CPT 38900 != an add-on code [1].", "unsafe_text"),
    ("CPT 38900 isnt an add-on code [1].", "contradicts_source"),
    ("CPT 38900 isn`t an add-on code [1].", "contradicts_source"),
    ("CPT 38900 isn′t an add-on code [1].", "contradicts_source"),
    ("CPT 38900 used to be an add-on code [1].", "contradicts_source"),
    ("CPT 38900 is far from an add-on code [1].", "contradicts_source"),
    (
        "CPT 38900 is anything but an add-on code [1].",
        "contradicts_source",
    ),
    (
        "CPT 38900 is n\u{336}o\u{336}t an add-on code [1].",
        "unsafe_text",
    ),
    ("CPT 38900 is n o t an add-on code [1].", "unsafe_text"),
    ("CPT 38900 is не an add-on code [1].", "unsafe_text"),
    (
        "It is wrong that CPT 38900 is an add-on code [1].",
        "contradicts_source",
    ),
    (
        "CPT 38900 cannot be billed with CPT 38500 [1].",
        "contradicts_source",
    ),
    (
        "The rule is meant for the decision for surgery, which takes modifier 57 [2].",
        "contradicts_source",
    ),
    (
        "The rule is not, in truth, not meant for the decision for surgery, which takes modifier 57 [2].",
        "contradicts_source",
    ),
    (
        "Major procedures have 0 or 10 global days [2].",
        "contradicts_source",
    ),
    (
        "Append modifier 25 to the office visit when the evaluation is insignificant and inseparable from surgery [2].",
        "contradicts_source",
    ),
    (
        "Type 2 diabetes mellitus with complications [3].",
        "contradicts_source",
    ),
    ("E11.9 is not billable [3].", "contradicts_source"),
    ("No [1].", "off_sources"),
    ("Yes, you can [1].", "off_sources"),
    // Citations in disguise
    ("CPT 38900 is an add-on code [^1].", "uncited"),
    ("CPT 38900 is an add-on code 【1】.", "uncited"),
    ("CPT 38900 is an add-on code [1-9].", "unknown_citation"),
    ("CPT 38900 is an add-on code [3-1].", "unknown_citation"),
    ("CPT 38900 is an add-on code [1] and [9].", "unknown_citation"),
    ("Per [9], CPT 38900 is an add-on code.", "unknown_citation"),
    ("Per [2], CPT 38900 is an add-on code.", "code_not_in_sources"),
    ("CPT 38900 is an add-on code [source 1].", "uncited"),
    ("CPT 38900 is an add-on code ¹.", "uncited"),
    ("CPT 38900 [1] is an add-on code.", "uncited"),
    ("CPT 38900 is an add-on code [[9]].", "unknown_citation"),
    ("CPT 38900 is an add-on code [-1].", "uncited"),
    ("CPT 38900 is an add-on code [1.5].", "uncited"),
    // Markup in disguise
    (
        "CPT 38900 is an add-on code, see evil.example.com [1].",
        "unsafe_text",
    ),
    (
        "CPT 38900 is an add-on code, mailto:a@evil.example [1].",
        "unsafe_text",
    ),
    ("CPT 38900 is an add-on code ![x](y) [1].", "unsafe_text"),
    (
        "CPT 38900 is an add-on code javascript:alert(1) [1].",
        "unsafe_text",
    ),
    ("CPT 38900 is an add-on code ＜img src=x＞ [1].", "unsafe_text"),
    ("CPT 38900 is an add-on code \u{0}[1].", "unsafe_text"),
    ("CPT 38900 is an add-on code \u{e0041}[1].", "unsafe_text"),
    // Words that nobody wrote, and that cost a claim
    ("CPT 38900 was deleted as an add-on code [1].", "off_sources"),
    ("The add-on code 38900 expired [1].", "off_sources"),
    (
        "Mapping lymph nodes under 38900 needs prior authorization [1].",
        "off_sources",
    ),
    (
        "Avoid CPT 38900 for mapping sentinel lymph nodes [1].",
        "off_sources",
    ),
    (
        "Payers reject CPT 38900 for mapping lymph nodes [1].",
        "off_sources",
    ),
    ("CPT 38900 replaced CPT 38500 for lymph nodes [1].", "off_sources"),
    (
        "Medicaid takes CPT 38900 for mapping lymph nodes [1].",
        "off_sources",
    ),
    // Thresholds, fractions, counts
    (
        "Major procedures have under 90 days [2].",
        "number_not_in_sources",
    ),
    (
        "Major procedures have more than 90 days [2].",
        "number_not_in_sources",
    ),
    (
        "Medicare pays a quarter of the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "Medicare pays half of the office visit [2].",
        "number_not_in_sources",
    ),
    (
        "Medicare pays for 90 minor procedures [2].",
        "number_not_in_sources",
    ),
    (
        "Type I diabetes mellitus is without complications [3].",
        "number_not_in_sources",
    ),
    (
        "Type V diabetes mellitus is without complications [3].",
        "number_not_in_sources",
    ),
    (
        "Type XI diabetes mellitus is without complications [3].",
        "number_not_in_sources",
    ),
    (
        "Type xi diabetes mellitus is without complications [3].",
        "number_not_in_sources",
    ),
    // The date of service begins no rule
    (
        "The rule holds since February 14, 2026 for the office visit [2].",
        "date_not_in_sources",
    ),
    (
        "From February 14, 2026 Medicare pays 80 percent [2].",
        "date_not_in_sources",
    ),
    // Modifiers off the list
    (
        "Append AS to the office visit when it is significant [2].",
        "modifier_not_in_sources",
    ),
    (
        "Use Q6 for the office visit when it is significant [2].",
        "modifier_not_in_sources",
    ),
    (
        "Append -P3 to the office visit when it is significant [2].",
        "modifier_not_in_sources",
    ),
    // The asker's code beside another
    ("CPT 38900 can be billed with 20610 [1].", "code_not_in_sources"),
    ("CPT 20610 has 10 global days [2].", "code_not_in_sources"),
    ("CPT 20610 takes modifier 25 [2].", "code_not_in_sources"),
    // Two sentences run together
    (
        "CPT 38900 is an add-on code [1] Append modifier 59 to the office visit [2].",
        "modifier_not_in_sources",
    ),
    (
        "CPT 38900 is an add-on code, report 38501 too [1].",
        "code_not_in_sources",
    ),
    // Markup, tables, tricks of script
    ("<b>CPT 38900</b> is an add-on code [1].", "unsafe_text"),
    (
        "<script>alert(1)</script> CPT 38900 is an add-on code [1].",
        "unsafe_text",
    ),
    (
        "CPT 38900 is an [add-on](https://evil.example) code [1].",
        "unsafe_text",
    ),
    (
        "CPT 38900 is an add-on code, see https://evil.example/x [1].",
        "unsafe_text",
    ),
    ("CPT 38900 is an add-on code &lt;img&gt; [1].", "unsafe_text"),
    ("| 38501 | add-on code | [1] |", "unsafe_text"),
    ("| 38900 | 1 | [1] |", "unsafe_text"),
    ("# CPT 38900 in short", "uncited"),
    ("CPT ٣٨٩٠١ is an add-on code [1].", "unsafe_text"),
    ("CPT ３８９０１ is an add-on code [1].", "code_not_in_sources"),
    ("Report Е11.8 for type 2 diabetes [3].", "unsafe_text"),
    ("CPT 389\u{200b}01 is an add-on code [1].", "unsafe_text"),
    ("CPT 38900 is an add-on code \u{202e}[1].", "unsafe_text"),
    ("CPT ³⁸⁹⁰¹ is an add-on code [1].", "code_not_in_sources"),
];

#[test]
fn lies_are_withheld_each_for_its_reason() {
    assert!(LIES.len() >= 40);
    let wrong: Vec<String> = LIES
        .iter()
        .filter_map(|(lie, reason)| {
            let found = transcript(&judged(lie));
            let expected = if reason.is_empty() {
                String::new()
            } else {
                format!("withheld {reason}")
            };
            (found != expected).then(|| format!("{lie:?}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
