use pathwright_api::topic::TopicId;
use serde::Serialize;

use super::super::reading_list::SectionReading;

/// A section to read, with the passages of it that are most about its topics.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reading<'h> {
    book: Named<'h>,
    author: Option<&'h str>,
    section: Named<'h>,
    heading: &'h [String],
    first_page: Option<u32>,
    last_page: Option<u32>,
    words: u32,
    minutes: u32,
    passages: Vec<Place<'h>>,
    also_for: Vec<&'h TopicId>,
}

#[derive(Serialize)]
struct Named<'h> {
    id: &'h str,
    title: &'h str,
}

#[derive(Serialize)]
struct Place<'h> {
    id: &'h str,
    page: Option<u32>,
}

impl<'h> Reading<'h> {
    pub(super) fn of(reading: &'h SectionReading) -> Self {
        let (book, section) = (&reading.book, &reading.section);
        Self {
            book: Named { id: &book.id, title: &book.title },
            author: book.author.as_deref(),
            section: Named { id: &section.id, title: &section.title },
            heading: &section.heading,
            first_page: reading.first_page,
            last_page: reading.last_page,
            words: reading.words,
            minutes: reading.minutes(),
            passages: reading.passages.iter().map(|passage| Place { id: &passage.id, page: passage.page }).collect(),
            also_for: reading.also_for.iter().map(|topic| &topic.id).collect(),
        }
    }
}
