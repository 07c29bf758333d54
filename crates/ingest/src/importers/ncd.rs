//! National coverage determinations, as the Medicare Coverage Database exports them (`ncd_trkg.csv`): one row each, with
//! the policy's text as HTML.
//!
//! The export has `NCD_mnl_sect`, `NCD_mnl_sect_title`, `NCD_efctv_dt`, `NCD_trmntn_dt`, `itm_srvc_desc`, `indctn_lmtn`
//! and `othr_txt`; what others derive from it has `section`, `section_name`, `date_eff`, `date_end`, `description`,
//! `indications` and `other`. A row comes twice where a benefit category was joined to it; what it says is kept once.

use super::cells;
use super::documents::{about_and_mentions, pieces, read_html};
use crate::draft::{Job, Release, ShelfDraft};
use crate::error::IngestError;
use crate::reading::Reading;
use crate::release::month;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{Aspect, Authority, EffectiveRange, Locator, NaiveDate, PassageDraft};
use std::collections::HashSet;

/// The section's number, in the export and in what is derived from it.
const SECTION: [&str; 2] = ["ncd_mnl_sect", "section"];
const TITLE: [&str; 2] = ["ncd_mnl_sect_title", "section_name"];
const ID: [&str; 2] = ["ncd_id", "id"];
const VERSION: [&str; 2] = ["ncd_vrsn_num", "version"];
const EFFECTIVE: [&str; 2] = ["ncd_efctv_dt", "date_eff"];
const IMPLEMENTED: [&str; 2] = ["ncd_impltn_dt", "date_impl"];
const ENDED: [&str; 2] = ["ncd_trmntn_dt", "date_end"];
const UPDATED: [&str; 2] = ["last_updt_tmstmp", "last_updated"];
const COVERAGE: [&str; 2] = ["cvrg_lvl_cd", "coverage"];
const KEYWORD: [&str; 2] = ["ncd_keyword", "keyword"];
/// The parts of the text, each with its heading in the manual.
const PARTS: [([&str; 2], &str); 3] = [
    (["itm_srvc_desc", "description"], "Item or service description"),
    (
        ["indctn_lmtn", "indications"],
        "Indications and limitations of coverage",
    ),
    (["othr_txt", "other"], "Other"),
];

pub(super) fn recognises(_: &str, head: &[u8]) -> bool {
    find(head).is_some()
}

fn find(bytes: &[u8]) -> Option<Sheet> {
    let exported = ["ncd_id", "ncd_mnl_sect", "indctn_lmtn"];
    let derived = ["section", "section_name", "date_eff", "indications"];
    Sheet::find(bytes, b',', &exported).or_else(|| Sheet::find(bytes, b',', &derived))
}

pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let expected = "a header with NCD_mnl_sect and indctn_lmtn, or section and indications, was expected";
    let sheet = find(job.bytes()).ok_or_else(|| job.misshapen(expected))?;
    // The newest change of any row tells the day of the export.
    let days = sheet.rows().flatten();
    let newest = cells::newest(days.filter_map(|row| cells::day(date_of(get(&row, UPDATED))).ok()?));
    let effective_from = job
        .options
        .effective_from
        .or(newest)
        .ok_or_else(|| job.undated("a column with the day of each row's last update"))?;
    let mut draft = ShelfDraft::new(
        job,
        Release {
            source: "ncd",
            title: format!("National Coverage Determinations, {}", month(effective_from)),
            authority: "CMS",
            effective_from,
            replaced_on: None,
            is_complete: false,
            url: "https://www.cms.gov/medicare-coverage-database/",
        },
    );
    if !ENDED.iter().any(|column| sheet.has(column)) {
        draft.remark_on_file(
            "there is no column for the day on which a determination ended, so one that was retired passes for one in force",
        );
    }
    let mut known = HashSet::new();
    draft.each_row(&sheet, |row, draft| {
        let ncd = Ncd::read(row, effective_from)?;
        if known.insert((ncd.section.clone(), ncd.version.clone())) {
            ncd.shelve(draft);
        } else {
            let text = format!(
                "NCD {} stands there once more; its text is kept once",
                ncd.section
            );
            draft.remark(ncd.line, text);
        }
        Ok(())
    });
    draft.finish()
}

fn get<'a>(row: &'a SheetRow<'_>, names: [&str; 2]) -> &'a str {
    let values = names.into_iter().map(|name| row.get(name));
    values
        .into_iter()
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}

/// The day of a moment: a time may stand behind it.
fn date_of(written: &str) -> &str {
    written.split([' ', 'T']).next().unwrap_or_default()
}

struct Ncd {
    line: u64,
    section: String,
    title: String,
    id: String,
    version: String,
    coverage: String,
    effective: EffectiveRange,
    since: NaiveDate,
    implemented: Option<NaiveDate>,
    retired: Option<NaiveDate>,
    keywords: Vec<String>,
    parts: Vec<(&'static str, String)>,
}

impl Ncd {
    fn read(row: &SheetRow<'_>, edition_from: NaiveDate) -> Result<Self, String> {
        let section = get(row, SECTION);
        let is_number = section.contains('.') && section.chars().all(|c| c.is_ascii_digit() || c == '.');
        if !is_number {
            return Err(format!("{section:?} is no section of the NCD Manual"));
        }
        let dated = |names| {
            cells::plausible_day(date_of(get(row, names)), edition_from)
                .map_err(|why| format!("NCD {section}: {why}"))
        };
        dated(UPDATED)?;
        let since = dated(EFFECTIVE)?.ok_or_else(|| format!("NCD {section} has no effective date"))?;
        let ended = dated(ENDED)?;
        let parts = PARTS
            .into_iter()
            .map(|(names, heading)| (heading, get(row, names).to_owned()));
        Ok(Self {
            line: row.line,
            section: section.to_owned(),
            title: get(row, TITLE).to_owned(),
            id: get(row, ID).to_owned(),
            version: get(row, VERSION).to_owned(),
            coverage: get(row, COVERAGE).to_owned(),
            effective: in_force(since, ended),
            since,
            implemented: dated(IMPLEMENTED)?,
            retired: ended,
            keywords: get(row, KEYWORD)
                .split([',', ';'])
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect(),
            parts: parts.filter(|(_, text)| !text.is_empty()).collect(),
        })
    }

    /// Such as `NCD 310.1 Routine Costs in Clinical Trials`; one of them has no title.
    fn name(&self) -> String {
        format!("NCD {} {}", self.section, self.title).trim().to_owned()
    }

    fn shelve(&self, draft: &mut ShelfDraft<'_>) {
        self.shelve_level(draft);
        for (heading, text) in &self.parts {
            for piece in pieces(read_html(text).blocks) {
                let section = match &piece.section {
                    Some(inner) => format!("{} > {heading} > {inner}", self.name()),
                    None => format!("{} > {heading}", self.name()),
                };
                let title = match piece.heading.as_deref().filter(|inner| !self.repeats_name(inner)) {
                    Some(inner) => format!("{}: {}", self.name(), inner.trim_end_matches(['.', ':'])),
                    None => format!("{}: {heading}", self.name()),
                };
                self.passage(draft, title, section, piece.text);
            }
        }
    }

    /// What the columns say of it, which is all there is of an NCD without text.
    fn shelve_level(&self, draft: &mut ShelfDraft<'_>) {
        let mut said = vec![format!("coverage level: {}", self.coverage)];
        said.push(format!("this version is effective {}", self.since));
        said.extend(self.implemented.map(|day| format!("implemented {day}")));
        said.extend(self.retired.map(|day| format!("retired {day}")));
        if self.parts.is_empty() {
            said.push("this release has no text of it".to_owned());
        }
        let text = format!("{}: {}.", self.name(), said.join("; "));
        self.passage(
            draft,
            format!("{}: coverage level", self.name()),
            self.name(),
            text,
        );
    }

    /// Texts of retired ones begin with their number and name.
    fn repeats_name(&self, heading: &str) -> bool {
        heading.starts_with(self.section.as_str())
    }

    fn passage(&self, draft: &mut ShelfDraft<'_>, title: String, section: String, text: String) {
        let (about, mentions) = about_and_mentions("", &text);
        let locator = Locator {
            url: self.address(),
            ..draft.locator(self.line, Some(&section))
        };
        let edition = draft.edition();
        let passage = PassageDraft {
            edition: edition.id.clone(),
            title,
            text,
            aspect: Aspect::Rule,
            about,
            mentions,
            keywords: self.keywords.clone(),
            billable: None,
            authority: Authority::new(edition.authority.as_str()),
            locator,
            effective: self.effective,
        };
        draft.passage(passage);
    }

    /// Where the Medicare Coverage Database shows it.
    fn address(&self) -> Option<String> {
        let base = "https://www.cms.gov/medicare-coverage-database/view/ncd.aspx";
        let are_numbers = [&self.id, &self.version]
            .into_iter()
            .all(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()));
        are_numbers.then(|| format!("{base}?ncdid={}&ncdver={}", self.id, self.version))
    }
}

/// A retired one ended before the manual said so: what is left of it is the word that there is none any more, and that
/// holds from the day on which it ended.
fn in_force(since: NaiveDate, ended: Option<NaiveDate>) -> EffectiveRange {
    match ended {
        Some(ended) if ended < since => EffectiveRange::since(ended),
        ended => EffectiveRange::new(since, ended).unwrap_or(EffectiveRange::since(since)),
    }
}
