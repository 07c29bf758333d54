//! Placeholders such as `{38900.mue.units}`: numbers of official tables stand once, as facts.

use crate::starter::facts::Known;

/// Fills the placeholders of `text` from the facts of its file and joins its lines. What names no fact is
/// told in `wrong`.
pub(crate) fn fill(text: &str, known: &Known<'_>, wrong: &mut Vec<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((placeholder, after)) = after.split_once('}') else {
            wrong.push("a brace is opened and not closed".into());
            return filled;
        };
        match value(placeholder, known) {
            Some(value) => filled.push_str(value),
            None => wrong.push(format!(
                "placeholder {{{placeholder}}} names no fact of this file; write {{code.kind.value}}"
            )),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn value<'a>(placeholder: &str, known: &Known<'a>) -> Option<&'a str> {
    // From the right: an ICD-10-CM code has a dot of its own.
    let (code_and_kind, name) = placeholder.rsplit_once('.')?;
    let (code, kind) = code_and_kind.rsplit_once('.')?;
    known
        .get(&(code.to_owned(), kind))
        .and_then(|values| values.get(name))
        .map(String::as_str)
}
