//! For whom a service is billed: the NCCI and MUE tables are published apart by it.

/// Which tables of NCCI and MUE apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// Physicians, other practitioners and ambulatory surgical centres.
    Practitioner,
    /// Hospital outpatient departments and emergency rooms, the facility's claim.
    OutpatientHospital,
    /// Hospital inpatient stays, the facility's claim.
    InpatientHospital,
    /// Suppliers of durable medical equipment.
    Dme,
}

impl Setting {
    /// A stable word for files and wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::OutpatientHospital => "outpatient_hospital",
            Self::InpatientHospital => "inpatient_hospital",
            Self::Dme => "dme",
        }
    }

    /// Reads [`Setting::as_str`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Practitioner,
            Self::OutpatientHospital,
            Self::InpatientHospital,
            Self::Dme,
        ]
        .into_iter()
        .find(|setting| setting.as_str() == word)
    }
}
