use std::collections::HashMap;

use crate::dialects::{authors, referred};

/// Roles whose content is code.
const CODE: [&str; 30] = [
    "attr", "class", "code", "command", "const", "data", "deco", "envvar", "exc", "file", "func", "kbd", "keyword",
    "macro", "makevar", "member", "meth", "method", "mod", "obj", "opcode", "option", "program", "pycode", "regexp",
    "samp", "token", "type", "var", "mimetype",
];

/// Roles that say nothing to a reader.
const SILENT: [&str; 9] =
    ["cite", "citep", "cite:p", "footcite", "footcite:p", "raw-html", "raw-latex", "label", "html"];

/// A text without its markup, and what the markup said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Inline {
    pub text: String,
    pub anchors: Vec<String>,
    pub references: Vec<String>,
    pub terms: Vec<String>,
}

/// Takes the markup out of a paragraph. Names of `substitutions` are in lower case.
pub fn plain(text: &str, substitutions: &HashMap<String, String>) -> Inline {
    let mut scanner = Scanner { rest: text, before: None, substitutions, out: Inline::default() };
    while !scanner.rest.is_empty() {
        if !scanner.marked() {
            scanner.literal();
        }
    }
    scanner.out
}

struct Scanner<'a> {
    rest: &'a str,
    /// The character before `rest`.
    before: Option<char>,
    substitutions: &'a HashMap<String, String>,
    out: Inline,
}

impl Scanner<'_> {
    fn literal(&mut self) {
        let mut chars = self.rest.chars();
        self.before = chars.next();
        self.rest = chars.as_str();
        self.out.text.extend(self.before);
    }

    /// Goes on after so many bytes, and pushes what stands for them.
    fn take(&mut self, bytes: usize, text: &str) -> bool {
        let (taken, rest) = self.rest.split_at(bytes);
        self.before = taken.chars().next_back();
        self.rest = rest;
        self.out.text.push_str(text);
        true
    }

    fn marked(&mut self) -> bool {
        match self.rest.as_bytes() {
            [b'\\', ..] => self.escaped(),
            [b'`', b'`', ..] => self.code(),
            [b'`', ..] if may_start(self.before) => self.interpreted(),
            [b':', ..] if may_start(self.before) => self.role(),
            [b'_', b'`', ..] if may_start(self.before) => self.target(),
            [b'*', ..] if may_start(self.before) => self.emphasis(),
            [b'|', ..] if may_start(self.before) => self.substitution(),
            [b'[', ..] => self.note(),
            [b'_', ..] if self.before.is_some_and(char::is_alphanumeric) => self.reference_mark(),
            _ => false,
        }
    }

    fn escaped(&mut self) -> bool {
        match self.rest[1..].chars().next() {
            None => self.take(1, ""),
            Some(c) if c.is_whitespace() => self.take(1 + c.len_utf8(), ""),
            Some(c) => self.take(1 + c.len_utf8(), c.encode_utf8(&mut [0; 4])),
        }
    }

    fn code(&mut self) -> bool {
        let Some(length) = self.rest[2..].find("``").filter(|length| *length > 0) else {
            return false;
        };
        // A closing mark takes all the backticks there are: ```x``` holds backticks.
        let after = &self.rest[2 + length + 2..];
        let more = after.len() - after.trim_start_matches('`').len();
        let code = self.rest[2..2 + length + more].trim();
        self.take(4 + length + more, &format!("`{code}`"))
    }

    /// `text`, `text <target>`_, `text`:role:
    fn interpreted(&mut self) -> bool {
        let Some(content) = quoted(self.rest) else {
            return false;
        };
        let after = &self.rest[content.len() + 2..];
        if let Some(name) = role_name(after) {
            let bytes = content.len() + 2 + name.len() + 2;
            return self.show(name, content, bytes);
        }
        let marks = after.len() - after.trim_start_matches('_').len();
        let (text, target) = split_target(content);
        if (1..=2).contains(&marks) {
            let target = target.unwrap_or(text).trim_end_matches('_');
            if !target.contains("://") && !target.starts_with("mailto:") {
                self.out.references.push(label(target));
            }
            return self.take(content.len() + 2 + marks, &unescaped(text));
        }
        self.take(content.len() + 2, &unescaped(text))
    }

    /// :role:`content`
    fn role(&mut self) -> bool {
        let Some(name) = role_name(self.rest) else {
            return false;
        };
        let Some(content) = quoted(&self.rest[name.len() + 2..]) else {
            return false;
        };
        self.show(name, content, name.len() + 2 + content.len() + 2)
    }

    fn show(&mut self, name: &str, content: &str, bytes: usize) -> bool {
        let (text, target) = split_target(content);
        let target_name = target.unwrap_or(text);
        match name {
            "ref" | "numref" | "eq" | "any" | "std:ref" => self.out.references.push(label(target_name)),
            "doc" | "download" => self.out.references.push(target_name.to_owned()),
            "term" => self.out.references.push(format!("term-{}", label(target_name))),
            "index" | "dfn" => self.out.terms.push(unescaped(text)),
            _ => {}
        }
        let shown = shown(name, content, text, target.is_some());
        self.take(bytes, &shown)
    }

    fn target(&mut self) -> bool {
        let Some(content) = quoted(&self.rest[1..]) else {
            return false;
        };
        self.out.anchors.push(label(content));
        self.take(content.len() + 3, content)
    }

    fn emphasis(&mut self) -> bool {
        let mark = if self.rest.starts_with("**") { "**" } else { "*" };
        let inner = &self.rest[mark.len()..];
        if inner.starts_with(char::is_whitespace) {
            return false;
        }
        let ends = |at: &usize| {
            let after = inner[at + mark.len()..].chars().next();
            *at > 0 && !inner[..*at].ends_with([' ', '\n', '\\']) && may_end(after)
        };
        let end = inner.match_indices(mark).map(|(at, _)| at).take(20).find(ends);
        end.is_some_and(|end| self.take(end + 2 * mark.len(), &unescaped(&inner[..end])))
    }

    fn substitution(&mut self) -> bool {
        let Some((name, after)) = self.rest[1..].split_once('|') else {
            return false;
        };
        let is_name = !name.is_empty() && name.len() < 60 && name.trim() == name;
        let marks = after.len() - after.trim_start_matches('_').len();
        if !is_name || !may_end(after[marks..].chars().next()) {
            return false;
        }
        let text = match self.substitutions.get(&name.to_lowercase()) {
            Some(text) => text.as_str(),
            None if matches!(name, "version" | "release" | "today") => "",
            None => name,
        };
        self.take(name.len() + 2 + marks, text)
    }

    /// `[1]_`, `[#name]_`, `[Key2020]_`
    fn note(&mut self) -> bool {
        let Some(end) = self.rest.find("]_").filter(|end| *end < 60) else {
            return false;
        };
        if self.rest[1..end].contains(['[', ' ', '`']) || !may_end(self.rest[end + 2..].chars().next()) {
            return false;
        }
        self.out.text.truncate(self.out.text.trim_end().len());
        self.take(end + 2, "")
    }

    /// The mark behind a word that is a link.
    fn reference_mark(&mut self) -> bool {
        let marks = self.rest.len() - self.rest.trim_start_matches('_').len();
        marks <= 2 && may_end(self.rest[marks..].chars().next()) && self.take(marks, "")
    }
}

/// What a reader sees of a role.
fn shown(name: &str, content: &str, text: &str, is_titled: bool) -> String {
    let text = unescaped(text);
    match name {
        "math" => return format!("${}$", content.trim()),
        "cite:t" | "citet" => return authors(content),
        "pep" if !is_titled => return format!("PEP {text}"),
        "rfc" if !is_titled => return format!("RFC {text}"),
        "ref" | "numref" | "eq" | "std:ref" if !is_titled => return referred(&text).to_owned(),
        "doc" if !is_titled => return text.rsplit('/').next().unwrap_or_default().replace(['-', '_'], " "),
        "abbr" => return text,
        "guilabel" | "menuselection" => return text.replace('&', "").replace("-->", ">"),
        name if SILENT.contains(&name) => return String::new(),
        _ => {}
    }
    if !CODE.contains(&name.rsplit(':').next().unwrap_or_default()) {
        return text;
    }
    let text = text.trim_start_matches('!');
    match text.strip_prefix('~') {
        Some(path) => format!("`{}`", path.rsplit('.').next().unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// The name in `:name:`.
fn role_name(text: &str) -> Option<&str> {
    let inner = text.strip_prefix(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | ':');
    let end = inner.find(|c: char| !is_name(c)).unwrap_or(inner.len());
    inner[..end].strip_suffix(':').filter(|name| !name.is_empty())
}

/// The content between two backticks.
fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('`')?;
    let end = inner.match_indices('`').map(|(at, _)| at).find(|at| !inner[..*at].ends_with('\\'))?;
    (end > 0 && !inner.starts_with(char::is_whitespace)).then(|| &inner[..end])
}

/// `text <target>` as both.
fn split_target(content: &str) -> (&str, Option<&str>) {
    match content.strip_suffix('>').and_then(|content| content.rsplit_once('<')) {
        Some(("", target)) => (target, Some(target)),
        Some((text, target)) if text.ends_with(char::is_whitespace) => (text.trim_end(), Some(target)),
        _ => (content, None),
    }
}

/// Labels are compared without case and space.
pub fn label(text: &str) -> String {
    pathwright_api::text::squeeze(&unescaped(text)).to_lowercase()
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().filter(|c| !c.is_whitespace())),
            c => out.push(c),
        }
    }
    out
}

/// Whether markup may begin after this character, by the rules of reStructuredText.
fn may_start(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || "'\"([{<-/:‘“«–—‐\\".contains(c))
}

fn may_end(after: Option<char>) -> bool {
    after.is_none_or(|c| c.is_whitespace() || "'\")]}>-/:.,;!?’”»–—‐\\".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> String {
        plain(text, &HashMap::from([("py".to_owned(), "Python".to_owned())])).text
    }

    #[test]
    fn markup_goes_and_text_stays() {
        let cases = [
            ("*one* **two** ``x * y`` 2*3*4 a*b", "one two `x * y` 2*3*4 a*b"),
            ("See `the site <https://x.example/a_b>`_, Python_ and `other`__.", "See the site, Python and other."),
            ("|py| |version| P(A|B) |z| \\*kept\\* re\\ ``Struct``", "Python  P(A|B) z *kept* re`Struct`"),
            ("As shown [1]_ and [Knuth84]_, not a[0]_x.", "As shown and, not a[0]_x."),
            ("`default` snake_case _private end_ ``a``.", "default snake_case _private end `a`."),
        ];
        for (marked, expected) in cases {
            assert_eq!(text(marked), expected);
        }
    }

    #[test]
    fn roles_say_what_a_reader_sees() {
        let cases = [
            (":math:`x^2` :func:`~os.path.join` :py:class:`dict`", "$x^2$ `join` `dict`"),
            (":ref:`Text <Some Label>` :ref:`fig-one` :doc:`/guide/first-steps`", "Text the figure first steps"),
            (":term:`tide` :pep:`8` :cite:p:`a2020` `H2O`:sub:", "tide PEP 8  H2O"),
        ];
        for (marked, expected) in cases {
            assert_eq!(text(marked), expected);
        }
    }

    #[test]
    fn labels_and_terms_are_collected() {
        let inline = plain(":ref:`T <Some  Label>` :doc:`../a` :index:`ebb` _`Here` `x <b.html>`_", &HashMap::new());
        assert_eq!(inline.references, ["some label", "../a", "b.html"]);
        assert_eq!((inline.anchors, inline.terms), (vec!["here".to_owned()], vec!["ebb".to_owned()]));
    }

    proptest! {
        #[test]
        fn any_text_is_read(marked in "[*`_:|\\\\<>\\[\\] \\]_ar.é]{0,40}") {
            plain(&marked, &HashMap::new());
        }

        #[test]
        fn words_without_marks_stay(words in "[a-z]{1,8}( [a-z]{1,8}){0,8}") {
            prop_assert_eq!(text(&words), words);
        }
    }
}
