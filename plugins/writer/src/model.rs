use std::sync::Arc;

use futures::StreamExt;
use pathwright_api::content::{Citation, ContentKind, Writer};
use pathwright_api::library::Passage;
use pathwright_api::llm::{Cost, Delta, Llm, Prompt, PromptFile, Purpose, Question};
use pathwright_api::messages::{Write, Written};
use pathwright_api::plugin::News;
use pathwright_api::{ErrorCode, Failure};
use serde_json::json;

use crate::extractive::{evidence, title};
use crate::grounding::Grounding;
use crate::material::quoted;

const PROMPT: &str = include_str!("../prompts/write.md");

/// Version of what makes a model's text safe and honest: raise it when `grounding` changes, so that no older text is served.
const GROUNDED: &str = "grounded-1";

/// Passages a piece is grounded in.
const PASSAGES: usize = 12;

/// A piece of fewer words says nothing.
const FEWEST_WORDS: usize = 20;

/// Writes pieces by a language model, grounded in numbered passages.
pub(crate) struct ModelText {
    llm: Arc<dyn Llm>,
    prompt: PromptFile,
}

impl ModelText {
    pub(crate) fn new(llm: Arc<dyn Llm>) -> Result<Self, Failure> {
        Ok(Self { llm, prompt: PromptFile::parse("write", PROMPT)? })
    }

    /// Model, prompt and grounding: what decides, besides the question, what is written.
    pub(crate) fn version(&self) -> String {
        format!("{}+{}+{GROUNDED}", self.llm.model(), self.prompt.version())
    }

    /// Writes, and tells what is written so far.
    pub(crate) async fn write(&self, asked: &Write, news: &News<String>) -> Result<Written, Failure> {
        let (prompt, passages) = self.render(asked)?;
        let mut grounding = Grounding::new(passages.len(), &prompt, asked.kind == ContentKind::Quiz);
        let mut markdown = format!("# {}\n\n", quoted(&title(asked)));
        news.tell(markdown.clone());
        // As many tokens as the configuration allows.
        let question = Question { purpose: Purpose::Write, prompt, answer_tokens: u32::MAX };
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
            markdown.push_str(&safe);
            if !safe.is_empty() {
                news.tell(safe);
            }
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
        Ok(Written {
            markdown,
            citations: cited.map(citation).collect(),
            writer: Writer::LanguageModel,
            version: self.version(),
            model: Some(self.llm.model().to_owned()),
            cost: Some(cost),
            fallback_reason: None,
        })
    }

    /// The prompt with as many of the passages as there is room for.
    fn render<'q>(&self, asked: &'q Write) -> Result<(Prompt, &'q [Passage]), Failure> {
        let mut count = asked.passages.len().min(PASSAGES);
        loop {
            let passages = &asked.passages[..count];
            let prompt = self.fill(asked, passages)?;
            if prompt.tokens() as usize <= self.llm.prompt_tokens() {
                return Ok((prompt, passages));
            }
            if count <= 1 {
                let message = "llm.context_tokens leaves no room for a passage";
                return Err(Failure::new(ErrorCode::ModelUnavailable, message));
            }
            count -= 1;
        }
    }

    fn fill(&self, asked: &Write, passages: &[Passage]) -> Result<Prompt, Failure> {
        let numbered = passages.iter().enumerate();
        let numbered: Vec<String> = numbered
            .map(|(at, passage)| format!("[{}] {}\n{}", at + 1, passage.heading.join(" · "), passage.text))
            .collect();
        self.prompt.render(json!({
            "topic": asked.topic.title,
            "role": asked.role,
            "seniority": asked.profile.seniority,
            "reason": evidence(asked),
            "note": asked.note,
            "passages": numbered.join("\n\n"),
            "kind": asked.kind,
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
