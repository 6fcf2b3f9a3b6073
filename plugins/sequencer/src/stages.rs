use pathwright_api::path::{PathTopic, Prerequisite, Stage};

use crate::config::Config;
use crate::graph::{Edge, Graph};
use crate::naming::{goals, names};
use crate::order::order;

/// What the embedded rules make of the topics: their own order, cut where the area changes.
pub fn embedded(graph: &Graph, hours_per_week: u32, role: &str, config: &Config) -> Vec<Stage> {
    stages(graph, &cut(graph, &order(graph), config), hours_per_week, role)
}

/// One stage a group, in the order given, with the embedded rules' name and goal.
pub fn stages(graph: &Graph, groups: &[Vec<usize>], hours_per_week: u32, role: &str) -> Vec<Stage> {
    let described = names(graph, groups).into_iter().zip(goals(graph, groups, role));
    let stage = |(group, (name, goal)): (&Vec<usize>, (String, String))| {
        let topics: Vec<PathTopic> = group.iter().map(|topic| path_topic(graph, *topic)).collect();
        Stage { name, goal, duration_weeks: weeks(&topics, hours_per_week), topics }
    };
    groups.iter().zip(described).map(stage).collect()
}

/// A new group begins where the area changes once the last one is large enough, at the latest when that is full.
fn cut(graph: &Graph, order: &[usize], config: &Config) -> Vec<Vec<usize>> {
    let area = |at: usize| graph.areas[at].as_str();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for topic in order {
        let open = groups.last_mut().filter(|group| {
            let full = group.len() >= config.max_topics.max(1);
            let turns = group.last().is_some_and(|last| area(*last) != area(*topic));
            !(full || turns && group.len() >= config.min_topics)
        });
        match open {
            Some(group) => group.push(*topic),
            None => groups.push(vec![*topic]),
        }
    }
    join_short_tail(&mut groups, config);
    groups
}

/// A last stage of one or two topics joins the one before, if there is room for a topic or two more.
fn join_short_tail(groups: &mut Vec<Vec<usize>>, config: &Config) {
    let [.., before, last] = groups.as_slice() else {
        return;
    };
    if last.len() < config.min_topics && before.len() + last.len() <= config.max_topics + 1 {
        let last = groups.pop().unwrap_or_default();
        if let Some(before) = groups.last_mut() {
            before.extend(last);
        }
    }
}

fn path_topic(graph: &Graph, at: usize) -> PathTopic {
    let topic = &graph.topics[at].topic;
    let prerequisite = |(required, edge): (&usize, &Edge)| {
        let required = &graph.topics[*required].topic;
        let (topic_id, title) = (required.id.clone(), required.title.clone());
        Prerequisite { topic_id, title, origin: edge.origin, strength: edge.strength }
    };
    PathTopic {
        topic: topic.clone(),
        hours: hours(graph, at),
        prerequisites: graph.requires[at].iter().map(prerequisite).collect(),
    }
}

/// Words a minute of easy and of the hardest technical prose, read to understand it (Carver, 1992, has 200 for studying a text
/// and 138 for learning it by heart; formulas and code are slower still).
const PACE: f32 = 200.0;
const HARDEST_PACE: f32 = 80.0;

/// Hours of exercises and of trying things out for each hour of reading.
const PRACTICE: f32 = 3.0;

const LEAST_HOURS: f32 = 0.5;

/// From the words to read and how advanced the topic is; what the map says where the library does not tell.
fn hours(graph: &Graph, at: usize) -> f32 {
    if graph.words[at] == 0 {
        return graph.topics[at].topic.hours;
    }
    let pace = PACE + (HARDEST_PACE - PACE) * graph.advancement[at];
    let reading = graph.words[at] as f32 / pace / 60.0;
    // To a quarter of an hour: more would be pretence.
    (reading * (1.0 + PRACTICE) * 4.0).round().max(LEAST_HOURS * 4.0) / 4.0
}

fn weeks(topics: &[PathTopic], hours_per_week: u32) -> u32 {
    let hours: f32 = topics.iter().map(|topic| topic.hours).sum();
    ((hours / hours_per_week.max(1) as f32).ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ids, map, place, world};
    use pathwright_api::messages::TopicToPlace;
    use pathwright_api::topic::{Topic, TopicMap};
    use proptest::prelude::*;

    fn path(map: &TopicMap, topics: Vec<TopicToPlace>) -> Vec<Stage> {
        embedded(&crate::fixtures::graph_of(topics, map), 6, "the job", &Config::default())
    }

    #[test]
    fn prerequisites_reach_through_topics_that_are_not_on_the_path() {
        let map = map(&[vec![], vec![0], vec![1]]);
        let path = path(&map, place(&map, &[(2, 1.0), (0, 0.1)]));
        assert_eq!(ids(&path), ["t0".into(), "t2".into()]);
        assert_eq!(path[0].topics[1].prerequisites[0].title, "Number0x");
    }

    #[test]
    fn weeks_follow_from_hours() {
        let map = map(&[vec![], vec![], vec![]]);
        assert_eq!(path(&map, place(&map, &[(0, 1.0), (1, 1.0), (2, 1.0)]))[0].duration_weeks, 2);
    }

    #[test]
    fn nothing_to_place_is_no_stage() {
        assert!(
            path(
                &TopicMap::default(),
                vec![TopicToPlace { topic: Topic::unknown("X"), weight: 1.0, passages: Vec::new() }]
            )
            .len()
                == 1
        );
        assert!(path(&TopicMap::default(), vec![]).is_empty());
    }

    proptest! {
        #[test]
        fn every_topic_once_every_prerequisite_first((map, chosen) in world()) {
            let path = ids(&path(&map, place(&map, &chosen)));
            prop_assert_eq!(path.len(), chosen.len());
            for (at, id) in path.iter().enumerate() {
                let needed = map.all_prerequisites(id);
                prop_assert!(path[at + 1..].iter().all(|later| !needed.contains(later)));
            }
        }

        #[test]
        fn the_order_of_the_input_makes_no_difference((map, chosen) in world()) {
            let mut reversed = chosen.clone();
            reversed.reverse();
            prop_assert_eq!(path(&map, place(&map, &chosen)), path(&map, place(&map, &reversed)));
        }

        #[test]
        fn stages_are_of_sensible_size((map, chosen) in world()) {
            let path = path(&map, place(&map, &chosen));
            prop_assert!(path.iter().all(|stage| stage.topics.len() <= 7 && stage.duration_weeks >= 1 && !stage.name.is_empty()));
        }
    }
}
