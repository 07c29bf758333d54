//! Codes of ICD-9-CM, which ICD-10 replaced: figures that only the words around them tell from numbers.

use super::mentions::{Mention, Placed};
use super::normal::pattern;
use super::scan::Scan;
use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use std::sync::LazyLock;

/// Reads and takes out ICD-9-CM codes: what is called one, and in a question about ICD-9 or a crosswalk also
/// figures with their dot.
pub(super) fn find(scan: &mut Scan) -> Vec<Placed> {
    static CALLED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\bicd[- ]?9(?:[- ]?cm)?(?:\s+(?:codes?|diagnos[ei]s|dx|procedures?|px))*\s*[:#]?\s*(?P<code>[ve]?\d{2,5}(?:\.\d{1,2})?)\b",
        )
    });
    static DOTTED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)\b(?P<code>\d{2,3}\.\d{1,2}|v\d{2}\.\d{1,2}|e\d{3}\.\d)\b"));
    static ABOUT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)\bicd[- ]?9\b|\bicd-?9|\bcrosswalk|\bgems?\b|\bgeneral equivalence"));
    // "ICD-10 for 250.00" and a figure alone ask for what replaced it.
    static SOUGHT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:\bicd[- ]?10(?:[- ]?cm)?\s+(?:codes?\s+)?(?:for|of|from)\s+(?:code\s+)?|^\s*)(?P<code>\d{3}\.\d{1,2})\s*(?:\?|\.|,|$)",
        )
    });
    let is_about = ABOUT.is_match(&scan.text);
    let mut placed = read(scan, &CALLED);
    placed.extend(read(scan, &SOUGHT));
    if is_about {
        placed.extend(read(scan, &DOTTED));
    }
    placed
}

fn read(scan: &mut Scan, form: &Regex) -> Vec<Placed> {
    let open = scan.open.clone();
    let mut placed = Vec::new();
    for captures in form.captures_iter(&open) {
        let (Some(whole), Some(written)) = (captures.get(0), captures.name("code")) else {
            continue;
        };
        let candidates: Vec<Code> = [CodeSystem::Icd9Cm, CodeSystem::Icd9Pcs]
            .into_iter()
            .filter(|system| *system == CodeSystem::Icd9Cm || written.as_str().contains('.'))
            .filter_map(|system| Code::parse(system, written.as_str()).ok())
            // What has its dot says where it stands: 250.00 is a diagnosis, 40.23 a procedure.
            .filter(|code| {
                !written.as_str().contains('.') || code.text().eq_ignore_ascii_case(written.as_str())
            })
            .collect();
        if candidates.is_empty() {
            continue;
        }
        scan.take(written.range());
        placed.push(Placed {
            mention: Mention {
                written: written.as_str().to_owned(),
                candidates,
                range_end: None,
                modifiers: Vec::new(),
            },
            span: whole.range(),
        });
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::super::normal::normalise;
    use super::*;

    #[test]
    fn figures_are_an_old_code_only_where_the_words_say_so() {
        for (question, codes) in [
            ("ICD-10-CM for ICD-9 250.00 with flags", &["ICD-9-CM 250.00"][..]),
            ("icd9 code 25000", &["ICD-9-CM 250.00"]),
            ("crosswalk 40.23 to PCS", &["ICD-9-PCS 40.23"]),
            ("map V10.3 from ICD-9 to ICD-10", &["ICD-9-CM V10.3"]),
            ("the fee is 250.00", &[]),
            ("ICD-10 code for gout, not ICD-9", &[]),
        ] {
            let mut scan = Scan::new(normalise(question));
            let found: Vec<String> = find(&mut scan)
                .iter()
                .flat_map(|placed| placed.mention.candidates.iter().map(Code::label))
                .collect();
            assert_eq!(found, codes, "{question}");
        }
    }
}
