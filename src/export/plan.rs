use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use pathwright_api::path::PathTopic;
use pathwright_api::topic::TopicId;
use pathwright_api::{ErrorCode, Failure};

use super::{Progress, completed_at};
use crate::domain::LearningPath;

/// The most hours a week that anybody is taken to learn.
pub const MOST_HOURS: u32 = 80;

/// Years in which a path may begin or has to be done.
const YEARS: RangeInclusive<i32> = 2000..=2999;

/// The last year that all formats can write.
const LAST_YEAR: i32 = 9999;

/// Hours that a topic is taken to need at most.
const LONGEST_TOPIC: f32 = 1_000.0;

pub(super) const DAYS_A_WEEK: u64 = 7;

/// When the open topics are begun, and how many hours a week they get, spread evenly over its seven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub start: NaiveDate,
    /// 1 to [`MOST_HOURS`].
    pub hours_per_week: u32,
}

impl Pace {
    /// What is not said: from the Monday after `today`, at the hours the path was made for.
    ///
    /// # Errors
    /// `INVALID_INPUT` for hours or a year that cannot be meant.
    pub fn new(
        start: Option<NaiveDate>,
        hours_per_week: Option<i32>,
        path: &LearningPath,
        today: NaiveDate,
    ) -> Result<Self, Failure> {
        let start = start.unwrap_or_else(|| monday_after(today));
        check_year("startDate", start)?;
        let hours_per_week = match hours_per_week {
            None => path.hours_per_week.clamp(1, MOST_HOURS),
            Some(hours) => u32::try_from(hours)
                .ok()
                .filter(|hours| (1..=MOST_HOURS).contains(hours))
                .ok_or_else(|| invalid(format!("hoursPerWeek must lie between 1 and {MOST_HOURS}")))?,
        };
        Ok(Self { start, hours_per_week })
    }

    pub(super) fn minutes_per_week(self) -> u64 {
        u64::from(self.hours_per_week) * 60
    }

    /// Days from the start that so many minutes of work take.
    pub(super) fn days_for(self, minutes: u64) -> u64 {
        (minutes * DAYS_A_WEEK).div_ceil(self.minutes_per_week())
    }

    /// The days on which the work from one minute up to another one lies.
    fn days(self, from: u64, to: u64) -> Result<Days, Failure> {
        let first = self.day(from * DAYS_A_WEEK / self.minutes_per_week())?;
        Ok(Days { first, last: self.day(self.days_for(to).saturating_sub(1))? })
    }

    fn day(self, number: u64) -> Result<NaiveDate, Failure> {
        let day = self.start.checked_add_days(chrono::Days::new(number)).filter(|day| day.year() <= LAST_YEAR);
        day.ok_or_else(|| {
            invalid(format!("at {} hours a week the path would end after the year {LAST_YEAR}", self.hours_per_week))
        })
    }
}

/// From a day to a day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// Which topic when. Completed ones take no time.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub pace: Pace,
    /// Of all topics that are still open.
    pub minutes: u64,
    /// None: nothing is left to learn.
    pub days: Option<Days>,
    /// In the order of the path.
    pub stages: Vec<PlannedStage>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStage {
    /// None: all its topics are completed.
    pub days: Option<Days>,
    pub topics: Vec<PlannedTopic>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTopic {
    pub topic: TopicId,
    /// What it takes, whether completed or not.
    pub minutes: u64,
    /// None: it is completed.
    pub days: Option<Days>,
}

/// Lays the open topics of a path one behind the other.
///
/// # Errors
/// `INVALID_INPUT` when the end would lie beyond what a calendar can hold.
pub fn plan(path: &LearningPath, progress: &Progress, pace: Pace) -> Result<Plan, Failure> {
    let mut minutes = 0;
    let mut stages = Vec::with_capacity(path.stages.len());
    for stage in &path.stages {
        let from = minutes;
        let mut topics = Vec::with_capacity(stage.topics.len());
        for topic in &stage.topics {
            let needed = minutes_of(topic);
            let is_open = completed_at(progress, &topic.topic.id).is_none();
            let days = is_open.then(|| pace.days(minutes, minutes + needed)).transpose()?;
            minutes += if is_open { needed } else { 0 };
            topics.push(PlannedTopic { topic: topic.topic.id.clone(), minutes: needed, days });
        }
        stages.push(PlannedStage { days: days_if_any(pace, from, minutes)?, topics });
    }
    Ok(Plan { pace, minutes, days: days_if_any(pace, 0, minutes)?, stages })
}

/// What a topic takes: at least a minute, so that it has a day.
pub(super) fn minutes_of(topic: &PathTopic) -> u64 {
    let hours = if topic.hours.is_nan() { 0.0 } else { topic.hours.clamp(0.0, LONGEST_TOPIC) };
    ((hours * 60.0).round() as u64).max(1)
}

/// Refuses years that cannot be meant.
pub(super) fn check_year(field: &str, date: NaiveDate) -> Result<(), Failure> {
    if YEARS.contains(&date.year()) {
        return Ok(());
    }
    Err(invalid(format!("{field} must lie between the years {} and {}", YEARS.start(), YEARS.end())))
}

pub(super) fn invalid(message: String) -> Failure {
    Failure::new(ErrorCode::InvalidInput, message)
}

fn days_if_any(pace: Pace, from: u64, to: u64) -> Result<Option<Days>, Failure> {
    (to > from).then(|| pace.days(from, to)).transpose()
}

fn monday_after(today: NaiveDate) -> NaiveDate {
    let days = 7 - u64::from(today.weekday().num_days_from_monday());
    today.checked_add_days(chrono::Days::new(days)).unwrap_or(today)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{completed, date, pace, path, paths};
    use super::*;
    use proptest::prelude::*;

    fn shown(days: Option<Days>) -> String {
        days.map_or("done".to_owned(), |days| format!("{} {}", days.first, days.last))
    }

    #[test]
    fn topics_follow_each_other_and_share_the_days_between_them() {
        let path = path(&[(3.0, &[]), (6.0, &[0]), (3.0, &[1])]);
        let plan = plan(&path, &Progress::new(), pace("2027-01-04", 6)).unwrap();
        let days: Vec<String> = plan.stages[0].topics.iter().map(|topic| shown(topic.days)).collect();
        assert_eq!(days, ["2027-01-04 2027-01-07", "2027-01-07 2027-01-14", "2027-01-14 2027-01-17"]);
        assert_eq!((plan.minutes, shown(plan.days)), (12 * 60, "2027-01-04 2027-01-17".to_owned()));
    }

    #[test]
    fn completed_topics_take_no_time() {
        let path = path(&[(3.0, &[]), (7.0, &[0])]);
        let done = plan(&path, &completed(&[0]), pace("2027-01-04", 7)).unwrap();
        assert_eq!(shown(done.stages[0].topics[0].days), "done");
        assert_eq!(shown(done.stages[0].topics[1].days), "2027-01-04 2027-01-10");
        let all = plan(&path, &completed(&[0, 1]), pace("2027-01-04", 7)).unwrap();
        assert_eq!((all.minutes, all.days, all.stages[0].days), (0, None, None));
    }

    #[test]
    fn leap_days_are_days() {
        let path = path(&[(7.0, &[])]);
        let end = |start| plan(&path, &Progress::new(), pace(start, 7)).unwrap().days.unwrap().last;
        assert_eq!(end("2028-02-24"), date("2028-03-01"));
        assert_eq!(end("2027-02-24"), date("2027-03-02"));
    }

    #[test]
    fn what_is_not_said_is_the_next_monday_and_the_paths_hours() {
        let path = path(&[(1.0, &[])]);
        let start = |today| Pace::new(None, None, &path, date(today)).unwrap().start;
        assert_eq!(start("2026-11-22"), date("2026-11-23"), "a Sunday");
        assert_eq!(start("2026-11-23"), date("2026-11-30"), "a Monday");
        assert_eq!(Pace::new(None, None, &path, date("2026-11-22")).unwrap().hours_per_week, 6);
    }

    #[test]
    fn hours_and_years_that_cannot_be_meant_are_refused() {
        let path = path(&[(1_000.0, &[])]);
        let today = date("2026-11-22");
        let refused = |start: Option<&str>, hours| {
            Pace::new(start.map(date), hours, &path, today).unwrap_err().code == ErrorCode::InvalidInput
        };
        assert!(refused(None, Some(0)) && refused(None, Some(-6)) && refused(None, Some(81)));
        assert!(refused(Some("0001-01-01"), None) && refused(Some("9999-12-31"), None));
    }

    #[test]
    fn hours_that_are_no_number_do_no_harm() {
        let path = path(&[(f32::NAN, &[]), (f32::INFINITY, &[]), (-3.0, &[])]);
        let plan = plan(&path, &Progress::new(), pace("2999-12-31", 80)).unwrap();
        let minutes: Vec<u64> = plan.stages[0].topics.iter().map(|topic| topic.minutes).collect();
        assert_eq!(minutes, [1, 60_000, 1]);
    }

    proptest! {
        #[test]
        fn no_topic_begins_before_what_it_needs_has_ended((path, done) in paths(), hours in 1..=MOST_HOURS) {
            let plan = plan(&path, &done, pace("2027-01-04", hours)).unwrap();
            let planned: Vec<&PlannedTopic> = plan.stages.iter().flat_map(|stage| &stage.topics).collect();
            for (topic, own) in path.stages.iter().flat_map(|stage| &stage.topics).zip(&planned) {
                for required in &topic.prerequisites {
                    let other = planned.iter().find(|planned| planned.topic == required.topic_id).unwrap();
                    if let (Some(own), Some(other)) = (own.days, other.days) {
                        prop_assert!(other.last <= own.first);
                    }
                }
            }
        }

        #[test]
        fn no_hour_is_lost((path, done) in paths(), hours in 1..=MOST_HOURS) {
            let plan = plan(&path, &done, pace("2027-01-04", hours)).unwrap();
            let open = || plan.stages.iter().flat_map(|stage| &stage.topics).filter(|topic| topic.days.is_some());
            prop_assert_eq!(open().map(|topic| topic.minutes).sum::<u64>(), plan.minutes);
            if let Some(days) = plan.days {
                let length = (days.last - days.first).num_days() as u64 + 1;
                let room = |days: u64| days * u64::from(hours) * 60;
                prop_assert!(room(length) >= plan.minutes * 7 && room(length - 1) < plan.minutes * 7);
            }
            let days: Vec<Days> = open().filter_map(|topic| topic.days).collect();
            for next in days.windows(2) {
                let gap = next[1].first - next[0].last;
                prop_assert!((0..=1).contains(&gap.num_days()), "no day is idle, none goes back");
            }
        }
    }
}
