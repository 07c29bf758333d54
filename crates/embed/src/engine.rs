//! One inference session.

use crate::catalogue::ModelProfile;
use crate::error::OpenError;
use crate::folder::{DataFolder, Manifest};
use crate::runtime;
use crate::tokens::TokenCounter;
use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ort::environment::Environment;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The graph of the default model. Its initialisers point into `model.safetensors` by offset and length, so
/// graph and weights belong together: [`DEFAULT_WEIGHTS_SHA256`].
const DEFAULT_GRAPH: &[u8] = include_bytes!("../../../models/all-minilm-l6-v2.onnx");

/// The only weights that [`DEFAULT_GRAPH`] fits.
const DEFAULT_WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";

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
    /// Checks that the model's files are there and loads the runtime. Opens no session yet.
    pub(crate) fn new(
        profile: ModelProfile,
        folder: DataFolder,
        runtime_library: Option<&Path>,
    ) -> Result<Self, OpenError> {
        let command = folder.setup_command(Some(&profile));
        let environment = runtime::environment(&library(&folder, runtime_library)?, &command)?;
        let dir = folder.model_dir(&profile);
        let manifest = Manifest::read(&dir, &command)?;
        manifest.check_sizes(&dir, &command)?;
        for file in profile.files() {
            if manifest.file(file).is_none() {
                return Err(OpenError::Missing {
                    file: dir.join(file),
                    expected: None,
                    command,
                });
            }
        }
        if let Some(weights) = manifest
            .file("model.safetensors")
            .filter(|_| profile.is_default())
            && weights.sha256 != DEFAULT_WEIGHTS_SHA256
        {
            return Err(OpenError::Damaged {
                file: dir.join(&weights.path),
                expected: format!("SHA-256 {DEFAULT_WEIGHTS_SHA256}"),
                found: format!("SHA-256 {}", weights.sha256),
                command,
            });
        }
        Ok(Self {
            profile,
            folder,
            manifest,
            environment,
        })
    }

    /// Names the vectors that the sessions make: over graph, weights, tokenizer, pooling and prefixes. The
    /// digests of large files are those that setup recorded.
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
            .map_err(|error| self.refused(error.to_string()))?;
        // Texts are counted before they come here, so nothing is cut; if a text got past the count, the
        // model shall fail on it, not shorten it in silence.
        model
            .tokenizer
            .with_truncation(None)
            .map_err(|error| self.refused(error.to_string()))?;
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
        std::fs::read(&file).map_err(|source| OpenError::Unreadable { file, source })
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

    fn refused(&self, reason: String) -> OpenError {
        OpenError::Model {
            model: self.profile.name().to_owned(),
            reason,
            command: format!("{} --check", self.folder.setup_command(Some(&self.profile))),
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

/// The library to load: the operator's, or the one that setup fetched.
fn library(folder: &DataFolder, operators: Option<&Path>) -> Result<PathBuf, OpenError> {
    let command = folder.setup_command(None);
    if let Some(library) = operators {
        return match library.is_file() {
            true => Ok(library.to_owned()),
            false => Err(OpenError::Missing {
                file: library.to_owned(),
                expected: None,
                command,
            }),
        };
    }
    let dir = folder.runtime_dir();
    let manifest = Manifest::read(&dir, &command)?;
    manifest.check_sizes(&dir, &command)?;
    match manifest.file(&manifest.entry) {
        Some(library) => Ok(dir.join(&library.path)),
        None => Err(OpenError::Missing {
            file: dir.join(&manifest.entry),
            expected: None,
            command,
        }),
    }
}
