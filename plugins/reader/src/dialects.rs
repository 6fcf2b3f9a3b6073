//! Takes out of Markdown what its many dialects add and no Markdown parser knows: MyST, Quarto, mdBook, d2l.
//!
//! Lines only: the structure is the parser's business. Code inside fences is left alone.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What only MyST writes.
mod myst;

use super::notes::{Note, indexed, label_of, note, noted};

/// Directives that hold no text to read; those of other names do.
const TEXTLESS_DIRECTIVES: [&str; 18] = [
    "toctree",
    "tableofcontents",
    "contents",
    "image",
    "include",
    "literalinclude",
    "bibliography",
    "raw",
    "index",
    "eval-rst",
    "jupyter-execute",
    "glue",
    "video",
    "youtube",
    "iframe",
    "only",
    "mermaid",
    "graphviz",
];

/// Directives whose content is code.
const CODE_DIRECTIVES: [&str; 19] = [
    "code-block",
    "code",
    "code-cell",
    "sourcecode",
    "ipython",
    "prompt",
    "python",
    "r",
    "julia",
    "bash",
    "sh",
    "sql",
    "ojs",
    "rust",
    "javascript",
    "java",
    "cpp",
    "stan",
    "c",
];

/// Markdown that a CommonMark parser understands, from Markdown as books are written in.
pub fn to_commonmark(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Fence> = Vec::new();
    for line in myst::simplified(text).lines() {
        let kept = match open.last() {
            Some(fence) if fence.closes(line) => match open.pop().map(|fence| fence.content) {
                Some(Content::Code) => Some(Cow::Borrowed(line)),
                Some(Content::Math) => Some(Cow::Borrowed("$$")),
                _ => None,
            },
            Some(fence) if fence.content == Content::Math && is_option(line) => None,
            Some(fence) if matches!(fence.content, Content::Code | Content::Math) => Some(Cow::Borrowed(line)),
            Some(fence) if fence.content == Content::Nothing && fence.is_index() => indexed(line).map(Cow::Owned),
            Some(fence) if fence.content == Content::Nothing => None,
            in_text => match Fence::opened_by(line) {
                Some(fence) => {
                    let first = fence.first_line(line);
                    open.push(fence);
                    first.map(Cow::Owned)
                }
                None if in_text.is_some() && is_option(line) => label_of(line).map(Cow::Owned),
                None => text_line(line),
            },
        };
        out.push_str(kept.as_deref().unwrap_or_default());
        out.push('\n');
    }
    out
}

#[derive(Debug, PartialEq, Eq)]
enum Content {
    Text,
    Code,
    Math,
    Nothing,
}

#[derive(Debug)]
struct Fence {
    mark: char,
    length: usize,
    content: Content,
    info: String,
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|mark| matches!(mark, '`' | '~' | ':'))?;
        let length = trimmed.chars().take_while(|c| *c == mark).count();
        let info = trimmed[length..].trim();
        let is_closing = info.is_empty();
        if length < 3 || (mark == ':' && is_closing) || (mark == '`' && info.contains('`')) {
            return None;
        }
        Some(Self { mark, length, content: content_of(mark, info), info: info.to_owned() })
    }

    fn closes(&self, line: &str) -> bool {
        let trimmed = line.trim();
        trimmed.chars().count() >= self.length && trimmed.chars().all(|c| c == self.mark)
    }

    /// What stands in place of the opening line.
    fn first_line(&self, line: &str) -> Option<String> {
        match self.content {
            Content::Code => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let fence: String = std::iter::repeat_n(self.mark, self.length).collect();
                Some(format!("{indent}{fence}{}", language(&self.info)))
            }
            Content::Text => directive(&self.info).map(|(_, title)| format!("\n{title}\n")),
            Content::Math => Some("$$".to_owned()),
            Content::Nothing => self.is_index().then(|| indexed(directive(&self.info)?.1.as_str())).flatten(),
        }
    }

    fn is_index(&self) -> bool {
        directive(&self.info).is_some_and(|(name, _)| name == "index")
    }
}

fn content_of(mark: char, info: &str) -> Content {
    match directive(info) {
        Some((name, _)) if name == "math" => Content::Math,
        Some((name, _)) if CODE_DIRECTIVES.contains(&name.as_str()) => Content::Code,
        // Attributes of a code block, such as `{.python .input}`, or of a Quarto block, such as `{.callout-note}`.
        Some((name, _)) if name.starts_with(['.', '#']) && mark == ':' => Content::Text,
        Some((name, _)) if name.starts_with('.') => Content::Code,
        Some((name, _)) if TEXTLESS_DIRECTIVES.contains(&name.as_str()) => Content::Nothing,
        Some(_) => Content::Text,
        None if mark == ':' => Content::Text,
        None if matches!(info, "toc" | "eval_rst") => Content::Nothing,
        None => Content::Code,
    }
}

/// `{note} Title` as name and title.
fn directive(info: &str) -> Option<(String, String)> {
    let (name, title) = info.strip_prefix('{')?.split_once('}')?;
    let name = name.strip_prefix("prf:").unwrap_or(name);
    let name = name.split([' ', ',', ':']).next().unwrap_or_default();
    Some((name.to_lowercase(), title.trim().to_owned()))
}

fn language(info: &str) -> String {
    let inner = match info.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, argument)) if CODE_DIRECTIVES.contains(&name) && !argument.trim().is_empty() => argument,
        Some((name, _)) => name,
        None => info,
    };
    let word = inner.trim().split([' ', ',']).next().unwrap_or_default();
    word.trim_start_matches('.').to_owned()
}

/// `:name: value` below a directive.
fn is_option(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.strip_prefix(':').and_then(|rest| rest.split_once(':')).is_some_and(|(name, _)| is_word(name))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn text_line(line: &str) -> Option<Cow<'_, str>> {
    let trimmed = line.trim();
    if let Some(target) = trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(")=")) {
        return Some(Cow::Owned(note(Note::Target, target)));
    }
    let is_include = trimmed.starts_with("{{#") || trimmed.starts_with("{{<");
    let is_comment = trimmed.starts_with("% ");
    if is_include || is_comment || trimmed.starts_with(":::") {
        return None;
    }
    Some(inline(line))
}

struct Patterns {
    role: Regex,
    emphasis_mark: Regex,
    citation: Regex,
    reference: Regex,
    include: Regex,
    index: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every test of this file compiles them")]
    let regex = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
    Patterns {
        // {ref}`text <target>`, :numref:`target`
        role: regex(r"\s?(?:\{([A-Za-z][\w:-]*)\}|:([A-Za-z][\w-]*):)`([^`\n]*)`"),
        // [**marked for slides**], (**likewise**), [~~or struck~~]
        emphasis_mark: regex(r"[\[(](?:\*\*|~~)(.+?)(?:\*\*|~~)[\])]"),
        // [@key2020; see @other]
        citation: regex(r"\s?\[(?:[^\]\[]*[;\s-])?@[A-Za-z][\w:.-]*[^\]\[]*\]"),
        // @fig-name, @sec-name
        reference: regex(r"(^|\s)@(fig|sec|eq|tbl|lst)-[\w-]+"),
        include: regex(r"\{\{[#<%][^}]*\}\}"),
        // \index{term!of its kind}
        index: regex(r"\\index\{([^{}]{1,100})\}"),
    }
});

fn inline(line: &str) -> Cow<'_, str> {
    if !line.contains(['`', '@', '{', '[', '(']) {
        return Cow::Borrowed(line);
    }
    let patterns = &*PATTERNS;
    let line = patterns.role.replace_all(line, |found: &Captures| {
        let spaced = if found[0].starts_with(char::is_whitespace) { " " } else { "" };
        let text = role(found.get(1).or(found.get(2)).map_or("", |name| name.as_str()), &found[3]);
        let note = noted(found.get(1).or(found.get(2)).map_or("", |name| name.as_str()), &found[3]);
        if text.is_empty() { note } else { format!("{spaced}{text}{note}") }
    });
    let line = patterns.emphasis_mark.replace_all(&line, "$1");
    let line = patterns.citation.replace_all(&line, "");
    let line = patterns.reference.replace_all(&line, |found: &Captures| {
        let target = found[0].trim().trim_start_matches('@');
        format!("{}{}{}", &found[1], referred(&found[2]), note(Note::Refer, target))
    });
    let line = patterns.include.replace_all(&line, "");
    let entry = |found: &Captures| indexed(&found[1]).unwrap_or_default();
    Cow::Owned(patterns.index.replace_all(&line, entry).into_owned())
}

/// What a reader sees of a role.
fn role(name: &str, content: &str) -> String {
    let shown = content.split_once(" <").map(|(text, _)| text.trim());
    match name {
        "numref" | "ref" | "eqref" | "eq" | "prf:ref" => {
            shown.map_or_else(|| referred(content).to_owned(), str::to_owned)
        }
        "citet" | "cite:t" => authors(content),
        "math" => format!("${content}$"),
        "label" | "width" | "height" | "cite" | "citep" | "cite:p" | "footcite" | "begin_tab" | "end_tab" | "index" => {
            String::new()
        }
        "code" | "func" | "class" | "meth" | "py:class" | "py:func" => format!("`{content}`"),
        _ => shown.unwrap_or(content).to_owned(),
    }
}

pub fn referred(target: &str) -> &'static str {
    match target.split(['_', '-', ':']).next().unwrap_or_default() {
        "fig" | "img" => "the figure",
        "eq" | "eqn" => "the equation",
        "tab" | "tbl" | "table" => "the table",
        "lst" => "the listing",
        "chap" | "chapter" => "another chapter",
        _ => "another section",
    }
}

/// `Vaswani.Shazeer.Parmar.ea.2017` as "Vaswani et al."
pub fn authors(keys: &str) -> String {
    let key = keys.split(',').next().unwrap_or_default().trim();
    let names: Vec<&str> = key.split('.').filter(|part| !part.chars().all(|c| c.is_ascii_digit())).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, second] if *second != "ea" => format!("{first} and {second}"),
        [first, ..] => format!("{first} et al."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::notes::{notes, without_notes};
    use super::*;

    #[test]
    fn what_refers_to_what_is_noted() {
        let text = "(here)=\n# Bees\n:label:`sec_bees`\n\nAs in :numref:`sec_hive`, {ref}`the smoker <smoke>` and @sec-queen. \
            {index}`swarm` \\index{comb!wax}\n\n```{index} single: drone\n```\n```{prf:theorem} Waggle\n:label: waggle\nIt dances.\n```\n";
        let found: Vec<String> =
            notes(&to_commonmark(text)).into_iter().map(|(note, name)| format!("{note:?} {name}")).collect();
        let expected = [
            "Target here",
            "Label sec_bees",
            "Refer sec_hive",
            "Refer smoke",
            "Refer sec-queen",
            "Term swarm",
            "Term comb",
            "Term drone",
            "Label waggle",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn roles_and_references_become_words() {
        let line = "In :numref:`sec_x` and {ref}`the text <t>`, :citet:`Vaswani.Shazeer.ea.2017` show it :cite:`A.2001`.\n:label:`sec_y`";
        assert_eq!(
            without_notes(&to_commonmark(line)).trim(),
            "In another section and the text, Vaswani et al. show it."
        );
        assert_eq!(without_notes(&inline("As in @fig-one [@smith2020; @b] [@solo].")), "As in the figure.");
        assert_eq!(inline("## [**Dot Product Attention**]"), "## Dot Product Attention");
    }

    #[test]
    fn directives_give_their_text_code_stays_code_the_rest_goes() {
        let text = "```{note} Beware\n:class: big\nMind the gap.\n```\n```{toctree}\nhidden\n```\n```{.python .input}\n:x: = 1\n```\n\
            ::: {.callout-tip}\nA tip.\n:::\n```toc\na\n```\n(target)=\n```{prf:theorem} Bayes\n:label: b\nIt holds.\n```\n```{math}\n:label: x\ny = 1\n```\n\
            ```{julia}\nx\n```\nEnd.";
        let lines: Vec<String> = without_notes(&to_commonmark(text))
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect();
        assert_eq!(
            lines,
            [
                "Beware",
                "Mind the gap.",
                "```python",
                ":x: = 1",
                "```",
                "A tip.",
                "Bayes",
                "It holds.",
                "$$",
                "y = 1",
                "$$",
                "```julia",
                "x",
                "```",
                "End."
            ]
        );
    }

    #[test]
    fn ordinary_markdown_is_left_alone() {
        let text = "# A title\n\nSee [the site](https://x.example) and `code`. Mail a@b.example (really).\n\n~~~rust\nlet x = `y`;\n~~~\n";
        assert_eq!(to_commonmark(text), text);
    }
}
