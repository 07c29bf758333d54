//! What importers share: the job they are given, and the shelf that they fill row by row.

use crate::container::Member;
use crate::error::{Finding, IngestError};
use crate::reading::{Part, ReadOptions, Reading, Shelf, SourceFile};
use crate::refusals::{Refusals, is_hopeless};
use crate::release::overruled;
use crate::repeats;
use crate::sheet::{Sheet, SheetRow};
use codecite_codebook::{
    Aspect, Authority, Code, CodeStatus, Edition, EditionId, EffectiveRange, Fact, FactKind, FactRow,
    Licence, Locator, NaiveDate, Passage, PassageDraft, Place,
};
use codecite_tables::PtpTable;

/// One file to read.
pub(crate) struct Job<'a> {
    /// The file as it was given.
    pub file: &'a SourceFile,
    /// What is read: the file itself, unpacked, or one member of it.
    pub member: &'a Member<'a>,
    /// What the operator said.
    pub options: &'a ReadOptions,
}

impl Job<'_> {
    /// The names that may say from when a release is in force, the more telling first.
    pub fn names(&self) -> [&str; 2] {
        [&self.member.name, &self.file.name]
    }

    /// The bytes to read.
    pub fn bytes(&self) -> &[u8] {
        &self.member.bytes
    }

    /// From when the release is in force: what the operator says, or else what `named` reads from one of the names.
    pub fn first_day(&self, named: impl Fn(&str) -> Option<NaiveDate>) -> Option<NaiveDate> {
        let of_names = || self.names().into_iter().find_map(named);
        self.options.effective_from.or_else(of_names)
    }

    /// The error for a file that does not say from when it is in force.
    pub fn undated(&self, expected: &str) -> IngestError {
        IngestError::EffectiveDateUnknown {
            file: self.file.name.clone(),
            expected: expected.to_owned(),
        }
    }

    /// The error for a file that is not what it claims to be.
    pub fn misshapen(&self, why: impl Into<String>) -> IngestError {
        IngestError::Misshapen {
            file: self.member.name.clone(),
            why: why.into(),
        }
    }
}

/// What an importer knows of its edition before it reads a row.
pub(crate) struct Release {
    /// What it is an edition of, such as `ncci-mue-practitioner`.
    pub source: &'static str,
    /// What a reader is shown, such as `MUE practitioner 2024 Q3`. Rows are cited under it.
    pub title: String,
    /// Who published it.
    pub authority: &'static str,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// The day on which its publisher replaces it by custom.
    pub replaced_on: Option<NaiveDate>,
    /// Whether it lists every code of its systems that is in force.
    pub is_complete: bool,
    /// Public address of where the publisher ships it.
    pub url: &'static str,
}

/// A shelf on which rows are put one by one, each with its row in the file.
pub(crate) struct ShelfDraft<'a> {
    job: &'a Job<'a>,
    edition: Edition,
    locator: Locator,
    passages: Vec<Passage>,
    statuses: Vec<CodeStatus>,
    facts: Vec<Fact>,
    edits: PtpTable,
    refused: Refusals,
    remarks: Vec<Finding>,
    /// Rows met, refused ones included.
    read: u64,
    part: Option<Part>,
}

impl<'a> ShelfDraft<'a> {
    /// An empty shelf of `release`.
    pub fn new(job: &'a Job<'a>, release: Release) -> Self {
        let locator = Locator {
            document: format!("{} ({})", release.title, job.member.name),
            section: None,
            place: None,
            url: Some(release.url.to_owned()),
        };
        let mut edits = PtpTable::default();
        edits.begin_document(locator.clone());
        Self {
            job,
            edition: Edition {
                id: EditionId::new(&format!("{}-{}", release.source, release.effective_from)),
                source: release.source.to_owned(),
                title: release.title,
                authority: Authority::new(release.authority),
                effective: EffectiveRange::since(release.effective_from),
                replaced_on: release.replaced_on,
                licence: Licence::PublicDomain,
                files: vec![job.file.digest()],
                rows: 0,
                is_complete: release.is_complete,
            },
            locator,
            passages: Vec::new(),
            statuses: Vec::new(),
            facts: Vec::new(),
            edits,
            refused: Refusals::default(),
            remarks: Vec::new(),
            read: 0,
            part: None,
        }
    }

    /// Says under which licence it may be read, where it is not in the public domain.
    pub fn licensed(&mut self, licence: Licence) {
        self.edition.licence = licence;
    }

    /// Says that the file is one of several that make up the edition.
    pub fn part(&mut self, number: u8, of: u8) {
        self.part = Some(Part { number, of });
    }

    /// The edition that is being filled.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Hands every row of `sheet` to `shelve`, and refuses those that are damaged or that it will not take.
    pub fn each_row(
        &mut self,
        sheet: &Sheet,
        mut shelve: impl FnMut(&SheetRow<'_>, &mut Self) -> Result<(), String>,
    ) {
        for row in sheet.rows() {
            self.met_row();
            let put = row.and_then(|row| shelve(&row, self).map_err(|why| (row.line, why)));
            if let Err((line, why)) = put {
                self.refuse(line, why);
            }
            if self.is_hopeless() {
                return;
            }
        }
    }

    /// Counts one row of the file, whatever becomes of it.
    pub fn met_row(&mut self) {
        self.read += 1;
    }

    /// Refuses the row on `line`, counted from 1.
    pub fn refuse(&mut self, line: u64, why: impl std::fmt::Display) {
        self.refused.add(&self.job.member.name, line, "row", why);
    }

    /// Whether it is plain that the file holds no rows of its kind, so that to read on would only take time.
    pub fn is_hopeless(&self) -> bool {
        is_hopeless(self.read, self.refused.count())
    }

    /// Remarks on the row on `line`, which is kept: it is odd, but stands in the file like that.
    pub fn remark(&mut self, line: u64, text: impl Into<String>) {
        self.remark_at(Some(line), text.into());
    }

    /// Remarks on the file as a whole.
    pub fn remark_on_file(&mut self, text: impl Into<String>) {
        self.remark_at(None, text.into());
    }

    /// Remarks where the file tells another year, as `year_of` counts them, than the operator.
    pub fn compare_year(&mut self, told: Option<NaiveDate>, year_of: impl Fn(NaiveDate) -> i32) {
        if let Some((told, given)) = told.zip(self.job.options.effective_from)
            && year_of(told) != year_of(given)
        {
            self.remark_on_file(overruled(told, given));
        }
    }

    fn remark_at(&mut self, line: Option<u64>, text: String) {
        self.remarks.push(Finding {
            file: self.job.member.name.clone(),
            line,
            text,
        });
    }

    /// Where the row on `line` stands.
    pub fn locator(&self, line: u64, section: Option<&str>) -> Locator {
        Locator {
            section: section.map(str::to_owned),
            place: Some(Place::Row(line)),
            ..self.locator.clone()
        }
    }

    /// Adds a row about `code`, in force as long as the edition; `also` are other codes under which it is found.
    pub fn fact(&mut self, line: u64, kind: FactKind, code: Code, also: Vec<Code>, rows: Vec<FactRow>) {
        self.fact_in_force(line, kind, code, also, rows, self.edition.effective);
    }

    /// As [`ShelfDraft::fact`], with the row's own range.
    pub fn fact_in_force(
        &mut self,
        line: u64,
        kind: FactKind,
        code: Code,
        also: Vec<Code>,
        rows: Vec<FactRow>,
        effective: EffectiveRange,
    ) {
        self.facts.push(Fact {
            kind,
            code,
            also,
            rows,
            edition: self.edition.id.clone(),
            locator: self.locator(line, None),
            effective,
        });
    }

    /// Adds what the edition says of one code, in the range of the row.
    pub fn status(
        &mut self,
        line: u64,
        section: Option<&str>,
        code: Code,
        title: Option<&str>,
        billable: bool,
        effective: EffectiveRange,
    ) {
        self.statuses.push(CodeStatus {
            code,
            title: title.map(str::to_owned),
            billable,
            edition: self.edition.id.clone(),
            effective,
            locator: self.locator(line, section),
        });
    }

    /// Adds the entry of a code set: its title as a passage that can be found by words and meaning.
    pub fn entry(
        &mut self,
        line: u64,
        section: Option<&str>,
        code: Code,
        title: &str,
        billable: bool,
        effective: EffectiveRange,
    ) {
        self.passage(PassageDraft {
            edition: self.edition.id.clone(),
            title: code.label(),
            text: title.to_owned(),
            aspect: Aspect::Entry,
            about: vec![code],
            mentions: Vec::new(),
            keywords: Vec::new(),
            billable: Some(billable),
            authority: self.edition.authority.clone(),
            locator: self.locator(line, section),
            effective,
        });
    }

    /// Adds a passage.
    pub fn passage(&mut self, draft: PassageDraft) {
        self.passages.push(Passage::new(draft));
    }

    /// The table of procedure-to-procedure edits, for files of millions of them.
    pub fn edits(&mut self) -> &mut PtpTable {
        &mut self.edits
    }

    /// The shelf as it was filled.
    ///
    /// # Errors
    /// If no row was in order.
    pub fn finish(mut self) -> Result<Reading, IngestError> {
        let refused = self.refused.count();
        let kept = self.read.saturating_sub(refused);
        if kept == 0 {
            return Err(match self.refused.into_first() {
                Some(first) => IngestError::NothingUsable {
                    file: self.job.file.name.clone(),
                    refused,
                    first,
                },
                None => self.job.misshapen(
                    "it has no rows behind its header; download it again, or give the file that has them",
                ),
            });
        }
        let remarks = repeats::settle(
            &self.edition.source,
            &mut self.facts,
            &mut self.statuses,
            &mut self.passages,
        );
        for (line, text) in remarks {
            self.remark(line, text);
        }
        self.edition.rows = kept;
        let (refused, untold) = self.refused.into_findings(&self.job.member.name, "row");
        Ok(Reading {
            shelf: Shelf {
                edition: self.edition,
                passages: self.passages,
                statuses: self.statuses,
                facts: self.facts,
                edits: self.edits,
                findings: self.remarks,
                refused: 0,
                set_aside: Vec::new(),
            },
            read: self.read,
            refused,
            untold,
            part: self.part,
        })
    }
}

/// Labelled values for a fact; empty values are left out.
pub(crate) fn labelled<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<FactRow> {
    rows.into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(label, value)| FactRow {
            label: label.to_owned(),
            value: value.trim().to_owned(),
        })
        .collect()
}
