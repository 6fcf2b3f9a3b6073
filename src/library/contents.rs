//! The order in which a book's own tables of contents name its files.

use std::collections::{HashMap, HashSet};

/// Endings that tables of contents leave out.
const ENDINGS: [&str; 6] = [".md", ".rst", ".ipynb", ".html", ".qmd", ".txt"];

/// Indices of the files in reading order: as they stand, but that the files a table of contents names follow the file it stands in.
///
/// `names` are paths inside the book; `text` gives a file's text where it may hold a table: `toc`, `{toctree}` or `.. toctree::`.
/// A file that is named twice, or that names itself by a roundabout way, comes once.
pub fn reading_order<'t>(names: &[&str], text: impl Fn(usize) -> Option<&'t str>) -> Vec<usize> {
    let by_path: HashMap<String, usize> =
        names.iter().enumerate().rev().map(|(at, name)| (bare(name).to_owned(), at)).collect();
    let named = |at: usize| -> Vec<usize> {
        let folder = names[at].rsplit_once('/').map_or("", |(folder, _)| folder);
        let entries = text(at).map(entries).unwrap_or_default();
        entries.iter().filter_map(|entry| by_path.get(&path(folder, entry)).copied()).collect()
    };
    let mut seen = HashSet::new();
    let mut order = Vec::with_capacity(names.len());
    for at in 0..names.len() {
        let mut open = vec![at];
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                order.push(next);
                open.extend(named(next).into_iter().rev());
            }
        }
    }
    order
}

/// What the tables of contents in a text name, in order.
fn entries(text: &str) -> Vec<String> {
    let mut entries = Vec::new();
    let mut table = Table::None;
    for line in text.lines() {
        let trimmed = line.trim();
        table = match table {
            Table::None if trimmed == "```toc" || trimmed.trim_start_matches(['`', ':']).starts_with("{toctree}") => {
                Table::Fenced
            }
            Table::None if trimmed.starts_with(".. toctree::") => Table::Indented,
            Table::Fenced if trimmed.starts_with("```") || trimmed.starts_with(":::") => Table::None,
            Table::Indented if !trimmed.is_empty() && !line.starts_with([' ', '\t']) => Table::None,
            same => {
                if !matches!(same, Table::None) {
                    entries.extend(entry(trimmed));
                }
                same
            }
        };
    }
    entries
}

enum Table {
    None,
    Fenced,
    Indented,
}

/// `Title <path>` and `path`; options begin with a colon.
fn entry(line: &str) -> Option<String> {
    let path = line.rsplit_once('<').map_or(line, |(_, path)| path.trim_end_matches('>'));
    (!path.is_empty() && !path.starts_with(':') && !path.contains("://")).then(|| path.to_owned())
}

fn path(folder: &str, entry: &str) -> String {
    let whole = if entry.starts_with('/') { entry.to_owned() } else { format!("{folder}/{entry}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    bare(&parts.join("/")).to_owned()
}

fn bare(name: &str) -> &str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(files: &[(&str, &str)]) -> String {
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        let order = reading_order(&names, |at| Some(files[at].1));
        order.into_iter().map(|at| names[at]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tables_of_contents_order_what_they_name() {
        let files = [
            ("a/index.md", "# A\n```toc\n:maxdepth: 2\n\nlater\nearly\n```\nlast\n"),
            ("a/early.md", ""),
            ("a/last.md", ""),
            ("a/later.md", ""),
            ("b/index.rst", "B\n=\n\n.. toctree::\n   :maxdepth: 1\n\n   Two <two>\n   ../b/one\n\nEnd\n"),
            ("b/one.rst", ""),
            ("b/two.rst", ""),
        ];
        assert_eq!(order(&files), "a/index.md a/later.md a/early.md a/last.md b/index.rst b/two.rst b/one.rst");
    }

    #[test]
    fn a_circle_of_tables_ends_and_no_file_is_lost() {
        let files = [("a.md", "```{toctree}\nb\na\nhttps://site.example\n```"), ("b.md", "```toc\na\nc"), ("c.md", "")];
        assert_eq!(order(&files), "a.md b.md c.md");
    }
}
