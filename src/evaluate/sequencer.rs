use std::collections::HashMap;
use std::time::{Duration, Instant};

use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::messages::{Sequence, Sequenced, TopicToPlace};
use pathwright_api::topic::{Topic, TopicId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index;
use serde::{Deserialize, Serialize};

use super::metrics::Share;
use super::prerequisites::Prerequisites;
use super::{Measured, milliseconds_each};
use crate::coverage::{Assessor, Measure};
use crate::host::Host;
use crate::services::Services;

/// How central every topic is: the file does not say, so all are alike.
const WEIGHT: f32 = 0.5;

const HOURS_PER_WEEK: u32 = 6;

/// A topic and its direct prerequisites, in truth.
#[derive(Clone, Debug, Deserialize)]
pub struct SequencerLabel {
    pub topic: String,
    #[serde(default)]
    pub requires: Vec<String>,
}

/// Which topics are put in order.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Topics of a sample; all of the file when it has fewer.
    pub size: usize,
    /// A sample for each.
    pub seeds: Vec<u64>,
    /// Whether the library is asked where it treats the topics.
    pub with_library: bool,
}

/// The figures over all samples.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Topics put in order, of all samples together.
    pub n: usize,
    /// Topics of one sample of which one has to come before the other.
    pub pairs: usize,
    /// The share of the pairs in the right order; absent without pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_accuracy: Option<f64>,
    /// What an order by chance would have.
    pub random_accuracy: f64,
    pub sample: usize,
    pub seeds: Vec<u64>,
    pub with_library: bool,
    /// Without the time to look for the topics in the library.
    pub milliseconds_per_path: f64,
    /// Samples ordered by lesser means than the configured ones.
    pub fallbacks: usize,
    pub plugin: &'static str,
}

/// A topic of a sample and its place.
#[derive(Debug, Serialize)]
pub struct Detail {
    seed: u64,
    /// From 0; absent for a topic that was not placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    topic: String,
    /// What of the sample has to come before it.
    requires: Vec<String>,
    /// What of that does not.
    too_late: Vec<String>,
}

/// Draws samples and has each put in order. What requires what is shown to nobody before.
pub async fn measure(
    services: &Services,
    rows: &[SequencerLabel],
    samples: &Samples,
    mut progress: impl FnMut(usize, usize),
) -> Result<Measured<Report, Detail>, Failure> {
    let known = Prerequisites::of(rows.iter().map(|row| (row.topic.as_str(), row.requires.as_slice())));
    let mut details: Vec<Detail> = Vec::new();
    let mut spent = Duration::ZERO;
    let mut fallbacks = 0;
    progress(0, samples.seeds.len());
    for (at, seed) in samples.seeds.iter().enumerate() {
        let mut drawn: Vec<(usize, Topic)> = Vec::new();
        for index in draw(known.len(), samples.size, *seed) {
            drawn.push((index, services.catalogue.as_asked(known.title(index)).await?));
        }
        let to_place = topics_to_place(services, &drawn, samples.with_library).await?;
        let asked = Instant::now();
        let sequenced = sequence(&services.host, to_place).await?;
        spent += asked.elapsed();
        fallbacks += usize::from(sequenced.fallback_reason.is_some());
        details.extend(compare(*seed, &known, &drawn, &sequenced));
        progress(at + 1, samples.seeds.len());
    }
    let order = order(&details);
    let report = Report {
        n: details.len(),
        pairs: order.of,
        order_accuracy: (order.of > 0).then(|| order.value()),
        random_accuracy: 0.5,
        sample: samples.size.min(known.len()),
        seeds: samples.seeds.clone(),
        with_library: samples.with_library,
        milliseconds_per_path: milliseconds_each(spent, samples.seeds.len()),
        fallbacks,
        plugin: services.host.sequencer.status().name,
    };
    Ok(Measured { report, details })
}

/// What the sequencer is told of a topic.
pub fn to_place(topic: Topic, weight: f32, verdict: Option<&Verdict>) -> TopicToPlace {
    let passages = verdict.map(|verdict| verdict.passages.clone()).unwrap_or_default();
    TopicToPlace { topic, weight, passages }
}

/// Indices below `length`, shuffled: the order of the file would give the order away.
fn draw(length: usize, size: usize, seed: u64) -> Vec<usize> {
    index::sample(&mut StdRng::seed_from_u64(seed), length, size.min(length)).into_vec()
}

async fn topics_to_place(
    services: &Services,
    drawn: &[(usize, Topic)],
    with_library: bool,
) -> Result<Vec<TopicToPlace>, Failure> {
    let topics: Vec<Topic> = drawn.iter().map(|(_, topic)| topic.clone()).collect();
    if !with_library {
        return Ok(topics.into_iter().map(|topic| to_place(topic, WEIGHT, None)).collect());
    }
    let verdicts = Assessor::new(&services.store, &services.host).measure(topics.clone(), Measure::default()).await?;
    let judged = topics.into_iter().zip(&verdicts);
    Ok(judged.map(|(topic, verdict)| to_place(topic, WEIGHT, Some(verdict))).collect())
}

async fn sequence(host: &Host, topics: Vec<TopicToPlace>) -> Result<Sequenced, Failure> {
    let question = Sequence { topics, hours_per_week: HOURS_PER_WEEK, role: "the job".to_owned() };
    host.sequencer.ask_with_retry(|handles| &handles.sequence, question).await
}

/// The topics of a sample in the order of the path.
fn compare(seed: u64, known: &Prerequisites, drawn: &[(usize, Topic)], sequenced: &Sequenced) -> Vec<Detail> {
    let placed = sequenced.stages.iter().flat_map(|stage| &stage.topics).enumerate();
    let places: HashMap<&TopicId, usize> = placed.map(|(place, placed)| (&placed.topic.id, place)).collect();
    let detail = |(index, topic): &(usize, Topic)| {
        let place = places.get(&topic.id).copied();
        let comes_before = |other: &Topic| match (places.get(&other.id), place) {
            (Some(other), Some(place)) => *other < place,
            _ => false,
        };
        // Two names of one topic of the map have one place, and no order.
        let requires = |(other, named): &&(usize, Topic)| named.id != topic.id && known.requires(*index, *other);
        let required: Vec<&(usize, Topic)> = drawn.iter().filter(requires).collect();
        let too_late = required.iter().filter(|(_, named)| !comes_before(named));
        Detail {
            seed,
            place,
            topic: known.title(*index).to_owned(),
            requires: required.iter().map(|(other, _)| known.title(*other).to_owned()).collect(),
            too_late: too_late.map(|(other, _)| known.title(*other).to_owned()).collect(),
        }
    };
    let mut details: Vec<Detail> = drawn.iter().map(detail).collect();
    details.sort_by_key(|detail| detail.place.unwrap_or(usize::MAX));
    details
}

fn order(details: &[Detail]) -> Share {
    let of: usize = details.iter().map(|detail| detail.requires.len()).sum();
    let wrong: usize = details.iter().map(|detail| detail.too_late.len()).sum();
    Share { right: of - wrong, of }
}

#[cfg(test)]
mod tests {
    use pathwright_api::path::{PathOrigin, PathTopic, Stage};

    use super::*;

    fn path(titles: &[&str]) -> Sequenced {
        let topic = |title: &&str| PathTopic { topic: Topic::unknown(title), hours: 6.0, prerequisites: Vec::new() };
        let topics = titles.iter().map(topic).collect();
        let stage = Stage { name: "S".into(), goal: "G".into(), duration_weeks: 1, topics };
        Sequenced { stages: vec![stage], origin: PathOrigin::Embedded, fallback_reason: None, set_aside: Vec::new() }
    }

    #[test]
    fn pairs_in_the_right_order_are_counted() {
        let (a, b) = (["A".to_owned()], ["B".to_owned()]);
        let rows: [(&str, &[String]); 3] = [("A", &[]), ("B", &a), ("C", &b)];
        let known = Prerequisites::of(rows);
        let drawn: Vec<(usize, Topic)> = ["A", "B", "C"].iter().map(|name| Topic::unknown(name)).enumerate().collect();
        let all = |titles: &[&str]| order(&compare(1, &known, &drawn, &path(titles)));
        assert_eq!(all(&["A", "B", "C"]), Share { right: 3, of: 3 });
        assert_eq!(all(&["A", "C", "B"]), Share { right: 2, of: 3 });
        assert_eq!(all(&["C", "B", "A"]), Share { right: 0, of: 3 });
        // A topic that was not placed is in no order.
        assert_eq!(all(&["A", "B"]), Share { right: 1, of: 3 });
        let details = compare(1, &known, &drawn, &path(&["C", "A", "B"]));
        assert_eq!(details[0].too_late, ["A", "B"]);
    }

    #[test]
    fn a_seed_always_draws_the_same_and_each_topic_once() {
        let drawn = draw(100, 30, 7);
        assert_eq!(drawn, draw(100, 30, 7));
        assert_ne!(drawn, draw(100, 30, 8));
        let distinct: std::collections::HashSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 30);
        assert_eq!(draw(5, 30, 1).len(), 5);
    }
}
