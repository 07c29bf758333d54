//! Guidance as documents: PDF, DOCX, HTML, Markdown and plain text, from the guidelines of CDC to a practice's own rules.
//!
//! A document does not say in a form that a program could rely on whose word it is and from when it is in force, so
//! the operator says it, on the command line or in a sidecar (`sidecar.rs`). It is cut into passages by its sections
//! and cited by section and page, or by line where it has no pages.

mod blocks;
mod codes;
mod docx;
mod format;
mod heading;
mod html;
mod lines;
mod markdown;
mod pdf;
mod sections;

use crate::draft::Job;
use crate::error::{Finding, IngestError};
use crate::reading::{DocumentOptions, Reading, Shelf};
use crate::sheet::decode;
use blocks::{Block, BlockKind};
use codecite_codebook::{
    Aspect, Authority, Edition, EditionId, EffectiveRange, Licence, Locator, NaiveDate, Passage,
    PassageDraft, Place,
};
use codecite_tables::PtpTable;
pub(super) use codes::about_and_mentions;
use format::{Format, is_table};
pub(super) use html::read as read_html;
use sections::Piece;
pub(super) use sections::pieces;

/// Names the kind for `--as`.
pub(super) const WORD: &str = "document";

/// Whether `--as document` takes a member of a zip.
pub(super) fn recognises(name: &str, head: &[u8]) -> bool {
    Format::of(name, head).is_some()
}

/// Whether a file that nothing else recognises is taken as a document: a PDF or a DOCX can be nothing else, a page or
/// a text must be declared to be one. A page that comes instead of a download, and a table that nobody knows, are not.
pub(super) fn is_one(name: &str, bytes: &[u8], options: &DocumentOptions) -> bool {
    match Format::of(name, bytes) {
        Some(Format::Pdf | Format::Docx) => true,
        Some(Format::Html | Format::Markdown) => options.is_declared(),
        Some(Format::Plain) => options.is_declared() && !is_table(bytes),
        None => false,
    }
}

impl DocumentOptions {
    /// Whether the operator says something that only documents have.
    fn is_declared(&self) -> bool {
        self.authority.is_some() || self.title.is_some() || self.source.is_some()
    }
}

/// Reads a document.
pub(super) fn read(job: &Job<'_>) -> Result<Reading, IngestError> {
    let (name, bytes) = (job.member.name.as_str(), job.bytes());
    let format = Format::of(name, bytes).ok_or_else(|| {
        job.misshapen("PDF, DOCX, HTML, Markdown or plain text was expected, and it is none of them")
    })?;
    let declared = Declared::of(job, format)?;
    let content = Content::read(format, name, bytes).map_err(|why| job.misshapen(why))?;
    if content.pieces.is_empty() {
        return Err(job.misshapen(nothing_to_read(format, &content)));
    }
    if format == Format::Html && is_error_page(&content) {
        return Err(job.misshapen(
            "this looks like an error page saved under the name of a document; download it again",
        ));
    }
    Ok(shelve(job, declared, content))
}

fn nothing_to_read(format: Format, content: &Content) -> String {
    match (format, content.unreadable.first()) {
        (_, Some((page, why))) => format!(
            "no page of it could be read; page {page} because {why}; download it again, or print it to a new PDF and give that"
        ),
        (Format::Pdf, None) => {
            "no text can be read in it, perhaps because its pages are scanned pictures; run it through text recognition (OCR)"
                .to_owned()
        }
        _ => "there is no text in it; give the file that has the text".to_owned(),
    }
}

/// A server's answer that the page is missing, forbidden or guarded.
fn is_error_page(content: &Content) -> bool {
    const SIGNS: [&str; 9] = [
        "not found",
        "access denied",
        "forbidden",
        "just a moment",
        "unauthorized",
        "service unavailable",
        "bad gateway",
        "internal server error",
        "page cannot be displayed",
    ];
    let length: usize = content.pieces.iter().map(|piece| piece.text.len()).sum();
    let first = content
        .pieces
        .first()
        .map(|piece| piece.text.as_str())
        .unwrap_or_default();
    let heading = content
        .pieces
        .first()
        .and_then(|piece| piece.heading.as_deref())
        .unwrap_or_default();
    let words = format!(
        "{} {heading} {first}",
        content.title.as_deref().unwrap_or_default()
    )
    .to_lowercase();
    length < 1_500 && SIGNS.iter().any(|sign| words.contains(sign))
}

/// Sources of tables and topic files, by name or by how they begin. A document of the same name would replace them.
const TAKEN: &[&str] = &[
    "starter",
    "topic-*",
    "cpt",
    "cpt-*",
    "gem-*",
    "hcc-*",
    "hcpcs",
    "hcpcs-*",
    "icd-9-cm",
    "icd-10-cm",
    "icd-10-cm-changes-*",
    "icd-10-cm-chapters",
    "icd-10-cm-code-counts",
    "icd-10-cm-drug-table",
    "icd-10-cm-external-cause-index",
    "icd-10-cm-index",
    "icd-10-cm-neoplasm-table",
    "icd-10-cm-sections",
    "icd-10-cm-tabular*",
    "icd-10-pcs",
    "icd-10-pcs-*",
    "mpfs-rvu",
    "mpfs-rvu-qpp",
    "mpfs-gpci",
    "mpfs-localities",
    "mpfs-zip5",
    "mpfs-anesthesia*",
    "mpfs-opps-cap*",
    "ncci-ptp-*",
    "ncci-mue-*",
    "ncci-aoc",
    "lcd-hcpcs",
    "ncd",
    "mce",
    "rbcs",
    "place-of-service",
];

fn is_taken(source: &str) -> bool {
    TAKEN.iter().any(|taken| match taken.strip_suffix('*') {
        Some(beginning) => source.starts_with(beginning),
        None => source == *taken,
    })
}

/// What is known of a document beside its text.
struct Declared {
    authority: String,
    effective: EffectiveRange,
}

impl Declared {
    fn of(job: &Job<'_>, format: Format) -> Result<Self, IngestError> {
        let options = &job.options.document;
        let sidecar = format!("{}.toml", job.file.name);
        let source = options.source.as_deref().map(slug);
        if let Some(source) = source.filter(|source| is_taken(source)) {
            return Err(IngestError::Misshapen {
                file: job.file.name.clone(),
                why: format!(
                    "the source {source:?} is that of a table, and this document would replace it; name another, such as \
                     \"manual-{source}\""
                ),
            });
        }
        let mut missing = Vec::new();
        if options.authority.is_none() {
            missing.push(format!(
                "give --authority NAME, or authority = \"NAME\" in {sidecar}"
            ));
        }
        if job.options.effective_from.is_none() {
            missing.push(format!(
                "give --effective-from YYYY-MM-DD, or effective_from = YYYY-MM-DD in {sidecar}"
            ));
        }
        let (Some(authority), Some(from)) = (&options.authority, job.options.effective_from) else {
            return Err(IngestError::Undeclared {
                file: job.file.name.clone(),
                looks_like: format.looks_like().to_owned(),
                missing: missing.join("; "),
            });
        };
        let effective = EffectiveRange::new(from, options.effective_to).map_err(|error| {
            job.misshapen(format!(
                "{error}; correct --effective-to, or effective_to in {sidecar}"
            ))
        })?;
        Ok(Self {
            authority: match &options.jurisdiction {
                Some(jurisdiction) => format!("{authority} ({jurisdiction})"),
                None => authority.clone(),
            },
            effective,
        })
    }
}

/// What a document says.
struct Content {
    title: Option<String>,
    pieces: Vec<Piece>,
    unreadable: Vec<(u32, String)>,
}

impl Content {
    fn read(format: Format, name: &str, bytes: &[u8]) -> Result<Self, String> {
        let mut unreadable = Vec::new();
        let mut title = None;
        let blocks = match format {
            Format::Pdf => {
                let pdf = pdf::read(bytes)?;
                if pdf.pages == 0 {
                    return Err("the PDF has no pages; it is cut short or damaged, download it again".into());
                }
                unreadable = pdf.unreadable;
                pdf.blocks
            }
            Format::Docx => docx::read(bytes)?,
            Format::Html => {
                let page = html::read(&decode(bytes));
                title = page.title;
                page.blocks
            }
            Format::Markdown => markdown::read(&decode(bytes)),
            Format::Plain => markdown::read_plain(&decode(bytes)),
        };
        Ok(Self {
            title: title.or_else(|| title_of(&blocks)).or_else(|| stem(name)),
            pieces: pieces(blocks),
            unreadable,
        })
    }
}

/// The first heading, if the document begins with one.
fn title_of(blocks: &[Block]) -> Option<String> {
    let first = blocks.first()?;
    let is_heading = first.kind != BlockKind::Paragraph;
    is_heading.then(|| first.text.clone())
}

fn stem(name: &str) -> Option<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim();
    (!stem.is_empty()).then(|| stem.to_owned())
}

fn shelve(job: &Job<'_>, declared: Declared, content: Content) -> Reading {
    let options = &job.options.document;
    let title = options
        .title
        .clone()
        .or(content.title)
        .unwrap_or_else(|| job.member.name.clone());
    let source = match &options.source {
        Some(source) => slug(source),
        None => format!("document-{}", slug(&title)),
    };
    let edition = Edition {
        id: EditionId::new(&format!("{source}-{}", declared.effective.from())),
        source,
        title,
        licence: options
            .licence
            .unwrap_or_else(|| usual_licence(&declared.authority)),
        authority: Authority::new(declared.authority),
        effective: declared.effective,
        replaced_on: declared.effective.to().as_ref().and_then(NaiveDate::succ_opt),
        files: vec![job.file.digest()],
        rows: content.pieces.len() as u64,
        is_complete: false,
    };
    let document = format!("{} ({})", edition.title, job.member.name);
    let passages: Vec<Passage> = content
        .pieces
        .into_iter()
        .map(|piece| passage(piece, &edition, &document, options.url.as_deref()))
        .collect();
    let refused = content.unreadable.into_iter().map(|(page, why)| Finding {
        file: job.member.name.clone(),
        line: None,
        text: format!("page {page} cannot be read ({why}); page refused"),
    });
    let refused: Vec<Finding> = refused.collect();
    Reading {
        read: edition.rows + refused.len() as u64,
        shelf: Shelf {
            edition,
            passages,
            statuses: Vec::new(),
            facts: Vec::new(),
            edits: PtpTable::default(),
            findings: Vec::new(),
            refused: 0,
            set_aside: Vec::new(),
        },
        refused,
        untold: 0,
        part: None,
    }
}

/// A name that is short enough to be a file's.
fn slug(name: &str) -> String {
    let slug: String = EditionId::new(name).as_str().chars().take(100).collect();
    slug.trim_end_matches('-').to_owned()
}

/// What agencies of the United States publish is in the public domain; all else is somebody's.
fn usual_licence(authority: &str) -> Licence {
    const AGENCIES: [&str; 8] = ["CMS", "CDC", "NCHS", "MAC", "OIG", "HHS", "AHRQ", "NLM"];
    let name = authority.split([' ', '/', '(']).next().unwrap_or_default();
    match AGENCIES.contains(&name) {
        true => Licence::PublicDomain,
        false => Licence::Operator {
            to_remote_models: true,
        },
    }
}

fn passage(piece: Piece, edition: &Edition, document: &str, url: Option<&str>) -> Passage {
    let Piece {
        section,
        heading,
        text,
        place,
    } = piece;
    let title = heading.unwrap_or_else(|| edition.title.clone());
    let (about, mentions) = about_and_mentions(&title, &text);
    // A browser opens a PDF on the page that stands behind the address.
    let url = url.map(|url| match &place {
        Place::Page(page) if url.to_ascii_lowercase().ends_with(".pdf") => format!("{url}#page={page}"),
        _ => url.to_owned(),
    });
    Passage::new(PassageDraft {
        edition: edition.id.clone(),
        title: title.trim_end_matches(['.', ':', ' ']).to_owned(),
        text,
        aspect: Aspect::Rule,
        about,
        mentions,
        keywords: Vec::new(),
        billable: None,
        authority: edition.authority.clone(),
        locator: Locator {
            document: document.to_owned(),
            section,
            place: Some(place),
            url,
        },
        effective: edition.effective,
    })
}
