use std::cmp::Ordering;

use crate::graph::Graph;

/// What staying in the same area is worth against the importance of a topic.
const SAME_AREA: f32 = 0.03;

/// What being the most advanced topic of all costs: prerequisites that are not on the path are still prerequisites.
const ADVANCED: f32 = 0.7;

/// An order of all topics that keeps every edge: among those that are ready, the one that matters most comes next.
pub fn order(graph: &Graph) -> Vec<usize> {
    let urgency = urgency(graph);
    topological(graph, |ready, last| most_urgent(graph, &urgency, ready, last))
}

/// An order of all topics that keeps every edge: among those that are ready, the one of the lowest rank comes next.
pub fn order_by_rank<K: Ord>(graph: &Graph, rank: impl Fn(usize) -> K) -> Vec<usize> {
    topological(graph, |ready, _| ready.iter().copied().min_by_key(|at| rank(*at)))
}

/// `choose` is given the topics that are ready and the one chosen last.
fn topological(graph: &Graph, choose: impl Fn(&[usize], Option<usize>) -> Option<usize>) -> Vec<usize> {
    let dependents = graph.dependents();
    let mut missing: Vec<usize> = graph.requires.iter().map(std::collections::BTreeMap::len).collect();
    let mut ready: Vec<usize> = (0..missing.len()).filter(|at| missing[*at] == 0).collect();
    let mut order: Vec<usize> = Vec::with_capacity(missing.len());
    while let Some(chosen) = choose(&ready, order.last().copied()) {
        ready.retain(|at| *at != chosen);
        order.push(chosen);
        for dependent in &dependents[chosen] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                ready.push(*dependent);
            }
        }
    }
    order
}

/// A topic is as urgent as the most central topic that waits for it.
fn urgency(graph: &Graph) -> Vec<f32> {
    let mut urgency: Vec<f32> = graph.topics.iter().map(|placed| placed.weight).collect();
    // The map is acyclic, so as many rounds as there are topics suffice; usually three or four do.
    for _ in 0..urgency.len() {
        let mut changed = false;
        for (at, requires) in graph.requires.iter().enumerate() {
            for required in requires.keys() {
                if urgency[*required] < urgency[at] {
                    urgency[*required] = urgency[at];
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    urgency
}

fn most_urgent(graph: &Graph, urgency: &[f32], ready: &[usize], last: Option<usize>) -> Option<usize> {
    let area = |at: usize| graph.areas[at].as_str();
    let related = |at: usize| last.is_some_and(|last| !area(last).is_empty() && area(last) == area(at));
    let value = |at: usize| urgency[at] - ADVANCED * graph.advancement[at] + if related(at) { SAME_AREA } else { 0.0 };
    ready
        .iter()
        .copied()
        .max_by(|a, b| value(*a).total_cmp(&value(*b)).then_with(|| place(graph, *b, *a)).then_with(|| b.cmp(a)))
}

/// Of equals in the same book the one that it treats first.
fn place(graph: &Graph, a: usize, b: usize) -> Ordering {
    match (&graph.places[a], &graph.places[b]) {
        (Some((book_a, at_a)), Some((book_b, at_b))) if book_a == book_b => at_a.cmp(at_b),
        _ => Ordering::Equal,
    }
}
