//! How far a load is, on standard error.

use codecite_ingest::ShelvingProgress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often a load that is not watched at a terminal says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Progress for a person at a terminal, or a line now and then for a log.
pub(super) struct Display {
    bar: ProgressBar,
    is_watched: bool,
    state: Mutex<DisplayState>,
}

struct DisplayState {
    said: Instant,
    embedding_since: Option<Instant>,
}

impl Display {
    pub fn new() -> Self {
        let is_watched = std::io::stderr().is_terminal();
        let bar = if is_watched {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {pos}/{len} {per_sec} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let state = DisplayState {
            said: Instant::now(),
            embedding_since: None,
        };
        Self {
            bar,
            is_watched,
            state: Mutex::new(state),
        }
    }

    pub fn show(&self, progress: ShelvingProgress) {
        match progress {
            ShelvingProgress::Comparing => self.stage("comparing with what is loaded"),
            ShelvingProgress::WritingTables => self.stage("writing the tables"),
            ShelvingProgress::Activating => self.stage("building the graph"),
            ShelvingProgress::Embedding { done, total } => self.embedding(done, total),
        }
    }

    fn stage(&self, name: &'static str) {
        self.bar.set_message(name);
        if !self.is_watched {
            eprintln!("{name}");
        }
    }

    fn embedding(&self, done: usize, total: usize) {
        self.bar.set_message("embedding");
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        // A poisoned lock means that a thread broke while it printed; printing goes on.
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let since = *state.embedding_since.get_or_insert_with(Instant::now);
        if !self.is_watched && (done == total || state.said.elapsed() >= SAY_EVERY) {
            state.said = Instant::now();
            let rate = done as f64 / since.elapsed().as_secs_f64().max(0.001);
            eprintln!("embedded {done} of {total} ({rate:.0}/s)");
        }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
