use std::collections::{HashMap, HashSet};

use pathwright_api::text;

/// Characters of a snippet, about.
const LENGTH: usize = 200;

/// Snippets of one passage at most.
const MOST: usize = 2;

/// What a word is worth in a snippet that has it already.
const AGAIN: f32 = 0.1;

/// A stretch of a passage around words that were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// In order; together they are the stretch.
    pub fragments: Vec<Fragment>,
    /// The passage begins with it.
    pub is_start: bool,
    /// The passage ends with it.
    pub is_end: bool,
}

/// A part of a snippet: a word that was looked for, or what stands between two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub text: String,
    pub matched: bool,
}

/// Where words that were looked for stand in a passage: the stretch in which most of them do, then one with others, if there
/// are any. A passage without any of them is shown from its beginning. `weights` says what each stem is worth.
pub fn snippets(passage: &str, weights: &HashMap<String, f32>) -> Vec<Snippet> {
    let matches = matches(passage, weights);
    let mut shown: HashSet<&str> = HashSet::new();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    while spans.len() < MOST {
        let open = matches.iter().filter(|found| {
            let is_free = spans.iter().all(|(start, end)| found.end <= *start || *end <= found.start);
            is_free && !shown.contains(found.stem.as_str())
        });
        let Some(span) = best(&open.collect::<Vec<_>>()).map(|(start, end)| widened(passage, start, end, &spans))
        else {
            break;
        };
        shown.extend(matches.iter().filter(|found| within(found, span)).map(|found| found.stem.as_str()));
        spans.push(span);
    }
    if spans.is_empty() && !passage.trim().is_empty() {
        let start = passage.len() - passage.trim_start().len();
        spans.push(widened(passage, start, start, &[]));
    }
    spans.into_iter().map(|span| snippet(passage, span, &matches)).collect()
}

/// A word of the passage that was looked for, by bytes and by characters.
struct Match {
    stem: String,
    weight: f32,
    start: usize,
    end: usize,
    /// Characters before it, and up to its end.
    characters: (usize, usize),
}

fn matches(passage: &str, weights: &HashMap<String, f32>) -> Vec<Match> {
    let mut found = Vec::new();
    let (mut bytes, mut characters) = (0, 0);
    for token in text::tokens(passage) {
        let stem = text::stem(token.raw);
        if let Some(weight) = weights.get(&stem).filter(|_| !text::is_stop_word(token.raw)) {
            characters += passage[bytes..token.start].chars().count();
            let ends = characters + token.raw.chars().count();
            found.push(Match {
                stem,
                weight: *weight,
                start: token.start,
                end: token.end(),
                characters: (characters, ends),
            });
            (bytes, characters) = (token.end(), ends);
        }
    }
    found
}

/// The stretch of not too many characters whose words are worth most, of equals the first.
fn best(matches: &[&Match]) -> Option<(usize, usize)> {
    let stretch = |first: usize| {
        let start = matches[first].characters.0;
        let fits = |found: &&&Match| found.characters.1 - start <= LENGTH;
        let (mut worth, mut end) = (0.0, matches[first].end);
        let mut seen: HashSet<&str> = HashSet::new();
        for found in matches[first..].iter().take_while(fits) {
            worth += found.weight * if seen.insert(&found.stem) { 1.0 } else { AGAIN };
            end = found.end;
        }
        (worth, (matches[first].start, end))
    };
    let all = (0..matches.len()).map(stretch);
    all.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, span)| span)
}

/// A stretch made as long as a snippet is, as far as other snippets leave room, without a part of a word at its ends.
fn widened(passage: &str, start: usize, end: usize, others: &[(usize, usize)]) -> (usize, usize) {
    let floor = others.iter().map(|other| other.1).filter(|other| *other <= start).max().unwrap_or(0);
    let ceiling = others.iter().map(|other| other.0).filter(|other| *other >= end).min().unwrap_or(passage.len());
    let room = LENGTH.saturating_sub(passage[start..end].chars().count());
    let before =
        |most: usize| passage[floor..start].char_indices().rev().take(most).last().map_or(start, |(at, _)| floor + at);
    let after = |most: usize| passage[end..ceiling].char_indices().nth(most).map_or(ceiling, |(at, _)| end + at);
    let head = passage[before(room / 2)..start].chars().count();
    let to = after(room - head);
    let tail = passage[end..to].chars().count();
    let from = before(room - tail);
    (whole_from(passage, from, start), whole_to(passage, start, end, to))
}

/// The first beginning of a word from here to `start`.
fn whole_from(passage: &str, from: usize, start: usize) -> usize {
    let is_cut = passage[..from].chars().next_back().is_some_and(|c| !c.is_whitespace());
    let skipped = if is_cut { passage[from..start].find(char::is_whitespace).unwrap_or(start - from) } else { 0 };
    let inside = &passage[from + skipped..start];
    start - inside.trim_start().len()
}

/// The last end of a word from `end` to `to`; where that leaves nothing, a word is cut.
fn whole_to(passage: &str, start: usize, end: usize, to: usize) -> usize {
    let inside = &passage[end..to];
    let is_cut = passage[to..].chars().next().is_some_and(|c| !c.is_whitespace());
    let kept = if is_cut {
        inside.rfind(char::is_whitespace).unwrap_or(if start == end { inside.len() } else { 0 })
    } else {
        inside.len()
    };
    end + inside[..kept].trim_end().len()
}

fn within(found: &Match, (start, end): (usize, usize)) -> bool {
    start <= found.start && found.end <= end
}

fn snippet(passage: &str, (start, end): (usize, usize), matches: &[Match]) -> Snippet {
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut done = start;
    for found in matches.iter().filter(|found| within(found, (start, end))) {
        fragments.extend(fragment(&passage[done..found.start], false));
        fragments.extend(fragment(&passage[found.start..found.end], true));
        done = found.end;
    }
    fragments.extend(fragment(&passage[done..end], false));
    let is_start = passage[..start].trim().is_empty();
    Snippet { fragments, is_start, is_end: passage[end..].trim().is_empty() }
}

fn fragment(text: &str, matched: bool) -> Option<Fragment> {
    (!text.is_empty()).then(|| Fragment { text: text.to_owned(), matched })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weights(words: &[&str]) -> HashMap<String, f32> {
        words.iter().map(|word| (text::stem(word), 2.0)).collect()
    }

    fn marked(passage: &str, words: &[&str]) -> Vec<String> {
        let mark = |Fragment { text, matched }: &Fragment| if *matched { format!("[{text}]") } else { text.clone() };
        let snippets = snippets(passage, &weights(words));
        snippets.iter().map(|snippet| snippet.fragments.iter().map(mark).collect()).collect()
    }

    #[test]
    fn words_are_marked_whatever_their_ending() {
        let passage =
            "A model is trained on text.\n\n```python\ntrain(model, x)\n```\n\nIt costs $c_{train}$ to do so.";
        let expected = "A [model] is [trained] on text.\n\n```python\n[train]([model], x)\n```\n\nIt costs $c_{[train]}$ to do so.";
        assert_eq!(marked(passage, &["training", "models"]), [expected]);
    }

    #[test]
    fn the_stretch_with_most_words_comes_first_and_one_with_others_second() {
        let filler = "Nothing of the kind is said here at all, and it takes a while. ".repeat(8);
        let passage = format!("Dropout comes late. {filler}A gradient is clipped by its norm. {filler}");
        let shown = marked(&passage, &["clipped", "gradients", "norm", "dropout"]);
        assert_eq!(shown.len(), 2);
        assert!(shown[0].contains("A [gradient] is [clipped] by its [norm]."), "{shown:?}");
        assert!(shown[1].starts_with("[Dropout] comes late."), "{shown:?}");
    }

    #[test]
    fn a_passage_without_the_words_is_shown_from_its_beginning() {
        let passage = "  Word after word ".repeat(40);
        let shown = snippets(&passage, &weights(&["gradient"]));
        let text: String = shown[0].fragments.iter().map(|fragment| fragment.text.as_str()).collect();
        assert!(
            text.starts_with("Word after") && text.ends_with(|c: char| c.is_alphabetic()) && text.len() > 150,
            "{text}"
        );
        assert!(shown[0].is_start && !shown[0].is_end);
        assert!(snippets(" \n", &weights(&["a"])).is_empty());
    }

    proptest! {
        #[test]
        fn fragments_make_up_stretches_of_the_passage(passage in "([a-cé🦀]{1,3}[ \n.]{0,2}){0,120}", words in prop::collection::vec("[a-cé]{1,3}", 0..4)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let weights = weights(&words);
            let mut ends = 0;
            let mut shown = snippets(&passage, &weights);
            shown.sort_by_key(|snippet| passage.find(&joined(snippet)));
            for snippet in shown {
                let text = joined(&snippet);
                prop_assert!(passage.contains(&text) && !text.is_empty() && text.trim() == text);
                prop_assert!(text.chars().count() <= LENGTH, "{}", text);
                prop_assert!(snippet.fragments.iter().all(|fragment| !fragment.text.is_empty()));
                for fragment in snippet.fragments.iter().filter(|fragment| fragment.matched) {
                    prop_assert!(weights.contains_key(&text::stem(&fragment.text)));
                }
                ends += usize::from(snippet.is_end);
            }
            prop_assert!(ends <= 1);
        }

        #[test]
        fn any_passage_is_shown(passage in "\\PC{0,600}", word in "\\PC{0,10}") {
            for snippet in snippets(&passage, &weights(&[&word])) {
                prop_assert!(passage.contains(&joined(&snippet)));
            }
        }
    }

    fn joined(snippet: &Snippet) -> String {
        snippet.fragments.iter().map(|fragment| fragment.text.as_str()).collect()
    }
}
