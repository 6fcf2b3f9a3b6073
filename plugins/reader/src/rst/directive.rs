/// What a directive's argument and content are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Neither is text of the page.
    Nothing,
    /// Source code in this language; in the one that the argument names, if none.
    Code(Option<&'static str>),
    Math,
    /// The content is text, and the argument its beginning.
    Remark,
    /// The argument is a title, the content text.
    Titled,
    /// The argument is a file or a name, the content text.
    Content,
    /// The argument is a version, the content says what it changed.
    Version(&'static str),
    ListTable,
    CsvTable,
    Glossary,
    Index,
    /// The module that a page is about.
    Module,
    /// The argument is a declaration, the content explains it; some declare what has a name of its own.
    Declaration {
        is_term: bool,
    },
    /// The language of the code that follows.
    Highlight,
    /// Unknown: text, as most are.
    Other,
}

/// By its name, without the prefix of its domain.
pub fn kind(name: &str) -> Kind {
    match name.rsplit(':').next().unwrap_or_default() {
        "toctree"
        | "contents"
        | "include"
        | "literalinclude"
        | "raw"
        | "image"
        | "only"
        | "meta"
        | "currentmodule"
        | "default-role"
        | "role"
        | "sectnum"
        | "bibliography"
        | "footbibliography"
        | "graphviz"
        | "digraph"
        | "graph"
        | "mermaid"
        | "inheritance-diagram"
        | "tabularcolumns"
        | "testsetup"
        | "testcleanup"
        | "todo"
        | "todolist"
        | "target-notes"
        | "sectionauthor"
        | "codeauthor"
        | "program"
        | "git_changelog"
        | "minigallery"
        | "highlightlang"
        | "restructuredtext-test-directive"
        | "title"
        | "header"
        | "footer"
        | "date"
        | "unicode"
        | "replace"
        | "youtube"
        | "video"
        | "audio"
        | "iframe"
        | "button-ref"
        | "button-link" => Kind::Nothing,
        "code-block" | "code" | "sourcecode" => Kind::Code(None),
        "ipython" | "testcode" | "doctest" | "plot" | "jupyter-execute" | "code-cell" | "pyplot" | "exec-code"
        | "altair-plot" | "pyodide" => Kind::Code(Some("python")),
        "parsed-literal" | "testoutput" | "productionlist" | "ipython-output" => Kind::Code(Some("")),
        "prompt" | "console" => Kind::Code(Some("console")),
        "math" => Kind::Math,
        "note" | "warning" | "tip" | "hint" | "important" | "danger" | "caution" | "attention" | "error"
        | "seealso" | "impl-detail" | "epigraph" | "pull-quote" | "highlights" | "compound" | "centered" | "rubric"
        | "availability" | "parsed" | "change" => Kind::Remark,
        "admonition" | "topic" | "sidebar" | "dropdown" | "tab-item" | "tab" | "card" | "grid-item-card"
        | "details" | "collapse" | "table" | "theorem" | "definition" | "lemma" | "proof" | "example" | "exercise" => {
            Kind::Titled
        }
        "figure" | "container" | "tab-set" | "tabs" | "grid" | "grid-item" | "ifconfig" | "rst-class" | "cssclass"
        | "subfigure" | "panels" | "group-tab" | "changelog" | "hlist" => Kind::Content,
        "versionadded" => Kind::Version("New in version"),
        "versionchanged" => Kind::Version("Changed in version"),
        "deprecated" | "deprecated-removed" => Kind::Version("Deprecated since version"),
        "versionremoved" => Kind::Version("Removed in version"),
        "list-table" => Kind::ListTable,
        "csv-table" => Kind::CsvTable,
        "glossary" => Kind::Glossary,
        "index" => Kind::Index,
        "module" => Kind::Module,
        "highlight" => Kind::Highlight,
        "function" | "class" | "exception" | "data" | "decorator" | "setting" | "django-admin" | "templatetag"
        | "templatefilter" | "macro" | "struct" => Kind::Declaration { is_term: true },
        "method" | "attribute" | "property" | "staticmethod" | "classmethod" | "abstractmethod" | "coroutinemethod"
        | "option" | "cmdoption" | "envvar" | "describe" | "object" | "opcode" | "token" | "pdbcommand" | "type"
        | "member" | "var" | "confval" | "fieldlookup" | "awaitablefunction" | "coroutinefunction" | "enum"
        | "enumerator" | "decoratormethod" | "2to3fixer" | "audit-event" => Kind::Declaration { is_term: false },
        name if name.starts_with("auto") => Kind::Nothing,
        _ => Kind::Other,
    }
}

/// A directive's lines below the first, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Lines before the options, as they follow the argument.
    pub argument: Vec<&'a str>,
    pub options: Vec<(&'a str, &'a str)>,
    pub content: &'a [&'a str],
}

impl Parts<'_> {
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Options stand before the first empty line; what stands before them belongs to the argument, if anything does.
pub fn parts<'a>(block: &'a [&'a str]) -> Parts<'a> {
    let head = block.iter().position(|line| line.is_empty()).unwrap_or(block.len());
    let first_option = block[..head].iter().position(|line| option(line).is_some());
    let Some(first_option) = first_option else {
        return Parts { content: block, ..Parts::default() };
    };
    let options = block[first_option..head].iter().filter_map(|line| option(line)).collect();
    Parts { argument: block[..first_option].to_vec(), options, content: &block[head..] }
}

/// `:name: value`
pub fn option(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let is_name = !name.is_empty() && !name.contains('`') && !name.starts_with(' ');
    (is_name && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}

/// `foo.bar(x, y=1) -> z` as `foo.bar`.
pub fn declared(declaration: &str) -> &str {
    let name = declaration.trim().trim_start_matches("class ").trim_start_matches("async ");
    name.split(['(', ' ', '[', ':', '=']).next().unwrap_or_default()
}

/// What `.. index::` lists: `pair: loop; statement`, `single: tides`, `ebb, flood`.
pub fn index_terms(entry: &str) -> Vec<String> {
    let entry = entry.trim();
    let (kind, value) = entry.split_once(':').unwrap_or(("", entry));
    let joined = |value: &str| {
        let parts = value.split(';').map(|part| part.trim().trim_start_matches('!').trim());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    match kind.trim().trim_start_matches('!') {
        "see" | "seealso" | "name" => vec![],
        "single" | "pair" | "triple" | "module" | "keyword" | "operator" | "object" | "exception" | "statement"
        | "builtin" => vec![joined(value)],
        "" => value.split(',').map(joined).collect(),
        _ => entry.split(',').map(joined).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_part_argument_and_content() {
        let block = ["more title", ":name: fig-one", ":alt:", "", "Caption."];
        let parts = parts(&block);
        assert_eq!(parts.argument, ["more title"]);
        assert_eq!((parts.option("name"), parts.content), (Some("fig-one"), &["", "Caption."][..]));
        assert_eq!(super::parts(&["x = 1", "", ":y: 2"]).content.len(), 3);
        assert_eq!(option(":ref:`x` is no option"), None);
    }

    #[test]
    fn declarations_and_index_entries_name_things() {
        assert_eq!(declared("os.path.join(path, *paths)"), "os.path.join");
        assert_eq!(index_terms("pair: loop; statement"), ["loop, statement"]);
        assert_eq!(index_terms("single: ! tides"), ["tides"]);
        assert_eq!(index_terms("ebb, flood"), ["ebb", "flood"]);
        assert!(index_terms("see: a; b").is_empty());
    }

    #[test]
    fn classes_are_declared_and_summaries_are_not_text() {
        assert_eq!(kind("py:class"), Kind::Declaration { is_term: true });
        assert_eq!((kind("autosummary"), kind("toctree")), (Kind::Nothing, Kind::Nothing));
        assert_eq!(kind("c:function"), Kind::Declaration { is_term: true });
    }
}
