//! Books out of files: bytes in, text under headings out. Nothing here opens a socket, starts a process or knows a database; who does
//! not trust a file calls [`read`] in a process of its own. Modules in reading order:

/// Files of a book become one book.
mod assemble;
/// Tables of contents.
pub mod contents;
/// What Markdown's dialects add, taken out.
mod dialects;
/// What a reader makes of a file.
mod document;
/// EPUB.
mod epub;
/// Which files make a book.
mod folder;
/// HTML.
mod html;
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
/// What the sections of a book call each other.
mod references;
/// reStructuredText.
mod rst;
/// HTML nested no deeper than a parser can take.
mod shallow;
/// The topics of the books themselves.
pub mod topics;

pub use assemble::{Assembled, BATCH, Batch, Unassembled, assemble, from_bytes};
pub use document::{Block, Document, DocumentSection};
pub use folder::{BadFile, BookFiles, Content, Fingerprint, SourceFile, collect, format_of, read};
pub use passages::passages_of;
