//! Passages about the codes that a question names: found exactly, and put in the order of an answer.

use super::by_words::{Weighed, weighed, word_share};
use super::{RetrieveError, Retriever, Sought};
use crate::index::Filter;
use crate::understanding::Intent;
use codecite_codebook::{Aspect, Code, CodeSystem, Passage};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// How many passages about the named codes are looked at, and how many that only mention them.
const ABOUT: usize = 256;
const NAMING: usize = 128;

impl Retriever {
    /// Every passage that speaks of the named codes, the most telling first; none when no code is named.
    pub(super) async fn named(&self, sought: &Sought) -> Result<Vec<Passage>, RetrieveError> {
        if sought.codes.is_empty() {
            return Ok(Vec::new());
        }
        let in_force_on = Some(sought.date_of_service);
        let about = Filter {
            in_force_on,
            about: sought.codes.clone(),
            ..Filter::default()
        };
        let naming = Filter {
            in_force_on,
            naming: sought.codes.clone(),
            ..Filter::default()
        };
        let above = Filter {
            in_force_on,
            about: sought.codes.iter().flat_map(above).collect(),
            without_aspects: vec![Aspect::Entry],
            ..Filter::default()
        };
        let (about, naming, above) = futures::try_join!(
            self.index.list(&about, None, ABOUT),
            self.index.list(&naming, None, NAMING),
            async {
                match above.about.is_empty() {
                    true => Ok(Vec::new()),
                    false => Ok(self.index.list(&above, None, NAMING).await?.passages),
                }
            },
        )?;
        let mut passages: Vec<Passage> = about.passages;
        for passage in above.into_iter().chain(naming.passages) {
            if passages.iter().all(|known| known.id() != passage.id()) {
                passages.push(passage);
            }
        }
        Ok(Order::of(sought).put(passages, self.config.evidence))
    }
}

/// The categories above an ICD-10-CM code: what is said of E11 holds for E11.9.
fn above(code: &Code) -> Vec<Code> {
    let bare = code.undotted();
    if code.system() != CodeSystem::Icd10Cm {
        return Vec::new();
    }
    (3..bare.len())
        .filter_map(|length| Code::parse(CodeSystem::Icd10Cm, bare.get(..length)?).ok())
        .collect()
}

struct Order<'a> {
    codes: &'a [Code],
    aspects: [Aspect; 4],
    words: Weighed,
}

impl<'a> Order<'a> {
    fn of(sought: &'a Sought) -> Self {
        Self {
            codes: &sought.codes,
            aspects: first_aspects(sought.intent),
            words: weighed(&sought.words, |_| 1.0),
        }
    }

    /// Passages about several of the codes at once come first, up to half of the `room`, so that each code
    /// keeps its own definition; then the codes take turns; then come the categories above them, and what
    /// only mentions them.
    fn put(&self, mut passages: Vec<Passage>, room: usize) -> Vec<Passage> {
        passages.sort_by(|one, other| self.rank(one).total_cmp(&self.rank(other)));
        let (mut several, rest): (Vec<Passage>, Vec<Passage>) = passages
            .into_iter()
            .partition(|passage| self.about(passage) >= 1 && self.named_in(passage) >= 2);
        several.sort_by_key(|passage| (Reverse(self.about(passage)), Reverse(self.named_in(passage))));
        let later = several.split_off(several.len().min((room / 2).max(1)));

        let (own, naming): (Vec<Passage>, Vec<Passage>) =
            rest.into_iter().partition(|passage| self.about(passage) >= 1);
        let (mut mentioning, above): (Vec<Passage>, Vec<Passage>) = naming
            .into_iter()
            .partition(|passage| self.named_in(passage) >= 1);
        mentioning.sort_by_key(|passage| Reverse(self.named_in(passage)));

        several.extend(self.in_turns(own));
        several.extend(later);
        several.extend(above);
        several.extend(mentioning);
        several
    }

    /// One passage of each code, then the next of each. A code's first passages of every aspect come before its
    /// second ones, so that fifteen pairings do not hide its global days.
    fn in_turns(&self, own: Vec<Passage>) -> Vec<Passage> {
        let mut queues: Vec<VecDeque<Passage>> = vec![VecDeque::new(); self.codes.len()];
        for passage in own {
            let first = self.codes.iter().position(|code| passage.about.contains(code));
            if let Some(queue) = first.and_then(|first| queues.get_mut(first)) {
                queue.push_back(passage);
            }
        }
        for queue in &mut queues {
            *queue = one_of_each_aspect_first(std::mem::take(queue));
        }
        let mut turns = Vec::new();
        while queues.iter().any(|queue| !queue.is_empty()) {
            turns.extend(queues.iter_mut().filter_map(VecDeque::pop_front));
        }
        turns
    }

    fn about(&self, passage: &Passage) -> usize {
        self.codes
            .iter()
            .filter(|code| passage.about.contains(code))
            .count()
    }

    fn named_in(&self, passage: &Passage) -> usize {
        let names = |code: &&Code| passage.about.contains(code) || passage.mentions.contains(code);
        self.codes.iter().filter(names).count()
    }

    /// Lower is better: the place of its aspect in an answer, lifted by the words asked.
    fn rank(&self, passage: &Passage) -> f32 {
        let place = |aspects: &[Aspect]| aspects.iter().position(|aspect| *aspect == passage.aspect);
        let place = place(&self.aspects)
            .or_else(|| place(&Aspect::ALL).map(|place| place + self.aspects.len()))
            .unwrap_or(usize::MAX);
        let place = u8::try_from(place).map_or(f32::from(u8::MAX), f32::from);
        place - LIFT * word_share(&self.words, passage)
    }
}

fn one_of_each_aspect_first(passages: VecDeque<Passage>) -> VecDeque<Passage> {
    let mut seen: Vec<Aspect> = Vec::new();
    let (mut first, later): (Vec<Passage>, Vec<Passage>) = passages.into_iter().partition(|passage| {
        let is_first = !seen.contains(&passage.aspect);
        seen.push(passage.aspect);
        is_first
    });
    first.extend(later);
    first.into()
}

/// How many places a passage rises that has all of the words asked.
const LIFT: f32 = 16.0;

/// What an answer of this kind says first.
fn first_aspects(intent: Intent) -> [Aspect; 4] {
    use Aspect::*;
    match intent {
        Intent::Together => [Pairing, AddOn, Modifiers, Definition],
        Intent::Modifier => [Modifiers, Reporting, Definition, Rule],
        Intent::Rule => [Rule, Reporting, Units, GlobalPeriod],
        Intent::Compare => [Definition, Entry, Confusion, Reporting],
        Intent::Status => [Entry, Definition, Reporting, Rule],
        Intent::Define | Intent::FindCode | Intent::Unclear => [Definition, Entry, Reporting, AddOn],
    }
}
