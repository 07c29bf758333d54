//! How far a file is: a bar on a terminal, plain lines elsewhere, all on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// How often a transfer that is not watched at a terminal says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// One file on its way.
pub(super) struct Meter {
    name: String,
    begin: u64,
    there: u64,
    total: Option<u64>,
    started: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// Begins `name`, of which `begin` bytes are there.
    pub fn begin(name: &str, begin: u64, total: Option<u64>) -> Self {
        let bar = stderr().is_terminal().then(|| bar(name, begin, total));
        if bar.is_none() {
            eprintln!("{name}: {}", of_size(begin, total));
        }
        Self {
            name: name.to_owned(),
            begin,
            there: begin,
            total,
            started: Instant::now(),
            said: Instant::now(),
            bar,
        }
    }

    /// Sets how many bytes are there by now.
    pub fn reached(&mut self, bytes: u64) {
        self.there = bytes;
        match &self.bar {
            Some(bar) => bar.set_position(bytes),
            None if self.said.elapsed() >= SAY_EVERY => {
                self.said = Instant::now();
                eprintln!("{}: {} ({})", self.name, of_size(bytes, self.total), self.rate());
            }
            None => {}
        }
    }

    /// The whole is there.
    pub fn arrived(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!(
            "{}: {:.1} MB are there ({})",
            self.name,
            self.there as f64 / 1e6,
            self.rate()
        );
    }

    fn rate(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        format!("{:.1} MB/s", (self.there - self.begin) as f64 / 1e6 / seconds)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(name: &str, begin: u64, total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()).with_position(begin);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} ({eta})")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(name.to_owned());
    // The rate is one of this transfer, not of what an earlier one brought.
    bar.reset_eta();
    bar
}

fn of_size(there: u64, total: Option<u64>) -> String {
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    match (there, total) {
        (0, None) => "fetching".to_owned(),
        (0, Some(total)) => format!("fetching {} MB", megabytes(total)),
        (there, None) => format!("{} MB are there, going on", megabytes(there)),
        (there, Some(total)) => format!(
            "{} of {} MB are there, going on",
            megabytes(there),
            megabytes(total)
        ),
    }
}
