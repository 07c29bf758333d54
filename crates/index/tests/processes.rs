//! Several processes at one index directory, and processes that are killed.
//!
//! The test binary starts itself as a child, as one of the ignored tests below with a directory in its
//! environment.

#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where to work"
)]

use codecite_index::{EdgeConfig, EdgeIndex};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

mod sample;

const SIZE: usize = 300;
const DIRECTORY: &str = "CODECITE_TEST_INDEX_DIRECTORY";
const SEED: &str = "CODECITE_TEST_SEED";

/// Small graphs, so that a kill also falls into their building.
fn config() -> EdgeConfig {
    let mut config = EdgeConfig {
        refresh_ms: 10,
        ..EdgeConfig::default()
    };
    config.graph.threshold_kb = 10;
    config
}

async fn open(directory: &Path) -> EdgeIndex {
    EdgeIndex::open(directory, config())
        .await
        .expect("the index opens")
}

fn start(child: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--ignored", "--exact", child, "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("a child starts")
}

/// Child: loads one generation after the other until it is killed.
#[tokio::test]
#[ignore = "a child process of the tests below"]
async fn child_that_loads() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let index = open(Path::new(&directory)).await;
    let mut tag = sample::whole(&index).await.map_or(0, |(tag, _)| tag);
    loop {
        tag += 1;
        println!("loading {tag}");
        sample::load(&index, tag, SIZE).await;
        println!("activated {tag}");
    }
}

/// Child: reads until its standard input ends, and fails if it ever sees half a load.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a child process of the tests below"]
async fn child_that_reads() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let index = open(Path::new(&directory)).await;
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().lines().next().is_none());
    let mut last = 0;
    while !ended.is_finished() {
        let (tag, size) = sample::whole(&index).await.expect("something is loaded");
        assert_eq!(size, SIZE, "half a load is read");
        assert!(tag >= last, "{tag} is read after {last}");
        if tag > last {
            println!("read {tag}");
            last = tag;
        }
    }
}

/// Small numbers from a seed: xorshift.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
        let seed = seed.unwrap_or(now.as_nanos() as u64) | 1;
        println!("repeat with {SEED}={seed}");
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What a loading child last said: `loading` or `activated`, and of which tag.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Loading(usize),
    Activated(usize),
}

/// Reads what a loading child says, to its end. The test harness writes before the first line.
fn listen(child: &mut Child) -> Receiver<Said> {
    let stdout = BufReader::new(child.stdout.take().expect("its output"));
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let mut words = line.rsplit(' ');
            let tag = words.next().and_then(|tag| tag.parse().ok());
            let said = match (words.next(), tag) {
                (Some("loading"), Some(tag)) => Said::Loading(tag),
                (Some("activated"), Some(tag)) => Said::Activated(tag),
                _ => continue,
            };
            if tell.send(said).is_err() {
                return;
            }
        }
    });
    told
}

/// Kills a loading child some time after it has begun to load, and tells what it said last.
fn kill_after(directory: &Path, wait: Duration) -> Said {
    let mut child = start("child_that_loads", directory);
    let told = listen(&mut child);
    let first = told.recv().expect("it begins to load");
    std::thread::sleep(wait);
    child.kill().expect("killed");
    child.wait().expect("gone");
    told.iter().last().unwrap_or(first)
}

/// Whether a killed load has left the beginnings of a generation: what it says it does may not have begun.
fn is_half_built(directory: &Path) -> bool {
    fs::read_dir(directory.join("generations"))
        .expect("a directory")
        .any(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().starts_with(".building-")
        })
}

/// How long a load takes here and now: the third, which copies and replaces as all later ones do.
fn one_load(directory: &Path) -> Duration {
    let mut child = start("child_that_loads", directory);
    let told = listen(&mut child);
    let mut began = Instant::now();
    loop {
        match told.recv().expect("it loads") {
            Said::Loading(_) => began = Instant::now(),
            Said::Activated(3) => break,
            Said::Activated(_) => {}
        }
    }
    let took = began.elapsed();
    child.kill().expect("killed");
    child.wait().expect("gone");
    took
}

/// A loader is killed with SIGKILL forty times, at any moment of a load; each time what it last activated
/// is served whole, and at the end nothing but that is left.
#[tokio::test]
async fn a_killed_load_leaves_the_last_activated_generation() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut chance = Chance::new();
    let longest = u64::try_from(one_load(directory.path()).as_micros()).expect("not for ever") * 5 / 2;
    let (mut last, mut activated, mut under_way) = (0, 0, 0);
    for kill in 0..40 {
        let wait = Duration::from_micros(chance.below(longest));
        let said = kill_after(directory.path(), wait);
        under_way += usize::from(is_half_built(directory.path()));
        let index = open(directory.path()).await;
        let (tag, size) = sample::whole(&index).await.expect("something was activated");
        assert_eq!(size, SIZE, "kill {kill} after {wait:?}: half a generation {tag}");
        assert!(
            tag >= last,
            "kill {kill} after {wait:?}: {tag} is served after {last}"
        );
        let expected = match said {
            // What was said to be activated is served; the next may have been activated unsaid.
            Said::Activated(said) => said..=said + 1,
            Said::Loading(said) => said - 1..=said,
        };
        assert!(
            expected.contains(&tag),
            "kill {kill} after {wait:?}: {tag} is served, {said:?}"
        );
        activated += usize::from(tag > last);
        last = tag;
    }
    println!("40 kills, {under_way} of them into a load; after {activated} something new was served");
    assert!(under_way >= 10, "the kills fell into {under_way} loads only");
    assert!(activated >= 3, "only {activated} loads came to their end");
    let index = open(directory.path()).await;
    sample::load(&index, last + 1, SIZE).await;
    assert_eq!(sample::whole(&index).await, Some((last + 1, SIZE)));
    let entries = |name: &str| {
        fs::read_dir(directory.path().join(name))
            .expect("a directory")
            .count()
    };
    assert_eq!((entries("generations"), entries("views")), (1, 2));
}

/// Two processes read while a third activates one generation after the other. One reader is killed; the
/// directory of its view is removed by the next that opens one.
#[tokio::test]
async fn processes_read_whole_generations_while_another_activates() {
    let directory = tempfile::tempdir().expect("a directory");
    sample::load(&open(directory.path()).await, 1, SIZE).await;
    let mut readers = [(); 2].map(|()| start("child_that_reads", directory.path()));
    let mut killed = start("child_that_reads", directory.path());
    let mut output = readers
        .each_mut()
        .map(|reader| BufReader::new(reader.stdout.take().expect("its output")).lines());
    let mut wait_for = |tag: usize| {
        for lines in &mut output {
            let wanted = format!("read {tag}");
            let seen = lines
                .by_ref()
                .map_while(Result::ok)
                .find(|line| line.contains(&wanted));
            assert!(seen.is_some(), "a reader ended before it read {tag}");
        }
    };
    wait_for(1);
    let mut first = String::new();
    let mut killed_output = BufReader::new(killed.stdout.take().expect("its output"));
    while !first.contains("read 1") {
        first.clear();
        assert!(
            killed_output.read_line(&mut first).expect("a line") > 0,
            "it ended early"
        );
    }
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    let loader = open(directory.path()).await;
    for tag in 2..8 {
        sample::load(&loader, tag, SIZE).await;
        // Each generation is noticed by each reader, and never another one read in its place.
        wait_for(tag);
    }
    for mut reader in readers {
        drop(reader.stdin.take());
        assert!(
            reader.wait().expect("it ends").success(),
            "a reader saw half a load"
        );
    }
    let views = fs::read_dir(directory.path().join("views"))
        .expect("views")
        .count();
    assert_eq!(views, 2, "the loader's view and its lock");
}
