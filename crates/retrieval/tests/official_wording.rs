//! The lexicon must not take words away from who asks in the words of the code set.

// The words as the search counts them, which is nobody else's business outside.
#[allow(dead_code, reason = "the test uses a part of it")]
#[path = "../src/stems.rs"]
mod stems;

use codecite_retrieval::Lexicon;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use stems::stems;

/// Stems that a title may lose: the nerve "[1st]" becomes "first", and the "L" of an amino acid "left".
const MAY_BE_LOST: [&str; 2] = ["1st", "l"];

#[test]
fn no_billable_title_loses_a_word() {
    let Some(titles) = billable_titles() else { return };
    assert!(titles.len() > 70_000, "{} titles", titles.len());
    let lexicon = Lexicon::parse(include_str!("../../../config/lexicon.toml")).expect("the lexicon");
    let mut lost: BTreeMap<String, &str> = BTreeMap::new();
    for title in &titles {
        let kept = stems(&lexicon.expand(title).meant);
        for stem in stems(title).difference(&kept) {
            lost.entry(stem.clone()).or_insert(title);
        }
    }
    lost.retain(|stem, _| !MAY_BE_LOST.contains(&stem.as_str()));
    assert!(
        lost.is_empty(),
        "stems lost, each with a title that loses it: {lost:#?}"
    );
}

/// The titles of the official order file; `None`, said loudly, where it is not at hand.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its runner where the official files are"
)]
fn billable_titles() -> Option<Vec<String>> {
    let folder = std::env::var_os("CODECITE_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let packed = folder.join("icd10cm/fy2021/icd10cm-order-Jan-2021.txt.gz");
    let Ok(file) = std::fs::File::open(&packed) else {
        // Not `eprintln!`, which the test harness hides: a skip must be seen.
        let told = writeln!(
            std::io::stderr(),
            "SKIPPED no_billable_title_loses_a_word: no order file at {}; set CODECITE_SHARED_DATA to the folder \
             that holds the official files",
            packed.display()
        );
        told.expect("standard error is open");
        return None;
    };
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("the order file unpacks");
    // Column 15 says whether the code may be billed, and the long title begins in column 78.
    let is_billable = |line: &&str| line.as_bytes().get(14) == Some(&b'1');
    let titles = text.lines().filter(is_billable).filter_map(|line| line.get(77..));
    Some(titles.map(|title| title.trim().to_owned()).collect())
}
