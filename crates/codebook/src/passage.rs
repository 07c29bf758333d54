//! Passages: the smallest citable units.

use crate::{Authority, Code, EditionId, EffectiveRange};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Identifies a passage by a digest of what it says and where it stands, so that loading twice is harmless
/// and a citation never dangles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageId(Uuid);

impl PassageId {
    /// The id in UUID form (version 8: bits of our own choosing), as Qdrant wants it.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for PassageId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for PassageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PassageId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Where exactly in its document a passage or row stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Line or row, counted from 1.
    Row(u64),
    /// Page, counted from 1.
    Page(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "row {row}"),
            Self::Page(page) => write!(f, "page {page}"),
        }
    }
}

/// Document, section and place: what a reader needs to find the words again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locator {
    /// The document's title or file name.
    pub document: String,
    /// Section by number or heading.
    pub section: Option<String>,
    /// Row or page.
    pub place: Option<Place>,
    /// Public address of the document.
    pub url: Option<String>,
}

/// Which question about its subject a passage answers; the composer orders an answer by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// What it is, in plain language or by its official title.
    Definition,
    /// When it is reported and when not.
    Reporting,
    /// Whether it is an add-on code, and to what.
    AddOn,
    /// What it goes with, and what it is bundled into.
    Pairing,
    /// Which modifiers apply.
    Modifiers,
    /// Global days and what they include.
    GlobalPeriod,
    /// Units of service and their limits.
    Units,
    /// A general rule or convention.
    Rule,
    /// Exceptions to a rule.
    Exception,
    /// What it is commonly confused with.
    Confusion,
    /// One entry of a code set: code and official title.
    Entry,
}

impl Aspect {
    /// Every aspect, in the order in which a definition is told.
    pub const ALL: [Self; 11] = [
        Self::Definition,
        Self::Entry,
        Self::Reporting,
        Self::AddOn,
        Self::Pairing,
        Self::Modifiers,
        Self::GlobalPeriod,
        Self::Units,
        Self::Rule,
        Self::Exception,
        Self::Confusion,
    ];

    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Reporting => "reporting",
            Self::AddOn => "add_on",
            Self::Pairing => "pairing",
            Self::Modifiers => "modifiers",
            Self::GlobalPeriod => "global_period",
            Self::Units => "units",
            Self::Rule => "rule",
            Self::Exception => "exception",
            Self::Confusion => "confusion",
            Self::Entry => "entry",
        }
    }

    /// Reads [`Aspect::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.as_str() == word)
    }
}

/// What a source says, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageDraft {
    /// The edition it was read from.
    pub edition: EditionId,
    /// A short heading, without full stop.
    pub title: String,
    /// The words that may be quoted. Not empty.
    pub text: String,
    /// Which question it answers.
    pub aspect: Aspect,
    /// The codes, modifiers and places of service that it defines or rules on.
    pub about: Vec<Code>,
    /// The others that it names.
    pub mentions: Vec<Code>,
    /// Words that people use for it and that do not stand in the text; searched, never shown.
    pub keywords: Vec<String>,
    /// Whether the code of an [`Aspect::Entry`] may be reported by itself.
    pub billable: Option<bool>,
    /// Whose word it is.
    pub authority: Authority,
    /// Where it stands.
    pub locator: Locator,
    /// When it is in force.
    pub effective: EffectiveRange,
}

/// The smallest citable unit, with its id.
///
/// Invariant: the id is the digest of everything else but the end of the effective range, which moves when
/// a newer edition supersedes this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    id: PassageId,
    draft: PassageDraft,
}

impl Passage {
    /// Gives a draft its id.
    pub fn new(draft: PassageDraft) -> Self {
        Self {
            id: digest(&draft),
            draft,
        }
    }

    /// Its id.
    pub fn id(&self) -> PassageId {
        self.id
    }

    /// Everything it says.
    pub fn into_draft(self) -> PassageDraft {
        self.draft
    }
}

impl std::ops::Deref for Passage {
    type Target = PassageDraft;

    fn deref(&self) -> &PassageDraft {
        &self.draft
    }
}

fn digest(draft: &PassageDraft) -> PassageId {
    let PassageDraft {
        edition,
        title,
        text,
        aspect,
        about,
        mentions,
        keywords,
        billable,
        authority,
        locator,
        effective,
    } = draft;
    let mut hash = FieldHash::default();
    hash.field(edition.as_str());
    hash.field(title);
    hash.field(text);
    hash.field(aspect.as_str());
    hash.list(about.iter().map(Code::label));
    hash.list(mentions.iter().map(Code::label));
    hash.list(keywords.iter().cloned());
    hash.field(&format!("{billable:?}"));
    hash.field(authority.as_str());
    hash.field(&locator.document);
    hash.field(locator.section.as_deref().unwrap_or_default());
    hash.field(
        &locator
            .place
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    hash.field(locator.url.as_deref().unwrap_or_default());
    hash.field(&effective.from().to_string());
    hash.finish()
}

/// Hashes fields with their lengths, so that no two different drafts run into the same bytes.
#[derive(Default)]
struct FieldHash(Sha256);

impl FieldHash {
    fn field(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn list(&mut self, texts: impl ExactSizeIterator<Item = String>) {
        self.0.update((texts.len() as u64).to_le_bytes());
        texts.for_each(|text| self.field(&text));
    }

    fn finish(self) -> PassageId {
        let digest = self.0.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        PassageId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CodeSystem, NaiveDate};

    fn draft() -> PassageDraft {
        PassageDraft {
            edition: EditionId::new("starter"),
            title: "Excludes1".into(),
            text: "An Excludes1 note means not coded here.".into(),
            aspect: Aspect::Rule,
            about: vec![Code::parse(CodeSystem::Icd10Cm, "E11.9").expect("a code")],
            mentions: vec![],
            keywords: vec!["mutually exclusive".into()],
            billable: None,
            authority: Authority::new("CDC"),
            locator: Locator {
                document: "ICD-10-CM Official Guidelines".into(),
                section: Some("I.A.12.a".into()),
                place: Some(Place::Page(11)),
                url: None,
            },
            effective: EffectiveRange::since(NaiveDate::from_ymd_opt(2015, 10, 1).expect("a day")),
        }
    }

    #[test]
    fn the_same_words_have_the_same_id_and_other_words_another() {
        let passage = Passage::new(draft());
        assert_eq!(passage.id(), Passage::new(draft()).id());
        let moved = PassageDraft {
            // Fields that run together must not collide.
            title: "Excludes1An".into(),
            text: " Excludes1 note means not coded here.".into(),
            ..draft()
        };
        assert_ne!(passage.id(), Passage::new(moved).id());
    }

    #[test]
    fn superseding_keeps_the_id() {
        let ended = PassageDraft {
            effective: EffectiveRange::new(draft().effective.from(), NaiveDate::from_ymd_opt(2026, 9, 30))
                .expect("a range"),
            ..draft()
        };
        assert_eq!(Passage::new(draft()).id(), Passage::new(ended).id());
    }
}
