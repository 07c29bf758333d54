//! Lies that need their question, more than one source, or more than one sentence; and the honest sentences
//! beside them.

use super::*;

struct Case {
    question: &'static str,
    sources: &'static [&'static str],
    text: &'static str,
    expected: &'static str,
}

const fn case(
    question: &'static str,
    sources: &'static [&'static str],
    text: &'static str,
    expected: &'static str,
) -> Case {
    Case {
        question,
        sources,
        text,
        expected,
    }
}

const PAIR: &str = "Modifier 25 with 99213 on the same day as 20610";
const ADD_ON: &str = "CPT 38900 is an add-on code";
const WITH_38500: &str = "CPT 38900 with 38500";
const WITH_38525: &str = "CPT 38900 with 38525, the usual breast pairing";
const VISIT_3: &str = "What CPT 99213 is";
const VISIT_4: &str = "What CPT 99214 is";
const EYE: &str = "Diabetic retinopathy and the eye";
const TYPES: &str = "Which diabetes category to use";
const NOT_51: &str = "No modifier 51 on CPT 38900";
const REPORTING: &str = "When CPT 38900 is reported";
const NURSE: &str = "CPT 99211 and 96372 on the same day";

const LIES: &[Case] = &[
    // The asker's codes vouch for nothing.
    case(
        "Can CPT 38900 be billed with CPT 99213?",
        &[ADD_ON, VISIT_3],
        "Yes, CPT 38900 can be billed with CPT 99213 [1].",
        "withheld code_not_in_sources",
    ),
    case(
        "Can CPT 38900 be billed with CPT 99213?",
        &[ADD_ON, VISIT_3],
        "No, CPT 38900 cannot be billed with CPT 99213 [1][2].",
        "withheld code_not_in_sources",
    ),
    case(
        "Is there an edit between 38900 and 38505?",
        &[WITH_38525],
        "NCCI practitioner table v30.2 holds no active edit between 38900 and 38505 in either order, among 1,669,820 active pairs [1].",
        "withheld code_not_in_sources",
    ),
    case(
        "Is there an edit between 38900 and 38500?",
        &[WITH_38525],
        "NCCI practitioner table v30.2 holds no active edit between 38900 and 38500 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Can 38900 and 38500 be billed together?",
        &[WITH_38500],
        "38900 and 38500 cannot be billed together [1].",
        "withheld contradicts_source",
    ),
    case(
        "Can 38900 be billed with 38500?",
        &[WITH_38500],
        "CPT 38900 is never billed with 38500 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Can 99211 be billed with 96372?",
        &[NURSE],
        "CPT 99211 can be billed with 96372 [1].",
        "withheld contradicts_source",
    ),
    case(
        "What is CPT 38900?",
        &[NOT_51],
        "Put modifier 51 on CPT 38900 [1].",
        "withheld contradicts_source",
    ),
    // Roles exchanged.
    case(
        "Can I use modifier 25 with 99213 and 20610?",
        &[PAIR],
        "Put modifier 25 on 20610, not on 99213 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Can I use modifier 25 with 99213 and 20610?",
        &[PAIR],
        "Put modifier 25 on 20610 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Can I use modifier 25 with 99213 and 20610?",
        &[PAIR],
        "Append modifier 25 to 20610 rather than to 99213 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Where does modifier 25 go?",
        &["What modifier 25 says"],
        "Modifier 25 goes on the procedure code instead of the E/M code [1].",
        "withheld contradicts_source",
    ),
    case(
        "38525 or 38500?",
        &[WITH_38525],
        "Choose 38525 instead of 38500 when the node excised by open surgery was superficial [1].",
        "withheld contradicts_source",
    ),
    case(
        "What are the mistakes with modifier 25?",
        &["The classic mistakes with modifier 25"],
        "Put modifier 25 on the procedure code [1].",
        "withheld contradicts_source",
    ),
    // A citation in the middle of a claim.
    case(
        "What is CPT 99213?",
        &[VISIT_4, VISIT_3],
        "CPT 99213 [2] takes at least 30 minutes of total time [1].",
        "withheld number_not_in_sources",
    ),
    case(
        "Do 38900 and 20610 go together?",
        &[ADD_ON, "What CPT 20610 is"],
        "CPT 38900, an add-on code [1], and 20610 can be billed together [2].",
        "withheld code_not_in_sources",
    ),
    case(
        "Do 38900 and 20610 go together?",
        &[ADD_ON, "What CPT 20610 is"],
        "CPT 38900 is an add-on code [1]. It may be billed with 20610 [2].",
        "paragraph CPT 38900 is an add-on code. [1]\nwithheld code_not_in_sources",
    ),
    case(
        "Do 38900 and 20610 go together?",
        &[ADD_ON, "What CPT 20610 is"],
        "CPT 38900 is an add-on code [1], and it may be billed with 20610 [2].",
        "withheld code_not_in_sources",
    ),
    // A group that lends.
    case(
        "Is E11.3291 the right eye with macular edema?",
        &[EYE, TYPES],
        "With macular edema of the right eye it is E11.3291 [1][2].",
        "withheld contradicts_source",
    ),
    case(
        "Which category is type 2?",
        &[TYPES, EYE],
        "E10 is for type 2 diabetes [1][2].",
        "withheld number_not_in_sources",
    ),
    case(
        "Is 38900 an add-on code with 20 minutes?",
        &[ADD_ON, VISIT_3],
        "CPT 38900 is an add-on code with at least 20 minutes of total time [1][2].",
        "withheld number_not_in_sources",
    ),
    case(
        "Is 38900 an add-on code with 20 minutes?",
        &[ADD_ON, VISIT_3],
        "CPT 38900 is an add-on code, with at least 20 minutes of total time [1][2].",
        "withheld number_not_in_sources",
    ),
    case(
        "Is E11.3212 the right eye?",
        &["ICD-10-CM E11.3211", "ICD-10-CM E11.3212"],
        "E11.3212 is type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, right eye [1][2].",
        "withheld code_not_in_sources",
    ),
    case(
        "Which code for the right eye?",
        &["ICD-10-CM E11.3211", "ICD-10-CM E11.3212"],
        "E11.3212 is for the right eye [1][2].",
        "withheld contradicts_source",
    ),
    case(
        "What is E10.9?",
        &["ICD-10-CM E10.9", "ICD-10-CM E11.9"],
        "E10.9 is type 2 diabetes mellitus without complications [1][2].",
        "withheld number_not_in_sources",
    ),
    case(
        "What is E10.9?",
        &["ICD-10-CM E10.9", "ICD-10-CM E11.9"],
        "E10.9 is type II diabetes mellitus without complications [1].",
        "withheld number_not_in_sources",
    ),
    case(
        "What is E10.9?",
        &["ICD-10-CM E10.9", "ICD-10-CM E11.9"],
        "E10.9 is a diabetes code, type 2 [1][2].",
        "withheld contradicts_source",
    ),
    case(
        "What is E11.9?",
        &["ICD-10-CM E10.9", "ICD-10-CM E11.9"],
        "Type I diabetes mellitus without complications is E11.9 [2].",
        "withheld number_not_in_sources",
    ),
    case(
        "Was 38900 deleted?",
        &[ADD_ON],
        "CPT 38900 was deleted [1].",
        "withheld off_sources",
    ),
    case(
        "Does 38900 need prior authorization?",
        &[REPORTING],
        "CPT 38900 needs prior authorization for the sentinel node [1].",
        "withheld off_sources",
    ),
    case(
        "Is 99211 paid with 96372?",
        &[NURSE],
        "Medicare pays 99211 with 96372 on the same day [1].",
        "withheld contradicts_source",
    ),
    case(
        "Does modifier 25 open 99211 with 96372?",
        &[NURSE],
        "Modifier 25 opens the pair of 96372 and 99211 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Which code is the mapping?",
        &[WITH_38525],
        "38900 reports the excision of the deep axillary node and 38525 the mapping [1].",
        "withheld contradicts_source",
    ),
    case(
        "What is 38792?",
        &["CPT 38900 is not 38792"],
        "CPT 38792 is the finding of the node during surgery and includes only non-radioactive dye [1].",
        "withheld contradicts_source",
    ),
    case(
        "What do new patients take?",
        &["New or established patient"],
        "Established patients take 99202 to 99205 and new patients 99211 to 99215 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Z79.4 or Z79.84?",
        &["Insulin, tablets and other injections: Z79.4, Z79.84 and Z79.85"],
        "Z79.84 is for insulin and Z79.4 for oral drugs [1].",
        "withheld contradicts_source",
    ),
    case(
        "Stage 3a?",
        &["Type 2 diabetes with chronic kidney disease"],
        "N18.32 is for stage 3a [1].",
        "withheld number_not_in_sources",
    ),
    // Thresholds and ranges.
    case(
        "How long is 99213?",
        &[VISIT_3],
        "CPT 99213 is an office visit under 20 minutes of total time [1].",
        "withheld number_not_in_sources",
    ),
    case(
        "How long is 99213?",
        &[VISIT_3],
        "CPT 99213 is an office visit of at most 20 minutes of total time [1].",
        "withheld number_not_in_sources",
    ),
    case(
        "Who takes 99202?",
        &["New or established patient"],
        "New patients take 99202 up to 99215 [1].",
        "withheld code_not_in_sources",
    ),
    case(
        "Is a 25-minute visit 99214?",
        &[VISIT_4],
        "A 25-minute visit is reported with CPT 99214 [1].",
        "withheld contradicts_source",
    ),
    case(
        "Is a 25-minute visit 99213?",
        &[VISIT_3],
        "A 45-minute visit is reported with CPT 99213 [1].",
        "withheld number_not_in_sources",
    ),
    case(
        "Is it valid since February 14, 2026?",
        &[REPORTING],
        "CPT 38900 is reported since February 14, 2026 [1].",
        "withheld date_not_in_sources",
    ),
    // Lists that lost what introduces them.
    case(
        "What does 38900 go with?",
        &[WITH_38500],
        "Never report 38900 with these [1]:\n- 38500 [1]\n- 38500 is one of the primary codes that NCCI lists for the add-on [1]",
        "withheld contradicts_source\nwithheld uncited\nwithheld uncited",
    ),
    case(
        "What does 38900 go with?",
        &[WITH_38500],
        "Do not report:\n- 38500 is one of the primary codes that NCCI lists for the add-on [1]",
        "withheld uncited\nwithheld uncited",
    ),
    case(
        "What does 38900 go with?",
        &[WITH_38500],
        "Codes that were deleted:\n- 38500 is one of the primary codes that NCCI lists for the add-on [1]",
        "withheld uncited\nwithheld uncited",
    ),
    case(
        "What does 20610 go with?",
        &[WITH_38500],
        "These go with 20610:\n- 38500 is one of the primary codes that NCCI lists for the add-on [1]",
        "withheld code_not_in_sources",
    ),
];

const HONEST: &[Case] = &[
    case(
        "Can 38900 be billed with 38500?",
        &[WITH_38500, ADD_ON],
        "Yes, 38900 can be billed with 38500 [1] and [2].",
        "paragraph Yes, 38900 can be billed with 38500. [1, 2]",
    ),
    case(
        "Can 38900 be billed with 38500?",
        &[WITH_38500],
        "Per [1], 38500 is one of the primary codes of 38900.",
        "paragraph 38500 is one of the primary codes of 38900. [1]",
    ),
    case(
        "What is an add-on code?",
        &[ADD_ON, REPORTING],
        "CPT 38900 is never reported alone [1-2].",
        "paragraph CPT 38900 is never reported alone. [1, 2]",
    ),
    case(
        "What is the difference between 99213 and 99214?",
        &[VISIT_3, VISIT_4],
        "CPT 99213 needs at least 20 minutes [1], and CPT 99214 needs at least 30 minutes [2].",
        "paragraph CPT 99213 needs at least 20 minutes, and CPT 99214 needs at least 30 minutes. [1, 2]",
    ),
    case(
        "What is CPT 38900?",
        &[ADD_ON, REPORTING],
        "Key points:\n- CPT 38900 is never reported alone [1].\n- The operative note should say how the node was found [2].",
        "item CPT 38900 is never reported alone. [1]\nitem The operative note should say how the node was found. [2]",
    ),
    case(
        "What goes with 38900?",
        &[WITH_38500],
        "Report 38900 with these codes:\n- 38500, one of the primary codes that NCCI lists [1]\n\nNo modifier is needed between 38900 and 38500 [1].",
        "item 38500, one of the primary codes that NCCI lists [1]\nparagraph No modifier is needed between 38900 and 38500. [1]",
    ),
    case(
        "Is a 25-minute visit 99213?",
        &[VISIT_3],
        "A 25-minute visit meets the total time of CPT 99213 [1].",
        "paragraph A 25-minute visit meets the total time of CPT 99213. [1]",
    ),
    case(
        "Is a 25-minute visit 99214?",
        &[VISIT_4],
        "A 25-minute visit does not meet the total time of CPT 99214 [1].",
        "paragraph A 25-minute visit does not meet the total time of CPT 99214. [1]",
    ),
    case(
        "Can I use modifier 25 with 99213 and 20610?",
        &[PAIR],
        "Yes, append modifier 25 to 99213 rather than to 20610 [1].",
        "paragraph Yes, append modifier 25 to 99213 rather than to 20610. [1]",
    ),
    case(
        "What is CPT 38900?",
        &[ADD_ON, "Global days of CPT 38900"],
        "CPT 38900 is an add-on code [1]. It falls under the global period of its primary procedure [2].",
        "paragraph CPT 38900 is an add-on code. [1]\ncontinue It falls under the global period of its primary procedure. [2]",
    ),
];

/// Entries of a code set beside the starter, as its order file has them.
fn entries() -> Vec<Passage> {
    let entry = |code: &str, title: &str| {
        let label = format!("ICD-10-CM {code}");
        Passage::new(PassageDraft {
            billable: Some(true),
            aspect: Aspect::Entry,
            ..passage(&label, title, &[&label], &[]).into_draft()
        })
    };
    let retinopathy =
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema";
    vec![
        entry("E11.3211", &format!("{retinopathy}, right eye")),
        entry("E11.3212", &format!("{retinopathy}, left eye")),
        entry("E10.9", "Type 1 diabetes mellitus without complications"),
        entry("E11.9", "Type 2 diabetes mellitus without complications"),
    ]
}

fn verdicts(case: &Case) -> String {
    let starter = codecite_ingest::starter().expect("the starter").shelf;
    let shelf: Vec<Passage> = starter.passages.into_iter().chain(entries()).collect();
    let passages: Vec<Passage> = case
        .sources
        .iter()
        .map(|title| {
            let found = shelf.iter().find(|passage| passage.title == *title);
            found.unwrap_or_else(|| panic!("no passage {title:?}")).clone()
        })
        .collect();
    let evidence = Evidence::new(passages).expect("evidence");
    let codes = Grounds::codes_to_look_up(&evidence);
    let today = NaiveDate::from_ymd_opt(2026, 2, 14).expect("a day");
    let grounds = Arc::new(Grounds::new(&evidence, case.question, today, codes));
    let mut gate = CitationGate::new(grounds, GateLimits::default());
    let mut verdicts = gate.push(case.text);
    verdicts.extend(gate.finish());
    transcript(&verdicts)
}

#[track_caller]
fn check_all(cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, verdicts(case)))
        .filter(|(case, found)| *found != case.expected)
        .map(|(case, found)| {
            format!(
                "{:?}\n  expected {}\n  found    {found}",
                case.text, case.expected
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn traps_are_seen() {
    check_all(LIES);
}

#[test]
fn honest_sentences_beside_the_traps_pass() {
    check_all(HONEST);
}
