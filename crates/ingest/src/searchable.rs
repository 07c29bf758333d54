//! The words under which a passage is found. What a reader is shown is never taken from here.

use codecite_codebook::{Aspect, Passage};

/// What the embedding model sees of a passage.
///
/// Entries are found by their official title alone: `ICD-10-CM E11.9` means nothing to the model and only
/// dilutes the words. The title of a rule says what it is about.
pub fn dense_text(passage: &Passage) -> String {
    match passage.aspect {
        Aspect::Entry => passage.text.clone(),
        _ => format!(
            "{}. {}. {}",
            passage.title,
            passage.keywords.join(", "),
            passage.text
        ),
    }
}

/// What BM25 sees of a passage: of an entry its official title, of any other passage also what people call it
/// and its codes, with and without their dots.
///
/// The fusion and the rerank of `retrieval` were measured on entries with titles alone, so nothing is added to
/// them here without measuring again. Their codes are found exactly, by filter.
pub fn bm25_text(passage: &Passage) -> String {
    if passage.aspect == Aspect::Entry {
        return passage.text.clone();
    }
    let mut parts = vec![passage.title.clone(), passage.text.clone()];
    parts.extend(passage.keywords.iter().cloned());
    for code in &passage.about {
        parts.push(code.text().to_owned());
        if code.undotted() != code.text() {
            parts.push(code.undotted());
        }
    }
    parts.join("\n")
}
