//! The real default model, from the data folder that `codecite setup` filled.

use codecite_embed::{EmbedConfig, FastEmbedder, OpenError, Places};
use codecite_retrieval::{EmbedError, Embedder};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

const FIRST: &str = "sentinel lymph node mapping with dye injection";
const SECOND: &str = "Intraoperative identification of sentinel lymph node(s)";

/// The data folder of the tests. Without it they fail: a test of the model that skips tests nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "a test says where its data is by the environment"
)]
fn data_dir() -> PathBuf {
    let named = std::env::var_os("CODECITE_TEST_DATA_DIR").map(PathBuf::from);
    let data_dir = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.data"));
    assert!(
        data_dir.join("models/all-minilm-l6-v2/manifest.json").is_file(),
        "{} holds no model; run `cargo run -p codecite -- setup --data-dir .data` in the checkout, or name \
         another folder in CODECITE_TEST_DATA_DIR",
        data_dir.display()
    );
    data_dir
}

fn open(vector_cache: Option<PathBuf>) -> FastEmbedder {
    let places = Places {
        vector_cache,
        ..Places::in_data_dir(data_dir())
    };
    FastEmbedder::open(&EmbedConfig::default(), &places).unwrap()
}

/// One embedder without a cache file for the tests that do not count.
fn shared() -> &'static FastEmbedder {
    static SHARED: OnceLock<FastEmbedder> = OnceLock::new();
    SHARED.get_or_init(|| open(None))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// `count` different texts of different lengths.
fn many(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            let words = [
                "fracture of the femur,",
                "initial encounter",
                "left",
                "type 2 diabetes with",
                "unspecified",
            ];
            let more: Vec<&str> = words
                .iter()
                .cycle()
                .skip(number % 5)
                .take(1 + number * 7 % 30)
                .copied()
                .collect();
            format!("{number} {}", more.join(" "))
        })
        .collect()
}

#[tokio::test]
async fn embeddings_match_the_reference() {
    let vectors = shared().embed_documents(texts(&[FIRST, SECOND])).await.unwrap();
    let reference = [0.0538, -0.0259, 0.0315, -0.0162, 0.0375];
    for (found, expected) in vectors[0].iter().zip(reference) {
        assert!((found - expected).abs() < 1e-3, "{:?}", &vectors[0][..5]);
    }
    let likeness = cosine(&vectors[0], &vectors[1]);
    assert!((likeness - 0.6767).abs() < 1e-3, "{likeness}");
    // This model has no prefixes: both sides are the same.
    let query = shared().embed_query(FIRST).await.unwrap();
    assert!(cosine(&vectors[0], &query) > 1.0 - 1e-5);
}

#[tokio::test]
async fn order_is_kept_and_every_vector_has_length_one() {
    let texts = many(150);
    let together = shared().embed_documents(texts.clone()).await.unwrap();
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(vector.len(), shared().dimensions());
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4);
        let alone = shared().embed_query(text).await.unwrap();
        assert!(cosine(vector, &alone) > 1.0 - 1e-4, "{text}");
    }
}

#[tokio::test]
async fn equal_texts_of_one_call_are_embedded_once() {
    let embedder = open(None);
    let vectors = embedder
        .embed_documents(texts(&["gout", "asthma", "gout", "gout"]))
        .await
        .unwrap();
    assert_eq!(embedder.statistics().documents_embedded, 2);
    assert_eq!((&vectors[0], &vectors[2]), (&vectors[2], &vectors[3]));
    assert_ne!(vectors[0], vectors[1]);
}

#[tokio::test]
async fn nothing_is_embedded_twice_across_openings() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Some(dir.path().join("vectors.redb"));
    let first = open(cache.clone());
    let made = first.embed_documents(many(100)).await.unwrap();
    assert_eq!(first.statistics().documents_embedded, 100);
    assert_eq!(first.embed_documents(many(100)).await.unwrap(), made);
    assert_eq!(first.statistics().documents_embedded, 100);
    drop(first);
    let second = open(cache);
    let kept = second.embed_documents(many(110)).await.unwrap();
    assert_eq!(second.statistics().documents_embedded, 10);
    assert_eq!(second.statistics().documents_cached, 100);
    assert_eq!(kept[..100], made[..]);
}

#[tokio::test]
async fn calls_at_the_same_time_share_their_work() {
    let dir = tempfile::tempdir().unwrap();
    let places = Places {
        vector_cache: Some(dir.path().join("vectors.redb")),
        ..Places::in_data_dir(data_dir())
    };
    let config = EmbedConfig {
        document_sessions: 1,
        ..EmbedConfig::default()
    };
    let embedder = FastEmbedder::open(&config, &places).unwrap();
    let (one, other) = tokio::join!(
        embedder.embed_documents(many(80)),
        embedder.embed_documents(many(80))
    );
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(embedder.statistics().documents_embedded, 80);
}

#[tokio::test]
async fn a_cache_held_by_another_process_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vectors.redb");
    let held = redb::Database::create(&path).unwrap();
    let embedder = open(Some(path));
    embedder.embed_documents(texts(&["gout"])).await.unwrap();
    embedder.embed_documents(texts(&["gout"])).await.unwrap();
    assert_eq!(embedder.statistics().documents_embedded, 2);
    drop(held);
    embedder.embed_documents(texts(&["gout"])).await.unwrap();
    embedder.embed_documents(texts(&["gout"])).await.unwrap();
    assert_eq!(embedder.statistics().documents_embedded, 3);
}

#[tokio::test]
async fn a_query_asked_again_comes_from_memory() {
    let embedder = open(None);
    let first = embedder.embed_query("hip pain").await.unwrap();
    let again = embedder.embed_query("hip pain").await.unwrap();
    assert_eq!(first, again);
    let counted = embedder.statistics();
    assert_eq!((counted.queries_embedded, counted.queries_cached), (1, 1));
}

#[tokio::test]
async fn too_long_is_an_error_and_never_cut() {
    let embedder = shared();
    // "pain" is one token; two more begin and end the text.
    let fits = vec!["pain"; embedder.max_tokens() - 2].join(" ");
    let over = format!("{fits} pain");
    assert_eq!(embedder.count_tokens(&fits).unwrap(), 256);
    assert_eq!(embedder.count_tokens(&over).unwrap(), 257);
    embedder.embed_documents(vec![fits.clone()]).await.unwrap();
    embedder.embed_query(&fits).await.unwrap();
    let error = embedder
        .embed_documents(vec!["short".to_owned(), fits, over.clone()])
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            EmbedError::TooLong {
                position: 2,
                tokens: 257,
                limit: 256
            }
        ),
        "{error}"
    );
    let error = embedder.embed_query(&over).await.unwrap_err();
    assert!(
        matches!(
            error,
            EmbedError::TooLong {
                position: 0,
                tokens: 257,
                limit: 256
            }
        ),
        "{error}"
    );
    let huge = "word ".repeat(20_000);
    assert!(matches!(
        embedder.embed_query(&huge).await,
        Err(EmbedError::TooLong { .. })
    ));
}

#[tokio::test]
async fn the_last_word_of_a_long_text_counts() {
    // fastembed would cut at the length that the tokenizer's file names (128 tokens).
    let begin = vec!["pain"; 200].join(" ");
    let vectors = shared()
        .embed_documents(vec![format!("{begin} femur"), format!("{begin} asthma")])
        .await
        .unwrap();
    assert!(cosine(&vectors[0], &vectors[1]) < 0.9999);
}

#[tokio::test]
async fn tokens_are_counted_with_the_special_ones() {
    assert_eq!(shared().count_tokens("").unwrap(), 2);
    assert_eq!(shared().count_tokens("pain").unwrap(), 3);
    assert_eq!(shared().token_counter().count("pain pain").unwrap(), 4);
}

#[tokio::test]
async fn the_model_knows_common_words_whole() {
    let words: HashSet<String> = shared().token_counter().whole_words().collect();
    assert!(words.contains("couch") && words.contains("grandma"));
    assert!(!words.contains("neumonia") && !words.contains("##ing") && !words.contains("42"));
}

#[tokio::test]
async fn unicode_and_empty_texts_have_vectors() {
    let odd = [
        "",
        " ",
        "\0",
        "Ménière’s disease",
        "糖尿病",
        "🩺🩺🩺",
        "a\u{301}",
        "\u{202e}rtl",
        "naïve—dash",
    ];
    let vectors = shared().embed_documents(texts(&odd)).await.unwrap();
    for (text, vector) in odd.iter().zip(&vectors) {
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4, "{text:?}");
    }
    let plain = shared().embed_query("Meniere’s disease").await.unwrap();
    assert!(
        cosine(&vectors[3], &plain) > 0.999,
        "this model reads without accents"
    );
    assert!(shared().embed_documents(Vec::new()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_while_a_load_is_under_way() {
    let embedder = Arc::new(open(None));
    let loading = tokio::spawn({
        let embedder = Arc::clone(&embedder);
        async move { embedder.embed_documents(many(2000)).await }
    });
    while embedder.statistics().documents_embedded == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let asking: Vec<_> = (0..40)
        .map(|number| {
            let embedder = Arc::clone(&embedder);
            tokio::spawn(async move { embedder.embed_query(&format!("question {number}")).await })
        })
        .collect();
    for query in asking {
        query.await.unwrap().unwrap();
    }
    // All forty were answered before the load came to its end: none stood in line behind it.
    let done = embedder.statistics().documents_embedded;
    assert!(done < 2000 && !loading.is_finished(), "{done}");
    loading.abort();
    assert!(loading.await.unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_dropped_stops_soon_and_the_next_one_works() {
    let embedder = open(None);
    let load = embedder.embed_documents(many(2000));
    let dropped = tokio::time::timeout(std::time::Duration::from_millis(400), load).await;
    assert!(dropped.is_err());
    // One call more waits behind what had begun, and for nothing else.
    embedder.embed_documents(texts(&["gout"])).await.unwrap();
    let done = embedder.statistics().documents_embedded;
    assert!(done < 1500, "{done}");
}

#[tokio::test]
async fn the_digest_names_model_and_weights() {
    let digest = shared().model_digest();
    assert_eq!(digest.len(), 64);
    assert_eq!(open(None).model_digest(), digest);
    assert_eq!(shared().profile().name(), "all-minilm-l6-v2");
    shared().verify().unwrap();
}

#[test]
fn a_folder_without_a_model_says_what_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let places = Places::in_data_dir(dir.path());
    let error = FastEmbedder::open(&EmbedConfig::default(), &places)
        .err()
        .unwrap();
    assert!(matches!(error, OpenError::NotSetUp { .. }), "{error}");
    let dir = dir.path().display();
    assert_eq!(
        error.to_string(),
        format!("nothing is set up in {dir}/models/all-minilm-l6-v2; run `codecite setup --data-dir {dir}`")
    );
}

/// A data folder of its own for a test that damages the model.
fn own_model() -> (tempfile::TempDir, PathBuf, Places) {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("models/all-minilm-l6-v2");
    std::fs::create_dir_all(&model).unwrap();
    for entry in std::fs::read_dir(data_dir().join("models/all-minilm-l6-v2")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let runtime = std::fs::canonicalize(data_dir().join("onnxruntime")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(runtime, dir.path().join("onnxruntime")).unwrap();
    let places = Places {
        vector_cache: None,
        ..Places::in_data_dir(dir.path())
    };
    (dir, model, places)
}

fn flip_a_bit(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

fn refusal(places: &Places) -> String {
    let opened = FastEmbedder::open(&EmbedConfig::default(), places);
    opened.err().expect("it must be refused").to_string()
}

#[test]
fn a_weight_with_one_bit_changed_is_noticed_at_open() {
    let (dir, model, places) = own_model();
    flip_a_bit(&model.join("model.safetensors"));
    let error = refusal(&places);
    let expected = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
    for part in [
        "model.safetensors is damaged: expected SHA-256",
        expected,
        "found SHA-256",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let command = format!("run `codecite setup --data-dir {}`", dir.path().display());
    assert!(error.ends_with(&command), "{error}");
}

#[test]
fn a_changed_runtime_is_not_loaded() {
    let (dir, _, places) = own_model();
    let runtime = dir.path().join("onnxruntime");
    let whole = std::fs::canonicalize(&runtime).unwrap();
    std::fs::remove_file(&runtime).unwrap();
    std::fs::create_dir(&runtime).unwrap();
    for entry in std::fs::read_dir(whole).unwrap() {
        let entry = entry.unwrap();
        let copy = runtime.join(entry.file_name());
        std::fs::copy(entry.path(), &copy).unwrap();
        if entry.file_name().to_string_lossy().starts_with("libonnxruntime") {
            flip_a_bit(&copy);
        }
    }
    let error = refusal(&places);
    assert!(
        error.contains("libonnxruntime") && error.contains("is damaged: expected SHA-256"),
        "{error}"
    );
}

#[test]
fn a_runtime_that_the_operator_named_wrongly_is_theirs_to_correct() {
    let places = Places {
        runtime_library: Some("/nowhere/libonnxruntime.so".into()),
        ..Places::in_data_dir(data_dir())
    };
    let error = refusal(&places);
    assert!(
        error.contains("/nowhere/libonnxruntime.so") && error.contains("correct ORT_DYLIB_PATH"),
        "{error}"
    );
}

#[test]
fn a_cut_and_a_missing_file_are_named() {
    let (_dir, model, places) = own_model();
    let tokenizer = model.join("tokenizer.json");
    let bytes = std::fs::read(&tokenizer).unwrap();
    std::fs::write(&tokenizer, &bytes[..1000]).unwrap();
    let error = refusal(&places);
    assert!(error.contains("tokenizer.json is damaged"), "{error}");
    assert!(error.contains("found 1000 bytes"), "{error}");

    std::fs::remove_file(&tokenizer).unwrap();
    let error = refusal(&places);
    assert!(
        error.contains("tokenizer.json is missing (expected SHA-256 be50c3628f2bf5bb"),
        "{error}"
    );
}

#[tokio::test]
async fn sessions_that_are_opened_later_do_not_read_changed_files() {
    let (_dir, model, places) = own_model();
    let embedder = FastEmbedder::open(&EmbedConfig::default(), &places).unwrap();
    flip_a_bit(&model.join("tokenizer.json"));
    // The sessions for documents are opened by the first load.
    let error = embedder.embed_documents(texts(&["gout"])).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("tokenizer.json is damaged: expected SHA-256 be50c36"),
        "{error}"
    );
    embedder.embed_query("gout").await.unwrap();
}
