//! The words of charts and patients, and the official wording that each stands for.

use serde::Deserialize;
use std::collections::HashMap;

/// Puts a question in the wording of the sources before it is searched: `t2dm w/ ckd` becomes `type 2 diabetes
/// mellitus with chronic kidney disease`. Read from `config/lexicon.toml`, whose head describes the format.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// By the first character of what is said, in lower case; longest first.
    entries: HashMap<char, Vec<Entry>>,
    size: usize,
}

/// A question as it was asked, and in the wording of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// As it was asked.
    pub said: String,
    /// What is said, replaced by what is meant. For titles of code sets: keeping what was said beside it
    /// measured 2 to 5 points lower (`docs/retrieval.md`).
    pub meant: String,
    /// As it was asked, with the meanings behind it. For BM25 over prose, which uses abbreviations itself.
    pub both: String,
}

impl Expanded {
    /// `words` as they were said.
    pub(crate) fn unchanged(words: &str) -> Self {
        Self {
            said: words.to_owned(),
            meant: words.to_owned(),
            both: words.to_owned(),
        }
    }
}

/// Why a lexicon does not load.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// The file is no TOML, or has other keys than it should.
    #[error("the lexicon does not parse: {0}")]
    Format(#[from] toml::de::Error),
    /// An entry cannot be matched.
    #[error("entry {number} of the lexicon (says {says:?}): {reason}")]
    Entry {
        /// Which entry, counted from 1.
        number: usize,
        /// What it says.
        says: Vec<String>,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Clone, Debug)]
struct Entry {
    /// The words of what is said, in lower case unless `exact_case`.
    said: Vec<String>,
    exact_case: bool,
    means: Vec<String>,
    /// What is said stays, because titles say it too.
    official: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entry: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    says: Vec<String>,
    means: Means,
    #[serde(default)]
    exact_case: bool,
    #[serde(default)]
    official: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Means {
    One(String),
    Several(Vec<String>),
}

/// A side between two words of a phrase is no part of it: "broken right hip" is a broken hip, right.
const SIDES: [(&str, &str); 9] = [
    ("right", "right"),
    ("left", "left"),
    ("rt", "right"),
    ("lt", "left"),
    ("r", "right"),
    ("l", "left"),
    ("both", "both"),
    ("bilat", "bilateral"),
    ("bilateral", "bilateral"),
];

impl Lexicon {
    /// Reads a lexicon.
    ///
    /// # Errors
    /// [`LexiconError::Entry`] names the first entry that says nothing, or says something twice.
    pub fn parse(text: &str) -> Result<Self, LexiconError> {
        let file: File = toml::from_str(text)?;
        let mut lexicon = Self::default();
        let mut known: HashMap<(Vec<String>, bool), usize> = HashMap::new();
        for (entry, number) in file.entry.into_iter().zip(1..) {
            let refused = |reason| LexiconError::Entry {
                number,
                says: entry.says.clone(),
                reason,
            };
            if entry.says.is_empty() {
                return Err(refused("`says` is empty; give at least one wording"));
            }
            let means = match &entry.means {
                Means::One(one) => vec![one.clone()],
                Means::Several(several) => several.clone(),
            };
            for says in &entry.says {
                let said: Vec<String> = says
                    .split_whitespace()
                    .map(|word| {
                        if entry.exact_case {
                            word.to_owned()
                        } else {
                            word.to_lowercase()
                        }
                    })
                    .collect();
                let Some(first) = said.first().and_then(|word| word.chars().next()) else {
                    return Err(refused("a wording in `says` is blank"));
                };
                if known.insert((said.clone(), entry.exact_case), number).is_some() {
                    return Err(refused(
                        "a wording in `says` stands in an earlier entry, or twice in this one",
                    ));
                }
                let key = first.to_lowercase().next().unwrap_or(first);
                lexicon.entries.entry(key).or_default().push(Entry {
                    said,
                    exact_case: entry.exact_case,
                    means: means.clone(),
                    official: entry.official,
                });
                lexicon.size += 1;
            }
        }
        for entries in lexicon.entries.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.length()));
        }
        Ok(lexicon)
    }

    /// How many wordings it knows.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Puts what is meant in place of what is said: whole words, longest first. What was replaced is not
    /// read again, so two entries cannot chase each other.
    pub fn expand(&self, words: &str) -> Expanded {
        let said = words.replace(['’', '‘'], "'");
        let mut meant = String::with_capacity(said.len() * 2);
        let mut meanings = Vec::new();
        let mut before: Option<char> = None;
        let mut rest = said.as_str();
        while let Some(c) = rest.chars().next() {
            let starts_word = !(c.is_alphanumeric() && before.is_some_and(char::is_alphanumeric));
            if starts_word && let Some(found) = self.longest_at(rest, c) {
                let (replaced, after) = rest.split_at(found.length);
                let wording = found.wording(replaced);
                meant.push(' ');
                meant.push_str(&wording);
                meant.push(' ');
                meanings.push(wording);
                before = replaced.chars().next_back();
                rest = after;
                continue;
            }
            meant.push(c);
            before = Some(c);
            rest = &rest[c.len_utf8()..];
        }
        Expanded {
            meant: tidy(&meant),
            both: tidy(&format!("{said} {}", meanings.join(" "))),
            said,
        }
    }

    fn longest_at(&self, text: &str, first: char) -> Option<Found<'_>> {
        let key = first.to_lowercase().next()?;
        self.entries.get(&key)?.iter().find_map(|entry| entry.at(text))
    }
}

struct Found<'a> {
    length: usize,
    sides: Vec<&'static str>,
    entry: &'a Entry,
}

impl Found<'_> {
    /// What stands for `said`.
    fn wording(&self, said: &str) -> String {
        let means = self.entry.means.join(" ");
        // An entry without meaning drops what was said, the side with it: nothing is left for it to describe.
        if means.is_empty() {
            return means;
        }
        if self.entry.official {
            return format!("{said} {means}");
        }
        let sides = self.sides.iter().copied();
        sides.chain([means.as_str()]).collect::<Vec<_>>().join(" ")
    }
}

impl Entry {
    fn length(&self) -> usize {
        self.said.iter().map(String::len).sum::<usize>() + self.said.len()
    }

    /// Whether `text` begins with what this entry says, ending at a word's end.
    fn at(&self, text: &str) -> Option<Found<'_>> {
        let mut rest = text;
        let mut sides = Vec::new();
        for (position, word) in self.said.iter().enumerate() {
            if position > 0 {
                rest = after_blank(rest)?;
            }
            rest = match self.after_word(rest, word) {
                Some(after) => after,
                None if position > 0 => {
                    let (side, after) = after_side(rest)?;
                    sides.push(side);
                    self.after_word(after_blank(after)?, word)?
                }
                None => return None,
            };
        }
        let ends_in_word = self.said.last()?.ends_with(char::is_alphanumeric);
        let is_whole = !(ends_in_word && rest.starts_with(char::is_alphanumeric));
        is_whole.then(|| Found {
            length: text.len() - rest.len(),
            sides,
            entry: self,
        })
    }

    fn after_word<'a>(&self, text: &'a str, word: &str) -> Option<&'a str> {
        if self.exact_case {
            return text.strip_prefix(word);
        }
        let mut rest = text.chars();
        for wanted in word.chars() {
            let given = rest.next()?;
            let is_same = given == wanted || given.to_lowercase().eq(std::iter::once(wanted));
            if !is_same {
                return None;
            }
        }
        Some(rest.as_str())
    }
}

fn after_blank(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len()).then_some(rest)
}

fn after_side(text: &str) -> Option<(&'static str, &str)> {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let word = &text[..end];
    SIDES
        .iter()
        .find(|(said, _)| said.eq_ignore_ascii_case(word))
        .map(|(_, side)| (*side, &text[end..]))
}

/// One blank between words and none before a comma.
fn tidy(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" ,", ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r#"
        [[entry]]
        says = ["t2dm", "dm2"]
        means = "type 2 diabetes mellitus"
        [[entry]]
        says = ["dm"]
        means = ["diabetes mellitus"]
        [[entry]]
        says = ["w/"]
        means = ["with"]
        [[entry]]
        says = ["w/o"]
        means = ["without"]
        [[entry]]
        says = ["ALL"]
        exact_case = true
        means = ["acute lymphoblastic leukemia"]
        [[entry]]
        says = ["broken hip"]
        means = ["fracture of neck of femur"]
        [[entry]]
        says = ["cold"]
        means = ["common cold", "nasopharyngitis"]
        [[entry]]
        says = ["c/o"]
        means = []
        [[entry]]
        says = ["renal"]
        means = ["kidney"]
        official = true
    "#;

    fn check(said: &str, meant: &str) {
        let lexicon = Lexicon::parse(TEXT).expect("a lexicon");
        assert_eq!(lexicon.expand(said).meant, meant, "{said:?}");
    }

    #[test]
    fn whole_words_are_replaced_longest_first() {
        check("T2DM w/ CKD", "type 2 diabetes mellitus with CKD");
        check("dm w/o ckd", "diabetes mellitus without ckd");
        check("w/ckd", "with ckd");
        check("admin", "admin");
        check("all of ALL", "all of acute lymphoblastic leukemia");
        check(
            "Broken  right hip, again",
            "right fracture of neck of femur, again",
        );
        check("cold", "common cold nasopharyngitis");
        check("c/o dm,dm2", "diabetes mellitus, type 2 diabetes mellitus");
        check("", "");
    }

    #[test]
    fn an_official_wording_stays_beside_its_meaning() {
        check("renal failure", "renal kidney failure");
        check("Renal pelvis of r kidney", "Renal kidney pelvis of r kidney");
    }

    #[test]
    fn what_was_said_is_kept_for_prose() {
        let lexicon = Lexicon::parse(TEXT).expect("a lexicon");
        let expanded = lexicon.expand("t2dm now");
        assert_eq!(expanded.said, "t2dm now");
        assert_eq!(expanded.meant, "type 2 diabetes mellitus now");
        assert_eq!(expanded.both, "t2dm now type 2 diabetes mellitus");
        assert_eq!(lexicon.expand("nothing known").both, "nothing known");
        assert_eq!(Lexicon::default().expand("t2dm").meant, "t2dm");
        assert_eq!(lexicon.len(), 10);
    }

    #[test]
    fn a_bad_entry_is_named() {
        for (text, named) in [
            ("[[entry]]\nsays = []\nmeans = \"x\"", "entry 1"),
            (
                "[[entry]]\nsays = [\"a\"]\nmeans = \"x\"\n[[entry]]\nsays = [\"b\", \" \"]\nmeans = \"x\"",
                "entry 2",
            ),
            ("[[entry]]\nsays = [\"a\", \"A\"]\nmeans = \"x\"", "twice"),
            ("[[entry]]\nsays = [\"a\"]\nmeant = \"x\"", "meant"),
            ("[[entry", "does not parse"),
        ] {
            let error = Lexicon::parse(text).expect_err(text).to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn the_lexicon_of_the_product_loads() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/lexicon.toml");
        let text = std::fs::read_to_string(path).expect("config/lexicon.toml");
        let lexicon = Lexicon::parse(&text).expect("the lexicon of the product");
        assert!(lexicon.len() > 100, "{} wordings", lexicon.len());
    }

    proptest! {
        #[test]
        fn any_words_are_expanded_without_a_panic(words in "\\PC{0,60}", known in "(t2dm|w/|cold| |İ|ALL|’){0,8}") {
            let lexicon = Lexicon::parse(TEXT).expect("a lexicon");
            lexicon.expand(&words);
            lexicon.expand(&format!("{words}{known}"));
        }
    }
}
