//! Words as BM25 sees them: stemmed, without those that carry no meaning.
//!
//! The list and the stemmer are those of the index (Qdrant's English ones), so that a word found there is a
//! word counted here.

use qdrant_rust_stemmers::{Algorithm, Stemmer};
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

const STOP_WORDS: &str = "i me my myself we our ours ourselves you your yours yourself yourselves he him his \
    himself she her hers herself it its itself they them their theirs themselves what which who whom this that \
    these those am is are was were be been being have has had having do does did doing a an the and but if or \
    because as until while of at by for with about against between into through during before after above \
    below to from up down in out on off over under again further then once here there when where why how all \
    any both each few more most other some such no nor not only own same so than too very s t can will just \
    don should now d ll m o re ve y ain aren couldn didn doesn hadn hasn haven isn ma mightn mustn needn shan \
    shouldn wasn weren won wouldn";

/// Whether `word` (in lower case) carries no meaning by itself.
pub(crate) fn is_stop_word(word: &str) -> bool {
    static SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());
    SET.contains(word)
}

/// All words that carry no meaning by themselves.
pub(crate) fn stop_words() -> impl Iterator<Item = &'static str> {
    STOP_WORDS.split_whitespace()
}

/// The stem of `word` (in lower case): `fractures` and `fracture` have the same.
pub(crate) fn stem(word: &str) -> String {
    static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
    STEMMER.stem(word).into_owned()
}

/// The stems of the words of `text` that carry a meaning.
pub(crate) fn stems(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !is_stop_word(word))
        .map(|word| stem(&word))
        .collect()
}
