//! Which tables a question asks for, by its words. The usual rows of a code need no word.

use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::sync::LazyLock;

/// What a question asks of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// All edits of a code, or of a pair.
    pub edits: bool,
    /// What Medicare pays.
    pub fee: bool,
    /// Every value of the fee schedule.
    pub rvus: bool,
    /// Notes of the Tabular List.
    pub notes: bool,
    /// The characters that complete a diagnosis.
    pub seventh_characters: bool,
    /// Codes of another code set or another time.
    pub crosswalk: bool,
    /// Risk adjustment.
    pub risk: bool,
    /// National and local coverage.
    pub coverage: bool,
    /// What changed between two releases.
    pub changes: bool,
    /// Whether a code is in force, and can be billed as it stands.
    pub status: bool,
    /// Age, sex and other edits of diagnoses.
    pub code_edits: bool,
    /// How many units may be billed.
    pub units: bool,
    /// Add-on codes and their primaries.
    pub add_on: bool,
    /// Betos and its successor.
    pub classification: bool,
    /// Which of [`MODELS`] are named.
    pub models: [bool; MODELS.len()],
}

/// Models of risk adjustment as people name them, and as the categories are keyed.
const MODELS: [(&str, &str); 5] = [
    ("v28", "V28"),
    ("v24", "V24"),
    ("v22", "V22"),
    ("v08", "RX-V08"),
    ("v05", "RX-V05"),
];

impl Asked {
    /// Reads the words of a question.
    pub fn of(words: &str) -> Self {
        let words = words.to_lowercase();
        let any = |known: &[&str]| known.iter().any(|known| has_word_beginning(&words, known));
        Self {
            edits: any(&["ncci", "ptp", "edit", "bundl", "unbundl", "column", "pair"]),
            fee: any(&[
                "fee",
                "fees",
                "pay",
                "pays",
                "paid",
                "payment",
                "price",
                "cost",
                "allowed",
                "allowable",
                "allowance",
                "reimburs",
                "how much",
                "rate",
            ]),
            rvus: any(&[
                "rvu",
                "relative value",
                "indicator",
                "fee schedule",
                "mpfs",
                "bilateral",
                "assistant",
                "co-surgeon",
                "cosurgeon",
                "team surg",
                "multiple procedure",
                "endoscopic base",
                "endo base",
                "supervision",
            ]),
            notes: any(&[
                "exclude",
                "includes",
                "inclusion",
                "code first",
                "use additional",
                "code also",
                "note",
                "together",
                "sequenc",
                "with",
            ]),
            seventh_characters: any(&["seventh", "7th", "character", "encounter", "extension"]),
            crosswalk: any(&[
                "icd-9",
                "icd9",
                "icd 9",
                "crosswalk",
                "gem",
                "gems",
                "map",
                "convert",
                "equivalent",
                "translat",
            ]),
            risk: any(&["hcc", "rxhcc", "risk", "raf"]),
            coverage: any(&["cover", "ncd", "lcd", "medical necess", "medically necess"]),
            changes: any(&[
                "chang", "new", "delet", "added", "retir", "revis", "replac", "still", "differ",
            ]),
            status: any(&[
                "billable",
                "valid",
                "invalid",
                "in force",
                "in effect",
                "active",
                "expired",
            ]),
            code_edits: any(&[
                "age",
                "sex",
                "gender",
                "male",
                "female",
                "newborn",
                "mce",
                "manifest",
                "principal",
                "primary",
                "first-listed",
                "first listed",
                "edit",
            ]),
            units: any(&[
                "mue",
                "unit",
                "units",
                "how many",
                "times a day",
                "per day",
                "max",
                "maximum",
            ]),
            add_on: any(&["add-on", "addon", "add on", "primary code", "primary codes"]),
            classification: any(&["betos", "rbcs", "classif", "type of service"]),
            models: MODELS.map(|(word, _)| any(&[word])),
        }
    }

    /// The models of risk adjustment that are named, such as `V28`.
    pub fn models(&self) -> Vec<&'static str> {
        let named = MODELS.iter().zip(self.models).filter(|(_, is_named)| *is_named);
        named.map(|((_, model), _)| *model).collect()
    }

    /// The models that are named, or else the one in use.
    pub fn models_or_newest(&self) -> Vec<&'static str> {
        match self.models() {
            named if named.is_empty() => vec![MODELS[0].1],
            named => named,
        }
    }
}

/// The categories of risk adjustment that a question names, such as `HCC 36`; of the newest model where none is named.
pub(super) fn categories(words: &str, models: &[&str]) -> Vec<Code> {
    static CATEGORY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\bhcc\s*(\d{1,3})\b").expect("the pattern is a constant, and tested")
    });
    let of_models = CATEGORY.captures_iter(words).flat_map(|found| {
        let number = found[1].to_owned();
        models
            .iter()
            .filter_map(move |model| Code::parse(CodeSystem::Hcc, &format!("{model}-{number}")).ok())
    });
    of_models.collect()
}

/// Whether a word of `text` begins with `beginning`; short ones must be the whole word.
fn has_word_beginning(text: &str, beginning: &str) -> bool {
    text.match_indices(beginning).any(|(place, _)| {
        let begins = !text[..place].ends_with(|c: char| c.is_alphanumeric());
        let ends = !text[place + beginning.len()..].starts_with(|c: char| c.is_alphanumeric());
        begins && (ends || beginning.len() > 4 || matches!(beginning, "edit" | "pair"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ask_for_tables_and_parts_of_words_do_not() {
        assert!(Asked::of("which NCCI edits bundle").edits);
        assert!(Asked::of("the fee in").fee);
        assert!(!Asked::of("feeding tube").fee);
        assert!(!Asked::of("image of repair").code_edits);
        assert!(Asked::of("ICD-10-CM for ICD-9").crosswalk);
        assert!(Asked::of("what changed for").changes);
        assert!(Asked::of("is it billable on").status && !Asked::of("a radioactive tracer").status);
        assert_eq!(Asked::of(""), Asked::default());
        assert_eq!(Asked::of("HCC v24 vs v28").models(), ["V28", "V24"]);
        assert_eq!(Asked::of("which HCC").models_or_newest(), ["V28"]);
        let named = categories("does HCC 36 trump HCC38", &["V24"]);
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        assert_eq!(named, ["V24-36", "V24-38"]);
    }
}
