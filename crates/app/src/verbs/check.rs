//! `codecite check`: claim lines over every rule that is loaded.

use crate::cli::CheckArgs;
use crate::environment;
use crate::verbs::say::{print_fact, setting};
use crate::wiring::DataDir;
use anyhow::{Context, Result, bail};
use codecite_answering::{Claim, ClaimLine, ClaimReport, Sex, check, read_line};
use codecite_codebook::{Code, CodeSystem};
use codecite_faces::wire::WireClaimReport;
use codecite_tables::Tables;
use std::process::ExitCode;

/// Checks the lines; the exit status is 1 if anything will be denied.
pub fn run(args: &CheckArgs, data_dir: &DataDir) -> Result<ExitCode> {
    let mut lines: Vec<ClaimLine> = args
        .lines
        .iter()
        .map(|line| read_line(line))
        .collect::<Result<_, _>>()?;
    for written in &args.units {
        give_units(written, &mut lines)?;
    }
    for written in &args.modifiers {
        give_modifiers(written, &mut lines)?;
    }
    let date_of_service = args.dos.unwrap_or_else(environment::today);
    let claim = Claim {
        lines,
        date_of_service,
        setting: setting(args.setting.as_deref())?,
        age_years: args.age,
        sex: args.sex.as_deref().map(sex).transpose()?,
    };
    let tables = Tables::open(data_dir.tables())?;
    if tables.editions().is_empty() {
        bail!("nothing is loaded; run `codecite ingest FILE…` with the releases to check against");
    }
    let report = check(&claim, &tables)?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&WireClaimReport::new(&claim, &report))?
        );
    } else {
        print_report(&claim, &report, args.rows);
    }
    Ok(if report.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn print_report(claim: &Claim, report: &ClaimReport, with_rows: bool) {
    println!("date of service {}", claim.date_of_service);
    for finding in &report.findings {
        println!("{:<8}{}", finding.severity.as_str(), finding.text);
        if let Some(fact) = &finding.fact {
            let place = fact
                .locator
                .place
                .as_ref()
                .map(|place| format!(", {place}"))
                .unwrap_or_default();
            println!("        source: {}{place}", fact.locator.document);
            if with_rows {
                print_fact(fact, "        ");
            }
        }
    }
    for unchecked in &report.unchecked {
        println!("unchecked  {unchecked}");
    }
}

/// `20610=2`, or `2` for the only procedure.
fn give_units(written: &str, lines: &mut [ClaimLine]) -> Result<()> {
    let (line, units) = named_line(written, lines)?;
    line.units = units
        .parse()
        .ok()
        .filter(|units| (1..=99_999).contains(units))
        .with_context(|| format!("--units {written}: {units:?} is no number of units; write 20610=2"))?;
    Ok(())
}

/// `99213=25`, or `99213=25,59`.
fn give_modifiers(written: &str, lines: &mut [ClaimLine]) -> Result<()> {
    let (line, modifiers) = named_line(written, lines)?;
    for modifier in modifiers.split(',') {
        let modifier = Code::parse(CodeSystem::Modifier, modifier).with_context(|| {
            format!("--modifiers {written}: {modifier:?} is no modifier; write 99213=25,59")
        })?;
        line.modifiers.push(modifier);
    }
    Ok(())
}

/// The line that `CODE=VALUE` names, and the value. A value alone is for the only procedure.
fn named_line<'a, 'b>(written: &'b str, lines: &'a mut [ClaimLine]) -> Result<(&'a mut ClaimLine, &'b str)> {
    let is_procedure = |line: &ClaimLine| {
        line.candidates
            .iter()
            .any(|code| matches!(code.system(), CodeSystem::Cpt | CodeSystem::Hcpcs))
    };
    let count = lines.iter().filter(|line| is_procedure(line)).count();
    let (code, value) = written.split_once('=').unwrap_or(("", written));
    let found = lines.iter_mut().find(|line| match code {
        "" => count == 1 && is_procedure(line),
        code => line
            .candidates
            .iter()
            .any(|candidate| candidate.text().eq_ignore_ascii_case(code)),
    });
    let line = found
        .with_context(|| format!("{written:?} names no line; write CODE=VALUE with a code of the claim"))?;
    Ok((line, value))
}

fn sex(written: &str) -> Result<Sex> {
    match written.to_ascii_lowercase().as_str() {
        "f" | "female" => Ok(Sex::Female),
        "m" | "male" => Ok(Sex::Male),
        _ => bail!("--sex {written}: write female or male"),
    }
}
