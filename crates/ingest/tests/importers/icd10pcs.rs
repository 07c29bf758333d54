//! ICD-10-PCS: order file, tables, index and definitions.

use crate::{code, official, read};
use codecite_codebook::{Aspect, CodeSystem, Place};
use codecite_ingest::Reading;

fn text_of<'a>(reading: &'a Reading, title: &str) -> &'a str {
    let found = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.title == title);
    &found.unwrap_or_else(|| panic!("no passage {title:?}")).text
}

#[test]
fn the_order_file_as_a_table_is_complete() {
    let path = "icd10pcs/icd10pcs_order_2024_derived.csv.gz";
    let Some(reading) = official("the_order_file_as_a_table_is_complete", path) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(
        (edition.id.as_str(), edition.is_complete),
        ("icd-10-pcs-2023-10-01", true)
    );
    assert_eq!((edition.rows, reading.refused.len()), (79_508, 0));
    assert_eq!(reading.shelf.statuses.len(), 78_603);
    let appendix = code("ICD-10-PCS 0DTJ4ZZ");
    let status = reading
        .shelf
        .statuses
        .iter()
        .find(|status| status.code == appendix)
        .expect("a status");
    assert!(status.billable);
    assert_eq!(
        status.title.as_deref(),
        Some("Resection of Appendix, Percutaneous Endoscopic Approach")
    );
    assert_eq!(
        status.locator.section.as_deref(),
        Some("0DT Gastrointestinal System, Resection")
    );
    assert_eq!(status.locator.place, Some(Place::Row(32_524)));
    assert_eq!(
        text_of(&reading, "ICD-10-PCS table 0DT"),
        "Table 0DT of ICD-10-PCS: Gastrointestinal System, Resection."
    );
}

fn order_line(order: u32, code: &str, flag: char, title: &str) -> String {
    crate::support::order_line(order, code, flag, title)
}

#[test]
fn the_official_layout_is_not_taken_for_that_of_icd_10_cm() {
    let text = [
        order_line(1, "001", '0', "Central Nervous System and Cranial Nerves, Bypass"),
        order_line(
            2,
            "0016070",
            '1',
            "Bypass Cerebral Ventricle to Nasopharynx, Open Approach",
        ),
        order_line(3, "00160I0", '1', "No such letter"),
        order_line(4, "0016071", '2', "No such flag"),
        order_line(5, "0016070", '1', "Again"),
        order_line(6, "B00", '0', "Imaging, Central Nervous System"),
        order_line(
            7,
            "B00B0ZZ",
            '1',
            "Plain Radiography of Spinal Cord using High Osmolar Contrast",
        ),
    ]
    .concat();
    let reading = read("icd10pcs_order_2024.txt", text.clone()).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "icd-10-pcs-2023-10-01");
    assert!(
        reading
            .shelf
            .statuses
            .iter()
            .all(|status| status.code.system() == CodeSystem::Icd10Pcs)
    );
    assert_eq!((reading.shelf.statuses.len(), reading.shelf.edition.rows), (2, 4));
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(3), Some(4), Some(5)]);
    let entry = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.aspect == Aspect::Entry)
        .expect("an entry");
    assert_eq!(
        entry.locator.section.as_deref(),
        Some("001 Central Nervous System and Cranial Nerves, Bypass")
    );
    let later = [
        order_line(6, "B00", '0', "Imaging"),
        order_line(7, "B00B0ZZ", '1', "Plain Radiography"),
    ]
    .concat();
    assert_eq!(
        read("icd10pcs_order_2024.txt", later)
            .expect("read")
            .shelf
            .edition
            .source,
        "icd-10-pcs"
    );
    let diagnoses = [
        order_line(1, "A00", '0', "Cholera"),
        order_line(2, "A000", '1', "Cholera due to"),
    ]
    .concat();
    assert_eq!(
        read("icd10cm_order_2024.txt", diagnoses)
            .expect("read")
            .shelf
            .edition
            .source,
        "icd-10-cm"
    );
    let error = read("order.txt", text).expect_err("no year").to_string();
    assert!(error.contains("--effective-from"), "{error}");
}

#[test]
fn the_tables_are_read_row_by_row() {
    for (file, id, rows) in [
        (
            "icd10pcs_tables_2021.xml.gz",
            "icd-10-pcs-tables-2020-10-01",
            2_428,
        ),
        (
            "icd10pcs_tables_2020.xml.gz",
            "icd-10-pcs-tables-2019-10-01",
            2_345,
        ),
    ] {
        let Some(reading) = official("the_tables_are_read_row_by_row", &format!("icd10pcs/{file}")) else {
            return;
        };
        assert_eq!(reading.shelf.edition.id.as_str(), id);
        assert_eq!(
            (reading.shelf.edition.rows, reading.refused.len()),
            (rows, 0),
            "{:?}",
            reading.refused.first()
        );
        let text = text_of(
            &reading,
            "ICD-10-PCS table 001: Medical and Surgical, Central Nervous System and Cranial Nerves, Bypass",
        );
        assert!(text.starts_with(
            "Table 001 of ICD-10-PCS (Medical and Surgical, Central Nervous System and Cranial Nerves, Bypass). Bypass: \
             Altering the route of passage of the contents of a tubular body part.\nTable 001, row 1: body part 6 Cerebral \
             Ventricle; approach 0 Open or 3 Percutaneous or 4 Percutaneous Endoscopic; device 7 Autologous Tissue \
             Substitute or J Synthetic Substitute or K Nonautologous Tissue Substitute; qualifier 0 Nasopharynx or "
        ), "{text}");
    }
}

#[test]
fn the_index_leads_to_codes_tables_and_values() {
    let path = "icd10pcs/icd10pcs_index_2021.xml.gz";
    let Some(reading) = official("the_index_leads_to_codes_tables_and_values", path) else {
        return;
    };
    assert_eq!(reading.shelf.edition.id.as_str(), "icd-10-pcs-index-2020-10-01");
    assert_eq!((reading.shelf.edition.rows, reading.refused.len()), (2_828, 0));
    assert!(
        reading.shelf.passages.len() < 1_800,
        "{}",
        reading.shelf.passages.len()
    );
    for line in [
        "Abductor hallucis muscle: use Foot Muscle, Right.",
        "Abdominohysterectomy: see Resection, Uterus, codes that begin with 0UT9.",
        "Acetabulectomy: see Excision, Lower Bones, table 0QB.",
        "Abortion, Laminaria: 10A07ZW.",
        "Bypass, Aorta, Thoracic, Descending: codes that begin with 021W.",
    ] {
        let has_line = |text: &str| text.lines().any(|found| found == line);
        assert!(
            reading
                .shelf
                .passages
                .iter()
                .any(|passage| has_line(&passage.text)),
            "{line}"
        );
    }
}

#[test]
fn the_definitions_are_read() {
    let path = "icd10pcs/icd10pcs_definitions_2021.xml.gz";
    let Some(reading) = official("the_definitions_are_read", path) else {
        return;
    };
    assert_eq!(
        reading.shelf.edition.id.as_str(),
        "icd-10-pcs-definitions-2020-10-01"
    );
    assert_eq!(
        (reading.shelf.edition.rows, reading.refused.len()),
        (842 + 59, 0),
        "{:?}",
        reading.refused.first()
    );
    assert_eq!(
        text_of(&reading, "ICD-10-PCS definition: Alteration"),
        "Alteration (Operation, section Medical and Surgical of ICD-10-PCS): Modifying the anatomic structure of a body part \
         without affecting the function of the body part. Explanation: Principal purpose is to improve appearance. Includes: \
         Face lift, breast augmentation."
    );
    assert_eq!(
        text_of(
            &reading,
            "ICD-10-PCS device aggregation: Synthetic Substitute, Metal"
        ),
        "Device Synthetic Substitute, Metal of operation Replacement in Lower Joints is aggregated into the device value J \
         Synthetic Substitute."
    );
}

fn table(rows: &str) -> String {
    let axis = |place: u8, title: &str, code: char, label: &str| {
        format!("<axis pos=\"{place}\"><title>{title}</title><label code=\"{code}\">{label}</label></axis>\n")
    };
    let head = axis(1, "Section", '0', "Medical")
        + &axis(2, "Body System", 'D', "Gut")
        + &axis(3, "Operation", 'T', "Resection");
    format!(
        "<ICD10PCS.tabular><version>2024</version>\n<pcsTable>\n{head}{rows}</pcsTable></ICD10PCS.tabular>\n"
    )
}

fn row(codes: u32, labels: &str) -> String {
    let axis = |title: &str, labels: &str| format!("<axis><title>{title}</title>{labels}</axis>");
    let one = "<label code=\"Z\">None</label>";
    let axes = [
        axis("Body Part", labels),
        axis("Approach", one),
        axis("Device", one),
        axis("Qualifier", one),
    ]
    .concat();
    format!("<pcsRow codes=\"{codes}\">{axes}</pcsRow>\n")
}

#[test]
fn a_row_that_lacks_a_value_is_refused() {
    let two = "<label code=\"1\">Upper</label><label code=\"2\">Lower</label>";
    let rows = [
        row(2, two),
        row(3, two),
        row(2, &two.replace("\"1\"", "\"\"")),
        row(2, two),
    ]
    .concat();
    let reading = read("tables.xml", table(&rows)).expect("readable");
    let lines: Vec<Option<u64>> = reading.refused.iter().map(|finding| finding.line).collect();
    assert_eq!((reading.read, lines), (4, vec![Some(7), Some(8)]));
    assert_eq!(
        reading.shelf.passages[0].text,
        "Table 0DT of ICD-10-PCS (Medical, Gut, Resection).\n\
         Table 0DT, row 1: body part 1 Upper or 2 Lower; approach Z None; device Z None; qualifier Z None.\n\
         Table 0DT, row 4: body part 1 Upper or 2 Lower; approach Z None; device Z None; qualifier Z None."
    );
    let error = read("tables.xml", &table(&rows).as_bytes()[..500])
        .expect_err("cut")
        .to_string();
    assert!(error.contains("cut short"), "{error}");
}
