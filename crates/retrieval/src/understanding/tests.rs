use super::*;
use proptest::prelude::*;

fn today() -> NaiveDate {
    "2026-11-23".parse().expect("a date in the test")
}

fn read(question: &str) -> Understanding {
    understand(question, today())
}

/// One line a mention: candidates by `|`, then `..end`, then ` +modifiers`.
fn told(question: &str) -> Vec<String> {
    read(question)
        .mentions
        .iter()
        .map(|mention| {
            let candidates: Vec<String> = mention.candidates.iter().map(short).collect();
            let end = mention
                .range_end
                .as_ref()
                .map(|code| format!("..{code}"))
                .unwrap_or_default();
            let modifiers: String = mention.modifiers.iter().map(|code| format!(" +{code}")).collect();
            format!("{}{end}{modifiers}", candidates.join("|"))
        })
        .collect()
}

fn short(code: &Code) -> String {
    let system = match code.system() {
        CodeSystem::Cpt => "C",
        CodeSystem::Hcpcs => "H",
        CodeSystem::Icd10Cm => "I",
        CodeSystem::Icd10Pcs => "P",
        _ => "?",
    };
    format!("{system}:{code}")
}

fn check(question: &str, mentions: &[&str]) {
    assert_eq!(told(question), mentions, "codes of {question:?}");
}

#[test]
fn codes_are_read_as_people_write_them() {
    for (question, mentions) in [
        ("What is CPT 38900?", &["C:38900"][..]),
        ("CPT® 38900", &["C:38900"]),
        ("CPT38900?", &["C:38900"]),
        ("CPT-38900", &["C:38900"]),
        ("cpt code #38900.", &["C:38900"]),
        ("(38900)", &["C:38900"]),
        ("is \"38900\" an add-on", &["C:38900"]),
        ("+38900", &["C:38900"]),
        ("38900-add-on", &["C:38900"]),
        ("３８９００", &["C:38900"]),
        ("٣٨٩٠٠", &["C:38900"]),
        ("38900\u{a0}and\u{a0}38500", &["C:38900", "C:38500"]),
        ("38900¹ with 38500²", &["C:38900", "C:38500"]),
        ("are 99213s audited", &["C:99213"]),
        ("99213/99214", &["C:99213", "C:99214"]),
        ("99213,99214", &["C:99213", "C:99214"]),
        ("99213, 99214 and 99215", &["C:99213", "C:99214", "C:99215"]),
        ("99213 & 20610", &["C:99213", "C:20610"]),
        ("99213 … later 99213", &["C:99213"]),
        // Modifiers with the code.
        ("99213-25", &["C:99213 +25"]),
        ("99213 -25", &["C:99213 +25"]),
        ("38900-59?", &["C:38900 +59"]),
        ("11042-59-RT", &["C:11042 +59 +RT"]),
        ("20610-lt", &["C:20610 +LT"]),
        ("20610 RT", &["C:20610 +RT"]),
        ("71046 TC", &["C:71046 +TC"]),
        ("99213 with modifier 25", &["C:99213 +25"]),
        ("99213 modifiers 25 and 95", &["C:99213 +25 +95"]),
        ("99213-25 or 99213-57", &["C:99213 +25 +57"]),
        ("38900 59", &["C:38900 +59"]),
        ("99213 25", &["C:99213 +25"]),
        ("99213 25 minutes", &["C:99213"]),
        ("99213 25 min visit", &["C:99213"]),
        ("99213 w/ 25", &["C:99213 +25"]),
        ("99213 with 25?", &["C:99213 +25"]),
        ("99213-25,59", &["C:99213 +25 +59"]),
        ("99213-25/59", &["C:99213 +25 +59"]),
        ("99213-25/99214", &["C:99213 +25", "C:99214"]),
        ("93000TC", &["C:93000 +TC"]),
        ("E0601RR", &["H:E0601 +RR"]),
        ("S0120XS", &["I:S01.20XS"]),
        ("02100JW", &["P:02100JW"]),
        ("99213-or 99214", &["C:99213", "C:99214"]),
        // Ranges.
        ("99202–99205", &["C:99202..99205"]),
        ("99202-99205", &["C:99202..99205"]),
        ("99202 — 99205", &["C:99202..99205"]),
        ("99202 to 99205", &["C:99202..99205"]),
        ("99202 through 99205", &["C:99202..99205"]),
        ("99215 to 99213", &["C:99215", "C:99213"]),
        ("99215-99213", &["C:99215", "C:99213"]),
        ("99202-05", &["C:99202..99205"]),
        ("99213-05", &["C:99213"]),
        ("E11.9-E11.65", &["I:E11.9", "I:E11.65"]),
        ("E11.9+I10", &["I:E11.9", "I:I10"]),
        ("e08-e13", &["I:E08..E13"]),
        ("E1165-E1169", &["H:E1165|I:E11.65..E1169"]),
        ("E08-E13", &["I:E08..E13"]),
        ("N18.30 - N18.32", &["I:N18.30..N18.32"]),
        ("J0120-J0130", &["H:J0120|I:J01.20..J0130"]),
        ("99213 to E11.9", &["C:99213", "I:E11.9"]),
        // HCPCS and CPT with letters.
        ("J1885x2", &["H:J1885|I:J18.85"]),
        ("J1885 x 2", &["H:J1885|I:J18.85"]),
        ("g0438", &["H:G0438|I:G04.38"]),
        ("0001U", &["C:0001U"]),
        ("0042t", &["C:0042T"]),
        ("1126F", &["C:1126F"]),
        ("HCPCS J1885", &["H:J1885"]),
        ("HCPCS code E1165", &["H:E1165"]),
        ("J1885-JW", &["H:J1885 +JW"]),
        // ICD-10-CM.
        ("E119", &["I:E11.9"]),
        ("e11.9", &["I:E11.9"]),
        ("E11 .9", &["I:E11.9"]),
        ("E11.9.", &["I:E11.9"]),
        ("It is E11.", &["I:E11"]),
        ("E1165", &["H:E1165|I:E11.65"]),
        ("ICD-10-CM E1165", &["I:E11.65"]),
        ("ICD-10 codes E1165 and N1830", &["I:E11.65", "I:N18.30"]),
        ("F1020", &["I:F10.20"]),
        ("I10", &["I:I10"]),
        ("what is i10", &["I:I10"]),
        ("whats e11", &["I:E11"]),
        ("is e11 billable", &["I:E11"]),
        ("E11.9/I10", &["I:E11.9", "I:I10"]),
        ("S52521A", &["I:S52.521A"]),
        ("s52.521a", &["I:S52.521A"]),
        ("W19.XXXA", &["I:W19.XXXA"]),
        ("w19xxxa", &["I:W19.XXXA"]),
        ("T38.0X1A", &["I:T38.0X1A"]),
        ("N18.3-", &["I:N18.3"]),
        ("E11.- codes", &["I:E11"]),
        ("E11.x", &["I:E11"]),
        ("E11.xx?", &["I:E11"]),
        ("E11.6x", &["I:E11.6"]),
        ("E11.*", &["I:E11"]),
        ("M1A.00X0", &["I:M1A.00X0"]),
        ("Z3A20", &["I:Z3A.20"]),
        ("QA1", &["I:QA1"]),
        ("C7A.1 and D3B1", &["I:C7A.1", "I:D3B.1"]),
        ("ICD-10 code B1B", &["I:B1B"]),
        ("diagnosis kb3.1", &["I:KB3.1"]),
        ("K6A.1", &["I:K6A.1"]),
        ("ICD-10 B12", &["I:B12"]),
        // ICD-10-PCS.
        ("0DTJ4ZZ", &["P:0DTJ4ZZ"]),
        ("0dtj4zz", &["P:0DTJ4ZZ"]),
        ("ICD-10-PCS 0210093", &["P:0210093"]),
        ("PCS code XW033E5", &["P:XW033E5"]),
    ] {
        check(question, mentions);
    }
}

#[test]
fn other_things_are_no_codes() {
    for question in [
        "",
        "hello",
        "in 2026",
        "in the year 2026 CMS changed it",
        "on 2/14/2026",
        "zip 90210",
        "ZIP code 90210-1234",
        "Boston, MA 02115",
        "Springfield IL 62704",
        "12345 Main Street",
        "12345 North Oak Ave",
        "ICD-10 A1C",
        "99213-2514",
        "call 555-123-4567",
        "call (555) 123-4567",
        "555-12345",
        "SSN 123-45-6789",
        "$12345",
        "$ 12,345.67",
        "12345.67",
        "12345 dollars",
        "20000 units",
        "50000 IU of vitamin D",
        "MRN 1234567",
        "MRN: 12345",
        "account number 12345",
        "NPI 1234567893",
        "claim #12345",
        "member id 12345",
        "NDC 00409-1234-01",
        "A1C of 9",
        "a1c 9.2",
        "T2DM",
        "icd 10 T2DM",
        "ICD-10 code for COVID19",
        "COVID-19",
        "H1N1 influenza",
        "CD4 count",
        "CA125",
        "G6PD deficiency",
        "HbA1c",
        "2D echo",
        "L4-L5 fusion",
        "L4L5 disc",
        "C5-C6 radiculopathy",
        "T12-L1",
        "T12 compression fracture",
        "L4/5",
        "G2P1",
        "G3P2002",
        "T2N1M0",
        "vitamin B12",
        "B12 injection",
        "ICD-10 code for B12 deficiency",
        "N95 mask",
        "BRAF V600E",
        "KRAS G12C",
        "q12h",
        "D5W",
        "NCCI v30.2",
        "CMS-HCC V28 and V24",
        "does HCC 36 trump HCC 38 in V28",
        "does this risk adjust in V24",
        "HCC 18",
        "denial code N130",
        "remark codes M76 and N519",
        "CO-97",
        "FY2027",
        "2026Q3",
        "rvu25d.pdf and a12.pdf",
        "user12@x99.com",
        "https://example.org/99213",
        "MS-DRG 470",
        "3890",
        "389001",
        "1-800-555-1234",
        "12345%",
        "DOS 20261001",
        "S1",
        "stage 3 CKD",
        "b12",
        "F2F visit",
        "ICD-10-CM and CPT",
        "HCPCS Level II",
    ] {
        check(question, &[]);
    }
}

#[test]
fn modifiers_are_read_where_something_says_so() {
    for (question, modifiers) in [
        ("What is modifier 25?", "25"),
        ("mod -59", "59"),
        ("mod. 59", "59"),
        ("modifiers 25 and 59", "25 59"),
        ("modifier 25 or 57", "25 57"),
        ("modifier 25 vs modifier 57", "25 57"),
        ("the 25 modifier", "25"),
        ("a 59 or XU modifier", "59 XU"),
        ("XU modifier", "XU"),
        ("modifier xu", "XU"),
        ("when is -25 right", "25"),
        ("modifier X{EPSU}", "XE XP XS XU"),
        ("XEPSU modifiers", "XE XP XS XU"),
        ("XS or 59?", "XS"),
        ("58 vs 78", "58 78"),
        ("When should I use modifier XU instead of 59?", "XU 59"),
        ("What is the difference between 25 and 57?", "25 57"),
        ("modifier RT/LT", "RT LT"),
        ("RT/LT on 20610", "RT LT"),
        ("mod25", "25"),
        ("append 25 to 99213", "25"),
        ("do I use RT on 20610", "RT"),
        ("99213-25 and modifier 57", "25 57"),
        ("with modifier TC", "TC"),
        ("modifiers 26, TC, and 59", "26 TC 59"),
        // Words, amounts and levels are none.
        ("which modifier is needed", ""),
        ("modifier to use", ""),
        ("no modifier", ""),
        ("do I need a modifier on it", ""),
        ("mod OA of the knee", ""),
        ("-25 degrees", ""),
        ("25 minutes", ""),
        ("RT knee", ""),
        ("POS 22", ""),
        ("", ""),
    ] {
        let found: Vec<String> = read(question).modifiers.iter().map(Code::to_string).collect();
        assert_eq!(found.join(" "), modifiers, "modifiers of {question:?}");
    }
}

#[test]
fn places_of_service_are_read_where_they_are_named() {
    for (question, places) in [
        ("POS 22", "22"),
        ("pos 11 vs 22", "11 22"),
        ("place of service 11 or 22", "11 22"),
        ("place-of-service code 02", "02"),
        ("22", ""),
    ] {
        let found: Vec<String> = read(question)
            .places_of_service
            .iter()
            .map(Code::to_string)
            .collect();
        assert_eq!(found.join(" "), places, "places of {question:?}");
    }
}

#[test]
fn the_wanted_answer_is_recognised() {
    use Intent::*;
    for (question, intent) in [
        ("What is CPT 38900?", Define),
        ("38900", Define),
        ("modifier 57 vs 25", Compare),
        ("When should I use modifier XU instead of 59?", Compare),
        ("left knee is sore", Unclear),
        ("can't poop, constipated", Unclear),
        ("cut on the left hand, first visit", Unclear),
        ("asthma, severity not documented", Unclear),
        ("use additional code", Unclear),
        ("invalid code", Unclear),
        ("what does modifier 25 mean", Define),
        ("define E11.9", Define),
        ("99213 vs 99214", Compare),
        ("What is the difference between modifier 59 and XU?", Compare),
        ("Should I use 99213 or 99214?", Compare),
        ("SHOULD I USE 99213 OR 99214?", Compare),
        ("Are 38500 and 38900 done in the OR separately billable?", Status),
        ("38500, 38900 in the OR", Define),
        (
            "E11.9 was denied, what ICD-10 code should I use for type 2 diabetes with neuropathy?",
            FindCode,
        ),
        (
            "What ICD-10 code supports 20610 for knee osteoarthritis?",
            FindCode,
        ),
        ("Which ICD-10-CM code goes with CPT 38900?", Define),
        ("Which CPT code should I use, 99213 or 99214?", Compare),
        ("Can 38900 be billed with 38500?", Together),
        (
            "Can I use modifier 25 with 99213 on the same day as 20610?",
            Together,
        ),
        ("Does 38900 need modifier 59 with 38500?", Together),
        ("Can I bill 99213 and 96372?", Together),
        ("Are 93000 and 93010 bundled?", Together),
        ("Is modifier 51 appended to 38900?", Together),
        ("Which modifier do I use for a repeat procedure?", Modifier),
        ("When do I use modifier 59?", Modifier),
        ("Does 38900 need a modifier?", Modifier),
        ("How many units of 38900 can I bill?", Rule),
        ("What are the global days of 20610?", Define),
        ("Can I bill a visit during the global period?", Rule),
        ("When can an add-on code be billed alone?", Rule),
        (
            "Which ICD-10-CM code for type 2 diabetes with stage 3 CKD?",
            FindCode,
        ),
        ("icd 10 for gout", FindCode),
        ("gout icd 10 code", FindCode),
        ("what is the HCPCS code for a wheelchair", FindCode),
        ("How do I code sepsis due to E. coli?", FindCode),
        ("dx code for low back pain", FindCode),
        ("Is E11 billable?", Status),
        ("Was 99201 deleted?", Status),
        ("Is G2211 still valid?", Status),
        ("difference between Excludes1 and Excludes2", Compare),
        ("What does Excludes1 mean?", Define),
        ("purple elephants dancing", Unclear),
        ("", Unclear),
    ] {
        assert_eq!(read(question).intent, intent, "{question:?}");
    }
}

#[test]
fn what_remains_is_what_to_search() {
    for (question, words) in [
        (
            "Which ICD-10-CM code for type 2 diabetes with stage 3 CKD?",
            "type 2 diabetes with stage 3 CKD",
        ),
        (
            "Which ICD-10-CM code for type 2 diabetes with mild nonproliferative retinopathy with macular edema, right eye?",
            "type 2 diabetes with mild nonproliferative retinopathy with macular edema, right eye",
        ),
        (
            "Hi, can you please tell me what ICD-10 code is used for gout?",
            "gout",
        ),
        (
            "What is the correct diagnosis code for low back pain?",
            "low back pain",
        ),
        ("icd 10 for T2DM w/ CKD", "T2DM w/ CKD"),
        ("gout icd 10 code", "gout"),
        ("I need the HCPCS code for a wheelchair please", "wheelchair"),
        ("How do I code sepsis due to E. coli?", "sepsis due to E. coli"),
        ("Is there an ICD-10 code for cough?", "cough"),
        (
            "E11.9 was denied, what ICD-10 code should I use for type 2 diabetes with neuropathy?",
            "type 2 diabetes with neuropathy",
        ),
        (
            "What ICD-10 code supports 20610 for knee osteoarthritis?",
            "knee osteoarthritis",
        ),
        ("What is CPT 38900?", ""),
        ("What is modifier 25?", ""),
        ("38900", ""),
        ("What is 38900-59?", ""),
        ("99213 vs 99214", ""),
        ("When is 38900 reported?", "when"),
        ("Does 38900 need a modifier?", "need a modifier"),
        ("What are the global days of 20610?", "global days"),
        ("Can 38900 be billed with 38500 on 2/14/2026?", ""),
        ("pain in left knee", "pain in left knee"),
        (
            "t2dm w/ mild NPDR and macular edema OD",
            "t2dm w/ mild NPDR and macular edema OD",
        ),
        ("ICD-10 code for B12 deficiency", "B12 deficiency"),
        ("L4-L5 fusion", "L4-L5 fusion"),
        ("ALL, not in remission", "ALL, not in remission"),
        ("T1DM w/o ME", "T1DM w/o ME"),
        ("well-child visit", "well-child visit"),
        ("both knees", "both knees"),
        ("use additional code", "use additional code"),
        ("icd 10 for pain in both knees", "pain in both knees"),
        ("", ""),
        ("???", ""),
    ] {
        let found = read(question).words;
        // "When" and its like are asked for by name, whatever their case.
        assert_eq!(
            found.to_lowercase(),
            words.to_lowercase(),
            "words of {question:?}"
        );
    }
}

#[test]
fn systems_are_asked_for_by_name_and_not_by_the_name_of_a_code() {
    use CodeSystem::*;
    for (question, systems) in [
        ("Which ICD-10-CM code for gout?", &[Icd10Cm][..]),
        ("icd10 gout", &[Icd10Cm]),
        ("HCPCS for a wheelchair", &[Hcpcs]),
        ("which PCS code for appendectomy", &[Icd10Pcs]),
        ("ICD-10-PCS for appendectomy", &[Icd10Pcs]),
        ("What is CPT 38900?", &[]),
        ("Which ICD-10-CM code goes with CPT 38900?", &[Icd10Cm]),
        ("dx code for cough", &[Icd10Cm]),
        ("which modifier for the left side", &[Modifier]),
        ("what is modifier 25", &[]),
        ("cpt code for ear wax", &[Cpt]),
        ("gout", &[]),
        ("is there a code for telehealth?", &[]),
        ("which J code for ketorolac", &[Hcpcs]),
    ] {
        assert_eq!(read(question).systems, systems, "systems of {question:?}");
    }
}

#[test]
fn the_parts_of_a_whole_question_come_together() {
    let question = read("On 14 February, can I bill 99213-25 with 20610 RT at POS 11 in the office?");
    assert_eq!(question.date_of_service, "2026-02-14".parse().ok());
    assert_eq!(question.setting, Some(Setting::Practitioner));
    assert_eq!(question.intent, Intent::Together);
    assert_eq!(
        question.modifiers.iter().map(Code::text).collect::<Vec<_>>(),
        ["25", "RT"]
    );
    assert_eq!(question.mentions.len(), 2);
    assert_eq!(question.mentions[0].written, "99213");
    assert!(
        !format!("{question:?}").contains("office"),
        "words are not printed"
    );
}

fn holds(question: &str) -> Result<(), TestCaseError> {
    let found = read(question);
    for mention in &found.mentions {
        prop_assert!(!mention.candidates.is_empty());
        prop_assert!(!mention.written.is_empty());
        for code in mention
            .candidates
            .iter()
            .chain(&mention.range_end)
            .chain(&mention.modifiers)
        {
            let again = code.label().parse::<Code>();
            prop_assert_eq!(again.as_ref(), Ok(code));
        }
        for modifier in &mention.modifiers {
            prop_assert!(found.modifiers.contains(modifier));
        }
        if mention.range_end.is_some() {
            let ranges = mention.ranges();
            prop_assert_eq!(ranges.len(), mention.candidates.len());
            prop_assert!(ranges.iter().all(|(first, last)| first < last));
        }
    }
    prop_assert!(!found.words.chars().any(char::is_control));
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_understood_without_a_panic(question in "\\PC{0,80}") {
        holds(&question)?;
    }

    #[test]
    fn texts_of_code_like_pieces_are_understood_without_a_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "99213", "99213", "-25", "-", "–", " ", "  ", ".", ".9", "E11", "e119", "x2", "×", "modifier ",
                "mod", "25", "RT", "/", ",", " and ", " to ", "?", "\n", "ICD-10", "CPT®", "2/14/2026", "Feb 14",
                "POS 22", "L4-L5", "$", "İ", "ß", "é", "٣", "²", "\u{1}", "0DTJ4ZZ", "J1885", "xx", "*", "(", ")",
                "icd 10 code for ", "what is ", "X{EPSU}", "ﬃ", "𝟗𝟗𝟐𝟏𝟑",
            ]),
            0..14,
        )
    ) {
        holds(&pieces.concat())?;
    }
}

/// Wordings of patients, charts and clinicians: none of them names a code, a modifier or a date.
#[test]
fn clinical_wordings_hold_no_codes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval/retrieval");
    let mut read_in_all = 0;
    for set in ["development", "held-out", "random-codes", "blind"] {
        let path = format!("{folder}/icd10cm-{set}.jsonl");
        let text = std::fs::read_to_string(&path).expect("a question set");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a question");
            let query = line["query"].as_str().expect("a query");
            let found = read(query);
            assert_eq!(told(query), [""; 0], "codes of {query:?}");
            assert_eq!(found.modifiers, [], "modifiers of {query:?}");
            assert_eq!(found.date_of_service, None, "date of {query:?}");
            assert_eq!(found.unread_date, None, "date of {query:?}");
            assert!(!found.words.is_empty(), "words of {query:?}");
            read_in_all += 1;
        }
    }
    assert!(read_in_all > 400, "{read_in_all} questions");
}
