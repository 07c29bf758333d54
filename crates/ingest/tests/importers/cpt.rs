//! Descriptors of CPT in the layouts of the licensed files. Every descriptor here is invented, and says nothing of its
//! code.

use crate::{code, facts, support};
use codecite_codebook::{Aspect, FactKind, Licence};
use codecite_ingest::{DocumentOptions, IngestError, ReadOptions, Reading, SourceFile, read_sources};

const NOTICE: &str = "CPT codes, descriptions and other data are copyright American Medical Association.\r\n\
                      All rights reserved. CPT is a registered trademark.\r\n\r\nU.S. GOVERNMENT RIGHTS. Invented notice.\r\n\r\n";

fn licensed(licence: Option<Licence>) -> ReadOptions {
    ReadOptions {
        effective_from: "2026-01-01".parse().ok(),
        document: DocumentOptions {
            licence,
            ..DocumentOptions::default()
        },
        ..ReadOptions::default()
    }
}

fn read(name: &str, rows: &str) -> Result<Reading, IngestError> {
    let licence = Some(Licence::Cpt {
        to_remote_models: false,
    });
    support::read_one(name, format!("{NOTICE}{rows}"), &licensed(licence))
}

#[test]
fn long_descriptors_say_which_codes_exist() {
    let rows = "10001\tInvented words about a blue kite, each\r\n0001F\tInvented words about a red kite\r\n\
                10002\tInvented words about \"a green\" kite\r\n";
    let Reading {
        shelf,
        read: met,
        refused,
        ..
    } = read("LONGULT.txt", rows).expect("readable");
    assert_eq!(shelf.edition.id.as_str(), "cpt-long-2026-01-01");
    assert_eq!(shelf.edition.title, "CPT long descriptors, 2026");
    assert_eq!(
        (shelf.edition.authority.as_str(), shelf.edition.is_complete),
        ("AMA", true)
    );
    assert_eq!(shelf.edition.replaced_on, "2027-01-01".parse().ok());
    assert_eq!(
        shelf.edition.licence,
        Licence::Cpt {
            to_remote_models: false
        }
    );
    assert_eq!((shelf.edition.rows, met, refused.len()), (3, 3, 0));
    assert_eq!(shelf.statuses[2].code, code("CPT 10002"));
    assert_eq!(
        shelf.statuses[2].title.as_deref(),
        Some("Invented words about \"a green\" kite")
    );
    assert!(shelf.statuses[2].billable);
    assert_eq!(
        (shelf.passages[0].aspect, shelf.passages[0].text.as_str()),
        (Aspect::Entry, "Invented words about a blue kite, each")
    );
    assert_eq!(
        shelf.passages[0]
            .locator
            .place
            .as_ref()
            .map(ToString::to_string)
            .as_deref(),
        Some("row 6")
    );
}

#[test]
fn wrapped_descriptors_are_put_together() {
    let rows = "1000101 Invented words that are longer than a line of the file has room\r\n\
                1000102 for, so that they go on below                                \r\n\
                1000201 Invented words about a green kite\r\n";
    let shelf = read("LONGULF.txt", rows).expect("readable").shelf;
    assert_eq!(shelf.edition.id.as_str(), "cpt-long-2026-01-01");
    assert_eq!(
        shelf.statuses[0].title.as_deref(),
        Some("Invented words that are longer than a line of the file has room for, so that they go on below")
    );
    assert_eq!((shelf.edition.rows, shelf.statuses.len()), (2, 2));
}

#[test]
fn shorter_descriptors_are_rows_and_those_for_patients_explain() {
    for (name, rows, id, label, value) in [
        (
            "MEDU.txt",
            "10001 INVENTED WORDS ABOUT A BLUE KITE\r\n",
            "cpt-medium-2026-01-01",
            "medium descriptor",
            "INVENTED WORDS ABOUT A BLUE KITE",
        ),
        (
            "SHORTU.txt",
            "10001 INVENTED KITE\r\n",
            "cpt-short-2026-01-01",
            "short descriptor",
            "INVENTED KITE",
        ),
    ] {
        let reading = read(name, rows).expect("readable");
        assert_eq!(
            (
                reading.shelf.edition.id.as_str(),
                reading.shelf.edition.is_complete
            ),
            (id, false)
        );
        assert_eq!(
            facts(&reading, FactKind::CodeStatus, "CPT 10001")[0].value(label),
            Some(value)
        );
        assert!(reading.shelf.statuses.is_empty());
    }
    let consumer = read(
        "ConsumerDescriptor.txt",
        "1002798\t10001\tA kite that was invented\r\n",
    )
    .expect("readable")
    .shelf;
    assert_eq!(consumer.edition.id.as_str(), "cpt-consumer-2026-01-01");
    assert_eq!(
        (consumer.passages[0].aspect, consumer.passages[0].text.as_str()),
        (Aspect::Definition, "A kite that was invented")
    );
    let clinician = "1002798\t10001\t11\tA blue kite\r\n1002798\t10001\t12\tA kite that is blue\r\n";
    let clinician = read("ClinicianDescriptor.txt", clinician).expect("readable");
    assert_eq!((clinician.shelf.passages.len(), clinician.refused.len()), (2, 0));
}

#[test]
fn the_consolidated_list_is_read_by_its_columns() {
    let rows = "Concept Id\tCPT Code\tLong\tMedium\tShort\tConsumer\tSpanish Consumer\tCurrent Descriptor Effective Date\r\n\
                1002798\t10001\tInvented words about a blue kite\tINVENTED BLUE KITE\tKITE\tA kite\t\t20260101\r\n\
                1002799\t1000\tNo code\tX\tX\t\t\t\r\n\
                1002800\t10002\tInvented words about a red kite\tINVENTED RED KITE\tRED KITE\t\t\t20260101\r\n\
                1002801\t10003\tInvented words about a kite\t\t\t\t\t20260101\r\n";
    let reading = read("Consolidated_Code_List.txt", rows).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "cpt-2026-01-01");
    assert_eq!(
        (
            reading.shelf.edition.rows,
            reading.shelf.statuses.len(),
            reading.shelf.passages.len()
        ),
        (3, 3, 4)
    );
    assert!(
        reading.refused[0].to_string().contains(":8:"),
        "{:?}",
        reading.refused
    );
    let fact = facts(&reading, FactKind::CodeStatus, "CPT 10002")[0];
    assert_eq!(
        (fact.value("medium descriptor"), fact.value("short descriptor")),
        (Some("INVENTED RED KITE"), Some("RED KITE"))
    );
}

#[test]
fn without_a_licence_nothing_is_read_and_the_answer_says_how_to_confirm_it() {
    let file = || SourceFile {
        name: "LONGULT.txt".into(),
        bytes: format!("{NOTICE}10001\tInvented words\r\n").into(),
    };
    for licence in [None, Some(Licence::PublicDomain)] {
        let sources = read_sources([file()], &licensed(licence));
        let error = sources.unreadable[0].to_string();
        assert!(
            error.contains("--licence cpt") && error.contains("LONGULT.txt.toml"),
            "{error}"
        );
    }
    let sidecar = SourceFile {
        name: "LONGULT.txt.toml".into(),
        bytes: "licence = \"cpt-remote\"\neffective_from = 2026-01-01\n".into(),
    };
    let sources = read_sources([file(), sidecar], &ReadOptions::default());
    assert_eq!(
        sources.readings[0].shelf.edition.licence,
        Licence::Cpt {
            to_remote_models: true
        }
    );
}

#[test]
fn damaged_rows_are_refused_by_their_lines() {
    let rows = "10001\tInvented words\r\n10001\tInvented words again\r\nno row at all\r\n10002\t\r\n\
                10003\tInvented kite\r\n10004\tInvented kite\r\n10005\tInvented kite\r\n10006\tInvented kite\r\n";
    let reading = read("LONGULT.txt", rows).expect("readable");
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, why) in [(7, "stands on line 6"), (8, "no row at a"), (9, "10002")] {
        let is_named = |finding: &String| finding.contains(&format!(":{line}:")) && finding.contains(why);
        assert!(refused.iter().any(is_named), "line {line}: {refused:?}");
    }
    let mut options = licensed(Some(Licence::Cpt {
        to_remote_models: false,
    }));
    options.effective_from = None;
    let error = support::read_one("LONGULT.txt", format!("{NOTICE}{rows}"), &options)
        .expect_err("no year")
        .to_string();
    assert!(error.contains("--effective-from"), "{error}");
    let dated =
        support::read_one("CPT 2026 LONGULT.txt", format!("{NOTICE}{rows}"), &options).expect("a year");
    assert_eq!(dated.shelf.edition.id.as_str(), "cpt-long-2026-01-01");
}

#[test]
fn a_table_of_pairs_with_the_same_notice_is_no_list_of_descriptors() {
    let error = read(
        "pairs.txt",
        "10001\t10002\t20200101\t*\t1\r\n10001\t10003\t20200101\t*\t1\r\n",
    )
    .expect_err("pairs")
    .to_string();
    assert!(!error.contains("licence"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(text in "\\PC{0,120}", bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)) {
        let _ = read("LONGULT.txt", &format!("10001\tInvented words\n{text}\n10002 {text}\n1000301 {text}\n"));
        let licence = Some(Licence::Cpt { to_remote_models: false });
        let options = ReadOptions { kind: Some("cpt".into()), ..licensed(licence) };
        let _ = support::read_one("MEDU.txt", [b"10001 X\n", bytes.as_slice()].concat(), &options);
        let _ = support::read_one("x.txt", format!("Concept Id\tCPT Code\tLong\n{text}\n1\t10001\t{text}\n"), &options);
    }
}
