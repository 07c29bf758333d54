//! Counting tokens exactly as a model does.

use crate::error::OpenError;
use codecite_retrieval::EmbedError;
use std::path::Path;
use tokenizers::Tokenizer;

/// How SentencePiece and byte-level tokenizers write the blank before a word.
const BEGINNING: [char; 2] = ['▁', 'Ġ'];

/// Counts the tokens that a model reads, special tokens included.
///
/// Nothing is cut and nothing is padded, whatever the tokenizer's file says: the default model's file asks
/// for both, at 128 tokens, which would make every text 128 tokens long.
#[derive(Clone, Debug)]
pub struct TokenCounter {
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// A counter for the model whose `tokenizer.json` is at `path`, such as a language model's.
    ///
    /// # Errors
    /// [`OpenError::Tokenizer`] when it cannot be read or is no tokenizer.
    pub fn from_file(path: &Path) -> Result<Self, OpenError> {
        let read = std::fs::read(path).map_err(|error| error.to_string());
        read.and_then(|bytes| Self::from_bytes(&bytes))
            .map_err(|reason| OpenError::Tokenizer {
                file: path.to_owned(),
                reason,
            })
    }

    /// A counter from the contents of a `tokenizer.json`.
    ///
    /// # Errors
    /// Says what is wrong with the contents.
    pub fn from_bytes(tokenizer_json: &[u8]) -> Result<Self, String> {
        let tokenizer = Tokenizer::from_bytes(tokenizer_json).map_err(|error| error.to_string())?;
        Self::new(tokenizer)
    }

    pub(crate) fn new(mut tokenizer: Tokenizer) -> Result<Self, String> {
        tokenizer
            .with_truncation(None)
            .map_err(|error| error.to_string())?;
        tokenizer.with_padding(None);
        Ok(Self { tokenizer })
    }

    /// Words that the model knows whole: those of its vocabulary that stand for themselves and not for the end of
    /// another word. They are the common words of its language, and many a common beginning.
    pub fn whole_words(&self) -> impl Iterator<Item = String> {
        let vocabulary = self.tokenizer.get_vocab(false);
        // Some tokenizers mark what begins a word, others ("##") what does not.
        let marks_beginnings = vocabulary.keys().any(|token| token.starts_with(BEGINNING));
        vocabulary.into_keys().filter_map(move |token| {
            let word = match marks_beginnings {
                true => token.strip_prefix(BEGINNING)?,
                false => &token,
            };
            let is_word = !word.is_empty() && word.chars().all(char::is_alphabetic);
            is_word.then(|| word.to_owned())
        })
    }

    /// How many tokens the model reads in `text`, special tokens included.
    ///
    /// # Errors
    /// [`EmbedError::Model`] when the tokenizer refuses the text.
    pub fn count(&self, text: &str) -> Result<usize, EmbedError> {
        self.tokenizer
            .encode_fast(text, true)
            .map(|encoding| encoding.len())
            .map_err(|error| EmbedError::Model(format!("the text could not be tokenised: {error}")))
    }
}
