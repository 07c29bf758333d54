//! Measures how fast queries and documents are embedded, and documents against the bare loop of `bare`. The last
//! line of `make bench`:
//!
//! ```text
//! cargo run --release -p codecite-embed --example throughput -- [--data-dir DIR] [--titles FILE]
//!     [--count N] [--query-sessions N] [--document-sessions N] [--document-threads N]
//! ```
//!
//! `--titles` names a file with a text a line; without it, texts are put together from a few words.

mod bare;
mod options;

use codecite_embed::{FastEmbedder, Places};
use codecite_retrieval::Embedder;
use options::Options;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Texts of one batch of the bare loop. Which is faster depends on the processor's caches.
const BARE_BATCHES: [usize; 2] = [8, 32];

/// How often documents are embedded each way, in turn, so that what else the machine does disturbs both alike.
const ROUNDS: usize = 3;

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let options = Options::from_arguments()?;
    let titles = options.titles()?;
    if let Some(batch) = options.bare_batch {
        println!("{}", bare::rate(&options, batch, titles)?);
        return Ok(());
    }
    let before = Instant::now();
    let places = Places {
        vector_cache: None,
        ..Places::in_data_dir(&options.data_dir)
    };
    let embedder = Arc::new(FastEmbedder::open(&options.config, &places)?);
    println!(
        "open                         {:>8.0} ms",
        before.elapsed().as_secs_f64() * 1e3
    );
    for at_once in [1, 32] {
        let name = format!("queries, {at_once} at once");
        measure_queries(&embedder, &titles, 600, at_once, &name).await;
    }
    println!("resident                     {:>8.0} MB", resident_mb());
    measure_documents(&embedder, &titles, &options).await?;
    println!("resident                     {:>8.0} MB", resident_mb());
    measure_queries_beside_a_load(&embedder, &titles).await;
    Ok(())
}

/// Embeds `titles` with the embedder and in the bare loop, in turn, and prints the middle rate of each.
async fn measure_documents(
    embedder: &FastEmbedder,
    titles: &[String],
    options: &Options,
) -> Result<(), Failed> {
    // Opens the sessions, which the bare loop does before its clock starts as well.
    let first: Vec<String> = titles.iter().take(100).cloned().collect();
    embedder.embed_documents(first).await?;
    let compares = options.config.model == codecite_embed::DEFAULT_MODEL;
    let (mut ours, mut bare) = (Vec::new(), BARE_BATCHES.map(|_| Vec::new()));
    for _ in 0..ROUNDS {
        let before = Instant::now();
        embedder.embed_documents(titles.to_vec()).await?;
        ours.push(titles.len() as f64 / before.elapsed().as_secs_f64());
        for (rates, batch) in bare.iter_mut().zip(BARE_BATCHES).filter(|_| compares) {
            rates.push(bare::rate_in_a_process_of_its_own(batch)?);
        }
    }
    let ours = middle(ours);
    println!(
        "documents                    {ours:>8.1} /s   {} titles",
        titles.len()
    );
    for (rates, batch) in bare.into_iter().zip(BARE_BATCHES).filter(|_| compares) {
        let bare = middle(rates);
        println!(
            "bare loop, batches of {batch:<7}{bare:>8.1} /s   {:.0} % of it are reached",
            ours / bare * 100.0
        );
    }
    Ok(())
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn measure_queries_beside_a_load(embedder: &Arc<FastEmbedder>, titles: &[String]) {
    let other: Vec<String> = titles.iter().map(|title| format!("again: {title}")).collect();
    let loading = tokio::spawn({
        let embedder = Arc::clone(embedder);
        async move { embedder.embed_documents(other).await }
    });
    measure_queries(embedder, titles, 200, 1, "queries beside a load").await;
    loading.abort();
}

/// Asks `count` of `titles`, `at_once` of them at a time, and prints how long it took.
async fn measure_queries(
    embedder: &Arc<FastEmbedder>,
    titles: &[String],
    count: usize,
    at_once: usize,
    name: &str,
) {
    // Never asked before: an answer from memory is not what is measured.
    let asked = titles.iter().take(count).map(|title| format!("{name}: {title}"));
    report_queries(name, &queries(embedder, asked.collect(), at_once).await);
}

/// Asks `texts`, `at_once` of them at a time, and returns how long each took and how long all did.
async fn queries(
    embedder: &Arc<FastEmbedder>,
    texts: Vec<String>,
    at_once: usize,
) -> (Vec<Duration>, Duration) {
    let (count, texts) = (texts.len(), Arc::new(std::sync::Mutex::new(texts)));
    let begin = Instant::now();
    let asking: Vec<_> = (0..at_once)
        .map(|_| {
            let (embedder, texts) = (Arc::clone(embedder), Arc::clone(&texts));
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let Some(text) = texts.lock().expect("no asker panics").pop() else {
                        return took;
                    };
                    let before = Instant::now();
                    embedder.embed_query(&text).await.expect("titles are short");
                    took.push(before.elapsed());
                }
            })
        })
        .collect();
    let mut took = Vec::with_capacity(count);
    for asker in asking {
        took.extend(asker.await.expect("no asker panics"));
    }
    (took, begin.elapsed())
}

fn report_queries(name: &str, (took, all): &(Vec<Duration>, Duration)) {
    let mut took = took.clone();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = took.len() as f64 / all.as_secs_f64();
    println!(
        "{name:<28} {rate:>8.1} /s   median {:.1} ms   p99 {:.1} ms",
        at(0.5),
        at(0.99)
    );
}

/// Resident memory of this process; 0 where /proc does not say.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
