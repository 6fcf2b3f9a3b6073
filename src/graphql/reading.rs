use async_graphql::{Context, Object, Result};

use super::error::Wire;
use super::library::{Book, Passage, Section};
use super::loaders::loaders;
use super::topics::Topic;
use crate::domain::LearningPath;
use crate::export::{self, Progress, reading_minutes};

/// What to read for a path, topic by topic.
pub struct ReadingList {
    list: export::ReadingList,
    /// Whether each topic is completed.
    completed: Vec<bool>,
}

impl ReadingList {
    pub(super) async fn of(path: &LearningPath, progress: &Progress, ctx: &Context<'_>) -> Result<Self> {
        let material = loaders(ctx)?.material(export::passages_to_read(path)).await.wire()?;
        let list = export::reading_list(path, &material);
        let is_completed = |reading: &export::TopicReading| {
            progress.get(&reading.topic.id).is_some_and(|progress| progress.completed_at.is_some())
        };
        Ok(Self { completed: list.topics.iter().map(is_completed).collect(), list })
    }
}

/// What to read for a path, topic by topic.
#[Object]
impl ReadingList {
    /// Of all sections on it.
    async fn words(&self) -> u32 {
        self.list.words()
    }

    /// To read them in, at 200 words a minute; exercises come on top.
    async fn minutes(&self) -> u32 {
        reading_minutes(self.list.words())
    }

    /// In the order of the path.
    async fn topics(&self) -> Vec<TopicReading> {
        let topics = self.list.topics.iter().cloned().zip(&self.completed);
        topics.map(|(reading, completed)| TopicReading { reading, completed: *completed }).collect()
    }
}

/// What to read for one topic.
pub struct TopicReading {
    reading: export::TopicReading,
    completed: bool,
}

/// What to read for one topic.
#[Object]
impl TopicReading {
    /// What it is for.
    async fn topic(&self) -> Topic {
        Topic(self.reading.topic.clone())
    }

    /// Whether the user has completed the topic.
    async fn completed(&self) -> bool {
        self.completed
    }

    /// Of the sections named here.
    async fn words(&self) -> u32 {
        self.reading.words()
    }

    /// To read them in, at 200 words a minute.
    async fn minutes(&self) -> u32 {
        reading_minutes(self.reading.words())
    }

    /// In reading order, the best book first; without those that stand under an earlier topic.
    async fn sections(&self) -> Vec<SectionReading> {
        self.reading.sections.iter().cloned().map(SectionReading).collect()
    }

    /// Earlier topics under which sections for this one stand.
    async fn earlier(&self) -> Vec<Topic> {
        self.reading.earlier.iter().cloned().map(Topic).collect()
    }
}

/// A section to read.
pub struct SectionReading(export::SectionReading);

/// A section to read.
#[Object]
impl SectionReading {
    /// The book it stands in.
    async fn book(&self) -> Book {
        Book(self.0.book.clone())
    }

    /// The section.
    async fn section(&self) -> Section {
        Section(self.0.section.clone())
    }

    /// The page it begins on; null where the book has no pages.
    async fn first_page(&self) -> Option<u32> {
        self.0.first_page
    }

    /// The page its last passage begins on; null where the book has no pages.
    async fn last_page(&self) -> Option<u32> {
        self.0.last_page
    }

    /// Of its passages.
    async fn words(&self) -> u32 {
        self.0.words
    }

    /// To read it in, at 200 words a minute.
    async fn minutes(&self) -> u32 {
        self.0.minutes()
    }

    /// Its passages that are most about the topics, in reading order.
    async fn passages(&self) -> Vec<Passage> {
        self.0.passages.iter().cloned().map(Passage).collect()
    }

    /// Later topics that it is about too; it is not named again under them.
    async fn also_for(&self) -> Vec<Topic> {
        self.0.also_for.iter().cloned().map(Topic).collect()
    }
}
