//! The models of risk adjustment, and the categories that each of them has.

use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::sync::LazyLock;

/// One model, as it stands before the number of a category: `V28`, `ESRD-V24`, `RX-V08`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    key: String,
}

impl Model {
    /// The model that a text names: `CMS-HCC Model V28`, `CMS-HCC ESRD Model V24`, `RxHCC Model V08`.
    pub fn named(text: &str) -> Option<Self> {
        static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[VR](\d\d)\b").ok());
        let text = text.to_ascii_uppercase();
        let version = VERSION.as_ref()?.captures(&text)?.get(1)?.as_str().to_owned();
        let family = if text.contains("RXHCC") || text.contains("RX HCC") {
            "RX-"
        } else if text.contains("ESRD") {
            "ESRD-"
        } else if text.contains("HCC") {
            ""
        } else {
            return None;
        };
        Some(Self {
            key: format!("{family}V{version}"),
        })
    }

    /// The model of a family (`CMS-HCC`, `ESRD`, `RxHCC`) and version (`V28`, of the prescription drug models `R08`).
    pub fn of(family: &str, version: &str) -> Result<Self, String> {
        Self::named(&format!("{family} HCC Model {version}"))
            .ok_or_else(|| format!("{family:?} {version:?} names no model of risk adjustment"))
    }

    /// The category of that number.
    pub fn category(&self, number: &str) -> Result<Code, String> {
        let refused = || format!("{number:?} is no number of a category from 1 to 999");
        let is_number = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
        match number.parse::<u16>() {
            Ok(1..=999) if is_number => {
                Code::parse(CodeSystem::Hcc, &format!("{}-{number}", self.key)).map_err(|_| refused())
            }
            _ => Err(refused()),
        }
    }

    /// As it is shown.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_their_names() {
        for (name, key) in [
            ("CMS-HCC Model V28", "V28"),
            ("CMS-HCC ESRD Model V24", "ESRD-V24"),
            ("RxHCC Model V08", "RX-V08"),
            ("cms-hcc esrd model category v21", "ESRD-V21"),
        ] {
            assert_eq!(
                Model::named(name).map(|model| model.key).as_deref(),
                Some(key),
                "{name}"
            );
        }
        assert_eq!(
            Model::of("RxHCC", "R05").map(|model| model.key),
            Ok("RX-V05".to_owned())
        );
        assert_eq!(
            Model::of("ESRD", "V24").map(|model| model.key),
            Ok("ESRD-V24".to_owned())
        );
        let model = Model::of("CMS-HCC", "V28").expect("a model");
        assert!(model.category("37").is_ok());
        for number in ["", "0", "1000", "-5", "+5", "37.1", "x"] {
            assert!(model.category(number).is_err(), "{number}");
        }
        for name in ["", "Model V28", "CMS-HCC Model", "HCC V2"] {
            assert_eq!(Model::named(name), None, "{name}");
        }
    }
}
