//! The notes of the Tabular List as sentences that can be found and quoted.

use super::Node;
use super::notes::{Block, Note, Notes};
use crate::draft::ShelfDraft;
use crate::importers::words::{LONGEST, Words};
use crate::xml::Element;
use codecite_codebook::{Aspect, Code};

/// One sentence, with the codes that it names.
struct Sentence {
    line: u64,
    text: String,
    mentions: Vec<Code>,
}

/// Puts the notes of one node on the shelf: its inclusion terms in one passage, everything else in another, or in
/// several where they are long.
pub(super) fn shelve(notes: &Notes, node: &Node, draft: &mut ShelfDraft<'_>) {
    let (terms, others): (Vec<&Block>, Vec<&Block>) = notes
        .blocks
        .iter()
        .partition(|block| block.kind == "inclusion term");
    let of = |blocks: &[&Block]| {
        blocks
            .iter()
            .flat_map(|block| sentences(block, node))
            .collect::<Vec<_>>()
    };
    let name = match &node.code {
        Some(code) => code.label(),
        None => format!("ICD-10-CM {}", node.at),
    };
    shelve_sentences(of(&terms), &format!("Inclusion terms of {name}"), node, draft);
    let mut others = of(&others);
    let say = |text: String| Sentence {
        line: node.line,
        text,
        mentions: Vec::new(),
    };
    others.extend(seventh(notes, node).into_iter().map(say));
    others.extend(notes.vision.iter().cloned().map(say));
    shelve_sentences(others, &format!("Tabular List notes at {name}"), node, draft);
}

fn seventh(notes: &Notes, node: &Node) -> Option<String> {
    let seventh = notes.seventh.as_ref()?;
    let characters: Vec<String> = seventh
        .characters
        .iter()
        .map(|(character, meaning)| format!("{character} {meaning}"))
        .collect();
    let rule = seventh.rule.trim_end_matches([':', '.', ' ']);
    Some(format!(
        "Seventh characters at {} ({}): {rule}: {}.",
        node.at,
        node.title,
        characters.join("; ")
    ))
}

/// The sentences of one block, each under its heading: `Excludes1 at E11 (Type 2 diabetes mellitus): …`.
fn sentences(block: &Block, node: &Node) -> Vec<Sentence> {
    let heading = match block.kind {
        "inclusion term" => format!("Inclusion terms of {} ({})", node.at, node.title),
        kind => format!("{} at {} ({})", capitalised(kind), node.at, node.title),
    };
    let mut sentences: Vec<Sentence> = Vec::new();
    for note in &block.notes {
        match sentences
            .last_mut()
            .filter(|sentence| sentence.text.len() + note.text.len() < LONGEST)
        {
            Some(sentence) => sentence.join(note),
            None => sentences.push(Sentence {
                line: note.line,
                // ", if applicable, …" goes on from the heading.
                text: match note.text.starts_with(',') {
                    true => format!("{heading}{}", note.text),
                    false => format!("{heading}: {}", note.text),
                },
                mentions: note.named.exact.clone(),
            }),
        }
    }
    for sentence in &mut sentences {
        if !sentence.text.ends_with(['.', '!', '?']) {
            sentence.text.push('.');
        }
    }
    sentences
}

impl Sentence {
    fn join(&mut self, note: &Note) {
        let is_continued = self.text.ends_with([':', '.']);
        self.text.push_str(if is_continued { " " } else { "; " });
        self.text.push_str(&note.text);
        self.mentions.extend(note.named.exact.iter().cloned());
    }
}

fn shelve_sentences(sentences: Vec<Sentence>, title: &str, node: &Node, draft: &mut ShelfDraft<'_>) {
    let mut words: Option<Words> = None;
    for sentence in sentences {
        if let Some(full) = words.take_if(|words| words.text.len() + sentence.text.len() > LONGEST) {
            full.shelve(Aspect::Reporting, draft);
        }
        match &mut words {
            Some(words) => {
                words.text.push(' ');
                words.text.push_str(&sentence.text);
                words.mentions.extend(sentence.mentions);
            }
            None => {
                words = Some(Words {
                    line: sentence.line,
                    section: Some(node.section()),
                    title: title.to_owned(),
                    text: sentence.text,
                    about: node.code.iter().cloned().collect(),
                    mentions: sentence.mentions,
                });
            }
        }
    }
    if let Some(words) = words {
        words.shelve(Aspect::Reporting, draft);
    }
}

/// Puts the conventions on the shelf that the list explains at its beginning.
pub(super) fn shelve_introduction(root: &Element, draft: &mut ShelfDraft<'_>) {
    let sections = root
        .all("introduction")
        .flat_map(|introduction| introduction.all("introSection"));
    for section in sections {
        let title = section.text_of("title");
        let title = title.trim_end_matches(':');
        let notes: Vec<String> = section
            .all("instruction")
            .flat_map(|part| part.all("note"))
            .map(Element::text)
            .collect();
        if notes.is_empty() {
            continue;
        }
        let words = Words {
            line: section.line,
            section: Some("Instructional Notations".into()),
            title: format!("ICD-10-CM Tabular List: {title}"),
            text: notes.join(" "),
            ..Words::default()
        };
        words.shelve(Aspect::Rule, draft);
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
