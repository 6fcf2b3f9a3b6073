use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use pathwright_api::content::{Citation, ContentKind};
use pathwright_api::llm::{Cost, Delta, Llm, Prompt, PromptFile, Purpose, Question};
use pathwright_api::{ErrorCode, Failure};
use serde_json::json;

use super::extractive::{Brief, title};
use super::grounding::Grounding;
use super::live::Writing;
use super::material::quoted;
use crate::config;
use pathwright_api::library::Passage;

const PROMPT: &str = include_str!("prompts/write.md");

/// Version of what makes a model's text safe and honest: raise it when `grounding` changes, so that no older text is served.
const GROUNDED: &str = "grounded-1";

/// Passages a piece is grounded in.
const PASSAGES: usize = 12;

/// A piece of fewer words says nothing.
const FEWEST_WORDS: usize = 20;

/// Writes pieces by a language model, grounded in numbered passages.
#[derive(Clone)]
pub struct ModelWriter {
    llm: Arc<dyn Llm>,
    prompt: Arc<PromptFile>,
    answer_tokens: u32,
    patience: Duration,
}

/// A finished text with the passages it cites.
pub(super) struct Written {
    pub(super) markdown: String,
    pub(super) citations: Vec<Citation>,
    pub(super) cost: Cost,
}

impl ModelWriter {
    pub fn new(llm: Arc<dyn Llm>, config: &config::Llm) -> Result<Self, Failure> {
        let prompt = Arc::new(PromptFile::parse("write", PROMPT)?);
        Ok(Self { llm, prompt, answer_tokens: config.answer_tokens, patience: config.deadline() })
    }

    /// Model, prompt and grounding: what decides, besides the passages, what is written.
    pub(super) fn version(&self) -> String {
        format!("{}+{}+{GROUNDED}", self.llm.model(), self.prompt.version())
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn model(&self) -> &str {
        self.llm.model()
    }

    /// Writes, and lets be read what is written so far.
    pub(super) async fn write(
        &self,
        kind: ContentKind,
        brief: &Brief<'_>,
        passages: &[Passage],
        writing: &Writing,
    ) -> Result<Written, Failure> {
        let (prompt, passages) = self.render(kind, brief, passages)?;
        let mut grounding = Grounding::new(passages.len(), &prompt, kind == ContentKind::Quiz);
        let mut markdown = format!("# {}\n\n", quoted(&title(kind, brief)));
        writing.begin(&markdown);
        let question = Question { purpose: Purpose::Write, prompt, answer_tokens: self.answer_tokens };
        let mut parts = self.llm.write(question);
        let mut cost = Cost::default();
        while let Some(part) = parts.next().await {
            let safe = match part? {
                Delta::Text(part) => grounding.push(&part),
                Delta::End(spent) => {
                    cost = spent;
                    grounding.finish()
                }
            };
            if grounding.echoed {
                return Err(unusable("it repeats its instructions"));
            }
            writing.add(&safe);
            markdown.push_str(&safe);
        }
        if grounding.cited.is_empty() {
            return Err(unusable("it cites none of the passages"));
        }
        if grounding.words < FEWEST_WORDS {
            return Err(unusable("it is too short to say anything"));
        }
        let cited = grounding.cited.iter().filter_map(|number| Some((number, passages.get(number - 1)?)));
        let citation = |(number, passage): (&usize, &Passage)| Citation {
            marker: number.to_string(),
            passage_id: passage.id.clone(),
        };
        if !markdown.ends_with('\n') {
            markdown.push('\n');
        }
        Ok(Written { markdown, citations: cited.map(citation).collect(), cost })
    }

    /// The prompt with as many of the passages as there is room for.
    fn render<'p>(
        &self,
        kind: ContentKind,
        brief: &Brief<'_>,
        passages: &'p [Passage],
    ) -> Result<(Prompt, &'p [Passage]), Failure> {
        let mut count = passages.len().min(PASSAGES);
        loop {
            let prompt = self.fill(kind, brief, &passages[..count])?;
            if prompt.tokens() as usize <= self.llm.prompt_tokens() {
                return Ok((prompt, &passages[..count]));
            }
            if count <= 1 {
                return Err(Failure::new(
                    ErrorCode::ModelUnavailable,
                    "llm.context_tokens leaves no room for a passage",
                ));
            }
            count -= 1;
        }
    }

    fn fill(&self, kind: ContentKind, brief: &Brief<'_>, passages: &[Passage]) -> Result<Prompt, Failure> {
        let numbered = passages.iter().enumerate();
        let numbered: Vec<String> = numbered
            .map(|(at, passage)| format!("[{}] {}\n{}", at + 1, passage.heading.join(" · "), passage.text))
            .collect();
        self.prompt.render(json!({
            "topic": brief.topic.title,
            "role": brief.role,
            "seniority": brief.profile.seniority,
            "reason": brief.evidence(),
            "note": brief.user_context,
            "passages": numbered.join("\n\n"),
            "kind": kind,
        }))
    }
}

fn unusable(why: &str) -> Failure {
    Failure::new(ErrorCode::ModelAnswerInvalid, format!("the language model's text cannot be used: {why}"))
}

#[cfg(test)]
mod tests {
    use pathwright_api::content::ContentKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_prompt_is_as_it_was_reviewed() {
        let prompt = PromptFile::parse("write", PROMPT).unwrap().render(json!({
            "topic": "Dropout",
            "role": "ML Engineer",
            "seniority": "MID",
            "reason": "You regularise networks",
            "note": "I know statistics.",
            "passages": "[1] Book · Dropout\nDropout drops units.",
            "kind": ContentKind::Summary,
        }));
        let prompt = prompt.unwrap();
        insta::assert_snapshot!(format!("{}\n---\n{}", prompt.system, prompt.user));
    }

    #[test]
    fn every_kind_of_piece_has_its_own_wish() {
        let file = PromptFile::parse("write", PROMPT).unwrap();
        let wish = |kind: ContentKind| {
            let values = json!({ "topic": "t", "role": "r", "seniority": "MID", "reason": null, "note": null, "passages": "p", "kind": kind });
            file.render(values).unwrap().user.trim().lines().last().unwrap().to_owned()
        };
        let wishes: std::collections::HashSet<String> = ContentKind::ALL.into_iter().map(wish).collect();
        assert_eq!(wishes.len(), ContentKind::ALL.len());
    }
}
