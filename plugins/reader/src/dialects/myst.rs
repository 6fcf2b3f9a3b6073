//! MyST's own ways of writing, said in the ways that the other dialects share: options of cells, tables as lists,
//! formulas without dollars, labels behind formulas, links without text.

use std::collections::HashMap;

use inline::{inline, substitutions, without_label};

use crate::rst::{csv_rows, list_table};

/// What stands inside lines.
mod inline;

/// Environments of LaTeX that stand for a formula on lines of its own.
const FORMULAS: [&str; 10] =
    ["equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign", "displaymath", "math", "aligned"];

/// Directives whose argument is a file, a name or a number, and whose content is text.
const WITHOUT_TITLE: [&str; 12] = [
    "figure",
    "figure-md",
    "grid",
    "grid-item",
    "tab-set",
    "container",
    "div",
    "exercise-start",
    "solution",
    "margin",
    "subfigure",
    "class",
];

/// Markdown in which the rest of the dialects is all there is left to understand.
pub fn simplified(text: &str) -> String {
    let mut writer = Writer { words: substitutions(text), ..Writer::default() };
    let mut lines = text.lines().peekable();
    if lines.peek().is_some_and(|first| matches!(first.trim_end(), "---" | "+++")) {
        writer.front_matter(&mut lines);
    }
    for line in lines {
        writer.line(line);
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    words: HashMap<String, String>,
    open: Vec<Fence>,
    /// Inside `$$`, or inside an environment of this name.
    formula: Option<String>,
}

struct Fence {
    mark: char,
    length: usize,
    holds: Holds,
    /// No line but options so far.
    is_head: bool,
    /// Inside options between lines of `---`.
    is_header: bool,
}

#[derive(PartialEq, Eq)]
enum Holds {
    Text,
    /// Left alone.
    Code,
    /// A table, with its lines and the names of its columns.
    Table {
        is_csv: bool,
        header: Option<String>,
        lines: Vec<String>,
    },
}

impl Writer {
    fn front_matter<'a>(&mut self, lines: &mut impl Iterator<Item = &'a str>) {
        let mut marks = 0;
        for line in lines.by_ref() {
            self.push(line);
            marks += usize::from(matches!(line.trim_end(), "---" | "+++"));
            if marks == 2 {
                return;
            }
        }
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn line(&mut self, line: &str) {
        if self.open.last().is_some_and(|fence| fence.closes(line)) {
            return self.close(line);
        }
        let is_option = self.open.last_mut().is_some_and(|fence| fence.takes_option(line));
        match self.open.last_mut().map(|fence| &mut fence.holds) {
            // A label among the options names what follows.
            Some(Holds::Text) if is_option && line.trim().starts_with(':') => self.push(line),
            _ if is_option => self.push(""),
            Some(Holds::Code) => self.push(line),
            Some(Holds::Table { lines, .. }) => lines.push(line.to_owned()),
            _ => self.text(line),
        }
    }

    fn close(&mut self, line: &str) {
        match self.open.pop().map(|fence| fence.holds) {
            Some(Holds::Table { is_csv, header, lines }) => {
                let rows = rows(is_csv, header.as_deref(), &lines);
                self.push(&piped(&rows));
            }
            _ => self.push(line),
        }
    }

    fn text(&mut self, line: &str) {
        let trimmed = line.trim();
        if self.formula.is_some() || starts_formula(trimmed) {
            return self.formula(line);
        }
        if let Some(fence) = Fence::opened_by(line) {
            return self.open(line, fence);
        }
        if trimmed == "%" || trimmed.starts_with("+++") || is_attributes(trimmed) {
            return self.push("");
        }
        let line = inline(line, &self.words);
        self.push(&line);
    }

    fn open(&mut self, line: &str, fence: Fence) {
        match (&fence.holds, directive(line)) {
            (Holds::Table { .. }, Some((_, title))) => self.push(&format!("\n{title}\n")),
            (_, Some((name, title))) if WITHOUT_TITLE.contains(&name) && !title.is_empty() => {
                self.push(line.trim_end().strip_suffix(title).unwrap_or(line));
            }
            (_, Some(("code-cell", ""))) => self.push(&format!("{} python", line.trim_end())),
            _ => self.push(line),
        }
        self.open.push(fence);
    }

    /// Dollars around an environment; no label behind the dollars.
    fn formula(&mut self, line: &str) {
        let trimmed = line.trim();
        let open = self.formula.take();
        if open.as_deref() == Some("") || (open.is_none() && trimmed.starts_with("$$")) {
            let inner = if open.is_none() { &trimmed[2..] } else { trimmed };
            self.formula = (!inner.contains("$$")).then(String::new);
            return self.push(&without_label(line).unwrap_or_else(|| line.to_owned()));
        }
        if open.is_none() {
            self.push("$$");
        }
        self.push(line);
        let name = open.or_else(|| environment(trimmed, "begin").map(str::to_owned)).unwrap_or_default();
        if trimmed.contains(&format!("\\end{{{name}}}")) {
            self.push("$$");
        } else {
            self.formula = Some(name);
        }
    }
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|mark| matches!(mark, '`' | '~' | ':'))?;
        let length = trimmed.chars().take_while(|c| *c == mark).count();
        let info = trimmed[length..].trim();
        if length < 3 || (mark == ':' && info.is_empty()) || (mark == '`' && info.contains('`')) {
            return None;
        }
        let holds = match directive(line).map(|(name, _)| name) {
            Some("list-table") => Holds::Table { is_csv: false, header: None, lines: vec![] },
            Some("csv-table") => Holds::Table { is_csv: true, header: None, lines: vec![] },
            Some("code-cell" | "code-block" | "code" | "sourcecode" | "math") => Holds::Code,
            Some(name) if mark != ':' && name.starts_with('.') => Holds::Code,
            Some(_) => Holds::Text,
            None if mark == ':' => Holds::Text,
            None => Holds::Code,
        };
        // Only a directive has options; Pandoc's braces hold attributes.
        let is_head = directive(line).is_some_and(|(name, _)| !name.starts_with('.') && name != "math");
        Some(Self { mark, length, holds, is_head, is_header: false })
    }

    fn closes(&self, line: &str) -> bool {
        let trimmed = line.trim();
        trimmed.len() >= self.length && trimmed.chars().all(|c| c == self.mark)
    }

    /// `:name: value`, or lines of YAML between `---`, before anything else.
    fn takes_option(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        if !self.is_head {
            return false;
        }
        if trimmed == "---" {
            self.is_head = !self.is_header;
            self.is_header = !self.is_header;
            return true;
        }
        let option = trimmed.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        let option =
            option.filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        if let (Some(("header", value)), Holds::Table { header, .. }) = (option, &mut self.holds) {
            *header = Some(value.trim().to_owned());
        }
        self.is_head = self.is_header || option.is_some() || trimmed.is_empty();
        self.is_header || option.is_some()
    }
}

/// `{name} Title` of a line that opens a fence.
fn directive(line: &str) -> Option<(&str, &str)> {
    let info = line.trim().trim_start_matches(['`', '~', ':']).trim_start();
    let (name, title) = info.strip_prefix('{')?.split_once('}')?;
    Some((name.trim(), title.trim()))
}

fn starts_formula(line: &str) -> bool {
    line.starts_with("$$") || environment(line, "begin").is_some()
}

/// The name in `\begin{align*}`, if it is a formula's.
fn environment<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let name = line.strip_prefix('\\')?.strip_prefix(word)?.strip_prefix('{')?.split_once('}')?.0;
    FORMULAS.contains(&name.trim_end_matches('*')).then_some(name)
}

/// `{#name .class}` on a line of its own.
fn is_attributes(line: &str) -> bool {
    line.starts_with("{#") && line.ends_with('}') && !line.contains("{{") && !line[1..].contains('{')
}

fn rows(is_csv: bool, header: Option<&str>, lines: &[String]) -> Vec<Vec<String>> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    if is_csv { csv_rows(header, &lines) } else { list_table(&lines) }
}

/// A table as Markdown knows it.
fn piped(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let line = |row: &Vec<String>| {
        format!("| {} |\n", row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(columns));
    match rows.split_first() {
        Some((head, rest)) => format!("\n{}{rule}{}", line(head), rest.iter().map(line).collect::<String>()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        simplified(text).lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn options_go_from_code_and_labels_stay_with_text() {
        let text = "```{code-cell} ipython3\n:tags: [hide-input]\n\nx = {}\n:y: z\n```\n\n```{code-cell}\n---\ntags: [a]\n---\ny\n```\n:::{figure} a.png\n:name: fig-a\n\nA caption.\n:::";
        let expected = [
            "```{code-cell} ipython3",
            "x = {}",
            ":y: z",
            "```",
            "```{code-cell} python",
            "y",
            "```",
            ":::{figure} ",
            ":name: fig-a",
            "A caption.",
            ":::",
        ];
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn tables_become_tables() {
        let text = "```{list-table} Title\n:header-rows: 1\n\n* - a\n  - b|c\n* - 1\n  - 2\n```\n```{csv-table}\n:header: x, y\n1, 2\n```";
        assert_eq!(
            lines(text),
            ["Title", "| a | b\\|c |", "|---|---|", "| 1 | 2 |", "| x | y |", "|---|---|", "| 1 | 2 |"]
        );
    }

    #[test]
    fn formulas_get_dollars_and_lose_labels() {
        let text =
            "\\begin{align*}\na &= b\n\\end{align*}\n$$\nx\n$$ (eq-x)\n$$ y $$ (eq-y)\nText.\n$$z\n$$\nEnd {{ z }}.";
        let expected = [
            "$$",
            "\\begin{align*}",
            "a &= b",
            "\\end{align*}",
            "$$",
            "$$",
            "x",
            "$$",
            "$$ y $$",
            "Text.",
            "$$z",
            "$$",
            "End {{ z }}.",
        ];
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn roles_links_and_words_are_said_as_everywhere() {
        let text = "---\nmyst:\n  substitutions:\n    lib: The *library*\n---\n{{ lib }}: {py:class}`~a.b.C`, {doc}`../one-two`, {numref}`Figure %s <fig-a>`.\n\
            See [](#fig-x) and <project:#sec>.\n+++ {\"a\": 1}\n%\n[text]{.red} ![x](y){width=50%} $f(x){a}$ `{name}`";
        let shown = lines(text);
        assert_eq!(shown[5], "The *library*: `C`, {doc}`one two <../one-two>`, {numref}`fig-a`.");
        assert_eq!(shown[6], "See [the figure](#fig-x) and [another section](#sec).");
        assert_eq!(shown[7], "[text] ![x](y) $f(x){a}$ `{name}`");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([`:~]{3}|\\{(note|code-cell|list-table)\\}|---|:a: b|\\$\\$|\\\\begin\\{align\\}|\\* - |  - |x|é| |\n){0,40}") {
            simplified(&text);
        }
    }
}
