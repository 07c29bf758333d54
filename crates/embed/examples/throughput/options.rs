//! What is measured, from the command line.

use codecite_embed::EmbedConfig;
use std::path::PathBuf;

pub struct Options {
    pub data_dir: PathBuf,
    pub config: EmbedConfig,
    /// Texts of one batch, if this process is the bare loop.
    pub bare_batch: Option<usize>,
    titles: Option<PathBuf>,
    count: usize,
}

impl Options {
    pub fn from_arguments() -> Result<Self, String> {
        let mut options = Self {
            data_dir: PathBuf::from(".data"),
            config: EmbedConfig::default(),
            bare_batch: None,
            titles: None,
            count: 2000,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            options.set(&name, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{name} needs a number, not {value}"))
        };
        match name {
            "--data-dir" => self.data_dir = value.into(),
            "--titles" => self.titles = Some(value.into()),
            "--count" => self.count = number()?,
            "--query-sessions" => self.config.query_sessions = number()?,
            "--document-sessions" => self.config.document_sessions = number()?,
            "--document-threads" => self.config.document_threads = number()?,
            crate::bare::ARGUMENT => self.bare_batch = Some(number()?.max(1)),
            "--model" => self.config.model = value,
            _ => return Err(format!("{name} is not an option")),
        }
        Ok(())
    }

    /// The texts, each different: equal ones are embedded once, and that is not what is measured.
    pub fn titles(&self) -> std::io::Result<Vec<String>> {
        let Some(path) = &self.titles else {
            return Ok((0..self.count).map(made_up).collect());
        };
        let text = std::fs::read_to_string(path)?;
        let mut seen = std::collections::HashSet::new();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<&str> = lines.filter(|line| seen.insert(*line)).collect();
        // Spread over the file, so that a slice of it has the lengths of the whole.
        let step = (lines.len() / self.count.max(1)).max(1);
        let chosen = lines.iter().step_by(step).take(self.count);
        Ok(chosen.map(|line| (*line).to_owned()).collect())
    }
}

/// A text of the length and kind of a code's title, each different.
fn made_up(number: usize) -> String {
    const SITES: [&str; 7] = [
        "left femur",
        "right radius",
        "lumbar spine",
        "lower lobe",
        "left eye",
        "skull",
        "hand",
    ];
    const KINDS: [&str; 5] = [
        "Displaced fracture",
        "Type 2 diabetes mellitus",
        "Contusion",
        "Burn of third degree",
        "Neoplasm",
    ];
    const ENDS: [&str; 4] = [
        "initial encounter for closed fracture",
        "sequela",
        "subsequent encounter with delayed healing",
        "unspecified",
    ];
    let (site, kind, end) = (SITES[number % 7], KINDS[number / 7 % 5], ENDS[number / 35 % 4]);
    format!("{kind} of {site}, case {number}, {end}")
}
