//! Codes, passages and exact rows, with where they stand.

use codecite_answering::says;
use codecite_codebook::{Code, CodeStatus, EffectiveRange, Fact, Locator, NaiveDate, Passage};
use codecite_retrieval::{Evidence, Hit};
use serde::Serialize;
use utoipa::ToSchema;

/// A code with its system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WireCode {
    /// `CPT`, `HCPCS`, `ICD-10-CM`, `ICD-10-PCS`, `Modifier`, `POS`, `ICD-9-CM`, `ICD-9-PCS`, `HCC`, `Locality` or `ZIP`.
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
        let Source {
            document,
            section,
            place,
            url,
            ..
        } = Source::new(passage.edition.as_str(), &passage.locator, passage.effective);
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
    /// Other codes that it is about too: the partner in a pair, the target of a crosswalk.
    pub also: Vec<WireCode>,
    /// What the row says, in a sentence rendered from its values; absent where it is read as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
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
        Self {
            kind: fact.kind.as_str().to_owned(),
            title: format!("{}: {}", fact.code.label(), fact.kind.caption()),
            code: WireCode::from(&fact.code),
            also: fact.also.iter().map(WireCode::from).collect(),
            says: says(fact),
            rows: fact
                .rows
                .iter()
                .map(|row| WireRow {
                    label: row.label.clone(),
                    value: row.value.clone(),
                })
                .collect(),
            source: Source::new(fact.edition.as_str(), &fact.locator, fact.effective),
        }
    }
}

pub(super) fn wire_evidence(evidence: &Evidence) -> Vec<WirePassage> {
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
