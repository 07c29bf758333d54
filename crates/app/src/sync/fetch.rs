//! Fetching one file: continued where it broke off, not fetched if it did not change, and looked at before it is kept.

use super::config::SyncConfig;
use super::downloads::Record;
use super::fault::Fault;
use super::half::{self, Half, State};
use super::meter::Meter;
use super::shown;
use anyhow::{Context, Result, anyhow, bail};
use codecite_embed::sha256_of_file;
use codecite_ingest::MAX_FILE_BYTES;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const MB: u64 = 1024 * 1024;

/// Fetches files.
pub struct Fetcher {
    client: Client,
    config: SyncConfig,
}

/// What is to be fetched.
pub struct Wanted {
    /// Names it for people.
    pub name: String,
    /// Where from.
    pub address: Url,
    /// Where to.
    pub file: PathBuf,
    /// The digest that it must have.
    pub sha256: Option<String>,
    /// What is there already.
    pub known: Option<Record>,
}

/// How it went.
#[derive(Debug)]
pub enum Outcome {
    /// What is there is what the publisher offers.
    Unchanged,
    /// It came, and is in its place.
    Fetched {
        /// Its size in bytes.
        size: u64,
        /// Its digest.
        sha256: String,
        /// What the server calls this state of the file.
        etag: Option<String>,
        /// When the server says that it changed last.
        last_modified: Option<String>,
    },
}

impl Fetcher {
    /// One that fetches with `client` as `config` says.
    pub fn new(client: Client, config: SyncConfig) -> Self {
        Self { client, config }
    }

    /// Fetches `wanted`, and takes a transfer that broke up again.
    ///
    /// # Errors
    /// Says why it did not come and what to do. What came of it stays, for the next run.
    pub async fn fetch(&self, mut wanted: Wanted) -> Result<Outcome> {
        wanted.known = wanted.known_and_right().await?;
        if wanted.known.is_some() && wanted.sha256.is_some() {
            // Nobody need be asked: these are the bytes that the catalogue names.
            return Ok(Outcome::Unchanged);
        }
        let mut tries = 0;
        loop {
            let fault = match self.attempt(&wanted).await {
                Ok(Some(state)) => return wanted.keep(state).await,
                Ok(None) => return Ok(Outcome::Unchanged),
                Err(fault) => fault,
            };
            tries += 1;
            match fault {
                Fault::Passing { why, wait } if tries <= self.config.retries => {
                    eprintln!("{}: {why:#}; trying again", wanted.name);
                    tokio::time::sleep(self.wait(tries, wait)).await;
                }
                fault => return Err(fault.into_error()),
            }
        }
    }

    /// As long as the server asks, or as the number of tries says, and not longer than is allowed.
    fn wait(&self, tries: u32, asked: Option<Duration>) -> Duration {
        let wait = self.config.wait_before(tries);
        asked.map_or(wait, |asked| {
            asked.min(Duration::from_millis(self.config.longest_wait_ms))
        })
    }

    /// Asks once. Returns the state of the file that is there whole then; none if it is as it was.
    async fn attempt(&self, wanted: &Wanted) -> Result<Option<State>, Fault> {
        let from = shown(&wanted.address);
        let half = Half::of(&wanted.file, &from);
        // Compressed on the way, a range would be one of other bytes.
        let request = self
            .client
            .get(wanted.address.clone())
            .header(ACCEPT_ENCODING, "identity");
        let request = match (&half, &wanted.known) {
            (Some(half), _) => going_on(request, half),
            (None, Some(known)) if known.from == from => if_changed(request, known),
            (None, _) => request,
        };
        let response = request.send().await.map_err(Fault::of_transfer)?;
        match (response.status(), half) {
            (StatusCode::NOT_MODIFIED, None) if wanted.known.is_some() => Ok(None),
            (StatusCode::PARTIAL_CONTENT, Some(half)) if half.is_continued_by(&response) => {
                receive(response, wanted, half.bytes).await.map(Some)
            }
            (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _) => {
                half::forget(&wanted.file)?;
                Err(Fault::passing(anyhow!(
                    "the server cannot go on where the transfer broke off; it begins again"
                )))
            }
            (StatusCode::OK, _) => receive(response, wanted, 0).await.map(Some),
            _ => Err(Fault::of_status(&response)),
        }
    }
}

fn going_on(request: RequestBuilder, half: &Half) -> RequestBuilder {
    let request = request.header(RANGE, format!("bytes={}-", half.bytes));
    match half.state.mark() {
        Some(mark) => request.header(IF_RANGE, mark),
        None => request,
    }
}

fn if_changed(mut request: RequestBuilder, known: &Record) -> RequestBuilder {
    if let Some(etag) = &known.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if let Some(day) = &known.last_modified {
        request = request.header(IF_MODIFIED_SINCE, day);
    }
    request
}

/// Writes what comes behind the first `begin` bytes.
async fn receive(mut response: Response, wanted: &Wanted, begin: u64) -> Result<State, Fault> {
    refuse_page(&response)?;
    let total = length_of(&response).map(|length| begin.saturating_add(length));
    refuse_size(total.unwrap_or_default())?;
    let state = State::of(&response, &shown(&wanted.address), total);
    half::note(&wanted.file, &state)?;
    let place = half::part_of(&wanted.file);
    let mut out = open(&place, begin).await?;
    let mut meter = Meter::begin(&wanted.name, begin, total);
    let mut there = begin;
    let arrived = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                there += chunk.len() as u64;
                if let Err(error) = refuse_size(there) {
                    half::forget(&wanted.file)?;
                    return Err(error.into());
                }
                write(&mut out, &chunk, &place).await?;
                meter.reached(there);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(Fault::of_transfer(error)),
        }
    };
    // Also of a transfer that broke: the next one goes on from what the disk has.
    settle(&mut out, &place).await?;
    arrived?;
    if total.is_some_and(|total| total != there) {
        return Err(Fault::passing(anyhow!(
            "the connection broke off after {there} bytes"
        )));
    }
    meter.arrived();
    Ok(state)
}

fn length_of(response: &Response) -> Option<u64> {
    half::text(response, CONTENT_LENGTH)?.trim().parse().ok()
}

async fn open(place: &Path, begin: u64) -> Result<tokio::fs::File> {
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true);
    match begin {
        0 => options.write(true).truncate(true),
        _ => options.append(true),
    };
    options
        .open(place)
        .await
        .with_context(|| cannot_be_written(place))
}

async fn write(out: &mut tokio::fs::File, chunk: &[u8], place: &Path) -> Result<()> {
    out.write_all(chunk)
        .await
        .with_context(|| cannot_be_written(place))
}

/// Waits until the disk has all that was written. A write that failed behind our back is told by `flush` alone.
async fn settle(out: &mut tokio::fs::File, place: &Path) -> Result<()> {
    let cannot = || cannot_be_written(place);
    out.flush().await.with_context(cannot)?;
    out.sync_all().await.with_context(cannot)
}

fn cannot_be_written(place: &Path) -> String {
    format!("{} cannot be written; is the disk full?", place.display())
}

/// Fails for an answer that calls itself a page: publishers show one for a file that has moved, or before a licence.
fn refuse_page(response: &Response) -> Result<()> {
    let kind = half::text(response, CONTENT_TYPE)
        .unwrap_or_default()
        .to_ascii_lowercase();
    match kind.starts_with("text/html") || kind.starts_with("application/xhtml") {
        true => bail!(a_page_came(response.url().path())),
        false => Ok(()),
    }
}

fn a_page_came(path: &str) -> String {
    let what = match path.contains("/license") {
        true => "the publisher shows a licence to accept before it gives the file",
        false => "a web page came instead of the file, as for a file that has moved or one behind a licence",
    };
    format!(
        "{what}; open the address in a browser, correct its url in the catalogue (files.catalogue), or download the file \
         and run `codecite ingest FILE`"
    )
}

fn refuse_size(bytes: u64) -> Result<()> {
    if bytes > MAX_FILE_BYTES {
        bail!(
            "it has more than {} MB, and no release that can be loaded has; correct its url in the catalogue",
            MAX_FILE_BYTES / MB
        );
    }
    Ok(())
}

impl Wanted {
    /// What is there already, if it is undamaged and what the catalogue expects.
    async fn known_and_right(&self) -> Result<Option<Record>> {
        let Some(known) = &self.known else { return Ok(None) };
        let is_expected = self
            .sha256
            .as_ref()
            .is_none_or(|expected| known.sha256 == *expected);
        let is_right = is_expected && digest_of(self.file.clone()).await? == known.sha256;
        Ok(is_right.then(|| known.clone()))
    }

    /// Looks at what came and puts it in its place; what is not what it should be goes.
    async fn keep(&self, state: State) -> Result<Outcome> {
        let part = half::part_of(&self.file);
        let looked = self.look_at(&part).await;
        let (size, sha256) = match looked {
            Ok(found) => found,
            Err(error) => {
                half::forget(&self.file)?;
                return Err(error);
            }
        };
        half::put_in_place(&self.file)?;
        Ok(Outcome::Fetched {
            size,
            sha256,
            etag: state.etag,
            last_modified: state.last_modified,
        })
    }

    async fn look_at(&self, part: &Path) -> Result<(u64, String)> {
        refuse_content(part, &self.file)?;
        let sha256 = digest_of(part.to_owned()).await?;
        if let Some(expected) = self.sha256.as_deref().filter(|expected| *expected != sha256) {
            bail!(
                "it has SHA-256 {sha256}, and the catalogue expects {expected}: the publisher has replaced the file, or it is \
                 not the publisher's; compare, and correct sha256 in the catalogue"
            );
        }
        Ok((part.metadata()?.len(), sha256))
    }
}

/// Fails for a file whose first bytes are not those of its kind, whatever the server called it.
fn refuse_content(part: &Path, file: &Path) -> Result<()> {
    let mut head = Vec::new();
    File::open(part)?.take(512).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head)
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        bail!(a_page_came(""));
    }
    let is_named_zip = file
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    if is_named_zip && !head.starts_with(b"PK") {
        bail!("what came is no zip, although its address says so; open the address in a browser and look");
    }
    Ok(())
}

async fn digest_of(file: PathBuf) -> Result<String> {
    let shown = file.display().to_string();
    tokio::task::spawn_blocking(move || sha256_of_file(&file))
        .await
        .context("hashing broke")?
        .with_context(|| format!("{shown} cannot be read"))
}
