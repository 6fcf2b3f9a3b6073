use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::{ErrorCode, text};

use super::access::principal;
use super::error::{UserError, Wire, services};
use super::loaders::loaders;
use crate::library::{BadFile, Outcome, Upload};
use crate::store::library::{self, BookFormat, Listing};

/// Largest page of a list.
const PAGE: usize = 100;

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

fn connection<R, V: async_graphql::OutputType>(
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
        self.0.format
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

/// What a book that is sent is written in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UploadFormat {
    /// Markdown, of any dialect.
    Markdown,
    /// HTML.
    Html,
    /// A Jupyter notebook.
    Notebook,
    /// Plain text.
    Text,
}

impl From<UploadFormat> for BookFormat {
    fn from(format: UploadFormat) -> Self {
        match format {
            UploadFormat::Markdown => Self::Markdown,
            UploadFormat::Html => Self::Html,
            UploadFormat::Notebook => Self::Notebook,
            UploadFormat::Text => Self::Text,
        }
    }
}

/// A book as text. A book sent under the same title before is replaced.
#[derive(InputObject)]
pub struct IngestBookInput {
    /// At most 200 characters.
    title: String,
    /// What the text is written in.
    format: UploadFormat,
    /// The whole book.
    text: String,
}

/// A file that was skipped, and why.
#[derive(SimpleObject)]
pub struct SkippedFile {
    /// The file's name.
    name: String,
    /// Why.
    reason: String,
}

impl From<BadFile> for SkippedFile {
    fn from(bad: BadFile) -> Self {
        Self { name: bad.name, reason: bad.reason }
    }
}

/// What became of the book.
#[derive(SimpleObject)]
pub struct IngestBookPayload {
    /// Null when there are errors.
    book: Option<Book>,
    /// Null when there are errors.
    outcome: Option<Outcome>,
    /// Files that were skipped.
    skipped: Vec<SkippedFile>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Which book to remove.
#[derive(InputObject)]
pub struct RemoveBookInput {
    /// The book's id.
    id: ID,
}

/// Which book was removed.
#[derive(SimpleObject)]
pub struct RemoveBookPayload {
    /// Null when there are errors.
    removed_id: Option<ID>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct LibraryMutations;

#[Object]
impl LibraryMutations {
    /// Puts a book into the library. For administrators.
    async fn ingest_book(&self, ctx: &Context<'_>, input: IngestBookInput) -> Result<IngestBookPayload> {
        principal(ctx).and_then(super::access::Principal::as_admin).wire()?;
        let refused =
            |error| Ok(IngestBookPayload { book: None, outcome: None, skipped: vec![], user_errors: vec![error] });
        let title = text::squeeze(&input.title);
        if title.is_empty() || title.chars().count() > 200 {
            return refused(UserError::new("title", ErrorCode::InvalidInput, "title must have 1 to 200 characters"));
        }
        let upload = Upload { title, format: input.format.into(), text: input.text };
        match services(ctx)?.librarian.ingest_upload(upload).await {
            Ok(done) => Ok(IngestBookPayload {
                book: Some(Book(done.book)),
                outcome: Some(done.outcome),
                skipped: done.bad.into_iter().map(SkippedFile::from).collect(),
                user_errors: vec![],
            }),
            Err(failure) if failure.code == ErrorCode::BookUnreadable => refused(UserError::at("text", failure)),
            Err(failure) => Err(super::error::wire(failure)),
        }
    }

    /// Removes a book with everything derived from it. For administrators.
    async fn remove_book(&self, ctx: &Context<'_>, input: RemoveBookInput) -> Result<RemoveBookPayload> {
        principal(ctx).and_then(super::access::Principal::as_admin).wire()?;
        let services = services(ctx)?;
        if services.store.delete_book(&input.id).await.wire()? {
            return Ok(RemoveBookPayload { removed_id: Some(input.id), user_errors: vec![] });
        }
        let message = format!("no book has the id `{}`", text::shorten(&input.id, 100));
        let error = UserError::new("id", ErrorCode::BookNotFound, message);
        Ok(RemoveBookPayload { removed_id: None, user_errors: vec![error] })
    }
}
