use std::collections::BTreeMap;
use std::sync::Arc;

use pathwright_api::ports::Embedder;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicId, TopicMap};
use tokio::sync::OnceCell;

/// Names of a topic that are compared by meaning.
const NAMES: usize = 12;

/// Topics of the map that stand in for one it does not know, and how fast a lesser likeness counts less.
const NEIGHBOURS: usize = 15;
const SHARPNESS: f32 = 10.0;

/// The cosine from which the nearest topic tells all: below, what is true of it is the less so of the unknown one, which may be of
/// a field that the map has never heard of.
const NEAR: f32 = 0.5;

/// How much a topic that is named in the unknown one's title counts against all that are only like it.
const NAMED: f32 = 2.0;

/// Topics of the map by number, and the shares of an unknown topic that they stand for; 1 in all, less for one that is like none.
pub type Anchors = Vec<(usize, f32)>;

/// The topic map, ready to tell of any two topics which comes first, known to it or not.
pub struct Knowledge {
    pub map: Arc<TopicMap>,
    numbers: BTreeMap<TopicId, usize>,
    areas: Vec<String>,
    /// For each topic a bit for each of its direct and indirect prerequisites.
    before: Vec<Vec<u64>>,
    /// The logarithm of their number: how far into its field a topic lies.
    depths: Vec<f32>,
    names: OnceCell<Vec<(usize, Vec<f32>)>>,
}

impl Knowledge {
    pub fn new(map: Arc<TopicMap>) -> Self {
        let numbers: BTreeMap<TopicId, usize> =
            map.iter().enumerate().map(|(number, topic)| (topic.id.clone(), number)).collect();
        let mut before = vec![vec![0u64; numbers.len().div_ceil(64)]; numbers.len()];
        let mut depths = Vec::with_capacity(numbers.len());
        for (number, topic) in map.iter().enumerate() {
            let required = map.all_prerequisites(&topic.id);
            depths.push((required.len() as f32).ln_1p());
            for required in required.iter().filter_map(|id| numbers.get(id)) {
                before[number][required / 64] |= 1 << (required % 64);
            }
        }
        let areas = map.iter().map(|topic| topic.area.clone()).collect();
        Self { numbers, areas, before, depths, names: OnceCell::new(), map }
    }

    /// Where a topic lies in the map: at itself, if the map knows it.
    pub fn anchor(&self, topic: &Topic) -> Option<Anchors> {
        self.numbers.get(&topic.id).map(|number| vec![(*number, 1.0)])
    }

    /// Where topics lie that the map does not know: at those that their titles name, and at those most like them. Without the
    /// embedding model the named ones alone, possibly none.
    pub async fn anchors(&self, topics: &[&Topic], embedder: &dyn Embedder) -> Vec<Anchors> {
        let titles = topics.iter().map(|topic| topic.title.clone()).collect();
        let vectors = match (self.names(embedder).await, embedder.embed(titles).await) {
            (Ok(names), Ok(vectors)) => Some((names, vectors)),
            (Err(failure), _) | (_, Err(failure)) => {
                tracing::warn!(%failure, "unknown topics could not be compared with known ones");
                None
            }
        };
        let anchors = |(at, topic): (usize, &&Topic)| {
            let mut shares: BTreeMap<usize, f32> = BTreeMap::new();
            self.add_named(&topic.title, &mut shares);
            let mut sure = if shares.is_empty() { 0.0f32 } else { 1.0 };
            if let Some((names, vectors)) = &vectors {
                let nearest = add_like(&vectors[at], names, &mut shares);
                sure = sure.max((nearest / NEAR).min(1.0));
            }
            let sum: f32 = shares.values().sum();
            let mut anchors: Anchors = shares.into_iter().map(|(number, share)| (number, sure * share / sum)).collect();
            anchors.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            anchors
        };
        topics.iter().enumerate().map(anchors).collect()
    }

    async fn names(&self, embedder: &dyn Embedder) -> Result<&Vec<(usize, Vec<f32>)>, pathwright_api::Failure> {
        let embed = || async {
            let named = self
                .map
                .iter()
                .enumerate()
                .flat_map(|(number, topic)| topic.names().take(NAMES).map(move |name| (number, name.to_owned())));
            let (numbers, names): (Vec<usize>, Vec<String>) = named.unzip();
            Ok(numbers.into_iter().zip(embedder.embed(names).await?).collect())
        };
        self.names.get_or_try_init(embed).await
    }

    fn add_named(&self, title: &str, shares: &mut BTreeMap<usize, f32>) {
        let words = text::tokens(title).len().max(1) as f32;
        for (topic, length) in self.map.named_in(title) {
            if let Some(number) = self.numbers.get(&topic.id) {
                *shares.entry(*number).or_default() += NAMED * length as f32 / words;
            }
        }
    }

    /// How much of `later` requires `earlier`, 0 to 1.
    pub fn requires(&self, later: &Anchors, earlier: &Anchors) -> f32 {
        let mut mass = 0.0;
        for (number, share) in later {
            let before = &self.before[*number];
            let required = earlier.iter().filter(|(other, _)| before[other / 64] >> (other % 64) & 1 == 1);
            mass += share * required.map(|(_, share)| share).sum::<f32>();
        }
        mass
    }

    /// How far into its field a topic lies; 0 without anchors.
    pub fn depth(&self, anchors: &Anchors) -> f32 {
        anchors.iter().map(|(number, share)| share * self.depths[*number]).sum()
    }

    /// The field that most of a topic lies in.
    pub fn area(&self, anchors: &Anchors) -> &str {
        anchors.first().map_or("", |(number, _)| self.areas[*number].as_str())
    }
}

/// Adds the known topics nearest to a vector, sharing out how near the nearest is; answers that.
fn add_like(vector: &[f32], names: &[(usize, Vec<f32>)], shares: &mut BTreeMap<usize, f32>) -> f32 {
    let mut best: BTreeMap<usize, f32> = BTreeMap::new();
    for (number, name) in names {
        let cosine: f32 = name.iter().zip(vector).map(|(a, b)| a * b).sum();
        let known = best.entry(*number).or_insert(cosine);
        *known = known.max(cosine);
    }
    let mut best: Vec<(usize, f32)> = best.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(NEIGHBOURS);
    let Some((_, nearest)) = best.first().copied().filter(|(_, nearest)| *nearest > 0.0) else {
        return 0.0;
    };
    let shape: Vec<f32> = best.iter().map(|(_, cosine)| (SHARPNESS * (cosine - nearest)).exp()).collect();
    let sum: f32 = shape.iter().sum();
    for ((number, _), share) in best.iter().zip(shape) {
        *shares.entry(*number).or_default() += nearest.min(1.0) * share / sum;
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::map;
    use pathwright_api::testing;

    #[tokio::test]
    async fn an_unknown_topic_lies_where_its_title_and_its_meaning_point() {
        let knowledge = Knowledge::new(Arc::new(map(&[vec![], vec![0], vec![1]])));
        let ports = testing::ports(Vec::new());
        let (first, last) = (Topic::unknown("A gentle Number0x"), Topic::unknown("Number2x in practice"));
        let anchors = knowledge.anchors(&[&first, &last], ports.embedded.as_ref()).await;
        assert_eq!((anchors[0][0].0, anchors[1][0].0), (0, 2));
        assert!(knowledge.requires(&anchors[1], &anchors[0]) > knowledge.requires(&anchors[0], &anchors[1]));
        assert!(knowledge.depth(&anchors[1]) > knowledge.depth(&anchors[0]));
    }
}
