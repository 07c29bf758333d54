//! Exact rows outside the chat: fees, edits, claim checks, over small tables of their own.

use codecite_answering::{
    Claim, ClaimFinding, PaidAt, Rule, Severity, Sex, check, edits_of, edits_of_pair, everything_about, fees,
    read_line,
};
use codecite_codebook::{
    Authority, Code, CodeStatus, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow, FileDigest,
    Licence, Locator, ModifierIndicator, NaiveDate, Place, PtpEdit,
};
use codecite_tables::{EditionWriter, PtpTable, Tables};
use std::path::Path;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn code(label: &str) -> Code {
    label.parse().expect("a code in the test")
}

/// One row: kind, code, other codes, values.
type Row<'a> = (FactKind, &'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

fn edition(source: &str, is_complete: bool) -> Edition {
    Edition {
        id: EditionId::new(&format!("{source}-2025-10-01")),
        source: source.into(),
        title: format!("{source} of October 2025"),
        authority: Authority::new("CMS"),
        effective: EffectiveRange::since(day("2025-10-01")),
        replaced_on: None,
        licence: Licence::PublicDomain,
        files: vec![FileDigest {
            name: format!("{source}.txt"),
            sha256: "cd".repeat(32),
        }],
        rows: 1,
        is_complete,
    }
}

fn locator(row: u64) -> Locator {
    Locator {
        document: "table".into(),
        section: None,
        place: Some(Place::Row(row)),
        url: None,
    }
}

fn write(folder: &Path, source: &str, rows: &[Row<'_>]) {
    let edition = edition(source, false);
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    for ((kind, of, also, values), number) in rows.iter().zip(1..) {
        let fact = Fact {
            kind: *kind,
            code: code(of),
            also: also.iter().map(|label| code(label)).collect(),
            rows: values
                .iter()
                .map(|(label, value)| FactRow {
                    label: (*label).into(),
                    value: (*value).into(),
                })
                .collect(),
            edition: edition.id.clone(),
            locator: locator(number),
            effective: edition.effective,
        };
        writer.fact(&fact).expect("a fact");
    }
    writer.finish().expect("an edition");
}

fn write_diagnoses(folder: &Path, codes: &[(&str, bool)]) {
    let edition = edition("icd-10-cm", true);
    let mut writer = EditionWriter::create(folder, &edition).expect("a writer");
    for (text, billable) in codes {
        let status = CodeStatus {
            code: code(&format!("ICD-10-CM {text}")),
            title: Some(format!("title of {text}")),
            billable: *billable,
            edition: edition.id.clone(),
            effective: edition.effective,
            locator: locator(9),
        };
        writer.status(&status).expect("a status");
    }
    writer.finish().expect("an edition");
}

fn write_edits(folder: &Path, edits: &[(&str, &str, ModifierIndicator)]) {
    let mut table = PtpTable::default();
    table.begin_document(locator(1));
    for ((column1, column2, indicator), row) in edits.iter().zip(1..) {
        let edit = PtpEdit {
            column1: code(column1),
            column2: code(column2),
            indicator: *indicator,
            rationale: None,
            effective: EffectiveRange::since(day("2020-01-01")),
            begins_as_published: true,
            row,
        };
        assert!(table.push(&edit));
    }
    let mut writer =
        EditionWriter::create(folder, &edition("ncci-ptp-practitioner", false)).expect("a writer");
    writer.edits(table).expect("edits");
    writer.finish().expect("an edition");
}

const VISIT: &[(&str, &str)] = &[
    ("status indicator", "A"),
    ("work RVU", "1.30"),
    ("non-facility PE RVU", "1.33"),
    ("facility PE RVU", "0.55"),
    ("malpractice RVU", "0.10"),
    ("conversion factor", "32.3465"),
    ("bilateral surgery indicator", "0"),
];

fn shelves() -> (TempDir, Tables) {
    use ModifierIndicator::{Allowed, NotAllowed};
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let pfs = FactKind::PhysicianFeeSchedule;
    write(
        at,
        "mpfs-rvu",
        &[
            (pfs, "CPT 99213", &[], VISIT),
            (
                pfs,
                "CPT 20610",
                &[],
                &[
                    ("status indicator", "A"),
                    ("bilateral surgery indicator", "1"),
                    ("assistant at surgery indicator", "1"),
                ],
            ),
            (pfs, "CPT 36415", &[], &[("status indicator", "X")]),
            (pfs, "CPT 99000", &[], &[("status indicator", "B")]),
        ],
    );
    write(
        at,
        "mpfs-gpci",
        &[(
            FactKind::Gpci,
            "Locality 13202-01",
            &[],
            &[
                ("locality name", "MANHATTAN"),
                ("work GPCI", "1.061"),
                ("PE GPCI", "1.172"),
                ("malpractice GPCI", "1.481"),
            ],
        )],
    );
    write(
        at,
        "mpfs-zip5",
        &[(
            FactKind::Locality,
            "ZIP 10001",
            &["Locality 13202-01"],
            &[("state", "NY")],
        )],
    );
    write(
        at,
        "ncci-mue-practitioner",
        &[
            (
                FactKind::Mue,
                "CPT 20610",
                &[],
                &[
                    ("MUE value (units of service)", "2"),
                    (
                        "MUE adjudication indicator (MAI)",
                        "3 Date of Service Edit: Clinical",
                    ),
                ],
            ),
            (
                FactKind::Mue,
                "CPT 99213",
                &[],
                &[
                    ("MUE value (units of service)", "1"),
                    (
                        "MUE adjudication indicator (MAI)",
                        "2 Date of Service Edit: Policy",
                    ),
                ],
            ),
        ],
    );
    let add_on = |primary| {
        [
            ("add-on code", "38900"),
            ("primary code", primary),
            ("add-on code type", "1"),
        ]
    };
    write(
        at,
        "ncci-aoc",
        &[
            (FactKind::AddOn, "CPT 38900", &["CPT 38500"], &add_on("38500")),
            (FactKind::AddOn, "CPT 38900", &["CPT 38525"], &add_on("38525")),
        ],
    );
    write(
        at,
        "icd-10-cm-tabular",
        &[
            (
                FactKind::Note,
                "ICD-10-CM E11",
                &[],
                &[
                    ("kind", "excludes1"),
                    ("text", "type 1 diabetes mellitus (E10.-)"),
                    ("codes", "E10.-"),
                ],
            ),
            (
                FactKind::Note,
                "ICD-10-CM N18",
                &[],
                &[
                    ("kind", "code first"),
                    ("text", "any associated diabetic chronic kidney disease"),
                    ("codes", "E11.22"),
                ],
            ),
            (
                FactKind::SeventhCharacters,
                "ICD-10-CM S52",
                &[],
                &[
                    ("A", "initial encounter for closed fracture"),
                    ("D", "subsequent encounter"),
                ],
            ),
        ],
    );
    write(
        at,
        "mce",
        &[(
            FactKind::CodeEdit,
            "ICD-10-CM O80",
            &[],
            &[("edit", "Female diagnosis"), ("sex", "female"), ("age", "9-64")],
        )],
    );
    write_diagnoses(
        at,
        &[
            ("E10.9", true),
            ("E11", false),
            ("E11.9", true),
            ("N18.30", true),
            ("O80", true),
            ("S52.521", false),
        ],
    );
    write_edits(
        at,
        &[
            ("CPT 99213", "CPT 36415", NotAllowed),
            ("CPT 20610", "CPT 99213", Allowed),
        ],
    );
    let tables = Tables::open(at).expect("tables");
    (folder, tables)
}

const DATE: &str = "2025-12-01";

#[test]
fn a_fee_is_worked_out_from_its_rows() {
    let (_folder, tables) = shelves();
    let fee = |paid_at: &PaidAt, label: &str| {
        let found = fees(&code("CPT 99213"), paid_at, day(DATE), &tables).expect("an answer");
        let first = found.rows.first();
        first.and_then(|fact| fact.value(label).map(str::to_owned))
    };
    // (1.30 × 1.061 + 1.33 × 1.172 + 0.10 × 1.481) × 32.3465 = 3.08616 × 32.3465 = 99.8264…
    assert_eq!(
        fee(&PaidAt::Zip(code("ZIP 10001")), "non-facility fee").as_deref(),
        Some("$99.83")
    );
    let facility = fee(&PaidAt::Locality(code("Locality 13202-01")), "facility fee");
    // (1.3793 + 0.55 × 1.172 + 0.1481) × 32.3465 = 2.172 × 32.3465 = 70.2566
    assert_eq!(facility.as_deref(), Some("$70.26"));
    assert_eq!(
        fee(&PaidAt::National, "non-facility fee").as_deref(),
        Some("$88.31")
    );
    assert_eq!(fee(&PaidAt::Zip(code("ZIP 99999")), "non-facility fee"), None);
    let bundled = fees(&code("CPT 99000"), &PaidAt::National, day(DATE), &tables).expect("an answer");
    let why = bundled.why_none.expect("a bundled service has no fee");
    assert!(
        bundled.rows.is_empty() && why.contains("status indicator"),
        "{why}"
    );
}

#[test]
fn a_fee_of_another_release_of_the_year_says_so_and_years_are_not_mixed() {
    let (_folder, tables) = shelves();
    let paid = |paid_at: PaidAt, date: &str| {
        fees(&code("CPT 99213"), &paid_at, day(date), &tables).expect("an answer")
    };
    let zip = |text: &str| PaidAt::Zip(code(&format!("ZIP {text}")));
    let fee = |date: &str| {
        let found = paid(zip("10001"), date);
        let [fee] = found.rows.as_slice() else {
            panic!("one fee on {date}: {found:?}");
        };
        (
            fee.value("non-facility fee").map(str::to_owned),
            fee.value("release").unwrap_or_default().to_owned(),
        )
    };
    let (amount, release) = fee("2025-01-15");
    assert_eq!(amount.as_deref(), Some("$99.83"));
    assert!(
        release.contains("since 2025-10-01") && release.contains("2025-01-15"),
        "{release}"
    );
    let (amount, release) = fee("2026-03-01");
    assert_eq!(amount.as_deref(), Some("$99.83"));
    assert!(
        release.contains("amounts of 2025") && release.contains("no release of 2026"),
        "{release}"
    );
    let before = paid(PaidAt::National, "2024-12-31");
    assert!(before.rows.is_empty() && before.why_none.expect("why").contains("PPRRVU"));
    let elsewhere = paid(zip("99999"), DATE);
    assert!(elsewhere.why_none.expect("why").contains("ZIP 99999"));
}

#[test]
fn a_pair_is_answered_with_its_row_or_with_the_proof_that_there_is_none() {
    let (_folder, tables) = shelves();
    let pair = |one: &str, other: &str, date: &str| {
        edits_of_pair(&code(one), &code(other), None, day(date), &tables).expect("an answer")
    };
    let found = pair("CPT 99213", "CPT 20610", DATE);
    assert_eq!(found[0].value("column 1"), Some("20610"));
    assert_eq!(found[0].locator.place, Some(Place::Row(2)));
    assert!(
        found[0]
            .value("modifiers that can bypass it")
            .is_some_and(|list| list.contains("25") && list.contains("XU"))
    );
    let none = pair("CPT 38900", "CPT 99213", DATE);
    assert_eq!(none[0].value("edit"), Some("none in force on 2025-12-01"));
    let searched = none[0].value("table searched").expect("the table");
    assert!(searched.contains("2 rows"), "{searched}");
    assert!(
        none[0]
            .value("SHA-256 of the file")
            .is_some_and(|digest| digest.contains(&"cd".repeat(32)))
    );
    assert!(
        pair("CPT 38900", "CPT 99213", "2025-09-30").is_empty(),
        "no table of that date: nothing is claimed"
    );
    let all = edits_of(&code("CPT 99213"), None, day(DATE), &tables).expect("an answer");
    assert_eq!(all[0].rows.len(), 3, "a count and two partners: {all:?}");
}

#[test]
fn a_code_inherits_what_stands_above_it() {
    let (_folder, tables) = shelves();
    let about = |label: &str, kind| -> Vec<Fact> {
        let facts = everything_about(&code(label), None, day(DATE), &tables).expect("an answer");
        facts.into_iter().filter(|fact| fact.kind == kind).collect()
    };
    let characters = about("ICD-10-CM S52.521", FactKind::SeventhCharacters);
    assert_eq!(
        characters[0].value("A"),
        Some("initial encounter for closed fracture")
    );
    assert_eq!(about("ICD-10-CM E11.9", FactKind::Note).len(), 1);
    let primaries = about("CPT 38900", FactKind::AddOn);
    assert_eq!(
        primaries[0].value("primary codes"),
        Some("38500, 38525"),
        "one row for all"
    );
    let add_ons = about("CPT 38500", FactKind::AddOn);
    assert_eq!(
        add_ons[0].value("add-on codes that it is a primary of"),
        Some("38900")
    );
}

fn findings(lines: &[&str], age_years: Option<u16>, sex: Option<Sex>) -> Vec<ClaimFinding> {
    let (_folder, tables) = shelves();
    let claim = Claim {
        lines: lines
            .iter()
            .map(|line| read_line(line).expect("a line"))
            .collect(),
        date_of_service: day(DATE),
        setting: None,
        age_years,
        sex,
    };
    check(&claim, &tables).expect("a report").findings
}

#[track_caller]
fn assert_found(findings: &[ClaimFinding], severity: Severity, rule: Rule, words: &str) {
    let fits = |finding: &&ClaimFinding| {
        finding.severity == severity && finding.rule == rule && finding.text.contains(words)
    };
    assert!(
        findings.iter().any(|finding| fits(&finding)),
        "{severity:?} {rule:?} {words:?} in {findings:#?}"
    );
}

#[test]
fn a_claim_is_checked_against_every_rule() {
    use Severity::{Error, Note, Passed, Warning};
    let found = findings(
        &["99213", "20610-50x3", "36415", "99000", "E11.9", "E10.9"],
        None,
        None,
    );
    assert_found(&found, Error, Rule::Ptp, "99213 is column 2 under 20610");
    assert_found(&found, Error, Rule::Ptp, "no modifier bypasses");
    assert_found(&found, Warning, Rule::Mue, "20610: 3 units");
    assert_found(&found, Passed, Rule::Mue, "99213: 1 of at most 1");
    assert_found(&found, Passed, Rule::Modifier, "modifier 50");
    assert_found(&found, Error, Rule::FeeScheduleStatus, "99000 is bundled");
    assert_found(&found, Note, Rule::FeeScheduleStatus, "36415");
    assert_found(&found, Error, Rule::TabularNote, "excludes1");
    assert_found(&found, Passed, Rule::Ptp, "No NCCI edit between 20610 and 36415");
    assert!(
        found
            .iter()
            .all(|finding| finding.fact.is_some() || finding.rule == Rule::CodeStatus)
    );

    let found = findings(&["99213-25", "20610-80", "38900", "E11", "E99.99"], None, None);
    assert_found(&found, Warning, Rule::Ptp, "Modifier 25 bypasses");
    assert_found(&found, Error, Rule::Modifier, "modifier 80");
    assert_found(&found, Error, Rule::AddOn, "none of its primary codes");
    assert_found(&found, Error, Rule::CodeStatus, "ICD-10-CM E11 is a header");
    assert_found(&found, Error, Rule::CodeStatus, "ICD-10-CM E99.99 does not exist");

    let found = findings(&["38900", "38525", "O80"], Some(70), Some(Sex::Male));
    assert_found(&found, Passed, Rule::AddOn, "primary 38525");
    assert_found(&found, Error, Rule::CodeEdit, "sex");
    let found = findings(&["N18.30", "O80"], Some(70), Some(Sex::Female));
    assert_found(&found, Error, Rule::CodeEdit, "ages 9 to 64");
    assert_found(&found, Warning, Rule::TabularNote, "N18.30 is listed first");
}
