//! What an operator may set, with units and ranges.

use serde::Deserialize;

/// How passages are searched and when they are near enough. `docs/retrieval.md` has the measurements.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetrievalConfig {
    /// The most passages of one answer's evidence, 1 to 64.
    pub evidence: usize,
    /// Weight of the ranking by meaning among titles of code sets, 0 to 10.
    pub dense_weight: f32,
    /// Weight of the ranking by words (BM25) among titles of code sets, 0 to 10.
    pub words_weight: f32,
    /// Weight of the ranking by meaning among passages of prose, 0 to 10.
    pub prose_dense_weight: f32,
    /// Weight of the ranking by words (BM25) among passages of prose, 0 to 10: prose carries the words that
    /// people use for it, so its words tell more than those of titles.
    pub prose_words_weight: f32,
    /// The constant that flattens the first ranks when they are fused, 1 to 1000: `1 / (rank / weight + k)`.
    pub rrf_k: u32,
    /// How deep each ranking is read before they are fused, 10 to 1000.
    pub depth: usize,
    /// How many of the first hits are reranked by their words, 0 (none) to 200.
    pub rerank: usize,
    /// A title of a code set at least this near in meaning is evidence whatever its words, cosine from 0 to 1.
    pub entry_near: f32,
    /// A title at least this near is evidence if it also has enough of the words, cosine from 0 to 1.
    pub entry_near_with_words: f32,
    /// The same for a passage of prose, cosine from 0 to 1: a few words are never as near to a paragraph as
    /// to a title.
    pub prose_near: f32,
    /// The same for a passage of prose with enough of the words, cosine from 0 to 1.
    pub prose_near_with_words: f32,
    /// Which share of the question's words is enough in a title, 0 to 1.
    pub word_share: f32,
    /// Which share of the question's words is enough in a passage of prose, 0 to 1. The rarer a word is in what is
    /// loaded, the more it weighs.
    pub prose_word_share: f32,
}

impl Default for RetrievalConfig {
    fn default() -> Self {
        Self {
            evidence: 12,
            dense_weight: 3.0,
            words_weight: 1.0,
            prose_dense_weight: 1.0,
            prose_words_weight: 2.0,
            rrf_k: 1,
            depth: 100,
            rerank: 50,
            // all-MiniLM-L6-v2 over 95,358 titles: of 25 questions about anything else the nearest title had 0.51,
            // and 0.46 with a quarter of the words; the right title of 174 clinical wordings has 0.67 or more
            // in 95 of 100. Over 2,100 passages of prose these floors let 9 of 60 such questions through ("what time
            // does the pharmacy close"); with every word weighing the same it was 11, and more right ones were lost.
            // Another model needs other floors.
            entry_near: 0.55,
            entry_near_with_words: 0.4,
            prose_near: 0.34,
            prose_near_with_words: 0.25,
            word_share: 0.5,
            prose_word_share: 0.25,
        }
    }
}

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("retrieval.{key} is {value}, and must be from {least} to {most}")]
pub struct ImpossibleSetting {
    /// The key, without its section.
    pub key: &'static str,
    /// What was given.
    pub value: f64,
    /// The least that is possible.
    pub least: f64,
    /// The most that is possible.
    pub most: f64,
}

impl RetrievalConfig {
    /// Refuses values outside their documented ranges, by name.
    ///
    /// # Errors
    /// [`ImpossibleSetting`] names the first one. Two weights of 0 are refused as well: nothing would be found.
    #[expect(clippy::cast_precision_loss, reason = "the ranges are small")]
    pub fn validate(&self) -> Result<(), ImpossibleSetting> {
        let least_beside = |other: f32| if other == 0.0 { 0.01 } else { 0.0 };
        for (key, value, least, most) in [
            ("evidence", self.evidence as f64, 1.0, 64.0),
            (
                "dense_weight",
                f64::from(self.dense_weight),
                least_beside(self.words_weight),
                10.0,
            ),
            ("words_weight", f64::from(self.words_weight), 0.0, 10.0),
            (
                "prose_dense_weight",
                f64::from(self.prose_dense_weight),
                least_beside(self.prose_words_weight),
                10.0,
            ),
            (
                "prose_words_weight",
                f64::from(self.prose_words_weight),
                0.0,
                10.0,
            ),
            ("rrf_k", f64::from(self.rrf_k), 1.0, 1000.0),
            ("depth", self.depth as f64, 10.0, 1000.0),
            ("rerank", self.rerank as f64, 0.0, 200.0),
            ("entry_near", f64::from(self.entry_near), 0.0, 1.0),
            (
                "entry_near_with_words",
                f64::from(self.entry_near_with_words),
                0.0,
                1.0,
            ),
            ("prose_near", f64::from(self.prose_near), 0.0, 1.0),
            (
                "prose_near_with_words",
                f64::from(self.prose_near_with_words),
                0.0,
                1.0,
            ),
            ("word_share", f64::from(self.word_share), 0.0, 1.0),
            ("prose_word_share", f64::from(self.prose_word_share), 0.0, 1.0),
        ] {
            // Not a number is in no range.
            if !(least..=most).contains(&value) {
                return Err(ImpossibleSetting {
                    key,
                    value,
                    least,
                    most,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_possible_and_others_are_refused_by_name() {
        assert_eq!(RetrievalConfig::default().validate(), Ok(()));
        for (text, key) in [
            ("evidence = 0", "evidence"),
            ("evidence = 65", "evidence"),
            ("prose_near = 1.5", "prose_near"),
            ("dense_weight = nan", "dense_weight"),
            ("dense_weight = 0\nwords_weight = 0", "dense_weight"),
            ("rrf_k = 0", "rrf_k"),
        ] {
            let config: RetrievalConfig = toml::from_str(text).expect(text);
            assert_eq!(config.validate().expect_err(text).key, key);
        }
        assert!(
            toml::from_str::<RetrievalConfig>("evidences = 3").is_err(),
            "unknown keys are refused"
        );
    }
}
