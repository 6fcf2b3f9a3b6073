use std::collections::{HashMap, HashSet};

use super::key;

/// Topics of a file and what has to come before them, directly or through others.
pub(super) struct Prerequisites {
    titles: Vec<String>,
    /// For each topic the indices of all its prerequisites.
    below: Vec<HashSet<usize>>,
}

impl Prerequisites {
    /// Of topics with their direct prerequisites. A topic that is named twice counts once, with the prerequisites of both;
    /// a prerequisite that is no topic itself is left out.
    pub(super) fn of<'r>(rows: impl IntoIterator<Item = (&'r str, &'r [String])>) -> Self {
        let mut indices: HashMap<String, usize> = HashMap::new();
        let mut titles = Vec::new();
        let mut named: Vec<Vec<&String>> = Vec::new();
        for (title, requires) in rows {
            let index = *indices.entry(key(title)).or_insert(titles.len());
            if index == titles.len() {
                titles.push(title.to_owned());
                named.push(Vec::new());
            }
            named[index].extend(requires);
        }
        let index = |name: &&String| indices.get(&key(name)).copied();
        let direct: Vec<Vec<usize>> = named.iter().map(|names| names.iter().filter_map(index).collect()).collect();
        let below = (0..titles.len()).map(|index| reachable(index, &direct)).collect();
        Self { titles, below }
    }

    pub(super) fn len(&self) -> usize {
        self.titles.len()
    }

    pub(super) fn title(&self, index: usize) -> &str {
        &self.titles[index]
    }

    /// Whether `other` has to come before `topic`. Two topics that require each other have no order.
    pub(super) fn requires(&self, topic: usize, other: usize) -> bool {
        self.below[topic].contains(&other) && !self.below[other].contains(&topic)
    }
}

fn reachable(from: usize, direct: &[Vec<usize>]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        open.extend(direct[next].iter().filter(|required| found.insert(**required)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(&str, &[&str])]) -> Prerequisites {
        let owned: Vec<(&str, Vec<String>)> =
            rows.iter().map(|(title, names)| (*title, names.iter().map(|name| (*name).to_owned()).collect())).collect();
        Prerequisites::of(owned.iter().map(|(title, names)| (*title, names.as_slice())))
    }

    #[test]
    fn prerequisites_are_transitive_and_need_not_come_first_in_the_file() {
        let known = of(&[("c", &["B"]), ("a", &[]), ("b", &["a", "elsewhere"])]);
        assert!(known.requires(0, 2) && known.requires(2, 1) && known.requires(0, 1));
        assert!(!known.requires(1, 0) && !known.requires(1, 1));
    }

    #[test]
    fn topics_in_a_circle_have_no_order() {
        let known = of(&[("a", &["b"]), ("b", &["a"]), ("c", &["a"]), ("d", &["d"])]);
        assert!(!known.requires(0, 1) && !known.requires(1, 0) && !known.requires(3, 3));
        assert!(known.requires(2, 0) && known.requires(2, 1));
    }

    #[test]
    fn a_topic_named_twice_counts_once() {
        let known = of(&[("a", &[]), ("b", &[]), ("c", &["a"]), ("C ", &["b"])]);
        assert_eq!(known.len(), 3);
        assert_eq!(known.title(2), "c");
        assert!(known.requires(2, 0) && known.requires(2, 1));
    }
}
