//! Procedure-to-procedure edits.

use crate::support::{CountingEmbedder, Library, shared_data};
use crate::{code, official, read, read_all};
use codecite_codebook::{ModifierIndicator, NaiveDate, Setting};
use codecite_ingest::{IngestError, Reading};
use codecite_tables::{PairAnswer, PtpRow};
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::io::Read;

const HEADER: &str = "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\n\
    Column1/Column2 Edits\t\t\t\t\t\t\r\n\
    Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\
    \t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n\
    \t\t\t\t*=no data\t1=allowed\t\r\n\
    \t\t\t\t\t9=not applicable\t\r\n";
const ROWS: &str = "0001A\t36591\t\t20220101\t20231231\t0\tReason one\r\n\
    0001A\t90473\t\t20220101\t20220101\t9\tReason one\r\n\
    11000\tG0463\t*\t19960101\t*\t1\tReason \u{b7} two\r\n";

/// The four files of which the first has `rows`, with one row in each of the others.
fn parts(rows: &str) -> Vec<(String, Vec<u8>)> {
    let others =
        ["20001", "20002", "20003"].map(|code| format!("{code}\t36000\t\t20200101\t*\t1\tReason one\r\n"));
    let rows = [rows.to_owned()].into_iter().chain(others);
    let file = |(number, rows): (u8, String)| {
        (
            format!("ccipra-v322r0-f{number}.txt"),
            format!("{HEADER}{rows}").into_bytes(),
        )
    };
    (1..).zip(rows).map(file).collect()
}

fn read_parts(parts: &[(String, Vec<u8>)]) -> codecite_ingest::Sources {
    read_all(
        parts
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone()))
            .collect(),
    )
}

fn table(rows: &str) -> Reading {
    let mut sources = read_parts(&parts(rows));
    assert_eq!(sources.unreadable, []);
    sources.readings.pop().expect("one edition")
}

/// What the tables say of a pair after the reading was loaded.
async fn between(reading: Reading, one: &str, other: &str, day: &str) -> PairAnswer {
    let library = Library::empty().await;
    library
        .load(vec![reading.shelf], &CountingEmbedder::new("digest"))
        .await
        .expect("loaded");
    let day: NaiveDate = day.parse().expect("a day in the test");
    let tables = library.tables();
    let answer = tables.edits_between(&code(one), &code(other), Some(Setting::Practitioner), day);
    answer.expect("tables")
}

fn reasons(reading: &Reading) -> Vec<String> {
    reading.refused.iter().map(ToString::to_string).collect()
}

#[test]
fn the_tables_of_2024_are_read_whole() {
    for (path, id, title, rows) in [
        (
            "ncci/ptp_practitioner_v30.2_2024q3.csv.gz",
            "ncci-ptp-practitioner-2024-07-01",
            "NCCI PTP practitioner v30.2",
            2_546_017,
        ),
        (
            "ncci/ptp_practitioner_v30.1_2024q2.csv.gz",
            "ncci-ptp-practitioner-2024-04-01",
            "NCCI PTP practitioner v30.1",
            2_545_089,
        ),
        (
            "ncci/ptp_outpatient_hospital_v30.2_2024q3.csv.gz",
            "ncci-ptp-outpatient-hospital-2024-07-01",
            "NCCI PTP outpatient hospital v30.2",
            1_775_818,
        ),
    ] {
        let Some(reading) = official("the_tables_of_2024_are_read_whole", path) else {
            return;
        };
        let edition = &reading.shelf.edition;
        assert_eq!((edition.id.as_str(), edition.title.as_str()), (id, title));
        assert_eq!(
            (edition.rows, reading.refused.len()),
            (rows, 0),
            "{path}: {:?}",
            reading.refused.first()
        );
        assert_eq!(reading.shelf.edits.len() as u64, rows);
        let [remark] = reading.shelf.findings.as_slice() else {
            panic!("one remark: {:?}", reading.shelf.findings);
        };
        assert!(
            remark.text.contains("no column for the effective date"),
            "{remark}"
        );
    }
}

#[tokio::test]
async fn rows_of_the_practitioner_table_are_kept_as_published() {
    let Some(folder) = shared_data("rows_of_the_practitioner_table_are_kept_as_published") else {
        return;
    };
    let file =
        std::fs::File::open(folder.join("ncci/ptp_practitioner_v30.2_2024q3.csv.gz")).expect("the table");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("text");
    let header = text.lines().next().expect("a header");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("38900,")).collect();
    let cut = format!("{header}\n{}\n", rows.join("\n"));
    let reading = read("ptp_practitioner_v30.2_2024q3.csv", cut).expect("readable");
    assert_eq!((reading.shelf.edits.len(), reading.refused.len()), (6, 0));
    let answer = between(reading, "CPT 38790", "CPT 38900", "2024-08-01").await;
    let [PtpRow { edit, locator, .. }] = answer.edits.as_slice() else {
        panic!("one edit: {answer:?}");
    };
    assert_eq!((edit.column1.text(), edit.column2.text()), ("38900", "38790"));
    assert_eq!(edit.indicator, ModifierIndicator::Allowed);
    assert_eq!(
        edit.rationale.as_deref(),
        Some("Misuse of Column Two code with Column One code")
    );
    assert_eq!(
        (edit.begins_as_published, edit.effective.to(), edit.row),
        (false, None, 4)
    );
    assert_eq!(
        locator.document,
        "NCCI PTP practitioner v30.2 (ptp_practitioner_v30.2_2024q3.csv)"
    );
}

#[test]
fn a_sample_is_one_of_four_files() {
    let Some(folder) = shared_data("a_sample_is_one_of_four_files") else {
        return;
    };
    let name = "ccipra-v322r0-f1.sample.txt";
    let bytes = std::fs::read(folder.join("ncci/format_samples").join(name)).expect("the sample");
    let error = read(name, bytes.clone()).expect_err("three are missing");
    assert!(
        matches!(error, IngestError::PartsMissing { of: 4, .. }),
        "{error}"
    );
    let mut files = parts("");
    files[0].1 = bytes;
    let sources = read_parts(&files);
    let [reading] = sources.readings.as_slice() else {
        panic!("{:?}", sources.unreadable);
    };
    assert_eq!(
        reading.shelf.edition.id.as_str(),
        "ncci-ptp-practitioner-2026-07-01"
    );
    assert_eq!((reading.shelf.edits.len(), reading.refused.len()), (23, 0));
}

#[tokio::test]
async fn the_official_layout_gives_the_period_of_each_edit() {
    let reading = table(ROWS);
    assert_eq!(reading.shelf.edition.title, "NCCI PTP practitioner v32.2");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (6, 0));
    let answer = between(reading.clone(), "CPT 36591", "CPT 0001A", "2026-08-01").await;
    assert!(answer.edits.is_empty());
    let [ended] = answer.others.as_slice() else {
        panic!("{answer:?}");
    };
    let edit = &ended.edit;
    assert_eq!(
        (edit.effective.to_string().as_str(), edit.row),
        ("2022-01-01 through 2023-12-31", 7)
    );
    assert!(edit.begins_as_published);
    let answer = between(reading.clone(), "HCPCS G0463", "CPT 11000", "2026-08-01").await;
    let [in_force] = answer.edits.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!(in_force.edit.rationale.as_deref(), Some("Reason \u{b7} two"));
    let answer = between(reading, "CPT 0001A", "CPT 90473", "2026-08-01").await;
    assert!(answer.edits.is_empty(), "it never was in force");
    assert_eq!(answer.others[0].edit.indicator, ModifierIndicator::NotApplicable);
}

#[test]
fn a_damaged_row_is_refused_by_its_line_and_the_rest_is_read() {
    let damaged = "0001\t36591\t\t20220101\t*\t0\tReason\r\n\
        11000\t36592\t\t20220101\t*\t2\tReason\r\n\
        11000\t36593\t\t2022-01-01\t*\t1\tReason\r\n\
        11000\t36594\t\t20220101\t20211231\t1\tReason\r\n\
        11000\t36595\t20220101\t*\t1\tReason\r\n\
        11000\t36596\t\t20220101\t*\t1\tReason\tmore\r\n\
        \t20220101\t11000\t36597\t*\t1\tReason\r\n";
    let sound: String = (0..8)
        .map(|n| format!("1200{n}\t36591\t\t20220101\t*\t0\tReason\r\n"))
        .collect();
    let reading = table(&format!("{damaged}{sound}"));
    assert_eq!(reading.shelf.edits.len(), 11);
    let refused = reasons(&reading);
    for (line, why) in [
        (7, "0001"),
        (8, "modifier indicator"),
        (9, "2022-01-01"),
        (10, "before it began"),
        (11, "6 columns"),
        (12, "more columns"),
        (13, "neither a CPT"),
    ] {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}: {refused:?}"
        );
    }
}

#[test]
fn overlapping_periods_are_remarked_on_and_kept() {
    let reading = table(
        "11000\t36591\t\t20220101\t20231231\t0\tReason\r\n\
         11000\t36591\t\t20230101\t*\t1\tReason\r\n\
         11000\t36592\t\t20220101\t20221231\t0\tReason\r\n\
         11000\t36592\t\t20230101\t*\t0\tReason\r\n\
         11000\t36593\t\t20220101\t20220101\t9\tReason\r\n\
         11000\t36593\t\t20220101\t*\t0\tReason\r\n",
    );
    assert_eq!((reading.shelf.edits.len(), reading.refused.len()), (9, 0));
    let remarks: Vec<String> = reading.shelf.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        ["ccipra-v322r0-f1.txt:8: edits the pair of line 7 in an overlapping period; both rows kept"]
    );
}

#[test]
fn columns_are_found_by_their_names() {
    let csv = "\u{feff}modifier_indicator,column_2,column_1,rationale,deletion_date\n\
        1,36591,11000,\"Reason, with a comma\",\n0,36592,11000,Reason,20231231\n";
    let reading = read("ncci_ptp_practitioner_v30.2.csv", csv).expect("readable");
    assert_eq!((reading.shelf.edits.len(), reading.refused.len()), (2, 0));
    let utf16: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reading = read("ncci_ptp_practitioner_v30.2.csv", utf16).expect("readable");
    assert_eq!((reading.shelf.edits.len(), reading.refused.len()), (2, 0));
}

#[test]
fn a_file_that_is_not_what_it_claims_is_refused_whole() {
    let csv = "column_1,column_2,deletion_date,modifier_indicator,rationale\n11000,36591,,1,Reason\n";
    let error = |name: &str, text: &str| read(name, text).expect_err("no table").to_string();
    assert!(error("edits_v30.2.csv", csv).contains("for whom the edits are"));
    assert!(error("medicaid_practitioner_v30.2.csv", csv).contains("Medicaid"));
    assert!(error("practitioner.csv", csv).contains("--effective-from"));
    let header_changed = csv.replace("modifier_indicator", "flag");
    assert!(matches!(
        read("ptp_practitioner_v30.2.csv", header_changed),
        Err(IngestError::Unknown { .. })
    ));
    let mut missing = parts(ROWS);
    missing.remove(2);
    assert!(matches!(
        read_parts(&missing).unreadable.as_slice(),
        [IngestError::PartsMissing { missing, .. }] if missing == "3"
    ));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        is_official in any::<bool>(),
        rest in proptest::collection::vec(any::<u8>(), 0..300),
        mutations in proptest::collection::vec((0_usize..900, any::<u8>()), 0..12),
    ) {
        let beginning = match is_official {
            true => format!("{HEADER}{ROWS}"),
            false => "column_1,column_2,deletion_date,modifier_indicator,rationale\n11000,36591,,1,\"R\"\n".to_owned(),
        };
        let mut bytes = [beginning.into_bytes(), rest].concat();
        for (place, byte) in mutations {
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
        }
        if let Ok(reading) = read("ptp_practitioner_v30.2.csv", bytes) {
            prop_assert_eq!(reading.read, (reading.shelf.edits.len() + reading.refused.len()) as u64);
        }
    }
}
