//! What each kind of file is recognised by, and what reads it.
//!
//! To add one: a module with `recognises` and `read`, and a line in [`ALL`]. A file is asked about its content;
//! its name only helps where two kinds look alike.

mod alphabetic;
mod aoc;
mod cells;
mod changes;
mod code_counts;
mod code_tables;
mod cpt;
mod documents;
mod fiscal;
mod gem;
mod guess;
mod hcc;
mod hcpcs;
mod icd9;
mod lcd;
mod mce;
mod mpfs;
mod mue;
mod ncd;
mod outline;
mod pcs_definitions;
mod pcs_index;
mod pcs_order;
mod pcs_tables;
mod place_of_service;
mod ptp;
mod rbcs;
mod tabular;
mod terms;
mod words;

use crate::container::Member;
use crate::draft::Job;
use crate::error::IngestError;
use crate::icd10cm;
use crate::reading::{ReadOptions, Reading, SourceFile};

pub(crate) use guess::{Guess, guess};

/// One kind of file.
pub(crate) struct Importer {
    /// Names it for `--as`.
    pub word: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// Whether a file is one, by its name and its first bytes (8 KB at least, or all of them).
    pub recognises: fn(&str, &[u8]) -> bool,
    /// Reads it.
    pub read: fn(&Job<'_>) -> Result<Reading, IngestError>,
}

/// Every kind, the stricter before the more lenient.
pub(crate) const ALL: &[Importer] = &[
    Importer {
        word: "icd-10-pcs-order",
        what: "ICD-10-PCS order file",
        recognises: pcs_order::recognises,
        read: pcs_order::read,
    },
    Importer {
        word: "icd-10-cm-order",
        what: "ICD-10-CM order file",
        recognises: icd10cm::is_wanted,
        read: icd10cm::read,
    },
    Importer {
        word: "icd-10-cm-index",
        what: "ICD-10-CM Alphabetic Index",
        recognises: alphabetic::recognises,
        read: alphabetic::read,
    },
    Importer {
        word: "icd-10-cm-external-cause-index",
        what: "ICD-10-CM External Cause Index",
        recognises: alphabetic::recognises_external,
        read: alphabetic::read_external,
    },
    Importer {
        word: "icd-10-cm-neoplasm-table",
        what: "ICD-10-CM Table of Neoplasms",
        recognises: code_tables::recognises_neoplasms,
        read: code_tables::read_neoplasms,
    },
    Importer {
        word: "icd-10-cm-drug-table",
        what: "ICD-10-CM Table of Drugs and Chemicals",
        recognises: code_tables::recognises_drugs,
        read: code_tables::read_drugs,
    },
    Importer {
        word: "icd-10-pcs-tables",
        what: "ICD-10-PCS tables",
        recognises: pcs_tables::recognises,
        read: pcs_tables::read,
    },
    Importer {
        word: "icd-10-pcs-index",
        what: "ICD-10-PCS Index",
        recognises: pcs_index::recognises,
        read: pcs_index::read,
    },
    Importer {
        word: "icd-10-pcs-definitions",
        what: "ICD-10-PCS definitions",
        recognises: pcs_definitions::recognises,
        read: pcs_definitions::read,
    },
    Importer {
        word: "icd-10-cm-addenda",
        what: "changes of the ICD-10-CM order file",
        recognises: changes::recognises_addenda,
        read: changes::read_addenda,
    },
    Importer {
        word: "icd-10-cm-changes",
        what: "list of ICD-10-CM codes that changed",
        recognises: changes::recognises_list,
        read: changes::read_list,
    },
    Importer {
        word: "icd-10-cm-code-counts",
        what: "ICD-10-CM codes counted by year",
        recognises: code_counts::recognises,
        read: code_counts::read,
    },
    Importer {
        word: "icd-10-cm-tabular",
        what: "ICD-10-CM Tabular List",
        recognises: tabular::recognises,
        read: tabular::read,
    },
    Importer {
        word: "icd-10-cm-outline",
        what: "ICD-10-CM chapters or sections",
        recognises: outline::recognises,
        read: outline::read,
    },
    Importer {
        word: "icd-10-cm-code-list",
        what: "ICD-10-CM codes without flags, which is refused",
        recognises: outline::recognises_codes,
        read: outline::refuse_codes,
    },
    Importer {
        word: "ncci-mue",
        what: "NCCI medically unlikely edits",
        recognises: mue::recognises,
        read: mue::read,
    },
    Importer {
        word: "ncci-ptp",
        what: "NCCI procedure-to-procedure edits",
        recognises: ptp::recognises,
        read: ptp::read,
    },
    Importer {
        word: "ncci-aoc",
        what: "NCCI add-on code edits",
        recognises: aoc::recognises,
        read: aoc::read,
    },
    Importer {
        word: "mpfs-rvu",
        what: "Medicare physician fee schedule, relative values",
        recognises: mpfs::relative_values::recognises,
        read: mpfs::relative_values::read,
    },
    Importer {
        word: "mpfs-gpci",
        what: "geographic practice cost indices",
        recognises: mpfs::gpci::recognises,
        read: mpfs::gpci::read,
    },
    Importer {
        word: "mpfs-localities",
        what: "counties of payment localities",
        recognises: mpfs::counties::recognises,
        read: mpfs::counties::read,
    },
    Importer {
        word: "mpfs-anesthesia",
        what: "anesthesia conversion factors",
        recognises: mpfs::anesthesia::recognises,
        read: mpfs::anesthesia::read,
    },
    Importer {
        word: "mpfs-opps-cap",
        what: "OPPS caps on imaging",
        recognises: mpfs::opps_cap::recognises,
        read: mpfs::opps_cap::read,
    },
    Importer {
        word: "mpfs-zip5",
        what: "ZIP codes and their payment localities",
        recognises: mpfs::zip::recognises,
        read: mpfs::zip::read,
    },
    Importer {
        word: "hcpcs",
        what: "HCPCS Level II quarterly file",
        recognises: hcpcs::recognises,
        read: hcpcs::read,
    },
    Importer {
        word: "hcpcs-fixed",
        what: "HCPCS Level II quarterly file in fixed columns",
        recognises: hcpcs::fixed::recognises,
        read: hcpcs::fixed::read,
    },
    Importer {
        word: "hcpcs-transactions",
        what: "HCPCS Level II transaction report",
        recognises: hcpcs::beside::is_transactions,
        read: hcpcs::beside::read_transactions,
    },
    Importer {
        word: "hcpcs-corrections",
        what: "corrections to a HCPCS Level II quarterly file",
        recognises: hcpcs::beside::is_corrections,
        read: hcpcs::beside::read_corrections,
    },
    Importer {
        word: "hcpcs-noc",
        what: "HCPCS Level II codes for what is not otherwise classified",
        recognises: hcpcs::beside::is_noc,
        read: hcpcs::beside::read_noc,
    },
    Importer {
        word: "hcpcs-processing-notes",
        what: "HCPCS Level II processing notes",
        recognises: hcpcs::beside::is_notes,
        read: hcpcs::beside::read_notes,
    },
    Importer {
        word: "place-of-service",
        what: "place of service codes",
        recognises: place_of_service::recognises,
        read: place_of_service::read,
    },
    Importer {
        word: "gem",
        what: "general equivalence mapping of ICD-9-CM and ICD-10",
        recognises: gem::recognises,
        read: gem::read,
    },
    Importer {
        word: "icd-9-cm-titles",
        what: "ICD-9-CM titles",
        recognises: icd9::recognises,
        read: icd9::read,
    },
    Importer {
        word: "hcc-mappings",
        what: "ICD-10-CM to HCC mappings",
        recognises: hcc::mappings::recognises,
        read: hcc::mappings::read,
    },
    Importer {
        word: "hcc-hierarchies",
        what: "HCC hierarchies",
        recognises: hcc::hierarchies::is_hierarchies,
        read: hcc::hierarchies::read_hierarchies,
    },
    Importer {
        word: "hcc-labels",
        what: "HCC labels",
        recognises: hcc::hierarchies::is_labels,
        read: hcc::hierarchies::read_labels,
    },
    Importer {
        word: "hcc-dx-edits",
        what: "HCC edits by age and sex",
        recognises: hcc::edits::recognises,
        read: hcc::edits::read,
    },
    Importer {
        word: "hcc-eligible-procedures",
        what: "procedures eligible for risk adjustment",
        recognises: hcc::eligible::recognises,
        read: hcc::eligible::read,
    },
    Importer {
        word: "mce",
        what: "Medicare code editor, lists of diagnoses",
        recognises: mce::recognises,
        read: mce::read,
    },
    Importer {
        word: "rbcs",
        what: "Restructured BETOS Classification System",
        recognises: rbcs::recognises,
        read: rbcs::read,
    },
    Importer {
        word: "lcd-hcpcs",
        what: "LCDs by procedure code",
        recognises: lcd::recognises,
        read: lcd::read,
    },
    Importer {
        word: "ncd",
        what: "national coverage determinations",
        recognises: ncd::recognises,
        read: ncd::read,
    },
    Importer {
        word: cpt::WORD,
        what: "CPT descriptors of a licensee",
        recognises: cpt::recognises,
        read: cpt::read,
    },
];

/// Guidance, which is taken only where nothing else recognises a file, or where the operator asks for it: archives of
/// tables have leaflets in them.
const DOCUMENT: Importer = Importer {
    word: documents::WORD,
    what: "guidance as PDF, DOCX, HTML, Markdown or text",
    recognises: documents::recognises,
    read: documents::read,
};

/// Every kind, documents included.
pub(crate) fn every() -> impl Iterator<Item = &'static Importer> {
    ALL.iter().chain([&DOCUMENT])
}

/// The importer that `--as` names.
pub(crate) fn named(word: &str) -> Option<&'static Importer> {
    every().find(|importer| importer.word == word)
}

/// The importer of documents, for a member that is one.
pub(crate) fn document(member: &Member<'_>, options: &ReadOptions) -> Option<&'static Importer> {
    documents::is_one(&member.name, &member.bytes, &options.document).then_some(&DOCUMENT)
}

/// Whether what a file brings depends on what the operator says of it, perhaps in a sidecar.
pub(crate) fn asks_for_words(file: &SourceFile) -> bool {
    let head = file.bytes.get(..8_192).unwrap_or(&file.bytes);
    let is_topic = file.name.to_ascii_lowercase().ends_with(".toml");
    match of(&file.name, head) {
        Some(importer) => importer.word == cpt::WORD,
        None => !is_topic && documents::recognises(&file.name, head),
    }
}

/// How much of a file the importers are asked about.
const HEAD_BYTES: usize = 64 * 1024;

/// The importer that recognises the file.
pub(crate) fn of(name: &str, head: &[u8]) -> Option<&'static Importer> {
    // The list of a workbook's parts stands at its end.
    let head = match head.starts_with(b"PK") {
        true => head,
        false => head.get(..HEAD_BYTES).unwrap_or(head),
    };
    ALL.iter().find(|importer| (importer.recognises)(name, head))
}

/// The importer that recognises the member.
pub(crate) fn of_member(member: &Member<'_>) -> Option<&'static Importer> {
    of(&member.name, &member.bytes)
}

/// The words and meanings of all kinds, in one line.
pub(crate) fn list() -> String {
    let kinds: Vec<String> = every()
        .map(|importer| format!("{} ({})", importer.word, importer.what))
        .collect();
    kinds.join(", ")
}
