//! What does not come, or is not what it should be: said, and not loaded; the others are.

use crate::mirror::{Answer, Mirror};
use crate::support::{Catalogue, Run, data_folder, editions, mue};
use std::path::Path;

const GOOD: &str = "/files/zip/mue-dme.zip";
const BAD: &str = "/files/zip/mue-practitioner.zip";

/// One release that is in order, and one that `keys` and `answer` make trouble with.
fn trouble(keys: &str, answer: Option<Answer>) -> (tempfile::TempDir, Mirror) {
    let folder = data_folder();
    Catalogue::new()
        .with("bad", BAD, keys)
        .with("good", GOOD, "")
        .write(folder.path());
    let mirror = Mirror::serve([
        (GOOD, mue("DME Supplier Services", 1)),
        (BAD, mue("Practitioner Services", 3)),
    ]);
    if let Some(answer) = answer {
        mirror.always(BAD, answer);
    }
    (folder, mirror)
}

/// Ends with 1, says `parts` of the bad one, keeps nothing of it, and loads the good one.
#[track_caller]
fn only_the_good_one_is_loaded(folder: &Path, mirror: &Mirror, parts: &[&str]) {
    Run::sync(folder, &["--mirror", &mirror.url()])
        .ends_with(1)
        .says(parts)
        .says(&[
            "good: fetched",
            "not everything was fetched and loaded",
            "  bad: ",
        ]);
    let loaded = editions(folder);
    assert!(
        loaded.contains("ncci-mue-dme") && !loaded.contains("ncci-mue-practitioner"),
        "{loaded}"
    );
    let kept = folder.join("downloads/bad");
    let left = std::fs::read_dir(&kept).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "something is left in {}", kept.display());
}

#[test]
fn a_release_that_is_not_there_keeps_no_other_away() {
    let (folder, mirror) = trouble("", Some(Answer::Status("404 Not Found")));
    only_the_good_one_is_loaded(folder.path(), &mirror, &["404", "files.catalogue"]);
    let asked = mirror
        .requests()
        .iter()
        .filter(|request| request.target == BAD)
        .count();
    assert_eq!(asked, 1, "what is not there does not come by asking again");
}

#[test]
fn a_file_of_another_digest_is_refused_with_both() {
    let expected = "0".repeat(64);
    let (folder, mirror) = trouble(&format!("sha256 = \"{expected}\""), None);
    only_the_good_one_is_loaded(folder.path(), &mirror, &["it has SHA-256", &expected]);
}

#[test]
fn a_page_in_place_of_a_file_is_refused() {
    // By what the server calls it, and by what it is where the server calls it a zip.
    for kind in ["text/html; charset=utf-8", "application/zip"] {
        let (folder, mirror) = trouble("", Some(Answer::Page(kind)));
        only_the_good_one_is_loaded(folder.path(), &mirror, &["web page", "browser"]);
    }
}

#[test]
fn a_page_with_a_licence_is_known() {
    let (folder, mirror) = trouble("", None);
    mirror.always(BAD, Answer::Redirect("/license/ama?file=x".to_owned()));
    mirror.always("/license/ama", Answer::Page("text/html"));
    only_the_good_one_is_loaded(folder.path(), &mirror, &["shows a licence to accept"]);
}

#[test]
fn a_release_behind_a_licence_waits_for_the_operator() {
    let page = "https://publisher.invalid/licence";
    let (folder, mirror) = trouble(&format!("accept = \"{page}\""), None);
    only_the_good_one_is_loaded(folder.path(), &mirror, &[page, "--accept-licences"]);
    assert!(mirror.requests().iter().all(|request| request.target != BAD));
    let accepted = ["--accept-licences", "--mirror", &mirror.url()];
    Run::sync(folder.path(), &accepted)
        .ends_with(0)
        .says(&["bad: fetched"]);
}

#[test]
fn a_circle_of_redirects_ends() {
    let (folder, mirror) = trouble("", Some(Answer::Redirect(BAD.to_owned())));
    only_the_good_one_is_loaded(folder.path(), &mirror, &["more than 5 times"]);
    let asked = mirror
        .requests()
        .iter()
        .filter(|request| request.target == BAD)
        .count();
    assert_eq!(asked, 6, "the address itself and five more");
}

#[test]
fn a_redirect_leads_to_http_only() {
    let (folder, mirror) = trouble("", Some(Answer::Redirect("file:///etc/passwd".to_owned())));
    only_the_good_one_is_loaded(folder.path(), &mirror, &["bad: "]);
}

#[test]
fn a_redirect_to_the_file_is_followed() {
    let folder = data_folder();
    Catalogue::new().with("mue", BAD, "").write(folder.path());
    let mirror = Mirror::serve([("/moved/mue.zip", mue("Practitioner Services", 3))]);
    mirror.always(BAD, Answer::Redirect("/moved/mue.zip".to_owned()));
    Run::sync(folder.path(), &["--mirror", &mirror.url()]).ends_with(0);
}

#[test]
fn a_file_that_is_too_large_is_not_begun() {
    let (folder, mirror) = trouble("", Some(Answer::Claims(300 * 1024 * 1024)));
    only_the_good_one_is_loaded(folder.path(), &mirror, &["more than 256 MB"]);
}

#[test]
fn what_is_no_zip_is_refused() {
    let (folder, mirror) = trouble("", None);
    mirror.put(BAD, b"no zip at all".to_vec());
    only_the_good_one_is_loaded(folder.path(), &mirror, &["is no zip"]);
}

#[test]
fn a_zip_that_cannot_be_read_is_said_and_the_other_is_loaded() {
    let (folder, mirror) = trouble("", None);
    mirror.put(BAD, b"PK\x03\x04 and nothing behind it".to_vec());
    Run::sync(folder.path(), &["--mirror", &mirror.url()])
        .ends_with(1)
        .says(&[
            "not read:",
            "download it again",
            "not everything was fetched and loaded",
        ]);
    assert!(editions(folder.path()).contains("ncci-mue-dme"));
}
