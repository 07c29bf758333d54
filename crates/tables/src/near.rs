//! Codes one slip away from what was written.

use codecite_codebook::{Code, CodeSystem};
use std::cmp::Reverse;
use std::collections::HashMap;

/// How a slip came about: likelier kinds first, and the later in the code the likelier, since a slip at
/// the end leaves the reader in the same family of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slip {
    kind: SlipKind,
    place: Reverse<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SlipKind {
    /// Two characters that look alike, such as `O` and `0`.
    LookAlike,
    /// Two neighbours changed places.
    Transposed,
    /// One character became another.
    Substituted,
    /// One character was left out.
    Missing,
    /// One character is too many.
    Extra,
}

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOOK_ALIKE: [(u8, u8); 9] = [
    (b'0', b'O'),
    (b'0', b'Q'),
    (b'0', b'D'),
    (b'1', b'I'),
    (b'1', b'L'),
    (b'2', b'Z'),
    (b'5', b'S'),
    (b'6', b'G'),
    (b'8', b'B'),
];

/// Every code of `system` that one slip turns into `written`, with the likeliest slip that does; the code
/// that `written` spells itself is not among them.
pub(crate) fn one_slip_from(system: CodeSystem, written: &str) -> HashMap<Code, Slip> {
    let mut found = HashMap::new();
    let bare = written.trim().replace('.', "").to_ascii_uppercase();
    // Longer words are no codes of any system, and would only cost time.
    if !bare.is_ascii() || bare.len() > 8 {
        return found;
    }
    let itself = Code::parse(system, &bare).ok();
    for (bytes, slip) in edits(bare.as_bytes()) {
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        match Code::parse(system, &text) {
            Ok(code) if itself.as_ref() != Some(&code) => {
                let likeliest = found.entry(code).or_insert(slip);
                *likeliest = slip.min(*likeliest);
            }
            _ => {}
        }
    }
    found
}

fn edits(bare: &[u8]) -> Vec<(Vec<u8>, Slip)> {
    let mut edits = Vec::new();
    let mut add = |bytes: Vec<u8>, kind, place| {
        edits.push((
            bytes,
            Slip {
                kind,
                place: Reverse(place),
            },
        ));
    };
    for place in 0..=bare.len() {
        for &letter in ALPHABET {
            let mut longer = bare.to_vec();
            longer.insert(place, letter);
            add(longer, SlipKind::Missing, place);
        }
        let Some(&written) = bare.get(place) else {
            continue;
        };
        let mut shorter = bare.to_vec();
        shorter.remove(place);
        add(shorter, SlipKind::Extra, place);
        for &letter in ALPHABET {
            let mut other = bare.to_vec();
            other[place] = letter;
            let kind = if look_alike(letter, written) {
                SlipKind::LookAlike
            } else {
                SlipKind::Substituted
            };
            add(other, kind, place);
        }
        if place + 1 < bare.len() {
            let mut swapped = bare.to_vec();
            swapped.swap(place, place + 1);
            add(swapped, SlipKind::Transposed, place);
        }
    }
    edits
}

fn look_alike(one: u8, other: u8) -> bool {
    LOOK_ALIKE.contains(&(one, other)) || LOOK_ALIKE.contains(&(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearer(written: &str, likelier: &str, than: &str) {
        let slips = one_slip_from(CodeSystem::Icd10Cm, written);
        let slip = |text| slips[&Code::parse(CodeSystem::Icd10Cm, text).expect("a code")];
        assert!(slip(likelier) < slip(than), "{written}: {likelier} before {than}");
    }

    #[test]
    fn likelier_slips_come_first() {
        nearer("E1I.9", "E11.9", "E12.9");
        nearer("E11.59", "E11.95", "E11.58");
        nearer("E11.9", "E11.8", "E12.9");
        nearer("E11.9", "E10.9", "E11.90");
    }

    #[test]
    fn what_is_no_code_has_no_neighbours_and_does_no_harm() {
        for written in ["", "ÄÖÜ", "a very long text that is no code", "."] {
            let _ = one_slip_from(CodeSystem::Cpt, written);
        }
        assert!(
            one_slip_from(CodeSystem::Cpt, "3890")
                .contains_key(&Code::parse(CodeSystem::Cpt, "38900").expect("a code"))
        );
    }
}
