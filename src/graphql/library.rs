use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::ErrorCode;

use super::access::principal;
use super::enums::BookFormat;
use super::error::{Wire, services};
use super::loaders::{loaders, topic_index};
use super::topics::{self, Topic};
use crate::store::library::Listing;
use pathwright_api::library;

/// Largest page of a list.
const PAGE: usize = 100;

/// Longest search, in characters.
const LONGEST: usize = 500;

/// The books, and what they are embedded with.
pub struct Library;

/// The books, and what they are embedded with.
#[Object]
impl Library {
    /// The embedding model the library was founded with.
    async fn embedding(&self, ctx: &Context<'_>) -> Result<Option<LibraryEmbedding>> {
        let state = services(ctx)?.store.library_state().await.wire()?;
        Ok(state.map(|state| LibraryEmbedding { model: state.embedding_model, dimension: state.dimension as u32 }))
    }

    /// Grows with every book that comes, changes or goes.
    async fn revision(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(services(ctx)?.store.library_state().await.wire()?.map_or(0, |state| state.revision))
    }

    /// The books, by id.
    async fn books(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 20)] first: u32,
        #[graphql(desc = "The cursor of the last book of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, Book, Total, EmptyFields>> {
        let first = (first as usize).clamp(1, PAGE);
        let listing = services(ctx)?.store.books(after.as_deref(), first + 1).await.wire()?;
        Ok(connection(listing, first, after.is_some(), |book| (book.id.clone(), Book(book))))
    }

    /// The topics that the books themselves name, in headings, indexes and definitions, by id; those that the topic map knows are
    /// among them.
    async fn topics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 20)] first: u32,
        #[graphql(desc = "The cursor of the last topic of the page before.")] after: Option<String>,
        #[graphql(desc = "Only topics one of whose names holds these words, in any case; at most 500 characters.")]
        search: Option<String>,
        #[graphql(desc = "Only topics that this book explains.")] book: Option<ID>,
    ) -> Result<Connection<String, Topic, Total, EmptyFields>> {
        let search = checked(search.as_deref().unwrap_or_default())?;
        let index = topic_index(ctx).await?;
        let first = (first as usize).clamp(1, PAGE);
        Ok(topics::page(&index, first, after.as_deref(), search, book.as_deref().map(String::as_str)))
    }
}

/// An embedding model.
#[derive(SimpleObject)]
pub struct LibraryEmbedding {
    /// Its name and version.
    model: String,
    /// Length of its vectors.
    dimension: u32,
}

/// How long a list is.
#[derive(SimpleObject)]
pub struct Total {
    /// All there are, not only those of this page.
    total_count: u64,
}

pub(super) fn connection<R, V: async_graphql::OutputType>(
    listing: Listing<R>,
    first: usize,
    has_previous: bool,
    view: impl Fn(R) -> (String, V),
) -> Connection<String, V, Total, EmptyFields> {
    let more = listing.rows.len() > first;
    let total = Total { total_count: listing.total };
    let mut connection = Connection::with_additional_fields(has_previous, more, total);
    let edges = listing.rows.into_iter().take(first).map(view).map(|(cursor, node)| Edge::new(cursor, node));
    connection.edges.extend(edges);
    connection
}

/// A book of the library.
pub struct Book(pub library::Book);

/// A book of the library.
#[Object]
impl Book {
    /// Made from its name.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Who wrote it, where the book says so.
    async fn author(&self) -> Option<&str> {
        self.0.author.as_deref()
    }

    /// What most of its files are written in.
    async fn format(&self) -> BookFormat {
        self.0.format.into()
    }

    /// How many sections with text it has.
    async fn section_count(&self) -> u32 {
        self.0.section_count
    }

    /// How many passages it was cut into.
    async fn passage_count(&self) -> u32 {
        self.0.passage_count
    }

    /// How many words its passages have.
    async fn word_count(&self) -> u64 {
        self.0.word_count
    }

    /// When it was read last.
    async fn ingested_at(&self) -> DateTime<Utc> {
        self.0.ingested_at
    }

    /// Where it was read from: a path on the server, or `upload:` and a name. For administrators; null for others.
    async fn origin(&self, ctx: &Context<'_>) -> Option<&str> {
        principal(ctx).and_then(super::access::Principal::as_admin).is_ok().then_some(self.0.source.as_str())
    }

    /// Its sections, in reading order.
    async fn sections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 20)] first: u32,
        #[graphql(desc = "The cursor of the last section of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, Section, Total, EmptyFields>> {
        let first = (first as usize).clamp(1, PAGE);
        let place = after.as_deref().and_then(|cursor| cursor.parse().ok());
        let listing = services(ctx)?.store.sections_of(&self.0.id, place, first + 1).await.wire()?;
        Ok(connection(listing, first, after.is_some(), |section| (section.ordinal.to_string(), Section(section))))
    }
}

/// A part of a book under one heading.
pub struct Section(pub library::Section);

/// A part of a book under one heading.
#[Object]
impl Section {
    /// Names it.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Titles from the chapter's down to this one.
    async fn heading(&self) -> &[String] {
        &self.0.heading
    }

    /// The page it begins on, where the format has pages.
    async fn page(&self) -> Option<u32> {
        self.0.page
    }

    /// What the book says is explained here: its index, its glossary, a definition's markup.
    async fn terms(&self) -> &[String] {
        &self.0.terms
    }

    /// Null when the book was removed meanwhile.
    async fn book(&self, ctx: &Context<'_>) -> Result<Option<Book>> {
        Ok(loaders(ctx)?.books.load(self.0.book.clone()).await.wire()?.map(Book))
    }
}

/// The unit that is searched and cited.
pub struct Passage(pub library::Passage);

/// The unit that is searched and cited.
#[Object]
impl Passage {
    /// Names it in citations.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// Paragraphs, formulas as `$…$`, code in fences; otherwise plain text, to be escaped before it becomes markup.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The page, where the format has pages.
    async fn page(&self) -> Option<u32> {
        self.0.page
    }

    /// Null when the book was removed meanwhile.
    async fn section(&self, ctx: &Context<'_>) -> Result<Option<Section>> {
        Ok(loaders(ctx)?.sections.load(self.0.section.clone()).await.wire()?.map(Section))
    }
}

#[derive(Default)]
pub struct LibraryQueries;

#[Object]
impl LibraryQueries {
    /// The books.
    async fn library(&self) -> Library {
        Library
    }

    /// A book; null when there is none of this id.
    async fn book(&self, ctx: &Context<'_>, #[graphql(desc = "The book's id.")] id: ID) -> Result<Option<Book>> {
        Ok(loaders(ctx)?.books.load(id.to_string()).await.wire()?.map(Book))
    }
}

/// A search of bounded length, without white space around it.
fn checked(query: &str) -> Result<&str> {
    if query.chars().count() > LONGEST {
        let message = format!("query is longer than {LONGEST} characters");
        return Err(super::error::wire(pathwright_api::Failure::new(ErrorCode::InvalidInput, message)));
    }
    Ok(query.trim())
}
