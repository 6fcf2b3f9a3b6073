/// What the path is for.
mod job;
/// What to read.
mod reading;

use chrono::{DateTime, NaiveDate, Utc};
use pathwright_api::coverage::{ExternalResource, Verdict};
use pathwright_api::path::{DroppedEdge, PathOrigin, PathTopic, PrerequisiteOrigin, Stage};
use pathwright_api::topic::{Topic, TopicId};
use serde::Serialize;

use super::plan::{Days, PlannedStage, PlannedTopic};
use super::{DeadlineCheck, Handout};
use job::Job;
use reading::Reading;

/// Grows when a program that reads the former shape could misread the new one; new fields alone do not change it.
const VERSION: u32 = 1;

/// Everything, for programs. Days are `YYYY-MM-DD`, moments RFC 3339 in UTC, hours have fractions; what is not known is `null`.
pub(super) fn write(handout: &Handout<'_>) -> String {
    // Maps with text as keys and numbers that are finite: nothing here can fail to be written.
    let text = serde_json::to_string_pretty(&PathDocument::of(handout)).unwrap_or_default();
    text + "\n"
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PathDocument<'h> {
    version: u32,
    made_at: DateTime<Utc>,
    id: &'h str,
    created_at: DateTime<Utc>,
    origin: PathOrigin,
    fallback_reason: Option<&'h str>,
    coverage_percentage: u32,
    job: Job<'h>,
    plan: PlanDocument,
    deadline: Option<Deadline<'h>>,
    stages: Vec<StageDocument<'h>>,
    uncovered: Vec<Uncovered<'h>>,
    /// Prerequisites that were not kept, because they contradicted surer ones.
    set_aside: Vec<Contradiction<'h>>,
}

impl<'h> PathDocument<'h> {
    fn of(handout: &Handout<'h>) -> Self {
        let path = handout.path;
        let stages = path.stages.iter().zip(&handout.plan.stages);
        Self {
            version: VERSION,
            made_at: handout.made_at,
            id: &path.id,
            created_at: path.created_at,
            origin: path.origin,
            fallback_reason: path.fallback_reason.as_deref(),
            coverage_percentage: path.coverage_percentage(),
            job: Job::of(handout),
            plan: PlanDocument::of(handout),
            deadline: handout.deadline.map(Deadline::of),
            stages: stages.map(|(stage, planned)| StageDocument::of(handout, stage, planned)).collect(),
            uncovered: handout.uncovered().map(|verdict| Uncovered::of(handout, verdict)).collect(),
            set_aside: path.set_aside.iter().map(Contradiction::of).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanDocument {
    start: NaiveDate,
    hours_per_week: u32,
    hours_left: f64,
    #[serde(flatten)]
    days: SomeDays,
}

impl PlanDocument {
    fn of(handout: &Handout<'_>) -> Self {
        let plan = handout.plan;
        Self {
            start: plan.pace.start,
            hours_per_week: plan.pace.hours_per_week,
            hours_left: hours(plan.minutes),
            days: plan.days.into(),
        }
    }
}

/// Both or none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SomeDays {
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
}

impl From<Option<Days>> for SomeDays {
    fn from(days: Option<Days>) -> Self {
        Self { first_day: days.map(|days| days.first), last_day: days.map(|days| days.last) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deadline<'h> {
    day: NaiveDate,
    weeks_needed: f64,
    weeks_available: f64,
    fits: Vec<&'h TopicId>,
    does_not_fit: Vec<&'h TopicId>,
    hours_per_week_needed: Option<u32>,
    message: &'h str,
}

impl<'h> Deadline<'h> {
    fn of(check: &'h DeadlineCheck) -> Self {
        let ids = |topics: &'h [Topic]| topics.iter().map(|topic| &topic.id).collect();
        Self {
            day: check.deadline,
            weeks_needed: check.weeks_needed(),
            weeks_available: check.weeks_available(),
            fits: ids(&check.fits),
            does_not_fit: ids(&check.does_not_fit),
            hours_per_week_needed: check.hours_per_week_needed,
            message: &check.message,
        }
    }
}

#[derive(Serialize)]
struct StageDocument<'h> {
    name: &'h str,
    goal: &'h str,
    #[serde(flatten)]
    days: SomeDays,
    topics: Vec<TopicDocument<'h>>,
}

impl<'h> StageDocument<'h> {
    fn of(handout: &Handout<'h>, stage: &'h Stage, planned: &PlannedStage) -> Self {
        let topics = stage.topics.iter().zip(&planned.topics);
        Self {
            name: &stage.name,
            goal: &stage.goal,
            days: planned.days.into(),
            topics: topics.map(|(topic, planned)| TopicDocument::of(handout, topic, planned)).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TopicDocument<'h> {
    id: &'h TopicId,
    title: &'h str,
    hours: f64,
    #[serde(flatten)]
    days: SomeDays,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    confidence: Option<f32>,
    prerequisites: Vec<Needed<'h>>,
    /// What to read, without what stands under an earlier topic.
    reading: Vec<Reading<'h>>,
    /// The earlier topics under which the rest stands.
    read_with: Vec<&'h TopicId>,
}

impl<'h> TopicDocument<'h> {
    fn of(handout: &Handout<'h>, placed: &'h PathTopic, planned: &PlannedTopic) -> Self {
        let topic = &placed.topic;
        let progress = handout.progress.get(&topic.id);
        let reading = handout.reading.of(&topic.id);
        let needed = placed.prerequisites.iter().map(|required| Needed {
            id: &required.topic_id,
            title: &required.title,
            origin: required.origin,
            strength: required.strength,
        });
        Self {
            id: &topic.id,
            title: &topic.title,
            hours: hours(planned.minutes),
            days: planned.days.into(),
            started_at: progress.and_then(|progress| progress.started_at),
            completed_at: progress.and_then(|progress| progress.completed_at),
            confidence: handout.verdict(&topic.id).map(|verdict| verdict.confidence),
            prerequisites: needed.collect(),
            reading: reading.into_iter().flat_map(|reading| &reading.sections).map(Reading::of).collect(),
            read_with: reading.into_iter().flat_map(|reading| &reading.earlier).map(|topic| &topic.id).collect(),
        }
    }
}

#[derive(Serialize)]
struct Needed<'h> {
    id: &'h TopicId,
    title: &'h str,
    /// Who says so.
    origin: PrerequisiteOrigin,
    strength: f32,
}

/// A topic that the library lacks.
#[derive(Serialize)]
struct Uncovered<'h> {
    id: &'h TopicId,
    title: &'h str,
    confidence: f32,
    resources: Vec<&'h ExternalResource>,
}

impl<'h> Uncovered<'h> {
    fn of(handout: &Handout<'h>, verdict: &'h Verdict) -> Self {
        Self {
            id: &verdict.topic.id,
            title: &verdict.topic.title,
            confidence: verdict.confidence,
            resources: handout.resources(verdict).collect(),
        }
    }
}

/// A topic that would have come after another one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contradiction<'h> {
    topic_id: &'h TopicId,
    required_id: &'h TopicId,
    origin: PrerequisiteOrigin,
    strength: f32,
}

impl<'h> Contradiction<'h> {
    fn of(edge: &'h DroppedEdge) -> Self {
        Self { topic_id: &edge.topic_id, required_id: &edge.required_id, origin: edge.origin, strength: edge.strength }
    }
}

fn hours(minutes: u64) -> f64 {
    minutes as f64 / 60.0
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{completed, sample};
    use super::super::{Format, export};

    #[test]
    fn everything_is_in_it_and_its_shape_is_numbered() {
        let sample = sample(&completed(&[0]));
        let text = export(Format::Json, &sample.handout()).text;
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["version"], 1);
        insta::assert_json_snapshot!(json);
    }
}
