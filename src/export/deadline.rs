use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use pathwright_api::Failure;
use pathwright_api::path::PathTopic;
use pathwright_api::topic::{Topic, TopicId};

use super::plan::{DAYS_A_WEEK, MOST_HOURS, Pace, check_year, invalid, minutes_of};
use super::{Progress, completed_at, counted, line};
use crate::domain::LearningPath;

/// Topics that a sentence names before it only counts.
const NAMED: usize = 8;

/// What can be learnt before a day, and what learning all of it would take.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadlineCheck {
    /// Everything is to be learnt before this day.
    pub deadline: NaiveDate,
    pub pace: Pace,
    /// What all open topics take at that pace.
    pub days_needed: u64,
    /// From the start to the day before the deadline.
    pub days_available: u64,
    /// Open topics that can be learnt in that time, in the order of the path: with each one all that it needs, and those most
    /// central to the job before the others.
    pub fits: Vec<Topic>,
    /// The other open topics.
    pub does_not_fit: Vec<Topic>,
    /// The fewest hours a week at which all would fit; none: more than anybody is taken to learn.
    pub hours_per_week_needed: Option<u32>,
    /// All that in a sentence.
    pub message: String,
}

impl DeadlineCheck {
    pub fn weeks_needed(&self) -> f64 {
        self.days_needed as f64 / DAYS_A_WEEK as f64
    }

    pub fn weeks_available(&self) -> f64 {
        self.days_available as f64 / DAYS_A_WEEK as f64
    }
}

/// Compares what is left of a path with the time until a deadline. `today` is the earliest day it still is anywhere.
///
/// # Errors
/// `INVALID_INPUT` for a deadline in the past, not after the start, or in a year that cannot be meant.
pub fn check_deadline(
    path: &LearningPath,
    progress: &Progress,
    pace: Pace,
    deadline: NaiveDate,
    today: NaiveDate,
) -> Result<DeadlineCheck, Failure> {
    check_year("deadline", deadline)?;
    if deadline < today {
        return Err(invalid(format!("the deadline {deadline} has passed")));
    }
    let days_available = match (deadline - pace.start).num_days() {
        days @ 1.. => days as u64,
        _ => return Err(invalid(format!("the deadline {deadline} must come after the start {}", pace.start))),
    };
    let open = Open::of(path, progress);
    let (fits, does_not_fit) = open.split(path, days_available * pace.minutes_per_week());
    let minutes: u64 = open.topics.iter().map(|topic| minutes_of(topic)).sum();
    let hours = (minutes * DAYS_A_WEEK).div_ceil(days_available * 60).max(1);
    let mut check = DeadlineCheck {
        deadline,
        pace,
        days_needed: pace.days_for(minutes),
        days_available,
        fits,
        does_not_fit,
        hours_per_week_needed: u32::try_from(hours).ok().filter(|hours| *hours <= MOST_HOURS),
        message: String::new(),
    };
    check.message = message(&check);
    Ok(check)
}

/// The topics that are not completed, with those among them that each one needs.
struct Open<'p> {
    topics: Vec<&'p PathTopic>,
    requires: Vec<Vec<usize>>,
}

impl<'p> Open<'p> {
    fn of(path: &'p LearningPath, progress: &Progress) -> Self {
        let all = path.stages.iter().flat_map(|stage| &stage.topics);
        let topics: Vec<&PathTopic> = all.filter(|topic| completed_at(progress, &topic.topic.id).is_none()).collect();
        let index: HashMap<&TopicId, usize> =
            topics.iter().enumerate().map(|(at, topic)| (&topic.topic.id, at)).collect();
        let requires = topics.iter().map(|topic| {
            topic.prerequisites.iter().filter_map(|required| index.get(&required.topic_id).copied()).collect()
        });
        Self { requires: requires.collect(), topics }
    }

    /// What fits into so many sevenths of a minute, and what does not. The most central topic that fits comes in next, together
    /// with all that it needs; so nothing comes in without its prerequisites.
    fn split(&self, path: &LearningPath, room: u64) -> (Vec<Topic>, Vec<Topic>) {
        let weight = |at: usize| path.profile.weight(&self.topics[at].topic.id);
        let mut by_weight: Vec<usize> = (0..self.topics.len()).collect();
        by_weight.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)));
        let mut chosen = HashSet::new();
        let mut left = room;
        for topic in by_weight {
            let bundle = self.bundle(topic, &chosen);
            let cost: u64 = bundle.iter().map(|at| minutes_of(self.topics[*at]) * DAYS_A_WEEK).sum();
            if cost <= left {
                left -= cost;
                chosen.extend(bundle);
            }
        }
        let (fits, others): (Vec<usize>, Vec<usize>) = (0..self.topics.len()).partition(|at| chosen.contains(at));
        let topics = |indices: Vec<usize>| indices.into_iter().map(|at| self.topics[at].topic.clone()).collect();
        (topics(fits), topics(others))
    }

    /// A topic with everything it needs, directly or not, that is not chosen yet.
    fn bundle(&self, topic: usize, chosen: &HashSet<usize>) -> HashSet<usize> {
        let mut bundle = HashSet::new();
        let mut waiting = vec![topic];
        while let Some(next) = waiting.pop() {
            if !chosen.contains(&next) && bundle.insert(next) {
                waiting.extend(&self.requires[next]);
            }
        }
        bundle
    }
}

fn message(check: &DeadlineCheck) -> String {
    if check.fits.is_empty() && check.does_not_fit.is_empty() {
        return "nothing is left to learn".to_owned();
    }
    let hours = check.pace.hours_per_week;
    let (needed, available) = (weeks(check.days_needed), weeks(check.days_available));
    let time = format!("{needed} at {hours} h a week; your deadline is {available} after the start");
    if check.does_not_fit.is_empty() {
        return format!("{time}: everything fits");
    }
    let fits = match named(&check.fits) {
        none if none.is_empty() => "no topic fits".to_owned(),
        titles => format!("these topics fit: {titles}"),
    };
    let advice = match check.hours_per_week_needed {
        Some(hours) => format!("{hours} h a week would do"),
        None => format!("not even {MOST_HOURS} h a week would do"),
    };
    format!("{time}: {fits}; these do not: {}; {advice}", named(&check.does_not_fit))
}

fn weeks(days: u64) -> String {
    match (days / DAYS_A_WEEK, days % DAYS_A_WEEK) {
        (0, days) => counted(days, "day"),
        (weeks, 0) => counted(weeks, "week"),
        (weeks, days) => format!("{} and {}", counted(weeks, "week"), counted(days, "day")),
    }
}

fn named(topics: &[Topic]) -> String {
    let titles: Vec<String> = topics.iter().take(NAMED).map(|topic| line(&topic.title)).collect();
    match topics.len().saturating_sub(NAMED) {
        0 => titles.join(", "),
        more => format!("{} and {more} more", titles.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use pathwright_api::ErrorCode;
    use proptest::prelude::*;

    use super::super::fixtures::{completed, date, id, pace, path, paths};
    use super::super::plan;
    use super::*;

    fn check(path: &LearningPath, progress: &Progress, hours: u32, deadline: &str) -> DeadlineCheck {
        check_deadline(path, progress, pace("2027-01-04", hours), date(deadline), date("2026-11-22")).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_named_with_the_hours_that_would_do() {
        let path = path(&[(24.0, &[]), (30.0, &[0]), (30.0, &[1])]);
        let check = check(&path, &Progress::new(), 6, "2027-03-01");
        assert_eq!(
            check.message,
            "14 weeks at 6 h a week; your deadline is 8 weeks after the start: these topics fit: Topic 0; these do not: \
             Topic 1, Topic 2; 11 h a week would do"
        );
        assert_eq!((check.weeks_needed(), check.weeks_available(), check.hours_per_week_needed), (14.0, 8.0, Some(11)));
    }

    #[test]
    fn core_topics_come_first_where_there_is_a_choice() {
        let path = path(&[(6.0, &[]), (6.0, &[]), (6.0, &[0])]);
        let fits = |deadline| check(&path, &Progress::new(), 6, deadline).fits.into_iter().map(|topic| topic.id);
        assert!(fits("2027-01-18").eq([id(0), id(2)]), "the last one is the most central, and needs the first");
        assert!(fits("2027-01-11").eq([id(1)]), "with what it needs the most central one does not fit");
    }

    #[test]
    fn what_is_completed_needs_no_time_and_no_place() {
        let path = path(&[(6.0, &[]), (6.0, &[0])]);
        let half = check(&path, &completed(&[0]), 6, "2027-01-11");
        assert_eq!((half.fits.len(), half.days_needed, half.does_not_fit.len()), (1, 7, 0));
        assert_eq!(half.message, "1 week at 6 h a week; your deadline is 1 week after the start: everything fits");
        let all = check(&path, &completed(&[0, 1]), 6, "2027-01-05");
        assert_eq!((all.message.as_str(), all.days_needed), ("nothing is left to learn", 0));
    }

    #[test]
    fn a_deadline_nobody_can_keep_is_said_to_be_one() {
        let check = check(&path(&[(1_000.0, &[])]), &Progress::new(), 6, "2027-01-05");
        assert_eq!(check.hours_per_week_needed, None);
        assert!(check.message.ends_with("no topic fits; these do not: Topic 0; not even 80 h a week would do"));
    }

    #[test]
    fn deadlines_that_cannot_be_meant_are_refused() {
        let path = path(&[(1.0, &[])]);
        let refused = |deadline, today| {
            let result = check_deadline(&path, &Progress::new(), pace("2027-01-04", 6), date(deadline), date(today));
            let failure = result.unwrap_err();
            assert_eq!(failure.code, ErrorCode::InvalidInput);
            failure.message
        };
        assert!(refused("2027-01-04", "2026-11-22").contains("must come after the start"));
        assert!(refused("2027-03-01", "2027-03-02").contains("has passed"));
        assert!(refused("9999-12-31", "2026-11-22").contains("between the years"));
    }

    proptest! {
        #[test]
        fn what_fits_is_closed_under_prerequisites_and_fits_indeed(
            (path, done) in paths(), hours in 1..=MOST_HOURS, days in 1u64..200,
        ) {
            let pace = pace("2027-01-04", hours);
            let deadline = pace.start + chrono::Days::new(days);
            let check = check_deadline(&path, &done, pace, deadline, pace.start).unwrap();
            let fits: HashSet<&TopicId> = check.fits.iter().map(|topic| &topic.id).collect();
            let mut minutes = 0;
            for topic in path.stages.iter().flat_map(|stage| &stage.topics).filter(|topic| fits.contains(&topic.topic.id)) {
                minutes += minutes_of(topic);
                for required in &topic.prerequisites {
                    prop_assert!(fits.contains(&required.topic_id) || done.contains_key(&required.topic_id));
                }
            }
            prop_assert!(pace.days_for(minutes) <= days);
            let open = check.fits.len() + check.does_not_fit.len();
            prop_assert_eq!(open + done.len(), path.stages.iter().map(|stage| stage.topics.len()).sum::<usize>());
        }

        #[test]
        fn everything_fits_exactly_when_the_plan_ends_before_the_deadline(
            (path, done) in paths(), hours in 1..=MOST_HOURS, days in 1u64..200,
        ) {
            let pace = pace("2027-01-04", hours);
            let deadline = pace.start + chrono::Days::new(days);
            let check = check_deadline(&path, &done, pace, deadline, pace.start).unwrap();
            let plan = plan(&path, &done, pace).unwrap();
            prop_assert_eq!(check.does_not_fit.is_empty(), plan.days.is_none_or(|days| days.last < deadline));
            prop_assert_eq!(check.does_not_fit.is_empty(), check.days_needed <= check.days_available);
        }

        #[test]
        fn the_hours_said_to_be_needed_are_the_fewest((path, done) in paths(), days in 1u64..200) {
            let start = pace("2027-01-04", 1);
            let deadline = start.start + chrono::Days::new(days);
            let fits = |hours| {
                let pace = Pace { hours_per_week: hours, ..start };
                check_deadline(&path, &done, pace, deadline, start.start).unwrap().does_not_fit.is_empty()
            };
            let needed = check_deadline(&path, &done, start, deadline, start.start).unwrap().hours_per_week_needed;
            match needed {
                Some(hours) => prop_assert!(fits(hours) && (hours == 1 || !fits(hours - 1))),
                None => prop_assert!(!fits(MOST_HOURS)),
            }
        }
    }
}
