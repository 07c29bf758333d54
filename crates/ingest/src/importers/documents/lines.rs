//! Lines of text into headings and paragraphs: what plain text and the pages of a PDF have in common.

use super::blocks::{Block, BlockKind};
use super::heading;
use codecite_codebook::Place;

/// A line of this length is a paragraph by itself: nobody wraps that late.
const NEVER_WRAPPED: usize = 200;

/// One line and where it stands.
pub(super) struct Line<'a> {
    pub text: &'a str,
    pub place: Place,
}

/// The blocks that `lines` make up. A paragraph may go on over the end of a page.
pub(super) fn blocks<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Vec<Line<'a>> = Vec::new();
    for line in lines {
        let text = line.text.trim();
        if text.is_empty() {
            close(&mut open, &mut blocks);
            continue;
        }
        if is_entry_of_contents(text) {
            close(&mut open, &mut blocks);
            continue;
        }
        if begins_anew(text) || open.last().is_some_and(|last| last.text.len() > NEVER_WRAPPED) {
            close(&mut open, &mut blocks);
        }
        open.push(Line {
            text,
            place: line.place,
        });
    }
    close(&mut open, &mut blocks);
    blocks
}

/// Ends the paragraph that is open.
fn close(open: &mut Vec<Line<'_>>, blocks: &mut Vec<Block>) {
    let mut lines = std::mem::take(open);
    let Some(place) = lines.first().map(|line| line.place.clone()) else {
        return;
    };
    let whole = joined(&lines);
    if lines.len() <= 2 && heading::of_line(&whole).is_some() {
        blocks.extend(Block::new(BlockKind::Line, &whole, place));
        return;
    }
    let is_headed = matches!(lines.as_slice(), [first, next, ..] if heading::is_above(first.text, next.text));
    if is_headed {
        let first = lines.remove(0);
        blocks.extend(Block::new(BlockKind::Line, first.text, first.place));
    }
    let place = lines.first().map_or(place, |line| line.place.clone());
    blocks.extend(Block::new(BlockKind::Paragraph, &joined(&lines), place));
}

/// The lines as one text; a word that was parted at a hyphen of its own is one again.
fn joined(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for line in lines {
        let is_parted = text.ends_with('-') && text.trim_end_matches('-').ends_with(char::is_alphanumeric);
        if !text.is_empty() && !is_parted {
            text.push(' ');
        }
        text.push_str(line.text);
    }
    text
}

/// Whether a line begins a list's item or is numbered as a heading is, so that it does not go on from the line before.
fn begins_anew(line: &str) -> bool {
    line.starts_with(['•', '▪', '◦', '‣', '●', '○', '■', '\u{f0b7}'])
        || line.starts_with("- ")
        || heading::marked(line).is_some()
}

/// `30.6.1 - Selection of Level ........ 45`
fn is_entry_of_contents(line: &str) -> bool {
    let without_page = line.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    without_page.len() < line.len() && (without_page.ends_with("....") || without_page.ends_with(". . ."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(BlockKind, String, u64)> {
        let lines = text.lines().zip(1..).map(|(text, row)| Line {
            text,
            place: Place::Row(row),
        });
        let row = |place: Place| match place {
            Place::Row(row) => row,
            Place::Page(page) => u64::from(page),
        };
        let blocks = blocks(lines).into_iter();
        blocks
            .map(|block| (block.kind, block.text, row(block.place)))
            .collect()
    }

    #[test]
    fn wrapped_lines_are_one_paragraph_and_headings_stand_alone() {
        let text = "Rules of the practice\n\n1. Timely filing\nClaims are sent within a four-\nweek period.\n\
                    They are checked.\n\n- one item\n- another\n  over two lines\n\n1.2 - Contents ........ 7\n";
        assert_eq!(
            of(text),
            [
                (BlockKind::Paragraph, "Rules of the practice".into(), 1),
                (BlockKind::Line, "1. Timely filing".into(), 3),
                (
                    BlockKind::Paragraph,
                    "Claims are sent within a four-week period. They are checked.".into(),
                    4
                ),
                (BlockKind::Paragraph, "- one item".into(), 8),
                (BlockKind::Paragraph, "- another over two lines".into(), 9),
            ]
        );
    }
}
