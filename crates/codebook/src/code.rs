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
    /// ICD-9-CM diagnoses (volumes 1 and 2), replaced on 1 October 2015; crosswalks lead from them.
    Icd9Cm,
    /// ICD-9-CM procedures (volume 3), replaced on the same day.
    Icd9Pcs,
    /// Hierarchical condition categories of Medicare's risk adjustment, such as `V28-37`: model, then category.
    Hcc,
    /// Payment localities of the physician fee schedule, such as `13202-01`: contractor, then locality.
    Locality,
    /// Five-digit ZIP codes, which lead to a payment locality.
    Zip,
}

impl CodeSystem {
    /// Every system, in the order in which candidates are listed.
    pub const ALL: [Self; 11] = [
        Self::Cpt,
        Self::Hcpcs,
        Self::Icd10Cm,
        Self::Icd10Pcs,
        Self::Modifier,
        Self::PlaceOfService,
        Self::Icd9Cm,
        Self::Icd9Pcs,
        Self::Hcc,
        Self::Locality,
        Self::Zip,
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
            Self::Icd9Cm => "ICD-9-CM",
            Self::Icd9Pcs => "ICD-9-PCS",
            Self::Hcc => "HCC",
            Self::Locality => "Locality",
            Self::Zip => "ZIP",
        }
    }

    /// The system's canonical URL in FHIR, where one is published.
    pub fn canonical_url(self) -> Option<&'static str> {
        match self {
            Self::Cpt => Some("http://www.ama-assn.org/go/cpt"),
            Self::Hcpcs => Some("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
            Self::Icd10Cm => Some("http://hl7.org/fhir/sid/icd-10-cm"),
            Self::Icd10Pcs => Some("http://www.cms.gov/Medicare/Coding/ICD10"),
            Self::Icd9Cm => Some("http://hl7.org/fhir/sid/icd-9-cm"),
            Self::Modifier
            | Self::PlaceOfService
            | Self::Icd9Pcs
            | Self::Hcc
            | Self::Locality
            | Self::Zip => None,
        }
    }

    /// After how many characters of `bare` the official spelling has its dot, where there is more to follow.
    fn dot_after(self, bare: &[u8]) -> Option<usize> {
        match self {
            Self::Icd10Cm => Some(3),
            Self::Icd9Cm if bare.first() == Some(&b'E') => Some(4),
            Self::Icd9Cm => Some(3),
            Self::Icd9Pcs => Some(2),
            _ => None,
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
            Self::Icd9Cm => is_icd9cm(text),
            Self::Icd9Pcs => (2..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_digit),
            Self::Hcc => is_hcc(text),
            Self::Locality => is_locality(text),
            Self::Zip => text.len() == 5 && text.iter().all(u8::is_ascii_digit),
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
/// Invariant: the text has the shape of its system, in upper case, an ICD code with its dot.
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
    #[error(
        "{0:?} names no code system; known are CPT, HCPCS, ICD-10-CM, ICD-10-PCS, Modifier, POS, ICD-9-CM, ICD-9-PCS, HCC, Locality and ZIP"
    )]
    UnknownSystem(String),
}

impl Code {
    /// Parses `text` as a code of `system`. Case and the missing dot of an ICD code are forgiven.
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
        let dot = system.dot_after(bare.as_bytes());
        if let Some(dot) = dot
            && bare.as_bytes().get(dot) == Some(&b'.')
        {
            bare.remove(dot);
            // A dot promises at least one more character: "E11." is a slip, not the category E11.
            if bare.len() == dot {
                return Err(refused());
            }
        }
        if !system.has_shape(bare.as_bytes()) {
            return Err(refused());
        }
        if let Some(dot) = dot.filter(|dot| bare.len() > *dot) {
            bare.insert(dot, '.');
        }
        Ok(Self { system, text: bare })
    }

    /// Every code that `text` could be by its shape. What is only a few figures is left out: modifiers, places of
    /// service, and ICD-9-CM codes without their dot.
    ///
    /// `E1165` has the shape of a HCPCS code and of an ICD-10-CM code: shape proposes, the tables decide.
    pub fn candidates(text: &str) -> Vec<Self> {
        let is_dotted_figure = text.contains('.') && text.trim().starts_with(|c: char| c.is_ascii_digit());
        let systems = [
            CodeSystem::Cpt,
            CodeSystem::Hcpcs,
            CodeSystem::Icd10Cm,
            CodeSystem::Icd10Pcs,
        ];
        let replaced = [CodeSystem::Icd9Cm, CodeSystem::Icd9Pcs];
        systems
            .into_iter()
            .chain(replaced.into_iter().filter(|_| is_dotted_figure))
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
        // COVID-19 vaccine administration codes ended with A, from 0001A on; `2000A` is a loop of a claim file.
        && (last.is_ascii_digit() || matches!(last, b'F' | b'T' | b'U' | b'M') || (*last == b'A' && text[0] == b'0'))
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

/// A few codes have no digit (`GZHZZZZ`, `DHYBFZZ`); all of them end in `ZZ`, which no plain word does.
fn is_icd10pcs(text: &[u8]) -> bool {
    text.len() == 7
        && text
            .iter()
            .all(|c| c.is_ascii_alphanumeric() && !matches!(c, b'I' | b'O'))
        && (text.iter().any(u8::is_ascii_digit) || text.ends_with(b"ZZ"))
}

fn is_icd9cm(text: &[u8]) -> bool {
    let (lengths, digits) = match text {
        [b'V', digits @ ..] => (2..=4, digits),
        [b'E', digits @ ..] => (3..=4, digits),
        digits => (3..=5, digits),
    };
    lengths.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// A model's name in letters, figures and dashes, a dash, and the category's number.
fn is_hcc(text: &[u8]) -> bool {
    let Some(dash) = text.iter().rposition(|c| *c == b'-') else {
        return false;
    };
    let (model, category) = (&text[..dash], &text[dash + 1..]);
    (2..=20).contains(&model.len())
        && model.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
        && (1..=4).contains(&category.len())
        && category.iter().all(u8::is_ascii_digit)
}

fn is_locality(text: &[u8]) -> bool {
    text.len() == 8
        && text.iter().enumerate().all(|(place, c)| {
            if place == 5 {
                *c == b'-'
            } else {
                c.is_ascii_digit()
            }
        })
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
        check("0001A", &["CPT 0001A"]);
        check("2000A", &[]);
        check("E1165", &["HCPCS E1165", "ICD-10-CM E11.65"]);
        check("e11.9", &["ICD-10-CM E11.9"]);
        check("e119", &["ICD-10-CM E11.9"]);
        check("QA1", &["ICD-10-CM QA1"]);
        check("0DTJ4ZZ", &["ICD-10-PCS 0DTJ4ZZ"]);
        check("GZHZZZZ", &["ICD-10-PCS GZHZZZZ"]);
        check("BETTERS", &[]);
        check("S52521A", &["ICD-10-CM S52.521A", "ICD-10-PCS S52521A"]);
        check("W0001", &["ICD-10-CM W00.01"]);
        check("hello", &[]);
        check("E11.", &[]);
        check("3890", &[]);
        check("３８９００", &[]);
        check("250.00", &["ICD-9-CM 250.00"]);
        check("40.23", &["ICD-9-PCS 40.23"]);
        check("25000", &["CPT 25000"]);
    }

    #[test]
    fn codes_that_are_no_longer_reported_and_keys_of_tables_have_shapes_too() {
        for label in [
            "ICD-9-CM 250.00",
            "ICD-9-CM V10.3",
            "ICD-9-CM E812.0",
            "ICD-9-PCS 40.23",
            "HCC V28-37",
            "HCC RX-V08-30",
            "Locality 13202-01",
            "ZIP 10001",
        ] {
            assert_eq!(
                label.parse::<Code>().map(|code| code.label()).as_deref(),
                Ok(label)
            );
        }
        for label in [
            "ICD-9-CM 25",
            "ICD-9-CM E12",
            "HCC 37",
            "HCC V28-",
            "Locality 1320201",
            "ZIP 1000",
        ] {
            assert!(label.parse::<Code>().is_err(), "{label}");
        }
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
