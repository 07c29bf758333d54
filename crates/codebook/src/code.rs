//! Codes as their official releases spell them, and the shapes that tell their systems apart.

use std::fmt;
use std::str::FromStr;

/// The code systems that Codecite knows the shape of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CodeSystem {
    /// Current Procedural Terminology, copyright American Medical Association.
    Cpt,
    /// HCPCS Level II, published by CMS (the D codes by the ADA).
    Hcpcs,
    /// ICD-10-CM diagnoses, published by CDC/NCHS and CMS.
    Icd10Cm,
    /// ICD-10-PCS inpatient procedures, published by CMS.
    Icd10Pcs,
    /// Two-character CPT and HCPCS modifiers.
    Modifier,
    /// Place of service codes, published by CMS.
    PlaceOfService,
}

impl CodeSystem {
    /// Every system, in the order in which candidates are listed.
    pub const ALL: [Self; 6] = [
        Self::Cpt,
        Self::Hcpcs,
        Self::Icd10Cm,
        Self::Icd10Pcs,
        Self::Modifier,
        Self::PlaceOfService,
    ];

    /// The name that coders use, such as `ICD-10-CM`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cpt => "CPT",
            Self::Hcpcs => "HCPCS",
            Self::Icd10Cm => "ICD-10-CM",
            Self::Icd10Pcs => "ICD-10-PCS",
            Self::Modifier => "Modifier",
            Self::PlaceOfService => "POS",
        }
    }

    /// The system's canonical URL in FHIR, where one is published.
    pub fn canonical_url(self) -> Option<&'static str> {
        match self {
            Self::Cpt => Some("http://www.ama-assn.org/go/cpt"),
            Self::Hcpcs => Some("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
            Self::Icd10Cm => Some("http://hl7.org/fhir/sid/icd-10-cm"),
            Self::Icd10Pcs => Some("http://www.cms.gov/Medicare/Coding/ICD10"),
            Self::Modifier | Self::PlaceOfService => None,
        }
    }

    fn has_shape(self, text: &[u8]) -> bool {
        match self {
            Self::Cpt => is_cpt(text),
            Self::Hcpcs => is_hcpcs(text),
            Self::Icd10Cm => is_icd10cm(text),
            Self::Icd10Pcs => is_icd10pcs(text),
            Self::Modifier => is_modifier(text),
            Self::PlaceOfService => text.len() == 2 && text.iter().all(u8::is_ascii_digit),
        }
    }
}

impl fmt::Display for CodeSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for CodeSystem {
    type Err = CodeShapeError;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|system| system.label().eq_ignore_ascii_case(label))
            .ok_or_else(|| CodeShapeError::UnknownSystem(label.to_owned()))
    }
}

/// A code as its official release spells it, such as `E11.9`.
///
/// Invariant: the text has the shape of its system, in upper case, an ICD-10-CM code with its dot.
/// The code may still be unknown, retired or too general to bill: that is asked of the tables, on a date.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    system: CodeSystem,
    text: String,
}

/// Why a text is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeShapeError {
    /// The text has not the shape of codes of that system.
    #[error("{text:?} does not have the shape of a {system} code")]
    Shape {
        /// The system that was asked for.
        system: CodeSystem,
        /// What was given.
        text: String,
    },
    /// The label names none of the systems.
    #[error("{0:?} names no code system; known are CPT, HCPCS, ICD-10-CM, ICD-10-PCS, Modifier and POS")]
    UnknownSystem(String),
}

impl Code {
    /// Parses `text` as a code of `system`. Case and a missing ICD-10-CM dot are forgiven.
    pub fn parse(system: CodeSystem, text: &str) -> Result<Self, CodeShapeError> {
        let refused = || CodeShapeError::Shape {
            system,
            text: text.chars().take(40).collect(),
        };
        let trimmed = text.trim();
        if !trimmed.is_ascii() {
            return Err(refused());
        }
        let mut bare = trimmed.to_ascii_uppercase();
        if system == CodeSystem::Icd10Cm && bare.as_bytes().get(3) == Some(&b'.') {
            bare.remove(3);
            // A dot promises at least one more character: "E11." is a slip, not the category E11.
            if bare.len() == 3 {
                return Err(refused());
            }
        }
        if !system.has_shape(bare.as_bytes()) {
            return Err(refused());
        }
        if system == CodeSystem::Icd10Cm && bare.len() > 3 {
            bare.insert(3, '.');
        }
        Ok(Self { system, text: bare })
    }

    /// Every code that `text` could be by its shape, modifiers and places of service left out.
    ///
    /// `E1165` has the shape of a HCPCS code and of an ICD-10-CM code: shape proposes, the tables decide.
    pub fn candidates(text: &str) -> Vec<Self> {
        [
            CodeSystem::Cpt,
            CodeSystem::Hcpcs,
            CodeSystem::Icd10Cm,
            CodeSystem::Icd10Pcs,
        ]
        .into_iter()
        .filter_map(|system| Self::parse(system, text).ok())
        .collect()
    }

    /// The system this code belongs to.
    pub fn system(&self) -> CodeSystem {
        self.system
    }

    /// The official spelling, such as `E11.9`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The spelling without the dot, as claim forms and order files carry it.
    pub fn undotted(&self) -> String {
        self.text.replace('.', "")
    }

    /// System and spelling, such as `ICD-10-CM E11.9`; [`Code::from_str`] reads it back.
    pub fn label(&self) -> String {
        format!("{} {}", self.system, self.text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Code {
    type Err = CodeShapeError;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        let (system, text) = label
            .trim()
            .split_once(' ')
            .ok_or_else(|| CodeShapeError::UnknownSystem(label.to_owned()))?;
        Self::parse(system.parse()?, text)
    }
}

fn is_cpt(text: &[u8]) -> bool {
    let [first_four @ .., last] = text else {
        return false;
    };
    first_four.len() == 4
        && first_four.iter().all(u8::is_ascii_digit)
        && (last.is_ascii_digit() || matches!(last, b'F' | b'T' | b'U' | b'M'))
}

fn is_hcpcs(text: &[u8]) -> bool {
    text.len() == 5 && matches!(text[0], b'A'..=b'V') && text[1..].iter().all(u8::is_ascii_digit)
}

/// From FY2027 the second and third place may hold a letter (`QA1`, `K6A`, `J4B`), so only the first
/// place and the length tell; one digit is asked for in the category so that plain words do not pass.
fn is_icd10cm(text: &[u8]) -> bool {
    (3..=7).contains(&text.len())
        && text[0].is_ascii_uppercase()
        && text[1..3].iter().any(u8::is_ascii_digit)
        && text.iter().all(u8::is_ascii_alphanumeric)
}

fn is_icd10pcs(text: &[u8]) -> bool {
    text.len() == 7
        && text
            .iter()
            .all(|c| c.is_ascii_alphanumeric() && !matches!(c, b'I' | b'O'))
        && text.iter().any(u8::is_ascii_digit)
}

fn is_modifier(text: &[u8]) -> bool {
    text.len() == 2 && text.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(written: &str, labels: &[&str]) {
        let found: Vec<String> = Code::candidates(written).iter().map(Code::label).collect();
        assert_eq!(found, labels, "candidates of {written:?}");
    }

    #[test]
    fn shape_proposes_every_system_that_fits() {
        check("38900", &["CPT 38900"]);
        check("0001u", &["CPT 0001U"]);
        check("E1165", &["HCPCS E1165", "ICD-10-CM E11.65"]);
        check("e11.9", &["ICD-10-CM E11.9"]);
        check("e119", &["ICD-10-CM E11.9"]);
        check("QA1", &["ICD-10-CM QA1"]);
        check("0DTJ4ZZ", &["ICD-10-PCS 0DTJ4ZZ"]);
        check("S52521A", &["ICD-10-CM S52.521A", "ICD-10-PCS S52521A"]);
        check("W0001", &["ICD-10-CM W00.01"]);
        check("hello", &[]);
        check("E11.", &[]);
        check("3890", &[]);
        check("３８９００", &[]);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_and_a_code_reads_back(text in "\\PC{0,12}") {
            for code in Code::candidates(&text) {
                prop_assert_eq!(code.label().parse::<Code>(), Ok(code.clone()));
                prop_assert_eq!(Code::parse(code.system(), &code.undotted()), Ok(code));
            }
        }
    }
}
