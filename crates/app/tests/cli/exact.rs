//! Exact questions over the official tables, asked as a coder asks them: each is answered with its row.

use crate::support::{Run, own_library, shared_data};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Tables that bring no passages, so that loading them takes seconds.
const TABLES: [&str; 10] = [
    "ncci/ptp_practitioner_v30.2_2024q3.csv.gz",
    "ncci/mue_practitioner_2024q3.csv",
    "ncci/aoc_2024q3.csv",
    "mpfs/PPRRVU2025_Oct.cptdesc_stripped.csv.gz",
    "mpfs/pfs_rvu_2024_jul_derived.csv.gz",
    "mpfs/GPCI2025.csv",
    "mpfs/ZIP5_OCT2025.txt.gz",
    "crosswalks/2018_I9gem.txt.gz",
    "hcc/ra_dx_to_cc_2026.csv.gz",
    "hcc/ra_hierarchies_2026.csv",
];

/// What changed with FY2027.
const CHANGES: [&str; 2] = [
    "icd10cm/fy2027/icd10cm_fy2027_added.csv",
    "icd10cm/fy2027/icd10cm_fy2027_billable_to_header.csv",
];

/// The rows of I42 and E11 of the order list of FY2024.
fn excerpt_of_the_order_list(data: &Path, folder: &Path) -> PathBuf {
    let packed = std::fs::File::open(data.join("icd10cm/fy2024/icd10cm_order_2024_derived.csv.gz"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.expect("the order list"))
        .read_to_string(&mut text)
        .expect("it unpacks");
    let is_wanted = |line: &&str| {
        let code = line.split(',').nth(1).unwrap_or_default();
        code == "code" || code.starts_with("I42") || code.starts_with("E11")
    };
    let chosen: Vec<&str> = text.lines().filter(is_wanted).collect();
    let path = folder.join("icd10cm_order_2024_derived.csv");
    std::fs::write(&path, chosen.join("\n")).expect("a file");
    path
}

#[test]
fn questions_are_answered_from_the_rows_of_official_tables() {
    let Some(data) = shared_data() else { return };
    let folder = own_library();
    let at = folder.path();
    let paths = TABLES.iter().chain(&CHANGES).map(|path| data.join(path));
    let mut paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    paths.push(excerpt_of_the_order_list(&data, at).display().to_string());
    let mut ingest = vec!["ingest"];
    ingest.extend(paths.iter().map(String::as_str));
    Run::of(at, &ingest).good();

    for (question, said) in [
        (
            "PTP edits of 38900 with every partner on 2024-08-01",
            &["6 with 38900 in either column", "78800, indicator 0, row"][..],
        ),
        (
            "MUE and global days of 38900 on 2025-11-01",
            &[
                "ZZZ",
                "MUE value (units of service) 1",
                "3 Date of Service Edit: Clinical",
            ],
        ),
        (
            "is I42.0 billable on 2026-09-30 and on 2026-10-01",
            &[
                "on 2026-09-30                billable",
                "on 2026-10-01                a header, not billable",
            ],
        ),
        (
            "fee of 99213 in ZIP 10001 non-facility on 2025-11-15",
            // (1.30 × 1.065 + 1.35 × 1.166 + 0.10 × 1.656) × 32.3465 = 101.0568…
            &[
                "ZIP 10001, locality 13202-01 MANHATTAN",
                "non-facility fee             $101.06",
            ],
        ),
        (
            // Of the year only the release of October is loaded, and the one before is of another year.
            "fee of 99213 in ZIP 10001 non-facility for 2025",
            &[
                "non-facility fee             $101.06",
                "no release in force on 2025-01-01 that is loaded has the code",
            ],
        ),
        (
            "is I42.0 valid on 2026-09-30",
            &["on 2026-09-30                billable"],
        ),
        (
            "HCC V28 of E11.22 on 2026-03-01",
            &["CMS-HCC Model V28", "V28-37"],
        ),
        (
            "Is I10 an HCC in V28 on 2026-03-01",
            &["I10 has no HCC in V28", "58985 rows", "SHA-256"],
        ),
        (
            "How many units of 38900 a day on 2024-08-01",
            &["At most 1 unit of 38900 on one day, on practitioner claims."],
        ),
        (
            "HCC hierarchy: does HCC 36 trump HCC 38 in V28 on 2026-02-01",
            &["37, 38", "only HCC 36 counts"],
        ),
        (
            "ICD-10-CM for ICD-9 250.00 with flags",
            &[
                "ICD-9-CM 250.00: general equivalence mapping",
                "ICD-10-CM E11.9",
                "approximate",
            ],
        ),
        (
            "which modifiers bypass the edit between 38525 and 38500 on 2024-08-01",
            &["modifier indicator           1", "XE, XS, XP, XU"],
        ),
        (
            "is there an edit between 38900 and 38500 on 2024-08-01",
            &["none in force on 2024-08-01", "2546017 rows", "SHA-256"],
        ),
    ] {
        let answer = Run::of(at, &["ask", "--offline", question]).good();
        for words in said {
            assert!(
                answer.out.contains(words),
                "{words:?} in the answer to {question:?}: {answer:?}"
            );
        }
    }

    // The order list of FY2024 calls it billable, and what changed since is the last word.
    let header = Run::of(at, &["ask", "--offline", "is I42.0 billable on 2026-10-01"]).good();
    assert!(
        header.out.contains("a header, not billable") && !header.out.contains("a billable code"),
        "{header:?}"
    );

    // The relative value files list nearly every CPT code, and 99441 ended with 2024.
    let left = Run::of(at, &["ask", "--offline", "What is CPT 99441 on 2025-11-01"]).good();
    assert!(
        left.err
            .contains("CPT 99441 is not in the physician fee schedule")
            && left.err.contains("(row 18595)"),
        "{left:?}"
    );

    let fee = Run::of(at, &["fee", "99213", "--zip", "10001", "--dos", "2025-11-15"]).good();
    assert!(fee.out.contains("$"), "{fee:?}");
    let claim = Run::of(
        at,
        &[
            "check",
            "99213-25",
            "20610x3",
            "38900",
            "I42.0",
            "--dos",
            "2024-08-01",
        ],
    );
    assert_eq!(claim.code, Some(1), "38900 has no primary: {claim:?}");
    for words in [
        "Modifier 25 bypasses",
        "20610: 3 units",
        "none of its primary codes",
    ] {
        assert!(claim.out.contains(words), "{words}: {claim:?}");
    }
    let again = Run::of(at, &ingest).good();
    assert!(again.out.contains("nothing had to change"), "{again:?}");
}
