//! Modifiers, as coders write them: `modifier 25`, `38900-59`, `mod 59`, `the 25 modifier`, `append 25`, `XU`.

use super::{Claims, regex};
use regex::{Captures, Regex};
use std::sync::LazyLock;

macro_rules! letters {
    () => {
        "XE|XP|XS|XU|TC|RT|LT|GA|GX|GY|GZ|KX|JW|JZ|QW|GT|GQ|GC|GE|LC|LD|LM|RC"
    };
}

static NAMED: LazyLock<Regex> = regex!(concat!(
    r#"(?i)\b(?:modifiers?|mods?\b\.?)\s*[:#("'“‘]*\s*[-‐‑–]?((?-i:[0-9A-Z]{2})\b|(?:"#,
    letters!(),
    r")\b)"
));
static AND_MORE: LazyLock<Regex> = regex!(concat!(
    r#"^["'”’)]*\s*(?:,?\s*(?:and/or|and|or|nor|to|through|plus|but not|not)\b|,|/|&|\+|;)\s*(?:modifiers?\s+)?["'“‘(]*[-‐‑–]?((?-i:[0-9A-Z]{2})\b|(?i:"#,
    letters!(),
    r")\b)"
));
/// What follows a number that counts something, and so is no modifier.
static COUNTS: LazyLock<Regex> = regex!(
    r"(?i)^\s*[-‐‑–]?\s*(?:%|\.\d|percent|global|days?\b|units?\b|minutes?\b|hours?\b|weeks?\b|months?\b|years?\b|lines?\b|lesions?\b|mg\b|ml\b|mcg\b|cm\b|times\b|rvus?\b)"
);
// Two capitals or a digit and a capital are a modifier here, on the list above or not.
static BEFORE: LazyLock<Regex> = regex!(r"\b([0-9]{2}|[A-Z][A-Z0-9]|[0-9][A-Z])[\s-]modifier\b");
static VERB: LazyLock<Regex> = regex!(
    r"\b(?i:append|appends|appending|appended|attach|attaches|attaching|add|adding|adds)\s+(?:a\s+|the\s+)?[-‐‑–]?([0-9]{2}|[A-Z][A-Z0-9]|[0-9][A-Z])\b"
);
static USE: LazyLock<Regex> =
    regex!(r"\b(?i:use|uses|using|with|needs|takes)\s+[-‐‑–]?([A-Z][A-Z0-9]|[0-9][A-Z])\b");
static DASHED: LazyLock<Regex> = regex!(r"(?:^|[\s(,])[-‐‑–]([0-9]{2}|[A-Z][A-Z0-9]|[0-9][A-Z])\b");
static APPENDED: LazyLock<Regex> =
    regex!(r"\b([0-9A-Za-z]\d{3}[0-9A-Za-z])((?:\s?[-‐‑–/]\s?[0-9A-Za-z]{2}\b)+)");
static BARE: LazyLock<Regex> = regex!(concat!(r"\b(?:", letters!(), r"|(?i:X[EPSU]))\b"));
static TWO: LazyLock<Regex> = regex!(r"[0-9A-Za-z]{2}");

impl Claims {
    pub(super) fn take_modifiers(&mut self, text: &str) -> String {
        let rest = self.take_named(text);
        let modifiers = &mut self.modifiers;
        let rest = APPENDED.replace_all(&rest, |found: &Captures<'_>| {
            modifiers.extend(
                TWO.find_iter(&found[2])
                    .map(|two| two.as_str().to_ascii_uppercase()),
            );
            format!("{} ", &found[1])
        });
        let mut rest = rest.into_owned();
        for pattern in [&BEFORE, &VERB, &USE, &DASHED] {
            rest = take_uncounted(pattern, &rest, modifiers);
        }
        modifiers.extend(
            BARE.find_iter(&rest)
                .map(|letters| letters.as_str().to_ascii_uppercase()),
        );
        rest
    }

    /// `modifier 25`, and the list that goes on from there: `modifiers 25, 57 and 59`.
    fn take_named(&mut self, text: &str) -> String {
        let mut rest = String::with_capacity(text.len());
        let mut tail = text;
        while let Some(found) = NAMED.captures(tail) {
            let (Some(whole), Some(first)) = (found.get(0), found.get(1)) else {
                break;
            };
            if is_word(first.as_str()) {
                rest.push_str(&tail[..whole.end()]);
                tail = &tail[whole.end()..];
                continue;
            }
            self.modifiers.insert(first.as_str().to_ascii_uppercase());
            rest.push_str(&tail[..whole.start()]);
            rest.push_str(" modifier ");
            tail = &tail[whole.end()..];
            while let Some(found) = AND_MORE.captures(tail) {
                let (Some(whole), Some(next)) = (found.get(0), found.get(1)) else {
                    break;
                };
                if COUNTS.is_match(&tail[whole.end()..]) || is_word(next.as_str()) {
                    break;
                }
                self.modifiers.insert(next.as_str().to_ascii_uppercase());
                tail = &tail[whole.end()..];
            }
        }
        rest.push_str(tail);
        rest
    }
}

fn take_uncounted(pattern: &Regex, text: &str, modifiers: &mut std::collections::BTreeSet<String>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut tail = text;
    while let Some(found) = pattern.captures(tail) {
        let (Some(whole), Some(modifier)) = (found.get(0), found.get(1)) else {
            break;
        };
        let after = &tail[modifier.end()..];
        if COUNTS.is_match(after) || is_word(modifier.as_str()) {
            rest.push_str(&tail[..whole.end()]);
        } else {
            modifiers.insert(modifier.as_str().to_owned());
            rest.push_str(&tail[..modifier.start()]);
            rest.push(' ');
            rest.push_str(&tail[modifier.end()..whole.end()]);
        }
        tail = &tail[whole.end()..];
    }
    rest.push_str(tail);
    rest
}

/// In a sentence all in capitals, "MODIFIER IS" names no modifier IS; and "use IV contrast" names none at all.
fn is_word(two: &str) -> bool {
    matches!(
        two,
        "IS" | "OR"
            | "IN"
            | "ON"
            | "IF"
            | "TO"
            | "OF"
            | "BE"
            | "BY"
            | "DO"
            | "NO"
            | "SO"
            | "WE"
            | "IT"
            | "HE"
            | "UP"
            | "IV"
            | "CT"
            | "ED"
            | "ER"
            | "MD"
            | "MR"
            | "PC"
            | "NP"
            | "PA"
            | "US"
    )
}
