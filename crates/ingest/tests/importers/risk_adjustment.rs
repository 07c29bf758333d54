//! Hierarchical condition categories, and what counts for risk adjustment.

use crate::workbooks::workbook;
use crate::{assert_told, code, facts, official, read};
use codecite_codebook::FactKind;
use proptest::prelude::*;

#[test]
fn every_table_is_read_whole() {
    for (path, edition, rows, facts) in [
        (
            "hcc/ra_dx_to_cc_2026.csv.gz",
            "hcc-mappings-2026-01-01",
            58_985,
            58_985,
        ),
        (
            "hcc/ra_dx_to_cc_2025.csv.gz",
            "hcc-mappings-2025-01-01",
            53_951,
            53_951,
        ),
        // All that one category takes the place of is one row.
        (
            "hcc/ra_hierarchies_2026.csv",
            "hcc-hierarchies-2026-01-01",
            734,
            343,
        ),
        ("hcc/ra_labels_2026.csv", "hcc-labels-2026-01-01", 783, 783),
        ("hcc/ra_dx_edits.csv", "hcc-dx-edits-2024-01-01", 107, 107),
        (
            "hcc/ra_eligible_cpt_hcpcs_2025.csv",
            "hcc-eligible-procedures-2025-01-01",
            6_724,
            6_724,
        ),
        (
            "hcc/ra_eligible_cpt_hcpcs_2026.csv",
            "hcc-eligible-procedures-2026-01-01",
            6_747,
            6_747,
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
fn a_diagnosis_has_a_row_for_each_model() {
    let Some(reading) = official(
        "a_diagnosis_has_a_row_for_each_model",
        "hcc/ra_dx_to_cc_2026.csv.gz",
    ) else {
        return;
    };
    let found = facts(&reading, FactKind::Hcc, "ICD-10-CM E11.22");
    let categories: Vec<&str> = found.iter().filter_map(|fact| fact.value("category")).collect();
    assert_eq!(
        categories,
        [
            "ESRD-V21-139",
            "ESRD-V21-18",
            "ESRD-V24-18",
            "V22-18",
            "V24-18",
            "V28-37",
            "RX-V05-30",
            "RX-V08-30"
        ]
    );
    let v28 = found
        .iter()
        .find(|fact| fact.also == [code("HCC V28-37")])
        .expect("a row of V28");
    assert_eq!(v28.value("model"), Some("CMS-HCC Model V28"));
    assert_eq!(v28.value("HCC"), Some("37"));
    assert_eq!(v28.value("payment year"), Some("2026"));
}

#[test]
fn categories_have_names_and_ranks() {
    let test = "categories_have_names_and_ranks";
    let Some(labels) = official(test, "hcc/ra_labels_2026.csv") else {
        return;
    };
    let name = |label| facts(&labels, FactKind::HccHierarchy, label)[0].value("name");
    assert_eq!(
        name("HCC V28-107"),
        Some("Sickle Cell Anemia (Hb-SS) and Thalassemia Beta Zero")
    );
    assert_eq!(name("HCC RX-V05-1"), Some("HIV/AIDS"));
    let Some(hierarchies) = official(test, "hcc/ra_hierarchies_2026.csv") else {
        return;
    };
    let found = facts(&hierarchies, FactKind::HccHierarchy, "HCC V28-17");
    let [fact] = found.as_slice() else {
        panic!("one row of V28-17: {found:?}");
    };
    assert_eq!(fact.value("drops"), Some("18, 19, 20, 21, 22, 23"));
    assert!(fact.also.contains(&code("HCC V28-18")));
}

#[test]
fn edits_say_for_whom_they_are() {
    let Some(reading) = official("edits_say_for_whom_they_are", "hcc/ra_dx_edits.csv") else {
        return;
    };
    for (label, sex, age, instead, meaning) in [
        (
            "ICD-10-CM D66",
            Some("female"),
            None,
            Some("112"),
            "for female patients the diagnosis counts as HCC 112",
        ),
        (
            "ICD-10-CM J43.8",
            None,
            Some("17 or younger"),
            None,
            "for patients aged 17 or younger the diagnosis is not valid",
        ),
        (
            "ICD-10-CM P04.15",
            None,
            Some("2 or older"),
            None,
            "for patients aged 2 or older the diagnosis is not valid",
        ),
        (
            "ICD-10-CM C50.011",
            None,
            Some("49 or younger"),
            Some("22"),
            "for patients aged 49 or younger the diagnosis counts as HCC 22",
        ),
    ] {
        let found = facts(&reading, FactKind::CodeEdit, label);
        assert_eq!(
            (
                found[0].value("sex"),
                found[0].value("age"),
                found[0].value("HCC instead")
            ),
            (sex, age, instead),
            "{label}"
        );
        let said = found[0].value("what the edit means").unwrap_or_default();
        assert!(said.starts_with(meaning), "{said}");
    }
}

#[test]
fn the_workbook_of_mappings_has_one_column_a_model() {
    let table = workbook(&[
        &["2026 Midyear Final ICD-10-CM Mappings", "", "", "", ""],
        &[
            "Diagnosis Code",
            "Description",
            "CMS-HCC ESRD Model Category V24",
            "CMS-HCC Model Category V28",
            "CMS-HCC Model Category V28 for 2026 Payment Year",
        ],
        &["E1122", "An invented title", "18", "37", "Yes"],
        &["A000", "An invented title", "", "", ""],
        &["E11", "An invented title", "HCC", "", ""],
        &["E1121", "An invented title", "18", "", ""],
        &["NOTES:", "", "", "", ""],
    ]);
    let reading = read("2026 Midyear Final ICD-10-CM Mappings.xlsx", table).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "hcc-mappings-2026-01-01");
    assert_eq!((reading.shelf.edition.rows, reading.read), (3, 4));
    assert_eq!(reading.refused[0].line, Some(5));
    let categories: Vec<_> = reading
        .shelf
        .facts
        .iter()
        .flat_map(|fact| fact.also.clone())
        .collect();
    assert_eq!(
        categories,
        [
            code("HCC ESRD-V24-18"),
            code("HCC V28-37"),
            code("HCC ESRD-V24-18")
        ]
    );
}

#[test]
fn a_damaged_row_is_refused_by_its_line() {
    for (name, table, refused) in [
        (
            "ra_dx_to_cc_2026.csv",
            "diagnosis_code,cc,model_name\nE1122,37,CMS-HCC Model V28\nE1122,,CMS-HCC Model V28\n99,37,CMS-HCC Model V28\nE1121,37,Model\nE1123,37,CMS-HCC Model V28\nE1129,37,CMS-HCC Model V28\n",
            vec![3, 4, 5],
        ),
        (
            "ra_hierarchies_2026.csv",
            "cc_parent,cc_child,model_domain,model_version\n17,18,CMS-HCC,V28\n17,x,CMS-HCC,V28\n17,19,CMS-HCC,twenty\n17,20,CMS-HCC,V28\n",
            vec![3, 4],
        ),
        (
            "ra_labels_2026.csv",
            "cc,label,model_domain,model_version\nHCC1,A name,CMS-HCC,V28\nHCC,A name,CMS-HCC,V28\nHCC2,,CMS-HCC,V28\nHCC3,A name,CMS-HCC,V28\n",
            vec![3, 4],
        ),
        (
            "ra_dx_edits.csv",
            "icd10,edit_type,sex,age_min,age_max,action,cc_override,model_name\nD66,sex,2,,,override,112,CMS-HCC Model V28\n\
             D67,sex,3,,,override,112,CMS-HCC Model V28\nJ42,age,,,old,invalid,,CMS-HCC Model V28\nJ43,age,,,17,drop,,CMS-HCC Model V28\n\
             J44,age,,,,invalid,,CMS-HCC Model V28\nJ45,age,,,17,invalid,,CMS-HCC Model V28\nJ46,age,,,17,invalid,,CMS-HCC Model V28\n\
             J47,age,1,2,17,invalid,,CMS-HCC Model V28\n",
            vec![3, 4, 5, 6],
        ),
        (
            "ra_eligible_cpt_hcpcs_2026.csv",
            "cpt_hcpcs_code\n99213\n9921\nG0008\n",
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
        let error = read("table.csv", table);
        match name {
            "ra_dx_edits.csv" => assert!(error.is_ok(), "the model says from when"),
            _ => assert!(
                error
                    .expect_err("no day")
                    .to_string()
                    .contains("--effective-from")
            ),
        }
    }
}

#[test]
fn rows_that_stand_there_again_are_told() {
    let mappings = "diagnosis_code,cc,model_name\nE1122,37,CMS-HCC Model V28\nE1122,38,CMS-HCC Model V28\nE1122,37,CMS-HCC Model V28\n";
    let reading = read("ra_dx_to_cc_2026.csv", mappings).expect("readable");
    // Several categories of one diagnosis are no contradiction.
    assert_told(&reading, &[(4, "E11.22 stands word for word on line 2 already")]);
    assert_eq!(reading.shelf.facts.len(), 2);
    let labels = "cc,label,model_domain,model_version\nHCC1,A name,CMS-HCC,V28\nHCC1,Another,CMS-HCC,V28\nHCC1,A third,CMS-HCC,V24\n";
    let reading = read("ra_labels_2026.csv", labels).expect("readable");
    assert_told(
        &reading,
        &[(3, "name is \"Another\" here and \"A name\" on line 2")],
    );
    let edits = "icd10,edit_type,sex,age_min,age_max,action,cc_override,model_name\nD66,sex,2,,,override,112,CMS-HCC Model V28\n\
                 D66,sex,2,,,override,113,CMS-HCC Model V28\nD66,sex,1,,,override,113,CMS-HCC Model V28\nD66,sex,2,,,override,112,CMS-HCC Model V28\n";
    let reading = read("ra_dx_edits.csv", edits).expect("readable");
    assert_told(
        &reading,
        &[
            (3, "HCC instead is \"113\" here and \"112\" on line 2"),
            (5, "D66 stands word for word on line 2"),
        ],
    );
    let hierarchies = "cc_parent,cc_child,model_domain,model_version\n17,18,CMS-HCC,V28\n17,18,CMS-HCC,V28\n17,17,CMS-HCC,V28\n17,19,CMS-HCC,V28\n";
    let reading = read("ra_hierarchies_2026.csv", hierarchies).expect("readable");
    assert_told(&reading, &[(3, "stands on line 2 already; kept once")]);
    assert_eq!(reading.refused[0].line, Some(4));
    assert_eq!(
        facts(&reading, FactKind::HccHierarchy, "HCC V28-17")[0].value("drops"),
        Some("18, 19")
    );
}

#[test]
fn what_cannot_be_a_category_or_an_age_is_refused() {
    let mappings = "diagnosis_code,cc,model_name\nE1122,37,CMS-HCC Model V28\nE1123,-5,CMS-HCC Model V28\nE1121,2026,CMS-HCC Model V28\n\
                    E1129,37,CMS-HCC Model V28\n";
    let reading = read("ra_dx_to_cc_2026.csv", mappings).expect("readable");
    let lines = |reading: &codecite_ingest::Reading| -> Vec<Option<u64>> {
        reading.refused.iter().map(|finding| finding.line).collect()
    };
    assert_eq!(lines(&reading), [Some(3), Some(4)]);
    let edits = "icd10,edit_type,sex,age_min,age_max,action,cc_override,model_name\nJ42,age,,,17,invalid,,CMS-HCC Model V28\n\
                 J43,age,,99,5,invalid,,CMS-HCC Model V28\nJ44,age,,,200,invalid,,CMS-HCC Model V28\nJ45,age,,2,124,invalid,,CMS-HCC Model V28\n";
    let reading = read("ra_dx_edits.csv", edits).expect("readable");
    assert_eq!(lines(&reading), [Some(3), Some(4)], "{:?}", reading.refused);
}

proptest! {
    #[test]
    fn any_rows_are_read_or_refused(rows in proptest::collection::vec("\\PC{0,40}", 0..6)) {
        let rows = rows.join("\n");
        for header in [
            "diagnosis_code,cc,model_name\nE1122,37,CMS-HCC Model V28",
            "cc_parent,cc_child,model_domain,model_version\n17,18,CMS-HCC,V28",
            "cc,label,model_domain,model_version\nHCC1,A name,CMS-HCC,V28",
            "icd10,edit_type,sex,age_min,age_max,action,cc_override,model_name\nD66,sex,2,,,override,112,CMS-HCC Model V28",
            "cpt_hcpcs_code\n99213",
            "diagnosis code,description,cms-hcc model category v28\nE1122,A title,37",
        ] {
            let _ = read("table_2026.csv", format!("{header}\n{rows}"));
        }
    }
}
