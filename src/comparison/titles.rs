use pathwright_api::coverage::Verdict;

/// The confidence from which titles alone count as covering a topic.
pub const COVERS: f32 = 0.75;

/// What goes with every verdict on titles.
pub const CAUTION: &str = "judged by its titles alone, which name topics and explain none; on three books 98 of 100 topics \
    that titles promised were covered by the text too, and of 100 that the text covered titles promised 65";

/// How the log-odds of the judge's score of titles stand to those of the text's verdict being "covered": fitted to 840 verdicts,
/// on 420 labelled topics of three books by their titles down to two and to three levels (`pathwright evaluate contents`).
const BASE: f32 = -0.16;
const SLOPE: f32 = 0.48;

/// Scores nearer to 0 or 1 say no more than these: so no confidence in titles is above 0.96 or below 0.03.
const SUREST: f32 = 0.999;

/// How likely the whole text would cover the topic, 0 to 1, given the verdict on a table of contents by itself.
pub fn confidence(verdict: &Verdict) -> f32 {
    if verdict.passages.is_empty() {
        return 0.0;
    }
    let score = verdict.confidence.clamp(1.0 - SUREST, SUREST);
    let odds = BASE + SLOPE * (score / (1.0 - score)).ln();
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use pathwright_api::coverage::ScoredPassage;
    use pathwright_api::topic::Topic;

    use super::*;

    fn by_titles(score: f32) -> f32 {
        confidence(&Verdict {
            topic: Topic::unknown("Dropout"),
            covered: false,
            confidence: score,
            source: None,
            num_chunks: 0,
            passages: vec![ScoredPassage { passage_id: "p".to_owned(), score }],
            parts: vec![],
            external_resources: vec![],
            fallback_reason: None,
            overridden_by: None,
        })
    }

    #[test]
    fn titles_are_never_as_sure_as_a_text_and_have_to_say_more() {
        let scores: Vec<f32> = (0..=100u8).map(|percent| by_titles(f32::from(percent) / 100.0)).collect();
        assert!(scores.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(scores.iter().all(|score| (0.02..0.97).contains(score)));
        assert!(by_titles(0.9) < COVERS && by_titles(0.95) >= COVERS);
    }
}
