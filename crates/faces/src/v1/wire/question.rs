//! What is asked, and how it was understood.

use super::sources::WireCode;
use codecite_codebook::NaiveDate;
use codecite_retrieval::{Intent, Setting, Understanding};
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
    pub(super) fn new(understanding: &Understanding, date_of_service: NaiveDate, date_given: bool) -> Self {
        let codes = understanding
            .mentions
            .iter()
            .flat_map(|mention| &mention.candidates);
        Self {
            date_of_service,
            date_given,
            codes: codes.map(WireCode::from).collect(),
            modifiers: understanding.modifiers.iter().map(ToString::to_string).collect(),
            setting: understanding
                .setting
                .map(|setting| setting_word(setting).to_owned()),
            intent: intent_word(understanding.intent).to_owned(),
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
