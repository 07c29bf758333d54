//! Measures how fast documents and queries are embedded. Run by `make bench`:
//!
//! ```text
//! cargo run --release -p codecite-embed --example throughput -- [--data-dir DIR] [--titles FILE]
//!     [--count N] [--query-sessions N] [--document-sessions N] [--document-threads N]
//! ```
//!
//! `--titles` names a file with a text a line; without it, texts are put together from a few words.

use codecite_embed::{EmbedConfig, FastEmbedder, Places};
use codecite_retrieval::Embedder;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Options {
    data_dir: PathBuf,
    titles: Option<PathBuf>,
    count: usize,
    config: EmbedConfig,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let titles = titles(&options)?;
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
        let asked: Vec<String> = titles
            .iter()
            .take(600)
            .map(|title| format!("{at_once}: {title}"))
            .collect();
        report_queries(
            &format!("queries, {at_once} at once"),
            &queries(&embedder, asked, at_once).await,
        );
    }
    println!("resident                     {:>8.0} MB", resident_mb());

    let before = Instant::now();
    embedder.embed_documents(titles.clone()).await?;
    let rate = titles.len() as f64 / before.elapsed().as_secs_f64();
    println!(
        "documents                    {rate:>8.1} titles/s   ({} titles)",
        titles.len()
    );
    println!("resident                     {:>8.0} MB", resident_mb());

    let other: Vec<String> = titles.iter().map(|title| format!("again: {title}")).collect();
    let loading = tokio::spawn({
        let embedder = Arc::clone(&embedder);
        async move { embedder.embed_documents(other).await }
    });
    let asked = titles
        .iter()
        .take(200)
        .map(|title| format!("beside: {title}"))
        .collect();
    report_queries("queries beside a load", &queries(&embedder, asked, 1).await);
    loading.abort();
    Ok(())
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

fn titles(options: &Options) -> std::io::Result<Vec<String>> {
    let Some(path) = &options.titles else {
        return Ok((0..options.count).map(made_up).collect());
    };
    let text = std::fs::read_to_string(path)?;
    // Spread over the file, so that a slice of it has the lengths of the whole.
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let step = (lines.len() / options.count.max(1)).max(1);
    Ok(lines
        .iter()
        .step_by(step)
        .take(options.count)
        .map(|line| (*line).to_owned())
        .collect())
}

/// A text of the length and kind of a code's title, each different.
fn made_up(number: usize) -> String {
    const SITES: [&str; 7] = [
        "left femur",
        "right radius",
        "lumbar spine",
        "lower lobe",
        "left eye",
        "skull",
        "hand",
    ];
    const KINDS: [&str; 5] = [
        "Displaced fracture",
        "Type 2 diabetes mellitus",
        "Contusion",
        "Burn of third degree",
        "Neoplasm",
    ];
    const ENDS: [&str; 4] = [
        "initial encounter for closed fracture",
        "sequela",
        "subsequent encounter with delayed healing",
        "unspecified",
    ];
    let (site, kind, end) = (SITES[number % 7], KINDS[number / 7 % 5], ENDS[number / 35 % 4]);
    format!("{kind} of {site}, case {number}, {end}")
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        data_dir: PathBuf::from(".data"),
        titles: None,
        count: 2000,
        config: EmbedConfig::default(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{name} needs a number, not {value}"))
        };
        match name.as_str() {
            "--data-dir" => options.data_dir = value.into(),
            "--titles" => options.titles = Some(value.into()),
            "--count" => options.count = number()?,
            "--query-sessions" => options.config.query_sessions = number()?,
            "--document-sessions" => options.config.document_sessions = number()?,
            "--document-threads" => options.config.document_threads = number()?,
            "--model" => options.config.model = value,
            _ => return Err(format!("{name} is not an option")),
        }
    }
    Ok(options)
}

/// Resident memory of this process; 0 where /proc does not say.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
