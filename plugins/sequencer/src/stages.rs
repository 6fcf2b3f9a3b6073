use std::collections::{HashMap, HashSet};

use pathwright_api::path::{PathTopic, Prerequisite, PrerequisiteOrigin, Stage};

use crate::config::Config;
use crate::graph::Graph;

/// Cuts an order into stages: where the area changes once a stage is large enough, at the latest when it is full.
pub fn stages(graph: &Graph, order: &[usize], hours_per_week: u32, role: &str, config: &Config) -> Vec<Stage> {
    let groups = groups(graph, order, config);
    let names = names(graph, &groups);
    let core = core(graph);
    let number = groups.len();
    groups
        .iter()
        .zip(names)
        .enumerate()
        .map(|(at, (group, name))| {
            let topics: Vec<PathTopic> = group.iter().map(|topic| path_topic(graph, *topic)).collect();
            Stage {
                goal: goal(graph, group, &groups[at + 1..], &core, role, at + 1 == number),
                duration_weeks: weeks(&topics, hours_per_week),
                name,
                topics,
            }
        })
        .collect()
}

fn groups(graph: &Graph, order: &[usize], config: &Config) -> Vec<Vec<usize>> {
    let area = |at: usize| graph.topics[at].topic.area.as_str();
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

/// The one or two areas a stage is about; where that does not tell stages apart, its first topics too.
fn names(graph: &Graph, groups: &[Vec<usize>]) -> Vec<String> {
    let plain: Vec<String> = groups.iter().map(|group| areas(graph, group)).collect();
    let mut times: HashMap<&str, u32> = HashMap::new();
    for name in &plain {
        *times.entry(name).or_default() += 1;
    }
    let titled = |group: &[usize], name: &String| {
        let titles = titles(graph, group, 2);
        if name.is_empty() { titles } else { format!("{name}: {titles}") }
    };
    let unique = |(group, name): (&Vec<usize>, &String)| {
        if name.is_empty() || times[name.as_str()] > 1 { titled(group, name) } else { name.clone() }
    };
    groups.iter().zip(&plain).map(unique).collect()
}

fn areas(graph: &Graph, group: &[usize]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for topic in group {
        let area = graph.topics[*topic].topic.area.as_str();
        match counts.iter_mut().find(|(known, _)| *known == area) {
            Some((_, count)) => *count += 1,
            None => counts.push((area, 1)),
        }
    }
    counts.retain(|(area, _)| !area.is_empty());
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<&str> = counts.iter().take(2).map(|(area, _)| *area).collect();
    named.join(" · ")
}

fn titles(graph: &Graph, group: &[usize], most: usize) -> String {
    let all: Vec<&str> = group.iter().map(|topic| graph.topics[*topic].topic.title.as_str()).collect();
    match all.as_slice() {
        [head @ .., last] if all.len() <= most && !head.is_empty() => format!("{} and {last}", head.join(", ")),
        [only] => (*only).to_owned(),
        _ => format!("{} and more", all[..most.min(all.len())].join(", ")),
    }
}

/// The quarter of the topics that the job weighs most.
fn core(graph: &Graph) -> HashSet<usize> {
    let mut by_weight: Vec<usize> = (0..graph.topics.len()).collect();
    by_weight.sort_by(|a, b| graph.topics[*b].weight.total_cmp(&graph.topics[*a].weight).then(a.cmp(b)));
    by_weight.truncate(graph.topics.len().div_ceil(4));
    by_weight.into_iter().collect()
}

/// Why this stage comes now, from what it holds and what builds on it.
fn goal(
    graph: &Graph,
    group: &[usize],
    later: &[Vec<usize>],
    core: &HashSet<usize>,
    role: &str,
    is_last: bool,
) -> String {
    let here: HashSet<usize> = group.iter().copied().collect();
    let builds_on = |topic: &&usize| graph.requires[**topic].iter().any(|required| here.contains(required));
    let waiting: Vec<usize> = later.iter().flatten().filter(builds_on).copied().collect();
    let central: Vec<usize> = group.iter().filter(|topic| core.contains(topic)).copied().collect();
    let learn = titles(graph, if central.is_empty() { group } else { &central }, 3);
    match (waiting.as_slice(), central.is_empty()) {
        ([], false) => format!("Learn {learn}: the core of what {role} asks for."),
        ([], true) if is_last => format!("Round the path off with {learn}."),
        ([], true) => format!("Learn {learn} to widen what you can do as {role}."),
        (waiting, _) => {
            let build = if waiting.len() == 1 { "builds" } else { "build" };
            format!("Learn {learn} now, because {} {build} on this stage.", titles(graph, waiting, 2))
        }
    }
}

fn path_topic(graph: &Graph, at: usize) -> PathTopic {
    let topic = &graph.topics[at].topic;
    let prerequisite = |required: &usize| {
        let required = &graph.topics[*required].topic;
        Prerequisite {
            topic_id: required.id.clone(),
            title: required.title.clone(),
            origin: PrerequisiteOrigin::TopicMap,
        }
    };
    PathTopic {
        topic: topic.clone(),
        hours: topic.hours,
        prerequisites: graph.requires[at].iter().map(prerequisite).collect(),
    }
}

fn weeks(topics: &[PathTopic], hours_per_week: u32) -> u32 {
    let hours: f32 = topics.iter().map(|topic| topic.hours).sum();
    ((hours / hours_per_week.max(1) as f32).ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::order;
    use pathwright_api::messages::TopicToPlace;
    use pathwright_api::topic::{Topic, TopicId, TopicMap};
    use proptest::prelude::*;

    /// A map of topics t0, t1, … in which each may require earlier ones.
    fn map(edges: &[Vec<usize>]) -> TopicMap {
        let mut toml = "area = \"A\"\n".to_owned();
        for (at, requires) in edges.iter().enumerate() {
            let requires: Vec<String> = requires.iter().filter(|r| **r < at).map(|r| format!("\"t{r}\"")).collect();
            toml += &format!(
                "[[topic]]\nid = \"t{at}\"\ntitle = \"Number{at}x\"\nkind = \"concept\"\nhours = 4\nrequires = [{}]\n",
                requires.join(",")
            );
        }
        TopicMap::parse([("t.toml", toml.as_str())]).unwrap()
    }

    fn place(map: &TopicMap, chosen: &[(usize, f32)]) -> Vec<TopicToPlace> {
        let topic = |at: usize| map.get(&TopicId::from(format!("t{at}").as_str())).cloned().unwrap();
        chosen.iter().map(|(at, weight)| TopicToPlace { topic: topic(*at), weight: *weight, place: None }).collect()
    }

    fn path(map: &TopicMap, topics: Vec<TopicToPlace>) -> Vec<Stage> {
        let graph = Graph::new(topics, map);
        let order = order(&graph);
        stages(&graph, &order, 6, "the job", &Config::default())
    }

    fn ids(stages: &[Stage]) -> Vec<TopicId> {
        stages.iter().flat_map(|stage| &stage.topics).map(|topic| topic.topic.id.clone()).collect()
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
            path(&TopicMap::default(), vec![TopicToPlace { topic: Topic::unknown("X"), weight: 1.0, place: None }])
                .len()
                == 1
        );
        assert!(path(&TopicMap::default(), vec![]).is_empty());
    }

    prop_compose! {
        fn world()(edges in prop::collection::vec(prop::collection::vec(0usize..25, 0..4), 1..25))
            (chosen in prop::collection::btree_map(0..edges.len(), 0.0f32..1.0, 1..=edges.len()), edges in Just(edges))
            -> (TopicMap, Vec<(usize, f32)>) {
            (map(&edges), chosen.into_iter().collect())
        }
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
