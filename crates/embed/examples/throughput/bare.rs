//! What the same graph does in a bare loop: as many sessions, and each takes the next batch of texts sorted by their
//! tokens. No queue, no counting while the clock runs, no cache, no checks, no order to restore.
//!
//! ONNX Runtime has one environment a process, so the loop has a process of its own.

use crate::Failed;
use crate::options::Options;
use codecite_embed::{DataFolder, ModelProfile, TokenCounter};
use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ort::environment::Environment;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

/// Makes a process of this program the bare loop with batches of so many texts.
pub const ARGUMENT: &str = "--bare-loop";

const GRAPH: &[u8] = include_bytes!("../../../../models/all-minilm-l6-v2.onnx");

/// The rate of a bare loop with this process's options.
pub fn rate_in_a_process_of_its_own(batch: usize) -> Result<f64, Failed> {
    let output = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .args([ARGUMENT, &batch.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let rate = said.trim().parse();
    rate.map_err(|_| format!("the bare loop ended with {} and said {said:?}", output.status).into())
}

/// Texts a second, in batches of `batch`.
pub fn rate(options: &Options, batch: usize, titles: Vec<String>) -> Result<f64, Failed> {
    let count = titles.len();
    let mut sessions = sessions(options)?;
    for session in &mut sessions {
        session.embed(&titles[..batch.min(count)], None)?;
    }
    let batches = Mutex::new(batches(options, batch, titles)?);
    let before = Instant::now();
    std::thread::scope(|scope| {
        for mut session in sessions {
            let batches = &batches;
            scope.spawn(move || {
                while let Some(batch) = next(batches) {
                    let size = batch.len();
                    session.embed(batch, Some(size)).expect("the model runs");
                }
            });
        }
    });
    Ok(count as f64 / before.elapsed().as_secs_f64())
}

fn next(batches: &Mutex<Vec<Vec<String>>>) -> Option<Vec<String>> {
    batches.lock().expect("no session panics").pop()
}

/// Batches of texts of like length, the longest last: that is where they are taken.
fn batches(options: &Options, batch: usize, titles: Vec<String>) -> Result<Vec<Vec<String>>, Failed> {
    let dir = DataFolder::new(&options.data_dir).model_dir(&ModelProfile::default_model());
    let counter = TokenCounter::from_file(&dir.join("tokenizer.json"))?;
    let mut counted = Vec::with_capacity(titles.len());
    for title in titles {
        counted.push((counter.count(&title)?, title));
    }
    counted.sort();
    let titles: Vec<String> = counted.into_iter().map(|(_, title)| title).collect();
    Ok(titles.chunks(batch).map(<[String]>::to_vec).collect())
}

/// As many sessions with as many threads as the embedder has by default, or as the options say.
fn sessions(options: &Options) -> Result<Vec<TextEmbedding>, Failed> {
    let cores = std::thread::available_parallelism()?.get();
    let or_default = |value, default| if value == 0 { default } else { value };
    let count = or_default(options.config.document_sessions, cores.min(2));
    let threads = or_default(options.config.document_threads, (cores / count).max(1));
    let folder = DataFolder::new(&options.data_dir);
    let library = folder.runtime_dir().join(folder.verified_runtime()?.entry);
    let environment = ort::init_from(std::path::absolute(library)?)?
        .with_telemetry(false)
        .build()?;
    (0..count)
        .map(|_| session(&folder, &environment, threads))
        .collect()
}

fn session(folder: &DataFolder, environment: &Environment, threads: usize) -> Result<TextEmbedding, Failed> {
    let model = ModelProfile::default_model();
    let dir = std::path::absolute(folder.model_dir(&model))?;
    let tokenizer = TokenizerFiles {
        tokenizer_file: std::fs::read(dir.join("tokenizer.json"))?,
        config_file: std::fs::read(dir.join("config.json"))?,
        special_tokens_map_file: std::fs::read(dir.join("special_tokens_map.json"))?,
        tokenizer_config_file: std::fs::read(dir.join("tokenizer_config.json"))?,
    };
    let graph = UserDefinedEmbeddingModel::new(GRAPH.to_vec(), tokenizer).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new()
        .with_environment(environment.clone())
        .with_intra_threads(threads)
        .with_max_length(model.max_tokens())
        .with_session_config(
            "session.model_external_initializers_file_folder_path",
            dir.display().to_string(),
        )
        .with_session_config("session.intra_op.allow_spinning", "0");
    Ok(TextEmbedding::try_new_from_user_defined(graph, options)?)
}
