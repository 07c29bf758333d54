//! Fetching a model of fastembed's catalogue from the Hugging Face hub, or from a mirror of it.
//!
//! hf-hub fetches (it continues half-fetched files and follows the hub's redirects), but the files then move
//! into the data folder under their own names with a manifest, as every other part. fastembed's way of
//! opening models straight from the hub's cache would ask the network again whenever a file were missing, in
//! the middle of serving.

mod advice;

use super::SetupArgs;
use super::progress::Progress;
use super::staging::{Staging, expect_digest, remove_file};
use anyhow::{Context, bail, ensure};
use codecite_embed::ModelProfile;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo, Metadata};
use hf_hub::{Cache, CacheRepo, Repo};
use sha1_smol::Sha1;
use std::path::{Component, Path, PathBuf};

/// How often a broken connection is taken up again.
const RETRIES: usize = 3;

/// Fetches every file of `model` and assembles its folder.
pub(super) fn fetch(
    model: &ModelProfile,
    args: &SetupArgs,
    staging: &Staging,
    progress: &Progress,
) -> anyhow::Result<PathBuf> {
    let hub = Hub::new(model, args, staging)?;
    let dir = staging.part(&model.name().to_ascii_lowercase())?;
    let files = model.files();
    for path in &files {
        let fetched = hub
            .file(path, progress)
            .with_context(|| format!("{path} did not come from {}", hub.name))?;
        let target = dir.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        // The fetched file stays where it is until the run ends: if a later one fails, it is not fetched again.
        std::fs::hard_link(&fetched, &target).or_else(|_| std::fs::copy(&fetched, &target).map(|_| ()))?;
    }
    let entry = model.graph_file().unwrap_or_default();
    staging.seal(&dir, model.name(), &hub.name, entry, &files)?;
    Ok(dir)
}

/// One repository on the hub, and what this and earlier runs have fetched of it.
struct Hub {
    api: Api,
    repository: ApiRepo,
    fetched: CacheRepo,
    /// For people, without credentials: `OWNER/NAME on ADDRESS`.
    name: String,
    /// The mirror's address, which may hold credentials.
    secret_address: Option<String>,
}

impl Hub {
    fn new(model: &ModelProfile, args: &SetupArgs, staging: &Staging) -> anyhow::Result<Self> {
        let repository = model
            .repository()
            .context("this model does not come from the hub")?;
        let mirror = args.hub.as_deref().map(|url| url.trim_end_matches('/'));
        let mirror = mirror.filter(|url| !url.is_empty()).map(str::to_owned);
        let cache = Cache::new(staging.hub()?);
        let mut builder = ApiBuilder::from_cache(cache.clone())
            .with_token(args.hub_token.clone())
            .with_retries(RETRIES)
            .with_progress(false);
        let host = match &mirror {
            None => "the Hugging Face hub".to_owned(),
            Some(url) => {
                builder = builder.with_endpoint(url.clone());
                without_credentials(url)
                    .context("the mirror's address (HF_ENDPOINT or --hub) begins with http:// or https://")?
            }
        };
        let api = builder.build()?;
        Ok(Self {
            repository: api.model(repository.to_owned()),
            api,
            fetched: cache.repo(Repo::model(repository.to_owned())),
            name: format!("{repository} on {host}"),
            secret_address: mirror,
        })
    }

    /// The contents of `path` as the hub announces them, which an earlier run may have fetched.
    fn file(&self, path: &str, progress: &Progress) -> anyhow::Result<PathBuf> {
        let announced = self
            .api
            .metadata(&self.repository.url(path))
            .map_err(|error| self.explain(&error))?;
        ensure!(
            is_plain(announced.etag()) && is_plain(announced.commit_hash()),
            "what answers there is no hub: it names the file {:?}",
            announced.etag()
        );
        let contents = self.contents_of(&announced);
        if expect_announced(&contents, &announced).is_ok() {
            progress.say(&format!("{path}: fetched by an earlier run"));
            return Ok(contents);
        }
        self.forget(path, &announced)?;
        let fetched = self
            .repository
            .download_with_progress(path, progress.meter(path, 0));
        if let Err(error) = fetched {
            if advice::cannot_be_continued(&error) {
                remove_file(&self.half_of(&announced))?;
            }
            return Err(self.explain(&error));
        }
        if let Err(error) = expect_announced(&contents, &announced) {
            self.forget(path, &announced)?;
            return Err(error.context("what came is not what the hub announced; run setup again"));
        }
        Ok(contents)
    }

    /// Removes what there is of `path` and does not serve. A half-fetched file stays, to be continued, unless it
    /// is as long as the whole: nothing could be appended to it, and the hub would refuse to begin at its end.
    fn forget(&self, path: &str, announced: &Metadata) -> anyhow::Result<()> {
        let half = self.half_of(announced);
        let is_as_long = |half: std::fs::Metadata| half.len() >= announced.size() as u64;
        if half.metadata().is_ok_and(is_as_long) {
            remove_file(&half)?;
        }
        remove_file(&self.contents_of(announced))?;
        // hf-hub's link to the contents; a dangling one would be in its way.
        remove_file(&self.fetched.pointer_path(announced.commit_hash()).join(path))
    }

    /// Where hf-hub puts the contents.
    fn contents_of(&self, announced: &Metadata) -> PathBuf {
        self.fetched.blob_path(announced.etag())
    }

    /// Where hf-hub puts the contents while they come.
    fn half_of(&self, announced: &Metadata) -> PathBuf {
        self.contents_of(announced).with_extension("part")
    }

    /// What hf-hub said and what to do about it, without the credentials of the mirror's address.
    fn explain(&self, error: &ApiError) -> anyhow::Error {
        let mut said = error.to_string();
        if let Some(address) = &self.secret_address {
            said = said.replace(address.as_str(), &self.name);
        }
        anyhow::Error::msg(said).context(advice::on(error))
    }
}

/// Fails unless the file has the size and the digest that were announced. The hub announces large files by their
/// SHA-256 and small ones by Git's SHA-1 of them; programs that mirror it may give the plain SHA-1, or names of
/// their own, and then the size is all there is to compare.
fn expect_announced(file: &Path, announced: &Metadata) -> anyhow::Result<()> {
    let (bytes, expected) = (file.metadata()?.len(), announced.size() as u64);
    ensure!(
        bytes == expected,
        "{} has {bytes} bytes, expected {expected}",
        file.display()
    );
    let digest = announced.etag();
    let is_hexadecimal = digest.chars().all(|c| c.is_ascii_hexdigit());
    match digest.len() {
        64 if is_hexadecimal => expect_digest(file, digest),
        40 if is_hexadecimal => expect_sha1(file, digest),
        _ => Ok(()),
    }
}

fn expect_sha1(file: &Path, expected: &str) -> anyhow::Result<()> {
    let contents = std::fs::read(file)?;
    let plain = Sha1::from(&contents).digest().to_string();
    let mut git = Sha1::from(format!("blob {}\0", contents.len()));
    git.update(&contents);
    let git = git.digest().to_string();
    if expected != git && expected != plain {
        bail!("{} has Git's SHA-1 {git}, expected {expected}", file.display());
    }
    Ok(())
}

/// Whether a name that came from the network stays inside the folder that it is appended to.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The address as it may be shown: no user name, no password, no query. `None` unless it is one of HTTP.
fn without_credentials(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !["http", "https"].contains(&scheme) {
        return None;
    }
    // A password may hold any character, so all before the last @ goes.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    Some(format!("{scheme}://{shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_is_secret_in_it() {
        for (address, shown) in [
            ("https://mirror.example", Some("https://mirror.example")),
            ("https://mirror.example:8/hf", Some("https://mirror.example:8/hf")),
            (
                "http://me:secret@mirror.example/hf",
                Some("http://mirror.example/hf"),
            ),
            (
                "https://me:s/ec@ret@mirror.example",
                Some("https://mirror.example"),
            ),
            (
                "https://mirror.example/hf?token=secret",
                Some("https://mirror.example/hf"),
            ),
            ("mirror.example", None),
            ("me:secret@mirror.example", None),
            ("ftp://mirror.example", None),
        ] {
            assert_eq!(without_credentials(address).as_deref(), shown, "{address}");
        }
    }

    #[test]
    fn a_name_from_the_network_stays_inside_its_folder() {
        assert!(is_plain("0123abc") && is_plain("W/0123"));
        for name in ["", "/etc/passwd", "../x", "a/../../x"] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_small_file_is_known_by_gits_digest_or_by_the_plain_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hello");
        std::fs::write(&file, "hello\n").unwrap();
        // `git hash-object hello` and `sha1sum hello`
        expect_sha1(&file, "ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
        expect_sha1(&file, "f572d396fae9206628714fb2ce00f72e94f2258f").unwrap();
        let error = expect_sha1(&file, "0000000000000000000000000000000000000000").unwrap_err();
        assert!(error.to_string().contains("ce013625030b"), "{error}");
    }
}
