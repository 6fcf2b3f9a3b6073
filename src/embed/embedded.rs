use std::sync::LazyLock;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::ports::Embedder;
use rayon::prelude::*;
use safetensors::SafeTensors;
use tokenizers::Tokenizer;

/// Trained by the script in the folder `training`.
static VECTORS: &[u8] = include_bytes!("model/model.safetensors");
static TOKENIZER: &[u8] = include_bytes!("model/tokenizer.json");

/// Tokens of a text that are read: what comes later would hardly move the mean.
const MOST_TOKENS: usize = 512;

/// The model in the binary: a vector a token, learnt so that a text's mean vector says what a transformer says of the text.
pub(super) struct EmbeddedModel;

/// Read at first use, once for everybody.
static LOADED: LazyLock<Result<TokenVectors, String>> = LazyLock::new(TokenVectors::load);

#[async_trait]
impl Embedder for EmbeddedModel {
    fn model(&self) -> &str {
        "pathwright-tokens-256-v1"
    }

    fn dimension(&self) -> usize {
        256
    }

    /// On a blocking thread: a book is a second of pure computation.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        let work = move || match LOADED.as_ref() {
            Ok(model) => texts.par_iter().map(|text| model.embed(text)).collect(),
            Err(reason) => Err(Failure::internal(format!("the embedded embedding model cannot be read: {reason}"))),
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Failure::internal(format!("embedding failed: {error}")))?
    }
}

/// Whether the model has a token for the whole of a word in small letters: some 30,000 English words and names.
pub(super) fn has_word(word: &str) -> bool {
    LOADED.as_ref().is_ok_and(|model| model.tokenizer.token_to_id(word).is_some())
}

/// One whole number a dimension; their common scale does not matter, since what comes out is made one long.
struct TokenVectors {
    tokenizer: Tokenizer,
    dimension: usize,
    numbers: Vec<i8>,
}

impl TokenVectors {
    fn load() -> Result<Self, String> {
        let tokenizer = Tokenizer::from_bytes(TOKENIZER).map_err(|error| error.to_string())?;
        let file = SafeTensors::deserialize(VECTORS).map_err(|error| error.to_string())?;
        let table = file.tensor("embeddings").map_err(|error| error.to_string())?;
        let [tokens, dimension] = *table.shape() else {
            return Err(format!("a table of {} axes", table.shape().len()));
        };
        if tokens < tokenizer.get_vocab_size(true) || table.data().len() != tokens * dimension {
            return Err(format!("{tokens} vectors for {} tokens", tokenizer.get_vocab_size(true)));
        }
        let numbers = table.data().iter().map(|byte| byte.cast_signed()).collect();
        Ok(Self { tokenizer, dimension, numbers })
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, Failure> {
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|error| Failure::internal(format!("a text cannot be tokenised: {error}")))?;
        let mut sum = vec![0.0f32; self.dimension];
        for token in encoding.get_ids().iter().take(MOST_TOKENS) {
            let begin = *token as usize * self.dimension;
            let vector = &self.numbers[begin..begin + self.dimension];
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += f32::from(*number));
        }
        Ok(super::unit(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static MODEL: LazyLock<&TokenVectors> = LazyLock::new(|| LOADED.as_ref().unwrap());

    fn cosine(a: &str, b: &str) -> f32 {
        let (a, b) = (MODEL.embed(a).unwrap(), MODEL.embed(b).unwrap());
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn what_means_the_same_is_nearer_than_what_shares_a_word() {
        let passage = "To keep units from relying on each other, some of them are switched off at random while the network is trained.";
        assert!(cosine("training neural networks", passage) > cosine("television network", passage) + 0.1);
        let exchange = cosine("limit order book", "resting buy and sell orders of an exchange");
        assert!(exchange > cosine("limit order book", "a recipe for onion soup") + 0.1, "{exchange}");
    }

    #[test]
    fn no_two_topics_of_the_map_are_nearly_the_same() {
        let map = pathwright_api::topic::TopicMap::parse(pathwright_analyzer::topic_files()).unwrap();
        let titles: Vec<&str> = map.iter().map(|topic| topic.title.as_str()).collect();
        let vectors: Vec<Vec<f32>> = titles.par_iter().map(|title| MODEL.embed(title).unwrap()).collect();
        let cosine = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(x, y)| x * y).sum::<f32>();
        let twins: Vec<(&str, &str)> = (0..titles.len())
            .into_par_iter()
            .flat_map_iter(|a| (0..a).map(move |b| (a, b)))
            .filter(|(a, b)| cosine(*a, *b) > 0.96)
            .map(|(a, b)| (titles[a], titles[b]))
            .collect();
        assert!(twins.is_empty(), "{twins:?}");
    }

    #[test]
    fn words_are_told_from_slips() {
        assert!(["gradient", "redis", "insurance"].iter().all(|word| has_word(word)));
        assert!(["gradeint", "insurence", "##ing x", ""].iter().all(|word| !has_word(word)));
    }

    proptest! {
        #[test]
        fn every_text_has_a_unit_vector(text in "\\PC{0,200}") {
            let vector = MODEL.embed(&text).unwrap();
            let length: f32 = vector.iter().map(|x| x * x).sum();
            prop_assert!(vector.len() == 256 && (length - 1.0).abs() < 1e-3);
        }
    }
}
