use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use pathwright_api::llm::{Prompt, Shape};
use pathwright_api::text;
use serde_json::{Value, json};

/// How an endpoint can be held to a shape, the strictest way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::VariantArray)]
#[repr(u8)]
pub enum Rung {
    /// A strict JSON Schema with the bounds of lengths and numbers.
    #[strum(serialize = "JSON Schema")]
    Schema,
    /// A strict JSON Schema without the bounds, which some endpoints refuse.
    #[strum(serialize = "JSON Schema without bounds")]
    PlainSchema,
    /// Any JSON object; the schema stands in the prompt.
    #[strum(serialize = "JSON mode")]
    JsonMode,
    /// Text that had better be JSON.
    #[strum(serialize = "plain text")]
    Text,
}

impl Rung {
    const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    /// What goes into `response_format`.
    pub(super) fn format(self, shape: &Shape) -> Option<Value> {
        let schema = |schema: Value| json!({ "type": "json_schema", "json_schema": { "name": shape.name, "strict": true, "schema": schema } });
        match self {
            Self::Schema => Some(schema(shape.schema.clone())),
            Self::PlainSchema => Some(schema(without_bounds(shape.schema.clone()))),
            Self::JsonMode => Some(json!({ "type": "json_object" })),
            Self::Text => None,
        }
    }

    /// Where the endpoint does not enforce the schema, the model is told of it.
    pub(super) fn instruct(self, prompt: &Prompt, shape: &Shape) -> String {
        match self {
            Self::Schema | Self::PlainSchema => prompt.system.clone(),
            Self::JsonMode | Self::Text => format!(
                "{}\n\nAnswer with one JSON object and nothing else. It must be valid under this JSON Schema:\n{}",
                prompt.system, shape.schema
            ),
        }
    }
}

/// The best way known to work: found by trying, kept while the process lives.
pub(super) struct Ladder(AtomicU8);

impl Ladder {
    pub(super) fn from(rung: Rung) -> Self {
        Self(AtomicU8::new(rung as u8))
    }

    pub(super) fn rung(&self) -> Rung {
        Rung::ALL[usize::from(self.0.load(Relaxed)).min(Rung::ALL.len() - 1)]
    }

    /// Only an answer proves that the way there was the trouble, and not the request itself.
    pub(super) fn works(&self, rung: Rung) {
        self.0.store(rung as u8, Relaxed);
    }
}

/// Bounds of lengths and numbers: `check` holds them anyway.
fn without_bounds(mut schema: Value) -> Value {
    const BOUNDS: [&str; 7] = ["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"];
    match &mut schema {
        Value::Object(fields) => {
            for bound in BOUNDS {
                // A field may be called like a keyword; its value is a schema then, and stays.
                if fields.get(bound).is_some_and(|value| !value.is_object()) {
                    fields.remove(bound);
                }
            }
            fields.values_mut().for_each(|value| *value = without_bounds(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_bounds(item.take())),
        _ => {}
    }
    schema
}

/// The first JSON object in a text, checked; the error is a sentence for people and models.
pub(super) fn read(text: &str, shape: &Shape) -> Result<Value, String> {
    let start = text.find('{').ok_or("there is no JSON object in it")?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(format!("it is not valid JSON: {error}")),
        None => return Err("it is empty".to_owned()),
    };
    (shape.check)(&value).map(|()| value).map_err(|why| text::shorten(&why, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        let schema = json!({ "type": "object", "properties": {
            "maximum": { "type": "integer", "maximum": 3 }, "list": { "type": "array", "maxItems": 2, "items": { "type": "string", "maxLength": 4 } }
        } });
        Shape { name: "shape", schema, check: |value| value.get("maximum").map(|_| ()).ok_or("no maximum".to_owned()) }
    }

    #[test]
    fn bounds_go_and_fields_of_their_names_stay() {
        let plain = without_bounds(shape().schema);
        assert_eq!(plain["properties"]["maximum"], json!({ "type": "integer" }));
        assert_eq!(plain["properties"]["list"], json!({ "type": "array", "items": { "type": "string" } }));
    }

    #[test]
    fn json_is_found_in_prose_and_fences() {
        let read = |text| read(text, &shape());
        assert_eq!(read("Sure!\n```json\n{\"maximum\": 1}\n```\nDone.").unwrap(), json!({ "maximum": 1 }));
        assert_eq!(read("{\"minimum\": 1}").unwrap_err(), "no maximum");
        assert!(read("{\"maximum\": ").unwrap_err().contains("not valid JSON"));
        assert!(read("I cannot do that").unwrap_err().contains("no JSON object"));
    }

    #[test]
    fn the_ladder_ends_with_plain_text() {
        let rungs: Vec<Rung> = std::iter::successors(Some(Rung::Schema), |rung| rung.next()).collect();
        assert_eq!(rungs, [Rung::Schema, Rung::PlainSchema, Rung::JsonMode, Rung::Text]);
        assert!(Rung::Text.format(&shape()).is_none());
    }
}
