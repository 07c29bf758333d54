//! The ablation: from the bare rankings, rung by rung, to what an answer rests on.

use codecite_answering::Answerer;
use codecite_retrieval::{Mode, Retriever};
use std::sync::Arc;

/// One way to search, measured against the others.
pub struct Rung {
    /// Its name in tables.
    pub name: &'static str,
    pub(crate) way: Way,
}

pub(crate) enum Way {
    /// A search among all entries, or all prose.
    Search(Arc<Retriever>, Mode),
    /// The whole corridor, floors included. Boxed: an answerer is several times the size of a search.
    Answer(Box<Answerer>),
}

impl Rung {
    fn search(name: &'static str, retriever: &Arc<Retriever>, mode: Mode) -> Self {
        Self {
            name,
            way: Way::Search(Arc::clone(retriever), mode),
        }
    }

    /// The search that answers rest on, without the corridor around it.
    pub fn hybrid(retriever: &Arc<Retriever>) -> Self {
        Self::search("+ rerank: the hybrid", retriever, Mode::Hybrid)
    }

    /// What the hybrid has to beat: each ranking alone, in the words asked.
    pub fn bare(retriever: &Arc<Retriever>) -> [Self; 2] {
        let bare = Arc::new(retriever.bare(|_| ()));
        [
            Self::search("BM25", &bare, Mode::Words),
            Self::search("dense", &bare, Mode::Dense),
        ]
    }
}

/// All rungs from the bottom up. Those above the third add one thing each.
pub fn ladder(retriever: &Arc<Retriever>, answerer: Answerer) -> Vec<Rung> {
    let textbook = Arc::new(retriever.bare(|config| {
        config.dense_weight = 1.0;
        config.words_weight = 1.0;
        config.prose_dense_weight = 1.0;
        config.prose_words_weight = 1.0;
        config.rrf_k = 60;
    }));
    let bare = Arc::new(retriever.bare(|_| ()));
    let [words, dense] = Rung::bare(retriever);
    vec![
        words,
        dense,
        Rung::search("RRF, k 60, equal weights", &textbook, Mode::Fused),
        Rung::search("RRF, weighted", &bare, Mode::Fused),
        Rung::search("+ spelling", &Arc::new(retriever.without_lexicon()), Mode::Fused),
        Rung::search("+ lexicon", retriever, Mode::Fused),
        Rung::hybrid(retriever),
        Rung {
            name: "answers: the hybrid above its floors",
            way: Way::Answer(Box::new(answerer)),
        },
    ]
}
