//! Places in documents, versions, years and quarters. They are kept apart from numbers, so that "chapter 12"
//! does not vouch for 12 units.

use super::{Claims, Number, blank, regex};
use regex::Regex;
use std::sync::LazyLock;

static SYSTEM: LazyLock<Regex> = regex!(r"(?i)\bICD[\s-]?10(?:[\s-]?(?:CM|PCS))?\b");
static PLACE: LazyLock<Regex> = regex!(
    r"(?i)\b(chapter|section|page|row|figure|appendix|part|table)s?\s+((?:[0-9]+[A-Z]?|[IVX]+)(?:\.[0-9A-Z]+)*)\b((?:\s*(?:,|\band\b|\bor\b|,\s*and\b)\s*[0-9A-Z]+(?:\.[0-9A-Z]+)+\b)*)"
);
static DOTTED: LazyLock<Regex> = regex!(r"[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)+");
static VERSION: LazyLock<Regex> = regex!(r"\b(?:(?i:version)\s+v?|v)(\d+(?:\.\d+)*)\b");
static YEAR: LazyLock<Regex> = regex!(r"\b(?i:(fy|cy|fiscal year|calendar year))\s?(?:'|(20))?(\d\d)\b");
static QUARTER: LazyLock<Regex> = regex!(
    r"\b(?:(20\d\d)[\s-]?)?(?:[Qq]([1-4])|(?i:(first|second|third|fourth|1st|2nd|3rd|4th)\s+(?:calendar\s+)?quarter))\b"
);

impl Claims {
    pub(super) fn take_references(&mut self, text: &str) -> String {
        // The 10 of "ICD-10-CM" counts nothing.
        let rest = blank(&SYSTEM, text, |_| true);
        let rest = blank(&YEAR, &rest, |found| {
            let kind = if found[1].to_ascii_lowercase().starts_with('f') {
                "fy"
            } else {
                "cy"
            };
            let year = format!("20{}", &found[3]);
            self.references.insert(format!("{kind}{year}"));
            self.add_year(year);
            true
        });
        let rest = blank(&QUARTER, &rest, |found| {
            let quarter = match (found.get(2), found.get(3)) {
                (Some(digit), _) => digit.as_str().to_owned(),
                (None, Some(word)) => quarter_of(word.as_str()).to_owned(),
                (None, None) => return false,
            };
            self.references.insert(format!("quarter {quarter}"));
            if let Some(year) = found.get(1) {
                self.add_year(year.as_str().to_owned());
            }
            true
        });
        let rest = blank(&VERSION, &rest, |found| {
            self.references.insert(format!("version {}", &found[1]));
            true
        });
        blank(&PLACE, &rest, |found| {
            let kind = found[1].to_ascii_lowercase();
            let place = found[2].to_ascii_uppercase();
            // "part I", "table V" are places, "part IV fluids" is not; a bare roman numeral needs its dots.
            let is_place = place.bytes().any(|c| c.is_ascii_digit() || c == b'.');
            if is_place {
                let more = DOTTED
                    .find_iter(&found[3])
                    .map(|more| more.as_str().to_ascii_uppercase());
                self.references.extend(
                    std::iter::once(place)
                        .chain(more)
                        .map(|place| format!("{kind} {place}")),
                );
            }
            is_place
        })
    }

    fn add_year(&mut self, value: String) {
        self.numbers.insert(Number { value, unit: None });
    }
}

fn quarter_of(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "first" | "1st" => "1",
        "second" | "2nd" => "2",
        "third" | "3rd" => "3",
        _ => "4",
    }
}
