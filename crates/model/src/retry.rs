//! When to ask a busy server again.

use std::time::Duration;

/// The wait before attempt number `attempt` (1 is the first repetition): what the server asked for, or
/// doubling from a quarter of a second. `None` when the server asks for more patience than we have.
pub(crate) fn wait_before(
    attempt: u32,
    retry_after: Option<Duration>,
    longest: Duration,
) -> Option<Duration> {
    match retry_after {
        Some(asked) => (asked <= longest).then_some(asked),
        None => {
            let doubled = Duration::from_millis(250).saturating_mul(1 << attempt.saturating_sub(1).min(16));
            Some(doubled.min(longest))
        }
    }
}

/// `Retry-After`, in seconds or as a date. A date is read against the server's own `Date`, because its clock
/// and ours may differ; one that has passed asks for no wait.
pub(crate) fn retry_after(header: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let header = header?.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(header).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// Whether asking again may help.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_the_server_has_the_last_word() {
        let longest = Duration::from_secs(2);
        let waits: Vec<u128> = (1..=5)
            .filter_map(|attempt| wait_before(attempt, None, longest))
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 2_000]);
        assert_eq!(
            wait_before(1, retry_after(Some("1"), None), longest),
            Some(Duration::from_secs(1))
        );
        assert_eq!(wait_before(1, retry_after(Some("3"), None), longest), None);
    }

    #[test]
    fn a_date_is_read_against_the_servers_own() {
        let now = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        let wait = |until| retry_after(Some(until), now);
        assert_eq!(
            wait("Wed, 21 Oct 2026 07:28:05 GMT"),
            Some(Duration::from_secs(5))
        );
        assert_eq!(wait("Wed, 21 Oct 2026 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(Some("Wed, 21 Oct 2026 07:28:05 GMT"), None), None);
    }
}
