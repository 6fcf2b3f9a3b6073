//! The library: books in, passages out.

/// Acronyms that books explain.
mod acronyms;
/// A question as it was typed.
mod asked;
/// Files of a book become one book.
mod assemble;
/// What cosines mean in this library.
mod background;
/// The words of one book.
mod book_words;
/// What Markdown's dialects add, taken out.
mod dialects;
/// What a reader makes of a file.
mod document;
/// EPUB.
mod epub;
/// Which files make a book, and in which order.
mod folder;
/// Where the words that were looked for stand.
mod highlight;
/// HTML.
mod html;
/// Putting books into the library and taking them out.
mod ingest;
/// Markdown.
mod markdown;
/// Jupyter notebooks.
mod notebook;
/// Sections cut into passages.
mod passages;
/// PDF.
mod pdf;
/// Plain text.
mod plain;
/// What a library makes of a question.
mod reading;
/// The library embedded anew by another model.
mod reembed;
/// reStructuredText.
mod rst;
/// The three short books that come with Pathwright.
mod sample;
/// Passages on a subject, ranked.
mod search;
/// Passages on a subject: by vector in the database, by words in memory.
mod searcher;
/// The library without its sections' titles, for measuring.
mod untitled;
/// Words as they are written, and what was meant by those that are not.
mod vocabulary;
/// The words of the library.
mod words;

pub use folder::BadFile;
pub use highlight::{Fragment, Snippet};
pub use ingest::{Ingested, Librarian, Outcome, Upload};
pub use reading::Help;
pub use reembed::Reembedded;
pub use search::{Found, Ranking, search, search_by};
pub use searcher::Searcher;
