//! `codecite doctor`: says what is missing or damaged, before `serve` would.

use crate::settings::Settings;
use crate::setup;
use crate::wiring::{DataDir, Shelves, open_index};
use anyhow::Result;
use codecite_retrieval::{Filter, PassageIndex};
use codecite_tables::Tables;
use std::process::ExitCode;

/// Looks at everything that the service needs; exit code 1 if something is wrong.
pub async fn run(settings: &Settings, data_dir: &DataDir) -> Result<ExitCode> {
    let mut report = Report::default();
    println!("data folder {}", data_dir.path().display());
    for finding in setup::findings(data_dir.path(), &settings.embed.model)? {
        report.add(finding.ok, &finding.text, finding.advice.as_deref());
    }
    let tables = tables(data_dir, &mut report);
    index(settings, data_dir, tables.as_ref(), &mut report).await;
    model(settings, data_dir, &mut report).await;
    Ok(report.exit())
}

fn tables(data_dir: &DataDir, report: &mut Report) -> Option<Tables> {
    let tables = match Tables::open(data_dir.tables()) {
        Ok(tables) => tables,
        Err(error) => {
            report.add(false, &error.to_string(), None);
            return None;
        }
    };
    for error in tables.verify() {
        report.add(false, &error.to_string(), None);
    }
    let editions = tables.editions();
    if editions.is_empty() {
        let advice = "run `codecite ingest --starter`, or `codecite ingest FILE…`";
        report.add(false, "no edition is loaded", Some(advice));
        return Some(tables);
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
    Some(tables)
}

async fn index(settings: &Settings, data_dir: &DataDir, tables: Option<&Tables>, report: &mut Report) {
    match open_index(settings, data_dir).await {
        Ok(index) => {
            if let Err(error) = generation(index.as_ref(), tables, report).await {
                report.add(false, &format!("index: {error:#}"), None);
            }
        }
        Err(error) => report.add(
            false,
            &format!("index: {error:#}"),
            Some("run `codecite ingest --from-nothing FILE…` with your sources, then `codecite ingest --starter`"),
        ),
    }
}

/// What the index holds, and whether it is what the tables say was brought: a load that was killed leaves editions whose
/// passages are not all there.
async fn generation(index: &dyn PassageIndex, tables: Option<&Tables>, report: &mut Report) -> Result<()> {
    let generation = index.generation().await?;
    let Some(id) = generation.id else {
        report.add(
            false,
            "index: nothing is loaded",
            Some("run `codecite ingest --starter`"),
        );
        return Ok(());
    };
    let held = generation.passages;
    report.add(true, &format!("index: generation {id}, {held} passages"), None);
    let Some(tables) = tables else { return Ok(()) };
    let mut of_editions = 0;
    for edition in tables.editions() {
        let brought = tables.provenance(&edition.id)?.unwrap_or_default().passages;
        let of_edition = Filter {
            editions: vec![edition.id.clone()],
            ..Filter::default()
        };
        let found = index.count(&of_edition).await?;
        of_editions += found;
        if found < brought {
            let files: Vec<&str> = edition
                .files
                .iter()
                .map(|file| file.name.as_str())
                .take(3)
                .collect();
            report.add(
                false,
                &format!(
                    "index: {}: {found} of its {brought} passages can be found",
                    edition.id
                ),
                Some(&format!(
                    "its load was cut off: load it again ({}), and it goes on from there",
                    files.join(", ")
                )),
            );
        }
    }
    if of_editions < held {
        report.add(
            false,
            &format!(
                "index: {} passages are of editions that the tables do not have",
                held - of_editions
            ),
            Some("a file of the folder tables/ may be missing: restore it, or load its source again"),
        );
    }
    Ok(())
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
