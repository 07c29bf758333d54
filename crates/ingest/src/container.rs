//! Plain files, gzip and zip, unpacked in memory.
//!
//! Nothing is written to disk, so a member's path can lead nowhere; sizes are capped while unpacking, so a
//! bomb costs at most [`MAX_FILE_BYTES`], for all members of a zip together.

use crate::error::IngestError;
use crate::importers::{self, Guess};
use crate::sheet::decode;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most bytes that one file may have, packed or unpacked: the largest official tables have 160 MB.
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

/// Unpacks what may matter: of a plain file or a gzip its one member, of a zip every member whose name and first
/// bytes `is_wanted` says yes to. A workbook or a document of an office program is a zip too, and is left whole.
pub(crate) fn members<'a>(
    name: &str,
    bytes: &'a [u8],
    is_wanted: impl Fn(&str, &[u8]) -> bool,
) -> Result<Vec<Member<'a>>, IngestError> {
    let base = base_name(name);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = read_capped(MultiGzDecoder::new(bytes), MAX_FILE_BYTES)
            .map_err(|error| refused(name, "gzip", &error))?;
        return Ok(vec![Member {
            name: base.strip_suffix(".gz").unwrap_or(base).to_owned(),
            bytes: with_line_feeds(unpacked.into()),
        }]);
    }
    let is_zip = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06");
    if is_zip && !is_office_file(bytes) {
        return zip_members(name, bytes, is_wanted);
    }
    Ok(vec![Member {
        name: base.to_owned(),
        bytes: with_line_feeds(bytes.into()),
    }])
}

/// A text whose lines all end with a carriage return alone, as some spreadsheets still save them, with line feeds
/// instead: its readers look for these, and would take the file for one line. Lines keep their numbers.
fn with_line_feeds(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    /// Characters that no text has, but what is packed or drawn.
    fn is_of_no_text(byte: u8) -> bool {
        byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a)
    }
    let is_pdf = bytes.starts_with(b"%PDF");
    if !bytes.contains(&b'\r') || bytes.contains(&b'\n') || is_pdf {
        return bytes;
    }
    let text = match bytes.get(..2) {
        Some([0xff, 0xfe] | [0xfe, 0xff]) => Cow::Owned(decode(&bytes).into_owned().into_bytes()),
        _ if bytes.iter().copied().any(is_of_no_text) => return bytes,
        _ => bytes,
    };
    let mut text = text.into_owned();
    for byte in &mut text {
        if *byte == b'\r' {
            *byte = b'\n';
        }
    }
    text.into()
}

/// Whether a zip is a workbook or a document: both hold a list of the types of their parts.
fn is_office_file(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes))
        .is_ok_and(|archive| archive.index_for_name("[Content_Types].xml").is_some())
}

fn zip_members(
    name: &str,
    bytes: &[u8],
    is_wanted: impl Fn(&str, &[u8]) -> bool,
) -> Result<Vec<Member<'static>>, IngestError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| zip_refused(name, error))?;
    if archive.len() > MAX_MEMBERS {
        return Err(IngestError::Container {
            file: name.to_owned(),
            why: format!(
                "the zip has {} members, at most {MAX_MEMBERS} are looked at; unpack it and give the file inside",
                archive.len()
            ),
        });
    }
    let (mut wanted, mut others) = (Vec::new(), Vec::new());
    let mut room = MAX_FILE_BYTES;
    for place in 0..archive.len() {
        let mut member = archive
            .by_index(place)
            .map_err(|error| zip_refused(name, error))?;
        if !member.is_file() {
            continue;
        }
        let full_name = member.name().map_err(|error| zip_refused(name, error))?;
        let member_name = base_name(&full_name).to_owned();
        let mut bytes = read_head(&mut member).map_err(|error| refused(name, "zip", &error))?;
        // What a workbook holds is told by the list of its parts, at its end.
        let is_workbook = bytes.starts_with(b"PK\x03\x04");
        if !is_workbook && !is_wanted(&member_name, &with_line_feeds(Cow::Borrowed(&bytes))) {
            others.push(member_name);
            continue;
        }
        let rest = read_capped(member, room.saturating_sub(bytes.len() as u64))
            .map_err(|error| refused(name, "zip", &error))?;
        bytes.extend(rest);
        // Also for what is not wanted in the end: a thousand workbooks must not cost a thousand times as much.
        room = room.saturating_sub(bytes.len() as u64);
        if is_workbook && !is_wanted(&member_name, &bytes) {
            others.push(member_name);
            continue;
        }
        wanted.push(Member {
            name: member_name,
            bytes: with_line_feeds(bytes.into()),
        });
    }
    match wanted.is_empty() {
        true => Err(nothing_in_it(name, others)),
        false => Ok(wanted),
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
        advice: format!("none of them is a source that is read; {ADVICE}"),
    }
}

/// What to do with a file that nobody reads.
const ADVICE: &str = "expected a release as its publisher ships it (`codecite ingest --list` names every kind), a topic file, or a \
     document with its authority and date; say with --as KIND what it is if it is one";

/// The error for a file whose content nobody reads.
pub(crate) fn unknown(file: &str, member: &Member<'_>) -> IngestError {
    IngestError::Unknown {
        file: file.to_owned(),
        looks_like: looks_like(&member.bytes),
        advice: match importers::guess(member) {
            Some(Guess::ByHeader(kind, missing)) => format!(
                "by its header it could be: {} ({}), {}; {ADVICE}",
                kind.what,
                kind.word,
                match missing.as_slice() {
                    [] => "but the words of its columns are put together otherwise".to_owned(),
                    missing => format!(
                        "but these words of its columns are missing: {}",
                        missing.join(", ")
                    ),
                }
            ),
            Some(Guess::ByName(kind)) => format!(
                "by its name it could be: {} ({}), and its header or layout is another; {ADVICE}",
                kind.what, kind.word
            ),
            None => ADVICE.to_owned(),
        },
    }
}

/// What bytes look like to somebody who knows what people download by mistake.
fn looks_like(bytes: &[u8]) -> String {
    let head = bytes.get(..512).unwrap_or(bytes);
    let text = decode(head);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower = start.to_ascii_lowercase();
    let first_line = start.lines().next().unwrap_or_default();
    let guess = if start.is_empty() {
        "an empty file"
    } else if head.starts_with(b"%PDF") {
        "a PDF"
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        "an HTML page, perhaps an error page saved under the name of a download"
    } else if lower.contains("<xsd:schema") || lower.contains("<xs:schema") {
        "an XML schema, which describes other files and holds no data"
    } else if lower.starts_with("<?xml") || lower.starts_with('<') {
        "an XML file"
    } else if text.contains('\0') && is_utf16_without_mark(head) {
        "a text in UTF-16 without the mark that says so; save it as UTF-8"
    } else if text.contains('\0') {
        "a binary file"
    } else if [
        "add:",
        "delete:",
        "revise from:",
        "revise to:",
        "revise:",
        "no change:",
    ]
    .iter()
    .any(|word| lower.starts_with(word))
    {
        "an addenda file, which lists changes only"
    } else if first_line.contains("plain_language_meaning") {
        "a working list of modifiers in an author's words, which no coder has reviewed (the reviewed ones come with \
         the starter)"
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

/// Whether every other byte is zero, as where plain letters are written in two bytes each.
fn is_utf16_without_mark(head: &[u8]) -> bool {
    let zeros = |first: usize| {
        head.iter()
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    head.len() >= 8 && (even == 0 || odd == 0) && (even + odd) * 10 >= head.len() * 4
}

fn is_code_list(line: &str) -> bool {
    line.split_once(' ').is_some_and(|(code, title)| {
        (3..=7).contains(&code.len())
            && code.as_bytes()[0].is_ascii_uppercase()
            && code.as_bytes()[1].is_ascii_digit()
            && code.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && !title.trim().is_empty()
    })
}

/// The name without folders of either kind: a zip may carry any path.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The first bytes of a member; the reader goes on behind them.
fn read_head(member: &mut impl Read) -> io::Result<Vec<u8>> {
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

    fn members_of<'a>(name: &str, bytes: &'a [u8]) -> Result<Vec<Member<'a>>, IngestError> {
        members(name, bytes, |_, _| true)
    }

    #[test]
    fn a_bomb_costs_no_more_than_the_cap() {
        let zeros = io::repeat(0).take(1 << 20);
        assert!(read_capped(zeros, 1 << 20).is_ok());
        let error = read_capped(io::repeat(0), 1 << 20).expect_err("too large");
        assert!(refused("x.gz", "gzip", &error).to_string().contains("256 MB"));
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        for (given, read) in [
            (&b"a,b\r1,2\r"[..], &b"a,b\n1,2\n"[..]),
            (b"a,b\r\n1,2\r3,4\n", b"a,b\r\n1,2\r3,4\n"),
            (b"%PDF-1.4\r1 0 obj\r", b"%PDF-1.4\r1 0 obj\r"),
            (b"\x00\x01\r", b"\x00\x01\r"),
            (b"\xff\xfea\0\r\0b\0", b"a\nb"),
        ] {
            let members = members_of("table.csv", given).expect("read");
            assert_eq!(&*members[0].bytes, read, "{given:?}");
        }
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("table.csv", zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(b"a,b\r1,2\r").expect("written");
        let bytes = zip.finish().expect("a zip").into_inner();
        let members = members("x.zip", &bytes, |_, head| head.contains(&b'\n')).expect("wanted by its lines");
        assert_eq!(&*members[0].bytes, b"a,b\n1,2\n");
    }

    #[test]
    fn paths_in_a_zip_are_only_names() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("../../etc\\order.txt", zip::write::SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(b"text").expect("written");
        let bytes = zip.finish().expect("a zip").into_inner();
        let members = members_of("some/dir/x.zip", &bytes).expect("unpacked");
        let members: Vec<_> = members
            .iter()
            .map(|member| (member.name.as_str(), &*member.bytes))
            .collect();
        assert_eq!(members, [("order.txt", &b"text"[..])]);
        for cut in [5, bytes.len() / 2, bytes.len() - 1] {
            let error = members_of("x.zip", &bytes[..cut])
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
        let error = members_of("x.zip", &bytes).expect_err("encrypted").to_string();
        assert!(error.contains("password"), "{error}");
    }
}
