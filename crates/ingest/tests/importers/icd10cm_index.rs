//! The indexes and tables of ICD-10-CM: terms that lead to codes.

use crate::{code, official, read, read_all};
use codecite_codebook::{Aspect, Passage};
use codecite_ingest::Reading;

fn check(test: &str, file: &str, id: &str, rows: u64, most_passages: usize) -> Option<Reading> {
    let reading = official(test, &format!("icd10cm/fy2025/{file}"))?;
    assert_eq!(reading.shelf.edition.id.as_str(), id);
    assert_eq!(
        (reading.shelf.edition.rows, reading.refused.len()),
        (rows, 0),
        "{file}: {:?}",
        reading.refused.first()
    );
    let passages = &reading.shelf.passages;
    assert!(passages.len() <= most_passages, "{}", passages.len());
    assert!(
        passages
            .iter()
            .all(|passage| passage.aspect == Aspect::Reporting && passage.text.len() < 1_800)
    );
    Some(reading)
}

fn passage_with<'a>(reading: &'a Reading, line: &str) -> &'a Passage {
    let found = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.text.lines().any(|text| text == line));
    found.unwrap_or_else(|| panic!("no line {line:?}"))
}

#[test]
fn the_alphabetic_index_leads_from_words_to_codes() {
    let test = "the_alphabetic_index_leads_from_words_to_codes";
    let Some(reading) = check(
        test,
        "ICD10CM_2025_Index.csv.gz",
        "icd-10-cm-index-2024-10-01",
        81_024,
        6_500,
    ) else {
        return;
    };
    let passage = passage_with(&reading, "Abdomen, abdominal, angina: K55.1.");
    assert!(passage.mentions.contains(&code("ICD-10-CM K55.1")) && passage.about.is_empty());
    assert_eq!(passage.locator.section.as_deref(), Some("Letter A"));
    passage_with(&reading, "Abandonment: see Maltreatment.");
}

#[test]
fn the_index_of_external_causes_is_the_same_in_both_layouts() {
    let test = "the_index_of_external_causes_is_the_same_in_both_layouts";
    let id = "icd-10-cm-external-cause-index-2024-10-01";
    for file in [
        "icd-10-cm-eindex-2025.xml.gz",
        "ICD10CM_2025_ExternalIndex.csv.gz",
    ] {
        let Some(reading) = check(test, file, id, 8_064, 800) else {
            return;
        };
        passage_with(&reading, "Accident (to), bare foot water skiier: V94.4.");
        passage_with(
            &reading,
            "Accident (to), automobile: see Accident, transport, car occupant.",
        );
    }
}

#[test]
fn the_table_of_neoplasms_names_its_columns() {
    let id = "icd-10-cm-neoplasm-table-2024-10-01";
    for file in ["icd-10-cm-neoplasm-2025.xml.gz", "ICD10CM_2025_neoplasms.csv.gz"] {
        let Some(reading) = check("the_table_of_neoplasms_names_its_columns", file, id, 1_939, 2_000) else {
            return;
        };
        let passage = passage_with(
            &reading,
            "Neoplasm, neoplastic, abdomen, abdominal, wall, connective tissue: malignant primary C49.4; malignant \
             secondary C79.8-; benign D21.4; uncertain behavior D48.1; unspecified behavior D49.2.",
        );
        assert!(passage.mentions.contains(&code("ICD-10-CM C79.8")));
        assert_eq!(
            passage.title,
            "Table of Neoplasms: Neoplasm, neoplastic, abdomen, abdominal, wall, connective tissue"
        );
    }
}

#[test]
fn the_xml_of_a_table_is_read_instead_of_what_was_made_of_it() {
    let xml = "<?xml version=\"1.0\"?>\n<ICD10CM.index><version>2025</version>\n\
        <indexHeading><head col=\"1\">Neoplasm</head><head col=\"2\">Malignant Primary</head></indexHeading>\n\
        <letter><title>N</title><mainTerm><title>Neoplasm, neoplastic</title><cell col=\"2\">C80.1</cell></mainTerm></letter>\n\
        </ICD10CM.index>";
    let csv = "RowID,Level,Term,SeeAlso,NonEssModif,MalignantPrimary,MalignantSecondary,CaInSitu,Benign,UncertainBehavior,\
        UnspecifiedBehavior\n1,0,\"Neoplasm, neoplastic\",,,C80.1,C79.9,D09.9,D36.9,D48.9,D49.9\n";
    let sources = read_all(vec![
        ("ICD10CM_2025_neoplasms.csv", csv.into()),
        ("icd-10-cm-neoplasm-2025.xml", xml.into()),
    ]);
    assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
    let [reading] = sources.readings.as_slice() else {
        panic!("one of them: {sources:?}");
    };
    assert_eq!(reading.shelf.edition.files[0].name, "icd-10-cm-neoplasm-2025.xml");
    let findings: Vec<_> = reading.shelf.findings.iter().map(ToString::to_string).collect();
    assert!(
        findings.len() == 1 && findings[0].starts_with("ICD10CM_2025_neoplasms.csv: left out"),
        "{findings:?}"
    );
    assert_eq!(reading.shelf.set_aside.len(), 1, "so that it is not read again");
}

#[test]
fn the_table_of_drugs_names_its_columns() {
    let id = "icd-10-cm-drug-table-2024-10-01";
    for file in ["icd-10-cm-drug-2025.xml.gz", "ICD10CM_2025_Drugs.csv.gz"] {
        let Some(reading) = check("the_table_of_drugs_names_its_columns", file, id, 7_428, 5_400) else {
            return;
        };
        passage_with(
            &reading,
            "Abrine: poisoning, accidental (unintentional) T62.2X1; poisoning, intentional self-harm T62.2X2; poisoning, \
             assault T62.2X3; poisoning, undetermined T62.2X4.",
        );
    }
}

#[test]
fn the_official_index_has_codes_manifestations_and_references() {
    let text = "<?xml version=\"1.0\"?>\n<ICD10CM.index><version>2025</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>\n\
        <letter><title>A</title>\n\
        <mainTerm><title>Abscess<nemod>(acute)</nemod> NEC</title><code>L02.91</code>\n\
        <term level=\"1\"><title>amebic</title><code>A06.4</code><manif>K77</manif><seeAlso>Amebiasis</seeAlso></term>\n\
        <term level=\"1\"><title>brain</title><code>many</code></term>\n\
        <term level=\"1\"><title>food</title><see>categories T17 and</see><code>T18</code></term></mainTerm>\n\
        </letter></ICD10CM.index>\n";
    let reading = read("icd10cm-index-2025.xml", text).expect("readable");
    assert_eq!(reading.shelf.edition.source, "icd-10-cm-index");
    assert_eq!(
        (reading.read, reading.refused.len(), reading.refused[0].line),
        (4, 1, Some(6))
    );
    let [passage] = reading.shelf.passages.as_slice() else {
        panic!("one passage");
    };
    assert_eq!(
        passage.text,
        "Abscess (acute) NEC: L02.91.\nAbscess (acute) NEC, amebic: A06.4 [K77]; see also Amebiasis.\n\
         Abscess (acute) NEC, food: see categories T17 and T18."
    );
    assert_eq!(passage.title, "Alphabetic Index: Abscess (acute) NEC");
    let error = read("icd10cm-index-2025.xml", &text.as_bytes()[..400])
        .expect_err("cut")
        .to_string();
    assert!(error.contains("cut short"), "{error}");
}

#[test]
fn a_term_that_hangs_below_nothing_is_refused() {
    let table = "RowID,Letter,Level,Term,See,SeeAlso,NonEssModif,Code\n1,A,0,Abasia,,,,F44.4\n2,A,2,acute,,,,R10.0\n\
                 3,A,1,,,,,R10.0\n4,A,1,late,,,(rare),R10.-\n5,A,x,acute,,,,R10.0\n6,A,1,early,,,,R10.1\n7,A,0,Next,Abasia,,,\n\
                 8,A,1,to it,Abasia,,,\n9,A,0,More,Abasia,,,\n";
    let reading = read("ICD10CM_2025_Index.csv", table).expect("readable");
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    // What follows the row of an unknown level may stand below it, until the next main term.
    assert_eq!(lines, [Some(3), Some(4), Some(6), Some(7)]);
    assert_eq!(
        reading.shelf.passages[0].text,
        "Abasia: F44.4.\nAbasia, late (rare): R10.-.\nNext: see Abasia.\nNext, to it: see Abasia.\nMore: see Abasia."
    );
    assert_eq!(
        reading.shelf.passages[0].title,
        "Alphabetic Index: Abasia to More"
    );
}

/// A text as UTF-16 with its mark.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_table_in_utf16_does_not_pass_for_an_index() {
    let table = |heading: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<ICD10CM.index><version>2025</version>{heading}<letter><title>N</title><mainTerm>\
             <title>Term</title><code>C80.1</code></mainTerm></letter></ICD10CM.index>"
        )
    };
    for (heading, source) in [
        (
            "<indexHeading><head col=\"1\">Neoplasm</head><head col=\"2\">Malignant Primary</head></indexHeading>",
            "icd-10-cm-neoplasm-table",
        ),
        (
            "<indexHeading><head col=\"1\">Substance</head></indexHeading>",
            "icd-10-cm-drug-table",
        ),
        (
            "<title>ICD-10-CM EXTERNAL CAUSE of INJURIES INDEX</title>",
            "icd-10-cm-external-cause-index",
        ),
        (
            "<title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>",
            "icd-10-cm-index",
        ),
    ] {
        for bytes in [table(heading).into_bytes(), utf16(&table(heading))] {
            let reading = read("icd-10-cm-2025.xml", bytes).expect("readable");
            assert_eq!(reading.shelf.edition.source, source);
        }
    }
    let error = read("icd-10-cm-2025.xml", table(""))
        .expect_err("of no kind")
        .to_string();
    assert!(error.contains("an XML file"), "{error}");
}

#[test]
fn a_cell_in_a_column_that_there_is_not_is_refused() {
    let term = |title: &str, column: &str| {
        format!("<mainTerm><title>{title}</title><cell col=\"{column}\">C80.1</cell></mainTerm>\n")
    };
    let text = format!(
        "<ICD10CM.index><version>2025</version><indexHeading><head col=\"2\">Malignant Primary</head></indexHeading><letter>\n{}</letter></ICD10CM.index>",
        [
            term("A", "2"),
            term("B", "8"),
            term("C", "two"),
            term("D", "7"),
            term("E", "1"),
            term("F", "3")
        ]
        .concat()
    );
    let reading = read("icd-10-cm-neoplasm-2025.xml", text).expect("readable");
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(3), Some(4), Some(6)], "{:?}", reading.refused);
}
