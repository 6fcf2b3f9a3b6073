//! The library: books in, passages out.

/// Acronyms that books explain.
mod acronyms;
/// Files of intricate formats, read in a process of their own.
mod apart;
/// A question as it was typed.
mod asked;
/// Files of a book become one book.
mod assemble;
/// What cosines mean in this library.
mod background;
/// The words of one book.
mod book_words;
/// Books that may come, looked at from outside.
mod candidate;
/// The topics of the library as it is now.
mod catalogue;
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
/// Where the words that were looked for stand.
mod highlight;
/// HTML.
mod html;
/// Putting books into the library and taking them out.
mod ingest;
/// Markdown.
mod markdown;
/// What a paragraph sets off and what it refers to.
mod marks;
/// Jupyter notebooks.
mod notebook;
/// Notes of a dialect on the book's structure.
mod notes;
/// In which order files are read.
mod order;
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
/// What the sections of a book call each other.
mod references;
/// reStructuredText.
mod rst;
/// The three short books that come with Pathwright.
mod sample;
/// Passages on a subject, ranked.
mod search;
/// Passages on a subject: by vector in the database, by words in memory.
mod searcher;
/// HTML nested no deeper than a parser can take.
mod shallow;
/// The topics of the books themselves.
mod topics;
/// The library without its sections' titles, for measuring.
mod untitled;
/// Words as they are written, and what was meant by those that are not.
mod vocabulary;
/// The words of the library.
mod words;

pub use apart::{Answer, Apart, format_named, limit_this_process, read_here, this_program};
pub use candidate::{Basis, CANDIDATE, Candidate};
pub use catalogue::Catalogue;
pub use document::{Block, Document, DocumentSection};
pub use folder::{BadFile, format_of};
pub use highlight::{Fragment, Snippet};
pub use ingest::{Ingested, Librarian, Outcome, Progress, Upload};
pub use passages::passages_of;
pub use reading::Help;
pub use reembed::Reembedded;
pub use search::{Found, Ranking, search, search_by};
pub use searcher::{Overlay, Overlays, Searcher};
