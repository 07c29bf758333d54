//! `ingest`: onto the shelves, twice, and not at all.

use crate::support::{Run, order_file, own_library};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sixty lines of the official order file, with those of E11.3211 and its neighbours.
fn excerpt(folder: &Path) -> PathBuf {
    let name = "icd10cm-order-Jan-2021-excerpt.txt";
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/fixtures");
    let path = folder.join(name);
    fs::copy(fixtures.join(name), &path).expect("the excerpt is copied");
    path
}

fn ingest(data: &Path, file: &Path) -> Run {
    Run::of(data, &["ingest", file.to_str().expect("UTF-8")])
}

/// A topic file with one passage.
fn topic(text: &str) -> String {
    format!(
        "topic = \"Ours\"\n[[passage]]\nid = \"ours\"\naspect = \"rule\"\ntitle = \"Lunch\"\nabout = []\n\
         text = {text:?}\nauthority = \"Our practice\"\ndocument = \"House rules\"\n\
         url = \"https://example.org/\"\neffective_from = 2020-01-01\nchecked = 2026-11-23\n"
    )
}

#[test]
fn an_excerpt_of_the_order_file_is_loaded_once_and_then_known() {
    let folder = own_library();
    check_loading(folder.path(), &excerpt(folder.path()));
}

#[test]
fn the_official_order_file_is_loaded_once_and_then_known() {
    let folder = own_library();
    if let Some(file) = order_file(folder.path()) {
        check_loading(folder.path(), &file);
    }
}

fn check_loading(data: &Path, file: &Path) {
    let file = file.to_str().expect("UTF-8");
    let first = Run::of(data, &["ingest", file]).good();
    assert!(
        first.out.contains("unchanged 0") && first.out.contains("refused 0"),
        "{first:?}"
    );
    assert!(first.out.contains("passages can be found now"), "{first:?}");
    let second = Run::of(data, &["ingest", file]).good();
    assert!(
        second.out.contains("loaded already") && second.out.contains("nothing had to change"),
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

/// What is loaded with gaps is loaded, and whoever waits for the exit status hears of the gaps.
#[test]
fn damaged_lines_are_refused_by_number_and_the_rest_is_loaded() {
    let folder = own_library();
    let data = folder.path();
    let file = excerpt(data);
    let text = fs::read_to_string(&file).expect("the file");
    let mut lines: Vec<&str> = text.lines().collect();
    for place in 0..25 {
        lines.insert(2 * place, "00010 ??????? 9 this is no line of an order file");
    }
    fs::write(&file, lines.join("\r\n")).expect("the file");
    let report = data.join("refused.txt");
    let (file, report) = (file.to_str().expect("UTF-8"), report.to_str().expect("UTF-8"));
    let run = Run::of(data, &["ingest", file, "--report", report]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err.contains("icd10cm-order-Jan-2021-excerpt.txt:3:"),
        "{run:?}"
    );
    assert!(
        run.err
            .contains("5 more of ICD-10-CM order file, January 2021; --report"),
        "{run:?}"
    );
    assert!(
        run.out.contains("read 84, new 59") && run.out.contains("refused 25"),
        "{run:?}"
    );
    let told = fs::read_to_string(report).expect("the report");
    assert_eq!(told.lines().count(), 25, "{told}");
    assert!(told.contains("icd10cm-order-Jan-2021-excerpt.txt:49:"), "{told}");
    Run::of(data, &["lookup", "E11.3211"]).good();
}

#[test]
fn a_file_that_is_mostly_damaged_leaves_what_was_loaded() {
    let folder = own_library();
    let data = folder.path();
    let file = excerpt(data);
    ingest(data, &file).good();
    let damaged = fs::read_to_string(&file).expect("the file").replace("E11", "E??");
    fs::write(&file, damaged).expect("the file");
    let run = ingest(data, &file);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err.contains("56 of its 59 lines or passages were refused"),
        "{run:?}"
    );
    Run::of(data, &["lookup", "E11.3211"]).good();
}

#[test]
fn a_practices_own_topic_stands_beside_the_starter() {
    let folder = own_library();
    let data = folder.path();
    let file = data.join("house rules.toml");
    fs::write(&file, topic("Lunch is served in the marmalade room at noon.")).expect("a topic");
    let run = ingest(data, &file).good();
    assert!(run.out.contains("(topic-house-rules)"), "{run:?}");
    let editions = Run::of(data, &["editions"]).good();
    assert!(editions.out.contains("starter"), "{editions:?}");
    let found = Run::of(data, &["search", "marmalade", "room"]).good();
    assert!(found.out.contains("marmalade room"), "{found:?}");
    Run::of(data, &["lookup", "38900"]).good();

    // A slip of the pen does not remove it.
    fs::write(&file, topic("Lunch").replace("aspect =", "aspect")).expect("a topic");
    let run = ingest(data, &file);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("not read: house rules.toml:"), "{run:?}");
    let found = Run::of(data, &["search", "marmalade", "room"]).good();
    assert!(found.out.contains("marmalade room"), "{found:?}");
}

#[test]
fn what_is_no_file_or_larger_than_any_source_is_not_read() {
    let folder = own_library();
    let data = folder.path();
    let pipe = data.join("pipe.txt");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success(), "a pipe");
    let large = data.join("icd10cm_order_2024.txt");
    let file = fs::File::create(&large).expect("a file");
    file.set_len(300 << 20).expect("a large one, with nothing in it");
    for (path, why) in [
        (pipe.as_path(), "it is no regular file"),
        (Path::new("/dev/zero"), "it is no regular file"),
        (large.as_path(), "has 300 MB, and no source has more than 256"),
    ] {
        let run = ingest(data, path);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.err.contains(why), "{path:?}: {run:?}");
        assert!(run.err.contains("as it was"), "{path:?}: {run:?}");
    }
    // What is beside it in a load is loaded.
    let (pipe, good) = (pipe.to_str().expect("UTF-8"), excerpt(data));
    let run = Run::of(data, &["ingest", pipe, good.to_str().expect("UTF-8")]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("new 59"), "{run:?}");
}

#[test]
fn a_damaged_index_is_discarded_and_built_from_nothing() {
    let folder = own_library();
    let data = folder.path();
    let file = excerpt(data);
    fs::write(data.join("index/CURRENT"), "rubbish").expect("damage");
    let run = ingest(data, &file);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("codecite ingest --from-nothing"), "{run:?}");

    // What cannot be read does not cost the index, damaged as it is.
    let run = Run::of(data, &["ingest", "--from-nothing", "/nowhere/at/all.txt"]);
    assert!(run.err.contains("as it was"), "{run:?}");
    assert_eq!(
        fs::read_to_string(data.join("index/CURRENT")).expect("it"),
        "rubbish"
    );

    let run = Run::of(data, &["ingest", "--from-nothing", file.to_str().expect("UTF-8")]).good();
    assert!(run.out.contains("59 passages can be found now"), "{run:?}");
    assert!(
        run.err
            .contains("starter is in the tables and no more in the index; run `codecite ingest --starter`"),
        "{run:?}"
    );
    Run::of(data, &["ingest", "--starter"]).good();
    let found = Run::of(data, &["search", "sentinel lymph node mapping"]).good();
    assert!(found.out.contains("38900"), "{found:?}");
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

#[test]
fn the_word_of_a_payer_stands_beside_the_public_rule_and_first_where_it_is_asked_for() {
    let folder = own_library();
    let data = folder.path();
    let policy = data.join("policy.md");
    let text = "# Modifier 25\n\nThis policy of Example Health is about modifier 25.\n\n## Rule\n\nExample Health denies modifier 25 \
                with 99213 on the same day as 20610 unless the record shows a separate diagnosis.\n";
    std::fs::write(&policy, text).expect("a file");
    let policy = policy.to_str().expect("UTF-8");
    let said_of_it = [
        "--authority",
        "payer",
        "--jurisdiction",
        "Example Health",
        "--title",
        "Modifier 25 policy",
        "--effective-from",
        "2024-01-01",
    ];
    Run::of(data, &[&["ingest", policy][..], &said_of_it].concat()).good();
    let ask = |question: &str| Run::of(data, &["ask", "--dos", "2024-08-01", question]).good();
    let rule = "Example Health denies modifier 25 with 99213";
    let beside = ask("Can 99213 with modifier 25 be billed with 20610?");
    assert!(
        beside.out.contains(rule) && beside.err.contains("Several authorities"),
        "{beside:?}"
    );
    let named = ask("Does Example Health deny modifier 25 with 99213 and 20610?");
    let places = [rule, "Yes, 99213"].map(|words| named.out.find(words));
    assert!(
        places[0].is_some() && places[0] < places[1].or(Some(usize::MAX)),
        "{named:?}"
    );
}

#[test]
fn an_edition_in_two_forms_is_read_once_and_one_that_shrank_is_refused() {
    let folder = own_library();
    let data = folder.path();
    let files = data.join("files");
    std::fs::create_dir(&files).expect("a folder");
    let header = "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI (with 1.0 Floor),\
                  2025 PE GPCI,2025 MP GPCI\n";
    let rows: String = (10..=99)
        .flat_map(|number| {
            [10_112, 13_202].map(|mac| format!("{mac},NY,{number},PLACE {number},1.000,0.900,1.100\n"))
        })
        .collect();
    std::fs::write(files.join("GPCI2025.csv"), format!("{header}{rows}")).expect("a file");
    std::fs::write(files.join("GPCI2025_copy.csv"), format!("{header}{rows}\n")).expect("a file");
    let path = files.to_str().expect("UTF-8");
    let first = Run::of(data, &["ingest", path]).good();
    assert!(first.out.contains("read 180"), "{first:?}");
    let again = Run::of(data, &["ingest", path]).good();
    assert!(
        again.out.contains("loaded already") && again.out.contains("nothing had to change"),
        "{again:?}"
    );

    std::fs::remove_file(files.join("GPCI2025_copy.csv")).expect("the copy goes");
    let half: String = rows.lines().take(90).map(|row| format!("{row}\n")).collect();
    std::fs::write(files.join("GPCI2025.csv"), format!("{header}{half}")).expect("a file");
    let cut = Run::of(data, &["ingest", path]);
    assert_eq!(cut.code, Some(1), "{cut:?}");
    assert!(
        cut.err.contains("is loaded with 180 rows") && cut.err.contains("codecite forget"),
        "{cut:?}"
    );
    let editions = Run::of(data, &["editions"]).good();
    assert!(editions.out.contains("180 rows"), "{editions:?}");
}

#[test]
fn doctor_sees_passages_whose_table_file_is_gone() {
    let folder = own_library();
    let data = folder.path();
    std::fs::remove_file(data.join("tables/starter.sqlite")).expect("the file goes");
    let run = Run::of(data, &["doctor"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.out
            .contains("passages are of editions that the tables do not have"),
        "{run:?}"
    );
}
