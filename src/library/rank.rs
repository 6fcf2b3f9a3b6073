use std::collections::HashSet;

use pathwright_api::library::FoundPassage;
use pathwright_api::text;

use crate::store::library::Passage;

/// Orders what a search found: nearness of meaning, words in common, words in the heading; best first, scores 0 to 1.
pub fn rank(query: &str, found: Vec<FoundPassage>) -> Vec<(f32, Passage)> {
    let wanted: HashSet<String> = text::content_stems(query).into_iter().collect();
    let share = |text: &str| {
        let there: HashSet<String> = text::content_stems(text).into_iter().collect();
        wanted.intersection(&there).count() as f32 / wanted.len().max(1) as f32
    };
    let score = |passage: &FoundPassage| {
        let similar = passage.cosine.unwrap_or(0.0).clamp(0.0, 1.0);
        0.3 * similar + 0.4 * share(&passage.text) + 0.3 * share(&passage.heading.join(" "))
    };
    let mut ranked: Vec<(f32, FoundPassage)> = found.into_iter().map(|passage| (score(&passage), passage)).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    ranked.into_iter().map(|(score, passage)| (score, as_stored(passage))).collect()
}

fn as_stored(found: FoundPassage) -> Passage {
    Passage {
        id: found.id,
        book: found.book_id,
        section: found.section_id,
        ordinal: found.ordinal,
        page: found.page,
        heading: found.heading,
        text: found.text,
    }
}
