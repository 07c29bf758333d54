//! Topic files of whoever runs this: editions of their own beside the starter, each read as a whole or not.

mod support;

use codecite_ingest::{IngestError, ReadOptions, SourceFile, read_sources, starter};
use proptest::prelude::*;
use std::path::Path;
use std::sync::OnceLock;
use support::{CountingEmbedder, Library, passage, read_one, shelf, topic};

fn read(name: &str, text: &str) -> Result<codecite_ingest::Reading, IngestError> {
    read_one(name, text, &ReadOptions::default())
}

fn edition_of(name: &str) -> String {
    let text = topic("Ours", &[passage("one", "One stays.", "")]);
    let reading = read(name, &text).expect("a topic");
    reading.shelf.edition.id.to_string()
}

#[test]
fn a_topic_file_is_an_edition_named_after_it() {
    assert_eq!(edition_of("payer rules.toml"), "topic-payer-rules");
    assert_eq!(edition_of("Modifiers.TOML"), "topic-modifiers");
    assert_eq!(edition_of("starter.toml"), "topic-starter");
    let starter = starter().expect("the starter").shelf.edition;
    assert_eq!(starter.id.as_str(), "starter");
}

#[tokio::test]
async fn a_topic_file_stands_beside_the_starter_and_replaces_only_itself() {
    let (library, embedder) = (Library::empty().await, CountingEmbedder::new("model"));
    let embedder = CountingEmbedder {
        max_tokens: 512,
        ..embedder
    };
    let starter = starter().expect("the starter").shelf;
    let count = starter.passages.len();
    library.load(vec![starter], &embedder).await.expect("loaded");
    for (name, passages) in [
        (
            "ours.toml",
            vec![passage("one", "One stays.", ""), passage("two", "Two goes.", "")],
        ),
        ("theirs.toml", vec![passage("three", "Three stays.", "")]),
        ("ours.toml", vec![passage("one", "One stays.", "")]),
    ] {
        let shelf = shelf(name, topic(name, &passages));
        library.load(vec![shelf], &embedder).await.expect("loaded");
    }
    let editions = library.tables().editions();
    let ids: Vec<_> = editions.iter().map(|edition| edition.id.as_str()).collect();
    assert_eq!(ids, ["starter", "topic-ours", "topic-theirs"]);
    assert!(
        editions.iter().all(|edition| edition.effective.to().is_none()),
        "none ends another"
    );
    assert_eq!(library.passages().await.len(), count + 2);
}

#[test]
fn what_does_not_parse_is_not_read_at_all() {
    for (what, text) in [
        ("a missing quote", "topic = \"Ours\n[[passage]]\n"),
        ("an unknown key", "topic = \"Ours\"\n[[passage]]\nidd = \"one\"\n"),
        ("no name", "topic = \" \"\n[[passage]]\n"),
    ] {
        let error = read("ours.toml", text).expect_err(what);
        assert!(matches!(error, IngestError::Unparsable(_)), "{what}: {error:?}");
        assert!(error.to_string().starts_with("ours.toml:"), "{what}: {error}");
    }
    // The others of a load are read.
    let good = topic("Theirs", &[passage("one", "One stays.", "")]);
    let files =
        [("ours.toml", "topic = [[passage]]"), ("theirs.toml", &good)].map(|(name, text)| SourceFile {
            name: name.into(),
            bytes: text.into(),
        });
    let sources = read_sources(files, &ReadOptions::default());
    assert_eq!((sources.readings.len(), sources.unreadable.len()), (1, 1));
}

#[test]
fn a_topic_that_is_mostly_refused_is_not_taken_at_all() {
    let wrong = |id| passage(id, "It points back without a full stop", "");
    let text = topic(
        "Ours",
        &[wrong("one"), wrong("two"), passage("three", "Three stays.", "")],
    );
    let error = read("ours.toml", &text).expect_err("two of three are refused");
    assert!(
        matches!(
            error,
            IngestError::MostlyRefused {
                refused: 2,
                read: 3,
                ..
            }
        ),
        "{error:?}"
    );
    let text = topic("Ours", &[wrong("one"), passage("three", "Three stays.", "")]);
    let reading = read("ours.toml", &text).expect("one of two is refused");
    assert_eq!(reading.shelf.passages.len(), 1);
}

/// The topics that ship, as their authors wrote them.
fn real_topics() -> &'static [String] {
    static TOPICS: OnceLock<Vec<String>> = OnceLock::new();
    TOPICS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/starter");
        let entries = std::fs::read_dir(folder).expect("the starter");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths
            .iter()
            .map(|path| std::fs::read_to_string(path).expect("a topic"))
            .collect()
    })
}

/// What an author's slip does to a topic.
#[derive(Clone, Debug)]
enum Slip {
    /// Puts something in, at a share of the text.
    Insert(u16, String),
    /// Takes some characters out.
    Remove(u16, u8),
    /// Doubles some lines.
    Double(u16, u8),
    /// Ends the file.
    Cut(u16),
    /// Swaps a word of the format for another.
    Swap(u8, u8),
}

const WORDS: [&str; 16] = [
    "[[passage]]",
    "[[fact]]",
    "\"\"\"",
    "aspect",
    "effective_from",
    "2011-01-01",
    "about",
    "values",
    "{",
    "}",
    ".",
    "CPT",
    "38900",
    "of = ",
    "kind",
    "[",
];

fn slips() -> impl Strategy<Value = Vec<Slip>> {
    let garbage = prop_oneof![
        "\\PC{0,12}",
        proptest::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        Just("{38900.mue.units}".to_owned()),
        Just("{}".to_owned()),
        Just("{{.}}".to_owned()),
        Just("9999-99-99".to_owned()),
        Just("\u{feff}\r\n\0".to_owned()),
    ];
    let slip = prop_oneof![
        (any::<u16>(), garbage).prop_map(|(place, text)| Slip::Insert(place, text)),
        (any::<u16>(), any::<u8>()).prop_map(|(place, count)| Slip::Remove(place, count)),
        (any::<u16>(), any::<u8>()).prop_map(|(place, lines)| Slip::Double(place, lines)),
        any::<u16>().prop_map(Slip::Cut),
        (any::<u8>(), any::<u8>()).prop_map(|(from, to)| Slip::Swap(from, to)),
    ];
    proptest::collection::vec(slip, 1..6)
}

fn slip(text: &mut String, slip: &Slip) {
    let place_of = |text: &str, share: u16| {
        let wanted = text.len() * usize::from(share) / usize::from(u16::MAX);
        (0..=wanted)
            .rev()
            .find(|place| text.is_char_boundary(*place))
            .unwrap_or(0)
    };
    match slip {
        Slip::Insert(share, inserted) => text.insert_str(place_of(text, *share), inserted),
        Slip::Remove(share, count) => {
            let place = place_of(text, *share);
            let end = text[place..]
                .char_indices()
                .nth(usize::from(*count))
                .map_or(text.len(), |(end, _)| place + end);
            text.replace_range(place..end, "");
        }
        Slip::Double(share, lines) => {
            let place = place_of(text, *share);
            let doubled: String = text[place..]
                .split_inclusive('\n')
                .take(usize::from(*lines))
                .collect();
            text.insert_str(place, &doubled);
        }
        Slip::Cut(share) => text.truncate(place_of(text, *share)),
        Slip::Swap(from, to) => {
            let word = |number: u8| WORDS[usize::from(number) % WORDS.len()];
            *text = text.replacen(word(*from), word(*to), 3);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// A real topic with an author's slips in it is read or refused, by line, and never a panic.
    #[test]
    fn a_damaged_real_topic_gives_findings_and_no_panic(topic in any::<prop::sample::Index>(), slips in slips()) {
        let mut text = topic.get(real_topics()).clone();
        for one in &slips {
            slip(&mut text, one);
        }
        match read("topic.toml", &text) {
            Ok(reading) => {
                let shelf = reading.shelf;
                prop_assert!(!shelf.passages.is_empty());
                prop_assert!(shelf.passages.iter().all(|passage| passage.edition == shelf.edition.id));
                prop_assert!(reading.refused.iter().all(|finding| finding.line.is_some()));
            }
            Err(error) => prop_assert!(error.to_string().contains("topic.toml"), "{}", error),
        }
    }
}
