//! The words of charts and patients, and the wording of the sources that each stands for.

mod wordings;

use serde::Deserialize;
use std::collections::HashSet;
use wordings::{Entry, Wordings};

/// Puts a question in the wording of the sources before it is searched: `t2dm w/ ckd` becomes `type 2 diabetes
/// mellitus with chronic kidney disease`. Read from `config/lexicon.toml`, whose head describes the format.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// For titles of code sets.
    titles: Wordings,
    /// For prose, where "mod" is a modifier and not moderate.
    prose: Wordings,
    size: usize,
}

/// A question as it was asked, and in the wordings of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// As it was asked.
    pub said: String,
    /// What is said, replaced by what titles of code sets say: keeping what was said beside it measured 2 to 5
    /// points lower there (`docs/retrieval.md`).
    pub meant: String,
    /// What is said, its shorthand written out as prose says it.
    pub written: String,
    /// As it was asked, with everything that it means behind it. For BM25 over prose, which uses shorthand itself.
    pub both: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entry: Vec<FileEntry>,
    #[serde(default)]
    prose: Vec<FileEntry>,
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

impl Lexicon {
    /// Reads a lexicon.
    ///
    /// # Errors
    /// [`LexiconError::Entry`] names the first entry that says nothing, or says something twice.
    pub fn parse(text: &str) -> Result<Self, LexiconError> {
        let file: File = toml::from_str(text)?;
        let (titles, prose) = (wordings(file.entry)?, wordings(file.prose)?);
        let size = titles.entries().count() + prose.entries().count();
        Ok(Self { titles, prose, size })
    }

    /// Every word that it can read.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let entries = self.titles.entries().chain(self.prose.entries());
        entries.flat_map(|entry| entry.said.iter().map(String::as_str))
    }

    /// How many wordings it knows.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Puts `words` in the wordings of the sources.
    pub fn expand(&self, words: &str) -> Expanded {
        let prose = self.expand_prose(words);
        let meant = self.titles.replace(&prose.said);
        // Shorthand that prose writes out is not read again in the sense of titles.
        let meanings = self.titles.replace(&prose.written).meanings;
        Expanded {
            meant: tidy(&meant.text),
            both: tidy(&format!("{} {}", prose.both, meanings.join(" "))),
            ..prose
        }
    }

    /// Puts `words` in the wording of prose alone: titles are searched by what was said.
    pub(crate) fn expand_prose(&self, words: &str) -> Expanded {
        let said = words.replace(['’', '‘'], "'");
        let written = self.prose.replace(&said);
        Expanded {
            meant: said.clone(),
            written: tidy(&written.text),
            both: tidy(&format!("{said} {}", written.meanings.join(" "))),
            said,
        }
    }
}

fn wordings(entries: Vec<FileEntry>) -> Result<Wordings, LexiconError> {
    let mut wordings = Wordings::default();
    let mut known: HashSet<(Vec<String>, bool)> = HashSet::new();
    for (entry, number) in entries.into_iter().zip(1..) {
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
            let as_read = |word: &str| match entry.exact_case {
                true => word.to_owned(),
                false => word.to_lowercase(),
            };
            let said: Vec<String> = says.split_whitespace().map(as_read).collect();
            if !known.insert((said.clone(), entry.exact_case)) {
                return Err(refused(
                    "a wording in `says` stands in an earlier entry, or twice in this one",
                ));
            }
            let is_said = wordings.add(Entry {
                said,
                exact_case: entry.exact_case,
                means: means.clone(),
                official: entry.official,
            });
            if !is_said {
                return Err(refused("a wording in `says` is blank"));
            }
        }
    }
    Ok(wordings)
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

    const PROSE: &str = r#"
        [[entry]]
        says = ["mod"]
        means = "moderate"
        [[entry]]
        says = ["dm"]
        means = "diabetes mellitus"
        [[prose]]
        says = ["mod"]
        means = "modifier"
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
    fn shorthand_means_in_prose_what_it_means_there() {
        let lexicon = Lexicon::parse(PROSE).expect("a lexicon");
        let expanded = lexicon.expand("which mod for dm");
        assert_eq!(expanded.meant, "which moderate for diabetes mellitus");
        assert_eq!(expanded.written, "which modifier for dm");
        assert_eq!(expanded.both, "which mod for dm modifier diabetes mellitus");
        let prose = lexicon.expand_prose("which mod for dm");
        assert_eq!(prose.meant, "which mod for dm");
        assert_eq!(prose.both, "which mod for dm modifier");
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
