//! The library: books in, passages out.

/// Files of a book become one book.
mod assemble;
/// What cosines mean in this library.
mod background;
/// Books that may come, looked at from outside.
mod candidate;
/// Tables of contents.
mod contents;
/// What Markdown's dialects add, taken out.
mod dialects;
/// What a reader makes of a file.
mod document;
/// EPUB.
mod epub;
/// Which files make a book, and in which order.
mod folder;
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
/// The words of the library.
mod words;

pub use candidate::{Basis, CANDIDATE, Candidate};
pub use folder::BadFile;
pub use ingest::{Ingested, Librarian, Outcome, Upload};
pub use reembed::Reembedded;
pub use search::{Found, Ranking, search, search_by};
pub use searcher::{Overlay, Overlays, Searcher};
