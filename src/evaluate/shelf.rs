use std::path::{Path, PathBuf};

use pathwright_api::{ErrorCode, Failure, text};

/// The books at a path: the file or folder itself, or the folders on a shelf, by name.
///
/// A shelf holds folders and nothing else but hidden files, and they do not look like the parts of one book.
pub fn books(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let inside = visible(path)?;
    let names: Vec<String> = inside.iter().map(|path| name(path)).collect();
    let is_shelf = inside.len() > 1 && inside.iter().all(|path| path.is_dir()) && !are_parts(&names);
    Ok(if is_shelf { inside } else { vec![path.to_owned()] })
}

/// What a folder holds, save hidden files, by name.
fn visible(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(ErrorCode::BookUnreadable, format!("{} cannot be opened: {error}", folder.display()))
    };
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !name(&path).starts_with('.') {
            inside.push(path);
        }
    }
    inside.sort();
    Ok(inside)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Parts of a book are numbered, but for a preface or an appendix, or begin with the same word.
fn are_parts(names: &[String]) -> bool {
    let numbered = names.iter().filter(|name| is_numbered(name)).count();
    2 * numbered >= names.len() || share_first_word(names)
}

/// `01-introduction`, `ch01`, `part-1`.
fn is_numbered(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let digit = |c: char| c.is_ascii_digit();
    let first = words.next().is_some_and(|word| word.starts_with(digit) || word.ends_with(digit));
    first || words.next().is_some_and(|word| word.chars().all(digit))
}

/// `chapter_introduction`, `chapter_optimization`; but "the" begins the names of many books.
fn share_first_word(names: &[String]) -> bool {
    let first = |name: &String| name.chars().take_while(|c| c.is_alphabetic()).collect::<String>();
    let Some(shared) = names.first().map(first) else {
        return false;
    };
    !shared.is_empty() && !text::is_stop_word(&shared) && names.iter().all(|name| first(name) == shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the books of a folder that holds these folders and files; none when the folder itself is the book.
    fn found(folders: &[&str], files: &[&str]) -> Vec<String> {
        let shelf = tempfile::tempdir().unwrap();
        for folder in folders {
            std::fs::create_dir(shelf.path().join(folder)).unwrap();
        }
        for file in files {
            std::fs::write(shelf.path().join(file), "text").unwrap();
        }
        let books = books(shelf.path()).unwrap();
        if books == [shelf.path()] { Vec::new() } else { books.iter().map(|book| name(book)).collect() }
    }

    #[test]
    fn folders_on_a_shelf_are_books_by_name() {
        let names = found(&["the-rust-book", "causal-inference", ".git"], &[".hidden"]);
        assert_eq!(names, ["causal-inference", "the-rust-book"]);
        assert_eq!(found(&["the-rust-book", "the-python-book"], &[]).len(), 2);
    }

    #[test]
    fn a_folder_with_a_file_is_a_book() {
        assert!(found(&["causal-inference", "the-rust-book"], &["README.md"]).is_empty());
        assert!(found(&[], &["a.md", "b.md"]).is_empty());
    }

    #[test]
    fn folders_that_look_like_parts_are_one_book() {
        assert!(found(&["chapter_introduction", "chapter_optimization"], &[]).is_empty());
        assert!(found(&["01-introduction", "02-models", "appendix"], &[]).is_empty());
        assert!(found(&["part-1", "Part-2"], &[]).is_empty());
        assert!(found(&["ch01", "ch02", "ch03"], &[]).is_empty());
        assert!(found(&["only"], &[]).is_empty());
    }

    #[test]
    fn a_file_is_a_book_and_so_is_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("book.md");
        std::fs::write(&file, "text").unwrap();
        assert_eq!(books(&file).unwrap(), [file]);
        assert_eq!(books(Path::new("/no/such/book")).unwrap(), [PathBuf::from("/no/such/book")]);
    }
}
