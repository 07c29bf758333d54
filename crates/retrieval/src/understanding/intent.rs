//! What kind of answer a question wants, and which code systems it asks for by name.

use super::normal::pattern;
use codecite_codebook::CodeSystem;
use regex::Regex;
use std::sync::LazyLock;

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// What something is, or means.
    Define,
    /// What tells several things apart, or which of them to take.
    Compare,
    /// Whether several things may be billed together: two codes, a code and a modifier, the same day.
    Together,
    /// Which modifier, or when one is used.
    Modifier,
    /// What a rule says: units, global days, guidelines, documentation.
    Rule,
    /// Which code describes something.
    FindCode,
    /// Whether a code is valid or billable on the date.
    Status,
    /// The words do not tell; often plain clinical words.
    Unclear,
}

impl Intent {
    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Define => "define",
            Self::Compare => "compare",
            Self::Together => "together",
            Self::Modifier => "modifier",
            Self::Rule => "rule",
            Self::FindCode => "find_code",
            Self::Status => "status",
            Self::Unclear => "unclear",
        }
    }
}

/// How many things a question names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named {
    pub codes: usize,
    pub modifiers: usize,
    pub places: usize,
}

impl Named {
    fn subjects(self) -> usize {
        self.codes + self.modifiers + self.places
    }
}

/// Names of code systems as people write them, for patterns.
pub(super) const SYSTEM: &str = r"(?:cpt(?:/hcpcs)?|hcpcs(?: level (?:ii|2))?|icd[- ]?10[- ]?pcs|icd[- ]?10(?:[- ]?cm)?|icd|pcs|dx|diagnos[ei]s|diagnostic|procedure|[jgqz][- ]|modifier|pos|place of service|billing|medical|e/?m)";

/// Judges the question, `whole` and without the codes, modifiers and dates that were read (`text`): the "vs" of
/// "modifier 57 vs 25" goes with its modifiers, and the "on" of a date says nothing of two codes together.
/// The first kind that fits counts.
pub(super) fn judge(whole: &str, text: &str, named: Named) -> Intent {
    let p = &*PATTERNS;
    let finds = p.find_code.is_match(text) || p.how_to_code.is_match(text) || p.ends_in_code.is_match(text);
    // A code that is sought beside named ones is found by `request_for_a_code`.
    match named.subjects() {
        0 if p.which_modifier.is_match(text) => Intent::Modifier,
        0 if finds && !p.general.is_match(text) => Intent::FindCode,
        _ if named.codes > 0 && p.status.is_match(text) => Intent::Status,
        subjects if subjects >= 2 && p.compare.is_match(whole) => Intent::Compare,
        subjects if subjects >= 2 && p.together.is_match(text) => Intent::Together,
        subjects if subjects >= 2 && p.either.is_match(whole) => Intent::Compare,
        subjects if subjects > 0 && p.define.is_match(text) => Intent::Define,
        _ if p.which_modifier.is_match(text) => Intent::Modifier,
        _ if named.modifiers > 0 && named.codes == 0 && p.rule.is_match(text) => Intent::Modifier,
        0 if p.compare.is_match(text) && !p.only_versus.is_match(text) => Intent::Compare,
        0 if p.define.is_match(text) => Intent::Define,
        _ if p.rule.is_match(text) => Intent::Rule,
        0 => Intent::Unclear,
        // Nothing but codes: what they are.
        _ => Intent::Define,
    }
}

/// Where in `text` a code is asked for, if it is and not a rule about codes.
pub(super) fn request_for_a_code(text: &str) -> Option<usize> {
    let p = &*PATTERNS;
    if p.general.is_match(text) {
        return None;
    }
    [&p.find_code, &p.how_to_code]
        .into_iter()
        .filter_map(|asks| asks.find(text))
        .map(|found| found.start())
        .min()
}

/// The systems asked for by name. `text` is without the codes that were named and what they were called.
pub(super) fn systems(text: &str) -> Vec<CodeSystem> {
    static PCS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:icd[- ]?10[- ]?)?pcs\b"));
    // "ICD-10-PCS" must not be read as "ICD-10" as well.
    let without_pcs = PCS.replace_all(text, " ");
    PATTERNS
        .systems
        .iter()
        .filter(|(words, system)| match system {
            CodeSystem::Icd10Pcs => words.is_match(text),
            _ => words.is_match(&without_pcs),
        })
        .map(|(_, system)| *system)
        .collect()
}

struct Patterns {
    find_code: Regex,
    how_to_code: Regex,
    ends_in_code: Regex,
    general: Regex,
    which_modifier: Regex,
    status: Regex,
    compare: Regex,
    only_versus: Regex,
    together: Regex,
    either: Regex,
    define: Regex,
    rule: Regex,
    systems: [(Regex, CodeSystem); 6],
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    find_code: pattern(
        r"(?i)\b(?:which|what|what's|find|need|want|looking for|is there an?|give me|show me|best|correct|right|proper|appropriate)\b[^?.]{0,60}?\b(?:codes?|cpt|hcpcs|icd[- ]?(?:10|9)?(?:[- ]?(?:cm|pcs))?|dx)\b|\b(?:codes?|cpt|hcpcs|icd(?:[- ]?10)?(?:[- ]?(?:cm|pcs))?|dx)\s+(?:for|of|to describe|that describes?)\b",
    ),
    how_to_code: pattern(
        r"(?i)\bhow\s+(?:do|does|would|should|can|to|must|is|are)\b[^?.]{0,30}?\bcod(?:e|ed|ing)\b|^\W*(?:code|coding)\s+(?:for|this)?",
    ),
    ends_in_code: pattern(
        r"(?i)\b(?:cpt|hcpcs|icd[- ]?10(?:[- ]?(?:cm|pcs))?)(?:\s+codes?)?\W*$|\bcodes?\W*$",
    ),
    general: pattern(
        r"(?i)\b(?:difference|mean|means|meaning|structure|how many (?:characters|digits)|excludes ?[12]|code first|use additional|code also|placeholder|(?:seventh|7th) character|add-?on codes?|column (?:1|2|one|two)|same day|modifiers?|sequenc\w+|global (?:days?|periods?|package|surg\w+)|goes? first|first-listed|not billable|(?:invalid|default|unspecified|header|truncated|combination|manifestation|status|symptom|additional|category|parent) codes?|unlisted|highest specificity|look(?:ing)? up)\b",
    ),
    which_modifier: pattern(
        r"(?i)\b(?:which|what|need|needs|require[sd]?|use|append|add|any|a|correct|right)\s+(?:\w+\s+){0,2}?modifiers?\b|\bmodifiers?\b[^?.]{0,40}\b(?:needed|required|allowed|apply|applies|go(?:es)?|used?|with|for)\b",
    ),
    status: pattern(
        r"(?i)\b(?:billable|valid|invalid|active|deleted|retired|discontinued|terminated|expired?|obsolete|replaced|in force|in effect|still (?:exists?|used|current|good|around)|exists?|new code|header)\b",
    ),
    compare: pattern(
        r"(?i)\b(?:differences?|differentiate|differs?|distinguish|compare[ds]?|comparison|versus|vs\.?|rather than|instead of|as opposed to|better)\b",
    ),
    // "Partial vs complete not stated" is clinical; "Excludes1 vs Excludes2" has nothing else.
    only_versus: pattern(r"(?i)^\W*(?:\S+\s+){3,}vs\.?\s+(?:\S+\s*){2,}$"),
    together: pattern(
        r"(?i)\b(?:with|together|same|both|bundl\w*|unbundl\w*|ncci|ptp|edits?|alongside|along|in addition|additionally|also|pair(?:ed|s)?|combin\w+|simultaneous\w*|concurrent\w*|append\w*|add|need|needs|require[sd]?|exclud\w+|on|separately|inclu(?:de|ded|sive))\b|\bbill\w*\b[^?]*\band\b|\breport\w*\b[^?]*\band\b|\bcode\b[^?]*\band\b",
    ),
    // "In the OR" is the operating room; between two codes it is the shouted word.
    either: pattern(r"\b[Oo]r\b|(?i:\bwhich\b)|[0-9A-Z]\s+OR\s+(?:CPT\s+|MODIFIER\s+)?[A-Z]?\d"),
    define: pattern(
        r"(?i)\b(?:what(?:'s| is| are| was)|what do(?:es)?\b[^?]*\b(?:mean|stand for|say|cover|describe|include)|define[sd]?|definitions?|explain|describe|meaning of|tell me about|describes?|describing|look ?up|descriptor)\b",
    ),
    // Clinical words say "is", "when" and "first" as well, so a rule is asked for by its own words, or by a
    // question that turns to somebody or something.
    rule: pattern(
        r"(?i)\b(?:rules?|guidelines?|polic(?:y|ies)|allowed|requirements?|criteria|maximum|mue|units|global|sequenc\w+|documentation|bundl\w*|unbundl\w*|add-?on|bill(?:ed|ing|able)?|report(?:ed|able|ing)|reimburs\w*|payable|paid|modifiers?|code (?:first|also)|ncci|medicare|claims?|incident[- ]to|split[- /]shared|excludes ?[12])\b|^\W*(?:can|may|should|must|do|does|is|are|am|when|why|how|where|who|if)\s+(?:i|we|you|one|the|an?|my|our|this|that|it|there|many|much|often|long|do|does|is|are|can|should|to|codes?|cms|two|both|all|any)\b|\b(?:can|may|should|must|do|could|would) (?:i|we|you)\b",
    ),
    systems: [
        (
            pattern(r"(?i)\bcpt\b|\bprocedure codes?\b|\be/?m codes?\b"),
            CodeSystem::Cpt,
        ),
        (
            pattern(r"(?i)\bhcpcs\b|\b[jgql][- ]codes?\b|\bprocedure codes?\b"),
            CodeSystem::Hcpcs,
        ),
        (
            pattern(
                r"(?i)\bicd[- ]?10[- ]?cm\b|\bicd[- ]?10(?:\s+(?:codes?|for|dx|diag)|\W*$)|\bicd(?:\s+codes?|\s+for)\b|\b(?:dx|diagnos[ei]s)\s+codes?\b|\b[z][- ]codes?\b|\bdx\s+for\b|\bicd[- ]?10\b",
            ),
            CodeSystem::Icd10Cm,
        ),
        (pattern(r"(?i)\b(?:icd[- ]?10[- ]?)?pcs\b"), CodeSystem::Icd10Pcs),
        (pattern(r"(?i)\bmodifiers?\b"), CodeSystem::Modifier),
        (
            pattern(r"(?i)\bplaces? of service\b|\bpos codes?\b|\b(?-i:POS)\b"),
            CodeSystem::PlaceOfService,
        ),
    ],
});
