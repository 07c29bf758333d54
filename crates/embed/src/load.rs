//! One call of `embed_documents`, from texts in any order to batches of like length and back.

use crate::cache::{Key, Lease, VectorCache};
use crate::embedder::Inner;
use codecite_retrieval::EmbedError;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Texts of one batch of documents. Small batches keep their activations in the processor's cache and waste
/// little on padding: 8 texts gave 143 titles/s where 32 gave 125 (docs/embedding.md).
const BATCH_TEXTS: usize = 8;

/// Padded tokens of one batch, so that a batch of long texts does not grow the arena without end.
const BATCH_TOKENS: usize = 1024;

/// One call of `embed_documents`: what came from the cache, and what is still to be embedded.
pub(crate) struct Load {
    pub(crate) lease: Option<Arc<Lease>>,
    /// For each text given, its place in `vectors`; equal texts share one.
    slots: Vec<usize>,
    pub(crate) vectors: Vec<Option<Vec<f32>>>,
    pub(crate) batches: Vec<Vec<Waiting>>,
}

/// A text that is not in the cache.
pub(crate) struct Waiting {
    pub(crate) slot: usize,
    pub(crate) key: Key,
    pub(crate) text: String,
    tokens: usize,
}

impl Load {
    /// Looks every text up, counts those that are not in the cache, and sorts them into batches. Blocks.
    pub(crate) fn plan(inner: &Inner, texts: Vec<String>) -> Result<Self, EmbedError> {
        let lease = inner
            .vector_cache
            .as_ref()
            .and_then(VectorCache::lease)
            .map(Arc::new);
        let mut keys: Vec<Key> = Vec::new();
        // The first text of each key, with its position.
        let mut firsts: Vec<(usize, String)> = Vec::new();
        let mut known: HashMap<Key, usize> = HashMap::with_capacity(texts.len());
        let mut slots = Vec::with_capacity(texts.len());
        for (position, text) in texts.into_iter().enumerate() {
            let key = inner.document_key(&text);
            let slot = *known.entry(key).or_insert_with(|| {
                keys.push(key);
                firsts.push((position, text));
                keys.len() - 1
            });
            slots.push(slot);
        }
        let vectors = match &lease {
            Some(lease) => lease.get(&keys, inner.profile.dimensions()),
            None => vec![None; keys.len()],
        };
        let mut waiting = Vec::new();
        for (slot, (position, text)) in firsts.into_iter().enumerate() {
            // A text that was embedded before was not too long then.
            if vectors[slot].is_none() {
                let tokens = inner.count(inner.profile.document_prefix(), &text)?;
                inner.refuse_too_long(position, tokens)?;
                waiting.push(Waiting {
                    slot,
                    key: keys[slot],
                    text,
                    tokens,
                });
            }
        }
        let cached = slots.len() - waiting.len();
        inner
            .counts
            .documents_cached
            .fetch_add(cached as u64, Ordering::Relaxed);
        Ok(Self {
            lease,
            slots,
            vectors,
            batches: batches(waiting),
        })
    }

    /// The vectors in the order of the texts given.
    pub(crate) fn finish(self) -> Result<Vec<Vec<f32>>, EmbedError> {
        let Self {
            slots, mut vectors, ..
        } = self;
        let mut uses = vec![0_u32; vectors.len()];
        for &slot in &slots {
            uses[slot] += 1;
        }
        let missing = || EmbedError::Model("a batch came back short".to_owned());
        slots
            .into_iter()
            .map(|slot| {
                uses[slot] -= 1;
                let vector = &mut vectors[slot];
                if uses[slot] == 0 {
                    vector.take()
                } else {
                    vector.clone()
                }
                .ok_or_else(missing)
            })
            .collect()
    }
}

/// Batches of texts of like length, because every text of a batch costs as much as its longest. The longest
/// come first, so that the sessions end at about the same time.
fn batches(mut waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    waiting.sort_by_key(|text| std::cmp::Reverse(text.tokens));
    let mut batches: Vec<Vec<Waiting>> = Vec::new();
    let mut room = 0;
    for text in waiting {
        match batches.last_mut().filter(|_| room > 0) {
            Some(batch) => batch.push(text),
            None => {
                room = BATCH_TEXTS.min(BATCH_TOKENS / text.tokens.max(1)).max(1);
                batches.push(vec![text]);
            }
        }
        room -= 1;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(tokens: &[usize]) -> Vec<Waiting> {
        let text = |(slot, &tokens)| Waiting {
            slot,
            key: [0; 32],
            text: String::new(),
            tokens,
        };
        tokens.iter().enumerate().map(text).collect()
    }

    #[test]
    fn batches_are_of_like_length_and_bounded() {
        let tokens: Vec<usize> = (0..200).map(|number| 3 + number * 37 % 254).collect();
        let batches = batches(waiting(&tokens));
        let sizes: usize = batches.iter().map(Vec::len).sum();
        assert_eq!(sizes, tokens.len());
        let mut before = usize::MAX;
        for batch in &batches {
            let longest = batch[0].tokens;
            assert!(longest <= before && batch.len() <= BATCH_TEXTS);
            assert!(
                batch.len() == 1 || longest * batch.len() <= BATCH_TOKENS,
                "{longest} {}",
                batch.len()
            );
            before = batch[batch.len() - 1].tokens;
        }
    }

    #[test]
    fn nothing_makes_no_batch_and_a_giant_makes_its_own() {
        assert!(batches(Vec::new()).is_empty());
        assert_eq!(batches(waiting(&[5000, 1])).len(), 2);
    }
}
