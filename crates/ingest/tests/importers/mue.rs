//! Medically unlikely edits.

use crate::{assert_told, facts, official, read, read_all};
use codecite_codebook::FactKind;
use proptest::prelude::*;
use std::io::Write;

const PRACTITIONER: &str = "ncci/mue_practitioner_2024q3.csv";

#[test]
fn the_practitioner_table_is_read_whole() {
    let Some(reading) = official("the_practitioner_table_is_read_whole", PRACTITIONER) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "ncci-mue-practitioner-2024-07-01");
    assert_eq!(
        (edition.rows, reading.read, reading.refused.len()),
        (14_677, 14_677, 0)
    );
    let found = facts(&reading, FactKind::Mue, "CPT 38900");
    let [fact] = found.as_slice() else {
        panic!("one row of 38900: {found:?}");
    };
    assert_eq!(fact.value("MUE value (units of service)"), Some("1"));
    assert_eq!(
        fact.value("MUE adjudication indicator (MAI)"),
        Some("3 Date of Service Edit: Clinical")
    );
    assert_eq!(
        fact.locator.document,
        "MUE practitioner 2024 Q3 (mue_practitioner_2024q3.csv)"
    );
}

#[test]
fn the_other_settings_are_tables_of_their_own() {
    for (path, source, rows) in [
        (
            "ncci/mue_outpatient_hospital_2024q3.csv",
            "ncci-mue-outpatient-hospital",
            14_628,
        ),
        ("ncci/mue_dme_supplier_2024q3.csv", "ncci-mue-dme", 2_928),
        (
            "ncci/format_samples/MCR_MUE_PractitionerServices_Eff_07-01-2026.sample.csv",
            "ncci-mue-practitioner",
            7,
        ),
    ] {
        let Some(reading) = official("the_other_settings_are_tables_of_their_own", path) else {
            return;
        };
        assert_eq!(reading.shelf.edition.source, source);
        assert_eq!(
            (reading.shelf.edition.rows, reading.refused.len()),
            (rows, 0),
            "{path}"
        );
    }
}

#[test]
fn a_damaged_row_is_refused_by_its_line_and_the_rest_is_read() {
    let table = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
                 38900,1,2 Date of Service Edit: Policy,CMS Policy\n\
                 3890,1,2 Date of Service Edit: Policy,CMS Policy\n\
                 38500,many,3 Date of Service Edit: Clinical,CMS Policy\n\
                 38505,2,4 Whatever,CMS Policy\n\
                 38510\n\
                 38520,3,3 Date of Service Edit: Clinical,CMS Policy\n\
                 38525,1,1 Line Edit,CMS Policy\n\
                 38530,1,1 Line Edit,CMS Policy\n";
    let reading = read("MUE_Eff_07-01-2026.csv", table).expect("readable");
    assert_eq!(reading.shelf.facts.len(), 4);
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, why) in [(3, "3890"), (4, "many"), (5, "4 Whatever"), (6, "1 columns")] {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}: {refused:?}"
        );
    }
    let error = read("mue.csv", table).expect_err("no date").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn two_values_for_one_code_are_told_and_both_kept() {
    let table = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
                 38900,1,2 Date of Service Edit: Policy,CMS Policy\n\
                 38500,3,3 Date of Service Edit: Clinical,CMS Policy\n\
                 38900,5,2 Date of Service Edit: Policy,CMS Policy\n\
                 38500,3,3 Date of Service Edit: Clinical,CMS Policy\n";
    let reading = read("MUE_Eff_07-01-2026.csv", table).expect("readable");
    assert_told(
        &reading,
        &[
            (
                4,
                "38900: MUE value (units of service) is \"5\" here and \"1\" on line 2; both rows kept",
            ),
            (5, "38500 stands word for word on line 3 already; kept once"),
        ],
    );
    assert_eq!(
        (reading.shelf.facts.len(), reading.refused.len(), reading.read),
        (3, 0, 4)
    );
    let again = table
        .lines()
        .skip(3)
        .take(1)
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let many = read("MUE_Eff_07-01-2026.csv", format!("{table}{}", again.repeat(30))).expect("readable");
    let last = many
        .shelf
        .findings
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    // Of the contradictions one, of what stands there again twenty and how many more.
    assert_eq!(many.shelf.findings.len(), 1 + 20 + 1, "{:?}", many.shelf.findings);
    assert!(last.contains("11 more rows stand there already"), "{last}");
}

#[test]
fn what_can_be_no_number_of_units_is_refused() {
    let table = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
                 38900,1,29991231,CMS Policy\n38500,19000101,2 Date of Service Edit: Policy,CMS Policy\n\
                 38505,+1,2 Date of Service Edit: Policy,CMS Policy\n38510,90000,2,CMS Policy\n38520,0,1 Line Edit,CMS Policy\n\
                 38525,1,3 Date of Service Edit: Clinical,CMS Policy\n";
    let reading = read("MUE_Eff_07-01-2026.csv", table).expect("readable");
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(2), Some(3), Some(4)]);
}

#[test]
fn a_file_of_millions_of_damaged_lines_is_left_early() {
    let header = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n";
    let error = read(
        "mue_practitioner_2024q3.csv",
        format!("{header}{}", "x\n".repeat(1_000_000)),
    )
    .expect_err("nothing in it")
    .to_string();
    assert!(
        error.contains("every one of its first 100000 lines was refused"),
        "{error}"
    );
    // Less than half of this one is damaged, and more than can be told.
    let sound: String = (0..5_000)
        .map(|n| format!("{:05},1,1 Line Edit,CMS Policy\n", 10_000 + n))
        .collect();
    let text = format!("{header}{sound}{}", "x\n".repeat(4_000));
    let reading = read("mue_practitioner_2024q3.csv", text).expect("readable");
    assert_eq!((reading.refused.len(), reading.untold), (2_001, 1_999));
    assert_eq!((reading.shelf.edition.rows, reading.read), (5_000, 9_000));
    let last = reading
        .refused
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    assert!(last.contains(":7002: and 2000 more rows refused"), "{last}");
}

#[test]
fn of_one_table_in_two_forms_the_one_with_named_columns_is_taken() {
    let table = |units: u32| {
        format!(
            "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
             38900,{units},2 Date of Service Edit: Policy,CMS Policy\n"
        )
    };
    let sources = read_all(vec![
        ("MUE_Eff_07-01-2026.txt", table(1).into_bytes()),
        ("MUE_Eff_07-01-2026.csv", table(2).into_bytes()),
    ]);
    assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
    let [reading] = sources.readings.as_slice() else {
        panic!("one of them: {sources:?}");
    };
    assert_eq!(reading.shelf.edition.files[0].name, "MUE_Eff_07-01-2026.csv");
    // The same within a zip, whatever the case of the names; a table of another name stays.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [
        ("mue_eff_07-01-2026.TXT", table(1)),
        ("MUE_Eff_07-01-2026.csv", table(2)),
        ("README", "hello".to_owned()),
        ("Other_Eff_10-01-2026.txt", table(3)),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(text.as_bytes()).expect("written");
    }
    let zipped = read_all(vec![("mue.zip", zip.finish().expect("a zip").into_inner())]);
    let units: Vec<_> = zipped
        .readings
        .iter()
        .map(|reading| reading.shelf.facts[0].value("MUE value (units of service)"))
        .collect();
    assert_eq!(units, [Some("2"), Some("3")], "{:?}", zipped.unreadable);
    let differ = read_all(vec![
        ("MUE_Eff_07-01-2026.csv", table(1).into_bytes()),
        ("MUE_again_Eff_07-01-2026.csv", table(2).into_bytes()),
    ]);
    assert!(differ.readings.is_empty(), "nothing says which is right");
    let same = read_all(vec![
        ("MUE_Eff_07-01-2026.csv", table(1).into_bytes()),
        ("MUE_again_Eff_07-01-2026.csv", table(1).into_bytes()),
    ]);
    assert_eq!(
        (same.readings.len(), same.unreadable.len()),
        (1, 0),
        "they say the same"
    );
}

proptest! {
    #[test]
    fn every_row_of_a_damaged_table_is_read_or_refused(
        rest in proptest::collection::vec(any::<u8>(), 0..200),
        mutations in proptest::collection::vec((0_usize..300, any::<u8>()), 0..10),
    ) {
        let table = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
            38900,1,3 Date of Service Edit: Clinical,CMS Policy\n97110,6,3 Date of Service Edit: Clinical,Clinical: Data\n";
        let mut bytes = [table.as_bytes(), &rest].concat();
        for (place, byte) in mutations {
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
        }
        if let Ok(reading) = read("mue_practitioner_2024q3.csv", bytes) {
            prop_assert!(reading.shelf.facts.len() as u64 <= reading.read);
            prop_assert!(reading.shelf.edition.rows <= reading.read);
        }
    }
}
