use std::collections::{HashMap, HashSet};

use lists::{configured, linked, toctrees};

/// Lists of files, as the many makers of books write them.
mod lists;

/// Extensions of what a list may name without one.
const EXTENSIONS: [&str; 11] =
    [".rst", ".md", ".ipynb", ".qmd", ".rmd", ".txt", ".html", ".markdown", ".rest", ".htm", ".xhtml"];

/// Files beside the text that list it.
const CONFIGURATIONS: [&str; 4] = ["_toc.yml", "_quarto.yml", "_quarto.yaml", "myst.yml"];

/// Files of a book in the order in which its own lists give them: mdBook's `SUMMARY.md`, the `_toc.yml` of Jupyter
/// Book, the `_quarto.yml` of Quarto, the `myst.yml` of MyST, toctrees of Sphinx (in reStructuredText and in MyST) and
/// blocks of `toc` in d2l's Markdown, wherever in the folder they begin.
///
/// `names` are paths with `/` in natural order; `text_of` reads a file by such a name, also one that is not among them.
/// Files that no list names come after the listed ones of their folder, but an index or a README before them. Without
/// any list the order stays as it is. A `SUMMARY.md` is no text and left out.
pub fn reading_order(names: &[String], text_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut order = Order::new(names, text_of);
    let (summaries, texts): (Vec<usize>, Vec<usize>) =
        (0..names.len()).partition(|at| file_of(&names[*at]) == "SUMMARY.md");
    for summary in by_depth(names, summaries) {
        order.follow_summary(summary);
    }
    for folder in order.folders() {
        order.follow_configuration(&folder);
    }
    for start in by_depth(names, texts.iter().copied().filter(|at| is_start(&names[*at])).collect()) {
        order.follow_toctrees(start);
    }
    let listed = order.listed;
    with_unlisted(names, &listed, &texts).into_iter().map(|at| names[at].clone()).collect()
}

struct Order<'a, F> {
    names: &'a [String],
    /// Places by whole names, and by names without extension.
    places: HashMap<&'a str, usize>,
    text_of: F,
    listed: Vec<usize>,
    seen: HashSet<usize>,
}

impl<'a, F: Fn(&str) -> Option<String>> Order<'a, F> {
    fn new(names: &'a [String], text_of: F) -> Self {
        let mut places = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            places.insert(name.as_str(), at);
            places.entry(stem(name)).or_insert(at);
        }
        Self { names, places, text_of, listed: Vec::new(), seen: HashSet::new() }
    }

    /// Folders that hold files, the outer ones first.
    fn folders(&self) -> Vec<String> {
        let mut folders: Vec<&str> = self.names.iter().flat_map(|name| ancestors(name)).collect();
        folders.sort_by_key(|folder| (folder.matches('/').count(), *folder));
        folders.dedup();
        folders.into_iter().map(str::to_owned).collect()
    }

    fn follow_summary(&mut self, at: usize) {
        let name = &self.names[at];
        for target in (self.text_of)(name).map(|text| linked(&text)).unwrap_or_default() {
            self.list(folder_of(name), folder_of(name), &target);
        }
    }

    fn follow_configuration(&mut self, folder: &str) {
        for file in CONFIGURATIONS {
            for target in (self.text_of)(&format!("{folder}{file}")).map(|text| configured(&text)).unwrap_or_default() {
                self.list(folder, folder, &target);
            }
        }
    }

    fn list(&mut self, folder: &str, root: &str, target: &str) {
        for at in self.resolved(folder, root, target) {
            if self.seen.insert(at) {
                self.listed.push(at);
            }
        }
    }

    /// Goes from a file to those that its toctrees name, and to those that theirs name, before it goes on.
    fn follow_toctrees(&mut self, start: usize) {
        let root = folder_of(&self.names[start]).to_owned();
        if self.seen.contains(&start) || self.children(start, &root).is_empty() {
            return;
        }
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            if self.seen.insert(at) {
                self.listed.push(at);
                open.extend(self.children(at, &root).into_iter().rev());
            }
        }
    }

    fn children(&self, at: usize, root: &str) -> Vec<usize> {
        let name = &self.names[at];
        if !matches!(extension(name), ".rst" | ".rest" | ".md" | ".markdown" | ".txt") {
            return vec![];
        }
        let targets = (self.text_of)(name).map(|text| toctrees(&text)).unwrap_or_default();
        targets.iter().flat_map(|target| self.resolved(folder_of(name), root, target)).collect()
    }

    /// The files that an entry of a list stands for: one, or all that a pattern fits.
    fn resolved(&self, folder: &str, root: &str, target: &str) -> Vec<usize> {
        let base = if target.starts_with('/') { root } else { folder };
        let Some(path) = joined(base, target.trim_start_matches('/')) else {
            return vec![];
        };
        if path.contains(['*', '?']) {
            let fits = |at: &usize| fits(&path, stem(&self.names[*at])) || fits(&path, &self.names[*at]);
            return (0..self.names.len()).filter(fits).collect();
        }
        let in_folder = [path.clone(), stem(&path).to_owned(), format!("{path}/index"), format!("{path}/README")];
        in_folder.iter().find_map(|name| self.places.get(name.as_str())).copied().into_iter().collect()
    }
}

fn by_depth(names: &[String], mut places: Vec<usize>) -> Vec<usize> {
    places.sort_by_key(|at| names[*at].matches('/').count());
    places
}

/// What a book may begin with.
fn is_start(name: &str) -> bool {
    let file = stem(file_of(name)).to_lowercase();
    matches!(file.as_str(), "index" | "contents" | "readme" | "_index" | "intro" | "main")
}

fn is_index(name: &str) -> bool {
    matches!(stem(file_of(name)).to_lowercase().as_str(), "index" | "readme" | "_index")
}

fn extension(name: &str) -> &str {
    &name[stem(name).len()..]
}

/// The name without one of the extensions that lists leave out.
fn stem(name: &str) -> &str {
    let file = file_of(name);
    let cut = file.rfind('.').filter(|at| EXTENSIONS.contains(&file[*at..].to_lowercase().as_str()));
    cut.map_or(name, |at| &name[..name.len() - (file.len() - at)])
}

fn file_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// With the `/` at its end; empty for the book's own folder.
fn folder_of(name: &str) -> &str {
    &name[..name.len() - file_of(name).len()]
}

/// The folder of a file, and those around it, from the inside out.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..=at]).rev().chain([""])
}

fn joined(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a pattern fits a path: `*` and `?` stand for anything but `/`.
fn fits(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| part_fits(pattern, part))
}

fn part_fits(pattern: &str, part: &str) -> bool {
    let (pattern, part): (Vec<char>, Vec<char>) = (pattern.chars().collect(), part.chars().collect());
    let (mut at, mut with, mut star) = (0, 0, None);
    while at < part.len() {
        match pattern.get(with) {
            Some('*') => {
                star = Some((with, at));
                with += 1;
            }
            Some(c) if *c == '?' || *c == part[at] => {
                at += 1;
                with += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (with, at) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[with..].iter().all(|c| *c == '*')
}

/// Puts what no list names behind the listed files of its folder, or of the nearest folder around that has some.
fn with_unlisted(names: &[String], listed: &[usize], texts: &[usize]) -> Vec<usize> {
    if listed.is_empty() {
        return texts.to_vec();
    }
    let mut spans: HashMap<&str, (usize, usize)> = HashMap::new();
    for (place, at) in listed.iter().enumerate() {
        for folder in ancestors(&names[*at]) {
            spans.entry(folder).or_insert((place, place)).1 = place;
        }
    }
    let known: HashSet<usize> = listed.iter().copied().collect();
    // Three places for each listed file: before it, its own, behind it.
    let mut placed: Vec<(usize, usize)> = listed.iter().enumerate().map(|(place, at)| (place * 3 + 1, *at)).collect();
    for at in texts.iter().copied().filter(|at| !known.contains(at)) {
        let name = &names[at];
        let (first, last) = ancestors(name).find_map(|folder| spans.get(folder)).copied().unwrap_or_default();
        let leads = is_index(name) && spans.contains_key(folder_of(name));
        placed.push((if leads { first * 3 } else { last * 3 + 2 }, at));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests;
