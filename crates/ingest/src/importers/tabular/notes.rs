//! The notes of one element of the Tabular List as facts: one for each note, one for all seventh characters.

use super::Node;
use super::named::Named;
use crate::draft::{ShelfDraft, labelled};
use crate::xml::Element;
use codecite_codebook::{FactKind, FactRow};

/// Element, what readers are told that it is, and what it means for a claim, in our words (ICD-10-CM Official
/// Guidelines, section I.A).
const KINDS: [(&str, &str, &str); 8] = [
    ("includes", "includes", "examples of what is coded here"),
    (
        "excludes1",
        "excludes1",
        "not coded here: never reported together with the codes named, unless the two conditions are unrelated",
    ),
    (
        "excludes2",
        "excludes2",
        "not included here: when the patient has both conditions, both codes may be reported",
    ),
    (
        "codeFirst",
        "code first",
        "the underlying condition is sequenced before this code",
    ),
    (
        "useAdditionalCode",
        "use additional code",
        "a further code is reported after this one",
    ),
    (
        "codeAlso",
        "code also",
        "two codes may be needed; which comes first depends on the encounter",
    ),
    (
        "inclusionTerm",
        "inclusion term",
        "a condition for which this code is used",
    ),
    ("notes", "note", ""),
];

/// All notes of one element, in the order of the file.
pub(super) struct Notes {
    pub blocks: Vec<Block>,
    pub seventh: Option<Seventh>,
    /// The table of visual acuities, as one line a category.
    pub vision: Vec<String>,
}

/// The notes under one heading.
pub(super) struct Block {
    /// As readers are told, such as `code first`.
    pub kind: &'static str,
    meaning: &'static str,
    pub notes: Vec<Note>,
}

pub(super) struct Note {
    pub line: u64,
    pub text: String,
    pub named: Named,
    /// The note before it that ends with a colon, and continues with this one.
    under: Option<String>,
}

/// The seventh characters of the codes below.
pub(super) struct Seventh {
    line: u64,
    /// What the list says to do with them.
    pub rule: String,
    /// Each character with its meaning.
    pub characters: Vec<(String, String)>,
}

impl Notes {
    pub fn of(element: &Element) -> Self {
        let block = |child: &Element| {
            let (_, kind, meaning) = KINDS.iter().find(|(name, ..)| *name == child.name)?;
            Some(Block {
                kind,
                meaning,
                notes: notes_of(child),
            })
        };
        Self {
            blocks: element
                .children()
                .filter_map(block)
                .filter(|block| !block.notes.is_empty())
                .collect(),
            seventh: Seventh::of(element),
            vision: element.first("visualImpairment").map(vision).unwrap_or_default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.seventh.is_none() && self.vision.is_empty()
    }
}

fn notes_of(block: &Element) -> Vec<Note> {
    let mut under: Option<String> = None;
    let mut notes = Vec::new();
    for note in block.all("note") {
        let text = note.text();
        if text.is_empty() {
            continue;
        }
        let is_heading = text.ends_with(':');
        notes.push(Note {
            line: note.line,
            named: Named::find(&text),
            under: if is_heading { None } else { under.clone() },
            text: text.clone(),
        });
        if is_heading {
            under = Some(text);
        }
    }
    notes
}

impl Seventh {
    fn of(element: &Element) -> Option<Self> {
        let definition = element.first("sevenChrDef")?;
        let mut characters: Vec<(String, String)> = Vec::new();
        for part in definition.children() {
            let text = part.text();
            match (part.name.as_str(), part.attribute("char"), characters.last_mut()) {
                ("extension", Some(character), _) => characters.push((character.to_owned(), text)),
                // A further wording of the character before it.
                ("note", _, Some((_, meaning))) => {
                    meaning.push_str("; ");
                    meaning.push_str(&text);
                }
                _ => {}
            }
        }
        let seventh = Self {
            line: definition.line,
            rule: element.text_of("sevenChrNote"),
            characters,
        };
        Some(seventh).filter(|seventh| !seventh.characters.is_empty())
    }
}

/// One line for each category of visual impairment.
fn vision(table: &Element) -> Vec<String> {
    let line = |category: &Element| {
        let number = category.text_of("value");
        let ranges: Vec<String> = category
            .all("visRange")
            .map(|range| {
                let value = |name: &str| {
                    range
                        .first(name)
                        .map(|bound| bound.text_of("value"))
                        .unwrap_or_default()
                };
                match (value("visMax"), value("visMin")) {
                    (most, least) if least.is_empty() => most,
                    (most, least) => format!("less than {most}, equal to or better than {least}"),
                }
            })
            .filter(|range| !range.is_empty())
            .collect();
        (!number.is_empty() && !ranges.is_empty()).then(|| {
            format!(
                "Category {number} of visual impairment, best corrected visual acuity: {}.",
                ranges.join("; or ")
            )
        })
    };
    table.all("visCategory").filter_map(line).collect()
}

/// Puts the facts on the shelf, under each key of the node.
pub(super) fn shelve(notes: &Notes, node: &Node, draft: &mut ShelfDraft<'_>) {
    let stands_at = match node.code {
        Some(_) => node.at.clone(),
        None => node.section(),
    };
    // What a chapter or section says in general, such as the definitions of transport accidents, is quoted from there.
    let is_kept = |block: &&Block| node.code.is_some() || block.kind != "note";
    for key in &node.keys {
        for block in notes.blocks.iter().filter(is_kept) {
            for note in &block.notes {
                let rows = labelled([
                    ("kind", block.kind),
                    ("stands at", &stands_at),
                    ("under", note.under.as_deref().unwrap_or_default()),
                    ("text", &note.text),
                    ("codes", &note.named.shown.join(", ")),
                    ("what the kind means", block.meaning),
                ]);
                let also = note
                    .named
                    .exact
                    .iter()
                    .filter(|code| *code != key)
                    .cloned()
                    .collect();
                draft.fact(note.line, FactKind::Note, key.clone(), also, rows);
            }
        }
        if let Some(seventh) = &notes.seventh {
            draft.fact(
                seventh.line,
                FactKind::SeventhCharacters,
                key.clone(),
                Vec::new(),
                seventh.rows(&stands_at),
            );
        }
    }
}

impl Seventh {
    fn rows(&self, stands_at: &str) -> Vec<FactRow> {
        let head = [
            ("stands at", stands_at),
            ("rule", self.rule.as_str()),
            (
                "placeholder",
                "a code of fewer than six characters is filled with X up to the sixth, so that this one is the seventh",
            ),
        ];
        let characters = self
            .characters
            .iter()
            .map(|(character, meaning)| (character.as_str(), meaning.as_str()));
        labelled(head.into_iter().chain(characters))
    }
}
