use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use pathwright_api::Failure;

use super::key;
use crate::services::Services;
use crate::store::Store;
use pathwright_api::library::Section;

/// Rows read at once: more than a library has.
const ALL: usize = 1_000_000;

/// A section that a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FoundSection {
    pub(super) id: String,
    /// The titles from its chapter's down to its own.
    pub(super) heading: Vec<String>,
}

/// What a query should find.
pub(super) enum Relevant {
    /// For each thing the titles that any of its sections stands under.
    Titles(Vec<BTreeSet<String>>),
    /// Sections by id.
    Sections(HashSet<String>),
}

impl Relevant {
    /// A title twice counts once.
    pub(super) fn of(things: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut distinct: Vec<BTreeSet<String>> = Vec::new();
        for titles in things {
            let titles = titles.iter().map(|title| key(title)).collect();
            if !distinct.contains(&titles) {
                distinct.push(titles);
            }
        }
        Self::Titles(distinct)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Titles(things) => things.len(),
            Self::Sections(ids) => ids.len(),
        }
    }

    /// For each section, none of them twice: whether it brings something that none before it brought. One that stands under
    /// several relevant titles counts for the innermost.
    pub(super) fn gains(&self, found: &[FoundSection]) -> Vec<bool> {
        let things = match self {
            Self::Titles(things) => things,
            Self::Sections(ids) => return found.iter().map(|section| ids.contains(&section.id)).collect(),
        };
        let mut open: Vec<&BTreeSet<String>> = things.iter().collect();
        let is_gain = |section: &FoundSection| {
            let brought = section.heading.iter().rev().find_map(|title| {
                let title = key(title);
                open.iter().position(|titles| titles.contains(&title))
            });
            brought.map(|at| open.swap_remove(at)).is_some()
        };
        found.iter().map(is_gain).collect()
    }
}

/// The sections of all books, by book and place.
pub(super) async fn sections(store: &Store) -> Result<Vec<Section>, Failure> {
    let mut sections = Vec::new();
    for book in store.books(None, ALL).await?.rows {
        sections.extend(store.sections_of(&book.id, None, ALL).await?.rows);
    }
    Ok(sections)
}

/// Finds out under which titles the things that queries should find stand in the library.
pub(super) struct Resolver<'s> {
    services: &'s Services,
    books: &'s [PathBuf],
    titles: HashSet<String>,
    /// Things that neither a title nor a file of the library is called.
    pub(super) unknown: usize,
}

impl<'s> Resolver<'s> {
    pub(super) fn new(services: &'s Services, books: &'s [PathBuf], sections: &[Section]) -> Self {
        let titles = sections.iter().flat_map(|section| &section.heading).map(|title| key(title)).collect();
        Self { services, books, titles, unknown: 0 }
    }

    /// A section's title stands for itself, a file for the titles at the top of it. Reading the file puts it into the library
    /// as a book of its own: only after the searches.
    pub(super) async fn resolve(&mut self, things: &[String]) -> Result<Relevant, Failure> {
        let mut resolved = Vec::with_capacity(things.len());
        for thing in things {
            let is_title = self.titles.contains(&key(thing));
            if let Some(file) = self.file(thing).filter(|_| !is_title) {
                resolved.push(self.titles_at_the_top(&file).await?);
            } else {
                self.unknown += usize::from(!is_title);
                resolved.push(vec![thing.clone()]);
            }
        }
        Ok(Relevant::of(resolved))
    }

    /// The file of this path below a book, below the shelf of a book, or that is the book.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let below = |book: &PathBuf| {
            let is_book = book.ends_with(path).then(|| book.clone());
            let shelf = book.parent().map(|shelf| shelf.join(path));
            [is_book, Some(book.join(path)), shelf].into_iter().flatten().find(|file| file.is_file())
        };
        self.books.iter().find_map(below)
    }

    async fn titles_at_the_top(&self, file: &Path) -> Result<Vec<String>, Failure> {
        let book = self.services.librarian.ingest(file, |_| ()).await?.book;
        let sections = self.services.store.sections_of(&book.id, None, ALL).await?.rows;
        Ok(sections.into_iter().filter_map(|section| section.heading.into_iter().next()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(headings: &[&[&str]]) -> Vec<FoundSection> {
        let heading = |titles: &&[&str]| titles.iter().map(|title| (*title).to_owned()).collect();
        headings.iter().map(|titles| FoundSection { id: String::new(), heading: heading(titles) }).collect()
    }

    fn relevant(titles: &[&str]) -> Relevant {
        Relevant::of(titles.iter().map(|title| vec![(*title).to_owned()]))
    }

    #[test]
    fn a_title_anywhere_above_a_section_makes_it_relevant_once() {
        let wanted = relevant(&["What Is  Ownership?", "what is ownership?"]);
        assert_eq!(wanted.len(), 1);
        let found = headings(&[&["Slices"], &["What is ownership?", "Moves"], &["What is ownership?"]]);
        assert_eq!(wanted.gains(&found), [false, true, false]);
    }

    #[test]
    fn a_section_under_two_relevant_titles_leaves_the_outer_one_to_another() {
        let wanted = relevant(&["Ownership", "Moves"]);
        let found = headings(&[&["Ownership", "Moves"], &["Ownership", "Clones"], &["Ownership", "Copies"]]);
        assert_eq!(wanted.gains(&found), [true, true, false]);
    }

    #[test]
    fn any_title_of_a_thing_stands_for_it() {
        let file = Relevant::of([headings(&[&["Part one", "Part two"]]).remove(0).heading]);
        assert_eq!(file.gains(&headings(&[&["Part two", "Deep"], &["Part one"]])), [true, false]);
    }
    #[test]
    fn sections_known_by_id_count_whatever_they_are_called() {
        let wanted = Relevant::Sections(HashSet::from(["b".to_owned(), "c".to_owned()]));
        let found = ["a", "b"].map(|id| FoundSection { id: id.to_owned(), heading: vec![] });
        assert_eq!((wanted.len(), wanted.gains(&found)), (2, vec![false, true]));
    }
}
