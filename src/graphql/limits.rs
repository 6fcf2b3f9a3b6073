use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};
use pathwright_api::{ErrorCode, Failure};

use super::compare_books::CANDIDATES;
use crate::config::Limits;
use crate::domain::TargetJob;

/// Brackets that may be open at once in the text of a document: what nests deeper is refused before the parser recurses.
const OPEN_BRACKETS: usize = 200;

/// Fragments a document may define: a chain of them is walked recursively.
const FRAGMENTS: usize = 100;

/// Depth of introspection; the standard query has 13.
const INTROSPECTION_DEPTH: usize = 20;

/// Lists of the schema within each other; every one multiplies the answer. The standard query has 1.
const INTROSPECTION_LISTS: usize = 3;

/// Rows that a page has at most, and what a page size given by a variable counts as.
const PAGE: usize = 100;

/// Rows of two lists when no page size is given.
pub(super) const TOPICS_BY_DEMAND: usize = 20;
pub(super) const LIBRARY_GAPS: usize = 10;

/// Parses a document and measures it, fragments expanded but never walked twice.
pub fn check(text: &str, limits: &Limits) -> Result<ExecutableDocument, Failure> {
    if deepest_bracket(text) > OPEN_BRACKETS {
        return Err(too_deep(limits));
    }
    let document = parse_query(text).map_err(|error| Failure::new(ErrorCode::GraphqlInvalid, error.to_string()))?;
    if document.fragments.len() > FRAGMENTS {
        let message = format!("the document defines more than {FRAGMENTS} fragments");
        return Err(Failure::new(ErrorCode::QueryTooComplex, message));
    }
    let mut measure = Measure { fragments: &document.fragments, known: HashMap::new(), open: Vec::new() };
    for (_, operation) in document.operations.iter() {
        let size = measure.selections(&operation.node.selection_set)?;
        if size.depth > limits.depth {
            return Err(too_deep(limits));
        }
        if size.aliases > limits.aliases {
            let message = format!("the document has {} aliases; at most {} are allowed", size.aliases, limits.aliases);
            return Err(Failure::new(ErrorCode::TooManyAliases, message));
        }
        if size.fields > limits.fields {
            let message =
                format!("the document asks for {} fields; at most {} are allowed", size.fields, limits.fields);
            return Err(Failure::new(ErrorCode::QueryTooComplex, message));
        }
    }
    Ok(document)
}

/// Whether the chosen operation is a query; a document with several needs a name.
pub fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, Failure> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own.as_str() == name)),
        None if operations.clone().count() > 1 => {
            let message = "the document has several operations; operationName has to choose one";
            return Err(Failure::new(ErrorCode::BadRequest, message));
        }
        None => operations.next(),
    };
    let unknown = || Failure::new(ErrorCode::BadRequest, "the document has no operation of that name");
    found.map(|(_, operation)| operation.node.ty).ok_or_else(unknown)
}

fn too_deep(limits: &Limits) -> Failure {
    Failure::new(ErrorCode::QueryTooDeep, format!("the document nests deeper than the {} levels allowed", limits.depth))
}

/// Comments and strings hide brackets, as they do for the parser.
fn deepest_bracket(text: &str) -> usize {
    let mut open = 0usize;
    let mut deepest = 0;
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        let skip = match byte {
            b'#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            b'"' => string_length(rest),
            _ => 1,
        };
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
        rest =
            rest.get(skip..).or_else(|| rest.get(rest.chars().next().map_or(1, char::len_utf8)..)).unwrap_or_default();
    }
    deepest
}

/// Bytes of the string that the text begins with; one that does not end goes to the end of its line, or of the text.
fn string_length(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let end = block.replace("\\\"\"\"", "\\###").find("\"\"\"");
        return end.map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' | b'\r' => return at,
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    fields: usize,
    aliases: usize,
    /// Lists of the schema within each other, for introspection.
    lists: usize,
}

struct Measure<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    known: HashMap<&'d str, Size>,
    open: Vec<&'d str>,
}

impl<'d> Measure<'d> {
    fn selections(&mut self, set: &'d Positioned<SelectionSet>) -> Result<Size, Failure> {
        let mut size = Size::default();
        for item in &set.node.items {
            let inner = self.selection(&item.node)?;
            size.depth = size.depth.max(inner.depth);
            size.lists = size.lists.max(inner.lists);
            size.fields = size.fields.saturating_add(inner.fields);
            size.aliases = size.aliases.saturating_add(inner.aliases);
        }
        Ok(size)
    }

    fn selection(&mut self, selection: &'d Selection) -> Result<Size, Failure> {
        match selection {
            Selection::Field(field) if field.node.name.node.starts_with("__") => self.introspection(&field.node),
            Selection::Field(field) => {
                let inner = self.selections(&field.node.selection_set)?;
                let lists = ["fields", "inputFields", "interfaces", "possibleTypes"];
                Ok(Size {
                    depth: inner.depth + 1,
                    fields: inner.fields.saturating_mul(rows(&field.node)).saturating_add(1),
                    aliases: inner.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                    lists: inner.lists + usize::from(lists.contains(&field.node.name.node.as_str())),
                })
            }
            Selection::InlineFragment(fragment) => self.selections(&fragment.node.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
        }
    }

    /// Deep by nature: it has limits of its own, and counts as one level of the document.
    fn introspection(&mut self, field: &'d Field) -> Result<Size, Failure> {
        let inner = self.selections(&field.selection_set)?;
        if inner.depth > INTROSPECTION_DEPTH || inner.lists > INTROSPECTION_LISTS {
            return Err(Failure::new(
                ErrorCode::QueryTooDeep,
                "the document asks for the schema of the schema too deeply",
            ));
        }
        Ok(Size { depth: 1, fields: inner.fields.saturating_add(1), aliases: inner.aliases, lists: 0 })
    }

    fn fragment(&mut self, name: &'d str) -> Result<Size, Failure> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Err(Failure::new(ErrorCode::GraphqlInvalid, format!("unknown fragment: `{name}`")));
        };
        if self.open.contains(&name.as_str()) {
            return Err(Failure::new(ErrorCode::GraphqlInvalid, format!("the fragment `{name}` contains itself")));
        }
        self.open.push(name);
        let size = self.selections(&fragment.node.selection_set)?;
        self.open.pop();
        self.known.insert(name, size);
        Ok(size)
    }
}

/// How often what stands below a field is fetched: the size of its page.
fn rows(field: &Field) -> usize {
    let first = field.arguments.iter().find(|(name, _)| name.node.as_str() == "first");
    match first.map(|(_, value)| value.node.clone().into_const()) {
        Some(Some(Value::Number(number))) => number.as_u64().map_or(1, |rows| (rows as usize).clamp(1, PAGE)),
        Some(_) => PAGE,
        None => unasked_rows(field.name.node.as_str()),
    }
}

/// Rows of a list whose length nobody asked for, where each row is a whole job or topic.
fn unasked_rows(field: &str) -> usize {
    match field {
        "targetJobs" => TargetJob::MOST + 1,
        "topicsByDemand" => TOPICS_BY_DEMAND,
        "libraryGaps" => LIBRARY_GAPS,
        "compareBooks" => CANDIDATES,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn refused(text: &str) -> ErrorCode {
        check(text, &Config::from_toml("").unwrap().limits).unwrap_err().code
    }

    #[test]
    fn deep_wide_and_renamed_documents_are_refused() {
        let deep = format!("{}x{}", "{a".repeat(60), "}".repeat(60));
        assert_eq!(refused(&deep), ErrorCode::QueryTooDeep);
        assert_eq!(refused(&"{a".repeat(100_000)), ErrorCode::QueryTooDeep);
        let aliases: String = (0..2_000).map(|n| format!("a{n}: x ")).collect();
        assert_eq!(refused(&format!("{{{aliases}}}")), ErrorCode::TooManyAliases);
        assert_eq!(refused(&format!("{{{}}}", "x ".repeat(6_000))), ErrorCode::QueryTooComplex);
    }

    #[test]
    fn doubling_fragments_are_measured_without_being_expanded() {
        let doubling: String =
            (0..60).map(|n| format!("fragment f{n} on Q {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
        let text = format!("{{ ...f0 }} {doubling} fragment f60 on Q {{ x }}");
        assert_eq!(refused(&text), ErrorCode::QueryTooComplex);
        assert_eq!(refused("{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }"), ErrorCode::GraphqlInvalid);
    }

    #[test]
    fn strings_and_comments_do_not_hide_depth() {
        let nested = "{a".repeat(100_000);
        for prefix in ["# \"\n", "{ x(a: \"\"\"a \" b\"\"\") }", "{ x(a: \"\\\"\") }", "{ x(a: \"\n"] {
            assert_eq!(refused(&format!("{prefix}{nested}")), ErrorCode::QueryTooDeep, "{prefix}");
        }
        let in_string = format!("{{ x(a: \"{}\") }}", "{".repeat(1_000));
        assert!(check(&in_string, &Config::from_toml("").unwrap().limits).is_ok());
    }

    #[test]
    fn chains_of_fragments_pages_in_pages_and_schemas_in_schemas_are_refused() {
        let chain: String = (0..20_000).map(|n| format!("fragment f{n} on Q {{ ...f{} }} ", n + 1)).collect();
        assert_eq!(refused(&format!("{{ ...f0 }} {chain}")), ErrorCode::QueryTooComplex);
        let pages = "{ books(first: 100) { sections(first: $n) { title } } }";
        assert_eq!(refused(pages), ErrorCode::QueryTooComplex);
        let schemas =
            format!("{{ __schema {{ {} }} }}", "types { fields { type { ".repeat(4) + "name" + &" } } }".repeat(4));
        assert_eq!(refused(&schemas), ErrorCode::QueryTooDeep);
        let doubling: String =
            (0..40).map(|n| format!("fragment f{n} on S {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
        let text = format!("{{ __schema {{ ...f0 }} }} {doubling} fragment f40 on S {{ x }}");
        assert_eq!(refused(&text), ErrorCode::QueryTooComplex);
    }

    #[test]
    fn lists_of_jobs_count_with_their_rows_though_nobody_asks_for_a_number() {
        let fields = "id ".repeat(300);
        assert_eq!(refused(&format!("{{ user {{ targetJobs {{ {fields} }} }} }}")), ErrorCode::QueryTooComplex);
        assert_eq!(refused(&format!("{{ user {{ topicsByDemand {{ {fields} }} }} }}")), ErrorCode::QueryTooComplex);
        let fields = "id ".repeat(600);
        assert_eq!(refused(&format!("{{ libraryGaps {{ {fields} }} }}")), ErrorCode::QueryTooComplex);
        assert!(check("{ user { targetJobs { id name } } }", &Config::from_toml("").unwrap().limits).is_ok());
    }

    #[test]
    fn introspection_is_within_the_limits() {
        let nested = format!("{{ __schema {{ {} }} }}", "type { ofType { ".repeat(9) + "name" + &" } }".repeat(9));
        assert!(check(&nested, &Config::from_toml("").unwrap().limits).is_ok());
    }
}
