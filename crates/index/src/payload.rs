//! The stored form of a passage: JSON fields, converted by hand.
//!
//! Inner types promise nothing to strangers; this file does, to every index written so far. A change here
//! asks for a new [`FORMAT`].

use codecite_codebook::{
    Aspect, Authority, Code, EditionId, EffectiveRange, Locator, NaiveDate, Passage, PassageDraft, PassageId,
    Place,
};
use codecite_retrieval::IndexError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of this stored form and of the indexes over it.
pub(crate) const FORMAT: u64 = 1;

pub(crate) const ABOUT: &str = "about";
pub(crate) const MENTIONS: &str = "mentions";
pub(crate) const SYSTEMS: &str = "systems";
pub(crate) const EDITION: &str = "edition";
pub(crate) const ASPECT: &str = "aspect";
/// First day in force, as a day number.
pub(crate) const FROM: &str = "from";
/// Last day in force, as a day number; [`OPEN`] without an end.
pub(crate) const TO: &str = "to";
/// What `to` was when the passage was loaded, so that the end of its edition can be moved and lifted again
/// without losing the end that its source gave it.
pub(crate) const ENDS: &str = "ends";

/// Fields with a keyword index.
pub(crate) const KEYWORDS: [&str; 5] = [ABOUT, MENTIONS, SYSTEMS, EDITION, ASPECT];
/// Fields with an integer range index on a server.
pub(crate) const NUMBERS: [&str; 2] = [FROM, TO];

/// The day number of an open end: later than any date.
pub(crate) const OPEN: i64 = 1_000_000_000;

/// Days since 1 January of the year 1, which has number 1.
pub(crate) fn day_number(date: NaiveDate) -> i64 {
    date.signed_duration_since(DAY_ZERO).num_days()
}

// The day before 1 January of the year 1.
const DAY_ZERO: NaiveDate = NaiveDate::from_ymd_opt(0, 12, 31).unwrap();

/// The stored form of a passage.
pub(crate) fn write(passage: &Passage) -> Map<String, Value> {
    let end = passage.effective.to().map_or(OPEN, day_number);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put(EDITION, passage.edition.as_str().into());
    put("title", passage.title.as_str().into());
    put("text", passage.text.as_str().into());
    put(ASPECT, passage.aspect.as_str().into());
    put(ABOUT, labels(&passage.about));
    put(SYSTEMS, systems(&passage.about));
    put("authority", passage.authority.as_str().into());
    put("document", passage.locator.document.as_str().into());
    put(FROM, day_number(passage.effective.from()).into());
    put(TO, end.into());
    put(ENDS, end.into());
    // Most passages are entries of a code set and lack these: absent is smaller than null.
    if !passage.mentions.is_empty() {
        put(MENTIONS, labels(&passage.mentions));
    }
    if !passage.keywords.is_empty() {
        put("keywords", passage.keywords.clone().into());
    }
    if let Some(billable) = passage.billable {
        put("billable", billable.into());
    }
    if let Some(section) = &passage.locator.section {
        put("section", section.as_str().into());
    }
    match passage.locator.place {
        Some(Place::Row(row)) => put("row", row.into()),
        Some(Place::Page(page)) => put("page", page.into()),
        None => None,
    };
    if let Some(url) = &passage.locator.url {
        put("url", url.as_str().into());
    }
    fields
}

/// The days of one stored passage, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub from: i64,
    /// As readers see it.
    pub to: i64,
    /// As its source gave it.
    pub ends: i64,
}

impl Days {
    /// The fields that are read.
    pub const FIELDS: [&str; 3] = [FROM, TO, ENDS];

    pub fn read(id: PassageId, fields: &Map<String, Value>) -> Result<Self, IndexError> {
        let day = |name: &str| {
            let number = fields.get(name).and_then(Value::as_i64);
            number.ok_or_else(|| unreadable(id, name))
        };
        Ok(Self {
            from: day(FROM)?,
            to: day(TO)?,
            ends: day(ENDS)?,
        })
    }

    /// Its last day in an edition that ends on `last_day`: its source may end it sooner.
    pub fn last_within(self, last_day: Option<NaiveDate>) -> i64 {
        self.ends.min(last_day.map_or(OPEN, day_number))
    }
}

/// What has to be written so that an edition ends on `last_day`: for each range, as first and last day, the
/// passages that are to have it and do not.
pub(crate) fn moved_ends(
    edition: &EditionId,
    stored: Vec<(PassageId, Days)>,
    last_day: Option<NaiveDate>,
) -> Result<BTreeMap<(i64, i64), Vec<PassageId>>, IndexError> {
    let mut moved = BTreeMap::<_, Vec<_>>::new();
    let mut late = 0;
    for (id, days) in stored {
        let to = days.last_within(last_day);
        late += usize::from(to < days.from);
        if to != days.to {
            moved.entry((days.from, to)).or_default().push(id);
        }
    }
    match last_day {
        Some(last_day) if late > 0 => Err(IndexError::Failed(format!(
            "edition {edition} cannot end on {last_day}: {late} of its passages begin later"
        ))),
        _ => Ok(moved),
    }
}

/// Reads [`write`] back.
///
/// # Errors
/// [`IndexError::Damaged`] names the passage and the field when something is missing or of another kind,
/// or when the words are not those that the id was made of.
pub(crate) fn read(id: PassageId, fields: Map<String, Value>) -> Result<Passage, IndexError> {
    let mut reader = Reader { id, fields };
    let from = reader.date(FROM)?;
    let to = match reader.number(TO)? {
        OPEN => None,
        number => Some(reader.as_date(TO, number)?),
    };
    let draft = PassageDraft {
        edition: EditionId::new(&reader.text(EDITION)?),
        title: reader.text("title")?,
        text: reader.text("text")?,
        aspect: reader
            .text(ASPECT)
            .and_then(|word| Aspect::from_word(&word).ok_or_else(|| reader.damaged(ASPECT)))?,
        about: reader.codes(ABOUT)?,
        mentions: reader.codes(MENTIONS)?,
        keywords: reader.texts("keywords")?,
        billable: reader.optional("billable", Value::as_bool)?,
        authority: Authority::new(reader.text("authority")?),
        locator: Locator {
            document: reader.text("document")?,
            section: reader.optional_text("section")?,
            place: reader.place()?,
            url: reader.optional_text("url")?,
        },
        effective: EffectiveRange::new(from, to).map_err(|_| reader.damaged(TO))?,
    };
    let passage = Passage::new(draft);
    if passage.id() != id {
        return Err(IndexError::Damaged(format!(
            "passage {id} holds other words than its id was made of"
        )));
    }
    Ok(passage)
}

fn labels(codes: &[Code]) -> Value {
    codes.iter().map(Code::label).collect()
}

fn systems(codes: &[Code]) -> Value {
    let mut systems: Vec<_> = codes.iter().map(Code::system).collect();
    systems.sort_unstable();
    systems.dedup();
    systems.into_iter().map(|system| system.label()).collect()
}

fn unreadable(id: PassageId, field: &str) -> IndexError {
    IndexError::Damaged(format!("passage {id} has no readable `{field}`"))
}

struct Reader {
    id: PassageId,
    fields: Map<String, Value>,
}

impl Reader {
    fn damaged(&self, field: &str) -> IndexError {
        unreadable(self.id, field)
    }

    fn optional_text(&mut self, field: &str) -> Result<Option<String>, IndexError> {
        match self.fields.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.damaged(field)),
        }
    }

    fn text(&mut self, field: &str) -> Result<String, IndexError> {
        self.optional_text(field)?.ok_or_else(|| self.damaged(field))
    }

    fn texts(&mut self, field: &str) -> Result<Vec<String>, IndexError> {
        let Some(value) = self.fields.remove(field) else {
            return Ok(Vec::new());
        };
        serde_json::from_value(value).map_err(|_| self.damaged(field))
    }

    fn codes(&mut self, field: &str) -> Result<Vec<Code>, IndexError> {
        self.texts(field)?
            .iter()
            .map(|label| label.parse().map_err(|_| self.damaged(field)))
            .collect()
    }

    fn optional<T>(&self, field: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, IndexError> {
        self.fields
            .get(field)
            .map(|value| read(value).ok_or_else(|| self.damaged(field)))
            .transpose()
    }

    fn number(&self, field: &str) -> Result<i64, IndexError> {
        self.optional(field, Value::as_i64)?
            .ok_or_else(|| self.damaged(field))
    }

    fn date(&self, field: &str) -> Result<NaiveDate, IndexError> {
        self.as_date(field, self.number(field)?)
    }

    fn as_date(&self, field: &str, number: i64) -> Result<NaiveDate, IndexError> {
        i32::try_from(number)
            .ok()
            .and_then(NaiveDate::from_num_days_from_ce_opt)
            .ok_or_else(|| self.damaged(field))
    }

    fn place(&self) -> Result<Option<Place>, IndexError> {
        if let Some(row) = self.optional("row", Value::as_u64)? {
            return Ok(Some(Place::Row(row)));
        }
        let page = self.optional("page", |value| {
            value.as_u64().and_then(|page| u32::try_from(page).ok())
        })?;
        Ok(page.map(Place::Page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codecite_codebook::CodeSystem;

    fn passage(to: Option<&str>) -> Passage {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date in the test");
        Passage::new(PassageDraft {
            edition: EditionId::new("starter"),
            title: "Ménière — 内耳".into(),
            text: "Two\nlines, \"quoted\" \u{1F9E0}.".into(),
            aspect: Aspect::Rule,
            about: vec![Code::parse(CodeSystem::Icd10Cm, "H81.01").expect("a code")],
            mentions: vec![Code::parse(CodeSystem::Cpt, "92540").expect("a code")],
            keywords: vec!["vertigo".into()],
            billable: Some(true),
            authority: Authority::new("CDC"),
            locator: Locator {
                document: "order file".into(),
                section: Some("H81".into()),
                place: Some(Place::Row(u64::from(u32::MAX) + 7)),
                url: Some("https://example.org/a".into()),
            },
            effective: EffectiveRange::new(day("2020-10-01"), to.map(day)).expect("a range"),
        })
    }

    #[test]
    fn what_is_written_reads_back() {
        for to in [None, Some("2021-09-30")] {
            let passage = passage(to);
            assert_eq!(read(passage.id(), write(&passage)).expect("readable"), passage);
        }
    }

    #[test]
    fn an_ended_passage_keeps_its_id_and_shows_its_end() {
        let passage = passage(None);
        let mut fields = write(&passage);
        let last_day: NaiveDate = "2021-12-31".parse().expect("a date in the test");
        fields.insert(TO.into(), day_number(last_day).into());
        let ended = read(passage.id(), fields).expect("readable");
        assert_eq!(ended.effective.to(), Some(last_day));
        assert_eq!(ended.id(), passage.id());
    }

    #[test]
    fn an_edition_ends_its_passages_where_their_source_does_not_end_them_sooner() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date in the test");
        let passage = passage(Some("2021-09-30"));
        let stored = |to: &str| {
            let days = Days {
                to: day_number(day(to)),
                ..Days::read(passage.id(), &write(&passage)).expect("days")
            };
            vec![(passage.id(), days)]
        };
        let moved = |to: &str, last_day: Option<&str>| {
            let moved = moved_ends(&passage.edition, stored(to), last_day.map(day)).expect("possible");
            moved.into_keys().next().map(|(_, to)| to)
        };
        let number = |text: &str| Some(day_number(day(text)));
        assert_eq!(moved("2021-09-30", Some("2020-12-31")), number("2020-12-31"));
        assert_eq!(moved("2020-12-31", Some("2020-12-31")), None, "it has that end");
        assert_eq!(moved("2020-12-31", Some("2021-06-30")), number("2021-06-30"));
        assert_eq!(moved("2020-12-31", Some("2022-12-31")), number("2021-09-30"));
        assert_eq!(moved("2020-12-31", None), number("2021-09-30"));
        assert!(moved_ends(&passage.edition, stored("2021-09-30"), Some(day("2020-09-30"))).is_err());
    }

    #[test]
    fn every_missing_or_wrong_field_is_named_and_other_words_are_noticed() {
        let passage = passage(None);
        for field in [
            "title",
            "text",
            EDITION,
            ASPECT,
            FROM,
            TO,
            "authority",
            "document",
        ] {
            let mut fields = write(&passage);
            fields.remove(field);
            let error = read(passage.id(), fields).expect_err("a field is missing");
            assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
            let mut fields = write(&passage);
            fields.insert(field.into(), Value::Array(vec![]));
            assert!(read(passage.id(), fields).is_err(), "{field}");
        }
        let mut fields = write(&passage);
        fields.insert("text".into(), "something else".into());
        let error = read(passage.id(), fields).expect_err("other words");
        assert!(error.to_string().contains("other words"), "{error}");
    }

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (date, number) in [
            ("0001-01-01", 1),
            ("1970-01-01", 719_163),
            ("2026-11-23", 739_943),
        ] {
            let date: NaiveDate = date.parse().expect("a date in the test");
            assert_eq!(day_number(date), number);
            assert_eq!(NaiveDate::from_num_days_from_ce_opt(number as i32), Some(date));
        }
    }
}
