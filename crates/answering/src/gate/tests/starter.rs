//! The sentences of the starter knowledge base, quoted: all of them have to pass with their own citation.

use super::*;
use codecite_codebook::sentences;

#[test]
fn every_sentence_of_the_starter_passes_as_a_quotation() {
    let starter = codecite_ingest::starter().expect("the starter").shelf;
    assert!(starter.passages.len() >= 60);
    let date_of_service = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let mut quoted = 0;
    let mut withheld = Vec::new();
    for passage in starter.passages {
        let evidence = Evidence::new([passage.clone()]).expect("evidence");
        let codes = Grounds::codes_to_look_up(&evidence);
        let grounds = Arc::new(Grounds::new(
            &evidence,
            "What does it say?",
            date_of_service,
            codes,
        ));
        for sentence in sentences(&passage.text) {
            quoted += 1;
            let mut gate = CitationGate::new(Arc::clone(&grounds), GateLimits::default());
            let mut verdicts = gate.push(&format!("{} [1].", sentence.trim_end_matches('.')));
            verdicts.extend(gate.finish());
            let passes = matches!(verdicts.as_slice(), [Verdict::Released(text)] if text.text() == sentence);
            if !passes {
                withheld.push(format!(
                    "{}: {sentence}\n  {}",
                    passage.title,
                    transcript(&verdicts)
                ));
            }
        }
    }
    assert!(
        withheld.is_empty(),
        "{} of {quoted}:\n{}",
        withheld.len(),
        withheld.join("\n")
    );
}

/// How a language model would say it, title by title; each has to pass.
const PARAPHRASES: &[(&str, &str)] = &[
    (
        "What modifier 25 says",
        "Modifier 25 tells the payer that the visit was significant and separately identifiable from the procedure on the same day",
    ),
    (
        "What modifier 25 says",
        "The modifier 25 is appended to the E/M code rather than to the procedure code",
    ),
    (
        "What modifier 25 says",
        "Medicare expects modifier 25 with minor procedures, which have 0 or 10 global days",
    ),
    (
        "What modifier 25 says",
        "For a procedure with a 90-day global period, the decision visit takes modifier 57",
    ),
    (
        "What modifier 57 says",
        "Use modifier 57 for the visit at which a major operation was decided, on the day of the operation or the day before",
    ),
    ("What modifier 57 says", "Modifier 57 belongs on the E/M code"),
    (
        "What modifier 57 says",
        "Without modifier 57, Medicare includes the visit in the global package",
    ),
    (
        "Global days 090: major operations",
        "The global package of a major operation covers 92 days in total",
    ),
    (
        "Global days 090: major operations",
        "Modifier 57 is used for the visit that led to the decision for a major operation",
    ),
    (
        "Column 1 and column 2 of a procedure-to-procedure edit",
        "When both codes of an edit are reported, the column 2 code is denied and the column 1 code is paid",
    ),
    (
        "Column 1 and column 2 of a procedure-to-procedure edit",
        "Check the pair in both orders before you conclude that there is no edit",
    ),
    (
        "What an MUE is",
        "A medically unlikely edit is the most units of a code that a practitioner would report for one patient on one day in nearly all correct claims",
    ),
    (
        "What an MUE is",
        "Some MUE values are confidential and so are not published",
    ),
    (
        "What CPT 99213 is",
        "99213 is an established patient office visit with low medical decision making or at least 20 minutes of total time",
    ),
    ("What CPT 99213 is", "The MUE for 99213 is 2 per day"),
    (
        "Excludes1 means never together",
        "An Excludes1 note means that the two conditions may not be coded together",
    ),
    (
        "Excludes1 means never together",
        "If the two conditions are clearly unrelated, both may be coded despite the Excludes1 note",
    ),
    (
        "Units of CPT 38900",
        "Only one unit of CPT 38900 is reported, no matter how many sentinel nodes are found",
    ),
    (
        "Units of CPT 38900",
        "The MUE for 38900 is 1, with adjudication indicator 3",
    ),
    (
        "Units of CPT 38900",
        "When mapping is done on both sides, bill 38900 on one line with modifier 50 and one unit",
    ),
    (
        "Global days of CPT 38900",
        "CPT 38900 has global days of ZZZ, so it follows the global period of the primary procedure",
    ),
    (
        "Global days of CPT 38900",
        "In the 2025 October release, CPT 38900 had 2.50 work RVUs",
    ),
    (
        "What modifier 50 says",
        "Modifier 50 means the procedure was performed on both sides of the body during the same session",
    ),
    (
        "What modifier 50 says",
        "Medicare wants a single line with modifier 50 and 1 unit",
    ),
    (
        "What modifier 78 says",
        "Modifier 78 is for an unplanned return to the operating room for a problem related to the first operation",
    ),
    (
        "What modifier 78 says",
        "With modifier 78, no new global period begins",
    ),
    (
        "CPT 38900 with 38500",
        "Yes, 38900 may be reported together with 38500, because 38500 is on the list of primary codes",
    ),
    (
        "CPT 38900 with 38500",
        "NCCI table v30.2 has no active edit between 38900 and 38500",
    ),
    (
        "When CPT 38900 is reported",
        "CPT 38900 is never reported alone, because Medicare pays an add-on code only with a primary code",
    ),
    (
        "When CPT 38900 is reported",
        "The operative note should say how the sentinel node was found and at which site",
    ),
    (
        "What CPT 38900 is",
        "The dye injection is part of CPT 38900 and gets no code of its own",
    ),
    (
        "What CPT 38900 is",
        "The removal of the node is reported with a separate primary code",
    ),
    (
        "CPT 38900 is not 38792",
        "CPT 38792 is the injection of a radioactive tracer, while CPT 38900 is finding the node during surgery",
    ),
    ("CPT 38900 is not 38792", "CPT 38792 is not an add-on code"),
    (
        "No modifier 51 on CPT 38900",
        "Modifier 51 does not go on CPT 38900, because add-on codes are exempt from the multiple-procedure reduction",
    ),
    (
        "No modifier 51 on CPT 38900",
        "CPT 38900 is exempt from the multiple-procedure reduction",
    ),
    (
        "CPT 38900 with 38525, the usual breast pairing",
        "38525 reports the excision of the deep axillary node, and 38900 reports the mapping",
    ),
    (
        "CPT 38900 with 38525, the usual breast pairing",
        "Report 38500 instead of 38525 only when the excised node was superficial",
    ),
    (
        "Which operations CPT 38900 goes with",
        "Partial mastectomy alone (19301) is not on the NCCI list",
    ),
    (
        "NCCI edits with CPT 38900 in column 1",
        "No modifier unbundles the pair of 38900 with 78800, because its indicator is 0",
    ),
    (
        "NCCI edits with CPT 38900 in column 1",
        "CPT 38900 is the column 1 code of six active pairs and never the column 2 code",
    ),
    (
        "Modifier 25 with 99213 on the same day as 20610",
        "Modifier 25 goes on 99213 and never on 20610",
    ),
    (
        "Modifier 25 with 99213 on the same day as 20610",
        "Without modifier 25, the visit is denied",
    ),
    (
        "Modifier 25 with 99213 on the same day as 20610",
        "You can report 99213 with modifier 25 and 20610 on the same day only when the visit was significant and separately identifiable",
    ),
    (
        "CPT 99211 and 96372 on the same day",
        "Medicare does not pay 99211 with 96372 on the same day",
    ),
    (
        "CPT 99211 and 96372 on the same day",
        "Modifier 25 does not open the pair of 96372 and 99211",
    ),
    (
        "The decision for a minor procedure does not earn modifier 25",
        "The decision to perform a minor procedure does not by itself support a visit with modifier 25",
    ),
    (
        "The classic mistakes with modifier 25",
        "It is a mistake to put modifier 25 on the procedure code",
    ),
    (
        "What counts as time for an office visit",
        "Time of clinical staff does not count",
    ),
    (
        "New or established patient",
        "A patient is new when no physician of the same group and specialty saw him or her within the last three years",
    ),
    ("New or established patient", "New patients take 99202 to 99205"),
    (
        "Type 2 diabetes with chronic kidney disease",
        "Type 2 diabetes with chronic kidney disease is coded E11.22, followed by a code of N18 for the stage",
    ),
    (
        "Type 2 diabetes with chronic kidney disease",
        "N18.31 is for stage 3a and N18.32 for stage 3b",
    ),
    (
        "Insulin, tablets and other injections: Z79.4, Z79.84 and Z79.85",
        "Use Z79.4 for insulin and Z79.84 for oral drugs",
    ),
    (
        "Which diabetes category to use",
        "E11 is the category when the type of diabetes is not documented",
    ),
    (
        "Which diabetes category to use",
        "E10 is for type 1 and E11 for type 2",
    ),
    (
        "Diabetic retinopathy and the eye",
        "Mild nonproliferative retinopathy with macular edema of the right eye is E11.3211",
    ),
    (
        "Global days 000 and 010: minor procedures",
        "With 010 global days, the day of the procedure and the ten days after it are in the package",
    ),
    (
        "What the global package includes",
        "Postoperative visits inside the package may be recorded with 99024, which is not paid",
    ),
    (
        "Uncontrolled or poorly controlled diabetes",
        "The word uncontrolled alone is not enough for a diabetes code",
    ),
];

/// The same, turned into something that costs a claim.
const TWISTED: &[(&str, &str)] = &[
    (
        "What modifier 25 says",
        "Modifier 25 goes on the procedure code, not on the E/M code",
    ),
    (
        "What modifier 25 says",
        "Modifier 25 belongs with procedures of 090 global days",
    ),
    ("What modifier 25 says", "Modifier 25 does not go on the E/M code"),
    (
        "What modifier 57 says",
        "Modifier 57 goes on the procedure code with 010 global days",
    ),
    (
        "What modifier 57 says",
        "Modifier 57 says that the visit led to the decision for a minor operation",
    ),
    (
        "Column 1 and column 2 of a procedure-to-procedure edit",
        "No edit proves that the pair is payable",
    ),
    (
        "What an MUE is",
        "An MUE is the least units of a code that one practitioner would report for one patient on one day",
    ),
    (
        "What CPT 99213 is",
        "CPT 99213 is the office visit of a new patient with low medical decision making",
    ),
    ("What CPT 99213 is", "The MUE of CPT 99213 is 3 per day"),
    (
        "What CPT 99213 is",
        "The MUE of CPT 99213 is 2 per day with adjudication indicator 2",
    ),
    (
        "Excludes1 means never together",
        "Excludes1 means that the two conditions are coded together",
    ),
    (
        "Units of CPT 38900",
        "Report one unit of CPT 38900 for each of 3 sentinel nodes",
    ),
    (
        "Units of CPT 38900",
        "For mapping on both sides, report 38900 on two lines with modifier 50",
    ),
    ("Global days of CPT 38900", "Global days of CPT 38900 are 090"),
    (
        "Global days of CPT 38900",
        "38500 has 90 global days and 38525 has 10",
    ),
    (
        "What modifier 50 says",
        "Medicare pays 50 percent with modifier 50",
    ),
    (
        "What modifier 78 says",
        "With modifier 78 a new global period starts",
    ),
    (
        "What modifier 78 says",
        "Modifier 78 says that the patient had to return to the operating room as planned for an unrelated problem",
    ),
    (
        "CPT 38900 with 38500",
        "No, CPT 38900 cannot be reported with 38500",
    ),
    (
        "CPT 38900 with 38500",
        "NCCI practitioner table v30.3 holds no active edit between 38900 and 38500",
    ),
    (
        "CPT 38900 with 38500",
        "NCCI practitioner table v30.2 holds an active edit between 38900 and 38500",
    ),
];

fn verdicts_on(title: &str, sentence: &str) -> String {
    transcript(&judged_on(title, sentence))
}

fn judged_on(title: &str, sentence: &str) -> Vec<Verdict> {
    let starter = codecite_ingest::starter().expect("the starter").shelf;
    let passage = starter
        .passages
        .into_iter()
        .find(|passage| passage.title == title)
        .expect(title);
    let evidence = Evidence::new([passage]).expect("evidence");
    let codes = Grounds::codes_to_look_up(&evidence);
    let date_of_service = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let grounds = Arc::new(Grounds::new(
        &evidence,
        "What does it say?",
        date_of_service,
        codes,
    ));
    let mut gate = CitationGate::new(grounds, GateLimits::default());
    let mut verdicts = gate.push(&format!("{sentence} [1]."));
    verdicts.extend(gate.finish());
    verdicts
}

#[test]
fn honest_paraphrases_of_the_starter_pass() {
    let withheld: Vec<String> = PARAPHRASES
        .iter()
        .map(|(title, sentence)| (sentence, judged_on(title, sentence)))
        .filter(|(_, verdicts)| !matches!(verdicts.as_slice(), [Verdict::Released(_)]))
        .map(|(sentence, verdicts)| {
            format!("{sentence}\n  {}: {}", transcript(&verdicts), details(&verdicts))
        })
        .collect();
    assert!(
        withheld.is_empty(),
        "{} of {}:\n{}",
        withheld.len(),
        PARAPHRASES.len(),
        withheld.join("\n")
    );
}

#[test]
fn twisted_sentences_of_the_starter_are_withheld() {
    let passed: Vec<String> = TWISTED
        .iter()
        .map(|(title, sentence)| verdicts_on(title, sentence))
        .filter(|verdicts| !verdicts.starts_with("withheld"))
        .collect();
    assert!(
        passed.is_empty(),
        "{} of {}:\n{}",
        passed.len(),
        TWISTED.len(),
        passed.join("\n")
    );
}

/// What the gate does not catch today, and should: true numbers of one passage in a wrong order. Each of them
/// stands in the source, and nothing ties "days in all" to 92. It would take reading, not comparing.
#[test]
fn numbers_of_one_statement_in_a_wrong_order_still_pass() {
    let twisted = "The package of a major operation runs 90 days in all, from the 92nd day";
    assert!(verdicts_on("Global days 090: major operations", twisted).starts_with("paragraph"));
}
