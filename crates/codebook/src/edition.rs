//! Editions: one release of one source.

use crate::{EffectiveRange, Setting};
use chrono::NaiveDate;
use std::fmt;

/// Names one edition, such as `icd-10-cm-2021-01-01` or `starter`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EditionId(String);

impl EditionId {
    /// Keeps letters, digits, dots and dashes of `name`, in lower case; every other run becomes one dash.
    pub fn new(name: &str) -> Self {
        let mut id = String::with_capacity(name.len());
        for c in name.chars() {
            if c.is_ascii_alphanumeric() || c == '.' {
                id.push(c.to_ascii_lowercase());
            } else if !id.ends_with('-') {
                id.push('-');
            }
        }
        // A leading dot would hide the edition's file, or climb out of its folder.
        Self(id.trim_matches(['-', '.']).to_owned())
    }

    /// The id as text: safe as a file name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose word a passage is, strongest first within a topic; a free name for payers and practices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authority(String);

impl Authority {
    /// Names an authority, such as `CMS`, `CDC` or a payer.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who may read an edition's texts, and whether they may leave the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Licence {
    /// A work of the United States government: free to read and to send to a model elsewhere.
    PublicDomain,
    /// Written for this project under its own licence.
    Project,
    /// A payer's or a practice's own text, which the operator may use: whoever may ask this installation may read it.
    Operator {
        /// Whether it may be sent to a language model elsewhere.
        to_remote_models: bool,
    },
    /// Descriptors of CPT under a licence that the operator has from the American Medical Association: its users may
    /// read them. Without it every CPT number still has its public facts.
    Cpt {
        /// Whether the licence lets them be sent to a language model elsewhere.
        to_remote_models: bool,
    },
}

impl Licence {
    /// Every licence.
    pub const ALL: [Self; 6] = [
        Self::PublicDomain,
        Self::Project,
        Self::Operator {
            to_remote_models: true,
        },
        Self::Operator {
            to_remote_models: false,
        },
        Self::Cpt {
            to_remote_models: false,
        },
        Self::Cpt {
            to_remote_models: true,
        },
    ];

    /// A stable word for files, flags and wires. For CPT the short word is the careful one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicDomain => "public-domain",
            Self::Project => "project",
            Self::Operator {
                to_remote_models: true,
            } => "operator",
            Self::Operator {
                to_remote_models: false,
            } => "operator-no-remote",
            Self::Cpt {
                to_remote_models: false,
            } => "cpt",
            Self::Cpt {
                to_remote_models: true,
            } => "cpt-remote",
        }
    }

    /// Reads [`Licence::as_str`] back. `cpt-no-remote` says `cpt` in full.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "cpt-no-remote" {
            return Some(Self::Cpt {
                to_remote_models: false,
            });
        }
        Self::ALL.into_iter().find(|licence| licence.as_str() == word)
    }

    /// Whether texts may be sent to a language model on a machine of somebody else.
    pub fn allows_remote_models(self) -> bool {
        match self {
            Self::PublicDomain | Self::Project => true,
            Self::Operator { to_remote_models } | Self::Cpt { to_remote_models } => to_remote_models,
        }
    }
}

/// The digest of one file that an edition was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// File name without folders.
    pub name: String,
    /// SHA-256 of the file's bytes as given (before unpacking), 64 hexadecimal digits.
    pub sha256: String,
}

/// One release of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Names this edition among all.
    pub id: EditionId,
    /// What this is an edition of, such as `icd-10-cm`: editions of one source supersede each other.
    pub source: String,
    /// What a reader is shown, such as `ICD-10-CM order file, January 2021`.
    pub title: String,
    /// Who published it.
    pub authority: Authority,
    /// When it is in force; open at the end until the next edition of its source is loaded.
    pub effective: EffectiveRange,
    /// The day on which its publisher replaces it by custom (1 October for ICD-10-CM), if known. From
    /// that day on an answer says that a newer release exists, and is not loaded.
    pub replaced_on: Option<NaiveDate>,
    /// Who may read its texts.
    pub licence: Licence,
    /// What it was read from.
    pub files: Vec<FileDigest>,
    /// How many rows or passages it holds.
    pub rows: u64,
    /// Whether it lists every code of its systems that is in force, so that its silence about one tells
    /// something. The starter knows a few codes only, and a list of changes only what changed.
    pub is_complete: bool,
}

impl Edition {
    /// For whose claims a table of the NCCI is: its source says so, as in `ncci-ptp-practitioner`.
    pub fn ncci_setting(&self) -> Option<Setting> {
        let rest = self.source.strip_prefix("ncci-")?;
        let (_, setting) = rest.split_once('-')?;
        Setting::from_word(&setting.replace('-', "_"))
    }

    /// Whether it says of each code on which day it was added and on which it ended, also of codes that ended in the last
    /// years. The quarterly files of HCPCS Level II do; those of other code sets list what is in force.
    pub fn dates_its_codes(&self) -> bool {
        self.source == "hcpcs"
    }

    /// Whether its publisher is known to have replaced it by that date of service.
    pub fn is_stale_on(&self, date_of_service: NaiveDate) -> bool {
        self.effective.contains(date_of_service)
            && self
                .replaced_on
                .is_some_and(|replaced| replaced <= date_of_service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_reads_back_and_cpt_stays_here_unless_it_is_said_otherwise() {
        for licence in Licence::ALL {
            assert_eq!(Licence::from_word(licence.as_str()), Some(licence));
        }
        let remote = |word| Licence::from_word(word).map(Licence::allows_remote_models);
        for (word, expected) in [
            ("public-domain", Some(true)),
            ("operator", Some(true)),
            ("operator-no-remote", Some(false)),
            ("cpt", Some(false)),
            ("cpt-no-remote", Some(false)),
            ("cpt-remote", Some(true)),
            ("ama", None),
        ] {
            assert_eq!(remote(word), expected, "{word}");
        }
    }

    #[test]
    fn an_edition_id_is_a_safe_file_name() {
        for (name, id) in [
            ("ICD-10-CM 2021/01", "icd-10-cm-2021-01"),
            ("../../etc/passwd", "etc-passwd"),
            ("Ünïcode", "n-code"),
            ("..", ""),
        ] {
            assert_eq!(EditionId::new(name).as_str(), id);
        }
    }
}
