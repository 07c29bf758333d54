//! Words that must not reach a log.

use std::fmt;

/// Words typed about a patient. `Debug` prints their length only, and there is no `Display`, so that no
/// log line and no error can carry them by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct ClinicalText(String);

impl ClinicalText {
    /// Takes charge of `words`.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The words themselves, for searching and prompting; never for logging.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClinicalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClinicalText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_the_length_and_nothing_else() {
        let words = ClinicalText::new("Jane Roe, 44");
        assert_eq!(format!("{words:?}"), "ClinicalText(12 bytes)");
    }
}
