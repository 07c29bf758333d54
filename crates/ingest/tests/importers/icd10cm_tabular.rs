//! The Tabular List: notes where they stand, seventh characters, sentences to quote.

use crate::{code, facts, official, read};
use codecite_codebook::{Code, Fact, FactKind};
use codecite_ingest::{ReadOptions, Reading};

const WHOLE: &str = "icd10cm/fy2021/icd10cm_tabular_2021.xml.gz";

/// The notes of one kind at a code.
fn notes<'a>(reading: &'a Reading, label: &str, kind: &str) -> Vec<&'a Fact> {
    let notes = facts(reading, FactKind::Note, label);
    notes
        .into_iter()
        .filter(|fact| fact.value("kind") == Some(kind))
        .collect()
}

#[test]
fn the_whole_list_is_read() {
    let Some(reading) = official("the_whole_list_is_read", WHOLE) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "icd-10-cm-tabular-2020-10-01");
    assert_eq!((edition.rows, reading.refused.len()), (44_772, 0));
    assert_eq!(
        edition.replaced_on.map(|day| day.to_string()).as_deref(),
        Some("2021-10-01")
    );

    let excluded = notes(&reading, "ICD-10-CM E11", "excludes1");
    let own: Vec<_> = excluded
        .iter()
        .filter(|fact| fact.value("stands at") == Some("E11"))
        .collect();
    assert_eq!(own.len(), 8);
    let fact = own
        .iter()
        .find(|fact| fact.value("codes") == Some("P70.2"))
        .expect("a note");
    assert_eq!(fact.value("text"), Some("neonatal diabetes mellitus (P70.2)"));
    assert_eq!(fact.also, [code("ICD-10-CM P70.2")]);
    let additional = notes(&reading, "ICD-10-CM E11", "use additional code");
    let insulin = additional
        .iter()
        .find(|fact| fact.value("codes") == Some("Z79.4"))
        .expect("a note");
    assert_eq!(insulin.value("under"), Some("code to identify control using:"));
    let stem: Vec<_> = own.iter().filter_map(|fact| fact.value("codes")).collect();
    assert!(stem.contains(&"O24.4-") && stem.contains(&"E10-"), "{stem:?}");

    // Notes of the chapter stand at each of its categories.
    let at_a00 = notes(&reading, "ICD-10-CM A00", "excludes2");
    let range = at_a00
        .iter()
        .find(|fact| fact.value("codes") == Some("P35-P39"))
        .expect("a note of the chapter");
    assert_eq!(
        range.value("stands at"),
        Some("chapter 1 Certain infectious and parasitic diseases (A00-B99)")
    );
    assert!(range.also.is_empty());

    let passage = reading
        .shelf
        .passages
        .iter()
        .find(|passage| passage.title == "Inclusion terms of ICD-10-CM A00.0");
    assert_eq!(
        passage.expect("a passage").text,
        "Inclusion terms of A00.0 (Cholera due to Vibrio cholerae 01, biovar cholerae): Classical cholera."
    );
    assert!(
        reading
            .shelf
            .passages
            .iter()
            .all(|passage| passage.text.len() < 2_600)
    );
}

#[test]
fn seventh_characters_stand_at_the_nearest_code_above() {
    let Some(reading) = official("seventh_characters_stand_at_the_nearest_code_above", WHOLE) else {
        return;
    };
    let torus = facts(&reading, FactKind::SeventhCharacters, "ICD-10-CM S52.52");
    let [torus] = torus.as_slice() else {
        panic!("{torus:?}");
    };
    assert_eq!(torus.value("A"), Some("initial encounter for closed fracture"));
    assert_eq!((torus.value("S"), torus.value("B")), (Some("sequela"), None));
    let any = facts(&reading, FactKind::SeventhCharacters, "ICD-10-CM S52");
    assert_eq!(
        any[0].value("B"),
        Some("initial encounter for open fracture type I or II; initial encounter for open fracture NOS")
    );
    assert_eq!(
        any[0].value("rule"),
        Some("The appropriate 7th character is to be added to all codes from category S52")
    );
    let all = reading
        .shelf
        .facts
        .iter()
        .filter(|fact| fact.kind == FactKind::SeventhCharacters)
        .count();
    assert_eq!(all, 507);
}

#[test]
fn one_chapter_does_not_take_the_place_of_the_whole_list() {
    let path = "icd10cm/fy2025/icd-10-cm-tabular-2025_ch2.xml.gz";
    let Some(reading) = official("one_chapter_does_not_take_the_place_of_the_whole_list", path) else {
        return;
    };
    let edition = &reading.shelf.edition;
    assert_eq!(
        (edition.id.as_str(), edition.rows),
        ("icd-10-cm-tabular-ch2-2024-10-01", 2_174)
    );
    assert_eq!(reading.refused.len(), 0);
    assert_eq!(edition.title, "ICD-10-CM Tabular List, FY 2025, chapter 2 only");
}

fn list(chapters: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<ICD10CM.tabular>\n<version>2025</version>\n{chapters}</ICD10CM.tabular>\n"
    )
}

const CHAPTER: &str = "<chapter><name>4</name><desc>Endocrine (E00-E89)</desc>\n\
    <excludes1><note>transitory disorders specific to newborn (P70-P74)</note></excludes1>\n\
    <section id=\"E08-E13\"><desc>Diabetes mellitus (E08-E13)</desc>\n\
    <diag><name>E11</name><desc>Type 2 diabetes</desc>\n\
    <codeFirst><note>cause, such as:</note><note>thing (A00.0)</note></codeFirst>\n\
    <diag><name>E11.3</name><desc>With eye complications</desc>\n\
    <sevenChrNote><note>One of the following:</note></sevenChrNote>\n\
    <sevenChrDef><extension char=\"1\">right eye</extension><note>only right</note></sevenChrDef></diag>\n\
    <diag><name>E1</name><desc>Damaged</desc>\n\
    <diag><name>E11.9</name><desc>Below a damaged one &amp; kept</desc><inclusionTerm><note>NOS</note></inclusionTerm></diag></diag>\n\
    </diag></section></chapter>\n";

#[test]
fn a_damaged_code_is_refused_by_its_line_and_those_below_it_are_kept() {
    let reading = read("list.xml", list(CHAPTER)).expect("readable");
    assert_eq!((reading.read, reading.shelf.edition.rows), (4, 3));
    let [refused] = reading.refused.as_slice() else {
        panic!("{:?}", reading.refused);
    };
    assert_eq!(refused.line, Some(12));
    assert_eq!(facts(&reading, FactKind::Note, "ICD-10-CM E11.9").len(), 1);
    let [first] = notes(&reading, "ICD-10-CM E11", "code first")[1..] else {
        panic!("two notes");
    };
    assert_eq!(
        (first.value("under"), first.value("codes")),
        (Some("cause, such as:"), Some("A00.0"))
    );
    assert_eq!(notes(&reading, "ICD-10-CM E11", "excludes1").len(), 1);
    let seventh = facts(&reading, FactKind::SeventhCharacters, "ICD-10-CM E11.3");
    assert_eq!(seventh[0].value("1"), Some("right eye; only right"));
    let texts: Vec<&str> = reading
        .shelf
        .passages
        .iter()
        .map(|passage| passage.text.as_str())
        .collect();
    assert!(
        texts.contains(&"Code first at E11 (Type 2 diabetes): cause, such as: thing (A00.0)."),
        "{texts:?}"
    );
    let about: Vec<&Code> = reading
        .shelf
        .passages
        .iter()
        .flat_map(|passage| &passage.about)
        .collect();
    assert!(about.contains(&&code("ICD-10-CM E11.9")));
}

#[test]
fn what_is_not_the_whole_list_says_what_is_missing() {
    for (text, why) in [
        (list(""), "no chapters"),
        (list(&CHAPTER.repeat(3)), "3 chapters of 22"),
        (list(CHAPTER).replace("</section>", ""), "line "),
        (list(CHAPTER)[..300].to_owned(), "cut short"),
        (
            list(CHAPTER).replace("<ICD10CM.tabular>", "<ICD10CM.tabular isAddenda=\"true\">"),
            "changes",
        ),
        (
            list(CHAPTER).replace("<version>2025</version>", ""),
            "--effective-from",
        ),
    ] {
        let error = crate::support::read_one("list.xml", text, &ReadOptions::default())
            .expect_err(why)
            .to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_schema_is_named_for_what_it_is() {
    let schema =
        "<?xml version=\"1.0\"?>\n<xsd:schema id=\"cm_index\"><xsd:element name=\"diag\"/></xsd:schema>";
    let error = read("icd-10-cm-tabular-2025.xsd", schema)
        .expect_err("no data")
        .to_string();
    assert!(error.contains("an XML schema"), "{error}");
}
