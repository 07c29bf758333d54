//! The codes that the text of a note names: `(E08-E13)`, `(Z16.-)`, `(O24.4-)`, `categories T20-T25`.
//!
//! A code without a dot looks like other things ("vitamin B12", "GM2"), so it is taken for one only where codes stand:
//! in brackets, in a range, before a dash, behind a code, or behind a word such as "category".

use codecite_codebook::{Code, CodeSystem};

/// Words behind which a code stands.
const CUES: [&str; 14] = [
    "in",
    "to",
    "from",
    "see",
    "with",
    "code",
    "codes",
    "category",
    "categories",
    "subcategory",
    "subcategories",
    "except",
    "through",
    "of",
];

/// The codes that a text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// As they are shown: `E11.9`, `E08-E13`, `Z16-` for all that begin so.
    pub shown: Vec<String>,
    /// Those that are named by themselves.
    pub exact: Vec<Code>,
}

impl Named {
    pub fn find(text: &str) -> Self {
        let mut named = Self::default();
        let mut at = 0;
        // Where the code before ends.
        let mut behind = None;
        while let Some(token) = next_token(text, at) {
            at = token.end;
            if !is_meant(text, &token, behind) {
                continue;
            }
            let end = extent(text, token.end);
            behind = Some(end.at);
            at = end.at;
            match end.last {
                Some(last) => named.show(format!("{}-{last}", token.code)),
                None if end.has_dash => named.show(format!("{}-", token.code)),
                None => {
                    named.show(token.code.text().to_owned());
                    if !named.exact.contains(&token.code) {
                        named.exact.push(token.code);
                    }
                }
            }
        }
        named
    }

    fn show(&mut self, code: String) {
        if !self.shown.contains(&code) {
            self.shown.push(code);
        }
    }
}

/// A word with the shape of a code.
struct Token {
    code: Code,
    start: usize,
    end: usize,
}

/// The first word at or behind `from` that has the shape of a code in official spelling.
fn next_token(text: &str, from: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|start| {
        let is_begin =
            start == 0 || !matches!(bytes.get(start - 1), Some(c) if c.is_ascii_alphanumeric() || *c == b'.');
        let begins = bytes.get(start).is_some_and(u8::is_ascii_uppercase);
        if is_begin && begins {
            token_at(text, start)
        } else {
            None
        }
    })
}

fn token_at(text: &str, start: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    let run = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            .count()
    };
    let mut end = start + run(start);
    if end - start != 3 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') && run(end + 1) > 0 {
        end += 1 + run(end + 1);
    }
    if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let code = Code::parse(CodeSystem::Icd10Cm, text.get(start..end)?).ok()?;
    Some(Token { code, start, end })
}

/// What follows a code.
struct Extent {
    /// Where it ends.
    at: usize,
    /// The end of a range.
    last: Option<Code>,
    has_dash: bool,
}

/// Reads the dashes behind a code: `-` or `.-` for all that begin so, or a range to another code.
fn extent(text: &str, from: usize) -> Extent {
    let rest = text.get(from..).unwrap_or_default();
    let mark = dashes(rest);
    let behind = from + mark;
    if mark == 0 {
        return Extent {
            at: from,
            last: None,
            has_dash: false,
        };
    }
    match token_at(text, behind) {
        Some(last) => Extent {
            at: last.end + dashes(text.get(last.end..).unwrap_or_default()),
            last: Some(last.code),
            has_dash: true,
        },
        None => Extent {
            at: behind,
            last: None,
            has_dash: true,
        },
    }
}

/// How many of the first characters are dashes, with a dot before them.
fn dashes(rest: &str) -> usize {
    let behind_dot = rest.strip_prefix('.').unwrap_or(rest);
    let dashes = behind_dot.bytes().take_while(|c| *c == b'-').count();
    match dashes {
        0 => 0,
        dashes => rest.len() - behind_dot.len() + dashes,
    }
}

fn is_meant(text: &str, token: &Token, behind: Option<usize>) -> bool {
    if token.code.text().contains('.') || dashes(text.get(token.end..).unwrap_or_default()) > 0 {
        return true;
    }
    let before = text.get(..token.start).unwrap_or_default().trim_end();
    let is_next = behind
        .and_then(|behind| text.get(behind..token.start))
        .is_some_and(|between| {
            between
                .split([' ', ',', ';', ')', '('])
                .all(|word| matches!(word, "" | "and" | "or"))
        });
    let last_word = before
        .rsplit([' ', '('])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    is_next || before.ends_with('(') || CUES.contains(&last_word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stems_and_ranges_are_told_apart_from_words() {
        for (text, shown) in [
            (
                "gestational diabetes (O24.4-), malnutrition (E08-E13, E64.0)",
                "O24.4-, E08-E13, E64.0",
            ),
            ("code to identify resistance (Z16.-)", "Z16-"),
            ("vitamin B12 deficiency (E53.8)", "E53.8"),
            (
                "Cell membrane receptor complex [CR3] defect; GM2 gangliosidosis",
                "",
            ),
            ("any condition in N18 and N26 due to hypertension", "N18, N26"),
            (
                "conditions in O00-O77.-, O85-O94 and O98-O9A.- as the cause",
                "O00-O77, O85-O94, O98-O9A",
            ),
            ("Conditions classifiable to C43", "C43"),
            ("water-skiing NOS (V94.X)", "V94.X"),
            ("carcinoma (C7A.-) (C7B.0-)", "C7A-, C7B.0-"),
            ("pneumonia (J12-J18) with HIV (B20)", "J12-J18, B20"),
            ("E11-", "E11-"),
            ("", ""),
        ] {
            assert_eq!(Named::find(text).shown.join(", "), shown, "{text}");
        }
        let exact =
            Named::find("history (Z87.891) of use (F17.-), dependence (F17.2-) and B20 or (B20)").exact;
        let exact: Vec<&str> = exact.iter().map(Code::text).collect();
        assert_eq!(exact, ["Z87.891", "B20"]);
    }
}
