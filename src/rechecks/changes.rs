use std::collections::HashSet;

use pathwright_api::coverage::Verdict;
use pathwright_api::topic::Topic;

use crate::domain::Changes;

/// What is different now; none when nothing is. A topic without a verdict of now is taken to be as it was.
pub(super) fn changes<'v>(
    then: &[Verdict],
    now: impl Fn(&Topic) -> Option<&'v Verdict>,
    still_there: &HashSet<String>,
    revision: u64,
) -> Option<Changes> {
    let (mut gained, mut lost, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    let mut covered = 0;
    for before in then {
        let after = now(&before.topic).unwrap_or(before);
        covered += usize::from(after.covered);
        match (before.covered, after.covered) {
            (false, true) => gained.push(after.clone()),
            (true, false) => lost.push(after.clone()),
            (true, true) if has_moved(before, after, still_there) => moved.push(after.clone()),
            _ => {}
        }
    }
    let coverage_percentage = (covered as f64 * 100.0 / then.len().max(1) as f64).round() as u32;
    let differs = !(gained.is_empty() && lost.is_empty() && moved.is_empty());
    differs.then_some(Changes { revision, gained, lost, moved, coverage_percentage })
}

/// The passage is gone, or another book treats the topic better. That another section of the same book comes out first is
/// no news: what is rare in a library shifts a little with every book.
fn has_moved(before: &Verdict, after: &Verdict, still_there: &HashSet<String>) -> bool {
    let Some(source) = &before.source else {
        return false;
    };
    let elsewhere = after.source.as_ref().is_some_and(|now| now.book_id != source.book_id);
    elsewhere || !still_there.contains(&source.passage_id)
}

#[cfg(test)]
mod tests {
    use pathwright_api::library::Source;
    use proptest::prelude::*;

    use super::*;

    fn verdict(title: &str, source: Option<(&str, &str)>) -> Verdict {
        let source = source.map(|(book, passage)| Source {
            book_id: book.to_owned(),
            section_id: format!("{book}-s"),
            section: "Section".to_owned(),
            page: None,
            passage_id: passage.to_owned(),
            ordinal: 0,
        });
        Verdict {
            topic: Topic::unknown(title),
            covered: source.is_some(),
            confidence: 0.9,
            source,
            num_chunks: 1,
            passages: vec![],
            parts: vec![],
            external_resources: vec![],
            fallback_reason: None,
            overridden_by: None,
        }
    }

    fn compared(then: &[Verdict], now: &[Verdict], left: &[&str]) -> Option<Changes> {
        let left = left.iter().map(ToString::to_string).collect();
        changes(then, |topic| now.iter().find(|verdict| verdict.topic == *topic), &left, 7)
    }

    fn titles(verdicts: &[Verdict]) -> Vec<&str> {
        verdicts.iter().map(|verdict| verdict.topic.title.as_str()).collect()
    }

    #[test]
    fn what_came_what_went_and_what_moved() {
        let then = [
            verdict("Same", Some(("a", "p1"))),
            verdict("Other section", Some(("a", "p2"))),
            verdict("Better book", Some(("a", "p3"))),
            verdict("Rewritten", Some(("a", "p4"))),
            verdict("Removed", Some(("b", "p5"))),
            verdict("New", None),
        ];
        let now = [
            verdict("Same", Some(("a", "p1"))),
            verdict("Other section", Some(("a", "p9"))),
            verdict("Better book", Some(("c", "p6"))),
            verdict("Rewritten", Some(("a", "p7"))),
            verdict("Removed", None),
            verdict("New", Some(("c", "p8"))),
        ];
        let found = compared(&then, &now, &["p1", "p2", "p3", "p6", "p7", "p8", "p9"]).unwrap();
        assert_eq!(titles(&found.gained), ["New"]);
        assert_eq!(titles(&found.lost), ["Removed"]);
        assert_eq!(titles(&found.moved), ["Better book", "Rewritten"]);
        assert_eq!((found.coverage_percentage, found.revision), (83, 7));
    }

    #[test]
    fn what_a_reviewer_vouches_for_has_no_source_to_lose() {
        let vouched = Verdict { covered: true, ..verdict("Vouched", None) };
        assert_eq!(compared(std::slice::from_ref(&vouched), std::slice::from_ref(&vouched), &[]), None);
        assert_eq!(compared(&[verdict("Unasked", Some(("a", "p")))], &[], &["p"]), None);
    }

    proptest! {
        #[test]
        fn every_topic_is_in_one_list_at_most_and_the_percentage_adds_up(pairs in prop::collection::vec((any::<bool>(), any::<bool>()), 1..20)) {
            let of = |covered: bool, at: usize| verdict(&format!("Topic {at}"), covered.then_some(("a", "p")));
            let then: Vec<Verdict> = pairs.iter().enumerate().map(|(at, (before, _))| of(*before, at)).collect();
            let now: Vec<Verdict> = pairs.iter().enumerate().map(|(at, (_, after))| of(*after, at)).collect();
            let (gained, lost) = (pairs.iter().filter(|(a, b)| !*a && *b).count(), pairs.iter().filter(|(a, b)| *a && !*b).count());
            match compared(&then, &now, &["p"]) {
                None => prop_assert_eq!(gained + lost, 0),
                Some(found) => {
                    prop_assert_eq!((found.gained.len(), found.lost.len(), found.moved.len()), (gained, lost, 0));
                    let covered = pairs.iter().filter(|(_, after)| *after).count() as f64;
                    prop_assert_eq!(found.coverage_percentage, (covered * 100.0 / pairs.len() as f64).round() as u32);
                }
            }
        }
    }
}
