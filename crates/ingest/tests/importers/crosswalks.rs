//! General equivalence mappings, and the titles of ICD-9-CM.

use crate::workbooks::workbook;
use crate::{assert_told, code, facts, official, read};
use codecite_codebook::{EffectiveRange, FactKind};
use proptest::prelude::*;

#[test]
fn the_mapping_of_diagnoses_is_read_whole() {
    let Some(reading) = official(
        "the_mapping_of_diagnoses_is_read_whole",
        "crosswalks/2018_I9gem.txt.gz",
    ) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "gem-icd9-icd10cm-2017-10-01");
    assert_eq!(
        (edition.rows, reading.read, reading.refused.len()),
        (24_860, 24_860, 0)
    );
    assert_eq!(edition.replaced_on, None);
    let found = facts(&reading, FactKind::Crosswalk, "ICD-9-CM 250.00");
    let [fact] = found.as_slice() else {
        panic!("one row of 250.00: {found:?}");
    };
    assert_eq!(fact.also, [code("ICD-10-CM E11.9")]);
    for (label, value) in [
        ("from", Some("ICD-9-CM 250.00")),
        ("to", Some("ICD-10-CM E11.9")),
        ("approximate", Some("yes")),
        ("no map", Some("no")),
        ("combination", Some("no")),
        ("scenario", None),
    ] {
        assert_eq!(fact.value(label), value, "{label}");
    }
    assert!(
        fact.value("what the flags mean")
            .is_some_and(|meaning| meaning.contains("not mean exactly"))
    );
    let found = facts(&reading, FactKind::Crosswalk, "ICD-9-CM 365.70");
    assert_eq!((found[0].also.len(), found[0].value("to")), (0, Some("NoDx")));
}

#[test]
fn the_mapping_of_procedures_is_read_whole() {
    let path = "crosswalks/icd9toicd10pcsgem_nber.csv.gz";
    let Some(reading) = official("the_mapping_of_procedures_is_read_whole", path) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "gem-icd9-icd10pcs-2015-10-01");
    assert_eq!(
        (edition.rows, reading.read, reading.refused.len()),
        (69_366, 69_366, 0)
    );
    let found = facts(&reading, FactKind::Crosswalk, "ICD-9-PCS 00.01");
    assert_eq!(found[0].also, [code("ICD-10-PCS 6A750Z4")]);
}

#[test]
fn each_way_is_a_source_of_its_own() {
    for (name, text, source) in [
        (
            "2018_I9gem.txt",
            "0010  A000    00000\r\n0019  A009    10000\r\nV1048 Z8548   00000\r\n",
            "gem-icd9-icd10cm",
        ),
        (
            "2018_I10gem.txt",
            "A000    0010  00000\r\nE119    25000 10000\r\nT360X1A 9600  10111\r\n",
            "gem-icd10cm-icd9",
        ),
        (
            "gem_i9pcs_2018.txt",
            "0001  6A750Z4 10000\r\n0050  0JH60PZ 10112\r\n0109  NoPCS   11000\r\n",
            "gem-icd9-icd10pcs",
        ),
        (
            "gem_pcsi9_2018.txt",
            "0016070 0234  10000\r\nB00B0ZZ 8703  10000\r\n0JH60PZ 0051  10111\r\n",
            "gem-icd10pcs-icd9",
        ),
        (
            "icd9toicd10pcsgem_2018.csv",
            "\"icd9cm\",\"icd10cm\",\"flags\"\n\"0001\",\"6A750Z4\",\"10000\"\n",
            "gem-icd9-icd10pcs",
        ),
        (
            "icd10pcstoicd9gem_2018.csv",
            "\"icd9cm\",\"icd10cm\",\"flags\"\n\"0234\",\"0016070\",\"10000\"\n",
            "gem-icd10pcs-icd9",
        ),
    ] {
        let reading = read(name, text).expect("readable");
        assert_eq!(reading.shelf.edition.source, source, "{name}");
        assert_eq!(reading.refused, [], "{name}");
        assert_eq!(reading.shelf.edition.effective.from().to_string(), "2017-10-01");
    }
}

#[test]
fn combinations_say_what_to_choose() {
    let reading = read(
        "2018_I9gem.txt",
        "01181 A154    10111\n01181 R5081   10112\n0119  A159    00000\n",
    )
    .expect("readable");
    let found = facts(&reading, FactKind::Crosswalk, "ICD-9-CM 011.81");
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[1].value("scenario"), found[1].value("choice list")),
        (Some("1"), Some("2"))
    );
    let meaning = found[1].value("what the flags mean").unwrap_or_default();
    assert!(meaning.contains("choice list 2"), "{meaning}");
}

#[test]
fn a_damaged_line_is_refused_and_the_rest_is_read() {
    let text = "0010  A000    00000\n0011  A001    00002\n10    A009    00000\n0020  A0100   0000\n\
                0021  NoDx    10000\n0022  A0102\n0023  A0103   00000\n0029  ?       00000\n0030  A020    00000\n0031  A021    00000\n0032  A0220   00000\n";
    let reading = read("2018_I9gem.txt", text).expect("readable");
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, why) in [
        (3, "\"10\""),
        (4, "flags"),
        (5, "contradict"),
        (6, "three columns"),
        (8, "no code of ICD-10-CM"),
    ] {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}: {refused:?}"
        );
    }
    assert_eq!((reading.shelf.edition.rows, reading.read), (6, 11));
    let error = read("gem.txt", text).expect_err("no day").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn the_titles_of_icd_9_are_read_whole() {
    let path = "crosswalks/CMS32_DESC_LONG_SHORT_DX.xlsx";
    let Some(reading) = official("the_titles_of_icd_9_are_read_whole", path) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "icd-9-cm-2014-10-01");
    assert_eq!(
        (edition.rows, reading.read, reading.refused.len()),
        (14_567, 14_567, 0)
    );
    assert!(reading.shelf.passages.is_empty());
    let status = reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == code("ICD-9-CM 001.0"))
        .expect("a status");
    assert_eq!(status.title.as_deref(), Some("Cholera due to vibrio cholerae"));
    let day = |text: &str| text.parse().expect("a day");
    assert_eq!(
        Ok(status.effective),
        EffectiveRange::new(day("2014-10-01"), Some(day("2015-09-30")))
    );
}

#[test]
fn titles_that_lost_their_zeros_are_refused() {
    let header: &[&str] = &["PROCEDURE CODE", "LONG DESCRIPTION", "SHORT DESCRIPTION"];
    let table = workbook(&[
        header,
        &["0001", "An invented procedure", "Invented"],
        &["1", "Another", "Other"],
        &["0002", "", ""],
        &["0003", "One more", "More"],
        &["0009", "One more", "More"],
    ]);
    let reading = read("CMS32_DESC_LONG_SHORT_SG.xlsx", table).expect("readable");
    assert_eq!(reading.shelf.edition.source, "icd-9-pcs");
    let lines: Vec<_> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!((reading.shelf.statuses.len(), lines), (3, vec![Some(3), Some(4)]));
}

#[test]
fn a_mapping_that_stands_there_again_is_told() {
    let text = "0010  A000    00000\n0011  A001    00000\n0010  A000    00000\n0011  A001    10000\n0011  A009    10000\n\
                0012  A001    10111\n0012  A001    10112\n";
    let reading = read("2018_I9gem.txt", text).expect("readable");
    // Two targets are no contradiction, nor two choice lists of one scenario.
    assert_told(
        &reading,
        &[
            (3, "001.0 stands word for word on line 1 already"),
            (4, "approximate is \"yes\" here and \"no\" on line 2"),
        ],
    );
    assert_eq!((reading.shelf.facts.len(), reading.refused.len()), (6, 0));
}

proptest! {
    #[test]
    fn any_lines_of_a_mapping_are_read_or_refused(lines in proptest::collection::vec("[ A-Z0-9NoDx]{0,24}|\\PC{0,40}", 0..8)) {
        let sound: String = (0..8).map(|n| format!("001{n}  A000    00000\n")).collect();
        let text = sound + &lines.join("\n");
        if let Ok(reading) = read("2018_I9gem.txt", text) {
            prop_assert_eq!(reading.read, (reading.shelf.facts.len() + reading.refused.len()) as u64);
        }
        let table = format!("icd9cm,icd10cm,flags\n0010,A000,00000\n{}", lines.join(",\n"));
        let _ = read("icd9toicd10.csv", table);
    }
}
