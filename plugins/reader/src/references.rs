use std::collections::HashMap;

/// Most references kept of a section.
const MOST: usize = 200;

/// Endings of files that books leave out or replace when they refer to each other.
const ENDINGS: [&str; 12] =
    [".md", ".markdown", ".html", ".htm", ".xhtml", ".ipynb", ".qmd", ".rmd", ".rst", ".rest", ".txt", ".text"];

/// A section as the others of its book may refer to it.
#[derive(Clone, Copy, Debug)]
pub struct Referable<'a> {
    /// None for a heading without text, which nobody can be sent to: its names stand for the next section of the file that has one.
    pub id: Option<&'a str>,
    /// The file it stands in, as a path inside the book, with `/`.
    pub file: &'a str,
    /// `#name` is known in its file, a name without `#` in the whole book.
    pub anchors: &'a [String],
    /// What it refers to, as written.
    pub references: &'a [String],
}

/// For each section of a book, in reading order, the ids of the other sections it refers to, each once.
///
/// Tolerated: relative and absolute paths, a missing or another ending, folders for their index, any spelling of an anchor's case
/// and signs, and an anchor that is gone, which stands for its file. What leads out of the book is left out.
pub fn resolve(sections: &[Referable<'_>]) -> Vec<Vec<String>> {
    let names = Names::of(sections);
    let resolved = |section: &Referable<'_>| {
        let mut found: Vec<String> = Vec::new();
        for reference in section.references.iter().take(MOST) {
            let id = names.find(section.file, reference.trim());
            if let Some(id) = id.filter(|id| Some(*id) != section.id && !found.iter().any(|known| known == id)) {
                found.push(id.to_owned());
            }
        }
        found
    };
    sections.iter().map(resolved).collect()
}

/// Everything in a book that has a name.
#[derive(Default)]
struct Names<'a> {
    /// First section of a file, by its path without ending.
    files: HashMap<String, &'a str>,
    /// The same by the file's bare name; none where several files have it.
    bare: HashMap<String, Option<&'a str>>,
    /// By file and anchor.
    local: HashMap<(String, String), &'a str>,
    /// By label, or by an anchor that one file alone has.
    labels: HashMap<String, Option<&'a str>>,
}

impl<'a> Names<'a> {
    fn of(sections: &[Referable<'a>]) -> Self {
        let mut names = Self::default();
        let mut waiting: Vec<&'a String> = Vec::new();
        let mut file = "";
        for section in sections {
            if section.file != file {
                waiting.clear();
                file = section.file;
            }
            match section.id {
                None => waiting.extend(section.anchors),
                Some(id) => {
                    names.add_file(section.file, id);
                    for anchor in waiting.drain(..).chain(section.anchors) {
                        names.add_anchor(section.file, anchor, id);
                    }
                }
            }
        }
        names
    }

    fn add_file(&mut self, file: &str, id: &'a str) {
        let path = stem(&normal(file));
        if self.files.contains_key(&path) {
            return;
        }
        let bare = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.bare.entry(bare).and_modify(|known| *known = None).or_insert(Some(id));
        if let Some(folder) = folder_of_index(&path) {
            self.files.entry(folder.to_owned()).or_insert(id);
        }
        self.files.insert(path, id);
    }

    fn add_anchor(&mut self, file: &str, anchor: &str, id: &'a str) {
        let (path, name) = match anchor.split_once('#') {
            Some(("", name)) => (file.to_owned(), name),
            // A file inside an archive has its own files inside.
            Some((path, name)) => {
                self.add_file(path, id);
                (path.to_owned(), name)
            }
            None if ENDINGS.iter().any(|ending| anchor.ends_with(ending)) => {
                self.add_file(anchor, id);
                return;
            }
            None => {
                self.labels.insert(key(anchor), Some(id));
                return;
            }
        };
        if !key(name).is_empty() {
            self.local.entry((stem(&normal(&path)), key(name))).or_insert(id);
            self.labels
                .entry(key(name))
                .and_modify(|known| *known = known.filter(|known| *known == id))
                .or_insert(Some(id));
        }
    }

    fn find(&self, from: &str, reference: &str) -> Option<&'a str> {
        if leads_out(reference) {
            return None;
        }
        let (path, anchor) = reference.split_once('#').unwrap_or((reference, ""));
        let path = path.split('?').next().unwrap_or_default();
        let label = |name: &str| self.labels.get(&key(name)).copied().flatten();
        if path.is_empty() {
            let local = self.local.get(&(stem(&normal(from)), key(anchor)));
            return local.copied().or_else(|| label(anchor));
        }
        let is_bare = anchor.is_empty() && !path.contains('/');
        is_bare.then(|| label(path)).flatten().or_else(|| self.in_file(from, path, anchor))
    }

    /// The anchor in the file that a path means, seen from a file or from the book's own folder.
    fn in_file(&self, from: &str, path: &str, anchor: &str) -> Option<&'a str> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let relative = stem(&normal(&format!("{folder}/{path}")));
        let absolute = stem(&normal(path));
        let places = if path.starts_with('/') { [absolute, relative] } else { [relative, absolute] };
        for place in places {
            if let Some(first) = self.files.get(&place) {
                return self.local.get(&(place, key(anchor))).copied().or(Some(*first));
            }
        }
        let bare = stem(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
        self.bare.get(&bare).copied().flatten()
    }
}

/// An address elsewhere: with a scheme, or of another host.
fn leads_out(reference: &str) -> bool {
    let scheme = reference.split_once(':').is_some_and(|(scheme, rest)| {
        rest.starts_with("//") || matches!(scheme.to_lowercase().as_str(), "mailto" | "tel" | "data" | "javascript")
    });
    reference.is_empty() || scheme || reference.starts_with("//")
}

/// A path without `.`, `..` and empty parts, in small letters.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/").replace("%20", " ").to_lowercase()
}

fn stem(path: &str) -> String {
    let path = path.to_lowercase();
    ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(&path).to_owned()
}

/// The folder that a path stands for, where it is the path of a folder's index.
fn folder_of_index(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    matches!(name, "index" | "readme" | "_index").then_some(folder)
}

/// What spellings of one anchor have in common.
fn key(anchor: &str) -> String {
    anchor.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The anchor that Markdown's tools give a heading: its words in small letters, with hyphens between them.
pub fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Written = (&'static str, Option<&'static str>, &'static [&'static str], &'static [&'static str]);

    fn resolved(book: &[Written]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let names: Vec<(Vec<String>, Vec<String>)> =
            book.iter().map(|(_, _, anchors, references)| (owned(anchors), owned(references))).collect();
        let sections: Vec<Referable<'_>> = book
            .iter()
            .zip(&names)
            .map(|((file, id, ..), (anchors, references))| Referable { id: *id, file, anchors, references })
            .collect();
        resolve(&sections).into_iter().map(|ids| ids.join(" ")).collect()
    }

    #[test]
    fn files_are_found_by_any_path_and_ending() {
        let found = resolved(&[
            (
                "a/index.md",
                Some("i"),
                &[],
                &["one.html", "../b/two", "/b/two.md#end", "a/one", "two.md", "one.md?x#gone"],
            ),
            ("a/one.md", Some("1"), &["#top"], &[".", "index", "../a/", "./one.md#top"]),
            ("b/two.md", Some("2"), &[], &["../A/One.HTML#TOP", "../a"]),
            (
                "b/two.md",
                Some("e"),
                &["#end"],
                &["https://site.example/a/one", "mailto:a", "//one", "../../nowhere.md"],
            ),
        ]);
        assert_eq!(found, ["1 2 e", "i", "1 i", ""]);
    }

    #[test]
    fn files_inside_an_archive_are_files() {
        let found = resolved(&[
            (
                "book.epub",
                Some("1"),
                &["OEBPS/one.xhtml", "OEBPS/one.xhtml#a"],
                &["OEBPS/two.xhtml#b", "OEBPS/two.xhtml"],
            ),
            ("book.epub", Some("2"), &["OEBPS/two.xhtml"], &["OEBPS/one.xhtml"]),
            ("book.epub", Some("b"), &["OEBPS/two.xhtml#b"], &["OEBPS/one.xhtml#a"]),
        ]);
        assert_eq!(found, ["b 2", "1", "1"]);
    }

    #[test]
    fn anchors_belong_to_their_file_and_labels_to_the_book() {
        let found = resolved(&[
            ("a.md", Some("1"), &["#summary", "sec_dropout"], &["#summary", "b.md#summary"]),
            ("b.md", Some("2"), &["#summary", "#only-here"], &["#summary", "sec-dropout", "a.md#Summary"]),
            ("c.md", Some("3"), &[], &["only_here", "summary", "sec_gone"]),
        ]);
        assert_eq!(found, ["2", "1", "2"]);
    }

    #[test]
    fn names_of_a_heading_without_text_stand_for_what_follows() {
        let found = resolved(&[
            ("a.md", None, &["chapter"], &[]),
            ("a.md", Some("1"), &["#one"], &[]),
            ("a.md", None, &["last"], &[]),
            ("b.md", Some("2"), &[], &["chapter", "a.md", "last"]),
        ]);
        assert_eq!(found, ["", "", "", "1"]);
    }

    #[test]
    fn slugs_are_those_of_markdown() {
        assert_eq!(slug("Turning an `Rc<T>` into a `Weak<T>`"), "turning-an-rct-into-a-weakt");
    }

    proptest! {
        #[test]
        fn any_names_are_survived_and_nobody_refers_to_itself(
            names in prop::collection::vec("[a#/.:?é ]{0,8}", 1..8), references in prop::collection::vec("[a#/.:?é ]{0,8}", 1..8)
        ) {
            let files = ["a", "a/a", "a"];
            let ids = ["1", "2", "3"];
            let sections: Vec<Referable<'_>> = (0..3).map(|at| {
                Referable { id: Some(ids[at]), file: files[at], anchors: &names, references: &references }
            }).collect();
            for (id, found) in ids.iter().zip(resolve(&sections)) {
                prop_assert!(found.iter().all(|other| other != id && ids.contains(&other.as_str())));
            }
        }
    }
}
