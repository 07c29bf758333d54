//! ICD-10-CM: the order file as a table, lists of changes, chapters and sections.

use crate::support::read_one;
use crate::{assert_told, code, facts, official, read, told_of_file};
use codecite_codebook::{Aspect, CodeStatus, FactKind, Place};
use codecite_ingest::{ReadOptions, Reading};

fn status<'a>(reading: &'a Reading, label: &str) -> &'a CodeStatus {
    let code = code(label);
    reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == code)
        .expect(label)
}

#[test]
fn the_order_file_as_a_table_is_an_edition_like_the_official_one() {
    let path = "icd10cm/fy2024/icd10cm_order_2024_derived.csv.gz";
    let Some(reading) = official(
        "the_order_file_as_a_table_is_an_edition_like_the_official_one",
        path,
    ) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(
        (edition.id.as_str(), edition.source.as_str()),
        ("icd-10-cm-2023-10-01", "icd-10-cm")
    );
    assert_eq!(
        (edition.rows, reading.refused.len(), edition.is_complete),
        (97_296, 0, true)
    );
    assert_eq!(
        edition.replaced_on.map(|day| day.to_string()).as_deref(),
        Some("2024-10-01")
    );
    let billable = reading
        .shelf
        .statuses
        .iter()
        .filter(|status| status.billable)
        .count();
    assert_eq!(billable, 74_044);
    let status = status(&reading, "ICD-10-CM I42.0");
    assert_eq!(
        (status.title.as_deref(), status.billable),
        (Some("Dilated cardiomyopathy"), true)
    );
    assert_eq!(status.locator.section.as_deref(), Some("I42 Cardiomyopathy"));
    assert_eq!(status.locator.place, Some(Place::Row(11_628)));
    let entries = reading
        .shelf
        .passages
        .iter()
        .filter(|passage| passage.aspect == Aspect::Entry);
    assert_eq!(entries.count(), 97_296);
}

#[test]
fn rows_of_an_order_table_are_refused_by_their_line() {
    let table = "\u{feff}order,code,valid,long_description\r\n1,A00,0,Cholera\r\n2,A00.0,1,\"Cholera, biovar cholerae\"\r\n\
                 3,A00.1,2,Flag\r\n4,A0,1,Short\r\n5,A00.0,1,Again\r\nx,A00.9,1,No order\r\n6,A01.0,0,\r\n7,A01,0,Typhoid\r\n\
                 8,A02,0,Other salmonella infections\r\n9,A03,0,Shigellosis\r\n";
    let reading = read("icd10cm_order_2024.csv", table).expect("readable");
    assert_eq!(reading.shelf.statuses.len(), 5);
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(4), Some(5), Some(6), Some(7), Some(8)]);
    let shifted = table.replace("order,code,valid", "order,valid,code");
    assert!(read("icd10cm_order_2024.csv", shifted).is_err());
}

#[test]
fn what_changes_on_1_october_2026_changes_the_status_of_codes() {
    let test = "what_changes_on_1_october_2026_changes_the_status_of_codes";
    for (file, source, rows) in [
        ("icd10cm_fy2027_added.csv", "icd-10-cm-changes-added", 238),
        ("icd10cm_fy2027_deleted.csv", "icd-10-cm-changes-deleted", 21),
        (
            "icd10cm_fy2027_billable_to_header.csv",
            "icd-10-cm-changes-headers",
            15,
        ),
        (
            "icd10cm_fy2027_revised_titles.csv",
            "icd-10-cm-changes-retitled",
            4,
        ),
    ] {
        let Some(reading) = official(test, &format!("icd10cm/fy2027/{file}")) else {
            return;
        };
        let edition = &reading.shelf.edition;
        assert_eq!(edition.id.as_str(), format!("{source}-2026-10-01"));
        assert_eq!(
            (edition.rows, reading.refused.len(), edition.is_complete),
            (rows, 0, false),
            "{file}"
        );
        assert_eq!(
            edition.replaced_on.map(|day| day.to_string()).as_deref(),
            Some("2027-10-01")
        );
        assert_eq!(
            (reading.shelf.statuses.len(), reading.shelf.facts.len()),
            (rows as usize, rows as usize)
        );
        let (label, range, billable, change) = match file {
            "icd10cm_fy2027_added.csv" => ("ICD-10-CM I42.00", "since 2026-10-01", true, "added"),
            "icd10cm_fy2027_deleted.csv" => (
                "ICD-10-CM T52.8X1A",
                "2026-09-30 through 2026-09-30",
                true,
                "deleted",
            ),
            "icd10cm_fy2027_billable_to_header.csv" => {
                ("ICD-10-CM I42.0", "since 2026-10-01", false, "became a header")
            }
            _ => ("ICD-10-CM L02.232", "since 2026-10-01", true, "revised title"),
        };
        let status = status(&reading, label);
        assert_eq!(
            (status.effective.to_string().as_str(), status.billable),
            (range, billable),
            "{label}"
        );
        let found = facts(&reading, FactKind::Change, label);
        let [fact] = found.as_slice() else {
            panic!("one change of {label}: {found:?}");
        };
        assert_eq!(
            (fact.value("change"), fact.value("since")),
            (Some(change), Some("2026-10-01"))
        );
        if change == "revised title" {
            assert_eq!(
                fact.value("previous title"),
                Some("Carbuncle of back [any part, except buttock]")
            );
            assert_eq!(
                fact.value("new title"),
                Some("Carbuncle of back [any part, except buttock and flank]")
            );
        }
    }
}

#[test]
fn of_two_lists_with_the_same_columns_the_name_tells() {
    let list = "code,code_dotted,long_title\nI420,I42.0,Dilated cardiomyopathy\nI42,I4,Too short\nI428,I42.8,Other\n";
    let reading = read("icd10cm_fy2027_billable_to_header.csv", list).expect("readable");
    assert_eq!(reading.shelf.statuses.len(), 2);
    assert_eq!(reading.refused[0].line, Some(3));
    assert!(read("icd10cm_fy2027_codes.csv", list).is_err());
    let error = read("billable_to_header.csv", list)
        .expect_err("no year")
        .to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn the_counts_of_each_year_can_be_quoted() {
    let path = "icd10cm/fy2027/icd10cm_code_counts_fy2016_fy2027.csv";
    let Some(reading) = official("the_counts_of_each_year_can_be_quoted", path) else {
        return;
    };
    assert_eq!(
        reading.shelf.edition.id.as_str(),
        "icd-10-cm-code-counts-2015-10-01"
    );
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (12, 0));
    assert_eq!(
        reading.shelf.passages[8].text,
        "ICD-10-CM for fiscal year 2024, effective 2023-10-01, has 97296 entries: 74044 billable codes and 23252 headers \
         that are not billable. Against the fiscal year before, 551 entries were added and 0 were deleted."
    );
}

/// One line of the official list of changes.
fn addendum(action: &str, code: &str, flag: char, title: &str) -> String {
    format!("{action:<14}00123 {code:<7} {flag} {title:<60} {title}\r\n")
}

#[test]
fn the_official_addenda_say_the_same() {
    let text = [
        addendum("Add:", "I4200", '1', "Dilated cardiomyopathy, unspecified"),
        addendum("Revise from:", "I420", '1', "Dilated cardiomyopathy"),
        addendum("Revise to:", "I420", '0', "Dilated cardiomyopathy, any"),
        addendum("Delete:", "T528X", '0', "Toxic effects of other organic solvents"),
        addendum("Revise from:", "Z2914", '1', "Rabies globin"),
        addendum("Add:", "I4", '1', "No code"),
        addendum("Revise to:", "Z2914", '1', "Rabies globulin"),
        "Dear coder,\r\n".into(),
        addendum("Add:", "K6A", '0', "A category"),
        addendum("Add:", "K6A0", '1', "A code"),
        addendum("Add:", "K6A1", '1', "Another code"),
    ]
    .concat();
    let reading = read("icd10cm_order_addenda_2027.txt", text).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "icd-10-cm-changes-2026-10-01");
    assert_eq!(reading.shelf.statuses.len(), 6);
    assert!(!status(&reading, "ICD-10-CM I42.0").billable);
    let changes: Vec<Option<&str>> = facts(&reading, FactKind::Change, "ICD-10-CM I42.0")
        .iter()
        .map(|fact| fact.value("change"))
        .collect();
    assert_eq!(changes, [Some("became a header"), Some("revised title")]);
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(5), Some(6), Some(7), Some(8)]);
}

#[test]
fn chapters_and_sections_are_read_and_a_list_of_codes_without_flags_is_not() {
    let test = "chapters_and_sections_are_read_and_a_list_of_codes_without_flags_is_not";
    for (file, source, rows, text) in [
        (
            "chapters",
            "icd-10-cm-chapters-2024-10-01",
            22,
            "Chapter 2 of ICD-10-CM: Neoplasms (C00-D49).",
        ),
        (
            "sections",
            "icd-10-cm-sections-2024-10-01",
            296,
            "Section A15-A19 of ICD-10-CM: Tuberculosis (A15-A19).",
        ),
    ] {
        let Some(reading) = official(test, &format!("icd10cm/fy2025/ICD10CM_2025_{file}.csv")) else {
            return;
        };
        assert_eq!(
            (reading.shelf.edition.id.as_str(), reading.shelf.edition.rows),
            (source, rows)
        );
        assert_eq!(
            (reading.shelf.passages[1].text.as_str(), reading.refused.len()),
            (text, 0)
        );
    }
    let error = read(
        "ICD10CM_2025_codes.csv",
        "Code,Description,ChapterID,SectionID\nA00,Cholera,1,A00-A09\n",
    )
    .expect_err("no flags")
    .to_string();
    assert!(error.contains("give the order file"), "{error}");
}

#[test]
fn two_changes_of_one_code_that_differ_are_told() {
    let list = "code,code_dotted,billable,long_title\nI4200,I42.00,true,Dilated cardiomyopathy\nI4201,I42.01,true,Another\n\
                I4200,I42.00,false,Dilated cardiomyopathy\nI4201,I42.01,true,Another\n";
    let reading = read("icd10cm_fy2027_added.csv", list).expect("readable");
    assert_told(
        &reading,
        &[
            (4, "I42.00: billable is \"no\" here and \"yes\" on line 2"),
            (5, "I42.01 stands word for word on line 3 already"),
        ],
    );
    let kept = (
        reading.shelf.facts.len(),
        reading.shelf.statuses.len(),
        reading.shelf.passages.len(),
    );
    assert_eq!(kept, (3, 3, 3));
}

#[test]
fn a_list_of_changes_under_another_name_is_told_which_words_decide() {
    let list = "code,code_dotted,billable,long_title\nI4200,I42.00,true,Dilated cardiomyopathy\n";
    let options = ReadOptions {
        kind: Some("icd-10-cm-changes".into()),
        effective_from: "2026-10-01".parse().ok(),
        ..ReadOptions::default()
    };
    let error = read_one("list.csv", list, &options)
        .expect_err("no name")
        .to_string();
    for word in [
        "added, addition, new (codes added)",
        "header (codes that became headers)",
        "rename it",
    ] {
        assert!(error.contains(word), "{error}");
    }
    assert!(read_one("new codes.csv", list, &options).is_ok());
    let error = read_one("list.csv", "a,b\n1,2\n", &options)
        .expect_err("no list")
        .to_string();
    assert!(error.contains("code_dotted and long_title"), "{error}");
    // Without the word of the operator the header tells what it could be.
    let error = read("list.csv", list).expect_err("no name").to_string();
    assert!(error.contains("(icd-10-cm-changes)"), "{error}");
}

#[test]
fn a_file_of_another_fiscal_year_than_the_operator_says_is_told() {
    let order = "order,code,valid,long_description\n1,A00,0,Cholera\n";
    let chapters = "ChapterID,ChapterName\n1,Infections\n";
    let list = "code,code_dotted,billable,long_title\nI4200,I42.00,true,Dilated cardiomyopathy\n";
    for (name, text) in [
        ("icd10cm_order_2025.csv", order),
        ("ICD10CM_2025_chapters.csv", chapters),
        ("icd10cm_fy2025_added.csv", list),
    ] {
        let read_from = |day: &str| {
            let options = ReadOptions {
                effective_from: day.parse().ok(),
                ..ReadOptions::default()
            };
            read_one(name, text, &options).expect("readable")
        };
        // The update of April belongs to the same fiscal year.
        for day in ["2024-10-01", "2025-04-01"] {
            assert!(told_of_file(&read_from(day)).is_empty(), "{name} {day}");
        }
        let reading = read_from("2025-10-01");
        let told = told_of_file(&reading);
        assert!(
            told.len() == 1
                && told[0].contains("2024-10-01")
                && told[0].contains("--effective-from says 2025-10-01"),
            "{name}: {told:?}"
        );
    }
}
