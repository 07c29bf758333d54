//! Claim lines as people write them: `99213-25`, `20610-RT-59x2`, `E11.9`, `J1885*4`.

use super::ClaimLine;
use codecite_codebook::{Code, CodeSystem};

/// Why a text is no claim line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{written:?} {why}; write a code with its modifiers and units, such as 99213-25, 20610-RT-59x2 or E11.9"
)]
pub struct ClaimLineError {
    written: String,
    why: &'static str,
}

/// The most units that a line may have; claim forms have room for three digits, electronic ones for more.
const MOST_UNITS: u32 = 99_999;

/// Reads one claim line.
pub fn read_line(written: &str) -> Result<ClaimLine, ClaimLineError> {
    let refused = |why| ClaimLineError {
        written: written.chars().take(40).collect(),
        why,
    };
    let (codes, units) =
        split_units(written.trim()).ok_or_else(|| refused("has no number of units behind its x"))?;
    if !(1..=MOST_UNITS).contains(&units) {
        return Err(refused("has a number of units that no claim has"));
    }
    let mut parts = codes.split(['-', ' ', ':']).filter(|part| !part.is_empty());
    let candidates = Code::candidates(parts.next().unwrap_or_default());
    if candidates.is_empty() {
        return Err(refused("does not begin with a code"));
    }
    let modifiers: Vec<Code> = parts
        .map(|part| Code::parse(CodeSystem::Modifier, part))
        .collect::<Result<_, _>>()
        .map_err(|_| refused("has something behind its code that is no modifier"))?;
    let is_procedure = |code: &Code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs);
    if !modifiers.is_empty() && !candidates.iter().any(is_procedure) {
        return Err(refused("has modifiers, and its code is none that takes any"));
    }
    let candidates = match modifiers.is_empty() {
        true => candidates,
        false => candidates.into_iter().filter(is_procedure).collect(),
    };
    Ok(ClaimLine {
        written: written.trim().to_owned(),
        candidates,
        modifiers,
        units,
    })
}

/// The line without its units, and the units: 1 if none are written. An `X` within a code is a placeholder.
fn split_units(written: &str) -> Option<(&str, u32)> {
    let digits = written.len() - written.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (head, units) = written.split_at(written.len() - digits);
    if let Some(codes) = head.strip_suffix('*') {
        return units.parse().ok().map(|units| (codes.trim_end(), units));
    }
    let is_sign = head.ends_with(['x', 'X', '×']) && !units.is_empty();
    let codes = head.trim_end_matches(['x', 'X', '×']);
    let whole_code =
        |text: &str| !Code::candidates(text.split(['-', ' ', ':']).next().unwrap_or_default()).is_empty();
    // T36.0X1 is a code with a placeholder; 20610x2 is a code and two units.
    let runs_on = !codes.ends_with('-') && whole_code(written) && codes.contains('.');
    if is_sign && !runs_on && whole_code(codes) {
        return units.parse().ok().map(|units| (codes.trim_end(), units));
    }
    Some((written, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_code_with_modifiers_and_units() {
        for (written, code, modifiers, units) in [
            ("99213", "99213", &[][..], 1),
            ("99213-25", "99213", &["25"], 1),
            ("20610-RT-59x2", "20610", &["RT", "59"], 2),
            ("20610 rt x2", "20610", &["RT"], 2),
            ("J1885*4", "J1885", &[], 4),
            ("J1885x4", "J1885", &[], 4),
            ("E11.9", "E11.9", &[], 1),
            ("T36.0X1A", "T36.0X1A", &[], 1),
            ("T36.0X1", "T36.0X1", &[], 1),
        ] {
            let line = read_line(written).expect(written);
            assert!(
                line.candidates.iter().any(|candidate| candidate.text() == code),
                "{written}"
            );
            let read: Vec<&str> = line.modifiers.iter().map(Code::text).collect();
            assert_eq!((read.as_slice(), line.units), (modifiers, units), "{written}");
        }
        for written in [
            "",
            "hello",
            "99213-ABC",
            "E11.9-25",
            "99213x0",
            "J1885*",
            "99213x9999999999",
            "-25",
        ] {
            assert!(read_line(written).is_err(), "{written}");
        }
    }
}
