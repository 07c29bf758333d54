//! How generations are named, in both indexes.
//!
//! `000042-1f3a9c2e`: a number that grows with every load, and a mark that no other generation has. Numbers
//! begin again when an index is discarded or its directory removed; without the mark, a service that runs on
//! would take the new first generation for the one that it has open.

use uuid::Uuid;

/// Length of the mark, in hexadecimal digits.
const MARK: usize = 8;

/// A name later than those numbered up to `last`, and unlike any other.
pub(crate) fn name_after(last: u64) -> String {
    let mark = Uuid::new_v4().simple().to_string();
    format!("{:06}-{}", last + 1, &mark[..MARK])
}

/// The number of a generation; `None` if this is no name of one. A name without a mark is one of an earlier
/// version.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let (number, mark) = match name.split_once('-') {
        Some((number, mark)) => (number, Some(mark)),
        None => (name, None),
    };
    let is_number = (6..=18).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_mark = |mark: &str| mark.len() == MARK && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_number && mark.is_none_or(is_mark))
        .then(|| number.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_grow_and_never_repeat() {
        let (first, again) = (name_after(0), name_after(0));
        assert_ne!(first, again);
        assert_eq!(number_of(&first), Some(1));
        assert_eq!(number_of(&name_after(41)), Some(42));
        assert!(name_after(1) > first);
    }

    #[test]
    fn only_names_are_read_as_names() {
        assert_eq!(number_of("000007"), Some(7));
        for other in [
            "",
            "12",
            "000001/../x",
            "000001-",
            "000001-1f3a9c2",
            "000001-../../etc",
            "000001-1f3a9c2g",
            "000001-1f3a9c2e-2",
            ".removed-000001",
        ] {
            assert_eq!(number_of(other), None, "{other:?}");
        }
    }
}
