//! Passages on a subject: by vector in whatever holds the library, by words in memory. What holds it is a [`PassageSource`]; nothing here
//! knows a database. Modules in reading order:

/// Acronyms that books explain.
mod acronyms;
/// What cosines mean in this library.
mod background;
/// The words of one book.
mod book_words;
/// Where the words that were looked for stand.
mod highlight;
/// Books laid over the library.
mod overlay;
/// A question as it was typed.
mod parsed_query;
/// Passages on a question, ranked.
mod ranking;
/// What a library makes of a question.
mod reading;
/// Passages found in the library as it is now.
mod searcher;
/// What is in memory of one state of the library.
mod snapshot;
/// What a library has to answer so that it can be searched.
mod source;
/// Words as they are written, and what was meant by those that are not.
mod vocabulary;
/// The words of the library.
mod words;

pub use highlight::{Fragment, Snippet};
pub use overlay::{CANDIDATE, CandidateBook, Overlay, Overlays};
pub use ranking::{Found, Ranking, search, search_by};
pub use reading::Help;
pub use searcher::Searcher;
pub use source::{LibraryVersion, MeasuredBackground, PassageSource};
