//! The text file of add-on code edits: `20054T   CCCCC   2013091   Contractor Defined Primary Codes`.
//!
//! Type and add-on code, the day on which the add-on code was deleted, primary code, the day on which it was deleted, the
//! days on which the edit began and was deleted, notes; what there is not is left blank. The days are told apart by
//! their order: an edit begins before it ends, and ends when one of its codes is deleted.

use super::AddOn;
use crate::sheet::decode;

/// Whether a file is such a text, by its name and most of its first lines.
pub(super) fn recognises(name: &str, head: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    if !(name.contains("aoc") || name.contains("add-on") || name.contains("add-code")) {
        return false;
    }
    let fitting = |line: &&[u8]| has_layout(&decode(line));
    let lines = head
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<&[u8]> = lines.take(40).collect();
    let count = lines.iter().copied().filter(fitting).count();
    count > 0 && count * 2 >= lines.len()
}

/// The rows, each with its line. What stands before the first one is the publisher's notice.
pub(super) fn rows(bytes: &[u8]) -> impl Iterator<Item = (u64, Result<AddOn, String>)> {
    bytes
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .map(|(line, number)| (number, decode(line)))
        .skip_while(|(_, line)| !has_layout(line))
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| (number, row(&line)))
}

fn has_layout(line: &str) -> bool {
    Fields::of(line).is_some()
}

fn row(line: &str) -> Result<AddOn, String> {
    let fields = Fields::of(line).ok_or_else(|| {
        "no type and add-on code, primary code and day, as in 11234T 12345 2024001".to_owned()
    })?;
    let (begins, ends): (&str, &[&str]) = match fields.days.as_slice() {
        [primary_deleted, begins, ends] => (begins, &[primary_deleted, ends]),
        [begins, ends] => (begins, &[ends]),
        [begins] => (begins, &[]),
        _ => return Err(format!("{} days, at most 3 were expected", fields.days.len())),
    };
    let ends: Vec<&str> = fields
        .add_on_deleted
        .into_iter()
        .chain(ends.iter().copied())
        .collect();
    AddOn::read(
        fields.edit_type,
        fields.add_on,
        fields.primary,
        begins,
        &ends,
        &fields.notes,
    )
}

struct Fields<'a> {
    edit_type: &'a str,
    add_on: &'a str,
    add_on_deleted: Option<&'a str>,
    primary: &'a str,
    days: Vec<&'a str>,
    notes: String,
}

impl<'a> Fields<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let first = words.next().filter(|word| word.is_ascii())?;
        let (edit_type, add_on) = match first.len() {
            // The type stands alone where the file has a blank behind it.
            1 => (first, words.next()?),
            6 => first.split_at(1),
            _ => return None,
        };
        if !matches!(edit_type, "1" | "2" | "3") || add_on.len() != 5 {
            return None;
        }
        let add_on_deleted = words.next_if(|word| is_day(word));
        let primary = words.next().filter(|word| word.len() == 5)?;
        let mut days = Vec::new();
        while let Some(day) = words.next_if(|word| is_day(word)) {
            days.push(day);
        }
        let notes = words.collect::<Vec<_>>().join(" ");
        let is_row = !days.is_empty();
        is_row.then_some(Self {
            edit_type,
            add_on,
            add_on_deleted,
            primary,
            days,
            notes,
        })
    }
}

fn is_day(word: &str) -> bool {
    word.len() == 7 && word.bytes().all(|byte| byte.is_ascii_digit())
}
