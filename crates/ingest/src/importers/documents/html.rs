//! HTML: headings by their tags or by standing in bold on a line of their own, paragraphs, items and rows of tables.

use super::blocks::{Block, BlockKind};
use codecite_codebook::Place;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult,
    Tokenizer, TokenizerOpts, states,
};
use std::cell::RefCell;

/// How deep a paragraph in bold stands: below every heading that has a tag.
const BOLD: u8 = 7;
/// The longest paragraph in bold that is a heading, in characters.
const LONGEST_BOLD: usize = 140;

/// What a page of HTML says.
#[derive(Default)]
pub(in crate::importers) struct Page {
    pub blocks: Vec<Block>,
    /// What stands in `<title>`.
    pub title: Option<String>,
}

/// Reads HTML, whole pages and fragments.
pub(in crate::importers) fn read(text: &str) -> Page {
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    // It stops for those only who run scripts.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut page = tokenizer.sink.page.take();
    page.close(1);
    Page {
        blocks: page.blocks,
        title: page.title.filter(|title| !title.is_empty()),
    }
}

/// Whether bytes look like a page of HTML.
pub(in crate::importers) fn is_page(head: &str) -> bool {
    let start = head.trim_start_matches('\u{feff}').trim_start();
    let start: String = start.chars().take(2_000).collect::<String>().to_ascii_lowercase();
    let is_xhtml = start.starts_with("<?xml") && start.contains("<html");
    start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || is_xhtml
        || start.starts_with("<body")
}

#[derive(Default)]
struct Reader {
    page: RefCell<Open>,
}

/// What is open while the tags go by.
#[derive(Default)]
struct Open {
    blocks: Vec<Block>,
    title: Option<String>,
    text: String,
    /// Line on which the open text begins.
    line: u64,
    heading: Option<u8>,
    /// Characters of the open text that stand in bold.
    bold: usize,
    bold_depth: usize,
    /// Tags whose text is not read: scripts, styles, navigation.
    hidden: Vec<String>,
    in_title: bool,
    is_item: bool,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut page = self.page.borrow_mut();
        match token {
            CharacterTokens(text) => page.read(&text, line),
            TagToken(tag) => return page.tag(&tag, line),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Open {
    fn read(&mut self, text: &str, line: u64) {
        if self.in_title {
            let title = self.title.get_or_insert_default();
            let words = format!("{title} {text}");
            *title = words.split_whitespace().collect::<Vec<_>>().join(" ");
            return;
        }
        if !self.hidden.is_empty() {
            return;
        }
        if self.text.trim().is_empty() {
            self.line = line;
        }
        if self.bold_depth > 0 {
            self.bold += text.chars().filter(|c| !c.is_whitespace()).count();
        }
        self.text.push_str(text);
    }

    fn tag(&mut self, tag: &Tag, line: u64) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let opens = tag.kind == StartTag && !tag.self_closing;
        match name {
            "script" | "style" | "noscript" | "nav" | "header" | "footer" | "template" | "svg" | "select"
            | "button" => {
                self.hide(name, tag.kind == EndTag, opens);
                if opens && matches!(name, "script") {
                    return TokenSinkResult::RawData(states::ScriptData);
                }
                if opens && matches!(name, "style") {
                    return TokenSinkResult::RawData(states::Rawtext);
                }
            }
            "title" => {
                self.in_title = opens && self.title.is_none();
                if opens {
                    return TokenSinkResult::RawData(states::Rcdata);
                }
            }
            "textarea" if opens => return TokenSinkResult::RawData(states::Rcdata),
            "b" | "strong" | "u" => {
                self.bold_depth = match opens {
                    true => self.bold_depth + 1,
                    false => self.bold_depth.saturating_sub(1),
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.close(line);
                self.heading = name.as_bytes().get(1).map(|digit| digit - b'0').filter(|_| opens);
            }
            "td" | "th" if tag.kind == EndTag => self.text.push_str(" | "),
            "br" => match self.heading {
                Some(_) => self.text.push(' '),
                None => self.close(line),
            },
            "li" if opens => {
                self.close(line);
                self.is_item = true;
            }
            "p" if self.is_item && self.text.trim().is_empty() => {}
            "p" | "li" | "div" | "tr" | "table" | "ul" | "ol" | "dl" | "dt" | "dd" | "hr" | "section"
            | "article" | "main" | "blockquote" | "pre" | "body" | "html" | "head" | "form" | "caption" => {
                self.close(line)
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn hide(&mut self, name: &str, ends: bool, opens: bool) {
        if opens {
            self.hidden.push(name.to_owned());
        } else if ends && let Some(place) = self.hidden.iter().rposition(|hidden| hidden == name) {
            self.hidden.truncate(place);
        }
    }

    /// Ends the block that is open.
    fn close(&mut self, line: u64) {
        let text = std::mem::take(&mut self.text);
        let bold = std::mem::take(&mut self.bold);
        let is_item = std::mem::take(&mut self.is_item);
        let text = text.trim().trim_end_matches('|').trim();
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        // Some leave the number of a heading outside its bold.
        let is_bold =
            letters > 0 && bold * 5 >= letters * 4 && text.chars().count() <= LONGEST_BOLD && !is_item;
        let kind = match self.heading.take() {
            Some(level) => BlockKind::Heading(level),
            None if is_bold && !text.ends_with([';', ',']) && !text.contains(" | ") => {
                BlockKind::Heading(BOLD)
            }
            None => BlockKind::Paragraph,
        };
        let text = match is_item && !text.is_empty() {
            true => format!("- {text}"),
            false => text.to_owned(),
        };
        let place = Place::Row(self.line.max(1).min(line.max(self.line).max(1)));
        self.blocks.extend(Block::new(kind, &text, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_paragraphs_items_and_rows_are_read_and_scripts_are_not() {
        let page = read(
            "<!DOCTYPE html><html><head><title>A &amp; B\n policy</title><style>p{}</style></head><body>\n\
             <nav><p>Home</p></nav>\n<h1>Policy</h1>\n<p>First &sect;&nbsp;1<br>second</p><p><b>A. General</b></p>\n\
             <ul><li>one</li><li><p>two</p></li></ul><table><tr><td>x</td><td>y</td></tr></table>\n\
             <script>if (a < b) { document.write('<p>no</p>') }</script><p>Last",
        );
        assert_eq!(page.title.as_deref(), Some("A & B policy"));
        let blocks: Vec<(BlockKind, &str)> = page
            .blocks
            .iter()
            .map(|block| (block.kind, block.text.as_str()))
            .collect();
        assert_eq!(
            blocks,
            [
                (BlockKind::Heading(1), "Policy"),
                (BlockKind::Paragraph, "First § 1"),
                (BlockKind::Paragraph, "second"),
                (BlockKind::Heading(BOLD), "A. General"),
                (BlockKind::Paragraph, "- one"),
                (BlockKind::Paragraph, "- two"),
                (BlockKind::Paragraph, "x | y"),
                (BlockKind::Paragraph, "Last"),
            ]
        );
        assert_eq!(page.blocks[0].place, Place::Row(4));
    }
}
