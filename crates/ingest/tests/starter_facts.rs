//! The starter knowledge base: its form, and every fact against the official table that it names.

mod support;

use codecite_codebook::{Aspect, CodeSystem, sentences};
use codecite_ingest::{IngestError, ReadOptions, SourceFile, read_sources, starter};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use support::shared_data;

/// Columns of the fee schedule file, counted from 0.
const FEE_SCHEDULE: [(&str, usize); 10] = [
    ("status_indicator", 3),
    ("work_rvu", 5),
    ("pc_tc_indicator", 13),
    ("global_days", 14),
    ("multiple_procedure_indicator", 18),
    ("bilateral_indicator", 19),
    ("assistant_indicator", 20),
    ("co_surgeon_indicator", 21),
    ("team_indicator", 22),
    ("endoscopic_base", 23),
];

/// Codes of releases newer than any official file at hand (E11.A came with FY2026): not checked here.
const NEWER_THAN_THE_FILES: [&str; 1] = ["E11.A"];

#[derive(Deserialize)]
struct Topic {
    #[serde(default)]
    fact: Vec<FactEntry>,
    #[serde(default)]
    passage: Vec<PassageEntry>,
}

#[derive(Deserialize)]
struct FactEntry {
    of: String,
    kind: String,
    edition: String,
    values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct PassageEntry {
    id: String,
    aspect: String,
    about: Vec<String>,
    effective_to: Option<toml::value::Datetime>,
    #[serde(default)]
    mentions: Vec<String>,
}

fn topics() -> Vec<(String, Topic)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/starter");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("data/starter")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a topic");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let topic = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, topic)
        })
        .collect()
}

#[test]
fn the_starter_reads_without_a_finding_and_says_enough() {
    let reading = starter().expect("the starter");
    let findings: Vec<String> = reading.refused.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let shelf = &reading.shelf;
    assert!(shelf.passages.len() >= 60, "{} passages", shelf.passages.len());
    assert_eq!(shelf.edition.rows, shelf.passages.len() as u64);
    let about = |label: &str, aspect| {
        let code = label.parse().expect("a code");
        shelf
            .passages
            .iter()
            .any(|passage| passage.about.contains(&code) && passage.aspect == aspect)
    };
    assert!(about("CPT 38900", Aspect::Definition));
    assert!(about("CPT 38900", Aspect::AddOn));
    for modifier in "25 26 50 51 57 58 59 78 79 TC XE XP XS XU".split(' ') {
        assert!(
            about(&format!("Modifier {modifier}"), Aspect::Definition),
            "modifier {modifier}"
        );
    }
    for passage in &shelf.passages {
        assert!(
            !sentences(&passage.text).is_empty() && !passage.text.contains('{'),
            "{}",
            passage.title
        );
    }
    let with_title = shelf.statuses.iter().filter(|status| status.title.is_some());
    for code in with_title.map(|status| &status.code) {
        let is_public = match code.system() {
            CodeSystem::PlaceOfService | CodeSystem::Modifier => true,
            CodeSystem::Hcpcs => !code.text().starts_with('D'),
            _ => false,
        };
        assert!(
            is_public,
            "{}: no descriptor but what CMS publishes",
            code.label()
        );
    }
}

#[test]
fn a_careless_topic_is_refused_passage_by_passage_with_lines() {
    let good = "[[passage]]\nid = \"good\"\naspect = \"rule\"\ntitle = \"Good\"\nabout = [\"CPT 99213\"]\n\
                text = \"The value of 99213 is {99213.mue.units}.\"\nauthority = \"CMS\"\ndocument = \"Manual\"\n\
                url = \"https://www.cms.gov/\"\neffective_from = 2020-01-01\nchecked = 2026-11-23\n";
    let fact = "[[fact]]\nof = \"CPT 99213\"\nkind = \"mue\"\nedition = \"MUE 2024 Q3\"\nvalues = { units = \"1\" }\n";
    let check = |change: &dyn Fn(&str) -> String, why: &str| {
        let text = format!(
            "topic = \"T\"\n{fact}{good}{}",
            change(&good.replace("\"good\"", "\"other\""))
        );
        let sources = read_sources(
            vec![SourceFile {
                name: "t.toml".into(),
                bytes: text.into_bytes(),
            }],
            &ReadOptions::default(),
        );
        let findings: Vec<String> = sources
            .readings
            .iter()
            .flat_map(|reading| &reading.refused)
            .chain(sources.unreadable.iter().filter_map(|error| match error {
                IngestError::NothingUsable { first, .. } | IngestError::MostlyRefused { first, .. } => {
                    Some(first)
                }
                IngestError::Unparsable(first) => Some(first),
                _ => None,
            }))
            .map(ToString::to_string)
            .collect();
        assert!(
            findings
                .iter()
                .any(|finding| finding.contains(why) && finding.starts_with("t.toml:")),
            "{why}: {findings:?}"
        );
    };
    let replace = |from: &'static str, to: &'static str| move |text: &str| text.replace(from, to);
    check(&replace("\"other\"", "\"good\""), "its id is taken");
    check(&replace("\"other\"", "\"Other One\""), "kebab-case");
    check(&replace("{99213.mue.units}", "{99213.mue.mai}"), "names no fact");
    check(&replace("{99213.mue.units}", "{99213"), "not closed");
    check(
        &replace("of 99213 is", "of 99214 is"),
        "\"99214\" stands in the text",
    );
    check(&replace("The value", "It is: the value"), "points back");
    check(&replace("aspect = \"rule\"", "aspect = \"essay\""), "no aspect");
    check(&replace("aspect = \"rule\"", "aspect = \"entry\""), "no aspect");
    check(&replace("CPT 99213", "CPT 9921"), "does not have the shape");
    check(&replace("title = \"Good\"", "title = \"Good.\""), "full stop");
    check(&replace("https://", "http://"), "no https address");
    check(
        &replace("document = \"Manual\"", "document = \"\""),
        "document or authority is empty",
    );
    check(
        &replace(
            "checked = 2026-11-23",
            "checked = 2026-11-23\nrelated = [\"nowhere\"]",
        ),
        "no other passage",
    );
    check(
        &replace("2020-01-01", "2020-01-01\neffective_to = 2019-01-01"),
        "cannot begin",
    );
    check(&replace("2020-01-01", "2020-01-01T00:00:00Z"), "no day");
    check(&replace("The value", "The *value*"), "markup");
    check(
        &|text| text.replace("The value", &"word ".repeat(45)),
        "at most 40",
    );
    check(
        &|text| text.replace("The value", &"One sentence more. ".repeat(60)),
        "1 to 150",
    );
    check(
        &replace("authority = \"CMS\"", "authority = \"CMS\"\ncolour = \"red\""),
        "colour",
    );
    check(
        &|_| fact.replace("CPT 99213", "CPT 99214").replace("units", "colour"),
        "no value of mue",
    );
    check(
        &|_| fact.replace("CPT 99213", "CPT 99214").replace("mue", "fee"),
        "no kind of fact",
    );
    check(&|_| fact.to_owned(), "a second fact");
    check(
        &|_| {
            fact.replace("CPT 99213", "CPT 99214")
                .replace("2024 Q3", "some day")
        },
        "from when it is in force",
    );
}

#[test]
fn every_fact_is_as_the_official_table_has_it() {
    let Some(shared) = shared_data("every_fact_is_as_the_official_table_has_it") else {
        return;
    };
    let tables = OfficialTables::read(&shared);
    let topics = topics();
    let facts: Vec<(&str, &FactEntry)> = topics
        .iter()
        .flat_map(|(file, topic)| topic.fact.iter().map(move |fact| (file.as_str(), fact)))
        .collect();
    let pairs = tables.pairs(&shared, &facts);
    let mut wrong = Vec::new();
    for (file, fact) in &facts {
        let expected_edition = match fact.kind.as_str() {
            "physician_fee_schedule" => "MPFS CY2025 October release (RVU25D)",
            "mue" => "MUE practitioner 2024 Q3",
            "add_on" => "NCCI add-on code edits 2024 Q3",
            "ptp" => "NCCI PTP practitioner v30.2",
            "hcpcs" => "HCPCS Level II October 2025 release",
            "code_status" => "ICD-10-CM FY2024 order file",
            _ => "CMS place of service code set, June 2024",
        };
        let code = fact.of.split(' ').next_back().unwrap_or_default();
        let mut problems = match fact.kind.as_str() {
            "ptp" => pairs.check(&fact.values),
            _ => tables.check(code, fact),
        };
        if fact.edition != expected_edition {
            problems.push(format!("edition {:?}", fact.edition));
        }
        wrong.extend(
            problems
                .iter()
                .map(|problem| format!("{file} {} {}: {problem}", fact.of, fact.kind)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(facts.len() > 20, "{} facts", facts.len());
    eprintln!("{} facts agree with the official tables", facts.len());
}

#[test]
fn every_code_named_stands_in_an_official_table() {
    let Some(shared) = shared_data("every_code_named_stands_in_an_official_table") else {
        return;
    };
    let tables = OfficialTables::read(&shared);
    let first_column = |path: &str, column: usize| -> HashSet<String> {
        rows(&shared, path)
            .into_iter()
            .filter_map(|row| row.into_iter().nth(column))
            .collect()
    };
    let gone = first_column("icd10cm/fy2027/icd10cm_fy2027_deleted.csv", 1);
    let mut wrong = Vec::new();
    for (file, topic) in topics() {
        for passage in &topic.passage {
            for label in passage.about.iter().chain(&passage.mentions) {
                let known = match label.rsplit_once(' ') {
                    Some(("CPT", code)) => tables.fee_schedule.contains_key(code),
                    Some(("HCPCS", code)) => tables.hcpcs.contains_key(code),
                    Some(("ICD-10-CM", code)) => {
                        tables.icd10cm.contains_key(code) && !gone.contains(code)
                            || NEWER_THAN_THE_FILES.contains(&code)
                    }
                    Some(("POS", code)) => tables.places.contains_key(code),
                    _ => true,
                };
                if !known {
                    wrong.push(format!(
                        "{file} {}: {label} stands in no official table",
                        passage.id
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A passage about a diagnosis states what holds today, and the newest whole list at hand is that of FY2024. So
/// what it states must also not stand among the changes that FY2027 brought.
#[test]
fn no_stated_diagnosis_changed_with_fy2027() {
    let Some(shared) = shared_data("no_stated_diagnosis_changed_with_fy2027") else {
        return;
    };
    let mut changed: HashMap<String, &str> = HashMap::new();
    for (file, change) in [
        ("deleted", "was deleted"),
        ("billable_to_header", "became a header"),
        ("revised_titles", "has a new title"),
    ] {
        let rows = rows(&shared, &format!("icd10cm/fy2027/icd10cm_fy2027_{file}.csv"));
        changed.extend(
            rows.into_iter()
                .filter_map(|row| Some((row.into_iter().nth(1)?, change))),
        );
    }
    for (file, topic) in topics() {
        let ends = |label: &String| {
            let mut definitions = topic
                .passage
                .iter()
                .filter(|passage| passage.aspect == "definition" && passage.about.contains(label));
            definitions.any(|passage| passage.effective_to.is_some())
        };
        for fact in topic.fact.iter().filter(|fact| fact.kind == "code_status") {
            let code = fact.of.split(' ').next_back().unwrap_or_default();
            assert!(!changed.contains_key(code), "{file}: {code} {}", changed[code]);
            assert!(
                !ends(&fact.of),
                "{file}: the definition of {code} ends, and its fact would be shown after that"
            );
        }
    }
}

/// The official tables that facts are checked against, by code.
struct OfficialTables {
    fee_schedule: HashMap<String, Vec<String>>,
    mue: HashMap<String, Vec<String>>,
    /// Primary codes by add-on code and type.
    add_on: HashMap<String, BTreeMap<String, Vec<String>>>,
    places: HashMap<String, Vec<String>>,
    hcpcs: HashMap<String, HcpcsRow>,
    icd10cm: HashMap<String, Vec<String>>,
}

impl OfficialTables {
    fn read(shared: &Path) -> Self {
        let by_code = |path| -> HashMap<String, Vec<String>> {
            rows(shared, path)
                .into_iter()
                .map(|row| (row[0].clone(), row))
                .collect()
        };
        let fee_schedule = rows(shared, "mpfs/PPRRVU2025_Oct.cptdesc_stripped.csv.gz")
            .into_iter()
            // The rows without a modifier: those of the whole service.
            .filter(|row| row.len() == 31 && row[0].len() == 5 && row[1].trim().is_empty())
            .map(|row| (row[0].clone(), row))
            .collect();
        let mut add_on: HashMap<String, BTreeMap<String, Vec<String>>> = HashMap::new();
        for row in rows(shared, "ncci/aoc_2024q3.csv") {
            let [primary, add_on_code, kind] = &row[..] else {
                panic!("an add-on row of {} columns", row.len());
            };
            let by_type = add_on.entry(add_on_code.clone()).or_default();
            by_type.entry(kind.clone()).or_default().push(primary.clone());
        }
        Self {
            fee_schedule,
            mue: by_code("ncci/mue_practitioner_2024q3.csv"),
            add_on,
            places: by_code("reference/place_of_service_codes_2024-06.csv"),
            hcpcs: hcpcs(shared),
            icd10cm: rows(shared, "icd10cm/fy2024/icd10cm_order_2024_derived.csv.gz")
                .into_iter()
                .map(|row| (row[1].clone(), row))
                .collect(),
        }
    }

    fn check(&self, code: &str, fact: &FactEntry) -> Vec<String> {
        let official = |name: &str| -> Option<String> {
            match fact.kind.as_str() {
                "physician_fee_schedule" => {
                    let (_, column) = FEE_SCHEDULE.iter().find(|(known, _)| *known == name)?;
                    Some(self.fee_schedule.get(code)?[*column].trim().to_owned())
                }
                "mue" => {
                    let row = self.mue.get(code)?;
                    match name {
                        "units" => Some(row[1].clone()),
                        // The table spells it out: "3 Date of Service Edit: Clinical".
                        "mai" => row[2].get(..1).map(str::to_owned),
                        "rationale" => Some(row[3].clone()),
                        _ => None,
                    }
                }
                "add_on" => {
                    let types = self.add_on.get(code)?;
                    let (kind, primaries) = types.first_key_value()?;
                    match name {
                        _ if types.len() > 1 => None,
                        "type" => Some(kind.clone()),
                        "primaries" => Some(primaries.join(", ")),
                        _ => None,
                    }
                }
                "hcpcs" => self.hcpcs.get(code)?.value(name),
                "code_status" => {
                    let row = self.icd10cm.get(code)?;
                    match name {
                        "title" => Some(row[3].clone()),
                        "billable" => Some(if row[2] == "1" { "yes" } else { "no" }.to_owned()),
                        _ => None,
                    }
                }
                _ => {
                    let row = self.places.get(code)?;
                    match name {
                        "setting" => Some(row[1].clone()),
                        "name" => Some(row[2].clone()),
                        _ => None,
                    }
                }
            }
        };
        fact.values
            .iter()
            .filter_map(|(name, value)| {
                let official = official(name);
                (official.as_ref() != Some(value))
                    .then(|| format!("{name} is {value:?}, the table has {official:?}"))
            })
            .collect()
    }

    /// Reads the table of pairs once, keeping what the facts ask for.
    fn pairs(&self, shared: &Path, facts: &[(&str, &FactEntry)]) -> Pairs {
        let mut pairs = Pairs::default();
        for (_, fact) in facts.iter().filter(|(_, fact)| fact.kind == "ptp") {
            let column = |name| fact.values.get(name).cloned().unwrap_or_default();
            let (one, other) = (column("column_1"), column("column_2"));
            pairs.asked.insert((one.clone(), other.clone()), None);
            pairs.asked.insert((other, one), None);
        }
        for row in rows(shared, "ncci/ptp_practitioner_v30.2_2024q3.csv.gz") {
            // An empty deletion date: the pair is active.
            if let [one, other, deleted, indicator, ..] = &row[..]
                && deleted.is_empty()
            {
                pairs.active += 1;
                if let Some(found) = pairs.asked.get_mut(&(one.clone(), other.clone())) {
                    *found = Some(indicator.clone());
                }
            }
        }
        pairs
    }
}

/// One code or modifier of the HCPCS Level II file.
struct HcpcsRow {
    description: String,
    coverage: String,
    added: String,
    terminated: String,
}

impl HcpcsRow {
    fn value(&self, name: &str) -> Option<String> {
        match name {
            "description" => Some(self.description.clone()),
            "coverage" => Some(self.coverage.clone()),
            "added" => day(&self.added),
            "terminated" => day(&self.terminated),
            _ => None,
        }
    }
}

/// `20030101` as `2003-01-01`.
fn day(digits: &str) -> Option<String> {
    (digits.len() == 8).then(|| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
}

/// The fixed-width file: a code or modifier begins with record 3 or 7, and its description goes on in records
/// 4 or 8.
fn hcpcs(shared: &Path) -> HashMap<String, HcpcsRow> {
    let path = "hcpcs/HCPC2025_OCT_ANWEB.reconstructed_fixed_width.txt.gz";
    let mut found: HashMap<String, HcpcsRow> = HashMap::new();
    for line in unpacked(shared, path).split(|byte| *byte == b'\n') {
        let line: String = line.iter().copied().map(char::from).collect();
        let columns = |from: usize, to: usize| {
            line.get(from - 1..to.min(line.len()))
                .unwrap_or("")
                .trim()
                .to_owned()
        };
        let (code, record, words) = (columns(1, 5), columns(11, 11), columns(12, 91));
        match record.as_str() {
            "3" | "7" => {
                let row = HcpcsRow {
                    description: words,
                    coverage: columns(230, 230),
                    added: columns(269, 276),
                    terminated: columns(285, 292),
                };
                found.insert(code, row);
            }
            "4" | "8" => {
                if let Some(row) = found.get_mut(&code) {
                    row.description = format!("{} {words}", row.description);
                }
            }
            _ => {}
        }
    }
    found
}

#[derive(Default)]
struct Pairs {
    active: usize,
    /// The modifier indicator of each pair asked for, `None` for a pair without an active row.
    asked: HashMap<(String, String), Option<String>>,
}

impl Pairs {
    fn check(&self, values: &BTreeMap<String, String>) -> Vec<String> {
        let column = |name| values.get(name).cloned().unwrap_or_default();
        let (one, other) = (column("column_1"), column("column_2"));
        let indicator = self.asked.get(&(one.clone(), other.clone())).cloned().flatten();
        let reverse = self.asked.get(&(other, one)).cloned().flatten();
        let mut wrong = Vec::new();
        match values.get("edit").map(String::as_str) {
            Some("none") if indicator.is_some() || reverse.is_some() => {
                wrong.push(format!("there is a row: {indicator:?}, reverse {reverse:?}"));
            }
            Some("none") => {}
            Some(other) => wrong.push(format!("edit {other:?}")),
            None if indicator != values.get("modifier_indicator").cloned() || indicator.is_none() => {
                wrong.push(format!("the table has {indicator:?}, reverse {reverse:?}"));
            }
            None => {}
        }
        if values
            .get("active_pairs")
            .is_some_and(|count| count.replace(',', "") != self.active.to_string())
        {
            wrong.push(format!("the table has {} active pairs", self.active));
        }
        wrong
    }
}

/// The bytes of a file, packed or not.
fn unpacked(shared: &Path, path: &str) -> Vec<u8> {
    let bytes = fs::read(shared.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    if !path.ends_with(".gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&bytes[..])
        .read_to_end(&mut unpacked)
        .expect("a gzip");
    unpacked
}

/// The records of a CSV file. Bytes above ASCII are read as Latin-1: none is compared.
fn rows(shared: &Path, path: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut bytes = unpacked(shared, path).into_iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
                field.push('"');
            }
            b'"' => quoted = !quoted,
            b',' if !quoted => row.push(std::mem::take(&mut field)),
            b'\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            b'\r' if !quoted => {}
            other => field.push(char::from(other)),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}
