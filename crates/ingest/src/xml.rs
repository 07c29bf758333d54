//! XML files as trees, each element with its line.
//!
//! The largest official file has 10 MB, so a tree is small enough, and it keeps the importers free of the state that
//! reading event by event asks for.

use crate::sheet::{MAX_VALUE_BYTES, decode};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may stand in each other. Official files need a dozen; walking a tree costs stack.
const MAX_DEPTH: usize = 64;
/// The most elements: the Tabular List, the largest of the official files, has 174,000.
const MAX_ELEMENTS: usize = 1_000_000;
/// The most attributes of one of them. Official files have two.
const MAX_ATTRIBUTES: usize = 100;

/// One element with what stands in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name.
    pub name: String,
    /// Line on which it begins, counted from 1.
    pub line: u64,
    attributes: Vec<(String, String)>,
    content: Vec<Content>,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Element(Element),
}

impl Element {
    /// The elements that stand directly in it.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// Those of the name `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children().filter(move |element| element.name == name)
    }

    /// The first of the name `name`.
    pub fn first(&self, name: &str) -> Option<&Self> {
        self.children().find(|element| element.name == name)
    }

    /// The words in it and in its elements, each run of blanks as one blank.
    pub fn text(&self) -> String {
        let mut words = Vec::new();
        self.collect_words(&mut words);
        words.join(" ")
    }

    /// The words that stand directly in it.
    pub fn own_text(&self) -> String {
        let texts = self.content.iter().filter_map(|content| match content {
            Content::Text(text) => Some(text.split_whitespace()),
            Content::Element(_) => None,
        });
        texts.flatten().collect::<Vec<_>>().join(" ")
    }

    /// The text of the first element of the name `name`; empty if there is none.
    pub fn text_of(&self, name: &str) -> String {
        self.first(name).map(Self::text).unwrap_or_default()
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(attribute, _)| attribute == name);
        found.map(|(_, value)| value.as_str())
    }

    fn collect_words<'a>(&'a self, words: &mut Vec<&'a str>) {
        for content in &self.content {
            match content {
                Content::Text(text) => words.extend(text.split_whitespace()),
                Content::Element(element) => element.collect_words(words),
            }
        }
    }

    fn begin(start: &BytesStart<'_>, line: u64) -> Result<Self, String> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            // Each is compared with all before it.
            if attributes.len() == MAX_ATTRIBUTES {
                return Err(format!("more than {MAX_ATTRIBUTES} attributes in one tag"));
            }
            attributes.push((attribute.key.as_ref().to_owned(), attribute.value.into_owned()));
        }
        Ok(Self {
            name: start.name().as_ref().to_owned(),
            line,
            attributes,
            content: Vec::new(),
        })
    }

    /// Adds text; what an entity cut into pieces is put together again.
    fn push_text(&mut self, text: &str) -> Result<(), String> {
        let before = match self.content.last() {
            Some(Content::Text(before)) => before.len(),
            _ => 0,
        };
        if before + text.len() > MAX_VALUE_BYTES {
            return Err(format!("a text of more than {MAX_VALUE_BYTES} bytes"));
        }
        match self.content.last_mut() {
            Some(Content::Text(before)) => before.push_str(text),
            _ if text.trim().is_empty() => {}
            _ => self.content.push(Content::Text(text.to_owned())),
        }
        Ok(())
    }
}

/// The root element of a whole file, or why there is none.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut lines = Lines {
        text: text.as_bytes(),
        at: 0,
        line: 1,
    };
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    loop {
        let event = reader.read_event();
        let line = lines.at(reader.buffer_position());
        let damaged = |why: String| format!("line {line}: {why}; it is cut short or damaged, or no XML");
        match event.map_err(|error| damaged(error.to_string()))? {
            Event::Start(_) if elements == MAX_ELEMENTS => {
                return Err(format!(
                    "line {line}: it has more than {MAX_ELEMENTS} elements, as no official file has; give the file as its \
                     publisher ships it"
                ));
            }
            Event::Start(start) if open.len() < MAX_DEPTH => {
                elements += 1;
                open.push(Element::begin(&start, line).map_err(damaged)?);
            }
            Event::Start(_) => return Err(damaged(format!("more than {MAX_DEPTH} elements in each other"))),
            Event::End(_) => match (open.pop(), open.last_mut()) {
                (Some(element), Some(parent)) => parent.content.push(Content::Element(element)),
                (Some(root), None) => return Ok(root),
                (None, _) => return Err(damaged("an element ends that has not begun".into())),
            },
            Event::Text(text) => push(&mut open, &text.xml10_content()).map_err(damaged)?,
            Event::CData(text) => push(&mut open, &text.xml10_content()).map_err(damaged)?,
            Event::GeneralRef(entity) => push(&mut open, &resolved(&entity)).map_err(damaged)?,
            Event::Eof => return Err(damaged(unfinished(&open))),
            _ => {}
        }
    }
}

/// The start tag of the root element, by the first bytes of a file.
pub(crate) fn root(head: &[u8]) -> Option<Element> {
    let text = decode(head);
    if !text.trim_start().starts_with('<') {
        return None;
    }
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Element::begin(&start, 1).ok(),
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn push(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.push_text(text),
        None => Ok(()),
    }
}

fn unfinished(open: &[Element]) -> String {
    match open.last() {
        Some(element) => format!(
            "it ends within <{}>, which began on line {}",
            element.name, element.line
        ),
        None => "it has no element".into(),
    }
}

/// What an entity stands for; one that is not known is left as it is written.
fn resolved(entity: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.into();
    }
    match entity.as_ref() {
        "amp" => "&".into(),
        "lt" => "<".into(),
        "gt" => ">".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        other => format!("&{other};"),
    }
}

/// Counts lines as far as the reader has come.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> u64 {
        let position = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(self.text.len());
        let passed = self.text.get(self.at..position).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = position.max(self.at);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lines_entities_and_attributes_are_kept() {
        let root = parse(b"<?xml version=\"1.0\"?>\r\n<a x=\"1\">\r\n<t>Birds &amp; B&#101;es<n>(two)</n> NEC</t>\n<e/></a>").expect("XML");
        assert_eq!(
            (root.name.as_str(), root.line, root.attribute("x")),
            ("a", 2, Some("1"))
        );
        let title = root.first("t").expect("t");
        assert_eq!((title.text().as_str(), title.line), ("Birds & Bees (two) NEC", 3));
        assert_eq!(title.own_text(), "Birds & Bees NEC");
        assert_eq!(root.text_of("e"), "");
        assert_eq!(root.children().count(), 2);
    }

    #[test]
    fn what_is_cut_short_or_too_deep_is_no_tree() {
        for (text, why) in [
            ("<a>\n<b>text", "line 2: it ends within <b>"),
            ("<a></b>", "line 1"),
            ("", "no element"),
        ] {
            let error = parse(text.as_bytes()).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
        let long = format!("<a>{}</a>", "word ".repeat(MAX_VALUE_BYTES / 4));
        assert!(
            parse(long.as_bytes())
                .expect_err("long")
                .contains("a text of more than")
        );
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        assert!(
            parse(many.as_bytes())
                .expect_err("many")
                .contains("as its publisher ships it")
        );
        let deep = "<a>".repeat(100_000);
        assert!(
            parse(deep.as_bytes())
                .expect_err("deep")
                .contains("in each other")
        );
        assert_eq!(
            root(b"\xef\xbb\xbf<?xml?>\n<!-- x --><a.b i='t'><c").map(|root| root.name),
            Some("a.b".into())
        );
        assert!(root(b"code,title").is_none());
    }
}
