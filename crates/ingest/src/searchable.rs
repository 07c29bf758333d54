//! The words under which a passage is found. What a reader is shown is never taken from here.

use codecite_codebook::{Aspect, Passage};

/// What the embedding model sees of a passage.
///
/// Entries are found by their official title alone: `ICD-10-CM E11.9` means nothing to the model and only
/// dilutes the words. The title of a rule says what it is about.
pub fn dense_text(passage: &Passage) -> String {
    match passage.aspect {
        Aspect::Entry => passage.text.clone(),
        _ => format!("{}. {}", passage.title, passage.text),
    }
}

/// What BM25 sees of a passage: its words, those that people use for it, and its codes with and without
/// their dots.
pub fn bm25_text(passage: &Passage) -> String {
    let mut parts = Vec::new();
    if passage.aspect != Aspect::Entry {
        parts.push(passage.title.clone());
    }
    parts.push(passage.text.clone());
    parts.extend(passage.keywords.iter().cloned());
    for code in &passage.about {
        parts.push(code.text().to_owned());
        if code.undotted() != code.text() {
            parts.push(code.undotted());
        }
    }
    if passage.aspect == Aspect::Entry {
        // The category of a code: its words narrow down what the title only implies.
        parts.extend(passage.locator.section.clone());
    }
    parts.join("\n")
}
