//! ZIP codes and payment localities: where a service is paid. Five digits are one only where they are called so.

use super::normal::pattern;
use super::scan::Scan;
use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::sync::LazyLock;

/// Reads and takes out what is called a ZIP code or a locality.
pub(super) fn find(scan: &mut Scan) -> Vec<Code> {
    static ZIP: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:in |for |at )?(?:zip|postal)(?:\s?-?codes?)?(?:\s+(?:is|of|in))?\s*[:#]?\s*(?P<code>\d{5})(?:-\d{4})?\b",
        )
    });
    static LOCALITY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:in |for |at )?(?:mac\s*|carrier\s*|contractor\s*|locality\s*)(?P<carrier>\d{5})\s*[-,/]?\s*(?:locality\s*)?(?P<locality>\d{2})\b",
        )
    });
    static LOCALITY_OF: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:in |for |at )?locality\s*(?P<locality>\d{2})\s*(?:,|of|in|under|/)?\s*(?:the\s+)?(?:mac|carrier|contractor)\s*(?P<carrier>\d{5})\b",
        )
    });
    let mut found = Vec::new();
    for captures in ZIP.captures_iter(&scan.open) {
        let code = captures
            .name("code")
            .and_then(|code| Code::parse(CodeSystem::Zip, code.as_str()).ok());
        found.extend(code.zip(captures.get(0).map(|whole| whole.range())));
    }
    let localities = LOCALITY.captures_iter(&scan.open);
    for captures in localities.chain(LOCALITY_OF.captures_iter(&scan.open)) {
        let part = |name| captures.name(name).map_or("", |part| part.as_str());
        let text = format!("{}-{}", part("carrier"), part("locality"));
        let code = Code::parse(CodeSystem::Locality, &text).ok();
        found.extend(code.zip(captures.get(0).map(|whole| whole.range())));
    }
    found.sort_by_key(|(_, span)| span.start);
    for (_, span) in &found {
        scan.take(span.clone());
    }
    found.into_iter().map(|(code, _)| code).collect()
}

#[cfg(test)]
mod tests {
    use super::super::normal::normalise;
    use super::*;

    #[test]
    fn five_digits_are_a_place_only_where_they_are_called_one() {
        for (question, places) in [
            ("fee of 99213 in ZIP 10001 non-facility", &["ZIP 10001"][..]),
            ("what does 99213 pay in zip code 60601-1234", &["ZIP 60601"]),
            ("99213 in MAC 13202 locality 01", &["Locality 13202-01"]),
            ("locality 13202-01", &["Locality 13202-01"]),
            ("locality 01 of carrier 13202", &["Locality 13202-01"]),
            ("can 10001 be billed with 99213", &[]),
            ("locality 01", &[]),
        ] {
            let mut scan = Scan::new(normalise(question));
            let found: Vec<String> = find(&mut scan).iter().map(Code::label).collect();
            assert_eq!(found, places, "{question}");
        }
    }
}
