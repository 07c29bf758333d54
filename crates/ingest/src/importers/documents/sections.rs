//! Blocks into sections, and sections into passages that are long enough to say something and short enough to be cited.

use super::blocks::{Block, BlockKind};
use super::heading::{self, Style};
use codecite_codebook::{Place, sentences};
use std::collections::HashMap;

/// A passage goes on until it has so many characters.
const FILLED: usize = 900;
/// A rest that is shorter than this joins the passage before it.
const SHORT: usize = 300;
/// No passage has more characters.
const LONGEST: usize = 1_200;
/// The longest name of a section, in characters.
const LONGEST_NAME: usize = 240;

/// A passage before it knows its edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::importers) struct Piece {
    /// The section with those it lies in; `None` ahead of the first heading.
    pub section: Option<String>,
    /// The heading of the section itself.
    pub heading: Option<String>,
    /// Its words, a line each paragraph.
    pub text: String,
    /// Where it begins.
    pub place: Place,
}

/// Cuts a document into passages, section by section.
pub(in crate::importers) fn pieces(blocks: Vec<Block>) -> Vec<Piece> {
    sections(blocks)
        .iter()
        .flat_map(|section| section.pieces())
        .collect()
}

/// A section with the paragraphs that stand in it directly.
struct Section {
    name: Option<String>,
    heading: Option<String>,
    paragraphs: Vec<(String, Place)>,
}

/// A heading in whose section we are.
#[derive(Clone)]
struct Open {
    depth: Depth,
    marker: String,
    text: String,
}

/// How deep a heading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// By its format.
    Level(u8),
    /// By its words.
    Style(Style),
}

/// Where a section was before anything in it was read.
struct Begun {
    section: Section,
    /// Whether a section lies in it.
    has_inner: bool,
    place: Option<Place>,
}

fn sections(blocks: Vec<Block>) -> Vec<Section> {
    let mut path: Vec<Open> = Vec::new();
    let mut all = vec![Begun::ahead()];
    for block in blocks {
        let depth = match block.kind {
            BlockKind::Paragraph => {
                if let Some(last) = all.last_mut() {
                    last.section.paragraphs.push((block.text, block.place));
                }
                continue;
            }
            BlockKind::Heading(level) => Depth::Level(level),
            BlockKind::Line => match heading::of_line(&block.text).or_else(|| heading::marked(&block.text)) {
                Some(heading) => Depth::Style(heading.style),
                None => Depth::Style(Style::Short),
            },
        };
        let marker = heading::marked(&block.text)
            .map(|heading| heading.marker)
            .unwrap_or_default();
        let above = path.len();
        enter(
            &mut path,
            Open {
                depth,
                marker,
                text: block.text.clone(),
            },
        );
        if path.len() > above
            && let Some(last) = all.last_mut()
        {
            last.has_inner = true;
        }
        all.push(Begun {
            section: Section {
                name: Some(name(&path)),
                heading: Some(block.text),
                paragraphs: Vec::new(),
            },
            has_inner: false,
            place: Some(block.place),
        });
    }
    with_what_only_looks_like_headings(all)
}

/// Puts a heading where it belongs: out of the sections that it ends, into those that it lies in.
fn enter(path: &mut Vec<Open>, heading: Open) {
    let ends = |open: &Open| match (heading.depth, open.depth) {
        (Depth::Level(new), Depth::Level(old)) => old >= new,
        (Depth::Level(_), Depth::Style(_)) | (Depth::Style(_), Depth::Level(_)) => false,
        (Depth::Style(new), Depth::Style(old)) => ends_by_style(new, old),
    };
    let same = path.iter().position(|open| open.depth == heading.depth);
    let first_ended = path.iter().position(ends);
    if let Some(place) = same.into_iter().chain(first_ended).min() {
        path.truncate(place);
    }
    path.push(heading);
}

fn ends_by_style(new: Style, old: Style) -> bool {
    match (new, old) {
        (Style::Keyword(new), Style::Keyword(old)) => old >= new,
        (Style::Keyword(_), _) => true,
        (Style::Decimal(new), Style::Decimal(old)) => old >= new,
        (Style::Decimal(_), Style::Outline(_) | Style::Short) => true,
        (Style::Capitals, Style::Outline(_) | Style::Short | Style::Capitals) => true,
        (Style::Outline(_), Style::Short) => true,
        _ => new == old,
    }
}

/// How a section is cited: `30.6.1 - …`, `Section I.C.4.a Diabetes`, `Policy > Filing`.
fn name(path: &[Open]) -> String {
    // A number with dots says by itself what it lies in.
    let from = path
        .iter()
        .rposition(|open| open.marker.contains('.'))
        .unwrap_or_default();
    let path = path.get(from..).unwrap_or_default();
    let numbered: Vec<&Open> = path.iter().filter(|open| !open.marker.is_empty()).collect();
    let begins_with_keyword = path
        .first()
        .is_some_and(|open| matches!(open.depth, Depth::Style(Style::Keyword(_))));
    if let ([first, inner @ .., last], true) = (
        path,
        begins_with_keyword && numbered.len() == path.len() && path.len() > 1,
    ) {
        let markers: Vec<&str> = std::iter::once(first)
            .chain(inner)
            .chain([last])
            .map(|open| open.marker.as_str())
            .collect();
        return shortened(&format!("{} {}", markers.join("."), without_marker(&last.text)));
    }
    let mut names: Vec<&str> = path.iter().map(|open| open.text.as_str()).collect();
    // What a reader looks for stands last.
    while names.len() > 1 && names.join(" > ").chars().count() > LONGEST_NAME {
        names.remove(0);
    }
    shortened(&names.join(" > "))
}

fn shortened(name: &str) -> String {
    name.trim().chars().take(LONGEST_NAME).collect()
}

fn without_marker(text: &str) -> &str {
    match text.split_once(' ') {
        Some((_, title)) => title.trim_start_matches(['-', '–', '—', ' ']),
        None => text,
    }
}

/// A heading with nothing under it is an item of a list, and goes back into the section before it; unless the same
/// heading comes again, as those of a table of contents do.
fn with_what_only_looks_like_headings(all: Vec<Begun>) -> Vec<Section> {
    let headings = all
        .iter()
        .zip(0..)
        .filter_map(|(begun, place)| Some((normal(begun.section.heading.as_ref()?), place)));
    // The last place of each.
    let last: HashMap<String, usize> = headings.collect();
    let mut sections: Vec<Section> = Vec::new();
    for (begun, at) in all.into_iter().zip(0..) {
        let (Some(heading), Some(place), false) = (&begun.section.heading, &begun.place, begun.has_text())
        else {
            sections.push(begun.section);
            continue;
        };
        let comes_again = last.get(&normal(heading)).is_some_and(|last| *last > at);
        match sections.last_mut() {
            _ if comes_again => {}
            Some(before) if !begun.has_inner => before.paragraphs.push((heading.clone(), place.clone())),
            _ => sections.push(begun.section),
        }
    }
    sections
}

fn normal(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

impl Begun {
    /// What stands ahead of the first heading.
    fn ahead() -> Self {
        Self {
            section: Section {
                name: None,
                heading: None,
                paragraphs: Vec::new(),
            },
            has_inner: false,
            place: None,
        }
    }

    fn has_text(&self) -> bool {
        !self.section.paragraphs.is_empty()
    }
}

impl Section {
    fn pieces(&self) -> Vec<Piece> {
        let mut texts: Vec<(String, Place)> = Vec::new();
        for (paragraph, place) in &self.paragraphs {
            for part in parts(paragraph) {
                match texts.last_mut() {
                    Some((text, _)) if has_room(text, &part) => {
                        text.push('\n');
                        text.push_str(&part);
                    }
                    _ => texts.push((part, place.clone())),
                }
            }
        }
        join_short_rest(&mut texts);
        let piece = |(text, place)| Piece {
            section: self.name.clone(),
            heading: self.heading.clone(),
            text,
            place,
        };
        texts.into_iter().map(piece).collect()
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn has_room(text: &str, more: &str) -> bool {
    let (has, adds) = (length(text), length(more));
    has + adds < FILLED || (has < SHORT && has + adds < LONGEST)
}

fn join_short_rest(texts: &mut Vec<(String, Place)>) {
    if let [.., (before, _), (last, _)] = texts.as_slice()
        && length(last) < SHORT
        && length(before) + length(last) < LONGEST
        && let Some((last, _)) = texts.pop()
        && let Some((before, _)) = texts.last_mut()
    {
        before.push('\n');
        before.push_str(&last);
    }
}

/// A paragraph, or what its sentences make up if it is longer than a passage may be.
fn parts(paragraph: &str) -> Vec<String> {
    if length(paragraph) <= LONGEST {
        return vec![paragraph.to_owned()];
    }
    let mut parts: Vec<String> = Vec::new();
    let mut add = |piece: &str, most: usize| match parts.last_mut() {
        Some(part) if length(part) + length(piece) < most => {
            part.push(' ');
            part.push_str(piece);
        }
        _ => parts.push(piece.to_owned()),
    };
    for sentence in sentences(paragraph) {
        if length(sentence) <= LONGEST {
            add(sentence, FILLED);
            continue;
        }
        // No sentence at all, as in a table without full stops.
        for word in sentence.split_whitespace() {
            for run in runs(word) {
                add(&run, FILLED);
            }
        }
    }
    parts
}

/// A word, in runs where it is longer than a passage may be.
fn runs(word: &str) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    characters
        .chunks(FILLED)
        .map(|run| run.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::markdown;
    use super::*;

    fn named(text: &str) -> Vec<(String, String)> {
        let pieces = pieces(markdown::read_plain(text)).into_iter();
        pieces
            .map(|piece| (piece.section.unwrap_or_default(), piece.text))
            .collect()
    }

    #[test]
    fn sections_of_guidelines_are_cited_by_their_markers() {
        let text = "Section I. Conventions and guidelines\n\nC. Chapter-Specific Coding Guidelines\n\n\
                    4. Chapter 4: Endocrine\n\na. Diabetes mellitus\n\nThe codes are combination codes.\n\n\
                    1) Type of diabetes\n\nAge is not the sole factor.\n\nb. Obesity\n\nSee the note.\n\n\
                    Section II. Selection\n\nDefined in the data set.\n";
        let expected = [
            (
                "Section I.C.4.a Diabetes mellitus",
                "The codes are combination codes.",
            ),
            (
                "Section I.C.4.a.1 Type of diabetes",
                "Age is not the sole factor.",
            ),
            ("Section I.C.4.b Obesity", "See the note."),
            ("Section II. Selection", "Defined in the data set."),
        ];
        let found = named(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sections_of_manuals_are_cited_by_their_numbers_and_contents_are_left_out() {
        let text = "30.6 - Visits\n\n30.6.1 - Level of Visit\n\n30.6 - Visits\n\nAll visits.\n\n\
                    30.6.1 - Level of Visit\n\nA. General\n\nBy decision making or time.\n\nB. Exceptions\n\nNone.\n";
        let found = named(text);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "30.6 - Visits",
                "30.6.1 - Level of Visit > A. General",
                "30.6.1 - Level of Visit > B. Exceptions",
            ]
        );
    }

    #[test]
    fn what_only_looks_like_a_heading_is_not_lost() {
        let text = "Documents\n\nThese are needed for review.\n\n1. Operative note\n\n2. Pathology report\n\nSend them by mail or fax to us.\n";
        let whole: String = named(text).into_iter().map(|(_, text)| text + "\n").collect();
        for words in ["These are needed", "Operative note", "Send them"] {
            assert!(whole.contains(words), "{words}: {whole}");
        }
    }

    #[test]
    fn long_text_is_cut_at_sentences_and_nothing_is_lost() {
        let sentence = "The claim is reviewed by the medical director within ten days. ";
        let text = format!(
            "10 - Review\n\n{}\n\n{}\n",
            sentence.repeat(40).trim(),
            "x".repeat(3_000)
        );
        let pieces = pieces(markdown::read_plain(&text));
        assert!(
            pieces.iter().all(|piece| length(&piece.text) <= LONGEST),
            "{pieces:?}"
        );
        let words: usize = pieces
            .iter()
            .map(|piece| piece.text.matches("director").count())
            .sum();
        let run: usize = pieces.iter().map(|piece| piece.text.matches('x').count()).sum();
        assert_eq!((words, run), (40, 3_000));
        assert!(pieces[0].text.ends_with("days."), "{:?}", pieces[0]);
    }
}
