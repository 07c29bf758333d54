//! Codes as people write them.
//!
//! A run of letters and digits is a mention when it has the shape of a code *and* the spelling of one.
//! Five digits and letter-and-four-digits are enough by themselves, once [`super::guards`] has taken ZIP
//! codes and the like away. ICD-10-CM shapes are looser, so:
//!
//! - with the dot (`e11.9`), or letter-digit-digit and at least one more (`E119`): a mention in any case;
//! - three characters (`I10`): a mention in upper case, in lower case only where the question speaks of codes;
//! - a letter in the third place (`Z3A20`): a mention in upper case; one in the second (`QA1`): only with the
//!   dot, in chapter Q, or where it is called a code, because such are mostly abbreviations;
//! - abbreviations that everybody knows (`A1C`, `T2DM`, `CD4`): never, "ICD-10 T2DM" is a search;
//! - a few look-alikes (`B12`, `V600E`): only where the word before calls it a code.

mod behind;
mod spelling;

use super::modifiers;
use super::normal::pattern;
use super::scan::Scan;
use behind::{category_mark, digits_behind, further_in_list, without_units};
use codecite_codebook::{Code, CodeSystem};
use regex::Regex;
use spelling::{is_cpt_spelling, is_icd10cm_spelling, is_icd10pcs_spelling, is_range, is_word};
use std::ops::Range;
use std::sync::LazyLock;

/// One code, or one range of codes, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The code as it stands in the question, blanks, dashes and digits in plain spelling: `e11.9`.
    pub written: String,
    /// Every code that it can be by its shape; never empty. The tables decide.
    pub candidates: Vec<Code>,
    /// The last code of a range that begins with the first candidate. [`Mention::ranges`] has the other
    /// candidates' as well.
    pub range_end: Option<Code>,
    /// Modifiers written with the code: `99213-25`.
    pub modifiers: Vec<Code>,
}

impl Mention {
    /// First and last code of every range that this may be, one a system; none for a single code.
    ///
    /// `E1165-E1169` may be of HCPCS or of ICD-10-CM. Which codes stand between the ends, and whether the ends
    /// are codes themselves, only the tables know.
    pub fn ranges(&self) -> Vec<(Code, Code)> {
        let Some(end) = &self.range_end else {
            return Vec::new();
        };
        let to_end = |first: &Code| {
            let last = Code::parse(first.system(), &end.undotted()).ok()?;
            is_range(first, &last).then(|| (first.clone(), last))
        };
        self.candidates.iter().filter_map(to_end).collect()
    }
}

/// A mention and where it stands, modifiers included.
pub(super) struct Placed {
    pub mention: Mention,
    pub span: Range<usize>,
}

/// Reads and takes out every code. Guards must have been applied.
pub(super) fn find(scan: &mut Scan) -> Vec<Placed> {
    static RUN: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9A-Za-z]+"));
    let open = scan.open.clone();
    let reader = Reader {
        text: &open,
        speaks_of_codes: speaks_of_codes(&scan.text),
    };
    let mut placed: Vec<Placed> = Vec::new();
    for run in RUN.find_iter(&open) {
        let read_until = placed.last().map_or(0, |last| last.span.end);
        if run.start() < read_until {
            continue;
        }
        let previous = placed.last().map(|last| Previous {
            end: last.span.end,
            system: last.mention.candidates[0].system(),
        });
        placed.extend(reader.read(run.range(), previous));
    }
    for found in &placed {
        scan.take(found.span.clone());
    }
    placed
}

/// Makes one mention of those that name the same code, modifiers together.
pub(super) fn merge(placed: Vec<Placed>) -> Vec<Mention> {
    let mut merged: Vec<Mention> = Vec::new();
    for Placed { mention, .. } in placed {
        let known = merged
            .iter_mut()
            .find(|known| known.candidates == mention.candidates && known.range_end == mention.range_end);
        match known {
            None => merged.push(mention),
            Some(known) => {
                let new: Vec<Code> = mention
                    .modifiers
                    .into_iter()
                    .filter(|code| !known.modifiers.contains(code))
                    .collect();
                known.modifiers.extend(new);
            }
        }
    }
    merged
}

/// The code read before.
#[derive(Clone, Copy)]
struct Previous {
    end: usize,
    system: CodeSystem,
}

struct Reader<'a> {
    text: &'a str,
    speaks_of_codes: bool,
}

impl Reader<'_> {
    fn read(&self, run: Range<usize>, previous: Option<Previous>) -> Option<Placed> {
        if !self.may_begin_at(run.start) && !self.is_joined_to(previous, run.start) {
            return None;
        }
        if let Some(glued) = self.with_glued_modifier(&run) {
            return Some(glued);
        }
        let system = self
            .named_system(run.start)
            .or_else(|| self.carried_system(run.start, previous));
        let (mut candidates, mut end) = self.core(&run, system.is_some())?;
        narrow(&mut candidates, system);
        let written_end = end;
        if let Some((range_end, after)) = self.range_end(&candidates, end) {
            candidates.retain(|code| {
                Code::parse(code.system(), &range_end.undotted()).is_ok_and(|last| is_range(code, &last))
            });
            return Some(self.place(
                run.start..after,
                run.start..after,
                candidates,
                Some(range_end),
                vec![],
            ));
        }
        let mut modifiers = Vec::new();
        if is_procedure(&candidates) {
            (modifiers, end) = self.modifiers_behind(end);
            if self.runs_on_in_digits(end) {
                return None;
            }
        }
        if !modifiers.is_empty() {
            candidates.retain(|code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs));
        }
        end = self.skip_units(end);
        Some(self.place(
            run.start..end,
            run.start..written_end,
            candidates,
            None,
            modifiers,
        ))
    }

    fn place(
        &self,
        span: Range<usize>,
        written: Range<usize>,
        candidates: Vec<Code>,
        range_end: Option<Code>,
        modifiers: Vec<Code>,
    ) -> Placed {
        Placed {
            mention: Mention {
                written: self.text[written].to_owned(),
                candidates,
                range_end,
                modifiers,
            },
            span,
        }
    }

    /// A code begins where no number and no word runs on: after a blank or a bracket, or after a dash or
    /// slash that itself follows a word ("CPT-38900").
    fn may_begin_at(&self, start: usize) -> bool {
        let before = &self.text[..start];
        let Some(last) = before.chars().next_back() else {
            return true;
        };
        let rest = &before[..before.len() - last.len_utf8()];
        match last {
            '-' => !rest.ends_with(|c: char| c.is_ascii_digit()),
            '.' => !rest.ends_with(|c: char| c.is_ascii_alphanumeric()),
            '@' => false,
            '+' | '$' => rest.is_empty() || rest.ends_with(' '),
            other => !other.is_alphanumeric(),
        }
    }

    /// `E11.9+I10`, `99215-99213`: a sign right behind a code lets another begin.
    fn is_joined_to(&self, previous: Option<Previous>, start: usize) -> bool {
        previous.is_some_and(|previous| {
            matches!(
                self.text.get(previous.end..start),
                Some("-" | "+" | "&" | "/" | ",")
            )
        })
    }

    /// `93000TC`, `E0601RR`: a procedure and its modifier as a claim prints them.
    fn with_glued_modifier(&self, run: &Range<usize>) -> Option<Placed> {
        let text = self.text[run.clone()].to_owned();
        let (code, modifier) = text.split_at_checked(5)?;
        let modifier = modifiers::glued_to_a_code(modifier)?;
        let mut candidates = self.bare(code, &(run.start..run.start + code.len()), false);
        candidates.retain(|code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs));
        // ICD-10-PCS has five digits and two letters in the sections that begin with 0: `02100JW`.
        if candidates.is_empty() || code.starts_with('0') {
            return None;
        }
        let written = run.start..run.start + code.len();
        Some(self.place(run.clone(), written, candidates, None, vec![modifier]))
    }

    /// The code at `run` without range and modifiers, and where it ends.
    fn core(&self, run: &Range<usize>, is_named: bool) -> Option<(Vec<Code>, usize)> {
        let text = &self.text[run.clone()];
        if let Some((code, end)) = self.dotted(run) {
            return Some((vec![code], end));
        }
        let text = without_units(text);
        let text = match text.strip_suffix('s') {
            // "Are 99213s audited?"
            Some(one) if Code::parse(CodeSystem::Cpt, one).is_ok() => one,
            _ => text,
        };
        let candidates = self.bare(text, run, is_named);
        if candidates.is_empty() {
            return None;
        }
        let mut end = run.start + text.len();
        if candidates.iter().any(|code| code.system() == CodeSystem::Icd10Cm) {
            end += category_mark(&self.text[end..]);
        } else if self.text[end..].starts_with('.') && starts_with_digit(&self.text[end + 1..]) {
            // 12345.67 is an amount.
            return None;
        }
        Some((candidates, end))
    }

    /// `E11.9`, `e11 .9`, `E11.-`, `E11.xx`.
    fn dotted(&self, run: &Range<usize>) -> Option<(Code, usize)> {
        static TAIL: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"^ ?\.(?P<tail>[0-9A-Za-z]{1,4})(?:[^0-9A-Za-z]|$)"));
        let head = &self.text[run.clone()];
        let category = Code::parse(CodeSystem::Icd10Cm, head)
            .ok()
            .filter(|_| head.len() == 3)?;
        let rest = &self.text[run.end..];
        let mark = category_mark(rest);
        if mark > 0 && rest.starts_with('.') {
            return Some((category, run.end + mark));
        }
        let tail = TAIL.captures(rest)?.name("tail")?;
        if rest.starts_with(' ') && !starts_with_digit(tail.as_str()) {
            return None;
        }
        // Below "E11.xx" stand all codes of the category, and "E11.6x" is a family of them; a placeholder
        // inside a code (`w19.xxxa`) or in upper case (`T38.0X`) belongs to it.
        let code = match tail.as_str().trim_end_matches('x') {
            "" => category,
            figures if is_word(figures) => return None,
            figures => Code::parse(CodeSystem::Icd10Cm, &format!("{head}.{figures}")).ok()?,
        };
        let end = run.end + tail.end();
        Some((code, end + category_mark(&self.text[end..])))
    }

    /// Every code that a run without a dot can be.
    fn bare(&self, run: &str, place: &Range<usize>, is_named: bool) -> Vec<Code> {
        let mut candidates = Code::candidates(run);
        let in_context = is_named || self.speaks_of_codes || self.opens_a_range(place);
        candidates.retain(|code| match code.system() {
            CodeSystem::Cpt => is_cpt_spelling(code.text()),
            // No HCPCS section has these letters, and ICD-10-CM chapters do.
            CodeSystem::Hcpcs => !code.text().starts_with(['F', 'I', 'N', 'O']),
            CodeSystem::Icd10Cm => is_icd10cm_spelling(run, is_named, in_context),
            CodeSystem::Icd10Pcs => is_icd10pcs_spelling(run, is_named),
            _ => false,
        });
        candidates
    }

    /// `e08-e13`: two categories are a range in lower case too.
    fn opens_a_range(&self, place: &Range<usize>) -> bool {
        static RANGE: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"(?i)^[a-z]\d[0-9a-z]-[a-z]\d[0-9a-z](?:[^0-9a-z]|$)"));
        let text = &self.text[place.start..];
        RANGE.is_match(text) && text[..1].eq_ignore_ascii_case(&text[4..5])
    }

    /// The end of a range: `-99205`, ` to 99205`, ` through N18.32`, or `-05` behind 99202.
    fn range_end(&self, from: &[Code], end: usize) -> Option<(Code, usize)> {
        static TO: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?i)^(?:\s?-\s?|\s+(?:to|through|thru)\s+(?:(?:cpt|hcpcs|code)\s+)?)(?P<end>[0-9A-Za-z]{3,7})",
            )
        });
        if let Some(short) = self.short_range_end(from, end) {
            return Some(short);
        }
        let found = TO.captures(&self.text[end..])?.name("end")?;
        let run = end + found.start()..end + found.end();
        if self.text[run.end..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let (candidates, after) = self.core(&run, true)?;
        from.iter().find_map(|first| {
            let last = candidates.iter().find(|last| is_range(first, last))?;
            Some((last.clone(), after))
        })
    }

    /// `99202-05` ends at 99205: no modifier is so small.
    fn short_range_end(&self, from: &[Code], end: usize) -> Option<(Code, usize)> {
        static SHORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^-(?P<end>\d\d)(?:[^0-9A-Za-z]|$)"));
        let figures = SHORT.captures(&self.text[end..])?.name("end")?;
        if modifiers::behind_a_dash(figures.as_str()).is_some() {
            return None;
        }
        let [first] = from else { return None };
        let stem = first.text().get(..first.text().len() - 2)?;
        let last = Code::parse(first.system(), &format!("{stem}{}", figures.as_str())).ok()?;
        let is_number = last.system() == CodeSystem::Cpt && is_range(first, &last);
        is_number.then(|| (last, end + figures.end()))
    }

    /// `-25-59`, ` RT`: the modifiers behind a procedure, and where they end.
    fn modifiers_behind(&self, mut end: usize) -> (Vec<Code>, usize) {
        static DASHED: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"^(?: ?-|- |, ?-)(?P<modifier>[0-9A-Za-z]{2})(?:[^0-9A-Za-z]|$)"));
        static SPACED: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"^(?: |, ?)(?P<modifier>[A-Z]{2}|Q[A-Z])(?:[^0-9A-Za-z]|$)"));
        let mut modifiers: Vec<Code> = Vec::new();
        loop {
            let rest = &self.text[end..];
            let dashed = DASHED.captures(rest).and_then(|found| found.name("modifier"));
            let spaced = SPACED.captures(rest).and_then(|found| found.name("modifier"));
            let dashed = dashed.and_then(|text| Some((modifiers::behind_a_dash(text.as_str())?, text.end())));
            let spaced = spaced.and_then(|text| Some((modifiers::after_a_code(text.as_str())?, text.end())));
            let listed = || further_in_list(rest).filter(|_| !modifiers.is_empty());
            let in_digits = || digits_behind(rest).filter(|_| modifiers.is_empty());
            let Some((modifier, length)) = dashed.or(spaced).or_else(listed).or_else(in_digits) else {
                return (modifiers, end);
            };
            if !modifiers.contains(&modifier) {
                modifiers.push(modifier);
            }
            end += length;
        }
    }

    /// "99213-2514" has the form of a ZIP code with its four digits, "38900-1234-01" that of a drug number;
    /// five digits are another code.
    fn runs_on_in_digits(&self, end: usize) -> bool {
        let rest = &self.text[end..];
        rest.strip_prefix('-')
            .map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count())
            .is_some_and(|digits| digits >= 3 && digits != 5)
    }

    /// `x2`, ` x 2`: units, not part of the code.
    fn skip_units(&self, end: usize) -> usize {
        static UNITS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?[xX×*]\s?\d{1,3}\b"));
        UNITS
            .find(&self.text[end..])
            .map_or(end, |units| end + units.end())
    }

    /// The system that the words right before call it by: "ICD-10-CM code E1165".
    fn named_system(&self, start: usize) -> Option<Named> {
        static CALLED: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r#"(?i)(?:^|[^0-9a-z])(?:(?P<pcs>icd[- ]?10[- ]?pcs|pcs)|(?P<icd>icd[- ]?10(?:[- ]?cm)?|icd|dx|diagnos[ei]s)|(?P<cpt>cpt)|(?P<hcpcs>hcpcs(?: level (?:ii|2))?)|(?P<code>codes?|category))(?:\s*(?:codes?|category|header|no\.?|number))?\s*[-#:("'\[]*\s*$"#,
            )
        });
        let found = CALLED.captures(&self.text[..start])?;
        Some(if found.name("pcs").is_some() {
            Named::As(CodeSystem::Icd10Pcs)
        } else if found.name("icd").is_some() {
            Named::As(CodeSystem::Icd10Cm)
        } else if found.name("cpt").is_some() {
            Named::As(CodeSystem::Cpt)
        } else if found.name("hcpcs").is_some() {
            Named::As(CodeSystem::Hcpcs)
        } else {
            Named::Code
        })
    }

    /// In "ICD-10 codes E1165 and N1830" the second is called by the same name as the first.
    fn carried_system(&self, start: usize, previous: Option<Previous>) -> Option<Named> {
        static LIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\s*(?:,|/|&|and|or|\+|,\s*and)\s*$"));
        let Previous { end, system } = previous?;
        (self
            .text
            .get(end..start)
            .is_some_and(|between| LIST.is_match(between))
            && system == CodeSystem::Icd10Cm)
            .then_some(Named::Like(system))
    }
}

/// What the words before a code call it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// By its system.
    As(CodeSystem),
    /// In one list with a code of this system.
    Like(CodeSystem),
    /// A code.
    Code,
}

/// Keeps the candidates of the system that was named, where there are any.
fn narrow(candidates: &mut Vec<Code>, named: Option<Named>) {
    let system = match named {
        Some(Named::As(system)) => system,
        _ => return,
    };
    if candidates.iter().any(|code| code.system() == system) {
        candidates.retain(|code| code.system() == system);
    }
}

fn speaks_of_codes(text: &str) -> bool {
    static CODES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\bicd|\bcod(?:e|es|ed|ing|able)\b|\bdx\b|diagnos|billable|\bbill|\breport|\bcategory|excludes|\bvalid\b|^\W*(?:what(?:'?s| is| are)|define|explain|describe)?\s*[a-z]\d[0-9a-z]\W*$",
        )
    });
    CODES.is_match(text)
}

fn is_procedure(candidates: &[Code]) -> bool {
    candidates
        .iter()
        .any(|code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
