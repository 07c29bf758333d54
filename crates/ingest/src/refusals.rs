//! What is refused of one file: the first of it in words, the rest by number.
//!
//! Official files have no refused rows. A damaged one may have millions, whose reasons would cost memory and be read by
//! nobody.

use crate::error::Finding;
use std::fmt;

/// How many refusals are told in words.
const MAX_TOLD: usize = 2_000;
/// How many rows are read before it is asked whether there is hope for the rest.
const FIRST_ROWS: u64 = 100_000;

/// What was refused so far.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    told: Vec<Finding>,
    /// How many are not told.
    untold: u64,
    /// On which line the first of them stands.
    first_untold: Option<u64>,
}

impl Refusals {
    /// Refuses `what`, a row or a line, on `line` of `file`.
    pub fn add(&mut self, file: &str, line: u64, what: &str, why: impl fmt::Display) {
        if self.told.len() < MAX_TOLD {
            self.told.push(Finding {
                file: file.to_owned(),
                line: Some(line),
                text: format!("{why}; {what} refused"),
            });
            return;
        }
        self.untold += 1;
        self.first_untold.get_or_insert(line);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.told.len() as u64 + self.untold
    }

    /// The first one.
    pub fn into_first(self) -> Option<Finding> {
        self.told.into_iter().next()
    }

    /// One finding each in the order of the file, the last of which stands for those that are not told; and how many
    /// it stands for beside itself.
    pub fn into_findings(self, file: &str, what: &str) -> (Vec<Finding>, u64) {
        let mut findings = self.told;
        findings.sort();
        let Some(line) = self.first_untold else {
            return (findings, 0);
        };
        findings.push(Finding {
            file: file.to_owned(),
            line: Some(line),
            text: format!(
                "and {} more {what}s refused, this one the first of them; mend what is told above first, or download the \
                 file again",
                self.untold
            ),
        });
        (findings, self.untold - 1)
    }
}

/// Whether it is plain that a file holds no rows of its kind: nearly all of the first 100,000 were refused.
pub(crate) fn is_hopeless(read: u64, refused: u64) -> bool {
    read >= FIRST_ROWS && refused.saturating_mul(100) >= read.saturating_mul(99)
}

/// Goes through rows until it is plain that they are none.
pub(crate) fn while_hopeful<T, E>(
    rows: impl Iterator<Item = Result<T, E>>,
) -> impl Iterator<Item = Result<T, E>> {
    let (mut read, mut refused) = (0, 0);
    rows.take_while(move |row| {
        let go_on = !is_hopeless(read, refused);
        read += 1;
        refused += u64::from(row.is_err());
        go_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_refusals_are_counted_and_the_first_are_told() {
        let mut refusals = Refusals::default();
        for line in 1..=1_000_000 {
            refusals.add("mue.csv", line, "row", "no code");
        }
        assert_eq!(refusals.count(), 1_000_000);
        let (findings, untold) = refusals.into_findings("mue.csv", "row");
        assert_eq!((findings.len(), untold), (2_001, 997_999));
        let last = findings.last().map(ToString::to_string).unwrap_or_default();
        assert!(
            last.starts_with("mue.csv:2001: and 998000 more rows refused"),
            "{last}"
        );
    }

    #[test]
    fn reading_ends_where_there_is_no_hope() {
        let rows =
            |sound: u64| (0..20_000_000_u64).map(move |row| if row < sound { Ok(row) } else { Err(row) });
        assert_eq!(while_hopeful(rows(1_000)).count(), 100_000);
        // With more in order at the start than chance would give, it goes on.
        assert_eq!(while_hopeful(rows(2_000).take(150_000)).count(), 150_000);
    }
}
