//! What hangs on a code: modifiers, the mark of a category, units.

use super::super::modifiers;
use super::super::normal::pattern;
use codecite_codebook::Code;
use regex::Regex;
use std::sync::LazyLock;

/// `,59` or `/59` behind `99213-25`, without a blank: further modifiers of one list.
pub(super) fn further_in_list(rest: &str) -> Option<(Code, usize)> {
    static FURTHER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^[,/&+](?P<modifier>\d\d|[A-Z]{2})(?:[^0-9A-Za-z%]|$)"));
    let text = FURTHER.captures(rest)?.name("modifier")?;
    let modifier = modifiers::in_digits(text.as_str()).or_else(|| modifiers::after_a_code(text.as_str()))?;
    Some((modifier, text.end()))
}

/// ` 25` or ` w/ 25` behind a code, unless the two digits count something.
pub(super) fn digits_behind(rest: &str) -> Option<(Code, usize)> {
    static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)^ (?:(?:w/|with) ?-?)?(?P<modifier>\d\d)(?:[^0-9a-z./-]|[.](?:[^0-9]|$)|$)")
    });
    static COUNTS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^\s*-?\s*(?:%|percent|min|minutes?|mins|h|hrs?|hours?|d|days?|w|wks?|weeks?|months?|mos?|y|yrs?|years?|y/?o|units?|times|visits?|sessions?|patients?|claims?|services?|codes?|lesions?|levels?|mg|mcg|ml|cc|cm|mm|kg|lbs?|dollars|usd|pages?|percent|or more|sq)\b",
        )
    });
    let text = DIGITS.captures(rest)?.name("modifier")?;
    let modifier = modifiers::in_digits(text.as_str())?;
    (!COUNTS.is_match(&rest[text.end()..])).then_some((modifier, text.end()))
}

/// The length of a mark that makes a category of a code: `.-`, `-`, `.x`, `.*`; 0 without one.
pub(super) fn category_mark(rest: &str) -> usize {
    static MARK: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?P<mark>\.?-{1,4}|\.?\*|\.[xX]{1,4})(?:[^0-9A-Za-z\s-]|\s[^0-9]|\s?$)"));
    MARK.captures(rest)
        .and_then(|found| found.name("mark"))
        .map_or(0, |mark| mark.len())
}

/// `J1885x2` → `J1885`.
pub(super) fn without_units(run: &str) -> &str {
    static UNITS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?P<code>[0-9A-Za-z]\d{3}[0-9FTUMftum])[xX]\d{1,3}$"));
    UNITS
        .captures(run)
        .and_then(|found| found.name("code"))
        .map_or(run, |code| code.as_str())
}
