//! The Medicare Physician Fee Schedule and the tables of its localities.

use crate::support::read_one;
use crate::{assert_told, code, facts, official, read, read_all, told_of_file};
use codecite_codebook::{Fact, FactKind};
use codecite_ingest::{IngestError, ReadOptions, Reading};
use proptest::prelude::*;

const RVU_HEADER: &str = include_str!("mpfs/rvu_header.csv");

/// A row of the official table with a modifier, a description, a status, and global days.
fn rvu(code: &str, modifier: &str, description: &str, status: &str, days: &str) -> String {
    format!(
        "{code},{modifier},{description},{status},,2.50,1.02,NA,1.02,,0.59,4.11,4.11,0,{days},0.10,0.80,0.10,0,1,2,1,0,\
         31231,32.3465,09,0,99,0.00,0.00,0.00\r\n"
    )
}

fn rvu_table(rows: &[String]) -> String {
    format!("{RVU_HEADER}{}", rows.concat())
}

/// The one row of that kind about a code, with that modifier.
fn fact<'a>(reading: &'a Reading, kind: FactKind, label: &str, modifier: Option<&str>) -> &'a Fact {
    let mut found = facts(reading, kind, label);
    found.retain(|fact| fact.value("modifier") == modifier);
    let [fact] = found.as_slice() else {
        panic!("one row of {label}: {found:?}");
    };
    fact
}

fn assert_values(fact: &Fact, values: &[(&str, &str)]) {
    for (label, value) in values {
        assert_eq!(fact.value(label), Some(*value), "{label} of {}", fact.code);
    }
}

fn assert_refused(reading: &Reading, expected: &[(u64, &str)]) {
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    assert_eq!(refused.len(), expected.len(), "{refused:?}");
    for (line, why) in expected {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}: {refused:?}"
        );
    }
}

#[test]
fn the_official_relative_values_are_read_whole_in_both_formats() {
    let test = "the_official_relative_values_are_read_whole_in_both_formats";
    for name in ["csv", "txt"] {
        let path = format!("mpfs/PPRRVU2025_Oct.cptdesc_stripped.{name}.gz");
        let Some(reading) = official(test, &path) else {
            return;
        };
        let edition = &reading.shelf.edition;
        assert_eq!(edition.id.as_str(), "mpfs-rvu-2025-10-01");
        assert_eq!(edition.title, "MPFS CY2025 October release (RVU25D)");
        assert_eq!(
            (edition.rows, reading.refused.len(), reading.shelf.facts.len()),
            (19_090, 0, 19_090)
        );
        let global = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 93880", None);
        assert_values(
            global,
            &[
                ("status indicator", "A"),
                ("work RVU", "0.80"),
                ("non-facility PE RVU", "4.73"),
                ("facility PE RVU", "4.73"),
                ("facility NA indicator", "NA"),
                ("malpractice RVU", "0.09"),
                ("total non-facility RVU", "5.62"),
                ("PC/TC indicator", "1"),
                ("global days", "XXX"),
                ("multiple procedure indicator", "6"),
                ("bilateral surgery indicator", "2"),
                ("conversion factor", "32.3465"),
                ("physician supervision of diagnostic procedures", "09"),
                ("non-facility PE RVU for the OPPS cap", "7.68"),
            ],
        );
        let technical = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 93880", Some("TC"));
        assert_values(
            technical,
            &[
                ("work RVU", "0.00"),
                ("physician supervision of diagnostic procedures", "01"),
            ],
        );
        let stopped = fact(
            &reading,
            FactKind::PhysicianFeeSchedule,
            "HCPCS G0105",
            Some("53"),
        );
        assert_values(
            stopped,
            &[
                ("description", "Colorectal scrn; hi risk ind"),
                ("global days", "000"),
            ],
        );
        let add_on = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 38900", None);
        assert_values(
            add_on,
            &[
                ("global days", "ZZZ"),
                ("work RVU", "2.50"),
                ("assistant at surgery indicator", "2"),
            ],
        );
        assert!(
            add_on
                .value("what the global days mean")
                .is_some_and(|meaning| meaning.contains("another service"))
        );
    }
}

#[test]
fn the_derived_relative_values_and_the_layout_of_2026_are_read() {
    let test = "the_derived_relative_values_and_the_layout_of_2026_are_read";
    let Some(reading) = official(test, "mpfs/pfs_rvu_2024_jul_derived.csv.gz") else {
        return;
    };
    assert_eq!(reading.shelf.edition.id.as_str(), "mpfs-rvu-2024-07-01");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (18_664, 0));
    let professional = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 93880", Some("26"));
    assert_values(
        professional,
        &[
            ("work RVU", "0.8"),
            ("non-facility PE RVU", "0.25"),
            ("conversion factor", "33.2875"),
        ],
    );

    let path = "mpfs/format_samples/PPRRVU2026_Jul_nonQPP.sample_redacted.csv";
    let Some(reading) = official(test, path) else {
        return;
    };
    assert_eq!(reading.shelf.edition.id.as_str(), "mpfs-rvu-2026-07-01");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (3, 0));
    let anesthesia = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 00100", None);
    assert_values(
        anesthesia,
        &[
            ("pricing indicator", "9"),
            ("conversion factor", "33.4009"),
            ("global days", "XXX"),
        ],
    );
    assert_eq!(anesthesia.value("description"), None);
    assert!(
        anesthesia
            .value("conversion factor is for")
            .is_some_and(|whom| whom.starts_with("all but"))
    );
}

#[test]
fn descriptors_of_the_ama_and_the_ada_are_left_behind() {
    let text = "an invented descriptor";
    let table = rvu_table(&[
        rvu("11000", "", text, "A", "000"),
        rvu("D0120", "", text, "R", "XXX"),
        rvu("G0105", "", text, "A", "000"),
    ]);
    let reading = read("PPRRVU.csv", table).expect("readable");
    assert_eq!(
        reading.shelf.edition.id.as_str(),
        "mpfs-rvu-2025-10-01",
        "by its title"
    );
    let described: Vec<&str> = reading
        .shelf
        .facts
        .iter()
        .filter(|fact| fact.rows.iter().any(|row| row.value.contains(text)))
        .map(|fact| fact.code.text())
        .collect();
    assert_eq!(described, ["G0105"]);
}

#[test]
fn a_damaged_row_of_the_relative_values_is_refused_by_its_line() {
    let sound: Vec<String> = (0..6)
        .map(|n| rvu(&format!("1200{n}"), "", "", "A", "010"))
        .collect();
    let damaged = [
        rvu("1100", "", "", "A", "000"),
        rvu("11000", "", "", "AA", "000"),
        rvu("11001", "", "", "A", "0"),
        rvu("11002", "", "", "A", "000").replace("2.50", "2,50"),
        rvu("11003", "", "", "A", "000").replace("32.3465", "?"),
        rvu("12000", "", "", "A", "010"),
        rvu("11004", "", "", "A", "091"),
        rvu("11005", "", "", "A", "000").replace("32.3465", "0.00"),
    ];
    let sound_too: Vec<String> = (6..9)
        .map(|n| rvu(&format!("1200{n}"), "", "", "A", "010"))
        .collect();
    let rows = [sound, damaged.to_vec(), sound_too].concat();
    let reading = read("PPRRVU.csv", rvu_table(&rows)).expect("readable");
    assert_eq!(reading.shelf.facts.len(), 9);
    assert_refused(
        &reading,
        &[
            (17, "1100"),
            (18, "status indicator"),
            (19, "global days"),
            (20, "more columns"),
            (21, "conversion factor"),
            (22, "line 11"),
            (23, "global days"),
            (24, "conversion factor"),
        ],
    );
    let shifted = rvu_table(&[rvu("11000", "", "", "A", "000").replacen(",,", ",", 1)]);
    assert!(read("PPRRVU.csv", shifted).is_err());
    let renamed = rvu_table(&[rvu("11000", "", "", "A", "000")]).replace("WORK", "LABOUR");
    let error = read("PPRRVU.csv", renamed).expect_err("no work RVU").to_string();
    assert!(error.contains("no column for work RVU"), "{error}");
}

#[test]
fn the_text_has_records_of_fixed_width() {
    let record = "0001F                                                    I   0.00   0.00     0.00    0.00   0.00  \
                  0.009XXX.00.00.0099999             32.3465 090 99      0.00   0.00   0.00";
    let with_code = |code: &str| record.replacen("0001F", code, 1);
    let text = [
        "HDR CPT CODES AND SO ON".to_owned(),
        with_code("11000"),
        with_code("11001"),
        with_code("11002")[..150].to_owned(),
        with_code("11003").replace(" I ", "  I"),
        with_code("110  "),
        with_code("11004"),
        with_code("11005"),
    ];
    let reading = read("PPRRVU25_OCT.txt", text.join("\r\n")).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "mpfs-rvu-2025-10-01");
    assert_eq!(reading.shelf.facts.len(), 4);
    assert_refused(&reading, &[(4, "150 characters"), (5, "11003"), (6, "110")]);
    let values = fact(&reading, FactKind::PhysicianFeeSchedule, "CPT 11000", None);
    assert_values(
        values,
        &[
            ("pre-operative percentage", ".00"),
            ("diagnostic imaging family", "99"),
        ],
    );
    let error = read("rvu.txt", text.join("\n")).expect_err("no date").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn one_release_in_two_formats_is_read_once() {
    let table = rvu_table(&[rvu("11000", "", "", "A", "000")]);
    let record = "11000                                                    A   0.00   0.00     0.00    0.00   0.00  \
                  0.009XXX.00.00.0099999             32.3465 090 99      0.00   0.00   0.00";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("PPRRVU2025_Oct.txt", record), ("PPRRVU2025_Oct.csv", &table)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a member");
        std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
    }
    let bytes = zip.finish().expect("a zip").into_inner();
    let sources = read_all(vec![("RVU25D.zip", bytes)]);
    let [reading] = sources.readings.as_slice() else {
        panic!("{:?}", sources.unreadable);
    };
    assert_values(
        fact(reading, FactKind::PhysicianFeeSchedule, "CPT 11000", None),
        &[("work RVU", "2.50")],
    );
}

#[test]
fn qualifying_participants_have_a_table_of_their_own() {
    let table = rvu_table(&[rvu("11000", "", "", "A", "000")]);
    let read = |name| read(name, table.clone()).expect("readable").shelf.edition;
    assert_eq!(read("PPRRVU2026_Jul_nonQPP.csv").source, "mpfs-rvu");
    let qualifying = read("PPRRVU2026_Jul_QPP.csv");
    assert_eq!(qualifying.source, "mpfs-rvu-qpp");
    assert_eq!(
        qualifying.title,
        "MPFS CY2025 October release (RVU25D), qualifying APM participants"
    );
}

#[test]
fn the_official_tables_of_localities_are_read_whole() {
    let test = "the_official_tables_of_localities_are_read_whole";
    for (path, id, rows) in [
        ("mpfs/GPCI2025.csv", "mpfs-gpci-2025-01-01", 109),
        ("mpfs/GPCI2025.txt", "mpfs-gpci-2025-01-01", 109),
        ("mpfs/25LOCCO.csv", "mpfs-localities-2025-01-01", 110),
        ("mpfs/ANES2025.csv", "mpfs-anesthesia-2025-01-01", 109),
        ("mpfs/OPPSCAP_Oct2025.csv.gz", "mpfs-opps-cap-2025-10-01", 16_100),
        ("mpfs/ZIP5_OCT2025.txt.gz", "mpfs-zip5-2025-10-01", 42_956),
    ] {
        let Some(reading) = official(test, path) else {
            return;
        };
        let edition = &reading.shelf.edition;
        assert_eq!(edition.id.as_str(), id);
        assert_eq!(
            (edition.rows, reading.refused.len()),
            (rows, 0),
            "{path}: {:?}",
            reading.refused.first()
        );
        match path {
            "mpfs/GPCI2025.csv" | "mpfs/GPCI2025.txt" => {
                let manhattan = fact(&reading, FactKind::Gpci, "Locality 13202-01", None);
                assert_values(
                    manhattan,
                    &[
                        ("state", "NY"),
                        ("locality name", "MANHATTAN"),
                        ("work GPCI", "1.065"),
                        ("PE GPCI", "1.166"),
                        ("malpractice GPCI", "1.656"),
                    ],
                );
                let alaska = fact(&reading, FactKind::Gpci, "Locality 02102-01", None);
                assert_values(alaska, &[("locality name", "ALASKA")]);
                assert!(
                    alaska
                        .value("note")
                        .is_some_and(|note| note.starts_with("Work GPCI reflects a 1.5 floor"))
                );
            }
            "mpfs/25LOCCO.csv" => {
                let madera = fact(&reading, FactKind::Locality, "Locality 01112-58", None);
                assert_values(
                    madera,
                    &[
                        ("state", "CALIFORNIA"),
                        ("locality name", "MADERA"),
                        ("counties", "MADERA"),
                    ],
                );
                assert_eq!(reading.shelf.facts.len(), 109, "one of them stands there twice");
            }
            "mpfs/ANES2025.csv" => {
                let alaska = fact(&reading, FactKind::Anesthesia, "Locality 02102-01", None);
                assert_values(
                    alaska,
                    &[
                        ("locality name", "ALASKA"),
                        ("anesthesia conversion factor", "27.86"),
                        ("national anesthesia conversion factor", "20.3178"),
                    ],
                );
            }
            "mpfs/ZIP5_OCT2025.txt.gz" => {
                let zip = fact(&reading, FactKind::Locality, "ZIP 10001", None);
                assert_eq!(zip.also, [code("Locality 13202-01")]);
                assert_values(
                    zip,
                    &[
                        ("state", "NY"),
                        ("carrier", "13202"),
                        ("locality", "01"),
                        ("plus-four flag", "0"),
                    ],
                );
                let rural = fact(&reading, FactKind::Locality, "ZIP 99545", None);
                assert_values(
                    rural,
                    &[
                        ("rural indicator", "B"),
                        ("what the rural indicator means", "super rural"),
                    ],
                );
            }
            _ => {
                let mut caps = facts(&reading, FactKind::OppsCap, "CPT 0633T");
                caps.retain(|fact| fact.also == [code("Locality 01112-09")]);
                assert_values(
                    caps[0],
                    &[
                        ("modifier", "TC"),
                        ("status indicator", "C"),
                        ("non-facility fee amount", "152.38"),
                    ],
                );
            }
        }
    }
}

#[test]
fn two_work_indices_are_told_apart_by_the_floor() {
    let header = "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,\
                  2024 PW GPCI (without 1.0 Floor),2024 PW GPCI (with 1.0 Floor),2024 PE GPCI,2024 MP GPCI\n";
    let csv = format!("ADDENDUM E. FINAL CY 2024,,,,,,,\n{header}10112,AL,00,ALABAMA,0.972,1,0.869,0.575\n");
    let text = "FINAL CY 2024\n\nMAC State Locality 2024 PW GPCI2024 PW GPCI2024 PE GPCI2024 MP GPCI\n\
                10112  AL  00  ALABAMA  0.972  1.000  0.869  0.575\n";
    for (name, text, work) in [("GPCI.csv", csv.as_str(), "1"), ("GPCI.txt", text, "1.000")] {
        let reading = read(name, text).expect("readable");
        assert_eq!(reading.shelf.edition.id.as_str(), "mpfs-gpci-2024-01-01");
        let alabama = fact(&reading, FactKind::Gpci, "Locality 10112-00", None);
        assert_values(
            alabama,
            &[
                ("work GPCI", work),
                ("work GPCI without the floor", "0.972"),
                ("PE GPCI", "0.869"),
            ],
        );
    }
}

#[test]
fn damaged_rows_of_the_localities_are_refused_by_their_lines() {
    let gpci = "GPCI CY 2025,,,,,,\nMedicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI,2025 PE GPCI,2025 MP GPCI\n\
                10112,AL,00,ALABAMA,1,0.869,0.575\n02102,AK,01,ALASKA,high,1.081,0.592\n0210,AK,001,ALASKA,1,1.081,0.592\n\
                10112,AL,00,ALABAMA,1,0.869,0.575\n03102,AZ,00,ARIZONA,1,0.975,0.854\n07102,AR,13,ARKANSAS,1,0.86,0.518\n*a note,,,,,,\n";
    assert_refused(
        &read("GPCI.csv", gpci).expect("readable"),
        &[(4, "high"), (5, "001"), (6, "line 3")],
    );
    let counties = "COUNTIES INCLUDED IN 2025 LOCALITIES,,,,\nMedicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties\n\
                    10112,0,ALABAMA ,STATEWIDE ,ALL COUNTIES\nx,1,ALASKA ,STATEWIDE ,ALL COUNTIES\n3102,0,ARIZONA ,STATEWIDE ,\n4112,1,COLORADO,STATEWIDE,ALL\n";
    assert_refused(
        &read("25LOCCO.csv", counties).expect("readable"),
        &[(4, "x"), (5, "no counties")],
    );
    let anesthesia = "Contractor,Locality,Locality Name,National Anes CF of 20.3178\n10112,00,ALABAMA,19.31\n02102,01,ALASKA,none\n03102,00,ARIZONA,20\n";
    assert_refused(
        &read("ANES2025.csv", anesthesia).expect("readable"),
        &[(3, "none")],
    );
    let caps = "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\n93880,TC,A,13202,01,1.00,2.00\n\
                93880,TC,A,13202,01,1.00,2.00\n93880,,A,13202,01,1.00,2.00\n93880,,A,13202,02,-,2.00\n93880,,A,13202,03,1.00,2.00\n";
    let reading = read("OPPSCAP_Oct2025.csv", caps).expect("readable");
    assert_refused(&reading, &[(3, "line 2"), (5, "no amount")]);
    let cap = fact(&reading, FactKind::OppsCap, "CPT 93880", Some("TC"));
    assert_values(
        cap,
        &[
            ("facility fee amount", "1.00"),
            ("non-facility fee amount", "2.00"),
            ("locality", "13202-01"),
        ],
    );
    let record = |zip: &str| format!("NY{zip}1320201 Z9   0 A{:52}20254\r\n", "");
    let zips = [
        record("10001"),
        record("10002"),
        record("1000x"),
        record("10001"),
        "NY10003\r\n".into(),
        record("10004"),
        record("10005").replace("20254", "20254 "),
        record("10006").replace("20254", "202545"),
    ];
    let reading = read("ZIP5.txt", zips.concat()).expect("readable");
    assert_refused(
        &reading,
        &[
            (3, "1000x"),
            (4, "line 1"),
            (5, "7 characters"),
            (8, "81 characters"),
        ],
    );
    assert_eq!(reading.shelf.edition.id.as_str(), "mpfs-zip5-2025-10-01");
    let of_nine_digits = record("10001").replace("0 A", "11234A").repeat(3);
    assert!(matches!(
        read("ZIP9.txt", of_nine_digits),
        Err(IngestError::Unknown { .. })
    ));
}

#[test]
fn lines_that_end_with_carriage_returns_alone_are_lines() {
    let zips: String = ["10001", "10002"]
        .map(|zip| format!("NY{zip}1320201 Z9   0 A{:52}20254\r", ""))
        .concat();
    let reading = read("ZIP5.txt", zips).expect("readable");
    assert_eq!((reading.read, reading.refused.len()), (2, 0));
    let table = rvu_table(&[rvu("11000", "", "", "A", "000"), rvu("11001", "", "", "A", "000")]);
    let table = table.replace("\r\n", "\n").replace('\n', "\r");
    let reading = read("PPRRVU2025_Oct.csv", table).expect("readable");
    assert_eq!((reading.read, reading.refused.len()), (2, 0));
}

#[test]
fn what_cannot_be_an_amount_is_refused() {
    let gpci = "GPCI CY 2025,,,,,,\nMedicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI,2025 PE GPCI,2025 MP GPCI\n\
                10112,AL,00,ALABAMA,1,0.869,0.575\n02102,AK,01,ALASKA,1,1081,0.592\n03102,AZ,00,ARIZONA,0,0.975,0.854\n07102,AR,13,ARKANSAS,1,0.86,0.518\n";
    assert_refused(
        &read("GPCI.csv", gpci).expect("readable"),
        &[(4, "1081"), (5, "\"0\"")],
    );
    let anesthesia = "Contractor,Locality,Locality Name,National Anes CF of 20.3178\n10112,00,ALABAMA,19.31\n02102,01,ALASKA,0\n\
                      03102,00,ARIZONA,20\n07102,13,ARKANSAS,20000\n04112,01,COLORADO,20\n";
    assert_refused(
        &read("ANES2025.csv", anesthesia).expect("readable"),
        &[(3, "\"0\""), (5, "20000")],
    );
    let caps = "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\n93880,TC,A,13202,01,1.00,2.00\n\
                93880,,A,13202,02,20251001,2.00\n93880,,A,13202,03,1.00,2.00\n";
    assert_refused(
        &read("OPPSCAP_Oct2025.csv", caps).expect("readable"),
        &[(3, "20251001")],
    );
}

#[test]
fn a_shifted_row_of_a_locality_lends_nothing_to_its_neighbours() {
    let counties = "COUNTIES INCLUDED IN 2025 LOCALITIES,,,,\nMedicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties\n\
                    10112,0,ALABAMA ,STATEWIDE ,ALL COUNTIES\n1182,18,CALIFORNIA,LOS ANGELES,LOS ANGELES,ORANGE\n1112,52,,MARIN,MARIN\n\
                    4112,1,COLORADO,STATEWIDE,ALL\n4112,2,,ELSEWHERE,NONE\n";
    let reading = read("25LOCCO.csv", counties).expect("readable");
    assert_refused(&reading, &[(4, "more columns")]);
    let state = |label| {
        fact(&reading, FactKind::Locality, label, None)
            .value("state")
            .map(str::to_owned)
    };
    assert_eq!(state("Locality 01112-52"), None);
    assert_eq!(state("Locality 04112-02").as_deref(), Some("COLORADO"));
    let text = "FINAL CY 2025\n\nMAC State Locality PW GPCI PE GPCI MP GPCI\n10112  AL  00  ALABAMA  1.000  0.869  0.575\n\
                 02102  AK  01  ALASKA*  1.500  1.081  0.592\n  3102  AZ  00  ARIZONA  1.000  0.975  0.854\n\
                07102  AR  13  ARKANSAS  1.000  0.860  0.518\n*A note.\n";
    let reading = read("GPCI.txt", text).expect("readable");
    assert_refused(&reading, &[(6, "3102")]);
    let alaska = fact(&reading, FactKind::Gpci, "Locality 02102-01", None);
    assert_values(alaska, &[("locality name", "ALASKA"), ("note", "A note.")]);
}

#[test]
fn two_rows_of_a_locality_that_differ_are_told() {
    let counties = "COUNTIES INCLUDED IN 2025 LOCALITIES,,,,\nMedicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties\n\
                    10112,0,ALABAMA ,STATEWIDE ,ALL COUNTIES\n10112,0,ALABAMA ,STATEWIDE ,SOME COUNTIES\n";
    let reading = read("25LOCCO.csv", counties).expect("readable");
    assert_told(
        &reading,
        &[(
            4,
            "counties is \"SOME COUNTIES\" here and \"ALL COUNTIES\" on line 3",
        )],
    );
}

#[test]
fn what_a_table_does_not_tell_is_said_once() {
    let official = rvu_table(&[rvu("11000", "", "", "A", "000")]);
    let reading = read("PPRRVU2025_Oct.csv", official.clone()).expect("readable");
    assert!(told_of_file(&reading).is_empty(), "{:?}", reading.shelf.findings);
    let reading = read("PPRRVU2025_Oct.csv", official.replace("PRE", "BEFORE")).expect("readable");
    let told = told_of_file(&reading);
    assert!(
        told.len() == 1 && told[0].contains("no column for pre-operative percentage, so"),
        "{told:?}"
    );
}

#[test]
fn a_file_of_another_year_than_the_operator_says_is_told() {
    let options = |day: &str| ReadOptions {
        effective_from: day.parse().ok(),
        ..ReadOptions::default()
    };
    let table = rvu_table(&[rvu("11000", "", "", "A", "000")]);
    let gpci = "GPCI CY 2025,,,,,,\nMedicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI,2025 PE GPCI,2025 MP GPCI\n\
                10112,AL,00,ALABAMA,1,0.869,0.575\n";
    let zip = format!("NY100011320201 Z9   0 A{:52}20254\n", "");
    for (name, text) in [
        ("PPRRVU.csv", table.as_str()),
        ("GPCI.csv", gpci),
        ("ZIP5.txt", &zip),
    ] {
        let reading = read_one(name, text, &options("2026-01-01")).expect("readable");
        let told = told_of_file(&reading);
        assert!(
            told.len() == 1 && told[0].contains("in force from 2025-") && told[0].contains("says 2026-01-01"),
            "{name}: {told:?}"
        );
        let reading = read_one(name, text, &options("2025-07-01")).expect("readable");
        assert!(told_of_file(&reading).is_empty(), "{name}");
    }
}

fn beginnings() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(rvu_table(&[rvu("11000", "", "", "A", "000")])),
        Just("11000                                                    A   0.00   0.00     0.00    0.00   0.00  0.009XXX.00.00.0099999             32.3465 090 99      0.00   0.00   0.00\n".to_owned()),
        Just("CY 2025\nMAC,State,Locality Number,Locality Name,PW GPCI,PE GPCI,MP GPCI\n10112,AL,00,ALABAMA,1,0.869,0.575\n".to_owned()),
        Just("CY 2025\nPW GPCI MP GPCI\n10112  AL  00  ALABAMA  1.000  0.869  0.575\n".to_owned()),
        Just("IN 2025,,,,\nMedicare Admin,Locality Number,State,Fee Schedule Area,Counties\n4112,1,COLORADO,STATEWIDE,ALL\n".to_owned()),
        Just("Contractor,Locality,Locality Name,National Anes CF of 20.3178\n10112,00,ALABAMA,19.31\n".to_owned()),
        Just("HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\n93880,TC,A,13202,01,1.00,2.00\n".to_owned()),
        Just(format!("NY100011320201 Z9   0 A{:52}20254\r\n", "")),
    ]
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        beginning in beginnings(),
        rest in "\\PC{0,120}",
        mutations in proptest::collection::vec((0_usize..1_200, any::<u8>()), 0..12),
    ) {
        let mut bytes = (beginning + &rest).into_bytes();
        for (place, byte) in mutations {
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
        }
        let _ = read("RVU25D-2025.csv", bytes);
    }
}
