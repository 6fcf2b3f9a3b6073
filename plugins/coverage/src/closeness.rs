use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Candidates, Embedder};
use pathwright_api::text;
use pathwright_api::topic::Topic;

/// Candidates of a topic that are looked at more closely.
const LOOKED_AT: usize = 12;

/// Words after which a window ends, at the end of a sentence: about what it takes to explain a thing.
const WINDOW: usize = 25;

/// Windows of a passage at most; no passage of the usual length has more.
const WINDOWS: usize = 12;

/// How near the nearest few sentences of each candidate come to its topic: a passage's own vector is the mean over all that it
/// speaks of. By the embedded model, whatever the library is embedded with, since it takes a hundredth of a millisecond a window.
/// 0 for candidates that are not looked at.
pub async fn closeness(batch: &[(Topic, Candidates)], embedder: &dyn Embedder) -> Result<Vec<Vec<f32>>, Failure> {
    let mut texts: Vec<String> = batch.iter().map(|(topic, _)| topic.title.clone()).collect();
    let mut spans: HashMap<&str, std::ops::Range<usize>> = HashMap::new();
    let looked_at: Vec<Vec<usize>> = batch.iter().map(|(_, candidates)| likeliest(candidates)).collect();
    for ((_, candidates), chosen) in batch.iter().zip(&looked_at) {
        for passage in chosen.iter().map(|at| &candidates.passages[*at]) {
            spans.entry(&passage.id).or_insert_with(|| {
                let begin = texts.len();
                texts.extend(windows(passage));
                begin..texts.len()
            });
        }
    }
    let vectors = embedder.embed(texts).await?;
    let nearest = |topic: usize, passage: &FoundPassage| {
        let windows = &vectors[spans[passage.id.as_str()].clone()];
        windows.iter().map(|window| cosine(&vectors[topic], window)).fold(0.0, f32::max)
    };
    let of_topic = |(topic, ((_, candidates), chosen)): (usize, (&(Topic, Candidates), &Vec<usize>))| {
        let mut closeness = vec![0.0; candidates.passages.len()];
        for at in chosen {
            closeness[*at] = nearest(topic, &candidates.passages[*at]);
        }
        closeness
    };
    Ok(batch.iter().zip(&looked_at).enumerate().map(of_topic).collect())
}

/// Those that the two searches put first, each half of them.
fn likeliest(candidates: &Candidates) -> Vec<usize> {
    let passages = &candidates.passages;
    let first = |score: &dyn Fn(usize) -> f32| {
        let mut order: Vec<usize> = (0..passages.len()).collect();
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then_with(|| passages[*a].id.cmp(&passages[*b].id)));
        order.truncate(LOOKED_AT / 2);
        order
    };
    let mut chosen = first(&|at| passages[at].lexical);
    chosen.extend(first(&|at| passages[at].cosine.unwrap_or(-1.0)));
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// A passage's prose, a few sentences at a time, each under the section's title.
fn windows(passage: &FoundPassage) -> Vec<String> {
    let mut windows: Vec<(String, usize)> = Vec::new();
    for sentence in text::sentences(&passage.text) {
        let words = sentence.split_whitespace().count();
        let many = windows.len();
        match windows.last_mut() {
            Some((window, count)) if *count < WINDOW => {
                window.push(' ');
                window.push_str(sentence);
                *count += words;
            }
            _ if many < WINDOWS => windows.push((format!("{}\n{sentence}", passage.section_title()), words)),
            _ => break,
        }
    }
    windows.into_iter().map(|(window, _)| window).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::testing;

    #[tokio::test]
    async fn a_few_sentences_about_the_topic_are_near_however_much_else_the_passage_says() {
        let aside =
            "The weather was fine and the train came late, so that everybody had time for a second cup of coffee. "
                .repeat(6);
        let text = format!(
            "{aside}Dropout sets units to zero at random, and dropout is what keeps them from relying on each other. {aside}"
        );
        let passages = vec![testing::passage("p", "A day", &text), testing::passage("q", "A day", &aside)];
        let batch = [(Topic::unknown("Dropout units"), Candidates { passages, ..Candidates::default() })];
        let closeness = closeness(&batch, &testing::WordEmbedder).await.unwrap();
        assert!(closeness[0][0] > closeness[0][1] + 0.2, "{closeness:?}");
    }
}
