//! A small real shelf: the starter knowledge base and a few ICD-10-CM titles, in real tables and behind the
//! real retriever; the index and the embedder are in memory and know words only.
#![allow(dead_code, reason = "each test uses a part of it")]

mod memory;

use codecite_answering::{
    AnswerConfig, AnswerEvent, Answerer, LanguageModel, Notice, Outcome, PromptTemplate, Question, Summary,
};
use codecite_codebook::{
    Aspect, Authority, ClinicalText, Code, CodeStatus, CodeSystem, Edition, EditionId, EffectiveRange,
    Licence, Locator, NaiveDate, Passage, PassageDraft, Place,
};
use codecite_ingest::{Shelf, shelve};
use codecite_retrieval::{Lexicon, RetrievalConfig, Retriever};
use codecite_tables::Tables;
use futures::StreamExt;
use memory::{MemoryIndex, WordEmbedder};
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// Shelves in a temporary folder, which lives as long as they do.
pub struct House {
    _folder: TempDir,
    retriever: Arc<Retriever>,
    tables: Arc<Tables>,
}

impl House {
    /// The starter, and ICD-10-CM entries of an edition in force since October 2025.
    pub async fn furnished() -> Self {
        Self::with(vec![starter(), icd10cm()]).await
    }

    /// The starter, and no table that lists a whole code set.
    pub async fn with_the_starter_only() -> Self {
        Self::with(vec![starter()]).await
    }

    async fn with(shelves: Vec<Shelf>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let index = Arc::new(MemoryIndex::default());
        shelve(shelves, &WordEmbedder, index.as_ref(), folder.path(), &|_| ())
            .await
            .expect("shelved");
        // The floors are those of a real model; sharing words is near enough to it for these few questions.
        let config = RetrievalConfig::default();
        Self {
            retriever: Arc::new(Retriever::new(
                Arc::new(WordEmbedder),
                index,
                Lexicon::default(),
                config,
            )),
            tables: Arc::new(Tables::open(folder.path()).expect("tables")),
            _folder: folder,
        }
    }

    pub fn answerer(&self, model: Option<Arc<dyn LanguageModel>>) -> Answerer {
        self.answerer_with(model, AnswerConfig::default())
    }

    pub fn answerer_with(&self, model: Option<Arc<dyn LanguageModel>>, config: AnswerConfig) -> Answerer {
        let prompt = PromptTemplate::built_in().expect("the prompt");
        Answerer::new(
            Arc::clone(&self.retriever),
            Arc::clone(&self.tables),
            model,
            prompt,
            config,
        )
    }

    pub async fn ask_model(&self, model: impl LanguageModel + 'static, words: &str) -> Vec<AnswerEvent> {
        self.answerer(Some(Arc::new(model)))
            .ask(question(words))
            .collect()
            .await
    }

    pub async fn ask_composer(&self, words: &str) -> Vec<AnswerEvent> {
        self.answerer(None).ask(question(words)).collect().await
    }
}

pub fn question(words: &str) -> Question {
    Question {
        words: ClinicalText::new(words),
        date_of_service: None,
        setting: None,
        today: day("2026-02-14"),
        offline: false,
    }
}

/// An excerpt of the code set; the titles are those of the official file.
const TITLES: &[(&str, bool, &str)] = &[
    ("E11", false, "Type 2 diabetes mellitus"),
    (
        "E11.2",
        false,
        "Type 2 diabetes mellitus with kidney complications",
    ),
    (
        "E11.21",
        true,
        "Type 2 diabetes mellitus with diabetic nephropathy",
    ),
    (
        "E11.22",
        true,
        "Type 2 diabetes mellitus with diabetic chronic kidney disease",
    ),
    (
        "E11.311",
        true,
        "Type 2 diabetes mellitus with unspecified diabetic retinopathy with macular edema",
    ),
    (
        "E11.319",
        true,
        "Type 2 diabetes mellitus with unspecified diabetic retinopathy without macular edema",
    ),
    (
        "E11.321",
        false,
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema",
    ),
    (
        "E11.3211",
        true,
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, right eye",
    ),
    (
        "E11.3212",
        true,
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy with macular edema, left eye",
    ),
    ("E11.9", true, "Type 2 diabetes mellitus without complications"),
    ("N18.30", true, "Chronic kidney disease, stage 3 unspecified"),
    (
        "S52.521A",
        true,
        "Torus fracture of lower end of right radius, initial encounter for closed fracture",
    ),
];

/// The topics that these tests ask about. The whole starter is asked in `app`, with a real model: an embedder
/// that knows words only would lose its way in it.
const TOPICS: [&str; 11] = [
    "diabetes-icd-10-cm.toml",
    "everyday-codes.toml",
    "fee-schedule-indicators.toml",
    "global-surgery.toml",
    "icd-10-cm-conventions.toml",
    "modifiers.toml",
    "ncci-edits.toml",
    "office-visits.toml",
    "place-of-service.toml",
    "sentinel-lymph-node.toml",
    "visit-with-procedure.toml",
];

fn starter() -> Shelf {
    let mut files = codecite_ingest::starter_files();
    files.retain(|file| TOPICS.contains(&file.name.as_str()));
    let titles: BTreeSet<String> = codecite_ingest::check_starter(&files)
        .titles
        .into_values()
        .collect();
    let mut shelf = codecite_ingest::starter().expect("the starter").shelf;
    shelf.passages.retain(|passage| titles.contains(&passage.title));
    shelf
}

fn icd10cm() -> Shelf {
    let edition = Edition {
        id: EditionId::new("icd-10-cm-2025-10-01"),
        source: "icd-10-cm".into(),
        title: "ICD-10-CM order file, FY2026".into(),
        authority: Authority::new("CDC"),
        effective: EffectiveRange::since(day("2025-10-01")),
        replaced_on: Some(day("2026-10-01")),
        licence: Licence::PublicDomain,
        files: vec![],
        rows: TITLES.len() as u64,
        is_complete: true,
    };
    let locator = |row: u64, section: &str| Locator {
        document: "ICD-10-CM order file".into(),
        section: Some(section.into()),
        place: Some(Place::Row(row)),
        url: None,
    };
    let entries = || {
        TITLES.iter().zip(1_u64..).map(|((text, billable, title), row)| {
            (
                Code::parse(CodeSystem::Icd10Cm, text).expect("a code"),
                *billable,
                *title,
                row,
            )
        })
    };
    Shelf {
        passages: entries()
            .map(|(code, billable, title, row)| {
                Passage::new(PassageDraft {
                    edition: edition.id.clone(),
                    title: code.label(),
                    text: title.into(),
                    aspect: Aspect::Entry,
                    about: vec![code],
                    mentions: vec![],
                    keywords: vec![],
                    billable: Some(billable),
                    authority: edition.authority.clone(),
                    locator: locator(row, "Type 2 diabetes mellitus"),
                    effective: edition.effective,
                })
            })
            .collect(),
        statuses: entries()
            .map(|(code, billable, title, row)| CodeStatus {
                code,
                title: Some(title.into()),
                billable,
                edition: edition.id.clone(),
                effective: edition.effective,
                locator: locator(row, ""),
            })
            .collect(),
        facts: vec![],
        edition,
        edits: codecite_tables::PtpTable::default(),
        findings: Vec::new(),
        refused: 0,
        set_aside: Vec::new(),
    }
}

/// One readable line an event, evidence by its titles.
pub fn transcript(events: &[AnswerEvent]) -> String {
    let lines: Vec<String> = events.iter().flat_map(lines).collect();
    lines.join("\n")
}

/// Only what is said: text with its citations, notices, and how it ended.
pub fn answer(events: &[AnswerEvent]) -> String {
    let said = events.iter().filter(|event| {
        !matches!(
            event,
            AnswerEvent::Stage(_) | AnswerEvent::Understood { .. } | AnswerEvent::Evidence(_)
        )
    });
    let lines: Vec<String> = said.flat_map(lines).collect();
    lines.join("\n")
}

fn lines(event: &AnswerEvent) -> Vec<String> {
    match event {
        AnswerEvent::Stage(stage) => vec![format!("stage      {}", stage.as_str())],
        AnswerEvent::Understood {
            understanding,
            date_of_service,
            date_given,
        } => {
            let given = if *date_given { "given" } else { "today" };
            vec![format!(
                "understood {} on {date_of_service}, {given}",
                understanding.intent.as_str()
            )]
        }
        AnswerEvent::Notice(Notice { kind, text }) => vec![format!("notice     {}: {text}", kind.as_str())],
        AnswerEvent::Evidence(evidence) => evidence
            .iter()
            .map(|numbered| format!("evidence   [{}] {}", numbered.number, numbered.passage.title))
            .collect(),
        AnswerEvent::Facts(facts) => facts
            .iter()
            .map(|fact| {
                let rows: Vec<String> = fact
                    .rows
                    .iter()
                    .map(|row| format!("{} {}", row.label, row.value))
                    .collect();
                format!(
                    "fact       {} {}: {}",
                    fact.code.label(),
                    fact.kind.as_str(),
                    rows.join("; ")
                )
            })
            .collect(),
        AnswerEvent::Text(text) => {
            let citations: Vec<String> = text
                .citations()
                .iter()
                .map(|number| format!("[{number}]"))
                .collect();
            vec![format!(
                "{:<10} {} {}",
                text.block().as_str(),
                text.text(),
                citations.concat()
            )]
        }
        AnswerEvent::Withheld(withheld) => vec![format!("withheld   {}", withheld.reason.as_str())],
        AnswerEvent::Done(summary) => vec![done(summary)],
        AnswerEvent::Failed(error) => vec![format!("failed     {error}")],
    }
}

fn done(summary: &Summary) -> String {
    let outcome = match &summary.outcome {
        Outcome::Answered => "answered".to_owned(),
        Outcome::Abstained { kind, .. } => format!("abstained {}", kind.as_str()),
    };
    let fallback = summary
        .fallback
        .as_ref()
        .map(|fallback| format!(", {}", fallback.as_str()))
        .unwrap_or_default();
    format!(
        "done       {outcome} by {}{fallback}; shown {}, withheld {}",
        summary.writer.as_str(),
        summary.shown,
        summary.withheld
    )
}

/// The sentences shown, without their citations.
pub fn sentences_shown(events: &[AnswerEvent]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| match event {
            AnswerEvent::Text(text) => Some(text.text()),
            _ => None,
        })
        .collect()
}

pub fn summary(events: &[AnswerEvent]) -> &Summary {
    match events.last() {
        Some(AnswerEvent::Done(summary)) => summary,
        other => panic!("the answer ended with {other:?}"),
    }
}

/// Exactly one terminal event, and it is the last.
pub fn assert_ends_once(events: &[AnswerEvent]) {
    let is_terminal = |event: &AnswerEvent| matches!(event, AnswerEvent::Done(_) | AnswerEvent::Failed(_));
    let terminal = events.iter().filter(|event| is_terminal(event)).count();
    assert_eq!(terminal, 1, "{}", transcript(events));
    assert!(events.last().is_some_and(is_terminal), "{}", transcript(events));
}
