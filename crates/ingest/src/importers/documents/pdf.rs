//! PDF: its text, page by page.

use super::blocks::Block;
use super::lines::{Line, blocks};
use crate::container::MAX_FILE_BYTES;
use codecite_codebook::Place;
use flate2::read::ZlibDecoder;
use pdf_extract::{Dictionary, Document, Object, ObjectId, PlainTextOutput, output_doc_page};
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How deep pages may lie in the tree of pages, and drawings in one another.
const DEEPEST: usize = 32;
/// How many lines at the top and at the foot of a page may be the same on all of them.
const EDGE: usize = 3;

/// What a PDF says.
pub(super) struct Pdf {
    pub blocks: Vec<Block>,
    /// Pages that could not be read, counted from 1, each with the reason.
    pub unreadable: Vec<(u32, String)>,
    /// How many pages there are.
    pub pages: usize,
}

/// Reads the text of every page; `Err` says why the whole cannot be read.
pub(super) fn read(bytes: &[u8]) -> Result<Pdf, String> {
    if !unpacks_in_reason(bytes) {
        return Err(format!(
            "the PDF unpacks to more than {} MB, as no document does; print it to a new PDF and give that",
            MAX_FILE_BYTES / (1024 * 1024)
        ));
    }
    let document = guarded(|| Document::load_mem(bytes).map_err(|error| error.to_string())).map_err(|why| {
        format!(
            "the PDF cannot be read ({why}); it is cut short or damaged, download it again, or print it to a new PDF and give \
             that"
        )
    })?;
    if document.is_encrypted() {
        return Err("the PDF is encrypted; save it without a password and give that file".into());
    }
    let mut texts: Vec<(u32, String)> = Vec::new();
    let mut unreadable = Vec::new();
    let pages = document.get_pages();
    for (number, page) in &pages {
        match page_text(&document, *number, *page) {
            Ok(text) => texts.push((*number, text)),
            Err(why) => unreadable.push((*number, why)),
        }
    }
    let repeated = repeated_lines(&texts);
    let lines = texts
        .iter()
        .flat_map(|(number, text)| lines_of_page(*number, text, &repeated));
    Ok(Pdf {
        blocks: blocks(lines),
        unreadable,
        pages: pages.len(),
    })
}

/// Whether no packed part of a PDF, and not too many of them together, unpack to more than any document has. The reader
/// unpacks them without a limit. What stands behind `stream` and is not packed like this does not grow.
fn unpacks_in_reason(bytes: &[u8]) -> bool {
    const BEGINS: &[u8] = b"stream";
    let mut room = 4 * MAX_FILE_BYTES;
    let mut rest = bytes;
    while let Some(place) = rest.windows(BEGINS.len()).position(|window| window == BEGINS) {
        rest = rest.get(place + BEGINS.len()..).unwrap_or_default();
        let packed = rest.strip_prefix(b"\r").unwrap_or(rest);
        let Some(packed) = packed.strip_prefix(b"\n") else {
            continue;
        };
        let mut unpacked = Counter(0);
        // A damaged one ends with an error, and has grown no further.
        let _ = io::copy(
            &mut ZlibDecoder::new(packed).take(MAX_FILE_BYTES + 1),
            &mut unpacked,
        );
        if unpacked.0 > MAX_FILE_BYTES || unpacked.0 > room {
            return false;
        }
        room -= unpacked.0;
    }
    true
}

/// Counts what is written and keeps none of it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn page_text(document: &Document, number: u32, page: ObjectId) -> Result<String, String> {
    if !is_sound(document, page) {
        return Err("its parts refer to themselves".into());
    }
    let mut text = String::new();
    guarded(|| {
        let mut output = PlainTextOutput::new(&mut text);
        output_doc_page(document, &mut output, number).map_err(|error| error.to_string())
    })?;
    Ok(text)
}

/// Runs what may panic over a damaged file.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("its content breaks the reader".into()))
}

/// Whether a page can be walked to its end: neither its parents nor the drawings inside it lead back to themselves.
/// The reader would follow them until the stack overflows, which nothing can catch.
fn is_sound(document: &Document, page: ObjectId) -> bool {
    let Ok(page) = document.get_dictionary(page) else {
        return false;
    };
    let mut above = page;
    for depth in 0.. {
        if depth > DEEPEST {
            return false;
        }
        if !drawings_end(document, above, &mut HashSet::new(), 0) {
            return false;
        }
        let parent = above.get(b"Parent").and_then(Object::as_reference);
        match parent.and_then(|parent| document.get_dictionary(parent)) {
            Ok(parent) => above = parent,
            Err(_) => break,
        }
    }
    true
}

/// Whether the drawings in the resources of `holder` end, and theirs. `seen` have been walked to their ends.
fn drawings_end(
    document: &Document,
    holder: &Dictionary,
    seen: &mut HashSet<ObjectId>,
    depth: usize,
) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let dictionary = |holder: &Dictionary, key: &[u8]| {
        let value = holder.get(key).ok()?;
        let (_, value) = document.dereference(value).ok()?;
        value.as_dict().ok().cloned()
    };
    let drawings = dictionary(holder, b"Resources").and_then(|resources| dictionary(&resources, b"XObject"));
    let Some(drawings) = drawings else {
        return true;
    };
    drawings.iter().all(|(_, drawing)| {
        let Ok((id, Object::Stream(stream))) = document.dereference(drawing) else {
            return true;
        };
        if id.is_some_and(|id| seen.contains(&id)) {
            return true;
        }
        let ends = drawings_end(document, &stream.dict, seen, depth + 1);
        if let (true, Some(id)) = (ends, id) {
            seen.insert(id);
        }
        ends
    })
}

/// Lines at the edges of pages that come again on most of them, figures aside: running titles and page numbers.
fn repeated_lines(texts: &[(u32, String)]) -> HashSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, text) in texts {
        let edges: HashSet<String> = edge_lines(text).into_iter().map(without_figures).collect();
        for line in edges {
            *counts.entry(line).or_default() += 1;
        }
    }
    let most = texts.len().div_ceil(2).max(3);
    let common = counts.into_iter().filter(|(_, count)| *count >= most);
    common.map(|(line, _)| line).collect()
}

fn edge_lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines.len() {
        length if length <= 2 * EDGE => lines,
        length => lines
            .into_iter()
            .enumerate()
            .filter(|(place, _)| *place < EDGE || *place + EDGE >= length)
            .map(|(_, line)| line)
            .collect(),
    }
}

fn without_figures(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_ascii_digit() { '#' } else { c })
        .collect()
}

fn lines_of_page<'a>(number: u32, text: &'a str, repeated: &HashSet<String>) -> Vec<Line<'a>> {
    let edges: HashSet<*const u8> = edge_lines(text).into_iter().map(str::as_ptr).collect();
    let is_kept =
        |line: &&str| !(edges.contains(&line.as_ptr()) && repeated.contains(&without_figures(line)));
    // A blank line ahead of the first is the reader's way to begin a page, and not the end of a paragraph.
    let lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    let mut lines: Vec<&str> = lines.filter(is_kept).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    if lines.last().is_some_and(|line| ends_a_paragraph(line)) {
        lines.push("");
    }
    let place = |text| Line {
        text,
        place: Place::Page(number),
    };
    let lines = lines.into_iter().skip_while(|line| line.is_empty());
    lines.map(place).collect()
}

/// Whether a paragraph may end with the page: a sentence does.
fn ends_a_paragraph(line: &str) -> bool {
    line.trim_end_matches(['"', '”', ')', ']'])
        .ends_with(['.', '!', '?', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    #[test]
    fn a_bomb_is_found_before_it_is_unpacked() {
        let packed = |size: u64| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            io::copy(&mut io::repeat(b' ').take(size), &mut encoder).expect("packed");
            [
                b"%PDF-1.5 1 0 obj << >> stream\r\n".to_vec(),
                encoder.finish().expect("packed"),
            ]
            .concat()
        };
        assert!(unpacks_in_reason(&packed(1 << 20)));
        assert!(!unpacks_in_reason(&packed(MAX_FILE_BYTES + 1)));
        assert!(unpacks_in_reason(b"stream\nno packed data at all, endstream"));
        assert!(read(&packed(MAX_FILE_BYTES + 1)).is_err_and(|why| why.contains("256 MB")));
    }
}
