//! Passages that are longer than the embedding model reads, in parts that it reads whole.

use crate::searchable::dense_text;
use codecite_codebook::{Passage, PassageDraft, sentences};
use codecite_retrieval::{EmbedError, Embedder};

/// Splits `passage` at the ends of sentences, where it has to be split at all: nothing is cut away. Parts have
/// ids of their own and say in their titles which part they are.
///
/// Returns `None` if a run without blanks is by itself longer than the model reads, or the title is.
pub(crate) fn to_fit(passage: &Passage, embedder: &dyn Embedder) -> Result<Option<Vec<Passage>>, EmbedError> {
    if fits(passage, embedder)? {
        return Ok(Some(vec![passage.clone()]));
    }
    // Measured with a title as long as any part will have.
    let draft = PassageDraft {
        title: format!("{} (part 00 of 00)", passage.title),
        ..passage.clone().into_draft()
    };
    let part = |text: &str| {
        Passage::new(PassageDraft {
            text: text.to_owned(),
            ..draft.clone()
        })
    };
    let Some(pieces) = pieces(passage, |text| fits(&part(text), embedder))? else {
        return Ok(None);
    };
    let mut texts: Vec<String> = Vec::new();
    for piece in pieces {
        let joined = texts.last().map(|text| format!("{text} {piece}"));
        match joined {
            Some(joined) if fits(&part(&joined), embedder)? => {
                texts.pop();
                texts.push(joined);
            }
            _ => texts.push(piece),
        }
    }
    let count = texts.len();
    let parts = texts.into_iter().zip(1..).map(|(text, number)| {
        Passage::new(PassageDraft {
            title: format!("{} (part {number} of {count})", passage.title),
            text,
            ..draft.clone()
        })
    });
    Ok(Some(parts.collect()))
}

/// The sentences of a passage; one that is too long by itself comes in runs of words that fit. `None` if a
/// word alone does not.
fn pieces(
    passage: &Passage,
    fits: impl Fn(&str) -> Result<bool, EmbedError>,
) -> Result<Option<Vec<String>>, EmbedError> {
    let mut pieces = Vec::new();
    for sentence in sentences(&passage.text) {
        if fits(sentence)? {
            pieces.push(sentence.to_owned());
            continue;
        }
        let mut run = String::new();
        for word in sentence.split_whitespace() {
            let longer = format!("{run} {word}");
            if !run.is_empty() && fits(&longer)? {
                run = longer;
                continue;
            }
            if !fits(word)? {
                return Ok(None);
            }
            let full = std::mem::replace(&mut run, word.to_owned());
            pieces.extend(Some(full).filter(|full| !full.is_empty()));
        }
        pieces.push(run);
    }
    Ok(Some(pieces))
}

fn fits(passage: &Passage, embedder: &dyn Embedder) -> Result<bool, EmbedError> {
    let text = dense_text(passage);
    // No tokeniser makes more tokens of ASCII than it has bytes; 32 leave room for a model's prefix. This
    // saves counting for nearly all entries of a code set.
    if text.is_ascii() && text.len() + 32 <= embedder.max_tokens() {
        return Ok(true);
    }
    Ok(embedder.count_tokens(&text)? <= embedder.max_tokens())
}
