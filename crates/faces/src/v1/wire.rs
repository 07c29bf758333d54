//! The wire forms of version 1, converted by hand: inner types promise nothing to strangers.

use codecite_answering::{AnswerEvent, CheckedText, Notice, Outcome, Summary, Withheld};
use codecite_codebook::{Code, CodeStatus, Edition, EffectiveRange, Fact, Locator, NaiveDate, Passage};
use codecite_retrieval::{Evidence, Hit, Intent, Setting, Understanding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// The question in plain words. Leave names, birth dates and record numbers of patients out.
    #[schema(example = "What is CPT 38900?")]
    pub question: String,
    /// The date of service; else a date in the question, else today.
    pub date_of_service: Option<NaiveDate>,
    /// `practitioner`, `outpatient_hospital` and so on, where it matters.
    pub setting: Option<String>,
    /// Answer from facts and quotations alone, without the language model.
    #[serde(default)]
    pub offline: bool,
}

/// A code with its system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireCode {
    /// `CPT`, `HCPCS`, `ICD-10-CM`, `ICD-10-PCS`, `Modifier` or `POS`.
    pub system: String,
    /// The official spelling.
    pub code: String,
}

impl From<&Code> for WireCode {
    fn from(code: &Code) -> Self {
        Self {
            system: code.system().to_string(),
            code: code.text().to_owned(),
        }
    }
}

/// How a question was understood.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireUnderstood {
    /// The date that the answer is about.
    pub date_of_service: NaiveDate,
    /// Whether the asker gave it.
    pub date_given: bool,
    /// Codes by their shape; the tables have the last word.
    pub codes: Vec<WireCode>,
    /// Modifiers named.
    pub modifiers: Vec<String>,
    /// The setting named.
    pub setting: Option<String>,
    /// What is asked for.
    pub intent: String,
}

impl WireUnderstood {
    fn new(understanding: &Understanding, date_of_service: NaiveDate, date_given: bool) -> Self {
        let codes = understanding.mentions.iter().flat_map(|mention| &mention.candidates);
        Self {
            date_of_service,
            date_given,
            codes: codes.map(WireCode::from).collect(),
            modifiers: understanding.modifiers.iter().map(ToString::to_string).collect(),
            setting: understanding.setting.map(|setting| setting_word(setting).to_owned()),
            intent: intent_word(understanding.intent).to_owned(),
        }
    }
}

/// A source, under the number by which the answer cites it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WirePassage {
    /// Counted from 1; absent where nothing is cited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u8>,
    /// Its lasting id.
    pub id: String,
    /// A short heading.
    pub title: String,
    /// The words that may be quoted.
    pub text: String,
    /// Codes that it defines or rules on.
    pub codes: Vec<WireCode>,
    /// Whether the code of a code set's entry may be billed.
    pub billable: Option<bool>,
    /// Whose word it is.
    pub authority: String,
    /// The edition that it was loaded with.
    pub edition: String,
    /// The document.
    pub document: String,
    /// Section by number or heading.
    pub section: Option<String>,
    /// Row or page.
    pub place: Option<String>,
    /// Public address.
    pub url: Option<String>,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// Last day in force, if known.
    pub effective_to: Option<NaiveDate>,
}

impl WirePassage {
    /// The wire form of a passage, numbered where it is cited.
    pub fn new(number: Option<u8>, passage: &Passage) -> Self {
        let Source { document, section, place, url, .. } =
            Source::new(passage.edition.as_str(), &passage.locator, passage.effective);
        Self {
            number,
            id: passage.id().to_string(),
            title: passage.title.clone(),
            text: passage.text.trim().to_owned(),
            codes: passage.about.iter().map(WireCode::from).collect(),
            billable: passage.billable,
            authority: passage.authority.to_string(),
            edition: passage.edition.to_string(),
            document,
            section,
            place,
            url,
            effective_from: passage.effective.from(),
            effective_to: passage.effective.to(),
        }
    }
}

/// Where an exact row stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Source {
    /// The edition that it was loaded with.
    pub edition: String,
    /// The document.
    pub document: String,
    /// Section by number or heading.
    pub section: Option<String>,
    /// Row or page.
    pub place: Option<String>,
    /// Public address.
    pub url: Option<String>,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// Last day in force, if known.
    pub effective_to: Option<NaiveDate>,
}

impl Source {
    fn new(edition: &str, locator: &Locator, effective: EffectiveRange) -> Self {
        Self {
            edition: edition.to_owned(),
            document: locator.document.clone(),
            section: locator.section.clone(),
            place: locator.place.as_ref().map(ToString::to_string),
            url: locator.url.clone(),
            effective_from: effective.from(),
            effective_to: effective.to(),
        }
    }
}

/// An exact row, as a small table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireFact {
    /// What kind of row.
    pub kind: String,
    /// The table's caption.
    pub title: String,
    /// The code that it is about.
    pub code: WireCode,
    /// Labelled values as published.
    pub rows: Vec<WireRow>,
    /// Where it stands.
    pub source: Source,
}

/// One labelled value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireRow {
    /// The column in the field's words.
    pub label: String,
    /// The value as published.
    pub value: String,
}

impl From<&Fact> for WireFact {
    fn from(fact: &Fact) -> Self {
        use codecite_codebook::FactKind;
        let about = match fact.kind {
            FactKind::CodeStatus => "code status",
            FactKind::PhysicianFeeSchedule => "Medicare physician fee schedule",
            FactKind::Mue => "medically unlikely edit (MUE)",
            FactKind::AddOn => "add-on code edit",
            FactKind::Ptp => "NCCI procedure-to-procedure edit",
            FactKind::PlaceOfService => "place of service",
        };
        Self {
            kind: fact.kind.as_str().to_owned(),
            title: format!("{}: {about}", fact.code.label()),
            code: WireCode::from(&fact.code),
            rows: fact
                .rows
                .iter()
                .map(|row| WireRow { label: row.label.clone(), value: row.value.clone() })
                .collect(),
            source: Source::new(fact.edition.as_str(), &fact.locator, fact.effective),
        }
    }
}

/// Something to know before relying on the answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireNotice {
    /// What it is about.
    pub kind: String,
    /// One or two sentences.
    pub text: String,
}

impl From<&Notice> for WireNotice {
    fn from(notice: &Notice) -> Self {
        Self { kind: notice.kind.as_str().to_owned(), text: notice.text.clone() }
    }
}

/// One checked sentence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireText {
    /// `paragraph` or `item` begin one, `continue` goes on in it.
    pub block: String,
    /// Plain text.
    pub text: String,
    /// The sources it rests on, by number.
    pub citations: Vec<u8>,
}

impl From<&CheckedText> for WireText {
    fn from(text: &CheckedText) -> Self {
        Self {
            block: text.block().as_str().to_owned(),
            text: text.text().to_owned(),
            citations: text.citations().to_vec(),
        }
    }
}

/// A sentence that did not pass, without its words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireWithheld {
    /// A stable word.
    pub reason: String,
    /// The same for a reader.
    pub detail: String,
}

impl From<&Withheld> for WireWithheld {
    fn from(withheld: &Withheld) -> Self {
        Self {
            reason: withheld.reason.as_str().to_owned(),
            detail: withheld.detail.clone(),
        }
    }
}

/// How the answer ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireSummary {
    /// Names the answer in the ledger.
    pub id: String,
    /// `answered` or `abstained`.
    pub outcome: String,
    /// Why there is no answer.
    pub abstention: Option<WireAbstention>,
    /// `composer` or `model`.
    pub writer: String,
    /// Why the composer stepped in for the model.
    pub fallback: Option<WireFallback>,
    /// Sentences shown.
    pub shown: usize,
    /// Sentences withheld.
    pub withheld: usize,
    /// The prompt that the model was given.
    pub prompt: Option<WirePrompt>,
    /// The model that was asked.
    pub model: Option<String>,
    /// The editions behind the answer.
    pub editions: Vec<String>,
    /// From question to end.
    pub duration_ms: u64,
}

/// A typed abstention.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireAbstention {
    /// `not_in_sources`, `needs_documentation`, `date_out_of_range`, `licence_gated`,
    /// `conflicting_authority` or `out_of_scope`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What to do next.
    pub text: String,
}

/// Why the composer stepped in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireFallback {
    /// A stable word.
    pub reason: String,
    /// One sentence.
    pub text: String,
}

/// A prompt by id and digest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WirePrompt {
    /// Its id.
    pub id: String,
    /// SHA-256 of its file.
    pub digest: String,
}

impl From<&Summary> for WireSummary {
    fn from(summary: &Summary) -> Self {
        let (outcome, abstention) = match &summary.outcome {
            Outcome::Answered => ("answered", None),
            Outcome::Abstained { kind, text } => (
                "abstained",
                Some(WireAbstention { kind: kind.as_str().to_owned(), text: text.clone() }),
            ),
        };
        Self {
            id: summary.id.to_string(),
            outcome: outcome.to_owned(),
            abstention,
            writer: summary.writer.as_str().to_owned(),
            fallback: summary.fallback.as_ref().map(|fallback| WireFallback {
                reason: fallback.as_str().to_owned(),
                text: fallback.text().to_owned(),
            }),
            shown: summary.shown,
            withheld: summary.withheld,
            prompt: summary.prompt.as_ref().map(|prompt| WirePrompt {
                id: prompt.id.clone(),
                digest: prompt.digest.clone(),
            }),
            model: summary.model.clone(),
            editions: summary.editions.iter().map(ToString::to_string).collect(),
            duration_ms: u64::try_from(summary.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// One whole answer.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AnswerBody {
    /// How the question was understood.
    pub understood: Option<WireUnderstood>,
    /// Its sources.
    pub evidence: Vec<WirePassage>,
    /// Exact rows.
    pub facts: Vec<WireFact>,
    /// What to know before relying on it.
    pub notices: Vec<WireNotice>,
    /// The checked sentences, in order.
    pub text: Vec<WireText>,
    /// What was withheld, and why.
    pub withheld: Vec<WireWithheld>,
    /// How it ended.
    pub summary: Option<WireSummary>,
}

impl AnswerBody {
    /// Takes one event in; the error ends the answer.
    pub fn take(&mut self, event: AnswerEvent) -> Result<(), codecite_answering::AnswerError> {
        match event {
            AnswerEvent::Stage(_) => {}
            AnswerEvent::Understood { understanding, date_of_service, date_given } => {
                self.understood = Some(WireUnderstood::new(&understanding, date_of_service, date_given));
            }
            AnswerEvent::Notice(notice) => self.notices.push(WireNotice::from(&notice)),
            AnswerEvent::Evidence(evidence) => self.evidence = wire_evidence(&evidence),
            AnswerEvent::Facts(facts) => self.facts = facts.iter().map(WireFact::from).collect(),
            AnswerEvent::Text(text) => self.text.push(WireText::from(&text)),
            AnswerEvent::Withheld(withheld) => self.withheld.push(WireWithheld::from(&withheld)),
            AnswerEvent::Done(summary) => self.summary = Some(WireSummary::from(&summary)),
            AnswerEvent::Failed(error) => return Err(error),
        }
        Ok(())
    }
}

/// An event of a stream: its name and its data.
pub(crate) fn named_event(event: &AnswerEvent) -> (&'static str, serde_json::Value) {
    use serde_json::json;
    match event {
        AnswerEvent::Stage(stage) => ("status", json!({ "stage": stage.as_str() })),
        AnswerEvent::Understood { understanding, date_of_service, date_given } => {
            ("understood", json!(WireUnderstood::new(understanding, *date_of_service, *date_given)))
        }
        AnswerEvent::Notice(notice) => ("notice", json!(WireNotice::from(notice))),
        AnswerEvent::Evidence(evidence) => ("evidence", json!({ "passages": wire_evidence(evidence) })),
        AnswerEvent::Facts(facts) => {
            let facts: Vec<WireFact> = facts.iter().map(WireFact::from).collect();
            ("facts", json!({ "facts": facts }))
        }
        AnswerEvent::Text(text) => ("text", json!(WireText::from(text))),
        AnswerEvent::Withheld(withheld) => ("withheld", json!(WireWithheld::from(withheld))),
        AnswerEvent::Done(summary) => ("done", json!(WireSummary::from(summary))),
        // The stream puts the problem in: it knows the request id.
        AnswerEvent::Failed(_) => ("failed", json!({})),
    }
}

fn wire_evidence(evidence: &Evidence) -> Vec<WirePassage> {
    evidence
        .iter()
        .map(|numbered| WirePassage::new(Some(numbered.number), numbered.passage))
        .collect()
}

/// What an edition says of a code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireStatus {
    /// The code.
    #[serde(flatten)]
    pub code: WireCode,
    /// The official title, where the licence lets it be shown.
    pub title: Option<String>,
    /// Whether it may be reported by itself.
    pub billable: bool,
    /// Where the row stands.
    pub source: Source,
}

impl From<&CodeStatus> for WireStatus {
    fn from(status: &CodeStatus) -> Self {
        Self {
            code: WireCode::from(&status.code),
            title: status.title.clone(),
            billable: status.billable,
            source: Source::new(status.edition.as_str(), &status.locator, status.effective),
        }
    }
}

/// A passage found by a search.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireHit {
    /// The passage.
    #[serde(flatten)]
    pub passage: WirePassage,
    /// Higher is better; comparable within one search only.
    pub score: f32,
}

impl From<&Hit> for WireHit {
    fn from(hit: &Hit) -> Self {
        Self {
            passage: WirePassage::new(None, &hit.passage),
            score: hit.score,
        }
    }
}

/// A loaded edition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireEdition {
    /// Its id.
    pub id: String,
    /// What it is an edition of.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Who published it.
    pub authority: String,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// Last day in force, once a newer edition is loaded.
    pub effective_to: Option<NaiveDate>,
    /// The day on which its publisher replaces it by custom.
    pub replaced_on: Option<NaiveDate>,
    /// Its licence.
    pub licence: String,
    /// Rows or passages.
    pub rows: u64,
    /// The files that it was read from.
    pub files: Vec<WireFile>,
}

/// A file by name and digest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl From<&Edition> for WireEdition {
    fn from(edition: &Edition) -> Self {
        Self {
            id: edition.id.to_string(),
            source: edition.source.clone(),
            title: edition.title.clone(),
            authority: edition.authority.to_string(),
            effective_from: edition.effective.from(),
            effective_to: edition.effective.to(),
            replaced_on: edition.replaced_on,
            licence: edition.licence.as_str().to_owned(),
            rows: edition.rows,
            files: edition
                .files
                .iter()
                .map(|file| WireFile { name: file.name.clone(), sha256: file.sha256.clone() })
                .collect(),
        }
    }
}

fn intent_word(intent: Intent) -> &'static str {
    match intent {
        Intent::Define => "definition",
        Intent::Compare => "comparison",
        Intent::Together => "together",
        Intent::Modifier => "modifier",
        Intent::Rule => "rule",
        Intent::FindCode => "find_code",
        Intent::Status => "status",
        Intent::Unclear => "unclear",
    }
}

const SETTINGS: [(Setting, &str); 4] = [
    (Setting::Practitioner, "practitioner"),
    (Setting::OutpatientHospital, "outpatient_hospital"),
    (Setting::InpatientHospital, "inpatient_hospital"),
    (Setting::Dme, "dme"),
];

fn setting_word(setting: Setting) -> &'static str {
    SETTINGS
        .iter()
        .find(|(known, _)| *known == setting)
        .map_or("other", |(_, word)| word)
}

/// Reads a setting's word; the error lists the words that there are.
pub(crate) fn setting_from(word: &str) -> Result<Setting, String> {
    SETTINGS
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(setting, _)| *setting)
        .ok_or_else(|| {
            let known: Vec<&str> = SETTINGS.iter().map(|(_, word)| *word).collect();
            format!("known settings are {}", known.join(", "))
        })
}
