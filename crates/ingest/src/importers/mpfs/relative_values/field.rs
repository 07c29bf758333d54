//! The fields of a row: what each is called in the two layouts, and what may stand in it.

use super::super::{is_decimal, is_positive, meaning};

pub(super) const MODIFIER: &str = "modifier";
pub(super) const DESCRIPTION: &str = "description";
/// In dollars; the conversion factor of 2025 is 32.3465.
const LARGEST_FACTOR: f64 = 10_000.0;

/// One field.
pub(super) struct Field {
    /// What readers are shown.
    pub label: &'static str,
    /// What the column is called in the official table, its header rows put together, and in tables made of it.
    pub columns: &'static [&'static str],
    /// First and last character in the text file, counted from 1.
    pub place: Option<(usize, usize)>,
    shape: Shape,
    /// What the value means, where a coder needs to be told.
    pub meaning: Option<Meaning>,
}

/// A further value that explains one.
#[derive(Clone, Copy)]
pub(super) struct Meaning {
    pub label: &'static str,
    pub of: fn(&str) -> &'static str,
}

/// What may stand in a field. A row with shifted columns does not pass.
#[derive(Clone, Copy)]
enum Shape {
    /// Any text, or none.
    Text,
    /// A number with a decimal point.
    Decimal,
    /// The same, or nothing.
    DecimalOrNone,
    /// One letter.
    Letter,
    /// One figure.
    Figure,
    /// What is above zero in dollars.
    Factor,
    /// One of those that `meaning` knows.
    GlobalDays,
    /// So many letters or figures, or nothing.
    CharactersOrNone(usize),
    /// This, or nothing.
    Mark(&'static str),
}

const NON_FACILITY_NA: &str = "rarely or never performed in a non-facility setting";
const FACILITY_NA: &str = "rarely or never performed in a facility setting";

/// All fields in the order in which readers are shown them. The calculation flag is left out: since 2014 it is 0 for
/// every code.
pub(super) const FIELDS: &[Field] = &[
    Field::new(MODIFIER, &["mod"], (6, 7), Shape::CharactersOrNone(2)),
    Field::new(DESCRIPTION, &["description"], (8, 57), Shape::Text),
    Field::new(
        "status indicator",
        &["status code", "status"],
        (58, 58),
        Shape::Letter,
    )
    .meaning("what the status indicator means", meaning::of_status),
    Field::new(
        "not used for Medicare payment",
        &["not used for medicare payment", "not_used_mcr"],
        (59, 59),
        Shape::Mark("+"),
    ),
    Field::new("work RVU", &["work rvu", "rvu_work"], (60, 65), Shape::Decimal),
    Field::new(
        "non-facility PE RVU",
        &["non-fac pe rvu", "rvu_non_pe"],
        (67, 72),
        Shape::Decimal,
    ),
    Field::new(
        "non-facility NA indicator",
        &["non-fac na indicator", "non_na"],
        (73, 74),
        Shape::Mark("NA"),
    )
    .meaning("what the non-facility NA indicator means", |na| {
        meaning::of_na(na, NON_FACILITY_NA)
    }),
    Field::new(
        "facility PE RVU",
        &["facility pe rvu", "rvu_fac_pe"],
        (76, 81),
        Shape::Decimal,
    ),
    Field::new(
        "facility NA indicator",
        &["facility na indicator", "fac_na"],
        (82, 83),
        Shape::Mark("NA"),
    )
    .meaning("what the facility NA indicator means", |na| {
        meaning::of_na(na, FACILITY_NA)
    }),
    Field::new("malpractice RVU", &["mp rvu", "rvu_mp"], (85, 89), Shape::Decimal),
    Field::new(
        "total non-facility RVU",
        &["non-facility total", "rvu_non_sum"],
        (91, 96),
        Shape::Decimal,
    ),
    Field::new(
        "total facility RVU",
        &["facility total", "rvu_fac_sum"],
        (97, 102),
        Shape::Decimal,
    ),
    Field::new(
        "PC/TC indicator",
        &["pctc ind", "pctc"],
        (103, 103),
        Shape::Figure,
    ),
    Field::new(
        "global days",
        &["glob days", "glob"],
        (104, 106),
        Shape::GlobalDays,
    )
    .meaning("what the global days mean", meaning::of_global_days),
    Field::new(
        "pre-operative percentage",
        &["pre op", "pre_op"],
        (107, 109),
        Shape::DecimalOrNone,
    ),
    Field::new(
        "intra-operative percentage",
        &["intra op", "intra_op"],
        (110, 112),
        Shape::DecimalOrNone,
    ),
    Field::new(
        "post-operative percentage",
        &["post op", "post_op"],
        (113, 115),
        Shape::DecimalOrNone,
    ),
    Field::new(
        "multiple procedure indicator",
        &["mult proc", "mult_proc"],
        (116, 116),
        Shape::Figure,
    ),
    Field::new(
        "bilateral surgery indicator",
        &["bilat surg", "bilat_surg"],
        (117, 117),
        Shape::Figure,
    ),
    Field::new(
        "assistant at surgery indicator",
        &["asst surg", "asst_surg"],
        (118, 118),
        Shape::Figure,
    ),
    Field::new(
        "co-surgeon indicator",
        &["co- surg", "co_surg"],
        (119, 119),
        Shape::Figure,
    ),
    Field::new(
        "team surgery indicator",
        &["team surg", "team_surg"],
        (120, 120),
        Shape::Figure,
    ),
    Field {
        place: None,
        ..Field::new("pricing indicator", &["pric ind"], (0, 0), Shape::Text)
    },
    Field::new(
        "endoscopic base code",
        &["endo base", "endo_base"],
        (128, 132),
        Shape::CharactersOrNone(5),
    ),
    Field::new(
        "conversion factor",
        &["conv factor", "cf"],
        (133, 140),
        Shape::Factor,
    ),
    Field::new(
        "physician supervision of diagnostic procedures",
        &["physician supervision of diagnostic procedures", "phys_diag_pro"],
        (142, 143),
        Shape::CharactersOrNone(2),
    ),
    Field::new(
        "diagnostic imaging family",
        &["diagnostic imaging family indicator", "diag_img_fam"],
        (146, 147),
        Shape::CharactersOrNone(2),
    ),
    Field::new(
        "non-facility PE RVU for the OPPS cap",
        &["non-facility pe used for opps payment amount", "rvu_opps_non_pe"],
        (152, 157),
        Shape::DecimalOrNone,
    ),
    Field::new(
        "facility PE RVU for the OPPS cap",
        &["facility pe used for opps payment amount", "rvu_opps_fac_pe"],
        (159, 164),
        Shape::DecimalOrNone,
    ),
    Field::new(
        "malpractice RVU for the OPPS cap",
        &["mp used for opps payment amount", "rvu_opps_mp"],
        (166, 171),
        Shape::DecimalOrNone,
    ),
];

impl Field {
    const fn new(
        label: &'static str,
        columns: &'static [&'static str],
        place: (usize, usize),
        shape: Shape,
    ) -> Self {
        Self {
            label,
            columns,
            place: Some(place),
            shape,
            meaning: None,
        }
    }

    const fn meaning(self, label: &'static str, of: fn(&str) -> &'static str) -> Self {
        Self {
            meaning: Some(Meaning { label, of }),
            ..self
        }
    }

    /// Whether a table without this column is another table.
    pub fn is_needed(&self) -> bool {
        matches!(
            self.shape,
            Shape::Decimal | Shape::Letter | Shape::Figure | Shape::Factor | Shape::GlobalDays
        )
    }

    /// Whether fees and claims are judged otherwise without this column, which a table made of the official one may have
    /// left out: percentages, supervision, imaging, what the OPPS caps.
    pub fn is_missed(&self) -> bool {
        matches!(self.shape, Shape::DecimalOrNone | Shape::CharactersOrNone(2)) && self.label != MODIFIER
    }

    /// Whether `value` may stand in the field, or why not.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let has_characters =
            |count| value.len() == count && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_fitting = match self.shape {
            Shape::Text => true,
            Shape::Decimal => is_decimal(value),
            Shape::DecimalOrNone => value.is_empty() || is_decimal(value),
            Shape::Letter => value.len() == 1 && value.bytes().all(|byte| byte.is_ascii_uppercase()),
            Shape::Figure => value.len() == 1 && value.bytes().all(|byte| byte.is_ascii_digit()),
            Shape::Factor => is_positive(value, LARGEST_FACTOR),
            Shape::GlobalDays => !meaning::of_global_days(value).is_empty(),
            Shape::CharactersOrNone(count) => value.is_empty() || has_characters(count),
            Shape::Mark(mark) => value.is_empty() || value == mark,
        };
        match is_fitting {
            true => Ok(()),
            false => {
                let shown: String = value.chars().take(40).collect();
                Err(format!("{shown:?} cannot be its {}", self.label))
            }
        }
    }
}
