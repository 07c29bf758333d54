//! One inference session.

use crate::catalogue::ModelProfile;
use crate::config::Places;
use crate::error::OpenError;
use crate::folder::{DataFolder, Manifest};
use crate::runtime;
use crate::tokens::TokenCounter;
use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ort::environment::Environment;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The graph of the default model. Its initialisers point into `model.safetensors` by offset and length.
const DEFAULT_GRAPH: &[u8] = include_bytes!("../../../models/all-minilm-l6-v2.onnx");

/// Texts in, vectors of unit length out, in the same order.
pub(crate) trait Engine: Send {
    /// Embeds all of `texts` as one batch.
    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, String>;
}

/// Opens sessions of one model, which all give the same vectors.
#[derive(Clone)]
pub(crate) struct Engines {
    profile: ModelProfile,
    folder: DataFolder,
    manifest: Manifest,
    environment: Environment,
}

/// fastembed's model with its own cutting switched off.
pub(crate) struct FastembedEngine {
    model: TextEmbedding,
    one_at_a_time: bool,
}

impl Engines {
    /// Hashes the model's files and, at the same time, the runtime, which it loads. Opens no session yet.
    pub(crate) fn new(profile: ModelProfile, places: &Places) -> Result<Self, OpenError> {
        let folder = DataFolder::new(&places.data_dir);
        let (manifest, environment) = std::thread::scope(|scope| {
            let model = scope.spawn(|| folder.verified_model(&profile));
            let environment = runtime::environment(&folder, places.runtime_library.as_deref());
            let manifest = model
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (manifest, environment)
        });
        Ok(Self {
            // Where nothing is set up at all, the model is what the reader has heard of.
            manifest: manifest?,
            environment: environment?,
            profile,
            folder,
        })
    }

    /// Names the vectors that the sessions make: over graph, weights, tokenizer, pooling and prefixes. The
    /// digests of files are those that setup recorded, and that the files were found to have.
    pub(crate) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.profile.method());
        if self.profile.is_default() {
            digest.update(Sha256::digest(DEFAULT_GRAPH));
        }
        for path in self.profile.files() {
            let sha256 = self
                .manifest
                .file(path)
                .map_or("", |record| record.sha256.as_str());
            digest.update(format!("{path} {sha256}\n"));
        }
        hex::encode(digest.finalize())
    }

    /// Reads every file of the model again and compares it with its recorded digest.
    pub(crate) fn verify(&self) -> Result<(), OpenError> {
        let command = self.folder.setup_command(Some(&self.profile));
        self.manifest
            .verify(&self.folder.model_dir(&self.profile), &command)
    }

    /// As [`Engines::open`], some time after the files were hashed: they are hashed again, because a session
    /// over changed files would keep its vectors under the digest of the old ones.
    pub(crate) fn open_later(&self, threads: usize) -> Result<FastembedEngine, OpenError> {
        self.verify()?;
        self.open(threads)
    }

    /// Opens a session that computes with `threads` threads. Takes about 0.2 s for the default model.
    pub(crate) fn open(&self, threads: usize) -> Result<FastembedEngine, OpenError> {
        let options = InitOptionsUserDefined::new()
            .with_environment(self.environment.clone())
            .with_intra_threads(threads)
            .with_max_length(self.profile.max_tokens())
            // The weights are looked for here and mapped, not read: sessions share the pages. Setup replaces the
            // file by a rename, so the mapped one stays as it is.
            .with_session_config(
                "session.model_external_initializers_file_folder_path",
                self.graph_dir(),
            )
            // A thread that waits must not burn the core that a query needs.
            .with_session_config("session.intra_op.allow_spinning", "0");
        let mut model = TextEmbedding::try_new_from_user_defined(self.files()?, options)
            .map_err(|error| self.refused(error))?;
        // Texts are counted before they come here, so nothing is cut; if a text got past the count, the
        // model shall fail on it, not shorten it in silence.
        model
            .tokenizer
            .with_truncation(None)
            .map_err(|error| self.refused(error))?;
        Ok(FastembedEngine {
            model,
            one_at_a_time: self.profile.batch_matters(),
        })
    }

    fn files(&self) -> Result<UserDefinedEmbeddingModel, OpenError> {
        let graph = match self.profile.graph_file() {
            None => DEFAULT_GRAPH.to_vec(),
            Some(path) => self.read(path)?,
        };
        let tokenizer = TokenizerFiles {
            tokenizer_file: self.read("tokenizer.json")?,
            config_file: self.read("config.json")?,
            special_tokens_map_file: self.read("special_tokens_map.json")?,
            tokenizer_config_file: self.read("tokenizer_config.json")?,
        };
        let mut model = UserDefinedEmbeddingModel::new(graph, tokenizer)
            .with_pooling(self.profile.pooling.clone())
            .with_quantization(self.profile.quantization);
        model.output_key = self.profile.output_key.clone();
        Ok(model)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, OpenError> {
        let file = self.folder.model_dir(&self.profile).join(path);
        std::fs::read(&file).map_err(|source| OpenError::Unreadable {
            file,
            source,
            command: self.folder.setup_command(Some(&self.profile)),
        })
    }

    /// The folder that external weights are named relative to: that of the graph, or the default model's.
    fn graph_dir(&self) -> String {
        let mut dir = self.folder.model_dir(&self.profile);
        if let Some(parent) = self
            .profile
            .graph_file()
            .and_then(|graph| Path::new(graph).parent())
        {
            dir.push(parent);
        }
        std::path::absolute(&dir).unwrap_or(dir).display().to_string()
    }

    /// The error of a model that does not run, because of `reason`.
    pub(crate) fn refused(&self, reason: impl ToString) -> OpenError {
        OpenError::Model {
            model: self.profile.name().to_owned(),
            reason: reason.to_string(),
            dir: self.folder.model_dir(&self.profile),
            command: self.folder.setup_command(Some(&self.profile)),
        }
    }
}

impl FastembedEngine {
    /// A counter that reads texts exactly as this session does.
    pub(crate) fn token_counter(&self) -> Result<TokenCounter, String> {
        TokenCounter::new(self.model.tokenizer.clone())
    }
}

impl Engine for FastembedEngine {
    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        if self.one_at_a_time {
            let mut rows = Vec::with_capacity(texts.len());
            for text in texts {
                rows.extend(
                    self.model
                        .embed([text], None)
                        .map_err(|error| error.to_string())?,
                );
            }
            return Ok(rows);
        }
        self.model
            .embed(texts, Some(texts.len()))
            .map_err(|error| error.to_string())
    }
}
