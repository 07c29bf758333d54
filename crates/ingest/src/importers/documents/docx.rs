//! DOCX: a zip whose `word/document.xml` has paragraphs with styles, and whose `word/styles.xml` names the styles.

use super::blocks::{Block, BlockKind};
use crate::container::MAX_FILE_BYTES;
use codecite_codebook::Place;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use zip::ZipArchive;

const DOCUMENT: &str = "word/document.xml";

/// Whether bytes are a zip that holds a document, by its directory or, where only the head is there, by its first parts.
pub(super) fn is_one(name: &str, bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"PK\x03\x04") {
        return false;
    }
    match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive.index_for_name(DOCUMENT).is_some(),
        Err(_) => name.to_ascii_lowercase().ends_with(".docx"),
    }
}

/// The headings and paragraphs of a document; `Err` says what is damaged.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Block>, String> {
    read_parts(bytes).map_err(|why| {
        format!(
            "{why}; it is cut short or damaged, download it again, or save it anew with an office program"
        )
    })
}

fn read_parts(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("the DOCX cannot be unpacked ({error})"))?;
    let document = part(&mut archive, DOCUMENT)?.ok_or_else(|| format!("the DOCX has no {DOCUMENT}"))?;
    // A document without styles has paragraphs only.
    let levels = match part(&mut archive, "word/styles.xml")? {
        Some(styles) => levels(&styles)?,
        None => HashMap::new(),
    };
    let mut body = Body::new(levels);
    walk(DOCUMENT, &document, |event| body.take(event))?;
    Ok(body.blocks())
}

fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<String>, String> {
    if archive.index_for_name(name).is_none() {
        return Ok(None);
    }
    let broken = |why: String| format!("{name} in the DOCX cannot be read ({why})");
    let file = archive.by_name(name).map_err(|error| broken(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| broken(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(broken("it unpacks to more than any document has".into()));
    }
    Ok(Some(crate::sheet::decode(&bytes).into_owned()))
}

fn walk(name: &str, xml: &str, mut take: impl FnMut(&Event<'_>)) -> Result<(), String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => take(&event),
            Err(error) => return Err(format!("{name} in the DOCX is no sound XML ({error})")),
        }
    }
}

/// How deep the headings of each style stand, from 1: by the style's name or by its outline level.
fn levels(styles: &str) -> Result<HashMap<String, u8>, String> {
    let mut levels = HashMap::new();
    let mut style = String::new();
    walk("word/styles.xml", styles, |event| {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            return;
        };
        let level = match tag.local_name().as_ref() {
            "style" => {
                style = attribute(tag, "styleId").unwrap_or_default();
                None
            }
            "name" => attribute(tag, "val").and_then(|name| level_named(&name)),
            "outlineLvl" => outline_level(tag),
            _ => None,
        };
        if let Some(level) = level.filter(|_| !style.is_empty()) {
            levels.entry(style.clone()).or_insert(level);
        }
    })?;
    Ok(levels)
}

fn level_named(name: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level: u8 = name.strip_prefix("heading")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(level)
}

/// Levels of outlines count from 0; 9 is body text.
fn outline_level(tag: &BytesStart<'_>) -> Option<u8> {
    let level: u8 = attribute(tag, "val")?.parse().ok()?;
    (level < 9).then_some(level + 1)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// The body of a document while it is read.
struct Body {
    levels: HashMap<String, u8>,
    found: Vec<(BlockKind, String, u32, u64)>,
    text: String,
    level: Option<u8>,
    is_item: bool,
    in_text: bool,
    /// Tables in which we are.
    tables: usize,
    paragraph: u64,
    page: u32,
}

impl Body {
    fn new(levels: HashMap<String, u8>) -> Self {
        Self {
            levels,
            found: Vec::new(),
            text: String::new(),
            level: None,
            is_item: false,
            in_text: false,
            tables: 0,
            paragraph: 0,
            page: 1,
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::Empty(tag) => {
                self.open(tag);
                self.close(tag.local_name().as_ref());
            }
            Event::End(tag) => self.close(tag.local_name().as_ref()),
            Event::Text(text) if self.in_text => self.text.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) if self.in_text => self.text.push_str(&resolved(entity)),
            Event::CData(text) if self.in_text => self.text.push_str(&text.xml10_content()),
            _ => {}
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "tbl" => self.tables += 1,
            "pStyle" => self.level = attribute(tag, "val").and_then(|style| self.level_of(&style)),
            "outlineLvl" => self.level = outline_level(tag).or(self.level),
            "numPr" => self.is_item = true,
            "t" => self.in_text = true,
            "tab" | "br" | "cr" => self.text.push(' '),
            "noBreakHyphen" => self.text.push('-'),
            "lastRenderedPageBreak" => self.page += 1,
            _ => {}
        }
    }

    fn level_of(&self, style: &str) -> Option<u8> {
        self.levels.get(style).copied().or_else(|| level_named(style))
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "p" if self.tables > 0 => self.text.push(' '),
            "p" => self.end_block(),
            "tc" => self.text.push_str("| "),
            "tr" => self.end_block(),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.end_block();
            }
            _ => {}
        }
    }

    fn end_block(&mut self) {
        self.paragraph += 1;
        let text = std::mem::take(&mut self.text);
        let text = text.trim().trim_end_matches('|').trim();
        let is_item = std::mem::take(&mut self.is_item);
        let kind = match self.level.take() {
            Some(level) => BlockKind::Heading(level),
            None => BlockKind::Paragraph,
        };
        let text = match kind == BlockKind::Paragraph && is_item && !text.is_empty() {
            true => format!("- {text}"),
            false => text.to_owned(),
        };
        self.found.push((kind, text, self.page, self.paragraph));
    }

    /// By pages where the program that wrote it has said where they begin, else by paragraphs.
    fn blocks(mut self) -> Vec<Block> {
        self.end_block();
        let has_pages = self.page > 1;
        let placed = |(kind, text, page, paragraph): (BlockKind, String, u32, u64)| {
            let place = match has_pages {
                true => Place::Page(page),
                false => Place::Row(paragraph),
            };
            Block::new(kind, &text, place)
        };
        self.found.into_iter().filter_map(placed).collect()
    }
}

fn resolved(entity: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    match &*entity.xml10_content() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
    .to_owned()
}
