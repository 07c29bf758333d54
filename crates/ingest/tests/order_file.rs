//! The ICD-10-CM order file: the real one, damaged ones, packed ones, and files that are something else.

mod support;

use codecite_codebook::{Code, EditionId, Place};
use codecite_ingest::{IngestError, ReadOptions, Reading, SourceFile, bm25_text, dense_text, read_sources};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{Cursor, Read, Write};
use support::{excerpt, order_file, order_line, read_one};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Reading, IngestError> {
    read_one(name, bytes, &ReadOptions::default())
}

fn three_lines() -> String {
    order_line(1, "E11", '0', "Type 2 diabetes mellitus")
        + &order_line(2, "E119", '1', "Type 2 diabetes mellitus without complications")
        + &order_line(3, "I10", '1', "Essential (primary) hypertension")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("a gzip")
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut unpacked)
        .expect("a gzip");
    unpacked
}

#[test]
fn the_real_file_is_read_whole() {
    let Some(file) = order_file("the_real_file_is_read_whole") else {
        return;
    };
    let Reading {
        shelf, read, refused, ..
    } = read(&file.name, file.bytes).expect("read");
    assert_eq!((read, refused.len()), (95_358, 0), "{:?}", refused.first());
    assert_eq!((shelf.passages.len(), shelf.statuses.len()), (95_358, 95_358));
    assert_eq!(
        shelf.statuses.iter().filter(|status| status.billable).count(),
        72_621
    );
    assert_eq!(
        shelf.statuses.iter().filter(|status| !status.billable).count(),
        22_737
    );
    assert_eq!(shelf.edition.id, EditionId::new("icd-10-cm-2021-01-01"));
    assert_eq!(shelf.edition.title, "ICD-10-CM order file, January 2021");
    assert_eq!(shelf.edition.effective.to_string(), "since 2021-01-01");
    assert_eq!(shelf.edition.replaced_on, "2021-10-01".parse().ok());
    assert_eq!(
        shelf.edition.files[0].sha256,
        "f52bf8aacec30a5d80598985af946cf9c023fd910aca73695f9d571252cac55d"
    );
    let code: Code = "ICD-10-CM E11.3211".parse().expect("a code");
    let passage = shelf
        .passages
        .iter()
        .find(|passage| passage.about == [code.clone()])
        .expect("found");
    assert_eq!(
        passage.text,
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, right eye"
    );
    assert_eq!(
        passage.locator.section.as_deref(),
        Some("E11 Type 2 diabetes mellitus")
    );
    assert_eq!(passage.billable, Some(true));
    let Some(Place::Row(row)) = passage.locator.place else {
        panic!("a row: {:?}", passage.locator.place);
    };
    let whole = unpack(&order_file("again").expect("still there").bytes);
    let line = whole
        .split(|byte| *byte == b'\n')
        .nth(row as usize - 1)
        .expect("that row");
    assert!(
        line[6..].starts_with(b"E113211"),
        "the row is where the locator says"
    );
    let ids: std::collections::HashSet<_> = shelf.passages.iter().map(|passage| passage.id()).collect();
    assert_eq!(ids.len(), shelf.passages.len(), "every id is its own");
}

#[test]
fn an_excerpt_of_the_real_file_is_read_as_published() {
    let file = excerpt();
    let Reading {
        shelf, read, refused, ..
    } = read(&file.name, file.bytes).expect("read");
    assert_eq!((read, refused.len()), (59, 0), "{:?}", refused.first());
    assert_eq!(shelf.edition.id, EditionId::new("icd-10-cm-2021-01-01"));
    let code: Code = "ICD-10-CM E11.3211".parse().expect("a code");
    let position = shelf.statuses.iter().position(|status| status.code == code);
    let position = position.expect("it is in the excerpt");
    let passage = &shelf.passages[position];
    assert_eq!(
        passage.text,
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, right eye"
    );
    assert_eq!(
        passage.locator.section.as_deref(),
        Some("E11 Type 2 diabetes mellitus")
    );
    let billable = |label: &str| {
        let code: Code = label.parse().expect("a code");
        let status = shelf.statuses.iter().find(|status| status.code == code);
        status.map(|status| status.billable)
    };
    assert_eq!(billable("ICD-10-CM E11.3211"), Some(true));
    assert_eq!(billable("ICD-10-CM E11.321"), Some(false));
    assert_eq!(billable("ICD-10-CM I10"), Some(true));
}

#[test]
fn an_entry_is_found_by_its_title_and_cited_by_row() {
    let reading = read("icd10cm_order_2024.txt", three_lines()).expect("read");
    let passage = &reading.shelf.passages[1];
    assert_eq!(passage.title, "ICD-10-CM E11.9");
    assert_eq!(
        dense_text(passage),
        "Type 2 diabetes mellitus without complications"
    );
    assert_eq!(bm25_text(passage), dense_text(passage));
    assert_eq!(
        passage.locator.section.as_deref(),
        Some("E11 Type 2 diabetes mellitus")
    );
    assert_eq!(
        passage.locator.document,
        "ICD-10-CM order file, FY 2024 (icd10cm_order_2024.txt)"
    );
    assert_eq!(passage.locator.place, Some(Place::Row(2)));
    assert!(!reading.shelf.statuses[0].billable);
}

#[test]
fn packed_or_not_the_same_passages_come_out() {
    let plain = read("icd10cm_order_2024.txt", three_lines())
        .expect("read")
        .shelf
        .passages;
    let crlf = three_lines().replace('\n', "\r\n");
    let noise: &[u8] = b"%PDF-1.7 a guide";
    let addenda = order_line(1, "E118", '1', "Only what changed");
    let order = three_lines();
    let members: [(&str, &[u8]); 4] = [
        (
            "Code Descriptions/icd10cm_order_addenda_2024.txt",
            addenda.as_bytes(),
        ),
        ("Code Descriptions/icd10OrderFiles.pdf", noise),
        ("Code Descriptions/icd10cm_order_2024.txt", order.as_bytes()),
        (
            "Code Descriptions/icd10cm_codes_2024.txt",
            b"E119    Type 2 diabetes mellitus without complications\n",
        ),
    ];
    for (name, bytes) in [
        ("icd10cm_order_2024.txt", crlf.into_bytes()),
        ("icd10cm_order_2024.txt.gz", gzip(three_lines().as_bytes())),
        ("2024 Code Descriptions.zip", zip(&members)),
        (
            "icd10cm_order_2024.txt",
            [b"\xef\xbb\xbf", three_lines().as_bytes()].concat(),
        ),
    ] {
        let reading = read(name, bytes).expect(name);
        assert_eq!(reading.shelf.passages, plain, "{name}");
        assert!(reading.refused.is_empty(), "{name}: {:?}", reading.refused);
    }
}

#[test]
fn damaged_lines_are_refused_with_their_numbers_and_the_rest_is_read() {
    let good = |order, code: &str| order_line(order, code, '1', "A title");
    let lines = [
        good(1, "A000"),
        good(2, "A000"),
        good(3, "A001").replace(" 1 ", " 2 "),
        "00004 A002    1 Short\n".to_owned(),
        good(5, "A003").replace("title", "tïtle"),
        good(1, "A004"),
        good(90000, "A005"),
        good(7, "!!!"),
        good(8, "A006").replacen("00008", "8....", 1),
        order_line(9, "A007", '1', "  "),
        good(10, "A009"),
    ];
    // Mostly damaged, it would not be read at all.
    let rest: String = (11..21).map(|order| good(order, &format!("B{order}"))).collect();
    let reading = read("icd10cm_order_2024.txt", lines.concat() + &rest).expect("read");
    let codes: Vec<&str> = reading
        .shelf
        .statuses
        .iter()
        .map(|status| status.code.text())
        .collect();
    assert_eq!(codes[..3], ["A00.0", "A00.9", "B11"]);
    let findings: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (finding, (line, why)) in findings.iter().zip([
        (2, "A00.0 stands on line 1 already"),
        (3, "flag \"2\" in column 15"),
        (4, "the long title begins in column 78"),
        (5, "is no printable ASCII"),
        (6, "00001 is out of order after 00001"),
        (7, "90000 is out of order"),
        (8, "does not have the shape of a ICD-10-CM code"),
        (9, "in columns 1 to 5 is no order number"),
        (10, "no long title"),
    ]) {
        assert!(
            finding.starts_with(&format!("icd10cm_order_2024.txt:{line}:")) && finding.contains(why),
            "line {line}, {why}: {finding}"
        );
    }
    assert_eq!((findings.len(), reading.read), (9, 21));
}

#[test]
fn what_is_no_order_file_is_named_for_what_it_is() {
    for (bytes, looks_like) in [
        (&b""[..], "an empty file"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<!DOCTYPE html><html>404", "an HTML page"),
        (b"<?xml version=\"1.0\"?><ICD11.tabular>", "an XML file"),
        (b"order,code,valid,title\n1,A00,0,Cholera\n", "CSV"),
        (b"Add:      00012 A0103   1 Typhoid\n", "an addenda file"),
        (
            b"A000    Cholera due to Vibrio cholerae 01\n",
            "without headers and flags",
        ),
        (b"\x7fELF\x00\x00", "a binary file"),
        (b"\xff\xfeD\0e\0a\0r\0", "a text that begins with \"Dear\""),
        (b"D\0e\0a\0r\0 \0c\0o\0d\0e\0r\0", "UTF-16 without the mark"),
        (
            b"ADDENDUM E. INDICES\n",
            "a text that begins with \"ADDENDUM E. INDICES\"",
        ),
        (b"Dear coder,\n", "a text that begins with \"Dear coder,\""),
    ] {
        let error = read("icd10cm_order_2024.txt", bytes)
            .expect_err(looks_like)
            .to_string();
        assert!(
            error.contains(looks_like)
                && (error.contains("expected a release as its publisher ships it")
                    || error.contains("give --authority NAME")),
            "{error}"
        );
    }
    let bytes = zip(&[("a/guide.pdf", b"%PDF"), ("readme.txt", b"hello")]);
    let error = read("x.zip", bytes).expect_err("nothing in it").to_string();
    assert!(error.contains("a zip with guide.pdf, readme.txt"), "{error}");
    let error = read("icd10cm_order_2024.txt.gz", &gzip(three_lines().as_bytes())[..40])
        .expect_err("cut")
        .to_string();
    assert!(
        error.contains("cut short or damaged, download it again"),
        "{error}"
    );
}

#[test]
fn a_zip_with_two_releases_brings_both() {
    let order = three_lines();
    let members: [(&str, &[u8]); 2] = [
        ("2024/icd10cm_order_2024.txt", order.as_bytes()),
        ("2025/icd10cm_order_2025.txt", order.as_bytes()),
    ];
    let file = SourceFile {
        name: "releases.zip".into(),
        bytes: zip(&members),
    };
    let sources = read_sources([file], &ReadOptions::default());
    assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
    let editions: Vec<_> = sources
        .readings
        .iter()
        .map(|reading| reading.shelf.edition.id.as_str())
        .collect();
    assert_eq!(editions, ["icd-10-cm-2023-10-01", "icd-10-cm-2024-10-01"]);
}

#[test]
fn of_files_that_hold_one_edition_none_is_taken() {
    let file = |name: &str, text: String| SourceFile {
        name: name.into(),
        bytes: text.into_bytes(),
    };
    let files = [
        file("icd10cm_order_2024.txt", three_lines()),
        file("icd10cm_order_2025.txt", three_lines()),
        file(
            "ICD10CM-order-2024.txt",
            order_line(1, "I10", '1', "Hypertension"),
        ),
    ];
    let sources = read_sources(files, &ReadOptions::default());
    let editions: Vec<_> = sources
        .readings
        .iter()
        .map(|reading| reading.shelf.edition.id.as_str())
        .collect();
    assert_eq!(editions, ["icd-10-cm-2024-10-01"]);
    let error = sources.unreadable[0].to_string();
    for part in [
        "icd10cm_order_2024.txt",
        "ICD10CM-order-2024.txt",
        "icd-10-cm-2023-10-01",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_file_that_is_mostly_refused_is_not_taken_at_all() {
    let good = |order| order_line(order, &format!("A{order:02}"), '1', "A title");
    let bad = "00099 ??????? 9 this is no line of an order file\n";
    let lines = |goods: u32, bads: usize| (1..=goods).map(good).collect::<String>() + &bad.repeat(bads);
    let reading = read("icd10cm_order_2024.txt", lines(10, 10)).expect("half of it is in order");
    assert_eq!((reading.shelf.statuses.len(), reading.refused.len()), (10, 10));
    let error = read("icd10cm_order_2024.txt", lines(10, 11)).expect_err("mostly refused");
    assert!(
        matches!(
            error,
            IngestError::MostlyRefused {
                refused: 11,
                read: 21,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("icd10cm_order_2024.txt:11:"),
        "{error}"
    );
}

#[test]
fn without_a_day_in_its_name_the_operator_is_asked() {
    let error = read("order.txt", three_lines()).expect_err("no day").to_string();
    assert!(error.contains("--effective-from YYYY-MM-DD"), "{error}");
    let options = ReadOptions {
        effective_from: "2021-04-01".parse().ok(),
        ..ReadOptions::default()
    };
    let reading = read_one("order.txt", three_lines(), &options).expect("read");
    assert_eq!(reading.shelf.edition.id, EditionId::new("icd-10-cm-2021-04-01"));
    let packed = gzip(three_lines().as_bytes());
    let reading = read("icd10cm-order-April-2025.txt.gz", packed).expect("named by its container");
    assert_eq!(reading.shelf.edition.id, EditionId::new("icd-10-cm-2025-04-01"));
}

#[test]
fn a_file_of_damaged_lines_only_is_an_error() {
    let lines: String = (1..5).map(|order| order_line(order, "A000", '1', " ")).collect();
    let error = read("icd10cm_order_2024.txt", lines)
        .expect_err("nothing")
        .to_string();
    assert!(error.contains("every one of its 4 lines was refused"), "{error}");
}

/// Bytes that begin like each of the things that are told apart.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        Just(vec![0x1f, 0x8b, 8, 0]),
        Just(b"PK\x03\x04".to_vec()),
        Just(b"PK\x05\x06".to_vec()),
        Just(b"[[passage]]\n".to_vec()),
        Just(three_lines().into_bytes()),
        Just(gzip(three_lines().as_bytes())),
        Just(zip(&[("icd10cm_order_2024.txt", three_lines().as_bytes())])),
    ]
}

/// Changes, drops or doubles bytes at some places.
fn mutate(bytes: &mut Vec<u8>, mutations: &[(usize, u8, u8)]) {
    for &(place, kind, byte) in mutations {
        if bytes.is_empty() {
            return;
        }
        let place = place % bytes.len();
        match kind % 4 {
            0 => bytes[place] = byte,
            1 => drop(bytes.remove(place)),
            2 => bytes.insert(place, byte),
            _ => bytes.truncate(place),
        }
    }
}

fn mutations() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 0..12)
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(
        beginning in beginnings(),
        rest in proptest::collection::vec(any::<u8>(), 0..400),
        mutations in mutations(),
        name in prop_oneof![Just("icd10cm_order_2024.txt"), Just("topic.toml"), Just("x.zip"), Just("")],
    ) {
        let mut bytes = [beginning, rest].concat();
        mutate(&mut bytes, &mutations);
        let _ = read(name, bytes);
    }

    #[test]
    fn lines_of_any_text_are_read_or_refused(lines in proptest::collection::vec("\\PC{0,120}", 0..8)) {
        let text = three_lines() + &lines.join("\n");
        if let Ok(reading) = read("icd10cm_order_2024.txt", text) {
            prop_assert_eq!(reading.read, (reading.shelf.statuses.len() + reading.refused.len()) as u64);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_damaged_real_file_gives_findings_and_no_panic(mutations in mutations(), start in 0_usize..90_000) {
        let mut damaged = sample_of_the_real_file(start);
        mutate(&mut damaged, &mutations);
        if let Ok(reading) = read("icd10cm_order_2021.txt", damaged.clone()) {
            prop_assert_eq!(reading.read, (reading.shelf.statuses.len() + reading.refused.len()) as u64);
            for finding in &reading.refused {
                prop_assert!(finding.line.is_some());
            }
        }
        let _ = read("icd10cm_order_2021.txt.gz", gzip(&damaged)[..].to_vec());
    }
}

/// Fifty lines of the real file from line `start` on; where it is not at hand, the excerpt.
fn sample_of_the_real_file(start: usize) -> Vec<u8> {
    static WHOLE: std::sync::OnceLock<Option<Vec<u8>>> = std::sync::OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        order_file("a_damaged_real_file_gives_findings_and_no_panic, on the whole file")
            .map(|file| unpack(&file.bytes))
    });
    let Some(whole) = whole else {
        return excerpt().bytes;
    };
    let lines = whole.split_inclusive(|byte| *byte == b'\n');
    lines.skip(start).take(50).flatten().copied().collect()
}
