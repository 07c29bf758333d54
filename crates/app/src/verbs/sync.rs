//! `codecite sync`: the current official releases, fetched from their publishers and loaded as `ingest` loads files.

use crate::cli::SyncArgs;
use crate::environment::today;
use crate::settings::Settings;
use crate::sync::{
    Downloads, Fetcher, Outcome, Record, Release, SyncConfig, ToldOf, Wanted, client, shown, through_mirror,
};
use crate::verbs::ingest::{Batch, load_paths};
use crate::wiring::{DataDir, catalogue};
use anyhow::{Result, bail};
use codecite_ingest::ReadOptions;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// What could not be done, and what to do about it.
type Failures = Vec<String>;

/// Fetches and loads, or only says what it would do. One release that cannot be had keeps none of the others away.
pub async fn run(args: SyncArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let catalogue = catalogue(settings)?;
    let folder = args.keep.unwrap_or_else(|| data_dir.downloads());
    let mut config = settings.sync.clone();
    config.mirror = args.mirror.unwrap_or(config.mirror);
    config.accept_licences |= args.accept_licences;
    config.validate()?;
    if args.list {
        let asked = match args.releases.is_empty() {
            true => catalogue.releases().iter().collect(),
            false => catalogue.chosen(&args.releases)?,
        };
        list(&asked, &Downloads::look(&folder));
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = catalogue.chosen(&args.releases)?;
    if args.dry_run {
        return dry_run(&chosen, &config, &Downloads::look(&folder));
    }
    let mut downloads = Downloads::open(&folder)?;
    let (there, mut failures) = fetch_all(&chosen, &config, &mut downloads).await?;
    if there.is_empty() {
        say_failures(&failures);
        bail!("nothing was fetched and nothing was loaded; what was loaded before is as it was");
    }
    let refused = load_paths(batches(&there, &downloads), settings, data_dir).await;
    match refused {
        Ok(refused) if refused.is_empty() => downloads.note_loaded(&there)?,
        Ok(refused) => failures.push(format!(
            "{} lines or files were refused, as said above; `codecite editions` shows what is loaded",
            refused.len()
        )),
        Err(error) => {
            say_failures(&failures);
            return Err(error.context("what was fetched is kept, and was not loaded"));
        }
    }
    say_due(&chosen);
    say_failures(&failures);
    Ok(match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Fetches one after the other. Returns those whose files are there then, and what failed.
async fn fetch_all<'a>(
    chosen: &[&'a Release],
    config: &SyncConfig,
    downloads: &mut Downloads,
) -> Result<(Vec<&'a Release>, Failures)> {
    let fetcher = Fetcher::new(client(config)?, config.clone());
    let (mut there, mut failures) = (Vec::new(), Failures::new());
    for release in chosen {
        match fetch(release, config, &fetcher, downloads).await {
            Ok(()) => there.push(*release),
            Err(error) => {
                let error = format!("{}: {error:#}", release.id);
                eprintln!("not fetched: {error}");
                failures.push(error);
            }
        }
    }
    Ok((there, failures))
}

async fn fetch(
    release: &Release,
    config: &SyncConfig,
    fetcher: &Fetcher,
    downloads: &mut Downloads,
) -> Result<()> {
    if let Some(page) = waits_for_licence(release, config) {
        bail!("{}", ask_to_accept(page));
    }
    downloads.make_room_for(release)?;
    let wanted = wanted(release, config, downloads)?;
    let from = shown(&wanted.address);
    let before = downloads.record_of(release).cloned();
    match fetcher.fetch(wanted).await? {
        Outcome::Unchanged => println!("{}: unchanged, not fetched again", release.id),
        Outcome::Fetched {
            size,
            sha256,
            etag,
            last_modified,
        } => {
            say_fetched(release, &sha256, before.as_ref());
            // Other words of the catalogue are no news if the bytes are.
            let loaded = before
                .filter(|before| before.sha256 == sha256)
                .and_then(|before| before.loaded);
            downloads.record(Record {
                id: release.id.clone(),
                url: release.url.to_string(),
                from,
                file: release.file_name(),
                size,
                sha256,
                fetched_on: today(),
                etag,
                last_modified,
                loaded,
            })?;
        }
    }
    Ok(())
}

fn wanted(release: &Release, config: &SyncConfig, downloads: &Downloads) -> Result<Wanted> {
    let address = match config.mirror.is_empty() {
        true => release.url.clone(),
        false => through_mirror(&config.mirror, &release.url)?,
    };
    Ok(Wanted {
        name: release.id.clone(),
        address,
        file: downloads.place_of(release),
        sha256: release.sha256.clone(),
        known: downloads.record_of(release).cloned(),
    })
}

fn say_fetched(release: &Release, sha256: &str, before: Option<&Record>) {
    match before {
        Some(before) if before.sha256 != sha256 => println!(
            "{}: its publisher has changed it since {}; SHA-256 {sha256}",
            release.id, before.fetched_on
        ),
        _ => println!("{}: fetched; SHA-256 {sha256}", release.id),
    }
}

/// The page of the licence that the operator has not accepted.
fn waits_for_licence<'a>(release: &'a Release, config: &SyncConfig) -> Option<&'a str> {
    release.accept.as_deref().filter(|_| !config.accept_licences)
}

fn ask_to_accept(page: &str) -> String {
    format!(
        "its publisher asks you to accept a licence first: read {page}, then run `codecite sync --accept-licences`, or set \
         sync.accept_licences"
    )
}

/// Files of which the catalogue says the same are read together: the parts of one table are then put together too.
fn batches(there: &[&Release], downloads: &Downloads) -> Vec<Batch> {
    let mut by_words: BTreeMap<ToldOf, Vec<&Release>> = BTreeMap::new();
    for release in there {
        by_words.entry(ToldOf::of(release)).or_default().push(release);
    }
    let batch = |(told, releases): (ToldOf, Vec<&Release>)| Batch {
        paths: releases
            .iter()
            .map(|release| downloads.place_of(release))
            .collect(),
        may_skip: releases
            .iter()
            .all(|release| was_told_the_same(release, &told, downloads)),
        options: ReadOptions {
            effective_from: told.effective_from,
            kind: told.kind,
            ..ReadOptions::default()
        },
    };
    by_words.into_iter().map(batch).collect()
}

/// Whether the file of a release was loaded with these words, or needs none: what is loaded is then what would be.
fn was_told_the_same(release: &Release, told: &ToldOf, downloads: &Downloads) -> bool {
    match downloads
        .record_of(release)
        .and_then(|record| record.loaded.as_ref())
    {
        Some(loaded) => loaded == told,
        None => *told == ToldOf::default(),
    }
}

fn list(releases: &[&Release], downloads: &Downloads) {
    for release in releases {
        println!("{}  {}, {}", release.id, release.title, release.publisher);
        println!("    {}", release.url);
        for line in state(release, downloads) {
            println!("    {line}");
        }
    }
}

/// What there is to say of a release, a line each.
fn state(release: &Release, downloads: &Downloads) -> Vec<String> {
    let record = downloads.record_of(release);
    let mut lines = vec![match (record, downloads.half_of(release)) {
        (Some(record), _) => format!(
            "fetched on {}, {:.1} MB, SHA-256 {}",
            record.fetched_on,
            record.size as f64 / 1e6,
            record.sha256
        ),
        (None, Some(bytes)) => format!(
            "{:.1} MB of it are here; the next run goes on",
            bytes as f64 / 1e6
        ),
        (None, None) => "not fetched yet".to_owned(),
    }];
    if !release.checked && record.is_none() {
        lines.push(
            "its address was not opened while the catalogue was written, and may be out of date".to_owned(),
        );
    }
    if release.by_name {
        lines.push("fetched only if it is named".to_owned());
    }
    if let Some(page) = &release.accept {
        lines.push(format!("its publisher asks to accept a licence first: {page}"));
    }
    if release.is_due(today()) && !release.by_name {
        lines.push(due(release));
    }
    lines
}

fn dry_run(chosen: &[&Release], config: &SyncConfig, downloads: &Downloads) -> Result<ExitCode> {
    for release in chosen {
        let wanted = wanted(release, config, downloads)?;
        let what = match waits_for_licence(release, config) {
            Some(page) => format!("is left out; {}", ask_to_accept(page)),
            None => format!(
                "{} to {}",
                how(release, &wanted, downloads),
                wanted.file.display()
            ),
        };
        println!("{}: {what}", release.id);
    }
    Ok(ExitCode::SUCCESS)
}

fn how(release: &Release, wanted: &Wanted, downloads: &Downloads) -> String {
    let from = shown(&wanted.address);
    match (&wanted.known, downloads.half_of(release)) {
        (Some(known), _) => format!(
            "fetched on {}; would ask {from} whether it changed, and fetch it",
            known.fetched_on
        ),
        (None, Some(bytes)) => format!("would go on behind {bytes} bytes from {from}"),
        (None, None) => format!("would fetch {from}"),
    }
}

/// Says which releases their publishers have replaced by now, as far as custom tells.
fn say_due(chosen: &[&Release]) {
    for release in chosen
        .iter()
        .filter(|release| !release.by_name && release.is_due(today()))
    {
        eprintln!("{}: {}", release.id, due(release));
    }
}

fn due(release: &Release) -> String {
    let day = release.replaced.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "a newer release is due since {day}: look its address up at {} and add it to your catalogue (files.catalogue)",
        release.publisher
    )
}

fn say_failures(failures: &[String]) {
    if failures.is_empty() {
        return;
    }
    eprintln!("not everything was fetched and loaded:");
    for failure in failures {
        eprintln!("  {failure}");
    }
}
