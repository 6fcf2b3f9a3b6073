//! A learning path to take along: as Markdown, as JSON, as a calendar. Pure functions over values that were loaded before.
//!
//! The plan says when, the deadline check what fits, the reading list where; each export says all three.

/// One all-day event a topic and a stage.
mod calendar;
/// What can be learnt before a day, and what that would take.
mod deadline;
#[cfg(test)]
mod fixtures;
/// Everything, for programs.
mod json;
/// A page for people.
mod markdown;
/// From hours to days.
mod plan;
/// What to read, page by page.
mod reading_list;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use pathwright_api::coverage::{ExternalResource, Verdict};
use pathwright_api::text;
use pathwright_api::topic::TopicId;

use crate::domain::{LearningPath, TopicProgress};

pub use deadline::{DeadlineCheck, check_deadline};
pub use plan::{Days, MOST_HOURS, Pace, Plan, PlannedStage, PlannedTopic, plan};
pub use reading_list::{
    Material, ReadingList, SectionReading, TopicReading, passages_to_read, reading_list, reading_minutes,
};

/// How far a learner is, by topic.
pub type Progress = HashMap<TopicId, TopicProgress>;

/// What an export is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page for people, with a checkbox a topic.
    Markdown,
    /// Everything, for programs; its shape is numbered.
    Json,
    /// Days for a calendar, as RFC 5545 says; taken in again, it moves what is there.
    Icalendar,
}

impl Format {
    /// Type and ending of a file in it.
    fn media_type_and_ending(self) -> (&'static str, &'static str) {
        match self {
            Self::Markdown => ("text/markdown; charset=utf-8", "md"),
            Self::Json => ("application/json", "json"),
            Self::Icalendar => ("text/calendar; charset=utf-8", "ics"),
        }
    }
}

/// A path, ready to be saved as a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    pub file_name: String,
    pub media_type: &'static str,
    pub text: String,
    /// None: no deadline was given.
    pub deadline_check: Option<DeadlineCheck>,
}

/// What an export is made from.
#[derive(Clone, Copy, Debug)]
pub struct Handout<'h> {
    pub path: &'h LearningPath,
    /// What to call the job, where somebody knows.
    pub role: Option<&'h str>,
    pub progress: &'h Progress,
    pub plan: &'h Plan,
    pub reading: &'h ReadingList,
    pub deadline: Option<&'h DeadlineCheck>,
    /// Addresses that did not answer when they were last asked.
    pub failing: &'h HashSet<String>,
    pub made_at: DateTime<Utc>,
}

impl<'h> Handout<'h> {
    fn verdict(&self, topic: &TopicId) -> Option<&'h Verdict> {
        self.path.verdicts.iter().find(|verdict| verdict.topic.id == *topic)
    }

    fn uncovered(&self) -> impl Iterator<Item = &'h Verdict> {
        self.path.verdicts.iter().filter(|verdict| !verdict.covered)
    }

    /// Where else to learn a topic, as far as it answers.
    fn resources(&self, verdict: &'h Verdict) -> impl Iterator<Item = &'h ExternalResource> {
        let failing = self.failing;
        verdict.external_resources.iter().filter(move |resource| !failing.contains(&resource.url))
    }

    fn completed_at(&self, topic: &TopicId) -> Option<DateTime<Utc>> {
        completed_at(self.progress, topic)
    }

    /// What the whole is called.
    fn title(&self) -> String {
        self.role.map_or("Learning path".to_owned(), |role| format!("Learning path: {role}"))
    }
}

/// Writes a path down.
pub fn export(format: Format, handout: &Handout<'_>) -> Export {
    let (media_type, ending) = format.media_type_and_ending();
    let text = match format {
        Format::Markdown => markdown::write(handout),
        Format::Json => json::write(handout),
        Format::Icalendar => calendar::write(handout),
    };
    let name = text::slug(&handout.title());
    Export { file_name: format!("{name}.{ending}"), media_type, text, deadline_check: handout.deadline.cloned() }
}

/// None: it is still open.
fn completed_at(progress: &Progress, topic: &TopicId) -> Option<DateTime<Utc>> {
    progress.get(topic).and_then(|progress| progress.completed_at)
}

/// Text of a posting or a book in one line, without what is hidden.
fn line(text: &str) -> String {
    text::squeeze(&pathwright_api::plain::printable(text))
}

/// `1 hour`, `2 hours`.
fn counted(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
