//! Plain files, gzip and zip, unpacked in memory.
//!
//! Nothing is written to disk, so a member's path can lead nowhere; sizes are capped while unpacking, so a
//! bomb costs at most [`MAX_FILE_BYTES`].

use crate::error::IngestError;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most bytes that one file may have, packed or unpacked: the largest official file has 15 MB.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// The most members that are looked at in a zip.
const MAX_MEMBERS: usize = 1_000;
/// How much of a member is unpacked to see what it is.
const HEAD_BYTES: u64 = 8 * 1024;

/// One unpacked file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    /// Its own name without folders, which may differ from that of its container.
    pub name: String,
    /// Its bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// Unpacks the one file that matters. A zip may hold others, so `is_wanted` is asked about their names and
/// first bytes.
pub(crate) fn open<'a>(
    name: &str,
    bytes: &'a [u8],
    is_wanted: impl Fn(&str, &[u8]) -> bool,
) -> Result<Member<'a>, IngestError> {
    let base = base_name(name);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = read_capped(MultiGzDecoder::new(bytes), MAX_FILE_BYTES)
            .map_err(|error| refused(name, "gzip", &error))?;
        return Ok(Member {
            name: base.strip_suffix(".gz").unwrap_or(base).to_owned(),
            bytes: unpacked.into(),
        });
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return open_zip(name, bytes, is_wanted);
    }
    Ok(Member {
        name: base.to_owned(),
        bytes: bytes.into(),
    })
}

fn open_zip(
    name: &str,
    bytes: &[u8],
    is_wanted: impl Fn(&str, &[u8]) -> bool,
) -> Result<Member<'static>, IngestError> {
    let container = |why: String| IngestError::Container {
        file: name.to_owned(),
        why,
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| zip_refused(name, error))?;
    if archive.len() > MAX_MEMBERS {
        return Err(container(format!(
            "the zip has {} members, at most {MAX_MEMBERS} are looked at; unpack it and give the file inside",
            archive.len()
        )));
    }
    let mut wanted = Vec::new();
    let mut others = Vec::new();
    for place in 0..archive.len() {
        let member = archive
            .by_index(place)
            .map_err(|error| zip_refused(name, error))?;
        if !member.is_file() {
            continue;
        }
        let member_name = base_name(member.name()).to_owned();
        let head = read_head(member).map_err(|error| refused(name, "zip", &error))?;
        match is_wanted(&member_name, &head) {
            true => wanted.push((place, member_name)),
            false => others.push(member_name),
        }
    }
    match wanted.as_slice() {
        [] => Err(nothing_in_it(name, others)),
        [(place, member_name)] => {
            let member = archive
                .by_index(*place)
                .map_err(|error| zip_refused(name, error))?;
            let bytes = read_capped(member, MAX_FILE_BYTES).map_err(|error| refused(name, "zip", &error))?;
            Ok(Member {
                name: member_name.clone(),
                bytes: bytes.into(),
            })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            Err(container(format!(
                "the zip holds {} order files, {}, and nothing says which one is meant; unpack it and give one of them",
                names.len(),
                names.join(" and ")
            )))
        }
    }
}

fn nothing_in_it(file: &str, mut names: Vec<String>) -> IngestError {
    names.truncate(8);
    let content = match names.as_slice() {
        [] => "no files".to_owned(),
        names => names.join(", "),
    };
    IngestError::Unknown {
        file: file.to_owned(),
        looks_like: format!("a zip with {content}"),
        advice: format!("in a zip, {ADVICE}"),
    }
}

const ADVICE: &str = "expected the ICD-10-CM order file, such as icd10cm_order_2024.txt, with its headers and \
     flags, as published by CMS";

/// The error for a file whose content nobody reads.
pub(crate) fn unknown(file: &str, member: &Member<'_>) -> IngestError {
    IngestError::Unknown {
        file: file.to_owned(),
        looks_like: looks_like(&member.bytes),
        advice: ADVICE.to_owned(),
    }
}

/// What bytes look like to somebody who knows what people download by mistake.
fn looks_like(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(512)];
    let text = String::from_utf8_lossy(head);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower = start.to_ascii_lowercase();
    let first_line = start.lines().next().unwrap_or_default();
    let guess = if start.is_empty() {
        "an empty file"
    } else if head.starts_with(b"%PDF") {
        "a PDF"
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        "an HTML page, perhaps an error page saved under the name of a download"
    } else if lower.starts_with("<?xml") || lower.starts_with('<') {
        "an XML file"
    } else if head.contains(&0) {
        "a binary file"
    } else if ["add", "delete", "revise", "no change"]
        .iter()
        .any(|word| lower.starts_with(word))
    {
        "an addenda file, which lists changes only"
    } else if start.contains("[[") {
        "a TOML file without passages"
    } else if first_line.matches(',').count() >= 2 || first_line.contains('\t') {
        "a table with separators (CSV)"
    } else if is_code_list(first_line) {
        "the list of billable codes without headers and flags (icd10cm_codes)"
    } else {
        let shown: String = first_line.chars().filter(|c| !c.is_control()).take(40).collect();
        return format!("a text that begins with {shown:?}");
    };
    guess.to_owned()
}

fn is_code_list(line: &str) -> bool {
    line.split_once(' ').is_some_and(|(code, title)| {
        (3..=7).contains(&code.len())
            && code.bytes().any(|c| c.is_ascii_digit())
            && code.bytes().all(|c| c.is_ascii_alphanumeric())
            && code.as_bytes()[0].is_ascii_uppercase()
            && !title.trim().is_empty()
    })
}

/// The name without folders of either kind: a zip may carry any path.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn read_head(member: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    member.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

fn read_capped(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(TooLarge));
    }
    Ok(bytes)
}

#[derive(Debug, thiserror::Error)]
#[error("it unpacks to more than {} MB", MAX_FILE_BYTES / (1024 * 1024))]
struct TooLarge;

fn refused(file: &str, kind: &str, error: &io::Error) -> IngestError {
    let advice = if error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()) {
        "no official source is that large, so it is not read"
    } else {
        "it is cut short or damaged, download it again"
    };
    IngestError::Container {
        file: file.to_owned(),
        why: format!("the {kind} cannot be unpacked ({error}); {advice}"),
    }
}

fn zip_refused(file: &str, error: ZipError) -> IngestError {
    let advice = match &error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => {
            "it is encrypted, unpack it with its password and give the file inside"
        }
        ZipError::UnsupportedArchive(_) => "unpack it with another program and give the file inside",
        _ => "it is cut short or damaged, download it again",
    };
    IngestError::Container {
        file: file.to_owned(),
        why: format!("the zip cannot be unpacked ({error}); {advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn any(_: &str, _: &[u8]) -> bool {
        true
    }

    #[test]
    fn a_bomb_costs_no_more_than_the_cap() {
        let zeros = io::repeat(0).take(1 << 20);
        assert!(read_capped(zeros, 1 << 20).is_ok());
        let error = read_capped(io::repeat(0), 1 << 20).expect_err("too large");
        assert!(refused("x.gz", "gzip", &error).to_string().contains("256 MB"));
    }

    #[test]
    fn paths_in_a_zip_are_only_names() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("../../etc\\order.txt", zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(b"text").expect("written");
        let bytes = zip.finish().expect("a zip").into_inner();
        let member = open("some/dir/x.zip", &bytes, any).expect("unpacked");
        assert_eq!(
            (member.name.as_str(), &*member.bytes),
            ("order.txt", &b"text"[..])
        );
        for cut in [5, bytes.len() / 2, bytes.len() - 1] {
            let error = open("x.zip", &bytes[..cut], any)
                .expect_err("cut short")
                .to_string();
            assert!(error.contains("download it again"), "{error}");
        }
    }

    #[test]
    fn an_encrypted_zip_says_so() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("order.txt", zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(b"text").expect("written");
        let mut bytes = zip.finish().expect("a zip").into_inner();
        // Sets the flag "encrypted" in the local header and in the central directory.
        let central = bytes
            .windows(4)
            .position(|four| four == b"PK\x01\x02")
            .expect("a directory");
        bytes[6] |= 1;
        bytes[central + 8] |= 1;
        let error = open("x.zip", &bytes, any).expect_err("encrypted").to_string();
        assert!(error.contains("password"), "{error}");
    }
}
