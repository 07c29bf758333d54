//! Transfers that break: taken up again, in the same run and in the next.

use crate::mirror::{Answer, Mirror, Request};
use crate::support::{Catalogue, Run, data_folder, editions, mue, record};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

const PATH: &str = "/files/zip/mue.zip";

struct Fixture {
    folder: tempfile::TempDir,
    mirror: Mirror,
    bytes: Vec<u8>,
}

impl Fixture {
    fn new() -> Self {
        let folder = data_folder();
        Catalogue::new().with("mue", PATH, "").write(folder.path());
        let bytes = mue("Practitioner Services", 3);
        let mirror = Mirror::serve([(PATH, bytes.clone())]);
        Self {
            folder,
            mirror,
            bytes,
        }
    }

    fn sync(&self) -> Run {
        Run::sync(self.folder.path(), &["--mirror", &self.mirror.url()])
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("downloads/mue/mue.zip.part")
    }

    #[track_caller]
    fn is_whole(&self) {
        let known = record(self.folder.path(), "mue");
        assert_eq!(known["sha256"], hex::encode(Sha256::digest(&self.bytes)).as_str());
        assert!(!self.part().exists());
        let loaded = editions(self.folder.path());
        assert!(loaded.contains("ncci-mue-practitioner"), "{loaded}");
    }
}

fn statuses(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.status.as_str()).collect()
}

#[test]
fn a_cut_is_gone_on_from_in_the_same_run() {
    let fixture = Fixture::new();
    fixture
        .mirror
        .once(PATH, [Answer::Cut(1_000), Answer::Cut(2_000)]);
    fixture
        .sync()
        .ends_with(0)
        .says(&["trying again", "mue: fetched"]);
    let requests = fixture.mirror.requests();
    assert_eq!(
        statuses(&requests),
        ["200 OK", "206 Partial Content", "206 Partial Content"]
    );
    let ranges: Vec<Option<&str>> = requests.iter().map(|request| request.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=1000-"), Some("bytes=3000-")]);
    // No byte twice.
    let sent: usize = requests.iter().map(|request| request.sent).sum();
    assert_eq!(sent, fixture.bytes.len());
    fixture.is_whole();
}

#[test]
fn a_cut_is_gone_on_from_in_the_next_run() {
    let fixture = Fixture::new();
    fixture
        .mirror
        .once(PATH, [Answer::Cut(1_000), Answer::Cut(0), Answer::Cut(0)]);
    fixture
        .sync()
        .ends_with(1)
        .says(&["the next run goes on from there", "nothing was loaded"]);
    assert_eq!(std::fs::metadata(fixture.part()).unwrap().len(), 1_000);
    Run::sync(fixture.folder.path(), &["--list"]).says(&["of it are here; the next run goes on"]);
    fixture.mirror.take_requests();
    fixture.sync().ends_with(0).says(&["mue: fetched"]);
    let requests = fixture.mirror.requests();
    assert_eq!(statuses(&requests), ["206 Partial Content"]);
    assert_eq!(requests[0].sent, fixture.bytes.len() - 1_000);
    fixture.is_whole();
}

#[test]
fn a_file_that_changed_between_two_runs_is_not_put_together_from_both() {
    let mut fixture = Fixture::new();
    fixture
        .mirror
        .once(PATH, [Answer::Cut(1_000), Answer::Cut(0), Answer::Cut(0)]);
    fixture.sync().ends_with(1);
    fixture.bytes = mue("Practitioner Services", 77);
    fixture.mirror.put(PATH, fixture.bytes.clone());
    fixture.mirror.take_requests();
    fixture.sync().ends_with(0);
    let requests = fixture.mirror.requests();
    assert!(requests[0].if_range.is_some(), "{requests:?}");
    assert_eq!(statuses(&requests), ["200 OK"]);
    fixture.is_whole();
}

#[test]
fn a_server_that_cannot_go_on_is_asked_for_the_whole() {
    let fixture = Fixture::new();
    let refuses = Answer::Status("416 Range Not Satisfiable");
    fixture.mirror.once(PATH, [Answer::Cut(1_000), refuses]);
    fixture.sync().ends_with(0).says(&["it begins again"]);
    let requests = fixture.mirror.requests();
    assert_eq!(statuses(&requests)[2], "200 OK");
    fixture.is_whole();
}

#[test]
fn what_passes_by_itself_is_waited_for_and_not_for_ever() {
    let fixture = Fixture::new();
    let busy = Answer::Status("503 Service Unavailable");
    fixture.mirror.once(PATH, [busy.clone(), busy.clone()]);
    fixture.sync().ends_with(0).says(&["503", "trying again"]);
    fixture.is_whole();

    let fixture = Fixture::new();
    fixture.mirror.always(PATH, busy);
    fixture
        .sync()
        .ends_with(1)
        .says(&["mue: the server says 503", "try again later"]);
    assert_eq!(fixture.mirror.requests().len(), 3);
}

#[test]
fn nobody_there_is_said_with_what_to_do() {
    let fixture = Fixture::new();
    // Port 9 discards, where anything listens there at all.
    Run::sync(
        fixture.folder.path(),
        &["--mirror", "http://me:s3cret@127.0.0.1:9"],
    )
    .ends_with(1)
    .says(&["was not reached", "HTTPS_PROXY", "sync.mirror"])
    .hides("s3cret");
}
