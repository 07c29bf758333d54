//! Places of service, edits of the Medicare code editor, RBCS, LCDs by code, and a list that is refused.

use crate::{assert_told, code, facts, official, read, told_of_file};
use codecite_codebook::{FactKind, NaiveDate};
use codecite_ingest::{ReadOptions, SourceFile, read_sources};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn every_table_is_read_whole() {
    for (path, edition, rows, facts) in [
        (
            "reference/place_of_service_codes_2024-06.csv",
            "place-of-service-2024-06-01",
            99,
            99,
        ),
        (
            "reference/mce_v41.1_icd10cm_code_edits_derived.csv.gz",
            "mce-2024-04-01",
            7_946,
            7_946,
        ),
        (
            "reference/rbcs_taxonomy_2024_derived.csv.gz",
            "rbcs-2024-01-01",
            17_033,
            17_033,
        ),
        (
            "coverage/lcd_x_hcpc_code_2024-03_derived.csv",
            "lcd-hcpcs-2024-03-01",
            2_183,
            2_183,
        ),
    ] {
        let Some(reading) = official("every_table_is_read_whole", path) else {
            return;
        };
        assert_eq!(reading.shelf.edition.id.as_str(), edition);
        assert_eq!(
            (reading.shelf.edition.rows, reading.read, reading.refused.len()),
            (rows, rows, 0),
            "{path}"
        );
        assert_eq!(reading.shelf.facts.len(), facts, "{path}");
    }
}

#[test]
fn unassigned_places_of_service_are_no_codes() {
    let test = "unassigned_places_of_service_are_no_codes";
    let Some(reading) = official(test, "reference/place_of_service_codes_2024-06.csv") else {
        return;
    };
    assert!(reading.shelf.edition.is_complete);
    assert_eq!(
        (reading.shelf.statuses.len(), reading.shelf.passages.len()),
        (52, 52)
    );
    assert!(
        reading
            .shelf
            .statuses
            .iter()
            .all(|status| status.code != code("POS 28"))
    );
    let office = facts(&reading, FactKind::PlaceOfService, "POS 11");
    assert_eq!(
        (office[0].value("name"), office[0].value("setting")),
        (Some("Office"), Some("Non-Facility"))
    );
    assert!(
        office[0]
            .value("description")
            .is_some_and(|text| text.starts_with("Location, other than a hospital"))
    );
    let unassigned = facts(&reading, FactKind::PlaceOfService, "POS 28");
    assert_eq!(unassigned[0].value("name"), Some("Unassigned"));
}

#[test]
fn the_code_editor_says_for_whom_a_diagnosis_is() {
    let test = "the_code_editor_says_for_whom_a_diagnosis_is";
    let Some(reading) = official(test, "reference/mce_v41.1_icd10cm_code_edits_derived.csv.gz") else {
        return;
    };
    assert_eq!(reading.shelf.edition.title, "Medicare code editor v41.1");
    assert_eq!(reading.shelf.edition.replaced_on, Some(day("2024-10-01")));
    let found = facts(&reading, FactKind::CodeEdit, "ICD-10-CM A34");
    let edits: Vec<_> = found
        .iter()
        .map(|fact| (fact.value("edit"), fact.value("sex"), fact.value("age")))
        .collect();
    assert!(
        edits.contains(&(Some("Maternity (Ages 9-64)"), None, Some("9-64"))),
        "{edits:?}"
    );
    assert!(
        edits.contains(&(Some("Female Only"), Some("female"), None)),
        "{edits:?}"
    );
    let found = facts(&reading, FactKind::CodeEdit, "ICD-10-CM A33");
    assert_eq!(
        (found[0].value("conflict"), found[0].value("age")),
        (Some("Age"), Some("0"))
    );
}

#[test]
fn a_code_that_was_classified_anew_has_one_class_at_a_time() {
    let test = "a_code_that_was_classified_anew_has_one_class_at_a_time";
    let Some(reading) = official(test, "reference/rbcs_taxonomy_2024_derived.csv.gz") else {
        return;
    };
    let found = facts(&reading, FactKind::Rbcs, "CPT 49435");
    assert_eq!(found.len(), 3);
    let on = |date: &str| {
        let mut rows = found.iter().filter(|fact| fact.effective.contains(day(date)));
        let family = rows.next().and_then(|fact| fact.value("family"));
        assert!(rows.next().is_none(), "{date}");
        family
    };
    assert_eq!(
        (on("2014-06-01"), on("2024-06-01")),
        (Some("No RBCS Family"), Some("Peritoneal Dialysis"))
    );
    let visit = facts(&reading, FactKind::Rbcs, "CPT 99213");
    assert_eq!(
        (
            visit[0].value("category"),
            visit[0].value("family"),
            visit[0].value("code ended")
        ),
        (Some("E&M"), Some("Office E&M - Established"), None)
    );
    assert_eq!(facts(&reading, FactKind::Rbcs, "CPT 0001A").len(), 1);
}

#[test]
fn an_lcd_names_codes() {
    let Some(reading) = official(
        "an_lcd_names_codes",
        "coverage/lcd_x_hcpc_code_2024-03_derived.csv",
    ) else {
        return;
    };
    let found = facts(&reading, FactKind::Coverage, "HCPCS E0955");
    let fact = found
        .iter()
        .find(|fact| fact.value("LCD") == Some("L33312"))
        .expect("a row of L33312");
    assert_eq!(
        (
            fact.value("LCD version"),
            fact.value("code group"),
            fact.value("last updated")
        ),
        (Some("34"), Some("3"), Some("2020-03-08"))
    );
}

#[test]
fn the_working_list_of_modifiers_is_refused_with_the_reason() {
    let list = "modifier,area,plain_language_meaning,where_it_applies\n22,General,Invented words,Anywhere\n";
    let error = read("cpt_modifiers_plain_language_AUTHORED.csv", list)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("no coder has reviewed"), "{error}");
}

#[test]
fn a_damaged_row_is_refused_by_its_line() {
    for (name, table, refused) in [
        (
            "pos_2026-01.csv",
            "pos_code,pos_type,pos_name,pos_description\n11,Non-Facility,Office,A place.\n1,Facility,One,A place.\n12,Facility,,A place.\n\
             35-40,Unassigned,Unassigned,N/A\n40-x,Unassigned,Unassigned,N/A\n99,Non-Facility,Other,\n21,Facility,Hospital,A place.\n",
            vec![3, 4, 6],
        ),
        (
            "mce_v43.csv",
            "icd_code,icd_conflict_group,icd_conflict_rule\nA33,Age,Perinatal/Newborn (Age 0 Only)\n33,Age,Perinatal/Newborn (Age 0 Only)\n\
             A34,Sex,Whoever\nA34,Sex,Female Only\nN521,Other,Manifestation (Not Allowed as Principal Diagnosis)\n",
            vec![3, 4],
        ),
        (
            "RBCS_2026.csv",
            "HCPCS_Cd,RBCS_Cat_Desc,RBCS_Subcat_Desc,RBCS_Family_Desc,RBCS_Major_Ind,HCPCS_Cd_Add_Dt,HCPCS_Cd_End_Dt,RBCS_Analysis_Start_Dt\n\
             99213,E&M,Office,Office,N,01/01/1992,12/31/9999,01/01/2014\n9921,E&M,Office,Office,N,,,\n99214,,Office,Office,N,,,\n\
             99215,E&M,Office,Office,N,sometime,,\n99212,E&M,Office,Office,N,,,\n99211,E&M,Office,Office,N,,,\n99205,E&M,Office,Office,N,,,\n",
            vec![3, 4, 5],
        ),
        (
            "lcd_x_hcpc_code_2026-01.csv",
            "lcd_id,lcd_version,hcpc_code_id,hcpc_code_version,hcpc_code_group,range,last_updated\n33312,34,A9900,75,4,N,2020-03-08 10:11:12\n\
             33312,34,A99,75,4,N,2020-03-08\nx,34,A9900,75,4,N,2020-03-08\n33312,34,A9900,75,4,N,once\n33313,34,A9901,75,4,N,\n33314,34,A9901,75,4,N,\n33315,34,A9901,75,4,N,\n",
            vec![3, 4, 5],
        ),
    ] {
        let reading = read(name, table).expect("readable");
        let lines: Vec<u64> = reading
            .refused
            .iter()
            .filter_map(|finding| finding.line)
            .collect();
        assert_eq!(lines, refused, "{name}: {:?}", reading.refused);
    }
}

#[test]
fn rows_that_stand_there_again_are_told() {
    let pos = "pos_code,pos_type,pos_name,pos_description\n11,Non-Facility,Office,A place.\n21,Facility,Hospital,A place.\n\
               11,Non-Facility,Office,A place.\n21,Non-Facility,Hospital,A place.\n";
    let reading = read("pos_2026-01.csv", pos).expect("readable");
    assert_told(
        &reading,
        &[
            (4, "11 stands word for word on line 2 already"),
            (5, "setting is \"Non-Facility\" here and \"Facility\" on line 3"),
        ],
    );
    let kept = (
        reading.shelf.facts.len(),
        reading.shelf.statuses.len(),
        reading.shelf.passages.len(),
    );
    assert_eq!(kept, (3, 2, 3));
    let mce = "icd_code,icd_conflict_group,icd_conflict_rule\nA34,Sex,Female Only\nA34,Age,Maternity (Ages 9-64)\nA34,Sex,Male Only\n\
               A34,Age,Maternity (Ages 9-64)\n";
    let reading = read("mce_v43.csv", mce).expect("readable");
    assert_told(
        &reading,
        &[
            (4, "edit is \"Male Only\" here and \"Female Only\" on line 2"),
            (5, "A34 stands word for word on line 3"),
        ],
    );
    let rbcs = "hcpcs_code,rbcs_category,rbcs_subcategory,rbcs_family,rbcs_date_effective\n99213,E&M,Office,Old,2014-01-01\n\
                99213,E&M,Office,New,2020-01-01\n99213,E&M,Office,Newer,2020-01-01\n";
    let reading = read("rbcs_2026.csv", rbcs).expect("readable");
    assert_told(&reading, &[(4, "family is \"Newer\" here and \"New\" on line 3")]);
    let lcd = "lcd_id,lcd_version,hcpc_code_id,hcpc_code_group,last_updated\n33312,34,A9900,4,2020-03-08\n33312,34,A9900,4,2020-03-08\n\
               33312,34,A9900,5,2020-03-08\n33312,34,A9900,5,2021-03-08\n";
    let reading = read("lcd_x_hcpc_code_2026-01.csv", lcd).expect("readable");
    assert_told(&reading, &[(3, "stands word for word"), (5, "last updated is")]);
}

#[test]
fn what_cannot_be_a_day_or_an_age_is_refused() {
    for (name, table, refused) in [
        (
            "rbcs_2024.csv",
            "hcpcs_code,rbcs_category,rbcs_subcategory,rbcs_family,hcpcs_date_added,hcpcs_date_ended,rbcs_date_effective\n\
             99213,E&M,Office,Office,1992-01-01,9999-12-31,2014-01-01\n99214,E&M,Office,Office,2012-01-01,2011-12-31,2014-01-01\n\
             99215,E&M,Office,Office,1992-01-01,9999-12-31,2041-01-01\n99212,E&M,Office,Office,1992-01-01,9999-12-31,2014-01-01\n",
            vec![3, 4],
        ),
        (
            "mce_v43.csv",
            "icd_code,icd_conflict_group,icd_conflict_rule\nA33,Age,Newborn (Age 0 Only)\nA33,Age,Adult (Ages 15-224)\n\
             A34,Age,Maternity (Ages 64-9)\nA35,Age,Adult (Ages 15-124)\n",
            vec![3, 4],
        ),
        (
            "lcd_x_hcpc_code_2026-01.csv",
            "lcd_id,lcd_version,hcpc_code_id,hcpc_code_group,last_updated\n33312,34,A9900,4,2020-03-08\n33313,34,A9900,4,2999-03-08\n",
            vec![3],
        ),
    ] {
        let reading = read(name, table).expect("readable");
        let lines: Vec<u64> = reading
            .refused
            .iter()
            .filter_map(|finding| finding.line)
            .collect();
        assert_eq!(lines, refused, "{name}: {:?}", reading.refused);
    }
    let without = "hcpcs_code,rbcs_category,rbcs_subcategory,rbcs_family\n99213,E&M,Office,Office\n";
    let reading = read("rbcs_2024.csv", without).expect("readable");
    assert!(
        told_of_file(&reading)[0].contains("each row holds from 2024-01-01 on"),
        "{:?}",
        reading.shelf.findings
    );
}

#[test]
fn no_slip_makes_a_release_begin_in_another_age() {
    let pos = "pos_code,pos_type,pos_name,pos_description\n11,Non-Facility,Office,A place.\n";
    for (day, is_plausible) in [
        ("1979-12-31", false),
        ("1980-01-01", true),
        ("2100-12-31", true),
        ("2999-01-01", false),
    ] {
        let options = ReadOptions {
            effective_from: day.parse().ok(),
            ..ReadOptions::default()
        };
        let read = crate::support::read_one("pos.csv", pos, &options);
        assert_eq!(read.is_ok(), is_plausible, "{day}");
        if let Err(error) = read {
            let error = error.to_string();
            assert!(
                error.contains(day) && error.contains("--effective-from") && error.contains("1980 to 2100"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_changed_header_is_told() {
    let text = "pos,type,title\n11,Non-Facility,Office\n";
    let error = read("pos_2026-01.csv", text)
        .expect_err("another header")
        .to_string();
    assert!(error.contains("place of service codes"), "{error}");
    let options = ReadOptions {
        kind: Some("rbcs".into()),
        ..ReadOptions::default()
    };
    let file = SourceFile {
        name: "rbcs_2026.csv".into(),
        bytes: text.into(),
    };
    let sources = read_sources([file], &options);
    let error = sources.unreadable[0].to_string();
    assert!(error.contains("RBCS_Cat_Desc"), "{error}");
}

#[test]
fn an_lcd_table_without_a_name_is_as_old_as_its_newest_row() {
    let table = "lcd_id,lcd_version,hcpc_code_id,hcpc_code_group,last_updated\n33312,34,A9900,4,2020-03-08\n33313,1,A9901,4,2021-05-01\n";
    let reading = read("lcd_x_hcpc_code.csv", table).expect("readable");
    assert_eq!(reading.shelf.edition.effective.from(), day("2021-05-01"));
}

proptest! {
    #[test]
    fn any_rows_are_read_or_refused(rows in proptest::collection::vec("\\PC{0,40}", 0..6)) {
        let rows = rows.join("\n");
        for header in [
            "pos_code,pos_type,pos_name,pos_description\n11,Non-Facility,Office,A place.",
            "icd_code,icd_conflict_group,icd_conflict_rule\nA33,Age,Perinatal/Newborn (Age 0 Only)",
            "hcpcs_code,rbcs_category,rbcs_subcategory,rbcs_family\n99213,E&M,Office,Office",
            "lcd_id,lcd_version,hcpc_code_id,hcpc_code_group\n33312,34,A9900,4",
        ] {
            let _ = read("table_v43_2026-01.csv", format!("{header}\n{rows}"));
        }
        for header in [
            "DIAGNOSIS CODE,LONG DESCRIPTION,SHORT DESCRIPTION\n25000,Diabetes,Diabetes",
            "PROCEDURE CODE,LONG DESCRIPTION,SHORT DESCRIPTION\n4701,Appendectomy,Appendectomy",
        ] {
            let _ = read("CMS32_DESC_LONG_SHORT.csv", format!("{header}\n{rows}"));
        }
    }
}
