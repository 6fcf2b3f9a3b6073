use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;

/// The one or two areas a stage is about; where that does not tell stages apart, its first topics too.
pub fn names(graph: &Graph, groups: &[Vec<usize>]) -> Vec<String> {
    let plain: Vec<String> = groups.iter().map(|group| areas(graph, group)).collect();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
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

/// Why each stage comes when it does, from what it holds and what builds on it.
pub fn goals(graph: &Graph, groups: &[Vec<usize>], role: &str) -> Vec<String> {
    let core = core(graph);
    let goal_of = |at: usize| goal(graph, &groups[at], &groups[at + 1..], &core, role);
    (0..groups.len()).map(goal_of).collect()
}

fn areas(graph: &Graph, group: &[usize]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for topic in group {
        let area = graph.areas[*topic].as_str();
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
fn core(graph: &Graph) -> BTreeSet<usize> {
    let mut by_weight: Vec<usize> = (0..graph.topics.len()).collect();
    by_weight.sort_by(|a, b| graph.topics[*b].weight.total_cmp(&graph.topics[*a].weight).then(a.cmp(b)));
    by_weight.truncate(graph.topics.len().div_ceil(4));
    by_weight.into_iter().collect()
}

fn goal(graph: &Graph, group: &[usize], later: &[Vec<usize>], core: &BTreeSet<usize>, role: &str) -> String {
    let here: BTreeSet<usize> = group.iter().copied().collect();
    let builds_on = |topic: &&usize| graph.requires[**topic].keys().any(|required| here.contains(required));
    let waiting: Vec<usize> = later.iter().flatten().filter(builds_on).copied().collect();
    let central: Vec<usize> = group.iter().filter(|topic| core.contains(topic)).copied().collect();
    let learn = titles(graph, if central.is_empty() { group } else { &central }, 3);
    match (waiting.as_slice(), central.is_empty()) {
        ([], false) => format!("Learn {learn}: the core of what {role} asks for."),
        ([], true) if later.is_empty() => format!("Round the path off with {learn}."),
        ([], true) => format!("Learn {learn} to widen what you can do as {role}."),
        (waiting, _) => {
            let build = if waiting.len() == 1 { "builds" } else { "build" };
            format!("Learn {learn} now, because {} {build} on this stage.", titles(graph, waiting, 2))
        }
    }
}
