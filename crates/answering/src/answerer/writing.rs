//! Writing an answer: a model's stream or the composer's draft, through one gate.

use crate::event::{Abstention, AnswerEvent, Fallback};
use crate::gate::{CitationGate, GateLimits, Grounds, Verdict};
use crate::language_model::{LanguageModel, ModelEvent, ModelRequest, Usage};
use async_stream::stream;
use futures::{Stream, StreamExt};
use std::collections::HashSet;
use std::sync::Arc;

/// One answer being written.
pub(super) struct Writing {
    grounds: Arc<Grounds>,
    limits: GateLimits,
    said: HashSet<String>,
    written: Written,
    fallback: Option<Fallback>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub shown: usize,
    pub withheld: usize,
    pub abstained: Option<Abstention>,
    pub usage: Option<Usage>,
}

impl Writing {
    pub fn new(grounds: Arc<Grounds>, limits: GateLimits) -> Self {
        Self {
            grounds,
            limits,
            said: HashSet::new(),
            written: Written::default(),
            fallback: None,
        }
    }

    pub fn written(&self) -> Written {
        self.written
    }

    /// Why the composer has to step in, if it has to.
    pub fn fallback(&self) -> Option<Fallback> {
        self.fallback.clone()
    }

    /// Streams what passes of the model's answer. The request behind it ends when the stream is dropped. Where
    /// the `evidence_speaks` of what was named, a model that abstains is not believed.
    pub fn by_model(
        &mut self,
        model: Arc<dyn LanguageModel>,
        request: ModelRequest,
        evidence_speaks: bool,
    ) -> impl Stream<Item = AnswerEvent> + Send {
        Box::pin(stream! {
            let mut gate = self.gate(self.limits);
            let mut is_cut_short = false;
            let mut deltas = match model.answer(request).await {
                Ok(deltas) => deltas,
                Err(error) => {
                    self.give_up(Fallback::ModelFailed(error.to_string()));
                    return;
                }
            };
            while let Some(event) = deltas.next().await {
                match event {
                    Ok(ModelEvent::Delta(delta)) => {
                        for verdict in gate.push(&delta) {
                            if let Some(event) = self.admit(verdict) {
                                yield event;
                            }
                        }
                        if gate.is_flooded() {
                            self.give_up(Fallback::Flood);
                            break;
                        }
                    }
                    Ok(ModelEvent::Finished { cut_short, usage }) => {
                        self.written.usage = usage;
                        is_cut_short = cut_short;
                        break;
                    }
                    Err(error) => {
                        self.give_up(Fallback::ModelFailed(error.to_string()));
                        break;
                    }
                }
            }
            drop(deltas);
            if self.fallback.is_none() && is_cut_short {
                // What is held is half a sentence, and half a rule is a wrong one.
                self.give_up(Fallback::CutShort);
            }
            if self.fallback.is_none() {
                for verdict in gate.finish() {
                    if let Some(event) = self.admit(verdict) {
                        yield event;
                    }
                }
                self.judge_whole(evidence_speaks);
            }
            self.said = gate.into_said();
        })
    }

    /// The composer's draft through the gate. What a model's answer has shown already is not said twice.
    pub fn by_composer(&mut self, draft: &str) -> Vec<AnswerEvent> {
        // The draft is as long as its evidence is, and may be longer than a model's answer may.
        let limits = GateLimits {
            answer_bytes: self.limits.answer_bytes.max(draft.len()),
            ..self.limits
        };
        let mut gate = self.gate(limits);
        let mut verdicts = gate.push(draft);
        verdicts.extend(gate.finish());
        verdicts
            .into_iter()
            .filter_map(|verdict| self.admit(verdict))
            .collect()
    }

    /// A gate that lets nothing out which this answer has said already.
    fn gate(&mut self, limits: GateLimits) -> CitationGate {
        CitationGate::new(Arc::clone(&self.grounds), limits).after(std::mem::take(&mut self.said))
    }

    fn admit(&mut self, verdict: Verdict) -> Option<AnswerEvent> {
        match verdict {
            Verdict::Released(text) => {
                self.written.shown += 1;
                Some(AnswerEvent::Text(text))
            }
            Verdict::Withheld(withheld) => {
                self.written.withheld += 1;
                Some(AnswerEvent::Withheld(withheld))
            }
            Verdict::Abstained(kind) => {
                self.written.abstained.get_or_insert(kind);
                None
            }
        }
    }

    /// Too little is left when nothing passed, or less than half of what was written.
    fn judge_whole(&mut self, evidence_speaks: bool) {
        let Written {
            shown,
            withheld,
            abstained,
            ..
        } = self.written;
        if shown == 0 && abstained.is_some() && evidence_speaks {
            self.give_up(Fallback::Abstained);
            return;
        }
        let nothing = shown == 0 && abstained.is_none();
        if nothing || withheld > shown {
            self.give_up(Fallback::TooLittleLeft);
        }
    }

    /// The composer has to step in.
    pub fn give_up(&mut self, fallback: Fallback) {
        tracing::warn!(
            reason = fallback.as_str(),
            ?fallback,
            "the composer answers instead of the model"
        );
        self.fallback = Some(fallback);
    }
}
