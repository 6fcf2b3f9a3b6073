use serde_yaml_ng::Value;

/// Keys of a configuration that name a file.
const FILES: [&str; 5] = ["root", "part", "file", "glob", "href"];
/// Keys of a configuration that hold further entries, in the order in which they are read.
const ENTRIES: [&str; 9] =
    ["parts", "subtrees", "chapters", "sections", "entries", "children", "contents", "appendices", "toc"];

/// Entries deeper than this are not followed.
const DEEPEST: usize = 32;

/// Where the links of a summary lead: `- [Title](path.md)`.
pub fn linked(text: &str) -> Vec<String> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let targets = links.map(|(target, _)| target.split(['#', ' ']).next().unwrap_or_default().trim_matches(['<', '>']));
    targets.filter(|target| is_file(target)).map(str::to_owned).collect()
}

/// What a configuration lists: `_toc.yml`, `_quarto.yml`, `myst.yml`.
pub fn configured(text: &str) -> Vec<String> {
    let Ok(value) = serde_yaml_ng::from_str::<Value>(text) else {
        return vec![];
    };
    let mut found = Vec::new();
    match value.get("book").or(value.get("project").filter(|project| project.get("toc").is_some())) {
        Some(inner) => walk(inner, 0, &mut found),
        None => walk(&value, 0, &mut found),
    }
    found
}

fn walk(value: &Value, depth: usize, found: &mut Vec<String>) {
    match value {
        _ if depth > DEEPEST => {}
        Value::String(target) if is_file(target) => found.push(target.clone()),
        Value::Sequence(values) => values.iter().for_each(|value| walk(value, depth + 1, found)),
        Value::Mapping(_) => {
            for key in FILES {
                found
                    .extend(value.get(key).and_then(Value::as_str).filter(|target| is_file(target)).map(str::to_owned));
            }
            for key in ENTRIES {
                value.get(key).into_iter().for_each(|value| walk(value, depth + 1, found));
            }
        }
        _ => {}
    }
}

fn is_file(target: &str) -> bool {
    !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")
}

/// What the toctrees of a page list: directives of reStructuredText and of MyST, and d2l's blocks of `toc`.
pub fn toctrees(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(mark) = fence(trimmed) {
            let inner = lines.by_ref().take_while(|line| !is_closing(line, mark));
            found.extend(entries(inner));
        } else if trimmed.starts_with(".. toctree::") {
            let mut inner = Vec::new();
            let belongs = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
            while let Some(line) = lines.next_if(belongs) {
                inner.push(line);
            }
            found.extend(entries(inner.into_iter()));
        }
    }
    found
}

/// The fence that opens a list, without what it says.
fn fence(line: &str) -> Option<&str> {
    let info = line.trim_start_matches(['`', ':', '~']);
    let mark = &line[..line.len() - info.len()];
    let word = info.trim();
    let opens = word == "toc" || word.starts_with("{toctree}") || word.starts_with("{tableofcontents}");
    (mark.len() >= 3 && opens).then_some(mark)
}

fn is_closing(line: &str, mark: &str) -> bool {
    let line = line.trim();
    line.starts_with(mark) && line.chars().all(|c| mark.starts_with(c))
}

/// `path`, `Title <path>`; patterns only with `:glob:`, and the other way round with `:reversed:`.
fn entries<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut found, mut is_glob, mut is_reversed, mut is_header) = (Vec::new(), false, false, false);
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let option = line.trim_matches(':').split(':').next().unwrap_or_default();
        if line == "---" {
            is_header = !is_header;
        } else if is_header || line.starts_with(':') {
            is_glob |= option == "glob";
            is_reversed |= option == "reversed";
        } else {
            let target =
                line.strip_suffix('>').and_then(|line| line.rsplit_once('<')).map_or(line, |(_, target)| target);
            found.extend(Some(target.trim()).filter(|target| is_file(target) && *target != "self").map(str::to_owned));
        }
    }
    found.retain(|target| is_glob || !target.contains(['*', '?']));
    if is_reversed {
        found.reverse();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toctrees_of_all_dialects() {
        let rst = "Title\n=====\n\n.. toctree::\n   :maxdepth: 2\n   :glob:\n\n   intro\n   The guide <guide/index>\n   https://x.example\n   api/*\n\nText\n";
        assert_eq!(toctrees(rst), ["intro", "guide/index", "api/*"]);
        let markdown = "```{toctree}\n---\nmaxdepth: 1\nreversed:\n---\none\ntwo\n```\n\n```toc\n:maxdepth: 2\n\nthree\n```\n:::{toctree}\nself\nfour*\n:::";
        assert_eq!(toctrees(markdown), ["two", "one", "three"]);
    }

    #[test]
    fn configurations_of_all_kinds() {
        let jupyter = "format: jb-book\nroot: intro\nparts:\n- caption: A\n  chapters:\n  - file: a\n    sections:\n    - file: a/b\n  - url: https://x.example\n";
        assert_eq!(configured(jupyter), ["intro", "a", "a/b"]);
        let quarto = "project:\n  type: book\nbook:\n  title: T\n  chapters:\n    - index.qmd\n    - part: one.qmd\n      chapters: [two.qmd]\n  appendices: [x.qmd]\n";
        assert_eq!(configured(quarto), ["index.qmd", "one.qmd", "two.qmd", "x.qmd"]);
        assert_eq!(configured("project:\n  toc:\n  - file: a.md\n    children:\n    - file: b.md\n"), ["a.md", "b.md"]);
        assert!(configured(": [").is_empty());
    }

    #[test]
    fn summaries_link_their_files() {
        assert_eq!(
            linked("# S\n\n- [One](one.md)\n  - [Two](b/two.md#x \"t\")\n- [Site](https://x.example)"),
            ["one.md", "b/two.md"]
        );
    }
}
