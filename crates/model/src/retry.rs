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

/// `Retry-After` in seconds. Its other form, a date, is not sent by the servers that we know, and is taken
/// as absent.
pub(crate) fn retry_after(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse().ok().map(Duration::from_secs)
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
            wait_before(1, retry_after(Some("1")), longest),
            Some(Duration::from_secs(1))
        );
        assert_eq!(wait_before(1, retry_after(Some("3")), longest), None);
    }
}
