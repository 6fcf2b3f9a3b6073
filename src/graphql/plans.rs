use async_graphql::{
    ID, InputObject, InputValueError, InputValueResult, Object, Result, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use pathwright_api::Failure;
use pathwright_api::topic::TopicId;

use super::error::Wire;
use super::topics::Topic;
use crate::domain::LearningPath;
use crate::export::{self, Days, Pace, Progress};

/// Where it is still the day before, clocks are at most so many hours behind UTC.
const FARTHEST_BEHIND: TimeDelta = TimeDelta::hours(12);

/// A day: `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day: `YYYY-MM-DD`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // Years of more or less than four digits are nothing that other programs read.
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        day.map(Self).ok_or_else(|| InputValueError::custom("a date is a day of the calendar, written YYYY-MM-DD"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// When the open topics are begun, and how many hours a week they get.
#[derive(InputObject, Default)]
pub struct PaceInput {
    /// The first day; the next Monday (UTC) if it is left out.
    start_date: Option<Date>,
    /// 1 to 80, spread evenly over seven days; the path's own if it is left out.
    hours_per_week: Option<i32>,
}

/// A deadline, and the pace until then.
#[derive(InputObject)]
pub struct DeadlineInput {
    /// The day before which everything is to be learnt.
    deadline: Date,
    /// The first day; the next Monday (UTC) if it is left out.
    start_date: Option<Date>,
    /// 1 to 80, spread evenly over seven days; the path's own if it is left out.
    hours_per_week: Option<i32>,
}

/// What a plan is asked for with, wherever it is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    pub start: Option<NaiveDate>,
    pub hours_per_week: Option<i32>,
    pub deadline: Option<NaiveDate>,
}

impl Wish {
    pub(super) fn new(start: Option<Date>, hours_per_week: Option<i32>, deadline: Option<Date>) -> Self {
        Self { start: start.map(|date| date.0), hours_per_week, deadline: deadline.map(|date| date.0) }
    }

    pub(super) fn pace(self, path: &LearningPath, now: DateTime<Utc>) -> Result<Pace, Failure> {
        Pace::new(self.start, self.hours_per_week, path, now.date_naive())
    }

    /// None: without a deadline there is nothing to check.
    pub(super) fn check(
        self,
        path: &LearningPath,
        progress: &Progress,
        now: DateTime<Utc>,
    ) -> Result<Option<export::DeadlineCheck>, Failure> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        let earliest_today = (now - FARTHEST_BEHIND).date_naive();
        export::check_deadline(path, progress, self.pace(path, now)?, deadline, earliest_today).map(Some)
    }
}

/// Which topic when. Completed topics take no time; of the others each begins where the one before it ends.
#[derive(SimpleObject)]
pub struct Plan {
    /// When the open topics are begun.
    start_date: Date,
    /// Spread evenly over the seven days of a week.
    hours_per_week: u32,
    /// Of all open topics.
    hours_left: f64,
    /// The last day of learning; null when nothing is left to learn.
    last_day: Option<Date>,
    /// In the order of the path.
    stages: Vec<PlannedStage>,
}

impl Plan {
    pub(super) fn of(path: &LearningPath, progress: &Progress, input: &PaceInput) -> Result<Self> {
        let wish = Wish::new(input.start_date, input.hours_per_week, None);
        let pace = wish.pace(path, Utc::now()).wire()?;
        let plan = export::plan(path, progress, pace).wire()?;
        let titles = path.stages.iter().map(|stage| stage.name.clone());
        Ok(Self {
            start_date: Date(pace.start),
            hours_per_week: pace.hours_per_week,
            hours_left: hours(plan.minutes),
            last_day: last(plan.days),
            stages: titles.zip(plan.stages).map(|(name, stage)| PlannedStage::new(name, stage)).collect(),
        })
    }
}

/// When a stage comes.
#[derive(SimpleObject)]
pub struct PlannedStage {
    /// What it is about.
    name: String,
    /// Null when all its topics are completed.
    first_day: Option<Date>,
    /// Null when all its topics are completed.
    last_day: Option<Date>,
    /// In the order to learn them.
    topics: Vec<PlannedTopic>,
}

impl PlannedStage {
    fn new(name: String, stage: export::PlannedStage) -> Self {
        let topics = stage.topics.into_iter().map(PlannedTopic::from).collect();
        Self { name, first_day: first(stage.days), last_day: last(stage.days), topics }
    }
}

/// When a topic comes.
#[derive(SimpleObject)]
pub struct PlannedTopic {
    /// The topic's id.
    topic_id: ID,
    /// Of reading and practice, whether completed or not.
    hours: f64,
    /// Null for a completed topic.
    first_day: Option<Date>,
    /// Null for a completed topic; the next one may begin on the same day.
    last_day: Option<Date>,
}

impl From<export::PlannedTopic> for PlannedTopic {
    fn from(planned: export::PlannedTopic) -> Self {
        let id = |topic: &TopicId| ID::from(topic.as_str());
        Self {
            topic_id: id(&planned.topic),
            hours: hours(planned.minutes),
            first_day: first(planned.days),
            last_day: last(planned.days),
        }
    }
}

fn hours(minutes: u64) -> f64 {
    minutes as f64 / 60.0
}

fn first(days: Option<Days>) -> Option<Date> {
    days.map(|days| Date(days.first))
}

fn last(days: Option<Days>) -> Option<Date> {
    days.map(|days| Date(days.last))
}

/// What can be learnt before a day, and what learning all of it would take.
pub struct DeadlineCheck(pub(super) export::DeadlineCheck);

impl DeadlineCheck {
    pub(super) fn of(path: &LearningPath, progress: &Progress, input: &DeadlineInput) -> Result<Self> {
        let wish = Wish::new(input.start_date, input.hours_per_week, Some(input.deadline));
        let check = wish.check(path, progress, Utc::now()).wire()?;
        check.map(Self).ok_or_else(|| async_graphql::Error::new("there is no deadline to check"))
    }
}

/// What can be learnt before a day, and what learning all of it would take.
#[Object]
impl DeadlineCheck {
    /// The day before which everything is to be learnt.
    async fn deadline(&self) -> Date {
        Date(self.0.deadline)
    }

    /// When the open topics are begun.
    async fn start_date(&self) -> Date {
        Date(self.0.pace.start)
    }

    /// What it was counted with.
    async fn hours_per_week(&self) -> u32 {
        self.0.pace.hours_per_week
    }

    /// What all open topics take, in sevenths.
    async fn weeks_needed(&self) -> f64 {
        self.0.weeks_needed()
    }

    /// From the start to the day before the deadline, in sevenths.
    async fn weeks_available(&self) -> f64 {
        self.0.weeks_available()
    }

    /// Open topics that can be learnt in that time, in the order of the path: with each one all that it needs, and those most
    /// central to the job before the others.
    async fn fits(&self) -> Vec<Topic> {
        self.0.fits.iter().cloned().map(Topic).collect()
    }

    /// The other open topics.
    async fn does_not_fit(&self) -> Vec<Topic> {
        self.0.does_not_fit.iter().cloned().map(Topic).collect()
    }

    /// The fewest whole hours a week at which all would fit; null when not even 80 would do.
    async fn hours_per_week_needed(&self) -> Option<u32> {
        self.0.hours_per_week_needed
    }

    /// All that in a sentence.
    async fn message(&self) -> &str {
        &self.0.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        let read = |text: &str| Date::parse(Value::from(text)).map(|date| date.to_value()).ok();
        assert_eq!(read("2028-02-29"), Some(Value::from("2028-02-29")));
        for none in ["2027-02-29", "2027-2-9", "27-02-09", "+12027-02-09", "2027-02-09T00:00:00Z", "tomorrow", ""] {
            assert_eq!(read(none), None, "{none}");
        }
        assert!(Date::parse(Value::from(20_270_209)).is_err());
    }
}
