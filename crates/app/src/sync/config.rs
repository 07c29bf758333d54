//! What an operator may choose of fetching.

use super::address;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::time::Duration;

/// How releases are fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncConfig {
    /// Address of a mirror that stands for every publisher; empty for the publishers themselves.
    pub mirror: String,
    /// Whether the operator accepts the licences that publishers show before a download.
    pub accept_licences: bool,
    /// How often a transfer that broke is taken up again.
    pub retries: u32,
    /// The longest wait before that, in milliseconds.
    pub longest_wait_ms: u64,
    /// Time for the connection, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Time between two pieces of a file, in milliseconds.
    pub idle_timeout_ms: u64,
}

impl SyncConfig {
    /// Refuses impossible values, by name.
    pub fn validate(&self) -> Result<()> {
        if !self.mirror.is_empty() {
            address::parse(&self.mirror).context("sync.mirror")?;
        }
        for (key, value, least, most) in [
            ("retries", u64::from(self.retries), 0, 20),
            ("longest_wait_ms", self.longest_wait_ms, 0, 600_000),
            ("connect_timeout_ms", self.connect_timeout_ms, 100, 600_000),
            ("idle_timeout_ms", self.idle_timeout_ms, 100, 600_000),
        ] {
            ensure!(
                (least..=most).contains(&value),
                "sync.{key} is {value}, and must be from {least} to {most}"
            );
        }
        Ok(())
    }

    /// How long to wait before the try with this number, counted from 1: half a second, then twice as long each time.
    pub fn wait_before(&self, number: u32) -> Duration {
        let wait = 500_u64.saturating_mul(1 << number.saturating_sub(1).min(16));
        Duration::from_millis(wait.min(self.longest_wait_ms))
    }
}
