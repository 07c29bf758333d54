//! What several verbs read and print alike.

use anyhow::{Result, bail};
use codecite_answering::{about_rows, says};
use codecite_codebook::{Code, CodeSystem, Fact, NaiveDate, Setting};
use codecite_faces::wire::WireFact;
use codecite_tables::Tables;

/// A CPT or HCPCS code as people write it.
pub(super) fn code_of_procedure(written: &str) -> Result<Code> {
    let systems = [CodeSystem::Cpt, CodeSystem::Hcpcs];
    match systems
        .into_iter()
        .find_map(|system| Code::parse(system, written).ok())
    {
        Some(code) => Ok(code),
        None => bail!("{written:?} does not have the shape of a CPT or HCPCS code; write 38900 or J1885"),
    }
}

/// The setting that a flag names.
pub(super) fn setting(written: Option<&str>) -> Result<Option<Setting>> {
    let Some(written) = written else { return Ok(None) };
    match Setting::from_word(&written.to_ascii_lowercase().replace('-', "_")) {
        Some(setting) => Ok(Some(setting)),
        None => {
            bail!("--setting {written}: write practitioner, outpatient-hospital, inpatient-hospital or dme")
        }
    }
}

/// Prints rows, as JSON lines or for people.
pub(super) fn print_facts(facts: &[Fact], as_json: bool) -> Result<()> {
    for fact in facts {
        if as_json {
            println!("{}", serde_json::to_string(&WireFact::from(fact))?);
        } else {
            let place = fact
                .locator
                .place
                .as_ref()
                .map(|place| format!(", {place}"))
                .unwrap_or_default();
            println!("{}: {}", fact.code.label(), fact.kind.caption());
            if let Some(says) = says(fact) {
                println!("  {says}");
            }
            print_fact(fact, "  ");
            println!(
                "  source: {}{place}, edition {}",
                fact.locator.document, fact.edition
            );
        }
    }
    Ok(())
}

/// Says, beside what is printed for other programs, what to know before relying on `facts` about `codes`.
pub(super) fn print_notices(
    codes: &[Code],
    facts: &[Fact],
    date_of_service: NaiveDate,
    tables: &Tables,
) -> Result<()> {
    for notice in about_rows(codes, facts, date_of_service, tables)? {
        eprintln!("note: {}", notice.text);
    }
    Ok(())
}

/// Prints the values of one row.
pub(super) fn print_fact(fact: &Fact, indent: &str) {
    let width = fact
        .rows
        .iter()
        .map(|row| row.label.len())
        .max()
        .unwrap_or_default()
        .min(40);
    for row in &fact.rows {
        println!("{indent}{:<width$}  {}", row.label, row.value);
    }
}
