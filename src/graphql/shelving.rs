use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pathwright_api::{ErrorCode, text};

use super::access::{Principal, principal};
use super::enums::IngestOutcome;
use super::error::{UserError, Wire, services};
use super::library::Book;
use crate::library::Upload;
use pathwright_api::library::BookFormat;
use pathwright_reader::BadFile;

/// What a book that is sent is written in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UploadFormat {
    /// Markdown, of any dialect.
    Markdown,
    /// HTML.
    Html,
    /// EPUB.
    Epub,
    /// PDF.
    Pdf,
    /// reStructuredText.
    Rst,
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
            UploadFormat::Epub => Self::Epub,
            UploadFormat::Pdf => Self::Pdf,
            UploadFormat::Rst => Self::Rst,
            UploadFormat::Notebook => Self::Notebook,
            UploadFormat::Text => Self::Text,
        }
    }
}

/// A book: `text`, or `base64` for a format that is no text. A book sent under the same title before is replaced.
#[derive(InputObject)]
pub struct IngestBookInput {
    /// What the book is called, whatever it says itself; at most 200 characters.
    title: String,
    /// What the book is written in.
    format: UploadFormat,
    /// The whole book as text, or else …
    text: Option<String>,
    /// … its bytes in base64: EPUB and PDF are no text.
    base64: Option<String>,
}

impl IngestBookInput {
    /// The book's bytes, and the field they came in.
    fn bytes(&mut self) -> std::result::Result<(&'static str, Vec<u8>), UserError> {
        let refuse = |field, message| Err(UserError::new(field, ErrorCode::InvalidInput, message));
        match (self.text.take(), self.base64.take()) {
            (Some(text), None) => Ok(("text", text.into_bytes())),
            (None, Some(encoded)) => match BASE64_STANDARD.decode(encoded.trim()) {
                Ok(bytes) => Ok(("base64", bytes)),
                Err(error) => refuse("base64", format!("base64 cannot be decoded: {error}")),
            },
            _ => refuse("text", "send the book as text or as base64, and not both".to_owned()),
        }
    }
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
    outcome: Option<IngestOutcome>,
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
pub struct ShelvingMutations;

#[Object]
impl ShelvingMutations {
    /// Puts a book into the library. For administrators.
    async fn ingest_book(&self, ctx: &Context<'_>, mut input: IngestBookInput) -> Result<IngestBookPayload> {
        principal(ctx).and_then(Principal::as_admin).wire()?;
        let refused =
            |error| Ok(IngestBookPayload { book: None, outcome: None, skipped: vec![], user_errors: vec![error] });
        let title = text::squeeze(&input.title);
        if title.is_empty() || title.chars().count() > 200 {
            return refused(UserError::new("title", ErrorCode::InvalidInput, "title must have 1 to 200 characters"));
        }
        let (field, bytes) = match input.bytes() {
            Ok(sent) => sent,
            Err(error) => return refused(error),
        };
        let upload = Upload { title, format: input.format.into(), bytes };
        let services = services(ctx)?;
        let ingested = services.librarian.ingest_upload(upload).await;
        services.rechecks.library_changed().await;
        match ingested {
            Ok(done) => Ok(IngestBookPayload {
                book: Some(Book(done.book)),
                outcome: Some(done.outcome.into()),
                skipped: done.bad.into_iter().map(SkippedFile::from).collect(),
                user_errors: vec![],
            }),
            Err(failure) if failure.code == ErrorCode::BookUnreadable => refused(UserError::at(field, failure)),
            Err(failure) => Err(super::error::wire(failure)),
        }
    }

    /// Removes a book with everything derived from it. For administrators.
    async fn remove_book(&self, ctx: &Context<'_>, input: RemoveBookInput) -> Result<RemoveBookPayload> {
        principal(ctx).and_then(Principal::as_admin).wire()?;
        let services = services(ctx)?;
        if services.store.delete_book(&input.id).await.wire()? {
            services.rechecks.library_changed().await;
            return Ok(RemoveBookPayload { removed_id: Some(input.id), user_errors: vec![] });
        }
        let message = format!("no book has the id `{}`", text::shorten(&input.id, 100));
        let error = UserError::new("id", ErrorCode::BookNotFound, message);
        Ok(RemoveBookPayload { removed_id: None, user_errors: vec![error] })
    }
}
