//! Guidance as documents, in every format, with and without what has to be known of it.

use crate::{code, support};
use codecite_codebook::{Aspect, Licence, Passage, Place};
use codecite_ingest::{
    DocumentOptions, IngestError, ReadOptions, Reading, SourceFile, Sources, read_sources,
};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn declared() -> ReadOptions {
    ReadOptions {
        effective_from: "2026-01-01".parse().ok(),
        document: DocumentOptions {
            authority: Some("payer".into()),
            jurisdiction: Some("Example Health".into()),
            ..DocumentOptions::default()
        },
        ..ReadOptions::default()
    }
}

fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Reading, IngestError> {
    support::read_one(name, bytes, &declared())
}

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile {
        name: name.into(),
        bytes: bytes.into(),
    }
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

/// A DOCX with a heading of each level that `styles` names, a table and a page break.
fn docx() -> Vec<u8> {
    let document = r#"<?xml version="1.0" encoding="UTF-8"?>
<w:document xmlns:w="w"><w:body>
<w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Surgical assistants</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Modifier 80 is paid at 16 percent </w:t></w:r><w:r><w:t>&amp; no more.</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t>Exceptions</w:t></w:r></w:p>
<w:p><w:r><w:lastRenderedPageBreak/><w:t>Teaching hospitals are asked for a statement.</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Code</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>38900</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>"#;
    let styles = r#"<w:styles xmlns:w="w"><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>"#;
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
    ])
}

/// A PDF of one page a text, each line of it a line.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            pages.len(),
            (0..pages.len())
                .map(|page| format!("{} 0 R ", 4 + 2 * page))
                .collect::<String>()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (page, text) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * page
        ));
        let lines: String = text
            .lines()
            .map(|line| format!("({line}) Tj 0 -14 Td "))
            .collect();
        let content = format!("BT /F1 11 Tf 72 720 Td {lines} ET");
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    let size = objects.len() + 1;
    bytes.extend(format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    bytes
}

fn with<'a>(reading: &'a Reading, words: &str) -> &'a Passage {
    let mut found = reading
        .shelf
        .passages
        .iter()
        .filter(|passage| passage.text.contains(words));
    found
        .next()
        .unwrap_or_else(|| panic!("no passage says {words:?}: {:#?}", reading.shelf.passages))
}

fn cited(passage: &Passage) -> (&str, Option<Place>) {
    (
        passage.locator.section.as_deref().unwrap_or_default(),
        passage.locator.place.clone(),
    )
}

#[test]
fn the_layout_of_the_fee_schedule_is_read_page_by_page() {
    let test = "the_layout_of_the_fee_schedule_is_read_page_by_page";
    let Some(folder) = support::shared_data(test) else {
        return;
    };
    let bytes = std::fs::read(folder.join("mpfs/RVU25D.pdf")).expect("the PDF");
    let sidecar = "title = \"Physician Fee Schedule, record layout\"\nauthority = \"CMS\"\nsource = \"mpfs-layout\"\n\
                   effective_from = 2025-10-01\nurl = \"https://www.cms.gov/rvu25d.pdf\"\n";
    let files = [file("RVU25D.pdf", bytes), file("RVU25D.pdf.toml", sidecar)];
    let Sources { readings, unreadable } = read_sources(files, &ReadOptions::default());
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let [reading] = readings.as_slice() else {
        panic!("one reading: {}", readings.len());
    };
    let edition = &reading.shelf.edition;
    assert_eq!(edition.id.as_str(), "mpfs-layout-2025-10-01");
    assert_eq!(
        (edition.authority.as_str(), edition.licence),
        ("CMS", Licence::PublicDomain)
    );
    assert_eq!(edition.rows as usize, reading.shelf.passages.len());
    assert!(reading.refused.is_empty(), "{:?}", reading.refused);
    // Every word of the text that pdftotext finds is found, whatever the order of its columns.
    let expected =
        std::fs::read_to_string(folder.join("mpfs/RVU25D.pdftotext-layout.txt")).expect("its text");
    let whole: String = reading
        .shelf
        .passages
        .iter()
        .map(|passage| format!("{} {}\n", passage.title, passage.text))
        .collect();
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| word.len() > 3).collect()
    };
    let (expected, found) = (words(&expected), words(&whole));
    let missing: Vec<&String> = expected.difference(&found).collect();
    assert!(
        missing.len() * 50 <= expected.len(),
        "{} of {}: {missing:?}",
        missing.len(),
        expected.len()
    );
    let limiting = with(reading, "multiply the fee schedule amount by a factor of 1.0925");
    assert_eq!(limiting.locator.place, Some(Place::Page(2)));
    assert_eq!(
        limiting.locator.url.as_deref(),
        Some("https://www.cms.gov/rvu25d.pdf#page=2")
    );
    assert!(
        with(reading, "initial hospital care codes")
            .about
            .contains(&code("CPT 99221"))
    );
}

#[test]
fn each_format_is_cut_by_its_sections_and_cited_where_it_stands() {
    let markdown = "# House rules\n\n## Timely filing\n\nClaims with modifier 25 are sent within 30 days.\n";
    let html = "<!DOCTYPE html><html><head><title>A policy</title></head><body><h1>Policy</h1><h2>Timely filing</h2>\
                \n<p>Claims with modifier 25 are sent within 30 days.</p></body></html>";
    let plain = "HOUSE RULES OF CODING\n\n30.1 - Timely filing\n\nClaims with modifier 25\nare sent within 30 days.\n";
    for (name, bytes, section, place) in [
        (
            "rules.md",
            markdown.as_bytes().to_vec(),
            "House rules > Timely filing",
            Place::Row(5),
        ),
        (
            "policy.html",
            html.as_bytes().to_vec(),
            "Policy > Timely filing",
            Place::Row(2),
        ),
        (
            "rules.txt",
            plain.as_bytes().to_vec(),
            "30.1 - Timely filing",
            Place::Row(5),
        ),
        (
            "policy.pdf",
            pdf(&[
                "Page one\n",
                "30.1 - Timely filing\n\nClaims with modifier 25\nare sent within 30 days.\n",
            ]),
            "30.1 - Timely filing",
            Place::Page(2),
        ),
    ] {
        let reading = read(name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let passage = with(&reading, "are sent within 30 days.");
        assert_eq!(cited(passage), (section, Some(place)), "{name}");
        assert_eq!(
            passage.text, "Claims with modifier 25 are sent within 30 days.",
            "{name}"
        );
        assert_eq!(
            (passage.aspect, passage.about.as_slice()),
            (Aspect::Rule, &[code("Modifier 25")][..]),
            "{name}"
        );
        assert_eq!(passage.authority.as_str(), "payer (Example Health)");
        assert_eq!(passage.effective.to_string(), "since 2026-01-01");
        assert_eq!(
            reading.shelf.edition.licence,
            Licence::Operator {
                to_remote_models: true
            }
        );
    }
}

#[test]
fn a_docx_is_read_by_the_styles_of_its_paragraphs() {
    let reading = read("assistants.docx", docx()).expect("readable");
    assert_eq!(reading.shelf.edition.title, "Surgical assistants");
    assert_eq!(
        reading.shelf.edition.id.as_str(),
        "document-surgical-assistants-2026-01-01"
    );
    let first = with(&reading, "16 percent & no more.");
    assert_eq!(cited(first), ("Surgical assistants", Some(Place::Page(1))));
    assert_eq!(first.about, [code("Modifier 80")]);
    let second = with(&reading, "Teaching hospitals");
    assert_eq!(
        cited(second),
        ("Surgical assistants > Exceptions", Some(Place::Page(2)))
    );
    assert!(second.text.ends_with("Code | 38900"), "{}", second.text);
    assert!(!second.text.contains("gone"));
}

#[test]
fn a_document_without_authority_or_day_is_refused_by_what_is_missing() {
    let nothing = ReadOptions::default();
    let error = support::read_one("policy.pdf", pdf(&["Words\n"]), &nothing)
        .expect_err("undeclared")
        .to_string();
    for words in [
        "policy.pdf: this is a PDF",
        "--authority",
        "--effective-from",
        "policy.pdf.toml",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    let mut options = declared();
    options.effective_from = None;
    for (name, bytes) in [
        ("a.docx", docx()),
        ("a.md", b"# Rules\n\nWords.\n".to_vec()),
        ("a.txt", b"Words of rules.\n".to_vec()),
    ] {
        let error = support::read_one(name, bytes, &options)
            .expect_err("undated")
            .to_string();
        assert!(
            error.contains("--effective-from") && !error.contains("--authority"),
            "{error}"
        );
    }
    options = declared();
    options.document.effective_to = "2025-01-01".parse().ok();
    let error = support::read_one("a.txt", "Words of rules.\n", &options)
        .expect_err("ends early")
        .to_string();
    assert!(error.contains("effective_to"), "{error}");
}

#[test]
fn a_document_takes_no_table_s_name() {
    for (source, is_refused) in [
        ("mpfs-rvu", true),
        ("ICD-10-CM", true),
        ("ncci-ptp-practitioner", true),
        ("place-of-service", true),
        ("icd-10-cm-sections", true),
        ("icd-10-cm-guidelines", false),
        ("ncci-policy-manual", false),
        ("mpfs-layout", false),
    ] {
        let mut options = declared();
        options.document.source = Some(source.into());
        let read = support::read_one(
            "policy.md",
            "# Policy\n\nModifier 25 needs a note of its own.\n",
            &options,
        );
        let refusal = read.err().map(|error| error.to_string());
        assert_eq!(
            refusal
                .as_ref()
                .is_some_and(|error| error.contains("would replace it")),
            is_refused,
            "{source}: {refusal:?}"
        );
    }
}

#[test]
fn what_is_no_document_is_not_taken_for_one() {
    let nothing = ReadOptions::default();
    for (name, bytes) in [
        (
            "policy.html",
            &b"<!DOCTYPE html><html><body>A policy</body></html>"[..],
        ),
        ("readme.txt", b"Dear coder,\n"),
    ] {
        let error = support::read_one(name, bytes, &nothing)
            .expect_err("undeclared")
            .to_string();
        assert!(error.contains("not a source that Codecite reads"), "{error}");
    }
    let page = "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>The page is gone.</p></body></html>";
    let error = read("policy.html", page).expect_err("an error page").to_string();
    assert!(error.contains("error page"), "{error}");
    let error = read("codes.csv", "a,b,c\n1,2,3\n4,5,6\n")
        .expect_err("a table")
        .to_string();
    assert!(error.contains("CSV"), "{error}");
    for (bytes, why) in [
        (&b"%PDF-1.4\nnothing behind it"[..], "policy.pdf"),
        (b"%PDF-1.4\n%%EOF", "policy.pdf"),
    ] {
        let error = read("policy.pdf", bytes).expect_err("damaged").to_string();
        assert!(error.contains(why), "{error}");
    }
    let error = read("scan.pdf", pdf(&[""])).expect_err("no text").to_string();
    assert!(error.contains("OCR"), "{error}");
    let error = read("p.docx", &docx()[..300]).expect_err("cut").to_string();
    assert!(error.contains("download it again"), "{error}");
}

#[test]
fn leaflets_in_an_archive_of_tables_are_passed_over_unless_asked_for() {
    let (text, leaflet) = (
        "Claims are sent within 30 days.",
        pdf(&["Claims are sent within 30 days.\n"]),
    );
    let archive = zip(&[("leaflet.pdf", &leaflet)]);
    let error = read("release.zip", archive.clone())
        .expect_err("no table")
        .to_string();
    assert!(error.contains("leaflet.pdf"), "{error}");
    let options = ReadOptions {
        kind: Some("document".into()),
        ..declared()
    };
    let reading = support::read_one("release.zip", archive, &options).expect("asked for");
    assert_eq!(reading.shelf.passages[0].text, text);
}

#[test]
fn a_sidecar_may_stand_before_or_behind_and_never_alone() {
    let rules = || file("rules.md", "# Rules\n\nClaims are sent within 30 days.\n");
    let sidecar = |text: &str| file("rules.md.toml", text);
    let good = "authority = \"practice\"\neffective_from = 2026-02-01\neffective_to = 2026-12-31\nlicence = \"operator-no-remote\"\n";
    for files in [vec![rules(), sidecar(good)], vec![sidecar(good), rules()]] {
        let sources = read_sources(files, &ReadOptions::default());
        assert!(sources.unreadable.is_empty(), "{:?}", sources.unreadable);
        let edition = &sources.readings[0].shelf.edition;
        assert_eq!(edition.effective.to_string(), "2026-02-01 through 2026-12-31");
        assert_eq!(edition.replaced_on, "2027-01-01".parse().ok());
        assert!(!edition.licence.allows_remote_models());
    }
    for (files, why) in [
        (vec![sidecar(good)], "rules.md was not given with it"),
        (vec![rules(), sidecar("authority = 1")], "rules.md.toml"),
        (
            vec![rules(), sidecar("authority = \"practice\"")],
            "effective_from = YYYY-MM-DD in rules.md.toml",
        ),
    ] {
        let sources = read_sources(files, &ReadOptions::default());
        let errors: Vec<String> = sources.unreadable.iter().map(ToString::to_string).collect();
        assert!(
            sources.readings.is_empty() && errors.iter().any(|error| error.contains(why)),
            "{why}: {errors:?}"
        );
    }
}

#[test]
fn what_is_damaged_or_slipped_says_what_to_do() {
    let cut = &docx()[..200];
    for (name, bytes, advice) in [
        (
            "policy.pdf",
            b"%PDF-1.4 and no more".to_vec(),
            "print it to a new PDF",
        ),
        ("policy.docx", cut.to_vec(), "download it again"),
    ] {
        let error = read(name, bytes).expect_err("damaged").to_string();
        assert!(
            error.contains("download it again") && error.contains(advice),
            "{error}"
        );
    }
    let sidecar = |text: &[u8]| {
        let files = [
            file("rules.md", "# Rules\n\nReport it so.\n"),
            file("rules.md.toml", text),
        ];
        let mut sources = read_sources(files, &ReadOptions::default());
        sources
            .unreadable
            .pop()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let error = sidecar(b"title = \"caf\xe9\"");
    assert!(error.contains("in UTF-8"), "{error}");
    let error = sidecar(b"authority = \"practice\"\neffective_from = 2999-01-01\n");
    assert!(
        error.contains("2999-01-01") && error.contains("rules.md.toml"),
        "{error}"
    );
}

#[test]
fn a_pdf_whose_parts_refer_to_themselves_is_refused_and_not_followed() {
    let sound = String::from_utf8(pdf(&["Claims are sent within 30 days.\n"])).expect("ASCII");
    let circular = sound.replace(
        "/Resources << /Font << /F1 3 0 R >> >>",
        "/Resources << /Font << /F1 3 0 R >> /XObject << /X 6 0 R >> >>",
    );
    let drawing = "6 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> \
                   /Length 5 >>\nstream\n/X Do\nendstream\nendobj\nxref";
    let circular = circular
        .replacen("xref", drawing, 1)
        .replace("BT /F1", "/X Do BT /F1");
    // Whatever the reader makes of its shifted places: it comes back.
    if let Ok(reading) = read("loop.pdf", circular) {
        assert!(!reading.refused.is_empty(), "{:?}", reading.shelf.passages);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_make_a_reader_of_documents_panic(
        place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), which in 0..4_usize,
    ) {
        let (name, mut bytes) = match which {
            0 => ("a.pdf", pdf(&["30.1 - Filing\n\nWords of it.\n", "Page two\n"])),
            1 => ("a.docx", docx()),
            2 => ("a.html", b"<html><body><h1>A</h1><p>Words<br>more</p><table><tr><td>x</table></body></html>".to_vec()),
            _ => ("a.md", b"# A\n\n* one\n  * two\n\n|a|b|\n|-|-|\n|c|d|\n".to_vec()),
        };
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = read(name, bytes.clone());
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(name, bytes);
    }

    #[test]
    fn no_text_makes_a_reader_of_documents_panic(text in "\\PC{0,300}", lines in prop::collection::vec("[ #<>.()A-Za-z0-9|-]{0,40}", 0..30)) {
        for name in ["a.txt", "a.md", "a.html"] {
            let _ = read(name, text.clone());
            let _ = read(name, lines.join("\n"));
            let _ = read(name, format!("<html>{}", lines.join("\n")));
        }
    }
}
