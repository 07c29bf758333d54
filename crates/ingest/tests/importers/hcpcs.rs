//! HCPCS Level II: the quarterly file in its three forms, and what ships beside it.

use crate::workbooks::{sheet, workbook, zip};
use crate::{assert_told, code, facts, official, read, read_all};
use codecite_codebook::{CodeSystem, EffectiveRange, FactKind};
use codecite_ingest::Reading;
use proptest::prelude::*;

const WORKBOOK: &str = "hcpcs/HCPC2025_OCT_ANWEB.xlsx";
const FIXED: &str = "hcpcs/HCPC2025_OCT_ANWEB.reconstructed_fixed_width.txt.gz";

fn range(from: &str, to: Option<&str>) -> EffectiveRange {
    let day = |text: &str| text.parse().expect("a day");
    EffectiveRange::new(day(from), to.map(day)).expect("a range")
}

fn refused(reading: &Reading) -> Vec<String> {
    reading.refused.iter().map(ToString::to_string).collect()
}

/// As refusals, each on its line and for its reason.
fn assert_refused(reading: &Reading, expected: &[(u64, &str)]) {
    let refused = refused(reading);
    assert_eq!(refused.len(), expected.len(), "{refused:?}");
    for (line, why) in expected {
        assert!(
            refused
                .iter()
                .any(|finding| finding.contains(&format!(":{line}:")) && finding.contains(why)),
            "line {line}, {why}: {refused:?}"
        );
    }
}

#[test]
fn the_quarterly_workbook_is_read_whole() {
    let Some(reading) = official("the_quarterly_workbook_is_read_whole", WORKBOOK) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "hcpcs-2025-10-01");
    assert_eq!(edition.title, "HCPCS Level II October 2025");
    assert_eq!(
        (edition.rows, reading.read, reading.refused.len()),
        (8_846, 8_846, 0)
    );
    assert!(edition.is_complete);
    assert_eq!(reading.shelf.statuses.len(), 8_463);
    // A complete list of Level II modifiers would deny those of CPT.
    assert!(
        reading
            .shelf
            .statuses
            .iter()
            .all(|status| status.code.system() == CodeSystem::Hcpcs)
    );
    let found = facts(&reading, FactKind::Hcpcs, "HCPCS V5363");
    let [fact] = found.as_slice() else {
        panic!("one row of V5363: {found:?}");
    };
    for (label, value) in [
        ("official description", Some("Language screening")),
        ("short description", Some("Language screening")),
        ("coverage code", Some("S")),
        (
            "what the coverage code means",
            Some("not covered by Medicare, by statute"),
        ),
        ("pricing indicator", Some("00")),
        ("multiple pricing indicator", Some("9")),
        ("type of service", Some("1, W")),
        (
            "what the type of service means",
            Some("1: medical care; W: physical therapy"),
        ),
        ("BETOS", Some("O1F")),
        ("statute", Some("1862(a)(7)")),
        ("anesthesia base units", None),
        ("action", Some("N")),
        ("action effective date", Some("2004-01-01")),
        ("added", Some("1990-01-01")),
        ("terminated", None),
    ] {
        assert_eq!(fact.value(label), value, "{label}");
    }
    assert_eq!(facts(&reading, FactKind::Hcpcs, "Modifier KX").len(), 1);
}

#[test]
fn a_code_that_has_ended_keeps_its_range_and_is_not_found_by_words() {
    let Some(reading) = official(
        "a_code_that_has_ended_keeps_its_range_and_is_not_found_by_words",
        WORKBOOK,
    ) else {
        return;
    };
    let ended = code("HCPCS C9248");
    let status = reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == ended)
        .expect("a status");
    assert_eq!(status.effective, range("2009-01-01", Some("2025-09-30")));
    assert!(
        reading
            .shelf
            .passages
            .iter()
            .all(|passage| !passage.about.contains(&ended))
    );
    let new = code("HCPCS A2036");
    let entry = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.about.contains(&new))
        .expect("an entry");
    assert_eq!(entry.effective, range("2025-10-01", None));
    assert_eq!(entry.title, "HCPCS A2036");
}

#[test]
fn text_and_workbook_say_the_same() {
    let test = "text_and_workbook_say_the_same";
    let (Some(workbook), Some(fixed)) = (official(test, WORKBOOK), official(test, FIXED)) else {
        return;
    };
    assert_eq!(
        (fixed.shelf.edition.rows, fixed.read, fixed.refused.len()),
        (8_846, 8_846, 0)
    );
    assert_eq!(fixed.shelf.edition.id, workbook.shelf.edition.id);
    for (one, other) in workbook.shelf.facts.iter().zip(&fixed.shelf.facts) {
        assert_eq!((&one.code, &one.rows), (&other.code, &other.rows));
    }
    for (one, other) in workbook.shelf.statuses.iter().zip(&fixed.shelf.statuses) {
        assert_eq!(
            (&one.code, &one.title, one.effective),
            (&other.code, &other.title, other.effective)
        );
    }
}

#[test]
fn what_ships_with_april_2024_is_read_whole() {
    for (path, edition, rows, facts, passages) in [
        (
            "hcpcs/hcpcs_2024_apr_main.csv.gz",
            "hcpcs-2024-04-01",
            8_349,
            8_349,
            None,
        ),
        (
            "hcpcs/hcpcs_2024_apr_corrections.csv",
            "hcpcs-corrections-2024-04-01",
            7,
            7,
            Some(0),
        ),
        // 8,250 of its lines say that nothing was changed.
        (
            "hcpcs/hcpcs_2024_apr_transaction_report.csv.gz",
            "hcpcs-transactions-2024-04-01",
            8_351,
            101,
            Some(0),
        ),
        // Two descriptions go on in a second line.
        (
            "hcpcs/hcpcs_2024_apr_noc_codes.csv",
            "hcpcs-noc-2024-04-01",
            161,
            159,
            Some(0),
        ),
        // Ten notes are deleted.
        (
            "hcpcs/hcpcs_2024_apr_processing_notes.csv",
            "hcpcs-processing-notes-2024-04-01",
            232,
            0,
            Some(222),
        ),
    ] {
        let Some(reading) = official("what_ships_with_april_2024_is_read_whole", path) else {
            return;
        };
        assert_eq!(reading.shelf.edition.id.as_str(), edition);
        assert_eq!(
            (reading.shelf.edition.rows, reading.read, reading.refused.len()),
            (rows, rows, 0),
            "{path}"
        );
        assert_eq!(reading.shelf.facts.len(), facts, "{path}");
        if let Some(passages) = passages {
            assert_eq!(reading.shelf.passages.len(), passages, "{path}");
        }
    }
}

#[test]
fn rows_of_april_2024_are_exact() {
    let test = "rows_of_april_2024_are_exact";
    let Some(main) = official(test, "hcpcs/hcpcs_2024_apr_main.csv.gz") else {
        return;
    };
    let found = facts(&main, FactKind::Hcpcs, "HCPCS A0130");
    assert_eq!(
        found[0].value("official description"),
        Some("Non-emergency transportation: wheelchair van")
    );
    assert_eq!(
        found[0].value("what the type of service means"),
        Some("ambulance")
    );
    let Some(report) = official(test, "hcpcs/hcpcs_2024_apr_transaction_report.csv.gz") else {
        return;
    };
    let found = facts(&report, FactKind::Change, "HCPCS J9255");
    assert_eq!(found[0].value("change"), Some("Long Description Change"));
    let found = facts(&report, FactKind::Change, "CPT 0354U");
    assert_eq!(found[0].value("change"), Some("Discontinued"));
    let Some(noc) = official(test, "hcpcs/hcpcs_2024_apr_noc_codes.csv") else {
        return;
    };
    let found = facts(&noc, FactKind::Hcpcs, "HCPCS J7192");
    let description = found[0].value("official description").unwrap_or_default();
    assert!(description.ends_with("not otherwise specified"), "{description}");
    let Some(corrections) = official(test, "hcpcs/hcpcs_2024_apr_corrections.csv") else {
        return;
    };
    let found = facts(&corrections, FactKind::Change, "HCPCS C9796");
    assert_eq!(
        found[0].value("change"),
        Some("Add date and ASC effective date s/b 20240101")
    );
    assert_eq!(found[0].value("effective date"), Some("2024-01-01"));
}

const HEADER: &[&str] = &[
    "HCPC",
    "SEQNUM",
    "RECID",
    "LONG DESCRIPTION",
    "SHORT DESCRIPTION",
    "COV",
    "ADD DT",
    "ACT EFF DT",
    "TERM DT",
    "ACTION CD",
];

fn row<'a>(code: &'a str, record: &'a str, added: &'a str, terminated: &'a str) -> [&'a str; 10] {
    [
        code,
        "0010",
        record,
        "An invented item, each",
        "Invented item",
        "C",
        added,
        added,
        terminated,
        "N",
    ]
}

#[test]
fn a_damaged_row_of_a_workbook_is_refused_by_its_line() {
    let rows = [
        row("   ZZ", "7", "20200101", ""),
        row("Q9999", "3", "20200101", "20281231"),
        row("Q99990", "3", "20200101", ""),
        row("Q9998", "5", "20200101", ""),
        row("Q9997", "3", "someday", ""),
        row("Q9996", "3", "20200101", "20190101"),
        row("Q9999", "3", "20200101", ""),
        row("D0120", "3", "20200101", ""),
        row("Q9995", "3", "", ""),
        row("Q9994", "3", "20200101", ""),
        row("Q9993", "3", "20200101", ""),
        row("Q9992", "3", "20200101", "20301231"),
        row("Q9991", "3", "29990101", ""),
        row("Q9989", "3", "20200101", ""),
        row("Q9988", "3", "20200101", ""),
    ];
    let mut table: Vec<&[&str]> = vec![HEADER];
    table.extend(rows.iter().map(|row| row.as_slice()));
    let reading = read("HCPC2026_JAN_ANWEB.xlsx", workbook(&table)).expect("readable");
    assert_refused(
        &reading,
        &[
            (4, "Q99990"),
            (5, "record id"),
            (6, "someday"),
            (7, "before it was added"),
            (8, "line 3 already"),
            (13, "no plausible day"),
            (14, "no plausible day"),
        ],
    );
    assert_eq!((reading.shelf.edition.rows, reading.read), (8, 15));
    // Nothing of the ADA's is kept.
    let dental = reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == code("HCPCS D0120"))
        .expect("a status");
    assert_eq!(dental.title, None);
    let dental = facts(&reading, FactKind::Hcpcs, "HCPCS D0120");
    assert_eq!(
        dental[0]
            .value("official description")
            .or(dental[0].value("short description")),
        None
    );
    assert!(
        reading
            .shelf
            .passages
            .iter()
            .all(|passage| passage.title != "HCPCS D0120")
    );
    // A code without a day is as old as the edition.
    let undated = reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == code("HCPCS Q9995"))
        .expect("a status");
    assert_eq!(undated.effective, range("2026-01-01", None));
}

#[test]
fn a_workbook_of_another_kind_or_without_a_day_says_what_was_expected() {
    let other = workbook(&[
        &["HCPC", "RECID", "DESCRIPTION"],
        &["Q9999", "3", "An invented item"],
    ]);
    let error = read("HCPC2026_JAN_ANWEB.xlsx", other)
        .expect_err("another header")
        .to_string();
    assert!(error.contains("HCPCS Level II"), "{error}");
    let undated = workbook(&[HEADER, &row("Q9999", "3", "20200101", "")]);
    let error = read("table.xlsx", undated).expect_err("no day").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn a_zip_with_text_and_workbook_is_one_edition() {
    let workbook = workbook(&[HEADER, &row("Q9999", "3", "20200101", "")]);
    let text = record("Q9999", '3', "An invented item, each");
    let packed = zip(&[
        ("HCPC2026_JAN_ANWEB.xlsx", workbook.as_slice()),
        ("HCPC2026_JAN_ANWEB.txt", text.as_bytes()),
    ]);
    let sources = read_all(vec![("january-2026-alpha-numeric-hcpcs-file.zip", packed)]);
    assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
    assert_eq!(sources.readings.len(), 1);
    let alone = zip(&[("HCPC2026_JAN_ANWEB.xlsx", workbook.as_slice())]);
    let sources = read_all(vec![("january-2026-alpha-numeric-hcpcs-file.zip", alone)]);
    assert_eq!(sources.readings.len(), 1, "{:?}", sources.unreadable);
}

#[test]
fn few_cells_far_apart_cost_no_memory() {
    for rows in [
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>HCPC</t></is></c></row><row r=\"1048576\"><c r=\"IV1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row>",
        "<row r=\"1\"><c r=\"XFD1\" t=\"inlineStr\"><is><t>HCPC</t></is></c></row>",
        "<row r=\"99999999999\"><c r=\"A99999999999\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>",
    ] {
        read("HCPC2026_JAN_ANWEB.xlsx", sheet(rows)).expect_err("no table");
    }
}

/// The first record of a code in fixed columns.
fn record(code: &str, id: char, description: &str) -> String {
    format!(
        "{code:>5}00100{id}{description:<80}{short:<28}{price:<8}{multiple}{:<101}{coverage}{:<26}{betos:<4}{tos:<5}{base:>3}{added}{added}{:<8}N\r\n",
        "",
        "",
        "",
        short = "Invented item",
        price = "00",
        multiple = '9',
        coverage = 'C',
        betos = "Z2",
        tos = "1P",
        base = 0,
        added = "20200101",
    )
}

fn continuation(code: &str, id: char, description: &str) -> String {
    format!("{code:>5}00200{id}{description}\r\n")
}

#[test]
fn fixed_columns_are_read_with_their_continuations() {
    let text = [
        record("ZZ", '7', "An invented"),
        continuation("ZZ", '8', "modifier"),
        record("Q9999", '3', "An invented item, that is"),
        continuation("Q9999", '4', "told at length"),
        continuation("Q9999", '4', "and ends"),
    ]
    .concat();
    let reading = read("HCPC2026_JAN_ANWEB.txt", text).expect("readable");
    assert_eq!(
        (reading.shelf.edition.rows, reading.refused.len()),
        (2, 0),
        "{:?}",
        reading.refused
    );
    let found = facts(&reading, FactKind::Hcpcs, "HCPCS Q9999");
    for (label, value) in [
        (
            "official description",
            "An invented item, that is told at length and ends",
        ),
        ("short description", "Invented item"),
        ("pricing indicator", "00"),
        ("multiple pricing indicator", "9"),
        ("coverage code", "C"),
        ("BETOS", "Z2"),
        ("type of service", "1, P"),
        ("added", "2020-01-01"),
        ("action", "N"),
    ] {
        assert_eq!(found[0].value(label), Some(value), "{label}");
    }
    let found = facts(&reading, FactKind::Hcpcs, "Modifier ZZ");
    assert_eq!(
        found[0].value("official description"),
        Some("An invented modifier")
    );
}

#[test]
fn damaged_records_in_fixed_columns_are_refused_by_their_lines() {
    let whole = record("Q9995", '3', "An invented item");
    let text = [
        record("Q9999", '3', "An invented item"),
        continuation("Q9998", '4', "of nothing"),
        format!(" {}", record("Q9997", '3', "shifted")),
        format!("{}\r\n", &whole[..250]),
        continuation("Q9995", '4', "goes with what it belongs to"),
        record("Q9994", '3', "An invented item"),
        record("Q9994", '3', "An invented item"),
        record("Q9993", '3', "An invented item"),
        record("Q9992", '3', "An invented item"),
    ]
    .concat();
    let reading = read("HCPC2026_JAN_ANWEB.txt", text).expect("readable");
    assert_refused(
        &reading,
        &[
            (2, "Q9998"),
            (3, "columns"),
            (4, "230 characters"),
            (7, "already"),
        ],
    );
    assert_eq!((reading.shelf.edition.rows, reading.read), (4, 8));
}

#[test]
fn tables_beside_the_quarterly_file_refuse_what_is_damaged() {
    let report = "hcpcs,action,desc_short,desc_long\nQ9999,ADD,Item,An invented item\nQ999,ADD,Item,An invented item\n\
                  Q9998,,Item,An invented item\nQ9997,No Change,Item,An invented item\nZZ,Discontinued,Item,An invented one\n";
    let reading = read("hcpcs_2026_jan_transaction_report.csv", report).expect("readable");
    assert_refused(&reading, &[(3, "Q999"), (4, "what was changed")]);
    assert_eq!(reading.shelf.facts.len(), 2);
    let notes = "note,description,date_deleted\n0001,An invented note on Q9999.,\n,Nothing,\n0002,Gone,1997-01-01\n0003,A note.,soon\n0004,A note.,\n0005,A note.,\n";
    let reading = read("hcpcs_2026_jan_processing_notes.csv", notes).expect("readable");
    assert_refused(&reading, &[(3, "no number"), (5, "soon")]);
    assert_eq!(reading.shelf.passages.len(), 3);
    assert_eq!(reading.shelf.passages[0].mentions, [code("HCPCS Q9999")]);
    let noc = "hcpcs,desc_long,date_added,date_term\nQ9999,An invented,2020-01-01,\nQ9999,item,,\nQ99,An item,2020-01-01,\nQ9998,An item,2020-01-01,\n";
    let reading = read("hcpcs_2026_jan_noc_codes.csv", noc).expect("readable");
    assert_refused(&reading, &[(4, "Q99")]);
    assert_eq!(
        facts(&reading, FactKind::Hcpcs, "HCPCS Q9999")[0].value("official description"),
        Some("An invented item")
    );
}

#[test]
fn a_renamed_column_of_the_quarterly_file_is_told() {
    let sound = "hcpcs,desc_long,desc_short,date_added,date_term,seqnum,recid,price,coverage,action_date,action\n\
                 Q9999,An invented item,Item,2020-01-01,,0010,3,00,C,2020-01-01,N\n";
    assert!(read("hcpcs_2024_apr_main.csv", sound).is_ok());
    for (column, renamed) in [
        ("date_term", "TERM DATE"),
        ("recid", "record"),
        ("coverage", "cov"),
    ] {
        let error = read("hcpcs_2024_apr_main.csv", sound.replacen(column, renamed, 1))
            .expect_err("renamed")
            .to_string();
        assert!(
            error.contains(&format!("no column {}", column.to_uppercase()))
                && error.contains("HCPCS Level II"),
            "{error}"
        );
    }
    // What has prices is no list of changes, whatever its other columns are called.
    let priced = "hcpcs,action,desc_short,desc_long,price\nQ9999,N,Item,An invented item,00\n";
    assert!(read("hcpcs_2024_apr.csv", priced).is_err());
}

#[test]
fn what_stands_twice_beside_the_quarterly_file_is_told() {
    let noc = "hcpcs,desc_long,date_added,date_term\nQ9999,An item,2020-01-01,\nQ9998,An item,2020-01-01,\nQ9999,An item,2020-01-01,\n\
               Q9998,A thing,2020-01-01,\nQ9997,An item,2020-01-01,2019-01-01\nQ9996,An item,2051-01-01,\n";
    let reading = read("hcpcs_2026_jan_noc_codes.csv", noc).expect("readable");
    assert_refused(&reading, &[(6, "before it was added"), (7, "no plausible day")]);
    assert_told(
        &reading,
        &[
            (4, "Q9999 stands word for word"),
            (5, "\"A thing\" here and \"An item\""),
        ],
    );
    let report = "hcpcs,action,desc_short,desc_long\nQ9999,ADD,Item,An item\nQ9999,ADD,Item,A thing\nQ9999,Coverage change,Item,An item\n\
                  Q9998,ADD,Item,An item\nQ9998,ADD,Item,An item\n";
    let reading = read("hcpcs_2026_jan_transaction_report.csv", report).expect("readable");
    assert_told(
        &reading,
        &[
            (3, "official description is"),
            (6, "Q9998 stands word for word on line 5"),
        ],
    );
    let corrections = "hcpcs,action,desc_short,desc_long,date_eff,coverage\nQ9999,ADD,Item,An item,2026-01-01,C\nQ9999,ADD,Item,An item,2026-01-01,D\n";
    let reading = read("hcpcs_2026_jan_corrections.csv", corrections).expect("readable");
    assert_told(
        &reading,
        &[(3, "coverage code is \"D\" here and \"C\" on line 2")],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_makes_the_reader_of_workbooks_panic(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = workbook(&[HEADER, &row("Q9999", "3", "20200101", "")]);
        for (place, value) in &places {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        if places.len() > 4 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read("HCPC2026_JAN_ANWEB.xlsx", bytes);
    }

    #[test]
    fn no_content_of_a_sheet_makes_the_reader_of_workbooks_panic(rows in "(<row r=\"[0-9]{0,9}\">|<c r=\"[A-Z]{0,4}[0-9]{0,8}\"( t=\"[a-zA-Z]{1,3}\")?>|<v>|[0-9e.+-]{1,6}|HCPC|</v>|</c>|</row>){0,30}") {
        let _ = read("HCPC2026_JAN_ANWEB.xlsx", sheet(&rows));
    }

    #[test]
    fn any_lines_in_fixed_columns_are_read_or_refused(lines in proptest::collection::vec("\\PC{0,300}", 0..6)) {
        let text = [record("Q9999", '3', "An invented item"), record("Q9998", '3', "Another"), lines.join("\n")].concat();
        if let Ok(reading) = read("HCPC2026_JAN_ANWEB.txt", text) {
            let kept = reading.shelf.facts.len() as u64;
            prop_assert!(kept <= reading.read);
            prop_assert_eq!(reading.shelf.edition.rows, reading.read - reading.refused.len() as u64);
        }
    }
}
