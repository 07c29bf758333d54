//! What comes well: fetched, loaded, and not fetched again.

use crate::mirror::Mirror;
use crate::support::{Catalogue, Run, data_folder, editions, mue, record, shared, zip_of};
use sha2::{Digest, Sha256};

const PRACTITIONER: &str = "/files/zip/mue-practitioner.zip";
const DME: &str = "/files/zip/mue-dme.zip";

fn two() -> Catalogue {
    Catalogue::new()
        .with("mue-practitioner", PRACTITIONER, "")
        .with("mue-dme", DME, "")
}

#[test]
fn releases_are_fetched_and_loaded_and_not_fetched_again() {
    let folder = data_folder();
    two().write(folder.path());
    let practitioner = mue("Practitioner Services", 3);
    let digest = hex::encode(Sha256::digest(&practitioner));
    let mirror = Mirror::serve([
        (PRACTITIONER, practitioner),
        (DME, mue("DME Supplier Services", 1)),
    ]);
    let sync = |args: &[&str]| Run::sync(folder.path(), &[args, &["--mirror", &mirror.url()]].concat());
    sync(&[])
        .ends_with(0)
        .says(&["mue-practitioner: fetched", "mue-dme: fetched", "MB/s"]);
    let loaded = editions(folder.path());
    assert!(
        loaded.contains("ncci-mue-practitioner") && loaded.contains("ncci-mue-dme"),
        "{loaded}"
    );
    let known = record(folder.path(), "mue-practitioner");
    assert_eq!(known["sha256"], digest.as_str());
    assert_eq!(
        known["url"],
        "http://publisher.invalid/files/zip/mue-practitioner.zip"
    );
    assert_eq!(known["from"], format!("{}{PRACTITIONER}", mirror.url()).as_str());
    assert!(
        known["etag"].is_string() && known["fetched_on"].is_string(),
        "{known}"
    );
    assert!(
        mirror
            .take_requests()
            .iter()
            .all(|request| request.status == "200 OK")
    );

    sync(&[]).ends_with(0).says(&[
        "mue-practitioner: unchanged",
        "mue-dme: unchanged",
        "nothing had to change",
    ]);
    let asked = mirror.take_requests();
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|request| request.status == "304 Not Modified" && request.sent == 0),
        "{asked:?}"
    );

    // The publisher corrects one of them under the same address.
    mirror.put(PRACTITIONER, mue("Practitioner Services", 4));
    sync(&[]).ends_with(0).says(&[
        "mue-practitioner: its publisher has changed it",
        "mue-dme: unchanged",
    ]);
    // Ends with 1: an edit is no description of the code.
    Run::verb(folder.path(), &["lookup", "99213", "--dos", "2024-08-01"])
        .says(&["MUE value (units of service)      4"]);

    // Only what is named.
    mirror.take_requests();
    sync(&["mue-dme"]).ends_with(0);
    assert_eq!(mirror.requests().len(), 1);
}

#[test]
fn a_pinned_release_that_is_here_needs_nobody() {
    let folder = data_folder();
    let bytes = mue("Practitioner Services", 3);
    let pin = format!("sha256 = \"{}\"", hex::encode(Sha256::digest(&bytes)));
    Catalogue::new()
        .with("mue", PRACTITIONER, &pin)
        .write(folder.path());
    let mirror = Mirror::serve([(PRACTITIONER, bytes)]);
    let sync = || Run::sync(folder.path(), &["--mirror", &mirror.url()]);
    sync().ends_with(0).says(&["mue: fetched"]);
    assert_eq!(mirror.take_requests().len(), 1);
    sync().ends_with(0).says(&["mue: unchanged"]);
    assert!(mirror.take_requests().is_empty());

    // Bytes that changed on the disk are not taken for those that were fetched.
    let kept = folder.path().join("downloads/mue/mue-practitioner.zip");
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    sync().ends_with(0).says(&["mue: fetched"]);
    assert_eq!(mirror.take_requests().len(), 1);
}

#[test]
fn what_the_catalogue_says_of_a_file_is_said_when_it_is_loaded() {
    let folder = data_folder();
    // Its name and content say nothing of the day.
    let text = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n\
                99213,3,3 Date of Service Edit: Clinical,Clinical: Data\n";
    let mirror = Mirror::serve([("/mue.zip", zip_of(&[("table.csv", text.as_bytes())]))]);
    let sync = || Run::sync(folder.path(), &["--mirror", &mirror.url()]);
    Catalogue::new().with("mue", "/mue.zip", "").write(folder.path());
    sync()
        .ends_with(1)
        .says(&["not everything was fetched and loaded", "mue.zip"]);
    let said = Catalogue::new().with(
        "mue",
        "/mue.zip",
        "effective_from = 2025-01-01\nas = \"ncci-mue\"",
    );
    said.write(folder.path());
    sync().ends_with(0).says(&["mue: unchanged"]);
    let loaded = editions(folder.path());
    assert!(loaded.contains("2025-01-01"), "{loaded}");
    // Loaded with the same words before, it is not read again.
    sync()
        .ends_with(0)
        .says(&["loaded already", "nothing had to change"]);
}

#[test]
fn files_are_kept_where_the_operator_says() {
    let folder = data_folder();
    let keep = tempfile::tempdir().unwrap();
    two().write(folder.path());
    let mirror = Mirror::serve([(DME, mue("DME Supplier Services", 1))]);
    let keep_arg = keep.path().to_str().unwrap();
    // The mirror of the settings, below a path of its own.
    let environment = [("CODECITE_SYNC__MIRROR", mirror.url())];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Run::sync_in(folder.path(), &["mue-dme", "--keep", keep_arg], &environment).ends_with(0);
    assert!(keep.path().join("mue-dme/mue-dme.zip").is_file());
    assert!(keep.path().join("releases.json").is_file());
    assert!(!folder.path().join("downloads").exists());
}

#[test]
fn the_proxy_of_the_environment_is_asked() {
    let folder = data_folder();
    two().write(folder.path());
    let proxy = Mirror::serve([(DME, mue("DME Supplier Services", 1))]);
    Run::sync_in(folder.path(), &["mue-dme"], &[("HTTP_PROXY", &proxy.url())]).ends_with(0);
    let asked: Vec<String> = proxy
        .requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(asked, [format!("http://publisher.invalid{DME}")]);
}

#[test]
fn the_publishers_own_files_are_loaded() {
    let Some(practitioner) = shared("ncci/mue_practitioner_2024q3.csv") else {
        return;
    };
    let Some(hospital) = shared("ncci/mue_outpatient_hospital_2024q3.csv") else {
        return;
    };
    let Some(add_on) = shared("ncci/aoc_2024q3.csv") else {
        return;
    };
    let folder = data_folder();
    Catalogue::new()
        .with("mue-practitioner", "/a/mue-practitioner-2024q3.zip", "")
        .with("mue-hospital", "/a/mue-hospital-2024q3.zip", "")
        .with("aoc", "/a/aoc_2024q3.zip", "")
        .write(folder.path());
    let packed = |name: &str, bytes: Vec<u8>| zip_of(&[(name, &bytes)]);
    let mirror = Mirror::serve([
        (
            "/a/mue-practitioner-2024q3.zip",
            packed("mue_practitioner_2024q3.csv", practitioner),
        ),
        (
            "/a/mue-hospital-2024q3.zip",
            packed("mue_outpatient_hospital_2024q3.csv", hospital),
        ),
        ("/a/aoc_2024q3.zip", packed("aoc_2024q3.csv", add_on)),
    ]);
    let sync = || Run::sync(folder.path(), &["--mirror", &mirror.url()]);
    sync().ends_with(0);
    let loaded = editions(folder.path());
    // The numbers of rows are those of the reference data's inventory.
    for part in [
        "ncci-mue-practitioner",
        "14,677",
        "ncci-mue-outpatient-hospital",
        "14,628",
        "ncci-aoc",
    ] {
        let is_there = loaded.contains(part) || loaded.contains(&part.replace(',', ""));
        assert!(is_there, "{part:?} is not in:\n{loaded}");
    }
    sync().ends_with(0).says(&["nothing had to change"]);
}

#[test]
fn the_order_file_is_loaded_with_its_titles() {
    let Some(packed) = shared("icd10cm/fy2021/icd10cm-order-Jan-2021.txt.gz") else {
        return;
    };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).unwrap();
    // A part of it: to embed all takes minutes.
    let some: String = text.split_inclusive('\n').take(400).collect();
    let folder = data_folder();
    Catalogue::new()
        .with("icd-10-cm", "/icd10cm-2021.zip", "")
        .write(folder.path());
    let archive = zip_of(&[("Code Descriptions/icd10cm-order-Jan-2021.txt", some.as_bytes())]);
    let mirror = Mirror::serve([("/icd10cm-2021.zip", archive)]);
    Run::sync(folder.path(), &["--mirror", &mirror.url()])
        .ends_with(0)
        .says(&["passages can be found now"]);
    Run::verb(folder.path(), &["lookup", "A00.0", "--dos", "2021-02-01"])
        .ends_with(0)
        .says(&["Cholera due to Vibrio cholerae 01, biovar cholerae"]);
    Run::sync(folder.path(), &["--mirror", &mirror.url()])
        .ends_with(0)
        .says(&["icd-10-cm: unchanged", "loaded already"]);
}

/// One of the four files of the procedure-to-procedure edits, in the publisher's layout.
fn ptp(number: u8) -> Vec<u8> {
    let text = format!(
        "CPT only copyright American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\n\
         Column1/Column2 Edits\t\t\t\t\t\t\r\n\
         Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\
         \t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n\
         \t\t\t\t*=no data\t1=allowed\t\r\n\
         \t\t\t\t\t9=not applicable\t\r\n\
         {number}0021\t36591\t\t20151001\t*\t1\tMisuse of Column Two code with Column One code\r\n"
    );
    zip_of(&[(&format!("ccipra-v302r0-f{number}.TXT"), text.as_bytes())])
}

#[test]
fn the_files_of_one_table_are_put_together_and_a_part_of_it_is_not_loaded() {
    let folder = data_folder();
    let path = |number: u8| format!("/files/zip/practitioner-ptp-edits-ccipra-v302r0-f{number}.zip");
    let paths = [1, 2, 3, 4].map(path);
    let mut catalogue = Catalogue::new().with("mue-dme", DME, "");
    for (number, path) in (1..).zip(&paths) {
        catalogue = catalogue.with(&format!("ptp-f{number}"), path, "");
    }
    catalogue.write(folder.path());
    let mirror = Mirror::serve([(DME, mue("DME Supplier Services", 1))]);
    for number in [1, 2, 4] {
        mirror.put(&path(number), ptp(number));
    }
    let sync = || Run::sync(folder.path(), &["--mirror", &mirror.url()]);
    sync()
        .ends_with(1)
        .says(&["ptp-f3: the server says 404", "not read:"]);
    let loaded = editions(folder.path());
    assert!(
        loaded.contains("ncci-mue-dme") && !loaded.contains("ncci-ptp"),
        "{loaded}"
    );

    mirror.put(&path(3), ptp(3));
    mirror.take_requests();
    sync()
        .ends_with(0)
        .says(&["ptp-f1: unchanged", "ptp-f3: fetched"]);
    let sent = mirror
        .requests()
        .iter()
        .filter(|request| request.sent > 0)
        .count();
    assert_eq!(sent, 1, "what came before is not fetched again");
    let loaded = editions(folder.path());
    assert!(loaded.contains("ncci-ptp-practitioner"), "{loaded}");
    sync().ends_with(0).says(&["nothing had to change"]);
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    let folder = data_folder();
    two().write(folder.path());
    let mirror = Mirror::serve([
        (PRACTITIONER, mue("Practitioner Services", 3)),
        (DME, mue("DME Supplier Services", 1)),
    ]);
    std::thread::scope(|scope| {
        let run = || Run::sync(folder.path(), &["--mirror", &mirror.url()]).ends_with(0);
        let runs = [scope.spawn(run), scope.spawn(run)];
        for run in runs {
            run.join().expect("the run ends well");
        }
    });
    let sent = mirror
        .requests()
        .iter()
        .filter(|request| request.sent > 0)
        .count();
    assert_eq!(sent, 2, "each release came once");
}
