//! Times of a case, as in "a 25-minute visit": the asker's, and no number of a rule.

use super::{Claims, Number, Unit, blank, regex};
use regex::Regex;
use std::sync::LazyLock;

static SITUATION: LazyLock<Regex> = regex!(
    r"(?i)\b(?:a|an|the|your|this|that)\s+(\d{1,3})[\s-](minute|hour)[\s-](?:\p{L}+\s+)?(?:visit|encounter|appointment|session|call|stay|discussion)\b"
);

impl Claims {
    pub(super) fn take_situations(&mut self, text: &str) -> String {
        blank(&SITUATION, text, |found| {
            let unit = match found[2].to_ascii_lowercase().as_str() {
                "hour" => Unit::Hour,
                _ => Unit::Minute,
            };
            self.situations.insert(Number {
                value: found[1].trim_start_matches('0').to_owned(),
                unit: Some(unit),
            });
            true
        })
    }
}
