//! The shape of one topic file.

use crate::error::Finding;
use crate::reading::SourceFile;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

/// One parsed topic file.
pub(crate) struct Topic {
    /// Name of the file.
    pub file: String,
    pub facts: Vec<FactEntry>,
    pub passages: Vec<PassageEntry>,
    /// Where each line but the first begins, in bytes.
    line_starts: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicFile {
    topic: String,
    #[serde(default)]
    fact: Vec<FactEntry>,
    #[serde(default)]
    passage: Vec<PassageEntry>,
}

/// A structured number or status of a code, spelled as in the official table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactEntry {
    /// Code label, such as `CPT 38900`.
    pub of: Spanned<String>,
    pub kind: String,
    /// The official edition that it was checked against.
    pub edition: String,
    pub values: BTreeMap<String, String>,
}

/// One passage before its placeholders are filled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PassageEntry {
    pub id: Spanned<String>,
    pub aspect: String,
    pub title: String,
    pub about: Vec<String>,
    #[serde(default)]
    pub mentions: Vec<String>,
    #[serde(default)]
    pub keywords: Vec<String>,
    pub text: String,
    pub authority: String,
    pub document: String,
    pub section: Option<String>,
    pub url: String,
    pub effective_from: Datetime,
    pub effective_to: Option<Datetime>,
    /// When a person last checked it; for authors and reviewers, not carried into the passage.
    pub checked: Datetime,
    #[serde(default)]
    pub related: Vec<String>,
}

impl Topic {
    /// Reads one file, or says where it stops being a topic file.
    pub fn parse(file: &SourceFile) -> Result<Self, Finding> {
        let finding = |line, why: &str| Finding {
            file: file.name.clone(),
            line,
            text: format!("{why}; file refused"),
        };
        let text = std::str::from_utf8(&file.bytes).map_err(|error| finding(None, &error.to_string()))?;
        let line_starts: Vec<usize> = text.match_indices('\n').map(|(place, _)| place + 1).collect();
        let parsed: TopicFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(&line_starts, span.start));
            finding(line, error.message())
        })?;
        if parsed.topic.trim().is_empty() {
            return Err(finding(None, "the topic has no name"));
        }
        Ok(Self {
            file: file.name.clone(),
            facts: parsed.fact,
            passages: parsed.passage,
            line_starts,
        })
    }

    /// The line of a byte, counted from 1.
    pub fn line_of(&self, byte: usize) -> u64 {
        line_of(&self.line_starts, byte)
    }

    /// The ids of its passages.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.passages.iter().map(|entry| entry.id.get_ref().as_str())
    }
}

fn line_of(line_starts: &[usize], byte: usize) -> u64 {
    line_starts.partition_point(|start| *start <= byte) as u64 + 1
}
