//! Add-on code edits.

use crate::workbooks::workbook;
use crate::{code, facts, official, read};
use codecite_codebook::{Fact, FactKind};
use codecite_ingest::{IngestError, Reading};
use proptest::prelude::*;

const HEADER: &str = "AOC_Edit_Type,Add-On_Code,AOC_DelDT,Primary_Code,Primary_Code_DelDT,AOC_Edit_EffDT,AOC_Edit_DelDT,Special_Instruction_Notes";
const TEXT: &str = "CPT only copyright 2023 American Medical Association.\r\n\r\n\
    20054T            CCCCC            2013091            Contractor Defined Primary Codes\r\n\
    10076T            0075T            2013001\r\n\
    10079T   2013365  0078T   2013365  2013001   2013365\r\n\
    320701            11010            2020001   2022365\r\n";

fn only<'a>(found: &[&'a Fact]) -> &'a Fact {
    let [fact] = found else {
        panic!("one row was expected: {found:?}");
    };
    fact
}

/// The row of an add-on code with one primary code.
fn pair<'a>(reading: &'a Reading, add_on: &str, primary: &str) -> &'a Fact {
    let found = facts(reading, FactKind::AddOn, add_on);
    only(
        &found
            .into_iter()
            .filter(|fact| fact.also == [code(primary)])
            .collect::<Vec<_>>(),
    )
}

#[test]
fn the_tables_of_2024_are_read_whole() {
    let test = "the_tables_of_2024_are_read_whole";
    let Some(reading) = official(test, "ncci/aoc_2024q2.csv") else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(
        (edition.id.as_str(), edition.title.as_str()),
        ("ncci-aoc-2024-04-01", "NCCI add-on code edits 2024 Q2")
    );
    assert_eq!(
        (edition.rows, reading.refused.len(), reading.shelf.facts.len()),
        (8_186, 0, 8_186)
    );
    let fact = pair(&reading, "CPT 38900", "CPT 38500");
    assert_eq!(fact.value("add-on code type"), Some("1"));
    assert_eq!(fact.effective.to_string(), "since 2013-01-01");
    let by_contractor = only(&facts(&reading, FactKind::AddOn, "CPT 15777"));
    assert_eq!(by_contractor.also, []);
    assert_eq!(
        by_contractor.value("primary code"),
        Some("defined by the contractor (CCCCC)")
    );
    let both = facts(&reading, FactKind::AddOn, "CPT 20701");
    let both: Vec<String> = both
        .iter()
        .filter(|fact| fact.also == [code("CPT 11010")])
        .map(|fact| {
            format!(
                "{} {}",
                fact.value("add-on code type").unwrap_or_default(),
                fact.effective
            )
        })
        .collect();
    assert_eq!(both, ["3 since 2023-01-01", "1 2020-01-01 through 2022-12-31"]);

    let Some(reading) = official(test, "ncci/aoc_2024q3.csv") else {
        return;
    };
    assert_eq!(reading.shelf.edition.id.as_str(), "ncci-aoc-2024-07-01");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (7_465, 0));
    assert_eq!(
        pair(&reading, "CPT 38900", "CPT 38500").effective.to_string(),
        "since 2024-07-01"
    );
}

#[test]
fn the_official_table_has_days() {
    let table = format!(
        "CPT notice,,,,,,,\n{HEADER}\n\
         2,0054T,,CCCCC,,2013091,,(\"Contractor Defined Primary Codes\")\n\
         1,0079T,2013365,0078T,2013365,2013001,2013365,\n"
    );
    for (separator, name) in [(',', "AOC_V2024Q3-MCR.csv"), ('\t', "AOC_V2024Q3-MCR.txt")] {
        let reading = read(name, table.replace(',', &separator.to_string())).expect("readable");
        assert_eq!(reading.shelf.edition.id.as_str(), "ncci-aoc-2024-07-01");
        assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (2, 0));
        let ended = pair(&reading, "CPT 0079T", "CPT 0078T");
        assert_eq!(ended.effective.to_string(), "2013-01-01 through 2013-12-31");
        assert_eq!(ended.value("edit deleted"), Some("2013365"));
    }
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let reading = read("AOC_V2024Q3-MCR.xlsx", workbook(&rows)).expect("readable");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (2, 0));
}

#[test]
fn the_official_text_has_blanks_between_its_fields() {
    let reading = read("AOC_V2024Q3-MCR.txt", TEXT).expect("readable");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (4, 0));
    let by_contractor = only(&facts(&reading, FactKind::AddOn, "CPT 0054T"));
    assert_eq!(
        by_contractor.value("special instruction"),
        Some("Contractor Defined Primary Codes")
    );
    assert_eq!(by_contractor.effective.to_string(), "since 2013-04-01");
    assert_eq!(
        pair(&reading, "CPT 0079T", "CPT 0078T").effective.to_string(),
        "2013-01-01 through 2013-12-31"
    );
    let ended = pair(&reading, "CPT 20701", "CPT 11010");
    assert_eq!(ended.effective.to_string(), "2020-01-01 through 2022-12-31");
    assert_eq!(ended.value("add-on code type"), Some("3"));
}

#[test]
fn a_damaged_row_is_refused_by_its_line_and_the_rest_is_read() {
    let table = "primary_code,add_on_code,aoc_edit_type,edit_effective_year,edit_deleted_year\n\
        38500,38900,4,2013,\n38500,3890,1,2013,\n385001,38900,1,2013,\n38510,38900,1,2014,2013\n38520,38900,1,soon,\n\
        38525,38900,1,2013,\n38525,38900,1,2013,\n38530,38900\n\
        38531,38900,1,2013,\n38542,38900,1,2013,\n38562,38900,1,2013,\n38564,38900,1,2013,\n38570,38900,1,2013,\n\
        38571,38900,1,2013,2020\n";
    let reading = read("aoc_2024q2.csv", table).expect("readable");
    assert_eq!(reading.shelf.facts.len(), 7);
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, why) in [
        (2, "add-on code type"),
        (3, "3890"),
        (4, "385001"),
        (5, "before it began"),
        (6, "soon"),
        (8, "line 7"),
        (9, "2 columns"),
    ] {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}: {refused:?}"
        );
    }
    let header_changed = table.replace("add_on_code", "code");
    assert!(matches!(
        read("aoc_2024q2.csv", header_changed),
        Err(IngestError::Unknown { .. })
    ));
    let error = read("aoc.csv", table).expect_err("no date").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        is_text in any::<bool>(),
        rest in "\\PC{0,120}",
        mutations in proptest::collection::vec((0_usize..400, any::<u8>()), 0..12),
    ) {
        let beginning = match is_text {
            true => TEXT.to_owned(),
            false => format!("{HEADER}\n2,0054T,,CCCCC,,2013091,,\n"),
        };
        let mut bytes = (beginning + &rest).into_bytes();
        for (place, byte) in mutations {
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
        }
        if let Ok(reading) = read("AOC_V2024Q3-MCR.txt", bytes) {
            prop_assert_eq!(reading.read, (reading.shelf.facts.len() + reading.refused.len()) as u64);
        }
    }
}
