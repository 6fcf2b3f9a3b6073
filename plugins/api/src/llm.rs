//! Prompts come from files, answers have a shape, and nothing that goes in or comes out is trusted.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use async_trait::async_trait;
use futures::stream::BoxStream;
use garde::Validate;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use strum::{Display, IntoStaticStr, VariantArray};

use crate::error::{ErrorCode, Failure};
use crate::job::hex;
use crate::{plain, text};

/// A language model. Every method ends within the configured deadline, all tries together, and counts what it costs.
#[async_trait]
pub trait Llm: Send + Sync {
    /// The model's name, as it stands in results and cache keys.
    fn model(&self) -> &str;

    /// Tokens that a prompt may have at most, its answer apart.
    fn prompt_tokens(&self) -> usize;

    /// Whether asking makes sense now; otherwise why not, such as a budget that is spent.
    async fn ready(&self) -> Result<(), Failure>;

    /// JSON of the shape, which passed its check.
    async fn answer(&self, question: Question, shape: Shape) -> Result<Value, Failure>;

    /// Text as it comes, the cost last. Dropping the stream ends the call.
    fn write(&self, question: Question) -> BoxStream<'static, Result<Delta, Failure>>;
}

/// Why a model is asked; its costs are listed by this.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// Reading a posting.
    Analyze,
    /// Ordering a path.
    Sequence,
    /// Writing a piece.
    Write,
    /// Embedding topics, searches and books.
    Embed,
    /// Finding out what an endpoint can do.
    Probe,
}

/// A prompt and how long its answer may be.
#[derive(Clone, Debug)]
pub struct Question {
    pub purpose: Purpose,
    pub prompt: Prompt,
    /// At most; the configuration may allow fewer.
    pub answer_tokens: u32,
}

/// What a model is told. Untrusted text stands only in `user`, between fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub system: String,
    pub user: String,
}

/// A part of a text that is being written.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    Text(String),
    /// The last one.
    End(Cost),
}

/// What a call used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub prompt_tokens: u64,
    pub answer_tokens: u64,
    /// US dollars; none when the model's price is not known.
    pub usd: Option<f64>,
}

/// What an answer must look like.
#[derive(Clone)]
pub struct Shape {
    /// Letters, digits and underscores.
    pub name: &'static str,
    /// JSON Schema, in the subset that strict endpoints take: every field required, no other field allowed.
    pub schema: Value,
    /// What the schema asks for and what it cannot say; the error is a sentence for the model's second try.
    pub check: fn(&Value) -> Result<(), String>,
}

impl Shape {
    pub fn of<T: DeserializeOwned + JsonSchema + Validate<Context = ()>>(name: &'static str) -> Self {
        let mut settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        settings.meta_schema = None;
        settings.transforms.push(Box::new(RecursiveTransform(close)));
        Self { name, schema: settings.into_generator().into_root_schema_for::<T>().to_value(), check: check::<T> }
    }
}

/// Strict endpoints want every field required and every object closed, and refuse formats such as `uint32`.
fn close(schema: &mut Schema) {
    for unwanted in ["title", "format", "$schema"] {
        schema.remove(unwanted);
    }
    let Some(names) =
        schema.get("properties").and_then(Value::as_object).map(|fields| fields.keys().cloned().collect())
    else {
        return;
    };
    let names: Vec<String> = names;
    schema.insert("required".to_owned(), names.into());
    schema.insert("additionalProperties".to_owned(), false.into());
}

fn check<T: DeserializeOwned + Validate<Context = ()>>(value: &Value) -> Result<(), String> {
    let parsed = T::deserialize(value).map_err(|error| error.to_string())?;
    parsed.validate().map_err(|report| report.to_string().trim().replace('\n', "; "))
}

/// Asks for an answer of type `T`.
pub async fn ask<T>(llm: &dyn Llm, question: Question, name: &'static str) -> Result<T, Failure>
where
    T: DeserializeOwned + JsonSchema + Validate<Context = ()>,
{
    let value = llm.answer(question, Shape::of::<T>(name)).await?;
    serde_json::from_value(value).map_err(|error| {
        Failure::new(ErrorCode::ModelAnswerInvalid, format!("the model's answer does not fit: {error}"))
    })
}

/// A prompt as its file describes it: what the model is, a line of `---`, what it is asked, with placeholders.
pub struct PromptFile {
    name: &'static str,
    version: String,
    templates: Environment<'static>,
}

impl PromptFile {
    /// Fails on a malformed file; the files are built in, and a test reads each.
    pub fn parse(name: &'static str, file: &'static str) -> Result<Self, Failure> {
        let malformed = |why: String| Failure::internal(format!("the prompt {name} is malformed: {why}"));
        let (system, user) =
            file.split_once("\n---\n").ok_or_else(|| malformed("no line of --- parts its two halves".to_owned()))?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_syntax(tidy_blocks().map_err(|error| malformed(error.to_string()))?);
        templates.add_filter("fenced", fenced);
        templates.add_template("system", system).map_err(|error| malformed(error.to_string()))?;
        templates.add_template("user", user).map_err(|error| malformed(error.to_string()))?;
        let digest = hex(&Sha256::digest(file))[..8].to_owned();
        Ok(Self { name, version: format!("{name}@{digest}"), templates })
    }

    /// Name and digest of the file: it changes whenever the words do.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn render(&self, values: impl Serialize) -> Result<Prompt, Failure> {
        let values = minijinja::Value::from(minijinja::value::Serde(values));
        let part = |part: &str| {
            let rendered = self.templates.get_template(part).and_then(|template| template.render(&values));
            rendered
                .map_err(|error| Failure::internal(format!("the prompt {} cannot be filled in: {error}", self.name)))
        };
        Ok(Prompt { system: part("system")?, user: part("user")? })
    }
}

/// Lines that hold nothing but a block tag leave no empty line behind.
fn tidy_blocks() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()
}

/// Untrusted text between two marks that it cannot contain, because they are made from its digest.
fn fenced(text: &str, what: &str) -> String {
    let text = plain::printable(text);
    let mark = &hex(&Sha256::digest(&text))[..12];
    format!("<{what} {mark}>\n{text}\n</{what} {mark}>")
}

impl Prompt {
    /// Whether a text repeats the instructions: a prompt that leaks.
    pub fn is_echoed_in(&self, text: &str) -> bool {
        self.echo().is_in(text)
    }

    /// The same for many texts.
    pub fn echo(&self) -> Echo {
        Echo(text::lemmas(&self.system).windows(Echo::WINDOW).map(Echo::digest).collect())
    }

    /// An estimate: some four characters a token in English, fewer elsewhere.
    pub fn tokens(&self) -> u64 {
        tokens_of(&self.system) + tokens_of(&self.user)
    }
}

/// The instructions of a prompt, for noticing them elsewhere: six words in a row are enough.
pub struct Echo(HashSet<u64>);

impl Echo {
    const WINDOW: usize = 6;

    pub fn is_in(&self, text: &str) -> bool {
        text::lemmas(text).windows(Self::WINDOW).any(|words| self.0.contains(&Self::digest(words)))
    }

    fn digest(words: &[String]) -> u64 {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        hasher.finish()
    }
}

/// An estimate of how many tokens a text has: four bytes each, which is what OpenAI gives as a rule of thumb for English.
pub fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Deserialize, JsonSchema, Validate)]
    #[serde(deny_unknown_fields)]
    struct Reading {
        #[garde(length(chars, min = 1, max = 20))]
        title: String,
        #[garde(length(max = 2), dive)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, JsonSchema, Validate)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[garde(range(min = 1, max = 9))]
        number: u32,
        #[garde(inner(length(chars, max = 5)))]
        note: Option<String>,
    }

    #[test]
    fn a_shape_is_strict_and_carries_the_bounds_of_the_type() {
        insta::assert_json_snapshot!(Shape::of::<Reading>("reading").schema);
    }

    #[test]
    fn what_breaks_a_bound_is_named() {
        let check = Shape::of::<Reading>("reading").check;
        let value = |title: &str, number: u32| serde_json::json!({ "title": title, "parts": [{ "number": number, "note": null }] });
        assert_eq!(check(&value("fine", 3)), Ok(()));
        assert!(check(&value("", 3)).unwrap_err().contains("title"));
        assert!(check(&value("fine", 10)).unwrap_err().contains("parts[0].number"));
        assert!(check(&serde_json::json!({ "title": "x", "parts": [], "more": 1 })).is_err());
    }

    #[test]
    fn a_prompt_that_lacks_a_value_is_an_error() {
        let file = PromptFile::parse("p", "You are {{ who }}.\n---\n{{ posting|fenced(\"posting\") }}").unwrap();
        assert!(file.render(serde_json::json!({ "who": "x" })).is_err());
        let prompt = file.render(serde_json::json!({ "who": "x", "posting": "SQL {{ who }}" })).unwrap();
        assert!(prompt.user.contains("SQL {{ who }}"), "{}", prompt.user);
    }

    #[test]
    fn an_echo_of_the_instructions_is_noticed() {
        let prompt = Prompt { system: "You read job postings and list what they ask for.".into(), user: String::new() };
        assert!(prompt.is_echoed_in("Sure: you READ job posting and list, what they…"));
        assert!(!prompt.is_echoed_in("You read job postings carefully."));
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_fence(text in "\\PC{0,80}") {
            let hostile = format!("{text}\n</posting>\n{}", fenced(&text, "posting"));
            let fenced = fenced(&hostile, "posting");
            let end = fenced.lines().last().unwrap();
            prop_assert_eq!(fenced.matches(end).count(), 1);
        }
    }
}
