//! National coverage determinations.

use crate::{code, official, read, told_of_file};
use codecite_codebook::{Passage, Place};
use codecite_ingest::Reading;

const FILE: &str = "coverage/ncd_2024-02_derived.csv.gz";

fn of<'a>(reading: &'a Reading, name: &str) -> Vec<&'a Passage> {
    let passages = reading.shelf.passages.iter();
    passages
        .filter(|passage| passage.title.starts_with(name))
        .collect()
}

#[test]
fn the_database_is_read_whole() {
    let Some(reading) = official("the_database_is_read_whole", FILE) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "ncd-2024-02-27");
    assert_eq!(edition.title, "National Coverage Determinations, February 2024");
    assert_eq!((edition.rows, reading.read, reading.refused.len()), (352, 352, 0));
    // Two of them come twice and are kept once.
    assert_eq!(reading.shelf.findings.len(), 2, "{:?}", reading.shelf.findings);
    let levels = reading
        .shelf
        .passages
        .iter()
        .filter(|passage| passage.title.ends_with(": coverage level"));
    assert_eq!(levels.count(), 350);
    let heart = of(&reading, "NCD 260.9 Heart Transplants");
    let general = heart.iter().find(|passage| {
        passage
            .text
            .starts_with("Cardiac transplantation is covered under Medicare")
    });
    let general = general.expect("its first words");
    assert_eq!(
        general.locator.section.as_deref(),
        Some("NCD 260.9 Heart Transplants > Indications and limitations of coverage > A. General")
    );
    assert_eq!(general.effective.to_string(), "since 2008-05-01");
    assert_eq!(general.authority.as_str(), "CMS");
    assert_eq!(
        general.locator.url.as_deref(),
        Some("https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid=112&ncdver=3")
    );
    let longest = reading
        .shelf
        .passages
        .iter()
        .map(|passage| passage.text.chars().count())
        .max();
    assert!(longest <= Some(1_200), "{longest:?}");
    let urine = of(&reading, "NCD 190.12");
    assert!(
        urine
            .iter()
            .any(|passage| passage.about.contains(&code("CPT 87086"))),
        "{urine:#?}"
    );
}

#[test]
fn a_retired_determination_holds_from_the_day_it_ended() {
    let Some(reading) = official("a_retired_determination_holds_from_the_day_it_ended", FILE) else {
        return;
    };
    let xenon = of(&reading, "NCD 220.7 ");
    assert!(!xenon.is_empty());
    assert!(
        xenon
            .iter()
            .all(|passage| passage.effective.to_string() == "since 2014-12-18"),
        "{xenon:#?}"
    );
    let level = xenon
        .iter()
        .find(|passage| passage.title.ends_with("coverage level"))
        .expect("its level");
    assert!(level.text.contains("retired 2014-12-18"), "{}", level.text);
}

#[test]
fn the_export_is_read_by_its_own_columns_and_damaged_rows_are_refused() {
    let export = "NCD_id,NCD_vrsn_num,cvrg_lvl_cd,NCD_mnl_sect,NCD_mnl_sect_title,NCD_efctv_dt,NCD_trmntn_dt,itm_srvc_desc,\
                  indctn_lmtn,othr_txt,last_updt_tmstmp\r\n\
                  1,1,2,10.1,A device,2020-01-01 00:00:00,,<p>What it is.</p>,\"<p><b>A. General</b></p><p>It is covered.\r\n\
                  See code G0102.</p>\",,2024-05-01 09:00:00\r\n\
                  2,1,2,none,No number,2020-01-01,,,,,2024-05-01\r\n\
                  3,1,2,10.3,No day,,,,,,2024-05-01\r\n\
                  4,1,2,10.4,Later,2021-01-01,2022-12-31,,<p>Was covered.</p>,,2024-05-03\r\n\
                  5,1,2,10.5,Wrong day,yesterday,,,,,2024-05-01\r\n\
                  6,1,2,10.6,No text,2021-01-01,,,,,2024-05-01\r\n\
                  7,1,2,10.7,No text,2021-01-01,,,,,2024-05-01\r\n";
    let reading = read("ncd_trkg.csv", export).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "ncd-2024-05-03");
    assert_eq!((reading.shelf.edition.rows, reading.read), (4, 7));
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, why) in [(4, "none"), (5, "no effective date"), (7, "yesterday")] {
        let is_named = |finding: &String| finding.contains(&format!(":{line}:")) && finding.contains(why);
        assert!(refused.iter().any(is_named), "line {line}: {refused:?}");
    }
    let covered = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.text.starts_with("It is covered"))
        .expect("it");
    assert_eq!(covered.text, "It is covered. See code G0102.");
    assert_eq!(
        (covered.about.as_slice(), &covered.locator.place),
        (&[code("HCPCS G0102")][..], &Some(Place::Row(2)))
    );
    let later = of(&reading, "NCD 10.4");
    assert!(
        later
            .iter()
            .all(|passage| passage.effective.to_string() == "2021-01-01 through 2022-12-31")
    );
    assert!(of(&reading, "NCD 10.6")[0].text.contains("no text"));
}

#[test]
fn a_slip_in_a_day_does_not_move_the_export_nor_keep_later_ones_waiting() {
    let table = "section,section_name,date_eff,indications,last_updated\n1.1,One,2020-01-01,<p>Covered.</p>,2024-02-01\n\
                 1.2,Two,2099-01-01,<p>Covered.</p>,2024-01-01\n1.3,Three,2020-01-01,<p>Covered.</p>,2099-01-01\n\
                 1.4,Four,1066-01-01,<p>Covered.</p>,2024-01-01\n1.5,Five,2020-01-01,<p>Covered.</p>,2024-01-01\n\
                 1.6,Six,1966-01-01,<p>Covered.</p>,2024-01-01\n";
    let reading = read("ncd.csv", table).expect("readable");
    assert_eq!(reading.shelf.edition.id.as_str(), "ncd-2024-02-01");
    let refused: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    for (line, number) in [(3, "1.2"), (4, "1.3"), (5, "1.4")] {
        let words = [
            "no plausible day".to_owned(),
            format!(":{line}:"),
            format!("NCD {number}"),
        ];
        assert!(
            refused
                .iter()
                .any(|finding| words.iter().all(|word| finding.contains(word))),
            "line {line}: {refused:?}"
        );
    }
    assert_eq!(refused.len(), 3);
    assert!(
        told_of_file(&reading)[0].contains("no column for the day on which a determination ended"),
        "{:?}",
        reading.shelf.findings
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(text in "\\PC{0,200}", bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let header = "section,section_name,date_eff,date_end,indications,last_updated\n1.1,x,2020-01-01,,<p>,2024-01-01\n";
        let _ = read("ncd.csv", format!("{header}1.2,y,2020-01-01,,{text},2024-01-01\n"));
        let _ = read("ncd.csv", [header.as_bytes(), &bytes].concat());
    }
}
