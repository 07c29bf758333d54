//! The answerer: walks a question through the corridor and streams what a reader may see.

mod render;
mod writing;

use crate::composer::compose;
use crate::event::{
    Abstention, AnswerError, AnswerEvent, Fallback, Notice, NoticeKind, Outcome, Stage, Summary, Writer,
};
use crate::gate::{GateLimits, Grounds};
use crate::language_model::LanguageModel;
use crate::look_up::{LookedUp, Named, may_be_named, ncci_setting_of, stale_notice, tells_of_an_end};
use crate::prompt::PromptTemplate;
use crate::question::Question;
use async_stream::stream;
use codecite_codebook::{Aspect, Code, Edition, EditionId, NaiveDate, Passage, Setting};
use codecite_retrieval::{
    Evidence, Fault, Intent, RetrieveError, Retriever, Sought, Understanding, understand,
};
use codecite_tables::{Standing, Tables, TablesError};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use uuid::Uuid;
use writing::{Writing, Written};

/// What a door gets: every event of one answer. Dropping it cancels the work behind it.
pub type AnswerStream = BoxStream<'static, AnswerEvent>;

/// How answers are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerConfig {
    /// The longest question, in characters, 10 to 20,000.
    pub question_chars: usize,
    /// The longest sentence that the gate holds, in bytes, 200 to 20,000.
    pub sentence_bytes: usize,
    /// The longest answer of a model, in bytes, 1,000 to 1,000,000; a longer one is stopped.
    pub answer_bytes: usize,
}

impl Default for AnswerConfig {
    fn default() -> Self {
        let limits = GateLimits::default();
        Self {
            question_chars: 2_000,
            sentence_bytes: limits.sentence_bytes,
            answer_bytes: limits.answer_bytes,
        }
    }
}

impl AnswerConfig {
    /// Refuses values outside their documented ranges, by name.
    pub fn validate(&self) -> Result<(), String> {
        for (key, value, least, most) in [
            ("answer.question_chars", self.question_chars, 10, 20_000),
            ("answer.sentence_bytes", self.sentence_bytes, 200, 20_000),
            ("answer.answer_bytes", self.answer_bytes, 1_000, 1_000_000),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!("{key} is {value}, and must be from {least} to {most}"));
            }
        }
        Ok(())
    }

    fn limits(&self) -> GateLimits {
        GateLimits {
            sentence_bytes: self.sentence_bytes,
            answer_bytes: self.answer_bytes,
        }
    }
}

/// Answers questions. Cheap to clone.
#[derive(Clone)]
pub struct Answerer {
    shelves: Arc<Shelves>,
}

struct Shelves {
    retriever: Arc<Retriever>,
    tables: Arc<Tables>,
    model: Option<Arc<dyn LanguageModel>>,
    prompt: PromptTemplate,
    config: AnswerConfig,
    /// One place a core for the work that takes milliseconds: two hundred threads at it at once would leave the
    /// async threads no turn, and the first events of the others would wait for all of them.
    working: Semaphore,
}

impl Answerer {
    /// An answerer over these shelves; without a model, the composer writes every answer.
    pub fn new(
        retriever: Arc<Retriever>,
        tables: Arc<Tables>,
        model: Option<Arc<dyn LanguageModel>>,
        prompt: PromptTemplate,
        config: AnswerConfig,
    ) -> Self {
        Self {
            shelves: Arc::new(Shelves {
                retriever,
                tables,
                model,
                prompt,
                config,
                working: Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)),
            }),
        }
    }

    /// Walks the question through the corridor. Nothing happens until the stream is read.
    pub fn ask(&self, question: Question) -> AnswerStream {
        let shelves = Arc::clone(&self.shelves);
        stream! {
            let started = Instant::now();
            let words = question.words.expose().trim();
            if let Err(error) = shelves.refuse(words) {
                yield AnswerEvent::Failed(error);
                return;
            }
            yield AnswerEvent::Stage(Stage::Understanding);
            let asked = words.to_owned();
            let understanding = shelves.beside(move |_| understand(&asked, question.today)).await;
            let given = question.date_of_service.or(understanding.date_of_service);
            let turn = Arc::new(Turn {
                setting: question.setting.or(understanding.setting),
                date_of_service: given.unwrap_or(question.today),
                understanding,
            });
            yield AnswerEvent::Understood {
                understanding: Box::new(turn.understanding.clone()),
                date_of_service: turn.date_of_service,
                date_given: given.is_some(),
            };

            yield AnswerEvent::Stage(Stage::LookingUp);
            let asked = Arc::clone(&turn);
            let looked_up = match shelves.beside(move |shelves| asked.look_up(&shelves.tables)).await {
                Ok(looked_up) => Arc::new(looked_up),
                Err(error) => {
                    yield AnswerEvent::Failed(error.into());
                    return;
                }
            };

            yield AnswerEvent::Stage(Stage::Retrieving);
            let sought = turn.sought(&looked_up);
            let evidence = match shelves.retriever.retrieve(&sought).await {
                Ok(evidence) => evidence,
                Err(error) => {
                    yield AnswerEvent::Failed(error.into());
                    return;
                }
            };
            let (asked, found) = (Arc::clone(&turn), Arc::clone(&looked_up));
            let evidence = match shelves.beside(move |shelves| shelves.in_force(evidence, &found, &asked)).await {
                Ok(evidence) => evidence,
                Err(error) => {
                    yield AnswerEvent::Failed(error.into());
                    return;
                }
            };
            let mut notices = turn.notices(given.is_some());
            // A model that cannot count has failed the search before.
            if shelves.retriever.reads_whole(&sought).is_ok_and(|whole| !whole) {
                notices.push(long_question());
            }
            notices.extend(looked_up.notices(evidence.as_ref(), turn.date_of_service));
            let mut stale = looked_up.stale.clone();
            if let Some(evidence) = &evidence {
                stale.extend(shelves.stale_sources(evidence, &looked_up, turn.date_of_service));
            }
            notices.extend(stale_notice(&stale, turn.date_of_service));
            notices.extend(looked_up.other_setting(turn.setting));
            for notice in notices {
                yield AnswerEvent::Notice(notice);
            }
            let mut summary = Summary {
                id: Uuid::new_v4(),
                outcome: Outcome::Answered,
                writer: Writer::Composer,
                fallback: None,
                shown: 0,
                withheld: 0,
                prompt: None,
                model: None,
                usage: None,
                editions: editions(evidence.as_ref(), &looked_up),
                duration: started.elapsed(),
            };
            let Some(evidence) = evidence else {
                if looked_up.shown().next().is_some() {
                    yield AnswerEvent::Facts(looked_up.shown().cloned().collect());
                }
                if looked_up.facts.is_empty() {
                    summary.outcome = turn.abstention(&looked_up);
                }
                summary.duration = started.elapsed();
                yield AnswerEvent::Done(summary);
                return;
            };
            yield AnswerEvent::Evidence(evidence.clone());
            let evidence = Arc::new(evidence);
            if looked_up.shown().next().is_some() {
                yield AnswerEvent::Facts(looked_up.shown().cloned().collect());
            }

            yield AnswerEvent::Stage(Stage::Writing);
            let (asked, sources, date_of_service) = (words.to_owned(), Arc::clone(&evidence), turn.date_of_service);
            let grounds = shelves.beside(move |shelves| shelves.grounds(&sources, &asked, date_of_service));
            let grounds = match grounds.await {
                Ok(grounds) => Arc::new(grounds),
                Err(error) => {
                    yield AnswerEvent::Failed(error.into());
                    return;
                }
            };
            let mut writing = Writing::new(grounds, shelves.config.limits());
            if let Some(model) = shelves.model.as_ref().filter(|_| !question.offline) {
                summary.writer = Writer::Model;
                summary.model = Some(model.name().to_owned());
                summary.prompt = Some(shelves.prompt.used().clone());
                let stays_here = shelves.staying_here(model.as_ref());
                let request = render::request(
                    &shelves.prompt, model.as_ref(), words, &evidence, &looked_up.facts, turn.date_of_service, &stays_here,
                );
                match request {
                    None if evidence.iter().all(|numbered| stays_here.contains(&numbered.passage.edition)) => {
                        writing.give_up(Fallback::NotToBeSent);
                    }
                    Some(request) => {
                        let speaks = turn.is_spoken_of(&looked_up, &evidence);
                        let mut written = writing.by_model(Arc::clone(model), request, speaks);
                        while let Some(event) = written.next().await {
                            yield event;
                        }
                    }
                    None => writing.give_up(Fallback::ModelFailed(
                        "no passage fits its window; raise model.context_tokens or lower model.max_tokens".into(),
                    )),
                }
            }
            summary.fallback = writing.fallback();
            if summary.writer == Writer::Composer || summary.fallback.is_some() {
                summary.writer = Writer::Composer;
                let (turn, looked_up) = (Arc::clone(&turn), Arc::clone(&looked_up));
                let composing = shelves.beside(move |_| {
                    let draft = compose(&turn.understanding, &looked_up, &evidence);
                    let notices = draft.notices.into_iter().map(AnswerEvent::Notice);
                    let text = writing.by_composer(&draft.text);
                    (notices.chain(text).collect::<Vec<_>>(), writing)
                });
                let (events, composed) = composing.await;
                for event in events {
                    yield event;
                }
                writing = composed;
            }
            let Written { shown, withheld, abstained, usage } = writing.written();
            summary.usage = usage;
            summary.shown = shown;
            summary.withheld = withheld;
            summary.outcome = turn.outcome(shown, abstained, &looked_up);
            summary.duration = started.elapsed();
            yield AnswerEvent::Done(summary);
        }
        .boxed()
    }
}

impl Shelves {
    /// The evidence without passages of editions that had ended by the date of service, and without entries that a
    /// later edition has changed. The index is told of an end only when the passages of the successor are ready, and the
    /// tables know it before; of a list of changes it knows nothing.
    fn in_force(
        &self,
        evidence: Option<Evidence>,
        looked_up: &LookedUp,
        turn: &Turn,
    ) -> Result<Option<Evidence>, TablesError> {
        let date_of_service = turn.date_of_service;
        let retired = looked_up.retired();
        let is_of_old = |passage: &Passage| {
            let mut ended = retired
                .iter()
                .filter_map(|history| Some((&history.last()?.code, history)));
            ended.any(|(code, history)| {
                passage.about.contains(code) && !tells_of_an_end(passage, code, history)
            })
        };
        let has_ended = |passage: &Passage| {
            let edition = self.tables.edition(&passage.edition);
            let last_day = edition.and_then(|edition| edition.effective.to());
            last_day.is_some_and(|last_day| last_day < date_of_service)
        };
        let passages = evidence.map(Evidence::into_passages).unwrap_or_default();
        let mut kept = Vec::with_capacity(passages.len());
        for passage in passages {
            let is_out = has_ended(&passage) || turn.is_of_other_setting(&passage) || is_of_old(&passage);
            if !is_out && !self.is_overtaken(&passage, date_of_service)? {
                kept.push(passage);
            }
        }
        Ok(Evidence::new(kept))
    }

    /// Whether the entry of a code says what is no longer so: by a list of changes, I42.0 became a header while the order
    /// file that calls it billable was still the newest one.
    fn is_overtaken(&self, passage: &Passage, date_of_service: NaiveDate) -> Result<bool, TablesError> {
        let ([code], Aspect::Entry) = (passage.about.as_slice(), passage.aspect) else {
            return Ok(false);
        };
        let now = match self.tables.standing_on(code, date_of_service)? {
            Standing::InForce(now) => now,
            Standing::NotInForce { .. } => return Ok(true),
            Standing::Unsettled(neighbours) => return Ok(neighbours.before.is_some()),
            Standing::Unknown => return Ok(false),
        };
        let history = self.tables.history(code)?;
        let said = history.iter().rfind(|status| status.edition == passage.edition);
        Ok(said.is_some_and(|said| (said.billable, &said.title) != (now.billable, &now.title)))
    }

    /// The editions whose licence does not let their texts be sent to `model`.
    fn staying_here(&self, model: &dyn LanguageModel) -> BTreeSet<EditionId> {
        let editions = self.tables.editions().into_iter();
        editions
            .filter(|edition| model.is_remote() && !edition.licence.allows_remote_models())
            .map(|edition| edition.id)
            .collect()
    }

    fn refuse(&self, words: &str) -> Result<(), AnswerError> {
        let length = words.chars().count();
        if length == 0 {
            return Err(AnswerError::Question(
                "the question is empty; ask about a code, a rule or a modifier".into(),
            ));
        }
        if length > self.config.question_chars {
            return Err(AnswerError::Question(format!(
                "the question has {length} characters, the most is {}; shorten it",
                self.config.question_chars
            )));
        }
        Ok(())
    }

    /// Does `work` on a thread that may block. It is milliseconds, and on an async thread the first events of two
    /// hundred other questions would wait behind it.
    async fn beside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        // Never closed, so there is always a place in the end.
        let _place = self.working.acquire().await;
        let shelves = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&shelves)).await {
            Ok(done) => done,
            // It is never cancelled, so it broke, and whoever guards the stream is told as before.
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }

    /// What the gate compares with.
    fn grounds(
        &self,
        evidence: &Evidence,
        words: &str,
        date_of_service: NaiveDate,
    ) -> Result<Grounds, TablesError> {
        let mut in_force: Vec<Code> = Vec::new();
        for code in Grounds::codes_to_look_up(evidence) {
            if may_be_named(&self.tables, &code, evidence, date_of_service)? {
                in_force.push(code);
            }
        }
        Ok(Grounds::new(evidence, words, date_of_service, in_force))
    }

    /// Editions that the evidence comes from and that no named code has brought up.
    fn stale_sources(
        &self,
        evidence: &Evidence,
        looked_up: &LookedUp,
        date_of_service: NaiveDate,
    ) -> Vec<Edition> {
        let sources: BTreeSet<&EditionId> = evidence
            .iter()
            .map(|numbered| &numbered.passage.edition)
            .collect();
        self.tables
            .editions()
            .iter()
            .filter(|edition| sources.contains(&edition.id) && !looked_up.stale.contains(edition))
            .filter(|edition| edition.is_stale_on(date_of_service))
            .cloned()
            .collect()
    }
}

/// One question on its way.
struct Turn {
    understanding: Understanding,
    /// As the door says, or else the words.
    setting: Option<Setting>,
    date_of_service: NaiveDate,
}

impl Turn {
    fn look_up(&self, tables: &Tables) -> Result<LookedUp, TablesError> {
        LookedUp::look_up(&self.understanding, tables, self.setting, self.date_of_service)
    }

    /// Whether a passage tells pairs or units of practitioner claims, where the question is about another setting: its
    /// tables have other values for many codes.
    fn is_of_other_setting(&self, passage: &Passage) -> bool {
        let asks_elsewhere = self
            .setting
            .is_some_and(|setting| setting != Setting::Practitioner);
        asks_elsewhere
            && matches!(passage.aspect, Aspect::Pairing | Aspect::Units)
            && ncci_setting_of(&passage.locator) == Some(Setting::Practitioner)
    }

    fn sought(&self, looked_up: &LookedUp) -> Sought {
        let mut codes = looked_up.codes_to_seek();
        codes.extend(looked_up.codes_ended());
        codes.extend(self.understanding.modifiers.iter().cloned());
        codes.extend(self.understanding.places_of_service.iter().cloned());
        let targets = looked_up.crosswalk_targets();
        // Who asks for the successor of a code has described nothing else.
        let words = match targets.is_empty() {
            true => self.understanding.words.clone(),
            false => String::new(),
        };
        codes.extend(targets);
        Sought {
            codes,
            words,
            systems: self.understanding.systems.clone(),
            intent: self.understanding.intent,
            date_of_service: self.date_of_service,
        }
    }

    /// What a reader should know of how the question was read.
    fn notices(&self, date_given: bool) -> Vec<Notice> {
        let unread = self.understanding.unread_date.iter().filter(|_| !date_given);
        unread
            .map(|words| Notice {
                kind: NoticeKind::UnreadDate,
                text: format!(
                    "{words:?} looks like a date and was not understood, so this answer is about {}. Give the date of \
                     service as YYYY-MM-DD.",
                    self.date_of_service
                ),
            })
            .collect()
    }

    /// Whether the evidence is about a code or modifier that the question names, so that there is something to
    /// say.
    fn is_spoken_of(&self, looked_up: &LookedUp, evidence: &Evidence) -> bool {
        let mut named = looked_up.codes_to_seek();
        named.extend(looked_up.codes_ended());
        named.iter().chain(&self.understanding.modifiers).any(|code| {
            evidence
                .iter()
                .any(|numbered| numbered.passage.about.contains(code))
        })
    }

    fn outcome(&self, shown: usize, abstained: Option<Abstention>, looked_up: &LookedUp) -> Outcome {
        match abstained {
            _ if shown > 0 => Outcome::Answered,
            Some(kind) => Outcome::Abstained {
                kind,
                text: advice(kind).to_owned(),
            },
            None if !looked_up.facts.is_empty() => Outcome::Answered,
            None => self.abstention(looked_up),
        }
    }

    /// Why there is nothing to say.
    fn abstention(&self, looked_up: &LookedUp) -> Outcome {
        let outside = looked_up
            .named
            .iter()
            .any(|named| matches!(named, Named::NotInForce { .. } | Named::Unsettled { .. }));
        let names_something = !looked_up.named.is_empty()
            || !self.understanding.modifiers.is_empty()
            || !self.understanding.systems.is_empty()
            || self.understanding.intent == Intent::FindCode;
        let is_ours = names_something || speaks_of_coding(&self.understanding.words);
        let kind = match (outside, is_ours) {
            (true, _) => Abstention::DateOutOfRange,
            (false, true) => Abstention::NotInSources,
            (false, false) => Abstention::OutOfScope,
        };
        Outcome::Abstained {
            kind,
            text: advice(kind).to_owned(),
        }
    }
}

fn long_question() -> Notice {
    Notice {
        kind: NoticeKind::LongQuestion,
        text: "The question is longer than the search reads by meaning, so its end was searched by its words alone. Ask \
               a shorter question if the answer misses the point."
            .to_owned(),
    }
}

/// Whether words without a code belong to the trade: "when is a claim denied" is a question that the sources
/// may not answer, "how do I bake bread" is none for us.
fn speaks_of_coding(words: &str) -> bool {
    const TRADE: [&str; 31] = [
        "code",
        "coding",
        "bill",
        "modifier",
        "claim",
        "medicare",
        "medicaid",
        "payer",
        "payment",
        "reimburs",
        "denial",
        "denied",
        "charge",
        "ncci",
        "mue",
        "unbundl",
        "bundl",
        "global",
        "rvu",
        "fee schedule",
        "place of service",
        "diagnos",
        "procedure",
        "surg",
        "visit",
        "patient",
        "encounter",
        "cpt",
        "hcpcs",
        "icd",
        "guideline",
    ];
    let words = words.to_lowercase();
    TRADE.iter().any(|word| words.contains(word))
}

fn advice(kind: Abstention) -> &'static str {
    match kind {
        Abstention::NotInSources => {
            "The loaded sources do not answer this. Load the release or policy that does, or ask with the code or the rule named."
        }
        Abstention::NeedsDocumentation => {
            "The sources leave this to what the documentation says. Ask again with the detail that the record gives."
        }
        Abstention::DateOutOfRange => {
            "No loaded release has this code on that date of service. Check the date, or load the release of that date."
        }
        Abstention::LicenceGated => "The licence of the source does not allow it to be shown here.",
        Abstention::ConflictingAuthority => {
            "The loaded sources disagree, and none of them has the last word."
        }
        Abstention::OutOfScope => {
            "This does not read as a question about medical coding or billing. Ask about a code, a modifier, a rule, or which code describes something."
        }
    }
}

fn editions(evidence: Option<&Evidence>, looked_up: &LookedUp) -> Vec<EditionId> {
    let cited = evidence
        .into_iter()
        .flat_map(|evidence| evidence.iter())
        .map(|n| n.passage.edition.clone());
    let rows = looked_up.shown().map(|fact| fact.edition.clone());
    cited.chain(rows).collect::<BTreeSet<_>>().into_iter().collect()
}

impl From<TablesError> for AnswerError {
    fn from(error: TablesError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<RetrieveError> for AnswerError {
    fn from(error: RetrieveError) -> Self {
        match error.fault() {
            Fault::Transient => Self::IndexUnavailable(error.to_string()),
            Fault::Caller => Self::Question(error.to_string()),
            Fault::Operator => Self::Internal(error.to_string()),
        }
    }
}
