//! Measures the embedded index on a file of titles, one a line:
//! `cargo run -p codecite-index --example measure -- titles.txt [directory]`.
//!
//! Vectors are sums of one pseudo-random direction a word, 384 dimensions: as costly as a model's, and
//! alike for titles that share words. A directory that is given is kept, and only read if it is loaded.

use codecite_codebook::{
    Aspect, Authority, Code, EditionId, EffectiveRange, Locator, NaiveDate, Passage, PassageDraft, Place,
};
use codecite_index::{EdgeConfig, EdgeIndex};
use codecite_retrieval::{Filter, Fusion, IndexError, IndexedPassage, PassageIndex, SearchRequest};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DIMENSIONS: usize = 384;
const QUESTIONS: usize = 2_000;

#[tokio::main]
async fn main() -> Result<(), IndexError> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(titles) = arguments.next() else {
        eprintln!("give a file of titles, one a line");
        return Ok(());
    };
    let titles = std::fs::read_to_string(&titles).unwrap_or_default();
    let titles: Vec<&str> = titles.lines().filter(|line| !line.trim().is_empty()).collect();
    let temporary = tempfile::tempdir().map_err(|error| IndexError::Failed(error.to_string()))?;
    let directory = arguments
        .next()
        .map_or(temporary.path().to_owned(), PathBuf::from);
    let began = Instant::now();
    let index = EdgeIndex::open(&directory, EdgeConfig::default()).await?;
    tell("open", began.elapsed());
    if index.generation().await?.id.is_none() {
        load(&index, &titles).await?;
    }
    println!("{:<28} {}", "passages", index.generation().await?.passages);
    first_and_warm(&directory, &titles).await?;
    index.warm().await?;
    questions(&index, &titles).await?;
    println!("{:<28} {} MB", "resident", resident_kb() / 1024);
    Ok(())
}

async fn load(index: &EdgeIndex, titles: &[&str]) -> Result<(), IndexError> {
    let began = Instant::now();
    let mut load = index.begin("measure", DIMENSIONS).await?;
    for (nth, batch) in titles.chunks(1_000).enumerate() {
        let passages = batch
            .iter()
            .zip(nth * 1_000..)
            .map(|(title, nth)| indexed(title, nth));
        load.upsert(passages.collect()).await?;
    }
    tell("upsert", began.elapsed());
    let began = Instant::now();
    load.activate().await?;
    tell("activate (graph included)", began.elapsed());
    let began = Instant::now();
    let mut load = index.begin("measure", DIMENSIONS).await?;
    tell("begin a copy", began.elapsed());
    let began = Instant::now();
    load.upsert(
        (0..100)
            .map(|nth| indexed(&format!("another title {nth}"), nth))
            .collect(),
    )
    .await?;
    load.activate().await?;
    tell("100 more, activated", began.elapsed());
    Ok(())
}

/// What a second process pays: opening its own view, the first question, and the warming that spares it.
async fn first_and_warm(directory: &Path, titles: &[&str]) -> Result<(), IndexError> {
    for warm in [false, true] {
        let began = Instant::now();
        let index = EdgeIndex::open(directory, EdgeConfig::default()).await?;
        tell("open a view", began.elapsed());
        if warm {
            let began = Instant::now();
            index.warm().await?;
            tell("warm it", began.elapsed());
        }
        let began = Instant::now();
        index.search(&hybrid(titles[titles.len() / 2])).await?;
        tell(
            if warm {
                "first question, warmed"
            } else {
                "first question, cold"
            },
            began.elapsed(),
        );
        let began = Instant::now();
        drop(index);
        tell("close it", began.elapsed());
    }
    Ok(())
}

async fn questions(index: &EdgeIndex, titles: &[&str]) -> Result<(), IndexError> {
    let step = (titles.len() / QUESTIONS).max(1);
    let asked: Vec<(usize, &str)> = titles.iter().copied().enumerate().step_by(step).collect();
    let date = Some(today());
    let mut times = Times::default();
    for (_, title) in &asked {
        let request = hybrid(title);
        times.take(index.search(&request)).await?;
    }
    times.tell("hybrid, in force on a date");
    for (_, title) in &asked {
        let request = SearchRequest {
            words: None,
            ..hybrid(title)
        };
        times.take(index.search(&request)).await?;
    }
    times.tell("dense alone");
    for (_, title) in &asked {
        let request = SearchRequest {
            vector: None,
            ..hybrid(title)
        };
        times.take(index.search(&request)).await?;
    }
    times.tell("words alone");
    for (nth, _) in &asked {
        let filter = Filter {
            about: vec![code(*nth)],
            in_force_on: date,
            ..Filter::default()
        };
        times.take(index.list(&filter, None, 10)).await?;
    }
    times.tell("by code and date");
    for (nth, _) in &asked {
        let filter = Filter {
            naming: vec![code(*nth)],
            ..Filter::default()
        };
        times.take(index.list(&filter, None, 10)).await?;
    }
    times.tell("naming a code");
    for _ in &asked {
        times
            .take(async {
                tokio::task::spawn_blocking(|| ())
                    .await
                    .map_err(|error| IndexError::Failed(error.to_string()))
            })
            .await?;
    }
    times.tell("an empty spawn_blocking");
    Ok(())
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    async fn take<T>(
        &mut self,
        answer: impl Future<Output = Result<T, IndexError>>,
    ) -> Result<(), IndexError> {
        let began = Instant::now();
        answer.await?;
        self.0.push(began.elapsed());
        Ok(())
    }

    fn tell(&mut self, what: &str) {
        self.0.sort();
        let at = |share: f64| self.0[((self.0.len() - 1) as f64 * share) as usize];
        println!("{what:<28} p50 {:>9.1?}  p99 {:>9.1?}", at(0.5), at(0.99));
        self.0.clear();
    }
}

fn tell(what: &str, time: Duration) {
    println!("{what:<28} {time:.1?}");
}

fn hybrid(title: &str) -> SearchRequest {
    SearchRequest {
        vector: Some(Arc::from(vector(title))),
        words: Some(title.to_owned()),
        filter: Filter {
            in_force_on: Some(today()),
            ..Filter::default()
        },
        fusion: Fusion {
            dense_weight: 1.0,
            words_weight: 1.0,
            k: 60,
            depth: 50,
        },
        limit: 10,
    }
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 3, 1).unwrap_or_default()
}

fn code(nth: usize) -> Code {
    // Any code will do: letters and digits that count upwards.
    let label = format!("ICD-10-PCS {}", base(nth));
    label.parse().unwrap_or_else(|_| panic!("{label} is no code"))
}

fn base(mut nth: usize) -> String {
    let letters = b"0123456789ABCDEFGH";
    let mut text = vec![b'0'; 7];
    for place in (0..7).rev() {
        text[place] = letters[nth % letters.len()];
        nth /= letters.len();
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn indexed(title: &str, nth: usize) -> IndexedPassage {
    IndexedPassage {
        vector: vector(title),
        words: title.to_owned(),
        passage: Passage::new(PassageDraft {
            edition: EditionId::new("measured"),
            title: title.to_owned(),
            text: format!("{} is the code for {title}.", base(nth)),
            aspect: Aspect::Entry,
            about: vec![code(nth)],
            mentions: Vec::new(),
            keywords: Vec::new(),
            billable: Some(true),
            authority: Authority::new("CDC"),
            locator: Locator {
                document: "titles".into(),
                section: None,
                place: Some(Place::Row(nth as u64 + 1)),
                url: None,
            },
            effective: EffectiveRange::since(NaiveDate::from_ymd_opt(2020, 10, 1).unwrap_or_default()),
        }),
    }
}

fn vector(title: &str) -> Vec<f32> {
    let mut sum = vec![1e-6; DIMENSIONS];
    for word in title
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let mut state = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        for x in &mut sum {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *x += (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
        }
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter_mut().for_each(|x| *x /= length);
    sum
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
