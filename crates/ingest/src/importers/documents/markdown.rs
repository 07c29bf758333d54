//! Markdown and plain text, cited by line.

use super::blocks::{Block, BlockKind};
use super::lines::{self, Line};
use codecite_codebook::Place;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Whether a text has headings as Markdown writes them, or a name that says it is Markdown.
pub(super) fn is_one(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_heading = |line: &str| {
        let rest = line.trim_start_matches('#');
        (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(' ')
    };
    name.ends_with(".md")
        || name.ends_with(".markdown")
        || (!name.ends_with(".txt") && text.lines().any(is_heading))
}

/// The blocks of a plain text.
pub(super) fn read_plain(text: &str) -> Vec<Block> {
    let lines = text.lines().zip(1..).map(|(text, row)| Line {
        text,
        place: Place::Row(row),
    });
    lines::blocks(lines)
}

/// The blocks of a Markdown text.
pub(super) fn read(text: &str) -> Vec<Block> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(place, _)| place + 1))
        .collect();
    let mut open = Open::default();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let row = starts.partition_point(|start| *start <= range.start) as u64;
        open.take(event, row);
    }
    open.close();
    open.blocks
}

#[derive(Default)]
struct Open {
    blocks: Vec<Block>,
    text: String,
    row: u64,
    level: Option<u8>,
    is_item: bool,
    in_front_matter: bool,
}

impl Open {
    fn take(&mut self, event: Event<'_>, row: u64) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.close();
                self.level = Some(depth(level));
            }
            Event::Start(Tag::Item) => {
                self.close();
                self.is_item = true;
            }
            Event::Start(Tag::MetadataBlock(_)) => self.in_front_matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => self.in_front_matter = false,
            Event::Start(
                Tag::Paragraph | Tag::CodeBlock(_) | Tag::TableHead | Tag::TableRow | Tag::BlockQuote(_),
            ) => self.close(),
            Event::End(TagEnd::TableCell) => self.text.push_str(" | "),
            Event::End(
                TagEnd::Heading(_)
                | TagEnd::Paragraph
                | TagEnd::Item
                | TagEnd::CodeBlock
                | TagEnd::TableHead
                | TagEnd::TableRow,
            ) => self.close(),
            Event::Text(words) | Event::Code(words) if !self.in_front_matter => {
                if self.text.trim().is_empty() {
                    self.row = row;
                }
                self.text.push_str(&words);
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            _ => {}
        }
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim().trim_end_matches('|').trim();
        if text.is_empty() {
            return;
        }
        let is_item = std::mem::take(&mut self.is_item);
        let (kind, text) = match self.level.take() {
            Some(level) => (BlockKind::Heading(level), text.to_owned()),
            None if is_item => (BlockKind::Paragraph, format!("- {text}")),
            None => (BlockKind::Paragraph, text.to_owned()),
        };
        self.blocks
            .extend(Block::new(kind, &text, Place::Row(self.row.max(1))));
    }
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_paragraphs_items_and_tables_have_their_lines() {
        let text = "---\ntitle: x\n---\n# Rules\n\nFirst *line*\nsecond line.\n\n## Filing\n\n- one\n- two\n\n| A | B |\n|---|---|\n| 1 | 2 |\n";
        let blocks: Vec<(BlockKind, String, Place)> = read(text)
            .into_iter()
            .map(|block| (block.kind, block.text, block.place))
            .collect();
        assert_eq!(
            blocks,
            [
                (BlockKind::Heading(1), "Rules".into(), Place::Row(4)),
                (
                    BlockKind::Paragraph,
                    "First line second line.".into(),
                    Place::Row(6)
                ),
                (BlockKind::Heading(2), "Filing".into(), Place::Row(9)),
                (BlockKind::Paragraph, "- one".into(), Place::Row(11)),
                (BlockKind::Paragraph, "- two".into(), Place::Row(12)),
                (BlockKind::Paragraph, "A | B".into(), Place::Row(14)),
                (BlockKind::Paragraph, "1 | 2".into(), Place::Row(16)),
            ]
        );
    }
}
