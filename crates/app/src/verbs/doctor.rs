//! `codecite doctor`: says what is missing or damaged, before `serve` would.

use crate::settings::Settings;
use crate::setup;
use crate::wiring::{DataDir, Shelves, open_index};
use anyhow::Result;
use codecite_tables::Tables;
use std::process::ExitCode;

/// Looks at everything that the service needs; exit code 1 if something is wrong.
pub async fn run(settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let mut report = Report::default();
    println!("data folder {}", data_dir.path().display());
    for finding in setup::findings(data_dir.path(), &settings.embed.model)? {
        report.add(finding.ok, &finding.text, finding.advice.as_deref());
    }
    tables(data_dir, &mut report);
    index(settings, data_dir, &mut report).await;
    model(settings, data_dir, &mut report).await;
    Ok(report.exit())
}

fn tables(data_dir: &DataDir, report: &mut Report) {
    let tables = match Tables::open(data_dir.tables()) {
        Ok(tables) => tables,
        Err(error) => return report.add(false, &error.to_string(), None),
    };
    for error in tables.verify() {
        report.add(false, &error.to_string(), None);
    }
    let editions = tables.editions();
    if editions.is_empty() {
        let advice = "run `codecite ingest --starter`, or `codecite ingest FILE…`";
        return report.add(false, "no edition is loaded", Some(advice));
    }
    for edition in editions {
        report.add(
            true,
            &format!(
                "{}: {} rows, in force {}",
                edition.id, edition.rows, edition.effective
            ),
            None,
        );
    }
}

async fn index(settings: &Settings, data_dir: &DataDir, report: &mut Report) {
    let generation = match open_index(settings, data_dir).await {
        Ok(index) => index.generation().await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match generation {
        Ok(generation) => match generation.id {
            Some(id) => report.add(
                true,
                &format!("index: generation {id}, {} passages", generation.passages),
                None,
            ),
            None => report.add(
                false,
                "index: nothing is loaded",
                Some("run `codecite ingest --starter`"),
            ),
        },
        Err(error) => report.add(
            false,
            &format!("index: {error:#}"),
            Some("run `codecite ingest --from-nothing FILE…` with your sources, then `codecite ingest --starter`"),
        ),
    }
}

async fn model(settings: &Settings, data_dir: &DataDir, report: &mut Report) {
    if !settings.uses_model() {
        return report.add(
            true,
            "language model: none configured, the composer writes every answer",
            None,
        );
    }
    let wired = match Shelves::open(settings, data_dir).await {
        Ok(shelves) => shelves.answerer(settings).map(|_| ()),
        Err(error) => Err(error),
    };
    match wired {
        Ok(()) => report.add(
            true,
            &format!("language model: {} is configured", settings.model.name),
            None,
        ),
        Err(error) => report.add(false, &format!("language model: {error:#}"), None),
    }
}

#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    fn add(&mut self, ok: bool, text: &str, advice: Option<&str>) {
        println!("{} {text}", if ok { "ok   " } else { "WRONG" });
        if let Some(advice) = advice {
            println!("      {advice}");
        }
        self.wrong += usize::from(!ok);
    }

    fn exit(self) -> ExitCode {
        match self.wrong {
            0 => {
                println!("nothing is missing");
                ExitCode::SUCCESS
            }
            wrong => {
                println!("{wrong} to see to");
                ExitCode::FAILURE
            }
        }
    }
}
