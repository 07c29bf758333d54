//! Words of which one instead of the other turns a rule round: "major" for "minor", "before" for "after".

use std::collections::BTreeSet;

/// Pairs that stand for things. A sentence may not name one of them when its source names only the other.
const THINGS: &[(&[&str], &[&str])] = &[
    (&["bilateral", "bilaterally"], &["unilateral", "unilaterally"]),
    (&["left"], &["right"]),
    (&["major"], &["minor"]),
    (&["facility"], &["nonfacility", "non-facility"]),
    (&["inpatient", "inpatients"], &["outpatient", "outpatients"]),
    (&["benign"], &["malignant"]),
    (&["superficial"], &["deep"]),
    (&["acute"], &["chronic"]),
    (&["upper"], &["lower"]),
    (&["initial"], &["subsequent"]),
    (&["established"], &["new"]),
    (&["planned"], &["unplanned"]),
    (&["related"], &["unrelated"]),
    (&["listed"], &["unlisted"]),
    (&["covered"], &["noncovered", "non-covered"]),
    (&["payable"], &["nonpayable", "non-payable"]),
    (&["proliferative"], &["nonproliferative", "non-proliferative"]),
    (&["preoperative"], &["postoperative"]),
    (&["technical"], &["professional"]),
    (&["simple"], &["complex"]),
    (&["valid"], &["invalid"]),
    (&["anterior"], &["posterior"]),
    (&["proximal"], &["distal"]),
    (&["medial"], &["lateral"]),
    (&["optional", "optionally"], &["required", "mandatory"]),
    (&["bypassed", "bypass", "override", "overridden"], &["bundled"]),
];

/// Pairs that stand for relations, and in every other sentence. They count only between two statements that
/// are alike otherwise.
const RELATIONS: &[(&[&str], &[&str])] = &[
    (
        &["more", "above", "over", "exceeds", "exceeding", ">"],
        &["less", "fewer", "below", "under", "<"],
    ),
    (&["least", "minimum", "≥"], &["most", "maximum", "≤"]),
    (&["before", "earlier", "prior"], &["after", "later"]),
    (
        &["increase", "increases", "increased", "raises"],
        &[
            "decrease",
            "decreases",
            "decreased",
            "reduces",
            "reduced",
            "lowers",
        ],
    ),
    (
        &["include", "includes", "included", "including"],
        &["exclude", "excludes", "excluded", "excluding"],
    ),
    (
        &["higher", "highest", "larger", "largest"],
        &["lower", "lowest", "smaller", "smallest"],
    ),
    (&["same"], &["different", "another"]),
    (&["since"], &["until"]),
    (
        &["begins", "begin", "starts", "start", "started"],
        &["ends", "end", "stops", "ended"],
    ),
    (
        &["paid", "pays", "allowed", "permitted", "accepted", "accepts"],
        &["denied", "denies", "rejected", "disallowed", "refused", "refuses"],
    ),
    (&["first"], &["last"]),
    (&["full"], &["reduced", "partial"]),
    (&["open"], &["closed"]),
    (&["primary"], &["secondary"]),
    (&["separately"], &["together"]),
    (
        &["must", "always", "mandatory", "required"],
        &["may", "optional", "sometimes"],
    ),
];

/// The opposites that a text holds: number of the pair, and which of its sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Poles {
    things: BTreeSet<(usize, bool)>,
    relations: BTreeSet<(usize, bool)>,
}

/// Reads a text in lower case.
pub(super) fn poles_of(lower: &str) -> Poles {
    let mut poles = Poles::default();
    for word in lower.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '<' | '>' | '≤' | '≥')) {
        let word = word.trim_matches('-');
        if !word.is_empty() {
            take(THINGS, word, &mut poles.things);
            take(RELATIONS, word, &mut poles.relations);
        }
    }
    poles
}

fn take(pairs: &[(&[&str], &[&str])], word: &str, into: &mut BTreeSet<(usize, bool)>) {
    for (number, (one, other)) in pairs.iter().enumerate() {
        if one.contains(&word) {
            into.insert((number, true));
        }
        if other.contains(&word) {
            into.insert((number, false));
        }
    }
}

impl Poles {
    pub fn is_empty(&self) -> bool {
        self.things.is_empty() && self.relations.is_empty()
    }

    /// Whether it says the second side of a pair, such as "noncovered", "unrelated" or "denied".
    pub fn has_a_turned_side(&self) -> bool {
        self.things
            .iter()
            .chain(&self.relations)
            .any(|(_, is_first)| !is_first)
    }

    pub fn extend(&mut self, other: &Self) {
        self.things.extend(&other.things);
        self.relations.extend(&other.relations);
    }

    /// Whether this names a thing of which `known` names only the opposite.
    pub fn names_opposite_thing(&self, known: &Self) -> bool {
        is_opposite(&self.things, &known.things)
    }

    /// Whether both name the same side of a pair of things, and `known` not its other side.
    pub fn names_the_same_thing(&self, known: &Self) -> bool {
        self.things.iter().any(|(pair, side)| {
            known.things.contains(&(*pair, *side)) && !known.things.contains(&(*pair, !*side))
        })
    }

    /// Whether this has a word of which `known` has only the opposite.
    pub fn contradicts(&self, known: &Self) -> bool {
        is_opposite(&self.things, &known.things) || is_opposite(&self.relations, &known.relations)
    }
}

fn is_opposite(said: &BTreeSet<(usize, bool)>, known: &BTreeSet<(usize, bool)>) -> bool {
    said.iter().any(|(pair, side)| {
        !known.contains(&(*pair, *side))
            && known.contains(&(*pair, !*side))
            && !said.contains(&(*pair, !*side))
    })
}
