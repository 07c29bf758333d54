//! `codecite bench`: the numbers of docs/performance.md, measured over whatever the data folder holds.
//!
//! Each row is measured against the real service on a loopback port, or in this process where a row is
//! about a part. It reports median, 99th percentile and worst, and judges nothing.

mod client;
mod drip;
mod figures;
mod machine;

use crate::cli::BenchArgs;
use crate::environment;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Context, Result, ensure};
use client::{Asked, Service};
use codecite_answering::{CitationGate, GateLimits, Grounds};
use codecite_codebook::{Aspect, Code, CodeSystem, Edition, Setting};
use codecite_retrieval::{Evidence, Filter, Mode};
use figures::Figures;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs every row.
pub async fn run(args: BenchArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    println!("{}", machine::description());
    println!();
    println!("| what | median | p99 | worst | n |");
    println!("|---|---:|---:|---:|---:|");
    let shelves = Shelves::open(settings, data_dir).await?;
    let texts = sample(&shelves, args.requests).await?;
    retrieval(&shelves, &texts)
        .await?
        .print("hybrid retrieval, embedding included");
    gate(&shelves).await?.print("gate, one sentence");
    if let Some(times) = pairs(&shelves, args.requests)? {
        times.print("NCCI pair look-up in process");
    }
    let passages = shelves.index.generation().await?.passages;
    drop(shelves);

    let started = Instant::now();
    let service = Service::start(data_dir, None).await?;
    let ready = started.elapsed();
    look_ups(&service, args.rate, args.seconds)
        .await?
        .print(&format!("exact look-up over HTTP at {} requests/s", args.rate));
    let asked = questions(&service, &texts).await?;
    Figures::of(asked.iter().map(|asked| asked.first_event)).print("first event of a streamed answer");
    Figures::of(asked.iter().map(|asked| asked.whole)).print("whole answer of the composer");
    let resident = service.resident_mib();
    service.stop().await?;

    let model = drip::serve().await?;
    let service = Service::start(data_dir, Some(&model)).await?;
    let held = at_once(&service, &texts, args.streams).await?;
    Figures::of(held.iter().map(|asked| asked.first_event))
        .print(&format!("first event, {} streams held at once", args.streams));
    service.stop().await?;

    println!();
    println!("- passages: {passages}");
    println!(
        "- start to ready: {:.2} s (process start, model and index opened and warmed)",
        ready.as_secs_f64()
    );
    match resident {
        Some(mib) => println!("- resident after the rows above: {mib} MiB"),
        None => println!("- resident memory: not told by this system"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Words to search for, all different, so that no cache answers: parts of titles and passages.
async fn sample(shelves: &Shelves, wanted: usize) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(wanted);
    let mut after = None;
    while texts.len() < wanted {
        let page = shelves.index.list(&Filter::default(), after, 1_000).await?;
        // Every seventh, so that neighbours in the code set do not follow each other.
        for passage in page.passages.iter().step_by(7) {
            let words: Vec<&str> = passage.text.split_whitespace().take(9).collect();
            texts.push(format!("{} case {}", words.join(" "), texts.len()));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    ensure!(!texts.is_empty(), "nothing is loaded; run `codecite setup` first");
    texts.truncate(wanted);
    Ok(texts)
}

async fn retrieval(shelves: &Shelves, texts: &[String]) -> Result<Figures> {
    let mut times = Vec::with_capacity(texts.len());
    let filter = Filter {
        in_force_on: Some(environment::today()),
        ..Filter::default()
    };
    for text in texts {
        let started = Instant::now();
        shelves
            .retriever
            .search(text, filter.clone(), 10, Mode::Hybrid)
            .await?;
        times.push(started.elapsed());
    }
    Ok(Figures::of(times))
}

/// Pairs of real codes in the newest table of edits, half of them without an edit; `None` if none is loaded.
fn pairs(shelves: &Shelves, wanted: usize) -> Result<Option<Figures>> {
    let tables = &shelves.tables;
    let is_of_edits = |edition: &&Edition| edition.source == "ncci-ptp-practitioner";
    let editions = tables.editions();
    let Some(edition) = editions.iter().rfind(is_of_edits) else {
        return Ok(None);
    };
    let date = edition.effective.from();
    let mut pairs = Vec::new();
    for number in 0..wanted {
        // CPT numbers far apart, so that no page of the file serves two look-ups in a row.
        let text = format!("{:05}", 10_004 + (number * 7_919) % 85_000);
        let code = Code::parse(CodeSystem::Cpt, &text)?;
        let found = tables.edits_of(&code, Some(Setting::Practitioner), date, 1)?;
        let partner = found
            .iter()
            .flat_map(|(_, rows, _)| rows)
            .map(|row| row.edit.column2.clone())
            .next();
        pairs.push((code, partner.unwrap_or(Code::parse(CodeSystem::Cpt, "36591")?)));
    }
    let mut times = Vec::with_capacity(pairs.len());
    for (one, other) in &pairs {
        let started = Instant::now();
        tables.edits_between(other, one, Some(Setting::Practitioner), date)?;
        times.push(started.elapsed());
    }
    Ok(Some(Figures::of(times)))
}

/// Quotations of real passages through the gate, as deltas of four characters.
async fn gate(shelves: &Shelves) -> Result<Figures> {
    let prose = Filter {
        without_aspects: vec![Aspect::Entry],
        ..Filter::default()
    };
    let page = shelves.index.list(&prose, None, 12).await?;
    let evidence = Evidence::new(page.passages).context("no prose passage is loaded")?;
    let codes = Grounds::codes_to_look_up(&evidence);
    let grounds = Arc::new(Grounds::new(&evidence, "", environment::today(), codes));
    let mut times = Vec::new();
    let passages: Vec<_> = evidence.iter().collect();
    for numbered in passages.iter().cycle().take(600) {
        for sentence in codecite_codebook::sentences(&numbered.passage.text) {
            let draft = format!("{} [{}].\n", sentence.trim_end_matches('.'), numbered.number);
            let characters: Vec<char> = draft.chars().collect();
            let mut gate = CitationGate::new(Arc::clone(&grounds), GateLimits::default());
            let started = Instant::now();
            for delta in characters.chunks(4) {
                gate.push(&delta.iter().collect::<String>());
            }
            gate.finish();
            times.push(started.elapsed());
        }
    }
    Ok(Figures::of(times))
}

/// Look-ups at a fixed rate, each timed from when it was due, so that a slow one does not hide the wait of
/// those behind it.
async fn look_ups(service: &Service, rate: u32, seconds: u32) -> Result<Figures> {
    const CODES: [&str; 6] = ["38900", "E119", "99213", "20610", "I10", "J45.909"];
    let begin = tokio::time::Instant::now() + Duration::from_millis(100);
    let workers: u32 = 16;
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            let address = service.address();
            tokio::spawn(async move {
                let mut connection = client::Connection::open(address).await?;
                let mut times = Vec::new();
                for request in (worker..rate * seconds).step_by(workers as usize) {
                    let due = begin + Duration::from_secs(1) * request / rate;
                    tokio::time::sleep_until(due).await;
                    let code = CODES[request as usize % CODES.len()];
                    connection.get(&format!("/api/v1/codes/{code}")).await?;
                    times.push(due.elapsed());
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Figures::of(times))
}

async fn questions(service: &Service, texts: &[String]) -> Result<Vec<Asked>> {
    let mut asked = Vec::with_capacity(texts.len());
    for text in texts {
        asked.push(client::ask(service.address(), text).await?);
    }
    Ok(asked)
}

async fn at_once(service: &Service, texts: &[String], streams: usize) -> Result<Vec<Asked>> {
    let tasks: Vec<_> = texts
        .iter()
        .cycle()
        .take(streams)
        .cloned()
        .map(|text| {
            let address = service.address();
            tokio::spawn(async move { client::ask(address, &text).await })
        })
        .collect();
    let mut asked = Vec::with_capacity(streams);
    for task in tasks {
        asked.push(task.await??);
    }
    Ok(asked)
}
