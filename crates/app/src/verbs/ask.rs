//! `codecite ask`: an answer streams to the terminal.

use crate::cli::AskArgs;
use crate::environment;
use crate::settings::Settings;
use crate::wiring::{DataDir, Shelves};
use anyhow::{Result, bail};
use codecite_answering::{AnswerEvent, Block, CheckedText, Outcome, Question};
use codecite_codebook::{ClinicalText, Fact};
use codecite_faces::wire::{AnswerBody, WireFact};
use codecite_retrieval::{Evidence, Numbered};
use futures::StreamExt;
use std::io::Write;
use std::process::ExitCode;

/// Asks, prints, and tells by its exit code whether there was an answer: 0 answered, 3 abstained.
pub async fn run(args: AskArgs, settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let shelves = Shelves::open(settings, data_dir).await?;
    let answerer = shelves.answerer(settings)?;
    let mut events = answerer.ask(Question {
        words: ClinicalText::new(args.question.join(" ")),
        date_of_service: args.dos,
        setting: None,
        today: environment::today(),
        offline: args.offline,
    });
    if args.json {
        let mut body = AnswerBody::default();
        while let Some(event) = events.next().await {
            body.take(event)?;
        }
        println!("{}", serde_json::to_string_pretty(&body)?);
        let answered = body.summary.is_some_and(|summary| summary.abstention.is_none());
        return Ok(exit(answered));
    }
    let mut printer = Printer::new(std::io::stdout().lock());
    while let Some(event) = events.next().await {
        if let Some(answered) = printer.print(event)? {
            return Ok(exit(answered));
        }
    }
    bail!("the answer ended without saying how; that is a defect of codecite")
}

fn exit(answered: bool) -> ExitCode {
    if answered {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    }
}

/// Prints events as they come, and the sources at the end.
struct Printer<W> {
    out: W,
    evidence: Option<Evidence>,
    cited: Vec<u8>,
    /// Why sentences were withheld; told at the end, so that it does not stand in the midst of the others.
    withheld: Vec<String>,
    began: bool,
}

impl<W: Write> Printer<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            evidence: None,
            cited: Vec::new(),
            withheld: Vec::new(),
            began: false,
        }
    }

    /// Prints one event; at the end, tells whether there was an answer.
    fn print(&mut self, event: AnswerEvent) -> Result<Option<bool>> {
        match event {
            AnswerEvent::Stage(_) => {}
            AnswerEvent::Understood {
                date_of_service,
                date_given,
                ..
            } => {
                let given = if date_given { "" } else { " (today)" };
                eprintln!("date of service {date_of_service}{given}");
            }
            AnswerEvent::Notice(notice) => eprintln!("note: {}", notice.text),
            AnswerEvent::Evidence(evidence) => self.evidence = Some(evidence),
            AnswerEvent::Facts(facts) => self.facts(&facts)?,
            AnswerEvent::Text(text) => self.text(&text)?,
            AnswerEvent::Withheld(withheld) => self.withheld.push(withheld.detail),
            AnswerEvent::Done(summary) => {
                if self.began {
                    writeln!(self.out)?;
                }
                for detail in &self.withheld {
                    eprintln!("withheld: {detail}");
                }
                if let Some(fallback) = &summary.fallback {
                    eprintln!("note: {}", fallback.text());
                }
                return Ok(Some(match summary.outcome {
                    Outcome::Answered => {
                        self.sources()?;
                        true
                    }
                    Outcome::Abstained { kind, text } => {
                        writeln!(self.out, "{text} ({})", kind.as_str())?;
                        false
                    }
                }));
            }
            AnswerEvent::Failed(error) => return Err(error.into()),
        }
        self.out.flush()?;
        Ok(None)
    }

    fn facts(&mut self, facts: &[Fact]) -> Result<()> {
        for fact in facts.iter().map(WireFact::from) {
            writeln!(self.out, "{}", fact.title)?;
            if let Some(says) = &fact.says {
                writeln!(self.out, "  {says}")?;
            }
            for row in &fact.rows {
                writeln!(self.out, "  {:<28} {}", row.label, row.value)?;
            }
            writeln!(self.out, "  source: {}", fact.source.document)?;
            self.began = true;
        }
        Ok(())
    }

    fn text(&mut self, text: &CheckedText) -> Result<()> {
        match (text.block(), self.began) {
            (Block::Paragraph, true) => write!(self.out, "\n\n")?,
            (Block::Item, _) => write!(self.out, "\n- ")?,
            (Block::Continue, _) => write!(self.out, " ")?,
            (Block::Paragraph, false) => {}
        }
        let marks: String = text
            .citations()
            .iter()
            .map(|number| format!("[{number}]"))
            .collect();
        write!(self.out, "{} {marks}", text.text())?;
        for number in text.citations() {
            if !self.cited.contains(number) {
                self.cited.push(*number);
            }
        }
        self.began = true;
        Ok(())
    }

    /// Only what was cited: the rest was read and not used.
    fn sources(&mut self) -> Result<()> {
        let Some(evidence) = &self.evidence else {
            return Ok(());
        };
        self.cited.sort_unstable();
        if !self.cited.is_empty() {
            writeln!(self.out, "\nSources")?;
        }
        for Numbered { number, passage } in evidence.iter().filter(|n| self.cited.contains(&n.number)) {
            let locator = &passage.locator;
            let section = locator
                .section
                .as_deref()
                .map(|section| format!(", {section}"))
                .unwrap_or_default();
            let place = locator
                .place
                .as_ref()
                .map(|place| format!(", {place}"))
                .unwrap_or_default();
            let (title, document) = (&passage.title, &locator.document);
            writeln!(
                self.out,
                "[{number}] {title}. {}: {document}{section}{place}; in force {}",
                passage.authority, passage.effective
            )?;
            if let Some(url) = &locator.url {
                writeln!(self.out, "    {url}")?;
            }
        }
        Ok(())
    }
}
