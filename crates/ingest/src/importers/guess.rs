//! What a file that nobody recognises is likely meant to be: by the words of its header, or else by its name.

use super::{Importer, named};
use crate::container::Member;
use crate::sheet::decode;
use std::collections::BTreeSet;

/// How publishers name their files, the more telling before the less.
const NAMED: [(&str, &str); 24] = [
    ("hcpc", "hcpcs"),
    ("ccipra", "ncci-ptp"),
    ("ccioph", "ncci-ptp"),
    ("ptp", "ncci-ptp"),
    ("mue", "ncci-mue"),
    ("aoc", "ncci-aoc"),
    ("add-on", "ncci-aoc"),
    ("gpci", "mpfs-gpci"),
    ("locco", "mpfs-localities"),
    ("zip5", "mpfs-zip5"),
    ("anes", "mpfs-anesthesia"),
    ("oppscap", "mpfs-opps-cap"),
    ("rvu", "mpfs-rvu"),
    ("icd10pcs", "icd-10-pcs-order"),
    ("tabular", "icd-10-cm-tabular"),
    ("icd10cm", "icd-10-cm-order"),
    ("gem", "gem"),
    ("dx_to_cc", "hcc-mappings"),
    ("hcc", "hcc-mappings"),
    ("rbcs", "rbcs"),
    ("lcd", "lcd-hcpcs"),
    ("ncd", "ncd"),
    ("mce", "mce"),
    ("pos", "place-of-service"),
];

/// The words in the headers of tables, each once, as publishers write them.
const HEADERS: [(&str, &str); 27] = [
    (
        "ncci-mue",
        "hcpcs cpt code mue values adjudication indicator rationale",
    ),
    (
        "ncci-ptp",
        "column 1 2 effective deletion date modifier rationale",
    ),
    ("ncci-aoc", "aoc edit type add on code primary effdt deldt"),
    (
        "mpfs-rvu",
        "hcpcs mod description code work rvu pe mp total days proc surg factor",
    ),
    ("mpfs-gpci", "contractor state locality number name pw gpci pe mp"),
    (
        "mpfs-localities",
        "contractor locality number state fee schedule area counties",
    ),
    ("mpfs-anesthesia", "contractor locality name national anes cf"),
    (
        "mpfs-opps-cap",
        "hcpcs mod procstat carrier locality facility price non",
    ),
    (
        "hcpcs",
        "hcpc seqnum recid long description short add dt act eff term action cd",
    ),
    (
        "hcpcs",
        "hcpcs seqnum recid desc long short date added term action coverage betos",
    ),
    ("hcpcs-transactions", "hcpcs action desc short long"),
    ("hcpcs-noc", "hcpcs desc long date added term"),
    ("hcpcs-processing-notes", "note description date deleted"),
    ("place-of-service", "place of service code name description"),
    ("place-of-service", "pos code name description type"),
    ("icd-9-cm-titles", "diagnosis code long description short"),
    ("hcc-mappings", "diagnosis code cc model name"),
    ("hcc-hierarchies", "cc parent child model domain version"),
    ("hcc-labels", "cc label model domain version"),
    (
        "hcc-dx-edits",
        "icd10 edit type sex age min max action cc override model name",
    ),
    ("mce", "icd code conflict group rule"),
    ("rbcs", "hcpcs cd rbcs cat desc subcat family"),
    ("lcd-hcpcs", "lcd id version hcpc code group"),
    ("ncd", "ncd id mnl sect title efctv dt indctn lmtn"),
    ("icd-10-cm-order", "order code valid long description"),
    ("icd-10-pcs-order", "order code valid description short long"),
    ("icd-10-cm-changes", "code dotted billable long title"),
];
/// How many lines of a file may hold its header.
const HEADER_LINES: usize = 30;
/// How much of a file is looked at.
const HEAD_BYTES: usize = 16 * 1024;
/// How many words a header has to share with a known one, whatever their number.
const FEWEST_SHARED: usize = 3;

/// What a file could be.
pub(crate) enum Guess {
    /// Most words of its header are those of this kind; these are not there.
    ByHeader(&'static Importer, Vec<&'static str>),
    /// Its name is that of this kind.
    ByName(&'static Importer),
}

/// The kind that a file is likely meant to be, for one whose content nobody reads.
pub(crate) fn guess(member: &Member<'_>) -> Option<Guess> {
    by_header(&member.bytes).or_else(|| by_name(&member.name).map(Guess::ByName))
}

/// The kind whose header shares most words with one of the first lines, two of three at least.
fn by_header(bytes: &[u8]) -> Option<Guess> {
    let head = decode(bytes.get(..HEAD_BYTES).unwrap_or(bytes)).to_lowercase();
    if head.contains('\0') || head.trim_start().starts_with('<') {
        return None;
    }
    let lines = head
        .lines()
        .take(HEADER_LINES)
        .filter(|line| line.contains([',', '\t', ';', '|']));
    let (_, word, missing) = lines.filter_map(nearest).max_by_key(|(shared, ..)| *shared)?;
    Some(Guess::ByHeader(named(word)?, missing))
}

/// How many words a line shares with the header that it is nearest to, the kind, and the words that it lacks.
fn nearest(line: &str) -> Option<(usize, &'static str, Vec<&'static str>)> {
    let words: BTreeSet<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let compared = HEADERS.iter().map(|(kind, header)| {
        let (shared, missing): (Vec<&str>, Vec<&str>) =
            header.split(' ').partition(|word| words.contains(word));
        (shared.len(), *kind, missing)
    });
    compared
        .filter(|(shared, _, missing)| *shared >= FEWEST_SHARED && *shared >= missing.len() * 2)
        .max_by_key(|(shared, _, missing)| (*shared, usize::MAX - missing.len()))
}

fn by_name(name: &str) -> Option<&'static Importer> {
    let name = name.to_lowercase();
    // A schema is named after what it describes.
    if name.ends_with(".xsd") {
        return None;
    }
    let (_, word) = NAMED.iter().find(|(part, _)| name.contains(part))?;
    named(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guess_is_a_kind_that_there_is() {
        for (_, word) in NAMED {
            assert!(named(word).is_some(), "{word}");
        }
        for (word, _) in HEADERS {
            assert!(named(word).is_some(), "{word}");
        }
    }

    #[test]
    fn a_header_tells_more_than_a_name() {
        let guessed = |name: &str, text: &str| {
            let member = Member {
                name: name.into(),
                bytes: text.as_bytes().into(),
            };
            guess(&member).map(|guess| match guess {
                Guess::ByHeader(kind, missing) => (kind.word, missing),
                Guess::ByName(kind) => (kind.word, Vec::new()),
            })
        };
        assert_eq!(
            guessed(
                "plain.csv",
                "HCPCS/CPT Code,MUE Values,Adjudication,Reason\n99213,1,2,x\n"
            ),
            Some(("ncci-mue", vec!["indicator", "rationale"]))
        );
        assert_eq!(
            guessed("gpci.csv", "HCPCS/CPT Code,MUE Values,Adjudication\n").map(|(word, _)| word),
            Some("ncci-mue")
        );
        assert_eq!(guessed("GPCI2025.csv", "a,b\n"), Some(("mpfs-gpci", Vec::new())));
        assert_eq!(guessed("plain.csv", "name,street,town\nA,B,C\n"), None);
        assert_eq!(guessed("icd10cm-tabular.xsd", "<xs:schema>"), None);
    }
}
