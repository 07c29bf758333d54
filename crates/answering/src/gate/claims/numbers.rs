//! Numbers in digits and in words, with their units, their labels and their ranges.

use super::super::words::{is_empty_word, stem};
use super::{Claims, blank, regex};
use regex::Regex;
use std::sync::LazyLock;

/// A number in canonical digits (`2.5`, never `2.50` or `2,500`) with its unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    pub value: String,
    pub unit: Option<Unit>,
}

/// Units whose exchange would change a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Centimeter,
    Character,
    Claim,
    Day,
    Dollar,
    Gram,
    Hour,
    Kilogram,
    Lesion,
    Line,
    Microgram,
    Milligram,
    Milliliter,
    Millimeter,
    Minute,
    Month,
    Percent,
    Second,
    Service,
    Session,
    Time,
    Visit,
    Week,
    Year,
}

/// How a number bounds what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bound {
    AtLeast,
    AtMost,
    Over,
    Under,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Digits(&'a str),
    Word(String, &'a str),
    Mark(char),
}

/// One number read from tokens.
struct Read {
    value: String,
    /// Where the text goes on.
    next: usize,
    /// "one" is a pronoun as often as a number: it claims something only with a unit or a label.
    may_be_pronoun: bool,
    /// `7th`, `third`: it counts a place and has no unit.
    ordinal: bool,
    unit: Option<Unit>,
}

impl Claims {
    pub(super) fn take_numbers(&mut self, text: &str) {
        let text = &self.take_fractions(text);
        let tokens = tokens(text);
        let mut at = 0;
        while at < tokens.len() {
            let Some(first) = read_number(&tokens, at) else {
                self.take_multiple(&tokens[at]);
                at += 1;
                continue;
            };
            let mut numbers = vec![first];
            let mut is_range = false;
            // "20 to 29 minutes", "0 or 10 days": the unit behind the last belongs to all.
            while let Some((joint, next)) = joined(&tokens, at, numbers[numbers.len() - 1].next) {
                is_range |= joint;
                numbers.push(next);
            }
            let unit = numbers.last().and_then(|last| last.unit);
            if let ([first, .., last], true) = (numbers.as_slice(), is_range) {
                self.number_ranges
                    .insert((first.value.clone(), last.value.clone()));
            }
            let label = label_before(&tokens, at);
            let end = numbers.last().map_or(at + 1, |last| last.next);
            let bound = bound_before(&tokens, at).or_else(|| bound_behind(&tokens, end));
            let counted = words_behind(&tokens, end);
            at = end;
            for number in numbers {
                if let Some(bound) = bound {
                    self.bounds.insert((number.value.clone(), bound));
                }
                if label.is_none() && !number.ordinal && !number.may_be_pronoun {
                    self.counted.insert((number.value.clone(), counted.clone()));
                }
                self.add(number, unit, label.as_deref());
            }
        }
    }

    fn add(&mut self, number: Read, unit_of_all: Option<Unit>, label: Option<&str>) {
        let unit = number.unit.or(unit_of_all.filter(|_| !number.ordinal));
        if number.may_be_pronoun && unit.is_none() && label.is_none() {
            return;
        }
        if let Some(label) = label {
            self.labelled.insert((label.to_owned(), number.value.clone()));
            if unit.is_none() && names_a_kind(label) {
                // The 3 of "indicator 3" counts nothing, and vouches for no 3 that does.
                return;
            }
        }
        // A number with a unit also stands there without one: "10 days" supports "10".
        self.numbers.insert(Number {
            value: number.value.clone(),
            unit: None,
        });
        if unit.is_some() {
            self.numbers.insert(Number {
                value: number.value,
                unit,
            });
        }
    }

    /// "a quarter of", "one third less": "a third surgeon" counts something else.
    fn take_fractions(&mut self, text: &str) -> String {
        static FRACTION: LazyLock<Regex> =
            regex!(r"(?i)\b(a|one|two|three|four)[\s-]+(\p{L}+)\s+(?:of|less|more|off)\b");
        blank(&FRACTION, text, |found| {
            let above = match found[1].to_ascii_lowercase().as_str() {
                "two" => 2,
                "three" => 3,
                "four" => 4,
                _ => 1,
            };
            let Some(below) = denominator(&found[2].to_ascii_lowercase()) else {
                return false;
            };
            self.numbers.insert(Number {
                value: format!("{above}/{below}"),
                unit: None,
            });
            true
        })
    }

    /// "twice", "half", "double": numbers that need no counting word.
    fn take_multiple(&mut self, token: &Token<'_>) {
        let Token::Word(word, original) = token else {
            return;
        };
        let (value, unit) = match word.as_str() {
            "twice" => ("2", Some(Unit::Time)),
            "thrice" => ("3", Some(Unit::Time)),
            "half" | "halves" | "halved" | "halve" => ("1/2", None),
            "dozen" | "dozens" => ("12", None),
            "double" | "doubles" | "doubled" | "doubling" => ("x2", None),
            "triple" | "triples" | "tripled" | "tripling" => ("x3", None),
            "quadruple" | "quadrupled" => ("x4", None),
            _ => match roman(original) {
                Some(value) => (value, None),
                None => return,
            },
        };
        self.numbers.insert(Number {
            value: value.to_owned(),
            unit: None,
        });
        if unit.is_some() {
            self.numbers.insert(Number {
                value: value.to_owned(),
                unit,
            });
        }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    static TOKEN: LazyLock<Regex> = regex!(
        r"(?P<digits>\d{1,2}[a-eA-E]\b|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)|(?P<word>\p{L}+(?:['’]\p{L}+)?)|(?P<mark>[^\s\w])"
    );
    TOKEN
        .captures_iter(text)
        .filter_map(|found| {
            if let Some(digits) = found.name("digits") {
                return Some(Token::Digits(digits.as_str()));
            }
            if let Some(word) = found.name("word") {
                return Some(Token::Word(word.as_str().to_lowercase(), word.as_str()));
            }
            found.name("mark")?.as_str().chars().next().map(Token::Mark)
        })
        .collect()
}

fn word_at<'t>(tokens: &'t [Token<'_>], at: usize) -> Option<&'t str> {
    match tokens.get(at) {
        Some(Token::Word(word, _)) => Some(word),
        _ => None,
    }
}

fn is_mark(tokens: &[Token<'_>], at: usize, marks: &[char]) -> bool {
    matches!(tokens.get(at), Some(Token::Mark(mark)) if marks.contains(mark))
}

const DASHES: [char; 6] = ['-', '‐', '‑', '–', '—', '−'];

fn read_number(tokens: &[Token<'_>], at: usize) -> Option<Read> {
    let mut read = match tokens.get(at)? {
        Token::Digits(digits) => read_digits(tokens, at, digits),
        Token::Word(_, original) => match roman_at(tokens, at, original) {
            Some(value) => plain(value.to_owned(), at + 1),
            None => read_words(tokens, at)?,
        },
        Token::Mark(_) => return None,
    };
    if !read.ordinal {
        read.unit = unit_around(tokens, at, &mut read.next);
    }
    Some(read)
}

fn plain(value: String, next: usize) -> Read {
    Read {
        value,
        next,
        may_be_pronoun: false,
        ordinal: false,
        unit: None,
    }
}

fn read_digits(tokens: &[Token<'_>], at: usize, digits: &str) -> Read {
    let value = canonical(digits);
    if is_mark(tokens, at + 1, &['/', '⁄'])
        && let Some(Token::Digits(below)) = tokens.get(at + 2)
    {
        return plain(format!("{value}/{}", canonical(below)), at + 3);
    }
    match word_at(tokens, at + 1) {
        Some("st" | "nd" | "rd" | "th") => Read {
            ordinal: true,
            ..plain(value, at + 2)
        },
        Some(word) => match scale(word) {
            Some(zeros) => plain(scaled(&value, zeros), at + 2),
            None => plain(value, at + 1),
        },
        None => plain(value, at + 1),
    }
}

/// How many zeros a word puts behind a number.
fn scale(word: &str) -> Option<usize> {
    Some(match word {
        "hundred" => 2,
        "thousand" | "k" => 3,
        "million" => 6,
        "billion" => 9,
        _ => return None,
    })
}

fn scaled(value: &str, zeros: usize) -> String {
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let mut digits = part.to_owned();
    while digits.len() < zeros {
        digits.push('0');
    }
    canonical(&format!("{whole}{}.{}", &digits[..zeros], &digits[zeros..]))
}

/// What the last word of a number was; it decides which word may go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Unit,
    Tens,
    Hundred,
    Scale,
}

/// `one hundred and eighty`, `twenty-five`, `two-thirds`, `twenty-fifth`.
fn read_words(tokens: &[Token<'_>], at: usize) -> Option<Read> {
    let (mut total, mut group) = (0_u64, 0_u64);
    let (mut last, mut next, mut ordinal) = (Last::Nothing, at, false);
    while !ordinal {
        let is_dash = last != Last::Nothing && is_mark(tokens, next, &DASHES);
        // "two and three" are two numbers, "one hundred and three" is one.
        let is_and = matches!(last, Last::Hundred | Last::Scale) && word_at(tokens, next) == Some("and");
        let here = next + usize::from(is_dash || is_and);
        let Some(word) = word_at(tokens, here) else { break };
        if is_dash && let Some(below) = denominator(word) {
            return Some(plain(format!("{}/{below}", total + group), here + 1));
        }
        match component(word, is_dash) {
            Some(Component::Ordinal(value)) if last != Last::Unit => {
                group += value;
                ordinal = true;
            }
            Some(Component::Unit(value)) if last != Last::Unit && (last != Last::Tens || value < 10) => {
                group += value;
                last = Last::Unit;
            }
            Some(Component::Tens(value)) if !matches!(last, Last::Unit | Last::Tens) => {
                group += value;
                last = Last::Tens;
            }
            Some(Component::Scale(100)) if matches!(last, Last::Nothing | Last::Unit | Last::Tens) => {
                group = group.max(1) * 100;
                last = Last::Hundred;
            }
            Some(Component::Scale(factor)) if factor > 100 && last != Last::Scale => {
                total = total.saturating_add(group.max(1).saturating_mul(factor));
                group = 0;
                last = Last::Scale;
            }
            _ => break,
        }
        next = here + 1;
    }
    if next == at {
        return None;
    }
    let value = total.saturating_add(group);
    Some(Read {
        may_be_pronoun: next == at + 1 && value == 1,
        ordinal,
        ..plain(value.to_string(), next)
    })
}

enum Component {
    Unit(u64),
    Tens(u64),
    Scale(u64),
    Ordinal(u64),
}

fn component(word: &str, after_dash: bool) -> Option<Component> {
    let position = |names: &[&str]| {
        names
            .iter()
            .position(|name| *name == word)
            .map(|position| position as u64)
    };
    if let Some(value) = position(&NUMBER_WORDS) {
        return Some(Component::Unit(value));
    }
    if let Some(tens) = position(&TENS) {
        return Some(Component::Tens((tens + 2) * 10));
    }
    if let Some(value) = position(&ORDINALS) {
        return Some(Component::Ordinal(value + 3));
    }
    Some(match word {
        // Alone, "first" and "second" order a text more often than they count.
        "first" if after_dash => Component::Ordinal(1),
        "second" if after_dash => Component::Ordinal(2),
        "hundred" => Component::Scale(100),
        "thousand" => Component::Scale(1_000),
        "million" => Component::Scale(1_000_000),
        "billion" => Component::Scale(1_000_000_000),
        _ => return None,
    })
}

/// The unit of the number at `at` that goes on at `next`: `$` or `×` before it, `%` or a word behind it.
fn unit_around(tokens: &[Token<'_>], at: usize, next: &mut usize) -> Option<Unit> {
    if at > 0 && is_mark(tokens, at - 1, &['$']) {
        return Some(Unit::Dollar);
    }
    if at > 0 && (is_mark(tokens, at - 1, &['×']) || word_at(tokens, at - 1) == Some("x")) {
        return Some(Unit::Time);
    }
    if is_mark(tokens, *next, &['%']) {
        *next += 1;
        return Some(Unit::Percent);
    }
    if is_mark(tokens, *next, &['×']) {
        return Some(Unit::Time);
    }
    let mut here = *next;
    for _ in 0..3 {
        if is_mark(tokens, here, &DASHES) {
            here += 1;
        }
        let word = word_at(tokens, here)?;
        if let Some(unit) = unit_of(word) {
            return Some(unit);
        }
        if !ADJECTIVES.contains(&word) {
            return None;
        }
        here += 1;
    }
    None
}

/// Words that may stand between a number and its unit.
const ADJECTIVES: [&str; 14] = [
    "global",
    "calendar",
    "postoperative",
    "consecutive",
    "follow",
    "up",
    "full",
    "total",
    "work",
    "per",
    "cent",
    "business",
    "additional",
    "more",
];

fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "centimeter" | "centimeters" | "cm" => Unit::Centimeter,
        "character" | "characters" => Unit::Character,
        "claim" | "claims" => Unit::Claim,
        "day" | "days" => Unit::Day,
        "dollar" | "dollars" | "usd" => Unit::Dollar,
        "gram" | "grams" | "g" => Unit::Gram,
        "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "kilogram" | "kilograms" | "kg" => Unit::Kilogram,
        "lesion" | "lesions" => Unit::Lesion,
        "line" | "lines" => Unit::Line,
        "microgram" | "micrograms" | "mcg" => Unit::Microgram,
        "mg" | "milligram" | "milligrams" => Unit::Milligram,
        "ml" | "milliliter" | "milliliters" => Unit::Milliliter,
        "mm" | "millimeter" | "millimeters" => Unit::Millimeter,
        "minute" | "minutes" | "min" | "mins" => Unit::Minute,
        "month" | "months" => Unit::Month,
        "cent" | "percent" | "percentage" | "pct" => Unit::Percent,
        "second" | "seconds" | "sec" => Unit::Second,
        "unit" | "units" => Unit::Service,
        "session" | "sessions" => Unit::Session,
        "time" | "times" | "x" => Unit::Time,
        "visit" | "visits" => Unit::Visit,
        "week" | "weeks" => Unit::Week,
        "year" | "years" => Unit::Year,
        _ => return None,
    })
}

/// The number that goes on from the one before `next`: whether as a range, and what it is.
fn joined(tokens: &[Token<'_>], first: usize, next: usize) -> Option<(bool, Read)> {
    let is_between = first > 0 && word_at(tokens, first - 1) == Some("between");
    let is_range = match tokens.get(next)? {
        Token::Mark(mark) if DASHES.contains(mark) => true,
        Token::Word(word, _) if matches!(word.as_str(), "to" | "through" | "thru") => true,
        Token::Word(word, _) if word == "or" => false,
        Token::Word(word, _) if word == "and" && is_between => true,
        _ => return None,
    };
    read_number(tokens, next + 1).map(|read| (is_range, read))
}

/// "at least 20", "no more than 2", "≥ 20".
fn bound_before(tokens: &[Token<'_>], at: usize) -> Option<Bound> {
    let mark = at.checked_sub(1).and_then(|before| match tokens.get(before) {
        Some(Token::Mark(mark)) => Some(*mark),
        _ => None,
    });
    match mark {
        Some('≥') => return Some(Bound::AtLeast),
        Some('≤') => return Some(Bound::AtMost),
        Some('>') => return Some(Bound::Over),
        Some('<') => return Some(Bound::Under),
        Some(_) => return None,
        None => {}
    }
    let before = |back: usize| {
        at.checked_sub(back)
            .and_then(|place| word_at(tokens, place))
            .unwrap_or_default()
    };
    let is_denied = |back: usize| matches!(before(back), "no" | "not" | "never");
    Some(match (before(2), before(1)) {
        ("at", "least") | ("minimum", "of" | "is") => Bound::AtLeast,
        ("at", "most") | ("up", "to") | ("maximum", "of" | "is") => Bound::AtMost,
        ("less" | "fewer", "than") if is_denied(3) => Bound::AtLeast,
        ("more", "than") if is_denied(3) => Bound::AtMost,
        ("less" | "fewer" | "shorter", "than") => Bound::Under,
        ("more" | "greater" | "longer", "than") => Bound::Over,
        (_, "under" | "below") => Bound::Under,
        (_, "over" | "above" | "exceeding" | "exceeds" | "beyond") => Bound::Over,
        _ => return None,
    })
}

/// "20 minutes or more".
fn bound_behind(tokens: &[Token<'_>], end: usize) -> Option<Bound> {
    (end..end + 3).find_map(|at| match (word_at(tokens, at), word_at(tokens, at + 1)) {
        (Some("or"), Some("more" | "longer" | "greater" | "above" | "over" | "higher")) => {
            Some(Bound::AtLeast)
        }
        (Some("or"), Some("less" | "fewer" | "shorter" | "below" | "under")) => Some(Bound::AtMost),
        _ => None,
    })
}

/// What a number counts: the words behind it, up to one that goes on to something else.
fn words_behind(tokens: &[Token<'_>], end: usize) -> Vec<String> {
    let first = end + usize::from(is_mark(tokens, end, &DASHES));
    (first..first + 3)
        .map_while(|at| word_at(tokens, at))
        .take_while(|word| word.chars().count() > 2 && !is_empty_word(word))
        .map(stem)
        .collect()
}

/// The word that names the number at `at`: `type 2`, `modifier indicator 1`, `the MUE of CPT … is 1`.
fn label_before(tokens: &[Token<'_>], at: usize) -> Option<String> {
    const FILLERS: [&str; 17] = [
        "is", "are", "was", "of", "value", "values", "limit", "for", "cpt", "hcpcs", "code", "codes", "the",
        "an", "a", "equals", "at",
    ];
    let mut here = at;
    for _ in 0..7 {
        here = here.checked_sub(1)?;
        let word = word_at(tokens, here)?;
        match word {
            "mue" | "mai" => return Some(word.to_owned()),
            word if kind(word).is_some() => return kind(word).map(str::to_owned),
            "indicator" | "indicators" => {
                let before = here.checked_sub(1).and_then(|before| word_at(tokens, before));
                let kind = before.filter(|word| word.len() > 4).unwrap_or_default();
                return Some(format!("{kind} indicator").trim().to_owned());
            }
            word if FILLERS.contains(&word) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a label makes its number a name, as in "type 2": it counts nothing.
fn names_a_kind(label: &str) -> bool {
    !matches!(label, "mue" | "mai")
}

/// `2,500.50` → `2500.5`, `.00` → `0`, `007` → `7`, stage `3A` → `3a`. Global days such as `000` keep their zeros apart from
/// `0`: as published they are three characters, and 000, 010 and 090 mean different things.
fn canonical(digits: &str) -> String {
    let digits = digits.replace(',', "").to_ascii_lowercase();
    match digits.split_once('.') {
        Some((whole, part)) => {
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            match part.trim_end_matches('0') {
                "" => whole.to_owned(),
                part => format!("{whole}.{part}"),
            }
        }
        None if digits.len() == 3 && digits.starts_with('0') => digits,
        None => {
            let bare = digits.trim_start_matches('0');
            if bare.is_empty() {
                "0".to_owned()
            } else {
                bare.to_owned()
            }
        }
    }
}

/// A Roman number. Behind a word such as "type", every one of them is read, in capitals or not; elsewhere
/// only those that are no words and no modifiers.
fn roman_at(tokens: &[Token<'_>], at: usize, word: &str) -> Option<&'static str> {
    let is_named = at
        .checked_sub(1)
        .and_then(|before| word_at(tokens, before))
        .and_then(kind)
        .is_some();
    match is_named {
        true => {
            let upper = word.to_ascii_uppercase();
            let position = ROMANS.iter().position(|roman| *roman == upper)?;
            Some(ROMAN_VALUES[position])
        }
        false => roman(word),
    }
}

const ROMANS: [&str; 20] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI",
    "XVII", "XVIII", "XIX", "XX",
];
const ROMAN_VALUES: [&str; 20] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "20",
];

/// The word that makes the number behind it a name, in the singular.
fn kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "type" | "types" => "type",
        "stage" | "stages" => "stage",
        "grade" | "grades" => "grade",
        "class" | "classes" => "class",
        "category" => "category",
        "column" => "column",
        "level" => "level",
        _ => return None,
    })
}

/// `I`, `V` and `X` are words and letters as often as numbers.
fn roman(word: &str) -> Option<&'static str> {
    Some(match word {
        "II" => "2",
        "III" => "3",
        "IV" => "4",
        "VI" => "6",
        "VII" => "7",
        "VIII" => "8",
        "IX" => "9",
        _ => return None,
    })
}

fn denominator(word: &str) -> Option<u8> {
    Some(match word {
        "half" | "halves" => 2,
        "third" | "thirds" => 3,
        "quarter" | "quarters" | "fourth" | "fourths" => 4,
        "fifth" | "fifths" => 5,
        "tenth" | "tenths" => 10,
        _ => return None,
    })
}

const NUMBER_WORDS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// From "third" on.
const ORDINALS: [&str; 10] = [
    "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
];
