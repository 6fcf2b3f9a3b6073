use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use pathwright_api::coverage::{ExternalResource, ResourceKind, ScoredPassage, Verdict};
use pathwright_api::job::{JobProfile, ProfileOrigin, RequiredTopic, Seniority};
use pathwright_api::library::Source;
use pathwright_api::path::{DroppedEdge, PathOrigin, PathTopic, Prerequisite, PrerequisiteOrigin, Stage};
use pathwright_api::topic::{Topic, TopicId};
use proptest::prelude::*;

use super::{DeadlineCheck, Handout, Material, Pace, Plan, Progress, ReadingList, check_deadline, plan, reading_list};
use crate::domain::{LearningPath, TopicProgress};
use crate::store::extents::Extent;
use pathwright_api::library::{Book, BookFormat, Passage, Section};

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn moment() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

pub(super) fn pace(start: &str, hours_per_week: u32) -> Pace {
    Pace { start: date(start), hours_per_week }
}

pub(super) fn topic(at: usize) -> Topic {
    Topic { id: id(at), ..Topic::unknown(&format!("Topic {at}")) }
}

pub(super) fn id(at: usize) -> TopicId {
    TopicId::from(format!("t{at}").as_str())
}

/// One stage of covered topics, each with its hours and what it needs; the later, the more central to the job.
pub(super) fn path(topics: &[(f32, &[usize])]) -> LearningPath {
    let needs = |at: &usize| Prerequisite {
        topic_id: id(*at),
        title: topic(*at).title,
        origin: PrerequisiteOrigin::TopicMap,
        strength: 1.0,
    };
    let placed = topics.iter().enumerate().map(|(at, (hours, required))| PathTopic {
        topic: topic(at),
        hours: *hours,
        prerequisites: required.iter().map(needs).collect(),
    });
    let required = |at: usize| RequiredTopic {
        topic: topic(at),
        evidence: None,
        weight: (at + 1) as f32 / topics.len().max(1) as f32,
    };
    LearningPath {
        id: "path".into(),
        user: "ada".into(),
        generation: "generation".into(),
        profile: JobProfile {
            id: "hash".into(),
            role_type: "general".into(),
            seniority: Seniority::Mid,
            required_topics: (0..topics.len()).map(required).collect(),
            implicit_topics: Vec::new(),
            domain_focus: Vec::new(),
            tools: Vec::new(),
            origin: ProfileOrigin::Embedded,
            confidence: 0.8,
            fallback_reason: None,
        },
        job_description: None,
        hours_per_week: 6,
        stages: vec![Stage { name: "All".into(), goal: "First.".into(), duration_weeks: 1, topics: placed.collect() }],
        verdicts: (0..topics.len()).map(|at| verdict(topic(at), &[])).collect(),
        library_contents: 0,
        origin: PathOrigin::Embedded,
        set_aside: Vec::new(),
        fallback_reason: None,
        created_at: moment(),
        updated_at: moment(),
    }
}

/// Covered by these passages, the best first.
pub(super) fn verdict(topic: Topic, passages: &[&str]) -> Verdict {
    let scored = |(at, id): (usize, &&str)| ScoredPassage { passage_id: (*id).into(), score: 0.9 - 0.1 * at as f32 };
    Verdict {
        topic,
        covered: true,
        confidence: 0.9,
        source: passages.first().map(|id| source(id)),
        num_chunks: passages.len() as u32,
        passages: passages.iter().enumerate().map(scored).collect(),
        parts: Vec::new(),
        external_resources: Vec::new(),
        fallback_reason: None,
        overridden_by: None,
    }
}

/// `b1.2.3` is passage 3 of section 2 of book b1.
fn source(id: &str) -> Source {
    let passage = passage(id);
    Source {
        book_id: passage.book,
        section_id: passage.section,
        section: "A section".into(),
        page: passage.page,
        passage_id: id.into(),
        ordinal: passage.ordinal,
    }
}

fn passage(id: &str) -> Passage {
    let (section, place) = id.rsplit_once('.').unwrap();
    let (book, chapter) = section.rsplit_once('.').unwrap();
    let ordinal = chapter.parse::<u32>().unwrap() * 100 + place.parse::<u32>().unwrap();
    Passage {
        id: id.into(),
        book: book.into(),
        section: section.into(),
        ordinal,
        page: Some(ordinal / 10),
        heading: vec![format!("Section {chapter}")],
        text: format!("Words of {id}, and; more"),
    }
}

/// The library that these passages stand in; every section has 400 words.
pub(super) fn material(passages: &[&str]) -> Material {
    let mut material = Material::default();
    for passage in passages.iter().map(|id| passage(id)) {
        let section = Section {
            id: passage.section.clone(),
            book: passage.book.clone(),
            ordinal: passage.ordinal / 100,
            title: passage.heading[0].clone(),
            heading: passage.heading.clone(),
            page: passage.page,
            terms: Vec::new(),
            references: Vec::new(),
        };
        let extent = Extent {
            section: section.id.clone(),
            words: 400,
            first_page: section.page,
            last_page: section.page.map(|page| page + 3),
        };
        let book = Book {
            id: passage.book.clone(),
            title: format!("Book {}", passage.book),
            author: None,
            format: BookFormat::Pdf,
            source: String::new(),
            content_hash: String::new(),
            section_count: 1,
            passage_count: 1,
            word_count: 400,
            ingested_at: moment(),
        };
        material.books.insert(book.id.clone(), book);
        material.extents.insert(section.id.clone(), extent);
        material.sections.insert(section.id.clone(), section);
        material.passages.insert(passage.id.clone(), passage);
    }
    material
}

pub(super) fn resource(title: &str, url: &str) -> ExternalResource {
    ExternalResource { title: title.into(), url: url.into(), kind: ResourceKind::Book, free: true }
}

pub(super) fn completed(topics: &[usize]) -> Progress {
    let done = |at: &usize| {
        let progress = TopicProgress { topic: id(*at), started_at: None, completed_at: Some(moment()) };
        (id(*at), progress)
    };
    topics.iter().map(done).collect::<HashMap<_, _>>()
}

/// Paths of up to twelve topics in two stages, each needing some of those before it, with some completed.
pub(super) fn paths() -> impl Strategy<Value = (LearningPath, Progress)> {
    let topic = (0.0f32..40.0, prop::collection::vec(any::<prop::sample::Index>(), 0..3), any::<bool>());
    prop::collection::vec(topic, 0..12).prop_map(|topics| {
        let needs = |(at, (hours, required, _)): (usize, &(f32, Vec<prop::sample::Index>, bool))| {
            let required = if at == 0 { Vec::new() } else { required.iter().map(|index| index.index(at)).collect() };
            (*hours, required)
        };
        let described: Vec<(f32, Vec<usize>)> = topics.iter().enumerate().map(needs).collect();
        let borrowed: Vec<(f32, &[usize])> = described.iter().map(|(hours, needs)| (*hours, &needs[..])).collect();
        let mut path = path(&borrowed);
        let later = path.stages[0].topics.split_off(topics.len() / 2);
        path.stages.push(Stage { topics: later, name: "Then".into(), ..path.stages[0].clone() });
        let done: Vec<usize> = topics.iter().enumerate().filter(|(_, (_, _, done))| *done).map(|(at, _)| at).collect();
        (path, completed(&done))
    })
}

/// A path with everything an export can say: three covered topics in two stages, one that the library lacks, a deadline.
pub(super) struct Sample {
    pub(super) path: LearningPath,
    progress: Progress,
    plan: Plan,
    reading: ReadingList,
    deadline: DeadlineCheck,
    failing: HashSet<String>,
}

pub(super) fn sample(progress: &Progress) -> Sample {
    let mut path = path(&[(3.0, &[]), (6.5, &[0]), (12.0, &[0, 1])]);
    let later = path.stages[0].topics.split_off(2);
    path.stages.push(Stage {
        name: "Pricing & risk".into(),
        goal: "Now it pays.".into(),
        topics: later,
        ..path.stages[0].clone()
    });
    path.set_aside =
        vec![DroppedEdge { topic_id: id(0), required_id: id(2), origin: PrerequisiteOrigin::Library, strength: 0.25 }];
    path.stages[0].topics[1].topic.title = "R&D <b>costs</b>; [see](x), C++".into();
    path.verdicts = vec![
        verdict(topic(0), &["b.2.1", "b.1.4"]),
        verdict(topic(1), &["b.2.3"]),
        verdict(topic(2), &["c.5.1"]),
        Verdict {
            covered: false,
            external_resources: vec![
                resource("Gone", "https://gone.example/"),
                resource("A *fine* book", "https://fine.example/a_b"),
            ],
            ..verdict(topic(3), &[])
        },
    ];
    let reading = reading_list(&path, &material(&["b.2.1", "b.1.4", "b.2.3", "c.5.1"]));
    let pace = pace("2027-01-04", 6);
    Sample {
        plan: plan(&path, progress, pace).unwrap(),
        deadline: check_deadline(&path, progress, pace, date("2027-01-18"), date("2026-11-22")).unwrap(),
        reading,
        progress: progress.clone(),
        failing: HashSet::from(["https://gone.example/".to_owned()]),
        path,
    }
}

impl Sample {
    pub(super) fn handout(&self) -> Handout<'_> {
        Handout {
            path: &self.path,
            role: Some("Quant"),
            progress: &self.progress,
            plan: &self.plan,
            reading: &self.reading,
            deadline: Some(&self.deadline),
            failing: &self.failing,
            made_at: moment(),
        }
    }
}
