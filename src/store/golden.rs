//! Rows as releases stored them, in `tests/golden/RELEASE`: what is read today reads them all. A shape that changes gets a folder of its
//! release, made by `cargo test golden -- --ignored` before the change; folders that are there stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use pathwright_api::content::{Audience, CacheKey, Citation, ContentKind, Piece, Writer};
use pathwright_api::coverage::{ExternalResource, Override, ResourceKind, ScorePart, ScoredPassage, Verdict};
use pathwright_api::job::{ImplicitTopic, JobProfile, JobTarget, ProfileOrigin, RequiredTopic, Seniority};
use pathwright_api::library::{Book, BookFormat, Passage, Section, Source};
use pathwright_api::llm::Purpose;
use pathwright_api::path::{DroppedEdge, PathOrigin, PathTopic, Prerequisite, PrerequisiteOrigin, Stage};
use pathwright_api::ports::{Background, PieceStore, ResourceHealth};
use pathwright_api::topic::{Topic, TopicId};
use serde_json::Value;

use super::library::EmbeddedPassage;
use super::resources::{Finding, ResourceCheck};
use super::search::Measured;
use super::usage::UsageRecord;
use super::{Store, StoreUrl, migrate};
use crate::domain::{
    EducationLevel, Event, Generation, GenerationPurpose, GenerationState, GenerationStep, JobChange, LearningPath,
    Outcome, ProgressStep, TargetJob, User, UserChanges,
};

/// Every table whose rows are read by what they look like.
const TABLES: [&str; 16] = [
    "library",
    "book",
    "section",
    "passage",
    "user",
    "target_job",
    "job_profile",
    "generation",
    "event",
    "learning_path",
    "path_of",
    "path_check",
    "progress",
    "piece",
    "coverage_override",
    "usage",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

async fn empty() -> Store {
    let store = Store::connect(&StoreUrl::Memory).await.unwrap();
    store.migrate(&migrate::built_in()).await.unwrap();
    store
}

#[tokio::test]
async fn rows_of_every_release_are_read() {
    let releases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!releases.is_empty());
    for release in releases {
        let store = empty().await;
        for table in TABLES {
            let text = fs::read_to_string(release.join(format!("{table}.json"))).unwrap();
            for mut row in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
                let id = row.as_object_mut().unwrap().remove("id").unwrap();
                let create = format!("UPSERT type::record('{table}', $id) CONTENT $row");
                store.query(create).bind("id", id).bind("row", row).run().await.unwrap();
            }
        }
        // Links between rows are no JSON.
        let link = "UPDATE user:ada SET current_path = type::record('learning_path', 'path'),
            current_job = (SELECT VALUE id FROM target_job)[0]";
        store.query(link).run().await.unwrap();
        read_all(&store).await;
    }
}

async fn read_all(store: &Store) {
    let library = store.library_state().await.unwrap().unwrap();
    assert!(library.background.is_some());
    assert_eq!(store.books(None, 9).await.unwrap().rows.len(), 1);
    let sections = store.sections_of("knots", None, 9).await.unwrap().rows;
    let of_sections: Vec<String> = sections.iter().map(|section| section.id.clone()).collect();
    assert_eq!(store.passages_of_sections(&of_sections).await.unwrap().len(), 1);
    assert_eq!(store.vectors_of(&library.vectors, &["knots-p1".to_owned()]).await.unwrap(), [[1.0, 0.0]]);
    assert_eq!(store.extents_of_sections(&of_sections).await.unwrap().len(), 1);
    let user = store.user("ada").await.unwrap().unwrap();
    assert!(user.job.is_some() && user.education_level.is_some());
    let jobs = store.target_jobs("ada").await.unwrap();
    assert_eq!(store.profiles(&[jobs[0].hash.clone()]).await.unwrap().len(), 1);
    let path = store.current_path("ada").await.unwrap().unwrap();
    assert_eq!((path.verdicts.len(), path.stages.len(), path.set_aside.len()), (2, 1, 1));
    assert_eq!(store.paths_of("ada", None, 9).await.unwrap().len(), 1);
    assert_eq!(store.path_verdicts(&["path"]).await.unwrap().len(), 1);
    assert_eq!(store.path_checks(&["ada".to_owned()]).await.unwrap().checks.len(), 1);
    let generation = store.latest_generation("ada").await.unwrap().unwrap();
    assert_eq!(store.events_after(&generation.id, 0, 9).await.unwrap().len() as u32, generation.seq);
    assert_eq!(store.progress("ada").await.unwrap().len(), 1);
    assert!(store.load(&key()).await.unwrap().is_some());
    assert_eq!(store.overrides(&[TopicId::from("knots")]).await.unwrap().len(), 1);
    assert_eq!(store.usage_since("2026-01-01").await.unwrap().len(), 1);
    assert_eq!(store.failing().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_row_that_does_not_fit_costs_that_row_and_not_the_page() {
    let store = empty().await;
    fill(&store).await;
    store
        .query("CREATE book:odd SET title = 7, source = 'odd'; CREATE path_of:['ada', -9] SET path = 'odd'")
        .run()
        .await
        .unwrap();
    store.query("CREATE learning_path:odd SET user = 'ada', stages = 'none'").run().await.unwrap();
    let books = store.books(None, 9).await.unwrap();
    assert_eq!((books.total, books.rows.len()), (2, 1));
    assert_eq!(store.paths_of("ada", None, 9).await.unwrap().len(), 1);
    assert_eq!(store.path("odd").await.unwrap_err().code, pathwright_api::ErrorCode::Internal);
}

/// Makes the folder of this release, which must not be there yet.
#[tokio::test]
#[ignore = "writes into the repository: for a release that stores something in another shape"]
async fn write_golden_rows() {
    let release = folder().join(env!("CARGO_PKG_VERSION"));
    assert!(!release.exists(), "{} is there", release.display());
    let store = empty().await;
    fill(&store).await;
    fs::create_dir_all(&release).unwrap();
    for table in TABLES {
        let text = format!("SELECT *, record::id(id) AS id OMIT current_path, current_job FROM {table}");
        let rows: Vec<Value> = store.query(text).run().await.unwrap().rows(0).unwrap();
        assert!(!rows.is_empty(), "{table}");
        fs::write(release.join(format!("{table}.json")), serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
    }
}

async fn fill(store: &Store) {
    let library = store.init_library("words", 2).await.unwrap();
    let edition = "e1";
    store.begin_book("knots", edition, "/books/knots.md").await.unwrap();
    let embedded = EmbeddedPassage { passage: passage(), embedding: vec![1.0, 0.0] };
    store.stage("knots", edition, &[embedded], &[], &library).await.unwrap();
    store.finish_book(&book(edition), &[section()], &library).await.unwrap();
    let library = store.library_state().await.unwrap().unwrap();
    let (revision, vectors) = (library.revision, library.vectors);
    let background = Background { mean: 0.1, deviation: 0.2 };
    store.remember_background(&Measured { revision, vectors, background }).await.unwrap();

    let changes = UserChanges {
        name: Some("Ada".to_owned()),
        email: Some("ada@example.org".to_owned()),
        education_level: Some(EducationLevel::Master),
        ..UserChanges::default()
    };
    store.merge_user(&User::new("ada"), &changes).await.unwrap();
    let target = JobTarget { description: Some("Rigger wanted: knots.".to_owned()), ..JobTarget::default() };
    let generation = generation(&target);
    let first = event(1, GenerationState::Queued, None);
    store.start_generation(&generation, &first, &JobChange::To(target.clone()), None).await.unwrap().unwrap();
    store.take_lease(&generation.id, "me", std::time::Duration::from_mins(1), false).await.unwrap().unwrap();
    let path = path(&target);
    let analyzed = event(2, GenerationState::Running, Some(Outcome::Analyzed(path.profile.clone())));
    let judged = event(3, GenerationState::Running, Some(Outcome::Judged(path.verdicts[0].clone())));
    store.append_events("me", &[analyzed, judged], None).await.unwrap();
    let last = event(4, GenerationState::Completed, Some(Outcome::Persisted { path: path.id.clone() }));
    store.append_events("me", &[last], Some(&path)).await.unwrap();
    store.save_target_job(None, &TargetJob::new("ada", target), None).await.unwrap();
    store.advance("ada", &TopicId::from("knots"), ProgressStep::Start).await.unwrap();
    store.save(&key(), &piece()).await.unwrap();
    store.save_override(&TopicId::from("knots"), &overruling()).await.unwrap();
    let used = UsageRecord { calls: 3, usd: 0.5, ..UsageRecord::new("2026-11-22", "m", Purpose::Write) };
    store.add_usage(&used).await.unwrap();
    let check = ResourceCheck {
        url: "https://example.org/".to_owned(),
        finding: Finding::Fine,
        status: Some(200),
        moved_to: None,
        reason: None,
        milliseconds: 120,
        checked_at: at(),
    };
    store.save_resource_checks(&[check]).await.unwrap();
}

fn at() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn book(edition: &str) -> Book {
    Book {
        id: "knots".to_owned(),
        title: "Knots".to_owned(),
        author: Some("A. Rigger".to_owned()),
        format: BookFormat::Markdown,
        source: "/books/knots.md".to_owned(),
        content_hash: edition.to_owned(),
        section_count: 1,
        passage_count: 1,
        word_count: 9,
        ingested_at: at(),
    }
}

fn section() -> Section {
    Section {
        id: "knots-s1".to_owned(),
        book: "knots".to_owned(),
        ordinal: 0,
        title: "The bowline".to_owned(),
        heading: vec!["The bowline".to_owned()],
        page: Some(3),
        terms: vec!["bowline".to_owned()],
        references: vec![],
    }
}

fn passage() -> Passage {
    Passage {
        id: "knots-p1".to_owned(),
        book: "knots".to_owned(),
        section: "knots-s1".to_owned(),
        ordinal: 0,
        page: Some(3),
        heading: vec!["The bowline".to_owned()],
        text: "The bowline is a knot that makes a loop.".to_owned(),
    }
}

fn generation(target: &JobTarget) -> Generation {
    Generation {
        id: "generation".to_owned(),
        user: "ada".to_owned(),
        purpose: GenerationPurpose::MakePath,
        target: target.clone(),
        hours_per_week: 6,
        state: GenerationState::Queued,
        seq: 1,
        percent: 0,
        lease_owner: None,
        lease_until: None,
        path: None,
        error: None,
        created_at: at(),
    }
}

fn event(seq: u32, state: GenerationState, outcome: Option<Outcome>) -> Event {
    let (generation, message) = ("generation".to_owned(), "news".to_owned());
    let step = Some(GenerationStep::Coverage);
    Event { generation, seq, state, step, done: 1, total: 2, percent: 50, message, at: at(), outcome }
}

fn overruling() -> Override {
    Override { covered: true, reviewer: "bob".to_owned(), note: Some("chapter 3".to_owned()), at: at() }
}

fn verdict(title: &str, covered: bool) -> Verdict {
    let source = Source {
        book_id: "knots".to_owned(),
        section_id: "knots-s1".to_owned(),
        section: "The bowline".to_owned(),
        page: Some(3),
        passage_id: "knots-p1".to_owned(),
        ordinal: 0,
    };
    let elsewhere = ExternalResource {
        title: "Elsewhere".to_owned(),
        url: "https://example.org/".to_owned(),
        kind: ResourceKind::Book,
        free: true,
    };
    Verdict {
        topic: Topic::unknown(title),
        covered,
        confidence: 0.8,
        source: covered.then_some(source),
        num_chunks: u32::from(covered),
        passages: vec![ScoredPassage { passage_id: "knots-p1".to_owned(), score: 0.8 }],
        parts: vec![ScorePart { name: "title".to_owned(), log_odds: 1.5 }],
        external_resources: if covered { vec![] } else { vec![elsewhere] },
        fallback_reason: None,
        overridden_by: covered.then(overruling),
    }
}

fn path(target: &JobTarget) -> LearningPath {
    let topic = Topic::unknown("Knots");
    let required = RequiredTopic { topic: topic.clone(), weight: 0.9, evidence: Some("knots".to_owned()) };
    let implicit = ImplicitTopic { topic: Topic::unknown("Rope"), reason: "knots are made of it".to_owned() };
    let origin = PrerequisiteOrigin::TopicMap;
    let prerequisite =
        Prerequisite { topic_id: TopicId::from("rope"), title: "Rope".to_owned(), origin, strength: 1.0 };
    LearningPath {
        id: "path".to_owned(),
        user: "ada".to_owned(),
        generation: "generation".to_owned(),
        profile: JobProfile {
            id: target.hash(),
            role_type: "general".to_owned(),
            seniority: Seniority::Mid,
            required_topics: vec![required],
            implicit_topics: vec![implicit],
            domain_focus: vec!["sailing".to_owned()],
            tools: vec!["fid".to_owned()],
            origin: ProfileOrigin::Embedded,
            confidence: 0.7,
            fallback_reason: None,
        },
        job_description: target.description.clone(),
        hours_per_week: 6,
        stages: vec![Stage {
            name: "Knots".to_owned(),
            goal: "Tie them.".to_owned(),
            duration_weeks: 1,
            topics: vec![PathTopic { hours: 2.5, topic: topic.clone(), prerequisites: vec![prerequisite] }],
        }],
        verdicts: vec![verdict("Knots", true), verdict("Rope", false)],
        origin: PathOrigin::Embedded,
        set_aside: vec![DroppedEdge { topic_id: topic.id, required_id: TopicId::from("rope"), origin, strength: 0.4 }],
        fallback_reason: None,
        library_contents: 2,
        created_at: at(),
        updated_at: at(),
    }
}

fn key() -> CacheKey {
    CacheKey {
        topic: TopicId::from("knots"),
        kind: ContentKind::Summary,
        audience: Audience::Template("general".to_owned()),
        writer: "extractive-1".to_owned(),
        evidence: "0f".repeat(32),
    }
}

fn piece() -> Piece {
    Piece {
        id: "piece".to_owned(),
        topic_id: TopicId::from("knots"),
        kind: ContentKind::Summary,
        markdown: "# Knots in short\n\nA loop. [1]\n".to_owned(),
        writer: Writer::Embedded,
        model: None,
        citations: vec![Citation { marker: "1".to_owned(), passage_id: "knots-p1".to_owned() }],
        passages: vec!["knots-p1".to_owned()],
        generated_at: at(),
        fallback_reason: None,
        cost: None,
    }
}
