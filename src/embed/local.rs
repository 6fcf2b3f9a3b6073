use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use pathwright_api::job::hex;
use pathwright_api::ports::Embedder;
use pathwright_api::{ErrorCode, Failure};
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokenizers::{Encoding, Tokenizer, TruncationParams};

/// Tokens computed at once: larger batches are no faster on a processor and need more memory.
const BATCH_TOKENS: usize = 4_096;

/// A sentence-transformers model of the BERT family in a folder, run on the processor.
pub(super) struct LocalModel {
    name: String,
    dimension: usize,
    transformer: Arc<Transformer>,
}

struct Transformer {
    tokenizer: Tokenizer,
    bert: BertModel,
    pooling: Pooling,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

/// `sentence_bert_config.json`.
#[derive(Deserialize)]
struct Limits {
    max_seq_length: usize,
}

impl LocalModel {
    /// Reads `config.json`, `model.safetensors`, `tokenizer.json` and, where they are there, `1_Pooling/config.json` (mean when
    /// absent) and `sentence_bert_config.json`.
    pub(super) fn load(folder: &Path) -> Result<Self, Failure> {
        let refused = |reason: String| {
            let message = format!("the embedding model in {} cannot be used: {reason}", folder.display());
            Failure::new(ErrorCode::InvalidInput, message)
        };
        Self::read(folder).map_err(refused)
    }

    fn read(folder: &Path) -> Result<Self, String> {
        let config: Config = json(&folder.join("config.json"))?;
        let pooling = optional(&folder.join("1_Pooling/config.json"))?;
        let pooling = pooling.unwrap_or(Pooling { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true });
        if pooling.pooling_mode_cls_token == pooling.pooling_mode_mean_tokens {
            return Err("1_Pooling/config.json asks for something else than the mean or the first token".to_owned());
        }
        let limits: Option<Limits> = optional(&folder.join("sentence_bert_config.json"))?;
        let longest = limits.map_or(config.max_position_embeddings, |limits| limits.max_seq_length);
        let tokenizer = tokenizer(&folder.join("tokenizer.json"), longest.min(config.max_position_embeddings))?;
        let weights = bytes(&folder.join("model.safetensors"))?;
        let name = name(folder, &weights);
        let tensors = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu);
        let bert = tensors.and_then(|tensors| BertModel::load(tensors, &config)).map_err(|error| error.to_string())?;
        Ok(Self {
            name,
            dimension: config.hidden_size,
            transformer: Arc::new(Transformer { tokenizer, bert, pooling }),
        })
    }
}

/// The folder's name, and enough of the weights' hash that another model in its place is another model.
fn name(folder: &Path, weights: &[u8]) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("local:{folder}-{}", &hex(&Sha256::digest(weights))[..8])
}

fn tokenizer(file: &Path, longest: usize) -> Result<Tokenizer, String> {
    let mut tokenizer = Tokenizer::from_bytes(bytes(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    let truncation = TruncationParams { max_length: longest, ..TruncationParams::default() };
    tokenizer.with_padding(None);
    tokenizer.with_truncation(Some(truncation)).map_err(|error| error.to_string())?;
    Ok(tokenizer)
}

fn optional<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, String> {
    if file.exists() { json(file).map(Some) } else { Ok(None) }
}

fn json<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    serde_json::from_slice(&bytes(file)?).map_err(|error| format!("{}: {error}", file.display()))
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

#[async_trait]
impl Embedder for LocalModel {
    fn model(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        let transformer = Arc::clone(&self.transformer);
        let work =
            move || transformer.embed(&texts).map_err(|error| Failure::internal(format!("embedding failed: {error}")));
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Failure::internal(format!("embedding failed: {error}")))?
    }
}

impl Transformer {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error + Send + Sync>> {
        let encodings = self.tokenizer.encode_batch_fast(texts.iter().map(String::as_str).collect(), true)?;
        // Texts of one length together, so that little is padded.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| encodings[*at].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        let forward = |batch: &&[usize]| {
            let chosen: Vec<&Encoding> = batch.iter().map(|at| &encodings[*at]).collect();
            self.forward(&chosen)
        };
        let batches = batches(&order, |at| encodings[at].len());
        // Side by side: a batch alone keeps one core busy.
        let computed: Vec<Vec<Vec<f32>>> = batches.par_iter().map(forward).collect::<candle_core::Result<_>>()?;
        for (at, vector) in batches.into_iter().flatten().zip(computed.into_iter().flatten()) {
            vectors[*at] = super::unit(vector);
        }
        Ok(vectors)
    }

    fn forward(&self, encodings: &[&Encoding]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = encodings.iter().map(|encoding| encoding.len()).max().unwrap_or_default();
        let padded = |numbers: fn(&Encoding) -> &[u32]| {
            let rows = encodings.iter().flat_map(|encoding| {
                let numbers = numbers(encoding);
                numbers.iter().copied().chain(std::iter::repeat_n(0, longest - numbers.len()))
            });
            Tensor::from_vec(rows.collect::<Vec<u32>>(), (encodings.len(), longest), &Device::Cpu)
        };
        let ids = padded(Encoding::get_ids)?;
        let mask = padded(Encoding::get_attention_mask)?;
        let tokens = self.bert.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        if self.pooling.pooling_mode_cls_token {
            return tokens.narrow(1, 0, 1)?.squeeze(1)?.to_vec2();
        }
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        tokens.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?.to_vec2()
    }
}

/// Cuts texts that are sorted by length into batches of at most [`BATCH_TOKENS`], padding included; a longer text stands alone.
fn batches(order: &[usize], length: impl Fn(usize) -> usize) -> Vec<&[usize]> {
    let mut batches = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let fits = |count: &usize| *count * length(rest[*count - 1]) <= BATCH_TOKENS;
        let count = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
        let (batch, later) = rest.split_at(count);
        batches.push(batch);
        rest = later;
    }
    batches
}
