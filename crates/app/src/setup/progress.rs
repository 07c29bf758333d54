//! What a run shows: bars on a terminal, plain lines elsewhere. All of it goes to stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};

/// Where a run speaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    terminal: bool,
}

/// One file on its way.
#[derive(Debug)]
pub(super) struct Meter {
    name: String,
    total: u64,
    done: u64,
    /// The last tenth that a plain line spoke of.
    told: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Bars if stderr is a terminal.
    pub fn new() -> Self {
        Self {
            terminal: stderr().is_terminal(),
        }
    }

    /// A line of its own.
    pub fn say(&self, line: &str) {
        eprintln!("{line}");
    }

    /// Begins the file `name` of `total` bytes; 0 while that is not known.
    pub fn meter(&self, name: &str, total: u64) -> Meter {
        let bar = self.terminal.then(|| bar(name, total));
        if bar.is_none() {
            eprintln!("{name}: fetching{}", of_size(total));
        }
        Meter {
            name: name.to_owned(),
            total,
            done: 0,
            told: 0,
            bar,
        }
    }
}

impl Meter {
    /// Sets how many bytes are there by now.
    pub fn reached(&mut self, bytes: u64) {
        self.done = if self.total > 0 {
            bytes.min(self.total)
        } else {
            bytes
        };
        match &self.bar {
            Some(bar) => bar.set_position(self.done),
            None => self.tell(),
        }
    }

    fn tell(&mut self) {
        let tenth = (self.done * 10).checked_div(self.total).unwrap_or(0);
        // The last tenth is told by the line that says where the file went.
        if tenth > self.told && tenth < 10 {
            self.told = tenth;
            eprintln!("{}: {} %", self.name, tenth * 10);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// hf-hub counts in steps and learns the size late.
impl hf_hub::api::Progress for Meter {
    fn init(&mut self, size: usize, _filename: &str) {
        self.total = size as u64;
        self.done = 0;
        if let Some(bar) = &self.bar {
            bar.set_length(self.total);
        }
    }

    fn update(&mut self, size: usize) {
        self.reached(self.done + size as u64);
    }

    fn finish(&mut self) {}
}

fn bar(name: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} ({eta})")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(name.to_owned());
    bar
}

fn of_size(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        _ => format!(" {:.1} MB", bytes as f64 / 1e6),
    }
}
