//! What was asked.

use codecite_codebook::{ClinicalText, NaiveDate};
use codecite_retrieval::Setting;

/// One question, as it came in at a door.
#[derive(Clone, Debug)]
pub struct Question {
    /// The words asked; they never reach a log.
    pub words: ClinicalText,
    /// The date of service, where the door has a field for it. A date in the words comes next, then today.
    pub date_of_service: Option<NaiveDate>,
    /// The setting, where the door has a field for it; else the words may tell.
    pub setting: Option<Setting>,
    /// The day on which it was asked.
    pub today: NaiveDate,
    /// Answer without the language model even where one is configured.
    pub offline: bool,
}
