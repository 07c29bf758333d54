//! `ingest`: onto the shelves, twice, and not at all.

use crate::support::{Run, order_file, own_library};

#[test]
fn the_official_order_file_is_loaded_once_and_then_known() {
    let folder = own_library();
    let data = folder.path();
    let Some(file) = order_file(data) else {
        return;
    };
    let file = file.to_str().expect("UTF-8");
    let first = Run::of(data, &["ingest", file]).good();
    assert!(
        first.out.contains("unchanged 0") && first.out.contains("refused 0"),
        "{first:?}"
    );
    assert!(first.out.contains("passages can be found now"), "{first:?}");
    let second = Run::of(data, &["ingest", file]).good();
    assert!(
        second.out.contains("new 0") && second.out.contains("nothing had to change"),
        "{second:?}"
    );

    let editions = Run::of(data, &["editions"]).good();
    assert!(
        editions.out.contains("starter") && editions.out.contains("2021-01-01"),
        "{editions:?}"
    );
    let run = Run::of(data, &["lookup", "E119"]).good();
    assert!(
        run.out
            .contains("ICD-10-CM E11.9  Type 2 diabetes mellitus without complications"),
        "{run:?}"
    );
    let header = Run::of(data, &["lookup", "E11"]).good();
    assert!(header.out.contains("a header, not billable"), "{header:?}");
    assert!(
        header.out.contains("    E11.00  ") && header.out.contains("and more"),
        "{header:?}"
    );
    let small = Run::of(data, &["lookup", "E11.32"]).good();
    assert!(
        small.out.contains("    E11.3299  ") && !small.out.contains("and more"),
        "{small:?}"
    );
    let typo = Run::of(data, &["lookup", "E118X"]);
    assert_eq!(typo.code, Some(1), "{typo:?}");

    let question = "Which ICD-10-CM code for type 2 diabetes with mild nonproliferative retinopathy with macular \
                    edema, right eye?";
    let answer = Run::of(data, &["ask", question]).good();
    assert!(answer.out.contains("E11.3211"), "{answer:?}");
    assert!(
        answer.err.contains("note:"),
        "a release of 2021 is stale, and the reader is told: {answer:?}"
    );
    let starter = Run::of(data, &["ask", "What is CPT 38900?"]).good();
    assert!(
        starter.out.contains("Sources"),
        "what was loaded before is still there: {starter:?}"
    );
}

#[test]
fn damaged_lines_are_refused_by_number_and_the_rest_is_loaded() {
    let folder = own_library();
    let data = folder.path();
    let Some(file) = order_file(data) else {
        return;
    };
    let text = std::fs::read_to_string(&file).expect("the file");
    let mut lines: Vec<&str> = text.lines().take(40).collect();
    lines.insert(9, "00010 ??????? 9 this is no line of an order file");
    std::fs::write(&file, lines.join("\r\n")).expect("the file");
    let run = Run::of(data, &["ingest", file.to_str().expect("UTF-8")]).good();
    assert!(run.err.contains("icd10cm-order-Jan-2021.txt:10:"), "{run:?}");
    assert!(run.out.contains("refused 1"), "{run:?}");
}

#[test]
fn what_is_no_source_is_refused_and_changes_nothing() {
    let folder = own_library();
    let data = folder.path();
    let editions = Run::of(data, &["editions", "--json"]).good().out;
    let doctor = Run::of(data, &["doctor"]).good().out;
    let garbage: Vec<u8> = (0..10_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (name, bytes) in [
        ("garbage.bin", garbage.as_slice()),
        (
            "letter.txt",
            b"Dear Sir or Madam,\nplease find enclosed nothing.\n",
        ),
        ("empty.txt", b""),
        ("broken.zip", b"PK\x03\x04 and then nothing that unpacks"),
        ("broken.txt.gz", b"\x1f\x8b\x08\x00 and then nothing that unpacks"),
    ] {
        let file = data.join(name);
        std::fs::write(&file, bytes).expect("a file");
        let run = Run::of(data, &["ingest", file.to_str().expect("UTF-8")]);
        assert_eq!(run.code, Some(1), "{name}: {run:?}");
        assert!(
            run.err.contains(name) && run.err.contains("not read:"),
            "{name}: {run:?}"
        );
        assert!(run.err.contains("as it was"), "{name}: {run:?}");
        assert!(!run.err.contains("panicked"), "{name}: {run:?}");
        std::fs::remove_file(&file).expect("the file goes");
    }
    let missing = Run::of(data, &["ingest", "/nowhere/at/all.txt"]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.err.contains("/nowhere/at/all.txt cannot be read"),
        "{missing:?}"
    );
    assert_eq!(Run::of(data, &["editions", "--json"]).good().out, editions);
    assert_eq!(
        Run::of(data, &["doctor"]).good().out,
        doctor,
        "the same generation is live"
    );
}

#[test]
fn loading_the_starter_again_changes_nothing() {
    let folder = own_library();
    let run = Run::of(folder.path(), &["ingest", "--starter"]).good();
    assert!(
        run.out.contains("new 0") && run.out.contains("nothing had to change"),
        "{run:?}"
    );
}
