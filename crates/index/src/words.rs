//! BM25 for both indexes, computed by the code that Qdrant itself carries.

use crate::Bm25Config;
use codecite_retrieval::IndexError;
use qdrant_edge::bm25_embed::{EdgeBm25, EdgeBm25Config};
use qdrant_edge::external::ordered_float::NotNan;

/// A sparse vector: `values[i]` stands at `indices[i]`; no index stands twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sparse {
    pub indices: Vec<u32>,
    pub values: Vec<f32>,
}

/// Turns words into sparse vectors: English, stemmed, without stop words, accents folded so that
/// "Sjögren" finds "Sjogren".
#[derive(Debug)]
pub(crate) struct Words(EdgeBm25);

impl Words {
    pub fn new(config: &Bm25Config) -> Result<Self, IndexError> {
        let number = |value: f64| NotNan::new(value).map_err(|error| IndexError::Failed(error.to_string()));
        EdgeBm25::new(EdgeBm25Config {
            k: number(config.k1)?,
            b: number(config.b)?,
            avg_len: number(config.average_words)?,
            language: Some("english".into()),
            ascii_folding: Some(true),
            ..EdgeBm25Config::default()
        })
        .map(Self)
        .map_err(|error| IndexError::Failed(format!("BM25 cannot be set up: {error}")))
    }

    /// Weights of term frequency, saturated and held against the expected length. The rarity of a word
    /// (IDF) is not in it: Qdrant multiplies it in when it searches, from what the collection holds then.
    pub fn document(&self, text: &str) -> Sparse {
        let vector = self.0.embed_document(text);
        Sparse {
            indices: vector.indices,
            values: vector.values,
        }
    }

    /// Weight 1 for each different word of a question; `None` if nothing but stop words stands in it.
    /// It does not depend on the configuration, so a reader needs no knowledge of how a generation was built.
    pub fn query(&self, text: &str) -> Option<Sparse> {
        let vector = self.0.embed_query(text);
        (!vector.indices.is_empty()).then_some(Sparse {
            indices: vector.indices,
            values: vector.values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::new(&Bm25Config::default()).expect("the default settings")
    }

    #[test]
    fn accents_endings_and_case_do_not_matter() {
        for (one, other) in [
            ("Sjögren", "sjogren"),
            ("Fractures", "fracture"),
            ("MÉNIÈRE'S", "meniere's"),
        ] {
            assert_eq!(words().query(one), words().query(other), "{one} and {other}");
        }
    }

    #[test]
    fn stop_words_alone_are_no_question() {
        assert_eq!(words().query("the of and"), None);
        assert_eq!(words().query("  "), None);
    }

    #[test]
    fn a_short_document_weighs_its_words_more_than_a_long_one() {
        let short = words().document("diabetes");
        let long = words().document(&format!("diabetes {}", "retinopathy edema eye ".repeat(20)));
        let place = long.indices.iter().position(|index| *index == short.indices[0]);
        assert!(place.is_some_and(|place| long.values[place] < short.values[0]));
    }
}
