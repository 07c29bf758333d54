//! What each model expects: its files, how its tokens become one vector, and the words that go before a
//! text.
//!
//! The default model has its graph in this binary. The others are fastembed's catalogue; its table gives
//! files and dimensions, and the prefixes are from the models' own cards.

use crate::error::OpenError;
use fastembed::{EmbeddingModel, OutputKey, Pooling, QuantizationMode, TextEmbedding};

/// The model used unless the configuration names another.
pub const DEFAULT_MODEL: &str = "all-minilm-l6-v2";

/// The file of the default model's weights.
const DEFAULT_WEIGHTS: &str = "model.safetensors";

/// The only weights of the default model that its graph fits: its initialisers point into them by offset and
/// length.
const DEFAULT_WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";

/// Names the way in which texts become vectors here. Counted up when vectors of the same weights change.
const METHOD: &str = "codecite-embed/1";

/// Tokenizer files that every model has.
const TOKENIZER_FILES: [&str; 4] = [
    "tokenizer.json",
    "config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
];

/// One model: everything that is known about it without opening it.
#[derive(Clone, Debug)]
pub struct ModelProfile {
    name: String,
    catalogue: Option<CatalogueEntry>,
    pub(crate) pooling: Pooling,
    pub(crate) quantization: QuantizationMode,
    pub(crate) output_key: Option<OutputKey>,
    dimensions: usize,
    max_tokens: usize,
    query_prefix: &'static str,
    document_prefix: &'static str,
}

#[derive(Clone, Debug)]
struct CatalogueEntry {
    repository: String,
    graph: String,
    additional_files: Vec<String>,
}

impl ModelProfile {
    /// Finds a model by its name: [`DEFAULT_MODEL`], a name of fastembed's catalogue in any case
    /// (`BGESmallENV15`), or the repository it comes from (`Xenova/bge-small-en-v1.5`).
    ///
    /// # Errors
    /// [`OpenError::UnknownModel`] lists names that are like it.
    pub fn named(name: &str) -> Result<Self, OpenError> {
        if name.eq_ignore_ascii_case(DEFAULT_MODEL) {
            return Ok(Self::default_model());
        }
        let models = TextEmbedding::list_supported_models();
        let by_name = models
            .iter()
            .find(|info| info.model.to_string().eq_ignore_ascii_case(name));
        // Several models may share a repository; the one with the shortest name is the plain form.
        let by_repository = || {
            models
                .iter()
                .filter(|info| info.model_code.eq_ignore_ascii_case(name))
                .min_by_key(|info| info.model.to_string().len())
        };
        match by_name.or_else(by_repository) {
            Some(info) => Ok(Self::of_catalogue(info)),
            None => Err(OpenError::UnknownModel {
                name: name.to_owned(),
                near: names_near(name),
            }),
        }
    }

    /// The model whose graph is in this binary.
    pub fn default_model() -> Self {
        Self {
            name: DEFAULT_MODEL.to_owned(),
            catalogue: None,
            pooling: Pooling::Mean,
            quantization: QuantizationMode::None,
            output_key: None,
            dimensions: 384,
            max_tokens: 256,
            query_prefix: "",
            document_prefix: "",
        }
    }

    fn of_catalogue(info: &fastembed::ModelInfo<EmbeddingModel>) -> Self {
        let (query_prefix, document_prefix) = prefixes(&info.model);
        Self {
            name: info.model.to_string(),
            catalogue: Some(CatalogueEntry {
                repository: info.model_code.clone(),
                graph: info.model_file.clone(),
                additional_files: info.additional_files.clone(),
            }),
            pooling: TextEmbedding::get_default_pooling_method(&info.model).unwrap_or_default(),
            quantization: TextEmbedding::get_quantization_mode(&info.model),
            output_key: info.output_key.clone(),
            dimensions: info.dim,
            max_tokens: max_tokens(&info.model),
            query_prefix,
            document_prefix,
        }
    }

    /// The name by which the configuration chooses it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is [`DEFAULT_MODEL`].
    pub fn is_default(&self) -> bool {
        self.catalogue.is_none()
    }

    /// The repository on the hub that it comes from; `None` for the default model.
    pub fn repository(&self) -> Option<&str> {
        self.catalogue.as_ref().map(|entry| entry.repository.as_str())
    }

    /// Path of the graph in the model's folder; `None` for the default model, whose graph is in this binary.
    pub fn graph_file(&self) -> Option<&str> {
        self.catalogue.as_ref().map(|entry| entry.graph.as_str())
    }

    /// Every file that the model's folder must hold.
    pub fn files(&self) -> Vec<&str> {
        let own = match &self.catalogue {
            None => vec![DEFAULT_WEIGHTS],
            Some(entry) => std::iter::once(entry.graph.as_str())
                .chain(entry.additional_files.iter().map(String::as_str))
                .collect(),
        };
        own.into_iter().chain(TOKENIZER_FILES).collect()
    }

    /// The SHA-256 that `file` must have; `None` where what setup recorded is what counts.
    pub(crate) fn only_sha256_of(&self, file: &str) -> Option<&'static str> {
        (self.is_default() && file == DEFAULT_WEIGHTS).then_some(DEFAULT_WEIGHTS_SHA256)
    }

    /// Length of its vectors.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The most tokens of one text, special tokens and prefix included, that it was made for.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// What goes before a query.
    pub fn query_prefix(&self) -> &str {
        self.query_prefix
    }

    /// What goes before a document.
    pub fn document_prefix(&self) -> &str {
        self.document_prefix
    }

    /// Whether a vector depends on the other texts of its batch, because the activations of the whole
    /// batch are quantised on one scale. Such a model is given one text at a time: a vector from the cache
    /// must be the vector that would be made again.
    pub(crate) fn batch_matters(&self) -> bool {
        self.quantization == QuantizationMode::Dynamic
    }

    pub(crate) fn folder(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    /// Everything about the method that changes vectors, for the model's digest.
    pub(crate) fn method(&self) -> String {
        let Self {
            name,
            pooling,
            query_prefix,
            document_prefix,
            ..
        } = self;
        format!("{METHOD}\n{name}\n{pooling:?}\n{query_prefix}\n{document_prefix}\n")
    }
}

/// Every name that [`ModelProfile::named`] knows, the default first, the others sorted.
pub fn model_names() -> Vec<String> {
    let mut names: Vec<String> = TextEmbedding::list_supported_models()
        .iter()
        .map(|info| info.model.to_string())
        .collect();
    names.sort_unstable();
    names.insert(0, DEFAULT_MODEL.to_owned());
    names
}

fn names_near(name: &str) -> Vec<String> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    let wanted = plain(name.rsplit('/').next().unwrap_or(name));
    let mut names = model_names();
    // A stable sort, so that equals stay in the order of the list.
    names.sort_by(|a, b| {
        let likeness = |other: &str| strsim::jaro_winkler(&wanted, &plain(other));
        likeness(b).total_cmp(&likeness(a))
    });
    names.truncate(5);
    names
}

/// The words before a query and before a document, from the models' cards.
fn prefixes(model: &EmbeddingModel) -> (&'static str, &'static str) {
    use EmbeddingModel::*;
    const SEARCHING: &str = "Represent this sentence for searching relevant passages: ";
    match model {
        MultilingualE5Small | MultilingualE5Base | MultilingualE5Large => ("query: ", "passage: "),
        BGEBaseENV15
        | BGEBaseENV15Q
        | BGELargeENV15
        | BGELargeENV15Q
        | BGESmallENV15
        | BGESmallENV15Q
        | MxbaiEmbedLargeV1
        | MxbaiEmbedLargeV1Q
        | SnowflakeArcticEmbedXS
        | SnowflakeArcticEmbedXSQ
        | SnowflakeArcticEmbedS
        | SnowflakeArcticEmbedSQ
        | SnowflakeArcticEmbedM
        | SnowflakeArcticEmbedMQ
        | SnowflakeArcticEmbedMLong
        | SnowflakeArcticEmbedMLongQ
        | SnowflakeArcticEmbedL
        | SnowflakeArcticEmbedLQ => (SEARCHING, ""),
        BGESmallZHV15 | BGELargeZHV15 => ("为这个句子生成表示以用于检索相关文章：", ""),
        NomicEmbedTextV1 | NomicEmbedTextV15 | NomicEmbedTextV15Q | ModernBertEmbedLarge => {
            ("search_query: ", "search_document: ")
        }
        EmbeddingGemma300M | EmbeddingGemma300MQ4 | EmbeddingGemma300MQ => {
            ("task: search result | query: ", "title: none | text: ")
        }
        AllMiniLML6V2
        | AllMiniLML6V2Q
        | AllMiniLML12V2
        | AllMiniLML12V2Q
        | AllMpnetBaseV2
        | ParaphraseMLMiniLML12V2
        | ParaphraseMLMiniLML12V2Q
        | ParaphraseMLMpnetBaseV2
        | BGEM3
        | GTEBaseENV15
        | GTEBaseENV15Q
        | GTELargeENV15
        | GTELargeENV15Q
        | ClipVitB32
        | JinaEmbeddingsV2BaseCode
        | JinaEmbeddingsV2BaseEN => ("", ""),
    }
}

/// What the model was trained on, at most 512: longer texts cost quadratic time and blur the vector, and
/// passages here are shorter.
fn max_tokens(model: &EmbeddingModel) -> usize {
    use EmbeddingModel::*;
    match model {
        ClipVitB32 => 77,
        AllMiniLML12V2 | AllMiniLML12V2Q => 128,
        ParaphraseMLMiniLML12V2 | ParaphraseMLMiniLML12V2Q | ParaphraseMLMpnetBaseV2 => 128,
        AllMiniLML6V2 | AllMiniLML6V2Q => 256,
        AllMpnetBaseV2 => 384,
        _ => 512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name_in_any_case_and_by_repository() {
        for name in ["BGESmallENV15", "bgesmallenv15", "Xenova/bge-small-en-v1.5"] {
            let model = ModelProfile::named(name).unwrap();
            assert_eq!((model.name(), model.dimensions()), ("BGESmallENV15", 384));
            assert_eq!(model.files()[0], "onnx/model.onnx");
        }
        assert!(ModelProfile::named("All-MiniLM-L6-v2").unwrap().is_default());
        // Two models come from this repository: the plain one is meant.
        assert_eq!(
            ModelProfile::named("nomic-ai/nomic-embed-text-v1.5")
                .unwrap()
                .name(),
            "NomicEmbedTextV15"
        );
    }

    #[test]
    fn every_name_is_found_and_every_folder_is_its_own() {
        let names = model_names();
        let folders: std::collections::HashSet<String> = names
            .iter()
            .map(|name| ModelProfile::named(name).unwrap().folder())
            .collect();
        assert_eq!(folders.len(), names.len());
        assert!(names.len() > 40, "{}", names.len());
    }

    #[test]
    fn an_unknown_name_lists_near_ones() {
        let error = ModelProfile::named("bge-small-en").unwrap_err().to_string();
        assert!(
            error.contains("`bge-small-en`") && error.contains("BGESmallENV15"),
            "{error}"
        );
        let error = ModelProfile::named("minilm-l6").unwrap_err().to_string();
        assert!(error.contains("MiniLM") || error.contains("minilm"), "{error}");
    }

    #[test]
    fn prefixes_are_of_the_side() {
        let e5 = ModelProfile::named("MultilingualE5Small").unwrap();
        assert_eq!(
            (e5.query_prefix(), e5.document_prefix()),
            ("query: ", "passage: ")
        );
        let bge = ModelProfile::named("BGESmallENV15").unwrap();
        assert!(bge.query_prefix().starts_with("Represent this sentence"));
        assert_eq!(bge.document_prefix(), "");
    }
}
