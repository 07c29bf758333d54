//! The words of the sources, and the one that a misspelled word was meant to be.

use crate::stems::{is_stop_word, stem, stop_words};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

/// Shorter words are too near to too many others.
const SHORTEST: usize = 5;
/// From here on two slips leave a word what it was if it sounds the same. One does in any word; two that are heard
/// make another word: "trichinosis" is no "trichiasis".
const LONG: usize = 6;

/// Knows the words of the sources and puts them in place of misspelled ones. Pure: it is told the words.
///
/// What it does not know it compares; what it knows it leaves alone. So it is best told of every word that is
/// none of the sources' and right all the same ([`Vocabulary::and_known`]), or "couch" becomes "cough".
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// What may stand in place of a misspelled word, by its length in letters.
    by_length: BTreeMap<usize, Vec<Word>>,
    known: HashSet<String>,
    /// How often each stem stands in the sources: an ending does not make a word unknown.
    stems: HashMap<String, u64>,
    /// How many words the sources have, each as often as it stands there.
    total: u64,
}

#[derive(Clone, Debug)]
struct Word {
    text: String,
    sound: String,
    letters: u32,
    /// How often the sources say it; 0 for a word that is none of theirs.
    count: u64,
}

/// How far a word is from what was written, best first.
type Distance = (usize, bool, bool, std::cmp::Reverse<u64>);

impl Vocabulary {
    /// The words of the sources, each with how often it stands there. Of two that are as near to what was
    /// written, the more frequent one was meant.
    pub fn from_counts(counts: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut vocabulary = Self::default();
        for (word, count) in counts {
            vocabulary.learn(&word, count);
        }
        vocabulary.total = vocabulary.stems.values().copied().fold(0, u64::saturating_add);
        // "shuold" is nothing else, however rarely sources say "should".
        stop_words().for_each(|word| vocabulary.learn(word, u64::MAX));
        vocabulary
    }

    /// Further words that are right as they are. Nothing is corrected to them; and where one of them is nearest,
    /// nothing is corrected at all, since no source speaks of what was meant.
    #[must_use]
    pub fn and_known<Words>(mut self, words: Words) -> Self
    where
        Words: IntoIterator,
        Words::Item: AsRef<str>,
    {
        for word in words {
            self.learn(word.as_ref(), 0);
        }
        self
    }

    /// How many words it knows.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows none. Then it corrects nothing.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How much a word (its stem) tells about what is sought: 0 and more, the rarer in the sources the more. All
    /// tell the same where no sources are known.
    pub(crate) fn rarity(&self, stem: &str) -> f32 {
        if self.total == 0 {
            return 1.0;
        }
        let count = self.stems.get(stem).copied().unwrap_or_default();
        #[expect(
            clippy::cast_precision_loss,
            reason = "only the magnitude of the counts matters"
        )]
        let rarity = ((self.total as f32 + 1.0) / (count as f32 + 1.0)).ln();
        rarity.max(0.0)
    }

    /// `text` with each misspelled word replaced by the nearest known one. A word with a digit, a short one, one
    /// in capitals among others that are not, and one that is near to nothing stay as they are.
    pub fn corrected(&self, text: &str) -> String {
        let shouts = !text.contains(char::is_lowercase);
        let mut corrected = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let is_part = |c: char| c.is_alphanumeric() == rest.starts_with(char::is_alphanumeric);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end.max(c.len_utf8()));
            let is_abbreviation = !shouts && !run.contains(char::is_lowercase);
            match self.nearest(run).filter(|_| !is_abbreviation) {
                Some(word) => corrected.push_str(word),
                None => corrected.push_str(run),
            }
            rest = after;
        }
        corrected
    }

    fn learn(&mut self, word: &str, count: u64) {
        let word = word.to_lowercase();
        let of_stem = self.stems.entry(stem(&word)).or_default();
        *of_stem = of_stem.saturating_add(count);
        let is_new = self.known.insert(word.clone());
        if is_new && word.len() >= SHORTEST && is_plain(&word) {
            self.by_length.entry(word.len()).or_default().push(Word {
                sound: sound(&word),
                letters: letters(&word),
                text: word,
                count,
            });
        }
    }

    fn knows(&self, word: &str) -> bool {
        is_stop_word(word) || self.known.contains(word) || self.stems.contains_key(&stem(word))
    }

    /// The word of the sources that `written` was meant to be, if it is none itself.
    fn nearest(&self, written: &str) -> Option<&str> {
        if written.len() < SHORTEST || !is_plain(written) {
            return None;
        }
        let written = written.to_lowercase();
        if self.is_empty() || self.knows(&written) {
            return None;
        }
        let slips: usize = if written.len() < LONG { 1 } else { 2 };
        let lengths: RangeInclusive<usize> = written.len() - slips..=written.len() + slips;
        let (sound, letters) = (sound(&written), letters(&written));
        let near = |word: &Word| -> Option<Distance> {
            // A slip changes two letters at most, so most words need no closer look.
            if (word.letters ^ letters).count_ones() as usize > 2 * slips {
                return None;
            }
            let distance = strsim::osa_distance(&word.text, &written);
            let sounds_other = word.sound != sound;
            let begins_other = !word.text.starts_with(&written[..1]);
            let is_near = distance <= 1 || (distance <= slips && !sounds_other);
            is_near.then_some((
                distance,
                sounds_other,
                begins_other,
                std::cmp::Reverse(word.count),
            ))
        };
        let candidates = self.by_length.range(lengths).flat_map(|(_, words)| words);
        candidates
            .filter_map(|word| Some((near(word)?, word)))
            .min_by(|(one, _), (other, _)| one.cmp(other))
            .filter(|(_, word)| word.count > 0)
            .map(|(_, word)| word.text.as_str())
    }
}

fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// One bit for each letter that a plain word has.
fn letters(word: &str) -> u32 {
    word.bytes()
        .fold(0, |mask, byte| mask | 1 << (byte.to_ascii_lowercase() % 32))
}

/// What the ear keeps of a plain word: its consonants, each once in a row, those that are written in two ways
/// in one, and the vowel it may begin with as such.
fn sound(word: &str) -> String {
    let spelled = word
        .replace("ph", "f")
        .replace("ch", "k")
        .replace("ck", "k")
        .replace("gh", "g")
        .replace("rh", "r")
        .replace("th", "t")
        .replace("wh", "w");
    let mut sound = String::new();
    let mut letters = spelled.chars().peekable();
    let mut is_first = true;
    while let Some(letter) = letters.next() {
        let heard = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' if is_first => 'a',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' => continue,
            'c' if letters.peek().is_some_and(|next| "eiy".contains(*next)) => 's',
            'c' | 'q' => 'k',
            'z' => 's',
            other => other,
        };
        is_first = false;
        if !sound.ends_with(heard) {
            sound.push(heard);
        }
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary() -> Vocabulary {
        let counts = [
            ("debridement", 40),
            ("pneumonia", 30),
            ("tremor", 9),
            ("fracture", 80),
            ("fractures", 5),
            ("cough", 7),
            ("lesion", 20),
            ("modifier", 300),
            ("filters", 3),
            ("liters", 9),
            ("biosimilar", 12),
            ("first", 100),
            ("visit", 500),
            ("e11", 4),
        ];
        let counts = counts.map(|(word, count)| (word.to_owned(), count));
        Vocabulary::from_counts(counts).and_known(["couch", "lesson", "claim"])
    }

    #[test]
    fn a_misspelled_word_becomes_the_nearest_one_of_the_sources() {
        let vocabulary = vocabulary();
        for (written, meant) in [
            ("debridemint of a leson", "debridement of a lesion"),
            ("Neumonia comes frist", "pneumonia comes first"),
            ("biosimalar", "biosimilar"),
            ("shakey tremmer", "shakey tremor"),
            ("fliters", "filters"),
            ("fractrue?", "fracture?"),
            ("DEBRIDEMINT", "debridement"),
            ("shuold", "should"),
        ] {
            assert_eq!(vocabulary.corrected(written), meant, "{written:?}");
        }
    }

    #[test]
    fn what_is_right_short_or_no_word_is_never_altered() {
        let vocabulary = vocabulary();
        for right in [
            "fractured on the couch",
            "a lesson for the claims",
            "E11.9, 99213-25, J1O30 and G0l27 w/ RT, LT or X{EPSU}",
            "FIRSY modifier XE for the visit",
            "vist",
            "5mgg of modif1er",
            "zoledronate",
            "brüche in der lunge",
            "",
        ] {
            assert_eq!(vocabulary.corrected(right), right);
        }
        assert_eq!(Vocabulary::default().corrected("debridemint"), "debridemint");
    }

    #[test]
    fn nothing_is_corrected_where_a_word_of_no_source_is_nearer() {
        let counts = [("cheek".to_owned(), 9)];
        let vocabulary = Vocabulary::from_counts(counts);
        assert_eq!(vocabulary.corrected("cheep"), "cheek");
        assert_eq!(vocabulary.and_known(["cheap"]).corrected("cheep"), "cheep");
    }

    #[test]
    fn the_rarer_a_word_the_more_it_tells() {
        let vocabulary = vocabulary();
        let tells = |word: &str| vocabulary.rarity(&stem(word));
        assert!(tells("elephant") > tells("cough"));
        assert!(tells("cough") > tells("modifier"));
        assert!(
            tells("should") < f32::EPSILON,
            "a word without a meaning tells nothing"
        );
        assert!((Vocabulary::default().rarity("cough") - 1.0).abs() < f32::EPSILON);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,60}", word in "[a-zA-Z]{0,12}") {
            let vocabulary = vocabulary();
            vocabulary.corrected(&text);
            let once = vocabulary.corrected(&word);
            prop_assert_eq!(vocabulary.corrected(&once), once.clone());
        }
    }
}
